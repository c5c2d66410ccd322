/*
 * suggest_enum: what became of an enumerator: another name in its enum, by order, value and words,
 * or a value of another enum, when that says almost the same.
 */
#include "successor/suggest_impl.h"

#include <stdio.h>
#include <stdlib.h>

/* From this weight on a word is one of few enumerators. */
#define TELLING 0.5f

/* Enumerators of one enum that are looked at for what moved along. */
enum { MOST_ALONG = 400 };

struct values {
	struct hunt *h;
	const char *name, *owner; /* "" without a name */
	uint64_t value;
	struct lineup lineup;
	struct words words;
	struct vocabulary enums; /* names of the target's enums */
	struct hashes before;    /* names of all enumerators of the witness */
};

static struct item *items_of(struct place e, struct arena *a, size_t *n)
{
	struct btf_type t = btf_strip(e.btf, e.id);
	struct item *items;

	*n = btf_is_enum(&t) ? t.vlen : 0;
	items = arena_alloc(a, *n + 1, sizeof(*items));
	for (size_t i = 0; items && i < *n; i++) {
		struct btf_enumerator v = btf_enumerator(&t, (uint32_t)i);

		items[i] = (struct item){.name = v.name, .value = v.value};
	}
	return items;
}

static void add(struct values *x, const struct btf_type *e, const char *name,
		const float s[SIGNAL_COUNT])
{
	char full[MEMBER_PATH_MAX];

	if (!*name) /* no kernel takes such a BTF */
		return;
	snprintf(full, sizeof(full), "%.200s%s%.200s", e->name, *e->name ? "." : "", name);
	hunt_add(x->h, SCALE_ENUM, full, NULL, CHANGE_ENUMVAL, (struct place){e->btf, e->id}, s, 0);
}

/* The enum is there: which of its names took the place? */
static void hunt_same(struct values *x, struct place in, size_t sought)
{
	const struct lineup *l = &x->lineup;
	struct btf_type e = btf_type(in.btf, in.id);

	for (size_t n = 0; n < l->nnew; n++) {
		float s[SIGNAL_COUNT] = {0};
		bool is_new = l->new[n].twin < 0;

		s[SIGNAL_NAME] = (float)words_alike(&x->words, &l->new[n].words);
		s[SIGNAL_RARE] = sought < l->nold && lineup_same_value(l, sought, n);
		s[SIGNAL_WITHIN] = words_within(&x->words, &l->new[n].words);
		s[SIGNAL_HOME] = strcmp(l->new[n].name, x->name) == 0;
		s[SIGNAL_OLD] = x->h->witness && !x->h->excerpt && !is_new && !(s[SIGNAL_HOME] > 0);
		if (is_new && sought < l->nold && !l->unordered) {
			s[SIGNAL_PLACE] = (float)lineup_place(l, sought, n);
			s[SIGNAL_PAIRED] = l->new[n].partner == (int32_t)sought;
			s[SIGNAL_TAKEN] = l->new[n].partner >= 0 && !(s[SIGNAL_PAIRED] > 0);
		}
		/* Of two names of one value one stayed. */
		if (s[SIGNAL_OLD] > 0 && sought < l->nold && s[SIGNAL_NAME] > 0.6f &&
		    l->old[l->new[n].twin].value == x->value)
			s[SIGNAL_KIN] = s[SIGNAL_NAME];
		add(x, &e, l->new[n].name, s);
	}
}

static int names_before(struct values *x)
{
	const struct btf *b = x->h->excerpt ? NULL : x->h->witness;
	struct type_list enums = b ? hunt_enums(x->h, b) : (struct type_list){0};
	size_t cap = 0, n = 0;

	for (size_t k = 0; k < enums.n; k++)
		cap += enums.at[k].vlen;
	x->before.at = arena_alloc(x->h->arena, cap + 1, sizeof(*x->before.at));
	if (!x->before.at)
		return -1;
	for (size_t k = 0; k < enums.n; k++)
		for (uint32_t i = 0; i < enums.at[k].vlen; i++)
			x->before.at[n++] = hash_text(btf_enumerator(&enums.at[k], i).name);
	x->before.n = n;
	hashes_sort(&x->before);
	return 0;
}

static int names_of_enums(struct values *x)
{
	const struct btf *b = x->h->target->btf[0];
	struct btf_type t = {0};
	struct words w;
	size_t n = 0;

	while (btf_next_of(b, &t, BTF_ENUMS))
		n++;
	if (vocabulary_init(&x->enums, x->h->arena, n) < 0)
		return -1;
	t = (struct btf_type){0};
	while (btf_next_of(b, &t, BTF_ENUMS)) {
		words_split(t.name, &w);
		vocabulary_add(&x->enums, &w);
	}
	return 0;
}

/* Whether one value is the bit of which the other is the number, and both names end alike:
 * HK_FLAG_TIMER, 1 << HK_TYPE_TIMER. */
static bool is_bit_of(const char *a, uint64_t value, const struct btf_enumerator *b)
{
	const char *x = strrchr(a, '_'), *y = strrchr(b->name, '_');

	if (!x || !y || strcmp(x, y) != 0)
		return false;
	return (b->value < 64 && value == (uint64_t)1 << b->value) ||
	       (value < 64 && b->value == (uint64_t)1 << value);
}

/* The value of `e` whose bit (or number) is that of the name and value given; NULL for none. */
static const char *bit_in(const struct btf_type *e, const char *name, uint64_t value)
{
	for (uint32_t i = 0; i < e->vlen; i++) {
		struct btf_enumerator v = btf_enumerator(e, i);

		if (is_bit_of(name, value, &v))
			return v.name;
	}
	return NULL;
}

/* Whether a value of e was the bit of what is sought, or its number, as most others of the one enum
 * were of the other. */
static bool was_bit(const struct values *x, const struct btf_type *e, const char *name)
{
	const struct btf *b = x->h->excerpt ? NULL : x->h->witness;
	struct place was = {0};
	struct btf_type before;
	const char *bit;
	size_t found = 0;

	if (b && *e->name)
		was = find_type(b, e->name, strlen(e->name), "");
	if (!was.btf)
		return false;
	before = btf_strip(was.btf, was.id);
	bit = btf_is_enum(&before) ? bit_in(&before, x->name, x->value) : NULL;
	if (!bit || strcmp(bit, name) != 0)
		return false;
	for (size_t m = 0; m < x->lineup.nold; m++)
		found += bit_in(&before, x->lineup.old[m].name, x->lineup.old[m].value) != NULL;
	return found > 2 && found * 2 > x->lineup.nold;
}

static uint32_t last_word(const struct words *w)
{
	return w->n ? w->at[w->n - 1].hash : 0;
}

/* Whether e has an enumerator that came and ends in that word. */
static bool gained(const struct values *x, const struct btf_type *e, uint32_t word)
{
	for (uint32_t i = 0; i < e->vlen && i < MOST_ALONG; i++) {
		const char *name = btf_enumerator(e, i).name;
		struct words w;

		words_split(name, &w);
		if (last_word(&w) == word && !hashes_have(&x->before, hash_text(name)))
			return true;
	}
	return false;
}

/* n / (n + 1) for n others that went from the enum and whose last words, rare ones, came to
 * e. */
static double moved_to(const struct values *x, const struct btf_type *e)
{
	const struct lineup *l = &x->lineup;
	double n = 0;

	for (size_t m = 0; m < l->nold && m < MOST_ALONG; m++) {
		const struct words *w = &l->old[m].words;

		if (l->old[m].twin < 0 && w->n && last_word(w) != last_word(&x->words) &&
		    w->at[w->n - 1].weight > TELLING)
			n += gained(x, e, last_word(w));
	}
	return n / (n + 1);
}

/* 0 to 1: how alike the names of both enums are, in words that few enums have. */
static double enums_alike(const struct values *x, const struct btf_type *e)
{
	struct words was, now;

	words_split(x->owner, &was);
	words_split(e->name, &now);
	words_weigh(&was, &x->enums, false);
	words_weigh(&now, &x->enums, false);
	return words_alike(&was, &now);
}

/* The values of another enum: the same name, or one that says as much and is new. */
static void hunt_other(struct values *x, const struct btf_type *e)
{
	struct vocabulary own;
	bool counted = false;
	double along = -1;

	for (uint32_t i = 0; i < e->vlen; i++) {
		struct btf_enumerator v = btf_enumerator(e, i);
		float s[SIGNAL_COUNT] = {[SIGNAL_AWAY] = 1};
		struct words w;

		words_split(v.name, &w);
		words_weigh(&w, &x->lineup.words, false);
		s[SIGNAL_NAME] = (float)words_alike(&x->words, &w);
		if (s[SIGNAL_NAME] < 0.3f)
			continue;
		s[SIGNAL_KIN] = was_bit(x, e, v.name);
		s[SIGNAL_OLD] = x->h->witness && strcmp(v.name, x->name) != 0 &&
				hashes_have(&x->before, hash_text(v.name));
		/* That it was there, too, is what tells. */
		if (s[SIGNAL_KIN] > 0)
			s[SIGNAL_OLD] = 0;
		if (s[SIGNAL_OLD] > 0)
			continue;
		if (!counted) {
			if (vocabulary_init(&own, x->h->arena, e->vlen) < 0) {
				x->h->failed = true;
				return;
			}
			for (uint32_t k = 0; k < e->vlen; k++) {
				struct words other;

				words_split(btf_enumerator(e, k).name, &other);
				vocabulary_add(&own, &other);
			}
			counted = true;
		}
		words_weigh(&w, &own, true);
		s[SIGNAL_NAME] = (float)words_alike(&x->words, &w);
		s[SIGNAL_BOTH] = s[SIGNAL_NAME] * s[SIGNAL_NAME];
		s[SIGNAL_RARE] = v.value == x->value;
		s[SIGNAL_WITHIN] = words_within(&x->words, &w);
		s[SIGNAL_HOME] = strcmp(v.name, x->name) == 0;
		if (s[SIGNAL_NAME] > 0.5f && x->lineup.old && !(s[SIGNAL_KIN] > 0)) {
			along = along < 0 ? moved_to(x, e) : along;
			s[SIGNAL_ALONG] = (float)along;
			s[SIGNAL_LINK] = (float)enums_alike(x, e);
			s[SIGNAL_FAR] = !(s[SIGNAL_LINK] > 0) && s[SIGNAL_NAME] < 0.9f;
		}
		add(x, e, v.name, s);
	}
}

void hunt_enumerator(struct hunt *h, struct place of, struct place in, const char *name)
{
	struct values x = {
	    .h = h, .name = name, .owner = of.btf ? btf_strip(of.btf, of.id).name : ""};
	size_t sought = 0;

	x.lineup.enums = true;
	x.lineup.unordered = !of.btf;
	if (of.btf)
		x.lineup.old = items_of(of, h->arena, &x.lineup.nold);
	if (in.btf)
		x.lineup.new = items_of(in, h->arena, &x.lineup.nnew);
	x.lineup.unordered |= h->excerpt && x.lineup.nold * 2 < x.lineup.nnew;
	if ((of.btf && !x.lineup.old) || (in.btf && !x.lineup.new) ||
	    lineup_make(&x.lineup, h->arena) < 0 || names_before(&x) < 0 ||
	    names_of_enums(&x) < 0) {
		h->failed = true;
		return;
	}
	while (sought < x.lineup.nold && !btf_same_essential(x.lineup.old[sought].name, name))
		sought++;
	x.value = sought < x.lineup.nold ? x.lineup.old[sought].value : UINT64_MAX;
	words_split(name, &x.words);
	words_weigh(&x.words, &x.lineup.words, false);
	if (in.btf)
		hunt_same(&x, in, sought);
	for (size_t i = 0; i < h->target->count && !h->failed; i++) {
		const struct btf *b = h->target->btf[i];

		struct btf_type t = {0};

		while (btf_next_of(b, &t, BTF_ENUMS))
			if (!(b == in.btf && t.id == in.id))
				hunt_other(&x, &t);
	}
}
