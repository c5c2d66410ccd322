/*
 * plain: a tag for each value, and what it says; see plain.h. A text that comes again, as the names
 * of fields do, is the number of the first: the bytes are read in half the time.
 */
#include "bind/plain.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "bind/classes.h"

enum tag { NIL, FALSE, TRUE, INTEGER, FLOAT, TEXT, AGAIN, TABLE, ERROR, REDUCED };

enum {
	MOST_LEVELS = 64,
	KEPT_TEXTS = 1024 /* of those that were written last */
};

/* Stack indexes of both functions. */
enum { VALUE = 1, CONVERT, HOLDER, TEXTS };

struct writer {
	struct buf out;
	lua_Integer texts; /* written so far */
	struct {
		const char *text;
		lua_Integer number;
	} kept[KEPT_TEXTS]; /* by address: while they are written, nothing collects them */
};

static int writer_gc(lua_State *L)
{
	free(((struct writer *)lua_touserdata(L, 1))->out.data);
	return 0;
}

static void put_tag(struct writer *w, enum tag tag)
{
	uint8_t byte = (uint8_t)tag;

	buf_add(&w->out, &byte, 1);
}

/* Seven bits a byte, the lowest first. */
static void put_number(struct writer *w, uint64_t v)
{
	uint8_t bytes[10];
	size_t n = 0;

	do {
		bytes[n] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		v >>= 7;
		n++;
	} while (v);
	buf_add(&w->out, bytes, n);
}

static void put_text(lua_State *L, struct writer *w, int idx)
{
	size_t len;
	const char *s = lua_tolstring(L, idx, &len);
	size_t slot = ((uintptr_t)s >> 4) % KEPT_TEXTS;

	if (w->kept[slot].text == s) {
		put_tag(w, AGAIN);
		put_number(w, (uint64_t)w->kept[slot].number);
		return;
	}
	put_tag(w, TEXT);
	put_number(w, len);
	buf_add(&w->out, s, len);
	w->kept[slot].text = s;
	w->kept[slot].number = ++w->texts;
}

static void put(lua_State *L, struct writer *w, int level);

/* The list first, then all else that is in it. */
static void put_table(lua_State *L, struct writer *w, int level)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, -1);

	put_tag(w, TABLE);
	put_number(w, (uint64_t)n);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, -1, i);
		put(L, w, level + 1);
		lua_pop(L, 1);
	}
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		lua_Integer key = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;

		if (key < 1 || key > n) {
			lua_pushvalue(L, -2);
			put(L, w, level + 1);
			lua_pop(L, 1);
			put(L, w, level + 1);
		}
		lua_pop(L, 1);
	}
	put_tag(w, NIL);
}

static void put_reduced(lua_State *L, struct writer *w, int level)
{
	lua_pushvalue(L, CONVERT);
	lua_pushvalue(L, -2);
	lua_call(L, 1, 1);
	put_tag(w, REDUCED);
	put(L, w, level + 1);
	lua_pop(L, 1);
	/* What it made may be collected, and another text have the address. */
	memset(w->kept, 0, sizeof(w->kept));
}

/* Writes the value on top, which stays. */
static void put(lua_State *L, struct writer *w, int level)
{
	const struct err *e;
	lua_Integer integer;
	lua_Number number;

	if (level > MOST_LEVELS)
		luaL_error(L, "a table of a report is nested too deeply");
	luaL_checkstack(L, 8, NULL);
	switch (lua_type(L, -1)) {
	case LUA_TNIL: put_tag(w, NIL); return;
	case LUA_TBOOLEAN: put_tag(w, lua_toboolean(L, -1) ? TRUE : FALSE); return;
	case LUA_TSTRING: put_text(L, w, -1); return;
	case LUA_TNUMBER:
		if (lua_isinteger(L, -1)) {
			integer = lua_tointeger(L, -1);
			put_tag(w, INTEGER);
			put_number(w, (uint64_t)integer);
		} else {
			number = lua_tonumber(L, -1);
			put_tag(w, FLOAT);
			buf_add(&w->out, &number, sizeof(number));
		}
		return;
	case LUA_TTABLE:
		if (lua_getmetatable(L, -1)) {
			lua_pop(L, 1);
			break;
		}
		put_table(L, w, level);
		return;
	case LUA_TUSERDATA:
		e = class_test(L, lua_gettop(L), &error_class);
		if (!e)
			break;
		put_tag(w, ERROR);
		buf_add(&w->out, e, sizeof(*e));
		return;
	default: break;
	}
	put_reduced(L, w, level);
}

int plain_pack(lua_State *L)
{
	struct writer *w;

	luaL_checktype(L, CONVERT, LUA_TFUNCTION);
	lua_settop(L, CONVERT);
	w = push_freed(L, sizeof(*w), writer_gc);
	lua_pushvalue(L, VALUE);
	put(L, w, 0);
	if (w->out.failed)
		return raise_memory(L);
	lua_pushlstring(L, (const char *)w->out.data, w->out.len);
	return 1;
}

struct reader {
	const uint8_t *at, *end;
	lua_Integer texts;
};

static const uint8_t *take(lua_State *L, struct reader *r, uint64_t n)
{
	const uint8_t *at = r->at;

	if (n > (uint64_t)(r->end - r->at))
		luaL_error(L, "packed bytes end early");
	r->at += n;
	return at;
}

static uint64_t take_number(lua_State *L, struct reader *r)
{
	uint64_t v = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = *take(L, r, 1);
		v |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && shift < 64);
	return v;
}

static void push_value(lua_State *L, struct reader *r, int level);

/* A list is no longer than its bytes. */
static void push_table(lua_State *L, struct reader *r, int level)
{
	uint64_t n = take_number(L, r);

	if (n > (uint64_t)(r->end - r->at))
		luaL_error(L, "packed bytes end early");
	lua_createtable(L, (int)n, 0);
	for (lua_Integer i = 1; i <= (lua_Integer)n; i++) {
		push_value(L, r, level + 1);
		lua_rawseti(L, -2, i);
	}
	for (push_value(L, r, level + 1); !lua_isnil(L, -1); push_value(L, r, level + 1)) {
		push_value(L, r, level + 1);
		lua_rawset(L, -3);
	}
	lua_pop(L, 1);
}

static void push_text(lua_State *L, struct reader *r)
{
	uint64_t len = take_number(L, r);

	lua_pushlstring(L, (const char *)take(L, r, len), len);
	lua_pushvalue(L, -1);
	lua_rawseti(L, TEXTS, ++r->texts);
}

static void push_value(lua_State *L, struct reader *r, int level)
{
	lua_Number number;
	struct err e;

	if (level > MOST_LEVELS)
		luaL_error(L, "packed bytes are nested too deeply");
	luaL_checkstack(L, 8, NULL);
	switch (*take(L, r, 1)) {
	case NIL: lua_pushnil(L); return;
	case FALSE: lua_pushboolean(L, 0); return;
	case TRUE: lua_pushboolean(L, 1); return;
	case INTEGER: lua_pushinteger(L, (lua_Integer)take_number(L, r)); return;
	case FLOAT:
		memcpy(&number, take(L, r, sizeof(number)), sizeof(number));
		lua_pushnumber(L, number);
		return;
	case TEXT: push_text(L, r); return;
	case AGAIN: lua_rawgeti(L, TEXTS, (lua_Integer)take_number(L, r)); return;
	case TABLE: push_table(L, r, level); return;
	case ERROR:
		memcpy(&e, take(L, r, sizeof(e)), sizeof(e));
		push_err(L, &e);
		return;
	case REDUCED:
		lua_pushvalue(L, CONVERT);
		push_value(L, r, level + 1);
		lua_call(L, 1, 1);
		return;
	default: luaL_error(L, "packed bytes have an unknown value");
	}
}

int plain_unpack(lua_State *L)
{
	struct reader r = {0};
	size_t len;

	r.at = (const uint8_t *)luaL_checklstring(L, VALUE, &len);
	r.end = r.at + len;
	luaL_checktype(L, CONVERT, LUA_TFUNCTION);
	lua_settop(L, HOLDER);
	lua_newtable(L);
	push_value(L, &r, 0);
	return 1;
}
