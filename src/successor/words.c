/*
 * words: splits identifiers into words, weighs the words by rarity, and compares; see words.h. Two
 * words are near when one begins or ends the other, is an abbreviation of it, or is a slip away.
 */
#include "successor/words.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "successor/swaps.h"

/* From here on two words may mean the same: mc and mc6, cork and corkflag. */
#define NEAR 0.45

/* A word, and the same in the plural for all that were numbered. */
#define NUMBERED 0.8

static int lower(char c)
{
	return tolower((unsigned char)c);
}

static bool starts_word(const char *name, const char *p)
{
	return p > name && isupper((unsigned char)*p) && islower((unsigned char)p[-1]);
}

void words_split(const char *name, struct words *w)
{
	const char *p = name;

	w->name = name;
	w->n = 0;
	while (*p && w->n < WORDS_MAX) {
		struct word *x = &w->at[w->n];

		if (*p == '_' || *p == '.') {
			p++;
			continue;
		}
		*x = (struct word){.at = p, .hash = 2166136261u, .weight = 1};
		do {
			x->hash = (x->hash ^ (uint32_t)lower(*p++)) * 16777619u;
			x->len++;
		} while (*p && *p != '_' && *p != '.' && !starts_word(name, p) && x->len < 255);
		w->n++;
	}
}

/* Of a name's words few are its own. */
enum { WORDS_A_NAME = 3 };

int vocabulary_init(struct vocabulary *v, struct arena *a, size_t names)
{
	v->names = 0;
	return tally_init(&v->words, a, names * WORDS_A_NAME);
}

static bool is_repeated(const struct words *w, unsigned i)
{
	for (unsigned j = 0; j < i; j++)
		if (w->at[j].hash == w->at[i].hash)
			return true;
	return false;
}

void vocabulary_add(struct vocabulary *v, const struct words *w)
{
	v->names++;
	for (unsigned i = 0; i < w->n; i++)
		if (!is_repeated(w, i))
			tally_add(&v->words, w->at[i].hash, 1);
}

void words_weigh(struct words *w, const struct vocabulary *v, bool narrow)
{
	double all = log(2.0 + v->names);

	for (unsigned i = 0; i < w->n; i++) {
		double count = tally_of(&v->words, w->at[i].hash);
		double weight = log(1.0 + (1.0 + v->names) / fmax(count, 1)) / all;

		if (count * 2 > v->names && v->names > 5)
			weight *= 0.5;
		if (!narrow || weight < w->at[i].weight)
			w->at[i].weight = (float)weight;
	}
}

static bool same(const char *a, const char *b, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

/* Whether the letters of s stand in t in that order, beginning with its first. */
static bool abbreviates(const struct word *s, const struct word *t)
{
	unsigned i = 1;

	if (lower(*s->at) != lower(*t->at))
		return false;
	for (unsigned j = 1; j < t->len && i < s->len; j++)
		i += lower(s->at[i]) == lower(t->at[j]);
	return i == s->len;
}

/* Whether a and b, of almost the same length, differ by one letter or a swap. */
static bool is_slip(const struct word *s, const struct word *t)
{
	unsigned i = 0, j = 0;

	while (i < s->len && lower(s->at[i]) == lower(t->at[i]))
		i++;
	while (j < s->len - i && lower(s->at[s->len - 1 - j]) == lower(t->at[t->len - 1 - j]))
		j++;
	return t->len - i - j <= 1;
}

/* The length of a word without the digits that it ends in. */
static unsigned undigited(const struct word *w)
{
	unsigned n = w->len;

	while (n > 1 && isdigit((unsigned char)w->at[n - 1]))
		n--;
	return n;
}

/* Whether one is several of what the other is one of: arg1, args. */
static bool is_numbered(const struct word *one, const struct word *all)
{
	unsigned n;

	if (!isdigit((unsigned char)one->at[one->len - 1]) || lower(all->at[all->len - 1]) != 's')
		return false;
	n = undigited(one);
	return n < one->len && n > 1 && all->len == n + 1 && lower(all->at[n]) == 's' &&
	       same(one->at, all->at, n);
}

/* 0 to 1: how near two words are. */
static double word_alike(const struct word *a, const struct word *b)
{
	const struct word *s = a->len <= b->len ? a : b, *t = s == a ? b : a;
	double share = (double)s->len / t->len;

	if (a->hash == b->hash && a->len == b->len)
		return 1;
	if (s->len < 2)
		return 0;
	if (lower(*a->at) == lower(*b->at) && (is_numbered(a, b) || is_numbered(b, a)))
		return NUMBERED;
	if (same(s->at, t->at, s->len))
		return s->len >= 3 ? 0.5 + 0.4 * share : 0.2 + 0.4 * share;
	if (s->len >= 4 && same(s->at, t->at + t->len - s->len, s->len))
		return 0.4 + 0.5 * share;
	if (s->len >= 5 && is_slip(s, t))
		return 0.75;
	if (share >= 0.25 && abbreviates(s, t))
		return s->len >= 3 ? 0.35 + 0.3 * share : 0.2 + 0.2 * share;
	return 0;
}

void words_discount(struct words *w, const char *type)
{
	struct words said;

	words_split(type, &said);
	for (unsigned i = 0; i < w->n; i++)
		for (unsigned j = 0; j < said.n; j++)
			if (word_alike(&w->at[i], &said.at[j]) >= 0.6) {
				w->at[i].weight *= 0.5f;
				break;
			}
}

/* Whether a is one word, made of the first letters of all, or all but the first, words of b. */
static bool is_acronym(const struct words *a, const struct words *b)
{
	if (a->n != 1)
		return false;
	for (unsigned skip = 0; skip < 2; skip++) {
		unsigned k = 0;

		if (b->n < skip + 3 || a->at->len != b->n - skip)
			continue;
		while (k < a->at->len && lower(a->at->at[k]) == lower(*b->at[k + skip].at))
			k++;
		if (k == a->at->len)
			return true;
	}
	return false;
}

/* The same letters, whatever stands between words apart. */
static bool same_letters(const char *a, const char *b)
{
	for (;;) {
		while (*a == '_' || *a == '.')
			a++;
		while (*b == '_' || *b == '.')
			b++;
		if (lower(*a) != lower(*b))
			return false;
		if (!*a)
			return true;
		a++;
		b++;
	}
}

double words_alike(const struct words *a, const struct words *b)
{
	return words_alike_but(a, b, NULL);
}

/* Whether x stands for two words, written as one: memcg for mem_cgroup, hctx for hw_ctx. */
static bool joins(const struct word *x, const struct word *a, const struct word *b)
{
	unsigned i = 1, j = 1;

	if (x->len < 4 || x->len > a->len + b->len || lower(*x->at) != lower(*a->at))
		return false;
	for (; j < a->len && i < x->len && lower(x->at[i]) != lower(*b->at); j++)
		i += lower(x->at[i]) == lower(a->at[j]);
	if (i == x->len || lower(x->at[i]) != lower(*b->at))
		return false;
	i++;
	for (j = 1; j < b->len && i < x->len; j++)
		i += lower(x->at[i]) == lower(b->at[j]);
	return i == x->len;
}

/* Words of `many`, two and two, that stand as one in `few`; returns what they weigh on both sides,
 * less a bit for the doubt. */
static double joined(const struct words *many, bool many_done[WORDS_MAX], const struct words *few,
		     bool few_done[WORDS_MAX])
{
	double shared = 0;

	for (unsigned i = 0; i + 1 < many->n; i++) {
		for (unsigned j = 0; j < few->n; j++) {
			if (many_done[i] || many_done[i + 1] || few_done[j] ||
			    !joins(&few->at[j], &many->at[i], &many->at[i + 1]))
				continue;
			many_done[i] = many_done[i + 1] = few_done[j] = true;
			shared += 0.85 * (double)(many->at[i].weight + many->at[i + 1].weight +
						  few->at[j].weight);
		}
	}
	return shared;
}

/* What of the weight of words that have no partner is told by their often coming or going. */
static double expected(const struct words *w, const bool done[WORDS_MAX], const struct swaps *swaps,
		       bool came)
{
	double sum = 0;

	for (unsigned i = 0; i < w->n; i++)
		if (!done[i])
			sum += (double)w->at[i].weight *
			       swaps_often(swaps, came ? NULL : &w->at[i], came ? &w->at[i] : NULL);
	return sum;
}

double words_alike_but(const struct words *a, const struct words *b, const struct swaps *swaps)
{
	double sum = 0, shared = 0, value;
	bool taken[WORDS_MAX] = {false}, done[WORDS_MAX] = {false};

	for (unsigned i = 0; i < a->n; i++)
		sum += a->at[i].weight;
	for (unsigned i = 0; i < b->n; i++)
		sum += b->at[i].weight;
	/* The same words first, so that no near one takes their place. */
	for (unsigned i = 0; i < a->n; i++) {
		for (unsigned j = 0; j < b->n && !done[i]; j++) {
			if (taken[j] || a->at[i].hash != b->at[j].hash)
				continue;
			done[i] = taken[j] = true;
			shared += (double)(a->at[i].weight + b->at[j].weight);
		}
	}
	shared += joined(a, done, b, taken) + joined(b, taken, a, done);
	for (unsigned i = 0; i < a->n; i++) {
		double best = 0;
		unsigned at = 0;

		for (unsigned j = 0; j < b->n && !done[i]; j++) {
			double alike = taken[j] ? 0
						: fmax(word_alike(&a->at[i], &b->at[j]),
						       swaps_often(swaps, &a->at[i], &b->at[j]));

			if (alike > best) {
				best = alike;
				at = j;
			}
		}
		if (best <= 0)
			continue;
		done[i] = taken[at] = true;
		shared += best * (double)(a->at[i].weight + b->at[at].weight);
	}
	sum -= expected(a, done, swaps, false) + expected(b, taken, swaps, true);
	value = sum > 0 ? shared / sum : 0;
	if (value < 0.97 && same_letters(a->name, b->name))
		return 0.97;
	if (value < 0.7 && (is_acronym(a, b) || is_acronym(b, a)))
		return 0.7;
	return value > 1 ? 1 : value;
}

static bool is_near(const struct word *x, const struct words *w)
{
	for (unsigned i = 0; i < w->n; i++)
		if (word_alike(x, &w->at[i]) >= NEAR)
			return true;
	return false;
}

static bool is_among(const struct word *x, const struct words around[], size_t n)
{
	for (size_t k = 0; k < n; k++)
		for (unsigned i = 0; i < around[k].n; i++)
			if (around[k].at[i].hash == x->hash)
				return true;
	return false;
}

static bool is_near_any(const struct word *x, const struct words around[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_near(x, &around[i]))
			return true;
	return false;
}

bool words_made_of(const struct words *name, const struct words *what, const struct words around[],
		   size_t n)
{
	bool said = false;

	for (unsigned i = 0; i < name->n; i++)
		if (!is_near(&name->at[i], what) && !is_near_any(&name->at[i], around, n))
			return false;
	for (unsigned i = 0; i < what->n; i++) {
		bool among = is_among(&what->at[i], around, n);

		if (!is_near(&what->at[i], name) && !among)
			return false;
		said |= !among;
	}
	return said;
}

bool words_heard(const struct words *a, const struct words *b)
{
	for (unsigned i = 0; i < a->n; i++)
		if (!is_near(&a->at[i], b))
			return false;
	return a->n > 0;
}

bool words_within(const struct words *a, const struct words *b)
{
	for (unsigned i = 0; i < a->n; i++) {
		unsigned j = 0;

		while (j < b->n && b->at[j].hash != a->at[i].hash)
			j++;
		if (j == b->n)
			return false;
	}
	return a->n > 0;
}
