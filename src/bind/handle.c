/*
 * handle: how every class answers to a field, a method and a wrong name; how handles are cached;
 * and what a closed owner does; see handle.h.
 */
#include "bind/handle.h"

#include <stdio.h>
#include <string.h>

#include "format/nearest.h"

const char weak_keys[] = "k";
static const char weak_values[] = "v";

/* Upvalues of __index: the class, its metatable, and by name its methods and, as light userdata,
 * its struct field. */
enum { UP_CLASS = 1, UP_META, UP_METHODS, UP_FIELDS, UP_COUNT = UP_FIELDS };

static void push_fields(lua_State *L, const struct class *c)
{
	lua_newtable(L);
	for (const struct field *f = c->fields; f && f->name; f++) {
		lua_pushlightuserdata(L, (void *)f);
		lua_setfield(L, -2, f->name);
	}
}

struct best {
	const char *wrong, *name;
	unsigned distance;
};

static struct best best_start(const char *wrong)
{
	return (struct best){.wrong = wrong, .distance = nearest_limit(wrong) + 1};
}

static void best_consider(struct best *b, const char *name)
{
	unsigned d = nearest_distance(b->wrong, name, b->distance);

	if (d < b->distance) {
		b->distance = d;
		b->name = name;
	}
}

static void best_append(lua_State *L, const struct best *b)
{
	if (!b->name)
		return;
	lua_pushfstring(L, " (did you mean '%s'?)", b->name);
	lua_concat(L, 2);
}

void add_meant(lua_State *L, const char *wrong, const char *const *names)
{
	struct best b = best_start(wrong);

	for (; *names; names++)
		best_consider(&b, *names);
	best_append(L, &b);
}

/* Raises for key 2 of a userdata of class c, whose methods are at index `methods`. */
static int unknown_field(lua_State *L, const struct class *c, int methods)
{
	const char *key = luaL_tolstring(L, 2, NULL);
	struct best b = best_start(key);

	luaL_where(L, 1);
	lua_pushfstring(L, "%s has no field '%s'", c->name, key);
	for (const struct field *f = c->fields; f && f->name; f++)
		best_consider(&b, f->name);
	lua_pushnil(L);
	while (lua_next(L, methods)) {
		lua_pop(L, 1);
		if (lua_type(L, -1) == LUA_TSTRING)
			best_consider(&b, lua_tostring(L, -1));
	}
	if (lua_type(L, 2) == LUA_TSTRING)
		best_append(L, &b);
	lua_concat(L, 2);
	return lua_error(L);
}

static int index_field(lua_State *L)
{
	const struct class *c = lua_touserdata(L, lua_upvalueindex(UP_CLASS));
	const void *self = lua_touserdata(L, 1);
	const struct field *f;

	if (!lua_getmetatable(L, 1) || !lua_rawequal(L, -1, lua_upvalueindex(UP_META)))
		return luaL_typeerror(L, 1, c->name);
	lua_pushvalue(L, 2);
	lua_rawget(L, lua_upvalueindex(UP_FIELDS));
	f = lua_touserdata(L, -1);
	if (f) {
		lua_settop(L, 1);
		return f->get(L, self);
	}
	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(UP_METHODS)) != LUA_TNIL)
		return 1;
	return unknown_field(L, c, lua_upvalueindex(UP_METHODS));
}

static int newindex_field(lua_State *L)
{
	const struct class *c = lua_touserdata(L, lua_upvalueindex(1));

	return luaL_error(L, "%s is read-only: field '%s' cannot be set", c->name,
			  luaL_tolstring(L, 2, NULL));
}

void owner_drop(struct owner *o)
{
	void *native = o->native;

	o->native = NULL;
	o->wake = NULL;
	if (native)
		o->class->free(native);
}

void owner_rest(struct owner *o, void (*wake)(lua_State *L, struct owner *o))
{
	owner_drop(o);
	o->wake = wake;
	o->turn++;
}

void owner_need(struct owner *o, int i, struct owner *needed)
{
	o->needs[i] = needed;
	o->since[i] = needed->turn;
}

static int owner_gc(lua_State *L)
{
	const struct class *c = lua_touserdata(L, lua_upvalueindex(1));

	owner_drop(class_check(L, 1, c));
	return 0;
}

static bool is_open(const struct owner *o)
{
	return o->native || o->wake;
}

/* The owner without which o is of no use that is closed, o itself included; NULL when none is. */
static const struct owner *closed_owner(const struct owner *o)
{
	for (int i = 0; i < 2 && o->needs[i]; i++) {
		if (!is_open(o->needs[i]))
			return o->needs[i];
		if (o->since[i] != o->needs[i]->turn)
			return o;
	}
	return is_open(o) ? NULL : o;
}

#define CLOSED "%s '%s' is closed"

static const char class_key; /* of the class, in its metatable */

/* The class of the value at idx; NULL when it is of none. */
static const struct class *class_at(lua_State *L, int idx)
{
	const struct class *c;

	if (!lua_isuserdata(L, idx) || !lua_getmetatable(L, idx))
		return NULL;
	lua_rawgetp(L, -1, &class_key);
	c = lua_touserdata(L, -1);
	lua_pop(L, 2);
	return c;
}

/* The closed owner without which the value of class c at idx is of no use; NULL when none is. What
 * a value of other classes keeps there need be no owner: `default` of a hook keeps its run. */
static const struct owner *closed_owner_of(lua_State *L, int idx, const struct class *c)
{
	const struct owner *closed = NULL;
	const struct class *kept;

	if (c->free)
		return closed_owner(lua_touserdata(L, idx));
	lua_getiuservalue(L, idx, HANDLE_OWNER);
	kept = class_at(L, -1);
	if (kept && kept->free)
		closed = closed_owner(lua_touserdata(L, -1));
	lua_pop(L, 1);
	return closed;
}

int engine_closed(lua_State *L)
{
	const struct class *c;
	const struct owner *closed;

	lua_settop(L, 1);
	c = class_at(L, 1);
	closed = c ? closed_owner_of(L, 1, c) : NULL;
	if (!closed)
		return 0;
	lua_pushfstring(L, CLOSED, closed->noun, closed->path);
	return 1;
}

/* Calls the class's own __tostring. A string that it raises is shown: another owner that it asks is
 * closed. */
static void own_tostring(lua_State *L, const struct class *c)
{
	int status;

	lua_pushvalue(L, lua_upvalueindex(2));
	lua_pushvalue(L, 1);
	status = lua_pcall(L, 1, 1, 0);
	if (status != LUA_OK && (status != LUA_ERRRUN || lua_type(L, -1) != LUA_TSTRING))
		lua_error(L);
	if (status != LUA_OK)
		lua_pushfstring(L, "%s (%s)", c->name + strlen("btfl."), lua_tostring(L, -1));
}

/* Upvalues: the class, its own __tostring. What is shown while an error is told must not raise
 * another one. */
static int class_tostring(lua_State *L)
{
	const struct class *c = lua_touserdata(L, lua_upvalueindex(1));
	const void *self = class_check(L, 1, c);
	const struct owner *closed = closed_owner_of(L, 1, c);

	lua_settop(L, 1);
	if (!closed)
		own_tostring(L, c);
	else if (closed == self)
		lua_pushfstring(L, "%s '%s' (closed)", closed->noun, closed->path);
	else
		lua_pushfstring(L, "%s of %s '%s' (closed)", c->name + strlen("btfl."),
				closed->noun, closed->path);
	return 1;
}

/* Pushes the metatable of a class, new. */
static void make_class(lua_State *L, const struct class *c)
{
	int meta, methods;

	luaL_newmetatable(L, c->name);
	meta = lua_gettop(L);
	lua_pushvalue(L, meta);
	lua_rawsetp(L, LUA_REGISTRYINDEX, c);
	lua_pushlightuserdata(L, (void *)c);
	lua_rawsetp(L, meta, &class_key);
	lua_newtable(L);
	methods = lua_gettop(L);
	if (c->methods)
		luaL_setfuncs(L, c->methods, 0);

	lua_pushlightuserdata(L, (void *)c);
	lua_pushvalue(L, meta);
	lua_pushvalue(L, methods);
	push_fields(L, c);
	lua_pushcclosure(L, index_field, UP_COUNT);
	lua_setfield(L, meta, "__index");
	lua_pushlightuserdata(L, (void *)c);
	lua_pushcclosure(L, newindex_field, 1);
	lua_setfield(L, meta, "__newindex");
	if (c->free) {
		lua_pushlightuserdata(L, (void *)c);
		lua_pushcclosure(L, owner_gc, 1);
		lua_setfield(L, meta, "__gc");
	}
	if (c->meta) {
		lua_pushvalue(L, meta);
		lua_pushvalue(L, meta);
		luaL_setfuncs(L, c->meta, 1);
	}
	lua_pushlightuserdata(L, (void *)c);
	if (lua_getfield(L, meta, "__tostring") == LUA_TFUNCTION) {
		lua_pushcclosure(L, class_tostring, 2);
		lua_setfield(L, meta, "__tostring");
	}
	lua_settop(L, meta);
}

/* Pushes the metatable of a class. Most scripts use ten of the classes: making all of them was a
 * third of an empty script's instructions. */
static void push_class(lua_State *L, const struct class *c)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, c) != LUA_TNIL)
		return;
	lua_pop(L, 1);
	make_class(L, c);
}

void class_describe(lua_State *L, const struct class *c)
{
	int top = lua_gettop(L);

	lua_createtable(L, 0, 2);
	push_class(L, c);
	lua_getfield(L, -1, "__index");
	lua_getupvalue(L, -1, UP_FIELDS);
	lua_setfield(L, top + 1, "fields");
	lua_getupvalue(L, -1, UP_METHODS);
	lua_setfield(L, top + 1, "methods");
	lua_settop(L, top + 1);
}

void *class_test(lua_State *L, int arg, const struct class *c)
{
	void *self = lua_touserdata(L, arg);
	bool same;

	if (!self || !lua_getmetatable(L, arg))
		return NULL;
	lua_rawgetp(L, LUA_REGISTRYINDEX, c);
	same = lua_rawequal(L, -1, -2);
	lua_pop(L, 2);
	return same ? self : NULL;
}

void *class_check(lua_State *L, int arg, const struct class *c)
{
	void *self = class_test(L, arg, c);

	if (!self)
		luaL_typeerror(L, arg, c->name);
	return self;
}

void class_set(lua_State *L, const struct class *c)
{
	push_class(L, c);
	lua_setmetatable(L, -2);
}

void *owner_new(lua_State *L, const struct class *c, size_t size, const char *noun,
		const char *path)
{
	struct owner *o = lua_newuserdatauv(L, size, OWNER_VALUES);

	memset(o, 0, size);
	o->class = c;
	o->noun = noun;
	class_set(L, c);
	o->path = lua_pushstring(L, path);
	lua_setiuservalue(L, -2, OWNER_PATH);
	return o;
}

void push_weak(lua_State *L, const char *mode)
{
	lua_newtable(L);
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, mode) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_createtable(L, 0, 1);
		lua_pushstring(L, mode);
		lua_setfield(L, -2, "__mode");
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, mode);
	}
	lua_setmetatable(L, -2);
}

/* Pushes the cache of the owner at that stack index, made on first use. */
static void push_cache(lua_State *L, int owner)
{
	if (lua_getiuservalue(L, owner, OWNER_CACHE) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	owner = lua_absindex(L, owner);
	push_weak(L, weak_values);
	lua_pushvalue(L, -1);
	lua_setiuservalue(L, owner, OWNER_CACHE);
}

void owner_check_open(lua_State *L, const struct owner *o)
{
	const struct owner *closed = closed_owner(o);

	if (closed)
		luaL_error(L, CLOSED, closed->noun, closed->path);
}

void *owner_native(lua_State *L, const struct owner *o)
{
	owner_check_open(L, o);
	if (!o->native)
		o->wake(L, (struct owner *)(uintptr_t)o);
	return o->native;
}

void *owner_native_since(lua_State *L, const struct owner *o, unsigned turn)
{
	if (o->turn != turn)
		luaL_error(L, CLOSED, o->noun, o->path);
	return owner_native(L, o);
}

void owner_check_idle(lua_State *L, const struct owner *o)
{
	if (o->busy)
		luaL_error(L, "%s '%s' cannot be closed while a policy is at work on it", o->noun,
			   o->path);
}

/* Keys the bytes that were freed in the registry. */
static const char freed_key;

void owner_lightens(lua_State *L, size_t bytes)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &freed_key);
	lua_pushinteger(L, lua_tointeger(L, -1) + (lua_Integer)bytes);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &freed_key);
	lua_pop(L, 1);
}

void owner_weighs(lua_State *L, size_t bytes)
{
	size_t freed, kib;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &freed_key);
	freed = (size_t)lua_tointeger(L, -1);
	lua_pushinteger(L, (lua_Integer)(freed > bytes ? freed - bytes : 0));
	lua_rawsetp(L, LUA_REGISTRYINDEX, &freed_key);
	lua_pop(L, 1);
	kib = freed < bytes ? (bytes - freed) >> 10 : 0;
	if (kib)
		lua_gc(L, LUA_GCSTEP, kib < 1 << 20 ? (int)kib : 1 << 20);
}

/*
 * Types are looked up by id, so that the cache of a graph that is gone through becomes an array.
 * All other keys are 60 bits of (class, id, index), multiplied by an odd constant and folded (both
 * reversible, so they stay distinct) because some releases of Lua hash an integer by its low bits.
 */
static lua_Integer cache_key(const struct class *c, uint32_t id, uint32_t index_)
{
	const uint64_t mask = ((uint64_t)1 << 60) - 1;
	uint64_t key = (uint64_t)c->tag << 56 | (uint64_t)id << 24 | index_;

	if (!c->tag)
		return id;
	key = key * UINT64_C(0x9e3779b97f4a7c15) & mask;
	key ^= key >> 30;
	return (lua_Integer)(key | (uint64_t)1 << 62);
}

bool handle_find(lua_State *L, int owner, const struct class *c, uint32_t id, uint32_t index_)
{
	bool found;

	push_cache(L, owner);
	found = lua_rawgeti(L, -1, cache_key(c, id, index_)) != LUA_TNIL;
	if (found)
		lua_replace(L, -2);
	else
		lua_pop(L, 2);
	return found;
}

struct handle *handle_new(lua_State *L, int owner, const struct class *c, uint32_t id,
			  uint32_t index_, size_t size, int values)
{
	struct handle *h;

	owner = lua_absindex(L, owner);
	h = lua_newuserdatauv(L, size, values);
	memset(h, 0, size);
	h->owner = lua_touserdata(L, owner);
	h->id = id;
	h->index = index_;
	lua_pushvalue(L, owner);
	lua_setiuservalue(L, -2, HANDLE_OWNER);
	class_set(L, c);
	return h;
}

struct handle *handle_add(lua_State *L, int owner, const struct class *c, uint32_t id,
			  uint32_t index_, size_t size, int values)
{
	struct handle *h;

	owner = lua_absindex(L, owner);
	h = handle_new(L, owner, c, id, index_, size, values);
	push_cache(L, owner);
	lua_pushvalue(L, -2);
	lua_rawseti(L, -2, cache_key(c, id, index_));
	lua_pop(L, 1);
	return h;
}

struct handle *handle_push(lua_State *L, int owner, const struct class *c, uint32_t id,
			   uint32_t index_)
{
	if (handle_find(L, owner, c, id, index_))
		return lua_touserdata(L, -1);
	return handle_add(L, owner, c, id, index_, sizeof(struct handle), 1);
}

void *push_freed(lua_State *L, size_t size, lua_CFunction gc)
{
	void *p = lua_newuserdatauv(L, size, 0);

	memset(p, 0, size);
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, gc);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	return p;
}

const char *check_cstring(lua_State *L, int arg)
{
	size_t len;
	const char *s = luaL_checklstring(L, arg, &len);

	luaL_argcheck(L, strlen(s) == len, arg, "string contains a NUL");
	return s;
}

void push_hex(lua_State *L, const uint8_t *bytes, size_t n)
{
	char hex[32];

	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 0xf];
	}
	lua_pushlstring(L, hex, 2 * n);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool read_hex(const char *hex, size_t n, uint8_t *bytes)
{
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void push_digest(lua_State *L, struct digest d)
{
	char text[DIGEST_TEXT];

	digest_text(d, text);
	lua_pushstring(L, text);
}

void push_name(lua_State *L, const char *s)
{
	if (s && *s)
		lua_pushstring(L, s);
	else
		lua_pushnil(L);
}

void push_known(lua_State *L, enum known answer)
{
	if (answer == KNOWN_NOT)
		lua_pushnil(L);
	else
		lua_pushboolean(L, answer == KNOWN_YES);
}
