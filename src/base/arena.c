/* arena: bump allocation in blocks that double in size, and the growth of arrays; see arena.h. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/scale.h"

struct arena_block {
	struct arena_block *older;
	size_t size; /* of data, bytes */
	max_align_t data[];
};

/* What most resolutions take; 4096 was a page fault more for each. */
#define FIRST_BLOCK SCALE(1024u, 16u)
#define LARGEST_BLOCK SCALE(1024u * 1024u, 64u)

void *arena_alloc(struct arena *a, size_t count, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena_block *b = a->blocks;
	size_t n, room;
	void *p;

	if (size && count > (SIZE_MAX / 2) / size)
		return NULL;
	n = (count * size + align - 1) / align * align;
	if (!b || n > b->size - a->used) {
		room = !b ? FIRST_BLOCK : b->size >= LARGEST_BLOCK ? LARGEST_BLOCK : b->size * 2;
		if (room < n)
			room = n;
		b = malloc(sizeof(*b) + room);
		if (!b)
			return NULL;
		b->older = a->blocks;
		b->size = room;
		a->blocks = b;
		a->used = 0;
	}
	p = (char *)b->data + a->used;
	a->used += n;
	return p;
}

void arena_free(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *b = a->blocks;

		a->blocks = b->older;
		free(b);
	}
	a->used = 0;
}

void *array_grow(void *items, size_t *cap, size_t count, size_t size)
{
	size_t more = *cap ? *cap * 2 : 16;
	void *p;

	if (count < *cap)
		return items;
	if (more < *cap || more > SIZE_MAX / size)
		return NULL;
	p = realloc(items, more * size);
	if (p)
		*cap = more;
	return p;
}
