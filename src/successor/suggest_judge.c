/*
 * suggest_judge: what the hits of one witness say of each other: parts of one thing, the thing
 * itself beside what only stands in its place, and what is no more than a guess.
 */
#include "successor/suggest_impl.h"

#include <math.h>

/* The most that a name says alone, without a witness. */
#define GUESS_ODDS 1.3

/* Of two that are as likely neither is. */
#define NO_ODDS (-0.5)

/* By so much the likelier of two is the one. */
#define CLEAR_ODDS 0.3

/* Whether a successor's last name goes on from the last name of what is asked for. */
static bool goes_on(const char *question, const struct suggestion *s)
{
	const char *from = strrchr(question, '.'), *to = strrchr(s->successor, '.');
	size_t len = from ? strlen(from) : 0;

	return s->change == CHANGE_RENAMED && from && to && strncmp(from, to, len) == 0 &&
	       to[len] == '_' && !(s->signals[SIGNAL_OLD] > 0);
}

/* Several new names that go on from one that went are its parts; a word of flags holds one. */
static void find_splits(const char *question, struct hit *hits, size_t n)
{
	size_t parts = 0;
	double best = -100;

	for (size_t i = 0; i < n; i++) {
		if (!goes_on(question, &hits[i].s))
			continue;
		parts++;
		best = fmax(best, hits[i].odds);
	}
	for (size_t i = 0; i < n; i++) {
		struct suggestion *s = &hits[i].s;

		if (s->signals[SIGNAL_FLAG] + s->signals[SIGNAL_BIT] > 0)
			s->change = CHANGE_SPLIT;
		if (parts < 2 || !goes_on(question, s))
			continue;
		/* One part goes with the other. */
		s->change = CHANGE_SPLIT;
		hits[i].odds = fmax(hits[i].odds, best - 0.5);
	}
}

/* Whether a path leads to another through a member of it. */
static bool leads_into(const char *outer, const char *inner)
{
	size_t len = strlen(outer);

	return strncmp(outer, inner, len) == 0 && inner[len] == '.';
}

/* Where what went is found again, of its very type and under a like name, another type that stands
 * in its place is not it, and a struct that it is in now is not all of it. */
static void explain_away(struct hit *hits, size_t n)
{
	const struct hit *most = NULL;
	double found = 0;

	for (size_t i = 0; i < n; i++) {
		const float *s = hits[i].s.signals;

		if (s[SIGNAL_TYPE] > 0.94f && s[SIGNAL_NAME] > 0.6f && !(s[SIGNAL_OLD] > 0) &&
		    hits[i].odds > 0.5) {
			found = fmax(found, fmax(0.5, (double)s[SIGNAL_RARE]));
			most = most && most->odds > hits[i].odds ? most : &hits[i];
		}
	}
	for (size_t i = 0; i < n; i++) {
		const float *s = hits[i].s.signals;

		if (s[SIGNAL_OTHER] > 0 || s[SIGNAL_CLASH] > 0)
			hits[i].odds -= 2.5 * found;
		if (most && s[SIGNAL_TYPE] < 0.6f &&
		    leads_into(hits[i].s.successor, most->s.successor))
			hits[i].odds = fmin(hits[i].odds, most->odds - 0.5);
	}
}

/* The number of a bit takes another expression where the bit stood. */
static void doubt_numbers(struct hit *hits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct suggestion *s = &hits[i].s;

		if (s->change == CHANGE_ENUMVAL && s->signals[SIGNAL_KIN] > 0 &&
		    s->signals[SIGNAL_AWAY] > 0)
			hits[i].odds = fmin(hits[i].odds, GUESS_ODDS);
	}
}

/* Of a name that few structs lost and gained, one that is only like it is not the successor. */
static void doubt_like(struct hit *hits, size_t n)
{
	double same = 0;

	for (size_t i = 0; i < n; i++) {
		const float *s = hits[i].s.signals;

		if (s[SIGNAL_NAME] > 0.99f && s[SIGNAL_SPREAD] > 0.5f && s[SIGNAL_NEST] > 0)
			same = fmax(same, hits[i].odds);
	}
	for (size_t i = 0; i < n && same > 2; i++)
		if (hits[i].s.signals[SIGNAL_NAME] < 0.9f)
			hits[i].odds = fmin(hits[i].odds, same - 0.5);
}

/* Whether a member is named as that of the struct that declares it: a longer path to it may lead to
 * the same. */
static bool is_own(const char *last, const struct suggestion *s)
{
	return strchr(s->successor, '.') == last;
}

/* The struct that declares a suggestion's last name, perhaps one that another has as its own. */
static uint32_t owner_of(const struct suggestion *s)
{
	size_t len = strcspn(s->successor, ".");
	const char *path = s->successor + len + (s->successor[len] == '.'), *rest;
	struct place root = find_type(s->btf, s->successor, len, path);
	struct member last;
	uint32_t at;

	if (!root.btf || !members_follow(root.btf, root.id, path, &rest, &at, &last) || *rest)
		return 0;
	return last.owner;
}

/* Whether two are one member of two parts of one kind, or of two structs elsewhere, of which
 * nothing tells which it is. */
static bool are_twins(const struct hit *a, const struct hit *b, enum signal where)
{
	const char *x = strrchr(a->s.successor, '.'), *y = strrchr(b->s.successor, '.');

	if (where == SIGNAL_AWAY && !(x && y && is_own(x, &a->s) && is_own(y, &b->s)))
		return false;
	return x && y && strcmp(x, y) == 0 && a->s.btf == b->s.btf && a->s.type == b->s.type &&
	       a->s.signals[where] > 0 && b->s.signals[where] > 0 &&
	       !(a->s.signals[SIGNAL_OLD] + b->s.signals[SIGNAL_OLD] > 0) &&
	       fabs(a->odds - b->odds) < CLEAR_ODDS &&
	       (where != SIGNAL_AWAY || owner_of(&a->s) != owner_of(&b->s));
}

/* Makes each of several no likelier than `most`. */
static void doubt_twins(struct hit *hits, size_t n, enum signal where, double most)
{
	for (size_t i = 0; i < n; i++) {
		size_t twins = 0;

		if (hits[i].odds <= most)
			continue;
		for (size_t j = i + 1; j < n; j++) {
			if (!are_twins(&hits[i], &hits[j], where))
				continue;
			twins++;
			hits[j].odds = fmin(hits[j].odds, most);
		}
		if (twins)
			hits[i].odds = most;
	}
}

/* What stands where something stood, with no word in common and no type that tells, is a guess. */
static void doubt_unlike(struct hit *hits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct suggestion *s = &hits[i].s;
		bool fits = s->signals[SIGNAL_FLAG] + s->signals[SIGNAL_BIT] +
				s->signals[SIGNAL_HEIR] + s->signals[SIGNAL_SPARSE] >
			    0.5f;

		if (s->change == CHANGE_RENAMED && !fits && s->signals[SIGNAL_PLACE] > 0 &&
		    s->signals[SIGNAL_NAME] < 0.3f)
			hits[i].odds = fmin(hits[i].odds, GUESS_ODDS);
	}
}

/* Whether b came to the same struct as a, is called as much like what went, and is as much of its
 * type. */
static bool is_called_alike(const struct hit *a, const struct hit *b)
{
	const float *s = a->s.signals, *t = b->s.signals;

	return b->s.change == CHANGE_RENAMED && !(t[SIGNAL_OLD] > 0) &&
	       t[SIGNAL_NAME] >= s[SIGNAL_NAME] && t[SIGNAL_TYPE] >= s[SIGNAL_TYPE];
}

/* Where two that came each have a word of what went, it is a guess that the one is it which stands
 * in its place: max_folios and nr_pages for max_pages. */
static void doubt_place(struct hit *hits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const float *s = hits[i].s.signals;

		if (hits[i].s.change != CHANGE_RENAMED || !(s[SIGNAL_PLACE] > 0) ||
		    s[SIGNAL_NAME] > 0.65f || s[SIGNAL_ALONG] > 0)
			continue;
		for (size_t j = 0; j < n; j++)
			if (j != i && is_called_alike(&hits[i], &hits[j]))
				hits[i].odds = fmin(hits[i].odds, GUESS_ODDS);
	}
}

/* A name that came to another struct, alone and as another kind of type, is another's. */
static void doubt_kind(struct hit *hits, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const float *s = hits[i].s.signals;

		if (s[SIGNAL_NEST] + s[SIGNAL_AWAY] > 0 && s[SIGNAL_CLASH] > 0 &&
		    !(s[SIGNAL_ALONG] > 0))
			hits[i].odds = fmin(hits[i].odds, NO_ODDS);
	}
}

/* A name that came to another struct, alone, may be another's: no more than a guess where something
 * much like what went took its place at home. */
static void doubt_away(struct hit *hits, size_t n)
{
	double home = 0;

	for (size_t i = 0; i < n; i++) {
		const float *s = hits[i].s.signals;

		if (s[SIGNAL_PAIRED] > 0.5f && s[SIGNAL_TYPE] > 0.94f && s[SIGNAL_NAME] > 0.3f &&
		    (s[SIGNAL_PLACE] > 0 || s[SIGNAL_NAME] > 0.6f) && !(s[SIGNAL_OLD] > 0))
			home = fmax(home, hits[i].odds);
	}
	for (size_t i = 0; i < n; i++) {
		const float *s = hits[i].s.signals;

		if (s[SIGNAL_AWAY] > 0 && !(s[SIGNAL_ALONG] > 0) && home > 1)
			hits[i].odds = fmin(hits[i].odds, home - 0.5);
	}
}

/* A name that only looks like another is no more than a guess. */
static void doubt_all(struct hit *hits, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hits[i].s.change != CHANGE_SAME && hits[i].odds > GUESS_ODDS)
			hits[i].odds = GUESS_ODDS + 0.001 * hits[i].odds;
}

void hunt_judge(struct hunt *h, const char *question)
{
	find_splits(question, h->hits, h->count);
	explain_away(h->hits, h->count);
	doubt_away(h->hits, h->count);
	doubt_kind(h->hits, h->count);
	doubt_place(h->hits, h->count);
	doubt_unlike(h->hits, h->count);
	doubt_like(h->hits, h->count);
	doubt_numbers(h->hits, h->count);
	doubt_twins(h->hits, h->count, SIGNAL_NEST, GUESS_ODDS);
	doubt_twins(h->hits, h->count, SIGNAL_AWAY, NO_ODDS);
	if (!h->witness)
		doubt_all(h->hits, h->count);
}
