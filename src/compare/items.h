/*
 * items: what a type consists of, as a list: the fields of a struct, the enumerators of an enum,
 * the parameters of a function; and which of two lists correspond.
 */
#ifndef BTFL_ITEMS_H
#define BTFL_ITEMS_H

#include "format/btf.h"

enum { ITEMS_MAX = 1 << 18 };

#define ITEM_NONE UINT32_MAX

/* Of an enumerator that btf_enumerator() gave, the value that C has. An ENUM says whether it has a
 * sign, but encoders before 2022 never do: so two values are the same, too, where one may be either
 * number. */
static inline uint64_t items_value(const struct btf_type *t, uint64_t value)
{
	return t->kind == BTF_ENUM && !t->kflag ? (uint32_t)value : value;
}

static inline bool items_same_value(const struct btf_type *a, uint64_t x, const struct btf_type *b,
				    uint64_t y)
{
	return x == y || items_value(a, x) == y || x == items_value(b, y);
}

/* Of a name. */
static inline size_t items_hash(const char *name)
{
	size_t h = 5381;

	while (*name)
		h = h * 33 ^ (unsigned char)*name++;
	return h ^ h >> 15;
}

struct item {
	const char *name; /* "" without one: of a parameter */
	uint32_t type;    /* 0 of an enumerator */
	uint32_t bits;    /* of a bitfield; 0 for none */
	uint64_t at;      /* bits from the start, the value, or the number of the parameter */
	uint32_t match;   /* index of the other list's, ITEM_NONE for none */
	bool reordered;   /* others that stayed have passed it */
};

/* Zero-initialised is empty and ready. */
struct items {
	struct item *list;
	size_t count, cap;
};

/* Empties it and adds those of the struct, union, enum, enum64 or func_proto id. Returns -1 with e
 * set when memory is out, and for more than ITEMS_MAX. */
int items_of(struct items *l, const struct btf *b, uint32_t id, struct err *e);
void items_free(struct items *l);

/* Fills match of both, by name, the first of a name with the first, or by place. Returns -1 when
 * memory is out. */
int items_match(struct items *old, struct items *new, bool by_name);

/* Fills reordered of the old ones that have a match: as few as can be, so that the others stand in
 * the order of `at` in both. Likewise. */
int items_order(struct items *old, const struct items *new);

#endif
