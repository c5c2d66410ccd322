/* pairs: see pairs.h. BTFs are referenced, so that none of another kernel has the same address. */
#include "successor/pairs.h"

#include <stdlib.h>

static bool is_of(const struct kept_pair *k, enum routine_kind kind, const struct btf *witness,
		  const struct target *t)
{
	if (!k->routines || k->routines->kind != kind || k->btf[0] != witness ||
	    k->count != t->count + 1)
		return false;
	for (size_t i = 0; i < t->count; i++)
		if (k->btf[i + 1] != t->btf[i])
			return false;
	return true;
}

static void forget(struct kept_pair *k)
{
	routines_free(k->routines);
	for (size_t i = 0; i < k->count; i++)
		btf_unref(k->btf[i]);
	free(k->btf);
	*k = (struct kept_pair){0};
}

static int make(struct kept_pair *k, enum routine_kind kind, const struct btf *witness,
		const struct target *t)
{
	k->btf = malloc((t->count + 1) * sizeof(struct btf *));
	if (!k->btf)
		return -1;
	k->btf[k->count++] = btf_ref(witness);
	for (size_t i = 0; i < t->count; i++)
		k->btf[k->count++] = btf_ref(t->btf[i]);
	k->routines = routines_new(kind, witness, t);
	return k->routines ? 0 : -1;
}

struct routines *pairs_routines(struct pairs *p, enum routine_kind kind, const struct btf *witness,
				const struct target *t)
{
	struct kept_pair *oldest = &p->at[0];

	p->asked++;
	for (size_t i = 0; i < PAIRS_KEPT; i++) {
		struct kept_pair *k = &p->at[i];

		if (is_of(k, kind, witness, t)) {
			k->asked = p->asked;
			return k->routines;
		}
		if (k->asked < oldest->asked)
			oldest = k;
	}
	forget(oldest);
	if (make(oldest, kind, witness, t) < 0) {
		forget(oldest);
		return NULL;
	}
	oldest->asked = p->asked;
	return oldest->routines;
}

/* How often b is referenced from here. */
static unsigned own_refs(const struct pairs *p, const struct btf *b)
{
	unsigned n = 0;

	for (size_t i = 0; i < PAIRS_KEPT; i++)
		for (size_t j = 0; j < p->at[i].count; j++)
			n += p->at[i].btf[j] == b;
	for (size_t i = 0; i < ROLLS_KEPT; i++)
		n += p->rolls.at[i].btf == b;
	return n;
}

static bool is_left(const struct pairs *p, const struct btf *b)
{
	return b && btf_refs(b) == own_refs(p, b);
}

/* Returns whether there was anything: that may have been the last to hold a base. */
static bool free_left(struct pairs *p)
{
	bool any = false;

	for (size_t i = 0; i < PAIRS_KEPT; i++) {
		struct kept_pair *k = &p->at[i];
		bool left = false;

		for (size_t j = 0; j < k->count && !left; j++)
			left = is_left(p, k->btf[j]);
		if (left)
			forget(k);
		any |= left;
	}
	for (size_t i = 0; i < ROLLS_KEPT; i++) {
		if (!is_left(p, p->rolls.at[i].btf))
			continue;
		roll_free(&p->rolls.at[i]);
		any = true;
	}
	return any;
}

void pairs_tidy(struct pairs *p)
{
	while (free_left(p))
		;
}

void pairs_free(struct pairs *p)
{
	for (size_t i = 0; i < PAIRS_KEPT; i++)
		forget(&p->at[i]);
	rolls_free(&p->rolls);
}
