/*
 * level: the levels of a policy, called in turn, and the Lua class btfl.default: what each hook
 * gets last, with which it asks the levels below. Notes who decided.
 */
#include "bind/level.h"

#include <string.h>

#include "bind/hooks.h"

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

/* Pushes the `default` that asks the levels from `level` on; args is the index of the first of the
 * arguments that its hook is called with. */
static void push_default(lua_State *L, struct run *r, int run, int level, int args)
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

/* Whether the `default` at idx gave, asked what its hook was, the value at stack index `answer`. */
static bool default_answered(lua_State *L, int idx, int answer)
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

/* Pushes "policy.hook", made once for each level and hook. */
static void push_rule_name(lua_State *L, const struct run *r, int run, int level)
{
	lua_Integer key = -((lua_Integer)r->hook * r->policy->levels + level);

	lua_getiuservalue(L, run, RUN_FUNCTIONS);
	if (lua_rawgeti(L, -1, key) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_getiuservalue(L, run, RUN_LEVELS);
		lua_rawgeti(L, -1, level);
		lua_getfield(L, -1, "name");
		lua_pushfstring(L, "%s.%s", lua_tostring(L, -1), hook_names[r->hook]);
		lua_replace(L, -4);
		lua_pop(L, 2);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, key);
	}
	lua_replace(L, -2);
}

/* Appends the rule and its note (a stack index; nil is kept as false) to what is noted for the
 * relocation at hand, unless they stand there last. level is an index of RUN_LEVELS. Returns where
 * the rule stands. */
static uint32_t add_rule(lua_State *L, struct run *r, int run, int level, int note)
{
	int top = lua_gettop(L), list = top + 2, rule = top + 3;
	lua_Integer n;
	bool same = false;

	lua_getiuservalue(L, run, RUN_RULES);
	if (lua_rawgeti(L, -1, (lua_Integer)r->q->relo + 1) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_createtable(L, 2, 0);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, (lua_Integer)r->q->relo + 1);
	}
	push_rule_name(L, r, run, level);
	if (lua_isnil(L, note))
		lua_pushboolean(L, false);
	else
		lua_pushvalue(L, note);
	n = (lua_Integer)lua_rawlen(L, list);
	if (n) {
		lua_rawgeti(L, list, n - 1);
		lua_rawgeti(L, list, n);
		same = lua_rawequal(L, -2, rule) && lua_rawequal(L, -1, rule + 1);
		lua_pop(L, 2);
	}
	if (!same) {
		lua_rawseti(L, list, n + 2);
		lua_rawseti(L, list, n + 1);
	}
	lua_settop(L, top);
	return (uint32_t)(same ? n - 1 : n + 1);
}

bool push_level(lua_State *L, int run, int level, enum hook hook)
{
	lua_getiuservalue(L, run, RUN_LEVELS);
	lua_rawgeti(L, -1, level);
	lua_getfield(L, -1, hook_names[hook]);
	lua_replace(L, -3);
	lua_pop(L, 1);
	if (lua_isfunction(L, -1))
		return true;
	lua_pop(L, 1);
	return false;
}

void push_definition(lua_State *L, int run, int level, enum hook hook)
{
	lua_Debug at;

	if (level && push_level(L, run, level, hook)) {
		lua_getinfo(L, ">S", &at);
		if (at.linedefined > 0) {
			lua_pushfstring(L, "%s:%d: ", at.short_src, at.linedefined);
			return;
		}
	}
	lua_pushliteral(L, "");
}

/* Pushes the function of the first level from `level` on that has the hook, and returns its index;
 * 0, with nothing pushed, when none has. */
static int push_function(lua_State *L, const struct run *r, int run, int level)
{
	if (level == 1) {
		lua_getiuservalue(L, run, RUN_FUNCTIONS);
		lua_rawgeti(L, -1, (lua_Integer)r->hook + 1);
		lua_replace(L, -2);
		return r->policy->first[r->hook];
	}
	while (level <= r->policy->last[r->hook])
		if (push_level(L, run, level++, r->hook))
			return level - 1;
	return 0;
}

/* Raises an error of what the function of that level returned. */
static int bad_results(lua_State *L, const struct run *r, int run, int level, const char *what,
		       const char *more)
{
	push_definition(L, run, level, r->hook);
	lua_pushfstring(L, "%s%s %s", lua_tostring(L, -1), what, more);
	return lua_error(L);
}

/* Makes HOOK_RESULTS of what a function returned from stack index `answer` to the top: a reason may
 * only follow a refusal, and a string alone that is none is a note. Returns the reason. */
static enum reason order_results(lua_State *L, const struct run *r, int run, int level, int answer)
{
	int reason = answer + 1, note = answer + 2;
	bool refused, known;

	if (lua_gettop(L) < answer)
		bad_results(L, r, run, level, "returns nothing: it must return", hook_answers(r));
	lua_settop(L, note);
	for (int i = reason; i <= note; i++) {
		if (lua_type(L, i) == LUA_TSTRING)
			continue;
		lua_pushnil(L);
		lua_replace(L, i);
	}
	if (lua_isnil(L, reason))
		return REASON_NONE;
	refused = is_refusal(L, r->hook, answer);
	if (refused && is_poison(L, r->hook, answer))
		return REASON_BY_POLICY;
	known = refused && find_reason(L, reason) != REASON_NONE;
	if (known)
		return find_reason(L, reason);
	if (refused && !lua_isnil(L, note))
		bad_results(L, r, run, level, "returns with its note what is no reason code:",
			    lua_tostring(L, reason));
	if (lua_isnil(L, note)) {
		lua_pushvalue(L, reason);
		lua_replace(L, note);
	}
	lua_pushnil(L);
	lua_replace(L, reason);
	return REASON_NONE;
}

/* Whether the two say the same of an instruction. */
static bool same_change(const struct patch *a, const struct patch *b)
{
	return a->local == b->local && a->target == b->target && a->local_size == b->local_size &&
	       a->target_size == b->target_size && a->check == b->check && a->poison == b->poison &&
	       a->resize_forbidden == b->resize_forbidden;
}

bool call_level(lua_State *L, struct run *r, int run, int level)
{
	int args = lua_gettop(L) - HOOK_ARGS + 1, usual, outer = r->level;
	struct patch before, after;
	enum reason refused;
	bool decided;

	luaL_checkstack(L, LUA_MINSTACK, "hooks within hooks");
	level = push_function(L, r, run, level);
	if (!level)
		return false;
	push_default(L, r, run, level + 1, args);
	usual = lua_gettop(L);
	if (r->hook == HOOK_PATCH)
		read_change(L, args + 1, &before);
	lua_pushvalue(L, -2);
	for (int i = 0; i < HOOK_ARGS; i++)
		lua_pushvalue(L, args + i);
	lua_pushvalue(L, usual);
	r->level = level;
	lua_call(L, HOOK_ARGS + 1, LUA_MULTRET);
	refused = order_results(L, r, run, level, usual + 1);
	decided = !default_answered(L, usual, usual + 1) || (refused && refused != r->why);
	if (!decided && r->hook == HOOK_PATCH && !r->decider) {
		read_change(L, args + 1, &after);
		decided = !same_change(&before, &after);
	}
	if (decided) {
		r->decision = add_rule(L, r, run, level, usual + HOOK_RESULTS);
		r->decider = r->level = level;
		if (refused)
			r->why = refused; /* for the level above it is what default said */
	}
	if (outer)
		r->level = outer;
	return true;
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
	if (!call_level(L, r, run, d->level)) {
		push_default_answer(L, r, run);
		lua_pushnil(L);
	}
	if (same) {
		d->answered = true;
		remember(L, lua_gettop(L) - HOOK_RESULTS + 1);
	}
	return HOOK_RESULTS;
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
