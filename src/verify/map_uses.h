/*
 * map_uses: which maps a kernel's verifier lets a program have, and pass to which helper. The table
 * is map_uses.def, its source check_map_func_compatibility() and check_map_prog_compatibility() of
 * the kernel's verifier.c. What is in the values of maps is map_fields.h.
 */
#ifndef BTFL_MAP_USES_H
#define BTFL_MAP_USES_H

#include "verify/loading.h"

/* No type that is known. */
#define MAP_TYPE_UNKNOWN UINT32_MAX

/* The type of a map of l's object, with what a tool sets; of a map of maps also that of the maps
 * that it holds, MAP_TYPE_UNKNOWN where nobody says, or a tool gives them. */
uint32_t map_uses_type(const struct loading *l, uint32_t map);
uint32_t map_uses_inner_type(const struct loading *l, uint32_t map);

/* Whether the verifier refuses to pass a map of that type (enum bpf_map_type) to that helper in
 * l's program: "cannot pass map_type", "callback function not allowed for map". True is certain. */
bool map_uses_refused(const struct loading *l, uint32_t type, uint32_t helper);

/* Why the verifier refuses l's program for a map that it refers to, wherever: "sleepable" (it may
 * sleep), "preallocated" (the map has BPF_F_NO_PREALLOC), or what a value has, by
 * map_fields_refused(); NULL when it does not, or that is not known. */
const char *map_uses_program_refused(const struct loading *l, uint32_t map);

/* Whether f may have a call that a path comes to with a map that the helper does not take, or a
 * value that lacks the field that it takes. When not, no path does. Fails only when memory is out.
 */
int map_uses_suspects(const struct loading *l, const struct linked *f, bool *out, struct err *e);

#endif
