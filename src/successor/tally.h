/*
 * tally: how much each of many keys counts.
 */
#ifndef BTFL_TALLY_H
#define BTFL_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct tally {
	struct tally_entry {
		uint64_t key; /* 0: free */
		double sum;
	} * entries;
	uint32_t mask, used;
};

/* Makes room in the arena for that many keys; -1 when memory is out. */
int tally_init(struct tally *t, struct arena *a, size_t keys);

/* Adds to what a key counts; what there is no room for is not counted. */
void tally_add(struct tally *t, uint64_t key, double amount);

/* The key of a text. */
uint64_t hash_text(const char *s);

/* 0 for a key that was not seen. */
/* Fetches what tells of a key that is asked for soon, where many are in a row. */
static inline void tally_soon(const struct tally *t, uint64_t key)
{
	__builtin_prefetch(&t->entries[(uint32_t)(key ^ key >> 32) & t->mask]);
}

double tally_of(const struct tally *t, uint64_t key);

#endif
