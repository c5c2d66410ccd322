/*
 * kept: files that many calls are given by name, such as a kernel's configuration: read once, for
 * one may be a pipe, and inflating it for each object took longer than looking things up in it.
 */
#include "bind/classes.h"

static const char images[] = "btfl.images"; /* in the registry: userdata by path */

static int drop_image(lua_State *L)
{
	struct image **im = lua_touserdata(L, 1);

	image_unref(*im);
	*im = NULL;
	return 0;
}

/* Pushes a new one, which holds nothing yet. */
static struct image **push_box(lua_State *L)
{
	struct image **im = lua_newuserdatauv(L, sizeof(struct image *), 0);

	*im = NULL;
	if (luaL_newmetatable(L, "btfl.image")) {
		lua_pushcfunction(L, drop_image);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	return im;
}

struct image *kept_image(lua_State *L, const char *path)
{
	int top = lua_gettop(L);
	struct image **im;
	struct err e;

	luaL_getsubtable(L, LUA_REGISTRYINDEX, images);
	if (lua_getfield(L, -1, path) == LUA_TNIL) {
		im = push_box(L);
		if (image_open(path, im, &e) < 0)
			raise_err(L, &e);
		lua_setfield(L, top + 1, path);
		lua_getfield(L, top + 1, path);
	}
	im = lua_touserdata(L, -1);
	lua_settop(L, top);
	return image_ref(*im);
}
