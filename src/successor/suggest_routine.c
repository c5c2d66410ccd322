/*
 * suggest_routine: what a function or a tracepoint has become. Its prototype, the words of its
 * name, and what words and types went and came all over the kernel are the evidence.
 */
#include "successor/suggest_impl.h"

#include <math.h>
#include <stdlib.h>

#include "successor/names.h"
#include "successor/pairs.h"

/* A routine that went, and what is to be known of it to compare others with it. */
struct lost_routine {
	struct single single;
	struct prototype proto;
	uint64_t came;            /* see swaps_glimpse() */
	struct neighbours around; /* what stood around it */
	struct gap gap;           /* and where the two beside it stand */
	bool placed;              /* where it stood is known of both kernels */
	bool made;                /* after another's name */
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

static double weight_of(const struct prototype *p)
{
	double sum = 0;

	for (unsigned i = 0; i < p->n; i++)
		sum += 0.1 + p->at[i].weight;
	return sum;
}

/* What the result counts beside a parameter, which weighs up to 1.1. */
#define RESULT_WEIGHT 0.3

/* 0 to 1: how far two names are the same but for what is written together or stands before. */
static float same_name(double alike)
{
	return (float)fmin(1, fmax(0, (alike - 0.87) / 0.08));
}

static double types_alike(const struct routines *r, const struct prototype *a,
			  const struct prototype *b)
{
	double result = RESULT_WEIGHT * routines_types_alike(r, &a->ret, &b->ret);

	return 2 * (shared_types(r, a, b) + result) /
	       (weight_of(a) + weight_of(b) + 2 * RESULT_WEIGHT);
}

/* 1 for the same prototype, less for one in which only types are others that took the place of
 * those all over the kernel. */
static float same_prototype(const struct routines *r, const struct prototype *a,
			    const struct prototype *b)
{
	double least = 1;

	if (a->key == b->key)
		return 1;
	if (a->n != b->n || a->vlen != b->vlen || a->ret.pointers != b->ret.pointers)
		return 0;
	for (unsigned i = 0; i < a->n; i++)
		least = fmin(least, routines_types_alike(r, &a->at[i], &b->at[i]));
	least = fmin(least, routines_types_alike(r, &a->ret, &b->ret));
	return least >= 0.7 ? (float)least * 0.9f : 0;
}

/* Of one that was there before: whether it took over what the lost one takes. */
static float taken_over(const struct routines *r, const struct prototype *lost,
			const struct routine *x, const struct prototype *now)
{
	const struct routine *was = routines_was(r, x);
	struct prototype before;

	if (!was)
		return 0;
	routine_prototype(r, was, &before);
	if (before.key == now->key)
		return 0;
	return (float)fmax(0, types_alike(r, lost, now) - types_alike(r, lost, &before));
}

/* What it says that parameters of the same types are called the same. */
static float called_alike(const struct prototype *was, const struct prototype *now)
{
	double same = 0;

	for (unsigned i = 0; i < was->n; i++) {
		const struct slot *a = &was->at[i];
		unsigned k = 0;

		while (k < now->n && (now->at[k].key != a->key || now->at[k].called != a->called))
			k++;
		if (k < now->n)
			same += a->says;
	}
	return (float)log1p(2 * same);
}

static void compare_prototypes(struct routines *r, const struct prototype *was,
			       const struct prototype *now, float s[SIGNAL_COUNT])
{
	unsigned more = was->n > now->n ? was->n : now->n, less = was->n + now->n - more;

	s[SIGNAL_TYPE] = (float)types_alike(r, was, now);
	s[SIGNAL_BOTH] = same_prototype(r, was, now);
	s[SIGNAL_VOID] = !was->ret.named != !now->ret.named;
	s[SIGNAL_ARITY] = (float)(more - less) / (float)(more + 1);
	s[SIGNAL_CALLED] = called_alike(was, now);
}

static size_t underscores(const char *name)
{
	return strspn(name, "_");
}

/* Whether a name begins with all of another, whatever underscores stand before them. */
static bool goes_on(const char *name, const char *from)
{
	size_t len;

	name += underscores(name);
	from += underscores(from);
	len = strlen(from);
	return strncmp(name, from, len) == 0 && (!name[len] || name[len] == '_');
}

static void compare(struct routines *r, const struct lost_routine *lost, const struct single *x,
		    bool old, double name, float s[SIGNAL_COUNT])
{
	struct names_common common;
	struct prototype now;

	memset(s, 0, SIGNAL_COUNT * sizeof(*s));
	routine_prototype(r, &x->routine, &now);
	s[SIGNAL_NAME] = (float)name;
	compare_prototypes(r, &lost->proto, &now, s);
	s[SIGNAL_AGREE] = s[SIGNAL_NAME] * s[SIGNAL_TYPE];
	common = names_common(&lost->single.words, &x->words, r->swaps);
	s[SIGNAL_SAID] = (float)(log1p(2 * common.said) / 2);
	s[SIGNAL_MIXED] = (float)common.mixed;
	s[SIGNAL_LEAD] = underscores(lost->single.routine.name) == underscores(x->routine.name);
	s[SIGNAL_OLD] = old;
	s[SIGNAL_TRACEPOINT] = r->kind == ROUTINE_TRACEPOINT;
	if (old) {
		s[SIGNAL_STEM] =
		    goes_on(lost->single.routine.name, x->routine.name) * s[SIGNAL_BOTH];
		s[SIGNAL_TOOK] = taken_over(r, &lost->proto, &x->routine, &now);
		return;
	}
	s[SIGNAL_SPELT] = same_name(name);
	if (lost->placed)
		s[SIGNAL_APART] = (float)(1 - routine_near(&lost->around, &x->routine));
	if (x->routine.at > lost->gap.from && x->routine.at < lost->gap.to)
		s[SIGNAL_BETWEEN] = (float)(1 - name);
}

/* Names less alike are no candidates. */
#define LEAST_NAME 0.1
/* What was there before is one only when its name is as much alike. */
#define LEAST_OLD_NAME 0.35

static void consider(struct hunt *h, struct routines *r, const struct lost_routine *lost,
		     const struct single *x, bool old)
{
	float s[SIGNAL_COUNT];
	double name;

	if ((!lost->made && routine_made_len(x->routine.name)) ||
	    !glimpses_meet(&lost->single.glimpse, lost->came, &x->glimpse))
		return;
	name = routines_names_alike(r, &lost->single.words, &x->words);
	if (name < (old && !goes_on(lost->single.routine.name, x->routine.name) ? LEAST_OLD_NAME
										: LEAST_NAME))
		return;
	compare(r, lost, x, old, name, s);
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

static struct single single_of(const struct routines *r, const struct routine *x)
{
	struct single s = {.routine = *x};

	routine_words(r, x, &s.words);
	s.glimpse = words_glimpse(&s.words);
	return s;
}

/* Routines that were there before: what called the lost one may call these. */
static void consider_old(struct hunt *h, struct routines *r, const struct lost_routine *lost)
{
	const struct word *word = rarest(&lost->single.words);

	for (size_t i = 0; word && i < r->are.n; i++) {
		const struct routine *x = &r->are.at[i];
		struct single single;

		if (!contains(x->name, word) || !routines_was(r, x))
			continue;
		single = single_of(r, x);
		consider(h, r, lost, &single, true);
	}
}

/* What had the name that the lost one goes on from. */
static void consider_stems(struct hunt *h, struct routines *r, const struct lost_routine *lost)
{
	const char *name = lost->single.routine.name;
	char stem[256];

	name += underscores(name);
	for (size_t len = strlen(name); --len > 0 && len < sizeof(stem);) {
		const struct routine *x;

		if (name[len] != '_')
			continue;
		memcpy(stem, name, len);
		stem[len] = '\0';
		x = routines_named(r, stem);
		if (x && routines_was(r, x)) {
			struct single single = single_of(r, x);

			consider(h, r, lost, &single, true);
		}
	}
}

/* Fills what is to be known of lost->single. */
static void look_at(const struct routines *r, struct lost_routine *lost)
{
	const struct routine *x = &lost->single.routine;

	lost->made = routine_made_len(x->name) != 0;
	routine_prototype(r, x, &lost->proto);
	lost->placed = routine_neighbours(r, x, &lost->around);
	if (lost->placed)
		lost->gap = routine_gap(r, x);
}

/* The best odds of other lost routines that they became what h->hits[i] is. */
static double odds_of_others(struct routines *r, const struct lost_routine *lost,
			     const struct suggestion *s)
{
	const struct routine *is = routines_named(r, s->successor);
	struct single now;
	double best = -100;

	if (!is)
		return best;
	now = single_of(r, is);
	for (size_t i = 0; i < r->lost.n; i++) {
		struct lost_routine other = {.single = r->lost.at[i]};
		float signals[SIGNAL_COUNT];
		double name;

		if (!glimpses_meet(&other.single.glimpse, 0, &now.glimpse) ||
		    strcmp(other.single.routine.name, lost->single.routine.name) == 0)
			continue;
		name = routines_names_alike(r, &other.single.words, &now.words);
		/* One that is much less alike is no better. */
		if (name < 0.3)
			continue;
		look_at(r, &other);
		compare(r, &other, &now, false, name, signals);
		best = fmax(best, weights_odds(SCALE_ROUTINE, signals));
	}
	return best;
}

enum { CONTESTED = 4 }; /* of the best hits, those that are asked whose successors they are */

/* Whether the lost one takes a type of whose name that came which x takes. */
static bool by_type(const struct prototype *lost, const struct prototype *now,
		    const struct run *was, const struct run *is)
{
	char made[256];

	for (unsigned i = 0; i < lost->n; i++)
		for (unsigned k = 0; k < now->n; k++)
			if (lost->at[i].pointers == now->at[k].pointers &&
			    names_put(slot_type_name(&lost->at[i]), was, is, made, sizeof(made)) &&
			    strcmp(made, slot_type_name(&now->at[k])) == 0)
				return true;
	return false;
}

/* n / (n + 1) for n others that went and came with the same words for the same ones. Two may have
 * left out the same words by chance. */
static double family(const struct routines *r, const struct lost_routine *lost,
		     const struct single *x)
{
	struct run was, is;
	struct prototype now;
	unsigned n = 0;

	names_differ(&lost->single.words, &x->words, &was, &is);
	/* What was there before under a shorter name has nothing of the others' losing the word. */
	if (!was.len || (!is.len && routines_was(r, &x->routine)))
		return 0;
	for (size_t i = 0; i < r->lost.n; i++) {
		const char *name = r->lost.at[i].routine.name;
		const struct routine *came;
		char made[256];

		if (!names_put(name, &was, &is, made, sizeof(made)) ||
		    strcmp(name, lost->single.routine.name) == 0)
			continue;
		came = routines_named(r, made);
		n += came && !routines_was(r, came);
	}
	if (!is.len)
		return n > 2 ? (n - 2) / (n - 1.0) : 0;
	routine_prototype(r, &x->routine, &now);
	n += by_type(&lost->proto, &now, &was, &is);
	return n / (n + 1.0);
}

/* What another one became, too, and more clearly, is less likely the successor of this. */
static void contest(struct hunt *h, struct routines *r, const struct lost_routine *lost)
{
	hunt_sort(h);
	for (size_t i = 0; i < h->count && i < CONTESTED; i++) {
		struct hit *hit = &h->hits[i];
		const struct routine *is = routines_named(r, hit->s.successor);
		double others;

		if (is) {
			struct single now = single_of(r, is);

			hit->s.signals[SIGNAL_FAMILY] = (float)family(r, lost, &now);
		}
		if (hit->s.signals[SIGNAL_OLD] > 0)
			continue;
		others = odds_of_others(r, lost, &hit->s);
		hit->s.signals[SIGNAL_TAKEN] = (float)fmax(0, fmin(1, (others - hit->odds) / 2));
		hit->s.signals[SIGNAL_PAIRED] = (float)fmax(0, fmin(1, (hit->odds - others) / 4));
		hit->odds = weights_odds(SCALE_ROUTINE, hit->s.signals);
	}
}

/* How likely the first has to be, and that nothing came at most, for it to be an answer. */
#define FIRST_AT_LEAST 0.3
#define NOTHING_AT_MOST 0.7

/* One of them is it at most, so the likelier the next are, the less is each. Where something came,
 * the likeliest is an answer, even if others dispute it. */
static void share_out(struct hunt *h)
{
	double all = 1;

	hunt_sort(h);
	for (size_t i = 0; i < h->count && i < CONTESTED; i++)
		all += exp(h->hits[i].odds);
	for (size_t i = 0; i < h->count; i++) {
		double mine = exp(h->hits[i].odds);

		h->hits[i].odds -= log(fmax(1, all - mine));
		if (i == 0 && 1 / all < NOTHING_AT_MOST && mine / all > FIRST_AT_LEAST)
			h->hits[i].odds = fmax(h->hits[i].odds, 0);
	}
}

static void hunt_in(struct hunt *h, struct routines *r, const char *name)
{
	const struct routine *sought = routines_lost_named(r, name);
	struct lost_routine lost;

	if (!sought)
		return;
	lost = (struct lost_routine){.single = single_of(r, sought)};
	lost.came = swaps_glimpse(r->swaps, &lost.single.words);
	look_at(r, &lost);
	for (size_t i = 0; i < r->gained.n; i++)
		consider(h, r, &lost, &r->gained.at[i], false);
	consider_old(h, r, &lost);
	consider_stems(h, r, &lost);
	contest(h, r, &lost);
	share_out(h);
}

void hunt_routine(struct hunt *h, enum routine_kind kind, const char *name)
{
	struct routines *r = pairs_routines(h->pairs, kind, h->witness, h->target);

	if (r)
		hunt_in(h, r, name);
	else
		h->failed = true;
}
