/*
 * references: what the instructions of an object refer to: functions, data and maps, and the
 * externs that a loader resolves (ELF relocations, and calls that need none).
 */
#ifndef BTFL_REFERENCES_H
#define BTFL_REFERENCES_H

#include "format/extern_def.h"
#include "format/map_def.h"

enum ref_kind {
	REF_CALL,        /* a call of program `target` */
	REF_FUNC,        /* the address of program `target` (a callback) */
	REF_DATA,        /* byte `offset` of the data section `target` */
	REF_MAP,         /* map `target` */
	REF_EXTERN,      /* the address of extern `target` */
	REF_EXTERN_CALL, /* a call of extern `target` (a kernel function) */
	REF_OTHER, /* the ELF symbol `target`, of no use here: libbpf refuses it (opening.h) */
};

struct ref {
	uint32_t section_index;
	uint32_t insn_off; /* bytes from the start of the section */
	enum ref_kind kind;
	uint32_t symbol; /* that the ELF relocation names; 0 when the instruction has none */
	uint32_t target;
	int64_t offset;
};

/* A member of a struct_ops map that is a program. */
struct struct_ops_slot {
	uint32_t map;     /* index into maps */
	uint32_t member;  /* of the struct maps[map].type_id */
	uint32_t program; /* index into the object's programs */
};

/* Whether its keys are the numbers below max_entries: BPF_MAP_TYPE_ARRAY and _PERCPU_ARRAY. */
static inline bool map_is_array(const struct map_def *map)
{
	enum { ARRAY = 2, PERCPU_ARRAY = 6 };

	return map->type == ARRAY || map->type == PERCPU_ARRAY;
}

struct references {
	struct ref *refs; /* ordered by section, then offset */
	size_t ref_count;
	struct extern_def *externs; /* all of the object, used or not */
	size_t extern_count;
	struct map_def *maps; /* all of the object, used or not, in libbpf's order */
	size_t map_count;
	struct struct_ops_slot *slots; /* ordered by map, then member */
	size_t slot_count;
	bool has_tags;     /* its BTF has a DECL_TAG, which may name an exception callback */
	uint32_t *slot_of; /* by program: its first slot + 1, 0 for none; NULL without slots */
	struct map_defs map_defs; /* owns maps */
};

/* The member of a struct_ops map that a program is, NULL when it is none. */
const struct struct_ops_slot *references_slot_of(const struct references *l, uint32_t program);

/* Reads the references of o, which must outlive the result. Fails on a relocation that does not lie
 * on an instruction, or names what does not exist. */
int references_open(const struct object *o, struct references **out, struct err *e);
void references_free(struct references *l); /* NULL is allowed */

/* The number of the first reference at byte insn_off of a section or behind it, up to ref_count:
 * for those who go on from there. */
size_t references_from(const struct references *l, uint32_t section_index, uint32_t insn_off);

/* The reference of the instruction at byte insn_off of a section, NULL for none. */
const struct ref *references_at(const struct references *l, uint32_t section_index,
				uint32_t insn_off);

/* A variable of the object's data sections by name: its section's index and its place there in
 * bytes; false when there is none. A symbol is tried before BTF's DATASECs. */
bool references_variable(const struct object *o, const char *name, uint32_t *section_index,
			 uint32_t *offset, uint32_t *size);

/* Whether the section becomes a map that programs cannot change: `.rodata`, `.rodata.x`. */
bool references_is_frozen(const struct object *o, uint32_t section_index);

#endif
