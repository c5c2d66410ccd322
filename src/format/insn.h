/*
 * insn: one BPF instruction of 8 bytes, decoded from and encoded into a file's byte order (kernel,
 * Documentation/bpf/standardization/instruction-set.rst).
 */
#ifndef BTFL_INSN_H
#define BTFL_INSN_H

#include "base/span.h"

enum { INSN_SIZE = 8 };

/* Classes: code & 7. */
enum { BPF_LD, BPF_LDX, BPF_ST, BPF_STX, BPF_ALU, BPF_JMP, BPF_JMP32, BPF_ALU64 };
/* Sizes of loads and stores: code & 0x18. */
enum { BPF_W = 0x00, BPF_H = 0x08, BPF_B = 0x10, BPF_DW = 0x18 };
/* Modes of loads and stores: code & 0xe0. */
enum {
	BPF_IMM = 0x00,
	BPF_ABS = 0x20,
	BPF_IND = 0x40,
	BPF_MEM = 0x60,
	BPF_MEMSX = 0x80,
	BPF_ATOMIC = 0xc0
};
/* Source of arithmetic and jumps: code & 8. */
enum { BPF_K = 0x00, BPF_X = 0x08 };

/* Operations of jumps: code & 0xf0. */
enum {
	JUMP_ALWAYS = 0x00,
	JUMP_EQ = 0x10,
	JUMP_GT = 0x20,
	JUMP_GE = 0x30,
	JUMP_SET = 0x40,
	JUMP_NE = 0x50,
	JUMP_SGT = 0x60,
	JUMP_SGE = 0x70,
	JUMP_CALL = 0x80,
	JUMP_EXIT = 0x90,
	JUMP_LT = 0xa0,
	JUMP_LE = 0xb0,
	JUMP_SLT = 0xc0,
	JUMP_SLE = 0xd0,
	JUMP_MAY = 0xe0 /* may_goto */
};

/* Operations of arithmetic, likewise. */
enum {
	ALU_ADD = 0x00,
	ALU_SUB = 0x10,
	ALU_MUL = 0x20,
	ALU_DIV = 0x30,
	ALU_OR = 0x40,
	ALU_AND = 0x50,
	ALU_LSH = 0x60,
	ALU_RSH = 0x70,
	ALU_NEG = 0x80,
	ALU_MOD = 0x90,
	ALU_XOR = 0xa0,
	ALU_MOV = 0xb0,
	ALU_ARSH = 0xc0,
	ALU_END = 0xd0
};

#define BPF_CLASS(code) ((code)&0x07)
#define BPF_SIZE(code) ((code)&0x18)
#define BPF_MODE(code) ((code)&0xe0)
#define BPF_OP(code) ((code)&0xf0)

#define BPF_LDIMM64 (BPF_LD | BPF_IMM | BPF_DW)

/* Bytes that a load or store moves. */
static inline unsigned insn_bytes(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B: return 1;
	case BPF_H: return 2;
	case BPF_W: return 4;
	default: return 8;
	}
}

struct insn {
	uint8_t code, dst, src;
	int16_t off;
	int32_t imm;
};

/* What an atomic instruction does, as far as it has a name here, in its imm. */
enum { ATOMIC_LOAD = 0x100, ATOMIC_STORE = 0x110 };

static inline bool insn_is_atomic(struct insn in)
{
	return BPF_CLASS(in.code) == BPF_STX && BPF_MODE(in.code) == BPF_ATOMIC;
}

/* The register by which a load, a store or an atomic instruction accesses memory. */
static inline uint8_t insn_accesses_by(struct insn in)
{
	bool loads = BPF_CLASS(in.code) == BPF_LDX || (insn_is_atomic(in) && in.imm == ATOMIC_LOAD);

	return loads ? in.src : in.dst;
}

/* Decodes the 8 bytes at p, which stand in big-endian order when big is set. */
static inline struct insn insn_load(const uint8_t *p, bool big)
{
	bool swap = big != host_big_endian();
	struct insn in = {.code = p[0]};

	in.dst = big ? p[1] >> 4 : p[1] & 0xf;
	in.src = big ? p[1] & 0xf : p[1] >> 4;
	in.off = (int16_t)load_u16(p + 2, swap);
	in.imm = (int32_t)load_u32(p + 4, swap);
	return in;
}

/* Encodes in into the 8 bytes at p. */
static inline void insn_store(uint8_t *p, struct insn in, bool big)
{
	bool swap = big != host_big_endian();

	p[0] = in.code;
	p[1] = (uint8_t)(big ? in.dst << 4 | in.src : in.src << 4 | in.dst);
	store_u16(p + 2, (uint16_t)in.off, swap);
	store_u32(p + 4, (uint32_t)in.imm, swap);
}

/* Whether it is of the jumps: with calls, exits and may_goto. */
static inline bool insn_is_jump(struct insn in)
{
	return BPF_CLASS(in.code) == BPF_JMP || BPF_CLASS(in.code) == BPF_JMP32;
}

/* Whether it may lead elsewhere in its function than to the next one. */
static inline bool insn_leads_away(struct insn in)
{
	return insn_is_jump(in) && BPF_OP(in.code) != JUMP_CALL && BPF_OP(in.code) != JUMP_EXIT;
}

/* Whether the next one may follow it. */
static inline bool insn_falls_through(struct insn in)
{
	return !insn_is_jump(in) ||
	       (BPF_OP(in.code) != JUMP_ALWAYS && BPF_OP(in.code) != JUMP_EXIT);
}

/* Where one leads that stands at instruction `at`; gotol has its offset elsewhere. */
static inline int64_t insn_jump_target(struct insn in, uint32_t at)
{
	return (int64_t)at + 1 + (in.code == (BPF_JMP32 | JUMP_ALWAYS) ? in.imm : in.off);
}

#endif
