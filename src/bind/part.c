/*
 * part: what all parts of an object share: how they are made, and the object and BTF that they are
 * parts of.
 */
#include "bind/classes.h"

void push_object_btf(lua_State *L, int object)
{
	const struct owner *owner = lua_touserdata(L, object);
	const struct object *o = owner_native(L, owner);

	object = lua_absindex(L, object);
	if (lua_getiuservalue(L, object, OWNER_LINK) != LUA_TNIL || !o->btf)
		return;
	lua_pop(L, 1);
	push_btf(L, o->btf, owner->path, 0, object);
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, object, OWNER_LINK);
}

void push_part(lua_State *L, int object, const struct class *c, uint32_t number)
{
	if (number == OBJECT_NONE)
		lua_pushnil(L);
	else
		handle_push(L, object, c, number, 0);
}

int get_owner(lua_State *L, const void *self)
{
	owner_native(L, ((const struct handle *)self)->owner);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	return 1;
}

int push_object_type(lua_State *L, uint32_t id)
{
	if (!id) {
		lua_pushnil(L);
		return 1;
	}
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_object_btf(L, -1);
	push_type(L, -1, id);
	return 1;
}
