/*
 * suggest_nested: what became of a field in the structs that are nested in its root, and in the
 * root itself when the path breaks off further in.
 */
#include "successor/suggest_impl.h"

#include <math.h>

enum { DEEPEST_NAMED = 3 };

static struct hashes paths_of(const struct members *s, struct arena *a)
{
	struct hashes set = {.at = arena_alloc(a, s->n + 1, sizeof(*set.at))};

	for (size_t i = 0; set.at && i < s->n; i++)
		set.at[set.n++] = s->at[i].path;
	hashes_sort(&set);
	return set;
}

/* Whether member i is a member of the struct in which the path breaks off. */
static bool is_member_there(const struct probe *p, const struct members *s, size_t i)
{
	if (!*p->prefix)
		return s->at[i].depth == 0;
	return s->at[i].outer >= 0 && s->at[s->at[i].outer].path == hash_text(p->prefix);
}

/* Whether the struct that declares member i lacks it in the witness: that the root has one more
 * lock does not mean that it gained what is in a lock. */
static bool is_gained(const struct hunt *h, const struct members *s, size_t i)
{
	struct btf_type owner = btf_type(s->btf, s->at[i].owner);
	const char *rest, *name = owner.name;
	struct place was;
	struct member last;
	uint32_t at;

	if (!*name && s->at[i].outer >= 0) {
		struct btf_type t = btf_type(s->btf, s->at[s->at[i].outer].type);

		name = t.kind == BTF_TYPEDEF ? t.name : "";
	}
	if (!*name)
		return true;
	was = find_type(h->witness, name, strlen(name), s->at[i].name);
	return !was.btf || !members_follow(was.btf, was.id, s->at[i].name, &rest, &at, &last);
}

/* Whether the member is the only member of its struct: the struct is then what to name. */
static bool is_wrapped(const struct members *s, size_t i)
{
	return s->at[i].depth && btf_type(s->btf, s->at[i].owner).vlen == 1;
}

/* Whether member i is the same name further in than where the path broke off. */
static bool is_deeper(const struct probe *p, const struct members *s, size_t i)
{
	uint64_t prefix = hash_text(p->prefix);

	if (!*p->prefix || strcmp(s->at[i].name, p->name) != 0)
		return false;
	for (int32_t at = s->at[i].outer; at >= 0; at = s->at[at].outer)
		if (s->at[at].path == prefix)
			return true;
	return false;
}

/* Whether member i is in the struct that the root begins with: what it is a kind of. */
static bool is_in_base(const struct members *s, size_t i)
{
	int32_t outer = s->at[i].outer;

	return outer >= 0 && !s->at[outer].depth && !s->at[outer].bit_offset;
}

/* 0 to 1: how alike the probe's name is to a path, or the end of its path to a name. */
static float paths_alike(const struct probe *p, const struct members *s, size_t i, const char *path)
{
	struct words w, from = p->words;

	if (p->deeper) {
		words_split(p->rest, &from);
		words_weigh(&from, &p->lineup->words, false);
	} else if (s->at[i].outer < 0) {
		return 0;
	}
	words_split(path, &w);
	words_weigh(&w, &p->lineup->words, false);
	return (float)words_alike_but(&from, &w, p->swaps);
}

/* Whether the member that member i is nested in is new, and its name and the member's together are
 * what went: i_mtime.tv_sec for i_mtime_sec. */
static bool is_told(const struct probe *p, const struct members *s, size_t i, const char *path,
		    const struct hashes *before)
{
	struct shape shape;

	if (s->at[i].outer < 0 || !p->member.name ||
	    hashes_have(before, s->at[s->at[i].outer].path))
		return false;
	shape = shape_of(s->btf, s->at[i].type, s->at[i].bit_size);
	return shape_alike(&p->member.shape, &shape) > 0.94 &&
	       (double)paths_alike(p, s, i, path) > 0.7;
}

/* Whether member i is what a number became that is a struct now, and has words of its name: mm_cid
 * is mm_cid.cid now. */
static bool is_of_number(const struct members *was, const struct members *now, size_t i)
{
	int32_t outer = now->at[i].outer;
	struct words own, number;

	if (outer < 0)
		return false;
	words_split(now->at[i].name, &own);
	words_split(now->at[outer].name, &number);
	if (!words_within(&own, &number))
		return false;
	for (size_t k = 0; k < was->n; k++)
		if (was->at[k].path == now->at[outer].path)
			return btf_strip(was->btf, was->at[k].type).kind == BTF_INT;
	return false;
}

/* 0 to 1: whether a word of flags in a struct that was there before may hold those of the root. */
static double takes_flags(struct hunt *h, const struct members *s, size_t i)
{
	const char *owner = member_home(s->btf, &s->at[i]);
	struct place was = {0};
	struct arena a = {0};
	struct members before;
	double lost = 0;

	if (owner && s->at[i].owner != s->root && h->witness)
		was = find_type(h->witness, owner, strlen(owner), "");
	if (!was.btf)
		return 1;
	if (members_list(was.btf, was.id, 0, &a, &before) < 0)
		h->failed = true;
	else
		lost = flags_lost(h, &before, owner);
	arena_free(&a);
	return lost;
}

/* Scores member i of what is nested in the root; before: paths that were there. */
static void nested_signals(struct hunt *h, const struct probe *p, const struct members *now,
			   size_t i, const char *path, const struct vocabulary *own,
			   const struct hashes *before, float s[SIGNAL_COUNT])
{
	bool came = p->root.btf && !h->excerpt && !hashes_have(before, now->at[i].path);
	bool told = came && is_told(p, now, i, path, before);
	bool gained = came && (told || is_gained(h, now, i) || is_deeper(p, now, i));
	float alike = paths_alike(p, now, i, path);

	probe_signals(p, now, i, own, gained, s);
	s[SIGNAL_KIN] = s[SIGNAL_OLD] > 0 && s[SIGNAL_NAME] > 0.8f && s[SIGNAL_TYPE] > 0.94f &&
				is_in_base(now, i)
			    ? (float)p->rarity
			    : 0;
	if (!p->root.btf || h->excerpt)
		s[SIGNAL_OLD] = s[SIGNAL_KIN] = 0;
	/* What has the same member, as each list has, and had it before, is another one. */
	if (p->root.btf && !h->excerpt && !came && s[SIGNAL_HOME] > 0)
		s[SIGNAL_HOME] = s[SIGNAL_KIN] = 0;
	if (s[SIGNAL_FLAG] > 0)
		s[SIGNAL_FLAG] *= (float)takes_flags(h, now, i);
	s[SIGNAL_NEST] = now->at[i].depth > 1 ? 1 : now->at[i].depth ? 0.5f : 0;
	/* That a member has a counter, too, says nothing. */
	if (!gained && now->at[i].outer >= 0 && !(s[SIGNAL_KIN] > 0)) {
		s[SIGNAL_NAME] = fminf(s[SIGNAL_NAME], alike);
		s[SIGNAL_BOTH] = s[SIGNAL_NAME] * s[SIGNAL_RARE];
	}
	if (gained) {
		/* The path may say what the name said: ctrl_status is ctrl.pktstatus now. */
		s[SIGNAL_NAME] = fmaxf(s[SIGNAL_NAME], alike);
		if (s[SIGNAL_NAME] + s[SIGNAL_RARE] > 0.4f && p->member.name)
			s[SIGNAL_ALONG] = (float)moved_along(p, now, i, false, before);
		if (!(s[SIGNAL_HOME] > 0))
			s[SIGNAL_BOX] =
			    !told && is_in_new(now, i, before) && s[SIGNAL_ALONG] < 0.6f;
	}
	if (s[SIGNAL_BOX] > 0)
		s[SIGNAL_SPREAD] = 0;
	if (is_everywhere(p, now->at[i].name, s))
		s[SIGNAL_VAGUE] = 1;
	/* Flags that went together are not found one by one. */
	if (p->flag > 0 && p->flags > 0.7 && !(s[SIGNAL_FLAG] + s[SIGNAL_ALONG] > 0) &&
	    !(s[SIGNAL_BOX] > 0))
		s[SIGNAL_BOX] = 0.5f;
}

/* As hunt_nested(); what it lists is in the arena. */
static void hunt_listed(struct hunt *h, const struct probe *p, struct arena *a)
{
	struct members now, before = {0};
	struct hashes known = {0};
	struct vocabulary own;

	if (members_list(p->into.btf, p->into.id, DEEPEST_NAMED, a, &now) < 0 ||
	    own_words(&now, a, &own) < 0 ||
	    (p->root.btf && members_list(p->root.btf, p->root.id, DEEPEST_NAMED, a, &before) < 0)) {
		h->failed = true;
		return;
	}
	known = paths_of(&before, a);
	for (size_t i = 0; i < now.n && !h->failed; i++) {
		char path[MEMBER_PATH_MAX];
		float s[SIGNAL_COUNT];

		if ((is_member_there(p, &now, i) && !p->deeper) ||
		    (is_wrapped(&now, i) && strcmp(now.at[i].name, p->name) != 0))
			continue;
		member_path(&now, i, path);
		nested_signals(h, p, &now, i, path, &own, &known, s);
		if (before.n && is_of_number(&before, &now, i))
			s[SIGNAL_TAKEN] = 2;
		hunt_add_field(h, p, path, CHANGE_MOVED, (struct place){now.btf, now.at[i].type}, s,
			       0);
	}
}

void hunt_nested(struct hunt *h, const struct probe *p)
{
	struct arena lists = {0};

	hunt_listed(h, p, &lists);
	arena_free(&lists);
}
