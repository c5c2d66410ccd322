/*
 * hooks: what each hook is asked, what the engine would answer itself, and what may be answered.
 */
#ifndef BTFL_HOOKS_H
#define BTFL_HOOKS_H

#include "bind/hook_parts.h"

/* Pushes what the hook that runs is asked: HOOK_ARGS values. */
void push_question(lua_State *L, struct run *r, int run);

/* Pushes the engine's own answer and its reason code, or nil, for the arguments above stack index
 * `run`. */
void push_default_answer(lua_State *L, struct run *r, int run);

/* Whether the value at stack index `answer` refuses, so that a reason code may follow it. */
bool is_refusal(lua_State *L, enum hook hook, int answer);

/* Reads the answer at stack index `answer`, which its reason code and note follow (nil for none),
 * into the run. Raises when it is none that the hook may give. */
void take_answer(lua_State *L, struct run *r, int run, int answer);

/* "a list of types" …: what the hook that runs may return. */
const char *hook_answers(const struct run *r);

#endif
