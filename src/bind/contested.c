/* contested: for object:contested(): goes over the relocations that policies decide, with what each
 * makes of them. */
#include "bind/policy/policy.h"
#include "core/resolution.h"

/* Upvalues: the list of resolutions by policy, the next relocation, whether all are wanted. */
enum { RESOLUTIONS = 1, NEXT, ALL };

/* Says in *own whether it is of a policy's hooks, and not of libbpf's rules. */
static const struct resolution *resolution_at(lua_State *L, int list, lua_Integer i, bool *own)
{
	const struct resolution *r;

	lua_rawgeti(L, list, i);
	r = owner_native(L, lua_touserdata(L, -1));
	*own = lua_getiuservalue(L, -1, RESOLUTION_DECISIONS) == LUA_TTABLE;
	lua_pop(L, 2);
	return r;
}

/* The first relocation from i on of which not all policies have taken over what libbpf's rules
 * say. */
static uint32_t find_contested(lua_State *L, int list, uint32_t i)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, list);
	uint32_t first = UINT32_MAX;
	bool own;

	for (lua_Integer k = 1; k <= n; k++) {
		const struct resolution *r = resolution_at(L, list, k, &own);
		uint32_t end = r->object->relo_count < first ? r->object->relo_count : first;
		uint32_t at = own ? i : end;

		while (at < end && r->results[at].usual)
			at++;
		first = at;
	}
	return first;
}

static int next_contested(lua_State *L)
{
	int list = lua_upvalueindex(RESOLUTIONS);
	uint32_t i = (uint32_t)lua_tointeger(L, lua_upvalueindex(NEXT));
	lua_Integer n = (lua_Integer)lua_rawlen(L, list);
	bool own;

	if (!lua_toboolean(L, lua_upvalueindex(ALL)))
		i = find_contested(L, list, i);
	if (i >= resolution_at(L, list, 1, &own)->object->relo_count) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushinteger(L, (lua_Integer)i + 1);
	lua_replace(L, lua_upvalueindex(NEXT));
	lua_rawgeti(L, list, 1);
	lua_getiuservalue(L, -1, RESOLUTION_OBJECT);
	push_part(L, -1, &relo_class, i);
	lua_createtable(L, (int)n, 0);
	for (lua_Integer k = 1; k <= n; k++) {
		lua_rawgeti(L, list, k);
		handle_push(L, -1, &result_class, i, 0);
		lua_rawseti(L, -3, k);
		lua_pop(L, 1);
	}
	return 2;
}

/* (target, policies, all) */
int object_contested(lua_State *L)
{
	lua_Integer n;

	check_object(L, 1);
	check_target(L, 2);
	luaL_checktype(L, 3, LUA_TTABLE);
	lua_settop(L, 4);
	n = luaL_len(L, 3);
	luaL_argcheck(L, n > 0, 3, "a list of policies expected");
	watch_resolution(L, 1, 2);
	lua_createtable(L, (int)n, 0);
	for (lua_Integer k = 1; k <= n; k++) {
		lua_createtable(L, 0, 1);
		lua_geti(L, 3, k);
		lua_setfield(L, -2, "policy");
		push_policy(L, -1);
		push_resolution(L, 1, 2, -1);
		lua_rawseti(L, 5, k);
		lua_settop(L, 5);
	}
	lua_pushinteger(L, 0);
	lua_pushvalue(L, 4);
	lua_pushcclosure(L, next_contested, 3);
	return 1;
}
