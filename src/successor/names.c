/* names: see names.h. */
#include "successor/names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool same(const struct word *a, const struct word *b, const struct swaps *swaps)
{
	return a->hash == b->hash || swaps_often(swaps, a, b) > 0;
}

struct names_common names_common(const struct words *a, const struct words *b,
				 const struct swaps *swaps)
{
	struct names_common out = {0};
	double in_order[WORDS_MAX + 1] = {0};

	for (unsigned i = 0; i < a->n; i++) {
		double diagonal = 0, weight = 0;

		for (unsigned k = 0; k < b->n; k++) {
			double with = diagonal;

			if (same(&a->at[i], &b->at[k], swaps)) {
				weight = (double)a->at[i].weight;
				with += weight;
			}
			diagonal = in_order[k + 1];
			in_order[k + 1] = fmax(fmax(in_order[k + 1], in_order[k]), with);
		}
		out.said += weight;
	}
	if (out.said > 0)
		out.mixed = fmax(0, 1 - in_order[b->n] / out.said);
	return out;
}

/* Words `from` to `to`, the latter left out. */
static struct run run_of(const struct words *w, unsigned from, unsigned to)
{
	const struct word *last = &w->at[to - 1];

	if (from == to)
		return (struct run){0};
	return (struct run){w->at[from].at, (size_t)(last->at - w->at[from].at) + last->len};
}

void names_differ(const struct words *a, const struct words *b, struct run *was, struct run *is)
{
	unsigned front = 0, back = 0, least = a->n < b->n ? a->n : b->n;

	while (front < least && a->at[front].hash == b->at[front].hash)
		front++;
	while (back < least - front && a->at[a->n - 1 - back].hash == b->at[b->n - 1 - back].hash)
		back++;
	*was = run_of(a, front, a->n - back);
	*is = run_of(b, front, b->n - back);
}

static const char *find(const char *name, const struct run *run)
{
	for (const char *at = name; (at = strchr(at, *run->at)); at++)
		if (strncmp(at, run->at, run->len) == 0 && (at == name || at[-1] == '_') &&
		    (!at[run->len] || at[run->len] == '_'))
			return at;
	return NULL;
}

bool names_put(const char *name, const struct run *was, const struct run *is, char *out,
	       size_t size)
{
	const char *at = find(name, was), *rest;
	size_t before;
	int len;

	if (!at)
		return false;
	before = (size_t)(at - name);
	rest = at + was->len;
	/* Where no word comes in its place, one of the two underscores around it goes, too. */
	if (!is->len && *rest)
		rest++;
	else if (!is->len && before)
		before--;
	len = snprintf(out, size, "%.*s%.*s%s", (int)before, name, (int)is->len,
		       is->len ? is->at : "", rest);
	return len > 0 && (size_t)len < size;
}
