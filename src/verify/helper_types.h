/*
 * helper_types: which programs a kernel lets call which helper. The table is helper_types.def, its
 * source the get_func_proto() functions of the kernel's program types.
 */
#ifndef BTFL_HELPER_TYPES_H
#define BTFL_HELPER_TYPES_H

#include "base/known.h"
#include "verify/age.h"

/*
 * Whether a program of that type (enum bpf_prog_type) and expected attach type (enum
 * bpf_attach_type) may call a helper that the kernel has. KNOWN_NO is what the verifier says by
 * "program of this type cannot use helper", "unknown func" before 6.10; or, where a program that
 * may not sleep calls what sleeps, "helper call might sleep in a non-sleepable prog". (A callback
 * of bpf_wq may sleep, whatever its program: ask for it with `sleepable`.) KNOWN_YES leaves to the
 * kernel what its configuration, capabilities, lockdown and the attach target decide; see
 * helper_marker() for the first.
 */
enum known helper_type_allowed(uint32_t helper, uint32_t prog_type, uint32_t attach_type,
			       bool sleepable, struct kernel_age age);

/*
 * Whether a program of that type may call a helper only under a license that is compatible with the
 * GPL (struct bpf_func_proto.gpl_only; "cannot call GPL-restricted function from non-GPL compatible
 * program"). True is certain: of all whom the program may be, and in all releases the kernel may be
 * of; otherwise it may still be so.
 */
bool helper_gpl_only(uint32_t helper, uint32_t prog_type, uint32_t attach_type,
		     struct kernel_age age);

/*
 * What a kernel's BTF tells of a helper that its configuration or architecture may leave out: the
 * FUNC that is the helper, and another that was always compiled beside it. The second without the
 * first means that no program there may call the helper (of 6.12 on s390x: probe_read). Neither
 * tells nothing: the BTF of older kernels lacks all functions of that folder.
 */
struct helper_marker {
	uint32_t helper;
	const char *function, *beside;
};

/* NULL: none is known. */
const struct helper_marker *helper_marker(uint32_t helper);

#endif
