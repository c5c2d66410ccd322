/*
 * workers: engine.workers(), processes that go on with copies of this Lua state; see
 * base/workers.h, and lua/btfl/command/workers.lua, which calls it.
 */
#include "base/workers.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/inputs.h"
#include "base/limits.h"
#include "bind/classes.h"
#include "bind/system.h"

struct handle_of_workers {
	struct workers *workers;
};

static const struct class workers_class;

/* In a worker. What work() raises it tells itself: this is for what is left, as of memory. */
static int do_piece(void *ctx, size_t i, struct buf *out)
{
	lua_State *L = ctx;
	const char *bytes;
	size_t len;

	lua_pushvalue(L, 4);
	lua_pushinteger(L, (lua_Integer)i + 1);
	lua_pushvalue(L, 5);
	if (lua_pcall(L, 2, 1, 0) != LUA_OK) {
		bytes = lua_tostring(L, -1);
		fprintf(stderr, "btfl: %s\n", bytes ? bytes : "an error without a message");
		return 2;
	}
	bytes = lua_tolstring(L, -1, &len);
	buf_add(out, bytes, bytes ? len : 0);
	lua_pop(L, 1);
	return 0;
}

static size_t *check_starts(lua_State *L, size_t *count)
{
	size_t *starts;

	luaL_checktype(L, 2, LUA_TTABLE);
	*count = lua_rawlen(L, 2);
	starts = lua_newuserdatauv(L, (*count + 1) * sizeof(*starts), 0);
	for (size_t i = 0; i < *count; i++) {
		lua_rawgeti(L, 2, (lua_Integer)i + 1);
		starts[i] = (size_t)lua_tointeger(L, -1) - 1;
		lua_pop(L, 1);
	}
	return starts;
}

/* workers(jobs, starts, count, work, apart): that many processes, in each of which work(i,
 * workers), which gives a text, is called for pieces from 1 to count, in blocks that begin at
 * `starts`, which each takes `apart` from others, if so; nil when no process can be had. In them it
 * does not return. */
int engine_workers(lua_State *L)
{
	lua_Integer jobs = luaL_checkinteger(L, 1), count = luaL_checkinteger(L, 3);
	struct workload load = {.work = do_piece, .ctx = L};
	struct handle_of_workers *h;
	struct err e;

	luaL_argcheck(L, jobs >= 1, 1, "at least one job");
	luaL_argcheck(L, count >= 0, 3, "no negative number");
	luaL_checktype(L, 4, LUA_TFUNCTION);
	load.apart = lua_toboolean(L, 5);
	lua_settop(L, 4);
	load.starts = check_starts(L, &load.blocks);
	load.count = (size_t)count;
	h = lua_newuserdatauv(L, sizeof(*h), 1);
	h->workers = NULL;
	class_set(L, &workers_class);
	lua_insert(L, -2);
	lua_setiuservalue(L, -2, 1); /* the starts */
	if (workers_start(&load, (unsigned)(jobs > 1024 ? 1024 : jobs), &h->workers, &e) < 0)
		return raise_err(L, &e);
	if (!h->workers)
		lua_pushnil(L);
	return 1;
}

static struct workers *check_workers(lua_State *L)
{
	struct handle_of_workers *h = class_check(L, 1, &workers_class);

	if (!h->workers)
		luaL_error(L, "the workers are gone");
	return h->workers;
}

/* receive(): the number of a piece, its text, and what was written to standard output and standard
 * error; where its worker ended in it no text, and behind all that the exit status, or the signal,
 * negative. false when a signal came, nil when there is no more. */
static int workers_receive_method(lua_State *L)
{
	struct workers *w = check_workers(L);
	struct piece p;
	struct err e;
	int got = workers_receive(w, &p, &e);

	if (got < 0)
		return raise_err(L, &e);
	if (got == RECEIVED_ALL) {
		lua_pushnil(L);
		return 1;
	}
	if (got == RECEIVED_SIGNAL) {
		lua_pushboolean(L, 0);
		return 1;
	}
	lua_pushinteger(L, (lua_Integer)p.number + 1);
	if (p.lost)
		lua_pushnil(L);
	else
		lua_pushlstring(L, (const char *)p.bytes, p.len);
	lua_pushlstring(L, p.out ? p.out : "", p.out_len);
	lua_pushlstring(L, p.err ? p.err : "", p.err_len);
	lua_pushinteger(L, p.status);
	return 5;
}

/* draw(): in a worker, the next number, from 1, of those that all draw, each once. */
static int workers_draw_method(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)workers_draw(check_workers(L)) + 1);
	return 1;
}

/* stop(): no block is begun any more. */
static int workers_stop_method(lua_State *L)
{
	workers_stop(check_workers(L));
	return 0;
}

static int workers_close(lua_State *L)
{
	struct handle_of_workers *h = class_check(L, 1, &workers_class);

	workers_free(h->workers);
	h->workers = NULL;
	return 0;
}

static const luaL_Reg methods[] = {
    {"receive", workers_receive_method},
    {"stop", workers_stop_method},
    {"draw", workers_draw_method},
    {"close", workers_close},
    {NULL, NULL},
};

static const luaL_Reg meta[] = {{"__close", workers_close}, {"__gc", workers_close}, {NULL, NULL}};

static const struct class workers_class = {"btfl.workers", 0, NULL, methods, meta, NULL};

/* limits(): how many processors this process may keep busy, how many bytes of memory it may take
 * more (nil when nothing limits it), and how many it has; see base/limits.h. */
int engine_limits(lua_State *L)
{
	uint64_t left = limits_memory();

	lua_pushinteger(L, limits_processors());
	if (left <= INT64_MAX)
		lua_pushinteger(L, (lua_Integer)left);
	else
		lua_pushnil(L);
	lua_pushinteger(L, (lua_Integer)limits_resident());
	return 3;
}

/* noted_inputs(count): the paths of files that were read, but the first `count`; and how many there
 * are with those. */
int engine_noted_inputs(lua_State *L)
{
	size_t from = (size_t)luaL_checkinteger(L, 1), count = inputs_count();

	lua_newtable(L);
	for (size_t i = from; i < count; i++) {
		lua_pushstring(L, inputs_path(i));
		lua_rawseti(L, -2, (lua_Integer)(i - from) + 1);
	}
	lua_pushinteger(L, (lua_Integer)count);
	return 2;
}
