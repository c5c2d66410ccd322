/*
 * kept: files that many calls are given by name, such as a kernel's configuration: inflating one
 * for each object took longer than looking things up in it. What can be read only once, as a pipe,
 * is kept for good; of others the last ones, for every kernel of a thousand may have its own.
 */
#include <sys/stat.h>

#include "bind/classes.h"

enum { KEPT_MOST = 4 };

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

/* Pushes a new one. */
static struct kept_file *push_new(lua_State *L, const struct kept_kind *kind)
{
	struct kept_file *k = lua_newuserdatauv(L, sizeof(*k), 0);

	*k = (struct kept_file){kind, NULL};
	if (luaL_newmetatable(L, "btfl.kept")) {
		lua_pushcfunction(L, drop);
		lua_setfield(L, -2, "__gc");
	}
	lua_setmetatable(L, -2);
	return k;
}

/* Pushes what the file is, or the error that it is another kind of file. One that cannot be read
 * may be there later. */
static void push_kept(lua_State *L, const struct kept_kind *kind, const char *path)
{
	struct kept_file *k = push_new(L, kind);
	struct err e;

	if (kind->open(path, &k->value, &e) == 0)
		return;
	if (e.code == ERR_IO)
		raise_err(L, &e);
	push_err(L, &e);
}

static bool is_regular(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || S_ISREG(st.st_mode);
}

/* The table at the top, of userdata by path, has their paths in order, too: drops the oldest. */
static void make_room(lua_State *L, const char *path)
{
	int table = lua_gettop(L);
	lua_Integer n = (lua_Integer)lua_rawlen(L, table);

	if (!is_regular(path))
		return;
	if (n == KEPT_MOST) {
		lua_rawgeti(L, table, 1);
		lua_pushnil(L);
		lua_rawset(L, table);
		for (lua_Integer i = 1; i <= n; i++) {
			lua_rawgeti(L, table, i + 1);
			lua_rawseti(L, table, i);
		}
		n--;
	}
	lua_pushstring(L, path);
	lua_rawseti(L, table, n + 1);
}

static void *kept(lua_State *L, const struct kept_kind *kind, const char *path)
{
	int top = lua_gettop(L);
	struct kept_file *k;

	luaL_getsubtable(L, LUA_REGISTRYINDEX, kind->name);
	if (lua_getfield(L, -1, path) == LUA_TNIL) {
		lua_pop(L, 1);
		make_room(L, path);
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

void keep_kconfig(lua_State *L, const char *path, const char *text, size_t len)
{
	int top = lua_gettop(L);
	struct kept_file *k;
	struct kconfig *config;
	struct err e;

	luaL_getsubtable(L, LUA_REGISTRYINDEX, configs.name);
	if (lua_getfield(L, -1, path) == LUA_TNIL) {
		lua_pop(L, 1);
		make_room(L, path);
	} else {
		lua_pop(L, 1);
	}
	k = push_new(L, &configs);
	if (kconfig_of(path, text, len, &config, &e) < 0)
		raise_err(L, &e);
	k->value = config;
	lua_setfield(L, top + 1, path);
	lua_settop(L, top);
}
