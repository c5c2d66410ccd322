/*
 * hooks: carries the engine's questions to a policy's Lua functions, and the answers back, checked;
 * see hooks.h. One section for each hook: what is asked, the engine's own answer, what may be
 * answered. hook_member.c and hook_patch.c hold the two longest.
 */
#include "bind/hook_parts.h"

#include <stdlib.h>
#include <string.h>

/* Which of the two BTFs that are kept in the run b is: the object's, vmlinux, or -1. */
static int kept_side(const struct run *r, const struct btf *b)
{
	return b == r->q->object->btf ? 0 : b == r->q->target->btf[0] ? 1 : -1;
}

/* Keeps the BTF at the top of the stack and its cache of handles. */
static void keep_btf(lua_State *L, struct run *r, int run, int side)
{
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, run, RUN_OBJECT_BTF + side);
	push_cache(L, -1);
	lua_setiuservalue(L, run, RUN_OBJECT_CACHE + side);
	r->kept[side] = lua_touserdata(L, -1);
}

void push_run_btf(lua_State *L, struct run *r, int run, const struct btf *b)
{
	int side = kept_side(r, b);

	if (side >= 0 && r->kept[side]) {
		lua_getiuservalue(L, run, RUN_OBJECT_BTF + side);
		return;
	}
	lua_getiuservalue(L, run, side == 0 ? RUN_OBJECT : RUN_TARGET);
	if (side == 0)
		push_object_btf(L, -1);
	else
		push_target_btf(L, -1, b);
	lua_replace(L, -2);
	if (side >= 0)
		keep_btf(L, r, run, side);
}

void push_run_element(lua_State *L, struct run *r, int run, const struct class *c,
		      const struct btf_type *t, uint32_t index)
{
	int side = kept_side(r, t->btf);

	if (side >= 0 && r->kept[side] && r->kept[side]->native) {
		lua_getiuservalue(L, run, RUN_OBJECT_CACHE + side);
		if (handle_cached(L, -1, c, t->id, index)) {
			lua_replace(L, -2);
			return;
		}
		lua_pop(L, 1);
	}
	push_run_btf(L, r, run, t->btf);
	owner_native(L, lua_touserdata(L, -1));
	handle_push(L, -1, c, t->id, index);
	lua_replace(L, -2);
}

void push_run_type(lua_State *L, struct run *r, int run, const struct btf *b, uint32_t id)
{
	push_run_btf(L, r, run, b);
	push_type(L, -1, id);
	lua_replace(L, -2);
}

void push_run_relo(lua_State *L, const struct run *r, int run)
{
	lua_getiuservalue(L, run, RUN_OBJECT);
	push_part(L, -1, &relo_class, r->q->relo);
	lua_replace(L, -2);
}

/* What an error calls the value at idx: a class of ours by its name. */
static const char *type_called(lua_State *L, int idx)
{
	if (luaL_getmetafield(L, idx, "__name") == LUA_TSTRING)
		return lua_tostring(L, -1);
	return luaL_typename(L, idx);
}

int bad_answer(lua_State *L, int answer, const char *expected)
{
	return luaL_error(L, "must return %s, not a %s value", expected, type_called(L, answer));
}

int bad_argument(lua_State *L, int idx, const char *expected)
{
	return luaL_error(L, "default takes %s, not a %s value", expected, type_called(L, idx));
}

/* REASON_NONE when the value at idx is no reason code. */
static enum reason find_reason(lua_State *L, int idx)
{
	const char *name = lua_type(L, idx) == LUA_TSTRING ? lua_tostring(L, idx) : "";

	for (int r = REASON_NONE + 1; r < REASON_COUNT; r++)
		if (strcmp(reason_name((enum reason)r), name) == 0)
			return (enum reason)r;
	return REASON_NONE;
}

enum reason check_reason(lua_State *L, int idx)
{
	enum reason r = find_reason(L, idx);

	if (r == REASON_NONE)
		luaL_error(L, "'%s' is no reason code (nil goes with one, such as 'unsupported')",
			   luaL_tolstring(L, idx, NULL));
	return r;
}

enum reason refused_for(lua_State *L, int answer)
{
	return lua_toboolean(L, answer) ? REASON_NONE : find_reason(L, answer + 1);
}

enum reason refusal(lua_State *L, int note, enum reason given, enum reason usual)
{
	enum reason r = find_reason(L, note);

	return r != REASON_NONE ? r : given != REASON_NONE ? given : usual;
}

bool is_target_btf(const struct target *t, const struct btf *b)
{
	for (size_t i = 0; i < t->count; i++)
		for (const struct btf *own = t->btf[i]; own; own = own->base)
			if (own == b)
				return true;
	return false;
}

static struct btf_type check_type_of(lua_State *L, int idx)
{
	const struct handle *h = class_test(L, idx, &type_class);
	struct btf_type none = {0};

	if (h)
		return handle_type(L, h);
	bad_argument(L, idx, "a btfl.type");
	return none;
}

struct btf_type check_target_type(lua_State *L, const struct run *r, int idx)
{
	struct btf_type t = check_type_of(L, idx);

	if (!is_target_btf(r->q->target, t.btf))
		luaL_error(L, "[%d] %s is a type of %s, not of the target", (int)t.id,
			   *t.name ? t.name : btf_kind_name(t.kind), t.btf->name);
	return t;
}

static struct btf_type check_local_type(lua_State *L, const struct run *r, int idx)
{
	struct btf_type t = check_type_of(L, idx);

	if (t.btf != r->q->object->btf)
		luaL_error(L, "[%d] %s is not a type of the object", (int)t.id,
			   *t.name ? t.name : btf_kind_name(t.kind));
	return t;
}

void check_own_relo(lua_State *L, const struct run *r, int idx)
{
	const struct handle *h = class_test(L, idx, &relo_class);

	if (!h || h->owner != r->object || h->id != r->q->relo)
		luaL_error(L, "default is asked for the relocation at hand only");
}

/* candidates(relo, target, default) -> list of types */

static void ask_relo_target(lua_State *L, struct run *r, int run)
{
	push_run_relo(L, r, run);
	lua_getiuservalue(L, run, RUN_TARGET);
}

/* What goes with ask_relo_target(): the engine answers for nothing else. */
static void check_relo_target(lua_State *L, const struct run *r, int run)
{
	check_own_relo(L, r, run + 1);
	if (lua_touserdata(L, run + 2) != r->target)
		luaL_error(L, "default is asked for the target at hand only");
}

static int candidates_gc(lua_State *L)
{
	struct candidates *c = class_check(L, 1, &candidates_class);

	free(c->items);
	*c = (struct candidates){0};
	return 0;
}

static const luaL_Reg candidates_meta[] = {{"__gc", candidates_gc}, {NULL, NULL}};

const struct class candidates_class = {"btfl.candidates", 0, NULL, NULL, candidates_meta, NULL};

/* Pushes an empty list that Lua owns, because much can raise before it is read. */
static struct candidates *push_candidates(lua_State *L)
{
	struct candidates *c = lua_newuserdatauv(L, sizeof(*c), 0);

	*c = (struct candidates){0};
	class_set(L, &candidates_class);
	return c;
}

static void own_candidates(lua_State *L, struct run *r, int run)
{
	struct candidates *usual;
	struct err e;

	check_relo_target(L, r, run);
	usual = push_candidates(L);
	if (default_candidates(r->q, usual, &e) < 0)
		raise_err(L, &e);
	lua_createtable(L, (int)usual->count, 0);
	for (size_t i = 0; i < usual->count; i++) {
		push_run_type(L, r, run, usual->items[i].btf, usual->items[i].id);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_replace(L, -2);
	lua_pushnil(L);
}

static void take_candidates(lua_State *L, struct run *r, int run, int answer)
{
	(void)run;
	if (!lua_istable(L, answer))
		bad_answer(L, answer, "a list of types");
	for (lua_Integer i = 1, n = luaL_len(L, answer); i <= n; i++) {
		struct btf_type t;

		lua_rawgeti(L, answer, i);
		if (!class_test(L, -1, &type_class))
			bad_answer(L, -1, "a list of types");
		t = check_target_type(L, r, lua_gettop(L));
		if (!t.id)
			luaL_error(L, "void is no candidate");
		if (candidates_add(r->candidates, (struct candidate){t.btf, t.id}) < 0)
			luaL_error(L, "not enough memory");
		lua_pop(L, 1);
	}
}

/* compatible(want, have, default) -> boolean, why */

static void ask_compatible(lua_State *L, struct run *r, int run)
{
	push_run_type(L, r, run, r->pair.local_btf, r->pair.local_id);
	push_run_type(L, r, run, r->pair.target_btf, r->pair.target_id);
}

static void own_compatible(lua_State *L, struct run *r, int run)
{
	struct btf_type want = check_local_type(L, r, run + 1);
	struct btf_type have = check_target_type(L, r, run + 2);
	struct type_pair p = {want.btf, have.btf, want.id, have.id};

	r->why = (enum reason)default_compatible(r->what, p);
	lua_pushboolean(L, r->why == REASON_NONE);
	push_name(L, reason_name(r->why));
}

static void take_compatible(lua_State *L, struct run *r, int run, int answer)
{
	(void)run;
	if (!lua_isboolean(L, answer))
		bad_answer(L, answer, "a boolean");
	r->why = lua_toboolean(L, answer) ? REASON_NONE
					  : refusal(L, answer + 1, r->why, REASON_INCOMPATIBLE);
}

/* value(relo, spec, default) -> integer, or nil and "poison" or a reason code */

static void ask_value(lua_State *L, struct run *r, int run)
{
	push_run_relo(L, r, run);
	push_run_btf(L, r, run, r->spec->btf);
	lua_getiuservalue(L, run, RUN_OBJECT);
	push_free_spec(L, -1, -2, r->spec);
	lua_replace(L, -3);
	lua_pop(L, 1);
}

static void own_value(lua_State *L, struct run *r, int run)
{
	const struct spec *s;
	struct relo_value v;

	check_own_relo(L, r, run + 1);
	if (!class_test(L, run + 2, &spec_class))
		bad_argument(L, run + 2, "a btfl.spec");
	s = check_spec(L, run + 2);
	r->why = relo_calc(s, r->q->object->big_endian, &v);
	if (r->why == REASON_NONE)
		push_u64(L, v.value);
	else
		lua_pushnil(L);
	push_name(L, reason_name(r->why));
}

static void take_value(lua_State *L, struct run *r, int run, int answer)
{
	(void)run;
	/* Size and the check of the old value stay the engine's; a patch hook changes them. */
	r->why = relo_calc(r->spec, r->q->object->big_endian, r->value);
	if (lua_isinteger(L, answer)) {
		if (r->why != REASON_NONE)
			*r->value = (struct relo_value){.check = r->value->check};
		if (r->value->value != (uint64_t)lua_tointeger(L, answer))
			r->value->sign_extended = false;
		r->value->value = (uint64_t)lua_tointeger(L, answer);
		r->why = REASON_NONE;
	} else if (!lua_isnil(L, answer)) {
		bad_answer(L, answer, "an integer, or nil and a reason");
	} else if (lua_isstring(L, answer + 1) && !strcmp(lua_tostring(L, answer + 1), "poison")) {
		r->why = REASON_NONE;
		r->value->poison = true;
	} else {
		r->why = check_reason(L, answer + 1);
	}
}

/* choose(relo, results, default) -> one of the results, or nil */

static void ask_choose(lua_State *L, struct run *r, int run)
{
	push_run_relo(L, r, run);
	lua_createtable(L, (int)r->option_count, 0);
	for (size_t i = 0; i < r->option_count; i++) {
		const struct option *o = &r->options[i];

		lua_createtable(L, 0, 4);
		push_run_type(L, r, run, o->candidate.btf, o->candidate.id);
		lua_setfield(L, -2, "candidate");
		push_u64(L, o->value.value);
		lua_setfield(L, -2, "value");
		lua_pushinteger(L, o->spec->bit_offset);
		lua_setfield(L, -2, "bit_offset");
		lua_pushboolean(L, o->value.poison);
		lua_setfield(L, -2, "poison");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void own_choose(lua_State *L, struct run *r, int run)
{
	check_own_relo(L, r, run + 1);
	lua_pushnil(L);
	lua_pushnil(L);
}

static void take_choose(lua_State *L, struct run *r, int run, int answer)
{
	(void)run;
	r->chosen = (int)r->option_count;
	if (lua_isnil(L, answer))
		return;
	if (!lua_istable(L, answer))
		bad_answer(L, answer, "one of the results or nil");
	lua_getfield(L, answer, "candidate");
	for (size_t i = 0; class_test(L, -1, &type_class) && i < r->option_count; i++) {
		struct btf_type t = handle_type(L, lua_touserdata(L, -1));

		if (t.btf == r->options[i].candidate.btf && t.id == r->options[i].candidate.id)
			r->chosen = (int)i;
	}
	lua_pop(L, 1);
	if ((size_t)r->chosen == r->option_count)
		bad_answer(L, answer, "one of the results or nil");
}

/* missing(relo, target, default) -> "poison", "error" or an integer */

static void own_missing(lua_State *L, struct run *r, int run)
{
	uint64_t value;

	check_relo_target(L, r, run);
	if (relo_missing_value(r->q->local->kind, &value))
		push_u64(L, value);
	else
		lua_pushliteral(L, "poison");
	lua_pushnil(L);
}

static void take_missing(lua_State *L, struct run *r, int run, int answer)
{
	const char *word = lua_type(L, answer) == LUA_TSTRING ? lua_tostring(L, answer) : "";

	(void)run;
	if (lua_isinteger(L, answer)) {
		r->missing = MISSING_VALUE;
		*r->missing_value = (uint64_t)lua_tointeger(L, answer);
	} else if (strcmp(word, "poison") == 0) {
		r->missing = MISSING_POISON;
	} else if (strcmp(word, "error") == 0) {
		r->missing = MISSING_ERROR;
	} else {
		bad_answer(L, answer, "\"poison\", \"error\" or an integer");
	}
}

/* The table of all that. */

static const struct {
	void (*ask)(lua_State *L, struct run *r, int run);
	void (*own)(lua_State *L, struct run *r, int run);
	void (*take)(lua_State *L, struct run *r, int run, int answer);
} hooks[HOOK_COUNT] = {
    [HOOK_CANDIDATES] = {ask_relo_target, own_candidates, take_candidates},
    [HOOK_MEMBER] = {ask_member, own_member, take_member},
    [HOOK_COMPATIBLE] = {ask_compatible, own_compatible, take_compatible},
    [HOOK_VALUE] = {ask_value, own_value, take_value},
    [HOOK_CHOOSE] = {ask_choose, own_choose, take_choose},
    [HOOK_MISSING] = {ask_relo_target, own_missing, take_missing},
    [HOOK_PATCH] = {ask_patch, own_patch, take_patch},
};

void push_question(lua_State *L, struct run *r, int run)
{
	hooks[r->hook].ask(L, r, run);
}

void push_default_answer(lua_State *L, struct run *r, int run)
{
	hooks[r->hook].own(L, r, run);
}

void take_answer(lua_State *L, struct run *r, int run, int answer)
{
	hooks[r->hook].take(L, r, run, answer);
}
