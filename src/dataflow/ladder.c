/*
 * ladder: see ladder.h. From the first rung on, moves, arithmetic and further rungs are followed as
 * the kernel goes through them. The arm begins with the first instruction that does something else,
 * or where all paths from the first rung meet again; what registers that are still read have become
 * on the way is part of it.
 */
#include "dataflow/ladder.h"

#include <stdlib.h>

#include "dataflow/live.h"
#include "verify/state.h"

struct climb {
	const struct linked *f;
	struct blocks *blocks;
	struct live *live;
	struct ladder *x;
	const struct decision *decisions;
	int32_t *rung_of; /* by instruction: into rungs, LINKED_NONE for none */
};

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

/* What a register is: how it was computed since the head, or itself. */
static uint64_t shape(const uint64_t *reg, unsigned r)
{
	return r < REGISTERS && reg[r] ? reg[r] : r + 1;
}

/* Whether an instruction only moves or computes; then what that makes of its register. A relocated
 * one counts by its relocation, for its number is another on each kernel, or it is poison. */
static bool compute(const struct linked *f, uint32_t at, uint64_t *reg)
{
	const struct linked_insn *n = &f->insns[at];
	uint8_t class = BPF_CLASS(n->in.code), op = BPF_OP(n->in.code);
	uint64_t h = mix(n->in.code, (uint16_t)n->in.off);

	if (n->in.dst >= REGISTERS - 1)
		return false;
	if (n->relo >= 0)
		h = mix(mix(h, 1), (uint64_t)n->relo);
	else if (n->in.code == BPF_LDIMM64)
		h = mix(mix(h, 2), at);
	else
		h = mix(mix(h, 3), (uint32_t)n->in.imm);
	if (n->in.code == BPF_LDIMM64) {
		reg[n->in.dst] = h;
		return true;
	}
	if (class != BPF_ALU && class != BPF_ALU64)
		return false;
	if (op != ALU_MOV)
		h = mix(h, shape(reg, n->in.dst));
	if (n->in.code & BPF_X)
		h = mix(h, shape(reg, n->in.src));
	reg[n->in.dst] = h ? h : 1;
	return true;
}

/* The node behind an instruction on this kernel, GRAPH_NONE where the ladder ends. */
static uint32_t step(struct climb *c, uint32_t at, uint32_t head, uint64_t *reg)
{
	const struct insn *in = &c->f->insns[at].in;
	int32_t rung = c->rung_of[at];
	uint32_t falls, jumps;

	graph_ways_of(c->f, at, &falls, &jumps);
	if (rung >= 0) {
		struct rung *r = &c->x->rungs[rung];

		if (!r->asked)
			return GRAPH_NONE;
		r->head = head;
		return r->jumps_there ? jumps : falls;
	}
	if (falls == GRAPH_NONE)
		return jumps;
	if (jumps != GRAPH_NONE || BPF_CLASS(in->code) == BPF_JMP)
		return GRAPH_NONE;
	return compute(c->f, at, reg) ? falls : GRAPH_NONE;
}

/* What runs from a head on, as one number. Only forward, so that it ends. */
static uint64_t follow(struct climb *c, uint32_t head)
{
	uint64_t reg[REGISTERS] = {0}, h;
	uint16_t live = 0;
	uint32_t at = c->x->rungs[head].at, meet = c->x->graph->meeting[at];
	uint32_t next = step(c, at, head, reg);

	while (next != GRAPH_NONE && next > at) {
		at = next;
		if (at == meet || at >= c->x->graph->count)
			break;
		next = step(c, at, head, reg);
	}
	if (next != GRAPH_NONE)
		at = next;
	if (at < c->x->graph->count)
		live = live_registers(c->f, c->blocks, c->live, at);
	h = mix(0, at);
	for (unsigned r = 0; r < REGISTERS - 1; r++)
		if (live >> r & 1)
			h = mix(h, reg[r]);
	return h;
}

static void find_arms(struct climb *c)
{
	for (uint32_t i = 0; i < c->x->count; i++)
		c->x->rungs[i].head = i;
	for (uint32_t i = 0; i < c->x->count; i++) {
		struct rung *r = &c->x->rungs[i];

		if (r->asked && r->head == i)
			r->arm = follow(c, i);
	}
}

/* Whether a branch goes one way for the sake of relocations. */
static bool is_rung(const struct climb *c, uint32_t at)
{
	return c->decisions[at].decided && c->decisions[at].by.count &&
	       c->x->graph->first[at] != GRAPH_NONE;
}

static int find_rungs(struct climb *c)
{
	uint32_t count = c->x->graph->count;
	size_t n = 0;

	for (uint32_t at = 0; at < count; at++)
		n += is_rung(c, at);
	c->x->rungs = calloc(n + 1, sizeof(*c->x->rungs));
	c->rung_of = malloc(((size_t)count + 1) * sizeof(*c->rung_of));
	if (!c->x->rungs || !c->rung_of)
		return -1;
	for (uint32_t at = 0; at < count; at++) {
		const struct decision *d = &c->decisions[at];
		struct rung *r = &c->x->rungs[c->x->count];

		c->rung_of[at] = LINKED_NONE;
		if (!is_rung(c, at))
			continue;
		c->rung_of[at] = (int32_t)c->x->count++;
		*r = (struct rung){
		    .at = at, .by = d->by, .asked = d->reached, .jumps_there = d->jumps};
		graph_ways_of(c->f, at, &r->falls, &r->jumps);
	}
	return 0;
}

static bool has_relocations(const struct linked *f)
{
	for (uint32_t at = 0; at < f->funcs[0].count; at++)
		if (f->insns[at].relo >= 0)
			return true;
	return false;
}

static int climb(struct climb *c)
{
	struct decision *decisions = NULL;
	int rc = -1;

	c->x->graph = graph_new(c->f);
	if (c->x->graph && !has_relocations(c->f))
		return 0;
	if (c->x->graph)
		decisions = constants_decide(c->f, c->x->graph);
	if (decisions)
		c->blocks = blocks_new(c->f);
	if (c->blocks)
		c->live = live_new(c->f, c->blocks);
	c->decisions = decisions;
	if (c->live && find_rungs(c) == 0) {
		find_arms(c);
		rc = 0;
	}
	free(decisions);
	free(c->live);
	free(c->blocks);
	free(c->rung_of);
	return rc;
}

int ladder_new(const struct linked *f, struct ladder **out, struct err *e)
{
	struct climb c = {.f = f, .x = calloc(1, sizeof(*c.x))};

	if (c.x && climb(&c) == 0) {
		*out = c.x;
		return 0;
	}
	ladder_free(c.x);
	return err_memory(e, f->object->path);
}

void ladder_free(struct ladder *x)
{
	if (!x)
		return;
	graph_free(x->graph);
	free(x->rungs);
	free(x);
}
