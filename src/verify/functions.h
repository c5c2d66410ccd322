/*
 * functions: which functions of a program the kernel calls, by what BTF says that they take and
 * return (btf_prepare_func_args() of its btf.c): global ones, which it verifies on their own, and
 * all that take more than registers hold.
 */
#ifndef BTFL_FUNCTIONS_H
#define BTFL_FUNCTIONS_H

#include "verify/loading.h"

/* Why the kernel refuses to call a function. */
struct function_refusal {
	const char *cause; /* "return", "argument", "size" of what one points to, "tag",
			      "arguments": there are too many; NULL: it calls it */
	int64_t number;    /* of the argument, from 1; of all for "arguments"; 0 of "return" */
	bool doubtful;     /* newer kernels may call it */
};

/* One for each function of f, to be freed; NULL to *out where each is fine. Fails only when memory
 * is out. */
int functions_judge(const struct loading *l, const struct linked *f, struct function_refusal **out,
		    struct err *e);

#endif
