/*
 * threads: what of Lua's own library would keep a run from being ended (see stop.h), done so that
 * it does not: the functions of `coroutine` that run a thread or make one tell which thread runs,
 * and the handler of xpcall, in which hooks are off where a hook has raised the error, is not
 * called then. Else they do what Lua's do, but that a handler has one level of C more below it.
 */
#include <lauxlib.h>

#include "host/host.h"
#include "host/stop.h"

static lua_State *check_thread(lua_State *L)
{
	lua_State *co = lua_tothread(L, 1);

	luaL_argexpected(L, co, 1, "coroutine");
	return co;
}

/* Resumes with the narg values on top of L, which are popped. Returns how many values it gave, on
 * top of L; -1 and the error there. */
static int resume(lua_State *L, lua_State *co, int narg)
{
	int status, n;

	if (!lua_checkstack(co, narg)) {
		lua_pushliteral(L, "too many arguments to resume");
		return -1;
	}
	lua_xmove(L, co, narg);
	stop_enter(co);
	status = lua_resume(co, L, narg, &n);
	stop_enter(L);
	if (status != LUA_OK && status != LUA_YIELD) {
		lua_xmove(co, L, 1);
		return -1;
	}
	if (!lua_checkstack(L, n + 1)) {
		lua_pop(co, n);
		lua_pushliteral(L, "too many results to resume");
		return -1;
	}
	lua_xmove(co, L, n);
	return n;
}

static int resume_coroutine(lua_State *L)
{
	lua_State *co = check_thread(L);
	int n = resume(L, co, lua_gettop(L) - 1);

	lua_pushboolean(L, n >= 0);
	lua_insert(L, n >= 0 ? -n - 1 : -2);
	return n >= 0 ? n + 1 : 2;
}

/* Closes what the thread has to be closed, which runs in it. Leaves the error on it, if there is
 * one. */
static int close_thread(lua_State *L, lua_State *co)
{
	int status;

	stop_enter(co);
	status = lua_resetthread(co);
	stop_enter(L);
	return status;
}

static int resume_wrapped(lua_State *L)
{
	lua_State *co = lua_tothread(L, lua_upvalueindex(1));
	int n = resume(L, co, lua_gettop(L)), status;

	if (n >= 0)
		return n;
	status = lua_status(co);
	if (status != LUA_OK && status != LUA_YIELD) {
		/* Of resume() the error is on L, and has to be on the thread. */
		lua_xmove(L, co, 1);
		status = close_thread(L, co);
		lua_xmove(co, L, 1);
	}
	if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
		luaL_where(L, 1);
		lua_insert(L, -2);
		lua_concat(L, 2);
	}
	return lua_error(L);
}

static int create_coroutine(lua_State *L)
{
	lua_State *co;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	stop_charge(L);
	co = lua_newthread(L);
	lua_pushvalue(L, 1);
	lua_xmove(L, co, 1);
	return 1;
}

static int wrap_coroutine(lua_State *L)
{
	create_coroutine(L);
	lua_pushcclosure(L, resume_wrapped, 1);
	return 1;
}

static int close_coroutine(lua_State *L)
{
	lua_State *co = check_thread(L);
	lua_Debug ar;
	int status = lua_status(co);

	/* Neither suspended, nor dead, nor one that has not begun. */
	if (co == L || (status == LUA_OK && lua_getstack(co, 0, &ar)))
		return luaL_error(L, "cannot close a %s coroutine", co == L ? "running" : "normal");
	if (close_thread(L, co) == LUA_OK) {
		lua_pushboolean(L, 1);
		return 1;
	}
	lua_pushboolean(L, 0);
	lua_xmove(co, L, 1);
	return 2;
}

/* The message handler in the place of its upvalue. */
static int handle(lua_State *L)
{
	if (stop_reason())
		return 1;
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

static lua_CFunction plain_xpcall;

static int guarded_xpcall(lua_State *L)
{
	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, handle, 1);
	lua_replace(L, 2);
	return plain_xpcall(L);
}

void threads_install(lua_State *L)
{
	static const luaL_Reg functions[] = {
	    {"resume", resume_coroutine},
	    {"create", create_coroutine},
	    {"wrap", wrap_coroutine},
	    {"close", close_coroutine},
	    {NULL, NULL},
	};

	lua_getglobal(L, "coroutine");
	luaL_setfuncs(L, functions, 0);
	lua_getglobal(L, "xpcall");
	plain_xpcall = lua_tocfunction(L, -1);
	lua_pushcfunction(L, guarded_xpcall);
	lua_setglobal(L, "xpcall");
	lua_pop(L, 2);
}
