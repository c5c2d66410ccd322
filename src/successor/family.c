/* family: see family.h. */
#include "successor/family.h"

#include <math.h>
#include <string.h>

/* Words around a run that weigh less are around many by chance: *_init. */
#define LEAST_AROUND 0.35

static bool share_a_word(const struct words *a, const struct words *b)
{
	for (unsigned i = 0; i < a->n; i++)
		for (unsigned k = 0; k < b->n; k++)
			if (a->at[i].hash == b->at[k].hash)
				return true;
	return false;
}

int family_of(const struct routines *r, const struct single *lost, struct arena *a,
	      struct family *out)
{
	*out = (struct family){.routines = r, .of = lost};
	out->at = arena_alloc(a, r->lost.n + 1, sizeof(const struct single *));
	if (!out->at)
		return -1;
	for (size_t i = 0; i < r->lost.n; i++) {
		const struct single *x = &r->lost.at[i];

		if (x->glimpse.words & lost->glimpse.words &&
		    share_a_word(&x->words, &lost->words) &&
		    strcmp(x->routine.name, lost->routine.name) != 0)
			out->at[out->n++] = x;
	}
	return 0;
}

static double weight_of(const struct words *w)
{
	double sum = 0;

	for (unsigned i = 0; i < w->n; i++)
		sum += (double)w->at[i].weight;
	return sum;
}

double family_went(const struct family *f, const struct run *was, const struct run *is)
{
	const struct routines *r = f->routines;
	double n = 0, of = names_run(&f->of->words, was);

	if (!was->len || names_around(&f->of->words, was) < LEAST_AROUND)
		return 0;
	for (size_t i = 0; i < f->n; i++) {
		const struct single *x = f->at[i];
		double around = weight_of(&x->words) - of;
		const struct routine *there;
		char made[256];

		if (around < LEAST_AROUND ||
		    !names_put(x->routine.name, was, is, made, sizeof(made)))
			continue;
		there = routines_named(r, made);
		if (there && !routines_was(r, there))
			n += fmin(1, around);
	}
	return n;
}
