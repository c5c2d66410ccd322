/*
 * map_def: the maps of an object: those that it describes, and those that libbpf makes of its data,
 * its configuration values and its struct_ops (libbpf.c: parse_btf_map_def, bpf_object__init_maps).
 */
#ifndef BTFL_MAP_DEF_H
#define BTFL_MAP_DEF_H

#include "base/arena.h"
#include "format/object.h"

enum map_kind {
	MAP_DEFINED, /* in `.maps`, by BTF */
	MAP_LEGACY,  /* in `maps` or `maps/…`, by numbers; libbpf has not known them since 1.0 */
	MAP_DATA,    /* the section .data, or one beside it */
	MAP_RODATA,
	MAP_BSS,
	MAP_KCONFIG, /* the externs of .kconfig */
	MAP_STRUCT_OPS,
	MAP_KIND_COUNT
};

/* As the object has it. 0 is what libbpf takes for what is not said, and gives to the kernel, but
 * for max_entries of a perf_event_array, which is the number of CPUs. */
struct map_def {
	const char *name; /* of its variable; the section for those made of one */
	const char *section;
	uint32_t section_index; /* in the ELF file; 0 for .kconfig, which has none */
	uint32_t offset;        /* bytes from the start of its section */
	enum map_kind kind;
	uint32_t type;     /* enum bpf_map_type */
	uint32_t key_size; /* bytes */
	uint32_t value_size;
	uint32_t max_entries;
	uint32_t flags; /* BPF_F_*, with those that libbpf sets for the kind */
	uint32_t numa_node;
	uint32_t pinning; /* 1: by name */
	uint64_t extra;
	uint32_t type_id; /* the struct that describes it; of struct_ops, the struct; 0 for none */
	uint32_t key_type, value_type; /* ids of what describes them; 0 for none */
	const struct map_def *inner;   /* of a map of maps: what it holds; NULL when not said */
	bool automatic;                /* created unasked: its section has no `?` */
	const char *bad;               /* why libbpf opens no object with it; NULL when it does */
};

struct map_defs {
	struct map_def *items; /* in the order in which libbpf creates them */
	size_t count, cap;
	size_t described;  /* the first so many are those in `.maps` or legacy ones */
	size_t struct_ops; /* from this one on they are of struct_ops */
	struct arena arena;
};

/* Lists all maps of o. kconfig_size: see extern_def.h. */
int map_defs_read(const struct object *o, uint32_t kconfig_size, struct map_defs *out,
		  struct err *e);
void map_defs_free(struct map_defs *l);

/* The index of the described map at that byte of a section, OBJECT_NONE for none. */
uint32_t map_defs_at(const struct map_defs *l, uint32_t section_index, uint64_t offset);

/* The index of the last described map that starts at that byte of a section or before it,
 * OBJECT_NONE for none. */
uint32_t map_defs_until(const struct map_defs *l, uint32_t section_index, uint64_t offset);

/* The index of the struct_ops map that has that byte of a section, OBJECT_NONE for none. */
uint32_t map_defs_around(const struct map_defs *l, uint32_t section_index, uint64_t offset);

/* The member of a struct_ops map's struct that starts at that byte of it; false for none. */
bool map_def_member(const struct btf *b, const struct map_def *m, uint64_t offset,
		    uint32_t *member);

/* What a section becomes: whether a map, and of which kind. Of MAP_DEFINED, MAP_LEGACY and
 * MAP_STRUCT_OPS: it has maps. */
bool map_kind_of(const struct section *s, enum map_kind *kind);

/* "defined", "legacy", "data", "rodata", "bss", "kconfig", "struct_ops". */
const char *map_kind_name(enum map_kind kind);

#endif
