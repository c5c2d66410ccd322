/*
 * object: the Lua class btfl.object: an open BPF object. It keeps its btf's userdata, by target
 * what its relocations resolved to, and what its instructions refer to (references.c).
 */
#include "bind/policy/policy.h"

#include <stdatomic.h>
#include <string.h>

#include "core/arch.h"
#include "format/opening.h"

/* Bytes of objects that may be open at once where many are looked at in turn; those that come then
 * rest when it is not theirs (engine_rest()). 139 objects of distributions take 9 MB. Where so many
 * were opened that these are few of them, all rest: check of 10,008 on 40 kernels takes 141 MB
 * instead of 151, and no longer. */
enum { AWAKE_MOST = 14 << 20, MANY_OPENED = 10 * AWAKE_MOST };

struct object_owner {
	struct owner owner;
	struct digest digest; /* of what was read of it, while it rests */
};

static atomic_size_t awake;  /* bytes of those that are open */
static atomic_size_t opened; /* and of all that were */

static void free_object(void *native)
{
	awake -= object_memory(native);
	object_free(native);
}

static struct digest digest_of_read(const struct input *in)
{
	struct digester d = {0};

	input_digest(in, &d);
	return digest_of(&d);
}

static void take_native(struct owner *o, struct object *native)
{
	o->native = native;
	o->wake = NULL;
	awake += object_memory(native);
}

/* Reads the file again, which must be what it was: handles are numbers of what is in it. */
static void wake_object(lua_State *L, struct owner *o)
{
	struct digest was = ((struct object_owner *)o)->digest, is;
	struct object *native = NULL;
	struct input *in;
	struct err e;
	int rc;

	if (input_open(o->path, &in, &e) < 0)
		raise_err(L, &e);
	is = digest_of_read(in);
	if (memcmp(&was, &is, sizeof(is)) != 0)
		rc = input_changed(in, &e);
	else
		rc = object_from_input(in, &native, &e);
	input_unref(in);
	if (rc < 0)
		raise_err(L, &e);
	take_native(o, native);
}

/* Frees it until it is asked for again. */
static void rest_object(lua_State *L, int idx)
{
	struct object_owner *o = lua_touserdata(L, idx);
	const struct object *native = o->owner.native;

	if (o->owner.busy || !input_is_file(native->elf->input))
		return;
	o->digest = digest_of_read(native->elf->input);
	owner_lightens(L, object_memory(native));
	close_references(L, idx);
	owner_rest(&o->owner, wake_object);
	lua_getiuservalue(L, idx, OWNER_LINK);
	rest_btf_of(L, -1, &o->owner);
	lua_pop(L, 1);
}

/* Closing frees at once what the collector would free late: the results, the BTF, the object. */
static int object_close(lua_State *L)
{
	struct owner *o = class_check(L, 1, &object_class);

	owner_check_idle(L, o);
	owner_drop(o);
	lua_getiuservalue(L, 1, OWNER_LINK);
	close_btf_of(L, -1, o);
	close_resolutions(L, 1);
	close_references(L, 1);
	return 0;
}

struct owner *push_closed_object(lua_State *L, const char *path)
{
	struct owner *o = owner_new(L, &object_class, sizeof(struct object_owner), "object", path);

	push_weak(L, weak_keys);
	lua_setiuservalue(L, -2, OWNER_MORE);
	return o;
}

void open_closed_object(lua_State *L, struct owner *o, struct object *native)
{
	take_native(o, native);
	opened += object_memory(native);
	owner_weighs(L, object_memory(native));
}

struct object *check_object(lua_State *L, int arg)
{
	return owner_native(L, class_check(L, arg, &object_class));
}

/* engine.rest(object): it is not looked at for a while: what was found of it on kernels is closed,
 * and where many are open so is the object, until it is asked for something. Whether it rests. */
int engine_rest(lua_State *L)
{
	const struct owner *o = class_check(L, 1, &object_class);

	if (o->native || !o->wake) {
		check_object(L, 1);
		owner_check_idle(L, o);
		close_resolutions(L, 1);
		if (awake > AWAKE_MOST || opened > MANY_OPENED)
			rest_object(L, 1);
	}
	lua_pushboolean(L, !o->native);
	return 1;
}

/* engine.wake(object): opens it again if it rests; true. */
int engine_wake(lua_State *L)
{
	check_object(L, 1);
	lua_pushboolean(L, true);
	return 1;
}

/* engine.stamp(object): what engine.resting_object() tells a file by, in another process of this
 * run; nil of one that cannot be read again. */
int engine_stamp(lua_State *L)
{
	const struct object_owner *o = class_check(L, 1, &object_class);
	const struct object *native = o->owner.native;
	struct digest d = o->digest;

	owner_check_open(L, &o->owner);
	if (native && !input_is_file(native->elf->input))
		return 0;
	if (native)
		d = digest_of_read(native->elf->input);
	lua_pushlstring(L, (const char *)&d, sizeof(d));
	return 1;
}

/* engine.resting_object(path, stamp): the object that another process has opened, which is opened
 * here when it is asked for something, if it is still what it was. */
int engine_resting_object(lua_State *L)
{
	size_t len;
	const char *path = check_cstring(L, 1), *stamp = luaL_checklstring(L, 2, &len);
	struct object_owner *o;

	luaL_argcheck(L, len == sizeof(o->digest), 2, "no stamp");
	o = (struct object_owner *)push_closed_object(L, path);
	memcpy(&o->digest, stamp, len);
	owner_rest(&o->owner, wake_object);
	return 1;
}

static int get_path(lua_State *L, const void *self)
{
	owner_check_open(L, self);
	lua_getiuservalue(L, 1, OWNER_PATH);
	return 1;
}

static int get_endian(lua_State *L, const void *self)
{
	push_endian(L, ((const struct object *)owner_native(L, self))->big_endian);
	return 1;
}

static int get_license(lua_State *L, const void *self)
{
	push_name(L, ((const struct object *)owner_native(L, self))->license);
	return 1;
}

static int get_digest(lua_State *L, const void *self)
{
	const struct object *o = owner_native(L, self);
	struct digester d = {0};
	struct input *in;
	struct err e;

	if (input_whole(o->elf->input, &in, &e) < 0)
		return raise_err(L, &e);
	digest_bytes(&d, in->data, in->len);
	input_unref(in);
	push_digest(L, digest_of(&d));
	return 1;
}

static int get_arch(lua_State *L, const void *self)
{
	const struct object *o = owner_native(L, self);

	push_name(L, o->btf ? arch_of_btf(o->btf) : NULL);
	return 1;
}

static int get_btf(lua_State *L, const void *self)
{
	(void)self;
	push_object_btf(L, 1);
	return 1;
}

/* Upvalues: object, next number. */
static int next_program(lua_State *L)
{
	const struct object *o = owner_native(L, lua_touserdata(L, lua_upvalueindex(1)));
	uint32_t i = (uint32_t)lua_tointeger(L, lua_upvalueindex(2));

	if (i >= o->program_count) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, (lua_Integer)i + 1);
	lua_replace(L, lua_upvalueindex(2));
	push_part(L, lua_upvalueindex(1), &program_class, i);
	return 1;
}

static int object_programs(lua_State *L)
{
	check_object(L, 1);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_program, 2);
	return 1;
}

static int object_program(lua_State *L)
{
	const struct object *o = check_object(L, 1);
	const char *name = check_cstring(L, 2);
	uint32_t i = 0;

	while (i < o->program_count && strcmp(o->programs[i].name, name) != 0)
		i++;
	push_part(L, 1, &program_class, i < o->program_count ? i : OBJECT_NONE);
	return 1;
}

/* Upvalues: object, next number, program (OBJECT_NONE for all). */
static int next_relo(lua_State *L)
{
	const struct object *o = owner_native(L, lua_touserdata(L, lua_upvalueindex(1)));
	uint32_t i = (uint32_t)lua_tointeger(L, lua_upvalueindex(2));
	uint32_t program = (uint32_t)lua_tointeger(L, lua_upvalueindex(3));

	while (program != OBJECT_NONE && i < o->relo_count && o->relos[i].program != program)
		i++;
	if (i >= o->relo_count) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, (lua_Integer)i + 1);
	lua_replace(L, lua_upvalueindex(2));
	push_part(L, lua_upvalueindex(1), &relo_class, i);
	return 1;
}

int push_relos(lua_State *L, int object, uint32_t program)
{
	lua_pushvalue(L, object);
	lua_pushinteger(L, 0);
	lua_pushinteger(L, program);
	lua_pushcclosure(L, next_relo, 3);
	return 1;
}

/* Upvalues: object, class, next number. */
static int next_described(lua_State *L)
{
	const struct class *c = lua_touserdata(L, lua_upvalueindex(2));
	const struct references *l = object_references(L, lua_upvalueindex(1));
	size_t i = (size_t)lua_tointeger(L, lua_upvalueindex(3));
	size_t count = c == &extern_class ? l->extern_count : l->map_count;

	while (c == &struct_ops_class && i < count && l->maps[i].kind != MAP_STRUCT_OPS)
		i++;
	lua_pushinteger(L, (lua_Integer)i + 1);
	lua_replace(L, lua_upvalueindex(3));
	push_part(L, lua_upvalueindex(1), c, i < count ? (uint32_t)i : OBJECT_NONE);
	return 1;
}

static int push_described(lua_State *L, const struct class *c)
{
	check_object(L, 1);
	lua_settop(L, 1);
	object_references(L, 1);
	lua_pushlightuserdata(L, (void *)(uintptr_t)c);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_described, 3);
	return 1;
}

static int object_maps(lua_State *L)
{
	return push_described(L, &map_class);
}

static int object_externs(lua_State *L)
{
	return push_described(L, &extern_class);
}

static int object_struct_ops(lua_State *L)
{
	return push_described(L, &struct_ops_class);
}

static int object_relos(lua_State *L)
{
	check_object(L, 1);
	return push_relos(L, 1, OBJECT_NONE);
}

/* Upvalues: resolution, next number. */
static int next_result(lua_State *L)
{
	const struct resolution *r = owner_native(L, lua_touserdata(L, lua_upvalueindex(1)));
	uint32_t i = (uint32_t)lua_tointeger(L, lua_upvalueindex(2));

	if (i >= r->object->relo_count) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, (lua_Integer)i + 1);
	lua_replace(L, lua_upvalueindex(2));
	handle_push(L, lua_upvalueindex(1), &result_class, i, 0);
	return 1;
}

int push_results(lua_State *L, int resolution)
{
	lua_pushvalue(L, resolution);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_result, 2);
	return 1;
}

static int object_results(lua_State *L)
{
	check_object(L, 1);
	check_target(L, 2);
	lua_settop(L, 3);
	push_policy_option(L, 3);
	push_resolution(L, 1, 2, -1);
	return push_results(L, -1);
}

static void set_name(lua_State *L, const char *field, const char *s)
{
	push_name(L, s);
	lua_setfield(L, -2, field);
}

static int push_opening(lua_State *L)
{
	const struct object *o = check_object(L, 1);
	const struct opening *x;

	lua_settop(L, 1);
	x = object_opening(L, 1);
	if (!x) {
		lua_pushnil(L);
		return 1;
	}
	lua_newtable(L);
	set_name(L, "kind", opening_kind_name(x->kind));
	set_name(L, "name", x->name);
	set_name(L, "section", x->section);
	set_name(L, "message", x->why);
	if (x->insn_off != OBJECT_NONE) {
		push_part(L, 1, &line_class, object_line_at(o, x->section_index, x->insn_off));
		lua_setfield(L, -2, "line");
		push_part(L, 1, &program_class,
			  object_program_at(o, x->section_index, x->insn_off));
		lua_setfield(L, -2, "program");
	}
	return 1;
}

/* Opening it has checked the rest. */
static int object_validate(lua_State *L)
{
	class_check(L, 1, &object_class);
	lua_settop(L, 1);
	object_references(L, 1);
	return 1;
}

static int object_tostring(lua_State *L)
{
	lua_pushfstring(L, "object '%s'", ((struct owner *)class_check(L, 1, &object_class))->path);
	return 1;
}

static int object_constant(lua_State *L)
{
	const struct object *o = check_object(L, 1);
	const char *name = check_cstring(L, 2);
	uint32_t section, offset, size;

	lua_pushboolean(L, references_variable(o, name, &section, &offset, &size) &&
			       references_is_frozen(o, section));
	return 1;
}

static const struct field fields[] = {
    {"path", get_path},     {"endian", get_endian}, {"license", get_license},
    {"digest", get_digest}, {"btf", get_btf},       {"arch", get_arch},
    {NULL, NULL},
};

static const luaL_Reg methods[] = {
    {"maps", object_maps},
    {"externs", object_externs},
    {"struct_ops", object_struct_ops},
    {"opening", push_opening},
    {"programs", object_programs},
    {"program", object_program},
    {"relos", object_relos},
    {"results", object_results},
    {"constant", object_constant},
    {"validate", object_validate},
    {"close", object_close},
    {"contested", object_contested},
    {NULL, NULL},
};

static const luaL_Reg meta[] = {
    {"__tostring", object_tostring},
    {"__close", object_close},
    {NULL, NULL},
};

const struct class object_class = {"btfl.object", 0, fields, methods, meta, free_object};
