/*
 * data: runs a chunk that nobody has to trust, and copies what it returns; see data.h.
 *
 * What it may call is listed, for much of Lua's own library takes as long, or as much memory, as
 * its arguments say, within one call that no hook interrupts: string.rep of an empty string,
 * patterns, table.sort and whatever goes over the length of a table.
 */
#include "bind/data.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bind/handle.h"

enum {
	MOST_BYTES = 16 << 20,  /* at one time */
	MOST_SPENT = 256 << 20, /* bytes allocated over all its life: copying takes time as well */
	MOST_INSNS = 4000000,
	STEP = 100,          /* instructions between two looks at the limits */
	MOST_SECONDS = 2,    /* of the processor */
	MOST_LEVELS = 16,    /* tables in tables */
	MOST_VALUES = 500000 /* copied, however often the chunk has one table or text in others */
};

struct room {
	size_t used, spent; /* bytes */
	long insns;
	clock_t start;
};

/* A chunk at work: the state that it runs in, and why its value is no data. */
struct work {
	const char *name, *text;
	size_t len;
	struct room room;
	lua_State *own;
	size_t values, bytes; /* copied; bytes of text */
};

static void *room_alloc(void *ctx, void *p, size_t old, size_t size)
{
	struct room *r = ctx;
	size_t had = p ? old : 0;
	void *q;

	if (!size) {
		free(p);
		r->used -= had;
		return NULL;
	}
	if (size > had && (size - had > MOST_BYTES - r->used || size > MOST_SPENT - r->spent))
		return NULL;
	q = realloc(p, size);
	/* Lua takes for granted that a block can shrink. */
	if (!q)
		return size <= had ? p : NULL;
	r->used = r->used - had + size;
	if (size > had)
		r->spent += size;
	return q;
}

static void count_step(lua_State *S, lua_Debug *ar)
{
	void *ctx;
	struct room *r;

	lua_getallocf(S, &ctx);
	r = ctx;
	r->insns += STEP;
	if (r->insns > MOST_INSNS || clock() - r->start > (clock_t)MOST_SECONDS * CLOCKS_PER_SEC) {
		lua_getinfo(S, "Sl", ar);
		luaL_error(S, "%s:%d: runs for too long: this file is data, not a program",
			   ar->short_src, ar->currentline);
	}
}

/* The __index of what stands for the globals. */
static int no_global(lua_State *S)
{
	const char *name = lua_type(S, 2) == LUA_TSTRING ? lua_tostring(S, 2) : "?";

	return luaL_error(S, "there is no `%s` here: this file is data, not a program", name);
}

static const char *const base_names[] = {"assert", "error",    "ipairs",   "next", "pairs",
					 "select", "tonumber", "tostring", "type", NULL};
static const char *const string_names[] = {"byte", "char",    "format", "len", "lower",
					   "sub",  "reverse", "upper",  NULL};
static const char *const math_names[] = {
    "abs", "ceil",       "exp", "floor", "fmod",      "huge", "log", "max", "maxinteger",
    "min", "mininteger", "pi",  "sqrt",  "tointeger", "type", "ult", NULL};
static const char *const table_names[] = {"concat", NULL};

/* Copies the fields of those names from the library that open() leaves to the table on top. */
static void take(lua_State *S, lua_CFunction open, const char *module, const char *const *names)
{
	luaL_requiref(S, module, open, 0);
	for (; *names; names++) {
		lua_getfield(S, -1, *names);
		lua_setfield(S, -3, *names);
	}
	lua_pop(S, 1);
}

/* Pushes what the chunk has for globals. */
static void push_globals(lua_State *S)
{
	lua_newtable(S);
	take(S, luaopen_base, LUA_GNAME, base_names);
	lua_newtable(S);
	take(S, luaopen_math, LUA_MATHLIBNAME, math_names);
	lua_setfield(S, -2, "math");
	lua_newtable(S);
	take(S, luaopen_table, LUA_TABLIBNAME, table_names);
	lua_setfield(S, -2, "table");
	lua_newtable(S);
	take(S, luaopen_string, LUA_STRLIBNAME, string_names);
	/* Strings have methods, too: they are the same few. */
	lua_pushliteral(S, "");
	lua_newtable(S);
	lua_pushvalue(S, -3);
	lua_setfield(S, -2, "__index");
	lua_setmetatable(S, -2);
	lua_pop(S, 1);
	lua_setfield(S, -2, "string");
	lua_newtable(S);
	lua_pushcfunction(S, no_global);
	lua_setfield(S, -2, "__index");
	lua_setmetatable(S, -2);
}

/* In the state of its own: gives what the chunk returns first. */
static int run_chunk(lua_State *S)
{
	const struct work *w = lua_touserdata(S, 1);

	if (luaL_loadbufferx(S, w->text, w->len, w->name, "t") != LUA_OK)
		return lua_error(S);
	push_globals(S);
	lua_setupvalue(S, -2, 1);
	lua_sethook(S, count_step, LUA_MASKCOUNT, STEP);
	lua_call(S, 0, 1);
	lua_sethook(S, NULL, 0, 0);
	return 1;
}

static bool copy_value(lua_State *L, struct work *w, int level);

/* Leaves the reason on top of L. key is the field that it is about, in the other state at -2. */
static bool refuse(lua_State *L, struct work *w, const char *why)
{
	lua_State *S = w->own;

	if (lua_type(S, -2) == LUA_TSTRING)
		lua_pushfstring(L, "%s: `%s` %s", w->name + 1, lua_tostring(S, -2), why);
	else if (lua_isinteger(S, -2))
		lua_pushfstring(L, "%s: number %I of a list %s", w->name + 1,
				(LUAI_UACINT)lua_tointeger(S, -2), why);
	else
		lua_pushfstring(L, "%s: what it returns %s", w->name + 1, why);
	return false;
}

/* Pushes a copy of the text at index of the other state. */
static bool copy_text(lua_State *L, struct work *w, int index)
{
	size_t len;
	const char *s = lua_tolstring(w->own, index, &len);

	w->bytes += len;
	if (w->bytes > MOST_BYTES)
		return refuse(L, w, "is more than anybody writes");
	lua_pushlstring(L, s, len);
	return true;
}

static bool copy_table(lua_State *L, struct work *w, int level)
{
	lua_State *S = w->own;

	lua_newtable(L);
	lua_pushnil(S);
	while (lua_next(S, -2)) {
		int key = lua_type(S, -2);

		if (key == LUA_TSTRING) {
			if (!copy_text(L, w, -2))
				return false;
		} else if (lua_isinteger(S, -2)) {
			lua_pushinteger(L, lua_tointeger(S, -2));
		} else {
			lua_pushfstring(L, "%s: a key of a table is a %s, which is no data",
					w->name + 1, lua_typename(S, key));
			return false;
		}
		if (!copy_value(L, w, level + 1))
			return false;
		lua_rawset(L, -3);
		lua_pop(S, 1);
	}
	return true;
}

/* Pushes a copy of what is on top of the other state, or why it is no data. */
static bool copy_value(lua_State *L, struct work *w, int level)
{
	lua_State *S = w->own;

	luaL_checkstack(L, 8, NULL);
	if (!lua_checkstack(S, 8) || ++w->values > MOST_VALUES)
		return refuse(L, w, "is more than anybody writes");
	switch (lua_type(S, -1)) {
	case LUA_TTABLE:
		if (level >= MOST_LEVELS)
			return refuse(L, w, "has tables in tables, too deep");
		return copy_table(L, w, level);
	case LUA_TSTRING: return copy_text(L, w, -1);
	case LUA_TBOOLEAN: lua_pushboolean(L, lua_toboolean(S, -1)); return true;
	case LUA_TNUMBER:
		if (lua_isinteger(S, -1))
			lua_pushinteger(L, lua_tointeger(S, -1));
		else
			lua_pushnumber(L, lua_tonumber(S, -1));
		return true;
	case LUA_TNIL: return refuse(L, w, "is nothing: it ends in `return { ... }`");
	default: return refuse(L, w, "is a function, which is no data");
	}
}

static const char *failure_of(const struct work *w, int rc)
{
	if (rc == LUA_ERRMEM)
		return "takes too much memory: this file is data, not a program";
	if (lua_type(w->own, -1) != LUA_TSTRING)
		return "raises an error";
	/* What has no line of its own. */
	return strchr(lua_tostring(w->own, -1), ':') ? NULL : lua_tostring(w->own, -1);
}

/* In the state of the caller, protected, so that the other one is closed whatever happens. */
static int run_protected(lua_State *L)
{
	struct work *w = lua_touserdata(L, 1);
	lua_State *S = w->own;
	const char *why;
	int rc;

	lua_pushcfunction(S, run_chunk);
	lua_pushlightuserdata(S, w);
	rc = lua_pcall(S, 1, 1, 0);
	if (rc == LUA_OK) {
		/* Where the key of a field would be. */
		lua_pushboolean(S, 0);
		lua_insert(S, -2);
		if (copy_value(L, w, 0))
			return 1;
	} else {
		why = failure_of(w, rc);
		if (why)
			lua_pushfstring(L, "%s: %s", w->name + 1, why);
		else
			lua_pushstring(L, lua_tostring(S, -1));
	}
	lua_pushnil(L);
	lua_insert(L, -2);
	return 2;
}

int data_read(lua_State *L)
{
	const char *name = check_cstring(L, 1);
	struct work w = {0};
	int rc;

	w.text = luaL_checklstring(L, 2, &w.len);
	w.name = lua_pushfstring(L, "@%s", name);
	if (w.len && *w.text == *LUA_SIGNATURE) {
		lua_pushnil(L);
		lua_pushfstring(L, "%s: is bytecode, which is not read", name);
		return 2;
	}
	w.room.start = clock();
	w.own = lua_newstate(room_alloc, &w.room);
	if (!w.own)
		return raise_memory(L);
	lua_settop(L, 3);
	lua_pushcfunction(L, run_protected);
	lua_pushlightuserdata(L, &w);
	rc = lua_pcall(L, 1, LUA_MULTRET, 0);
	lua_close(w.own);
	if (rc != LUA_OK)
		return lua_error(L);
	return lua_gettop(L) - 3;
}
