/*
 * words: how alike two identifiers are, word by word, where a word that is rare among the names
 * around it says more than one that most of them share.
 */
#ifndef BTFL_WORDS_H
#define BTFL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "successor/tally.h"

enum { WORDS_MAX = 10 };

/* A word of a name: a run between underscores, dots or changes of case. */
struct word {
	const char *at;
	uint32_t hash; /* without regard to case */
	uint8_t len;
	float weight; /* 0 to 1: how rare it is; 1 until words_weigh() */
};

struct words {
	const char *name;
	unsigned n;
	struct word at[WORDS_MAX]; /* further words of a longer name are left out */
};

/* How many of a set of names have each word. Zero-initialised is empty. */
struct vocabulary {
	struct tally words;
	uint32_t names;
};

void words_split(const char *name, struct words *w);

/* Makes room in the arena for the words of that many names; -1 when memory is out. */
int vocabulary_init(struct vocabulary *v, struct arena *a, size_t names);
/* Counts the words of one name, each once. No more names than there is room for. */
void vocabulary_add(struct vocabulary *v, const struct words *w);

/* Sets the words' weights; with `narrow` only lowers them. */
void words_weigh(struct words *w, const struct vocabulary *v, bool narrow);

/* Lowers the weights of words that the type says already: a list_head is often called a list. */
void words_discount(struct words *w, const char *type);

/* 0 to 1: weight of the words that a and b share, exactly or nearly, in that of all their words. */
double words_alike(const struct words *a, const struct words *b);

/* The same, where words of a that often gave way to those of b count nearly as the same, and so do
 * those that often came or went. */
struct swaps;
double words_alike_but(const struct words *a, const struct words *b, const struct swaps *swaps);

/* Whether every word of a (there are some) is in b, letter by letter. */
bool words_within(const struct words *a, const struct words *b);

/* Whether `name` says `what` and besides only words of `around`: each of its words is near one of
 * what or of around, each word of what is near one of it or stands in around, and one of them does
 * not. */
bool words_made_of(const struct words *name, const struct words *what, const struct words around[],
		   size_t n);

/* Whether each word of a is near one of b. */
bool words_heard(const struct words *a, const struct words *b);

#endif
