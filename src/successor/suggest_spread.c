/*
 * suggest_spread: how far it says something that a name left one struct and came to another: a name
 * that only one lost and only one gained has moved, one that many structs have come and gone with
 * has not.
 */
#include "successor/suggest_impl.h"

#include <math.h>

/* So many structs that keep the name make a gain of it half as telling. */
#define KEPT_HALVES 4.0

static bool declares(const struct btf *b, uint32_t id, const char *name)
{
	const char *rest;
	struct member last;
	uint32_t at;

	return members_follow(b, id, name, &rest, &at, &last) == 1 && !*rest;
}

/* Whether b has a struct of that name that declares the member. */
static bool has_member(const struct btf *b, const char *owner, const char *name)
{
	struct place p = find_type(b, owner, strlen(owner), name);

	return p.btf && declares(p.btf, p.id, name);
}

/* How many structs of `in` declare the name, and of these how many do so in `other`, too. */
static void count(const struct btf *in, const struct btf *other, const char *name, double *have,
		  double *both)
{
	*have = *both = 0;
	for (uint32_t id = 1; id < in->end_id; id++) {
		struct btf_type t = btf_type(in, id);

		if (!btf_is_composite(&t) || !*t.name || !declares(in, id, name))
			continue;
		++*have;
		*both += has_member(other, t.name, name);
	}
}

double name_spread(const struct hunt *h, const char *name)
{
	double were, are, kept, same;
	struct words w;

	count(h->witness, h->target->btf[0], name, &were, &kept);
	count(h->target->btf[0], h->witness, name, &are, &same);
	if (were <= kept || are <= same)
		return 0;
	words_split(name, &w);
	return (1 - pow(0.5, w.n)) / ((were - kept) * (are - same) * (1 + kept / KEPT_HALVES));
}
