/*
 * embedded: btfl's own Lua files, compiled and part of the program.
 */
#ifndef BTFL_EMBEDDED_H
#define BTFL_EMBEDDED_H

#include <stdbool.h>
#include <stddef.h>
#include <lua.h>

struct embedded {
	const char
	    *name; /* a module's, as `require` takes it, or "scripts/" and that of a script */
	const char *about; /* what `btfl help` says of a script, else "" */
	const char *chunk;
	size_t len; /* bytes of chunk */
};

/* All of them, the last without a name: a source that src/host/embed.lua writes. The program that
 * runs embed.lua is linked without. */
extern const struct embedded embedded_files[] __attribute__((weak));

/* Puts a searcher of the modules behind package.preload, where `require` meets it first. Leaves out
 * btfl's own modules, or the scripts, where a folder stands in for them. */
void embedded_install(lua_State *L, bool without_modules, bool without_scripts);

/* For Lua: the function of the file of that name, nil for none. */
int embedded_load(lua_State *L);

/* For Lua: what each script is about, by its name. */
int embedded_scripts(lua_State *L);

#endif
