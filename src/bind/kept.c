/*
 * kept: files that many calls are given by name, such as a kernel's configuration: read once, for
 * one may be a pipe, and inflating it for each object took longer than looking things up in it.
 */
#include "bind/classes.h"

static const char inputs[] = "btfl.inputs"; /* in the registry: userdata by path */

static int drop_input(lua_State *L)
{
	struct input **in = lua_touserdata(L, 1);

	input_unref(*in);
	*in = NULL;
	return 0;
}

/* Pushes a new one, which holds nothing yet. */
static struct input **push_box(lua_State *L)
{
	struct input **in = lua_newuserdatauv(L, sizeof(struct input *), 0);

	*in = NULL;
	if (luaL_newmetatable(L, "btfl.input")) {
		lua_pushcfunction(L, drop_input);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	return in;
}

struct input *kept_input(lua_State *L, const char *path)
{
	int top = lua_gettop(L);
	struct input **in;
	struct err e;

	luaL_getsubtable(L, LUA_REGISTRYINDEX, inputs);
	if (lua_getfield(L, -1, path) == LUA_TNIL) {
		in = push_box(L);
		if (input_open(path, in, &e) < 0)
			raise_err(L, &e);
		lua_setfield(L, top + 1, path);
		lua_getfield(L, top + 1, path);
	}
	in = lua_touserdata(L, -1);
	lua_settop(L, top);
	return *in;
}
