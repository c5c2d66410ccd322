/*
 * hooks: what each hook is asked, what the engine would answer itself, and what may be answered.
 */
#ifndef BTFL_HOOKS_H
#define BTFL_HOOKS_H

#include "bind/hook_parts.h"

/* Pushes what the hook that runs is asked: HOOK_ARGS values. */
void push_question(lua_State *L, struct run *r, int run);

/* Pushes the engine's own answer and a note for the arguments above stack index `run`. */
void push_default_answer(lua_State *L, struct run *r, int run);

/* Reads the answer at stack index `answer` (and the note that follows it) into the run. Raises when
 * it is none that the hook may give. */
void take_answer(lua_State *L, struct run *r, int run, int answer);

#endif
