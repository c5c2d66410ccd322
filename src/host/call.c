/*
 * call: calls into Lua that cannot end the program: who catches an error, what SIGINT does
 * meanwhile, and how the text of an error reaches the user.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <lauxlib.h>

#include "base/interrupt.h"
#include "host/host.h"
#include "host/stop.h"

/* A handler may not touch the stack, but it may set a hook. A second signal, of those that do not
 * wait, ends the process, for a long call of C never reaches the hook. */
static void on_sigint(int sig)
{
	if (interrupt_waits())
		return;
	signal(sig, SIG_DFL);
	stop_interrupt();
}

/* Of a run that is being ended no Lua can word the error. */
static int word_reason(lua_State *L)
{
	const char *text = lua_pushfstring(L, "btfl: %s", stop_reason());

	stop_unwind(L);
	if (lua_getfield(L, LUA_REGISTRYINDEX, "btfl.host") == LUA_TTABLE &&
	    lua_getfield(L, -1, "verbose") == LUA_TBOOLEAN && lua_toboolean(L, -1))
		luaL_traceback(L, L, text, 1);
	else
		lua_pushstring(L, text);
	return 1;
}

/* The message handler: btfl.host words the error while the stack that it came from still stands. */
static int on_error(lua_State *L)
{
	if (stop_reason())
		return word_reason(L);
	if (lua_getfield(L, LUA_REGISTRYINDEX, "btfl.host") != LUA_TTABLE) {
		lua_pushfstring(L, "btfl: %s", luaL_tolstring(L, 1, NULL));
		return 1;
	}
	lua_pop(L, 1);
	lua_pushvalue(L, 1);
	host_call(L, "caught", 1, 1);
	return 1;
}

int protected_call(lua_State *L, int narg, int nres)
{
	int base = lua_gettop(L) - narg, status;
	void (*before)(int);

	lua_pushcfunction(L, on_error);
	lua_insert(L, base);
	stop_begin(L);
	before = signal(SIGINT, on_sigint);
	status = lua_pcall(L, narg, nres, base);
	signal(SIGINT, before);
	lua_remove(L, base);
	return status;
}

int report_error(lua_State *L, int status)
{
	const char *text = lua_tostring(L, -1);

	fflush(stdout);
	if (status != LUA_ERRRUN) { /* the handler did not word it: out of memory, or it failed */
		fputs("btfl: ", stderr);
		text = stop_reason() ? stop_reason() : text;
	}
	fprintf(stderr, "%s\n", text ? text : "an error without a message");
	lua_pop(L, 1);
	return stop_interrupted() ? STATUS_INTERRUPTED : STATUS_FAILED;
}

void host_call(lua_State *L, const char *name, int narg, int nres)
{
	lua_getfield(L, LUA_REGISTRYINDEX, "btfl.host");
	lua_getfield(L, -1, name);
	lua_remove(L, -2);
	lua_insert(L, -narg - 1);
	lua_call(L, narg, nres);
}

int load_code(lua_State *L, const char *code, size_t len, const char *chunkname)
{
	lua_pushliteral(L, "return ");
	lua_pushlstring(L, code, len);
	lua_concat(L, 2);
	size_t n;
	const char *expression = lua_tolstring(L, -1, &n);

	if (luaL_loadbuffer(L, expression, n, chunkname) == LUA_OK) {
		lua_remove(L, -2);
		return LUA_OK;
	}
	lua_pop(L, 2);
	return luaL_loadbuffer(L, code, len, chunkname);
}
