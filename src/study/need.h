/*
 * need: what the rest of a function still reads, instruction by instruction. States that differ
 * only in what nobody reads, or in numbers that decide no branch, lead to the same places.
 */
#ifndef BTFL_NEED_H
#define BTFL_NEED_H

#include "study/flat.h"
#include "study/state.h"

/* One entry for each instruction, valid before it runs; free() it. NULL when memory is out. */
struct need *need_new(const struct flat *f);

#endif
