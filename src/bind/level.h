/*
 * level: how the levels of a policy call one another.
 */
#ifndef BTFL_LEVEL_H
#define BTFL_LEVEL_H

#include "bind/hook_parts.h"

/* What a hook is given to ask the levels below its own. */
extern const struct class default_class;

/* Pushes the function that the level's table has for the hook, and says whether there is one; run
 * is the index of the run's userdata. */
bool push_level(lua_State *L, int run, int level, enum hook hook);

/* Pushes where that function is defined, as errors begin: "mine.lua:3: ", "" when it is in C. */
void push_definition(lua_State *L, int run, int level, enum hook hook);

/* Calls the function that the levels from `level` on have for the hook, with the HOOK_ARGS
 * arguments at the top of the stack; its HOOK_RESULTS are then at the top. False when none has. */
bool call_level(lua_State *L, struct run *r, int run, int level);

#endif
