/* live: two passes over blocks to a fixpoint: forward, where on the stack registers point, and so
 * what each block reads and puts there; backward, what is read. See live.h. */
#include "dataflow/live.h"

#include <stdlib.h>
#include <string.h>

#include "verify/helpers.h"
#include "verify/state.h"

/* Where a register points: bytes from the end of the stack, 0 or less; or one of these. */
enum { UNKNOWN = 1, ANYWHERE, NOWHERE };

enum { ARGUMENTS = 0x3e, SCRATCH = 0x3f, SCRATCH_COUNT = 6, ARGUMENT_COUNT = 5 };
#define ALL_SLOTS UINT64_MAX

struct places {
	int16_t reg[REGISTERS]; /* NOWHERE on the stack; UNKNOWN before any way came there */
};

/* What instructions from one on do together: what they read of what was there before, and where
 * something else is then. */
struct effect {
	struct live reads, puts;
};

struct search {
	const struct linked *f;
	const struct blocks *blocks;
	/* By block: where it starts, whether more came there since it was followed, what it does.
	 */
	struct places *places;
	bool *dirty;
	struct effect *effects;
	struct live *live;
	bool spills; /* some pointer to a stack is stored */
	bool changed;
};

static bool is_helper(const struct linked_insn *n)
{
	return n->in.code == (BPF_JMP | JUMP_CALL) && n->ref_kind == LINKED_NONE && !n->in.src;
}

static void arrive(struct search *x, uint32_t to, const struct places *p)
{
	if (to == BLOCK_NONE)
		return;
	for (unsigned i = 0; i < REGISTERS; i++) {
		int16_t *at = &x->places[to].reg[i], was = *at;

		if (p->reg[i] == UNKNOWN || p->reg[i] == was)
			continue;
		*at = was == UNKNOWN ? p->reg[i] : ANYWHERE;
		if (*at != was)
			x->dirty[to] = x->changed = true;
	}
}

static int16_t moved(int16_t place, int32_t by)
{
	if (place > 0)
		return place;
	if (by < -2 * STACK_SIZE || by > 2 * STACK_SIZE)
		return ANYWHERE;
	by += place;
	return by > 0 || by < -STACK_SIZE ? ANYWHERE : (int16_t)by;
}

static void step_alu(const struct linked_insn *n, struct places *p)
{
	bool by_register = n->in.code & BPF_X, wide = BPF_CLASS(n->in.code) == BPF_ALU64;
	uint8_t op = BPF_OP(n->in.code);
	int16_t *dst = &p->reg[n->in.dst], src = by_register ? p->reg[n->in.src] : NOWHERE;

	if (op == ALU_MOV)
		*dst = src > 0 || (wide && !n->in.off) ? src : ANYWHERE;
	else if (op == ALU_ADD && wide && !by_register && n->relo < 0)
		*dst = moved(*dst, n->in.imm);
	else if (*dst <= 0 || src <= 0 || src == ANYWHERE)
		*dst = ANYWHERE;
}

/* The slots that `size` bytes from there on are in, or that all are from there on: size 0. */
static uint64_t slots_at(int16_t place, int32_t off, int32_t size)
{
	uint64_t slots = 0;

	if (place > 0)
		return place == NOWHERE ? 0 : ALL_SLOTS;
	off += place;
	if (off >= 0 || off < -STACK_SIZE)
		return 0;
	for (int k = (-off - 1) / SLOT_SIZE; k >= 0 && (!size || -SLOT_SIZE * (k + 1) < off + size);
	     k--)
		slots |= UINT64_C(1) << k;
	return slots;
}

static void step(struct search *x, const struct linked_insn *n, struct places *p)
{
	bool whole = BPF_SIZE(n->in.code) == BPF_DW;

	switch (BPF_CLASS(n->in.code)) {
	case BPF_ALU:
	case BPF_ALU64: step_alu(n, p); return;
	case BPF_LDX:
		p->reg[n->in.dst] =
		    whole && x->spills && p->reg[n->in.src] != NOWHERE ? ANYWHERE : NOWHERE;
		return;
	case BPF_STX:
		if (whole && p->reg[n->in.src] != NOWHERE && !x->spills) {
			/* What was loaded before may have been one. */
			memset(x->dirty, true, x->blocks->count);
			x->spills = x->changed = true;
		}
		return;
	case BPF_LD:
		if (n->in.code == BPF_LDIMM64) {
			p->reg[n->in.dst] = NOWHERE;
			return;
		}
		break;
	default:
		if (n->in.code != (BPF_JMP | JUMP_CALL))
			return;
	}
	for (unsigned i = 0; i < SCRATCH_COUNT; i++)
		p->reg[i] = NOWHERE;
	/* A function may return what it was given. */
	if (n->ref_kind == REF_CALL)
		p->reg[0] = ANYWHERE;
}

static void set_nowhere(struct places *p)
{
	for (unsigned i = 0; i < REGISTERS; i++)
		p->reg[i] = NOWHERE;
}

/* What a function is given points to its caller's stack. */
static void enter(struct search *x, uint32_t block, const struct places *caller)
{
	struct places p;

	set_nowhere(&p);
	for (unsigned i = 1; caller && i <= ARGUMENT_COUNT; i++)
		p.reg[i] = caller->reg[i] > 0 ? caller->reg[i] : ANYWHERE;
	p.reg[10] = 0;
	arrive(x, block, &p);
}

static void reads(struct effect *e, unsigned registers, uint64_t slots)
{
	e->reads.registers |= (uint16_t)(registers & ~e->puts.registers);
	e->reads.slots |= slots & ~e->puts.slots;
}

static void puts_there(struct effect *e, unsigned registers, uint64_t slots)
{
	e->puts.registers |= (uint16_t)registers;
	e->puts.slots |= slots;
}

static void add_store(struct effect *e, const struct linked_insn *n, int16_t place)
{
	bool by_register = BPF_CLASS(n->in.code) == BPF_STX;
	bool aligned = place <= 0 && (place + n->in.off) % SLOT_SIZE == 0;

	reads(e, 1u << n->in.dst | (by_register ? 1u << n->in.src : 0), 0);
	if (by_register && BPF_MODE(n->in.code) == BPF_ATOMIC)
		reads(e, 1, 0); /* r0 is compared */
	if (aligned && n->relo < 0)
		puts_there(e, 0, slots_at(place, n->in.off, 1));
}

/* A call of what is no function of the program. */
static void add_call(struct effect *e, const struct linked_insn *n, const struct places *p)
{
	unsigned arity = is_helper(n) ? helper_arity((uint32_t)n->in.imm) : ARGUMENT_COUNT;

	reads(e, ARGUMENTS & ((2u << arity) - 1), 0);
	for (unsigned i = 1; is_helper(n) && i <= arity && i <= ARGUMENT_COUNT; i++) {
		struct helper_arg arg = helper_arg((uint32_t)n->in.imm, i);

		if (arg.size != SIZE_NONE && !arg.writes)
			reads(e, 0, slots_at(p->reg[i], 0, arg.size == SIZE_FIXED ? arg.bytes : 0));
	}
	puts_there(e, SCRATCH, 0);
}

static void add_jump(struct effect *e, const struct linked_insn *n, const struct places *p)
{
	unsigned src = n->in.code & BPF_X ? 1u << n->in.src : 0;

	switch (BPF_OP(n->in.code)) {
	case JUMP_ALWAYS:
	case JUMP_MAY: return;
	case JUMP_EXIT: reads(e, 1, 0); return;
	case JUMP_CALL:
		if (n->ref_kind != REF_CALL)
			add_call(e, n, p);
		return;
	default: reads(e, 1u << n->in.dst | src, 0); return;
	}
}

static void add_step(struct effect *e, const struct linked_insn *n, const struct places *p)
{
	unsigned dst = 1u << n->in.dst, src = 1u << n->in.src;
	uint8_t code = n->in.code;

	switch (BPF_CLASS(code)) {
	case BPF_ALU:
	case BPF_ALU64:
		reads(e, (code & BPF_X ? src : 0) | (BPF_OP(code) == ALU_MOV ? 0 : dst), 0);
		puts_there(e, dst, 0);
		return;
	case BPF_LD:
		reads(e, code == BPF_LDIMM64 ? 0 : src | 1u << 6, 0);
		puts_there(e, code == BPF_LDIMM64 ? dst : SCRATCH, 0);
		return;
	case BPF_LDX:
		/* A relocated offset leads there or further up. */
		reads(e, src,
		      n->relo < 0 ? slots_at(p->reg[n->in.src], n->in.off, 1)
				  : slots_at(p->reg[n->in.src], 0, 0));
		puts_there(e, dst, 0);
		return;
	case BPF_ST:
	case BPF_STX: add_store(e, n, p->reg[n->in.dst]); return;
	default: add_jump(e, n, p); return;
	}
}

/* Adds what n does, before which registers point there; false when no way leads past it. */
static bool add_effect(struct effect *e, const struct linked_insn *n, const struct places *p)
{
	if (n->in.dst >= REGISTERS || n->in.src >= REGISTERS) {
		puts_there(e, UINT16_MAX, ALL_SLOTS);
		return false;
	}
	add_step(e, n, p);
	return true;
}

/* What a block does, and where registers point behind it; false when no way leads through it. */
static bool follow(struct search *x, const struct block *b, struct places *p, struct effect *e)
{
	*e = (struct effect){0};
	for (uint32_t at = b->start; at <= b->last; at = blocks_next(x->f, at)) {
		const struct linked_insn *n = &x->f->insns[at];

		if (!add_effect(e, n, p))
			return false;
		if (n->ref_kind == REF_CALL)
			enter(x, b->enters, p);
		step(x, n, p);
	}
	return true;
}

/* Whether some way leads there. */
static bool is_reached(const struct search *x, uint32_t block)
{
	return x->places[block].reg[10] != UNKNOWN;
}

static void forward(struct search *x)
{
	for (uint32_t i = 0; i < x->blocks->count; i++)
		for (unsigned r = 0; r < REGISTERS; r++)
			x->places[i].reg[r] = UNKNOWN;
	for (size_t i = 0; i < x->f->func_count; i++)
		if (x->f->funcs[i].start < x->f->count)
			enter(x, blocks_at(x->blocks, x->f->funcs[i].start), NULL);
	do {
		x->changed = false;
		for (uint32_t i = 0; i < x->blocks->count; i++) {
			const struct block *b = &x->blocks->list[i];
			struct places p;

			if (!x->dirty[i])
				continue;
			x->dirty[i] = false;
			p = x->places[i];
			if (!is_reached(x, i) || !follow(x, b, &p, &x->effects[i]))
				continue;
			arrive(x, b->falls, &p);
			arrive(x, b->jumps, &p);
		}
	} while (x->changed);
}

static void add(struct live *o, const struct live *live, uint32_t block)
{
	if (block == BLOCK_NONE)
		return;
	o->registers |= live[block].registers;
	o->slots |= live[block].slots;
}

/* What is read behind what a block does by itself: by the function that it calls, too. */
static struct live behind(const struct block *b, const struct live *live)
{
	struct live o = {0};

	add(&o, live, b->falls);
	add(&o, live, b->jumps);
	if (b->enters != BLOCK_NONE) {
		o.registers &= (uint16_t)~SCRATCH;
		o.registers |= live[b->enters].registers & ARGUMENTS;
	}
	return o;
}

static struct live before(const struct effect *e, struct live behind)
{
	return (struct live){
	    .registers = e->reads.registers | (uint16_t)(behind.registers & ~e->puts.registers),
	    .slots = e->reads.slots | (behind.slots & ~e->puts.slots),
	};
}

static void backward(struct search *x)
{
	do {
		x->changed = false;
		for (uint32_t i = x->blocks->count; i-- > 0;) {
			struct live o;

			/* What no way leads to reads nothing. */
			if (!is_reached(x, i))
				continue;
			o = before(&x->effects[i], behind(&x->blocks->list[i], x->live));
			if (o.registers != x->live[i].registers || o.slots != x->live[i].slots) {
				x->live[i] = o;
				x->changed = true;
			}
		}
	} while (x->changed);
}

struct live *live_new(const struct linked *f, const struct blocks *b)
{
	struct search x = {.f = f, .blocks = b};

	x.places = calloc(b->count + 1, sizeof(*x.places));
	x.effects = malloc((b->count + 1) * sizeof(*x.effects));
	x.dirty = calloc(b->count + 1, sizeof(*x.dirty));
	x.live = calloc(b->count + 1, sizeof(*x.live));
	if (x.places && x.effects && x.dirty && x.live) {
		forward(&x);
		backward(&x);
	} else {
		free(x.live);
		x.live = NULL;
	}
	free(x.dirty);
	free(x.effects);
	free(x.places);
	return x.live;
}

uint16_t live_registers(const struct linked *f, const struct blocks *b, const struct live *live,
			uint32_t at)
{
	const struct block *block = &b->list[blocks_at(b, at)];
	struct effect rest = {0};
	struct places p;

	/* Where they point tells only of the stack. */
	set_nowhere(&p);
	while (at <= block->last && add_effect(&rest, &f->insns[at], &p))
		at = blocks_next(f, at);
	return before(&rest, behind(block, live)).registers;
}
