/* blocks: see blocks.h. */
#include "dataflow/blocks.h"

#include <stdlib.h>

/* Of what is marked the number of the block that starts there; NOT_MARKED otherwise. */
enum { MARKED = 0 };
#define NOT_MARKED BLOCK_NONE

static void mark(const struct linked *f, uint32_t *number, int64_t at)
{
	if (at >= 0 && at < (int64_t)f->count)
		number[at] = MARKED;
}

static bool is_exit(struct insn in)
{
	return insn_is_jump(in) && BPF_OP(in.code) == JUMP_EXIT;
}

static void mark_starts(const struct linked *f, uint32_t *number)
{
	mark(f, number, 0);
	for (size_t i = 0; i < f->func_count; i++)
		mark(f, number, f->funcs[i].start);
	for (uint32_t at = 0; at < f->count; at++) {
		const struct linked_insn *n = &f->insns[at];

		if (insn_leads_away(n->in))
			mark(f, number, insn_jump_target(n->in, at));
		if (insn_leads_away(n->in) || is_exit(n->in) || n->ref_kind == REF_CALL)
			mark(f, number, (int64_t)at + 1);
	}
	/* A jump into the middle of an ldimm64 meets it behind that. */
	for (uint32_t at = 0; at + 1 < f->count; at++)
		if (f->insns[at].in.code == BPF_LDIMM64 && number[at + 1] == MARKED)
			mark(f, number, (int64_t)at + 2);
}

static uint32_t number_starts(const struct linked *f, uint32_t *number)
{
	uint32_t count = 0;

	for (uint32_t at = 0; at < f->count; at++)
		if (number[at] == MARKED)
			number[at] = count++;
	return count;
}

static uint32_t number_of(const struct linked *f, const uint32_t *number, int64_t at)
{
	return at >= 0 && at < (int64_t)f->count ? number[at] : BLOCK_NONE;
}

static struct block block_from(const struct linked *f, const uint32_t *number, uint32_t start)
{
	struct block b = {.start = start, .jumps = BLOCK_NONE, .enters = BLOCK_NONE};
	uint32_t at = start, next = blocks_next(f, at);
	const struct linked_insn *n;

	while (next < f->count && number[next] == NOT_MARKED) {
		at = next;
		next = blocks_next(f, at);
	}
	n = &f->insns[at];
	b.last = at;
	b.falls = insn_falls_through(n->in) ? number_of(f, number, next) : BLOCK_NONE;
	if (insn_leads_away(n->in))
		b.jumps = number_of(f, number, insn_jump_target(n->in, at));
	else if (n->ref_kind == REF_CALL)
		b.enters = number_of(f, number, f->funcs[n->target].start);
	return b;
}

struct blocks *blocks_new(const struct linked *f)
{
	uint32_t *number = malloc((f->count + 1) * sizeof(*number));
	struct blocks *b = NULL;
	uint32_t count;

	if (!number)
		return NULL;
	for (size_t at = 0; at < f->count; at++)
		number[at] = NOT_MARKED;
	mark_starts(f, number);
	count = number_starts(f, number);
	b = malloc(sizeof(*b) + count * sizeof(*b->list));
	if (b) {
		b->count = 0;
		for (uint32_t at = 0; at < f->count; at++)
			if (number[at] != NOT_MARKED)
				b->list[b->count++] = block_from(f, number, at);
	}
	free(number);
	return b;
}

uint32_t blocks_at(const struct blocks *b, uint32_t at)
{
	uint32_t low = 0, high = b->count;

	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (b->list[mid].start <= at)
			low = mid;
		else
			high = mid;
	}
	return low;
}
