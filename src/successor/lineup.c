/*
 * lineup: anchors the two lists at the names that kept their order (the longest increasing run),
 * aligns what went with what came in each gap between anchors, and then pairs one to one over the
 * whole list, best pairs first; see lineup.h.
 */
#include "successor/lineup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Longer lists are compared by name and type only. */
enum { MOST_PLACED = 1500 };

/* From here on types are the same but for what they are called. */
#define SAME_TYPE 0.94

/* How much more alike one of several must be to be the one beyond doubt. */
#define CLEAR_MARGIN 0.2

static int by_name(const void *a, const void *b)
{
	const struct item *const *x = a, *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);

	return order ? order : (*x > *y) - (*x < *y);
}

/* Items of the same name find each other; only the first of a repeated name does. */
static int find_twins(struct lineup *l, struct arena *a)
{
	struct item **r = arena_alloc(a, l->nold + 1, sizeof(*r));
	struct item **t = arena_alloc(a, l->nnew + 1, sizeof(*t));
	size_t i = 0, j = 0;

	if (!r || !t)
		return -1;
	for (size_t k = 0; k < l->nold; k++) {
		l->old[k].twin = l->old[k].partner = -1;
		r[k] = &l->old[k];
	}
	for (size_t k = 0; k < l->nnew; k++) {
		l->new[k].twin = l->new[k].partner = -1;
		t[k] = &l->new[k];
	}
	l->by_name = r;
	qsort(r, l->nold, sizeof(*r), by_name);
	qsort(t, l->nnew, sizeof(*t), by_name);
	while (i < l->nold && j < l->nnew) {
		int order = strcmp(r[i]->name, t[j]->name);

		if (order == 0 && !(l->apart && strcmp(r[i]->name, l->apart) == 0)) {
			r[i]->twin = (int32_t)(t[j] - l->new);
			t[j]->twin = (int32_t)(r[i] - l->old);
		}
		i += order <= 0;
		j += order >= 0;
	}
	return 0;
}

const struct item *lineup_find(const struct lineup *l, const char *prefix, size_t len,
			       const char *rest)
{
	size_t lo = 0, hi = l->nold;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const char *name = l->by_name[mid]->name;
		int order = strncmp(name, prefix, len);

		if (order == 0)
			order = strcmp(name + len, rest);
		if (order == 0)
			return l->by_name[mid];
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

/* Numbers the gaps between survivors whose order is the same on both sides. */
static int number_gaps(struct lineup *l, struct arena *a)
{
	int32_t *tail =
	    arena_alloc(a, l->nold + 1, sizeof(*tail)); /* last item of runs by length */
	int32_t *prior = arena_alloc(a, l->nold + 1, sizeof(*prior));
	bool *anchor = arena_alloc(a, l->nold + 1, sizeof(*anchor));
	size_t length = 0;
	uint32_t gap = 0;

	if (!tail || !prior || !anchor)
		return -1;
	memset(anchor, 0, l->nold + 1);
	for (size_t i = 0; i < l->nold; i++) {
		size_t lo = 0, hi = length;

		if (l->old[i].twin < 0)
			continue;
		while (lo < hi) {
			size_t mid = (lo + hi) / 2;

			if (l->old[tail[mid]].twin < l->old[i].twin)
				lo = mid + 1;
			else
				hi = mid;
		}
		tail[lo] = (int32_t)i;
		prior[i] = lo ? tail[lo - 1] : -1;
		length += lo == length;
	}
	for (int32_t i = length ? tail[length - 1] : -1; i >= 0; i = prior[i])
		anchor[i] = true;
	for (size_t i = 0; i < l->nold; i++) {
		l->old[i].gap = gap;
		gap += anchor[i];
	}
	l->gaps = gap + 1;
	gap = 0;
	for (size_t i = 0; i < l->nnew; i++) {
		int32_t twin = l->new[i].twin;

		l->new[i].gap = gap;
		gap += twin >= 0 && anchor[twin];
	}
	return 0;
}

/* Whether the survivors nearest to item m in that direction kept their value. */
static bool neighbour_kept(const struct lineup *l, size_t m, int step)
{
	for (long i = (long)m + step; i >= 0 && i < (long)l->nold; i += step)
		if (l->old[i].twin >= 0)
			return l->old[i].value == l->new[l->old[i].twin].value;
	return true;
}

bool lineup_same_value(const struct lineup *l, size_t m, size_t n)
{
	return l->old[m].value == l->new[n].value &&neighbour_kept(l, m, -1) &&
	       neighbour_kept(l, m, 1);
}

double lineup_alike(const struct lineup *l, size_t m, size_t n)
{
	const struct item *x = &l->old[m], *y = &l->new[n];
	double name = words_alike(&x->words, &y->words);

	if (l->enums)
		return 0.75 * name + (lineup_same_value(l, m, n) ? 0.25 : 0);
	return 0.6 * name + 0.4 * shape_alike(&x->shape, &y->shape) * (0.4 + 0.6 * x->rarity);
}

/* Two names that differ in one run of words, and what stands around it: "miniq" and "tcx". */
struct substitution {
	const char *from, *to;
	size_t from_len, to_len;
};

static bool substitution_of(const char *was, const char *now, struct substitution *out)
{
	size_t a = strlen(was), b = strlen(now), head = 0, tail = 0;

	for (size_t i = 0; i < a && i < b && was[i] == now[i]; i++)
		if (was[i] == '_')
			head = i + 1;
	for (size_t i = 1; i <= a - head && i <= b - head && was[a - i] == now[b - i]; i++)
		if (was[a - i] == '_')
			tail = i;
	*out = (struct substitution){was + head, now + head, a - head - tail, b - head - tail};
	return head + tail > 1 && out->from_len && out->to_len;
}

/* Whether b is a with the run replaced once, as whole words. */
static bool is_substituted(const struct substitution *s, const char *a, const char *b)
{
	for (size_t head = 0; a[head] && (!head || a[head - 1] == b[head - 1]); head++) {
		const char *at = a + head;

		if ((!head || at[-1] == '_') && strncmp(at, s->from, s->from_len) == 0 &&
		    strncmp(b + head, s->to, s->to_len) == 0 &&
		    strcmp(at + s->from_len, b + head + s->to_len) == 0)
			return true;
	}
	return false;
}

double lineup_likewise(const struct lineup *l, size_t m, size_t n)
{
	struct substitution s;
	double others = 0;

	if (!substitution_of(l->old[m].name, l->new[n].name, &s))
		return 0;
	for (size_t i = 0; i < l->nold; i++) {
		if (i == m || l->old[i].twin >= 0)
			continue;
		for (size_t j = 0; j < l->nnew; j++) {
			if (l->new[j].twin < 0 &&
			    is_substituted(&s, l->old[i].name, l->new[j].name)) {
				others++;
				break;
			}
		}
	}
	return others / (others + 1);
}

/* 0.6 to 1: how far a gap in which more went than came decides that m became n: others of what went
 * may be as alike to it. */
static double decided(const double *gain, size_t nm, size_t nn, size_t m, size_t n)
{
	double next = 0;

	if (nm <= nn)
		return 1;
	for (size_t x = 0; x < nm; x++)
		if (x != m)
			next = fmax(next, gain[x * nn + n]);
	return 0.6 + 0.4 * fmax(0, fmin(1, (gain[m * nn + n] - next) / CLEAR_MARGIN));
}

/* Whether as many came as went, one by one of the same types: a run that was renamed as a whole. */
static bool is_same_run(const struct lineup *l, const uint32_t *m, size_t nm, const uint32_t *n,
			size_t nn)
{
	if (nm != nn || l->enums)
		return false;
	for (size_t i = 0; i < nm; i++)
		if (shape_alike(&l->old[m[i]].shape, &l->new[n[i]].shape) < SAME_TYPE)
			return false;
	return true;
}

/* Aligns what went with what came in one gap: the monotone pairing of the greatest sum. */
static int align_gap(struct lineup *l, const uint32_t *m, size_t nm, const uint32_t *n, size_t nn,
		     double sure, struct arena *a)
{
	double *best = arena_alloc(a, (nm + 1) * (nn + 1), sizeof(*best));
	double *gain = arena_alloc(a, nm * nn + 1, sizeof(*gain));
	size_t most = nm > nn ? nm : nn, i = nm, j = nn;
	bool run = is_same_run(l, m, nm, n, nn);
	double certain = run ? sure : sure / (1 + 0.3 * (double)(most - 1));

	if (!best || !gain)
		return -1;
	for (size_t x = 0; x <= nm; x++) {
		for (size_t y = 0; y <= nn; y++) {
			double *at = &best[x * (nn + 1) + y];

			*at = 0;
			if (!x || !y)
				continue;
			gain[(x - 1) * nn + y - 1] = 0.25 + lineup_alike(l, m[x - 1], n[y - 1]) +
						     (x == 1 && y == 1 ? 0.15 : 0) +
						     (x == nm && y == nn ? 0.1 : 0);
			*at = at[-(long)nn - 2] + gain[(x - 1) * nn + y - 1];
			*at = fmax(*at, fmax(at[-1], at[-(long)nn - 1]));
		}
	}
	for (size_t x = 0; x < nm; x++)
		for (size_t y = 0; y < nn; y++)
			l->place[m[x] * l->nnew + n[y]] = certain * 0.4;
	while (i && j) {
		const double *at = &best[i * (nn + 1) + j];

		if (*at == at[-(long)nn - 1]) {
			i--;
		} else if (*at == at[-1]) {
			j--;
		} else {
			l->place[m[i - 1] * l->nnew + n[j - 1]] =
			    certain * decided(gain, nm, nn, i - 1, j - 1);
			i--;
			j--;
		}
	}
	return 0;
}

static int align_gaps(struct lineup *l, struct arena *a)
{
	uint32_t *m = arena_alloc(a, l->nold + 1, sizeof(*m));
	uint32_t *n = arena_alloc(a, l->nnew + 1, sizeof(*n));
	size_t i = 0, j = 0;

	l->place = arena_alloc(a, l->nold * l->nnew + 1, sizeof(*l->place));
	if (!m || !n || !l->place)
		return -1;
	memset(l->place, 0, (l->nold * l->nnew + 1) * sizeof(*l->place));
	for (uint32_t gap = 0; gap < l->gaps; gap++) {
		size_t nm = 0, nn = 0;
		/* The end of a struct is where new members go, whatever went. */
		double sure = l->gaps == 1 ? 0.35 : gap + 1 == l->gaps ? 0.7 : 1;

		for (; i < l->nold && l->old[i].gap == gap; i++)
			if (l->old[i].twin < 0)
				m[nm++] = (uint32_t)i;
		for (; j < l->nnew && l->new[j].gap == gap; j++)
			if (l->new[j].twin < 0)
				n[nn++] = (uint32_t)j;
		if (nm && nn && nm * nn < 1000000 && align_gap(l, m, nm, n, nn, sure, a) < 0)
			return -1;
	}
	return 0;
}

struct pair {
	double value;
	uint32_t m, n;
};

static int by_value(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? 1 : -1;
	return x->m != y->m ? (x->m > y->m) - (x->m < y->m) : (x->n > y->n) - (x->n < y->n);
}

/* Pairs one to one, best first. */
static int assign(struct lineup *l, struct arena *a)
{
	struct pair *pairs;
	size_t went = 0, came = 0, n = 0;

	for (size_t i = 0; i < l->nold; i++)
		went += l->old[i].twin < 0;
	for (size_t j = 0; j < l->nnew; j++)
		came += l->new[j].twin < 0;
	if (went * came > 1000000)
		return 0;
	pairs = arena_alloc(a, went * came + 1, sizeof(*pairs));
	if (!pairs)
		return -1;
	for (size_t i = 0; i < l->nold; i++) {
		if (l->old[i].twin >= 0)
			continue;
		for (size_t j = 0; j < l->nnew; j++) {
			double value;

			if (l->new[j].twin >= 0)
				continue;
			value = lineup_alike(l, i, j) + lineup_place(l, i, j);
			if (value >= 0.2)
				pairs[n++] = (struct pair){value, (uint32_t)i, (uint32_t)j};
		}
	}
	qsort(pairs, n, sizeof(*pairs), by_value);
	for (size_t k = 0; k < n; k++) {
		struct item *m = &l->old[pairs[k].m], *t = &l->new[pairs[k].n];

		if (m->partner < 0 && t->partner < 0) {
			m->partner = (int32_t)pairs[k].n;
			t->partner = (int32_t)pairs[k].m;
		}
	}
	return 0;
}

double lineup_place(const struct lineup *l, size_t m, size_t n)
{
	return l->place ? l->place[m * l->nnew + n] : 0;
}

static double rarity(const struct lineup *l, size_t m)
{
	size_t same = 0, all = 0;

	for (size_t i = 0; i < l->nold; i++) {
		all++;
		same += l->old[i].shape.plain == l->old[m].shape.plain;
	}
	for (size_t i = 0; i < l->nnew; i++) {
		if (l->new[i].twin >= 0)
			continue;
		all++;
		same += l->new[i].shape.plain == l->old[m].shape.plain;
	}
	return log(1.0 + (1.0 + (double)all) / (double)(same ? same : 1)) / log(2.0 + (double)all);
}

static void weigh(const struct lineup *l, struct item *x)
{
	words_weigh(&x->words, &l->words, false);
	if (x->shape.name)
		words_discount(&x->words, x->shape.name);
}

int lineup_make(struct lineup *l, struct arena *a)
{
	size_t survived = 0, came = 0;

	if (vocabulary_init(&l->words, a, l->nold + l->nnew) < 0 || find_twins(l, a) < 0 ||
	    number_gaps(l, a) < 0)
		return -1;
	for (size_t i = 0; i < l->nold; i++) {
		words_split(l->old[i].name, &l->old[i].words);
		vocabulary_add(&l->words, &l->old[i].words);
		survived += l->old[i].twin >= 0;
	}
	for (size_t i = 0; i < l->nnew; i++) {
		words_split(l->new[i].name, &l->new[i].words);
		if (l->new[i].twin < 0)
			vocabulary_add(&l->words, &l->new[i].words);
		came += l->new[i].twin < 0;
	}
	for (size_t i = 0; i < l->nold; i++)
		weigh(l, &l->old[i]);
	for (size_t i = 0; i < l->nnew; i++)
		weigh(l, &l->new[i]);
	if (l->nold - survived > came)
		came = l->nold - survived;
	l->sole = survived && came ? 1 / (double)came : 0;
	for (size_t i = 0; i < l->nold; i++)
		l->old[i].rarity = l->enums || l->nold > MOST_PLACED ? 1 : rarity(l, i);
	if (l->unordered || l->nold > MOST_PLACED || l->nnew > MOST_PLACED)
		return 0;
	return align_gaps(l, a) < 0 || assign(l, a) < 0 ? -1 : 0;
}
