/*
 * liveness: what the rest of a function still reads, instruction by instruction. States that differ
 * only in what nobody reads, or in numbers that decide no branch, lead to the same places.
 */
#ifndef BTFL_LIVENESS_H
#define BTFL_LIVENESS_H

#include "verify/linked.h"
#include "verify/state.h"

/* One entry for each instruction, valid before it runs; free() it. NULL when memory is out. */
struct liveness *liveness_new(const struct linked *f);

#endif
