/*
 * embedded: loads what `make` compiled into the program. Compiling takes a fifth of `btfl relos` on
 * a kernel, and a program that needs no other file can be copied alone.
 */
#include <string.h>
#include <lauxlib.h>

#include "host/embedded.h"

#define SCRIPTS "scripts/"

static struct {
	bool modules, scripts;
} left_out;

static bool has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool is_left_out(const char *name)
{
	if (has_prefix(name, SCRIPTS))
		return left_out.scripts;
	return left_out.modules && (has_prefix(name, "btfl.") || strcmp(name, "btfl") == 0);
}

static const struct embedded *first(void)
{
	static const struct embedded none;

	return embedded_files ? embedded_files : &none;
}

/* Pushes the function of a file; pushes nothing and returns false without one. */
static bool push_file(lua_State *L, const char *name)
{
	const struct embedded *f = first();

	while (f->name && strcmp(f->name, name) != 0)
		f++;
	if (!f->name || is_left_out(name))
		return false;
	/* The chunk has a name of its own. */
	if (luaL_loadbufferx(L, f->chunk, f->len, name, "b") != LUA_OK)
		lua_error(L);
	return true;
}

int embedded_load(lua_State *L)
{
	return push_file(L, luaL_checkstring(L, 1)) ? 1 : 0;
}

int embedded_scripts(lua_State *L)
{
	lua_newtable(L);
	for (const struct embedded *f = first(); f->name; f++) {
		if (!has_prefix(f->name, SCRIPTS) || is_left_out(f->name))
			continue;
		lua_pushstring(L, f->about);
		lua_setfield(L, -2, f->name + strlen(SCRIPTS));
	}
	return 1;
}

/* A searcher of package.searchers. */
static int search(lua_State *L)
{
	if (!push_file(L, luaL_checkstring(L, 1)))
		return 0;
	lua_pushliteral(L, ":btfl:");
	return 2;
}

static void add_searcher(lua_State *L)
{
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "searchers");
	for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i >= 2; i--) {
		lua_rawgeti(L, -1, i);
		lua_rawseti(L, -2, i + 1);
	}
	lua_pushcfunction(L, search);
	lua_rawseti(L, -2, 2);
	lua_pop(L, 2);
}

void embedded_install(lua_State *L, bool without_modules, bool without_scripts)
{
	left_out.modules = without_modules;
	left_out.scripts = without_scripts;
	add_searcher(L);
}
