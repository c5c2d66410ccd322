/*
 * guards: of what a verifier would refuse in a program, what a walk has reached, and which branch
 * keeps its paths away from the rest.
 */
#ifndef BTFL_GUARDS_H
#define BTFL_GUARDS_H

#include "verify/trace.h"

/* Fills in reached, hit and guard of the obstacles of STAGE_WALK. One that only others stand before
 * is neither reached nor guarded. */
int guards_find(const struct linked *f, const struct walk *w, struct obstacles *o, struct err *e);

/* The extern (of those that f's object refers to), or the variable of a section of constants, that
 * is the origin of a branch of f, as trace.h has it; NULL for anything else. */
const char *guard_variable(const struct linked *f, const struct references *l, uint32_t origin);

#endif
