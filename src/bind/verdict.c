/*
 * verdict: the Lua class btfl.verdict: whether a program loads on a target.
 */
#include "bind/verdict.h"

#include <stdlib.h>

#include "bind/policy/policy.h"

static void free_judged(void *native)
{
	struct judged *j = native;

	verdict_free(j->verdict);
	externs_free(j->externs);
	target_free(j->target);
	free(j);
}

const struct judged *judged_of(lua_State *L, const struct owner *o)
{
	return owner_native(L, o);
}

int program_verdict(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &program_class);
	const struct resolution *r;
	struct loading loading;
	struct judged *j;
	struct owner *o;
	struct err e;

	check_target(L, 2);
	if (!lua_isnoneornil(L, 3)) {
		luaL_checktype(L, 3, LUA_TTABLE);
		check_verdict_options(L, 3);
	}
	lua_settop(L, 3);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_policy(L, 3);
	push_resolution(L, 4, 2, 5);
	lua_replace(L, 5);
	r = owner_native(L, lua_touserdata(L, 5));
	o = owner_new(L, &verdict_class, sizeof(*o), "verdict", ((struct owner *)h->owner)->path);
	owner_need(o, 0, lua_touserdata(L, 4));
	owner_need(o, 1, lua_touserdata(L, 2));
	lua_pushvalue(L, 4);
	lua_setiuservalue(L, 6, VERDICT_OBJECT);
	lua_pushvalue(L, 2);
	lua_setiuservalue(L, 6, VERDICT_TARGET);
	lua_pushvalue(L, 5);
	lua_setiuservalue(L, 6, VERDICT_RESOLUTION);
	j = calloc(1, sizeof(*j));
	if (!j)
		return raise_memory(L);
	o->native = j;
	j->program = h->id;
	j->target = target_options(L, 3, r->target);
	loading = (struct loading){
	    .resolution = r,
	    .target = j->target ? j->target : r->target,
	    .entry = j->program,
	    .refused = object_opening(L, 4),
	};
	if (externs_new(r->object, object_references(L, 4), loading.target, &j->externs, &e) < 0)
		return raise_err(L, &e);
	extern_options(L, 3, j->externs);
	loading.externs = j->externs;
	loading_options(L, 3, &loading);
	if (verdict_new(&loading, &j->verdict, &e) < 0)
		return raise_err(L, &e);
	lua_settop(L, 6);
	close_with_resolutions(L, 4, 6);
	owner_weighs(
	    L,
	    j->verdict->linked->count * sizeof(struct linked_insn) +
		(j->verdict->walk ? j->verdict->walk->step_count * sizeof(struct step_taken) : 0));
	return 1;
}

static int get_verdict(lua_State *L, const void *self)
{
	lua_pushstring(L, verdict_name(judged_of(L, self)->verdict->kind));
	return 1;
}

static int get_ok(lua_State *L, const void *self)
{
	enum verdict_kind kind = judged_of(L, self)->verdict->kind;

	lua_pushboolean(L, kind == VERDICT_LOADS || kind == VERDICT_GUARDED);
	return 1;
}

static int get_why(lua_State *L, const void *self)
{
	push_name(L, judged_of(L, self)->verdict->why);
	return 1;
}

static int get_rule(lua_State *L, const void *self)
{
	const struct obstacle *first = judged_of(L, self)->verdict->first;

	push_name(L, first ? obstacle_rule_name(first->rule) : NULL);
	return 1;
}

static int get_first(lua_State *L, const void *self)
{
	const struct verdict *v = judged_of(L, self)->verdict;

	if (v->first)
		handle_push(L, 1, &obstacle_class, (uint32_t)(v->first - v->obstacles.list), 0);
	else
		lua_pushnil(L);
	return 1;
}

static int get_attaches(lua_State *L, const void *self)
{
	push_known(L, judged_of(L, self)->verdict->attaches);
	return 1;
}

static int get_detached(lua_State *L, const void *self)
{
	const struct verdict *v = judged_of(L, self)->verdict;

	push_name(L, v->attaches == KNOWN_NO ? v->detached : NULL);
	return 1;
}

static int get_relocations(lua_State *L, const void *self)
{
	lua_pushinteger(L, (lua_Integer)judged_of(L, self)->verdict->relocations);
	return 1;
}

static int get_failed(lua_State *L, const void *self)
{
	lua_pushinteger(L, (lua_Integer)judged_of(L, self)->verdict->failed);
	return 1;
}

static int get_first_poison(lua_State *L, const void *self)
{
	const struct judged *b = judged_of(L, self);
	const struct walk *w = b->verdict->walk;
	const struct linked *f = b->verdict->linked;
	size_t i = 0;
	uint32_t at;

	while (w && i < w->hit_count && w->hits[i].rule != RULE_RELOCATION)
		i++;
	if (!w || i == w->hit_count) {
		lua_pushnil(L);
		return 1;
	}
	at = w->hits[i].at;
	lua_pushfstring(L, "%s+%I",
			f->object->programs[f->funcs[f->insns[at].func].program].section,
			(lua_Integer)linked_offset(f, at));
	return 1;
}

static int get_program(lua_State *L, const void *self)
{
	const struct judged *b = judged_of(L, self);

	lua_getiuservalue(L, 1, VERDICT_OBJECT);
	push_part(L, -1, &program_class, b->program);
	return 1;
}

static int get_target(lua_State *L, const void *self)
{
	judged_of(L, self);
	lua_getiuservalue(L, 1, VERDICT_TARGET);
	return 1;
}

/* Upvalues: verdict, next number, whether only relocations are asked for. */
static int next_obstacle(lua_State *L)
{
	const struct judged *b = judged_of(L, lua_touserdata(L, lua_upvalueindex(1)));
	const struct obstacles *o = &b->verdict->obstacles;
	size_t i = (size_t)lua_tointeger(L, lua_upvalueindex(2));
	bool relocations = lua_toboolean(L, lua_upvalueindex(3));

	while (i < o->count && relocations && o->list[i].relo < 0)
		i++;
	if (i >= o->count) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, (lua_Integer)i + 1);
	lua_replace(L, lua_upvalueindex(2));
	handle_push(L, lua_upvalueindex(1), &obstacle_class, (uint32_t)i, 0);
	return 1;
}

static int push_obstacles(lua_State *L, bool relocations)
{
	judged_of(L, class_check(L, 1, &verdict_class));
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	lua_pushboolean(L, relocations);
	lua_pushcclosure(L, next_obstacle, 3);
	return 1;
}

static int verdict_obstacles(lua_State *L)
{
	return push_obstacles(L, false);
}

static int verdict_failures(lua_State *L)
{
	return push_obstacles(L, true);
}

static int verdict_tostring(lua_State *L)
{
	const struct judged *b = judged_of(L, class_check(L, 1, &verdict_class));

	lua_pushfstring(L, "verdict %s", verdict_name(b->verdict->kind));
	return 1;
}

static const struct field verdict_fields[] = {
    {"verdict", get_verdict},
    {"ok", get_ok},
    {"why", get_why},
    {"rule", get_rule},
    {"first", get_first},
    {"attaches", get_attaches},
    {"detached", get_detached},
    {"relocations", get_relocations},
    {"failed", get_failed},
    {"first_poison", get_first_poison},
    {"program", get_program},
    {"target", get_target},
    {NULL, NULL},
};

static const luaL_Reg verdict_methods[] = {
    {"failures", verdict_failures},
    {"obstacles", verdict_obstacles},
    {NULL, NULL},
};

static const luaL_Reg verdict_meta[] = {
    {"__tostring", verdict_tostring},
    {NULL, NULL},
};

const struct class verdict_class = {"btfl.verdict", 0,          verdict_fields, verdict_methods,
				    verdict_meta,   free_judged};
