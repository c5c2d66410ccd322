/*
 * lineup: two versions of one list of names (the members of a struct, the values of an enum) held
 * side by side: what survived under its name, what went, what came, and which of what came stands
 * where something went.
 */
#ifndef BTFL_LINEUP_H
#define BTFL_LINEUP_H

#include "successor/shape.h"
#include "successor/words.h"

struct item {
	const char *name;
	struct words words;
	struct shape shape;
	uint64_t value;  /* of an enumerator */
	double rarity;   /* 0 to 1: of its type among the names that went and came; old only */
	int32_t twin;    /* the item of the same name on the other side, -1 for none */
	int32_t partner; /* the item of the other side that it is paired with, -1 for none */
	uint32_t gap;    /* how many survivors that kept their order stand before it */
};

struct lineup {
	struct item *old, *new;
	size_t nold, nnew;
	struct item **by_name; /* old, sorted */
	struct vocabulary words;
	uint32_t gaps;     /* one more than survivors that kept their order */
	double *place;     /* [old * nnew + new]: see lineup_place() */
	double sole;       /* 1 when just one name went and one came, less for more */
	bool enums;        /* values instead of types */
	const char *apart; /* a name that is not the same thing on both sides; NULL */
	bool unordered;    /* old is an excerpt, whose order and gaps say nothing */
};

/* Fills twins, gaps, weights of words, places and partners. old and new hold the names (and shapes,
 * values); they and everything else stay in the arena. -1 when memory is out. */
int lineup_make(struct lineup *l, struct arena *a);

/* The item of old that is called the first len bytes of prefix and then rest; NULL for none. */
const struct item *lineup_find(const struct lineup *l, const char *prefix, size_t len,
			       const char *rest);

/* 0 to 1: how far the order says that item n of new stands where item m of old stood. */
double lineup_place(const struct lineup *l, size_t m, size_t n);

/* Whether two enumerators have the same value, and values around the first stayed as they were. */
bool lineup_same_value(const struct lineup *l, size_t m, size_t n);

/* n / (n + 1) for n others that went, of which one came when the words that m has and n has not are
 * replaced by those of n: miniq_egress, now tcx_egress, for miniq_ingress and tcx_ingress. */
double lineup_likewise(const struct lineup *l, size_t m, size_t n);

/* 0 to 1: how alike two items are without regard to place. */
double lineup_alike(const struct lineup *l, size_t m, size_t n);

#endif
