/*
 * arena: many small allocations that live and die together.
 */
#ifndef BTFL_ARENA_H
#define BTFL_ARENA_H

#include <stddef.h>

struct arena_block;

/* Zero-initialised is empty and ready. */
struct arena {
	struct arena_block *blocks;
	size_t used; /* bytes of the newest block */
};

/* count * size bytes, aligned for any type, not cleared; NULL when memory is out or the product
 * wraps. Lives until arena_free(). */
void *arena_alloc(struct arena *a, size_t count, size_t size);

/* Frees everything; the arena is empty and ready again. */
void arena_free(struct arena *a);

/* Makes room for one more element in a growing array of `size` bytes each, *cap of them allocated
 * and count in use. Returns the array, moved perhaps; NULL, with items as they were, when memory is
 * out or the size would wrap. The caller frees it with free(). */
void *array_grow(void *items, size_t *cap, size_t count, size_t size);

#endif
