/*
 * handle: the one mechanism behind all Lua classes: canonical, read-only userdata with named
 * fields.
 *
 * A class is a name, a table of fields and a table of methods. An owner (btf, object, target, and
 * the results of an object on a target) is the userdata that holds C memory; a handle names a part
 * of it by number and keeps it alive. An owner caches its handles weakly by what they name, so
 * equal parts are the same value in Lua. Closing an owner frees its memory at once; its handles
 * then raise.
 */
#ifndef BTFL_HANDLE_H
#define BTFL_HANDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lauxlib.h>
#include <lua.h>

/* None of these comes back, which Lua's headers do not say. */
int luaL_argerror(lua_State *L, int arg, const char *message) __attribute__((noreturn));
int luaL_error(lua_State *L, const char *format, ...) __attribute__((noreturn));
int luaL_typeerror(lua_State *L, int arg, const char *name) __attribute__((noreturn));
int lua_error(lua_State *L) __attribute__((noreturn));

#include "base/digest.h"
#include "base/err.h"
#include "base/known.h"

/* A getter pushes one value (nil for none) and returns 1; self is the userdata at stack index 1. */
struct field {
	const char *name;
	int (*get)(lua_State *L, const void *self);
};

struct class
{
	const char *name; /* "btfl.type" */
	unsigned tag; /* below 16, distinct among the handles of one owner; 0: keyed by id alone */
	const struct field *fields; /* ends with a NULL name; NULL for none */
	const luaL_Reg *methods;    /* likewise */
	/* Further metamethods; their upvalue is the metatable. __tostring is not called of what is
	 * closed: that is told for all classes at one place. */
	const luaL_Reg *meta;
	void (*free)(void *native); /* what an owner holds; NULL for classes that are no owners */
};

/* What every owner's userdata starts with. */
struct owner {
	const struct class *class;
	const char *noun;       /* "btf", for messages */
	const char *path;       /* kept by user value OWNER_PATH */
	void *native;           /* what is freed by closing; NULL once closed, and while it rests */
	struct owner *needs[2]; /* owners without which this one is closed too; NULL for none */
	unsigned since[2]; /* their `turn` when it was made: it is closed when they have rested */
	unsigned turn;     /* how often it has rested: what points into native is of one turn */
	void (*wake)(lua_State *L, struct owner *o); /* sets the native again while it rests, or
							raises; NULL otherwise */
	unsigned busy; /* policies that are at work on it: it cannot be closed */
	size_t weight; /* of which owner_lightens() is told when it is closed */
};

/* User values of an owner. Those from OWNER_LINK on are the class's own. */
enum { OWNER_CACHE = 1, OWNER_PATH, OWNER_LINK, OWNER_MORE, OWNER_LAST, OWNER_VALUES = OWNER_LAST };

/* What every handle's userdata starts with; its first user value is the owner. */
struct handle {
	struct owner *owner;
	uint32_t id;
	uint32_t index;
};

enum { HANDLE_OWNER = 1 };

/* Pushes the description of a class: { fields = a table whose keys are their names, methods = the
 * methods, which Lua may add to }. */
void class_describe(lua_State *L, const struct class *c);

/* The userdata at arg, which must be of class c; raises an argument error that names it otherwise.
 */
void *class_check(lua_State *L, int arg, const struct class *c);
/* The same, but NULL when it is not. */
void *class_test(lua_State *L, int arg, const struct class *c);
/* Sets the metatable of the userdata at the top of the stack. */
void class_set(lua_State *L, const struct class *c);

/* Pushes a new owner of class c, closed as yet: the caller fills native at once, so that memory is
 * owned before anything can raise. size is that of a struct that starts with struct owner. */
void *owner_new(lua_State *L, const struct class *c, size_t size, const char *noun,
		const char *path);

/* Pushes a new table with weak keys or values; the metatable is one for all of them. */
extern const char weak_keys[];
void push_weak(lua_State *L, const char *mode);

/* Frees what o holds, if anything; so does the collector. */
void owner_drop(struct owner *o);

/* Frees what o, which is open, holds until somebody asks for it again. Its handles stay what they
 * are; what was made of its native and has a pointer into it is closed. */
void owner_rest(struct owner *o, void (*wake)(lua_State *L, struct owner *o));

/* Sets an owner that o, which is new, needs. */
void owner_need(struct owner *o, int i, struct owner *needed);

/* Raises "btf 'path' is closed" when o, or an owner that it needs, is closed; of one that rests,
 * what opening it again meets. Returns native. */
void *owner_native(lua_State *L, const struct owner *o);

/* The same for who has kept a pointer into native since that turn: raises where it has rested
 * since. */
void *owner_native_since(lua_State *L, const struct owner *o, unsigned turn);

/* Raises as owner_native() does where it is closed, and leaves what rests. */
void owner_check_open(lua_State *L, const struct owner *o);

/* closed(value): what owner_native() would raise of a value of a class, without a place; nothing of
 * one that is open, and of any other value. */
int engine_closed(lua_State *L);

/* Raises when a policy is at work on o, which would lose what it reads. */
void owner_check_idle(lua_State *L, const struct owner *o);

/* Tells Lua's collector, which sees only small userdata, of `bytes` that C allocated. */
void owner_weighs(lua_State *L, size_t bytes);
/* Of bytes that closing has freed: as many that are allocated next are no news to the collector,
 * which else marks all that is kept for every few kernels of a run. */
void owner_lightens(lua_State *L, size_t bytes);

/* Pushes the handle of class c for (id, index) of the owner at stack index `owner` and returns it.
 * index must be below 2^24, which element counts of BTF are. */
struct handle *handle_push(lua_State *L, int owner, const struct class *c, uint32_t id,
			   uint32_t index);

/* The two halves of handle_push() for handles of other sizes. handle_find() pushes the handle and
 * returns true when there is one; handle_add() makes one with that many user values. handle_new()
 * makes one that no other is equal to. */
bool handle_find(lua_State *L, int owner, const struct class *c, uint32_t id, uint32_t index);
struct handle *handle_add(lua_State *L, int owner, const struct class *c, uint32_t id,
			  uint32_t index, size_t size, int values);

struct handle *handle_new(lua_State *L, int owner, const struct class *c, uint32_t id,
			  uint32_t index, size_t size, int values);

/* Raises e as a userdata of class btfl.error. Never returns. */
int raise_err(lua_State *L, const struct err *e) __attribute__((noreturn));

/* Likewise, that memory is out. */
int raise_memory(lua_State *L) __attribute__((noreturn));

/* Appends " (did you mean 'x'?)" for the name in `names` (ends with NULL) nearest to `wrong`, or
 * nothing, to the string at the top of the stack. */
void add_meant(lua_State *L, const char *wrong, const char *const *names);

/* Pushes zeroed bytes that the collector gives to gc when nothing refers to them any more, so that
 * what a call holds there is freed whatever raises. */
void *push_freed(lua_State *L, size_t size, lua_CFunction gc);

/* The string at arg, which must not hold a NUL: C would read less than Lua shows. */
const char *check_cstring(lua_State *L, int arg);

/* Pushes n bytes in lower-case hex; n is at most 16. */
void push_hex(lua_State *L, const uint8_t *bytes, size_t n);

/* Reads n bytes from hex of either case; false when it is none. */
bool read_hex(const char *hex, size_t n, uint8_t *bytes);

/* Pushes s, nil when it is NULL or empty. */
void push_name(lua_State *L, const char *s);
/* Pushes its 32 digits. */
void push_digest(lua_State *L, struct digest d);
/* Pushes true, false, or nil for KNOWN_NOT. */
void push_known(lua_State *L, enum known answer);

/* Lua has signed integers only: a u64 keeps its bits (btfl.u64 prints it). */
static inline void push_u64(lua_State *L, uint64_t v)
{
	lua_pushinteger(L, (lua_Integer)v);
}

#endif
