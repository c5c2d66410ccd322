/* compatible(want, have, default) -> a boolean: whether a type of the target can stand for one of
 * the object. */
#include "bind/policy/hook.h"

static void ask_compatible(lua_State *L, const struct asked *a)
{
	const struct type_pair *p = &((const struct compatible_asked *)a)->pair;

	push_asked_type(L, a, p->local_btf, p->local_id);
	push_asked_type(L, a, p->target_btf, p->target_id);
}

static void read_compatible(lua_State *L, struct asked *a)
{
	struct btf_type want = check_local_type(L, a, AT_ARG);
	struct btf_type have = check_target_type(L, a, AT_ARG + 1);

	((struct compatible_asked *)a)->pair =
	    (struct type_pair){want.btf, have.btf, want.id, have.id};
}

static void tell_compatible(lua_State *L, const struct asked *a)
{
	lua_pushboolean(L, a->reason == REASON_NONE);
}

static void take_compatible(lua_State *L, struct asked *a, int answer)
{
	if (!lua_isboolean(L, answer))
		bad_answer(L, &compatible_hook, answer);
	a->reason = lua_toboolean(L, answer) ? REASON_NONE
					     : refusal(L, answer, a->reason, REASON_INCOMPATIBLE);
}

const struct lua_hook compatible_hook = {
    .name = "compatible",
    .answers = "a boolean",
    .ask = ask_compatible,
    .read = read_compatible,
    .tell = tell_compatible,
    .take = take_compatible,
    .refuses = is_no,
};
