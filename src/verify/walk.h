/*
 * walk: which instructions of a program the verifier of a kernel would reach, path by path, in its
 * own order.
 */
#ifndef BTFL_WALK_H
#define BTFL_WALK_H

#include "base/scale.h"
#include "verify/context.h"
#include "verify/trace.h"

/* Most instructions walked, as many as the kernel's own limit; and most since something was
 * reached, where the kernel stops. */
enum { WALK_MOST = SCALE(1000000, 4000), WALK_MOST_AFTER = SCALE(100000, 1000) };

/* Most branches that wait to be walked, likewise (BPF_COMPLEXITY_LIMIT_JMP_SEQ). */
enum { WALK_MOST_WAITING = 8192 };

/* Walks the whole program, whose context c is. Fails only when memory is out. */
int walk_new(const struct linked *f, const struct externs *x, const struct context *c,
	     const struct abilities *r, struct walk **out, struct err *e);
void walk_free(struct walk *w); /* NULL is allowed */

#endif
