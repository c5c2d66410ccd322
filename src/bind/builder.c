/*
 * builder: the Lua class btfl.builder: a BTF that is made type by type. What btfl.builder{} and
 * builder:add{} are given is read in Lua (lua/btfl/build/builder.lua).
 */
#include "write/builder.h"

#include <stdlib.h>
#include <string.h>

#include "bind/classes.h"
#include "format/btf_abi.h"

/* Its user value is the userdata of the base, nil for none. */
struct builder_box {
	struct builder *native;
	struct buf out; /* while it becomes a string */
	uint32_t header_size;
	bool big_endian;
};

enum { BUILDER_BASE = 1 };

/* builder(big_endian, header_size, base) */
int engine_builder(lua_State *L)
{
	const struct btf *base;
	struct builder_box *b;

	lua_settop(L, 3);
	base = optional_base(L, 3);
	b = lua_newuserdatauv(L, sizeof(*b), BUILDER_BASE);
	*b = (struct builder_box){.big_endian = lua_toboolean(L, 1),
				  .header_size = (uint32_t)luaL_checkinteger(L, 2)};
	class_set(L, &builder_class);
	lua_pushvalue(L, 3);
	lua_setiuservalue(L, -2, BUILDER_BASE);
	b->native = builder_new(base, b->big_endian);
	return b->native ? 1 : raise_memory(L);
}

static struct builder_box *check_builder(lua_State *L)
{
	struct builder_box *b = class_check(L, 1, &builder_class);

	if (!b->native)
		raise_memory(L);
	return b;
}

static int builder_gc(lua_State *L)
{
	struct builder_box *b = class_check(L, 1, &builder_class);

	builder_free(b->native);
	free(b->out.data);
	*b = (struct builder_box){0};
	return 0;
}

/* builder_string(builder, text): its offset */
int engine_builder_string(lua_State *L)
{
	lua_pushinteger(L, builder_string(check_builder(L)->native, check_cstring(L, 2)));
	return 1;
}

/* builder_add(builder, name, info, word, tail): the id */
int engine_builder_add(lua_State *L)
{
	struct builder_box *b = check_builder(L);
	const char *name = check_cstring(L, 2);
	uint32_t info = (uint32_t)luaL_checkinteger(L, 3), word = (uint32_t)luaL_checkinteger(L, 4);
	size_t len;
	const char *tail = luaL_checklstring(L, 5, &len);
	struct err e;
	uint32_t id = builder_add(b->native, name, info, word, tail, len, &e);

	if (!id)
		return raise_err(L, &e);
	lua_pushinteger(L, id);
	return 1;
}

static enum builder_with check_with(lua_State *L)
{
	static const char *const options[] = {"with", NULL};
	static const char *const words[] = {"name", "value", "all", NULL};
	const char *word;
	int i = BUILDER_VALUE;

	if (lua_isnoneornil(L, 3))
		return BUILDER_VALUE;
	luaL_checktype(L, 3, LUA_TTABLE);
	check_option_names(L, 3, 3, options);
	word = string_option(L, 3, "with");
	for (i = word ? 0 : i; word && words[i] && strcmp(words[i], word) != 0; i++)
		;
	if (!words[i])
		luaL_argerror(L, 3, "`with` is \"name\", \"value\" or \"all\"");
	return (enum builder_with)i;
}

static int builder_copy_method(lua_State *L)
{
	struct builder_box *b = check_builder(L);
	struct btf_type t = handle_type(L, class_check(L, 2, &type_class));
	uint32_t id;
	struct err e;

	if (builder_copy(b->native, t.btf, t.id, check_with(L), &id, &e) < 0)
		return raise_err(L, &e);
	lua_pushinteger(L, id);
	return 1;
}

/* Pushes bytes as a btf on what the stack has at `base`, which may be nil: what is wrong with them
 * is raised. */
static void push_btf_of(lua_State *L, int base, const void *bytes, size_t len)
{
	struct owner *o = owner_new(L, &btf_class, sizeof(*o), "btf", "(builder)");
	const struct btf *on = optional_base(L, base);
	struct input *in = input_copy(o->path, bytes, len);
	int self = lua_gettop(L), rc;
	struct btf *native;
	struct err e;

	if (!in)
		raise_memory(L);
	rc = btf_from_input(in, on, &native, &e);
	input_unref(in);
	if (rc < 0)
		raise_err(L, &e);
	open_closed_btf(L, self, native, base);
	lua_settop(L, self);
}

/* Puts the bytes into b->out, and pushes them as a btf: what is wrong with them is raised. */
static void push_written(lua_State *L, struct builder_box *b)
{
	struct err e;

	b->out.len = 0;
	if (builder_write(b->native, b->header_size, &b->out, &e) < 0)
		raise_err(L, &e);
	lua_getiuservalue(L, 1, BUILDER_BASE);
	push_btf_of(L, lua_gettop(L), b->out.data, b->out.len);
}

/* A type that is made a BTF of its own. */
struct alone {
	struct builder *builder;
	struct buf tail, out;
};

static int free_alone(lua_State *L)
{
	struct alone *a = lua_touserdata(L, 1);

	builder_free(a->builder);
	free(a->tail.data);
	free(a->out.data);
	*a = (struct alone){0};
	return 0;
}

/* Puts an int of the name and the size by which readers tell the size of pointers, then the type
 * with what it is made of. */
static int write_alone(struct alone *a, const struct btf_type *t, uint32_t *id, struct err *e)
{
	uint32_t size = t->btf->ptr_size;

	buf_u32(&a->tail, (uint32_t)BTF_INT_SIGNED << 24 | size * 8, t->btf->swap);
	if (a->tail.failed)
		return err_memory(e, NULL);
	if (!builder_add(a->builder, "long", (uint32_t)BTF_INT << 24, size, a->tail.data,
			 a->tail.len, e) ||
	    builder_copy(a->builder, t->btf, t->id, BUILDER_VALUE, id, e) < 0)
		return -1;
	return builder_write(a->builder, BTF_HDR_SIZE, &a->out, e);
}

/* engine.type_alone(type): the bytes of a BTF of its own with what it is made of, for
 * engine.btf_of(), and its id there. Nothing is left that keeps the BTF which the type is of. */
int engine_type_alone(lua_State *L)
{
	struct btf_type t = handle_type(L, class_check(L, 1, &type_class));
	struct alone *a = push_freed(L, sizeof(*a), free_alone);
	uint32_t id;
	struct err e;

	a->builder = builder_new(NULL, t.btf->big_endian);
	if (!a->builder)
		return raise_memory(L);
	if (write_alone(a, &t, &id, &e) < 0)
		return raise_err(L, &e);
	lua_pushlstring(L, (const char *)a->out.data, a->out.len);
	lua_pushinteger(L, id);
	lua_pushcfunction(L, free_alone);
	lua_pushvalue(L, -4);
	lua_call(L, 1, 0);
	return 2;
}

/* engine.btf_of(bytes): the BTF of which engine.type_alone() gave the bytes. */
int engine_btf_of(lua_State *L)
{
	size_t len;
	const char *bytes = luaL_checklstring(L, 1, &len);

	lua_settop(L, 1);
	lua_pushnil(L);
	push_btf_of(L, 2, bytes, len);
	return 1;
}

static int builder_btf(lua_State *L)
{
	push_written(L, check_builder(L));
	return 1;
}

static int builder_bytes(lua_State *L)
{
	struct builder_box *b = check_builder(L);

	push_written(L, b);
	lua_pushlstring(L, (const char *)b->out.data, b->out.len);
	return 1;
}

static int get_endian(lua_State *L, const void *self)
{
	push_endian(L, ((const struct builder_box *)self)->big_endian);
	return 1;
}

static int get_header_size(lua_State *L, const void *self)
{
	lua_pushinteger(L, ((const struct builder_box *)self)->header_size);
	return 1;
}

static int get_base(lua_State *L, const void *self)
{
	(void)self;
	lua_getiuservalue(L, 1, BUILDER_BASE);
	return 1;
}

static int get_next_id(lua_State *L, const void *self)
{
	(void)self;
	lua_pushinteger(L, builder_next_id(check_builder(L)->native));
	return 1;
}

static const struct field fields[] = {
    {"endian", get_endian}, {"header_size", get_header_size},
    {"base", get_base},     {"next_id", get_next_id},
    {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"copy", builder_copy_method}, {"bytes", builder_bytes}, {"btf", builder_btf}, {NULL, NULL}};

static const luaL_Reg meta[] = {{"__gc", builder_gc}, {NULL, NULL}};

const struct class builder_class = {"btfl.builder", 0, fields, methods, meta, NULL};
