/*
 * object: a BPF object file: its programs, source lines and CO-RE relocations.
 *
 * Everything is checked against its section at object_open(): programs lie inside their section,
 * relocations on an instruction of one, names and types of .BTF.ext exist. Immutable once open.
 */
#ifndef BTFL_OBJECT_H
#define BTFL_OBJECT_H

#include "format/btf.h"
#include "format/elffile.h"
#include "format/insn.h"

/* The relocation kinds of .BTF.ext, by their number there (enum bpf_core_relo_kind). */
enum relo_kind {
	RELO_BYTE_OFF,
	RELO_BYTE_SZ,
	RELO_FIELD_EXISTS,
	RELO_SIGNED,
	RELO_LSHIFT_U64,
	RELO_RSHIFT_U64,
	RELO_LOCAL_TYPE_ID,
	RELO_TARGET_TYPE_ID,
	RELO_TYPE_EXISTS,
	RELO_TYPE_SIZE,
	RELO_ENUMVAL_EXISTS,
	RELO_ENUMVAL_VALUE,
	RELO_TYPE_MATCHES,
	RELO_KIND_COUNT
};

#define OBJECT_NONE UINT32_MAX

/* A function: an entry program or a subprogram. */
struct program {
	const char *name;
	const char *section;
	uint32_t section_index; /* in the ELF file */
	uint32_t offset;        /* bytes from the start of its section */
	uint32_t count;         /* instructions */
	const uint8_t *insns;   /* count * INSN_SIZE bytes in the file's order */
	uint32_t func_id;       /* BTF id of its FUNC; 0 when func_info has none */
	bool global;            /* not a static function */
	bool hidden;            /* a symbol that other objects do not see: loaders make it static */
};

/* One record of line_info: from this instruction on, until the next record. */
struct line {
	uint32_t section_index;
	uint32_t insn_off; /* bytes from the start of the section */
	const char *file;
	const char *text; /* the source line */
	uint32_t line, column;
};

struct relo {
	uint32_t section_index;
	uint32_t insn_off; /* bytes from the start of the section (semantics 28) */
	uint32_t program;  /* index into programs; OBJECT_NONE when no function is there */
	uint32_t type_id;  /* root of the access, in the object's BTF */
	const char *access;
	uint32_t kind; /* enum relo_kind; larger numbers are unknown kinds */
	const uint8_t *insn;
	uint32_t
	    insn_room; /* bytes from insn to the end of the program (of the section without one) */
};

enum { LICENSE_SIZE = 64 }; /* what libbpf keeps of it, with its NUL */

struct object {
	const char *path;
	char license[LICENSE_SIZE]; /* of the section `license`; "" without one */
	struct elffile *elf;
	struct btf *btf; /* NULL when the object has none; then there are no lines and relos */
	bool big_endian;
	struct program *programs; /* ordered by section, then offset */
	size_t program_count;
	struct line *lines; /* ordered by section, then offset */
	size_t line_count;
	struct relo *relos; /* in the order of .BTF.ext, the order in which libbpf applies them */
	size_t relo_count;
};

/* Opens the BPF object at path, as input_open() does. An ELF file for another machine is an error.
 */
int object_open(const char *path, struct object **out, struct err *e);

/* The same of a file that was read; takes a reference to in. */
int object_from_input(struct input *in, struct object **out, struct err *e);

/* Whether in is an ELF file for BPF, and so to be opened as an object. */
bool object_is(const struct input *in);
void object_free(struct object *o); /* NULL is allowed */

/* About how many bytes of memory it takes. */
size_t object_memory(const struct object *o);

/* The line_info record in force at byte insn_off of a section, within the function that holds it;
 * OBJECT_NONE when there is none. */
uint32_t object_line_at(const struct object *o, uint32_t section_index, uint32_t insn_off);

/* The source line of a relocation, OBJECT_NONE for none. clang gives the constant that it puts into
 * a register no line of its own, so that it seems to belong to the statement before: its line is
 * that of the instruction which uses it. */
uint32_t object_line_of_relo(const struct object *o, const struct relo *r);

/* The function that holds byte insn_off of a section, OBJECT_NONE for none. */
uint32_t object_program_at(const struct object *o, uint32_t section_index, uint32_t insn_off);

/* Whether a loader loads the function as a program of its own, and not only as part of others:
 * libbpf does so with all of a section but .text, and with an only one (prog_is_subprog()). */
bool object_is_entry(const struct object *o, const struct program *p);

/* Whether the kernel takes the license for one that may call what is for the GPL only (kernel,
 * include/linux/license.h: license_is_gpl_compatible). */
bool object_is_gpl(const struct object *o);

/* libbpf's name for a kind: "byte_off" … "type_matches"; "unknown" otherwise. */
const char *relo_kind_name(uint32_t kind);

static inline bool relo_is_field(uint32_t kind)
{
	return kind <= RELO_RSHIFT_U64;
}

static inline bool relo_is_type(uint32_t kind)
{
	return (kind >= RELO_LOCAL_TYPE_ID && kind <= RELO_TYPE_SIZE) || kind == RELO_TYPE_MATCHES;
}

static inline bool relo_is_enumval(uint32_t kind)
{
	return kind == RELO_ENUMVAL_EXISTS || kind == RELO_ENUMVAL_VALUE;
}

#endif
