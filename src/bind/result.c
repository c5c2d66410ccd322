/* result: the Lua class btfl.result: what a relocation becomes on a target. */
#include "bind/classes.h"
#include "bind/policy/policy.h"
#include "format/asked.h"

static const struct result *result_of(lua_State *L, const struct handle *h)
{
	return &handle_resolution(L, h)->results[h->id];
}

/* The same, of which more is read than whether it is ok, and why not: who listens is to hear it. */
static const struct result *heard_result(lua_State *L, const struct handle *h)
{
	asked_for(ASKED_RESULT, h->id, NULL, 0);
	return result_of(L, h);
}

/* Of which only the number is read, and what it became in the instruction. */
static const struct result *heard_patch(lua_State *L, const struct handle *h)
{
	asked_for(ASKED_PATCH, h->id, NULL, 0);
	return result_of(L, h);
}

/* What is kept of a result: a printable character. */
enum { OUTCOME_OK = 1, OUTCOME_CANDIDATE = 2, OUTCOME_REASON = 4, OUTCOME_ZERO = '(' };

/* engine.outcomes(object, target, policy): what becomes of each relocation, as a text with a
 * character for each, which engine.outcome() reads. */
int engine_outcomes(lua_State *L)
{
	const struct resolution *native;
	luaL_Buffer out;

	check_object(L, 1);
	check_target(L, 2);
	lua_settop(L, 3);
	push_policy_option(L, 3);
	push_resolution(L, 1, 2, -1);
	native = owner_native(L, lua_touserdata(L, -1));
	luaL_buffinit(L, &out);
	for (uint32_t i = 0; i < native->object->relo_count; i++) {
		const struct result *r = &native->results[i];

		luaL_addchar(&out, (char)(OUTCOME_ZERO + (r->status == STATUS_OK ? OUTCOME_OK : 0) +
					  (r->used.id ? OUTCOME_CANDIDATE : 0) +
					  OUTCOME_REASON * (int)r->reason));
	}
	luaL_pushresult(&out);
	return 1;
}

/* engine.outcome(text, index): of the relocation of that number, from 0, whether it is ok, its
 * reason or nil, and whether it has a candidate. */
int engine_outcome(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);
	lua_Integer i = luaL_checkinteger(L, 2);
	int kept;

	luaL_argcheck(L, i >= 0 && (size_t)i < len && text[i] >= OUTCOME_ZERO, 2, "no relocation");
	kept = text[i] - OUTCOME_ZERO;
	luaL_argcheck(L, kept / OUTCOME_REASON < REASON_COUNT, 1, "no outcomes");
	lua_pushboolean(L, (kept & OUTCOME_OK) != 0);
	push_name(L, reason_name((enum reason)(kept / OUTCOME_REASON)));
	lua_pushboolean(L, (kept & OUTCOME_CANDIDATE) != 0);
	return 3;
}

/* Pushes what decided the relocations of the resolution at `resolution`, by number; nil for
 * libbpf's rules. */
static void push_all_decisions(lua_State *L, int resolution)
{
	lua_getiuservalue(L, resolution, RESOLUTION_DECISIONS);
}

static bool is_decided(lua_State *L, int decisions, uint32_t relo)
{
	bool is;

	if (!lua_istable(L, decisions))
		return false;
	is = lua_rawgeti(L, decisions, (lua_Integer)relo + 1) != LUA_TNIL;
	lua_pop(L, 1);
	return is;
}

/* engine.notable_results(object, target, options): of how many relocations the status is ok,
 * poison and error, by name, and a list of the results of which there may be something to say: of
 * those that failed, were sign-extended, or decided by a policy. */
int engine_notable_results(lua_State *L)
{
	const struct resolution *native;
	lua_Integer count[STATUS_ERROR + 1] = {0}, listed = 0;
	int resolution;

	check_object(L, 1);
	check_target(L, 2);
	lua_settop(L, 3);
	push_policy_option(L, 3);
	push_resolution(L, 1, 2, -1);
	resolution = lua_gettop(L);
	native = owner_native(L, lua_touserdata(L, resolution));
	push_all_decisions(L, resolution);
	lua_createtable(L, 0, STATUS_ERROR + 1);
	lua_newtable(L);
	for (uint32_t i = 0; i < native->object->relo_count; i++) {
		const struct result *r = &native->results[i];

		count[r->status]++;
		if (r->status == STATUS_OK && !r->sign_extended &&
		    !is_decided(L, resolution + 1, i))
			continue;
		handle_push(L, resolution, &result_class, i, 0);
		lua_rawseti(L, -2, ++listed);
	}
	for (int i = 0; i <= STATUS_ERROR; i++) {
		lua_pushinteger(L, count[i]);
		lua_setfield(L, -3, status_name((enum status)i));
	}
	return 2;
}

static int get_status(lua_State *L, const void *self)
{
	lua_pushstring(L, status_name(result_of(L, self)->status));
	return 1;
}

static int get_ok(lua_State *L, const void *self)
{
	lua_pushboolean(L, result_of(L, self)->status == STATUS_OK);
	return 1;
}

static int get_reason(lua_State *L, const void *self)
{
	push_name(L, reason_name(result_of(L, self)->reason));
	return 1;
}

static int get_value(lua_State *L, const void *self)
{
	const struct result *r = heard_patch(L, self);

	if (r->has_target)
		push_u64(L, r->target);
	else
		lua_pushnil(L);
	return 1;
}

static int get_old(lua_State *L, const void *self)
{
	const struct result *r = result_of(L, self);

	if (r->has_local)
		push_u64(L, r->local);
	else
		lua_pushnil(L);
	return 1;
}

static int get_candidate(lua_State *L, const void *self)
{
	const struct result *r = heard_result(L, self);

	if (!r->used.id) {
		lua_pushnil(L);
		return 1;
	}
	push_result_side(L, 1, RESOLUTION_TARGET);
	push_target_btf(L, -1, r->used.btf);
	push_type(L, -1, r->used.id);
	return 1;
}

static int get_accessor(lua_State *L, const void *self)
{
	const struct handle *h = self;
	const struct result *r = heard_result(L, h);

	if (!r->accessor) {
		lua_pushnil(L);
		return 1;
	}
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_result_side(L, 1, RESOLUTION_TARGET);
	push_target_btf(L, -1, r->accessor->btf);
	push_accessor(L, -3, -1, h->id, r->accessor);
	return 1;
}

static int get_before(lua_State *L, const void *self)
{
	const struct result *r = result_of(L, self);

	push_hex(L, r->before, r->insn_len);
	return 1;
}

static int get_after(lua_State *L, const void *self)
{
	const struct result *r = heard_patch(L, self);

	push_hex(L, r->after, r->insn_len);
	return 1;
}

static int get_relocated(lua_State *L, const void *self)
{
	lua_pushboolean(L, result_of(L, self)->relocated);
	return 1;
}

static int get_sign_extended(lua_State *L, const void *self)
{
	lua_pushboolean(L, result_of(L, self)->sign_extended);
	return 1;
}

/* Pushes the list of what the policy decided, nil when it left all to libbpf's rules. */
static int push_decisions(lua_State *L, int idx)
{
	const struct handle *h = lua_touserdata(L, idx);

	lua_getiuservalue(L, idx, HANDLE_OWNER);
	if (lua_getiuservalue(L, -1, RESOLUTION_DECISIONS) == LUA_TTABLE)
		lua_rawgeti(L, -1, (lua_Integer)h->id + 1);
	else
		lua_pushnil(L);
	lua_replace(L, -3);
	lua_pop(L, 1);
	return lua_type(L, -1);
}

/* Pushes the decider (1) or the note (0) of the last decision, which settled it; nil for none. */
static int push_last(lua_State *L, int back)
{
	if (push_decisions(L, 1) == LUA_TNIL)
		return 1;
	lua_rawgeti(L, -1, (lua_Integer)lua_rawlen(L, -1) - back);
	if (!lua_toboolean(L, -1))
		lua_pushnil(L);
	return 1;
}

static int get_decider(lua_State *L, const void *self)
{
	result_of(L, self);
	push_last(L, 1);
	if (lua_isnil(L, -1))
		lua_pushliteral(L, "libbpf");
	return 1;
}

static int get_note(lua_State *L, const void *self)
{
	result_of(L, self);
	return push_last(L, 0);
}

/* Upvalues: list of decisions or nil, next. */
static int next_decision(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));

	lua_settop(L, 0);
	if (lua_isnil(L, lua_upvalueindex(1)) ||
	    lua_rawgeti(L, lua_upvalueindex(1), i) == LUA_TNIL) {
		lua_pushnil(L);
		return 1;
	}
	lua_rawgeti(L, lua_upvalueindex(1), i + 1);
	lua_pushinteger(L, i + 2);
	lua_replace(L, lua_upvalueindex(2));
	if (!lua_toboolean(L, 2)) {
		lua_settop(L, 1);
		lua_pushnil(L);
	}
	return 2;
}

static int result_decisions(lua_State *L)
{
	result_of(L, class_check(L, 1, &result_class));
	push_decisions(L, 1);
	lua_pushinteger(L, 1);
	lua_pushcclosure(L, next_decision, 2);
	return 1;
}

static int get_relo(lua_State *L, const void *self)
{
	const struct handle *h = self;

	result_of(L, h);
	push_result_side(L, 1, RESOLUTION_OBJECT);
	push_part(L, -1, &relo_class, h->id);
	return 1;
}

static int get_target(lua_State *L, const void *self)
{
	result_of(L, self);
	push_result_side(L, 1, RESOLUTION_TARGET);
	return 1;
}

/* Upvalues: resolution, relocation, next attempt, end. */
static int next_attempt(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(3));

	owner_native(L, lua_touserdata(L, lua_upvalueindex(1)));
	if (i >= lua_tointeger(L, lua_upvalueindex(4))) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, i + 1);
	lua_replace(L, lua_upvalueindex(3));
	handle_push(L, lua_upvalueindex(1), &attempt_class, (uint32_t)i, 0)->index =
	    (uint32_t)lua_tointeger(L, lua_upvalueindex(2));
	return 1;
}

static int result_trail(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &result_class);
	const struct result *r = heard_result(L, h);

	lua_getiuservalue(L, 1, HANDLE_OWNER);
	lua_pushinteger(L, h->id);
	lua_pushinteger(L, r->first_attempt);
	lua_pushinteger(L, (lua_Integer)r->first_attempt + r->attempt_count);
	lua_pushcclosure(L, next_attempt, 4);
	return 1;
}

static int result_tostring(lua_State *L)
{
	const struct result *r = result_of(L, class_check(L, 1, &result_class));
	const char *reason = reason_name(r->reason);

	lua_pushfstring(L, "%s%s%s", status_name(r->status), *reason ? " " : "", reason);
	return 1;
}

static const struct field fields[] = {
    {"status", get_status},
    {"ok", get_ok},
    {"reason", get_reason},
    {"value", get_value},
    {"old", get_old},
    {"candidate", get_candidate},
    {"accessor", get_accessor},
    {"before", get_before},
    {"after", get_after},
    {"relocated", get_relocated},
    {"sign_extended", get_sign_extended},
    {"relo", get_relo},
    {"target", get_target},
    {"decider", get_decider},
    {"note", get_note},
    {NULL, NULL},
};

static int result_refusal(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &result_class);

	return push_decision(L, h->id, result_of(L, h)->decision);
}

static const luaL_Reg methods[] = {{"trail", result_trail},
				   {"decisions", result_decisions},
				   {"refusal", result_refusal},
				   {NULL, NULL}};

static const luaL_Reg meta[] = {{"__tostring", result_tostring}, {NULL, NULL}};

const struct class result_class = {"btfl.result", TAG_RESULT, fields, methods, meta, NULL};
