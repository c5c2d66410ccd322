/* extern: the Lua class btfl.extern: what an object takes from outside. */
#include "bind/classes.h"

static const struct extern_def *extern_of(lua_State *L, const struct handle *h)
{
	const struct extern_def *x;

	lua_getiuservalue(L, 1, HANDLE_OWNER);
	x = &object_references(L, -1)->externs[h->id];
	lua_pop(L, 1);
	return x;
}

static int get_name(lua_State *L, const void *self)
{
	lua_pushstring(L, extern_of(L, self)->name);
	return 1;
}

static int get_what(lua_State *L, const void *self)
{
	lua_pushstring(L, extern_kind_name(extern_of(L, self)->kind));
	return 1;
}

static int get_weak(lua_State *L, const void *self)
{
	lua_pushboolean(L, extern_of(L, self)->weak);
	return 1;
}

/* As declared, with its modifiers; of void, too. */
static int get_type(lua_State *L, const void *self)
{
	const struct extern_def *x = extern_of(L, self);

	if (!x->var_id) {
		lua_pushnil(L);
		return 1;
	}
	lua_getiuservalue(L, 1, HANDLE_OWNER);
	push_object_btf(L, -1);
	push_type(L, -1, btf_type(check_object(L, -2)->btf, x->var_id).type);
	return 1;
}

static int get_size(lua_State *L, const void *self)
{
	lua_pushinteger(L, extern_of(L, self)->size);
	return 1;
}

static int get_uses(lua_State *L, const void *self)
{
	lua_pushinteger(L, extern_of(L, self)->uses);
	return 1;
}

static int get_problem(lua_State *L, const void *self)
{
	push_name(L, extern_of(L, self)->bad);
	return 1;
}

static int extern_tostring(lua_State *L)
{
	const struct extern_def *x = extern_of(L, class_check(L, 1, &extern_class));

	lua_pushfstring(L, "%s '%s'", extern_kind_name(x->kind), x->name);
	return 1;
}

static const struct field fields[] = {
    {"name", get_name},       {"what", get_what},    {"weak", get_weak},
    {"type", get_type},       {"size", get_size},    {"uses", get_uses},
    {"problem", get_problem}, {"object", get_owner}, {NULL, NULL},
};

static const luaL_Reg meta[] = {{"__tostring", extern_tostring}, {NULL, NULL}};

const struct class extern_class = {"btfl.extern", TAG_EXTERN, fields, NULL, meta, NULL};
