/* call: the Lua class btfl.call: an instruction that calls a function, or gives the kernel one. */
#include "bind/classes.h"

#include "format/calls.h"
#include "verify/helpers.h"

/* A handle has no room for more; the kernel takes a million. */
enum { CALL_INSN_MOST = 1 << 24 };

/* The handle's id is the program and its index the instruction. Pushes the object. */
static struct call call_of(lua_State *L, const struct handle *h)
{
	const struct object *o = owner_native(L, h->owner);
	struct call c = {0};

	lua_getiuservalue(L, 1, HANDLE_OWNER);
	call_at(o, object_references(L, -1), &o->programs[h->id], h->index, &c);
	return c;
}

static const struct extern_def *extern_of(lua_State *L, struct call c)
{
	return c.what == CALL_KFUNC && c.id != OBJECT_NONE
		   ? &object_references(L, -1)->externs[c.id]
		   : NULL;
}

static bool is_own(struct call c)
{
	return c.what == CALL_SUBPROGRAM || c.what == CALL_CALLBACK;
}

static int get_insn(lua_State *L, const void *self)
{
	lua_pushinteger(L, call_of(L, self).insn);
	return 1;
}

static int get_what(lua_State *L, const void *self)
{
	lua_pushstring(L, call_what_name(call_of(L, self).what));
	return 1;
}

static int get_id(lua_State *L, const void *self)
{
	struct call c = call_of(L, self);
	const struct extern_def *x = extern_of(L, c);

	if (c.what == CALL_HELPER)
		lua_pushinteger(L, c.id);
	else if (x && x->var_id)
		lua_pushinteger(L, x->var_id);
	else
		lua_pushnil(L);
	return 1;
}

static int get_name(lua_State *L, const void *self)
{
	struct call c = call_of(L, self);
	const struct extern_def *x = extern_of(L, c);
	const char *helper = c.what == CALL_HELPER ? helper_name(c.id) : NULL;

	if (is_own(c))
		lua_pushstring(L, check_object(L, -1)->programs[c.id].name);
	else if (helper)
		lua_pushfstring(L, "bpf_%s", helper);
	else
		push_name(L, x ? x->name : NULL);
	return 1;
}

static int get_weak(lua_State *L, const void *self)
{
	const struct extern_def *x = extern_of(L, call_of(L, self));

	lua_pushboolean(L, x && x->weak);
	return 1;
}

static int get_extern(lua_State *L, const void *self)
{
	struct call c = call_of(L, self);

	push_part(L, -1, &extern_class, c.what == CALL_KFUNC ? c.id : OBJECT_NONE);
	return 1;
}

static int get_callee(lua_State *L, const void *self)
{
	struct call c = call_of(L, self);

	push_part(L, -1, &program_class, is_own(c) ? c.id : OBJECT_NONE);
	return 1;
}

static int get_program(lua_State *L, const void *self)
{
	call_of(L, self);
	push_part(L, -1, &program_class, ((const struct handle *)self)->id);
	return 1;
}

static int get_line(lua_State *L, const void *self)
{
	struct call c = call_of(L, self);
	const struct object *o = check_object(L, -1);
	const struct program *p = &o->programs[((const struct handle *)self)->id];

	push_part(L, -1, &line_class,
		  object_line_at(o, p->section_index, p->offset + c.insn * INSN_SIZE));
	return 1;
}

static const struct field fields[] = {
    {"insn", get_insn},       {"what", get_what},     {"id", get_id},         {"name", get_name},
    {"weak", get_weak},       {"extern", get_extern}, {"callee", get_callee}, {"line", get_line},
    {"program", get_program}, {NULL, NULL},
};

const struct class call_class = {"btfl.call", TAG_CALL, fields, NULL, NULL, NULL};

/* Upvalues: object, program, next instruction. */
static int next_call(lua_State *L)
{
	const struct object *o = owner_native(L, lua_touserdata(L, lua_upvalueindex(1)));
	const struct program *p = &o->programs[lua_tointeger(L, lua_upvalueindex(2))];
	uint32_t i = (uint32_t)lua_tointeger(L, lua_upvalueindex(3)), at;
	const struct references *l = object_references(L, lua_upvalueindex(1));
	struct call c;
	bool found = false;

	while (i < p->count && i < CALL_INSN_MOST && !found) {
		at = i;
		i += p->insns[(size_t)i * INSN_SIZE] == BPF_LDIMM64 ? 2 : 1;
		found = call_at(o, l, p, at, &c);
	}
	lua_pushinteger(L, i);
	lua_replace(L, lua_upvalueindex(3));
	if (found)
		handle_push(L, lua_upvalueindex(1), &call_class,
			    (uint32_t)lua_tointeger(L, lua_upvalueindex(2)), at);
	else
		lua_pushnil(L);
	return 1;
}

int push_calls(lua_State *L, int object, uint32_t program)
{
	object_references(L, object);
	lua_pushvalue(L, object);
	lua_pushinteger(L, program);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_call, 3);
	return 1;
}
