/* api: the Lua API, called as spec/fuzz/support/api.lua reads the input: any method of any value
 * with any arguments, what is closed and collected, hooks that do all of that. */
#include "support/fuzz.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>

#include "host/host.h"

const unsigned fuzz_parts = 1;

enum { DRIVER = 1 };

static void check(lua_State *L, int status)
{
	fuzz_holds(status == LUA_OK, "%s", status == LUA_OK ? "" : luaL_tolstring(L, -1, NULL));
}

static int set_up(lua_State *L)
{
	luaL_openlibs(L);
	setup_host(L, false);
	return 0;
}

/* One state for all inputs: what one leaves behind is part of what the next one meets. */
static lua_State *start(void)
{
	lua_State *L;

	setenv("BTFL_LUA", "lua", 0);
	L = open_lua();
	if (!L)
		abort();
	lua_pushcfunction(L, set_up);
	check(L, lua_pcall(L, 0, 0, 0));
	check(L, luaL_loadfile(L, "spec/fuzz/support/api.lua"));
	check(L, lua_pcall(L, 0, 1, 0));
	return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static lua_State *L;

	if (!L)
		L = start();
	lua_pushvalue(L, DRIVER);
	lua_pushlstring(L, (const char *)data, len);
	check(L, lua_pcall(L, 1, 0, 0));
	lua_settop(L, DRIVER);
	return 0;
}
