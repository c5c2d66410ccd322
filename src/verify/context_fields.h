/*
 * context_fields: what a kernel lets programs do with the context that they are called with (r1):
 * which of its bytes they may read and write, and whether they may move the pointer first. The
 * table is context_fields.def, its source a kernel that was asked and the is_valid_access()
 * functions of others.
 */
#ifndef BTFL_CONTEXT_FIELDS_H
#define BTFL_CONTEXT_FIELDS_H

#include "verify/helper_types.h"

/* One load from the context or store into it. */
struct context_access {
	uint32_t prog_type, attach_type; /* enum bpf_prog_type, enum bpf_attach_type */
	uint32_t offset, size; /* bytes; offset of the instruction and the pointer together */
	uint32_t word;         /* bytes of a pointer of the kernel */
	bool write;
};

/*
 * Whether the verifier takes it, or says "invalid bpf_context access". context_size: bytes of the
 * struct named by context_fields_struct() in the kernel's BTF, 0 when that is not known; then
 * nobody knows of any field whether the kernel has it. What a tracing, lsm, ext or struct_ops
 * program is called with is no matter of its type: KNOWN_NOT.
 */
enum known context_fields_access(const struct context_access *access, uint32_t context_size,
				 struct kernel_age age);

/* All that the size of the context tells of an access: two sizes of which it is the same decide
 * alike, however old the kernel is. */
unsigned context_fields_side(const struct context_access *access, uint32_t context_size);

/* The struct that such programs see as their context; NULL where the size of none decides. */
const char *context_fields_struct(uint32_t prog_type);

/* Whether that byte of the context of such programs is of a pointer to a packet or its end. */
bool context_fields_packet(uint32_t prog_type, int64_t offset);

/*
 * Whether a program may access its context through a pointer that it has moved by a constant other
 * than 0, or is told "dereference of modified ctx ptr". None could up to 6.18; since then those may
 * whose accesses the kernel does not rewrite.
 */
enum known context_fields_moved(uint32_t prog_type, struct kernel_age age);

#endif
