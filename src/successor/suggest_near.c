/*
 * suggest_near: structs one pointer away from where a field was that gained what went there: those
 * that the root points to, and those that point to the root or embed it. Only what they gained
 * counts: that a neighbour always had a member of such a name says nothing.
 */
#include "successor/suggest_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	MOST_NEAR = 600,
	MOST_MEMBERS = 40000,
	DEEPEST_ANONYMOUS = 3,
	DEEPEST_INSIDE = 24,
	MOST_INSIDE = 2000,
	MOST_TYPES = 40000
};

/* Below this a name that came to a struct to which nothing leads is there by chance. */
#define LEAST_SPREAD 0.1f

/* From here on a name is of several words and went and came but once. */
#define CLEAR_SPREAD 0.55f

/* And so is a field of such a type. */
#define LEAST_SPARSE 0.4f

/* What the rarity of a type in its struct says of another struct, where the kernel is full of it.
 */
#define COMMON_RARITY 0.5f

/* A name alone, however rare, is never beyond doubt in such a struct. */
#define FAR_ODDS 1.3

struct near {
	struct hunt *h;
	const struct probe *p;
	struct hashes seen;      /* ids, unsorted and few */
	struct hashes inside;    /* ids of structs that the root embeds */
	size_t members;          /* looked at */
	bool record;             /* the root is what a tracepoint writes down */
	struct vocabulary types; /* names of the target's structs; made when first asked for */
	double flags;            /* that went from the struct being looked at, n / (n + 1) */
	struct stem stem;        /* of the field's name */
};

static bool is_seen(struct near *x, uint32_t id)
{
	for (size_t i = 0; i < x->seen.n; i++)
		if (x->seen.at[i] == id)
			return true;
	if (x->seen.n == MOST_NEAR)
		return true;
	x->seen.at[x->seen.n++] = id;
	return false;
}

static struct hashes paths_before(struct near *x, const char *name, struct arena *a, bool *is_new)
{
	struct place was = find_type(x->h->witness, name, strlen(name), "");
	struct hashes set = {0};
	struct members s;

	*is_new = !was.btf;
	x->flags = 0;
	if (!was.btf)
		return set;
	if (members_list(was.btf, was.id, 1, a, &s) < 0 ||
	    !(set.at = arena_alloc(a, s.n + 1, sizeof(*set.at)))) {
		x->h->failed = true;
		return set;
	}
	for (size_t i = 0; i < s.n; i++)
		set.at[set.n++] = s.at[i].path;
	hashes_sort(&set);
	x->flags = flags_lost(x->h, &s, name);
	return set;
}

static int list_types(struct near *x)
{
	const struct btf *b = x->h->target->btf[0];
	struct words w;

	if (vocabulary_init(&x->types, x->h->arena, MOST_TYPES) < 0)
		return -1;
	for (uint32_t id = 1; id < b->end_id && x->types.names < MOST_TYPES; id++) {
		struct btf_type t = btf_type(b, id);

		if (!btf_is_composite(&t) || !*t.name)
			continue;
		words_split(t.name, &w);
		vocabulary_add(&x->types, &w);
	}
	return 0;
}

/* 0 to 1: how alike the name of a struct is to that of the one in which the field was. */
static double owners_alike(struct near *x, const char *name)
{
	struct words was, now;

	if (!x->types.words.entries && list_types(x) < 0) {
		x->h->failed = true;
		return 0;
	}
	words_split(btf_type(x->p->root.btf, x->p->root.id).name, &was);
	words_split(name, &now);
	words_weigh(&was, &x->types, false);
	words_weigh(&now, &x->types, false);
	return words_alike(&was, &now);
}

/* The path by a pointer may say all that the name that is sought says: cur_msg->prepared for
 * cur_msg_prepared. */
static void by_path(const struct probe *p, const char *link, const char *path, const char *name,
		    float sig[SIGNAL_COUNT])
{
	char told[MEMBER_PATH_MAX * 2];
	struct words all, own, around;
	const char *pointer = strrchr(link, '.');
	int len = pointer ? (int)strcspn(pointer + 1, "-") : 0;

	snprintf(told, sizeof(told), "%.*s", len, len ? pointer + 1 : "");
	words_split(told, &around);
	words_split(name, &own);
	snprintf(told, sizeof(told), "%.*s.%s", len, len ? pointer + 1 : "", path);
	words_split(told, &all);
	if (!len || !words_within(&own, &p->words) || !words_heard(&p->words, &all))
		return;
	words_weigh(&all, &p->lineup->words, false);
	sig[SIGNAL_NAME] = fmaxf(sig[SIGNAL_NAME], (float)words_alike(&p->words, &all));
	sig[SIGNAL_BOTH] = sig[SIGNAL_NAME] * sig[SIGNAL_RARE];
	sig[SIGNAL_WITHIN] = 1;
}

enum way { WAY_AHEAD, WAY_BACK, WAY_HEIR, WAY_NONE };

/* As look(); what it lists is in the arena. */
static void look_into(struct near *x, const struct btf *b, uint32_t id, const char *link,
		      enum way way, bool through_new, struct arena *a)
{
	const char *name = btf_type(b, id).name;
	struct vocabulary own;
	struct hashes before;
	struct members s;
	bool is_new;

	before = paths_before(x, name, a, &is_new);
	if (members_list(b, id, way == WAY_AHEAD ? 1 : 0, a, &s) < 0 ||
	    own_words(&s, a, &own) < 0) {
		x->h->failed = true;
		return;
	}
	x->members += s.n;
	for (size_t i = 0; i < s.n; i++) {
		char path[MEMBER_PATH_MAX], full[MEMBER_PATH_MAX + 128], via[MEMBER_PATH_MAX * 2];
		float sig[SIGNAL_COUNT];
		double along, more;

		if (hashes_have(&before, s.at[i].path) || hashes_have(&x->inside, s.at[i].owner))
			continue;
		probe_signals(x->p, &s, i, &own, true, sig);
		member_path(&s, i, path);
		if (way == WAY_AHEAD && sig[SIGNAL_NAME] > 0.2f && sig[SIGNAL_TYPE] > 0.94f)
			by_path(x->p, link, path, s.at[i].name, sig);
		if (sig[SIGNAL_NAME] + sig[SIGNAL_RARE] + sig[SIGNAL_FLAG] + sig[SIGNAL_BIT] <
		    0.35f)
			continue;
		sig[SIGNAL_AWAY] = 1;
		sig[SIGNAL_BACK] = way == WAY_BACK;
		sig[SIGNAL_FAR] = way == WAY_NONE;
		along = moved_along(x->p, &s, i, true, &before);
		sig[SIGNAL_ALONG] = (float)along;
		if (way == WAY_NONE && !(sig[SIGNAL_SPREAD] > 0) && sig[SIGNAL_TYPE] > 0.94f &&
		    x->stem.spread > 0 && stem_is_in(x->h, &x->stem, s.at[i].name))
			sig[SIGNAL_SPREAD] = (float)x->stem.spread * sig[SIGNAL_NAME];
		if (way == WAY_NONE && sig[SIGNAL_SPARSE] < LEAST_SPARSE &&
		    sig[SIGNAL_SPREAD] < LEAST_SPREAD &&
		    (sig[SIGNAL_NAME] <= 0.99f || along <= 0.7))
			continue;
		if (is_everywhere(x->p, s.at[i].name, sig))
			sig[SIGNAL_VAGUE] = 1;
		/* Rare in its struct is not rare in another. */
		if (shape_is_common(&x->p->member.shape) && !(along > 0) &&
		    sig[SIGNAL_SPREAD] < CLEAR_SPREAD) {
			sig[SIGNAL_RARE] *= COMMON_RARITY;
			sig[SIGNAL_BOTH] *= COMMON_RARITY;
		}
		if (way == WAY_NONE)
			sig[SIGNAL_LINK] = (float)owners_alike(x, name);
		/* What a new part counts of its own is not what went from here. */
		sig[SIGNAL_BOX] = along < 0.6 &&
				  (way == WAY_BACK ? is_new : !is_new && is_in_new(&s, i, &before));
		if (sig[SIGNAL_BOX] > 0)
			sig[SIGNAL_SPREAD] = 0;
		sig[SIGNAL_FLAG] *= (float)x->flags;
		snprintf(full, sizeof(full), "%.100s.%s", name, path);
		*via = '\0';
		if (way == WAY_BACK)
			snprintf(via, sizeof(via), "%.100s.%s, whose %s leads here", name, path,
				 link);
		else if (way == WAY_AHEAD)
			snprintf(via, sizeof(via), "%s%s", link, path);
		more = is_new || through_new ? 0.5 : 0;
		if (way == WAY_NONE && !(along > 0))
			more = fmin(more, FAR_ODDS - weights_odds(SCALE_FIELD, sig));
		hunt_add(x->h, SCALE_FIELD, full, *via ? via : NULL, CHANGE_MOVED,
			 (struct place){b, s.at[i].type}, sig, more);
	}
}

/* Looks at struct id for what it gained; link is how to get there ("task_struct.signal->"), or, for
 * one that points here, the member that does. */
static void look(struct near *x, const struct btf *b, uint32_t id, const char *link, enum way way,
		 bool through_new)
{
	struct btf_type t = btf_type(b, id);
	struct arena lists = {0};

	/* A pointer to the kind of struct that is embedded here leads to that of another object. */
	if (hashes_have(&x->inside, id) || is_record(&t) != x->record)
		return;
	if (is_seen(x, id) || x->members > MOST_MEMBERS || x->h->failed)
		return;
	look_into(x, b, id, link, way, through_new, &lists);
	arena_free(&lists);
}

/* Adds a struct and all that it embeds, each once, so that shared parts cost nothing. Elements of
 * arrays are left out: a pointer may well lead to one of them. */
static void add_inside(struct near *x, const struct btf *b, uint32_t id, unsigned depth)
{
	struct btf_type t = btf_strip(b, id);

	if (!btf_is_composite(&t) || depth > DEEPEST_INSIDE || x->inside.n == MOST_INSIDE)
		return;
	for (size_t i = 0; i < x->inside.n; i++)
		if (x->inside.at[i] == t.id)
			return;
	x->inside.at[x->inside.n++] = t.id;
	for (uint32_t i = 0; i < t.vlen; i++)
		add_inside(x, b, btf_member(&t, i).type, depth + 1);
}

static int list_inside(struct near *x)
{
	x->inside.at = arena_alloc(x->h->arena, MOST_INSIDE, sizeof(*x->inside.at));
	if (!x->inside.at)
		return -1;
	add_inside(x, x->p->into.btf, x->p->into.id, 0);
	hashes_sort(&x->inside);
	return 0;
}

/* The named struct that a member points to or is; 0 for none. */
static uint32_t struct_behind(const struct btf *b, uint32_t id, bool by_value)
{
	struct btf_type t = btf_strip(b, id);

	if (t.kind == BTF_PTR)
		t = btf_strip(b, t.type);
	else if (!by_value)
		return 0;
	return btf_is_composite(&t) && *t.name ? t.id : 0;
}

static void look_ahead(struct near *x)
{
	const struct probe *p = x->p;
	struct hashes before;
	struct members s;
	bool is_new;

	if (members_list(p->into.btf, p->into.id, 1, x->h->arena, &s) < 0) {
		x->h->failed = true;
		return;
	}
	before = paths_before(x, p->into_name, x->h->arena, &is_new);
	for (size_t i = 0; i < s.n; i++) {
		uint32_t id = struct_behind(s.btf, s.at[i].type, false);
		char path[MEMBER_PATH_MAX], link[MEMBER_PATH_MAX + 128];

		if (!id)
			continue;
		member_path(&s, i, path);
		snprintf(link, sizeof(link), "%.100s.%s->", p->into_name, path);
		look(x, s.btf, id, link, WAY_AHEAD, !hashes_have(&before, s.at[i].path));
	}
}

/* The first member of t, or of an anonymous one in it, that leads to the struct: its name, NULL for
 * none. */
static const char *leads_to(const struct roll *r, const struct btf_type *t, uint32_t goal,
			    int depth)
{
	for (uint32_t i = 0; i < t->vlen; i++) {
		struct btf_member m = btf_member(t, i);
		const char *found = NULL;

		if (r->behind[m.type] == goal)
			return *m.name ? m.name : "member";
		if (!*m.name && depth < DEEPEST_ANONYMOUS) {
			struct btf_type in = btf_strip(t->btf, m.type);

			if (btf_is_composite(&in))
				found = leads_to(r, &in, goal, depth + 1);
		}
		if (found)
			return found;
	}
	return NULL;
}

static void look_back(struct near *x)
{
	const struct btf *b = x->p->into.btf;
	uint32_t root = btf_strip(b, x->p->into.id).id;
	const struct roll *r = hunt_roll(x->h, b);

	for (size_t i = 0; r && i < r->composites.n; i++) {
		const struct btf_type *t = &r->composites.at[i];
		const char *link;

		if (!*t->name || t->id == root)
			continue;
		link = leads_to(r, t, root, 0);
		if (link)
			look(x, b, t->id, link, WAY_BACK, false);
	}
}

/* Whether a struct of the target has a member with the stem of the field's name. */
static bool has_stem(struct near *x, const struct btf_type *t, int depth)
{
	for (uint32_t i = 0; i < t->vlen; i++) {
		struct btf_member m = btf_member(t, i);
		struct btf_type in;

		if (*m.name && stem_is_in(x->h, &x->stem, m.name))
			return true;
		if (*m.name || depth == DEEPEST_ANONYMOUS)
			continue;
		in = btf_strip(t->btf, m.type);
		if (btf_is_composite(&in) && has_stem(x, &in, depth + 1))
			return true;
	}
	return false;
}

/* Structs that gained a member with the stem of the name, which stands in few. */
static void look_for_stem(struct near *x)
{
	const struct btf *b = x->h->target->btf[0];
	struct type_list all = hunt_composites(x->h, b);

	if (stem_of(x->h, x->p->name, &x->stem) < 0) {
		x->h->failed = true;
		return;
	}
	if (x->stem.spread < LEAST_SPREAD)
		return;
	for (size_t i = 0; i < all.n; i++) {
		const struct btf_type *t = &all.at[i];

		if (t->kind == BTF_STRUCT && *t->name && has_stem(x, t, 0))
			look(x, b, t->id, "", WAY_NONE, false);
	}
}

/* Structs that gained a member of that very name, and of others that went: what lay over this one,
 * or was cut from it. */
static void look_far(struct near *x)
{
	const struct btf *b = x->h->target->btf[0];
	struct type_list all = hunt_composites(x->h, b);

	for (size_t i = 0; i < all.n; i++) {
		struct btf_type t = all.at[i];
		const char *rest;
		struct place was;
		struct member last;
		uint32_t at;

		if (t.kind != BTF_STRUCT || !*t.name || x->seen.n == MOST_NEAR ||
		    !members_declared(&t, x->p->name))
			continue;
		was = find_type(x->h->witness, t.name, strlen(t.name), x->p->name);
		if (!was.btf || !members_follow(was.btf, was.id, x->p->name, &rest, &at, &last))
			look(x, b, t.id, "", WAY_NONE, false);
	}
	look_for_stem(x);
	for (unsigned i = 0; i < x->p->of_type.count && x->p->of_type.spread > 0; i++)
		look(x, b, x->p->of_type.at[i], "", WAY_NONE, false);
}

/* The target's version of a struct of the witness. */
static void look_at_heir(struct near *x, const char *name)
{
	struct place now = find_in_target(x->h->target, name, strlen(name), "");

	if (now.btf)
		look(x, now.btf, btf_strip(now.btf, now.id).id, "", WAY_HEIR, false);
}

/* Structs that pointed to, or embedded, the one that is gone. */
static void look_at_owners(struct near *x)
{
	const struct btf *b = x->h->witness;
	uint32_t gone = btf_strip(x->p->root.btf, x->p->root.id).id;
	const struct roll *r = hunt_roll(x->h, b);

	for (size_t i = 0; r && i < r->composites.n; i++) {
		const struct btf_type *t = &r->composites.at[i];

		if (*t->name && leads_to(r, t, gone, 0))
			look_at_heir(x, t->name);
	}
}

/* What it pointed to or embedded itself. */
static void look_at_parts(struct near *x)
{
	struct members s;

	if (members_list(x->p->root.btf, x->p->root.id, 0, x->h->arena, &s) < 0) {
		x->h->failed = true;
		return;
	}
	for (size_t i = 0; i < s.n; i++) {
		uint32_t id = struct_behind(s.btf, s.at[i].type, true);

		if (id)
			look_at_heir(x, btf_type(s.btf, id).name);
	}
}

void hunt_heirs(struct hunt *h, const struct probe *p)
{
	struct near x = {.h = h, .p = p};
	struct btf_type gone = btf_strip(p->root.btf, p->root.id);

	x.record = is_record(&gone);
	x.seen.at = arena_alloc(h->arena, MOST_NEAR, sizeof(*x.seen.at));
	if (!x.seen.at) {
		h->failed = true;
		return;
	}
	look_at_owners(&x);
	look_at_parts(&x);
	look_far(&x);
}

void hunt_neighbours(struct hunt *h, const struct probe *p)
{
	struct near x = {.h = h, .p = p};
	struct btf_type root = btf_strip(p->into.btf, p->into.id);

	/* What an event writes down stands in its own record. */
	if (is_record(&root))
		return;
	x.seen.at = arena_alloc(h->arena, MOST_NEAR, sizeof(*x.seen.at));
	if (!x.seen.at || list_inside(&x) < 0) {
		h->failed = true;
		return;
	}
	is_seen(&x, root.id);
	look_ahead(&x);
	look_back(&x);
	look_far(&x);
}

/* One member that the object seeks in a struct of another name. */
static void look_rival(struct hunt *h, const struct probe *p, const struct members *s, size_t i,
		       const char *name, struct place now)
{
	char full[MEMBER_PATH_MAX];
	float sig[SIGNAL_COUNT];
	const char *rest;
	struct member last;
	uint32_t at;

	if (members_follow(now.btf, now.id, s->at[i].name, &rest, &at, &last) != 1 || *rest)
		return;
	probe_signals(p, s, i, NULL, true, sig);
	if (sig[SIGNAL_TYPE] < 0.94f || sig[SIGNAL_NAME] < 0.3f)
		return;
	sig[SIGNAL_AWAY] = 1;
	sig[SIGNAL_RIVAL] = 1.0f / (float)s->n;
	snprintf(full, sizeof(full), "%.100s.%.200s", name, s->at[i].name);
	hunt_add(h, SCALE_FIELD, full, NULL, CHANGE_MOVED, (struct place){now.btf, at}, sig, 0);
}

void hunt_rivals(struct hunt *h, const struct probe *p)
{
	const struct btf *b = p->root.btf;

	for (uint32_t id = b->first_id; id < b->end_id && !h->failed; id++) {
		struct btf_type t = btf_type(b, id), to;
		struct arena list = {0};
		struct place now;
		struct members s;

		if (!btf_is_composite(&t) || !t.vlen || t.vlen > RIVAL_MEMBERS || !*t.name ||
		    btf_essential_len(t.name, strlen(t.name)) == strlen(t.name) ||
		    btf_same_essential(t.name, btf_type(b, p->root.id).name))
			continue;
		now = find_in_target(h->target, t.name, strlen(t.name), "");
		if (!now.btf)
			continue;
		/* An event's record is not in another's. */
		to = btf_strip(now.btf, now.id);
		if (is_record(&to))
			continue;
		h->failed |= members_list(b, id, 0, &list, &s) < 0;
		for (size_t i = 0; !h->failed && i < s.n; i++)
			look_rival(h, p, &s, i, btf_type(now.btf, now.id).name, now);
		arena_free(&list);
	}
}
