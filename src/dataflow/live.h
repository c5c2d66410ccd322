/*
 * live: what flow.h still looks at of a function's registers and of its stack, block by block. Ways
 * that differ in nothing else are one: of 2157 real programs 20 more are told whole, without a walk
 * on each kernel.
 */
#ifndef BTFL_LIVE_H
#define BTFL_LIVE_H

#include "dataflow/blocks.h"

struct live {
	uint16_t registers; /* bit n: register n is read before anything else is put there */
	uint64_t slots;     /* bit k: likewise bytes -8 * (k + 1) up to -8 * k of the stack */
};

/* By block, where it starts; free() it. NULL when memory is out. Calls of functions of the program
 * read no stack but their own. */
struct live *live_new(const struct linked *f, const struct blocks *b);

/* The registers of that before instruction `at`; `live` is that of all blocks. */
uint16_t live_registers(const struct linked *f, const struct blocks *b, const struct live *live,
			uint32_t at);

#endif
