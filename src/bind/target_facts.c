/* target_facts: the options that tell of a kernel what its BTF does not. */
#include <string.h>

#include "bind/classes.h"
#include "core/distro.h"
#include "core/kernel_version.h"

static const char *const option_names[] = {"arch",    "distro", "flavour", "kallsyms", "kconfig",
					   "modules", "name",   "release", "version",  NULL};

void check_option_names(lua_State *L, int arg, int table, const char *const *names)
{
	table = lua_absindex(L, table);
	lua_pushnil(L);
	while (lua_next(L, table)) {
		const char *name = NULL;
		int i = 0;

		lua_pop(L, 1);
		if (lua_type(L, -1) == LUA_TSTRING)
			name = lua_tostring(L, -1);
		while (name && names[i] && strcmp(name, names[i]) != 0)
			i++;
		if (name && names[i])
			continue;
		lua_pushfstring(L, "no option `%s`", luaL_tolstring(L, -1, NULL));
		if (name)
			add_meant(L, name, names);
		luaL_argerror(L, arg, lua_tostring(L, -1));
	}
}

const char *string_option(lua_State *L, int arg, const char *name)
{
	const char *s = NULL;
	size_t len;

	if (!lua_istable(L, arg))
		return NULL;
	if (lua_getfield(L, arg, name) != LUA_TNIL) {
		if (lua_type(L, -1) != LUA_TSTRING)
			luaL_argerror(L, arg, lua_pushfstring(L, "`%s` must be a string", name));
		s = lua_tolstring(L, -1, &len);
		if (strlen(s) != len)
			luaL_argerror(L, arg, lua_pushfstring(L, "`%s` has a NUL in it", name));
	}
	lua_pop(L, 1);
	return s;
}

const char *release_option(lua_State *L, int arg)
{
	const char *release = string_option(L, arg, "release");
	uint32_t code;

	if (release && !kernel_version_code(release, &code))
		luaL_argerror(
		    L, arg,
		    lua_pushfstring(L, "`release` is no release such as 6.12.1: '%s'", release));
	return release;
}

const char *version_option(lua_State *L, int arg)
{
	const char *version = string_option(L, arg, "version");
	size_t len;

	if (version && !kernel_version_in(version, &len))
		luaL_argerror(
		    L, arg,
		    lua_pushfstring(L, "`version` has no version such as 5.10.223: '%s'", version));
	return version;
}

int engine_kernel_version(lua_State *L)
{
	size_t len;
	const char *at = kernel_version_in(check_cstring(L, 1), &len);

	if (at)
		lua_pushlstring(L, at, len);
	else
		lua_pushnil(L);
	return 1;
}

int engine_distro_of_compiler(lua_State *L)
{
	lua_pushstring(L, distro_of_compiler(check_cstring(L, 1)));
	return 1;
}

struct target_facts check_facts(lua_State *L, int arg)
{
	if (lua_isnil(L, arg))
		return (struct target_facts){0};
	luaL_checktype(L, arg, LUA_TTABLE);
	check_option_names(L, arg, arg, option_names);
	return facts_of(L, arg);
}

struct target_facts facts_of(lua_State *L, int arg)
{
	const char *kconfig, *kallsyms;
	struct target_facts f = {0};

	f.name = string_option(L, arg, "name");
	f.arch = string_option(L, arg, "arch");
	f.distro = string_option(L, arg, "distro");
	f.flavour = string_option(L, arg, "flavour");
	f.release = release_option(L, arg);
	f.version = version_option(L, arg);
	kconfig = string_option(L, arg, "kconfig");
	kallsyms = string_option(L, arg, "kallsyms");
	f.kconfig = kconfig ? kept_kconfig(L, kconfig) : NULL;
	f.symbols = kallsyms ? kept_symbols(L, kallsyms) : NULL;
	return f;
}
