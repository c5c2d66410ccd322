/*
 * memory: what a run takes is known here and not to malloc(): some megabytes at once for each
 * kernel, used until the end.
 */
#include "base/memory.h"

#include <malloc.h>
#include <stdint.h>

#ifdef M_ARENA_MAX

#define ROOM (32 << 20) /* bytes */

/* Blocks of megabytes are kept and used again: given back to the system after each kernel, they are
 * cleared and mapped page by page for the next, and threads wait for one another in the meantime.
 * 57 objects on 13 kernels take two threads 23.5 ms, else 28. */
void memory_keep(void)
{
	mallopt(M_MMAP_THRESHOLD, ROOM);
	mallopt(M_TRIM_THRESHOLD, INT32_MAX);
	mallopt(M_TOP_PAD, ROOM);
	mallopt(M_ARENA_MAX, 1);
}

void memory_give_back(void)
{
	malloc_trim(0);
}

void memory_spare(void)
{
	mallopt(M_TOP_PAD, 0);
	memory_give_back();
}

#else

void memory_keep(void)
{
}

void memory_give_back(void)
{
}

void memory_spare(void)
{
}

#endif
