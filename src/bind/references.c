/*
 * references: an owner that Lua never sees: what the instructions of an object refer to, read when
 * a verdict first asks and freed with the object.
 */
#include "bind/classes.h"

#include <stdlib.h>

/* What is read of an object, and whether a loader opens it. */
struct referring {
	struct references *references;
	struct opening opening;
	bool refused;
};

static void free_references(void *native)
{
	struct referring *x = native;

	references_free(x->references);
	free(x);
}

static const struct class references_class = {"btfl.references", 0, NULL, NULL, NULL,
					      free_references};

enum { OBJECT_REFERENCES = OWNER_LAST };

static const struct referring *object_referring(lua_State *L, int object)
{
	struct owner *of = lua_touserdata(L, object), *o;
	const struct object *native = owner_native(L, of);
	struct referring *x;
	struct err e;

	object = lua_absindex(L, object);
	if (lua_getiuservalue(L, object, OBJECT_REFERENCES) == LUA_TNIL) {
		lua_pop(L, 1);
		o = owner_new(L, &references_class, sizeof(*o), "references", of->path);
		owner_need(o, 0, of);
		x = calloc(1, sizeof(*x));
		if (!x)
			raise_memory(L);
		o->native = x;
		if (references_open(native, &x->references, &e) < 0)
			raise_err(L, &e);
		x->refused = object_refused(native, x->references, &x->opening);
		lua_pushvalue(L, -1);
		lua_setiuservalue(L, object, OBJECT_REFERENCES);
	}
	x = owner_native(L, lua_touserdata(L, -1));
	lua_pop(L, 1);
	return x;
}

const struct references *object_references(lua_State *L, int object)
{
	return object_referring(L, object)->references;
}

const struct opening *object_opening(lua_State *L, int object)
{
	const struct referring *x = object_referring(L, object);

	return x->refused ? &x->opening : NULL;
}

void close_references(lua_State *L, int object)
{
	if (lua_getiuservalue(L, object, OBJECT_REFERENCES) == LUA_TUSERDATA)
		owner_drop(lua_touserdata(L, -1));
	lua_pop(L, 1);
	lua_pushnil(L);
	lua_setiuservalue(L, object, OBJECT_REFERENCES);
}
