/*
 * suggest_type: what became of a struct, union, enum or typedef that the target lacks: a type whose
 * name is new there, by its words, by the members that both have, and by what those who used the
 * old one use now.
 */
#include "successor/suggest_impl.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_MEMBERS = 400 };

/* What the only type that came where one went has of a vote: it need not be for that one. */
#define NEWCOMER 0.7

/* Of larger types it takes a member of the very name. */
enum { MOST_NEAR = 12, LEAST_MERGED = 3 };

/* How alike names have to be for members that are only like to count. */
#define NEAR_NAME 0.4f
#define NEAR_INSIDE 0.39

/* What counts against few users: what they agree on may be chance. */
#define FEW_USERS 0.7

/* A name inside the type that is sought, and how many types of the target have it. */
struct inside {
	uint64_t name;
	uint64_t plain; /* of a member's type */
	uint32_t count;
	double weight;
	uint32_t seen; /* the last candidate that has it */
};

struct sought {
	struct hunt *h;
	struct btf_type type; /* modifiers and typedefs resolved */
	const char *name;
	struct words words;
	struct inside *in; /* sorted by name */
	size_t n;
	double weight; /* of all of in */
	struct vocabulary names;
	struct vote {
		struct place type;
		double count;
	} votes[16];
	size_t vote_count;
	uint32_t users;
};

static int by_inside(const void *a, const void *b)
{
	const struct inside *x = a, *y = b;

	return (x->name > y->name) - (x->name < y->name);
}

static struct inside *inside_of(const struct sought *s, const char *name)
{
	struct inside key = {.name = hash_text(name)};

	return s->n ? bsearch(&key, s->in, s->n, sizeof(*s->in), by_inside) : NULL;
}

static int list_inside(struct sought *s)
{
	const struct btf *b = s->type.btf;

	s->in = arena_alloc(s->h->arena, MOST_MEMBERS, sizeof(*s->in));
	if (!s->in)
		return -1;
	if (btf_is_enum(&s->type)) {
		for (uint32_t i = 0; i < s->type.vlen && s->n < MOST_MEMBERS; i++)
			s->in[s->n++] =
			    (struct inside){.name = hash_text(btf_enumerator(&s->type, i).name)};
	} else {
		struct members members;

		if (members_list(b, s->type.id, 0, s->h->arena, &members) < 0)
			return -1;
		members_shape(&members);
		for (size_t i = 0; i < members.n && s->n < MOST_MEMBERS; i++)
			s->in[s->n++] = (struct inside){.name = hash_text(members.at[i].name),
							.plain = members.at[i].shape.plain};
	}
	qsort(s->in, s->n, sizeof(*s->in), by_inside);
	return 0;
}

static bool may_follow(const struct sought *s, const struct btf_type *t)
{
	struct btf_type in = *t;

	if (!*t->name)
		return false;
	if (t->kind == BTF_TYPEDEF)
		in = btf_strip(t->btf, t->id);
	if (btf_is_composite(&s->type))
		return btf_is_composite(&in) && is_record(&in) == is_record(&s->type) &&
		       (t->kind != BTF_TYPEDEF || !*in.name);
	if (btf_is_enum(&s->type))
		return btf_is_enum(&in);
	return t->kind == BTF_TYPEDEF && in.kind == s->type.kind;
}

/* Calls what() for every type of the target that may be a successor. */
static void each_type(struct sought *s, void (*what)(struct sought *, const struct btf_type *))
{
	for (size_t i = 0; i < s->h->target->count; i++) {
		const struct btf *b = s->h->target->btf[i];

		struct btf_type t = {0};

		while (btf_next_of(b, &t, BTF_COMPOSITES | BTF_ENUMS | 1 << BTF_TYPEDEF))
			if (may_follow(s, &t))
				what(s, &t);
	}
}

/* Calls what() with each name inside t, anonymous members' included, two deep. */
static void count_inside(struct sought *s, const struct btf_type *t, uint32_t mark, double *shared,
			 double *all, unsigned depth)
{
	for (uint32_t i = 0; i < t->vlen && i < 4000; i++) {
		struct btf_member m = {0};
		const char *name;
		struct inside *in;

		if (btf_is_enum(t)) {
			name = btf_enumerator(t, i).name;
		} else {
			m = btf_member(t, i);
			name = m.name;
		}
		if (!*name) {
			struct btf_type inner = btf_strip(t->btf, m.type);

			if (depth < 2 && btf_is_composite(&inner))
				count_inside(s, &inner, mark, shared, all, depth + 1);
			continue;
		}
		in = inside_of(s, name);
		if (!in || in->seen == mark) {
			*all += 0.5;
			continue;
		}
		in->seen = mark;
		in->count++;
		*all += in->weight;
		if (!shared)
			continue;
		*shared +=
		    in->weight *
		    (btf_is_enum(t) || in->plain == shape_of(t->btf, m.type, m.bit_size).plain
			 ? 1
			 : 0.6);
	}
}

static uint32_t mark_of(const struct btf_type *t)
{
	return t->id + 1;
}

static void census(struct sought *s, const struct btf_type *t)
{
	struct btf_type in = btf_strip(t->btf, t->id);
	struct words w;
	double all = 0;

	words_split(t->name, &w);
	vocabulary_add(&s->names, &w);
	if (btf_is_composite(&in) || btf_is_enum(&in))
		count_inside(s, &in, mark_of(t), NULL, &all, 0);
}

static double votes_for(const struct sought *s, const struct btf_type *t)
{
	for (size_t i = 0; i < s->vote_count; i++)
		if (s->votes[i].type.btf == t->btf && s->votes[i].type.id == t->id)
			return s->votes[i].count;
	return 0;
}

/* Whether the object lists a few members of a type of that name under a flavor, as it does of the
 * one that is sought. */
static bool is_rival(const struct sought *s, const struct btf_type *t)
{
	const struct btf *b = s->h->witness;
	size_t len = strlen(t->name);

	if (!s->h->excerpt)
		return false;
	for (uint32_t id = btf_first_named(b, -1, t->name, len); id;
	     id = btf_next_named(b, id, t->name, len)) {
		struct btf_type rival = btf_type(b, id);

		if (strlen(rival.name) > len && btf_same_kind(&rival, &s->type) &&
		    rival.vlen <= RIVAL_MEMBERS)
			return true;
	}
	return false;
}

/* What t has inside that is called like the name; 0 to 1. */
static double nearest_inside(const struct btf_type *t, const char *name)
{
	struct words was, now;
	double best = 0;

	words_split(name, &was);
	for (uint32_t i = 0; i < t->vlen && i < MOST_NEAR; i++) {
		words_split(btf_is_enum(t) ? btf_enumerator(t, i).name : btf_member(t, i).name,
			    &now);
		best = fmax(best, now.n ? words_alike(&was, &now) : 0);
	}
	return best;
}

/* 0 to 1: how much of what is sought t has inside under names that are only like. */
static double alike_inside(const struct sought *s, const struct btf_type *t)
{
	double near = 0;

	if (s->type.vlen > MOST_NEAR)
		return 0;
	for (uint32_t i = 0; i < s->type.vlen; i++) {
		double one =
		    nearest_inside(t, btf_is_enum(&s->type) ? btf_enumerator(&s->type, i).name
							    : btf_member(&s->type, i).name);

		near += one > NEAR_INSIDE ? one : 0;
	}
	return s->type.vlen ? near / s->type.vlen : 0;
}

/* Whether t, which was there before, has got most members of what is sought since. */
static bool has_merged(const struct sought *s, const struct btf_type *t)
{
	struct place was = find_type(s->h->witness, t->name, strlen(t->name), "");
	const char *rest;
	struct member last;
	uint32_t at, came = 0;

	if (!btf_is_composite(&s->type) || !was.btf)
		return false;
	for (uint32_t i = 0; i < s->type.vlen; i++) {
		const char *name = btf_member(&s->type, i).name;

		came += *name && members_follow(t->btf, t->id, name, &rest, &at, &last) == 1 &&
			!members_follow(was.btf, was.id, name, &rest, &at, &last);
	}
	return came >= LEAST_MERGED && came * 4 >= s->type.vlen * 3;
}

static void consider(struct sought *s, const struct btf_type *t)
{
	struct btf_type in = btf_strip(t->btf, t->id);
	float sig[SIGNAL_COUNT] = {0};
	double shared = 0, all = 0;
	double votes = votes_for(s, t);
	struct words w;

	words_split(t->name, &w);
	words_weigh(&w, &s->names, false);
	sig[SIGNAL_NAME] = (float)words_alike(&s->words, &w);
	sig[SIGNAL_WITHIN] = words_within(&s->words, &w) || words_within(&w, &s->words);
	sig[SIGNAL_OLD] = s->h->witness && !s->h->excerpt && has_type(s->h->witness, t->name);
	sig[SIGNAL_USE] = (float)(votes / (s->users + FEW_USERS));
	if (btf_is_composite(&in) || btf_is_enum(&in)) {
		count_inside(s, &in, mark_of(t) | 0x80000000u, &shared, &all, 0);
		/* What it still has counts for more than what it has besides. */
		if (s->weight > 0 && all > 0)
			sig[SIGNAL_RARE] = (float)(0.7 * shared / s->weight + 0.3 * shared / all);
	}
	/* That both hold one thing of a name is no more than a kind of structs. */
	if (s->n == 1)
		sig[SIGNAL_RARE] *= 0.5f;
	if (sig[SIGNAL_OLD] > 0 && shared > 0)
		sig[SIGNAL_OLD] = !has_merged(s, &in);
	/* Members of which it has none. */
	sig[SIGNAL_CLASH] = s->n > 1 && in.vlen > 0 && !(shared > 0);
	if (sig[SIGNAL_CLASH] > 0 && sig[SIGNAL_NAME] > NEAR_NAME && !(sig[SIGNAL_OLD] > 0)) {
		double near = alike_inside(s, &in);

		sig[SIGNAL_RARE] = 0.6f * (float)near;
		sig[SIGNAL_CLASH] *= near < NEAR_INSIDE;
	}
	sig[SIGNAL_RIVAL] = is_rival(s, t);
	sig[SIGNAL_TYPE] = in.kind == s->type.kind;
	if (!btf_kind_refers(in.kind) && in.kind != BTF_ARRAY)
		sig[SIGNAL_PLACE] = in.size == s->type.size;
	hunt_add(s->h, SCALE_TYPE, t->name, NULL, CHANGE_TYPE, (struct place){t->btf, t->id}, sig,
		 0);
}

uint32_t named_in(const struct btf *b, uint32_t id)
{
	for (int depth = 0; depth < 8; depth++) {
		struct btf_type t = btf_type(b, id);

		while (t.kind == BTF_CONST || t.kind == BTF_VOLATILE || t.kind == BTF_RESTRICT ||
		       t.kind == BTF_TYPE_TAG)
			t = btf_type(b, t.type);
		if (t.kind == BTF_PTR)
			id = t.type;
		else if (t.kind == BTF_ARRAY)
			id = btf_array(&t).elem;
		else
			return t.id;
	}
	return 0;
}

static void vote(struct sought *s, const struct btf_type *t, double count)
{
	for (size_t i = 0; i < s->vote_count; i++) {
		if (s->votes[i].type.btf != t->btf || s->votes[i].type.id != t->id)
			continue;
		s->votes[i].count += count;
		return;
	}
	if (s->vote_count < sizeof(s->votes) / sizeof(*s->votes))
		s->votes[s->vote_count++] = (struct vote){{t->btf, t->id}, count};
}

/* A user's slot that is still there: what is in it now? */
static void vote_slot(struct sought *s, const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_type(b, named_in(b, id));

	s->users++;
	if (may_follow(s, &t))
		vote(s, &t, 1);
}

/* What the member i of a user, or its parameter, is made of. */
static uint32_t slot(const struct btf_type *user, uint32_t i)
{
	return user->kind == BTF_FUNC_PROTO ? btf_param(user, i).type : btf_member(user, i).type;
}

/* Types in a user's slots that the other kernel lacks, in order. */
struct newcomers {
	struct btf_type at[16];
	uint32_t n;
};

static void list_newcomers(const struct sought *s, const struct btf_type *user,
			   const struct btf *other, struct newcomers *out)
{
	out->n = 0;
	for (uint32_t i = 0; i < user->vlen && out->n < sizeof(out->at) / sizeof(*out->at); i++) {
		struct btf_type t = btf_type(user->btf, named_in(user->btf, slot(user, i)));

		if (*t.name && btf_is_enum(&t) == btf_is_enum(&s->type) && !has_type(other, t.name))
			out->at[out->n++] = t;
	}
}

/* A user's slot that is gone: types that are new as a whole, where the user has them now, share its
 * vote, and so do those that went with it; of as many as went that in its order has it. */
static void vote_newcomers(struct sought *s, const struct btf_type *from, const struct btf_type *to,
			   uint32_t id)
{
	struct newcomers went, came;

	list_newcomers(s, from, to->btf, &went);
	list_newcomers(s, to, from->btf, &came);
	s->users++;
	for (uint32_t i = 0; i < came.n; i++) {
		double share = went.n != came.n      ? NEWCOMER / went.n / came.n
			       : went.at[i].id == id ? NEWCOMER
						     : 0;

		if (went.n && share > 0 && may_follow(s, &came.at[i]))
			vote(s, &came.at[i], share);
	}
}

/* A struct or function of the witness that uses the type: what does its namesake use? */
static void ask_user(struct sought *s, const struct roll *r, const struct btf_type *user,
		     uint32_t id)
{
	bool is_func = user->kind == BTF_FUNC, went = false;
	struct btf_type from = is_func ? btf_type(user->btf, user->type) : *user, to = {0};
	const struct btf *b = s->h->target->btf[0];

	for (uint32_t i = 0; i < from.vlen; i++) {
		const char *rest, *name;
		struct member last;
		uint32_t at;

		if (r->named[slot(&from, i)] != id)
			continue;
		if (!to.btf) {
			uint32_t now = btf_find(b, user->name, user->kind);

			if (!now)
				return;
			to = btf_type(b, is_func ? btf_type(b, now).type : now);
		}
		name = is_func ? "" : btf_member(&from, i).name;
		if (is_func && to.vlen == from.vlen)
			vote_slot(s, b, btf_param(&to, i).type);
		else if (*name && members_follow(b, to.id, name, &rest, &at, &last) && !*rest)
			vote_slot(s, b, at);
		else
			went = true;
	}
	if (went)
		vote_newcomers(s, &from, &to, id);
}

static void ask_users(struct sought *s, uint32_t id)
{
	const struct btf *b = s->h->witness;
	const struct roll *r = hunt_roll(s->h, b);
	struct btf_type t = {0};

	while (r && next_type(b, &t, BTF_COMPOSITES | 1 << BTF_FUNC))
		if (*t.name)
			ask_user(s, r, &t, id);
}

void hunt_type(struct hunt *h, struct place type)
{
	struct sought s = {.h = h};
	struct btf_type named;

	if (!type.btf)
		return;
	named = btf_type(type.btf, type.id);
	s.type = btf_strip(type.btf, type.id);
	s.name = named.name;
	words_split(s.name, &s.words);
	if (list_inside(&s) < 0 || vocabulary_init(&s.names, h->arena, 40000) < 0) {
		h->failed = true;
		return;
	}
	each_type(&s, census);
	words_weigh(&s.words, &s.names, false);
	for (size_t i = 0; i < s.n; i++) {
		s.in[i].weight = 1 / (1 + 0.35 * log2(1.0 + s.in[i].count));
		s.weight += s.in[i].weight;
	}
	if (!h->excerpt)
		ask_users(&s, type.id);
	each_type(&s, consider);
}

const char *hunt_heir(struct hunt *h, struct place type, double *score)
{
	struct hunt types = {
	    .arena = h->arena, .pairs = h->pairs, .target = h->target, .witness = h->witness};
	const char *best = NULL;
	double odds = 0;

	hunt_type(&types, type);
	for (size_t i = 0; i < types.count; i++) {
		if (types.hits[i].odds <= odds)
			continue;
		odds = types.hits[i].odds;
		best = types.hits[i].s.successor;
	}
	*score = best ? 1 / (1 + exp(-odds)) : 0;
	h->failed |= types.failed;
	free(types.hits);
	return best;
}
