/*
 * liveness: what the rest of a function still reads, instruction by instruction. States that differ
 * only in what nobody reads, or in numbers that decide no branch, lead to the same places.
 */
#ifndef BTFL_LIVENESS_H
#define BTFL_LIVENESS_H

#include "verify/linked.h"
#include "verify/releases.h"
#include "verify/state.h"

/* One entry for each instruction, valid before it runs; free() it. NULL when memory is out. l is
 * what f refers to, r what the verifier makes of it. */
struct liveness *liveness_new(const struct linked *f, const struct references *l,
			      const struct abilities *r);

/* Whether the relocated number of instruction `at` may count for more than what is computed of it,
 * by what liveness_new() gave. */
bool liveness_counts(const struct linked *f, const struct liveness *live, uint32_t at);

#endif
