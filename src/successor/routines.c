/* routines: see routines.h. */
#include "successor/routines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

enum {
	SAMPLE = 4096,   /* routines of a side by which words and types are weighed */
	TYPES = 1 << 15, /* of their parameters, at most */
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
	};

	for (size_t i = 0; i < sizeof(made) / sizeof(*made); i++)
		if (*name == *made[i] && strncmp(name, made[i], strlen(made[i])) == 0)
			return strlen(made[i]);
	return 0;
}

static struct slot slot_of(const struct routines *r, const struct btf *b, uint32_t type,
			   const char *name)
{
	struct slot s = {.name = name};
	struct digester key = {0};

	for (int depth = 0; depth < 32; depth++) {
		s.named = btf_type(b, type);
		if (s.named.kind == BTF_PTR)
			s.pointers++;
		else if (s.named.kind != BTF_CONST && s.named.kind != BTF_VOLATILE &&
			 s.named.kind != BTF_RESTRICT && s.named.kind != BTF_TYPE_TAG)
			break;
		type = s.named.type;
	}
	digest_string(&key, s.named.name);
	digest_add(&key, (uint64_t)s.named.kind << 8 | s.pointers);
	s.key = digest_of(&key).word[0];
	if (r->sampled > 0) {
		double seen = tally_of(&r->types, s.key);

		s.weight = log(r->sampled / (seen > 0 ? seen : 0.5)) / log(r->sampled + 1);
		s.weight = s.weight < 0 ? 0 : s.weight > 1 ? 1 : s.weight;
	}
	return s;
}

void routine_prototype(const struct routines *r, const struct routine *x, struct prototype *out)
{
	struct btf_type proto = btf_type(x->btf, x->proto);
	/* A tracepoint's first is the data of who is called, which programs do not see. */
	uint32_t first = r->kind == ROUTINE_TRACEPOINT;
	struct digester key = {0};

	out->n = 0;
	out->vlen = proto.vlen;
	out->ret = slot_of(r, x->btf, proto.type, "");
	digest_add(&key, out->ret.key);
	digest_add(&key, proto.vlen);
	for (uint32_t i = first; i < proto.vlen && out->n < PROTOTYPE_SLOTS; i++) {
		struct btf_param p = btf_param(&proto, i);

		out->at[out->n] = slot_of(r, x->btf, p.type, p.name);
		digest_add(&key, out->at[out->n++].key);
	}
	out->key = digest_of(&key).word[0];
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
	for (unsigned i = 0; i < p.n; i++) {
		unsigned k = 0;

		while (k < i && p.at[k].key != p.at[i].key)
			k++;
		if (k == i)
			tally_add(&r->types, p.at[i].key, 1);
	}
}

/* Of many routines, every so manieth. */
static void sample_list(struct routines *r, const struct routine_list *l)
{
	for (size_t i = 0; i < l->n; i += l->n / SAMPLE + 1)
		sample_one(r, &l->at[i]);
}

/* Counts words and types of both sides. */
static int sample(struct routines *r, struct arena *a)
{
	if (vocabulary_init(&r->names, a, 2 * SAMPLE) < 0 || tally_init(&r->types, a, TYPES) < 0)
		return -1;
	sample_list(r, &r->were);
	sample_list(r, &r->are);
	r->sampled = r->names.names;
	return 0;
}

static int list_all(enum routine_kind kind, const struct btf *b, struct routine_list *l)
{
	struct btf_type t = {0};

	while (btf_next(b, &t, btf_kind_of(kind))) {
		struct routine x, *items;

		if (!take(kind, &t, &x))
			continue;
		items = array_grow(l->at, &l->cap, l->n, sizeof(*items));
		if (!items)
			return -1;
		x.hash = hash_text(x.name);
		l->at = items;
		l->at[l->n++] = x;
	}
	return 0;
}

static int list_names(struct routine_list *l, struct arena *a)
{
	if (tally_init(&l->named, a, l->n) < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++)
		tally_add(&l->named, l->at[i].hash, 1);
	return 0;
}

static int list_both(struct routines *r, struct arena *a)
{
	const struct btf *base = r->witness->base;

	if ((base && list_all(r->kind, base, &r->were) < 0) ||
	    list_all(r->kind, r->witness, &r->were) < 0)
		return -1;
	for (size_t i = 0; i < r->target->count; i++)
		if (list_all(r->kind, r->target->btf[i], &r->are) < 0)
			return -1;
	return list_names(&r->were, a) < 0 ? -1 : list_names(&r->are, a);
}

bool routines_were(const struct routines *r, const struct routine *x)
{
	return tally_of(&r->were.named, x->hash) > 0;
}

static int add_single(struct routines *r, struct singles *l, const struct routine *x)
{
	struct single *items = array_grow(l->at, &l->cap, l->n, sizeof(*items));

	if (!items)
		return -1;
	l->at = items;
	items[l->n].routine = *x;
	routine_words(r, x, &items[l->n++].words);
	return 0;
}

static int find_singles(struct routines *r)
{
	for (size_t i = 0; i < r->were.n; i++) {
		const struct routine *x = &r->were.at[i];

		if (!(tally_of(&r->are.named, x->hash) > 0) && !routine_made_len(x->name) &&
		    add_single(r, &r->lost, x) < 0)
			return -1;
	}
	for (size_t i = 0; i < r->are.n; i++)
		if (!routines_were(r, &r->are.at[i]) &&
		    add_single(r, &r->gained, &r->are.at[i]) < 0)
			return -1;
	return 0;
}

enum { PROTOS = 256 }; /* prototypes that are counted, at most */

double singles_alike(const struct routines *r, struct singles *l, const struct prototype *p)
{
	double known = tally_of(&l->protos, p->key), n = 0;

	if (known > 0)
		return known;
	for (size_t i = 0; i < l->n; i++) {
		const struct routine *x = &l->at[i].routine;
		struct prototype other;

		if (btf_type(x->btf, x->proto).vlen != p->vlen)
			continue;
		routine_prototype(r, x, &other);
		n += other.key == p->key;
	}
	tally_add(&l->protos, p->key, fmax(n, 1));
	return fmax(n, 1);
}

double routines_names_alike(const struct routines *r, const struct words *a, const struct words *b)
{
	return words_alike_but(a, b, r->swaps);
}

double routines_types_alike(const struct routines *r, const struct slot *a, const struct slot *b)
{
	struct words was, is;

	if (a->key == b->key)
		return 1;
	if (*a->named.name && strcmp(a->named.name, b->named.name) == 0)
		return 0.7;
	if (!a->pointers != !b->pointers)
		return 0;
	if (!a->pointers)
		return 0.4;
	words_split(a->named.name, &was);
	words_split(b->named.name, &is);
	return 0.9 * routines_names_alike(r, &was, &is);
}

static const struct words *words_of(const struct singles *l)
{
	return l->n ? &l->at->words : NULL;
}

int routines_new(enum routine_kind kind, const struct btf *witness, const struct target *t,
		 struct arena *a, struct routines *r)
{
	*r = (struct routines){.kind = kind, .witness = witness, .target = t};
	if (list_both(r, a) < 0 || sample(r, a) < 0 || find_singles(r) < 0 ||
	    tally_init(&r->lost.protos, a, PROTOS) < 0 ||
	    tally_init(&r->gained.protos, a, PROTOS) < 0)
		return -1;
	r->swaps = swaps_new(words_of(&r->lost), r->lost.n, words_of(&r->gained), r->gained.n,
			     sizeof(struct single), a);
	return r->swaps ? 0 : -1;
}

void routines_free(struct routines *r)
{
	free(r->were.at);
	free(r->are.at);
	free(r->lost.at);
	free(r->gained.at);
}
