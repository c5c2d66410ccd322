/*
 * align: what is known of the alignment of a btf's types, which Lua asks for type by type.
 */
#include "print/align.h"

#include "bind/classes.h"
#include "format/asked.h"

/* Kept with a btf. */
struct align_box {
	struct align *align;
};

static int align_gc(lua_State *L)
{
	struct align_box *box = lua_touserdata(L, 1);

	align_free(box->align);
	box->align = NULL;
	return 0;
}

struct align *push_align(lua_State *L, int btf)
{
	const struct btf *b = owner_native(L, lua_touserdata(L, btf));
	struct align_box *box;

	asked_all(b);
	if (lua_getiuservalue(L, btf, OWNER_LAST) == LUA_TUSERDATA)
		return ((struct align_box *)lua_touserdata(L, -1))->align;
	lua_pop(L, 1);
	box = push_freed(L, sizeof(*box), align_gc);
	box->align = align_new(b, ALIGN_KERNEL);
	if (!box->align)
		raise_memory(L);
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, btf, OWNER_LAST);
	return box->align;
}

void close_align(lua_State *L)
{
	lua_pushnil(L);
	lua_setiuservalue(L, -2, OWNER_LAST);
	lua_pop(L, 1);
}
