/*
 * program_scope: what keeps one program from being loaded before its instructions are looked at:
 * its section and type, what it attaches to, and the form of that.
 */
#ifndef BTFL_PROGRAM_SCOPE_H
#define BTFL_PROGRAM_SCOPE_H

#include "verify/context.h"

/* Adds the obstacles of l's program, and fills in what its context is. */
int program_scope_find(const struct loading *l, struct obstacles *o, struct context *c,
		       struct err *e);

/* Whether the program, once it is loaded, finds what it attaches to. For one that does not, *cause
 * is "missing" or "trampoline", of a literal. */
enum known program_scope_attaches(const struct loading *l, const char **cause);

#endif
