/*
 * plain: plain values of Lua as bytes, for another process of the same program.
 */
#ifndef BTFL_PLAIN_H
#define BTFL_PLAIN_H

#include <lua.h>

/* pack(value, reduce, alike): the bytes of a value: of nil, booleans, numbers, strings, tables
 * without metatables of such, and btfl.error. For any other value that is in it reduce(value) gives
 * what is to stand in its place. A table that is in it twice becomes two. Raises when it is nested
 * too deeply. With `alike` equal values have equal bytes, which take longer. */
int plain_pack(lua_State *L);

/* unpack(bytes, restore): the value; of what reduce() gave, what restore() makes of it. */
int plain_unpack(lua_State *L);

#endif
