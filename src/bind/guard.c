/*
 * guard: the Lua class btfl.guard: the branch that keeps paths away from a failure, and what
 * decides it.
 */
#include "bind/verdict.h"
#include "verify/guards.h"

static int get_program(lua_State *L, const void *self)
{
	const struct handle *h = self;
	const struct obstacle *x = obstacle_at(L, h);
	const struct linked *f = judged_of(L, h->owner)->verdict->linked;

	push_side(L, VERDICT_OBJECT);
	push_part(L, -1, &program_class, f->funcs[f->insns[x->guard].func].program);
	return 1;
}

static int get_insn(lua_State *L, const void *self)
{
	const struct handle *h = self;
	const struct obstacle *x = obstacle_at(L, h);
	const struct linked *f = judged_of(L, h->owner)->verdict->linked;

	lua_pushinteger(L, x->guard - (lua_Integer)f->funcs[f->insns[x->guard].func].start);
	return 1;
}

static int get_line(lua_State *L, const void *self)
{
	const struct handle *h = self;
	const struct obstacle *x = obstacle_at(L, h);
	uint32_t line = line_of(judged_of(L, h->owner)->verdict->linked, (uint32_t)x->guard);

	push_side(L, VERDICT_OBJECT);
	push_part(L, -1, &line_class, line);
	return 1;
}

static uint32_t origin_number(uint32_t origin, uint32_t kind)
{
	return origin >> ORIGIN_SHIFT == kind ? origin & ((1u << ORIGIN_SHIFT) - 1) : OBJECT_NONE;
}

static int get_relo(lua_State *L, const void *self)
{
	uint32_t relo = origin_number(obstacle_at(L, self)->guard_origin, ORIGIN_RELO);

	push_side(L, VERDICT_OBJECT);
	push_part(L, -1, &relo_class, relo);
	return 1;
}

static int get_variable(lua_State *L, const void *self)
{
	const struct handle *h = self;
	const struct judged *b = judged_of(L, h->owner);

	push_name(L, guard_variable(b->verdict->linked, b->externs->references,
				    obstacle_at(L, h)->guard_origin));
	return 1;
}

static const struct field guard_fields[] = {
    {"program", get_program}, {"insn", get_insn},         {"line", get_line},
    {"relo", get_relo},       {"variable", get_variable}, {NULL, NULL},
};

const struct class guard_class = {"btfl.guard", TAG_GUARD, guard_fields, NULL, NULL, NULL};
