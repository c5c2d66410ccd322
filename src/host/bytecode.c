/*
 * bytecode: Lua modules that were compiled when btfl was built (lua/btfl/bytecode.lua). Compiling
 * argparse and our own modules at every start took 2.0 of the 9.4 ms of `btfl relos` on a kernel.
 *
 * A file of bytecode is named after the path of its source, and used only while it is no older;
 * what cannot be used is compiled from its source, as ever.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lauxlib.h>

#include "host/host.h"

static bool is_older(const struct stat *a, const struct stat *b)
{
	if (a->st_mtim.tv_sec != b->st_mtim.tv_sec)
		return a->st_mtim.tv_sec < b->st_mtim.tv_sec;
	return a->st_mtim.tv_nsec < b->st_mtim.tv_nsec;
}

/* Pushes the path of a module's source, as package.searchpath finds it; NULL, with nil pushed. */
static const char *push_source(lua_State *L, const char *name)
{
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "searchpath");
	lua_pushstring(L, name);
	lua_getfield(L, -3, "path");
	lua_call(L, 2, 1);
	lua_remove(L, -2);
	return lua_tostring(L, -1);
}

/* A searcher of package.searchers; its upvalue is the folder. */
static int search(lua_State *L)
{
	const char *source = push_source(L, luaL_checkstring(L, 1)), *file;
	struct stat compiled, written;

	if (!source)
		return 0;
	luaL_gsub(L, source, "/", "%");
	file = lua_pushfstring(L, "%s/%s.luac", lua_tostring(L, lua_upvalueindex(1)),
			       lua_tostring(L, -1));
	if (stat(file, &compiled) < 0 || stat(source, &written) < 0 ||
	    is_older(&compiled, &written) || luaL_loadfilex(L, file, "b") != LUA_OK)
		return 0;
	lua_pushstring(L, source);
	return 2;
}

void bytecode_install(lua_State *L, const char *root)
{
	const char *folder = lua_pushfstring(L, "%s/build/luac", root);

	if (access(folder, R_OK) < 0) {
		lua_pop(L, 1);
		lua_pushfstring(L, "%s/luac", root);
	}
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "searchers");
	/* Behind package.preload, before the searcher of sources. */
	for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i >= 2; i--) {
		lua_rawgeti(L, -1, i);
		lua_rawseti(L, -2, i + 1);
	}
	lua_pushvalue(L, -3);
	lua_pushcclosure(L, search, 1);
	lua_rawseti(L, -2, 2);
	lua_pop(L, 3);
}
