/* subset: the Lua class btfl.subset: the part of a kernel's BTF that some objects need. */
#include <stdlib.h>

#include "bind/policy/policy.h"
#include "write/subset.h"

/* The user values are the target's userdata and the policy, nil for libbpf's rules. */
struct subset_box {
	struct subset *native;
	struct buf out; /* while it becomes a string */
	const struct owner *target;
};

enum { SUBSET_TARGET = 1, SUBSET_POLICY, SUBSET_VALUES = SUBSET_POLICY };

int open_subset(lua_State *L)
{
	const struct target *t = check_target(L, 1);
	struct subset_box *s;

	lua_settop(L, 2);
	push_policy_option(L, 2);
	s = lua_newuserdatauv(L, sizeof(*s), SUBSET_VALUES);
	*s = (struct subset_box){.target = lua_touserdata(L, 1)};
	class_set(L, &subset_class);
	lua_insert(L, -2);
	lua_setiuservalue(L, -2, SUBSET_POLICY);
	lua_pushvalue(L, 1);
	lua_setiuservalue(L, -2, SUBSET_TARGET);
	s->native = subset_new(t);
	if (!s->native)
		return raise_memory(L);
	return 1;
}

static struct subset_box *check_subset(lua_State *L)
{
	struct subset_box *s = class_check(L, 1, &subset_class);

	owner_native(L, s->target);
	return s;
}

static int subset_gc(lua_State *L)
{
	struct subset_box *s = class_check(L, 1, &subset_class);

	subset_free(s->native);
	free(s->out.data);
	*s = (struct subset_box){0};
	return 0;
}

static int subset_add_part(lua_State *L, struct subset_box *s)
{
	struct btf_type t;
	struct err e;
	int rc;

	if (lua_type(L, 2) == LUA_TSTRING) {
		rc = subset_add_path(s->native, check_cstring(L, 2), &e);
	} else {
		t = handle_type(L, class_check(L, 2, &type_class));
		rc = subset_add_type(s->native, &t, &e);
	}
	return rc < 0 ? raise_err(L, &e) : 0;
}

static int subset_add_method(lua_State *L)
{
	struct subset_box *s = check_subset(L);
	struct err e;

	if (lua_type(L, 2) == LUA_TSTRING || class_test(L, 2, &type_class))
		return subset_add_part(L, s);
	check_object(L, 2);
	lua_settop(L, 2);
	lua_getiuservalue(L, 1, SUBSET_TARGET);
	lua_getiuservalue(L, 1, SUBSET_POLICY);
	push_resolution(L, 2, 3, 4);
	return subset_add(s->native, owner_native(L, lua_touserdata(L, -1)), &e) < 0
		   ? raise_err(L, &e)
		   : 0;
}

/* Puts the bytes into s->out. */
static uint32_t write_part(lua_State *L, struct subset_box *s)
{
	uint32_t types;
	struct err e;

	s->out.len = 0;
	if (subset_write(s->native, &s->out, &types, &e) < 0)
		raise_err(L, &e);
	return types;
}

static int subset_bytes(lua_State *L)
{
	struct subset_box *s = check_subset(L);
	uint32_t types = write_part(L, s);

	lua_pushlstring(L, (const char *)s->out.data, s->out.len);
	lua_pushinteger(L, types);
	return 2;
}

static int subset_btf(lua_State *L)
{
	struct subset_box *s = check_subset(L);
	const struct target *t = owner_native(L, s->target);
	struct owner *o = owner_new(L, &btf_class, sizeof(*o), "btf", t->path);
	struct input *in;
	struct btf *b;
	struct err e;
	int rc;

	write_part(L, s);
	in = input_copy(t->path, s->out.data, s->out.len);
	if (!in)
		return raise_memory(L);
	rc = btf_from_input(in, NULL, &b, &e);
	input_unref(in);
	if (rc < 0)
		return raise_err(L, &e);
	o->native = b;
	owner_weighs(L, b->raw.len);
	return 1;
}

static int get_target(lua_State *L, const void *self)
{
	(void)self;
	lua_getiuservalue(L, 1, SUBSET_TARGET);
	return 1;
}

static const struct field fields[] = {{"target", get_target}, {NULL, NULL}};

static const luaL_Reg methods[] = {
    {"add", subset_add_method}, {"bytes", subset_bytes}, {"btf", subset_btf}, {NULL, NULL}};

static const luaL_Reg meta[] = {{"__gc", subset_gc}, {NULL, NULL}};

const struct class subset_class = {"btfl.subset", 0, fields, methods, meta, NULL};
