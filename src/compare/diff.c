/* diff: groups the types of two BTFs by kind and name; see diff.h. */
#include "compare/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "compare/items.h"

enum { MOST_PAIRED = 32 }; /* of one name: beyond, the first are compared */

/* All types of one kind and name. */
struct group {
	const char *name;
	uint32_t first[2], last[2]; /* ids, 0 for none */
	uint32_t next_in_slot;
	uint8_t kind;
};

struct diff {
	const struct btf *btf[2];
	struct group *groups;
	size_t count, cap, at;
	uint32_t *slots; /* index of a group, ITEM_NONE for none */
	size_t mask;
	uint32_t *next[2]; /* by id, from the BTF's first: the next of the group, 0 for none */
};

void diff_free(struct diff *d)
{
	if (!d)
		return;
	free(d->groups);
	free(d->slots);
	free(d->next[0]);
	free(d->next[1]);
	free(d);
}

static bool is_compared(const struct btf_type *t)
{
	switch (t->kind) {
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_ENUM:
	case BTF_ENUM64:
	case BTF_TYPEDEF:
	case BTF_FUNC:
	case BTF_VAR: return *t->name;
	default: return false;
	}
}

/* The group of a type, made when it is the first; NULL when memory is out. */
static struct group *group_of(struct diff *d, const struct btf_type *t)
{
	uint8_t kind = t->kind == BTF_ENUM64 ? BTF_ENUM : t->kind;
	uint32_t *slot = &d->slots[(items_hash(t->name) + kind) & d->mask];
	struct group *g;

	for (uint32_t i = *slot; i != ITEM_NONE; i = d->groups[i].next_in_slot) {
		g = &d->groups[i]; /* there is one where a slot names it */
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		if (g->kind == kind && strcmp(g->name, t->name) == 0)
			return g;
	}
	if (d->count == d->cap) {
		struct group *more = array_grow(d->groups, &d->cap, d->count, sizeof(*more));

		if (!more)
			return NULL;
		d->groups = more;
	}
	g = &d->groups[d->count];
	*g = (struct group){.name = t->name, .kind = kind, .next_in_slot = *slot};
	*slot = (uint32_t)d->count++;
	return g;
}

static bool add_side(struct diff *d, int side)
{
	const struct btf *b = d->btf[side];
	struct btf_type t = {0};

	while (btf_next(b, &t, -1)) {
		struct group *g = is_compared(&t) ? group_of(d, &t) : NULL;

		if (!is_compared(&t))
			continue;
		if (!g)
			return false;
		if (g->last[side])
			d->next[side][g->last[side] - b->first_id] = t.id;
		else
			g->first[side] = t.id;
		g->last[side] = t.id;
	}
	return true;
}

static bool fill(struct diff *d)
{
	size_t types[2], size = 64;

	for (int side = 0; side < 2; side++) {
		types[side] = d->btf[side]->end_id - d->btf[side]->first_id;
		d->next[side] = calloc(types[side] + 1, sizeof(*d->next[side]));
	}
	while (size < types[0] + types[1])
		size *= 2;
	d->mask = size - 1;
	d->slots = malloc(size * sizeof(*d->slots));
	if (!d->slots || !d->next[0] || !d->next[1])
		return false;
	memset(d->slots, 0xff, size * sizeof(*d->slots));
	return add_side(d, 0) && add_side(d, 1);
}

struct diff *diff_new(const struct btf *old, const struct btf *new, struct err *e)
{
	struct diff *d = calloc(1, sizeof(*d));

	if (d) {
		d->btf[0] = old;
		d->btf[1] = new;
	}
	if (!d || !fill(d)) {
		diff_free(d);
		err_memory(e, old->name);
		return NULL;
	}
	return d;
}

static bool note(void *ctx, const struct change *c)
{
	(void)c;
	*(bool *)ctx = true;
	return false;
}

static int differ(const struct diff *d, uint32_t old, uint32_t new, bool *yes, struct err *e)
{
	struct changes_options options = {0};

	*yes = false;
	return changes_of(d->btf[0], old, d->btf[1], new, &options, note, yes, e);
}

static uint32_t next_of(const struct diff *d, int side, uint32_t id)
{
	return d->next[side][id - d->btf[side]->first_id];
}

/* The ids of a group on one side, MOST_PAIRED at most. */
static unsigned list(const struct diff *d, const struct group *g, int side, uint32_t *ids)
{
	unsigned n = 0;

	for (uint32_t id = g->first[side]; id && n < MOST_PAIRED; id = next_of(d, side, id))
		ids[n++] = id;
	return n;
}

/* The first type of each side that is like none of the other side, 0 for none. */
static int pair_up(const struct diff *d, const struct group *g, uint32_t *old, uint32_t *new,
		   struct err *e)
{
	uint32_t a[MOST_PAIRED], b[MOST_PAIRED];
	unsigned n = list(d, g, 0, a), m = list(d, g, 1, b);
	bool known[MOST_PAIRED] = {false};

	*old = *new = 0;
	for (unsigned i = 0; i < n; i++) {
		bool differs = true;

		for (unsigned k = 0; k < m && differs; k++) {
			if (differ(d, a[i], b[k], &differs, e) < 0)
				return -1;
			known[k] = known[k] || !differs;
		}
		if (differs && !*old)
			*old = a[i];
	}
	for (unsigned k = 0; k < m && !*new; k++)
		if (!known[k])
			*new = b[k];
	return 0;
}

size_t diff_count(const struct diff *d, unsigned kind)
{
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++)
		n += d->groups[i].kind == kind && d->groups[i].first[0];
	return n;
}

int diff_next(struct diff *d, struct diff_row *row, struct err *e)
{
	while (d->at < d->count) {
		const struct group *g = &d->groups[d->at++];

		*row = (struct diff_row){DIFF_CHANGED, g->kind, g->name, g->first[0], g->first[1]};
		if (!g->first[0] || !g->first[1]) {
			row->what = g->first[0] ? DIFF_REMOVED : DIFF_ADDED;
			return 1;
		}
		if (pair_up(d, g, &row->old, &row->new, e) < 0)
			return -1;
		if (row->old && row->new)
			return 1;
	}
	return 0;
}
