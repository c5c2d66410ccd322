/*
 * verdict: whether a kernel's verifier reaches what failed to relocate in a program.
 */
#ifndef BTFL_VERDICT_H
#define BTFL_VERDICT_H

#include "verify/walk.h"

enum verdict_kind {
	VERDICT_LOADS,    /* nothing failed */
	VERDICT_GUARDED,  /* what failed is dead code */
	VERDICT_REJECTED, /* some of it is reached */
	VERDICT_ERROR,    /* a loader refuses a relocation */
	VERDICT_UNKNOWN,  /* the analysis gave up; see why */
};

/* One relocation that failed. Instructions are numbers of the linked program. */
struct failure {
	uint32_t relo;
	uint32_t at;
	bool refused;          /* an error, no poison */
	bool guarded;          /* no path reaches it, or would if others had not failed */
	int32_t hit;           /* into the walk's hits; LINKED_NONE when it is not reached */
	int32_t guard;         /* the branch that keeps paths away; LINKED_NONE for none */
	uint32_t guard_origin; /* what decides it: ORIGIN_* of walk.h; 0 when not known */
};

struct verdict {
	enum verdict_kind kind;
	const char *why;    /* of VERDICT_UNKNOWN */
	size_t relocations; /* of the program and all that it refers to */
	size_t failed;
	struct failure *failures; /* reached ones first, in the verifier's order */
	struct linked *linked;
	struct walk *walk; /* NULL when no walk was needed */
};

/* The verdict on program `entry`. release is that of the kernel, NULL when it is not known: then a
 * rejection that only old kernels would give is VERDICT_UNKNOWN. r and x must outlive the result.
 */
int verdict_new(const struct resolution *r, const struct externs *x, uint32_t entry,
		const char *release, struct verdict **out, struct err *e);
void verdict_free(struct verdict *v); /* NULL is allowed */

/* A place on the path to a reached failure. It is gone back, for the last instructions tell most.
 */
struct way {
	const struct verdict *verdict;
	uint32_t at;    /* an instruction of the linked program */
	uint32_t step;  /* the last that was taken to come there; 0 for none */
	uint32_t entry; /* where the path starts */
};

/* The end of the path to a failure that is reached. v must outlive it. */
void verdict_way(const struct verdict *v, const struct failure *f, struct way *out);
/* Goes to the instruction before; false at the start of the path. */
bool verdict_back(struct way *w);

/* "loads" ... "unknown". */
const char *verdict_name(enum verdict_kind kind);

#endif
