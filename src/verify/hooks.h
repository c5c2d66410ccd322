/*
 * hooks: what a kernel decides by the function that a program attaches to: which LSM hooks may
 * sleep or take no program, and which helpers programs of a function may not call though their type
 * may. The table is hooks.def, its source sets of functions that no BTF tells.
 */
#ifndef BTFL_HOOKS_H
#define BTFL_HOOKS_H

#include "verify/helper_types.h"

/*
 * Whether an LSM program that sleeps may attach to a hook, "bpf_lsm_file_open", that the kernel
 * has; otherwise it is told "... is not sleepable". KNOWN_NOT before 5.15.
 */
enum known hooks_sleep(const char *hook, struct kernel_age age);

/*
 * Whether LSM programs may attach to a hook, "bpf_lsm_file_open", that the kernel has; otherwise it
 * is told "... points to disabled hook". KNOWN_NOT where that depends on the stable release.
 */
enum known hooks_enabled(const char *hook, struct kernel_age age);

/*
 * Whether a program of that type (enum bpf_prog_type), attach type (enum bpf_attach_type) and
 * function may call a helper that its type lets it call; otherwise it is told "helper call is not
 * allowed in probe". function: the name that was found in the kernel's BTF. KNOWN_YES of a helper
 * that no function keeps from being called.
 */
enum known hooks_helper(uint32_t helper, uint32_t prog_type, uint32_t attach_type,
			const char *function, struct kernel_age age);

#endif
