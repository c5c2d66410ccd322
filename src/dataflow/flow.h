/*
 * flow: follows provenance through a linked program to a fixpoint, and notes what is done with
 * arguments; reads.h is what it is for.
 */
#ifndef BTFL_FLOW_H
#define BTFL_FLOW_H

#include "dataflow/reads.h"
#include "verify/trace.h"

struct flow_ask {
	const struct references *references;
	const struct walk *walk; /* the ways that are gone; NULL for all */
	enum context_shape shape;
	const char *own, *arch; /* as registers_own() and registers_arch() have it */
	bool returns;           /* registers are those at the return of a function */
};

/* Appends to r->list what is done along those ways, in order of instructions. */
int flow_run(const struct flow_ask *ask, struct reads *r, struct err *e);

#endif
