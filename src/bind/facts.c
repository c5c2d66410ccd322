/* facts: what the tables of kernels say, asked by numbers: for specs that hold them against
 * kernels.
 */
#include "bind/classes.h"
#include "bind/handle.h"

#include <string.h>

#include "core/kernel_version.h"
#include "verify/context_fields.h"
#include "verify/helper_types.h"
#include "verify/hooks.h"
#include "verify/kfunc_types.h"

/* A field of the table at 1; 0 when it is not there. */
static uint32_t number_of(lua_State *L, const char *field)
{
	lua_Integer n = 0;

	if (lua_getfield(L, 1, field) != LUA_TNIL) {
		int is_integer;

		n = lua_tointegerx(L, -1, &is_integer);
		if (!is_integer || n < 0 || n > UINT32_MAX)
			luaL_error(L, "%s: a number of 32 bits expected", field);
	}
	lua_pop(L, 1);
	return (uint32_t)n;
}

static bool truth_of(lua_State *L, const char *field)
{
	bool truth;

	lua_getfield(L, 1, field);
	truth = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return truth;
}

static uint32_t version_of(lua_State *L)
{
	uint32_t code = 0;

	if (lua_getfield(L, 1, "version") != LUA_TNIL &&
	    !kernel_version_code(luaL_checkstring(L, -1), &code))
		luaL_error(L, "version: a release such as 5.10.223 expected");
	lua_pop(L, 1);
	return code;
}

static struct kernel_age read_age(lua_State *L)
{
	return (struct kernel_age){.version = version_of(L),
				   .last_helper = number_of(L, "last_helper")};
}

/* engine.helper_allowed { helper =, type =, attach =, sleepable =, version =, last_helper = }:
 * true, false, nil; see helper_type_allowed(). */
int engine_helper_allowed(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	push_known(L, helper_type_allowed(number_of(L, "helper"), number_of(L, "type"),
					  number_of(L, "attach"), truth_of(L, "sleepable"),
					  read_age(L)));
	return 1;
}

/* engine.helper_gpl_only { helper =, type =, attach =, version =, last_helper = }: true, false; see
 * helper_gpl_only(). */
int engine_helper_gpl_only(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_pushboolean(L, helper_gpl_only(number_of(L, "helper"), number_of(L, "type"),
					   number_of(L, "attach"), read_age(L)));
	return 1;
}

/* engine.kfunc_allowed { name =, type =, attach =, version =, last_helper = }: "untold", "allowed",
 * "refused", "doubted"; and whether it may sleep: true, false or nil. See kfunc_types.h. */
int engine_kfunc_allowed(lua_State *L)
{
	static const char *const words[] = {"untold", "allowed", "refused", "doubted"};
	uint64_t callers;
	const char *name;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_getfield(L, 1, "name");
	name = luaL_checkstring(L, -1);
	lua_pushstring(L, words[kfunc_type_allowed(name, strlen(name), number_of(L, "type"),
						   number_of(L, "attach"), read_age(L), &callers)]);
	push_known(L, kfunc_sleeps(name, strlen(name), read_age(L)));
	return 2;
}

/* engine.context_access { type =, attach =, offset =, size =, write =, context =, version =,
 * last_helper =, word = }; context: the size of the struct, word: of a pointer, 8 without. See
 * context_fields_access(). */
int engine_context_access(lua_State *L)
{
	struct context_access a;

	luaL_checktype(L, 1, LUA_TTABLE);
	a.prog_type = number_of(L, "type");
	a.attach_type = number_of(L, "attach");
	a.offset = number_of(L, "offset");
	a.size = number_of(L, "size");
	a.word = number_of(L, "word") ? number_of(L, "word") : 8;
	a.write = truth_of(L, "write");
	push_known(L, context_fields_access(&a, number_of(L, "context"), read_age(L)));
	return 1;
}

/* engine.context_struct(type): a name, or nil. */
int engine_context_struct(lua_State *L)
{
	lua_Integer type = luaL_checkinteger(L, 1);

	lua_pushstring(L, type < 0 || type > UINT32_MAX ? NULL
							: context_fields_struct((uint32_t)type));
	return 1;
}

/* engine.context_moved { type =, version =, last_helper = }: see context_fields_moved(). */
int engine_context_moved(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	push_known(L, context_fields_moved(number_of(L, "type"), read_age(L)));
	return 1;
}

/* engine.hook_allowed { target =, helper =, type =, attach =, version =, last_helper = }: without a
 * helper whether an LSM hook may sleep. See hooks.h. */
int engine_hook_allowed(lua_State *L)
{
	uint32_t helper;

	luaL_checktype(L, 1, LUA_TTABLE);
	helper = number_of(L, "helper");
	lua_getfield(L, 1, "target");
	if (helper)
		push_known(L, hooks_helper(helper, number_of(L, "type"), number_of(L, "attach"),
					   luaL_checkstring(L, -1), read_age(L)));
	else
		push_known(L, hooks_sleep(luaL_checkstring(L, -1), read_age(L)));
	return 1;
}

/* engine.helper_marker(helper): two functions, or nothing; see helper_marker(). */
int engine_helper_marker(lua_State *L)
{
	lua_Integer helper = luaL_checkinteger(L, 1);
	const struct helper_marker *m =
	    helper < 0 || helper > UINT32_MAX ? NULL : helper_marker((uint32_t)helper);

	if (!m)
		return 0;
	lua_pushstring(L, m->function);
	lua_pushstring(L, m->beside);
	return 2;
}
