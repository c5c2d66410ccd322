/*
 * plain: a tag for each value, and what it says; see plain.h. A text that comes again, as the names
 * of fields do, is the number of the first: the bytes are read in half the time. Bytes that are to
 * be compared have fields in order, and find such texts by what they say and not where they are.
 * What is kept of an object that rests has each table once, and parts of the object as their
 * numbers.
 */
#include "bind/plain.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "bind/classes.h"

enum tag {
	NIL,
	FALSE,
	TRUE,
	INTEGER,
	FLOAT,
	TEXT,
	AGAIN,
	TABLE,
	ERROR,
	REDUCED,
	/* Of what is kept of an object: a table that was met before, a part of it or of its BTF,
	 * one of these two, and by their numbers what several objects share, and what is kept as
	 * it is. */
	SAME,
	PART,
	OWNER,
	SHARED,
	ASIDE
};

enum {
	MOST_LEVELS = 64,
	KEPT_TEXTS = 1024, /* of those that were written last */
	MOST_NAMES = 1024, /* of fields that objects share: those that came first */
	LONGEST_NAME = 40
};

/* Stack indexes of plain_pack() and plain_unpack(). */
enum { VALUE = 1, CONVERT, HOLDER, TEXTS };

/* Of plain_rest() and plain_wake(): the arguments; what is put aside; tables by number, or numbers
 * by table; the BTF of the object. */
enum { OBJECT = 2, SHARES, SIDE, TABLES, BTF, WORKING };

/* Parts that handles of an object name, of which the last is one of its BTF. */
static const struct class *const parts[] = {
    &program_class, &relo_class, &line_class, &map_class, &extern_class, &attach_class, &type_class,
};

struct kept_text {
	const char *text;
	lua_Integer number;
};

/* One of a table that is written in order. */
struct key {
	const char *text; /* NULL for others */
	lua_Number number;
	lua_Integer integer;
	int at; /* its stack index */
};

struct writer {
	struct buf out;
	/* Of the tables that are being written in order, each behind those around it; owned. */
	struct key *keys;
	size_t key_count, key_cap;
	lua_Integer texts; /* written so far */
	bool resting;      /* what is kept of an object */
	lua_Integer tables, aside;
	/* KEPT_TEXTS by address: while they are written, nothing collects them. NULL where equal
	 * values are to have equal bytes. */
	struct kept_text *kept;
};

static void end(struct writer *w)
{
	free(w->out.data);
	free(w->keys);
	free(w->kept);
	*w = (struct writer){0};
}

static int writer_gc(lua_State *L)
{
	end(lua_touserdata(L, 1));
	return 0;
}

static void put_tag(struct writer *w, enum tag tag)
{
	uint8_t byte = (uint8_t)tag;

	buf_add(&w->out, &byte, 1);
}

/* A tag and a number: seven bits a byte, the lowest first. */
static void put_number(struct writer *w, enum tag tag, uint64_t v)
{
	uint8_t bytes[11] = {(uint8_t)tag};
	size_t n = 1;

	do {
		bytes[n] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		v >>= 7;
		n++;
	} while (v);
	buf_add(&w->out, bytes, n);
}

/* Writes a text that was written before; false for another, which then is noted. */
static bool put_text_again(lua_State *L, struct writer *w, int idx)
{
	lua_Integer number;

	lua_pushvalue(L, idx);
	lua_pushvalue(L, -1);
	lua_rawget(L, TEXTS);
	number = lua_tointeger(L, -1);
	lua_pop(L, 1);
	if (number) {
		put_number(w, AGAIN, (uint64_t)number);
		lua_pop(L, 1);
		return true;
	}
	lua_pushinteger(L, ++w->texts);
	lua_rawset(L, TEXTS);
	return false;
}

static void put_text(lua_State *L, struct writer *w, int idx)
{
	size_t len;
	const char *s = lua_tolstring(L, idx, &len);
	size_t slot = ((uintptr_t)s >> 4) % KEPT_TEXTS;

	if (w->kept && w->kept[slot].text == s) {
		put_number(w, AGAIN, (uint64_t)w->kept[slot].number);
		return;
	}
	if (!w->kept && put_text_again(L, w, idx))
		return;
	put_number(w, TEXT, len);
	buf_add(&w->out, s, len);
	if (w->kept)
		w->kept[slot] = (struct kept_text){s, ++w->texts};
}

static void put(lua_State *L, struct writer *w, int level);

/* Numbers, then texts. */
static int by_key(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->text && y->text)
		return strcmp(x->text, y->text);
	if (x->text || y->text)
		return x->text ? 1 : -1;
	if (x->number == y->number)
		return (x->integer > y->integer) - (x->integer < y->integer);
	return x->number < y->number ? -1 : 1;
}

/* Pushes the keys of the table on top but those of its list, and notes them, in order. */
static void push_keys(lua_State *L, struct writer *w, lua_Integer n)
{
	int table = lua_gettop(L);
	size_t from = w->key_count;

	lua_pushnil(L);
	while (lua_next(L, table)) {
		lua_Integer key = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;
		struct key *keys;

		lua_pop(L, 1);
		if (key >= 1 && key <= n)
			continue;
		luaL_checkstack(L, 8, NULL);
		keys = array_grow(w->keys, &w->key_cap, w->key_count, sizeof(*keys));
		if (!keys)
			raise_memory(L);
		w->keys = keys;
		keys[w->key_count++] = (struct key){
		    lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL,
		    lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0,
		    key,
		    lua_gettop(L),
		};
		lua_pushvalue(L, -1);
	}
	if (w->key_count > from)
		qsort(w->keys + from, w->key_count - from, sizeof(*w->keys), by_key);
}

/* The fields of the table on top but those of its list, by their keys. */
static void put_in_order(lua_State *L, struct writer *w, lua_Integer n, int level)
{
	int table = lua_gettop(L);
	size_t from = w->key_count;

	push_keys(L, w, n);
	for (size_t i = from; i < w->key_count; i++) {
		lua_pushvalue(L, w->keys[i].at);
		put(L, w, level + 1);
		lua_rawget(L, table);
		put(L, w, level + 1);
		lua_pop(L, 1);
	}
	w->key_count = from;
	lua_settop(L, table);
}

/* The number that the value on top has in that table, 0 for none. */
static lua_Integer number_in(lua_State *L, int table)
{
	lua_Integer number;

	lua_pushvalue(L, -1);
	lua_rawget(L, table);
	number = lua_tointeger(L, -1);
	lua_pop(L, 1);
	return number;
}

/* Writes the name of a field, on top, as the number that it has for all objects. */
static void put_name(lua_State *L, struct writer *w)
{
	lua_Integer number = number_in(L, SHARES);

	if (!number) {
		lua_rawgeti(L, SHARES, 0);
		number = lua_tointeger(L, -1) + 1;
		lua_pop(L, 1);
		if (number > MOST_NAMES || lua_rawlen(L, -1) > LONGEST_NAME) {
			put_text(L, w, -1);
			return;
		}
		lua_pushinteger(L, number);
		lua_rawseti(L, SHARES, 0);
		lua_pushvalue(L, -1);
		lua_rawseti(L, SHARES, number);
		lua_pushvalue(L, -1);
		lua_pushinteger(L, number);
		lua_rawset(L, SHARES);
	}
	put_number(w, SHARED, (uint64_t)number);
}

/* The list first, then all else that is in it. */
static void put_table(lua_State *L, struct writer *w, int level)
{
	lua_Integer n = (lua_Integer)lua_rawlen(L, -1);

	put_number(w, TABLE, (uint64_t)n);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, -1, i);
		put(L, w, level + 1);
		lua_pop(L, 1);
	}
	if (!w->kept) {
		put_in_order(L, w, n, level);
		put_tag(w, NIL);
		return;
	}
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		lua_Integer key = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;

		if (key < 1 || key > n) {
			lua_pushvalue(L, -2);
			if (w->resting && lua_type(L, -1) == LUA_TSTRING)
				put_name(L, w);
			else
				put(L, w, level + 1);
			lua_pop(L, 1);
			put(L, w, level + 1);
		}
		lua_pop(L, 1);
	}
	put_tag(w, NIL);
}

static void put_aside(lua_State *L, struct writer *w)
{
	lua_pushvalue(L, -1);
	lua_rawseti(L, SIDE, ++w->aside);
	put_number(w, ASIDE, (uint64_t)w->aside);
}

/* Writes a table that was written before, that objects share, or that is no plain one; false for
 * another, which then is noted. */
static bool put_known_table(lua_State *L, struct writer *w)
{
	lua_Integer number = number_in(L, TABLES), shared;

	if (number) {
		put_number(w, SAME, (uint64_t)number);
		return true;
	}
	shared = number_in(L, SHARES);
	if (shared) {
		put_number(w, SHARED, (uint64_t)shared);
		return true;
	}
	if (lua_getmetatable(L, -1)) {
		lua_pop(L, 1);
		put_aside(L, w);
		return true;
	}
	lua_pushvalue(L, -1);
	lua_pushinteger(L, ++w->tables);
	lua_rawset(L, TABLES);
	return false;
}

/* Writes what is of the object: itself, its BTF, or a part of one of them; false for another. */
static bool put_own(lua_State *L, struct writer *w)
{
	const struct handle *h = lua_touserdata(L, -1);
	const void *object = lua_touserdata(L, OBJECT), *btf = lua_touserdata(L, BTF);

	if (h == object || h == btf) {
		put_number(w, OWNER, h == object ? OBJECT : BTF);
		return true;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (!class_test(L, lua_gettop(L), parts[i]))
			continue;
		if (h->index || h->owner != (parts[i] == &type_class ? btf : object))
			return false;
		put_number(w, PART, i);
		put_number(w, PART, h->id);
		return true;
	}
	return false;
}

static void put_reduced(lua_State *L, struct writer *w, int level)
{
	if (w->resting) {
		put_aside(L, w);
		return;
	}
	lua_pushvalue(L, CONVERT);
	lua_pushvalue(L, -2);
	lua_call(L, 1, 1);
	put_tag(w, REDUCED);
	put(L, w, level + 1);
	lua_pop(L, 1);
	/* What it made may be collected, and another text have the address. */
	if (w->kept)
		memset(w->kept, 0, KEPT_TEXTS * sizeof(*w->kept));
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
			put_number(w, INTEGER, (uint64_t)integer);
		} else {
			number = lua_tonumber(L, -1);
			put_tag(w, FLOAT);
			buf_add(&w->out, &number, sizeof(number));
		}
		return;
	case LUA_TTABLE:
		if (w->resting && put_known_table(L, w))
			return;
		if (lua_getmetatable(L, -1)) {
			lua_pop(L, 1);
			break;
		}
		put_table(L, w, level);
		return;
	case LUA_TUSERDATA:
		if (w->resting && put_own(L, w))
			return;
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

/* Pushes the bytes of the value on top, and frees what wrote them. */
static void push_bytes(lua_State *L, struct writer *w)
{
	put(L, w, 0);
	if (w->out.failed)
		raise_memory(L);
	lua_pushlstring(L, (const char *)w->out.data, w->out.len);
	end(w);
}

int plain_pack(lua_State *L)
{
	struct writer *w;

	bool alike = lua_toboolean(L, CONVERT + 1);

	luaL_checktype(L, CONVERT, LUA_TFUNCTION);
	lua_settop(L, CONVERT);
	w = push_freed(L, sizeof(*w), writer_gc);
	w->kept = alike ? NULL : calloc(KEPT_TEXTS, sizeof(*w->kept));
	if (!alike && !w->kept)
		raise_memory(L);
	if (alike)
		lua_newtable(L);
	lua_pushvalue(L, VALUE);
	push_bytes(L, w);
	return 1;
}

int plain_rest(lua_State *L)
{
	struct writer *w;

	lua_settop(L, SHARES);
	lua_newtable(L);
	lua_newtable(L);
	lua_getiuservalue(L, OBJECT, OWNER_LINK);
	w = push_freed(L, sizeof(*w), writer_gc);
	w->resting = true;
	w->kept = calloc(KEPT_TEXTS, sizeof(*w->kept));
	if (!w->kept)
		raise_memory(L);
	lua_pushvalue(L, VALUE);
	push_bytes(L, w);
	if (!lua_rawlen(L, SIDE))
		return 1;
	lua_pushvalue(L, SIDE);
	return 2;
}

struct reader {
	const uint8_t *at, *end;
	int texts_at; /* stack index */
	lua_Integer texts;
	bool resting;
	lua_Integer tables;
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
	if (r->resting) {
		lua_pushvalue(L, -1);
		lua_rawseti(L, TABLES, ++r->tables);
	}
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
	lua_rawseti(L, r->texts_at, ++r->texts);
}

static void push_own(lua_State *L, struct reader *r)
{
	uint64_t part = take_number(L, r);
	uint32_t id;

	if (part >= sizeof(parts) / sizeof(*parts))
		luaL_error(L, "packed bytes have an unknown value");
	take(L, r, 1);
	id = (uint32_t)take_number(L, r);
	if (parts[part] == &type_class)
		push_type(L, BTF, id);
	else
		push_part(L, OBJECT, parts[part], id);
}

static void push_owner(lua_State *L, struct reader *r)
{
	uint64_t index = take_number(L, r);

	if (index != OBJECT && index != BTF)
		luaL_error(L, "packed bytes have an unknown value");
	lua_pushvalue(L, (int)index);
}

/* Of plain_wake() alone. */
static void push_resting(lua_State *L, struct reader *r, enum tag tag)
{
	switch (tag) {
	case SAME: lua_rawgeti(L, TABLES, (lua_Integer)take_number(L, r)); return;
	case PART: push_own(L, r); return;
	case OWNER: push_owner(L, r); return;
	case SHARED: lua_rawgeti(L, SHARES, (lua_Integer)take_number(L, r)); return;
	case ASIDE: lua_rawgeti(L, SIDE, (lua_Integer)take_number(L, r)); return;
	default: luaL_error(L, "packed bytes have an unknown value");
	}
}

static void push_value(lua_State *L, struct reader *r, int level)
{
	enum tag tag;
	lua_Number number;
	struct err e;

	if (level > MOST_LEVELS)
		luaL_error(L, "packed bytes are nested too deeply");
	luaL_checkstack(L, 8, NULL);
	tag = (enum tag) * take(L, r, 1);
	switch (tag) {
	case NIL: lua_pushnil(L); return;
	case FALSE: lua_pushboolean(L, 0); return;
	case TRUE: lua_pushboolean(L, 1); return;
	case INTEGER: lua_pushinteger(L, (lua_Integer)take_number(L, r)); return;
	case FLOAT:
		memcpy(&number, take(L, r, sizeof(number)), sizeof(number));
		lua_pushnumber(L, number);
		return;
	case TEXT: push_text(L, r); return;
	case AGAIN: lua_rawgeti(L, r->texts_at, (lua_Integer)take_number(L, r)); return;
	case TABLE: push_table(L, r, level); return;
	case ERROR:
		memcpy(&e, take(L, r, sizeof(e)), sizeof(e));
		if (e.code > ERR_POLICY)
			luaL_error(L, "packed bytes have an unknown error");
		e.file[sizeof(e.file) - 1] = '\0';
		e.section[sizeof(e.section) - 1] = '\0';
		e.message[sizeof(e.message) - 1] = '\0';
		push_err(L, &e);
		return;
	case REDUCED:
		lua_pushvalue(L, CONVERT);
		push_value(L, r, level + 1);
		lua_call(L, 1, 1);
		return;
	default:
		if (!r->resting)
			luaL_error(L, "packed bytes have an unknown value");
		push_resting(L, r, tag);
	}
}

int plain_unpack(lua_State *L)
{
	struct reader r = {.texts_at = TEXTS};
	size_t len;

	r.at = (const uint8_t *)luaL_checklstring(L, VALUE, &len);
	r.end = r.at + len;
	luaL_checktype(L, CONVERT, LUA_TFUNCTION);
	lua_settop(L, HOLDER);
	lua_newtable(L);
	push_value(L, &r, 0);
	return 1;
}

int plain_wake(lua_State *L)
{
	struct reader r = {.texts_at = WORKING, .resting = true};
	size_t len;

	r.at = (const uint8_t *)luaL_checklstring(L, VALUE, &len);
	r.end = r.at + len;
	lua_settop(L, SIDE);
	lua_newtable(L);
	lua_getiuservalue(L, OBJECT, OWNER_LINK);
	lua_newtable(L);
	push_value(L, &r, 0);
	return 1;
}
