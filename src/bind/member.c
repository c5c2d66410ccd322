/* member: the Lua class btfl.member, and what it shares with the other elements of a type. */
#include "bind/classes.h"

#include <string.h>

int get_element_parent(lua_State *L, const void *self)
{
	return push_referred(L, ((const struct handle *)self)->id);
}

int get_element_index(lua_State *L, const void *self)
{
	const struct handle *h = self;

	owner_native(L, h->owner);
	lua_pushinteger(L, h->index);
	return 1;
}

static struct btf_member member_of(lua_State *L, const void *self, const struct btf **b)
{
	const struct handle *h = self;
	struct btf_type t = handle_type(L, h);
	struct btf_member m = btf_member(&t, h->index);

	*b = t.btf;
	return m;
}

static int get_name(lua_State *L, const void *self)
{
	const struct btf *b;

	push_name(L, member_of(L, self, &b).name);
	return 1;
}

static int get_type(lua_State *L, const void *self)
{
	const struct btf *b;

	return push_referred(L, member_of(L, self, &b).type);
}

static int get_offset(lua_State *L, const void *self)
{
	const struct btf *b;

	lua_pushinteger(L, member_of(L, self, &b).bit_offset / 8);
	return 1;
}

static int get_bit_offset(lua_State *L, const void *self)
{
	const struct btf *b;

	lua_pushinteger(L, member_of(L, self, &b).bit_offset);
	return 1;
}

static int get_bitfield(lua_State *L, const void *self)
{
	const struct btf *b;

	lua_pushboolean(L, member_of(L, self, &b).bit_size != 0);
	return 1;
}

void push_bit_size(lua_State *L, const struct btf *b, const struct btf_member *m)
{
	int64_t size = btf_size(b, m->type);

	if (m->bit_size)
		lua_pushinteger(L, m->bit_size);
	else if (size >= 0)
		lua_pushinteger(L, size * 8);
	else
		lua_pushnil(L);
}

static int get_bit_size(lua_State *L, const void *self)
{
	const struct btf *b;
	struct btf_member m = member_of(L, self, &b);

	push_bit_size(L, b, &m);
	return 1;
}

static int member_tostring(lua_State *L)
{
	const struct handle *h = class_check(L, 1, &member_class);
	struct btf_type t = handle_type(L, h);
	struct btf_member m = btf_member(&t, h->index);

	lua_pushfstring(L, "%s.%s", *t.name ? t.name : "<anon>", *m.name ? m.name : "<anon>");
	return 1;
}

static const struct field fields[] = {
    {"name", get_name},           {"type", get_type},         {"parent", get_element_parent},
    {"index", get_element_index}, {"offset", get_offset},     {"bit_offset", get_bit_offset},
    {"bitfield", get_bitfield},   {"bit_size", get_bit_size}, {NULL, NULL},
};

static const luaL_Reg meta[] = {{"__tostring", member_tostring}, {NULL, NULL}};

const struct class member_class = {"btfl.member", TAG_MEMBER, fields, NULL, meta, NULL};
