/*
 * failure: the Lua class btfl.failure: a relocation that failed in a program, and whether a path
 * reaches it.
 */
#include "bind/verdict.h"

const struct failure *failure_of(lua_State *L, const struct handle *h)
{
	return &judged_of(L, h->owner)->verdict->failures[h->id];
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

static int get_relo(lua_State *L, const void *self)
{
	uint32_t relo = failure_of(L, self)->relo;

	push_side(L, VERDICT_OBJECT);
	push_part(L, -1, &relo_class, relo);
	return 1;
}

static int get_result(lua_State *L, const void *self)
{
	uint32_t relo = failure_of(L, self)->relo;

	push_side(L, VERDICT_RESOLUTION);
	handle_push(L, -1, &result_class, relo, 0);
	return 1;
}

static int get_guarded(lua_State *L, const void *self)
{
	lua_pushboolean(L, failure_of(L, self)->guarded);
	return 1;
}

static int get_reached(lua_State *L, const void *self)
{
	lua_pushboolean(L, failure_of(L, self)->hit >= 0);
	return 1;
}

static int get_guard(lua_State *L, const void *self)
{
	const struct handle *h = self;

	if (failure_of(L, h)->guard < 0) {
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
static int failure_path(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &failure_class);
	const struct failure *x = failure_of(L, h);
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

static int failure_tostring(lua_State *L)
{
	const struct failure *x = failure_of(L, class_check(L, 1, &failure_class));

	lua_pushfstring(L, "failure of relocation %d (%s)", (int)x->relo,
			x->refused    ? "error"
			: x->hit >= 0 ? "reached"
			: x->guarded  ? "guarded"
				      : "unknown");
	return 1;
}

static const struct field failure_fields[] = {
    {"relo", get_relo},       {"result", get_result}, {"guarded", get_guarded},
    {"reached", get_reached}, {"guard", get_guard},   {NULL, NULL},
};

static const luaL_Reg failure_methods[] = {{"path", failure_path}, {NULL, NULL}};

static const luaL_Reg failure_meta[] = {{"__tostring", failure_tostring}, {NULL, NULL}};

const struct class failure_class = {"btfl.failure",  TAG_FAILURE,  failure_fields,
				    failure_methods, failure_meta, NULL};
