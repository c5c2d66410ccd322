/*
 * kfunc_types: which programs a kernel lets call which of its functions, and which of these may
 * sleep. The table is
 * kfunc_types.def, its source the sets of kernel functions that kernels register for program types.
 */
#ifndef BTFL_KFUNC_TYPES_H
#define BTFL_KFUNC_TYPES_H

#include <stddef.h>

#include "base/known.h"
#include "verify/age.h"

enum kfunc_answer {
	KFUNC_UNTOLD,  /* the table knows nothing of that function or program type */
	KFUNC_ALLOWED, /* but for what the kernel decides by a member of struct_ops */
	KFUNC_REFUSED, /* "calling kernel function ... is not allowed" */
	KFUNC_DOUBTED, /* releases differ, and which line that kernel is like is not known */
};

/*
 * Whether a program of that type (enum bpf_prog_type) and expected attach type (enum
 * bpf_attach_type) may call a kernel function that the kernel has. name: without a flavor, len
 * bytes of it. callers: to the bits, by number of the program type, of those that may call it there
 * for sure; that of prog_type is among them where only the attach type is another.
 */
enum kfunc_answer kfunc_type_allowed(const char *name, size_t len, uint32_t prog_type,
				     uint32_t attach_type, struct kernel_age age,
				     uint64_t *callers);

/*
 * Whether a kernel function that the kernel has, named likewise, may sleep; a program that may not
 * is told "program must be sleepable to call sleepable kfunc". KNOWN_NO where the table knows
 * nothing of it, KNOWN_NOT where releases differ.
 */
enum known kfunc_sleeps(const char *name, size_t len, struct kernel_age age);

#endif
