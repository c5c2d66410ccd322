/*
 * ladder: the branches of a function that relocations decide: which way each goes on a kernel, and
 * what runs then.
 */
#ifndef BTFL_LADDER_H
#define BTFL_LADDER_H

#include "dataflow/constants.h"

/* A branch that is decided on the kernel, or would be if it were reached. */
struct rung {
	uint32_t at; /* instruction of the function */
	struct relo_set by;
	uint32_t falls, jumps; /* nodes of the graph */
	bool asked;            /* it is reached there; only then: */
	bool jumps_there;
	/* The rung at which the ladder starts that this one belongs to: itself, or one that leads
	 * here through nothing but moves and arithmetic. */
	uint32_t head;
	/* Of a head that is asked: what runs then, and with what; equal numbers on two kernels mean
	 * that both take the same arm of the ladder. */
	uint64_t arm;
};

struct ladder {
	struct rung *rungs; /* in the order of their instructions */
	size_t count;
	struct graph *graph;
};

/* The rungs of the first function of f, whose relocations are resolved. Fails only when memory is
 * out. */
int ladder_new(const struct linked *f, struct ladder **out, struct err *e);
void ladder_free(struct ladder *x); /* NULL is allowed */

#endif
