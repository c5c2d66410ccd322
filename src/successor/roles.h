/*
 * roles: what the kernel's own containers, counters and locks are for, so that one that took the
 * place of another of its kind is no other thing: a list that became a tree.
 */
#ifndef BTFL_ROLES_H
#define BTFL_ROLES_H

#include <stdbool.h>

/* Whether it is one of them. */
bool roles_known(const char *name);

/* Whether the types or typedefs of these names do the same; false for names that say nothing. */
bool roles_shared(const char *a, const char *b);

#endif
