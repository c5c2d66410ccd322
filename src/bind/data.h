/*
 * data: a file of Lua that is data and no program.
 */
#ifndef BTFL_DATA_H
#define BTFL_DATA_H

#include <lua.h>

/* data(name, text): what the chunk returns, a copy made of tables, strings, numbers and booleans;
 * or nil and in one line why there is none. It runs in a Lua state of its own, of text and never of
 * bytecode, with functions that neither reach out of it nor work for long in C; its instructions,
 * its time and its memory are bounded. name is what messages call it. */
int data_read(lua_State *L);

#endif
