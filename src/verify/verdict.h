/*
 * verdict: whether a program loads on a kernel: what stands in its way, and what of that its
 * verifier reaches.
 */
#ifndef BTFL_VERDICT_H
#define BTFL_VERDICT_H

#include "verify/loading.h"
#include "verify/walk.h"

enum verdict_kind {
	VERDICT_LOADS,      /* nothing stands in its way */
	VERDICT_GUARDED,    /* what would is dead code */
	VERDICT_REJECTED,   /* the verifier refuses it */
	VERDICT_ERROR,      /* a loader refuses a relocation */
	VERDICT_REFUSED,    /* a loader or the kernel does, before the verifier walks it */
	VERDICT_INCOMPLETE, /* only for want of what a tool sets between open and load */
	VERDICT_UNKNOWN,    /* see why */
};

struct verdict {
	enum verdict_kind kind;
	const char *why;              /* of VERDICT_UNKNOWN */
	const struct obstacle *first; /* that decides; NULL where none is known */
	enum known attaches;          /* whether it can be attached, once it is loaded */
	const char *detached;         /* why not, see program_scope.h; NULL otherwise */
	size_t relocations;           /* of the program and all that it refers to */
	size_t failed;
	struct obstacles obstacles; /* in the order in which they are met */
	struct linked *linked;
	struct walk *walk; /* NULL when no walk was needed */
};

/* The verdict on the program of l. l and all in it must outlive the result. */
int verdict_new(const struct loading *l, struct verdict **out, struct err *e);
void verdict_free(struct verdict *v); /* NULL is allowed */

/* A place on the path to an obstacle that is reached. It is gone back, for the last instructions
 * tell most. */
struct way {
	const struct verdict *verdict;
	uint32_t at;    /* an instruction of the linked program */
	uint32_t step;  /* the last that was taken to come there; 0 for none */
	uint32_t entry; /* where the path starts */
};

/* The end of the path to an obstacle that has a hit. v must outlive it. */
void verdict_way(const struct verdict *v, const struct obstacle *x, struct way *out);
/* Goes to the instruction before; false at the start of the path. */
bool verdict_back(struct way *w);

/* "loads" ... "unknown". */
const char *verdict_name(enum verdict_kind kind);

#endif
