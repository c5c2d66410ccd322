/*
 * run: the engine's side of a policy: C hooks that enter Lua in protected mode, walk the levels of
 * a policy, note who decided, and turn a Lua error into one of the engine's; see hooks.h.
 */
#include <string.h>

#include "bind/hooks.h"

const struct class run_class = {"btfl.run", 0, NULL, NULL, NULL};

/* Whether entry n of the list says that rule and note (stack indexes). */
static bool is_same_rule(lua_State *L, int list, lua_Integer n, int rule, int note)
{
	bool same;

	if (lua_rawgeti(L, list, n) != LUA_TTABLE)
		return false;
	lua_getfield(L, -1, "rule");
	lua_getfield(L, -2, "note");
	same = lua_rawequal(L, -2, rule) && lua_rawequal(L, -1, note);
	lua_pop(L, 3);
	return same;
}

/* Appends { rule = "policy.hook", note = note } to what is noted for the relocation at hand, unless
 * it is there already. level is an index of RUN_LEVELS. */
static void add_rule(lua_State *L, struct run *r, int run, int level, int note)
{
	int top = lua_gettop(L), list;
	lua_Integer n;

	lua_getiuservalue(L, run, RUN_LEVELS);
	lua_rawgeti(L, -1, level);
	lua_getfield(L, -1, "name");
	lua_pushfstring(L, "%s.%s", lua_tostring(L, -1), hook_names[r->hook]);
	lua_getiuservalue(L, run, RUN_RULES);
	if (lua_rawgeti(L, -1, (lua_Integer)r->q->relo + 1) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, (lua_Integer)r->q->relo + 1);
	}
	list = lua_gettop(L);
	n = (lua_Integer)lua_rawlen(L, list);
	if (!is_same_rule(L, list, n, top + 4, note)) {
		lua_createtable(L, 0, 2);
		lua_pushvalue(L, top + 4);
		lua_setfield(L, -2, "rule");
		lua_pushvalue(L, note);
		lua_setfield(L, -2, "note");
		lua_rawseti(L, list, n + 1);
	}
	lua_settop(L, top);
}

/* Pushes the function of the first level from `level` on that has the hook, and returns its index;
 * 0, with nothing pushed, when none has. */
static int push_function(lua_State *L, const struct run *r, int run, int level)
{
	lua_getiuservalue(L, run, RUN_LEVELS);
	for (; level <= r->policy->levels; level++) {
		lua_rawgeti(L, -1, level);
		if (lua_getfield(L, -1, hook_names[r->hook]) == LUA_TFUNCTION) {
			lua_replace(L, -3);
			lua_pop(L, 1);
			return level;
		}
		lua_pop(L, 2);
	}
	lua_pop(L, 1);
	return 0;
}

bool call_level(lua_State *L, struct run *r, int run, int level, int nargs)
{
	int first = lua_gettop(L) - nargs + 1, usual;

	level = push_function(L, r, run, level);
	if (!level)
		return false;
	push_default(L, r, run, level + 1);
	usual = lua_gettop(L);
	lua_pushvalue(L, -2);
	for (int i = 0; i < nargs; i++)
		lua_pushvalue(L, first + i);
	lua_pushvalue(L, usual);
	lua_call(L, nargs + 1, 2);
	r->level = level;
	if (lua_type(L, -1) != LUA_TSTRING) {
		lua_pop(L, 1);
		lua_pushnil(L); /* only a string is a note */
	}
	if (!default_answered(L, usual, -2))
		add_rule(L, r, run, level, lua_gettop(L));
	lua_remove(L, usual);
	lua_remove(L, usual - 1);
	return true;
}

/* Called protected with the run, as light and as full userdata. */
static int ask(lua_State *L)
{
	struct run *r = lua_touserdata(L, 1);
	int run = 2, nargs;

	luaL_checkstack(L, 32, "hooks within hooks");
	nargs = push_question(L, r, run);
	r->level = 1;
	call_level(L, r, run, 1, nargs);
	take_answer(L, r, run, lua_gettop(L) - 1);
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

static int explain(lua_State *L)
{
	const struct run *r = lua_touserdata(L, 1);
	const char *message = luaL_tolstring(L, 2, NULL), *policy;

	lua_getiuservalue(L, 3, RUN_LEVELS);
	lua_rawgeti(L, -1, r->level);
	lua_getfield(L, -1, "name");
	policy = lua_tostring(L, -1);
	describe(r, L);
	err_set(r->e, ERR_POLICY, NULL, NULL, ERR_NO_OFFSET, "policy '%s', hook %s, %s: %s", policy,
		hook_names[r->hook], lua_tostring(L, -1), message);
	return 0;
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
	if (rc != LUA_OK) {
		lua_pushcfunction(L, explain);
		lua_insert(L, -2);
		lua_pushlightuserdata(L, r);
		lua_insert(L, -2);
		lua_pushvalue(L, r->index);
		if (lua_pcall(L, 3, 0, 0) != LUA_OK) {
			lua_pop(L, 1);
			err_memory(e, NULL);
		}
	}
	r->q = NULL;
	return rc == LUA_OK ? 0 : HOOK_FAIL;
}

static int hook_candidates(void *ctx, const struct question *q, struct candidates *out,
			   struct err *e)
{
	struct run *r = ctx;

	r->candidates = out;
	return run_hook(r, q, HOOK_CANDIDATES, e);
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
	return run_hook(r, q, HOOK_VALUE, e) < 0 ? HOOK_FAIL : (int)r->why;
}

static int hook_choose(void *ctx, const struct question *q, const struct option *options, size_t n,
		       struct err *e)
{
	struct run *r = ctx;

	r->options = options;
	r->option_count = n;
	return run_hook(r, q, HOOK_CHOOSE, e) < 0 ? HOOK_FAIL : r->chosen;
}

static int hook_missing(void *ctx, const struct question *q, enum reason why, uint64_t *value,
			struct err *e)
{
	struct run *r = ctx;

	r->why = why;
	r->missing_value = value;
	return run_hook(r, q, HOOK_MISSING, e) < 0 ? HOOK_FAIL : r->missing;
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

struct run *push_run(lua_State *L, int policy, int object, int target, int rules, struct policy *p)
{
	const struct policy_box *box = lua_touserdata(L, policy);
	struct run *r = lua_newuserdatauv(L, sizeof(*r), RUN_VALUES);
	int index = lua_gettop(L);

	*r = (struct run){.L = L, .index = index, .policy = box};
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
	*p = (struct policy){
	    .name = box->name,
	    .ctx = r,
	    .candidates = box->has[HOOK_CANDIDATES] ? hook_candidates : NULL,
	    .member = box->has[HOOK_MEMBER] ? hook_member : NULL,
	    .enumerator = box->has[HOOK_MEMBER] ? hook_enumerator : NULL,
	    .compatible = box->has[HOOK_COMPATIBLE] ? hook_compatible : NULL,
	    .value = box->has[HOOK_VALUE] ? hook_value : NULL,
	    .choose = box->has[HOOK_CHOOSE] ? hook_choose : NULL,
	    .missing = box->has[HOOK_MISSING] ? hook_missing : NULL,
	    .patch = box->has[HOOK_PATCH] ? hook_patch : NULL,
	};
	return r;
}
