/*
 * obstacle: the Lua class btfl.obstacle: what keeps a program from loading, and whether a path
 * reaches it.
 */
#include "bind/verdict.h"

const struct obstacle *obstacle_at(lua_State *L, const struct handle *h)
{
	return &judged_of(L, h->owner)->verdict->obstacles.list[h->id];
}

void push_side(lua_State *L, int which)
{
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	lua_getiuservalue(L, -1, which);
	lua_replace(L, -2);
}

uint32_t line_of(const struct linked *f, uint32_t at)
{
	const struct object *o = f->object;
	const struct program *p = &o->programs[f->funcs[f->insns[at].func].program];

	return object_line_at(o, p->section_index, linked_offset(f, at));
}

static int get_stage(lua_State *L, const void *self)
{
	lua_pushstring(L, obstacle_stage_name(obstacle_at(L, self)->stage));
	return 1;
}

static int get_rule(lua_State *L, const void *self)
{
	lua_pushstring(L, obstacle_rule_name(obstacle_at(L, self)->rule));
	return 1;
}

static int get_name(lua_State *L, const void *self)
{
	push_name(L, obstacle_at(L, self)->name);
	return 1;
}

static int get_helper(lua_State *L, const void *self)
{
	push_name(L, obstacle_at(L, self)->helper);
	return 1;
}

static int get_cause(lua_State *L, const void *self)
{
	push_name(L, obstacle_at(L, self)->cause);
	return 1;
}

static int get_type(lua_State *L, const void *self)
{
	push_name(L, obstacle_at(L, self)->type);
	return 1;
}

static int get_number(lua_State *L, const void *self)
{
	lua_pushinteger(L, obstacle_at(L, self)->number);
	return 1;
}

/* nil where no program type is told. */
static int get_callers(lua_State *L, const void *self)
{
	uint64_t callers = obstacle_at(L, self)->callers;
	lua_Integer n = 0;

	if (!callers) {
		lua_pushnil(L);
		return 1;
	}
	lua_newtable(L);
	for (uint32_t type = 0; type < 64; type++) {
		if (!(callers >> type & 1))
			continue;
		lua_pushstring(L, uapi_name(UAPI_PROG_TYPE, type));
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

static int get_reached(lua_State *L, const void *self)
{
	push_known(L, obstacle_at(L, self)->reached);
	return 1;
}

static int get_guarded(lua_State *L, const void *self)
{
	lua_pushboolean(L, obstacle_at(L, self)->reached == KNOWN_NO);
	return 1;
}

static int get_scope(lua_State *L, const void *self)
{
	lua_pushstring(L, obstacle_at(L, self)->object ? "object" : "program");
	return 1;
}

static int get_settable(lua_State *L, const void *self)
{
	push_name(L, obstacle_settable_name(obstacle_at(L, self)->settable));
	return 1;
}

static int get_verdict(lua_State *L, const void *self)
{
	obstacle_at(L, self);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	return 1;
}

static int get_relo(lua_State *L, const void *self)
{
	int32_t relo = obstacle_at(L, self)->relo;

	push_side(L, VERDICT_OBJECT);
	push_part(L, -1, &relo_class, relo < 0 ? OBJECT_NONE : (uint32_t)relo);
	return 1;
}

static int get_result(lua_State *L, const void *self)
{
	int32_t relo = obstacle_at(L, self)->relo;

	push_side(L, VERDICT_RESOLUTION);
	if (relo < 0)
		lua_pushnil(L);
	else
		handle_push(L, -1, &result_class, (uint32_t)relo, 0);
	return 1;
}

/* The function that the instruction of an obstacle is in; NULL for one at no instruction. */
static const struct linked_func *func_of(lua_State *L, const void *self)
{
	const struct linked *f =
	    judged_of(L, ((const struct handle *)self)->owner)->verdict->linked;
	int32_t at = obstacle_at(L, self)->at;

	return at < 0 ? NULL : &f->funcs[f->insns[at].func];
}

static int get_program(lua_State *L, const void *self)
{
	const struct judged *j = judged_of(L, ((const struct handle *)self)->owner);
	const struct linked_func *f = func_of(L, self);

	push_side(L, VERDICT_OBJECT);
	push_part(L, -1, &program_class, f ? f->program : j->program);
	return 1;
}

static int get_insn(lua_State *L, const void *self)
{
	const struct linked_func *f = func_of(L, self);

	if (f)
		lua_pushinteger(L, obstacle_at(L, self)->at - (lua_Integer)f->start);
	else
		lua_pushnil(L);
	return 1;
}

static int get_line(lua_State *L, const void *self)
{
	const struct handle *h = self;
	const struct obstacle *x = obstacle_at(L, h);
	const struct linked *f = judged_of(L, h->owner)->verdict->linked;
	uint32_t line = OBJECT_NONE;

	if (x->relo >= 0)
		line = object_line_of_relo(f->object, &f->object->relos[x->relo]);
	else if (x->at >= 0)
		line = line_of(f, (uint32_t)x->at);
	else if (!x->object) /* where the program starts, below its SEC() */
		line = line_of(f, 0);
	push_side(L, VERDICT_OBJECT);
	push_part(L, -1, &line_class, line);
	return 1;
}

static int get_guard(lua_State *L, const void *self)
{
	const struct handle *h = self;

	if (obstacle_at(L, h)->guard < 0) {
		lua_pushnil(L);
		return 1;
	}
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	handle_push(L, -1, &guard_class, h->id, 0);
	return 1;
}

/* So many instructions from its end a path is searched for its last lines. */
enum { LOOKED_BACK = 1024 };

/* Turns the list at the top of the stack around. */
static void turn_around(lua_State *L, lua_Integer n)
{
	for (lua_Integer i = 1, k = n; i < k; i++, k--) {
		lua_rawgeti(L, -1, i);
		lua_rawgeti(L, -2, k);
		lua_rawseti(L, -3, i);
		lua_rawseti(L, -2, k);
	}
}

/* Source lines in the order in which the path meets them, each once in a row. */
static int obstacle_path(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &obstacle_class);
	const struct obstacle *x = obstacle_at(L, h);
	const struct verdict *v = judged_of(L, h->owner)->verdict;
	bool all = lua_isnoneornil(L, 2);
	lua_Integer most = luaL_optinteger(L, 2, LUA_MAXINTEGER), n = 0;
	uint32_t last = OBJECT_NONE;
	size_t seen = 0;
	struct way way;

	luaL_argcheck(L, most >= 0, 2, "how many lines, 0 or more");
	lua_settop(L, 1);
	lua_newtable(L);
	if (x->hit < 0)
		return 1;
	push_side(L, VERDICT_OBJECT);
	verdict_way(v, x, &way);
	do {
		uint32_t line = line_of(v->linked, way.at);

		if (line == OBJECT_NONE || line == last)
			continue;
		if (n == most)
			break;
		last = line;
		push_part(L, 3, &line_class, line);
		lua_rawseti(L, 2, ++n);
	} while ((all || ++seen < LOOKED_BACK) && verdict_back(&way));
	lua_settop(L, 2);
	turn_around(L, n);
	return 1;
}

static int obstacle_tostring(lua_State *L)
{
	const struct obstacle *x = obstacle_at(L, class_check(L, 1, &obstacle_class));
	const char *rule = obstacle_rule_name(x->rule);
	const char *state = x->reached == KNOWN_YES  ? "reached"
			    : x->reached == KNOWN_NO ? "guarded"
						     : "unknown";

	if (x->name)
		lua_pushfstring(L, "obstacle %s %s (%s)", rule, x->name, state);
	else
		lua_pushfstring(L, "obstacle %s (%s)", rule, state);
	return 1;
}

static const struct field obstacle_fields[] = {
    {"stage", get_stage},     {"rule", get_rule},
    {"name", get_name},       {"cause", get_cause},
    {"type", get_type},       {"number", get_number},
    {"reached", get_reached}, {"guarded", get_guarded},
    {"scope", get_scope},     {"settable", get_settable},
    {"relo", get_relo},       {"result", get_result},
    {"program", get_program}, {"insn", get_insn},
    {"line", get_line},       {"guard", get_guard},
    {"verdict", get_verdict}, {"helper", get_helper},
    {"callers", get_callers}, {NULL, NULL},
};

static const luaL_Reg obstacle_methods[] = {{"path", obstacle_path}, {NULL, NULL}};

static const luaL_Reg obstacle_meta[] = {{"__tostring", obstacle_tostring}, {NULL, NULL}};

const struct class obstacle_class = {"btfl.obstacle",  TAG_OBSTACLE,  obstacle_fields,
				     obstacle_methods, obstacle_meta, NULL};
