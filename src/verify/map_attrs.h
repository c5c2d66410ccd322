/*
 * map_attrs: whether a kernel creates a map of that type with such attributes. The table is
 * map_attrs.def, its source the functions that kernels check them with.
 */
#ifndef BTFL_MAP_ATTRS_H
#define BTFL_MAP_ATTRS_H

#include <stdint.h>

#include "format/map_def.h"

/*
 * The attribute for which every kernel that has the type refuses the map: "key_size", "value_size",
 * "max_entries" or "map_flags"; "types" where it needs BTF of key and value and the object has
 * none. NULL: none, or not known. A max_entries of 0, which is what tools set at run time, is not
 * asked for, nor is the inner map of a map of maps. The type of the map must be known to the
 * kernel: that is asked of its enum bpf_map_type.
 */
const char *map_attrs_refused(const struct map_def *m);

/* "key_size" or "value_size" where that is 0, and must be one of several sizes, which only a tool
 * can know; NULL for neither. */
const char *map_attrs_unset(const struct map_def *m);

/* "max_stack" where a stack trace is deeper than kernel.perf_event_max_stack is by default, which
 * a machine may have raised; NULL otherwise. */
const char *map_attrs_by_sysctl(const struct map_def *m);

#endif
