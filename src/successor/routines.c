/* routines: see routines.h. */
#include "successor/routines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	SAMPLE = 4096, /* routines of a side by which words and types are weighed */
	COMPARED = 2,  /* of those that stayed every so manieth shows which types are others */
};

static const char TRACE[] = "btf_trace_";

/* Of a typedef of a pointer to a prototype, that. */
static uint32_t pointed_proto(const struct btf *b, const struct btf_type *t)
{
	struct btf_type to = btf_type(b, t->type);

	if (to.kind != BTF_PTR)
		return 0;
	to = btf_type(b, to.type);
	return to.kind == BTF_FUNC_PROTO ? to.id : 0;
}

/* Takes t for a routine; false when it is none. */
static bool take(enum routine_kind kind, const struct btf_type *t, struct routine *x)
{
	const size_t prefix = sizeof(TRACE) - 1;

	*x = (struct routine){.btf = t->btf, .id = t->id, .name = t->name};
	if (kind == ROUTINE_FUNC) {
		x->proto = t->type;
		return *t->name != '\0';
	}
	if (strncmp(t->name, TRACE, prefix) != 0 || !t->name[prefix])
		return false;
	x->name += prefix;
	x->proto = pointed_proto(t->btf, t);
	return x->proto != 0;
}

static int btf_kind_of(enum routine_kind kind)
{
	return kind == ROUTINE_FUNC ? BTF_FUNC : BTF_TYPEDEF;
}

bool routine_find(enum routine_kind kind, const struct btf *b, const char *name,
		  struct routine *out)
{
	char described[512];
	size_t len = strlen(name), prefix = kind == ROUTINE_FUNC ? 0 : sizeof(TRACE) - 1;

	if (prefix + len >= sizeof(described))
		return false;
	memcpy(described, TRACE, prefix);
	memcpy(described + prefix, name, len + 1);
	for (; b; b = b->base) {
		uint32_t id = btf_first_named(b, btf_kind_of(kind), described, prefix + len);

		for (; id; id = btf_next_named(b, id, described, prefix + len)) {
			struct btf_type t = btf_type(b, id);

			if ((int)t.kind == btf_kind_of(kind) && strcmp(t.name, described) == 0 &&
			    take(kind, &t, out))
				return true;
		}
	}
	return false;
}

size_t routine_made_len(const char *name)
{
	static const char *const made[] = {
	    "__bpf_trace_",
	    "__probestub_",
	    "__traceiter_",
	    "perf_trace_",
	    "trace_event_raw_event_",
	    "trace_raw_output_",
	    "trace_event_fields_",
	    "__pfx_",
	    "__cfi_",
	    "rust_helper_",
	};

	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++)
		if (*name == *made[i] && strncmp(name, made[i], strlen(made[i])) == 0)
			return strlen(made[i]);
	return 0;
}

void routine_prototype(const struct routines *r, const struct routine *x, struct prototype *out)
{
	/* A tracepoint's first is the data of who is called, which programs do not see. */
	prototype_read(x->keys, &r->types, x->proto, r->kind == ROUTINE_TRACEPOINT, out);
}

void routine_words(const struct routines *r, const struct routine *x, struct words *out)
{
	words_split(x->name, out);
	words_weigh(out, &r->names, false);
}

static void sample_one(struct routines *r, const struct routine *x)
{
	struct words w;
	struct prototype p;

	words_split(x->name, &w);
	vocabulary_add(&r->names, &w);
	routine_prototype(r, x, &p);
	type_counts_add(&r->types, &p);
}

/* Of many routines, every so manieth. */
static void sample_list(struct routines *r, const struct routine_list *l)
{
	for (size_t i = 0; i < l->n; i += l->n / SAMPLE + 1)
		sample_one(r, &l->at[i]);
}

/* Counts words and types of both sides. */
static int sample(struct routines *r)
{
	if (vocabulary_init(&r->names, &r->arena, 2 * SAMPLE) < 0 ||
	    type_counts_init(&r->types, &r->arena) < 0)
		return -1;
	sample_list(r, &r->were);
	sample_list(r, &r->are);
	r->types.sampled = r->names.names;
	return 0;
}

/* Eight letters at a time: there are a hundred thousand. */
static uint64_t name_hash(const char *name)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	size_t len = strlen(name);
	uint64_t part, h = len;

	for (; len >= sizeof(part); len -= sizeof(part), name += sizeof(part)) {
		memcpy(&part, name, sizeof(part));
		h = (h ^ part) * odd;
		h ^= h >> 32;
	}
	part = 0;
	memcpy(&part, name, len);
	h = (h ^ part) * odd;
	h ^= h >> 29;
	h *= odd;
	return h ^ h >> 32;
}

/* Room for as many as a kernel has, which is not touched before it is used, and need not be moved.
 */
static void reserve(const struct btf *b, struct routine_list *l)
{
	size_t most = (b->end_id - b->first_id) / 2 + 1;

	if (l->at || !(l->at = malloc(most * sizeof(*l->at))))
		return;
	l->cap = most;
}

static int list_all(enum routine_kind kind, const struct btf *b, struct type_keys *keys,
		    struct routine_list *l)
{
	struct btf_type t = {0};

	reserve(b, l);
	while (btf_next(b, &t, btf_kind_of(kind))) {
		struct routine x, *items;

		if (!take(kind, &t, &x))
			continue;
		items = array_grow(l->at, &l->cap, l->n, sizeof(*items));
		if (!items)
			return -1;
		x.keys = keys;
		x.hash = name_hash(x.name);
		x.at = (uint32_t)l->n;
		l->at = items;
		l->at[l->n++] = x;
	}
	return 0;
}

/* Whether names stand in their own order, as they do where pahole sorts them. */
static bool is_sorted(const struct routine_list *l)
{
	size_t rising = 0, n = l->n < SAMPLE ? l->n : SAMPLE;

	for (size_t i = 1; i < n; i++)
		rising += strcmp(l->at[i - 1].name, l->at[i].name) < 0;
	return rising * 10 > n * 9;
}

enum { AHEAD = 12 }; /* so many names from now one is fetched */

static void fetch(const struct routines *r, const struct routine_list *l, size_t i)
{
	if (i + AHEAD < l->n)
		tally_soon(&r->named, l->at[i + AHEAD].hash);
}

/* The target's routines are found by name, and those of the witness by them: a lookup among so many
 * is what a first question takes longest for. */
static int list_names(struct routines *r)
{
	struct routine_list *l = &r->are;

	if (tally_init(&r->named, &r->arena, l->n) < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		fetch(r, l, i);
		if (!(tally_of(&r->named, l->at[i].hash) > 0))
			tally_add(&r->named, l->at[i].hash, (double)i + 1);
	}
	return 0;
}

static struct routine *of_hash(const struct routines *r, uint64_t hash)
{
	double at = tally_of(&r->named, hash);

	return at > 0 ? &r->are.at[(size_t)at - 1] : NULL;
}

const struct routine *routines_named(const struct routines *r, const char *name)
{
	return of_hash(r, name_hash(name));
}

const struct routine *routines_lost_named(const struct routines *r, const char *name)
{
	uint64_t hash = name_hash(name);

	for (size_t i = 0; i < r->were.n; i++)
		if (r->were.at[i].hash == hash)
			return &r->were.at[i];
	return NULL;
}

/* Notes of those that stayed where each is in the other list; of several of a name, which have the
 * same one there, the first. */
static void match_names(struct routines *r)
{
	for (size_t i = 0; i < r->were.n; i++) {
		struct routine *x = &r->were.at[i], *is;

		fetch(r, &r->were, i);
		is = of_hash(r, x->hash);
		if (!is)
			continue;
		x->other = is->at + 1;
		if (!is->other)
			is->other = x->at + 1;
	}
	for (size_t i = 0; i < r->are.n; i++) {
		struct routine *x = &r->are.at[i];
		const struct routine *first = x->other ? NULL : of_hash(r, x->hash);

		if (first)
			x->other = first->other;
	}
}

/* Lists b, of which base is listed already. */
static struct type_keys *list_btf(struct routines *r, const struct btf *b, struct type_keys *base,
				  struct routine_list *l)
{
	struct type_keys *keys = type_keys_new(b, base, &r->keys);

	return keys && list_all(r->kind, b, keys, l) == 0 ? keys : NULL;
}

static int list_both(struct routines *r)
{
	const struct btf *base = r->witness->base;
	struct type_keys *keys = NULL;

	if (base && !(keys = list_btf(r, base, NULL, &r->were)))
		return -1;
	if (!list_btf(r, r->witness, keys, &r->were))
		return -1;
	keys = NULL;
	for (size_t i = 0; i < r->target->count; i++) {
		struct type_keys *own = list_btf(r, r->target->btf[i], i ? keys : NULL, &r->are);

		if (!own)
			return -1;
		keys = i ? keys : own;
	}
	r->were.scattered = is_sorted(&r->were);
	r->are.scattered = is_sorted(&r->are);
	if (list_names(r) < 0)
		return -1;
	match_names(r);
	return 0;
}

const struct routine *routines_was(const struct routines *r, const struct routine *x)
{
	return x->other ? &r->were.at[x->other - 1] : NULL;
}

const struct routine *routines_is(const struct routines *r, const struct routine *x)
{
	return x->other ? &r->are.at[x->other - 1] : NULL;
}

/* What stood up to that far from a routine stood around it. */
enum { AROUND = 16 };

static void add_neighbour(const struct routines *r, const struct routine *x, uint32_t away,
			  struct neighbours *out)
{
	const struct routine *is = routine_made_len(x->name) ? NULL : routines_is(r, x);

	if (!is)
		return;
	out->weight[out->n] = 1 / (1 + (away - 1) / 8.0);
	out->at[out->n++] = is->at;
}

bool routine_neighbours(const struct routines *r, const struct routine *x, struct neighbours *out)
{
	*out = (struct neighbours){0};
	if (r->were.scattered || r->are.scattered)
		return false;
	for (uint32_t away = 1; away <= AROUND && out->n + 2 <= NEIGHBOURS; away++) {
		if (x->at >= away)
			add_neighbour(r, &r->were.at[x->at - away], away, out);
		if (x->at + away < r->were.n)
			add_neighbour(r, &r->were.at[x->at + away], away, out);
	}
	return out->n > 0;
}

double routine_near(const struct neighbours *around, const struct routine *x)
{
	double best = 0;

	for (unsigned i = 0; i < around->n; i++) {
		double away = fabs((double)around->at[i] - (double)x->at);

		best = fmax(best, around->weight[i] / (1 + (away > 1 ? away - 1 : 0) / 12));
	}
	return best;
}

enum {
	GAP_WAS = 12, /* how far from one those are looked for that stayed */
	GAP_IS = 16,  /* what now stands between them, at most */
};

/* The next one before or after x that stayed; NULL where none is near. */
static const struct routine *next_stayed(const struct routines *r, const struct routine *x,
					 int step)
{
	size_t at = x->at;

	for (int i = 1; i < GAP_WAS && (step > 0 ? at + 1 < r->were.n : at > 0); i++) {
		const struct routine *is;

		at = step > 0 ? at + 1 : at - 1;
		is = routine_made_len(r->were.at[at].name) ? NULL : routines_is(r, &r->were.at[at]);
		if (is)
			return is;
	}
	return NULL;
}

struct gap routine_gap(const struct routines *r, const struct routine *x)
{
	const struct routine *before = next_stayed(r, x, -1), *after = next_stayed(r, x, 1);

	if (!before || !after || after->at < before->at || after->at - before->at > GAP_IS)
		return (struct gap){0};
	return (struct gap){before->at, after->at};
}

struct glimpse words_glimpse(const struct words *w)
{
	struct glimpse g = {0};

	for (unsigned i = 0; i < w->n; i++) {
		uint32_t start = 0;

		for (unsigned k = 0; k < w->at[i].len && k < 3; k++)
			start = start * 31 + ((uint8_t)w->at[i].at[k] | 0x20);
		g.words |= UINT64_C(1) << w->at[i].hash % 64;
		g.starts |= UINT64_C(1) << start * 2654435761u % 61;
	}
	return g;
}

static int add_single(struct routines *r, struct singles *l, const struct routine *x)
{
	struct single *items = array_grow(l->at, &l->cap, l->n, sizeof(*items));

	if (!items)
		return -1;
	l->at = items;
	items[l->n].routine = *x;
	routine_words(r, x, &items[l->n].words);
	items[l->n].glimpse = words_glimpse(&items[l->n].words);
	l->n++;
	return 0;
}

static int find_singles(struct routines *r)
{
	for (size_t i = 0; i < r->were.n; i++) {
		const struct routine *x = &r->were.at[i];

		if (x->other && i % COMPARED == 0) {
			const struct routine *is = &r->are.at[x->other - 1];

			type_counts_swap(&r->types, x->keys, x->proto, is->keys, is->proto);
		} else if (!x->other && !routine_made_len(x->name) &&
			   add_single(r, &r->lost, x) < 0) {
			return -1;
		}
	}
	for (size_t i = 0; i < r->are.n; i++)
		if (!r->are.at[i].other && add_single(r, &r->gained, &r->are.at[i]) < 0)
			return -1;
	return 0;
}

double routines_names_alike(const struct routines *r, const struct words *a, const struct words *b)
{
	return words_alike_but(a, b, r->swaps);
}

double routines_types_alike(const struct routines *r, const struct slot *a, const struct slot *b)
{
	struct words was, is;
	const char *name, *now;
	double swapped;

	if (a->key == b->key)
		return 1;
	name = slot_type_name(a);
	now = slot_type_name(b);
	if (*name && strcmp(name, now) == 0)
		return 0.7;
	swapped = type_swapped_often(&r->types, a, b);
	if (!a->pointers != !b->pointers)
		return swapped;
	if (!a->pointers)
		return fmax(swapped, 0.4);
	words_split(name, &was);
	words_split(now, &is);
	return fmax(swapped, 0.9 * routines_names_alike(r, &was, &is));
}

static const struct words *words_of(const struct singles *l)
{
	return l->n ? &l->at->words : NULL;
}

static int find_all(struct routines *r)
{
	if (list_both(r) < 0 || sample(r) < 0 || find_singles(r) < 0)
		return -1;
	r->swaps = swaps_new(words_of(&r->lost), r->lost.n, words_of(&r->gained), r->gained.n,
			     sizeof(struct single), &r->arena);
	return r->swaps ? 0 : -1;
}

struct routines *routines_new(enum routine_kind kind, const struct btf *witness,
			      const struct target *t)
{
	struct routines *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->kind = kind;
	r->witness = witness;
	r->target = t;
	if (find_all(r) == 0)
		return r;
	routines_free(r);
	return NULL;
}

void routines_free(struct routines *r)
{
	if (!r)
		return;
	type_keys_free(r->keys);
	free(r->were.at);
	free(r->are.at);
	free(r->lost.at);
	free(r->gained.at);
	arena_free(&r->arena);
	free(r);
}
