/* missing(relo, target, default) -> "poison", "error" or an integer: what becomes of a relocation
 * that nothing matches. */
#include "bind/policy/hook.h"

static void tell_missing(lua_State *L, const struct asked *a)
{
	const struct missing_asked *m = (const struct missing_asked *)a;

	if (m->what == MISSING_VALUE)
		push_u64(L, m->value);
	else
		lua_pushliteral(L, "poison");
}

static bool is_failure_word(lua_State *L, int answer)
{
	return is_word(L, answer, "poison") || is_word(L, answer, "error");
}

static void take_missing(lua_State *L, struct asked *a, int answer)
{
	struct missing_asked *m = (struct missing_asked *)a;

	if (lua_isinteger(L, answer)) {
		m->what = MISSING_VALUE;
		m->value = (uint64_t)lua_tointeger(L, answer);
		return;
	}
	if (!is_failure_word(L, answer))
		bad_answer(L, &missing_hook, answer);
	m->what = is_word(L, answer, "error") ? MISSING_ERROR : MISSING_POISON;
	a->reason = refusal(L, answer, a->reason, a->reason);
}

const struct lua_hook missing_hook = {
    .name = "missing",
    .answers = "\"poison\", \"error\" or an integer",
    .ask = ask_relo_target,
    .read = read_relo_target,
    .tell = tell_missing,
    .take = take_missing,
    .refuses = is_failure_word,
    .has_reason = true,
};
