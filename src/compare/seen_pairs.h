/*
 * seen_pairs: which pairs of types were compared, and how deep, so that circles end.
 */
#ifndef BTFL_SEEN_PAIRS_H
#define BTFL_SEEN_PAIRS_H

#include <stddef.h>
#include <stdint.h>

struct seen_pair {
	uint32_t old, new;
	unsigned depth; /* 0: the slot is free */
};

/* Zero-initialised is empty and ready. */
struct seen_pairs {
	struct seen_pair *slots; /* a power of two of them */
	size_t count, size;
};

enum seen { SEEN_NEW, SEEN_BEFORE, SEEN_NO_MEMORY };

/* Notes a pair, to be looked at `depth` types deep, which is at least 1; SEEN_BEFORE when it was
 * as deep or deeper. */
enum seen seen_pairs_add(struct seen_pairs *s, uint32_t old, uint32_t new, unsigned depth);

void seen_pairs_free(struct seen_pairs *s);

#endif
