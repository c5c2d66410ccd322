/* print: what of the engine writes types for Lua; see print.c. */
#ifndef BTFL_BIND_PRINT_H
#define BTFL_BIND_PRINT_H

#include "bind/classes.h"
#include "print/align.h"

/* Pushes what is known of the alignment of the types of the btf at that index, which is kept with
 * it. */
struct align *push_align(lua_State *L, int btf);

/* See btfl.type and btfl.btf in meta.lua: init.lua has looked at the arguments. */
int engine_type_decl(lua_State *L);   /* (type, name, rename) */
int engine_type_define(lua_State *L); /* (type, comments, rename) */
int engine_btf_print(lua_State *L);   /* (btf, format, header, types, write) */

/* type:fields(); see fields.c. */
int type_fields(lua_State *L);

#endif
