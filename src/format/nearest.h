/*
 * nearest: names that a misspelt one may have meant.
 */
#ifndef BTFL_NEAREST_H
#define BTFL_NEAREST_H

#include <stddef.h>

#include "format/btf.h"

/* Edit distance (insertions, deletions, substitutions, swaps of neighbours) between a and b, or
 * limit + 1 as soon as it must exceed limit. Names longer than 128 bytes are never near. */
unsigned nearest_distance(const char *a, const char *b, unsigned limit);

/* The distance up to which a name counts as near to this one: 1 for short names, 4 for the longest.
 */
unsigned nearest_limit(const char *name);

/* Fills ids with up to n types of b (its base included) of that kind (< 0: any but FUNC, VAR,
 * DATASEC) whose names are nearest to name, best first and each name once; returns how many. */
size_t nearest_types(const struct btf *b, const char *name, int kind, uint32_t *ids, size_t n);

#endif
