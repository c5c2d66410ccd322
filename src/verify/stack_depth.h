/*
 * stack_depth: how much of the stack the functions of a program take together where one calls
 * another (check_max_stack_depth() of the kernel's verifier.c). Each takes what paths have touched
 * of its frame, rounded up, whichever of its calls a path comes to.
 */
#ifndef BTFL_STACK_DEPTH_H
#define BTFL_STACK_DEPTH_H

#include "verify/loading.h"
#include "verify/walk.h"

/* Whether f's functions may take more than a kernel gives them, by what their instructions name of
 * their frames; when not, they do not. */
int stack_depth_suspect(const struct linked *f, bool *suspect, struct err *e);

/* Adds what l's kernel refuses of that, by what the paths of w have touched: of f, which has been
 * walked to its end with its frames. */
int stack_depth_find(const struct loading *l, const struct linked *f, const struct walk *w,
		     struct obstacles *o, struct err *e);

#endif
