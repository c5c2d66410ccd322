/*
 * echoes: which words gave way to which elsewhere in two kernels, where it is plain: a parameter of
 * a function that both have, a member of a struct that both have, is called as before but for one
 * word. What happened there may have happened to a name that is sought.
 */
#ifndef BTFL_ECHOES_H
#define BTFL_ECHOES_H

#include "format/btf.h"
#include "successor/swaps.h"

/* What came in the target for words of that name, everywhere but in the struct `apart`; NULL when
 * memory is out. Lives as long as the arena. */
struct swaps *echoes_of(const struct btf *witness, const struct btf *target,
			const struct words *name, const char *apart, struct arena *a);

#endif
