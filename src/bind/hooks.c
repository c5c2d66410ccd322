/*
 * hooks: carries the engine's questions to a policy's Lua functions, and the answers back, checked.
 * One section for each hook: what is asked, the engine's own answer, what may be answered.
 * hook_member.c and hook_patch.c hold the two longest.
 */
#include "bind/hooks.h"

#include <stdlib.h>
#include <string.h>

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

static const struct class candidates_class;

static int candidates_gc(lua_State *L)
{
	struct candidates *c = class_check(L, 1, &candidates_class);

	free(c->items);
	*c = (struct candidates){0};
	return 0;
}

static const luaL_Reg candidates_meta[] = {{"__gc", candidates_gc}, {NULL, NULL}};

static const struct class candidates_class = {"btfl.candidates", 0,   NULL, NULL,
					      candidates_meta,   NULL};

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
