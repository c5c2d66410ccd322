/* echoes: see echoes.h. */
#include "successor/echoes.h"

#include <math.h>
#include <string.h>

#include "successor/members.h"

enum {
	SHORTEST = 3,    /* shorter words are anything */
	MOST_SWAPS = 64, /* that are counted */
	MOST_ASKED = 3000,
	MOST_MEMBERS = 400, /* of a struct that is looked at */
};

struct echoes {
	const struct btf *was, *is;
	const struct words *name;
	const char *apart; /* a struct that tells nothing */
	struct arena *arena;
	uint8_t *marked;        /* strings of `was` that have one of its words */
	double kept[WORDS_MAX]; /* how often a word of it stayed */
	struct swap swaps[MOST_SWAPS];
	unsigned of[MOST_SWAPS]; /* the word that gave way */
	size_t n;
};

static int mark(struct echoes *e)
{
	size_t bytes = e->was->strings_len / 8 + 1;

	e->marked = arena_alloc(e->arena, bytes, 1);
	if (!e->marked)
		return -1;
	memset(e->marked, 0, bytes);
	for (unsigned i = 0; i < e->name->n; i++) {
		char word[64];

		if (e->name->at[i].len < SHORTEST || e->name->at[i].len >= sizeof(word))
			continue;
		memcpy(word, e->name->at[i].at, e->name->at[i].len);
		word[e->name->at[i].len] = '\0';
		btf_mark_names(e->was, word, e->marked);
	}
	return 0;
}

static bool is_marked(const struct echoes *e, const char *name)
{
	size_t at = (size_t)(name - e->was->strings);

	return at < e->was->strings_len && e->marked[at / 8] >> at % 8 & 1;
}

/* The word of the name that is sought; -1 for none. */
static int index_of(const struct echoes *e, const struct word *w)
{
	for (unsigned i = 0; i < e->name->n; i++)
		if (w->len >= SHORTEST && e->name->at[i].hash == w->hash)
			return (int)i;
	return -1;
}

static void keep(struct echoes *e, const struct words *w)
{
	for (unsigned i = 0; i < w->n; i++) {
		int at = index_of(e, &w->at[i]);

		if (at >= 0)
			e->kept[at]++;
	}
}

static void count(struct echoes *e, unsigned of, const struct word *now, double n)
{
	for (size_t i = 0; i < e->n; i++) {
		if (e->of[i] != of || e->swaps[i].now.hash != now->hash)
			continue;
		e->swaps[i].n += n;
		return;
	}
	if (e->n == MOST_SWAPS)
		return;
	e->of[e->n] = of;
	e->swaps[e->n++] = (struct swap){e->name->at[of], *now, n};
}

/* The place of the only word in which two names differ, if that of the first is sought; -1. */
static int swapped(const struct echoes *e, const struct words *was, const struct words *now)
{
	int at = -1;

	if (was->n != now->n)
		return -1;
	for (unsigned i = 0; i < was->n; i++) {
		if (was->at[i].hash == now->at[i].hash)
			continue;
		if (at >= 0)
			return -1;
		at = (int)i;
	}
	return at >= 0 && index_of(e, &was->at[at]) >= 0 ? at : -1;
}

/* A name and what is called so now. */
static void learn(struct echoes *e, const char *was, const char *now)
{
	struct words w, n;
	int at;

	words_split(was, &w);
	if (strcmp(was, now) == 0) {
		keep(e, &w);
		return;
	}
	words_split(now, &n);
	at = swapped(e, &w, &n);
	if (at >= 0 && n.at[at].len > 1)
		count(e, (unsigned)index_of(e, &w.at[at]), &n.at[at], 1);
}

/* Which prototypes have a parameter that is called like it: a flag for each id. */
static bool *list_protos(const struct echoes *e)
{
	bool *has = arena_alloc(e->arena, e->was->end_id, sizeof(*has));
	struct btf_type t = {0};

	if (!has)
		return NULL;
	memset(has, 0, e->was->end_id * sizeof(*has));
	while (btf_next(e->was, &t, BTF_FUNC_PROTO))
		for (uint32_t i = 0; i < t.vlen && !has[t.id]; i++)
			has[t.id] = is_marked(e, btf_param(&t, i).name);
	return has;
}

static int ask_functions(struct echoes *e)
{
	const bool *has = list_protos(e);
	struct btf_type f = {0};
	unsigned asked = 0;

	if (!has)
		return -1;
	while (btf_next(e->was, &f, BTF_FUNC) && asked < MOST_ASKED) {
		struct btf_type was, is;
		uint32_t now;

		if (f.type >= e->was->end_id || !has[f.type])
			continue;
		asked++;
		now = btf_find(e->is, f.name, BTF_FUNC);
		was = btf_type(e->was, f.type);
		is = btf_type(e->is, now ? btf_type(e->is, now).type : 0);
		for (uint32_t i = 0; i < was.vlen && was.vlen == is.vlen; i++)
			if (is_marked(e, btf_param(&was, i).name))
				learn(e, btf_param(&was, i).name, btf_param(&is, i).name);
	}
	return 0;
}

/* Whether a struct has a member of that name itself. */
static bool declares(const struct btf_type *t, const char *name)
{
	for (uint32_t i = 0; i < t->vlen; i++)
		if (strcmp(btf_member(t, i).name, name) == 0)
			return true;
	return false;
}

/* What came where a member went: all names that differ from its in one word share it. */
static void ask_member(struct echoes *e, const char *went, const struct btf_type *was,
		       const struct btf_type *is)
{
	const char *came[4];
	struct words w, n;
	unsigned found = 0;

	words_split(went, &w);
	for (uint32_t i = 0; w.n > 1 && i < is->vlen && found < 4; i++) {
		const char *name = btf_member(is, i).name;

		words_split(name, &n);
		if (swapped(e, &w, &n) >= 0 && !declares(was, name))
			came[found++] = name;
	}
	for (unsigned i = 0; i < found; i++) {
		int at;

		words_split(came[i], &n);
		at = swapped(e, &w, &n);
		count(e, (unsigned)index_of(e, &w.at[at]), &n.at[at], 1.0 / found);
	}
}

static void ask_structs(struct echoes *e)
{
	struct btf_type t = {0};
	unsigned asked = 0;

	while (btf_next(e->was, &t, BTF_STRUCT) && asked < MOST_ASKED) {
		struct btf_type now = {0};

		if (strcmp(t.name, e->apart) == 0)
			continue;
		for (uint32_t i = 0; *t.name && i < t.vlen && i < MOST_MEMBERS; i++) {
			const char *name = btf_member(&t, i).name;
			struct words w;

			if (!is_marked(e, name))
				continue;
			if (!now.btf)
				now = btf_type(e->is, btf_find(e->is, t.name, BTF_STRUCT));
			if (!now.vlen || now.vlen > MOST_MEMBERS)
				break;
			asked++;
			words_split(name, &w);
			if (declares(&now, name))
				keep(e, &w);
			else
				ask_member(e, name, &t, &now);
		}
	}
}

struct swaps *echoes_of(const struct btf *witness, const struct btf *target,
			const struct words *name, const char *apart, struct arena *a)
{
	struct echoes *e = arena_alloc(a, 1, sizeof(*e));

	if (!e)
		return NULL;
	*e =
	    (struct echoes){.was = witness, .is = target, .name = name, .apart = apart, .arena = a};
	if (mark(e) < 0 || ask_functions(e) < 0)
		return NULL;
	ask_structs(e);
	/* A word that mostly stayed gives way by chance. */
	for (size_t i = 0; i < e->n; i++)
		e->swaps[i].n *= fmin(1, 4 * e->swaps[i].n / (e->swaps[i].n + e->kept[e->of[i]]));
	return swaps_of(e->swaps, e->n, a);
}
