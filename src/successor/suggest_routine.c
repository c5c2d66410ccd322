/*
 * suggest_routine: what a function or a tracepoint has become. Its prototype, the words of its
 * name, and what words and types went and came all over the kernel are the evidence.
 */
#include "successor/suggest_impl.h"

#include <math.h>
#include <stdlib.h>

#include "successor/routines.h"

/* The routine that is sought. */
struct lost_routine {
	struct single single;
	struct prototype proto;
	bool made; /* after another's name */
};

/* Of the parameters of two prototypes those that have partners in the same order: what the types of
 * these weigh. */
static double shared_types(const struct routines *r, const struct prototype *a,
			   const struct prototype *b)
{
	double best[PROTOTYPE_SLOTS + 1] = {0};

	for (unsigned i = 0; i < a->n; i++) {
		double diagonal = 0;

		for (unsigned k = 0; k < b->n; k++) {
			double weight = 0.1 + fmin(a->at[i].weight, b->at[k].weight);
			double with =
			    diagonal + weight * routines_types_alike(r, &a->at[i], &b->at[k]);

			diagonal = best[k + 1];
			best[k + 1] = fmax(fmax(best[k + 1], best[k]), with);
		}
	}
	return best[b->n];
}

static double shared_names(const struct prototype *a, const struct prototype *b)
{
	unsigned most = a->n > b->n ? a->n : b->n, shared = 0;

	for (unsigned i = 0; i < a->n; i++) {
		unsigned k = 0;

		while (k < b->n && (!*a->at[i].name || strcmp(a->at[i].name, b->at[k].name) != 0))
			k++;
		shared += k < b->n;
	}
	return most ? (double)shared / most : 0;
}

static double weight_of(const struct prototype *p)
{
	double sum = 0;

	for (unsigned i = 0; i < p->n; i++)
		sum += 0.1 + p->at[i].weight;
	return sum;
}

/* What the result counts beside a parameter, which weighs up to 1.1. */
#define RESULT_WEIGHT 0.3

/* Whether two did the same for a while, of which one went: by their names, or one with less in its
 * name and the same prototype. */
static float kinship(const float s[SIGNAL_COUNT])
{
	float by_name = (s[SIGNAL_NAME] - 0.87f) / 0.08f;

	by_name = by_name < 0 ? 0 : by_name > 1 ? 1 : by_name;
	return fmaxf(by_name, s[SIGNAL_WITHIN] * s[SIGNAL_BOTH] * 0.8f);
}

static void compare(struct routines *r, const struct lost_routine *lost, const struct single *x,
		    bool old, double name, float s[SIGNAL_COUNT])
{
	struct prototype now;
	double shared, result;

	memset(s, 0, SIGNAL_COUNT * sizeof(*s));
	routine_prototype(r, &x->routine, &now);
	shared = shared_types(r, &lost->proto, &now);
	result = RESULT_WEIGHT * routines_types_alike(r, &lost->proto.ret, &now.ret);
	s[SIGNAL_NAME] = (float)name;
	s[SIGNAL_TYPE] = (float)(2 * (shared + result) /
				 (weight_of(&lost->proto) + weight_of(&now) + 2 * RESULT_WEIGHT));
	s[SIGNAL_RARE] = (float)(log1p(4 * shared) / 3);
	s[SIGNAL_PLACE] = (float)shared_names(&lost->proto, &now);
	s[SIGNAL_OLD] = old;
	s[SIGNAL_WITHIN] = words_within(&lost->single.words, &x->words) ||
			   words_within(&x->words, &lost->single.words);
	s[SIGNAL_BOTH] = lost->proto.key == now.key;
	s[SIGNAL_KIN] = old ? kinship(s) : 0;
	if (lost->proto.key != now.key)
		return;
	if (!old)
		s[SIGNAL_SOLE] = (float)(1 / sqrt(singles_alike(r, &r->gained, &now) *
						  singles_alike(r, &r->lost, &now)));
}

/* Names less alike are no candidates. */
#define LEAST_NAME 0.15
/* What was there before is one only when its name is as much alike. */
#define LEAST_OLD_NAME 0.5
/* Less likely ones are not worth a look. */
#define LEAST_ODDS (-2)

static void consider(struct hunt *h, struct routines *r, const struct lost_routine *lost,
		     const struct single *x, bool old)
{
	float s[SIGNAL_COUNT];
	double name;

	if (!lost->made && routine_made_len(x->routine.name))
		return;
	name = routines_names_alike(r, &lost->single.words, &x->words);
	if (name < (old ? LEAST_OLD_NAME : LEAST_NAME))
		return;
	compare(r, lost, x, old, name, s);
	if (weights_odds(SCALE_ROUTINE, s) < LEAST_ODDS)
		return;
	hunt_add(h, SCALE_ROUTINE, x->routine.name, NULL,
		 r->kind == ROUTINE_FUNC ? CHANGE_FUNC : CHANGE_TRACEPOINT,
		 (struct place){x->routine.btf, x->routine.id}, s, 0);
}

/* The word of a name that is rarest. */
static const struct word *rarest(const struct words *w)
{
	const struct word *best = NULL;

	for (unsigned i = 0; i < w->n; i++)
		if (!best || w->at[i].weight > best->weight)
			best = &w->at[i];
	return best;
}

static bool contains(const char *name, const struct word *word)
{
	for (; (name = strchr(name, *word->at)); name++)
		if (strncmp(name, word->at, word->len) == 0)
			return true;
	return false;
}

/* Routines that were there before: what called the lost one may call these. */
static void consider_old(struct hunt *h, struct routines *r, const struct lost_routine *lost)
{
	const struct word *word = rarest(&lost->single.words);

	for (size_t i = 0; word && i < r->are.n; i++) {
		const struct routine *x = &r->are.at[i];
		struct single single;

		if (!contains(x->name, word) || !routines_were(r, x))
			continue;
		single.routine = *x;
		routine_words(r, x, &single.words);
		consider(h, r, lost, &single, true);
	}
}

/* The best odds of other lost routines that they became what h->hits[i] is. */
static double odds_of_others(struct routines *r, const struct lost_routine *lost,
			     const struct suggestion *s)
{
	struct single now;
	double best = -100;

	if (!routine_find(r->kind, s->btf, s->successor, &now.routine))
		return best;
	routine_words(r, &now.routine, &now.words);
	for (size_t i = 0; i < r->lost.n; i++) {
		struct lost_routine other = {.single = r->lost.at[i]};
		float signals[SIGNAL_COUNT];
		double name = routines_names_alike(r, &other.single.words, &now.words);

		/* One that is much less alike is no better. */
		if (name < 0.3 || strcmp(other.single.routine.name, lost->single.routine.name) == 0)
			continue;
		routine_prototype(r, &other.single.routine, &other.proto);
		compare(r, &other, &now, false, name, signals);
		best = fmax(best, weights_odds(SCALE_ROUTINE, signals));
	}
	return best;
}

enum { CONTESTED = 4 }; /* of the best hits, those that are asked whose successors they are */

/* What another one became, too, and more clearly, is less likely the successor of this. */
static void contest(struct hunt *h, struct routines *r, const struct lost_routine *lost)
{
	hunt_sort(h);
	for (size_t i = 0; i < h->count && i < CONTESTED; i++) {
		struct hit *hit = &h->hits[i];
		double others;

		if (hit->s.signals[SIGNAL_OLD] > 0)
			continue;
		others = odds_of_others(r, lost, &hit->s);
		if (others <= hit->odds)
			continue;
		hit->s.signals[SIGNAL_TAKEN] = (float)fmin(1, (others - hit->odds) / 2);
		hit->odds = weights_odds(SCALE_ROUTINE, hit->s.signals);
	}
}

/* One of them is it at most, so the likelier the next are, the less is each. */
static void share_out(struct hunt *h)
{
	double all = 1;

	hunt_sort(h);
	for (size_t i = 0; i < h->count && i < CONTESTED; i++)
		all += exp(h->hits[i].odds);
	for (size_t i = 0; i < h->count; i++) {
		double mine = exp(h->hits[i].odds);

		h->hits[i].odds -= log(fmax(1, all - mine));
	}
}

void hunt_routine(struct hunt *h, enum routine_kind kind, const struct routine *sought)
{
	struct lost_routine lost = {.single.routine = *sought};
	struct routines r;

	if (routines_new(kind, h->witness, h->target, h->arena, &r) == 0) {
		lost.made = routine_made_len(sought->name) != 0;
		routine_words(&r, sought, &lost.single.words);
		routine_prototype(&r, sought, &lost.proto);
		for (size_t i = 0; i < r.gained.n; i++)
			consider(h, &r, &lost, &r.gained.at[i], false);
		consider_old(h, &r, &lost);
		contest(h, &r, &lost);
		share_out(h);
	} else {
		h->failed = true;
	}
	routines_free(&r);
}
