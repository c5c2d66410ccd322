/*
 * names: how the words that two names have in common stand in them, and what names have besides.
 */
#ifndef BTFL_NAMES_H
#define BTFL_NAMES_H

#include "successor/swaps.h"

/* Words that are the same, or of which a's gave way to b's elsewhere. */
struct names_common {
	double said;  /* what they weigh in a */
	double mixed; /* 0 to 1: how much of that stands in another order in b */
};

struct names_common names_common(const struct words *a, const struct words *b,
				 const struct swaps *swaps);

/* A run of words in a name. */
struct run {
	const char *at;
	size_t len; /* 0: no word */
};

/* What two names have of their own between the words with which both begin and end. */
void names_differ(const struct words *a, const struct words *b, struct run *was, struct run *is);

/* The name with the run `is` in place of `was`, which has a length, or without it where `is` has
 * none; false where it does not have that as whole words, nothing would be left, or out is too
 * short. */
bool names_put(const char *name, const struct run *was, const struct run *is, char *out,
	       size_t size);

#endif
