/*
 * map_fields: what kernels know by name in the values of maps (btf_parse_fields() of their btf.c):
 * locks, timers, work queues, pointers that they count. Which types of maps may have which, and
 * which programs such maps, is told by map_uses.def.
 */
#ifndef BTFL_MAP_FIELDS_H
#define BTFL_MAP_FIELDS_H

#include "verify/loading.h"

enum map_field {
	FIELD_SPIN_LOCK,
	FIELD_RES_SPIN_LOCK,
	FIELD_TIMER,
	FIELD_WQ,
	FIELD_TASK_WORK,
	FIELD_KPTR,
	MAP_FIELDS
};

/* The struct of a field, "bpf_timer"; "kptr", which is a tag of pointers. */
const char *map_field_name(enum map_field field);

/* The field that a helper's first argument points to, MAP_FIELDS for none. */
enum map_field map_fields_taken(uint32_t helper);

/* Whether no kernel finds the field in values of the map, as l's tool makes it. */
bool map_fields_lack(const struct loading *l, uint32_t map, enum map_field field);

/* The number of the map that a section of data becomes, OBJECT_NONE for none. */
uint32_t map_fields_of_data(const struct loading *l, uint32_t section_index);

/* Whether l's kernel does not create m for a field of its values: of storage, which libbpf cannot
 * create without its BTF. True is certain. */
bool map_fields_refuse_map(const struct loading *l, const struct map_def *m);

/* Why the verifier refuses l's program for a field that l's kernel finds in values of m for sure,
 * which the program refers to: "spin-lock", "timer", "work-queue"; NULL when it does not, or that
 * is not known. */
const char *map_fields_refused(const struct loading *l, const struct map_def *m);

#endif
