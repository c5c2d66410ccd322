/* value(relo, accessor, default) -> an integer, or nil and "poison" or a reason code: the value of
 * an access, local or in a candidate. */
#include "bind/policy/hook.h"

static void ask_value(lua_State *L, const struct asked *a)
{
	const struct accessor *s = ((const struct value_asked *)a)->accessor;

	push_asked_relo(L, a);
	push_asked_btf(L, a, s->btf);
	lua_getiuservalue(L, AT_RUN, RUN_OBJECT);
	push_free_accessor(L, -1, -2, s);
	lua_replace(L, -3);
	lua_pop(L, 1);
}

static void read_value(lua_State *L, struct asked *a)
{
	read_relo(L, a);
	if (!class_test(L, AT_ARG + 1, &accessor_class))
		bad_argument(L, AT_ARG + 1, "a btfl.accessor");
	((struct value_asked *)a)->accessor = check_accessor(L, AT_ARG + 1);
}

static void tell_value(lua_State *L, const struct asked *a)
{
	if (a->reason == REASON_NONE)
		push_u64(L, ((const struct value_asked *)a)->value.value);
	else
		lua_pushnil(L);
}

/* Size and the check of the old value stay the engine's; a patch hook changes them. */
static void take_value(lua_State *L, struct asked *a, int answer)
{
	struct value_asked *v = (struct value_asked *)a;
	struct relo_value *out = &v->value;

	a->reason = value_calc(v->accessor, a->q->object->big_endian, out);
	if (lua_isinteger(L, answer)) {
		if (a->reason != REASON_NONE)
			*out = (struct relo_value){.check = out->check};
		if (out->value != (uint64_t)lua_tointeger(L, answer))
			out->sign_extended = false;
		out->value = (uint64_t)lua_tointeger(L, answer);
		a->reason = REASON_NONE;
	} else if (!lua_isnil(L, answer)) {
		bad_answer(L, &value_hook, answer);
	} else if (is_word(L, answer + 1, value_hook.instead)) {
		a->reason = REASON_NONE;
		out->poison = true;
	} else {
		a->reason = check_reason(L, answer);
	}
}

const struct lua_hook value_hook = {
    .name = "value",
    .answers = "an integer, or nil and a reason",
    .ask = ask_value,
    .read = read_value,
    .tell = tell_value,
    .take = take_value,
    .refuses = is_no,
    .instead = "poison",
};
