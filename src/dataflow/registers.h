/*
 * registers: which argument of a function a kprobe finds in which register of its context, struct
 * pt_regs, by the tables of libbpf's bpf_tracing.h (PT_REGS_PARM1 and so on);
 * and which one has the same role on another architecture.
 */
#ifndef BTFL_REGISTERS_H
#define BTFL_REGISTERS_H

#include "core/target.h"
#include "format/object.h"

/* What is in no register. */
enum { REGISTER_NONE = 0, REGISTER_RESULT = 0xff };

/* The architecture that an object was compiled for, by the struct pt_regs in its BTF; NULL where
 * that does not tell. */
const char *registers_own(const struct object *o);

/* That one; else that of the kernel (NULL for none), which runs only what is for itself. */
const char *registers_arch(const char *own, const struct target *t);

/* The argument, from 1, that stands at byte `off` of the context at the entry of a function; at its
 * return REGISTER_RESULT for what it returns. */
unsigned registers_at(const char *arch, int64_t off, bool returns);

/* The same of the register that a relocation of o names: `pt_regs.di`, `user_pt_regs.regs[2]`.
 * `own` is registers_own() of it; for NULL it is one of the first architecture that has such a
 * name. */
unsigned registers_named(const struct object *o, const char *own, const struct relo *r,
			 bool returns);

/* What a register is for, as the macros of bpf_tracing.h are. */
enum register_role {
	ROLE_ARGUMENT1,
	ROLE_ARGUMENT6 = 5,
	ROLE_RESULT,
	ROLE_FRAME,
	ROLE_STACK,
	ROLE_IP,
	ROLE_COUNT
};

enum { REGISTER_PLACE_MAX = 16 };

/* The architecture in row i of the table, in the words of arch.h; NULL past the last. */
const char *registers_known(size_t i);

/* The member of the kernel's pt_regs that has that role there, such as "regs[0]"; "" where that is
 * in no register. */
void registers_place(size_t i, enum register_role role, char out[REGISTER_PLACE_MAX]);

#endif
