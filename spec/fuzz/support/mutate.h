/*
 * mutate: changes that know the format, shared by all targets: what libFuzzer changes byte by byte
 * is refused at the first check, what is changed here mostly is not.
 */
#ifndef BTFL_FUZZ_MUTATE_H
#define BTFL_FUZZ_MUTATE_H

#include "fuzz.h"

/* What libFuzzer has: it changes bytes, knowing nothing of them. And what it calls for that which
 * knows the format. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t most, unsigned seed);

/* Bytes that are being changed, in place: what does not fit is left as it was. */
struct draft {
	uint8_t *at;
	size_t len, most;
	bool swap;
	uint64_t random;
};

/* A number below n, 0 for an n of 0; and whether one of n. */
uint32_t draft_below(struct draft *d, uint32_t n);
bool draft_one_of(struct draft *d, uint32_t n);
/* A number that finds what is counted wrongly: 0, the largest of some width, one beside `near`. */
uint32_t draft_edge(struct draft *d, uint32_t near);
/* Puts n bytes in the place of `old` bytes at `off`; NULL for zeros. False where they do not fit.
 */
bool draft_splice(struct draft *d, size_t off, size_t old, const void *bytes, size_t n);

static inline uint32_t draft_u32(const struct draft *d, size_t off)
{
	return load_u32(d->at + off, d->swap);
}

static inline void draft_set_u32(struct draft *d, size_t off, uint32_t v)
{
	store_u32(d->at + off, v, d->swap);
}

/* Changes a BTF whose header is sound, a .BTF.ext, instructions; false when nothing was changed.
 * Strings is the length of the string section that a .BTF.ext refers to. */
bool mutate_btf(struct draft *d);
bool mutate_ext(struct draft *d, uint32_t types, const char *strings, uint32_t strings_len);
bool mutate_insns(struct draft *d);
/* Changes one section of an ELF file by the above, or a header or a symbol. */
bool mutate_elf(struct draft *d);

/* Where the sections of a BTF are; false where its header is not sound. */
struct draft_btf {
	uint32_t types, types_len, strings, strings_len;
};
bool draft_is_btf(struct draft *d, struct draft_btf *out);

#endif
