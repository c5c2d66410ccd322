/* verdict_options: the options of program:verdict(): what is known of the kernel, and constants. */
#include <string.h>

#include "bind/policy/policy.h"
#include "bind/verdict.h"
#include "core/kernel_version.h"

static const char *const option_names[] = {"attach", "kallsyms", "kconfig", "maps",
					   "only",   "policy",   "release", "set",
					   "type",   "unset",    "version", NULL};

void check_verdict_options(lua_State *L, int arg)
{
	check_option_names(L, arg, arg, option_names);
}

struct target *target_options(lua_State *L, int arg, const struct target *t)
{
	struct target_facts facts;
	struct target *with;
	struct err e;

	if (!lua_istable(L, arg))
		return NULL;
	facts = facts_of(L, arg);
	if (!facts.release && !facts.version && !facts.kconfig && !facts.symbols)
		return NULL;
	if (target_with(t, &facts, &with, &e) < 0)
		raise_err(L, &e);
	return with;
}

/* A number, a boolean or a string as text; pushed. */
static const char *push_setting(lua_State *L, int idx)
{
	if (lua_isboolean(L, idx))
		lua_pushstring(L, lua_toboolean(L, idx) ? "true" : "false");
	else if (lua_isinteger(L, idx))
		lua_pushfstring(L, "%I", lua_tointeger(L, idx));
	else
		lua_pushvalue(L, idx);
	return lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
}

static void apply_sets(lua_State *L, int arg, struct externs *x)
{
	struct err e;

	if (lua_getfield(L, arg, "set") == LUA_TTABLE) {
		lua_pushnil(L);
		while (lua_next(L, -2)) {
			const char *text = push_setting(L, lua_absindex(L, -1));

			if (lua_type(L, -3) != LUA_TSTRING || !text)
				luaL_argerror(L, arg, "`set` must be a table of numbers by name");
			if (externs_set(x, lua_tostring(L, -3), text, &e) < 0)
				raise_err(L, &e);
			lua_pop(L, 2);
		}
	} else if (!lua_isnil(L, -1)) {
		luaL_argerror(L, arg, "`set` must be a table of numbers by name");
	}
	lua_pop(L, 1);
}

static void apply_unsets(lua_State *L, int arg, struct externs *x)
{
	struct err e;

	if (lua_getfield(L, arg, "unset") == LUA_TTABLE) {
		for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
			if (lua_type(L, -1) != LUA_TSTRING)
				luaL_argerror(L, arg, "`unset` must be a list of names");
			if (externs_set(x, lua_tostring(L, -1), NULL, &e) < 0)
				raise_err(L, &e);
			lua_pop(L, 1);
		}
		lua_pop(L, 1);
	} else if (!lua_isnil(L, -1)) {
		luaL_argerror(L, arg, "`unset` must be a list of names");
	}
	lua_pop(L, 1);
}

void extern_options(lua_State *L, int arg, struct externs *x)
{
	if (!lua_istable(L, arg))
		return;
	apply_sets(L, arg, x);
	apply_unsets(L, arg, x);
}
