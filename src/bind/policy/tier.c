/*
 * tier: the functions of a policy, called in turn, and the Lua class btfl.default: what each gets
 * last, with which it asks the tiers below its own, and in the end the engine; see tier.h.
 */
#include "bind/policy/tier.h"

#include <string.h>

struct default_handle {
	struct run *run;
	enum hook hook;
	uint64_t number; /* of the question that it goes with */
	int tier;        /* from which on it asks */
	bool same;       /* what its function is asked is what the engine asks */
	bool answered;   /* just that, with DEFAULT_LAST */
};

/* Its user values: the run, what its function is asked, what it answered to that. */
enum {
	DEFAULT_RUN = 1,
	DEFAULT_ARG,
	DEFAULT_LAST = DEFAULT_ARG + HOOK_ARGS,
	DEFAULT_VALUES = DEFAULT_LAST
};

void push_tier(lua_State *L, int tier, const char *field)
{
	lua_getiuservalue(L, AT_RUN, RUN_TIERS);
	lua_rawgeti(L, -1, tier);
	lua_getfield(L, -1, field);
	lua_replace(L, -3);
	lua_pop(L, 1);
}

void push_definition(lua_State *L, const struct lua_hook *hook, int tier)
{
	lua_Debug at;

	at.linedefined = 0;
	if (tier)
		push_tier(L, tier, hook->name);
	if (tier && lua_isfunction(L, -1)) /* what tiers() gave can be changed */
		lua_getinfo(L, ">S", &at);
	if (at.linedefined > 0)
		lua_pushfstring(L, "%s:%d: ", at.short_src, at.linedefined);
	else
		lua_pushliteral(L, "");
}

/* Pushes the `default` of a function that is asked what stands at AT_ARG. */
static void push_default(lua_State *L, struct run *r, int tier, bool same)
{
	struct default_handle *d = lua_newuserdatauv(L, sizeof(*d), DEFAULT_VALUES);

	*d = (struct default_handle){r, r->hook, r->number, tier, same, false};
	class_set(L, &default_class);
	lua_pushvalue(L, AT_RUN);
	lua_setiuservalue(L, -2, DEFAULT_RUN);
	for (int i = 0; i < HOOK_ARGS; i++) {
		lua_pushvalue(L, AT_ARG + i);
		lua_setiuservalue(L, -2, DEFAULT_ARG + i);
	}
}

/* Pushes a copy of the list at that index. */
static void push_copy(lua_State *L, int list)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, list);

	lua_createtable(L, (int)n, 0);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, list, i);
		lua_rawseti(L, -2, i);
	}
}

/* Whether the two lists hold the same in the same order. */
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

/* Keeps what the `default` at idx answered; of a list a copy, because a function may change it. */
static void remember(lua_State *L, int idx, int answer)
{
	struct default_handle *d = lua_touserdata(L, idx);

	if (hooks[d->hook]->lists && lua_istable(L, answer))
		push_copy(L, answer);
	else
		lua_pushvalue(L, answer);
	lua_setiuservalue(L, idx, DEFAULT_LAST);
	d->answered = true;
}

/* Whether the `default` at idx gave, asked what its function was, the value at `answer`. */
static bool remembers(lua_State *L, int idx, int answer)
{
	const struct default_handle *d = lua_touserdata(L, idx);
	bool same;

	if (!d->answered)
		return false;
	lua_getiuservalue(L, idx, DEFAULT_LAST);
	same = hooks[d->hook]->lists && lua_istable(L, -1) && lua_istable(L, answer)
		   ? same_list(L, lua_gettop(L), answer)
		   : lua_rawequal(L, -1, answer);
	lua_pop(L, 1);
	return same;
}

/* Appends the decider and its note (a stack index; nil is kept as false) to what is noted for the
 * relocation at hand, unless they stand there last. Returns where the decider stands. */
static uint32_t add_decision(lua_State *L, const struct run *r, int tier, int note)
{
	lua_Integer relo = (lua_Integer)r->asked->q->relo + 1, n;
	int top = lua_gettop(L), list = top + 2, decider = top + 3;
	bool same = false;

	lua_getiuservalue(L, AT_RUN, RUN_DECISIONS);
	if (lua_rawgeti(L, -1, relo) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_createtable(L, 2, 0);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, relo);
	}
	push_tier(L, tier, "name");
	lua_pushfstring(L, "%s.%s", lua_tostring(L, -1), hooks[r->hook]->name);
	lua_replace(L, decider);
	if (lua_isnil(L, note))
		lua_pushboolean(L, false);
	else
		lua_pushvalue(L, note);
	n = (lua_Integer)lua_rawlen(L, list);
	if (n) {
		lua_rawgeti(L, list, n - 1);
		lua_rawgeti(L, list, n);
		same = lua_rawequal(L, -2, decider) && lua_rawequal(L, -1, decider + 1);
		lua_pop(L, 2);
	}
	if (!same) {
		lua_rawseti(L, list, n + 2);
		lua_rawseti(L, list, n + 1);
	}
	lua_settop(L, top);
	return (uint32_t)(same ? n - 1 : n + 1);
}

/* Raises an error of what the tier's function returned. */
static int bad_results(lua_State *L, const struct lua_hook *hook, int tier, const char *what,
		       const char *more)
{
	push_definition(L, hook, tier);
	lua_pushfstring(L, "%s%s %s", lua_tostring(L, -1), what, more);
	return lua_error(L);
}

/* Makes HOOK_RESULTS of what a function returned from stack index `answer` to the top: a reason may
 * only follow a refusal, and a string alone that is none is a note. Returns the reason. */
static enum reason order_results(lua_State *L, const struct lua_hook *hook, int tier, int answer)
{
	int reason = answer + 1, note = answer + 2;
	bool refused;

	if (lua_gettop(L) < answer)
		bad_results(L, hook, tier, "returns nothing: it must return", hook->answers);
	lua_settop(L, note);
	for (int i = reason; i <= note; i++) {
		if (lua_isnil(L, i) || lua_type(L, i) == LUA_TSTRING)
			continue;
		lua_pushnil(L);
		lua_replace(L, i);
	}
	if (lua_isnil(L, reason))
		return REASON_NONE;
	refused = hook->refuses(L, answer);
	if (hook->instead && lua_isnil(L, answer) && is_word(L, reason, hook->instead))
		return REASON_BY_POLICY;
	if (refused && find_reason(L, reason) != REASON_NONE)
		return find_reason(L, reason);
	if (refused && !lua_isnil(L, note))
		bad_results(L, hook, tier, "returns with its note what is no reason code:",
			    lua_tostring(L, reason));
	if (lua_isnil(L, note)) {
		lua_pushvalue(L, reason);
		lua_replace(L, note);
	}
	lua_pushnil(L);
	lua_replace(L, reason);
	return REASON_NONE;
}

/* Pushes what is about to be done, nil where a function cannot change it. */
static void push_plan(lua_State *L, const struct lua_hook *hook)
{
	if (hook->plan)
		hook->plan(L);
	else
		lua_pushnil(L);
}

/* The question as it stands at AT_ARG: the engine's, or one that is read into room. */
static struct asked *at_hand(lua_State *L, const struct run *r, bool same, union any_asked *room)
{
	const struct lua_hook *hook = hooks[r->hook];
	bool untouched = same && (!hook->plan || !r->tier);
	struct asked *a = untouched ? r->asked : memcpy(room, r->asked, hook_size[r->hook]);

	if (!untouched)
		hook->read(L, a);
	return a;
}

/* Whether the tier's function is asked: always, or when those below refuse. */
enum asked_when { NEVER, IF_REFUSED, ALWAYS };

static enum asked_when asked_when(lua_State *L, const struct run *r, int tier, bool same)
{
	const struct when *w = &r->policy->when[tier - 1][r->hook];
	union any_asked room;

	if (w->always || when_holds(w, r->hook, at_hand(L, r, same, &room)))
		return ALWAYS;
	return when_looks(w, r->hook) ? IF_REFUSED : NEVER;
}

/* The reason of an answer that refuses; REASON_NONE of another. */
static enum reason reason_of(lua_State *L, const struct run *r, int answer)
{
	enum reason reason = find_reason(L, answer + 1);

	if (reason != REASON_NONE || !hooks[r->hook]->refuses(L, answer))
		return reason;
	return r->asked->reason != REASON_NONE ? r->asked->reason : REASON_BY_POLICY;
}

/* Has the tiers below answer, for the `default` at that index, and says whether they refuse as the
 * function of this one has it; if not, their answer is at the top of the stack. */
static bool below_refuses(lua_State *L, struct run *r, int tier, bool same, int usual)
{
	int top = lua_gettop(L), answer;

	ask_tiers(L, r, tier + 1, same);
	answer = lua_gettop(L) - HOOK_RESULTS + 1;
	if (!when_refused(&r->policy->when[tier - 1][r->hook], reason_of(L, r, answer)))
		return false;
	remember(L, usual, answer);
	lua_settop(L, top);
	return true;
}

/* Calls the function that the tiers from `tier` on have for the question, and says whether one is
 * asked it. */
static bool call_tier(lua_State *L, struct run *r, int tier, bool same)
{
	const struct lua_hook *hook = hooks[r->hook];
	struct asked *a = r->asked;
	int outer = r->tier, usual, answer;
	enum asked_when when = NEVER;
	enum reason refused;
	bool decided;

	luaL_checkstack(L, LUA_MINSTACK, "hooks within hooks");
	for (;; tier++) {
		if (tier > r->policy->tiers)
			return false;
		when = asked_when(L, r, tier, same);
		if (when == NEVER)
			continue;
		push_tier(L, tier, hook->name);
		if (lua_isfunction(L, -1))
			break;
		lua_pop(L, 1);
	}
	push_default(L, r, tier + 1, same);
	usual = lua_gettop(L);
	push_plan(L, hook);
	answer = usual + 2;
	if (when == IF_REFUSED && !below_refuses(L, r, tier, same, usual))
		return true;
	lua_pushvalue(L, usual - 1);
	for (int i = 0; i < HOOK_ARGS; i++)
		lua_pushvalue(L, AT_ARG + i);
	lua_pushvalue(L, usual);
	r->tier = tier;
	lua_call(L, HOOK_ARGS + 1, LUA_MULTRET);
	refused = order_results(L, hook, tier, answer);
	decided = !remembers(L, usual, answer) || (refused && refused != a->reason);
	if (!decided && !r->decider && hook->plan) {
		push_plan(L, hook);
		decided = !lua_rawequal(L, usual + 1, -1);
		lua_pop(L, 1);
	}
	if (decided) {
		r->decision = add_decision(L, r, tier, answer + 2);
		r->decider = r->tier = tier;
		if (refused)
			a->reason = refused; /* for the tier above it is what default said */
	}
	if (outer)
		r->tier = outer;
	return true;
}

/* Pushes the engine's HOOK_RESULTS for what stands at AT_ARG. */
static void call_engine(lua_State *L, struct run *r, bool same)
{
	const struct lua_hook *hook = hooks[r->hook];
	struct asked *a = r->asked, *into = a;
	union any_asked copy;

	if (!same && !hook->plan)
		into = memcpy(&copy, a, hook_size[r->hook]);
	if (!same || hook->plan)
		hook->read(L, into);
	if (policy_ask(NULL, r->hook, into) < 0)
		raise_err(L, into->e);
	a->reason = into->reason;
	if (same)
		memcpy(r->usual, into, hook_shared(r->hook));
	hook->tell(L, into);
	push_name(L, hook->has_reason ? NULL : reason_name(a->reason));
	lua_pushnil(L);
}

void ask_tiers(lua_State *L, struct run *r, int tier, bool same)
{
	if (!call_tier(L, r, tier, same))
		call_engine(L, r, same);
}

/* The run whose question the `default` goes with. */
static struct run *run_of(lua_State *L, const struct default_handle *d)
{
	if (!d->run->asked || d->run->number != d->number)
		luaL_error(L, "default of %s is used after its hook returned",
			   hooks[d->hook]->name);
	return d->run;
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

/* Makes of the handle and what it is called with, if anything, the run, what is asked, and the
 * handle. Says whether it is asked what its function was. */
static bool arrange(lua_State *L, int nargs)
{
	bool same = true;

	for (int i = 0; i < HOOK_ARGS; i++) {
		lua_getiuservalue(L, 1, DEFAULT_ARG + i);
		if (!nargs)
			continue;
		same &= lua_rawequal(L, -1, AT_ARG + i);
		lua_pop(L, 1);
	}
	lua_pushvalue(L, 1);
	lua_getiuservalue(L, 1, DEFAULT_RUN);
	lua_replace(L, AT_RUN);
	return same;
}

static int default_call(lua_State *L)
{
	const struct default_handle *d = check_default(L);
	struct run *r = run_of(L, d);
	int nargs = lua_gettop(L) - 1;
	bool same, asked;

	if (nargs != 0 && nargs != HOOK_ARGS)
		return luaL_error(L, "default takes no arguments, or the %d that its hook got",
				  HOOK_ARGS);
	asked = arrange(L, nargs);
	same = asked && d->same;
	ask_tiers(L, r, d->tier, same);
	if (asked)
		remember(L, AT_ARG + HOOK_ARGS, lua_gettop(L) - HOOK_RESULTS + 1);
	return HOOK_RESULTS;
}

static int get_what(lua_State *L, const void *self)
{
	static const char *const names[] = {
	    [COMPAT_FIELD] = "field", [COMPAT_TYPE] = "type", [COMPAT_MATCHES] = "matches"};
	const struct run *r = run_of(L, self);

	if (r->hook == HOOK_COMPATIBLE)
		lua_pushstring(L, names[((const struct compatible_asked *)r->asked)->what]);
	else
		lua_pushnil(L);
	return 1;
}

static int get_relo(lua_State *L, const void *self)
{
	const struct run *r = run_of(L, self);

	lua_getiuservalue(L, 1, DEFAULT_RUN);
	lua_replace(L, AT_RUN);
	push_asked_relo(L, r->asked);
	return 1;
}

static int get_target(lua_State *L, const void *self)
{
	run_of(L, self);
	lua_getiuservalue(L, 1, DEFAULT_RUN);
	lua_replace(L, AT_RUN);
	push_asked_target(L);
	return 1;
}

static int get_reason(lua_State *L, const void *self)
{
	const struct run *r = run_of(L, self);

	push_name(L, hooks[r->hook]->has_reason ? reason_name(r->asked->reason) : NULL);
	return 1;
}

static const struct field default_fields[] = {
    {"what", get_what},     {"relo", get_relo}, {"target", get_target},
    {"reason", get_reason}, {NULL, NULL},
};

static const luaL_Reg default_meta[] = {{"__call", default_call}, {NULL, NULL}};

const struct class default_class = {"btfl.default", 0, default_fields, NULL, default_meta, NULL};
