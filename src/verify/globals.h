/*
 * globals: which functions of a program the kernel can verify on their own, for which it has to
 * know by BTF what they take and return (btf_prepare_func_args() of its btf.c).
 */
#ifndef BTFL_GLOBALS_H
#define BTFL_GLOBALS_H

#include "verify/loading.h"

/* Why the kernel refuses to call a function. */
struct global_refusal {
	const char *cause; /* "return", "argument", "size" of what one points to, "tag"; NULL: it
			      calls it */
	int64_t number;    /* of the argument, from 1; 0 of "return" */
	bool doubtful;     /* newer kernels may call it */
};

/* One for each function of f, to be freed; NULL to *out where each is fine. Fails only when memory
 * is out. */
int globals_judge(const struct loading *l, const struct linked *f, struct global_refusal **out,
		  struct err *e);

#endif
