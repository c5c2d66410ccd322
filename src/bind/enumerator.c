/* enumerator: the Lua class btfl.enumerator. */
#include "bind/classes.h"

#include <inttypes.h>
#include <stdio.h>

static int get_name(lua_State *L, const void *self)
{
	const struct handle *h = self;
	struct btf_type t = handle_type(L, h);

	lua_pushstring(L, btf_enumerator(&t, h->index).name);
	return 1;
}

/* A 32-bit value is stored signed whatever the enum is; kind_flag tells. */
static int get_value(lua_State *L, const void *self)
{
	const struct handle *h = self;
	struct btf_type t = handle_type(L, h);
	uint64_t value = btf_enumerator(&t, h->index).value;

	push_u64(L, t.kind == BTF_ENUM && !t.kflag ? (uint32_t)value : value);
	return 1;
}

static int get_decimal(lua_State *L, const void *self)
{
	const struct handle *h = self;
	struct btf_type t = handle_type(L, h);
	char text[24];

	get_value(L, self);
	snprintf(text, sizeof(text), t.kflag ? "%" PRId64 : "%" PRIu64,
		 (uint64_t)lua_tointeger(L, -1));
	lua_pushstring(L, text);
	return 1;
}

static int enumerator_tostring(lua_State *L)
{
	get_name(L, class_check(L, 1, &enumerator_class));
	return 1;
}

static const struct field fields[] = {
    {"name", get_name},           {"value", get_value},
    {"decimal", get_decimal},     {"parent", get_element_parent},
    {"index", get_element_index}, {NULL, NULL},
};

static const luaL_Reg meta[] = {{"__tostring", enumerator_tostring}, {NULL, NULL}};

const struct class enumerator_class = {"btfl.enumerator", TAG_ENUMERATOR, fields, NULL, meta, NULL};
