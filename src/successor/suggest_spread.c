/*
 * suggest_spread: how far it says something that a name left one struct and came to another: a name
 * that only one lost and only one gained has moved, one that many structs have come and gone with
 * has not.
 */
#include "successor/suggest_impl.h"

#include <math.h>
#include <string.h>

/* So many structs that keep the name make a gain of it half as telling. */
#define KEPT_HALVES 4.0

/* Whether b has a struct of that name that declares the member. */
static bool has_member(const struct btf *b, const char *owner, const char *name)
{
	struct place p = find_type(b, owner, strlen(owner), name);
	struct btf_type t;

	if (!p.btf)
		return false;
	t = btf_strip(p.btf, p.id);
	return btf_is_composite(&t) && members_declared(&t, name);
}

/* How many structs of `in` declare the name, and of these how many do so in `other`, too. */
static void count(struct hunt *h, const struct btf *in, const struct btf *other, const char *name,
		  double *have, double *both)
{
	struct type_list all = hunt_composites(h, in);

	*have = *both = 0;
	for (size_t i = 0; i < all.n; i++) {
		const struct btf_type *t = &all.at[i];

		if (!*t->name || !members_declared(t, name))
			continue;
		++*have;
		*both += has_member(other, t->name, name);
	}
}

struct fields_of_type {
	const struct btf *in, *other;
	const struct roll *roll; /* of in */
	uint32_t goal;           /* the type, in in */
	double have, both;
	struct type_spread *gained; /* where those are that other lacks; NULL: of no interest */
};

static void count_fields(struct fields_of_type *f, const struct btf_type *t, const char *owner,
			 uint32_t root, int depth)
{
	for (uint32_t i = 0; i < t->vlen; i++) {
		struct btf_member m = btf_member(t, i);
		struct btf_type in;
		bool kept;

		if (f->roll->named[m.type] == f->goal && *m.name) {
			kept = has_member(f->other, owner, m.name);
			f->have++;
			f->both += kept;
			if (!kept && f->gained && f->gained->count < TYPE_SPREAD_MOST)
				f->gained->at[f->gained->count++] = root;
		}
		if (*m.name || depth > 2)
			continue;
		in = btf_strip(f->in, m.type);
		if (btf_is_composite(&in) && !*in.name)
			count_fields(f, &in, owner, root, depth + 1);
	}
}

static int count_all(struct hunt *h, struct fields_of_type *f, uint32_t goal)
{
	f->goal = goal;
	f->roll = hunt_roll(h, f->in);
	for (size_t i = 0; f->roll && i < f->roll->composites.n; i++) {
		const struct btf_type *t = &f->roll->composites.at[i];

		if (*t->name)
			count_fields(f, t, t->name, t->id, 0);
	}
	return f->roll ? 0 : -1;
}

int type_spread(struct hunt *h, struct place type, struct type_spread *out)
{
	const struct btf *b = h->target->btf[0];
	const char *name = btf_type(type.btf, type.id).name;
	struct place now = find_type(b, name, strlen(name), "");
	struct fields_of_type was = {.in = h->witness, .other = b};
	struct fields_of_type is = {.in = b, .other = h->witness, .gained = out};
	double lost, came;

	*out = (struct type_spread){0};
	if (!now.btf || type.btf != h->witness || now.btf != b)
		return 0;
	if (count_all(h, &was, type.id) < 0 || count_all(h, &is, now.id) < 0)
		return -1;
	lost = was.have - was.both;
	came = is.have - is.both;
	if (lost >= 1 && came >= 1)
		out->spread = 1 / (lost * came * (1 + was.both / KEPT_HALVES));
	return 0;
}

/* Names that have the stem, in structs of one side. */
struct stems {
	const struct btf *in, *other;
	const struct words *words;
	const uint8_t *marked;
	double have, both;
};

static bool has_stem(const struct stems *s, const char *name)
{
	size_t at = (size_t)(name - s->in->strings);
	struct words w;

	if (at >= s->in->strings_len || !(s->marked[at / 8] >> at % 8 & 1))
		return false;
	words_split(name, &w);
	return words_within(s->words, &w);
}

static void count_stems(struct stems *s, const struct btf_type *t, const char *owner, int depth)
{
	for (uint32_t i = 0; i < t->vlen; i++) {
		struct btf_member m = btf_member(t, i);
		struct btf_type in;

		if (*m.name) {
			bool has = has_stem(s, m.name);

			s->have += has;
			s->both += has && has_member(s->other, owner, m.name);
			continue;
		}
		in = btf_strip(s->in, m.type);
		if (depth < 3 && btf_is_composite(&in) && !*in.name)
			count_stems(s, &in, owner, depth + 1);
	}
}

static void count_all_stems(struct hunt *h, struct stems *s)
{
	struct type_list all = hunt_composites(h, s->in);

	for (size_t i = 0; i < all.n; i++)
		if (*all.at[i].name)
			count_stems(s, &all.at[i], all.at[i].name, 0);
}

static uint8_t *mark(const struct btf *b, const char *text, struct arena *a)
{
	uint8_t *marked = arena_alloc(a, b->strings_len / 8 + 1, 1);

	if (!marked)
		return NULL;
	memset(marked, 0, b->strings_len / 8 + 1);
	btf_mark_names(b, text, marked);
	return marked;
}

int stem_of(struct hunt *h, const char *name, struct stem *out)
{
	const struct btf *b = h->target->btf[0];
	struct stems was = {.in = h->witness, .other = b, .words = &out->words};
	struct stems is = {.in = b, .other = h->witness, .words = &out->words};
	double lost, came;

	*out = (struct stem){0};
	words_split(name, &out->words);
	if (out->words.n > 2) {
		name = out->words.at[1].at;
		words_split(name, &out->words);
	}
	if (out->words.n < 2) {
		out->words.n = 0;
		return 0;
	}
	was.marked = mark(h->witness, name, h->arena);
	is.marked = out->marked = mark(b, name, h->arena);
	if (!was.marked || !is.marked)
		return -1;
	count_all_stems(h, &was);
	count_all_stems(h, &is);
	lost = was.have - was.both;
	came = is.have - is.both;
	if (lost >= 1 && came >= 1)
		out->spread =
		    (1 - pow(0.5, out->words.n)) / (lost * came * (1 + was.both / KEPT_HALVES));
	return 0;
}

bool stem_is_in(const struct hunt *h, const struct stem *stem, const char *name)
{
	struct stems s = {.in = h->target->btf[0], .words = &stem->words, .marked = stem->marked};

	return stem->words.n && has_stem(&s, name);
}

double name_spread(struct hunt *h, const char *name)
{
	double were, are, kept, same;
	struct words w;

	count(h, h->witness, h->target->btf[0], name, &were, &kept);
	count(h, h->target->btf[0], h->witness, name, &are, &same);
	if (were <= kept || are <= same)
		return 0;
	words_split(name, &w);
	return (1 - pow(0.5, w.n)) / ((were - kept) * (are - same) * (1 + kept / KEPT_HALVES));
}
