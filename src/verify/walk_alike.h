/*
 * walk_alike: whether the verifiers of all releases walk a program alike, step by step. What
 * follows from such a walk is the same whatever the kernel's can tell.
 *
 * So it is where the one that can tell the least and the one that can tell the most take the same
 * steps, and no number on them is one that cannot be: between the two, numbers are known as well as
 * by the one and not better than by the other, and each branch is decided as by both (releases.h).
 */
#ifndef BTFL_WALK_ALIKE_H
#define BTFL_WALK_ALIKE_H

#include "verify/walk.h"

/* Whether all walk alike the program whose walk w is, in context c. Walks it twice more where that
 * is short; false where it is not, and where it cannot be told. Who listens (asked.h) hears what
 * these walks ask. check of 139 objects on 71 kernels looks into 7 % fewer pairs so, verdicts into
 * 12 % fewer. */
int walk_alike(const struct walk *w, const struct context *c, bool *alike, struct err *e);

#endif
