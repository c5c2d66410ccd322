/* swaps: see swaps.h. Names are found by what is left when one of their words is taken out. */
#include "successor/swaps.h"

#include <math.h>
#include <stdlib.h>

#include "base/digest.h"

struct swaps {
	struct tally count;
};

static uint64_t swap_key(const struct word *a, const struct word *b)
{
	return (uint64_t)(a ? a->hash : 0) << 32 | (b ? b->hash : 0);
}

/* A name with one word left out. */
struct gap {
	uint64_t around;  /* what stands on either side of it */
	uint64_t without; /* what the name would be */
	const struct word *word;
	double says; /* weight of the other words, at most 1 */
};

/* The name that these words are without one of them; with all, for WORDS_MAX. */
static struct digester name_without(const struct words *w, unsigned left_out)
{
	struct digester name = {0};

	for (unsigned i = 0; i < w->n; i++)
		if (i != left_out)
			digest_add(&name, w->at[i].hash);
	return name;
}

static uint64_t key_of(struct digester name)
{
	return digest_of(&name).word[0];
}

static unsigned gaps_of(const struct words *w, struct gap out[WORDS_MAX])
{
	double all = 0;

	for (unsigned i = 0; i < w->n; i++)
		all += (double)w->at[i].weight;
	for (unsigned i = 0; i < w->n && w->n > 1; i++) {
		struct digester name = name_without(w, i), around = name;

		digest_add(&around, i);
		out[i] = (struct gap){key_of(around), key_of(name), &w->at[i],
				      fmin(1, all - (double)w->at[i].weight)};
	}
	return w->n > 1 ? w->n : 0;
}

static int by_around(const void *x, const void *y)
{
	const struct gap *a = x, *b = y;

	return (a->around > b->around) - (a->around < b->around);
}

/* The first of sorted gaps that is not below. */
static size_t first_around(const struct gap *gaps, size_t n, uint64_t around)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (gaps[mid].around < around)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Names of which the rest says less are alike by chance: *_init. */
#define LEAST_SAID 0.35

/* A word that came where words of lost names stood, in `n` names that came around the same. */
static void count_swap(struct swaps *s, const struct gap *lost, size_t count,
		       const struct gap *gained, double n)
{
	for (size_t i = first_around(lost, count, gained->around);
	     i < count && lost[i].around == gained->around; i++)
		tally_add(&s->count, swap_key(lost[i].word, gained->word), lost[i].says / n);
}

static const struct words *words_at(const struct words *list, size_t stride, size_t i)
{
	return (const struct words *)(const void *)((const char *)list + i * stride);
}

/* All gaps of a list that say enough, *n of them; NULL when memory is out. */
static struct gap *gaps_in(const struct words *list, size_t count, size_t stride, struct arena *a,
			   size_t *n)
{
	struct gap *out = arena_alloc(a, count + 1, WORDS_MAX * sizeof(*out));

	*n = 0;
	for (size_t i = 0; out && i < count; i++) {
		unsigned gaps = gaps_of(words_at(list, stride, i), out + *n);
		size_t end = *n + gaps;

		for (size_t k = *n; k < end; k++)
			if (out[k].says > LEAST_SAID)
				out[(*n)++] = out[k];
	}
	return out;
}

static int whole_names(const struct words *list, size_t count, size_t stride, struct arena *a,
		       struct tally *out)
{
	if (tally_init(out, a, count) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		tally_add(out, key_of(name_without(words_at(list, stride, i), WORDS_MAX)), 1);
	return 0;
}

struct swaps *swaps_new(const struct words *lost, size_t nlost, const struct words *gained,
			size_t ngained, size_t stride, struct arena *a)
{
	size_t went, came, met = 0, left = 0;
	struct gap *from = gaps_in(lost, nlost, stride, a, &went);
	struct gap *to = gaps_in(gained, ngained, stride, a, &came);
	struct swaps *s = arena_alloc(a, 1, sizeof(*s));
	struct tally were, are, around;

	if (!from || !to || !s || tally_init(&around, a, came) < 0 ||
	    whole_names(lost, nlost, stride, a, &were) < 0 ||
	    whole_names(gained, ngained, stride, a, &are) < 0)
		return NULL;
	for (size_t i = 0; i < came; i++)
		tally_add(&around, to[i].around, 1);
	for (size_t i = 0; i < went; i++)
		met += tally_of(&around, from[i].around) > 0;
	/* Few meet others, and of these most one or two. */
	if (tally_init(&s->count, a, 4 * met + nlost + ngained) < 0)
		return NULL;
	for (size_t i = 0; i < went; i++)
		if (tally_of(&are, from[i].without) > 0)
			tally_add(&s->count, swap_key(from[i].word, NULL), from[i].says);
	for (size_t i = 0; i < went; i++)
		if (tally_of(&around, from[i].around) > 0)
			from[left++] = from[i];
	went = left;
	qsort(from, went, sizeof(*from), by_around);
	for (size_t i = 0; i < came; i++) {
		/* Each of several that came may be the one. */
		count_swap(s, from, went, &to[i], tally_of(&around, to[i].around));
		if (tally_of(&were, to[i].without) > 0)
			tally_add(&s->count, swap_key(NULL, to[i].word), to[i].says);
	}
	return s;
}

struct swaps *swaps_of(const struct swap *known, size_t n, struct arena *a)
{
	struct swaps *s = arena_alloc(a, 1, sizeof(*s));

	if (!s || tally_init(&s->count, a, n) < 0)
		return NULL;
	for (size_t i = 0; i < n; i++)
		tally_add(&s->count, swap_key(&known[i].was, &known[i].now), known[i].n);
	return s;
}

/* By chance most words stand once where another stood. */
#define LEAST_SWAPS 2

uint64_t swaps_glimpse(const struct swaps *swaps, const struct words *w)
{
	uint64_t came = 0;

	for (uint32_t i = 0; i <= swaps->count.mask; i++) {
		const struct tally_entry *x = &swaps->count.entries[i];

		for (unsigned k = 0; x->sum >= LEAST_SWAPS && k < w->n; k++)
			if (x->key >> 32 == w->at[k].hash)
				came |= UINT64_C(1) << (uint32_t)x->key % 64;
	}
	return came;
}

double swaps_often(const struct swaps *swaps, const struct word *a, const struct word *b)
{
	double n = swaps ? tally_of(&swaps->count, swap_key(a, b)) : 0;

	/* Once may be chance. */
	return n >= 1 ? 0.9 * n / (n + 1) : 0;
}
