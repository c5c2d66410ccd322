/*
 * map_attrs: whether a kernel creates a map of that type with such attributes. The table is
 * map_attrs.def, its source the functions that kernels check them with.
 */
#ifndef BTFL_MAP_ATTRS_H
#define BTFL_MAP_ATTRS_H

#include <stdint.h>

#include "base/known.h"
#include "format/map_def.h"
#include "verify/age.h"

/* Of linux/bpf.h: map_flags of BPF_MAP_CREATE. */
enum {
	BPF_F_NO_PREALLOC = 1 << 0,
	BPF_F_NO_COMMON_LRU = 1 << 1,
	BPF_F_NUMA_NODE = 1 << 2,
	BPF_F_RDONLY = 1 << 3,
	BPF_F_WRONLY = 1 << 4,
	BPF_F_STACK_BUILD_ID = 1 << 5,
	BPF_F_ZERO_SEED = 1 << 6,
	BPF_F_RDONLY_PROG = 1 << 7,
	BPF_F_WRONLY_PROG = 1 << 8,
	BPF_F_CLONE = 1 << 9,
	BPF_F_MMAPABLE = 1 << 10,
	BPF_F_PRESERVE_ELEMS = 1 << 11,
	BPF_F_INNER_MAP = 1 << 12,
	/* 13 to 16 are of struct_ops, of no map, or libbpf's own. */
	BPF_F_SEGV_ON_FAULT = 1 << 17,
	BPF_F_NO_USER_CONV = 1 << 18,
	BPF_F_RB_OVERWRITE = 1 << 19,
};

/*
 * The attribute for which every kernel that has the type refuses the map: "key_size", "value_size",
 * "max_entries" or "map_flags"; "types" where it needs BTF of key and value and the object has
 * none. NULL: none, or not known. A max_entries of 0, which is what tools set at run time, is not
 * asked for. The type of the map must be known to the
 * kernel: that is asked of its enum bpf_map_type.
 */
const char *map_attrs_refused(const struct map_def *m);

/* The same of the inner map of a map of maps, and "type" for one that none may hold; max_entries is
 * asked for, too: libbpf creates it before any other, as it is unless a tool sets another. */
const char *map_attrs_of_inner(const struct map_def *m);

/* "key_size" or "value_size" where that is 0, and must be one of several sizes, which only a tool
 * can know; NULL for neither. */
const char *map_attrs_unset(const struct map_def *m);

/* Whether a kernel of that age takes the flags of a map that none of all refuses; KNOWN_NOT where a
 * newer one may know what they mean. */
enum known map_attrs_takes_flags(const struct map_def *m, struct kernel_age age);

/* "max_stack" where a stack trace is deeper than kernel.perf_event_max_stack is by default, which
 * a machine may have raised; NULL otherwise. */
const char *map_attrs_by_sysctl(const struct map_def *m);

#endif
