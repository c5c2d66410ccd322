/* map: the Lua class btfl.map: a map of an object, or what a map of maps holds. */
#include "bind/classes.h"

#include "format/uapi.h"

enum { INNER = 1 }; /* of a handle's index: what map `id` holds */

static const struct map_def *map_of(lua_State *L, const struct handle *h)
{
	const struct map_def *m;

	lua_getiuservalue(L, 1, HANDLE_OWNER);
	m = &object_references(L, -1)->maps[h->id];
	lua_pop(L, 1);
	return h->index == INNER ? m->inner : m;
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

static int get_kind(lua_State *L, const void *self)
{
	lua_pushstring(L, map_kind_name(map_of(L, self)->kind));
	return 1;
}

static int get_type(lua_State *L, const void *self)
{
	push_name(L, uapi_name(UAPI_MAP_TYPE, map_of(L, self)->type));
	return 1;
}

#define NUMBER(field, member)                                             \
	static int get_##field(lua_State *L, const void *self)            \
	{                                                                 \
		lua_pushinteger(L, (lua_Integer)map_of(L, self)->member); \
		return 1;                                                 \
	}

NUMBER(number, type)
NUMBER(key_size, key_size)
NUMBER(value_size, value_size)
NUMBER(max_entries, max_entries)
NUMBER(flags, flags)
NUMBER(extra, extra)
NUMBER(numa_node, numa_node)
NUMBER(offset, offset)

static int get_pinned(lua_State *L, const void *self)
{
	lua_pushboolean(L, map_of(L, self)->pinning != 0);
	return 1;
}

static int get_auto(lua_State *L, const void *self)
{
	lua_pushboolean(L, map_of(L, self)->automatic);
	return 1;
}

static int get_problem(lua_State *L, const void *self)
{
	push_name(L, map_of(L, self)->bad);
	return 1;
}

static int get_inner(lua_State *L, const void *self)
{
	const struct handle *h = self;

	if (!map_of(L, h)->inner) {
		lua_pushnil(L);
		return 1;
	}
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	handle_push(L, -1, &map_class, h->id, INNER);
	return 1;
}

static int get_key(lua_State *L, const void *self)
{
	return push_object_type(L, map_of(L, self)->key_type);
}

static int get_value(lua_State *L, const void *self)
{
	return push_object_type(L, map_of(L, self)->value_type);
}

static int map_tostring(lua_State *L)
{
	const struct map_def *m = map_of(L, class_check(L, 1, &map_class));

	lua_pushfstring(L, "map '%s' in %s", m->name, m->section);
	return 1;
}

static const struct field fields[] = {
    {"name", get_name},
    {"section", get_section},
    {"offset", get_offset},
    {"kind", get_kind},
    {"type", get_type},
    {"number", get_number},
    {"key_size", get_key_size},
    {"value_size", get_value_size},
    {"max_entries", get_max_entries},
    {"flags", get_flags},
    {"extra", get_extra},
    {"numa_node", get_numa_node},
    {"pinned", get_pinned},
    {"auto", get_auto},
    {"key", get_key},
    {"value", get_value},
    {"inner", get_inner},
    {"problem", get_problem},
    {"object", get_owner},
    {NULL, NULL},
};

static const luaL_Reg meta[] = {{"__tostring", map_tostring}, {NULL, NULL}};

const struct class map_class = {"btfl.map", TAG_MAP, fields, NULL, meta, NULL};
