/*
 * suggest_hunt: what every hunt for a successor uses: where names stand, how hits are kept, and
 * what the signals weigh. What counts how much was fitted to real renames and to fields made to
 * vanish.
 */
#include "successor/suggest_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const change_names[] = {
    "same", "renamed", "moved", "split", "retyped", "type", "enumval", "func", "tracepoint",
};

const char *change_name(enum change c)
{
	return change_names[c];
}

static int by_hash(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void hashes_sort(struct hashes *s)
{
	qsort(s->at, s->n, sizeof(*s->at), by_hash);
}

bool hashes_have(const struct hashes *s, uint64_t hash)
{
	return s->n && bsearch(&hash, s->at, s->n, sizeof(*s->at), by_hash);
}

const char *hunt_keep(struct hunt *h, const char *s)
{
	size_t len = strlen(s) + 1;
	char *p = arena_alloc(h->arena, len, 1);

	if (p)
		memcpy(p, s, len);
	else
		h->failed = true;
	return p;
}

static int by_odds(const void *x, const void *y)
{
	const struct hit *a = x, *b = y;

	if (a->odds != b->odds)
		return a->odds < b->odds ? 1 : -1;
	return strcmp(a->s.successor, b->s.successor);
}

void hunt_sort(struct hunt *h)
{
	if (h->count)
		qsort(h->hits, h->count, sizeof(*h->hits), by_odds);
}

struct hit *hunt_hit(struct hunt *h, const char *successor)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->hits[i].s.successor, successor) == 0)
			return &h->hits[i];
	return NULL;
}

/* Less likely ones are not worth a look. What others say of a routine comes last. */
static const double least_odds[SCALE_COUNT] = {
    [SCALE_FIELD] = -3, [SCALE_TYPE] = -3, [SCALE_ENUM] = -3, [SCALE_ROUTINE] = -6};

void hunt_add(struct hunt *h, enum scale scale, const char *successor, const char *via,
	      enum change change, struct place type, const float signals[SIGNAL_COUNT],
	      double more_odds)
{
	struct hit hit = {.odds = weights_odds(scale, signals) + more_odds}, *known, *items;

	if (h->ceiling > 0 && hit.odds > h->ceiling)
		hit.odds = h->ceiling + 0.001 * hit.odds;
	known = hunt_hit(h, successor);
	if (known && hit.odds > known->odds) {
		known->odds = hit.odds;
		memcpy(known->s.signals, signals, sizeof(hit.s.signals));
	}
	if (known || hit.odds < least_odds[scale])
		return;
	hit.s = (struct suggestion){.successor = hunt_keep(h, successor),
				    .via = via ? hunt_keep(h, via) : NULL,
				    .change = change,
				    .btf = type.btf,
				    .type = type.id};
	memcpy(hit.s.signals, signals, sizeof(hit.s.signals));
	items = array_grow(h->hits, &h->cap, h->count, sizeof(*items));
	if (!items || h->failed) {
		h->failed = true;
		return;
	}
	h->hits = items;
	h->hits[h->count++] = hit;
}

/* Whether a type may be what a question names: a forward declaration says nothing. */
static bool is_asked_for(const struct btf_type *t)
{
	return btf_is_composite(t) || btf_is_enum(t) || t->kind == BTF_TYPEDEF ||
	       t->kind == BTF_INT || t->kind == BTF_FLOAT;
}

bool is_record(const struct btf_type *t)
{
	static const char offsets[] = "trace_event_data_offsets_";
	struct btf_type first;

	if (t->kind != BTF_STRUCT || !t->vlen)
		return false;
	if (strncmp(t->name, offsets, sizeof(offsets) - 1) == 0)
		return true;
	first = btf_strip(t->btf, btf_member(t, 0).type);
	return first.kind == BTF_STRUCT && strcmp(first.name, "trace_entry") == 0;
}

const struct roll *hunt_roll(struct hunt *h, const struct btf *b)
{
	const struct roll *r = rolls_of(&h->pairs->rolls, b);

	h->failed |= !r;
	return r;
}

struct type_list hunt_composites(struct hunt *h, const struct btf *b)
{
	const struct roll *r = hunt_roll(h, b);

	return r ? r->composites : (struct type_list){0};
}

struct type_list hunt_enums(struct hunt *h, const struct btf *b)
{
	const struct roll *r = hunt_roll(h, b);

	return r ? r->enums : (struct type_list){0};
}

bool next_type(const struct btf *b, struct btf_type *t, uint64_t kinds)
{
	const struct btf *at = t->btf;

	if (at && btf_next_of(at, t, kinds))
		return true;
	while (at != b) {
		const struct btf *next = b;

		while (next->base && next->base != at)
			next = next->base;
		at = next;
		*t = (struct btf_type){0};
		if (btf_next_of(at, t, kinds))
			return true;
	}
	return false;
}

bool has_type(const struct btf *b, const char *name)
{
	return find_type(b, name, strlen(name), "").btf != NULL;
}

bool enum_has(struct place e, const char *name)
{
	struct btf_type t = btf_strip(e.btf, e.id);

	for (uint32_t i = 0; btf_is_enum(&t) && i < t.vlen; i++)
		if (btf_same_essential(btf_enumerator(&t, i).name, name))
			return true;
	return false;
}

struct place find_type(const struct btf *b, const char *name, size_t len, const char *path)
{
	struct place found = {0};
	unsigned furthest = 0;

	if (b->base) {
		found = find_type(b->base, name, len, path);
		if (found.btf)
			return found;
	}
	len = btf_essential_len(name, len);
	for (uint32_t id = btf_first_named(b, -1, name, len); id;
	     id = btf_next_named(b, id, name, len)) {
		struct btf_type t = btf_type(b, id);
		const char *rest;
		struct member last;
		uint32_t at;
		unsigned far;

		if (!is_asked_for(&t))
			continue;
		far = members_follow(b, id, path, &rest, &at, &last) * 2 + btf_is_composite(&t) + 1;
		far += *path && btf_is_enum(&t) && enum_has((struct place){b, id}, path) ? 2 : 0;
		if (far > furthest) {
			furthest = far;
			found = (struct place){b, id};
		}
	}
	return found;
}

struct place find_in_target(const struct target *t, const char *name, size_t len, const char *path)
{
	for (size_t i = 0; i < t->count; i++) {
		struct place found = find_type(t->btf[i], name, len, path);

		if (found.btf)
			return found;
	}
	return (struct place){0};
}
