/*
 * resolution: what an object's relocations became on a target, as an owner that Lua never sees. The
 * object keeps one for each target, for as long as the target lives.
 */
#include "bind/policy/run.h"
#include "format/asked.h"

static void free_resolution(void *native)
{
	resolution_free(native);
}

static const struct class resolution_class = {"btfl.resolution", 0, NULL, NULL, NULL,
					      free_resolution};

/* Pushes an owner for the resolution of the pair, with no resolution yet. */
static struct owner *push_owner(lua_State *L, int object, int target)
{
	struct owner *of = lua_touserdata(L, object), *on = lua_touserdata(L, target), *o;

	o = owner_new(L, &resolution_class, sizeof(*o), "resolution", of->path);
	owner_need(o, 0, of);
	owner_need(o, 1, on);
	lua_pushvalue(L, object);
	lua_setiuservalue(L, -2, RESOLUTION_OBJECT);
	lua_pushvalue(L, target);
	lua_setiuservalue(L, -2, RESOLUTION_TARGET);
	return o;
}

/* What is to be resolved: relocation `relo` against the one candidate `only`, or all for NULL. */
struct task {
	const struct candidate *only;
	uint32_t relo;
	bool forced;
	bool watched; /* by libbpf's rules, with RESOLUTION_MET */
	int usual;    /* stack index of one that was watched, to take over from; 0 for none */
};

static int resolve_task(const struct task *t, const struct object *of, const struct target *on,
			const struct policy *by, struct resolution **out, struct err *e)
{
	if (t->only)
		return resolution_try(of, on, by, t->relo, *t->only, out, e);
	return (t->forced ? resolution_forced : resolution_new)(of, on, by, out, e);
}

/* Lets the run take over from the resolution at index `usual`. Raises nothing, as nothing may once
 * a run is started. */
static void know(lua_State *L, struct run *run, struct policy *p, int usual)
{
	const struct owner *o = lua_touserdata(L, usual);

	lua_getiuservalue(L, usual, RESOLUTION_MET);
	run_knows(run, p, o->native, lua_touserdata(L, -1));
	lua_pop(L, 1);
}

/* Pushes room for what is met, which the owner keeps. */
static struct met *push_met(lua_State *L, int owner, const struct object *of)
{
	size_t size = (of->relo_count + (size_t)1) * sizeof(struct met);
	struct met *met = memset(lua_newuserdatauv(L, size, 0), 0, size);

	lua_setiuservalue(L, owner, RESOLUTION_MET);
	return met;
}

/* Resolves by the policy at stack index `policy`, which may be nil. Pushes the owner. */
static void resolve(lua_State *L, int object, int target, int policy, const struct task *t)
{
	struct owner *o = push_owner(L, object, target);
	const struct object *of = o->needs[0]->native;
	const struct target *on = o->needs[1]->native;
	int owner = lua_gettop(L), rc;
	struct resolution *native;
	struct policy p, *by = NULL;
	struct run *run = NULL;
	struct err e;

	if (!lua_isnil(L, policy)) {
		asked_all(NULL); /* a hook may know more than the kernel */
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_setiuservalue(L, owner, RESOLUTION_DECISIONS);
		if (t->usual) { /* what is taken over points into it */
			lua_pushvalue(L, t->usual);
			lua_rawseti(L, owner + 1, 0);
		}
		run = start_run(L, policy, object, target, owner + 1, t->only != NULL, &p);
		by = &p;
		if (t->usual)
			know(L, run, &p, t->usual);
	} else if (t->watched) {
		p = watching(push_met(L, owner, of));
		by = &p;
	}
	/* From here to the end of the run nothing raises. */
	rc = resolve_task(t, of, on, by, &native, &e);
	if (run)
		end_run(L, run);
	if (rc < 0)
		raise_err(L, &e);
	o->native = native;
	owner_weighs(L, native->attempt_count * sizeof(*native->attempts) +
			    native->object->relo_count * sizeof(*native->results));
	lua_settop(L, owner);
}

/* Pushes the table of the object's resolutions by target: those by libbpf's rules, which share it
 * with the tables of the others by policy, or those of the policy at stack index `policy`. Its keys
 * are weak. */
static void push_by_target(lua_State *L, int object, int policy)
{
	lua_getiuservalue(L, object, OWNER_MORE);
	if (lua_isnil(L, policy))
		return;
	lua_pushvalue(L, policy);
	if (lua_rawget(L, -2) == LUA_TNIL) {
		lua_pop(L, 1);
		push_weak(L, weak_keys);
		lua_pushvalue(L, policy);
		lua_pushvalue(L, -2);
		lua_rawset(L, -4);
	}
	lua_replace(L, -2);
}

/* Pushes the resolution by libbpf's rules of the table at that index, if it is one that was
 * watched, and says whether it is. */
static bool push_watched(lua_State *L, int target, int by_target)
{
	lua_pushvalue(L, target);
	if (lua_rawget(L, by_target) != LUA_TNIL) {
		if (lua_getiuservalue(L, -1, RESOLUTION_MET) == LUA_TUSERDATA) {
			lua_pop(L, 1);
			return true;
		}
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return false;
}

/* Pushes a new one of the pair, and puts it into the table at that index. */
static void push_new(lua_State *L, int object, int target, int policy, int by_target)
{
	struct task task = {0};

	if (!lua_isnil(L, policy)) {
		lua_getiuservalue(L, object, OWNER_MORE);
		if (push_watched(L, target, lua_gettop(L)))
			task.usual = lua_gettop(L);
	}
	resolve(L, object, target, policy, &task);
	lua_pushvalue(L, target);
	lua_pushvalue(L, -2);
	lua_rawset(L, by_target);
}

void push_resolution(lua_State *L, int object, int target, int policy)
{
	int by_target;

	object = lua_absindex(L, object);
	target = lua_absindex(L, target);
	policy = lua_absindex(L, policy);
	owner_native(L, lua_touserdata(L, object));
	owner_native(L, lua_touserdata(L, target));
	push_by_target(L, object, policy);
	by_target = lua_gettop(L);
	lua_pushvalue(L, target);
	if (lua_rawget(L, by_target) == LUA_TNIL) {
		lua_pop(L, 1);
		push_new(L, object, target, policy, by_target);
	}
	lua_replace(L, by_target);
	lua_settop(L, by_target);
}

void watch_resolution(lua_State *L, int object, int target)
{
	int top = lua_gettop(L);

	owner_native(L, lua_touserdata(L, object));
	owner_native(L, lua_touserdata(L, target));
	lua_pushnil(L);
	push_by_target(L, object, top + 1);
	if (!push_watched(L, target, top + 2)) {
		resolve(L, object, target, top + 1, &(struct task){.watched = true});
		lua_pushvalue(L, target);
		lua_pushvalue(L, -2);
		lua_rawset(L, top + 2);
	}
	lua_settop(L, top);
}

void forget_resolutions(lua_State *L, int object, int target)
{
	int top = lua_gettop(L);

	target = lua_absindex(L, target);
	lua_getiuservalue(L, object, OWNER_MORE);
	lua_pushvalue(L, target);
	lua_pushnil(L);
	lua_rawset(L, -3);
	lua_settop(L, top);
}

void push_trial(lua_State *L, int object, int target, int policy, uint32_t relo, struct candidate c)
{
	object = lua_absindex(L, object);
	policy = lua_absindex(L, policy);
	owner_native(L, lua_touserdata(L, object));
	owner_native(L, lua_touserdata(L, target));
	resolve(L, object, target, policy, &(struct task){.only = &c, .relo = relo});
}

void push_forced(lua_State *L, int object, int target, int policy)
{
	resolve(L, object, target, policy, &(struct task){.forced = true});
}

/* Those in the table at the top, in the tables in it, and verdicts, which are keys. They are not in
 * it any more. */
static void drop_all(lua_State *L)
{
	for (lua_pushnil(L); lua_next(L, -2);) {
		if (lua_istable(L, -1))
			drop_all(L);
		else
			owner_drop(lua_touserdata(L, lua_isboolean(L, -1) ? -2 : -1));
		lua_pop(L, 1);
		lua_pushvalue(L, -1);
		lua_pushnil(L);
		lua_rawset(L, -4);
	}
}

void close_with_resolutions(lua_State *L, int object, int verdict)
{
	verdict = lua_absindex(L, verdict);
	lua_getiuservalue(L, object, OWNER_MORE);
	lua_pushvalue(L, verdict);
	lua_pushboolean(L, true);
	lua_rawset(L, -3);
	lua_pop(L, 1);
}

void close_resolutions(lua_State *L, int object)
{
	if (lua_getiuservalue(L, object, OWNER_MORE) == LUA_TTABLE)
		drop_all(L);
	lua_pop(L, 1);
}

int push_decision(lua_State *L, uint32_t relo, uint32_t decision)
{
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	if (!decision || lua_getiuservalue(L, -1, RESOLUTION_DECISIONS) != LUA_TTABLE ||
	    lua_rawgeti(L, -1, (lua_Integer)relo + 1) != LUA_TTABLE) {
		lua_pushnil(L);
		return 1;
	}
	lua_rawgeti(L, -1, decision);
	if (lua_rawgeti(L, -2, (lua_Integer)decision + 1) == LUA_TSTRING)
		return 2;
	lua_pushnil(L); /* false: it has no note */
	lua_replace(L, -2);
	return 2;
}

const struct resolution *handle_resolution(lua_State *L, const struct handle *h)
{
	return owner_native(L, h->owner);
}

void push_result_side(lua_State *L, int idx, int which)
{
	lua_getiuservalue(L, idx, HANDLE_OWNER);
	lua_getiuservalue(L, -1, which);
	lua_replace(L, -2);
}
