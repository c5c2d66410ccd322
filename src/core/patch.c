/* patch: rewrites one instruction as its relocation says; see patch.h. */
#include "core/patch.h"

#include <string.h>

#define POISON_IMM 0xbad2310

/* Two instructions' worth when the first is the first half of an ldimm64. */
static bool is_ldimm64(const uint8_t *insn)
{
	return insn[0] == BPF_LDIMM64;
}

uint32_t patch_length(const uint8_t *insn, uint32_t room)
{
	return is_ldimm64(insn) && room >= 2 * INSN_SIZE ? 2 * INSN_SIZE : INSN_SIZE;
}

static void poison(uint8_t *after, uint32_t len, bool big)
{
	const struct insn call = {.code = 0x85, .imm = POISON_IMM};

	for (uint32_t i = 0; i < len; i += INSN_SIZE)
		insn_store(after + i, call, big);
}

static enum reason patch_alu(const struct patch *p, struct insn *in)
{
	if ((in->code & BPF_X) != BPF_K)
		return REASON_INSN_UNSUPPORTED;
	if (p->check && (uint64_t)(int64_t)in->imm != p->local)
		return REASON_INSN_MISMATCH;
	in->imm = (int32_t)(uint32_t)p->target;
	return REASON_NONE;
}

static bool resize(struct insn *in, uint32_t bytes)
{
	uint8_t size;

	switch (bytes) {
	case 1: size = BPF_B; break;
	case 2: size = BPF_H; break;
	case 4: size = BPF_W; break;
	case 8: size = BPF_DW; break;
	default: return false;
	}
	in->code = (uint8_t)(BPF_MODE(in->code) | size | BPF_CLASS(in->code));
	return true;
}

/* semantics 4 and 5, in the order in which a loader notices them. *poisoned: not refused, but made
 * invalid. */
static enum reason patch_memory(const struct patch *p, struct insn *in, bool *poisoned)
{
	if (p->check && (uint64_t)(int64_t)in->off != p->local)
		return REASON_INSN_MISMATCH;
	if (p->target > INT16_MAX)
		return REASON_OFFSET_RANGE;
	*poisoned = p->resize_forbidden;
	if (p->resize_forbidden)
		return REASON_SIZE_MISMATCH;
	in->off = (int16_t)p->target;
	if (p->local_size == p->target_size)
		return REASON_NONE;
	if (insn_bytes(in->code) != p->local_size)
		return REASON_INSN_MISMATCH;
	return resize(in, p->target_size) ? REASON_NONE : REASON_SIZE_MISMATCH;
}

static enum reason patch_ldimm64(const struct patch *p, struct insn *lo, struct insn *hi)
{
	uint64_t imm = (uint32_t)lo->imm | (uint64_t)(uint32_t)hi->imm << 32;

	if (lo->src || lo->off || hi->code || hi->dst || hi->src || hi->off)
		return REASON_INSN_UNSUPPORTED;
	if (p->check && imm != p->local)
		return REASON_INSN_MISMATCH;
	lo->imm = (int32_t)(uint32_t)p->target;
	hi->imm = (int32_t)(uint32_t)(p->target >> 32);
	return REASON_NONE;
}

/* Changes in, and hi, the second half of an ldimm64 (NULL when it is cut off). */
static enum reason rewrite(const struct patch *p, struct insn *in, struct insn *hi, bool *poisoned)
{
	switch (BPF_CLASS(in->code)) {
	case BPF_ALU:
	case BPF_ALU64: return patch_alu(p, in);
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX: return patch_memory(p, in, poisoned);
	case BPF_LD: return hi ? patch_ldimm64(p, in, hi) : REASON_INSN_UNSUPPORTED;
	default: return REASON_INSN_UNSUPPORTED;
	}
}

enum patched patch_insn(const struct patch *p, const uint8_t *insn, uint32_t room, bool big_endian,
			uint8_t after[16], enum reason *reason)
{
	uint32_t len = patch_length(insn, room);
	bool wide = len == 2 * INSN_SIZE, poisoned = p->poison;
	struct insn in = insn_load(insn, big_endian), hi = {0};

	memcpy(after, insn, len);
	if (wide)
		hi = insn_load(insn + INSN_SIZE, big_endian);
	*reason = poisoned ? REASON_NONE : rewrite(p, &in, wide ? &hi : NULL, &poisoned);
	if (poisoned) {
		poison(after, len, big_endian);
		return POISONED;
	}
	if (*reason != REASON_NONE)
		return REFUSED;
	insn_store(after, in, big_endian);
	if (wide)
		insn_store(after + INSN_SIZE, hi, big_endian);
	return PATCHED;
}

/* A load that cannot follow its field's size is poisoned, and then no load any more. */
static bool is_poison(const uint8_t *insn, bool big_endian)
{
	uint8_t call[INSN_SIZE];

	poison(call, sizeof(call), big_endian);
	return memcmp(call, insn, sizeof(call)) == 0;
}

bool patch_is_done(const struct patch *p, const uint8_t *insn, uint32_t room, bool big_endian)
{
	uint8_t after[2 * INSN_SIZE];
	struct patch again = *p;
	enum reason reason;

	if (p->local == p->target && p->local_size == p->target_size)
		return false;
	if (p->resize_forbidden && is_poison(insn, big_endian))
		return true;
	again.check = false;
	if (p->local_size != p->target_size) /* a size that was adapted stays */
		again.local_size = insn_bytes(insn[0]);
	return patch_insn(&again, insn, room, big_endian, after, &reason) == PATCHED &&
	       memcmp(after, insn, patch_length(insn, room)) == 0;
}
