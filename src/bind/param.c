/* param: the Lua class btfl.param: a parameter of a function prototype. */
#include "bind/classes.h"

static int get_name(lua_State *L, const void *self)
{
	const struct handle *h = self;
	struct btf_type t = handle_type(L, h);

	push_name(L, btf_param(&t, h->index).name);
	return 1;
}

/* The last parameter, without type and name, stands for `...`. */
static int get_type(lua_State *L, const void *self)
{
	const struct handle *h = self;
	struct btf_type t = handle_type(L, h);
	struct btf_param p = btf_param(&t, h->index);

	if (p.type || *p.name || h->index + 1 < t.vlen)
		return push_referred(L, p.type);
	lua_pushnil(L);
	return 1;
}

static const struct field fields[] = {
    {"name", get_name},           {"type", get_type}, {"parent", get_element_parent},
    {"index", get_element_index}, {NULL, NULL},
};

const struct class param_class = {"btfl.param", TAG_PARAM, fields, NULL, NULL, NULL};
