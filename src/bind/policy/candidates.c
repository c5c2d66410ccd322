/* candidates(relo, target, default) -> a list of types: those to try, in order. */
#include "bind/policy/hook.h"

static void tell_candidates(lua_State *L, const struct asked *a)
{
	const struct candidates *c = ((const struct candidates_asked *)a)->out;

	lua_createtable(L, (int)c->count, 0);
	for (size_t i = 0; i < c->count; i++) {
		push_asked_type(L, a, c->items[i].btf, c->items[i].id);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static bool is_empty_list(lua_State *L, int answer)
{
	return lua_istable(L, answer) && lua_rawlen(L, answer) == 0;
}

static void take_candidates(lua_State *L, struct asked *a, int answer)
{
	struct candidates *out = ((struct candidates_asked *)a)->out;

	if (!lua_istable(L, answer))
		bad_answer(L, &candidates_hook, answer);
	a->reason = is_empty_list(L, answer) ? refusal(L, answer, REASON_NONE, REASON_NO_TYPE)
					     : REASON_NONE;
	out->count = 0;
	for (lua_Integer i = 1, n = luaL_len(L, answer); i <= n; i++) {
		struct btf_type t;

		lua_rawgeti(L, answer, i);
		if (!class_test(L, -1, &type_class))
			bad_answer(L, &candidates_hook, -1);
		t = check_target_type(L, a, lua_gettop(L));
		if (!t.id)
			luaL_error(L, "void is no candidate");
		if (candidates_add(out, (struct candidate){t.btf, t.id}) < 0)
			raise_memory(L);
		lua_pop(L, 1);
	}
}

const struct lua_hook candidates_hook = {
    .name = "candidates",
    .answers = "a list of types",
    .ask = ask_relo_target,
    .read = read_relo_target,
    .tell = tell_candidates,
    .take = take_candidates,
    .refuses = is_empty_list,
    .lists = true,
};
