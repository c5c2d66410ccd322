/*
 * family: the routines that a kernel lost which share words with one that it lost, and how many of
 * them went the way in which that one may have gone: by the same words for the same.
 */
#ifndef BTFL_FAMILY_H
#define BTFL_FAMILY_H

#include "successor/names.h"
#include "successor/routines.h"

struct family {
	const struct routines *routines;
	const struct single *of;
	const struct single **at; /* those that share a word with it, without itself */
	size_t n;
};

/* Lists them; lives as long as the arena. -1 when memory is out. */
int family_of(const struct routines *r, const struct single *lost, struct arena *a,
	      struct family *out);

/* How many of them came with the words `is` in place of `was`, each counted by what the rest of its
 * name weighs, at most 1. None where that of the lost one's is too little to go by. */
double family_went(const struct family *f, const struct run *was, const struct run *is);

#endif
