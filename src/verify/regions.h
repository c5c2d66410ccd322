/*
 * regions: stretches of a path on which nothing may sleep, though the program may: under
 * bpf_rcu_read_lock(), without preemption, without interrupts; and kernel functions for which a
 * program has to be in one. Which stretches a path is in is a part of its state.
 */
#ifndef BTFL_REGIONS_H
#define BTFL_REGIONS_H

#include "verify/loading.h"
#include "verify/state.h"

/* Whether some path of l's program may be refused for where it sleeps, or for where it does not;
 * when not, none is. */
bool regions_suspect(const struct loading *l, const struct linked *f);

/* Lets a path go into a region, or out of one, where call n does that. */
void regions_step(struct regions *r, const struct externs *x, const struct linked_insn *n);

/* Why a call is refused there. */
struct region_refusal {
	const char *cause;  /* "region", "region-function" of one verified on its own, "unlocked" */
	const char *name;   /* what is called */
	const char *region; /* the function that went into it; NULL for "unlocked" */
	bool doubtful;      /* whether it is refused is not known */
};

/* Whether the kernel refuses the call at `at` by a path in regions r; why, to *out. */
bool regions_refuse(const struct loading *l, const struct linked *f, const struct regions *r,
		    uint32_t at, struct region_refusal *out);

#endif
