/*
 * tier: how the tiers of a policy call one another, and who decided. The run stands at AT_RUN.
 */
#ifndef BTFL_TIER_H
#define BTFL_TIER_H

#include "bind/policy/run.h"

/* What a function is given to ask the tiers below its own. */
extern const struct class default_class;

/* Has the question at hand answered by the first of the tiers from `tier` on that is asked it, else
 * by the engine, as it stands at AT_ARG; HOOK_RESULTS are then at the top of the stack. same: it is
 * just what the engine asks. */
void ask_tiers(lua_State *L, struct run *r, int tier, bool same);

/* Pushes a field of the tier's table: its name, or the function of a hook. */
void push_tier(lua_State *L, int tier, const char *field);

/* Pushes where the tier's function is defined, as errors begin: "mine.lua:3: ", "" when it is in
 * C or tier is 0. */
void push_definition(lua_State *L, const struct lua_hook *hook, int tier);

#endif
