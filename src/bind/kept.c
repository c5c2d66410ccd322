/*
 * kept: files that many calls are given by name, such as a kernel's configuration: read once, for
 * one may be a pipe, and inflating it for each object took longer than looking things up in it.
 */
#include "bind/classes.h"
#include "format/foreign.h"

/* By the name of a table in the registry, of userdata by path. */
const struct kept_kind kept_config = {"btfl.configs", foreign_is_config};
const struct kept_kind kept_symbols = {"btfl.symbols", foreign_is_symbols};

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

/* Pushes the input, or the error that it is another kind of file. */
static void push_input(lua_State *L, const struct kept_kind *kind, const char *path)
{
	struct input **in = push_box(L);
	struct err e;

	if (input_open(path, in, &e) < 0)
		raise_err(L, &e);
	if (kind->check(*in, &e) < 0)
		push_err(L, &e);
}

struct input *kept_input(lua_State *L, const struct kept_kind *kind, const char *path)
{
	int top = lua_gettop(L);
	struct input **in;

	luaL_getsubtable(L, LUA_REGISTRYINDEX, kind->name);
	if (lua_getfield(L, -1, path) == LUA_TNIL) {
		push_input(L, kind, path);
		lua_pushvalue(L, -1);
		lua_setfield(L, top + 1, path);
	}
	if (class_test(L, -1, &error_class))
		lua_error(L);
	in = lua_touserdata(L, -1);
	lua_settop(L, top);
	return *in;
}
