/*
 * swaps: which words of names that went gave way to which words of names that came, where the rest
 * of the name stayed; and which often came or went without another.
 */
#ifndef BTFL_SWAPS_H
#define BTFL_SWAPS_H

#include "successor/tally.h"
#include "successor/words.h"

struct swaps;

/* Counts them over two lists of weighed words, which stand `stride` bytes apart. Lives as long as
 * the arena; NULL when memory is out. */
struct swaps *swaps_new(const struct words *lost, size_t nlost, const struct words *gained,
			size_t ngained, size_t stride, struct arena *a);

/* A word that gave way to another, n times. */
struct swap {
	struct word was, now;
	double n;
};

/* The same of swaps that are known. */
struct swaps *swaps_of(const struct swap *known, size_t n, struct arena *a);

/* For each word that more than once took the place of one of w's, the bit of its hash % 64. */
uint64_t swaps_glimpse(const struct swaps *swaps, const struct words *w);

/* 0 to 1: how often b stands where a stood; NULL for no word: how often a is left out, or b added.
 * swaps may be NULL: never. */
double swaps_often(const struct swaps *swaps, const struct word *a, const struct word *b);

#endif
