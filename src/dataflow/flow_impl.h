/*
 * flow_impl: what flow.c and flow_step.c share.
 */
#ifndef BTFL_FLOW_IMPL_H
#define BTFL_FLOW_IMPL_H

#include "base/arena.h"
#include "dataflow/blocks.h"
#include "dataflow/flow.h"
#include "dataflow/live.h"
#include "verify/state.h"

/* Numbers of facts, of one function: of its registers, and of its stack as in struct frame. */
struct flow_state {
	uint32_t reg[REGISTERS];
	uint32_t slot[SLOTS];
};

/* What is known where a block starts: along one way there, or all of them. */
struct way {
	struct way *next;
	bool dirty; /* not followed since it became what it is */
	/* The facts of what is live there, registers first; behind them, of each again, what tells
	 * ways apart. */
	uint32_t fact[];
};

/* What a function of the program returns. */
struct outcome {
	uint32_t fact;
	bool known; /* some way leads to its end */
};

struct flow {
	const struct flow_ask *ask;
	const struct linked *f;
	struct reads *r;
	struct provenance *p;
	struct blocks *blocks;
	struct live *live;  /* by block */
	struct way **ways;  /* by block: those that lead to it */
	struct arena arena; /* has them */
	size_t way_count;
	struct outcome *outcomes; /* by function */
	bool changed, failed;
	bool found;   /* no way has more to tell */
	bool noting;  /* what is done is noted */
	bool apart;   /* no two ways are one where they meet */
	bool crowded; /* they are too many for that */
};

/* The fact, its sources moved by `number` bytes or by relocation `relo`, -1 for none. */
uint32_t flow_moved(struct flow *x, uint32_t fact, int64_t number, int32_t relo);

/* Does to s what instruction `at` does, one that is no call of a function of the program. */
void flow_step(struct flow *x, uint32_t at, struct flow_state *s);

#endif
