/*
 * suggest_field: what became of a member of a struct that the target still has (or of one that took
 * the struct's place): another member of it. See suggest_nested.c for structs nested in the same
 * root, suggest_near.c for those behind pointers.
 */
#include "successor/echoes.h"
#include "successor/suggest_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A name that stayed may have come to mean something else with its type: it is never beyond doubt.
 */
#define RETYPED_ODDS 2.0

/* What the same prototype says at the most, as SIGNAL_SPARSE. */
#define PROTOTYPE 0.4

/* The items of one side: the members that the struct has itself. */
static struct item *items_of(struct members *s, struct arena *a, size_t *n)
{
	struct item *items = arena_alloc(a, s->n + 1, sizeof(*items));

	*n = 0;
	for (size_t i = 0; items && i < s->n; i++) {
		member_shape(s->btf, &s->at[i]);
		items[(*n)++] = (struct item){.name = s->at[i].name, .shape = s->at[i].shape};
	}
	return items;
}

/* Both versions of the struct in which the path breaks off. */
struct versions {
	struct members old, new;
	struct lineup lineup;
	long sought; /* index in old, -1 without a witness */
};

/* apart: whether a member of that name in new is another thing. */
static int versions_make(struct versions *v, struct hunt *h, struct place old, struct place new,
			 const char *name, bool apart)
{
	*v = (struct versions){.sought = -1, .lineup.apart = apart ? name : NULL};
	if (new.btf && members_list(new.btf, new.id, 0, h->arena, &v->new) < 0)
		return -1;
	if (old.btf && members_list(old.btf, old.id, 0, h->arena, &v->old) < 0)
		return -1;
	v->lineup.old = items_of(&v->old, h->arena, &v->lineup.nold);
	v->lineup.new = items_of(&v->new, h->arena, &v->lineup.nnew);
	v->lineup.unordered = !old.btf || (h->excerpt && v->old.n * 2 < v->new.n);
	if (!v->lineup.old || !v->lineup.new || lineup_make(&v->lineup, h->arena) < 0)
		return -1;
	if (old.btf)
		v->sought = members_find(&v->old, name, strlen(name));
	return 0;
}

/* How many flags went from the struct, of n: n / (n + 1). */
static double flags_gone(const struct versions *v)
{
	double n = 0;

	for (size_t i = 0; i < v->lineup.nold; i++)
		if (v->lineup.old[i].twin < 0)
			n += member_flag(v->old.btf, &v->old.at[i]);
	return n / (n + 1);
}

void hunt_add_field(struct hunt *h, const struct probe *p, const char *path, enum change change,
		    struct place type, const float signals[SIGNAL_COUNT], double more)
{
	char full[MEMBER_PATH_MAX * 2];

	snprintf(full, sizeof(full), "%s.%s", p->into_name, path);
	hunt_add(h, SCALE_FIELD, full, NULL, change, type, signals, more);
}

/* 0 to 1: whether another flavor of the root in the object has that member. The shorter its list,
 * the more on purpose is it there. */
static double has_rival(const struct hunt *h, const struct probe *p, const char *name)
{
	struct btf_type root;
	size_t len;

	if (!h->excerpt || !p->root.btf)
		return 0;
	root = btf_type(p->root.btf, p->root.id);
	len = btf_essential_len(root.name, strlen(root.name));
	for (uint32_t id = btf_first_named(p->root.btf, -1, root.name, len); id;
	     id = btf_next_named(p->root.btf, id, root.name, len)) {
		struct btf_type t = btf_type(p->root.btf, id);
		const char *rest;
		struct member last;
		uint32_t at;

		if (id != p->root.id && btf_is_composite(&t) && t.vlen <= RIVAL_MEMBERS &&
		    members_follow(p->root.btf, id, name, &rest, &at, &last) == 1 && !*rest)
			return 1.0 / t.vlen;
	}
	return 0;
}

/* How far member n is that of another that went. Two that went may have become one, unless each has
 * its own; but the one with the like name has the better claim, wherever both stood. */
static float taken(const struct lineup *l, size_t sought, size_t n)
{
	bool own = l->new[n].partner == (int32_t)sought;
	double alike = lineup_alike(l, sought, n), best = alike;

	if (l->new[n].partner < 0 || (!own && l->old[sought].partner >= 0))
		return l->new[n].partner >= 0;
	for (size_t m = 0; m < l->nold; m++) {
		const struct item *x = &l->old[m];

		if (x->twin < 0 && (x->partner < 0 || x->partner == (int32_t)n) &&
		    words_alike(&x->words, &l->new[n].words) > 0.5)
			best = fmax(best, lineup_alike(l, m, n));
	}
	return (float)((own ? 0 : 0.3) + fmin(2, 20 * (best - alike)));
}

/* What the order of both lists, and what else went, say of a member that came. */
static void by_order(const struct lineup *l, size_t sought, size_t n, float s[SIGNAL_COUNT])
{
	bool own = l->new[n].partner == (int32_t)sought;

	if (!(s[SIGNAL_FLAG] + s[SIGNAL_BIT] > 0))
		s[SIGNAL_TAKEN] = taken(l, sought, n);
	s[SIGNAL_PLACE] = (float)lineup_place(l, sought, n);
	s[SIGNAL_FITS] = s[SIGNAL_PLACE] * s[SIGNAL_TYPE];
	s[SIGNAL_ALONG] = (float)lineup_likewise(l, sought, n);
	if (own)
		s[SIGNAL_PAIRED] = 1 - fminf(1, s[SIGNAL_TAKEN] / 2);
	s[SIGNAL_SOLE] = s[SIGNAL_PAIRED] * (float)l->sole;
	/* A function's prototype says more than another type that is as rare. */
	if (own && s[SIGNAL_TYPE] > 0.94f && l->new[n].shape.inner_kind == BTF_FUNC_PROTO)
		s[SIGNAL_SPARSE] =
		    (float)(PROTOTYPE * l->old[sought].rarity * l->old[sought].rarity);
	/* The only one that came need not be of its type. */
	if (s[SIGNAL_TYPE] > 0)
		s[SIGNAL_CLASH] *= 1 - s[SIGNAL_SOLE];
	/* Without a place in common it takes a name to make a pair of two among many. */
	if (!(s[SIGNAL_PLACE] > 0) && s[SIGNAL_NAME] < 0.7f)
		s[SIGNAL_PAIRED] *= fmaxf(s[SIGNAL_NAME], s[SIGNAL_SOLE]);
}

/* Members of the struct in which the path breaks off; tail is what the path goes on with. */
static void hunt_members(struct hunt *h, const struct probe *p, const struct versions *v,
			 const char *tail)
{
	const struct lineup *l = &v->lineup;

	for (size_t n = 0; n < l->nnew; n++) {
		float s[SIGNAL_COUNT];
		char path[MEMBER_PATH_MAX];
		const char *rest;
		struct member last;
		uint32_t at = v->new.at[n].type;

		if (*tail &&
		    (members_follow(v->new.btf, at, tail, &rest, &at, &last) == 0 || *rest))
			continue;
		probe_signals(p, &v->new, n, NULL, l->new[n].twin < 0 || l->unordered, s);
		if (l->unordered)
			s[SIGNAL_OLD] = s[SIGNAL_KIN] = 0;
		if (v->sought >= 0 && l->new[n].twin < 0)
			by_order(l, (size_t)v->sought, n, s);
		s[SIGNAL_RIVAL] = (float)has_rival(h, p, l->new[n].name);
		snprintf(path, sizeof(path), "%s%s%s%s%s", p->prefix, *p->prefix ? "." : "",
			 l->new[n].name, *tail ? "." : "", tail);
		hunt_add_field(h, p, path, CHANGE_RENAMED, (struct place){v->new.btf, at}, s, 0);
	}
}

/* The path is there, but of another type: has a sibling more of what it was? */
static void hunt_siblings(struct hunt *h, const struct probe *leaf, const char *path,
			  const struct member *last)
{
	struct place was = {leaf->root.btf, leaf->member.owner},
		     now = {leaf->into.btf, last->owner};
	char prefix[MEMBER_PATH_MAX] = "";
	struct versions v;
	struct probe p = *leaf;

	if (p.name > path)
		snprintf(prefix, sizeof(prefix), "%.*s", (int)(p.name - path) - 1, path);
	p.prefix = prefix;
	if (versions_make(&v, h, was, now, p.name, true) < 0) {
		h->failed = true;
		return;
	}
	p.lineup = p.kin = &v.lineup;
	words_split(p.name, &p.words);
	words_weigh(&p.words, &v.lineup.words, false);
	p.flags = flags_gone(&v);
	if (v.sought >= 0)
		p.rarity = v.lineup.old[v.sought].rarity;
	hunt_members(h, &p, &v, "");
}

/* The path is there: the same, or of another type. */
static void is_there(struct hunt *h, const struct probe *p, const char *path, struct place now,
		     const struct member *last)
{
	struct shape shape = shape_of(now.btf, last->type, last->bit_size);
	float s[SIGNAL_COUNT] = {0};
	char full[MEMBER_PATH_MAX * 2];
	struct hit *hit;
	bool retyped = p->member.name && shape.exact != p->member.shape.exact;

	if (p->member.name)
		s[SIGNAL_TYPE] = (float)shape_alike(&p->member.shape, &shape);
	s[SIGNAL_NAME] = 1;
	retyped |= p->member.name && p->member.bit_size != last->bit_size;
	if (!retyped) {
		hunt_add_field(h, p, path, CHANGE_SAME, now, s, 12);
		return;
	}
	hunt_add_field(h, p, path, CHANGE_RETYPED, now, s, 0);
	hunt_siblings(h, p, path, last);
	snprintf(full, sizeof(full), "%s.%s", p->into_name, path);
	hit = hunt_hit(h, full);
	if (hit)
		hit->odds = fmin(hit->odds, RETYPED_ODDS + 3 * (double)s[SIGNAL_TYPE]);
}

/* The path breaks off at something that is no struct any more: it is the field itself, or a
 * pointer to the struct that has it. */
static void hunt_collapsed(struct hunt *h, const struct probe *p, struct place now,
			   const char *rest)
{
	struct btf_type t = btf_strip(now.btf, now.id);
	float s[SIGNAL_COUNT] = {[SIGNAL_NAME] = 1, [SIGNAL_TYPE] = 0.7f};
	char full[MEMBER_PATH_MAX * 2], via[MEMBER_PATH_MAX * 2];
	struct member last;
	uint32_t at;

	if (!*p->prefix)
		return;
	if (t.kind != BTF_PTR) {
		if (t.kind == BTF_INT || t.kind == BTF_ENUM || t.kind == BTF_ENUM64)
			hunt_add_field(h, p, p->prefix, CHANGE_RETYPED, now, s, 1);
		return;
	}
	t = btf_strip(now.btf, t.type);
	if (!btf_is_composite(&t) || !*t.name)
		return;
	snprintf(full, sizeof(full), "%s.%s", t.name, rest);
	snprintf(via, sizeof(via), "%s.%s->%s", p->into_name, p->prefix, rest);
	if (members_follow(now.btf, t.id, rest, &rest, &at, &last) && !*rest)
		hunt_add(h, SCALE_FIELD, full, via, CHANGE_MOVED, (struct place){now.btf, at}, s,
			 1);
}

/* Fills in what the witness knows of the field at path, its struct's type in *container after
 * `steps` names. -1 when it has none. */
static void know(struct probe *p, const char *path, unsigned steps, char *prefix, size_t size,
		 struct place *container)
{
	const char *rest = path, *name = strrchr(path, '.');
	struct member last;
	uint32_t at;
	size_t len = 0;

	for (unsigned i = 0; i < steps; i++)
		len += strcspn(path + len, ".") + 1;
	snprintf(prefix, size, "%.*s", len ? (int)len - 1 : 0, path);
	p->name = name ? name + 1 : path;
	*container = (struct place){0};
	if (!p->root.btf)
		return;
	members_follow(p->root.btf, p->root.id, path, &rest, &at, &p->member);
	p->member.name = p->name;
	member_shape(p->root.btf, &p->member);
	p->home = member_home(p->root.btf, &p->member);
	p->flag = member_flag(p->root.btf, &p->member);
	members_follow(p->root.btf, p->root.id, prefix, &rest, &at, &last);
	*container = (struct place){p->root.btf, at};
}

/* The step at which the path breaks off is not its last: what became of the struct there? */
static void hunt_step(struct hunt *h, const struct probe *leaf, const struct versions *v,
		      const char *step, const char *tail)
{
	struct probe p = *leaf;

	p.name = step;
	p.home = NULL;
	p.flag = 0;
	words_split(step, &p.words);
	words_weigh(&p.words, &v->lineup.words, false);
	if (v->sought >= 0) {
		p.member = v->old.at[v->sought];
		p.rarity = v->lineup.old[v->sought].rarity;
	}
	hunt_members(h, &p, v, tail);
}

/* The struct on the way to the field went as a whole: all in it may have moved along. */
static int siblings_of(struct hunt *h, struct probe *p, struct versions *v)
{
	/* Anonymous members are their struct's. */
	bool inside = strchr(p->rest, '.') != NULL;
	struct place owner = {p->root.btf, inside ? p->member.owner : p->root.id};

	p->deeper = true;
	if (!p->root.btf)
		return 0;
	if (versions_make(v, h, owner, (struct place){0}, p->name, false) < 0)
		return -1;
	p->kin = &v->lineup;
	if (v->sought >= 0)
		p->rarity = v->lineup.old[v->sought].rarity;
	return 0;
}

/* What the whole kernel says of the field: where else its name went, which bits are called so. */
static void look_around(struct hunt *h, struct probe *p)
{
	struct place type;
	struct btf_type of;

	if (!p->root.btf || h->excerpt)
		return;
	p->spread = name_spread(h, p->name);
	p->swaps = echoes_of(h->witness, h->target->btf[0], &p->words,
			     btf_type(p->root.btf, p->root.id).name, h->arena);
	h->failed |= !p->swaps;
	type = (struct place){p->root.btf, named_in(p->root.btf, p->member.type)};
	of = btf_type(type.btf, type.id);
	if (*of.name && (btf_is_composite(&of) || btf_is_enum(&of)) &&
	    !find_in_target(h->target, of.name, strlen(of.name), "").btf)
		p->heir = hunt_heir(h, type, &p->heir_score);
	else if (*of.name && (btf_is_composite(&of) || btf_is_enum(&of)) &&
		 type_spread(h, type, &p->of_type) < 0)
		h->failed = true;
	/* A number of 64 bits counts something. */
	if (p->member.shape.kind == BTF_INT && p->member.shape.bits <= 32 &&
	    bits_list(h, &p->words, &p->bits) < 0)
		h->failed = true;
}

/* Says of each word of flags which bit of it the field is. */
static void name_bits(struct hunt *h, const struct probe *p)
{
	for (size_t i = 0; i < h->count; i++) {
		struct suggestion *s = &h->hits[i].s;
		const struct bit *bit = NULL;

		if (s->signals[SIGNAL_BIT] > 0)
			bit = bits_of(&p->bits, &p->words, s->successor, "", flag_of(p));
		if (!bit)
			continue;
		s->flag = bit->name;
		s->mask = bit_mask(&p->bits, bit);
	}
}

void hunt_orphan(struct hunt *h, struct place root, const char *path)
{
	struct probe p = {.root = root, .rarity = 1, .prefix = "", .rest = path};
	char prefix[MEMBER_PATH_MAX];
	struct place container;
	struct versions v;

	know(&p, path, 0, prefix, sizeof(prefix), &container);
	if (siblings_of(h, &p, &v) < 0) {
		h->failed = true;
		return;
	}
	p.lineup = p.kin;
	words_split(p.name, &p.words);
	words_weigh(&p.words, &p.lineup->words, false);
	look_around(h, &p);
	hunt_heirs(h, &p);
}

void hunt_field(struct hunt *h, struct place root, struct place into, const char *into_name,
		const char *path)
{
	struct probe p = {.root = root, .into = into, .into_name = into_name, .rarity = 1};
	char prefix[MEMBER_PATH_MAX], step[MEMBER_PATH_MAX];
	struct place container, now = {into.btf, 0};
	struct versions v, siblings;
	struct btf_type t;
	struct member last;
	const char *rest, *tail;
	unsigned steps = members_follow(into.btf, into.id, path, &rest, &now.id, &last);

	know(&p, path, steps, prefix, sizeof(prefix), &container);
	p.prefix = prefix;
	if (!*rest) {
		is_there(h, &p, path, now, &last);
		return;
	}
	t = btf_strip(now.btf, now.id);
	if (!btf_is_composite(&t))
		hunt_collapsed(h, &p, now, rest);
	snprintf(step, sizeof(step), "%.*s", (int)strcspn(rest, "."), rest);
	tail = rest + strcspn(rest, ".");
	tail += *tail == '.';
	if (versions_make(&v, h, container, now, step, false) < 0) {
		h->failed = true;
		return;
	}
	p.lineup = p.kin = &v.lineup;
	p.rest = rest;
	words_split(p.name, &p.words);
	words_weigh(&p.words, &v.lineup.words, false);
	if (p.member.name)
		words_discount(&p.words, p.member.shape.name);
	p.flags = flags_gone(&v);
	look_around(h, &p);
	if (*tail) {
		hunt_step(h, &p, &v, step, tail);
		if (siblings_of(h, &p, &siblings) < 0) {
			h->failed = true;
			return;
		}
	} else {
		if (v.sought >= 0)
			p.rarity = v.lineup.old[v.sought].rarity;
		hunt_members(h, &p, &v, "");
	}
	hunt_nested(h, &p);
	if (p.root.btf && h->excerpt)
		hunt_rivals(h, &p);
	else if (p.root.btf)
		hunt_neighbours(h, &p);
	name_bits(h, &p);
}
