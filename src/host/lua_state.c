/*
 * lua_state: the Lua state of the process: where its memory comes from, and what it says outside of
 * everything that is protected.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/handle.h"
#include "host/host.h"

#ifdef CHECK_LEAKS

/* A sanitizer watches each block of malloc(). */
static void *allocate(void *ctx, void *p, size_t old, size_t size)
{
	(void)ctx;
	(void)old;
	if (size)
		return realloc(p, size);
	free(p);
	return NULL;
}

#else

static bool leaving; /* what is freed is left to the system */

enum {
	STEP = 16,        /* bytes: sizes are rounded up to as many, which keeps every alignment */
	SMALL = 256,      /* the largest size that is a cell; more is malloc()'s */
	BLOCK = 32 << 10, /* that cells are cut from */
};

/* Lua makes small things in few sizes, and tells the size of what it frees: cells of each size go
 * from hand to hand, and none back to malloc(). 5 % of the instructions of `btfl relos`. */
union cell {
	union cell *next;
	char room[STEP];
};

static union cell *unused[SMALL / STEP + 1]; /* by their steps */

static char *block; /* what is left of the last one */
static size_t left; /* bytes of it */

static bool is_small(size_t size)
{
	return size <= SMALL;
}

static size_t steps(size_t size)
{
	return (size + STEP - 1) / STEP;
}

static void *take_cell(size_t n)
{
	union cell *c = unused[n];

	if (c) {
		unused[n] = c->next;
		return c;
	}
	if (left < n * STEP) {
		block = malloc(BLOCK);
		left = block ? BLOCK : 0;
		if (!block)
			return NULL;
	}
	left -= n * STEP;
	block += n * STEP;
	return block - n * STEP;
}

static void *take(size_t size)
{
	return is_small(size) ? take_cell(steps(size)) : malloc(size);
}

static void give(void *p, size_t size)
{
	if (leaving)
		return;
	if (is_small(size)) {
		union cell *c = p;

		c->next = unused[steps(size)];
		unused[steps(size)] = c;
	} else {
		free(p);
	}
}

/* A lua_Alloc; `old` is no size when p is NULL. */
static void *allocate(void *ctx, void *p, size_t old, size_t size)
{
	void *to;

	(void)ctx;
	if (!size) {
		if (p)
			give(p, old);
		return NULL;
	}
	if (!p)
		return take(size);
	if (!is_small(old) && !is_small(size))
		return realloc(p, size);
	if (is_small(old) && is_small(size) && steps(old) == steps(size))
		return p;
	to = take(size);
	if (!to)
		return size < old ? p : NULL; /* it may stay: there is more room than asked */
	memcpy(to, p, old < size ? old : size);
	give(p, old);
	return to;
}

#endif

/* warn(), as lua(1) has it: off until "@on", and a message may come in pieces. */
static void warn(void *ctx, const char *message, int more)
{
	static bool on, inside;

	(void)ctx;
	if (!inside && !more && message[0] == '@') {
		if (!strcmp(message, "@on"))
			on = true;
		else if (!strcmp(message, "@off"))
			on = false;
		return;
	}
	if (on)
		fprintf(stderr, "%s%s%s", inside ? "" : "Lua warning: ", message, more ? "" : "\n");
	inside = more;
}

/* Memory may be out where nothing is protected: before a script starts, and after it. */
static int on_panic(lua_State *L)
{
	const char *message = lua_tostring(L, -1);

	fprintf(stderr, "btfl: %s\n", message ? message : "an error that is no text");
	_Exit(STATUS_FAILED);
}

lua_State *open_lua(void)
{
	lua_State *L = lua_newstate(allocate, NULL);

	if (!L)
		return NULL;
	lua_atpanic(L, on_panic);
	lua_setwarnf(L, warn, NULL);
	return L;
}

void close_lua(lua_State *L)
{
#ifndef CHECK_LEAKS
	leaving = true;
	owners_leave();
#endif
	lua_close(L);
}
