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
enum { BPF_IMM = 0x00, BPF_MEM = 0x60, BPF_MEMSX = 0x80, BPF_ATOMIC = 0xc0 };
/* Source of arithmetic and jumps: code & 8. */
enum { BPF_K = 0x00, BPF_X = 0x08 };

/* Operations of arithmetic: code & 0xf0. */
enum { BPF_MOV = 0xb0 };
/* Operations of jumps, likewise. */
enum { BPF_CALL = 0x80 };

#define BPF_CLASS(code) ((code)&0x07)
#define BPF_SIZE(code) ((code)&0x18)
#define BPF_MODE(code) ((code)&0xe0)
#define BPF_OP(code) ((code)&0xf0)

#define BPF_LDIMM64 (BPF_LD | BPF_IMM | BPF_DW)

struct insn {
	uint8_t code, dst, src;
	int16_t off;
	int32_t imm;
};

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

#endif
