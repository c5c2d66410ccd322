/* secvar: the Lua class btfl.secvar: a variable in a section. */
#include "bind/classes.h"

static struct btf_secinfo secvar_of(lua_State *L, const void *self)
{
	const struct handle *h = self;
	struct btf_type t = handle_type(L, h);

	return btf_secinfo(&t, h->index);
}

static int get_type(lua_State *L, const void *self)
{
	return push_referred(L, secvar_of(L, self).type);
}

static int get_offset(lua_State *L, const void *self)
{
	lua_pushinteger(L, secvar_of(L, self).offset);
	return 1;
}

static int get_size(lua_State *L, const void *self)
{
	lua_pushinteger(L, secvar_of(L, self).size);
	return 1;
}

static const struct field fields[] = {
    {"type", get_type},           {"offset", get_offset},
    {"size", get_size},           {"parent", get_element_parent},
    {"index", get_element_index}, {NULL, NULL},
};

const struct class secvar_class = {"btfl.secvar", TAG_SECVAR, fields, NULL, NULL, NULL};
