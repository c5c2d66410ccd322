/* program: the Lua class btfl.program: a function of an object. */
#include "bind/classes.h"

#include <string.h>

#include "format/section.h"
#include "verify/linked.h"

static const struct program *program_of(lua_State *L, const struct handle *h)
{
	const struct object *o = owner_native(L, h->owner);

	return &o->programs[h->id];
}

static const struct program *check_program(lua_State *L)
{
	return program_of(L, class_check(L, 1, &program_class));
}

static int get_name(lua_State *L, const void *self)
{
	lua_pushstring(L, program_of(L, self)->name);
	return 1;
}

static int get_section(lua_State *L, const void *self)
{
	lua_pushstring(L, program_of(L, self)->section);
	return 1;
}

static int get_offset(lua_State *L, const void *self)
{
	lua_pushinteger(L, program_of(L, self)->offset);
	return 1;
}

static int get_global(lua_State *L, const void *self)
{
	lua_pushboolean(L, program_of(L, self)->global);
	return 1;
}

static int get_type(lua_State *L, const void *self)
{
	const struct section_def *d = section_def_of(program_of(L, self)->section);

	push_name(L, d ? uapi_name(UAPI_PROG_TYPE, d->prog_type) : NULL);
	return 1;
}

static int get_attach(lua_State *L, const void *self)
{
	const struct handle *h = self;

	program_of(L, h);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_attach(L, -1, h->id);
	return 1;
}

static int get_func(lua_State *L, const void *self)
{
	return push_object_type(L, program_of(L, self)->func_id);
}

static int program_relos(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &program_class);

	program_of(L, h);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	return push_relos(L, -1, h->id);
}

/* Whether argument 2 numbers an instruction of p. */
static bool check_insn(lua_State *L, const struct program *p, uint32_t *insn)
{
	lua_Integer i = luaL_checkinteger(L, 2);

	*insn = (uint32_t)i;
	return i >= 0 && i < p->count;
}

static int program_line(lua_State *L)
{
	const struct program *p = check_program(L);
	uint32_t insn, line = OBJECT_NONE;

	lua_getiuservalue(L, 1, HANDLE_OWNER);
	if (check_insn(L, p, &insn))
		line = object_line_at(((const struct owner *)lua_touserdata(L, -1))->native,
				      p->section_index, p->offset + insn * INSN_SIZE);
	push_part(L, -1, &line_class, line);
	return 1;
}

static int program_insn(lua_State *L)
{
	const struct program *p = check_program(L);
	uint32_t insn;

	if (check_insn(L, p, &insn))
		push_hex(L, p->insns + (size_t)insn * INSN_SIZE, INSN_SIZE);
	else
		lua_pushnil(L);
	return 1;
}

static int program_len(lua_State *L)
{
	lua_pushinteger(L, check_program(L)->count);
	return 1;
}

static int program_tostring(lua_State *L)
{
	const struct program *p = check_program(L);

	lua_pushfstring(L, "program '%s' in %s", p->name, p->section);
	return 1;
}

static int program_calls(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &program_class);

	program_of(L, h);
	lua_settop(L, 1);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	return push_calls(L, 2, h->id);
}

/* Upvalues: program, next instruction. */
static int next_insn(lua_State *L)
{
	const struct handle *h = lua_touserdata(L, lua_upvalueindex(1));
	const struct object *o = owner_native(L, h->owner);
	const struct program *p = &o->programs[h->id];
	uint32_t i = (uint32_t)lua_tointeger(L, lua_upvalueindex(2));
	const uint8_t *at = p->insns + (size_t)i * INSN_SIZE;
	bool wide;

	if (i >= p->count) {
		lua_pushnil(L);
		return 1;
	}
	wide = *at == BPF_LDIMM64 && i + 1 < p->count;
	lua_pushinteger(L, (lua_Integer)i + (wide ? 2 : 1));
	lua_replace(L, lua_upvalueindex(2));
	push_insn(L, at, wide, o->big_endian);
	lua_pushinteger(L, i);
	lua_setfield(L, -2, "insn");
	return 1;
}

static int program_insns(lua_State *L)
{
	check_program(L);
	lua_settop(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_insn, 2);
	return 1;
}

/* Upvalues: object, list of numbers and starts, next place in it. */
static int next_linked(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(3));

	owner_native(L, lua_touserdata(L, lua_upvalueindex(1)));
	if (lua_rawgeti(L, lua_upvalueindex(2), i) == LUA_TNIL)
		return 1;
	push_part(L, lua_upvalueindex(1), &program_class, (uint32_t)lua_tointeger(L, -1));
	lua_rawgeti(L, lua_upvalueindex(2), i + 1);
	lua_pushinteger(L, i + 2);
	lua_replace(L, lua_upvalueindex(3));
	return 2;
}

static int program_linked(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &program_class);
	const struct object *o = owner_native(L, h->owner);
	const struct references *references;
	struct linked *f;
	struct err e;

	lua_getiuservalue(L, 1, HANDLE_OWNER);
	references = object_references(L, -1);
	/* With room for all, so that nothing is raised while f is held. */
	lua_createtable(L, (int)(2 * o->program_count), 0);
	if (linked_unresolved(o, references, h->id, &f, &e) < 0)
		return raise_err(L, &e);
	for (size_t i = 0; i < f->func_count; i++) {
		lua_pushinteger(L, f->funcs[i].program);
		lua_rawseti(L, -2, 2 * (lua_Integer)i + 1);
		lua_pushinteger(L, f->funcs[i].start);
		lua_rawseti(L, -2, 2 * (lua_Integer)i + 2);
	}
	linked_free(f);
	lua_pushinteger(L, 1);
	lua_pushcclosure(L, next_linked, 3);
	return 1;
}

static int get_entry(lua_State *L, const void *self)
{
	const struct handle *h = self;
	const struct object *o = owner_native(L, h->owner);

	lua_pushboolean(L, object_is_entry(o, &o->programs[h->id]));
	return 1;
}

static const struct field fields[] = {
    {"name", get_name},     {"section", get_section}, {"offset", get_offset},
    {"global", get_global}, {"entry", get_entry},     {"type", get_type},
    {"func", get_func},     {"attach", get_attach},   {"object", get_owner},
    {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"relos", program_relos},       {"line", program_line},
    {"insn", program_insn},         {"verdict", program_verdict},
    {"calls", program_calls},       {"insns", program_insns},
    {"linked", program_linked},     {"reads", program_reads},
    {"branches", program_branches}, {NULL, NULL},
};

static const luaL_Reg meta[] = {
    {"__len", program_len},
    {"__tostring", program_tostring},
    {NULL, NULL},
};

const struct class program_class = {"btfl.program", TAG_PROGRAM, fields, methods, meta, NULL};
