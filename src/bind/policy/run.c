/*
 * run: the engine's side of a policy: enters Lua in protected mode, and makes of a Lua error one of
 * the engine's; see run.h.
 */
#include "bind/policy/run.h"

#include <string.h>

#include "bind/policy/tier.h"

/* Runs within runs: each takes some KiB of C's stack. */
enum { NESTED_RUNS = 16 };

/* Called protected with the run. */
static int enter(lua_State *L)
{
	struct run *r = lua_touserdata(L, AT_RUN);
	const struct lua_hook *hook = hooks[r->hook];
	union any_asked usual;
	int answer;

	r->usual = &usual;
	hook->ask(L, r->asked);
	ask_tiers(L, r, 1, true);
	answer = lua_gettop(L) - HOOK_RESULTS + 1;
	r->taking = true;
	if (r->decider)
		r->tier = r->decider;
	/* Where nobody has decided, the engine has left its answer itself; but a refusal may have
	 * lost its reason. */
	if (r->decider || hook->refuses(L, answer))
		hook->take(L, r->asked, answer);
	else
		memcpy(r->asked, &usual, hook_shared(r->hook));
	return 0;
}

/* Describes the relocation at hand: "relocation 3 (task_struct.state)". */
static void describe(lua_State *L, const struct question *q)
{
	luaL_Buffer out;

	lua_pushfstring(L, "relocation %d (", (int)q->relo);
	luaL_buffinit(L, &out);
	add_accessor_path(&out, q->local);
	luaL_pushresult(&out);
	lua_pushliteral(L, ")");
	lua_concat(L, 3);
}

/* Called protected with the run and the error. */
static int explain(lua_State *L)
{
	const struct run *r = lua_touserdata(L, AT_RUN);
	const struct err *inner = class_test(L, 2, &error_class);
	struct err *e = r->asked->e;
	const char *message;

	if (inner && inner->code == ERR_POLICY) {
		*e = *inner; /* of a run within this one, which says more */
		return 0;
	}
	message = luaL_tolstring(L, 2, NULL);
	if (r->taking) {
		push_definition(L, hooks[r->hook], r->tier);
		message = lua_pushfstring(L, "%s%s", lua_tostring(L, -1), message);
	}
	push_tier(L, r->tier ? r->tier : 1, "name");
	describe(L, r->asked->q);
	err_fill(e, ERR_POLICY, NULL, NULL, ERR_NO_OFFSET, "policy '%s', hook %s, %s: %s",
		 lua_tostring(L, -2), hooks[r->hook]->name, lua_tostring(L, -1), message);
	return 0;
}

/* Makes the engine's error of the Lua error at the top, which is popped. */
static void keep_error(lua_State *L, const struct run *r, int rc)
{
	struct err *e = r->asked->e;

	if (rc != LUA_ERRMEM) {
		lua_pushcfunction(L, explain);
		lua_pushvalue(L, r->index);
		lua_rotate(L, -3, 2);
		rc = lua_pcall(L, 2, 0, 0);
		if (rc == LUA_OK)
			return;
	}
	lua_pop(L, 1);
	if (rc == LUA_ERRMEM)
		err_memory(e, NULL);
	else
		err_fill(e, ERR_POLICY, NULL, NULL, ERR_NO_OFFSET,
			 "policy '%s', hook %s: an error that cannot be shown", r->policy->name,
			 hooks[r->hook]->name);
}

/* Answers as the engine does where no function is asked. Returns 1 when it has, 0 when one may be
 * asked, HOOK_FAIL after filling a->e. */
static int settle(const struct run *r, enum hook hook, struct asked *a)
{
	const struct when *any = &r->policy->any[hook];
	union any_asked usual;

	if (when_holds(any, hook, a))
		return 0;
	memcpy(&usual, a, hook_size[hook]);
	if (policy_ask(NULL, hook, &usual.asked) < 0)
		return HOOK_FAIL;
	if (when_looks(any, hook) && when_refused(any, usual.asked.reason))
		return 0;
	memcpy(a, &usual, hook_size[hook]);
	return 1;
}

static int run_ask(void *ctx, enum hook hook, struct asked *a)
{
	struct run *r = ctx;
	lua_State *L = r->L;
	int rc = settle(r, hook, a);

	if (rc)
		return rc < 0 ? HOOK_FAIL : 0;
	r->asked = a;
	r->hook = hook;
	r->number++;
	r->tier = r->decider = 0;
	r->decision = 0;
	r->taking = false;
	lua_pushcfunction(L, enter);
	lua_pushvalue(L, r->index);
	rc = lua_pcall(L, 1, 0, 0);
	if (rc != LUA_OK)
		keep_error(L, r, rc);
	a->decision = r->decision;
	r->asked = NULL;
	return rc == LUA_OK ? 0 : HOOK_FAIL;
}

/* The registry's key of the run at work, a light userdata. */
static const char at_work;

/* Raises when r, which is about to start, is asked for by a run that waits for it. */
static void check_outer(lua_State *L, const struct run *r)
{
	int depth = 0;

	for (const struct run *o = r->outer; o; o = o->outer) {
		if (r->whole && o->whole && o->policy == r->policy && o->object == r->object &&
		    o->target == r->target)
			luaL_error(L, "it asks for the results that it is deciding");
		if (++depth == NESTED_RUNS)
			luaL_error(L, "more than %d policies ask for each other's results",
				   NESTED_RUNS);
	}
}

struct run *start_run(lua_State *L, int policy, int object, int target, int decisions, bool one,
		      struct policy *p)
{
	const struct policy_box *box = lua_touserdata(L, policy);
	struct run *r = lua_newuserdatauv(L, sizeof(*r), RUN_VALUES);

	*r = (struct run){
	    .L = L,
	    .index = lua_gettop(L),
	    .policy = box,
	    .object = lua_touserdata(L, object),
	    .target = lua_touserdata(L, target),
	    .whole = !one,
	};
	luaL_checkstack(L, LUA_MINSTACK, "hooks within hooks");
	lua_pushvalue(L, object);
	lua_setiuservalue(L, r->index, RUN_OBJECT);
	lua_pushvalue(L, target);
	lua_setiuservalue(L, r->index, RUN_TARGET);
	push_object_btf(L, object);
	lua_setiuservalue(L, r->index, RUN_BTF);
	push_target_btf(L, target, ((const struct target *)r->target->native)->btf[0]);
	lua_setiuservalue(L, r->index, RUN_VMLINUX);
	lua_getiuservalue(L, policy, POLICY_TIERS);
	lua_setiuservalue(L, r->index, RUN_TIERS);
	lua_pushvalue(L, decisions);
	lua_setiuservalue(L, r->index, RUN_DECISIONS);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &at_work);
	r->outer = lua_touserdata(L, -1);
	lua_pop(L, 1);
	check_outer(L, r);
	lua_pushlightuserdata(L, r);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &at_work);
	r->object->busy++;
	r->target->busy++;
	*p = (struct policy){.ctx = r, .ask = run_ask};
	memcpy(p->has, box->has, sizeof(p->has));
	return r;
}

/* Whether a function of the policy is asked of the relocation. */
static bool decides(void *ctx, uint32_t relo)
{
	const struct run *r = ctx;
	const struct object *o = r->object->native;

	for (int h = 0; h < HOOK_COUNT; h++)
		if (r->policy->has[h] &&
		    when_held(&r->policy->any[h], (enum hook)h, o->relos[relo].kind, &r->met[relo]))
			return true;
	return false;
}

void run_knows(struct run *r, struct policy *p, const struct resolution *usual,
	       const struct met *met)
{
	r->met = met;
	p->usual = usual;
	p->decides = decides;
}

static int watch(void *ctx, enum hook hook, struct asked *a)
{
	struct met *m = (struct met *)ctx + a->q->relo;

	when_meet(m, hook, a);
	if (policy_ask(NULL, hook, a) < 0)
		return HOOK_FAIL;
	when_answered(m, hook, a);
	return 0;
}

struct policy watching(struct met *met)
{
	struct policy p = {.ctx = met, .ask = watch};

	memset(p.has, true, sizeof(p.has));
	return p;
}

void end_run(lua_State *L, struct run *r)
{
	r->object->busy--;
	r->target->busy--;
	lua_pushlightuserdata(L, r->outer); /* the key is there, so nothing is allocated */
	lua_rawsetp(L, LUA_REGISTRYINDEX, &at_work);
}
