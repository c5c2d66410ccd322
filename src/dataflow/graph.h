/*
 * graph: the control flow of one function: where each instruction may lead, and what lies behind it
 * on every path.
 */
#ifndef BTFL_GRAPH_H
#define BTFL_GRAPH_H

#include "verify/linked.h"

#define GRAPH_NONE UINT32_MAX

/* The neighbours of node i are to[start[i]] up to to[start[i + 1]], that one excluded. */
struct graph_ways {
	uint32_t *start, *to;
};

/* Node i is instruction i; node `count` is where the function ends, behind every exit. The second
 * half of an ldimm64 is a node, too, that no way leads to but a jump which no kernel takes. */
struct graph {
	uint32_t count;
	struct graph_ways next, before;
	/* The last node that every path from the start to i passes before i; GRAPH_NONE for the
	 * start and what no path reaches. */
	uint32_t *dominator;
	/* The first node that every path from i to the end passes after i; GRAPH_NONE for the end
	 * and what never comes there. */
	uint32_t *meeting;
	/* Places in an order in which all that i dominates, itself included, stands together, from
	 * first[i] to last[i]; GRAPH_NONE for what no path reaches. */
	uint32_t *first, *last;
};

/* The graph of the first function of f. A call goes on behind it, a jump out of the function ends
 * it. NULL when memory is out. */
struct graph *graph_new(const struct linked *f);
void graph_free(struct graph *w); /* NULL is allowed */

/* The node that instruction `at` of f's first function falls to, and the one it jumps to; the end
 * for what lies outside, GRAPH_NONE for a way that it has not. */
void graph_ways_of(const struct linked *f, uint32_t at, uint32_t *falls, uint32_t *jumps);

/* Whether the way from a branch to one of its targets is the only one there, but for those that
 * come back from behind it: what the target dominates is then behind that side of the branch alone.
 */
bool graph_is_only_way(const struct graph *w, uint32_t from, uint32_t to);

#endif
