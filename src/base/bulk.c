/* bulk: a counter over one anonymous mapping; see bulk.h. */
#include "base/bulk.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)1 << 21)
#define LINE                                                                                \
	64u /* bytes that processors share: pieces of different threads have none in common \
	     */

struct bulk {
	atomic_uint refs;
	atomic_size_t used;
	uint8_t *at;
	size_t size;
	void *mapping;
	size_t mapped;
};

struct bulk *bulk_new(size_t size)
{
	struct bulk *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->size = size;
	b->mapped = size + HUGE_PAGE;
	b->mapping = size < SIZE_MAX - HUGE_PAGE
			 ? mmap(NULL, b->mapped, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
			 : MAP_FAILED;
	if (b->mapping == MAP_FAILED) {
		free(b);
		return NULL;
	}
	b->at = (uint8_t *)(((uintptr_t)b->mapping + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
	madvise(b->at, size, MADV_HUGEPAGE);
	atomic_init(&b->refs, 1);
	atomic_init(&b->used, 0);
	return b;
}

void *bulk_take(struct bulk *b, size_t size)
{
	size_t n = (size + LINE - 1) / LINE * LINE, at = atomic_load(&b->used);

	do {
		if (n < size || n > b->size - at)
			return NULL;
	} while (!atomic_compare_exchange_weak(&b->used, &at, at + n));
	atomic_fetch_add(&b->refs, 1);
	return b->at + at;
}

void bulk_unref(struct bulk *b)
{
	if (!b || atomic_fetch_sub(&b->refs, 1) != 1)
		return;
	munmap(b->mapping, b->mapped);
	free(b);
}
