/*
 * spelling: whether two types, of one BTF or of two, are written the same in C: names of what has
 * one, and the whole of what has none.
 */
#ifndef BTFL_SPELLING_H
#define BTFL_SPELLING_H

#include "format/btf.h"

enum { SPELLING_DEPTH = 64 };

struct spelling {
	const struct btf *old, *new;
	bool names;  /* what types, members and enumerators are called counts */
	bool layout; /* of what has no name, so do offsets and sizes */
	long budget; /* types that may still be looked at; below 0 when a hostile BTF spent it */
};

/* Whether they are. Type tags do not count, which only some compilers tell of, nor whether a
 * struct is declared only; `long unsigned int` is `unsigned long`. False when the budget is spent,
 * and behind SPELLING_DEPTH types, which spends it. */
bool spelling_same(struct spelling *s, uint32_t old, uint32_t new);

/* Follows type tags. */
struct btf_type spelling_untagged(const struct btf *b, uint32_t id);

#endif
