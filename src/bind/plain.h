/*
 * plain: plain values of Lua as bytes: for another process of the same program, or while an object
 * rests.
 */
#ifndef BTFL_PLAIN_H
#define BTFL_PLAIN_H

#include <lua.h>

/* pack(value, reduce, alike): the bytes of a value: of nil, booleans, numbers, strings, tables
 * without metatables of such, and btfl.error. For any other value that is in it reduce(value) gives
 * what is to stand in its place. A table that is in it twice becomes two. Raises when it is nested
 * too deeply. With `alike` equal values have equal bytes, which take longer. */
int plain_pack(lua_State *L);

/* rest(value, object, shared): the bytes of what is kept of an object while that rests, in which a
 * table that is in it twice is one: of plain values, the object, its BTF and parts of these; of
 * tables that are in `shared`, a list and the numbers in it by table, their numbers, as of names of
 * fields, which are added to it: what was added last is at 0. And a list of
 * what else is in it, which stays as it is; nil for nothing. */
int plain_rest(lua_State *L);

/* wake(bytes, object, shared, list): the value. */
int plain_wake(lua_State *L);

/* unpack(bytes, restore): the value; of what reduce() gave, what restore() makes of it. */
int plain_unpack(lua_State *L);

#endif
