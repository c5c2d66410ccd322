/* member(enumerator, enum, default) -> an enumerator or nil: what an enumerator of the object has
 * become in an enum of the target. */
#include "bind/policy/hook.h"

static void ask_enumerator(lua_State *L, const struct asked *a)
{
	const struct enumerator_asked *v = (const struct enumerator_asked *)a;

	push_asked_element(L, a, &enumerator_class, &v->of, v->index);
	push_asked_element(L, a, &type_class, &v->in, 0);
}

static void read_enumerator(lua_State *L, struct asked *a)
{
	struct enumerator_asked *v = (struct enumerator_asked *)a;

	read_element(L, a, &enumerator_class, "an enumerator", &v->of, &v->index, &v->in);
}

static void tell_enumerator(lua_State *L, const struct asked *a)
{
	const struct enumerator_asked *v = (const struct enumerator_asked *)a;

	if (a->reason == REASON_NONE)
		push_asked_element(L, a, &enumerator_class, &v->in, v->found);
	else
		lua_pushnil(L);
}

static void take_enumerator(lua_State *L, struct asked *a, int answer)
{
	struct enumerator_asked *v = (struct enumerator_asked *)a;
	const struct handle *h = class_test(L, answer, &enumerator_class);

	if (lua_isnil(L, answer)) {
		a->reason = refusal(L, answer, a->reason, REASON_NO_ENUMVAL);
		return;
	}
	a->reason = REASON_NONE;
	if (!h)
		bad_answer(L, &enumerator_hook, answer);
	else if (handle_type(L, h).id != v->in.id || handle_type(L, h).btf != v->in.btf)
		luaL_error(L, "the enumerator is not one of %s",
			   *v->in.name ? v->in.name : "the enum that is searched");
	else
		v->found = h->index;
}

const struct lua_hook enumerator_hook = {
    .name = "member",
    .answers = "an enumerator or nil",
    .ask = ask_enumerator,
    .read = read_enumerator,
    .tell = tell_enumerator,
    .take = take_enumerator,
    .refuses = is_no,
};
