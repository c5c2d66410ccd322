/*
 * references: an owner that Lua never sees: what the instructions of an object refer to, read when
 * a verdict first asks and freed with the object.
 */
#include "bind/classes.h"

static void free_references(void *native)
{
	references_free(native);
}

static const struct class references_class = {"btfl.references", 0, NULL, NULL, NULL,
					      free_references};

enum { OBJECT_REFERENCES = OWNER_LAST };

const struct references *object_references(lua_State *L, int object)
{
	struct owner *of = lua_touserdata(L, object), *o;
	const struct object *native = owner_native(L, of);
	struct references *references;
	struct err e;

	object = lua_absindex(L, object);
	if (lua_getiuservalue(L, object, OBJECT_REFERENCES) == LUA_TNIL) {
		lua_pop(L, 1);
		o = owner_new(L, &references_class, sizeof(*o), "references", of->path);
		o->needs[0] = of;
		if (references_open(native, &references, &e) < 0)
			raise_err(L, &e);
		o->native = references;
		lua_pushvalue(L, -1);
		lua_setiuservalue(L, object, OBJECT_REFERENCES);
	}
	references = owner_native(L, lua_touserdata(L, -1));
	lua_pop(L, 1);
	return references;
}

void close_references(lua_State *L, int object)
{
	if (lua_getiuservalue(L, object, OBJECT_REFERENCES) == LUA_TUSERDATA)
		owner_drop(lua_touserdata(L, -1));
	lua_pop(L, 1);
}
