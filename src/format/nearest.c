/*
 * nearest: how far apart two names are, and which types of a BTF are near to a misspelt name; see
 * nearest.h. The search is exhaustive: it runs once for an error message, and 150,000 types take
 * some tens of milliseconds because most names differ too much in length to be compared at all.
 */
#include "format/nearest.h"

#include <string.h>

enum { NAME_MAX_NEAR = 128 };

unsigned nearest_limit(const char *name)
{
	size_t len = strlen(name);

	return len < 4 ? 1 : len < 7 ? 2 : len < 16 ? 3 : 4;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Rows of the usual table of edit distances between prefixes; a swap needs the row before the last.
 */
unsigned nearest_distance(const char *a, const char *b, unsigned limit)
{
	uint8_t rows[3][NAME_MAX_NEAR + 1];
	uint8_t *before = rows[0], *last = rows[1], *row = rows[2], *spare;
	size_t an = strlen(a), bn = strlen(b);

	if (an > NAME_MAX_NEAR || bn > NAME_MAX_NEAR || (an > bn ? an - bn : bn - an) > limit)
		return limit + 1;
	for (size_t j = 0; j <= bn; j++)
		last[j] = (uint8_t)j;
	for (size_t i = 1; i <= an; i++) {
		unsigned best = (unsigned)i;

		row[0] = (uint8_t)i;
		for (size_t j = 1; j <= bn; j++) {
			unsigned d = last[j - 1] + (a[i - 1] != b[j - 1]);

			d = least(d, least(last[j], row[j - 1]) + 1u);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d = least(d, before[j - 2] + 1u);
			row[j] = (uint8_t)d;
			best = least(best, d);
		}
		if (best > limit + 1)
			return limit + 1;
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[bn] > limit ? limit + 1 : last[bn];
}

/* The n best so far, nearest first. */
struct nearest_set {
	const char *name;
	int kind;
	uint32_t *ids;
	const char *names[16];
	unsigned distance[16];
	size_t n, count;
};

static bool is_sought(const struct btf_type *t, int kind)
{
	if (!*t->name)
		return false;
	if (kind >= 0)
		return t->kind == kind;
	return t->kind != BTF_FUNC && t->kind != BTF_VAR && t->kind != BTF_DATASEC;
}

static void consider(struct nearest_set *x, const struct btf_type *t, unsigned limit)
{
	unsigned d;
	size_t at;

	if (x->count == x->n)
		limit = least(limit, x->distance[x->n - 1]);
	d = nearest_distance(x->name, t->name, limit);
	if (d > limit)
		return;
	for (size_t i = 0; i < x->count; i++)
		if (strcmp(x->names[i], t->name) == 0)
			return;
	for (at = x->count; at > 0 && x->distance[at - 1] > d; at--)
		;
	if (at == x->n)
		return;
	if (x->count < x->n)
		x->count++;
	for (size_t i = x->count - 1; i > at; i--) {
		x->ids[i] = x->ids[i - 1];
		x->names[i] = x->names[i - 1];
		x->distance[i] = x->distance[i - 1];
	}
	x->ids[at] = t->id;
	x->names[at] = t->name;
	x->distance[at] = d;
}

size_t nearest_types(const struct btf *b, const char *name, int kind, uint32_t *ids, size_t n)
{
	struct nearest_set x = {.name = name, .kind = kind, .ids = ids, .n = n < 16 ? n : 16};
	unsigned limit = nearest_limit(name);

	if (n == 0)
		return 0;
	for (uint32_t id = 1; id < b->end_id; id++) {
		struct btf_type t = btf_type(b, id);

		if (is_sought(&t, kind))
			consider(&x, &t, limit);
	}
	return x.count;
}
