/*
 * loading: the options of program:verdict() for what a tool sets between open and load, and which
 * rules are asked about.
 */
#include <string.h>

#include "bind/verdict.h"

static void no_rule(lua_State *L, int arg, const char *name)
{
	const char *names[RULE_COUNT];

	for (int i = 1; i < RULE_COUNT; i++)
		names[i - 1] = obstacle_rule_name((enum obstacle_rule)i);
	names[RULE_COUNT - 1] = NULL;
	lua_pushfstring(L, "`only`: no rule `%s`", name);
	add_meant(L, name, names);
	luaL_argerror(L, arg, lua_tostring(L, -1));
}

static uint64_t wanted_option(lua_State *L, int arg)
{
	uint64_t wanted = 0;

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
			no_rule(L, arg, name);
		wanted |= (uint64_t)1 << rule;
		lua_pop(L, 1);
	}
	lua_pop(L, 2);
	return wanted;
}

/* What the program attaches to, instead of what its section says. */
static void attach_option(lua_State *L, int arg, struct loading *l)
{
	if (lua_getfield(L, arg, "attach") != LUA_TNIL) {
		const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";

		if (!*name)
			luaL_argerror(L, arg, "`attach` must be the name of what to attach to");
		loading_attach(l, name);
	}
	lua_pop(L, 1);
}

static void type_option(lua_State *L, int arg, struct loading *l)
{
	int64_t type = -1;

	if (lua_getfield(L, arg, "type") != LUA_TNIL) {
		if (lua_type(L, -1) == LUA_TSTRING)
			type = uapi_number(UAPI_PROG_TYPE, lua_tostring(L, -1));
		if (type <= 0)
			luaL_argerror(L, arg,
				      lua_pushfstring(L, "`type`: no type of programs '%s'",
						      luaL_tolstring(L, -1, NULL)));
		l->prog_type = (uint32_t)type;
		l->attach_type = 0;
	}
	lua_pop(L, 1);
}

/* A field of the table at the top, 0 when it has none. */
static uint32_t number_field(lua_State *L, int arg, const char *name)
{
	lua_Integer n = 0;
	int is_integer = 1;

	if (lua_getfield(L, -1, name) != LUA_TNIL)
		n = lua_tointegerx(L, -1, &is_integer);
	if (!is_integer || n < 0 || n > UINT32_MAX)
		luaL_argerror(L, arg, lua_pushfstring(L, "`maps`: `%s` must be a number", name));
	lua_pop(L, 1);
	return (uint32_t)n;
}

/* A type of maps by name or number, 0 when the table at the top has none. */
static uint32_t map_type_field(lua_State *L, int arg)
{
	int64_t type = 0;

	if (lua_getfield(L, -1, "type") != LUA_TSTRING) {
		lua_pop(L, 1);
		return number_field(L, arg, "type");
	}
	type = uapi_number(UAPI_MAP_TYPE, lua_tostring(L, -1));
	if (type <= 0)
		luaL_argerror(
		    L, arg,
		    lua_pushfstring(L, "`maps`: no type of maps '%s'", lua_tostring(L, -1)));
	lua_pop(L, 1);
	return (uint32_t)type;
}

/* Whether a map of that name is there, which all settings must be for. */
static bool has_map(const struct loading *l, const char *name)
{
	const struct references *r = l->externs->references;

	for (size_t i = 0; i < r->map_count; i++)
		if (strcmp(r->maps[i].name, name) == 0)
			return true;
	return false;
}

/* The settings of the table at the top, in a userdata that takes its place. */
static void read_maps(lua_State *L, int arg, struct loading *l)
{
	static const char *const fields[] = {"inner", "key_size",   "max_entries",
					     "type",  "value_size", NULL};
	struct map_setting *list;
	size_t n = 0;

	lua_pushnil(L);
	while (lua_next(L, -2)) {
		n++;
		lua_pop(L, 1);
	}
	list = lua_newuserdatauv(L, (n + 1) * sizeof(*list), 0);
	memset(list, 0, (n + 1) * sizeof(*list));
	l->settings = list;
	lua_pushnil(L);
	while (lua_next(L, -3)) {
		struct map_setting *s = &list[l->setting_count++];

		if (lua_type(L, -2) != LUA_TSTRING || !lua_istable(L, -1))
			luaL_argerror(L, arg, "`maps` must be a table of settings by name");
		s->map = lua_tostring(L, -2);
		if (!has_map(l, s->map))
			luaL_argerror(L, arg, lua_pushfstring(L, "`maps`: no map `%s`", s->map));
		check_option_names(L, arg, -1, fields);
		s->key_size = number_field(L, arg, "key_size");
		s->value_size = number_field(L, arg, "value_size");
		s->max_entries = number_field(L, arg, "max_entries");
		s->type = map_type_field(L, arg);
		lua_getfield(L, -1, "inner");
		s->inner = lua_toboolean(L, -1);
		lua_pop(L, 2);
	}
	lua_replace(L, -2);
}

void loading_options(lua_State *L, int arg, struct loading *l)
{
	l->wanted = LOADING_ALL;
	loading_init(l);
	if (!lua_istable(L, arg)) {
		loading_find(l);
		lua_pushnil(L);
		return;
	}
	l->wanted = wanted_option(L, arg);
	attach_option(L, arg, l);
	type_option(L, arg, l);
	loading_find(l);
	if (lua_getfield(L, arg, "maps") == LUA_TTABLE)
		read_maps(L, arg, l);
	else if (!lua_isnil(L, -1))
		luaL_argerror(L, arg, "`maps` must be a table of settings by name");
}
