/*
 * setup: where btfl's own files are, and what a Lua state needs before a script runs in it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <lauxlib.h>
#include <lualib.h>

#include "bind/classes.h"
#include "host/host.h"

/* Cuts the last `/name` off. */
static void cut_name(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

static bool holds_btfl(lua_State *L, const char *folder)
{
	bool there = !access(lua_pushfstring(L, "%s/lua/btfl/init.lua", folder), R_OK);

	lua_pop(L, 1);
	return there;
}

/* Pushes the folder that holds lua/ and scripts/: a tree with the binary at its top, or
 * PREFIX/share/btfl beside PREFIX/bin. */
static const char *push_root(lua_State *L)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n < 0) {
		luaL_error(L, "/proc/self/exe: %s", strerror(errno));
		return NULL;
	}
	exe[n] = '\0';
	cut_name(exe);
	if (holds_btfl(L, exe))
		return lua_pushstring(L, exe);
	const char *beside = lua_pushfstring(L, "%s/lua", exe);
	cut_name(exe);
	const char *root = lua_pushfstring(L, "%s/share/btfl", exe);
	if (!holds_btfl(L, root))
		luaL_error(L, "its Lua files are neither in %s nor in %s/lua", beside, root);
	lua_remove(L, -2);
	return root;
}

/* package.path = before .. package.path .. after */
static void extend_path(lua_State *L, const char *before, const char *after)
{
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "path");
	const char *path = luaL_optstring(L, -1, "");

	lua_pushfstring(L, "%s%s%s", before, path, after);
	lua_setfield(L, -3, "path");
	lua_pop(L, 2);
}

/* list(folder): the names in it, or nil when it cannot be read. */
static int list_folder(lua_State *L)
{
	DIR *dir = opendir(luaL_checkstring(L, 1));
	struct dirent *entry;

	if (!dir)
		return 0;
	lua_newtable(L);
	for (lua_Integer n = 1; (entry = readdir(dir)); n++) {
		lua_pushstring(L, entry->d_name);
		lua_rawseti(L, -2, n);
	}
	closedir(dir);
	return 1;
}

/* The last of package.searchers: a module whose file is there and cannot be opened, say because too
 * many are open, is not "not found". */
static int tell_unreadable(lua_State *L)
{
	const char *name = luaL_gsub(L, luaL_checkstring(L, 1), ".", "/"), *path;

	lua_getglobal(L, "package");
	lua_getfield(L, -1, "path");
	path = luaL_checkstring(L, -1);
	while (*path) {
		size_t n = strcspn(path, ";");
		const char *file;
		int fd = -1;

		lua_pushlstring(L, path, n);
		file = luaL_gsub(L, lua_tostring(L, -1), "?", name);
		if (access(file, F_OK) == 0 && (fd = open(file, O_RDONLY | O_CLOEXEC)) < 0) {
			struct err e;

			err_set(&e, ERR_IO, file, NULL, ERR_NO_OFFSET, "%s", strerror(errno));
			return raise_err(L, &e);
		}
		if (fd >= 0)
			close(fd);
		lua_pop(L, 2);
		path += n + (path[n] == ';');
	}
	return 0;
}

static void add_last_searcher(lua_State *L)
{
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "searchers");
	lua_pushcfunction(L, tell_unreadable);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	lua_pop(L, 2);
}

static void push_module(lua_State *L, const char *name)
{
	lua_getglobal(L, "require");
	lua_pushstring(L, name);
	lua_call(L, 1, 1);
}

void setup_host(lua_State *L, bool verbose)
{
	const char *root = push_root(L);

	extend_path(L, lua_pushfstring(L, "%s/lua/?.lua;%s/lua/?/init.lua;", root, root), "");
	bytecode_install(L, root);
	add_last_searcher(L);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	lua_pushcfunction(L, luaopen_btfl_core);
	lua_setfield(L, -2, "btfl.core");

	push_module(L, "btfl.host");
	lua_pushstring(L, root);
	lua_setfield(L, -2, "root");
	lua_pushboolean(L, verbose);
	lua_setfield(L, -2, "verbose");
	lua_pushcfunction(L, list_folder);
	lua_setfield(L, -2, "list");
	lua_setfield(L, LUA_REGISTRYINDEX, "btfl.host");
	push_module(L, "btfl");
	lua_setglobal(L, "btfl");
	lua_settop(L, 0);
}

void setup_script_folder(lua_State *L, const char *script)
{
	const char *slash = strrchr(script, '/');
	const char *folder =
	    slash ? lua_pushlstring(L, script, (size_t)(slash - script)) : lua_pushliteral(L, ".");

	extend_path(L, "", lua_pushfstring(L, ";%s/?.lua;%s/?/init.lua", folder, folder));
	lua_pop(L, 2);
}
