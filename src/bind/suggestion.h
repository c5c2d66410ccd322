/*
 * suggestion: the function of btfl.engine behind target:successors().
 */
#ifndef BTFL_SUGGESTION_H
#define BTFL_SUGGESTION_H

#include <lua.h>

/* (target, path, list of btfs, excerpt btf or nil) -> list of suggestions, whether anything given
 * knows the name. */
int engine_suggest(lua_State *L);
int engine_registers(lua_State *L);

/* Forgets what questions have found out of kernels that nobody has open any more. */
void suggestion_tidy(lua_State *L);

#endif
