/*
 * pairs: what was found out of pairs of kernels for one question, kept for the next.
 */
#ifndef BTFL_PAIRS_H
#define BTFL_PAIRS_H

#include "successor/rolls.h"
#include "successor/routines.h"

/* Functions and tracepoints of two pairs. */
enum { PAIRS_KEPT = 4 };

/* Zero-initialised is empty. */
struct pairs {
	struct kept_pair {
		struct routines *routines; /* NULL: free */
		struct btf **btf;          /* the witness, then the target's; referenced */
		size_t count;
		uint64_t asked; /* when it was last */
	} at[PAIRS_KEPT];
	uint64_t asked;
	struct rolls rolls; /* of single BTFs */
};

/* What is common to all questions of that kind about the pair: kept, or made and kept in place of
 * what was not asked for longest. Good until the next call; NULL when memory is out. */
struct routines *pairs_routines(struct pairs *p, enum routine_kind kind, const struct btf *witness,
				const struct target *t);

/* Frees what is of kernels that nobody else has open any more. */
void pairs_tidy(struct pairs *p);

/* Frees all that is kept. */
void pairs_free(struct pairs *p);

#endif
