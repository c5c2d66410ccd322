/*
 * policy: the Lua class btfl.policy, a set of hooks, and `default`, which each hook gets last. How
 * a policy is written and extended is Lua's business (lua/btfl/policy.lua).
 */
#include "bind/hooks.h"

#include <string.h>

const char *const hook_names[HOOK_COUNT + 1] = {
    [HOOK_CANDIDATES] = "candidates", [HOOK_MEMBER] = "member", [HOOK_COMPATIBLE] = "compatible",
    [HOOK_VALUE] = "value",           [HOOK_CHOOSE] = "choose", [HOOK_MISSING] = "missing",
    [HOOK_PATCH] = "patch",
};

/* core.policy(levels): a list of tables with a name and functions, most derived first. */
int core_policy(lua_State *L)
{
	struct policy_box *p;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	p = lua_newuserdatauv(L, sizeof(*p), 1);
	*p = (struct policy_box){.levels = (int)lua_rawlen(L, 1)};
	class_set(L, &policy_class);
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, 2, POLICY_LEVELS);
	for (int i = p->levels; i >= 1; i--) {
		lua_rawgeti(L, 1, i);
		luaL_argcheck(L, lua_istable(L, -1), 1, "a list of tables expected");
		lua_getfield(L, -1, "name");
		p->name = luaL_checkstring(L, -1); /* kept by the level's table */
		lua_pop(L, 1);
		for (int h = 0; h < HOOK_COUNT; h++) {
			if (lua_getfield(L, -1, hook_names[h]) == LUA_TFUNCTION) {
				p->first[h] = i;
				if (!p->last[h])
					p->last[h] = i;
			}
			lua_pop(L, 1);
		}
		lua_pop(L, 1);
	}
	return 1;
}

int core_default_policy(lua_State *L)
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
		if (p->last[h])
			return true;
	return false;
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
	} else if (!class_test(L, -1, &policy_class)) {
		luaL_error(L, "policy must be a btfl.policy, not a %s", luaL_typename(L, -1));
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

/* The names of its levels: itself, then what it extends. */
static int policy_lineage(lua_State *L)
{
	const struct policy_box *p = class_check(L, 1, &policy_class);

	lua_getiuservalue(L, 1, POLICY_LEVELS);
	lua_createtable(L, p->levels, 0);
	for (int i = 1; i <= p->levels; i++) {
		lua_rawgeti(L, -2, i);
		lua_getfield(L, -1, "name");
		lua_rawseti(L, -3, i);
		lua_pop(L, 1);
	}
	return 1;
}

/* The list that core.policy() was given, for a policy that extends this one. */
static int policy_levels(lua_State *L)
{
	const struct policy_box *p = class_check(L, 1, &policy_class);

	lua_getiuservalue(L, 1, POLICY_LEVELS);
	lua_createtable(L, p->levels, 0);
	for (int i = 1; i <= p->levels; i++) {
		lua_rawgeti(L, -2, i);
		lua_rawseti(L, -2, i);
	}
	return 1;
}

static int policy_tostring(lua_State *L)
{
	const struct policy_box *p = class_check(L, 1, &policy_class);

	lua_pushfstring(L, "policy '%s'", p->name);
	return 1;
}

static const struct field policy_fields[] = {{"name", get_name}, {NULL, NULL}};
static const luaL_Reg policy_methods[] = {
    {"lineage", policy_lineage}, {"levels", policy_levels}, {NULL, NULL}};
static const luaL_Reg policy_meta[] = {{"__tostring", policy_tostring}, {NULL, NULL}};

const struct class policy_class = {"btfl.policy",  0,           policy_fields,
				   policy_methods, policy_meta, NULL};

/* `default`: what the hook of the next level, or the engine, would answer. */
struct default_handle {
	struct run *run;
	enum hook hook;
	int level; /* from which on it asks */
	bool kept; /* its arguments stand in its user values */
	bool answered;
	const void *arg[HOOK_ARGS]; /* userdata and tables, alive while the hook runs */
};

/* Its user values: the run, what its hook is asked, what it answered to that. */
enum {
	DEFAULT_RUN = 1,
	DEFAULT_ARG,
	DEFAULT_LAST = DEFAULT_ARG + HOOK_ARGS,
	DEFAULT_VALUES = DEFAULT_LAST
};

static struct run *asked(lua_State *L, const struct default_handle *d)
{
	if (!d->run->q || d->run->hook != d->hook)
		luaL_error(L, "default of %s is used after its hook returned", hook_names[d->hook]);
	return d->run;
}

/* Pushes what the hook was asked. */
static void push_asked(lua_State *L, const struct default_handle *d, int run)
{
	if (!d->kept) {
		push_question(L, d->run, run);
		return;
	}
	for (int i = 0; i < HOOK_ARGS; i++)
		lua_getiuservalue(L, 1, DEFAULT_ARG + i);
}

/* Whether that stands at stack indexes from `args` on. */
static bool is_asked(lua_State *L, const struct default_handle *d, int args)
{
	bool same = true;

	for (int i = 0; i < HOOK_ARGS; i++)
		same &= lua_topointer(L, args + i) == d->arg[i];
	return same;
}

/* Remembers an answer; of a list a copy, because a hook may go on and change it. */
static void remember(lua_State *L, int answer)
{
	if (lua_istable(L, answer)) {
		lua_Integer n = (lua_Integer)lua_rawlen(L, answer);

		lua_createtable(L, (int)n, 0);
		for (lua_Integer i = 1; i <= n; i++) {
			lua_rawgeti(L, answer, i);
			lua_rawseti(L, -2, i);
		}
	} else {
		lua_pushvalue(L, answer);
	}
	lua_setiuservalue(L, 1, DEFAULT_LAST);
}

/* The handle that is called; the upvalue is its metatable. */
static struct default_handle *check_default(lua_State *L)
{
	bool same = lua_getmetatable(L, 1) && lua_rawequal(L, -1, lua_upvalueindex(1));

	if (!same)
		luaL_typeerror(L, 1, default_class.name);
	lua_pop(L, 1);
	return lua_touserdata(L, 1);
}

static int default_call(lua_State *L)
{
	struct default_handle *d = check_default(L);
	struct run *r = asked(L, d);
	int run = 2, nargs = lua_gettop(L) - 1;
	bool same = true;

	if (nargs != 0 && nargs != HOOK_ARGS)
		return luaL_error(L, "default takes no arguments, or the %d that its hook got",
				  HOOK_ARGS);
	lua_getiuservalue(L, 1, DEFAULT_RUN);
	lua_insert(L, run);
	if (nargs)
		same = is_asked(L, d, run + 1);
	else
		push_asked(L, d, run);
	r->same = same && memcmp(d->arg, r->arg, sizeof(d->arg)) == 0;
	if (!call_level(L, r, run, d->level))
		push_default_answer(L, r, run);
	if (same) {
		d->answered = true;
		remember(L, lua_gettop(L) - 1);
	}
	return 2;
}

void push_default(lua_State *L, struct run *r, int run, int level, int args)
{
	int key = (int)r->hook * (r->policy->levels + 1) + level;
	struct default_handle *d;

	run = lua_absindex(L, run);
	lua_getiuservalue(L, run, RUN_DEFAULTS);
	if (lua_rawgeti(L, -1, key + 1) == LUA_TNIL) {
		lua_pop(L, 1);
		d = lua_newuserdatauv(L, sizeof(*d), DEFAULT_VALUES);
		*d = (struct default_handle){.run = r, .hook = r->hook, .level = level};
		class_set(L, &default_class);
		lua_pushvalue(L, run);
		lua_setiuservalue(L, -2, DEFAULT_RUN);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, key + 1);
	}
	lua_replace(L, -2);
	d = lua_touserdata(L, -1);
	d->answered = false;
	/* The first function is asked what can be pushed again, but for a table that it may change.
	 */
	d->kept = r->level > 0 || lua_istable(L, args + HOOK_ARGS - 1);
	memcpy(d->arg, r->arg, sizeof(d->arg));
	for (int i = 0; i < HOOK_ARGS && d->kept; i++) {
		d->arg[i] = lua_topointer(L, args + i);
		lua_pushvalue(L, args + i);
		lua_setiuservalue(L, -2, DEFAULT_ARG + i);
	}
}

/* Of a list, whether it holds the same in the same order. */
static bool same_list(lua_State *L, int a, int b)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, a);
	bool same = n == (lua_Integer)lua_rawlen(L, b);

	for (lua_Integer i = 1; i <= n && same; i++) {
		lua_rawgeti(L, a, i);
		lua_rawgeti(L, b, i);
		same = lua_rawequal(L, -1, -2);
		lua_pop(L, 2);
	}
	return same;
}

bool default_answered(lua_State *L, int idx, int answer)
{
	bool same;

	if (!((const struct default_handle *)lua_touserdata(L, idx))->answered)
		return false;
	answer = lua_absindex(L, answer);
	lua_getiuservalue(L, idx, DEFAULT_LAST);
	same = lua_istable(L, -1) && lua_istable(L, answer) ? same_list(L, lua_gettop(L), answer)
							    : lua_rawequal(L, -1, answer);
	lua_pop(L, 1);
	return same;
}

static int get_what(lua_State *L, const void *self)
{
	static const char *const names[] = {
	    [COMPAT_FIELD] = "field", [COMPAT_TYPE] = "type", [COMPAT_MATCHES] = "matches"};
	const struct run *r = asked(L, self);

	if (r->hook == HOOK_COMPATIBLE)
		lua_pushstring(L, names[r->what]);
	else
		lua_pushnil(L);
	return 1;
}

static int get_relo(lua_State *L, const void *self)
{
	const struct run *r = asked(L, self);

	lua_getiuservalue(L, 1, DEFAULT_RUN);
	lua_getiuservalue(L, -1, RUN_OBJECT);
	push_part(L, -1, &relo_class, r->q->relo);
	return 1;
}

static int get_target(lua_State *L, const void *self)
{
	asked(L, self);
	lua_getiuservalue(L, 1, DEFAULT_RUN);
	lua_getiuservalue(L, -1, RUN_TARGET);
	return 1;
}

static int get_reason(lua_State *L, const void *self)
{
	const struct run *r = asked(L, self);

	push_name(L, r->hook == HOOK_MISSING ? reason_name(r->why) : NULL);
	return 1;
}

static const struct field default_fields[] = {
    {"what", get_what},     {"relo", get_relo}, {"target", get_target},
    {"reason", get_reason}, {NULL, NULL},
};

static const luaL_Reg default_meta[] = {{"__call", default_call}, {NULL, NULL}};

const struct class default_class = {"btfl.default", 0, default_fields, NULL, default_meta, NULL};
