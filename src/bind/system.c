/*
 * system: the little that the Lua side needs of the operating system and that Lua itself lacks; see
 * system.h.
 */
#include "bind/system.h"

#include <limits.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/memory.h"
#include "bind/handle.h"

int system_isatty(lua_State *L)
{
	lua_Integer fd = luaL_checkinteger(L, 1);

	lua_pushboolean(L, fd >= 0 && fd <= INT_MAX && isatty((int)fd));
	return 1;
}

/* engine.interrupted([last]): whether SIGINT came, which waits for being asked for from then on,
 * but not behind the last time. */
int system_interrupted(lua_State *L)
{
	lua_pushboolean(L, interrupt_asked());
	if (lua_toboolean(L, 1))
		interrupt_unasked();
	return 1;
}

int system_give_back_memory(lua_State *L)
{
	(void)L;
	memory_give_back();
	return 0;
}

int system_seconds(lua_State *L)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
	return 1;
}

int system_columns(lua_State *L)
{
	lua_Integer fd = luaL_checkinteger(L, 1);
	struct winsize size;

	if (fd < 0 || fd > INT_MAX || ioctl((int)fd, TIOCGWINSZ, &size) != 0 || !size.ws_col)
		return 0;
	lua_pushinteger(L, size.ws_col);
	return 1;
}
