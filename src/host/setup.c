/*
 * setup: whether btfl's own Lua files are those of the program or of a folder, and what a Lua state
 * needs before a script runs in it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lauxlib.h>
#include <lualib.h>

#include "bind/classes.h"
#include "host/embedded.h"
#include "host/host.h"

/* Folders of Lua files that stand in for those of the program, NULL for none: strings on the stack
 * of Lua. */
struct instead {
	const char *modules; /* holds btfl/init.lua */
	const char *scripts;
};

/* Whether path is a file of that user's. */
static bool is_of(const char *path, uid_t owner)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_uid == owner;
}

/* The tree that the program was built in and is still at the top of. Not what somebody else has put
 * beside it, say in /tmp. */
static void find_tree(lua_State *L, struct instead *out)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	struct stat st;
	char *slash;

	if (n < 0)
		return;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (!slash || stat(exe, &st) < 0)
		return;
	*slash = '\0';
	if (!is_of(lua_pushfstring(L, "%s/lua/btfl/init.lua", exe), st.st_uid) ||
	    !is_of(lua_pushfstring(L, "%s/src/host/main.c", exe), st.st_uid))
		return;
	out->modules = lua_pushfstring(L, "%s/lua", exe);
	out->scripts = lua_pushfstring(L, "%s/scripts", exe);
}

/* Absolute, for a script may change the current folder. */
static void use_folder(lua_State *L, const char *folder, struct instead *out)
{
	char path[PATH_MAX];

	if (access(lua_pushfstring(L, "%s/btfl/init.lua", folder), R_OK) || !realpath(folder, path))
		luaL_error(L, "BTFL_LUA: %s/btfl/init.lua: %s", folder, strerror(errno));
	out->modules = lua_pushstring(L, path);
}

static bool ignores_environment(lua_State *L)
{
	bool yes = lua_getfield(L, LUA_REGISTRYINDEX, "LUA_NOENV") == LUA_TBOOLEAN;

	lua_pop(L, 1);
	return yes;
}

static struct instead find_instead(lua_State *L)
{
	const char *folder = ignores_environment(L) ? NULL : getenv("BTFL_LUA");
	struct instead out = {0};

	if (folder && *folder)
		use_folder(L, folder, &out);
	else
		find_tree(L, &out);
	return out;
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

/* None where the program is linked statically: a module would bring a second libc. */
static void find_c_modules(lua_State *L)
{
#ifdef NO_DLOPEN
	lua_getglobal(L, "package");
	lua_pushliteral(L, "");
	lua_setfield(L, -2, "cpath");
	lua_pop(L, 1);
#else
	(void)L;
#endif
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

			err_fill(&e, ERR_IO, file, NULL, ERR_NO_OFFSET, "%s", strerror(errno));
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
	static const luaL_Reg functions[] = {{"embedded", embedded_load},
					     {"embedded_scripts", embedded_scripts},
					     {"list", list_folder},
					     {NULL, NULL}};
	struct instead instead = find_instead(L);

	if (instead.modules)
		extend_path(
		    L,
		    lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;", instead.modules, instead.modules),
		    "");
	find_c_modules(L);
	embedded_install(L, instead.modules, instead.scripts);
	add_last_searcher(L);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	lua_pushcfunction(L, luaopen_btfl_engine);
	lua_setfield(L, -2, "btfl.engine");

	push_module(L, "btfl.command.host");
	luaL_setfuncs(L, functions, 0);
	lua_pushstring(L, instead.modules);
	lua_setfield(L, -2, "modules");
	lua_pushstring(L, instead.scripts);
	lua_setfield(L, -2, "scripts");
	lua_pushboolean(L, verbose);
	lua_setfield(L, -2, "verbose");
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
