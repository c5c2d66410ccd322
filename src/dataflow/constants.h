/*
 * constants: which branches of a function compare numbers that are known before it runs, and which
 * relocations these come from.
 */
#ifndef BTFL_CONSTANTS_H
#define BTFL_CONSTANTS_H

#include "dataflow/graph.h"

/* Of the relocations that a number comes from, as many are kept. */
enum { RELO_SET_MOST = 6 };

struct relo_set {
	uint32_t count;
	uint32_t relo[RELO_SET_MOST]; /* into the object's, ascending */
};

/* What is known of a branch. */
struct decision {
	bool decided;       /* both sides of the comparison are known numbers */
	bool reached;       /* other decided branches do not keep all paths away; only then: */
	bool jumps;         /* which way it goes, when it is decided */
	struct relo_set by; /* of the numbers, and of the branches that chose them */
};

/* One for each instruction of the first function of f, whose relocations are resolved and whose
 * graph w is; free() it. Numbers are followed through moves, arithmetic and spills. What a call or
 * memory gives is not known; what is written to the stack through a pointer is followed only where
 * the pointer's offset is known, or it is given to a call. NULL when memory is out. */
struct decision *constants_decide(const struct linked *f, const struct graph *w);

#endif
