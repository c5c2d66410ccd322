/* mutate: chooses a part of the input and what to change in it; see mutate.h. */
#include "mutate.h"

#include <string.h>

size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_len, const uint8_t *other,
				 size_t other_len, uint8_t *out, size_t most, unsigned seed);

enum { PART_MOST = 1 << 17 };

uint32_t draft_below(struct draft *d, uint32_t n)
{
	/* xorshift64* */
	d->random ^= d->random >> 12;
	d->random ^= d->random << 25;
	d->random ^= d->random >> 27;
	return n ? (uint32_t)((d->random * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % n : 0;
}

bool draft_one_of(struct draft *d, uint32_t n)
{
	return draft_below(d, n) == 0;
}

uint32_t draft_edge(struct draft *d, uint32_t near)
{
	static const uint32_t edge[] = {
	    0,      1,       2,        4,          7,          8,          31,        32,
	    63,     64,      127,      128,        255,        256,        0x7fff,    0x8000,
	    0xffff, 0x10000, 0xffffff, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff8};

	if (draft_one_of(d, 2))
		return near + draft_below(d, 5) - 2;
	if (draft_one_of(d, 3))
		return near ^ 1u << draft_below(d, 32);
	return edge[draft_below(d, sizeof(edge) / sizeof(*edge))];
}

bool draft_splice(struct draft *d, size_t off, size_t old, const void *bytes, size_t n)
{
	if (off > d->len || old > d->len - off || d->len - old + n > d->most)
		return false;
	memmove(d->at + off + n, d->at + off + old, d->len - off - old);
	if (!bytes)
		memset(d->at + off, 0, n);
	else if (n)
		memcpy(d->at + off, bytes, n);
	d->len += n - old;
	return true;
}

static bool is_elf(const struct draft *d)
{
	return d->len > 64 && memcmp(d->at, "\177ELF\2", 5) == 0;
}

/* What a part is tells how to change it; one time in eight it is bytes all the same. */
static void change(struct draft *d)
{
	struct draft_btf btf;
	unsigned times = 1 + draft_below(d, 4);
	bool changed = false;

	while (times-- && !draft_one_of(d, 8)) {
		if (is_elf(d))
			changed |= mutate_elf(d);
		else if (draft_is_btf(d, &btf))
			changed |= mutate_btf(d);
		else
			break;
	}
	if (!changed)
		d->len = LLVMFuzzerMutate(d->at, d->len, d->most);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t most, unsigned seed)
{
	static uint8_t room[PART_MOST];
	struct draft d = {.random = seed + UINT64_C(0x9e3779b97f4a7c15)};
	struct bytes part[FUZZ_PARTS_MOST];
	static uint8_t whole[FUZZ_PARTS_MOST * PART_MOST];
	unsigned i = draft_below(&d, fuzz_parts);
	size_t n;

	fuzz_split(data, len, part);
	if (part[i].len > PART_MOST || len > most || most > sizeof(whole))
		return LLVMFuzzerMutate(data, len, most);
	d.at = room;
	d.len = part[i].len;
	d.most = most - (len - part[i].len) < PART_MOST ? most - (len - part[i].len) : PART_MOST;
	if (d.len)
		memcpy(room, part[i].at, d.len);
	change(&d);
	part[i] = (struct bytes){room, d.len};
	n = fuzz_join(part, whole, most);
	memcpy(data, whole, n);
	return n;
}

/* Parts of two inputs together. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_len, const uint8_t *other,
				 size_t other_len, uint8_t *out, size_t most, unsigned seed)
{
	struct bytes part[FUZZ_PARTS_MOST], more[FUZZ_PARTS_MOST];

	fuzz_split(one, one_len, part);
	fuzz_split(other, other_len, more);
	for (unsigned i = 0; i < fuzz_parts; i++)
		if (seed >> i & 1)
			part[i] = more[i];
	return fuzz_join(part, out, most);
}
