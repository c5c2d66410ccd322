/* live: two passes to a fixpoint: forward, where on the stack registers point; backward, what is
 * read. See live.h. */
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

struct search {
	const struct linked *f;
	struct places *places;
	bool *dirty; /* by instruction: more came there since it was followed */
	struct live *live;
	bool spills; /* some pointer to a stack is stored */
	bool changed;
};

static bool is_alu(uint8_t code)
{
	return BPF_CLASS(code) == BPF_ALU || BPF_CLASS(code) == BPF_ALU64;
}

static bool is_helper(const struct linked_insn *n)
{
	return n->in.code == (BPF_JMP | JUMP_CALL) && n->ref_kind == LINKED_NONE && !n->in.src;
}

static void arrive(struct search *x, int64_t to, const struct places *p)
{
	if (to < 0 || to >= (int64_t)x->f->count)
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
			memset(x->dirty, true, x->f->count);
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

/* What a function is given points to its caller's stack. */
static void enter(struct search *x, uint32_t func, const struct places *caller)
{
	struct places p;

	for (unsigned i = 0; i < REGISTERS; i++)
		p.reg[i] = NOWHERE;
	for (unsigned i = 1; caller && i <= ARGUMENT_COUNT; i++)
		p.reg[i] = caller->reg[i] > 0 ? caller->reg[i] : ANYWHERE;
	p.reg[10] = 0;
	arrive(x, x->f->funcs[func].start, &p);
}

static uint32_t behind(const struct linked_insn *n, uint32_t at)
{
	return at + (n->in.code == BPF_LDIMM64 ? 2 : 1);
}

static void forward(struct search *x)
{
	for (size_t i = 0; i < x->f->count; i++)
		for (unsigned r = 0; r < REGISTERS; r++)
			x->places[i].reg[r] = UNKNOWN;
	for (uint32_t i = 0; i < x->f->func_count; i++)
		enter(x, i, NULL);
	do {
		x->changed = false;
		for (uint32_t at = 0; at < x->f->count; at++) {
			const struct linked_insn *n = &x->f->insns[at];
			struct places p;

			if (!x->dirty[at])
				continue;
			x->dirty[at] = false;
			p = x->places[at];
			if (p.reg[10] == UNKNOWN || n->in.dst >= REGISTERS ||
			    n->in.src >= REGISTERS)
				continue;
			if (n->ref_kind == REF_CALL)
				enter(x, n->target, &p);
			step(x, n, &p);
			if (insn_falls_through(n->in))
				arrive(x, behind(n, at), &p);
			if (insn_leads_away(n->in))
				arrive(x, insn_jump_target(n->in, at), &p);
		}
	} while (x->changed);
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

static struct live before_store(const struct linked_insn *n, int16_t place, struct live o)
{
	bool aligned = place <= 0 && (place + n->in.off) % SLOT_SIZE == 0;

	if (aligned && n->relo < 0)
		o.slots &= ~slots_at(place, n->in.off, 1);
	o.registers |= (uint16_t)(1u << n->in.dst);
	if (BPF_CLASS(n->in.code) == BPF_STX)
		o.registers |= (uint16_t)(1u << n->in.src);
	if (BPF_CLASS(n->in.code) == BPF_STX && BPF_MODE(n->in.code) == BPF_ATOMIC)
		o.registers |= 1; /* r0 is compared */
	return o;
}

static struct live before_call(const struct search *x, const struct linked_insn *n,
			       const struct places *p, struct live o)
{
	unsigned arity = is_helper(n) ? helper_arity((uint32_t)n->in.imm) : ARGUMENT_COUNT;

	o.registers &= (uint16_t)~SCRATCH;
	if (n->ref_kind == REF_CALL)
		o.registers |= x->live[x->f->funcs[n->target].start].registers & ARGUMENTS;
	else
		o.registers |= ARGUMENTS & ((2u << arity) - 1);
	for (unsigned i = 1; is_helper(n) && i <= arity && i <= ARGUMENT_COUNT; i++) {
		struct helper_arg arg = helper_arg((uint32_t)n->in.imm, i);

		if (arg.size != SIZE_NONE && !arg.writes)
			o.slots |= slots_at(p->reg[i], 0, arg.size == SIZE_FIXED ? arg.bytes : 0);
	}
	return o;
}

static struct live before(const struct search *x, uint32_t at, struct live o)
{
	const struct linked_insn *n = &x->f->insns[at];
	const struct places *p = &x->places[at];
	uint16_t dst = (uint16_t)(1u << n->in.dst), src = (uint16_t)(1u << n->in.src);
	uint8_t code = n->in.code, op = BPF_OP(code);

	if (is_alu(code)) {
		src = code & BPF_X ? src : 0;
		o.registers &= (uint16_t)~dst;
		o.registers |= op == ALU_MOV ? src : src | dst;
		return o;
	}
	switch (BPF_CLASS(code)) {
	case BPF_LD:
		o.registers &= (uint16_t) ~(code == BPF_LDIMM64 ? dst : SCRATCH);
		o.registers |= code == BPF_LDIMM64 ? 0 : src | 1u << 6;
		return o;
	case BPF_LDX:
		o.registers = (uint16_t)((o.registers & ~dst) | src);
		/* A relocated offset leads there or further up. */
		o.slots |= n->relo < 0 ? slots_at(p->reg[n->in.src], n->in.off, 1)
				       : slots_at(p->reg[n->in.src], 0, 0);
		return o;
	case BPF_ST:
	case BPF_STX: return before_store(n, p->reg[n->in.dst], o);
	default: break;
	}
	switch (op) {
	case JUMP_EXIT: return (struct live){.registers = 1};
	case JUMP_CALL: return before_call(x, n, p, o);
	case JUMP_ALWAYS:
	case JUMP_MAY: return o;
	default: o.registers |= dst | (code & BPF_X ? src : 0); return o;
	}
}

static void add(struct live *o, const struct search *x, int64_t at)
{
	if (at < 0 || at >= (int64_t)x->f->count)
		return;
	o->registers |= x->live[at].registers;
	o->slots |= x->live[at].slots;
}

static void backward(struct search *x)
{
	do {
		x->changed = false;
		for (uint32_t at = (uint32_t)x->f->count; at-- > 0;) {
			const struct linked_insn *n = &x->f->insns[at];
			struct live o = {0};

			/* What no way leads to reads nothing. */
			if (x->places[at].reg[10] == UNKNOWN || n->in.dst >= REGISTERS ||
			    n->in.src >= REGISTERS)
				continue;
			if (insn_falls_through(n->in))
				add(&o, x, behind(n, at));
			if (insn_leads_away(n->in))
				add(&o, x, insn_jump_target(n->in, at));
			o = before(x, at, o);
			if (o.registers != x->live[at].registers || o.slots != x->live[at].slots) {
				x->live[at] = o;
				x->changed = true;
			}
		}
	} while (x->changed);
}

struct live *live_new(const struct linked *f)
{
	struct search x = {.f = f};

	x.places = calloc(f->count + 1, sizeof(*x.places));
	x.live = calloc(f->count + 1, sizeof(*x.live));
	x.dirty = calloc(f->count + 1, sizeof(*x.dirty));
	if (x.places && x.live && x.dirty) {
		forward(&x);
		backward(&x);
	} else {
		free(x.live);
		x.live = NULL;
	}
	free(x.dirty);
	free(x.places);
	return x.live;
}
