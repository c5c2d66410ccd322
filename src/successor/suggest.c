/*
 * suggest: takes a question apart, asks each witness, and words the evidence; see suggest.h.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "successor/suggest_impl.h"

/* Witnesses through which a name is followed on. */
enum { MOST_STEPS = 16 };

/* Appends to the evidence, separated by "; ". */
static void say(char *out, size_t size, const char *what)
{
	size_t len = strlen(out);

	snprintf(out + len, size - len, "%s%s", len ? "; " : "", what);
}

static void say_type(char *out, size_t size, const struct hit *hit)
{
	float alike = hit->s.signals[SIGNAL_TYPE];
	bool routine = hit->s.change == CHANGE_FUNC || hit->s.change == CHANGE_TRACEPOINT;

	if (routine && hit->s.signals[SIGNAL_BOTH] > 0)
		say(out, size, "the same prototype");
	else if (routine && alike > 0.6f)
		say(out, size, "a like prototype");
	else if (!routine && alike > 0.6f)
		say(out, size, alike > 0.94f ? "the same type" : "a like type");
}

static const char *word_evidence(struct hunt *h, const struct hit *hit)
{
	const float *s = hit->s.signals;
	char text[400] = "";

	if (hit->s.change == CHANGE_SAME)
		say(text, sizeof(text), "it is there");
	if (hit->s.change == CHANGE_RETYPED)
		say(text, sizeof(text), "the same path with another type");
	else if (s[SIGNAL_HOME] > 0)
		say(text, sizeof(text), "the same member of the same struct");
	else if (s[SIGNAL_NAME] > 0.95f)
		say(text, sizeof(text), "the same name");
	else if (s[SIGNAL_NAME] > 0.3f)
		say(text, sizeof(text), s[SIGNAL_NAME] > 0.6f ? "a like name" : "a word in common");
	say_type(text, sizeof(text), hit);
	if (hit->s.change >= CHANGE_FUNC)
		;
	else if (s[SIGNAL_PLACE] > 0.6f)
		say(text, sizeof(text), "stands where it stood");
	else if (s[SIGNAL_PLACE] > 0)
		say(text, sizeof(text), "stands between the same neighbours");
	if (s[SIGNAL_FLAG] + s[SIGNAL_BIT] > 0)
		say(text, sizeof(text), "a word of flags for a flag");
	if (hit->s.flag) {
		char bit[MEMBER_PATH_MAX];

		snprintf(bit, sizeof(bit), "its bit is %.200s", hit->s.flag);
		if (hit->s.mask)
			snprintf(bit + strlen(bit), sizeof(bit) - strlen(bit), " (0x%" PRIx64 ")",
				 hit->s.mask);
		say(text, sizeof(text), bit);
	}
	if (s[SIGNAL_USE] > 0)
		say(text, sizeof(text), "used where it was used");
	if (s[SIGNAL_TOOK] > 0)
		say(text, sizeof(text), "takes now what that took");
	if (s[SIGNAL_FAMILY] > 0)
		say(text, sizeof(text), "its words took the place of the same elsewhere");
	if (s[SIGNAL_TAKEN] > 0 && hit->s.change >= CHANGE_FUNC)
		say(text, sizeof(text), "likelier what another became");
	if (s[SIGNAL_HEIR] > 0)
		say(text, sizeof(text), "of the type that took its type's place");
	if (s[SIGNAL_SPARSE] > 0.99f)
		say(text, sizeof(text), "no other field of its type went or came");
	if (s[SIGNAL_KIN] > 0 && hit->s.change == CHANGE_ENUMVAL)
		say(text, sizeof(text),
		    s[SIGNAL_AWAY] > 0 ? "one is the bit of the other"
				       : "another name of its value");
	if (s[SIGNAL_ALONG] > 0)
		say(text, sizeof(text), "siblings moved along");
	if (s[SIGNAL_RIVAL] > 0)
		say(text, sizeof(text), "another flavor in the object names it");
	if (h->witness && !h->excerpt && hit->s.change != CHANGE_SAME &&
	    hit->s.change != CHANGE_RETYPED)
		say(text, sizeof(text),
		    s[SIGNAL_BIT] > 0   ? "a new bit"
		    : s[SIGNAL_OLD] > 0 ? "was there before"
					: "new there");
	if (hit->s.via) {
		say(text, sizeof(text), "via ");
		strncat(text, hit->s.via, sizeof(text) - strlen(text) - 1);
	}
	return hunt_keep(h, text);
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
	struct member last;
	uint32_t at;

	if (!p.btf)
		return false;
	t = btf_strip(p.btf, p.id);
	if (btf_is_enum(&t))
		return !*path || enum_has(p, path);
	members_follow(p.btf, p.id, path, &rest, &at, &last);
	return !*rest;
}

static void same(struct hunt *h, const char *question, enum scale scale, struct place at)
{
	float none[SIGNAL_COUNT] = {0};

	hunt_add(h, scale, question, NULL, CHANGE_SAME, at, none, 20);
}

/* Whether members of t stand in root as they stand in t, and so are the same bytes. */
static bool lies_over(struct hunt *h, struct place root, const struct btf_type *t)
{
	struct members whole, part;
	size_t same = 0;

	if (members_list(root.btf, root.id, 0, h->arena, &whole) < 0 ||
	    members_list(t->btf, t->id, 0, h->arena, &part) < 0) {
		h->failed = true;
		return false;
	}
	for (size_t i = 0; i < part.n; i++) {
		const struct member *m = &part.at[i];
		long at = members_find(&whole, m->name, strlen(m->name));

		same += at >= 0 && whole.at[at].bit_offset == m->bit_offset;
	}
	return same > 1;
}

/* A type that shares the start of a vanished one and is much of it: that lay over this one. What it
 * only begins with, or may hold, a list_head or a kobject, is a part of it and not what it was of.
 * heir: what took the place of the vanished one, NULL where nobody knows. */
static void hunt_overlaid(struct hunt *h, struct place root, const char *path, const char *heir)
{
	float none[SIGNAL_COUNT] = {0};
	const char *rest;
	struct place now;
	struct member last;
	struct btf_type t;
	int64_t whole;
	uint32_t at;

	if (members_follow(root.btf, root.id, path, &rest, &at, &last) == 0 || *rest ||
	    last.bit_offset || last.bit_size)
		return;
	t = btf_strip(root.btf, at);
	whole = btf_size(root.btf, root.id);
	if (!btf_is_composite(&t) || !*t.name || (heir && strcmp(heir, t.name) != 0) ||
	    whole <= 0 || t.size < whole / 3 || !lies_over(h, root, &t))
		return;
	now = find_in_target(h->target, t.name, strlen(t.name), "");
	if (now.btf)
		hunt_add(h, SCALE_FIELD, t.name, NULL, CHANGE_MOVED, now, none, 5.4);
}

/* The struct of the field is missing in the target: what became of that comes first. */
static void hunt_field_of_missing(struct hunt *h, struct place root, const char *path)
{
	struct hunt types = {.arena = h->arena,
			     .pairs = h->pairs,
			     .target = h->target,
			     .witness = h->witness,
			     .excerpt = h->excerpt};

	hunt_type(&types, root);
	hunt_sort(&types);
	for (size_t i = 0; i < types.count && i < 4 && types.hits[i].odds > 0; i++) {
		const struct suggestion *s = &types.hits[i].s;

		h->ceiling = types.hits[i].odds;
		hunt_field(h, root, (struct place){s->btf, s->type}, s->successor, path);
		h->ceiling = 0;
	}
	hunt_overlaid(h, root, path, h->count ? types.hits[0].s.successor : NULL);
	if (!h->count && h->witness && !h->excerpt)
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
	struct hunt types = {.arena = h->arena,
			     .pairs = h->pairs,
			     .target = h->target,
			     .witness = h->witness,
			     .excerpt = h->excerpt};

	if (!in.btf) {
		hunt_type(&types, of);
		hunt_sort(&types);
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

/* Asks one witness, which may be none. Returns whether it knows what is asked for. */
static bool ask(struct hunt *h, const char *question)
{
	size_t len;
	const char *path = path_of(question, &len);
	struct place into = find_in_target(h->target, question, len, path), root = {0}, known;
	struct btf_type t;
	bool is_enum;

	if (h->witness)
		root = find_type(h->witness, question, len, path);
	if (h->witness && !place_has(root, path))
		return false;
	known = root.btf ? root : into;
	if (!known.btf)
		return false;
	t = btf_strip(known.btf, known.id);
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

/* Folds the hits of one witness into those of others, the better of two that agree. */
static void fold(struct hunt *all, struct hunt *one)
{
	all->failed |= one->failed;
	for (size_t i = 0; i < one->count && !all->failed; i++) {
		const struct hit *hit = &one->hits[i];
		struct hit *known = hunt_hit(all, hit->s.successor), *items;

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
	hunt_sort(h);
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

/* Asks one witness and folds its answer into all. Returns whether it knows the name. */
static bool ask_and_fold(struct hunt *all, const struct btf *witness, bool excerpt,
			 const char *question)
{
	struct hunt one = {.arena = all->arena,
			   .pairs = all->pairs,
			   .target = all->target,
			   .witness = witness,
			   .excerpt = excerpt};
	bool known = ask(&one, question);

	hunt_judge(&one, question);
	fold(all, &one);
	free(one.hits);
	if (known) {
		all->witness = witness;
		all->excerpt = excerpt;
	}
	return known;
}

/* What a name is called on a further kernel: where it is known, on its way to the target. */
struct step {
	const char *name;
	const struct btf *witness; /* has it */
	double ceiling;            /* odds of the least likely step so far; 0 for none */
	enum change change;        /* of the last one that changed it */
};

/* Takes one step, to a kernel that lacks the name that was asked for. Returns whether the name is
 * another there. */
static bool take_step(struct hunt *all, struct step *at, const struct btf *to)
{
	struct btf *btf[] = {btf_ref(to)};
	struct target between = {.btf = btf, .count = 1};
	struct hunt h = {
	    .arena = all->arena, .pairs = all->pairs, .target = &between, .witness = at->witness};
	bool changed;

	ask(&h, at->name);
	hunt_sort(&h);
	changed = h.count && h.hits[0].odds > 1 && h.hits[0].s.change != CHANGE_SAME;
	if (changed) {
		const struct hit *best = h.hits;

		*at = (struct step){best->s.successor, to,
				    at->ceiling > 0 ? fmin(at->ceiling, best->odds) : best->odds,
				    best->s.change};
	} else if (h.count && h.hits[0].s.change == CHANGE_SAME) {
		at->witness = to;
	}
	all->failed |= h.failed;
	free(h.hits);
	btf_unref(btf[0]);
	return changed;
}

/* Witnesses without the name are steps on its way, in their order: what it is there may be known
 * better in the target. */
static void ask_history(struct hunt *all, const struct suggest_query *q, const struct btf *witness)
{
	struct step at = {.name = q->path, .witness = witness};

	for (size_t i = 0; i < q->from_count && i < MOST_STEPS && !all->failed; i++) {
		struct hunt h = {.arena = all->arena, .pairs = all->pairs, .target = all->target};

		if (has_name(q->from[i], q->path) || !take_step(all, &at, q->from[i]))
			continue;
		h.witness = at.witness;
		h.ceiling = at.ceiling;
		ask(&h, at.name);
		for (size_t k = 0; k < h.count; k++)
			if (h.hits[k].s.change == CHANGE_SAME)
				h.hits[k].s.change = at.change;
		fold(all, &h);
		free(h.hits);
	}
}

/* Where a witness knows the name, the object adds only where else its author looks. */
static void ask_rivals(struct hunt *all, const struct suggest_query *q)
{
	struct hunt one = {.arena = all->arena,
			   .pairs = all->pairs,
			   .target = all->target,
			   .witness = q->excerpt,
			   .excerpt = true};
	size_t kept = 0;

	ask(&one, q->path);
	for (size_t i = 0; i < one.count; i++)
		if (one.hits[i].s.signals[SIGNAL_RIVAL] > 0)
			one.hits[kept++] = one.hits[i];
	one.count = kept;
	fold(all, &one);
	free(one.hits);
}

static void ask_type(struct hunt *all, const struct suggest_query *q, struct suggestions *out)
{
	const struct btf *knows = NULL;

	for (size_t i = 0; i < q->from_count && !all->failed; i++)
		if (ask_and_fold(all, q->from[i], false, q->path) && !knows)
			knows = q->from[i];
	if (knows)
		ask_history(all, q, knows);
	out->known = knows != NULL;
	if (out->known && q->excerpt)
		ask_rivals(all, q);
	if (!out->known && q->excerpt)
		out->known = ask_and_fold(all, q->excerpt, true, q->path);
	if (!out->known)
		out->known = ask_and_fold(all, NULL, false, q->path);
}

/* Asks the first witness that has the function or tracepoint. */
static void ask_routine(struct hunt *h, const struct suggest_query *q, struct suggestions *out)
{
	enum routine_kind kind = q->about == ABOUT_FUNC ? ROUTINE_FUNC : ROUTINE_TRACEPOINT;
	struct routine found;

	for (size_t i = 0; i < h->target->count; i++) {
		if (!routine_find(kind, h->target->btf[i], q->path, &found))
			continue;
		out->known = true;
		same(h, q->path, SCALE_ROUTINE, (struct place){found.btf, found.id});
		return;
	}
	for (size_t i = 0; i < q->from_count; i++) {
		if (!routine_find(kind, q->from[i], q->path, &found))
			continue;
		out->known = true;
		h->witness = q->from[i];
		hunt_routine(h, kind, q->path);
		return;
	}
}

int suggest_find(const struct suggest_query *q, const struct target *t, struct suggestions *out,
		 struct err *e)
{
	struct pairs own = {0};
	struct hunt all = {.arena = &out->arena, .target = t, .pairs = q->pairs ? q->pairs : &own};

	*out = (struct suggestions){0};
	if (q->about == ABOUT_TYPE)
		ask_type(&all, q, out);
	else
		ask_routine(&all, q, out);
	answer(&all, q->least > 0 ? q->least : SUGGEST_LEAST, out);
	free(all.hits);
	pairs_free(&own);
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
