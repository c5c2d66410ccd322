/* large: see large.h. */
#include "base/large.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 2 << 20 };

void *large_new(size_t size)
{
	size_t whole = (size + PAGE - 1) / PAGE * PAGE;
	void *p = size < PAGE ? malloc(size) : aligned_alloc(PAGE, whole);

	if (p && size >= PAGE)
		madvise(p, whole, MADV_HUGEPAGE); /* without, it is as any other */
	return p;
}
