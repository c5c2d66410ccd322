/*
 * object_scope: what keeps every program of an object from being loaded: externs that the kernel
 * lacks, types of struct_ops, maps that it cannot create.
 */
#ifndef BTFL_OBJECT_SCOPE_H
#define BTFL_OBJECT_SCOPE_H

#include "verify/loading.h"

/* Adds the obstacles of l's object, which are the same for each of its programs. */
int object_scope_find(const struct loading *l, struct obstacles *o, struct err *e);

#endif
