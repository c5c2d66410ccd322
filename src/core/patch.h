/*
 * patch: one instruction before and after its relocation (semantics 1, 4, 5).
 */
#ifndef BTFL_PATCH_H
#define BTFL_PATCH_H

#include "core/value.h"

struct patch {
	uint64_t local, target;           /* values */
	uint32_t local_size, target_size; /* bytes; equal, or the access is resized */
	bool check;                       /* the instruction must hold `local` */
	bool poison;
	bool resize_forbidden;
};

/* What patching made of the instruction. */
enum patched { PATCHED, POISONED, REFUSED };

/* Bytes of the instruction at insn, of which room are there: 16 for an ldimm64, else 8. */
uint32_t patch_length(const uint8_t *insn, uint32_t room);

/* Writes patch_length() bytes of the patched instruction to after; *reason is set unless PATCHED
 * (for POISONED only when patching itself decided so). REFUSED copies the instruction as it was. */
enum patched patch_insn(const struct patch *p, const uint8_t *insn, uint32_t room, bool big_endian,
			uint8_t after[16], enum reason *reason);

/* Whether the instruction, which patch_insn() refuses, is what it would have become with `local` in
 * it: it was relocated before. */
bool patch_is_done(const struct patch *p, const uint8_t *insn, uint32_t room, bool big_endian);

#endif
