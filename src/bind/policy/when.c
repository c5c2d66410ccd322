/* when: words, and whether they hold; see when.h. The README of policies says what each means. */
#include "bind/policy/when.h"

#include <string.h>

#define OF(X) (1u << HOOK_##X)

enum {
	ALL_HOOKS = (1u << HOOK_COUNT) - 1,
	REFUSING = OF(CANDIDATES) | OF(MEMBER) | OF(ENUMERATOR) | OF(COMPATIBLE) | OF(VALUE) |
		   OF(MISSING) | OF(PATCH),
	ANY_REASON = (1u << REASON_COUNT) - 1 - (1u << REASON_NONE),
};
_Static_assert(REASON_COUNT <= 32 && BTF_KIND_COUNT <= 32 && RELO_KIND_COUNT <= 32, "a bit each");

enum fact {
	FIELD,
	TYPE,
	MATCHES,
	DISPUTED,
	FLAVORED,
	BITFIELD,
	POISON,
	RESIZED,
	WIDE,
	SWAP,
	FACT_COUNT,
	DEAR = 1u << BITFIELD | 1u << FLAVORED /* only found out where they are wanted */
};
_Static_assert(FACT_COUNT <= 16, "a bit of struct met each");

static const struct {
	const char *name;
	uint32_t hooks;
} facts[] = {
    [FIELD] = {"field", OF(COMPATIBLE)},
    [TYPE] = {"type", OF(COMPATIBLE)},
    [MATCHES] = {"matches", OF(COMPATIBLE)},
    [DISPUTED] = {"disputed", ALL_HOOKS},
    [FLAVORED] = {"flavored", OF(MEMBER) | OF(ENUMERATOR)},
    [BITFIELD] = {"bitfield", OF(VALUE)},
    [POISON] = {"poison", OF(PATCH)},
    [RESIZED] = {"resized", OF(PATCH)},
    [WIDE] = {"wide", OF(PATCH)},
    [SWAP] = {"swap", OF(PATCH)},
};
_Static_assert((int)FIELD == (int)COMPAT_FIELD && (int)TYPE == (int)COMPAT_TYPE &&
		   (int)MATCHES == (int)COMPAT_MATCHES,
	       "the same");

typedef void word_visitor(void *ctx, const char *word, uint32_t *bits, uint32_t value);

/* Calls visit for each word of a hook: where it stands in w, and its bits there. */
static void each_word(enum hook hook, struct when *w, word_visitor *visit, void *ctx)
{
	uint32_t of = 1u << hook;

	for (uint32_t k = 0; k < RELO_KIND_COUNT; k++)
		visit(ctx, relo_kind_name(k), &w->relos, 1u << k);
	for (unsigned k = 0; k < BTF_KIND_COUNT && of & OF(COMPATIBLE); k++)
		visit(ctx, btf_kind_name(k), &w->kinds, 1u << k);
	for (int f = 0; f < FACT_COUNT; f++)
		if (facts[f].hooks & of)
			visit(ctx, facts[f].name, &w->facts, 1u << f);
	if (!(of & REFUSING))
		return;
	visit(ctx, "refused", &w->reasons, ANY_REASON);
	for (int r = REASON_NONE + 1; r < REASON_COUNT; r++)
		visit(ctx, reason_name((enum reason)r), &w->reasons, 1u << r);
}

struct search {
	const char *word;
	bool found;
};

static void add_word(void *ctx, const char *word, uint32_t *bits, uint32_t value)
{
	struct search *s = ctx;

	if (strcmp(word, s->word) != 0)
		return;
	*bits |= value;
	s->found = true;
}

void when_read(lua_State *L, int words, enum hook hook, struct when *w)
{
	*w = (struct when){.always = lua_isnil(L, words)};
	for (lua_Integer i = 1, n = w->always ? 0 : luaL_len(L, words); i <= n; i++) {
		struct search s = {0};

		lua_rawgeti(L, words, i);
		s.word = luaL_checkstring(L, -1);
		each_word(hook, w, add_word, &s);
		if (!s.found)
			luaL_error(L, "'%s' is no word of %s", s.word, hooks[hook]->name);
		lua_pop(L, 1);
	}
}

void when_add(struct when *w, const struct when *more)
{
	w->always |= more->always;
	w->relos |= more->relos;
	w->kinds |= more->kinds;
	w->facts |= more->facts;
	w->reasons |= more->reasons;
}

static void push_word(void *ctx, const char *word, uint32_t *bits, uint32_t value)
{
	lua_State *L = ctx;

	(void)bits;
	(void)value;
	lua_pushboolean(L, true);
	lua_setfield(L, -2, word);
}

void push_words(lua_State *L, enum hook hook)
{
	struct when none;

	lua_newtable(L);
	each_word(hook, &none, push_word, L);
}

static bool ends_in_bitfield(const struct accessor *s)
{
	const struct step *last = s->len ? &s->step[s->len - 1] : NULL;
	struct btf_type parent;

	if (!last || !last->name || !relo_is_field(s->kind))
		return false;
	parent = btf_type(s->btf, last->type_id);
	return btf_member(&parent, last->index).bit_size != 0;
}

/* Where no name has a `___` all rules of what is essential of one say the same. */
static bool has_flavors(const struct enumerator_asked *a)
{
	const char *name = btf_enumerator(&a->of, a->index).name;
	bool found = strstr(name, "___") != NULL;

	for (uint32_t i = 0; i < a->in.vlen && !found; i++)
		found = strstr(btf_enumerator(&a->in, i).name, "___") != NULL;
	return found;
}

/* The byte swaps of old: in a class of arithmetic, but what they hold is a width. */
static bool is_swap(uint8_t code)
{
	return BPF_CLASS(code) == BPF_ALU && (code & 0xf0) == 0xd0;
}

static uint32_t facts_of_patch(const struct patch_asked *a)
{
	const struct patch *p = &a->patch;

	return (uint32_t)p->poison << POISON |
	       (uint32_t)(p->target_size != p->local_size) << RESIZED |
	       (uint32_t)(p->target > INT32_MAX) << WIDE | (uint32_t)is_swap(a->insn[0]) << SWAP;
}

/* Those that hold of the question; of the dearer ones only the wanted are found out. */
static uint32_t holding(enum hook hook, const struct asked *a, uint32_t wanted)
{
	uint32_t found = 0;

	if (hook == HOOK_COMPATIBLE)
		found = 1u << ((const struct compatible_asked *)a)->what;
	else if (hook == HOOK_PATCH)
		found = facts_of_patch((const struct patch_asked *)a);
	else if (hook == HOOK_VALUE && wanted >> BITFIELD & 1)
		found = (uint32_t)ends_in_bitfield(((const struct value_asked *)a)->accessor)
			<< BITFIELD;
	else if (hook == HOOK_ENUMERATOR && wanted >> FLAVORED & 1)
		found = (uint32_t)has_flavors((const struct enumerator_asked *)a) << FLAVORED;
	if (!(found & wanted) && wanted >> DISPUTED & 1)
		found |= (uint32_t)candidates_disputed(a->q) << DISPUTED;
	return found;
}

/* Of the type of the object that is compared, behind typedefs and arrays. */
static uint32_t kind_of(const struct asked *a)
{
	const struct type_pair *p = &((const struct compatible_asked *)a)->pair;
	unsigned kind = btf_innermost(p->local_btf, p->local_id).kind;

	return kind < BTF_KIND_COUNT ? 1u << kind : 0;
}

bool when_holds(const struct when *w, enum hook hook, const struct asked *a)
{
	uint32_t kind = a->q->local->kind;

	if (w->always || (kind < RELO_KIND_COUNT && w->relos >> kind & 1))
		return true;
	if (hooks[hook]->has_reason && when_refused(w, a->reason))
		return true;
	if (w->kinds && w->kinds & kind_of(a))
		return true;
	return w->facts && w->facts & holding(hook, a, w->facts);
}

void when_meet(struct met *m, enum hook hook, const struct asked *a)
{
	m->hooks |= 1u << hook;
	m->facts[hook] |= (uint16_t)holding(hook, a, DEAR);
	if (candidates_disputed(a->q))
		m->facts[hook] |= 1u << DISPUTED;
	if (hook == HOOK_COMPATIBLE)
		m->kinds |= kind_of(a);
	if (hooks[hook]->has_reason)
		m->reasons[hook] |= 1u << a->reason;
}

void when_answered(struct met *m, enum hook hook, const struct asked *a)
{
	if (!hooks[hook]->has_reason)
		m->reasons[hook] |= 1u << a->reason;
}

bool when_held(const struct when *w, enum hook hook, uint32_t kind, const struct met *m)
{
	if (!(m->hooks >> hook & 1))
		return false;
	return w->always || (kind < RELO_KIND_COUNT && w->relos >> kind & 1) ||
	       w->reasons & m->reasons[hook] || w->facts & m->facts[hook] ||
	       (hook == HOOK_COMPATIBLE && w->kinds & m->kinds);
}

bool when_looks(const struct when *w, enum hook hook)
{
	return w->reasons && !hooks[hook]->has_reason;
}
