/*
 * run: the engine's side of a policy: C hooks that enter Lua in protected mode and turn a Lua error
 * into one of the engine's; see run.h.
 */
#include "bind/run.h"

#include "bind/hooks.h"
#include "bind/level.h"

/* Runs within runs: each takes some KiB of C's stack. */
enum { NESTED_RUNS = 16 };

static const struct class run_class = {"btfl.run", 0, NULL, NULL, NULL, NULL};

/* Called protected with the run, as light and as full userdata. */
static int ask(lua_State *L)
{
	struct run *r = lua_touserdata(L, 1);
	int run = 2;

	luaL_checkstack(L, LUA_MINSTACK, "hooks within hooks");
	r->level = r->decider = 0;
	r->decision = 0;
	r->taking = false;
	r->usual.len = 0;
	r->usual_handle = NULL;
	push_question(L, r, run);
	for (int i = 0; i < HOOK_ARGS; i++)
		r->arg[i] = lua_topointer(L, i - HOOK_ARGS);
	call_level(L, r, run, 1);
	r->taking = true;
	if (r->decider)
		r->level = r->decider;
	take_answer(L, r, run, lua_gettop(L) - HOOK_RESULTS + 1);
	return 0;
}

/* Describes the relocation at hand: "relocation 3 (task_struct.state)". */
static void describe(const struct run *r, lua_State *L)
{
	luaL_Buffer out;

	lua_pushfstring(L, "relocation %d (", (int)r->q->relo);
	luaL_buffinit(L, &out);
	add_spec_path(&out, r->q->local);
	luaL_pushresult(&out);
	lua_pushliteral(L, ")");
	lua_concat(L, 3);
}

/* Called protected with the run, the error and the run as full userdata. */
static int explain(lua_State *L)
{
	const struct run *r = lua_touserdata(L, 1);
	const struct err *inner = class_test(L, 2, &error_class);
	const char *message, *policy;

	if (inner && inner->code == ERR_POLICY) {
		*r->e = *inner; /* of a run within this one, which says more */
		return 0;
	}
	message = luaL_tolstring(L, 2, NULL);
	if (r->taking) {
		push_definition(L, 3, r->level, r->hook);
		message = lua_pushfstring(L, "%s%s", lua_tostring(L, -1), message);
	}
	lua_getiuservalue(L, 3, RUN_LEVELS);
	lua_rawgeti(L, -1, r->level ? r->level : 1);
	lua_getfield(L, -1, "name");
	policy = lua_tostring(L, -1);
	describe(r, L);
	err_set(r->e, ERR_POLICY, NULL, NULL, ERR_NO_OFFSET, "policy '%s', hook %s, %s: %s", policy,
		hook_names[r->hook], lua_tostring(L, -1), message);
	return 0;
}

/* Makes r->e of the Lua error at the top, which is popped. */
static void keep_error(lua_State *L, struct run *r, int rc)
{
	if (rc == LUA_ERRMEM) {
		lua_pop(L, 1);
		err_memory(r->e, NULL);
		return;
	}
	lua_pushcfunction(L, explain);
	lua_insert(L, -2);
	lua_pushlightuserdata(L, r);
	lua_insert(L, -2);
	lua_pushvalue(L, r->index);
	rc = lua_pcall(L, 3, 0, 0);
	if (rc == LUA_OK)
		return;
	lua_pop(L, 1);
	if (rc == LUA_ERRMEM)
		err_memory(r->e, NULL);
	else
		err_set(r->e, ERR_POLICY, NULL, NULL, ERR_NO_OFFSET,
			"policy '%s', hook %s: an error that cannot be shown", r->policy->name,
			hook_names[r->hook]);
}

/* The question stands in r. HOOK_FAIL with r->e filled when Lua failed. */
static int run_hook(struct run *r, const struct question *q, enum hook hook, struct err *e)
{
	lua_State *L = r->L;
	int rc;

	r->q = q;
	r->hook = hook;
	r->e = e;
	lua_pushcfunction(L, ask);
	lua_pushlightuserdata(L, r);
	lua_pushvalue(L, r->index);
	rc = lua_pcall(L, 2, 0, 0);
	if (rc != LUA_OK)
		keep_error(L, r, rc);
	r->q = NULL;
	return rc == LUA_OK ? 0 : HOOK_FAIL;
}

static int hook_candidates(void *ctx, const struct question *q, struct candidates *out,
			   struct err *e)
{
	struct run *r = ctx;

	r->candidates = out;
	r->why = REASON_NONE;
	return run_hook(r, q, HOOK_CANDIDATES, e) < 0 ? HOOK_FAIL : (int)r->why;
}

static int hook_member(void *ctx, const struct question *q, const struct btf_type *of,
		       uint32_t index, const struct btf_type *in, struct member_path *out,
		       struct err *e)
{
	struct run *r = ctx;

	r->of = *of;
	r->in = *in;
	r->element = index;
	r->enumerator = false;
	r->path = out;
	r->why = REASON_NONE;
	return run_hook(r, q, HOOK_MEMBER, e) < 0 ? HOOK_FAIL : (int)r->why;
}

static int hook_enumerator(void *ctx, const struct question *q, const struct btf_type *of,
			   uint32_t index, const struct btf_type *in, uint32_t *out, struct err *e)
{
	struct run *r = ctx;

	r->of = *of;
	r->in = *in;
	r->element = index;
	r->enumerator = true;
	r->found = out;
	r->why = REASON_NONE;
	return run_hook(r, q, HOOK_MEMBER, e) < 0 ? HOOK_FAIL : (int)r->why;
}

static int hook_compatible(void *ctx, const struct question *q, enum compat what,
			   struct type_pair pair, struct err *e)
{
	struct run *r = ctx;

	r->what = what;
	r->pair = pair;
	r->why = REASON_NONE;
	return run_hook(r, q, HOOK_COMPATIBLE, e) < 0 ? HOOK_FAIL : (int)r->why;
}

static int hook_value(void *ctx, const struct question *q, const struct spec *s,
		      struct relo_value *out, struct err *e)
{
	struct run *r = ctx;

	r->spec = s;
	r->value = out;
	r->why = REASON_NONE;
	return run_hook(r, q, HOOK_VALUE, e) < 0 ? HOOK_FAIL : (int)r->why;
}

static int hook_choose(void *ctx, const struct question *q, const struct option *options, size_t n,
		       enum reason *why, struct err *e)
{
	struct run *r = ctx;

	r->options = options;
	r->option_count = n;
	r->why = *why;
	if (run_hook(r, q, HOOK_CHOOSE, e) < 0)
		return HOOK_FAIL;
	*why = r->why;
	return r->chosen;
}

static int hook_missing(void *ctx, const struct question *q, enum reason *why, uint64_t *value,
			struct err *e)
{
	struct run *r = ctx;

	r->why = *why;
	r->missing_value = value;
	if (run_hook(r, q, HOOK_MISSING, e) < 0)
		return HOOK_FAIL;
	*why = r->why;
	return r->missing;
}

static int hook_patch(void *ctx, const struct question *q, const struct patch *p,
		      const uint8_t *insn, uint32_t room, uint8_t after[16], enum reason *why,
		      struct err *e)
{
	struct run *r = ctx;

	r->patch = p;
	r->insn = insn;
	r->room = room;
	r->after = after;
	r->patched = REFUSED;
	r->why = REASON_NONE;
	if (run_hook(r, q, HOOK_PATCH, e) < 0)
		return HOOK_FAIL;
	*why = r->why;
	return r->patched;
}

static uint32_t run_decision(void *ctx)
{
	return ((const struct run *)ctx)->decision;
}

struct run *push_run(lua_State *L, int policy, int object, int target, int rules, struct policy *p)
{
	const struct policy_box *box = lua_touserdata(L, policy);
	struct run *r = lua_newuserdatauv(L, sizeof(*r), RUN_VALUES);
	int index = lua_gettop(L);

	luaL_checkstack(L, LUA_MINSTACK, "hooks within hooks");
	*r = (struct run){
	    .L = L,
	    .index = index,
	    .policy = box,
	    .object = lua_touserdata(L, object),
	    .target = lua_touserdata(L, target),
	};
	class_set(L, &run_class);
	lua_pushvalue(L, object);
	lua_setiuservalue(L, index, RUN_OBJECT);
	lua_pushvalue(L, target);
	lua_setiuservalue(L, index, RUN_TARGET);
	lua_getiuservalue(L, policy, POLICY_LEVELS);
	lua_setiuservalue(L, index, RUN_LEVELS);
	lua_pushvalue(L, rules);
	lua_setiuservalue(L, index, RUN_RULES);
	lua_newtable(L);
	lua_setiuservalue(L, index, RUN_DEFAULTS);
	lua_createtable(L, HOOK_COUNT, 0);
	for (int h = 0; h < HOOK_COUNT; h++) {
		if (!box->last[h])
			continue;
		push_level(L, index, box->first[h], (enum hook)h);
		lua_rawseti(L, -2, h + 1);
	}
	lua_setiuservalue(L, index, RUN_FUNCTIONS);
	*p = (struct policy){
	    .name = box->name,
	    .ctx = r,
	    .candidates = box->last[HOOK_CANDIDATES] ? hook_candidates : NULL,
	    .member = box->last[HOOK_MEMBER] ? hook_member : NULL,
	    .enumerator = box->last[HOOK_MEMBER] ? hook_enumerator : NULL,
	    .compatible = box->last[HOOK_COMPATIBLE] ? hook_compatible : NULL,
	    .value = box->last[HOOK_VALUE] ? hook_value : NULL,
	    .choose = box->last[HOOK_CHOOSE] ? hook_choose : NULL,
	    .missing = box->last[HOOK_MISSING] ? hook_missing : NULL,
	    .patch = box->last[HOOK_PATCH] ? hook_patch : NULL,
	    .decision = run_decision,
	};
	return r;
}

/* The registry's key of the run at work, a light userdata. */
static const char at_work;

void start_run(lua_State *L, struct run *r, bool one)
{
	int depth = 0;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &at_work);
	r->outer = lua_touserdata(L, -1);
	r->whole = !one;
	lua_pop(L, 1);
	for (const struct run *o = r->outer; o; o = o->outer) {
		if (r->whole && o->whole && o->policy == r->policy && o->object == r->object &&
		    o->target == r->target)
			luaL_error(L, "it asks for the results that it is deciding");
		if (++depth == NESTED_RUNS)
			luaL_error(L, "more than %d policies ask for each other's results",
				   NESTED_RUNS);
	}
	lua_pushlightuserdata(L, r);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &at_work);
	r->object->busy++;
	r->target->busy++;
}

void end_run(lua_State *L, struct run *r)
{
	r->object->busy--;
	r->target->busy--;
	lua_pushlightuserdata(L, r->outer); /* the key is there, so nothing is allocated */
	lua_rawsetp(L, LUA_REGISTRYINDEX, &at_work);
}
