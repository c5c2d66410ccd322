/* verdict_options: the options of program:verdict(): what is known of the kernel, and constants. */
#include <string.h>

#include "bind/policy/policy.h"
#include "bind/verdict.h"
#include "core/kernel_version.h"

static const char *const option_names[] = {"kallsyms", "kconfig", "only",    "policy", "release",
					   "set",      "unset",   "version", NULL};

void check_verdict_options(lua_State *L, int arg)
{
	lua_pushnil(L);
	while (lua_next(L, arg)) {
		const char *name;
		int i = 0;

		lua_pop(L, 1);
		lua_pushvalue(L, -1);
		name = lua_tostring(L, -1);
		while (name && option_names[i] && strcmp(name, option_names[i]) != 0)
			i++;
		if (!name || !option_names[i]) {
			lua_pushfstring(L, "no option `%s`", name ? name : luaL_typename(L, -1));
			if (name)
				add_meant(L, name, option_names);
			luaL_argerror(L, arg, lua_tostring(L, -1));
		}
		lua_pop(L, 1);
	}
}

const char *known_as_option(lua_State *L, int arg, const struct target *t)
{
	const char *release = release_option(L, arg), *version = version_option(L, arg);
	size_t len;

	if (version)
		return kernel_version_in(version, &len);
	return release ? release : target_known_as(t);
}

uint64_t wanted_option(lua_State *L, int arg)
{
	uint64_t wanted = 0;

	if (!lua_istable(L, arg))
		return LOADING_ALL;
	if (lua_getfield(L, arg, "only") == LUA_TNIL) {
		lua_pop(L, 1);
		return LOADING_ALL;
	}
	if (!lua_istable(L, -1))
		luaL_argerror(L, arg, "`only` must be a list of rules");
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
		enum obstacle_rule rule = obstacle_rule_of(name);

		if (rule == RULE_NONE)
			luaL_argerror(L, arg, lua_pushfstring(L, "`only`: no rule `%s`", name));
		wanted |= (uint64_t)1 << rule;
		lua_pop(L, 1);
	}
	lua_pop(L, 2);
	return wanted;
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

/* The version, and what may follow it; NULL when it is not known. What these options tell, the
 * version first, comes before what is known of the target. */
static const char *version_of(lua_State *L, int arg, const struct target *t,
			      const struct kconfig *kconfig)
{
	const char *release = release_option(L, arg), *version = version_option(L, arg);
	size_t len;

	if (!version && kconfig)
		version = kconfig->version;
	if (!version)
		version = release;
	return version ? kernel_version_in(version, &len) : t->version;
}

void open_externs(lua_State *L, int arg, const struct resolution *r, const struct references *l,
		  struct externs **out)
{
	const char *kconfig = string_option(L, arg, "kconfig");
	const char *kallsyms = string_option(L, arg, "kallsyms");
	struct extern_facts facts = {
	    .target = r->target,
	    .kconfig = kconfig ? kept_kconfig(L, kconfig) : NULL,
	    .symbols = kallsyms ? kept_symbols(L, kallsyms) : NULL,
	};
	struct err e = {.code = ERR_NONE};

	facts.release = known_as_option(L, arg, r->target);
	facts.version = version_of(L, arg, r->target, facts.kconfig);
	if (externs_new(r->object, l, &facts, out, &e) < 0)
		raise_err(L, &e);
	if (lua_istable(L, arg)) {
		apply_sets(L, arg, *out);
		apply_unsets(L, arg, *out);
	}
}
