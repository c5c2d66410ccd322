/* tally: see tally.h. Keys are hashes already, and are looked for from where their bits say. */
#include "successor/tally.h"

#include <string.h>

uint64_t hash_text(const char *s)
{
	uint64_t h = 1469598103934665603u;

	while (*s)
		h = (h ^ (uint8_t)*s++) * 1099511628211u;
	return h;
}

enum { MOST_KEYS = 1 << 22 };

int tally_init(struct tally *t, struct arena *a, size_t keys)
{
	uint32_t size = 64;

	while (size < MOST_KEYS && size / 2 < keys)
		size *= 2;
	*t = (struct tally){.mask = size - 1};
	t->entries = arena_alloc(a, size, sizeof(*t->entries));
	if (!t->entries)
		return -1;
	memset(t->entries, 0, size * sizeof(*t->entries));
	return 0;
}

static struct tally_entry *entry_of(const struct tally *t, uint64_t key)
{
	uint32_t i = (uint32_t)(key ^ key >> 32) & t->mask;

	while (t->entries[i].key && t->entries[i].key != key)
		i = (i + 1) & t->mask;
	return &t->entries[i];
}

void tally_add(struct tally *t, uint64_t key, double amount)
{
	struct tally_entry *x;

	key = key ? key : 1;
	x = entry_of(t, key);
	if (!x->key && t->used > t->mask / 4 * 3)
		return;
	t->used += !x->key;
	x->key = key;
	x->sum += amount;
}

double tally_of(const struct tally *t, uint64_t key)
{
	return entry_of(t, key ? key : 1)->sum;
}
