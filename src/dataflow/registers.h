/*
 * registers: which argument of a function a kprobe finds in which register of its context, struct
 * pt_regs, by the tables of libbpf's bpf_tracing.h (PT_REGS_PARM1 and so on).
 */
#ifndef BTFL_REGISTERS_H
#define BTFL_REGISTERS_H

#include "core/target.h"
#include "format/object.h"

enum machine_arch { ARCH_UNKNOWN, ARCH_AMD64, ARCH_ARM64, ARCH_S390X, ARCH_RISCV, ARCH_PPC64 };

/* What is in no register. */
enum { REGISTER_NONE = 0, REGISTER_RESULT = 0xff };

/* The architecture that an object was compiled for, by the struct pt_regs in its BTF; else that of
 * the kernel (NULL for none), which runs only what is for itself. */
enum machine_arch registers_arch(const struct object *o, const struct target *t);

/* The argument, from 1, that stands at byte `off` of the context at the entry of a function; at its
 * return REGISTER_RESULT for what it returns. */
unsigned registers_at(enum machine_arch arch, int64_t off, bool returns);

/* The same of the register that a relocation of o names: `pt_regs.di`, `user_pt_regs.regs[2]`. */
unsigned registers_named(const struct object *o, const struct relo *r, bool returns);

#endif
