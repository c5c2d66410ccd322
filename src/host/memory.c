/*
 * memory: how the process gets its memory from the system. What a run takes is known here and not
 * to malloc(): some megabytes at once for each kernel, used until the end.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/host.h"

#ifdef M_ARENA_MAX

enum {
	PAGE = 1 << 12,
	HUGE_PAGE = 1 << 21,
	ROOM = 32 << 20, /* bytes, of addresses: the heap grows into them */
};

/* The heap is made of huge pages: one fault, of 0.05 ms, for what a command on one kernel needs,
 * instead of 230, which are 0.1 ms or, in some virtual machines, 2.4. To be one, a huge page must
 * not have been touched before it is asked for, so malloc() starts in the page before it. */
static void use_huge_pages(void)
{
	uintptr_t end = (uintptr_t)sbrk(0);
	void *volatile first; /* or the compiler leaves the call out */
	uintptr_t huge = (end + PAGE + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;

	if (sbrk((intptr_t)(huge - PAGE - end)) == (void *)-1)
		return;
	first = malloc(1);
	free(first);
	if ((uintptr_t)sbrk(0) >= huge + ROOM)
		madvise((void *)huge, ROOM, MADV_HUGEPAGE);
}

/* Blocks of megabytes are kept and used again: given back to the system after each kernel, they are
 * cleared and mapped page by page for the next, and threads wait for one another in the meantime.
 * 57 objects on 13 kernels take two threads 23.5 ms, else 28. */
void memory_keep(void)
{
	mallopt(M_MMAP_THRESHOLD, ROOM);
	mallopt(M_TRIM_THRESHOLD, INT32_MAX);
	mallopt(M_TOP_PAD, ROOM);
	mallopt(M_ARENA_MAX, 1);
	use_huge_pages();
}

#else

void memory_keep(void)
{
}

#endif
