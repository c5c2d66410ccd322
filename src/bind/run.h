/*
 * run: a policy at work: one run of it over the relocations of an object on a target.
 *
 * The engine calls a hook; the hook calls the function of the most derived policy that has it, in
 * protected mode, and hands it `default`, which calls the next policy's function and at last the
 * engine's own. The answer is checked before the engine sees it.
 */
#ifndef BTFL_RUN_H
#define BTFL_RUN_H

#include "bind/hook_parts.h"

/* Pushes a run of the policy at stack index `policy`, and fills p for the engine; p is valid while
 * the caller's frame is. rules, an empty table, receives by relocation what the policy decided. */
struct run *push_run(lua_State *L, int policy, int object, int target, int rules, struct policy *p);

/* Marks the run as the one at work, so that its object and target cannot be closed and its hooks
 * cannot ask for what it decides. Raises when they do. */
void start_run(lua_State *L, struct run *r, bool one);
void end_run(lua_State *L, struct run *r); /* raises nothing */

#endif
