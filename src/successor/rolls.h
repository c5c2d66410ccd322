/*
 * rolls: of a BTF what a hunt asks again and again: its structs, unions and enums, a tenth of all
 * types, and what each type leads to. Made once and kept for the next question: that halves what a
 * question about a field takes.
 */
#ifndef BTFL_ROLLS_H
#define BTFL_ROLLS_H

#include "format/btf.h"

/* Types in the order of their ids, those of the base first. */
struct type_list {
	struct btf_type *at;
	size_t n;
};

struct roll {
	struct btf *btf; /* referenced; NULL: free */
	struct type_list composites, enums;
	/* By id: the named struct or union that it is, or points to; 0 for none. */
	uint32_t *behind;
	/* By id: the type that stands in it, behind pointers, arrays and all that has no name. */
	uint32_t *named;
	uint64_t asked; /* when it was last */
};

/* Those of a witness and a target, of another pair, and of a kernel on the way. */
enum { ROLLS_KEPT = 5 };

/* Zero-initialised is empty. */
struct rolls {
	struct roll at[ROLLS_KEPT];
	uint64_t asked;
};

/* That of b: kept, or made and kept in place of the one that was not asked for longest. Good until
 * rolls_of() was called for ROLLS_KEPT others. NULL when memory is out. */
const struct roll *rolls_of(struct rolls *r, const struct btf *b);

/* Frees that of one place. */
void roll_free(struct roll *r);

/* Frees all that is kept. */
void rolls_free(struct rolls *r);

#endif
