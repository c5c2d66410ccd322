/*
 * kfuncs: the functions of the kernel that its verifier follows by name, where a helper would be
 * followed by number.
 */
#ifndef BTFL_KFUNCS_H
#define BTFL_KFUNCS_H

#include "format/references.h"

enum kfunc {
	KFUNC_OTHER,
	KFUNC_ITER_NEW,     /* bpf_iter_X_new(struct bpf_iter_X *, ...) */
	KFUNC_ITER_NEXT,    /* bpf_iter_X_next(struct bpf_iter_X *) */
	KFUNC_ITER_DESTROY, /* bpf_iter_X_destroy(struct bpf_iter_X *) */
	KFUNC_THROW,        /* bpf_throw(cookie), which does not return */
	KFUNC_WAKES,        /* bpf_wq_set_callback*() and the like: its callback may sleep */
};

/* Which one an extern is; a flavor behind its last ___ does not count. The kernel holds its own
 * iterators to these names (btf_check_iter_kfuncs). */
enum kfunc kfunc_of(const struct extern_def *ext);

#endif
