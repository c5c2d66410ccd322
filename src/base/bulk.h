/*
 * bulk: memory for the contents of many files, made of huge pages where the system has them.
 * Threads that map files wait for one another at every page; pieces of a bulk they fill side by
 * side.
 */
#ifndef BTFL_BULK_H
#define BTFL_BULK_H

#include <stddef.h>

struct bulk;

/* A bulk of that many bytes; they count as used memory when they are written. NULL when there are
 * no addresses for them. The caller owns one reference. */
struct bulk *bulk_new(size_t size);

/* A piece of that many bytes, aligned for any type; NULL when the bulk has too few left. It comes
 * with a reference to the bulk, which keeps it alive: a bulk is freed as a whole. */
void *bulk_take(struct bulk *b, size_t size);

/* Drops one reference; NULL is allowed. */
void bulk_unref(struct bulk *b);

#endif
