/* choose(relo, results, default) -> one of the results, or nil: which of candidates that disagree
 * to use. */
#include "bind/policy/hook.h"

static void ask_choose(lua_State *L, const struct asked *a)
{
	const struct choose_asked *c = (const struct choose_asked *)a;

	push_asked_relo(L, a);
	lua_createtable(L, (int)c->count, 0);
	for (size_t i = 0; i < c->count; i++) {
		const struct option *o = &c->options[i];

		lua_createtable(L, 0, 4);
		push_asked_type(L, a, o->candidate.btf, o->candidate.id);
		lua_setfield(L, -2, "candidate");
		push_u64(L, o->value.value);
		lua_setfield(L, -2, "value");
		lua_pushinteger(L, o->accessor->bit_offset);
		lua_setfield(L, -2, "bit_offset");
		lua_pushboolean(L, o->value.poison);
		lua_setfield(L, -2, "poison");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void tell_choose(lua_State *L, const struct asked *a)
{
	(void)a;
	lua_pushnil(L);
}

static void take_choose(lua_State *L, struct asked *a, int answer)
{
	struct choose_asked *c = (struct choose_asked *)a;

	c->chosen = c->count;
	if (lua_isnil(L, answer)) {
		a->reason = refusal(L, answer, REASON_NONE, REASON_AMBIGUOUS);
		return;
	}
	if (!lua_istable(L, answer))
		bad_answer(L, &choose_hook, answer);
	lua_getfield(L, answer, "candidate");
	for (size_t i = 0; class_test(L, -1, &type_class) && i < c->count; i++) {
		struct btf_type t = handle_type(L, lua_touserdata(L, -1));

		if (t.btf == c->options[i].candidate.btf && t.id == c->options[i].candidate.id)
			c->chosen = i;
	}
	lua_pop(L, 1);
	if (c->chosen == c->count)
		bad_answer(L, &choose_hook, answer);
}

const struct lua_hook choose_hook = {
    .name = "choose",
    .answers = "one of the results or nil",
    .ask = ask_choose,
    .read = read_relo,
    .tell = tell_choose,
    .take = take_choose,
    .refuses = is_no,
};
