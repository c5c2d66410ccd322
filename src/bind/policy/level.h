/*
 * level: how the levels of a policy call one another, and who decided. The run stands at AT_RUN.
 */
#ifndef BTFL_LEVEL_H
#define BTFL_LEVEL_H

#include "bind/policy/run.h"

/* What a function is given to ask the levels below its own. */
extern const struct class default_class;

/* Calls the function that the levels from `level` on have for the question at hand, with what
 * stands at AT_ARG, and says whether there is one; its HOOK_RESULTS are then at the top of the
 * stack. same: it is asked just what the engine asks. */
bool call_level(lua_State *L, struct run *r, int level, bool same);

/* Pushes a field of the level's table: its name, or the function of a hook. */
void push_level(lua_State *L, int level, const char *field);

/* Pushes where the level's function is defined, as errors begin: "mine.lua:3: ", "" when it is in
 * C or level is 0. */
void push_definition(lua_State *L, const struct lua_hook *hook, int level);

#endif
