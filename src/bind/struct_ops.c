/* struct_ops: the Lua class btfl.struct_ops: a set of programs that the kernel takes as one. */
#include "bind/classes.h"

#include <string.h>

static const struct map_def *map_of(lua_State *L, const struct handle *h)
{
	const struct map_def *m;

	lua_getiuservalue(L, 1, HANDLE_OWNER);
	m = &object_references(L, -1)->maps[h->id];
	lua_pop(L, 1);
	return m;
}

static int get_name(lua_State *L, const void *self)
{
	lua_pushstring(L, map_of(L, self)->name);
	return 1;
}

static int get_section(lua_State *L, const void *self)
{
	lua_pushstring(L, map_of(L, self)->section);
	return 1;
}

static int get_type(lua_State *L, const void *self)
{
	return push_object_type(L, map_of(L, self)->type_id);
}

static int get_map(lua_State *L, const void *self)
{
	map_of(L, self);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_part(L, -1, &map_class, ((const struct handle *)self)->id);
	return 1;
}

static int get_link(lua_State *L, const void *self)
{
	lua_pushboolean(L, strstr(map_of(L, self)->section, ".link") != NULL);
	return 1;
}

static int get_auto(lua_State *L, const void *self)
{
	lua_pushboolean(L, map_of(L, self)->automatic);
	return 1;
}

/* A table by the names of members. */
static int struct_ops_programs(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &struct_ops_class);
	const struct map_def *m = map_of(L, h);
	const struct references *l;
	const struct object *o;

	lua_settop(L, 1);
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	o = check_object(L, 2);
	l = object_references(L, 2);
	lua_newtable(L);
	for (size_t i = 0; i < l->slot_count; i++) {
		struct btf_type t = btf_type(o->btf, m->type_id);

		if (l->slots[i].map != h->id)
			continue;
		lua_pushstring(L, btf_member(&t, l->slots[i].member).name);
		push_part(L, 2, &program_class, l->slots[i].program);
		lua_rawset(L, 3);
	}
	return 1;
}

static int struct_ops_tostring(lua_State *L)
{
	const struct map_def *m = map_of(L, class_check(L, 1, &struct_ops_class));

	lua_pushfstring(L, "struct_ops '%s' in %s", m->name, m->section);
	return 1;
}

static const struct field fields[] = {
    {"name", get_name}, {"section", get_section}, {"type", get_type},    {"map", get_map},
    {"link", get_link}, {"auto", get_auto},       {"object", get_owner}, {NULL, NULL},
};

static const luaL_Reg methods[] = {{"programs", struct_ops_programs}, {NULL, NULL}};

static const luaL_Reg meta[] = {{"__tostring", struct_ops_tostring}, {NULL, NULL}};

const struct class struct_ops_class = {"btfl.struct_ops", TAG_STRUCT_OPS, fields,
				       methods,           meta,           NULL};
