/*
 * blocks: a linked program as runs of instructions: only the first of a run is ever jumped to, and
 * only the last leads elsewhere, calls a function of the program or returns.
 */
#ifndef BTFL_BLOCKS_H
#define BTFL_BLOCKS_H

#include "verify/linked.h"

#define BLOCK_NONE UINT32_MAX

struct block {
	uint32_t start, last;  /* instructions */
	uint32_t falls, jumps; /* the blocks that the last may lead to; BLOCK_NONE */
	uint32_t enters;       /* the first block of the function that it calls; BLOCK_NONE */
};

struct blocks {
	uint32_t count;
	struct block list[]; /* in the order of their instructions */
};

/* The blocks of all functions of f, reached or not; free() them. NULL when memory is out. */
struct blocks *blocks_new(const struct linked *f);

/* The block that instruction `at` of f is in. */
uint32_t blocks_at(const struct blocks *b, uint32_t at);

/* The instruction behind the one at `at`: an ldimm64 takes the place of two. */
static inline uint32_t blocks_next(const struct linked *f, uint32_t at)
{
	return at + (f->insns[at].in.code == BPF_LDIMM64 ? 2 : 1);
}

#endif
