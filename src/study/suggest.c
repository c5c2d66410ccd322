/*
 * suggest: takes a question apart, asks each reference, weighs the signals and words the evidence;
 * see suggest.h. What counts how much was fitted to real renames and to fields made to vanish.
 */
#include "study/suggest_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* References through which a name is followed on. */
enum { MOST_STEPS = 16 };

static const char *const signal_names[SIGNAL_COUNT] = {
    "name", "type", "rare",  "place", "paired", "sole",  "taken",  "old",
    "kin",  "home", "along", "nest",  "away",   "back",  "within", "both",
    "fits", "flag", "box",   "far",   "vague",  "clash", "use",    "rival",
};

static const char *const change_names[] = {
    "same", "renamed", "moved", "split", "retyped", "type", "enumval",
};

/* Logarithms of odds; `base` is that of a name of the target for which nothing speaks. */
static const struct weights {
	float base, at[SIGNAL_COUNT];
} weights[SCALE_COUNT] = {
    [SCALE_FIELD] = {-3.5f, {[SIGNAL_NAME] = 6.2f,   [SIGNAL_TYPE] = 0.2f,   [SIGNAL_RARE] = 1.6f,
			     [SIGNAL_PLACE] = 2.6f,  [SIGNAL_PAIRED] = 0.9f, [SIGNAL_SOLE] = 2.3f,
			     [SIGNAL_TAKEN] = -1.4f, [SIGNAL_OLD] = -4.7f,   [SIGNAL_KIN] = 3.7f,
			     [SIGNAL_HOME] = 3.2f,   [SIGNAL_ALONG] = 3.3f,  [SIGNAL_NEST] = -1.7f,
			     [SIGNAL_AWAY] = -2.0f,  [SIGNAL_BACK] = 0.1f,   [SIGNAL_WITHIN] = 0.5f,
			     [SIGNAL_BOTH] = 0.6f,   [SIGNAL_FITS] = 0.9f,   [SIGNAL_FLAG] = 11.5f,
			     [SIGNAL_BOX] = -3.0f,   [SIGNAL_FAR] = -1.6f,   [SIGNAL_VAGUE] = -1.5f,
			     [SIGNAL_CLASH] = -0.7f, [SIGNAL_RIVAL] = 3.0f}},
    [SCALE_TYPE] = {-5.0f,
		    {[SIGNAL_NAME] = 5.0f,
		     [SIGNAL_TYPE] = 0.5f,
		     [SIGNAL_RARE] = 4.5f,
		     [SIGNAL_PLACE] = 0.5f,
		     [SIGNAL_OLD] = -2.0f,
		     [SIGNAL_USE] = 5.0f,
		     [SIGNAL_RIVAL] = 2.5f}},
    [SCALE_ENUM] = {-3.6f,
		    {[SIGNAL_NAME] = 5.0f,
		     [SIGNAL_RARE] = 1.0f,
		     [SIGNAL_PLACE] = 3.2f,
		     [SIGNAL_PAIRED] = 0.8f,
		     [SIGNAL_TAKEN] = -1.2f,
		     [SIGNAL_OLD] = -2.6f,
		     [SIGNAL_AWAY] = -3.2f,
		     [SIGNAL_HOME] = 1.5f,
		     [SIGNAL_BOTH] = 3.5f,
		     [SIGNAL_WITHIN] = 0.8f}},
};

const char *signal_name(enum signal s)
{
	return signal_names[s];
}

const char *change_name(enum change c)
{
	return change_names[c];
}

double signals_odds(enum scale scale, const float signals[SIGNAL_COUNT])
{
	double odds = weights[scale].base;

	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		odds += (double)weights[scale].at[i] * (double)signals[i];
	return odds;
}

uint64_t hash_text(const char *s)
{
	uint64_t h = 1469598103934665603u;

	while (*s)
		h = (h ^ (uint8_t)*s++) * 1099511628211u;
	return h;
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

static const char *keep(struct hunt *h, const char *s)
{
	size_t len = strlen(s) + 1;
	char *p = arena_alloc(h->arena, len, 1);

	if (p)
		memcpy(p, s, len);
	else
		h->failed = true;
	return p;
}

static struct hit *hit_of(struct hunt *h, const char *successor)
{
	for (size_t i = 0; i < h->count; i++)
		if (strcmp(h->hits[i].s.successor, successor) == 0)
			return &h->hits[i];
	return NULL;
}

void hunt_add(struct hunt *h, enum scale scale, const char *successor, const char *via,
	      enum change change, struct place type, const float signals[SIGNAL_COUNT],
	      double more_odds)
{
	struct hit hit = {.odds = signals_odds(scale, signals) + more_odds}, *known, *items;

	if (h->ceiling > 0 && hit.odds > h->ceiling)
		hit.odds = h->ceiling + 0.001 * hit.odds;
	known = hit_of(h, successor);
	if (known && hit.odds > known->odds) {
		known->odds = hit.odds;
		memcpy(known->s.signals, signals, sizeof(hit.s.signals));
	}
	if (known)
		return;
	if (hit.odds < -3)
		return;
	hit.s = (struct suggestion){.successor = keep(h, successor),
				    .via = via ? keep(h, via) : NULL,
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

bool has_type(const struct btf *b, const char *name)
{
	return find_type(b, name, strlen(name), "").btf != NULL;
}

static bool enum_has(struct place e, const char *name)
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
		struct slot last;
		uint32_t at;
		unsigned far;

		if (!is_asked_for(&t))
			continue;
		far = slots_walk(b, id, path, &rest, &at, &last) * 2 + btf_is_composite(&t) + 1;
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

/* Appends to the evidence, separated by "; ". */
static void say(char *out, size_t size, const char *what)
{
	size_t len = strlen(out);

	snprintf(out + len, size - len, "%s%s", len ? "; " : "", what);
}

static const char *word_evidence(struct hunt *h, const struct hit *hit)
{
	const float *s = hit->s.signals;
	char text[400] = "";

	if (hit->s.change == CHANGE_SAME)
		say(text, sizeof(text), "it is there");
	if (hit->s.change == CHANGE_RETYPED)
		say(text, sizeof(text), "the same path with another type");
	if (s[SIGNAL_HOME] > 0)
		say(text, sizeof(text), "the same member of the same struct");
	else if (s[SIGNAL_NAME] > 0.95f && hit->s.change != CHANGE_RETYPED)
		say(text, sizeof(text), "the same name");
	else if (s[SIGNAL_NAME] > 0.3f)
		say(text, sizeof(text), s[SIGNAL_NAME] > 0.6f ? "a like name" : "a word in common");
	if (s[SIGNAL_TYPE] > 0.94f)
		say(text, sizeof(text), "the same type");
	else if (s[SIGNAL_TYPE] > 0.6f)
		say(text, sizeof(text), "a like type");
	if (s[SIGNAL_PLACE] > 0.6f)
		say(text, sizeof(text), "stands where it stood");
	else if (s[SIGNAL_PLACE] > 0)
		say(text, sizeof(text), "stands between the same neighbours");
	if (s[SIGNAL_FLAG] > 0)
		say(text, sizeof(text), "a word of flags for a flag");
	if (s[SIGNAL_USE] > 0)
		say(text, sizeof(text), "used where it was used");
	if (s[SIGNAL_ALONG] > 0)
		say(text, sizeof(text), "siblings moved along");
	if (s[SIGNAL_RIVAL] > 0)
		say(text, sizeof(text), "another flavor in the object names it");
	if (h->ref && !h->excerpt && hit->s.change != CHANGE_SAME &&
	    hit->s.change != CHANGE_RETYPED)
		say(text, sizeof(text), s[SIGNAL_OLD] > 0 ? "was there before" : "new there");
	if (hit->s.via) {
		say(text, sizeof(text), "via ");
		strncat(text, hit->s.via, sizeof(text) - strlen(text) - 1);
	}
	return keep(h, text);
}

static int by_odds(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->odds != y->odds)
		return x->odds < y->odds ? 1 : -1;
	return strcmp(x->s.successor, y->s.successor);
}

static const char *path_of(const char *question, size_t *root_len)
{
	*root_len = strcspn(question, ".");
	return question[*root_len] ? question + *root_len + 1 : "";
}

static bool place_has(struct place p, const char *path)
{
	struct btf_type t;
	const char *rest;
	struct slot last;
	uint32_t at;

	if (!p.btf)
		return false;
	t = btf_strip(p.btf, p.id);
	if (btf_is_enum(&t))
		return !*path || enum_has(p, path);
	slots_walk(p.btf, p.id, path, &rest, &at, &last);
	return !*rest;
}

static void same(struct hunt *h, const char *question, enum scale scale, struct place at)
{
	float none[SIGNAL_COUNT] = {0};

	hunt_add(h, scale, question, NULL, CHANGE_SAME, at, none, 20);
}

/* A type that stands at the start of a vanished one and is much of it: that lay over this one. */
static void hunt_overlaid(struct hunt *h, struct place root, const char *path)
{
	float none[SIGNAL_COUNT] = {0};
	const char *rest;
	struct place now;
	struct slot last;
	struct btf_type t;
	int64_t whole;
	uint32_t at;

	if (slots_walk(root.btf, root.id, path, &rest, &at, &last) == 0 || *rest ||
	    last.bit_offset || last.bit_size)
		return;
	t = btf_strip(root.btf, at);
	whole = btf_size(root.btf, root.id);
	if (!btf_is_composite(&t) || !*t.name || whole <= 0 || t.size < whole / 3)
		return;
	now = find_in_target(h->target, t.name, strlen(t.name), "");
	if (now.btf)
		hunt_add(h, SCALE_FIELD, t.name, NULL, CHANGE_MOVED, now, none, 5.4);
}

/* The struct of the field is missing in the target: what became of that comes first. */
static void hunt_field_of_missing(struct hunt *h, struct place root, const char *path)
{
	struct hunt types = {
	    .arena = h->arena, .target = h->target, .ref = h->ref, .excerpt = h->excerpt};

	hunt_type(&types, root);
	if (types.count)
		qsort(types.hits, types.count, sizeof(*types.hits), by_odds);
	for (size_t i = 0; i < types.count && i < 4 && types.hits[i].odds > 0; i++) {
		const struct suggestion *s = &types.hits[i].s;

		h->ceiling = types.hits[i].odds;
		hunt_field(h, root, (struct place){s->btf, s->type}, s->successor, path);
		h->ceiling = 0;
	}
	if (!h->count)
		hunt_overlaid(h, root, path);
	if (!h->count && h->ref && !h->excerpt)
		hunt_orphan(h, root, path);
	for (size_t i = 0; i < h->count; i++)
		if (h->hits[i].s.change != CHANGE_SPLIT)
			h->hits[i].s.change = CHANGE_MOVED;
	h->failed |= types.failed;
	free(types.hits);
}

/* An enumerator that is missing: of an enum that may be missing itself. */
static void hunt_value(struct hunt *h, struct place of, struct place in, const char *name)
{
	struct hunt types = {
	    .arena = h->arena, .target = h->target, .ref = h->ref, .excerpt = h->excerpt};

	if (!in.btf) {
		hunt_type(&types, of);
		if (types.count)
			qsort(types.hits, types.count, sizeof(*types.hits), by_odds);
	}
	if (types.count && types.hits[0].odds > 0) {
		in = (struct place){types.hits[0].s.btf, types.hits[0].s.type};
		h->ceiling = types.hits[0].odds;
		hunt_enumerator(h, of, in, name);
		h->ceiling = 0;
	} else {
		hunt_enumerator(h, of, in, name);
	}
	h->failed |= types.failed;
	free(types.hits);
}

/* Whether b has what a question names. */
static bool has_name(const struct btf *b, const char *question)
{
	size_t len;
	const char *path = path_of(question, &len);

	return place_has(find_type(b, question, len, path), path);
}

/* Asks one reference, which may be none. Returns whether it knows what is asked for. */
static bool ask(struct hunt *h, const char *question)
{
	size_t len;
	const char *path = path_of(question, &len);
	struct place into = find_in_target(h->target, question, len, path), root = {0};
	struct btf_type t;
	bool is_enum;

	if (h->ref)
		root = find_type(h->ref, question, len, path);
	if (h->ref && !place_has(root, path))
		return false;
	if (!root.btf && !into.btf)
		return false;
	t = root.btf ? btf_strip(root.btf, root.id) : btf_strip(into.btf, into.id);
	is_enum = btf_is_enum(&t);
	if (!*path) {
		if (into.btf)
			same(h, question, SCALE_TYPE, into);
		else
			hunt_type(h, root);
	} else if (is_enum) {
		if (into.btf && enum_has(into, path))
			same(h, question, SCALE_ENUM, into);
		else
			hunt_value(h, root, into, path);
	} else if (into.btf) {
		hunt_field(h, root, into, btf_type(into.btf, into.id).name, path);
	} else {
		hunt_field_of_missing(h, root, path);
	}
	return true;
}

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

		if (s->signals[SIGNAL_FLAG] > 0)
			s->change = CHANGE_SPLIT;
		if (parts < 2 || !goes_on(question, s))
			continue;
		/* One part goes with the other. */
		s->change = CHANGE_SPLIT;
		hits[i].odds = fmax(hits[i].odds, best - 0.5);
	}
}

/* Folds the hits of one reference into those of others, the better of two that agree. */
static void fold(struct hunt *all, struct hunt *one)
{
	all->failed |= one->failed;
	for (size_t i = 0; i < one->count && !all->failed; i++) {
		const struct hit *hit = &one->hits[i];
		struct hit *known = hit_of(all, hit->s.successor), *items;

		if (known) {
			const char *via = known->s.via ? known->s.via : hit->s.via;

			if (hit->odds > known->odds)
				*known = *hit;
			known->s.via = via;
			continue;
		}
		items = array_grow(all->hits, &all->cap, all->count, sizeof(*items));
		if (!items) {
			all->failed = true;
			return;
		}
		all->hits = items;
		all->hits[all->count++] = *hit;
	}
}

static void answer(struct hunt *h, double least, struct suggestions *out)
{
	if (h->count)
		qsort(h->hits, h->count, sizeof(*h->hits), by_odds);
	out->items = arena_alloc(h->arena, h->count + 1, sizeof(*out->items));
	if (!out->items) {
		h->failed = true;
		return;
	}
	for (size_t i = 0; i < h->count && out->count < 10; i++) {
		struct suggestion s = h->hits[i].s;

		s.score = 1 / (1 + exp(-h->hits[i].odds));
		s.evidence = word_evidence(h, &h->hits[i]);
		if (s.score >= least)
			out->items[out->count++] = s;
	}
}

/* Asks one reference and folds its answer into all. Returns whether it knows the name. */
static bool ask_and_fold(struct hunt *all, const struct btf *ref, bool excerpt,
			 const char *question)
{
	struct hunt one = {
	    .arena = all->arena, .target = all->target, .ref = ref, .excerpt = excerpt};
	bool known = ask(&one, question);

	find_splits(question, one.hits, one.count);
	fold(all, &one);
	free(one.hits);
	if (known) {
		all->ref = ref;
		all->excerpt = excerpt;
	}
	return known;
}

/* A reference without the name is one more step on its way: what the name is there may be known
 * better in the target. */
static void ask_history(struct hunt *all, const struct suggest_query *q, const struct btf *ref,
			const struct btf *step)
{
	struct btf *btf[] = {btf_ref(step)};
	struct target between = {.btf = btf, .count = 1};
	struct hunt first = {.arena = all->arena, .target = &between, .ref = ref};
	struct hunt second = {.arena = all->arena, .target = all->target, .ref = step};

	ask(&first, q->path);
	if (first.count)
		qsort(first.hits, first.count, sizeof(*first.hits), by_odds);
	if (first.count && first.hits[0].odds > 1 && first.hits[0].s.change != CHANGE_SAME) {
		second.ceiling = first.hits[0].odds;
		ask(&second, first.hits[0].s.successor);
		for (size_t i = 0; i < second.count; i++)
			if (second.hits[i].s.change == CHANGE_SAME)
				second.hits[i].s.change = first.hits[0].s.change;
		fold(all, &second);
	}
	all->failed |= first.failed;
	free(first.hits);
	free(second.hits);
	btf_unref(btf[0]);
}

/* Where a reference knows the name, the object adds only where else its author looks. */
static void ask_rivals(struct hunt *all, const struct suggest_query *q)
{
	struct hunt one = {
	    .arena = all->arena, .target = all->target, .ref = q->excerpt, .excerpt = true};
	size_t kept = 0;

	ask(&one, q->path);
	for (size_t i = 0; i < one.count; i++)
		if (one.hits[i].s.signals[SIGNAL_RIVAL] > 0)
			one.hits[kept++] = one.hits[i];
	one.count = kept;
	fold(all, &one);
	free(one.hits);
}

int suggest_find(const struct suggest_query *q, const struct target *t, struct suggestions *out,
		 struct err *e)
{
	struct hunt all = {.arena = &out->arena, .target = t};
	const struct btf *knows = NULL;

	*out = (struct suggestions){0};
	for (size_t i = 0; i < q->from_count && !all.failed; i++)
		if (ask_and_fold(&all, q->from[i], false, q->path) && !knows)
			knows = q->from[i];
	for (size_t i = 0; knows && i < q->from_count && i < MOST_STEPS && !all.failed; i++)
		if (!has_name(q->from[i], q->path))
			ask_history(&all, q, knows, q->from[i]);
	out->known = knows != NULL;
	if (out->known && q->excerpt)
		ask_rivals(&all, q);
	if (!out->known && q->excerpt)
		out->known = ask_and_fold(&all, q->excerpt, true, q->path);
	if (!out->known)
		out->known = ask_and_fold(&all, NULL, false, q->path);
	answer(&all, q->least > 0 ? q->least : SUGGEST_LEAST, out);
	free(all.hits);
	if (!all.failed)
		return 0;
	suggestions_free(out);
	return err_memory(e, NULL);
}

void suggestions_free(struct suggestions *s)
{
	arena_free(&s->arena);
	s->items = NULL;
	s->count = 0;
}
