/* needs: a graph of what was computed of what; see needs.h. */
#include "verify/needs.h"

#include <stdlib.h>

#include "base/arena.h"

enum { NEEDS_MOST = 4 * 1024 * 1024 };

uint32_t needs_new(struct needs *x, uint32_t a, uint32_t b)
{
	struct need *more;

	more = x->count < NEEDS_MOST ? array_grow(x->at, &x->cap, x->count, sizeof(*more)) : NULL;
	if (!more) {
		x->full = true;
		return 0;
	}
	x->at = more;
	x->at[x->count++] = (struct need){a, b, false};
	return (uint32_t)x->count;
}

uint32_t needs_join(struct needs *x, uint32_t a, uint32_t b)
{
	if (!a || !b || a == b)
		return a ? a : b;
	return needs_new(x, a, b);
}

static bool put(struct needs *x, size_t *count, uint32_t need)
{
	uint32_t *more;

	if (!need || x->at[need - 1].met)
		return true;
	more = array_grow(x->todo, &x->todo_cap, *count, sizeof(*more));
	if (!more)
		return false;
	x->todo = more;
	x->todo[(*count)++] = need;
	return true;
}

void needs_meet(struct needs *x, uint32_t need)
{
	size_t count = 0;
	bool room = put(x, &count, need);

	while (room && count) {
		struct need *n = &x->at[x->todo[--count] - 1];

		n->met = true;
		room = put(x, &count, n->a) && put(x, &count, n->b);
	}
	x->full = x->full || !room;
}

void needs_follow(struct needs *x, uint32_t old, uint32_t now)
{
	uint32_t joined;

	if (!old || !now || old == now)
		return;
	if (x->at[old - 1].met) {
		needs_meet(x, now);
		return;
	}
	joined = needs_join(x, x->at[old - 1].b, now);
	x->at[old - 1].b = joined ? joined : x->at[old - 1].b;
}

bool needs_met(const struct needs *x, uint32_t need)
{
	return need && x->at[need - 1].met;
}

bool needs_none(const struct needs *x, uint32_t need)
{
	return need && !x->full && !x->at[need - 1].met;
}

void needs_forget(struct needs *x)
{
	x->count = 0;
	x->full = false;
}

void needs_free(struct needs *x)
{
	free(x->at);
	free(x->todo);
}
