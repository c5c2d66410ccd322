/* context_search: whether a program has anything that depends on what its context is: an access
 * that may be refused, of the context itself or by what was loaded from it. Cheaper than a walk,
 * which most programs so are spared; see context.h. */
#include <stdlib.h>

#include "verify/context.h"
#include "verify/helpers.h"
#include "verify/scalar.h"

/* What registers and slots of the stack may hold, forward to a fixpoint: the context, a pointer
 * moved on from it, an address of the stack. */
enum { SCRATCH_REGISTERS = 6, REGISTER_COUNT = 16, NUMBERS = 32 };

struct set {
	uint64_t slots; /* bit n: the 8 bytes at -8 * (n + 1) from the frame pointer */
	uint16_t registers;
};

/* What registers may hold that have a type: a pointer to the struct of that id, or one of these. */
#define TYPE_NONE 0u
#define TYPE_MANY UINT32_MAX
#define TYPE_PLAIN (UINT32_MAX - 1)

enum { FAR = 1 << 24 };

struct types {
	uint16_t constants; /* registers that hold a constant, `at` */
	uint16_t numbers;   /* those of which anything here may be otherwise by a relocated number:
			       that `by` has some for */
	uint32_t by[REGISTER_COUNT]; /* of those, which numbers; see `numbered` */
	uint32_t of[REGISTER_COUNT];
	int32_t at[REGISTER_COUNT]; /* of a pointer: bytes from the start of its struct */
};

struct held {
	struct set context, moved, stack;
	struct set typed; /* whatever has a type */
};

struct context_search {
	const struct context *c;
	const struct linked *f;
	struct held *held;   /* where ways meet, once it was met */
	struct types *types; /* likewise; NULL where the context has no arguments */
	struct types now;    /* those of the instruction that is looked at, and behind it */
	bool *met;
	bool *meets; /* instructions to which ways lead */
	/* Those met with a relocated number, where there are types: the number of a bit, and 1. So
	 * many have their own, the others the last. */
	uint8_t *numbered;
	uint8_t numbers;
	uint32_t at;  /* where the sweep is */
	bool changed; /* behind it, which takes another */
	bool suspects;
	uint32_t went_by; /* relocated numbers in registers by which something went */
};

static bool add_set(struct set *to, const struct set *from)
{
	struct set old = *to;

	to->slots |= from->slots;
	to->registers |= from->registers;
	return to->slots != old.slots || to->registers != old.registers;
}

static bool add_type(uint32_t *to, uint32_t type)
{
	uint32_t old = *to;

	if (type && type != old)
		*to = old ? TYPE_MANY : type;
	return *to != old;
}

static bool is_pointer_type(uint32_t type)
{
	return type != TYPE_NONE && type != TYPE_PLAIN;
}

/* Adds to the types of those registers. */
static bool add_types(struct types *to, const struct types *from, uint16_t registers)
{
	uint16_t old = to->constants, numbers = to->numbers;
	bool more = false;

	to->constants &= from->constants;
	to->numbers |= from->numbers;
	for (unsigned reg = 0; reg < REGISTER_COUNT; reg++) {
		bool differs = to->at[reg] != from->at[reg];

		more |= from->by[reg] & ~to->by[reg];
		to->by[reg] |= from->by[reg];

		if (differs)
			to->constants &= (uint16_t) ~(1u << reg);
		if (!(registers >> reg & 1))
			continue;
		if (to->of[reg] == TYPE_NONE)
			to->at[reg] = from->at[reg];
		else if (differs && is_pointer_type(from->of[reg]))
			more |= add_type(&to->of[reg], TYPE_MANY);
		more |= add_type(&to->of[reg], from->of[reg]);
	}
	return more || to->constants != old || to->numbers != numbers;
}

static void flow(struct context_search *s, int64_t to, const struct held *h,
		 const struct types *types)
{
	struct held *at;
	bool more;

	if (to < 0 || to >= (int64_t)s->f->count)
		return;
	at = &s->held[to];
	if (!s->met[to]) {
		s->met[to] = more = true;
		*at = *h;
		if (s->types)
			s->types[to] = *types;
	} else {
		more = add_set(&at->context, &h->context);
		more |= add_set(&at->moved, &h->moved);
		more |= add_set(&at->stack, &h->stack);
		more |= add_set(&at->typed, &h->typed);
		if (s->types)
			more |= add_types(&s->types[to], types, h->typed.registers);
	}
	s->changed |= more && to <= s->at;
}

static bool has(const struct set *x, unsigned reg)
{
	return x->registers >> reg & 1;
}

static void put(struct set *x, unsigned reg, bool in)
{
	uint16_t bit = (uint16_t)(1u << reg);

	x->registers = in ? x->registers | bit : x->registers & (uint16_t)~bit;
}

/* The slots that an instruction with that register and offset may touch. */
static uint64_t slots_at(unsigned reg, int off)
{
	if (reg != 10)
		return UINT64_MAX;
	return off < 0 && off >= -512 ? (uint64_t)1 << ((-off + 7) / 8 - 1) : 0;
}

/* The access of an instruction by a register that may hold the context. */
static void suspect(struct context_search *s, struct insn in, const struct held *h)
{
	unsigned reg = insn_accesses_by(in);
	int64_t number;

	if (has(&h->moved, reg) ||
	    (has(&h->context, reg) && context_refuses_insn(s->c, 0, in, &number)))
		s->suspects = true;
}

static void put_type(struct context_search *s, struct held *h, unsigned reg, uint32_t type,
		     int32_t at)
{
	if (!s->types)
		return;
	put(&h->typed, reg, type != TYPE_NONE);
	s->now.of[reg] = type;
	s->now.at[reg] = at;
	s->now.constants &= (uint16_t) ~(1u << reg);
	s->now.numbers &= (uint16_t) ~(1u << reg);
	s->now.by[reg] = 0;
}

/* Something goes by what a register holds. */
static void go_by(struct context_search *s, unsigned reg)
{
	s->went_by |= s->types ? s->now.by[reg] : 0;
}

/* What a load by a typed pointer gives, where it may land nowhere suspected. */
static uint32_t type_behind(struct context_search *s, struct insn in)
{
	uint32_t type = s->now.of[in.src];
	const struct linked_insn *n = &s->f->insns[s->at];
	struct moved_by by = {n->twice ? -1 : n->relo, in.off};
	struct landing l;

	if (type == TYPE_MANY || type == TYPE_PLAIN) {
		s->suspects = true;
		return TYPE_NONE;
	}
	l = struct_walk(s->c->btf, type, (int64_t)s->now.at[in.src] + in.off, insn_bytes(in.code),
			by, &s->c->rules);
	s->suspects = s->suspects || l.kind == LANDS_NOWHERE;
	return l.kind == LANDS_POINTER ? l.type : l.kind == LANDS_NUMBER ? TYPE_PLAIN : TYPE_NONE;
}

/* What a load leaves in its register. */
static uint32_t type_after_load(struct context_search *s, struct insn in, const struct held *h)
{
	uint32_t type = TYPE_NONE, slot;

	if (has(&h->typed, in.src))
		type = type_behind(s, in);
	if (has(&h->stack, in.src) && (h->typed.slots & slots_at(in.src, in.off)))
		add_type(&type, TYPE_MANY);
	if (has(&h->context, in.src)) {
		slot = context_pointee(s->c, in.off);
		add_type(&type, slot                             ? slot
				: context_is_plain(s->c, in.off) ? TYPE_PLAIN
								 : TYPE_NONE);
	}
	return type;
}

/* Whether the source is a constant, and which. */
static bool constant_source(const struct context_search *s, struct insn in, int32_t *out)
{
	*out = in.code & BPF_X ? s->now.at[in.src] : in.imm;
	return !(in.code & BPF_X) || (s->now.constants >> in.src & 1);
}

/* A pointer that is moved by what is no constant leads who knows where; numbers that are added up
 * may be a pointer. */
static void type_after_sum(struct context_search *s, struct insn in, struct held *h, uint32_t src)
{
	const struct types *now = &s->now;
	uint32_t dst = has(&h->typed, in.dst) ? now->of[in.dst] : TYPE_NONE;
	bool adds = BPF_OP(in.code) == ALU_ADD, moved = adds || BPF_OP(in.code) == ALU_SUB;
	int64_t at = now->at[in.dst];
	int32_t by;

	if (is_pointer_type(dst) && moved && constant_source(s, in, &by)) {
		at += adds ? by : -(int64_t)by;
	} else if (is_pointer_type(src) && adds && (now->constants >> in.dst & 1)) {
		at += now->at[in.src];
		dst = src;
	} else if (is_pointer_type(src) || is_pointer_type(dst)) {
		dst = TYPE_MANY;
	} else if (!constant_source(s, in, &by)) {
		dst = TYPE_NONE;
	}
	if (is_pointer_type(dst) && (at > FAR || at < -FAR))
		dst = TYPE_MANY;
	put_type(s, h, in.dst, dst, is_pointer_type(dst) && dst != TYPE_MANY ? (int32_t)at : 0);
}

static void type_after_move(struct context_search *s, struct insn in, struct held *h, uint32_t src)
{
	int32_t at = 0;
	bool constant = !in.off && constant_source(s, in, &at);

	put_type(s, h, in.dst, in.off ? TYPE_NONE : src, at);
	if (constant)
		s->now.constants |= (uint16_t)(1u << in.dst);
}

static void type_after_alu(struct context_search *s, struct insn in, struct held *h)
{
	bool by_reg = in.code & BPF_X, moves = BPF_OP(in.code) == ALU_MOV;
	uint32_t src = by_reg && has(&h->typed, in.src) ? s->now.of[in.src] : TYPE_NONE, by = 0;

	if (!s->types)
		return;
	if (s->numbered[s->at])
		by |= UINT32_C(1) << (s->numbered[s->at] - 1);
	by |= by_reg ? s->now.by[in.src] : 0;
	by |= moves ? 0 : s->now.by[in.dst];
	if (moves)
		type_after_move(s, in, h, src);
	else
		type_after_sum(s, in, h, src);
	s->now.by[in.dst] = by;
	if (by)
		s->now.numbers |= (uint16_t)(1u << in.dst);
}

static void hold_after_alu(struct context_search *s, struct insn in, struct held *h)
{
	bool by_reg = in.code & BPF_X, moves = BPF_OP(in.code) == ALU_MOV;
	bool context = by_reg && has(&h->context, in.src);
	bool moved = by_reg && has(&h->moved, in.src);
	bool stack = by_reg && has(&h->stack, in.src);

	if (!moves) {
		moved = moved || context || has(&h->moved, in.dst) || has(&h->context, in.dst);
		stack = stack || has(&h->stack, in.dst);
		context = false;
	}
	type_after_alu(s, in, h);
	put(&h->context, in.dst, context);
	put(&h->moved, in.dst, moved);
	put(&h->stack, in.dst, stack);
}

static void load_set(struct set *x, struct insn in, bool from_stack)
{
	bool wide = BPF_SIZE(in.code) == BPF_DW;

	put(x, in.dst, wide && from_stack && (x->slots & slots_at(in.src, in.off)));
}

static void store_set(struct set *x, struct insn in)
{
	uint64_t slots = slots_at(in.dst, in.off);

	if (BPF_CLASS(in.code) == BPF_STX && BPF_SIZE(in.code) == BPF_DW && has(x, in.src))
		x->slots |= slots;
	else if (in.dst == 10)
		x->slots &= ~slots;
}

static void hold_after_memory(struct context_search *s, struct insn in, struct held *h)
{
	bool loads = BPF_CLASS(in.code) == BPF_LDX;
	bool in_stack = has(&h->stack, loads ? in.src : in.dst);

	suspect(s, in, h);
	if (loads) {
		go_by(s, in.src);
		put_type(s, h, in.dst, type_after_load(s, in, h), 0);
		load_set(&h->context, in, in_stack);
		load_set(&h->moved, in, in_stack);
		load_set(&h->stack, in, in_stack);
	} else if (in_stack) {
		store_set(&h->context, in);
		store_set(&h->moved, in);
		store_set(&h->stack, in);
		store_set(&h->typed, in);
	}
}

static void forget(struct context_search *s, struct held *h, unsigned reg)
{
	put(&h->context, reg, false);
	put(&h->moved, reg, false);
	put(&h->stack, reg, false);
	put_type(s, h, reg, TYPE_NONE, 0);
}

static void hold_after(struct context_search *s, struct insn in, struct held *h)
{
	switch (BPF_CLASS(in.code)) {
	case BPF_ALU: forget(s, h, in.dst); return;
	case BPF_ALU64: hold_after_alu(s, in, h); return;
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX: hold_after_memory(s, in, h); return;
	case BPF_LD:
		if (in.code == BPF_LDIMM64) {
			forget(s, h, in.dst);
			return;
		}
		break;
	default:
		if (in.code != (BPF_JMP | JUMP_CALL))
			return;
		if (!in.src && has(&h->moved, 1) && helper_takes_context((uint32_t)in.imm))
			s->suspects = true;
		break;
	}
	for (unsigned reg = 0; reg < SCRATCH_REGISTERS; reg++)
		forget(s, h, reg);
}

/* Whether a function may return what its caller gave it. */
static bool may_return(const struct context_search *s, const struct linked_insn *n,
		       const struct held *before)
{
	return n->ref_kind == REF_CALL && !s->f->funcs[n->target].global &&
	       (before->typed.registers || before->typed.slots || before->context.registers);
}

/* Whether anything at an instruction is of the context, or might be by another number. */
static bool concerns(const struct context_search *s, const struct held *h)
{
	return h->context.registers || h->context.slots || h->moved.registers || h->moved.slots ||
	       h->typed.registers || h->typed.slots || (s->types && s->now.numbers);
}

/* Whether a branch on a constant is taken: relocations decide which size of a bitfield's load is
 * the right one. -1 when that is not known. */
static int decided(const struct context_search *s, struct insn in)
{
	static const struct abilities none;
	struct scalar a, b;

	if (BPF_CLASS(in.code) != BPF_JMP || !insn_leads_away(in) ||
	    BPF_OP(in.code) == JUMP_ALWAYS || in.code & BPF_X || !(s->now.constants >> in.dst & 1))
		return -1;
	a = scalar_known((uint64_t)(int64_t)s->now.at[in.dst]);
	b = scalar_known((uint64_t)(int64_t)in.imm);
	return scalar_holds(&a, &b, BPF_OP(in.code), true, &none);
}

/* Follows the instruction at s->at, to where it jumps and, in h and s->now, to the next one;
 * whether it goes on there. */
static bool follow(struct context_search *s, struct held *h)
{
	const struct linked_insn *n = &s->f->insns[s->at];
	const struct held before = *h;
	int taken;

	for (unsigned reg = 0; reg < REGISTER_COUNT && n->ref_kind == REF_CALL; reg++)
		go_by(s, reg);
	if (BPF_CLASS(n->in.code) == BPF_JMP && insn_leads_away(n->in))
		go_by(s, n->in.dst);
	if (n->ref_kind == REF_CALL || n->ref_kind == REF_FUNC)
		flow(s, s->f->funcs[n->target].start, h, &s->now);
	hold_after(s, n->in, h);
	if (may_return(s, n, &before))
		put_type(s, h, 0, TYPE_MANY, 0);
	taken = decided(s, n->in);
	if (insn_leads_away(n->in) && taken != 0)
		flow(s, insn_jump_target(n->in, s->at), h, &s->now);
	return insn_falls_through(n->in) && taken != 1;
}

/* Goes on with what all ways bring to s->at; false when none came there. */
static bool meet(struct context_search *s, struct held *h, bool falls)
{
	bool changed = s->changed;

	if (falls)
		flow(s, s->at, h, &s->now);
	s->changed = changed;
	if (!s->met[s->at])
		return false;
	*h = s->held[s->at];
	if (s->types)
		s->now = s->types[s->at];
	return true;
}

/* Where an instruction goes by a pointer that is followed, its number counts, of a typed one where
 * that leads (struct_walk()); where types are told, one that is put into a register or added there
 * may. */
static void ask(struct context_search *s, const struct linked_insn *n, const struct held *h)
{
	unsigned class = BPF_CLASS(n->in.code);
	unsigned reg = class == BPF_LDX ? n->in.src : n->in.dst;
	uint16_t held = h->context.registers | h->moved.registers;
	bool memory = class == BPF_LDX || class == BPF_ST || class == BPF_STX;

	if (class != BPF_LDX || n->twice)
		held |= h->typed.registers;
	if (n->relo < 0)
		return;
	if (class == BPF_ALU64 && !s->numbered[s->at]) {
		s->numbers += s->numbers < NUMBERS;
		s->numbered[s->at] = s->numbers;
	}
	if (memory && (reg == 10 || (held >> reg & 1)))
		linked_ask(s->f, s->at);
}

/* Whatever such numbers are, the same is found where nothing goes by them. Where anything is
 * suspected, a walk follows, and asks for those that count there. */
static void ask_numbers(const struct context_search *s)
{
	for (uint32_t at = 0; s->types && !s->suspects && at < s->f->count; at++)
		if (s->numbered[at] && s->went_by >> (s->numbered[at] - 1) & 1)
			linked_ask(s->f, at);
}

static void sweep(struct context_search *s)
{
	struct held h = {0};
	bool live = false;

	s->changed = false;
	for (s->at = 0; s->at < s->f->count && !s->suspects; s->at++) {
		const struct linked_insn *n = &s->f->insns[s->at];

		if (s->meets[s->at])
			live = meet(s, &h, live);
		live = live && !n->stop && concerns(s, &h);
		if (!live)
			continue;
		ask(s, n, &h);
		live = follow(s, &h);
		s->at += n->in.code == BPF_LDIMM64;
	}
}

static void mark_meets(struct context_search *s)
{
	const struct linked *f = s->f;

	for (size_t i = 0; i < f->func_count; i++)
		s->meets[f->funcs[i].start] = true;
	for (uint32_t at = 0; at < f->count; at++) {
		int64_t to =
		    insn_leads_away(f->insns[at].in) ? insn_jump_target(f->insns[at].in, at) : -1;

		if (to >= 0 && to < (int64_t)f->count)
			s->meets[to] = true;
	}
}

/* Whether a helper gives it a struct of the kernel. */
static bool gets_struct(const struct linked *f)
{
	for (uint32_t at = 0; at < f->count; at++) {
		const struct linked_insn *n = &f->insns[at];

		if (n->in.code == (BPF_JMP | JUMP_CALL) && n->ref_kind == LINKED_NONE &&
		    !n->in.src && helper_gives_struct((uint32_t)n->in.imm))
			return true;
	}
	return false;
}

static int search_start(struct context_search *s)
{
	size_t n = s->f->count + 1;

	s->held = calloc(n, sizeof(*s->held));
	s->met = calloc(n, sizeof(*s->met));
	s->meets = calloc(n, sizeof(*s->meets));
	s->numbered = calloc(n, sizeof(*s->numbered));
	s->types = s->c->slots ? calloc(n, sizeof(*s->types)) : NULL;
	return s->held && s->met && s->meets && s->numbered && (s->types || !s->c->slots) ? 0 : -1;
}

static void search_end(struct context_search *s)
{
	free(s->held);
	free(s->types);
	free(s->met);
	free(s->meets);
	free(s->numbered);
}

int context_suspects(struct context *c, const struct linked *f, struct err *e)
{
	struct held start = {.context.registers = 1u << 1, .stack.registers = 1u << 10};
	struct context_search s = {.c = c, .f = f};

	if (!c->known)
		return 0;
	if (c->closed || (c->shut && gets_struct(f))) {
		c->suspect = true;
		return 0;
	}
	if (search_start(&s) < 0) {
		search_end(&s);
		return err_memory(e, f->object->path);
	}
	mark_meets(&s);
	flow(&s, 0, &start, &s.now);
	while (s.changed && !s.suspects)
		sweep(&s);
	ask_numbers(&s);
	search_end(&s);
	c->suspect = s.suspects;
	return 0;
}
