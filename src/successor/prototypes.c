/* prototypes: see prototypes.h. */
#include "successor/prototypes.h"

#include <math.h>
#include <stdlib.h>

#include "base/digest.h"

enum {
	TYPES = 1 << 15,   /* types of parameters that are counted, at most */
	SWAPPED = 1 << 13, /* pairs of them */
};

struct type_key {
	uint64_t key;
	float weight; /* and one more; 0: not weighed */
	uint32_t named;
	uint8_t pointers;
};

/* Most types are no parameters: what is not touched of the table takes no memory. */
struct type_keys *type_keys_new(const struct btf *b, struct type_keys *base, struct type_keys **all)
{
	struct type_keys *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	*k = (struct type_keys){.btf = b, .base = base, .next = *all};
	*all = k;
	k->of = calloc(b->end_id - b->first_id + 1, sizeof(*k->of));
	k->at = array_grow(NULL, &k->cap, 0, sizeof(*k->at));
	if (!k->of || !k->at)
		return NULL;
	k->at[k->n++] = (struct type_key){0};
	return k;
}

void type_keys_free(struct type_keys *all)
{
	while (all) {
		struct type_keys *next = all->next;

		free(all->of);
		free(all->at);
		free(all);
		all = next;
	}
}

static void look_at(const struct btf *b, uint32_t type, struct type_key *out)
{
	struct digester key = {0};
	struct btf_type t = {0};

	*out = (struct type_key){0};
	for (int depth = 0; depth < 32; depth++) {
		t = btf_type(b, type);
		if (t.kind == BTF_PTR)
			out->pointers++;
		else if (t.kind != BTF_CONST && t.kind != BTF_VOLATILE && t.kind != BTF_RESTRICT &&
			 t.kind != BTF_TYPE_TAG)
			break;
		type = t.type;
	}
	out->named = t.id;
	digest_string(&key, t.name);
	digest_add(&key, (uint64_t)t.kind << 8 | out->pointers);
	out->key = digest_of(&key).word[0] | 1;
}

/* Good until the next call. Where memory is out a type is none of those that are known. */
static struct type_key *key_of(struct type_keys *k, uint32_t type)
{
	struct type_keys *own = k;
	uint32_t *of;

	while (type < own->btf->first_id && own->base)
		own = own->base;
	/* Void is nobody's own. */
	of = &own->of[type < own->btf->first_id ? own->btf->end_id - own->btf->first_id
						: type - own->btf->first_id];
	if (!*of) {
		struct type_key *items = array_grow(own->at, &own->cap, own->n, sizeof(*items));

		if (!items)
			return &own->at[0];
		own->at = items;
		look_at(k->btf, type, &own->at[own->n]);
		*of = (uint32_t)own->n++;
	}
	return &own->at[*of];
}

static float weight_of(const struct type_counts *c, uint64_t key)
{
	double seen = tally_of(&c->seen, key);
	double weight = log(c->sampled / (seen > 0 ? seen : 0.5)) / log(c->sampled + 1);

	return (float)fmin(1, fmax(0, weight));
}

static uint64_t both_key(uint64_t type, uint64_t called)
{
	return called * 31 ^ type;
}

/* So many parameters stand for what is known of a name beside its type. */
#define BESIDE_TYPE 6
/* A name that one in so many has, as a logarithm, says 1. */
#define SAYS_ONE 5

/* What a name says that its type does not: `struct inode *inode` nothing, `struct inode *dir` what
 * it is for. */
static double says(const struct type_counts *c, uint64_t type, uint64_t called)
{
	double everywhere, here;

	if (!called || !(c->sampled > 0))
		return 0;
	everywhere = (fmax(tally_of(&c->called, called), 0.5) + 0.5) / c->sampled;
	here = (tally_of(&c->both, both_key(type, called)) + BESIDE_TYPE * everywhere) /
	       (tally_of(&c->seen, type) + BESIDE_TYPE);
	return fmin(2, fmax(0, -log(here) / SAYS_ONE));
}

static struct slot slot_of(struct type_keys *k, const struct type_counts *c, uint32_t type,
			   const char *name)
{
	struct type_key *known = key_of(k, type);
	uint64_t called = *name ? hash_text(name) : 0;

	if (c->sampled > 0 && !(known->weight > 0))
		known->weight = 1 + weight_of(c, known->key);
	return (struct slot){.name = name,
			     .btf = k->btf,
			     .key = known->key,
			     .named = known->named,
			     .pointers = known->pointers,
			     .called = called,
			     .says = says(c, known->key, called),
			     .weight = known->weight > 0 ? (double)known->weight - 1 : 0};
}

void prototype_read(struct type_keys *keys, const struct type_counts *c, uint32_t id,
		    uint32_t skipped, struct prototype *out)
{
	struct btf_type proto = btf_type(keys->btf, id);
	struct digester key = {0};

	out->n = 0;
	out->vlen = proto.vlen;
	out->ret = slot_of(keys, c, proto.type, "");
	digest_add(&key, out->ret.key);
	digest_add(&key, proto.vlen);
	for (uint32_t i = skipped; i < proto.vlen && out->n < PROTOTYPE_SLOTS; i++) {
		struct btf_param p = btf_param(&proto, i);

		out->at[out->n] = slot_of(keys, c, p.type, p.name);
		digest_add(&key, out->at[out->n++].key);
	}
	out->key = digest_of(&key).word[0];
}

int type_counts_init(struct type_counts *c, struct arena *a)
{
	*c = (struct type_counts){0};
	if (tally_init(&c->seen, a, TYPES) < 0 || tally_init(&c->called, a, TYPES) < 0 ||
	    tally_init(&c->both, a, TYPES) < 0)
		return -1;
	return tally_init(&c->swapped, a, SWAPPED);
}

void type_counts_add(struct type_counts *c, const struct prototype *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		const struct slot *s = &p->at[i];
		unsigned k = 0;

		while (k < i && p->at[k].key != s->key)
			k++;
		if (k == i)
			tally_add(&c->seen, s->key, 1);
		for (k = 0; k < i && p->at[k].called != s->called;)
			k++;
		if (k < i || !s->called)
			continue;
		tally_add(&c->called, s->called, 1);
		tally_add(&c->both, both_key(s->key, s->called), 1);
	}
}

static uint64_t swap_key(uint64_t was, uint64_t is)
{
	return was * 3 ^ is;
}

void type_counts_swap(struct type_counts *c, struct type_keys *were, uint32_t was,
		      struct type_keys *are, uint32_t is)
{
	struct btf_type before = btf_type(were->btf, was), now = btf_type(are->btf, is);
	uint64_t swap = 0;

	if (before.vlen != now.vlen)
		return;
	for (uint32_t i = 0; i < before.vlen; i++) {
		uint64_t a = key_of(were, btf_param(&before, i).type)->key;
		uint64_t b = key_of(are, btf_param(&now, i).type)->key;

		if (a == b)
			continue;
		/* Where more than one differs they may just have changed places. */
		if (swap)
			return;
		swap = swap_key(a, b);
	}
	if (swap)
		tally_add(&c->swapped, swap, 1);
}

double type_swapped_often(const struct type_counts *c, const struct slot *a, const struct slot *b)
{
	double n = tally_of(&c->swapped, swap_key(a->key, b->key));

	return n >= 1 ? 0.95 * n / (n + 1) : 0;
}

const char *slot_type_name(const struct slot *s)
{
	return btf_type(s->btf, s->named).name;
}
