/*
 * policy: the Lua class btfl.policy, a set of hooks. How a policy is written and extended is Lua's
 * business (lua/btfl/policy/support/make.lua).
 */
#include "bind/policy/policy.h"

#include <string.h>

void push_hooks(lua_State *L)
{
	lua_createtable(L, 0, HOOK_COUNT);
	for (int h = 0; h < HOOK_COUNT; h++) {
		push_words(L, (enum hook)h);
		lua_setfield(L, -2, hooks[h]->name);
	}
}

/* Reads which hooks the tier has, whose table is at the top, and of what each is asked. */
static void read_tier(lua_State *L, struct policy_box *p, int tier)
{
	int table = lua_gettop(L);

	lua_getfield(L, table, "when");
	for (int h = 0; h < HOOK_COUNT; h++) {
		struct when *w = &p->when[tier - 1][h];

		if (lua_getfield(L, table, hooks[h]->name) == LUA_TFUNCTION) {
			if (lua_istable(L, table + 1))
				lua_getfield(L, table + 1, hooks[h]->name);
			else
				lua_pushnil(L);
			when_read(L, table + 3, (enum hook)h, w);
			when_add(&p->any[h], w);
			p->has[h] = true;
		}
		lua_settop(L, table + 1);
	}
	lua_settop(L, table);
}

/* engine.policy(tiers): a list of tables with a name, functions and, by hook, lists of words in
 * `when`, most derived first. */
int engine_policy(lua_State *L)
{
	struct policy_box *p;
	size_t tiers, size;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	tiers = (size_t)lua_rawlen(L, 1);
	size = sizeof(*p) + tiers * sizeof(p->when[0]);
	p = memset(lua_newuserdatauv(L, size, 1), 0, size);
	p->tiers = (int)tiers;
	class_set(L, &policy_class);
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, 2, POLICY_TIERS);
	for (int i = p->tiers; i >= 1; i--) {
		lua_rawgeti(L, 1, i);
		luaL_argcheck(L, lua_istable(L, -1), 1, "a list of tables expected");
		lua_getfield(L, -1, "name");
		p->name = luaL_checkstring(L, -1); /* kept by the tier's table */
		lua_pop(L, 1);
		read_tier(L, p, i);
		lua_pop(L, 1);
	}
	return 1;
}

int engine_default_policy(lua_State *L)
{
	if (!lua_isnoneornil(L, 1))
		class_check(L, 1, &policy_class);
	lua_settop(L, 1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &policy_class.tag);
	return 0;
}

static bool has_hooks(const struct policy_box *p)
{
	for (int h = 0; h < HOOK_COUNT; h++)
		if (p->has[h])
			return true;
	return false;
}

/* Makes of the name or file at the top the policy, as btfl.policy() finds it. */
static void find_policy(lua_State *L)
{
	lua_getglobal(L, "require");
	lua_pushliteral(L, "btfl");
	lua_call(L, 1, 1);
	lua_getfield(L, -1, "policy");
	lua_replace(L, -2);
	lua_insert(L, -2);
	lua_call(L, 1, 1);
	class_check(L, -1, &policy_class);
}

void push_policy(lua_State *L, int options)
{
	if (lua_isnoneornil(L, options))
		lua_pushnil(L);
	else
		lua_getfield(L, options, "policy");
	if (lua_isnil(L, -1)) {
		lua_pop(L, 1);
		lua_rawgetp(L, LUA_REGISTRYINDEX, &policy_class.tag);
	} else if (lua_type(L, -1) == LUA_TSTRING) {
		find_policy(L);
	} else if (!class_test(L, -1, &policy_class)) {
		luaL_error(L, "policy must be a btfl.policy or the name of one, not a %s",
			   luaL_typename(L, -1));
	}
	if (!lua_isnil(L, -1) && !has_hooks(lua_touserdata(L, -1))) {
		lua_pop(L, 1); /* it is libbpf's */
		lua_pushnil(L);
	}
}

void push_policy_option(lua_State *L, int arg)
{
	if (!lua_isnoneornil(L, arg)) {
		luaL_checktype(L, arg, LUA_TTABLE);
		for (lua_pushnil(L); lua_next(L, arg); lua_pop(L, 1)) {
			const char *key =
			    lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";

			if (strcmp(key, "policy") != 0)
				luaL_error(L, "unknown option '%s' (there is only 'policy')", key);
		}
	}
	push_policy(L, arg);
}

static int get_name(lua_State *L, const void *self)
{
	lua_pushstring(L, ((const struct policy_box *)self)->name);
	return 1;
}

/* Pushes a list of its tiers, or of their field of that name. */
static int push_tiers(lua_State *L, const char *field)
{
	const struct policy_box *p = class_check(L, 1, &policy_class);

	lua_settop(L, 1);
	lua_getiuservalue(L, 1, POLICY_TIERS);
	lua_createtable(L, p->tiers, 0);
	for (int i = 1; i <= p->tiers; i++) {
		lua_rawgeti(L, 2, i);
		if (field)
			lua_getfield(L, -1, field);
		lua_rawseti(L, 3, i);
		lua_settop(L, 3);
	}
	return 1;
}

/* Itself, then what it extends. */
static int policy_lineage(lua_State *L)
{
	return push_tiers(L, "name");
}

/* The list that engine.policy() was given, for a policy that extends this one. */
static int policy_tiers(lua_State *L)
{
	return push_tiers(L, NULL);
}

static int policy_tostring(lua_State *L)
{
	const struct policy_box *p = class_check(L, 1, &policy_class);

	lua_pushfstring(L, "policy '%s'", p->name);
	return 1;
}

static const struct field policy_fields[] = {{"name", get_name}, {NULL, NULL}};
static const luaL_Reg policy_methods[] = {
    {"lineage", policy_lineage}, {"tiers", policy_tiers}, {NULL, NULL}};
static const luaL_Reg policy_meta[] = {{"__tostring", policy_tostring}, {NULL, NULL}};

const struct class policy_class = {"btfl.policy",  0,           policy_fields,
				   policy_methods, policy_meta, NULL};
