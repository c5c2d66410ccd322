/*
 * stops: instructions that the verifier refuses: those it finds wherever they stand, and those it
 * stops at when a path comes to them.
 */
#ifndef BTFL_STOPS_H
#define BTFL_STOPS_H

#include "verify/loading.h"

/* Adds an obstacle for each instruction of f that the target's verifier refuses, and marks those of
 * STAGE_WALK in f. *suspects: whether one calls what may sleep where a path decides if it is
 * refused, see linked.h: a walk tells. */
int stops_find(const struct loading *l, struct linked *f, struct obstacles *o, bool *suspects,
	       struct err *e);

#endif
