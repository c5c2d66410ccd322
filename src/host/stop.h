/*
 * stop: what ends a run that would go on: SIGINT, and the limits of --max-steps and --max-memory.
 *
 * A run that is to end raises an error at its next step, and at each step after that one: whoever
 * catches it does not get far. A hook is Lua's way to do so, and belongs to one thread of Lua;
 * threads.c tells which one runs.
 */
#ifndef BTFL_STOP_H
#define BTFL_STOP_H

#include <stdbool.h>
#include <stdint.h>
#include <lua.h>

/* What --max-steps and --max-memory say; 0 is no limit. Steps are those of Lua's machine. Memory is
 * what the process may write to, in bytes. To be called once, in the first thread, before code that
 * is not trusted can run; new threads inherit it. False with errno set when the system refuses. */
bool stop_limit(lua_State *L, uint64_t steps, uint64_t memory);

/* A run begins in that thread: it is not stopped, and has made no steps. */
void stop_begin(lua_State *L);

/* SIGINT came; what a signal handler may call. */
void stop_interrupt(void);

/* Memory is out, and what was unused has been collected. It ends the run where --max-memory is
 * given; elsewhere a script may catch that, and go on with less. */
void stop_memory(void);

/* That thread of Lua runs from now on, and is alive until the next call. */
void stop_enter(lua_State *L);

/* A thread was made: it counts as some steps, for its first ones are not counted. May raise. */
void stop_charge(lua_State *L);

/* Why the run is being ended, in a line for the user; NULL when it is not. */
const char *stop_reason(void);

/* Whether that is SIGINT. */
bool stop_interrupted(void);

/* Lets the functions that unwinding calls, and that are not Lua's, do what they do. */
void stop_unwind(lua_State *L);

#endif
