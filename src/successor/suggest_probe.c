/*
 * suggest_probe: how much a member of a target's struct looks like the field that is sought.
 */
#include "successor/roles.h"
#include "successor/suggest_impl.h"

#include <math.h>

static const char *const flags[] = {"flags", "flag", NULL};
static const char *const counts[] = {"count", "cnt",   "ref",    "refs",  "refcnt", "refcount",
				     "kref",  "users", "rcuref", "usage", NULL};

static bool is_one_of(const struct word *w, const char *const *list)
{
	for (; *list; list++)
		if (strlen(*list) == w->len && strncmp(w->at, *list, w->len) == 0)
			return true;
	return false;
}

/* 0 to 1: whether the name says one of these words and nothing more special. */
static double says(const struct words *w, const char *const *list)
{
	double special = 0;
	bool said = false;

	for (unsigned i = 0; i < w->n; i++) {
		if (is_one_of(&w->at[i], list))
			said = true;
		else if ((double)w->at[i].weight > special)
			special = (double)w->at[i].weight;
	}
	return said ? 1 - 0.7 * special : 0;
}

static double says_flags(const struct words *w)
{
	return says(w, flags);
}

/* Whether a number may hold flags: a byte does where it is called nothing else. */
static bool is_word(const struct shape *s, double said)
{
	return s->inner_kind == BTF_INT && (s->bits >= 16 || (s->bits == 8 && said > 0.99));
}

static bool is_counter(const struct shape *s)
{
	return s->inner_kind == BTF_INT && (s->kind == BTF_INT || s->kind == BTF_STRUCT) &&
	       s->bits >= 32 && s->bits <= 64;
}

double member_flag(const struct btf *b, const struct member *s)
{
	struct btf_type t = btf_strip(b, s->type);

	if (t.kind != BTF_INT)
		return 0;
	if (s->bit_size)
		return s->bit_size <= 2;
	if (BTF_INT_ENCODING(btf_tail_u32(&t)) & BTF_INT_BOOL)
		return 1;
	return t.size == 1 ? 0.7 : 0;
}

const char *flag_of(const struct probe *p)
{
	return p->flag > 0 ? NULL : btf_type(p->root.btf, p->root.id).name;
}

double flags_lost(const struct hunt *h, const struct members *was, const char *name)
{
	struct place now = find_in_target(h->target, name, strlen(name), "");
	double n = 0;

	for (size_t i = 0; now.btf && i < was->n; i++) {
		const char *rest;
		struct member last;
		uint32_t at;

		if (was->at[i].depth || was->at[i].bit_size != 1)
			continue;
		n += !members_follow(now.btf, now.id, was->at[i].name, &rest, &at, &last);
	}
	return n / (n + 1);
}

const char *member_home(const struct btf *b, const struct member *s)
{
	const char *name = btf_type(b, s->owner).name;

	return *name ? name : NULL;
}

/* Whether both are, or point to, structs, but different ones, and the one now is not new: half as
 * much where the one before is gone. */
static float is_other(const struct probe *p, const struct members *s, const struct shape *now)
{
	const char *was = p->member.shape.of;

	if (!*was || !*now->of || btf_same_essential(was, now->of) ||
	    !has_type(p->root.btf, now->of))
		return 0;
	return has_type(s->btf, was) ? 1 : 0.5f;
}

/* The name of the struct in which member i stands; that of what it is nested in where it has none.
 */
static const char *owner_name(const struct members *s, size_t i)
{
	const char *home = member_home(s->btf, &s->at[i]);
	int32_t outer = s->at[i].outer;

	if (home)
		return home;
	return btf_strip(s->btf, outer >= 0 ? s->at[outer].type : s->root).name;
}

/* Whether of a pointer to the struct that it is in and a node of a list or tree one took the place
 * of the other: neighbour.next, a struct neighbour *, is neighbour.hash now. */
static bool are_links(const struct probe *p, const struct members *s, const struct shape *now)
{
	const struct shape *was = &p->member.shape;
	const char *root = btf_type(p->root.btf, p->root.id).name;
	const char *into = btf_strip(s->btf, s->root).name;

	return (was->kind == BTF_PTR && strcmp(was->of, root) == 0 &&
		roles_shared(now->name, "hlist_node")) ||
	       (now->kind == BTF_PTR && strcmp(now->of, into) == 0 &&
		roles_shared(was->name, "hlist_node"));
}

void probe_signals(const struct probe *p, const struct members *s, size_t i,
		   const struct vocabulary *own, bool gained, float out[SIGNAL_COUNT])
{
	const struct member *at = &s->at[i];
	struct shape shape = shape_of(s->btf, at->type, at->bit_size);
	const char *home = member_home(s->btf, at);
	const struct item *x;
	struct words w;

	memset(out, 0, SIGNAL_COUNT * sizeof(*out));
	words_split(at->name, &w);
	words_weigh(&w, &p->lineup->words, false);
	if (own)
		words_weigh(&w, own, true);
	words_discount(&w, shape.name);
	out[SIGNAL_NAME] = (float)words_alike_but(&p->words, &w, p->swaps);
	out[SIGNAL_WITHIN] = words_within(&p->words, &w);
	out[SIGNAL_OLD] = !gained;
	if (!p->member.name)
		return;
	out[SIGNAL_TYPE] =
	    are_links(p, s, &shape) ? 0.65f : (float)shape_alike(&p->member.shape, &shape);
	if (is_counter(&p->member.shape) && is_counter(&shape))
		out[SIGNAL_NAME] = fmaxf(
		    out[SIGNAL_NAME], 0.8f * (float)(says(&p->words, counts) * says(&w, counts)));
	out[SIGNAL_RARE] = out[SIGNAL_TYPE] > 0.6f ? out[SIGNAL_TYPE] * (float)p->rarity : 0;
	out[SIGNAL_BOTH] = out[SIGNAL_NAME] * out[SIGNAL_RARE];
	if (gained && strcmp(p->name, at->name) == 0)
		out[SIGNAL_SPREAD] = (float)p->spread;
	if (gained && out[SIGNAL_TYPE] > 0.94f)
		out[SIGNAL_SPARSE] = (float)p->of_type.spread;
	out[SIGNAL_HOME] =
	    p->home && home && strcmp(p->home, home) == 0 && strcmp(p->name, at->name) == 0;
	if (p->flag > 0 && gained && !at->bit_size && is_word(&shape, says_flags(&w)))
		out[SIGNAL_FLAG] = (float)(p->flag * p->flags * says_flags(&w));
	if (p->bits.n && !at->bit_size && shape.inner_kind == BTF_INT && says_flags(&w) > 0 &&
	    bits_of(&p->bits, &p->words, owner_name(s, i), at->name, flag_of(p))) {
		out[SIGNAL_BIT] = 1;
		/* What is new is the bit. */
		out[SIGNAL_OLD] = 0;
	}
	out[SIGNAL_VAGUE] =
	    out[SIGNAL_NAME] < 0.3f && !(out[SIGNAL_FLAG] + out[SIGNAL_BIT] > 0) &&
	    (p->member.bit_size || (p->member.shape.kind == BTF_INT && p->rarity < 0.6));
	out[SIGNAL_KIN] =
	    !gained && out[SIGNAL_TYPE] > 0.94f && out[SIGNAL_WITHIN] > 0 ? (float)p->rarity : 0;
	out[SIGNAL_CLASH] = !(out[SIGNAL_FLAG] + out[SIGNAL_BIT] > 0) && out[SIGNAL_TYPE] <= 0.2f;
	if (!(out[SIGNAL_TYPE] > 0))
		out[SIGNAL_CLASH] *= 3;
	out[SIGNAL_OTHER] = out[SIGNAL_TYPE] < 0.6f ? is_other(p, s, &shape) : 0;
	if (p->heir && gained &&
	    strcmp(btf_type(s->btf, named_in(s->btf, at->type)).name, p->heir) == 0) {
		out[SIGNAL_HEIR] = (float)p->heir_score;
		out[SIGNAL_CLASH] = 0;
	}
	x = p->lineup->unordered ? NULL : lineup_find(p->lineup, "", 0, at->name);
	if (x && x->twin < 0 && strcmp(x->name, p->name) != 0)
		out[SIGNAL_TAKEN] = 1;
}

/* What the probe's name begins with and that of member i does not, and the reverse, when both go on
 * alike: "fl_" and "flc_" for fl_flags that became flc_flags. */
struct prefixes {
	size_t was, now; /* lengths */
};

static bool prefixes_of(const char *was, const char *now, struct prefixes *out)
{
	size_t a = strlen(was), b = strlen(now), same = 0, whole = 0;

	while (same < a && same < b && was[a - same - 1] == now[b - same - 1]) {
		same++;
		if ((same == a || was[a - same - 1] == '_') &&
		    (same == b || now[b - same - 1] == '_'))
			whole = same;
	}
	*out = (struct prefixes){a - whole, b - whole};
	return whole > 0 && (a > whole || b > whole);
}

/* What went from the probe's struct and is called so now, with the prefix changed as given. */
static const struct item *gone_as(const struct probe *p, const char *now, const char *prefix,
				  const struct prefixes *as)
{
	const struct item *x = NULL;

	if (strncmp(now, prefix, as->now) == 0 && now[as->now])
		x = lineup_find(p->kin, p->member.name, as->was, now + as->now);
	return x && x->twin < 0 && strcmp(x->name, p->member.name) != 0 ? x : NULL;
}

/* What went from the probe's struct and whose words are those of member k and of the struct around
 * it: rseq_len for rseq.len. */
static const struct item *gone_into(const struct probe *p, const struct members *s, size_t k)
{
	const struct lineup *l = p->kin;
	struct words around, own;

	if (s->at[k].outer < 0)
		return NULL;
	words_split(s->at[s->at[k].outer].name, &around);
	words_split(s->at[k].name, &own);
	for (size_t i = 0; i < l->nold; i++) {
		const struct item *x = &l->old[i];

		if (x->twin < 0 && strcmp(x->name, p->member.name) != 0 &&
		    words_within(&own, &x->words) && words_made_of(&x->words, &own, &around, 1) &&
		    x->words.n > own.n)
			return x;
	}
	return NULL;
}

/* Whether the name that went has a word of what member i is nested in. */
static bool names_around(const struct probe *p, const struct members *s, size_t i)
{
	struct words around, was;

	if (s->at[i].outer < 0)
		return false;
	words_split(s->at[s->at[i].outer].name, &around);
	words_split(p->member.name, &was);
	for (unsigned k = 0; k < around.n; k++)
		for (unsigned n = 0; n < was.n; n++)
			if (around.at[k].hash == was.at[n].hash)
				return true;
	return false;
}

double moved_along(const struct probe *p, const struct members *s, size_t i, bool anywhere,
		   const struct hashes *before)
{
	static const struct prefixes none;
	const char *name = s->at[i].name;
	struct prefixes as;
	bool renamed = prefixes_of(p->member.name, name, &as);
	bool kept = strcmp(p->member.name, name) == 0;
	bool around = !anywhere && names_around(p, s, i);
	double others = 0, alike = 0;

	for (size_t k = 0; k < s->n; k++) {
		const struct item *likewise, *x;
		struct shape shape;

		if (s->at[k].outer != s->at[i].outer && (!anywhere || s->at[i].outer < 0))
			continue;
		likewise = renamed ? gone_as(p, s->at[k].name, name, &as) : NULL;
		x = likewise ? likewise : gone_as(p, s->at[k].name, name, &none);
		if (!x && around && k != i)
			likewise = x = gone_into(p, s, k);
		if (!x || hashes_have(before, s->at[k].path))
			continue;
		shape = shape_of(s->btf, s->at[k].type, s->at[k].bit_size);
		if (shape_alike(&shape, &x->shape) <= 0.6)
			continue;
		others++;
		alike += likewise != NULL;
	}
	/* It would have kept its name if all the others did, unless a word holds it now. */
	kept |= p->flag > 0 && !(member_flag(s->btf, &s->at[i]) > 0);
	return others / (others + 1) * (kept || alike > 0 ? 1 : 0.6);
}

int own_words(const struct members *s, struct arena *a, struct vocabulary *v)
{
	struct words w;

	if (vocabulary_init(v, a, s->n) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++) {
		words_split(s->at[i].name, &w);
		vocabulary_add(v, &w);
	}
	return 0;
}

/* Below this a name comes and goes with too many structs. */
#define EVERYWHERE 0.003

bool is_everywhere(const struct probe *p, const char *name, const float signals[SIGNAL_COUNT])
{
	return p->root.btf && p->spread < EVERYWHERE && strcmp(p->name, name) == 0 &&
	       !(signals[SIGNAL_OLD] + signals[SIGNAL_ALONG] + signals[SIGNAL_HOME] > 0);
}

bool is_in_new(const struct members *s, size_t i, const struct hashes *before)
{
	for (int32_t at = s->at[i].outer; at >= 0; at = s->at[at].outer)
		if (!hashes_have(before, s->at[at].path) && *btf_strip(s->btf, s->at[at].type).name)
			return true;
	return false;
}
