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

static bool is_empty_list(lua_State *L, int answer)
{
	return lua_istable(L, answer) && lua_rawlen(L, answer) == 0;
}

static void take_candidates(lua_State *L, struct run *r, int run, int answer)
{
	(void)run;
	if (!lua_istable(L, answer))
		bad_answer(L, r, answer);
	r->why = is_empty_list(L, answer) ? refusal(L, answer, REASON_NONE, REASON_NO_TYPE)
					  : REASON_NONE;
	for (lua_Integer i = 1, n = luaL_len(L, answer); i <= n; i++) {
		struct btf_type t;

		lua_rawgeti(L, answer, i);
		if (!class_test(L, -1, &type_class))
			bad_answer(L, r, -1);
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
		bad_answer(L, r, answer);
	r->why = lua_toboolean(L, answer) ? REASON_NONE
					  : refusal(L, answer, r->why, REASON_INCOMPATIBLE);
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
		bad_answer(L, r, answer);
	} else if (is_poison(L, r->hook, answer)) {
		r->why = REASON_NONE;
		r->value->poison = true;
	} else {
		r->why = check_reason(L, answer);
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
	push_name(L, reason_name(REASON_AMBIGUOUS));
}

static void take_choose(lua_State *L, struct run *r, int run, int answer)
{
	(void)run;
	r->chosen = (int)r->option_count;
	if (lua_isnil(L, answer)) {
		r->why = refusal(L, answer, REASON_NONE, REASON_AMBIGUOUS);
		return;
	}
	if (!lua_istable(L, answer))
		bad_answer(L, r, answer);
	lua_getfield(L, answer, "candidate");
	for (size_t i = 0; class_test(L, -1, &type_class) && i < r->option_count; i++) {
		struct btf_type t = handle_type(L, lua_touserdata(L, -1));

		if (t.btf == r->options[i].candidate.btf && t.id == r->options[i].candidate.id)
			r->chosen = (int)i;
	}
	lua_pop(L, 1);
	if ((size_t)r->chosen == r->option_count)
		bad_answer(L, r, answer);
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

static bool is_failure_word(lua_State *L, int answer)
{
	return is_word(L, answer, "poison") || is_word(L, answer, "error");
}

static void take_missing(lua_State *L, struct run *r, int run, int answer)
{
	(void)run;
	if (lua_isinteger(L, answer)) {
		r->missing = MISSING_VALUE;
		*r->missing_value = (uint64_t)lua_tointeger(L, answer);
		return;
	}
	if (!is_failure_word(L, answer))
		bad_answer(L, r, answer);
	r->missing = is_word(L, answer, "error") ? MISSING_ERROR : MISSING_POISON;
	r->why = refusal(L, answer, r->why, r->why);
}

/* The table of all that. */

static bool is_no(lua_State *L, int answer)
{
	return !lua_toboolean(L, answer);
}

static const struct {
	void (*ask)(lua_State *L, struct run *r, int run);
	void (*own)(lua_State *L, struct run *r, int run);
	void (*take)(lua_State *L, struct run *r, int run, int answer);
	bool (*refuses)(lua_State *L, int answer);
	const char *answers;
} hooks[HOOK_COUNT] = {
    [HOOK_CANDIDATES] = {ask_relo_target, own_candidates, take_candidates, is_empty_list,
			 "a list of types"},
    [HOOK_MEMBER] = {ask_member, own_member, take_member, is_no, "a member, a path or nil"},
    [HOOK_COMPATIBLE] = {ask_compatible, own_compatible, take_compatible, is_no, "a boolean"},
    [HOOK_VALUE] = {ask_value, own_value, take_value, is_no, "an integer, or nil and a reason"},
    [HOOK_CHOOSE] = {ask_choose, own_choose, take_choose, is_no, "one of the results or nil"},
    [HOOK_MISSING] = {ask_relo_target, own_missing, take_missing, is_failure_word,
		      "\"poison\", \"error\" or an integer"},
    [HOOK_PATCH] = {ask_patch, own_patch, take_patch, is_no,
		    "an instruction in hex, or nil and a reason"},
};

bool is_refusal(lua_State *L, enum hook hook, int answer)
{
	return hooks[hook].refuses(L, answer);
}

const char *hook_answers(const struct run *r)
{
	if (r->hook == HOOK_MEMBER && r->enumerator)
		return "an enumerator or nil";
	return hooks[r->hook].answers;
}

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
