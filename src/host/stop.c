/* stop: see stop.h. */
#include "host/stop.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <lauxlib.h>

#include "base/memory.h"
#include "host/host.h"

/* Steps between two looks at how many there were. */
#define STEP 100

enum reason { NONE, INTERRUPT, STEPS, MEMORY };

static volatile sig_atomic_t reason; /* an enum reason */
static lua_State *volatile running;

static uint64_t most_steps, steps;
static bool memory_is_limited;

static const char *const texts[] = {
    [INTERRUPT] = "interrupted!",
    [STEPS] = "more steps than --max-steps allows",
    [MEMORY] = "more memory than --max-memory allows",
};

static void on_step(lua_State *L, lua_Debug *ar);

static void arm(lua_State *L)
{
	lua_sethook(L, on_step, LUA_MASKCALL | LUA_MASKCOUNT, 1);
}

static void stop(enum reason why)
{
	reason = why;
	arm(running);
}

static void on_step(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	if (reason == NONE) {
		steps += STEP;
		if (steps <= most_steps)
			return;
		stop(STEPS);
	}
	/* A thread that was made before, or whose steps were counted. */
	if (lua_gethookcount(L) != 1)
		arm(L);
	lua_pushstring(L, texts[reason]);
	lua_error(L);
}

static int refuse_hook(lua_State *L)
{
	return luaL_error(L, "debug.sethook: the hook is that of --max-steps");
}

bool stop_limit(lua_State *L, uint64_t max_steps, uint64_t memory)
{
	struct rlimit room;

	running = L;
	most_steps = max_steps;
	if (max_steps) {
		lua_sethook(L, on_step, LUA_MASKCOUNT, STEP);
		lua_getglobal(L, "debug");
		lua_pushcfunction(L, refuse_hook);
		lua_setfield(L, -2, "sethook");
		lua_pop(L, 1);
	}
	if (!memory)
		return true;
	memory_is_limited = true;
	memory_spare();
	if (getrlimit(RLIMIT_DATA, &room) < 0)
		return false;
	if (room.rlim_cur > memory)
		room.rlim_cur = memory;
	return setrlimit(RLIMIT_DATA, &room) == 0;
}

void stop_begin(lua_State *L)
{
	running = L;
	reason = NONE;
	steps = 0;
	if (lua_gethook(L) == on_step)
		lua_sethook(L, most_steps ? on_step : NULL, LUA_MASKCOUNT, STEP);
}

void stop_interrupt(void)
{
	stop(INTERRUPT);
}

void stop_memory(void)
{
	if (memory_is_limited && reason == NONE)
		stop(MEMORY);
}

void stop_enter(lua_State *L)
{
	running = L;
	if (reason != NONE)
		arm(L);
}

void stop_charge(lua_State *L)
{
	if (most_steps)
		on_step(L, NULL);
}

const char *stop_reason(void)
{
	return texts[reason];
}

bool stop_interrupted(void)
{
	return reason == INTERRUPT;
}

void stop_unwind(lua_State *L)
{
	lua_sethook(L, on_step, LUA_MASKCOUNT, 1);
}
