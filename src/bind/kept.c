/*
 * kept: files that many calls are given by name, such as a kernel's configuration: read once, for
 * one may be a pipe, and inflating it for each object took longer than looking things up in it.
 */
#include "bind/classes.h"

/* What such a file is read as. */
struct kept_kind {
	const char *name; /* of a table in the registry, of userdata by path */
	int (*open)(const char *path, void **out, struct err *e);
	void (*drop)(void *kept);
};

struct kept_file {
	const struct kept_kind *kind;
	void *value; /* NULL for none as yet */
};

static int open_kconfig(const char *path, void **out, struct err *e)
{
	struct kconfig *k;

	if (kconfig_open(path, &k, e) < 0)
		return -1;
	*out = k;
	return 0;
}

static void drop_kconfig(void *kept)
{
	kconfig_unref(kept);
}

static int open_symbols(const char *path, void **out, struct err *e)
{
	struct symbols *s;

	if (symbols_open(path, &s, e) < 0)
		return -1;
	*out = s;
	return 0;
}

static void drop_symbols(void *kept)
{
	symbols_unref(kept);
}

static const struct kept_kind configs = {"btfl.configs", open_kconfig, drop_kconfig};
static const struct kept_kind symbols = {"btfl.symbols", open_symbols, drop_symbols};

static int drop(lua_State *L)
{
	struct kept_file *k = lua_touserdata(L, 1);

	if (k->value)
		k->kind->drop(k->value);
	k->value = NULL;
	return 0;
}

/* Pushes what the file is, or the error that it is another kind of file. One that cannot be read
 * may be there later. */
static void push_kept(lua_State *L, const struct kept_kind *kind, const char *path)
{
	struct kept_file *k = lua_newuserdatauv(L, sizeof(*k), 0);
	struct err e;

	*k = (struct kept_file){kind, NULL};
	if (luaL_newmetatable(L, "btfl.kept")) {
		lua_pushcfunction(L, drop);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	if (kind->open(path, &k->value, &e) == 0)
		return;
	if (e.code == ERR_IO)
		raise_err(L, &e);
	push_err(L, &e);
}

static void *kept(lua_State *L, const struct kept_kind *kind, const char *path)
{
	int top = lua_gettop(L);
	struct kept_file *k;

	luaL_getsubtable(L, LUA_REGISTRYINDEX, kind->name);
	if (lua_getfield(L, -1, path) == LUA_TNIL) {
		push_kept(L, kind, path);
		lua_pushvalue(L, -1);
		lua_setfield(L, top + 1, path);
	}
	if (class_test(L, -1, &error_class))
		lua_error(L);
	k = lua_touserdata(L, -1);
	lua_settop(L, top);
	return k->value;
}

struct kconfig *kept_kconfig(lua_State *L, const char *path)
{
	return kept(L, &configs, path);
}

struct symbols *kept_symbols(lua_State *L, const char *path)
{
	return kept(L, &symbols, path);
}
