/*
 * suggest_bit: enumerators that came for the bits of a word of flags, each with the name of a field
 * that went: PACKET_SOCK_RUNNING for packet_sock.running tells that packet_sock.flags holds it.
 */
#include "successor/suggest_impl.h"

#include <stdlib.h>

enum { MOST_BITS = 256 };

/* What bits are called besides their own name. */
static const char FILLERS[] = "flag_flags_f_bit_b_is_has";

/* Those of e that may name the field. */
static void list_named(struct bits *bits, const struct words *field, const struct btf_type *e)
{
	struct words w;

	for (uint32_t i = 0; i < e->vlen && bits->n < MOST_BITS; i++) {
		struct btf_enumerator v = btf_enumerator(e, i);

		words_split(v.name, &w);
		if (words_heard(field, &w))
			bits->at[bits->n++] =
			    (struct bit){v.name, hash_text(v.name), v.value, e->id};
	}
}

static int by_hash(const void *a, const void *b)
{
	const struct bit *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

/* Drops those that the witness has, too. */
static void drop_old(struct bits *bits, struct type_list enums)
{
	size_t kept = 0;

	qsort(bits->at, bits->n, sizeof(*bits->at), by_hash);
	for (size_t k = 0; k < enums.n && bits->n; k++) {
		const struct btf_type *e = &enums.at[k];

		for (uint32_t i = 0; i < e->vlen; i++) {
			struct bit key = {.hash = hash_text(btf_enumerator(e, i).name)}, *old;

			old = bsearch(&key, bits->at, bits->n, sizeof(key), by_hash);
			if (old)
				old->name = NULL;
		}
	}
	for (size_t i = 0; i < bits->n; i++)
		if (bits->at[i].name)
			bits->at[kept++] = bits->at[i];
	bits->n = kept;
}

int bits_list(struct hunt *h, const struct words *field, struct bits *bits)
{
	const struct btf *b = h->target->btf[0];
	struct type_list enums = hunt_enums(h, b);

	*bits = (struct bits){.btf = b, .at = arena_alloc(h->arena, MOST_BITS, sizeof(*bits->at))};
	if (!bits->at)
		return -1;
	for (size_t i = 0; i < enums.n; i++)
		list_named(bits, field, &enums.at[i]);
	drop_old(bits, hunt_enums(h, h->witness));
	return 0;
}

/* Whether the name of a bit has a word of this one. */
static bool is_of(const struct words *bit, const char *of)
{
	struct words w;

	words_split(of, &w);
	for (unsigned i = 0; i < w.n; i++) {
		struct words one = w;

		one.at[0] = w.at[i];
		one.n = 1;
		if (words_heard(&one, bit))
			return true;
	}
	return false;
}

const struct bit *bits_of(const struct bits *bits, const struct words *field, const char *owner,
			  const char *word, const char *of)
{
	struct words around[3], w;

	if (!bits->n)
		return NULL;
	words_split(owner, &around[0]);
	words_split(word, &around[1]);
	words_split(FILLERS, &around[2]);
	for (size_t i = 0; i < bits->n; i++) {
		words_split(bits->at[i].name, &w);
		if (words_made_of(&w, field, around, 3) && (!of || is_of(&w, of)))
			return &bits->at[i];
	}
	return NULL;
}

/* Enumerators are bits' numbers, or, where all are powers of two and the last is a larger one than
 * a number in that count would be, masks. Where they may be either nobody can tell. */
uint64_t bit_mask(const struct bits *bits, const struct bit *bit)
{
	struct btf_type e = btf_type(bits->btf, bit->owner);
	uint64_t most = 0;
	bool powers = true;

	for (uint32_t i = 0; i < e.vlen; i++) {
		uint64_t v = btf_enumerator(&e, i).value;

		powers &= v && !(v & (v - 1));
		most = v > most ? v : most;
	}
	if (powers)
		return most > e.vlen ? bit->value : 0;
	return bit->value < 64 ? (uint64_t)1 << bit->value : 0;
}
