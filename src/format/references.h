/*
 * references: what the instructions of an object refer to: functions, data and maps, and the
 * externs that a loader resolves (ELF relocations, and calls that need none).
 */
#ifndef BTFL_REFERENCES_H
#define BTFL_REFERENCES_H

#include "format/object.h"

enum ref_kind {
	REF_CALL,        /* a call of program `target` */
	REF_FUNC,        /* the address of program `target` (a callback) */
	REF_DATA,        /* byte `offset` of the data section `target` */
	REF_MAP,         /* map `target` */
	REF_EXTERN,      /* the address of extern `target` */
	REF_EXTERN_CALL, /* a call of extern `target` (a kernel function) */
	REF_OTHER,       /* a symbol of no use here */
};

struct ref {
	uint32_t section_index;
	uint32_t insn_off; /* bytes from the start of the section */
	enum ref_kind kind;
	uint32_t target;
	int64_t offset;
};

enum extern_kind {
	EXTERN_KCONFIG, /* a configuration value, a variable that the loader fills in */
	EXTERN_KSYM,    /* a kernel symbol */
	EXTERN_UNKNOWN, /* no BTF says what it is */
};

struct extern_def {
	const char *name;
	enum extern_kind kind;
	bool weak;
	uint32_t var_id; /* its VAR or FUNC in the object's BTF; 0 for none */
	uint32_t size;   /* bytes of its value; 0 for a function */
};

/* A map, as far as a verifier's view of memory needs it. */
struct map_def {
	const char *name;
	uint32_t type;        /* enum bpf_map_type; 0 when unknown */
	uint32_t key_size;    /* bytes; 0 when unknown */
	uint32_t value_size;  /* bytes; 0 when unknown */
	uint32_t max_entries; /* 0 when unknown */
};

struct references {
	struct ref *refs; /* ordered by section, then offset */
	size_t ref_count;
	struct extern_def *externs;
	size_t extern_count;
	struct map_def *maps;
	size_t map_count;
};

/* Reads the references of o, which must outlive the result. Fails on a relocation that does not lie
 * on an instruction, or names what does not exist. */
int references_open(const struct object *o, struct references **out, struct err *e);
void references_free(struct references *l); /* NULL is allowed */

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
