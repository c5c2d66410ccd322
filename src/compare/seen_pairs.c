/* seen_pairs: a table with open addressing; see seen_pairs.h. */
#include "compare/seen_pairs.h"

#include <stdbool.h>
#include <stdlib.h>

static struct seen_pair *slot_of(const struct seen_pairs *s, uint32_t old, uint32_t new)
{
	uint64_t h = ((uint64_t)old << 32 | new) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(h >> 32) & (s->size - 1);

	while (s->slots[at].depth && (s->slots[at].old != old || s->slots[at].new != new))
		at = (at + 1) & (s->size - 1);
	return &s->slots[at];
}

static bool grow(struct seen_pairs *s)
{
	struct seen_pairs more = {.count = s->count, .size = s->size ? s->size * 2 : 64};

	more.slots = calloc(more.size, sizeof(*more.slots));
	if (!more.slots)
		return false;
	for (size_t i = 0; i < s->size; i++)
		if (s->slots[i].depth)
			*slot_of(&more, s->slots[i].old, s->slots[i].new) = s->slots[i];
	free(s->slots);
	*s = more;
	return true;
}

enum seen seen_pairs_add(struct seen_pairs *s, uint32_t old, uint32_t new, unsigned depth)
{
	struct seen_pair *slot;

	if (s->count * 2 >= s->size && !grow(s))
		return SEEN_NO_MEMORY;
	slot = slot_of(s, old, new);
	if (slot->depth >= depth)
		return SEEN_BEFORE;
	s->count += !slot->depth;
	*slot = (struct seen_pair){old, new, depth};
	return SEEN_NEW;
}

void seen_pairs_free(struct seen_pairs *s)
{
	free(s->slots);
	*s = (struct seen_pairs){0};
}
