/* flow_step: what one instruction does to where values come from; see flow.h. */
#include "dataflow/ways.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "verify/helpers.h"

enum { ARGUMENT_COUNT = 5, NO_RELO = -1 };

/* The helpers that copy kernel memory: (dst, size, from). */
static bool copies_kernel(uint32_t helper)
{
	return helper == HELPER_probe_read || helper == HELPER_probe_read_str ||
	       helper == HELPER_probe_read_kernel || helper == HELPER_probe_read_kernel_str;
}

static const struct fact *fact_of(const struct flow *x, uint32_t fact)
{
	return provenance_at(x->p, fact);
}

static bool is_field_offset(const struct flow *x, int32_t relo)
{
	return relo >= 0 && x->f->object->relos[relo].kind == RELO_BYTE_OFF;
}

static void note_each(struct flow *x, const struct fact *f, struct read what)
{
	struct reads *r = x->r;

	for (unsigned i = 0; i < SOURCES_MOST && f->source[i]; i++) {
		struct read *more = array_grow(r->list, &r->cap, r->count, sizeof(*more));

		if (!more) {
			x->failed = true;
			return;
		}
		r->list = more;
		what.source = f->source[i];
		more[r->count++] = what;
	}
}

/* Notes what is done with all sources of a fact: most have none. */
static inline void note(struct flow *x, uint32_t fact, struct read what)
{
	const struct fact *f = fact_of(x, fact);

	if (x->noting && f->source[0])
		note_each(x, f, what);
}

static void note_use(struct flow *x, uint32_t at, uint32_t fact, enum read_use use)
{
	note(x, fact, (struct read){.at = at, .use = (uint8_t)use, .relo = NO_RELO});
}

/* The sources of a fact, and nothing else of it. */
static uint32_t only_sources(struct flow *x, uint32_t fact)
{
	struct fact f = *fact_of(x, fact);

	f.place = f.source[0] ? PLACE_MIXED : PLACE_NOTHING;
	f.func = 0;
	f.relo = NO_RELO;
	f.number = 0;
	return provenance_fact(x->p, f);
}

/* Along a walk, the number that a relocation became counts. */
static void count(struct flow *x, int32_t relo)
{
	if (x->ask->walk && reads_count(x->r, relo) < 0)
		x->failed = true;
}

uint32_t flow_moved(struct flow *x, uint32_t fact, int64_t number, int32_t relo)
{
	const struct fact old = *fact_of(x, fact);
	struct fact f = {.relo = NO_RELO, .place = PLACE_MIXED};

	if (!fact)
		return 0;
	if (old.place == PLACE_CONTEXT || old.place == PLACE_STACK || old.place == PLACE_NUMBER) {
		count(x, relo);
		count(x, old.relo);
	}
	if (old.place == PLACE_CONTEXT || old.place == PLACE_STACK || old.place == PLACE_NUMBER) {
		f.place = old.place;
		f.func = old.func;
		f.number = (int32_t)((uint32_t)old.number + (uint32_t)number);
		f.relo = relo >= 0 && old.place != PLACE_NUMBER ? relo : NO_RELO;
	} else if (old.place == PLACE_EITHER) {
		f.place = PLACE_EITHER;
		f.number = old.number;
	}
	ways_moved(x, &old, number, relo, &f);
	for (unsigned i = 0; i < SOURCES_MOST && old.source[i]; i++) {
		struct source s = x->p->sources[old.source[i]];

		/* A second relocation is of the struct that the first led to: its offset counts,
		 * which only a kernel tells. */
		s.nested |= relo >= 0 && s.relo >= 0;
		if (s.nested)
			count(x, relo);
		if (relo >= 0 && s.relo < 0)
			s.relo = relo;
		else if ((relo < 0 || x->ask->walk) && number < INT32_MAX / 2 &&
			 number > INT32_MIN / 2)
			s.offset += (int32_t)number;
		fact_add(&f, provenance_source(x->p, s));
	}
	if (!f.source[0] && f.place == PLACE_MIXED)
		f.place = PLACE_NOTHING;
	return provenance_fact(x->p, f);
}

static uint32_t number_fact(struct flow *x, int32_t relo, int64_t number)
{
	return provenance_place(x->p, PLACE_NUMBER, 0, relo, number);
}

/* A fact and a constant, or the number of a relocation. */
static uint32_t plus(struct flow *x, uint32_t at, uint32_t a, int32_t number, int32_t relo)
{
	if (relo < 0 || is_field_offset(x, relo))
		return flow_moved(x, a, number, relo);
	note_use(x, at, a, USE_ARITHMETIC);
	return 0;
}

static uint32_t minus(struct flow *x, uint32_t at, uint32_t a, int32_t number, int32_t relo)
{
	enum read_use use = is_field_offset(x, relo) ? USE_CONTAINER : USE_ARITHMETIC;

	if (relo < 0)
		return flow_moved(x, a, -(int64_t)number, NO_RELO);
	note(x, a, (struct read){.at = at, .use = (uint8_t)use, .relo = relo});
	return 0;
}

/* Of two values, neither a constant: one is an index into the other, and nobody can tell which. */
static uint32_t either(struct flow *x, uint32_t at, uint32_t a, uint32_t b)
{
	note_use(x, at, a, USE_ARITHMETIC);
	note_use(x, at, b, USE_ARITHMETIC);
	return ways_add(x, a, b);
}

/* dst + src, of which one may be a constant. */
static uint32_t sum(struct flow *x, uint32_t at, uint32_t a, uint32_t b)
{
	const struct fact *q = fact_of(x, b);

	if (fact_of(x, a)->place == PLACE_NUMBER && q->place != PLACE_NUMBER)
		return sum(x, at, b, a);
	if (q->place == PLACE_NUMBER && !q->source[0])
		return plus(x, at, a, q->number, q->relo);
	return either(x, at, a, b);
}

static uint32_t difference(struct flow *x, uint32_t at, uint32_t a, uint32_t b)
{
	const struct fact *q = fact_of(x, b);

	if (q->place == PLACE_NUMBER && !q->source[0])
		return minus(x, at, a, q->number, q->relo);
	return either(x, at, a, b);
}

static bool is_plain_number(const struct fact *f)
{
	return f->place == PLACE_NUMBER && f->relo < 0 && !f->source[0];
}

/* What two constants make, as a compiler has it where it picks an offset; 0 when it is not
 * followed. */
static uint32_t folded(struct flow *x, const struct fact *a, const struct fact *b, uint8_t op)
{
	int64_t n = a->number, by = b->number;

	if (!is_plain_number(a) || !is_plain_number(b))
		return ways_either(x, (fact_places(a) & fact_places(b)) & 1u << PLACE_NUMBER);
	switch (op) {
	case ALU_LSH: return by < 32 && by >= 0 ? number_fact(x, NO_RELO, n * (1LL << by)) : 0;
	case ALU_MUL: return number_fact(x, NO_RELO, n * by);
	case ALU_AND: return number_fact(x, NO_RELO, n & by);
	case ALU_OR: return number_fact(x, NO_RELO, n | by);
	case ALU_XOR: return number_fact(x, NO_RELO, n ^ by);
	default: return 0;
	}
}

static bool shifts_half(uint8_t op, int32_t by)
{
	return (op == ALU_LSH || op == ALU_RSH || op == ALU_ARSH) && by == 32;
}

/* *dst becomes what operation `op` makes of it and a constant. */
static void step_constant(struct flow *x, uint32_t at, uint8_t op, bool wide, uint32_t *dst)
{
	const struct linked_insn *n = &x->f->insns[at];
	struct fact by = {.place = PLACE_NUMBER, .relo = n->relo, .number = n->in.imm};

	if (op == ALU_MOV) {
		*dst = n->in.off ? 0 : provenance_fact(x->p, by);
	} else if (op == ALU_ADD && wide) {
		*dst = plus(x, at, *dst, n->in.imm, n->relo);
	} else if (op == ALU_SUB && wide) {
		*dst = minus(x, at, *dst, n->in.imm, n->relo);
	} else if (shifts_half(op, n->in.imm)) {
		*dst = only_sources(x, *dst);
	} else {
		note_use(x, at, *dst, USE_ARITHMETIC);
		*dst = folded(x, fact_of(x, *dst), &by, op);
	}
}

/* The same of it and a register. */
static void step_registers(struct flow *x, uint32_t at, uint8_t op, bool wide, uint32_t *dst,
			   uint32_t src)
{
	if (op == ALU_MOV) {
		*dst = wide && !x->f->insns[at].in.off ? src : only_sources(x, src);
	} else if (op == ALU_ADD && wide) {
		*dst = sum(x, at, *dst, src);
	} else if (op == ALU_SUB && wide) {
		*dst = difference(x, at, *dst, src);
	} else {
		note_use(x, at, *dst, USE_ARITHMETIC);
		note_use(x, at, src, USE_ARITHMETIC);
		*dst = folded(x, fact_of(x, *dst), fact_of(x, src), op);
	}
}

static void step_alu(struct flow *x, uint32_t at, struct flow_state *s)
{
	struct insn in = x->f->insns[at].in;
	uint8_t op = BPF_OP(in.code);
	bool wide = BPF_CLASS(in.code) == BPF_ALU64;
	uint32_t *dst = &s->reg[in.dst];

	if (op == ALU_END || op == ALU_NEG) {
		note_use(x, at, *dst, USE_ARITHMETIC);
		*dst = 0;
	} else if (in.code & BPF_X) {
		step_registers(x, at, op, wide, dst, s->reg[in.src]);
	} else {
		step_constant(x, at, op, wide, dst);
	}
}

/* The slot of the function's own stack that byte `number` + off is in; -1 for none. */
static int slot_of(const struct flow *x, const struct fact *f, uint32_t func, int64_t off)
{
	off += f->number;
	if (f->place != PLACE_STACK || (f->relo >= 0 && !x->ask->walk) || f->func != func ||
	    off >= 0 || off < -STACK_SIZE)
		return -1;
	return (int)((-off - 1) / SLOT_SIZE);
}

/* Remembers a relocation that says where the context has an argument. */
static void add_located(struct flow *x, int32_t relo)
{
	struct reads *r = x->r;
	uint8_t bit = (uint8_t)(1u << relo % 8);
	int32_t *more;

	if (!r->is_located)
		r->is_located = calloc(x->f->object->relo_count / 8 + 1, 1);
	if (r->is_located && (r->is_located[relo / 8] & bit))
		return;
	more = array_grow(r->located, &r->located_cap, r->located_count, sizeof(*more));
	if (!more || !r->is_located) {
		r->located = more ? more : r->located;
		x->failed = true;
		return;
	}
	r->is_located[relo / 8] |= bit;
	r->located = more;
	more[r->located_count++] = relo;
}

/* The argument that stands `off` bytes, or a relocation, from a pointer to the context; 0 for none.
 */
static uint32_t argument_at(struct flow *x, const struct fact *ctx, int64_t off, int32_t relo)
{
	const struct flow_ask *ask = x->ask;

	off += ctx->number;
	relo = relo >= 0 ? relo : ctx->relo;
	ways_lose(x, ask->shape == SHAPE_REGISTERS && relo < 0 && !ask->arch);
	if (ask->shape == SHAPE_SLOTS && relo >= 0) {
		add_located(x, relo);
		count(x, relo);
	}
	if (ask->shape == SHAPE_SLOTS)
		return off >= 0 ? (uint32_t)(off / SLOT_SIZE) + 1 : 0;
	if (ask->shape != SHAPE_REGISTERS)
		return 0;
	if (relo >= 0)
		return registers_named(x->f->object, ask->own, &x->f->object->relos[relo],
				       ask->returns);
	return registers_at(ask->arch, off, ask->returns);
}

/* What is loaded from the sources of a fact: each has the place that it was loaded from for a
 * parent. */
static uint32_t loaded(struct flow *x, uint32_t fact, int64_t off, int32_t relo)
{
	const struct fact from = *fact_of(x, flow_moved(x, fact, off, relo));
	struct fact f = {.relo = NO_RELO, .place = PLACE_MIXED};

	for (unsigned i = 0; i < SOURCES_MOST && from.source[i]; i++) {
		const struct source *parent = &x->p->sources[from.source[i]];

		fact_add(&f, provenance_source(x->p, (struct source){
							 .argument = parent->argument,
							 .parent = from.source[i],
							 .relo = NO_RELO,
							 .depth = parent->depth + 1,
							 .maybe = parent->maybe,
						     }));
	}
	return f.source[0] ? provenance_fact(x->p, f) : 0;
}

/* Puts argument n of the program there. */
static void put_argument(struct flow *x, uint32_t at, uint32_t n, unsigned size, uint32_t *to)
{
	struct source s = {.argument = n, .relo = NO_RELO};

	*to = provenance_of(x->p, provenance_source(x->p, s));
	note(x, *to, (struct read){.at = at, .use = USE_READ, .size = size, .relo = NO_RELO});
}

static void step_load(struct flow *x, uint32_t at, struct flow_state *s)
{
	const struct linked_insn *n = &x->f->insns[at];
	uint32_t from = s->reg[n->in.src], argument = 0, any = 0, *dst = &s->reg[n->in.dst];
	/* Facts move as others are made. */
	const struct fact f = *fact_of(x, from);
	unsigned size = insn_bytes(n->in.code);
	uint64_t slots = ways_slots(x, &f, n->func, n->in.off, n->relo);
	int slot = slots ? -1 : slot_of(x, &f, n->func, n->in.off);

	ways_lose(x, ways_may_be(&f, PLACE_CONTEXT));
	if (slots)
		any = ways_any_slot(x, s, slots);
	if (f.place == PLACE_STACK)
		count(x, n->relo);
	if (f.place == PLACE_CONTEXT)
		argument = argument_at(x, &f, n->in.off, n->relo);
	if (argument) {
		put_argument(x, at, argument, size, dst);
		return;
	}
	if (slot >= 0) {
		*dst = size == SLOT_SIZE ? s->slot[slot] : only_sources(x, s->slot[slot]);
	} else {
		note(x, from,
		     (struct read){.at = at,
				   .use = USE_LOAD,
				   .size = (uint8_t)size,
				   .relo = n->relo,
				   .offset = n->in.off});
		*dst = loaded(x, from, n->in.off, n->relo);
	}
	if (any)
		*dst = provenance_join(x->p, *dst, any);
}

static void step_store(struct flow *x, uint32_t at, struct flow_state *s)
{
	const struct linked_insn *n = &x->f->insns[at];
	bool by_register = BPF_CLASS(n->in.code) == BPF_STX;
	uint32_t value = by_register ? s->reg[n->in.src] : number_fact(x, NO_RELO, n->in.imm);
	unsigned size = insn_bytes(n->in.code);
	const struct fact *to = fact_of(x, s->reg[n->in.dst]);
	uint64_t slots = ways_slots(x, to, n->func, n->in.off, n->relo);
	int slot = slots ? -1 : slot_of(x, to, n->func, n->in.off);
	bool first = slot >= 0 && ((int64_t)to->number + n->in.off) % SLOT_SIZE == 0;

	if (by_register)
		note(x, value,
		     (struct read){.at = at,
				   .use = slot >= 0 ? USE_STORE : USE_PUT,
				   .size = size,
				   .relo = NO_RELO});
	ways_store_anywhere(x, s, value, slots);
	if (slot < 0)
		return;
	if (size < SLOT_SIZE)
		value = only_sources(x, value);
	if (first)
		s->slot[slot] = value;
	else if (value)
		s->slot[slot] = provenance_join(x->p, s->slot[slot], value);
}

/* The bytes behind argument i of a helper; -1 when nobody knows. */
static int64_t bytes_behind(struct flow *x, const struct flow_state *s, struct helper_arg arg,
			    unsigned i)
{
	const struct fact *size, *map = fact_of(x, s->reg[1]);
	const struct map_def *def;

	if (arg.size == SIZE_FIXED)
		return arg.bytes;
	if ((arg.size == SIZE_KEY || arg.size == SIZE_VALUE) && map->place == PLACE_MAP) {
		def = &x->ask->references->maps[map->number];
		return arg.size == SIZE_KEY ? def->key_size : def->value_size;
	}
	if (arg.size != SIZE_NEXT || i >= ARGUMENT_COUNT)
		return -1;
	size = fact_of(x, s->reg[i + 1]);
	count(x, size->place == PLACE_NUMBER ? size->relo : NO_RELO);
	return size->place == PLACE_NUMBER && size->number >= 0 ? size->number : -1;
}

/* Notes that a slot is part of memory that a helper reads, which starts at `from`. */
static void note_memory(struct flow *x, uint32_t at, const struct flow_state *s, unsigned slot,
			struct read r, const struct fact *from)
{
	const struct fact *map = fact_of(x, s->reg[1]);
	uint8_t size = helper_arg(r.callee, r.number).size;

	r.at = at;
	r.use = USE_MEMORY;
	r.relo = NO_RELO;
	if ((size == SIZE_KEY || size == SIZE_VALUE) && map->place == PLACE_MAP) {
		r.map = (uint32_t)map->number + 1;
		r.place = -SLOT_SIZE * ((int32_t)slot + 1) - (int32_t)from->number;
	}
	note(x, s->slot[slot], r);
}

/* Memory of the stack that a helper reads or writes: what stands there is used, or gone. */
static void step_memory(struct flow *x, uint32_t at, struct flow_state *s, uint32_t helper,
			unsigned i)
{
	struct helper_arg arg = helper_arg(helper, i);
	const struct fact *to = fact_of(x, s->reg[i]);
	int64_t size = bytes_behind(x, s, arg, i), end = size < 0 ? 0 : to->number + size;
	int first = slot_of(x, to, x->f->insns[at].func, 0);
	bool by_kernel = arg.size == SIZE_NEXT && i < ARGUMENT_COUNT && !x->ask->walk &&
			 fact_of(x, s->reg[i + 1])->relo >= 0;

	if (arg.size != SIZE_NONE && !arg.writes)
		ways_lose_slots(x, s, ways_slots(x, to, x->f->insns[at].func, 0, NO_RELO));
	if (arg.size == SIZE_NONE || size == 0)
		return;
	ways_lose(x, first >= 0 && by_kernel && !arg.writes);
	/* Slot k has the bytes from -SLOT_SIZE * (k + 1) on. */
	for (int k = first; k >= 0 && -SLOT_SIZE * (int64_t)(k + 1) < end; k--) {
		if (!arg.writes)
			note_memory(x, at, s, (unsigned)k,
				    (struct read){.number = (uint8_t)i, .callee = helper}, to);
		else if (size >= 0 && !by_kernel)
			s->slot[k] = 0;
	}
}

/* probe_read(dst, size, from) */
static void step_probe(struct flow *x, uint32_t at, struct flow_state *s, uint32_t helper)
{
	const struct fact *size = fact_of(x, s->reg[2]), *to = fact_of(x, s->reg[1]);
	bool known = size->place == PLACE_NUMBER && size->relo < 0 && size->number > 0;
	int slot = slot_of(x, to, x->f->insns[at].func, 0);
	const struct fact *from = fact_of(x, s->reg[3]);
	uint32_t bytes = known ? (uint32_t)size->number : 0, argument = 0;

	ways_lose(x, ways_may_be(from, PLACE_CONTEXT));
	if (from->place == PLACE_CONTEXT)
		argument = argument_at(x, from, 0, NO_RELO);
	note(x, s->reg[3],
	     (struct read){.at = at,
			   .use = USE_PROBE,
			   .number = 3,
			   .size = bytes,
			   .relo = NO_RELO,
			   .callee = helper});
	step_memory(x, at, s, HELPER_probe_read, 1);
	if (slot >= 0 && argument)
		put_argument(x, at, argument, bytes, &s->slot[slot]);
	else if (slot >= 0 && known && bytes <= SLOT_SIZE)
		s->slot[slot] = loaded(x, s->reg[3], 0, NO_RELO);
}

static void step_helper(struct flow *x, uint32_t at, struct flow_state *s, uint32_t helper)
{
	unsigned arity = helper_arity(helper);
	bool task = helper == HELPER_get_current_task || helper == HELPER_get_current_task_btf;

	if (copies_kernel(helper)) {
		step_probe(x, at, s, helper);
	} else {
		for (unsigned i = 1; i <= arity && i <= ARGUMENT_COUNT; i++) {
			note(x, s->reg[i],
			     (struct read){.at = at,
					   .use = USE_HELPER,
					   .number = (uint8_t)i,
					   .relo = NO_RELO,
					   .callee = helper});
			step_memory(x, at, s, helper, i);
		}
	}
	memset(s->reg, 0, (ARGUMENT_COUNT + 1) * sizeof(*s->reg));
	if (task)
		s->reg[0] = provenance_of(
		    x->p, provenance_source(
			      x->p, (struct source){.argument = ARGUMENT_TASK, .relo = NO_RELO}));
}

/* How many arguments a function of the kernel takes, by the object's BTF. */
static unsigned kfunc_arity(const struct flow *x, uint32_t number)
{
	struct btf_type t =
	    btf_type(x->f->object->btf, x->ask->references->externs[number].type_id);

	return t.kind == BTF_FUNC_PROTO && t.vlen < ARGUMENT_COUNT ? t.vlen : ARGUMENT_COUNT;
}

static void step_call(struct flow *x, uint32_t at, struct flow_state *s)
{
	const struct linked_insn *n = &x->f->insns[at];

	if (n->ref_kind == LINKED_NONE && n->in.src == 0) {
		step_helper(x, at, s, (uint32_t)n->in.imm);
		return;
	}
	if (n->ref_kind == REF_EXTERN_CALL)
		for (unsigned i = 1; i <= kfunc_arity(x, n->target); i++)
			note(x, s->reg[i],
			     (struct read){.at = at,
					   .use = USE_KFUNC,
					   .number = (uint8_t)i,
					   .relo = NO_RELO,
					   .callee = n->target});
	memset(s->reg, 0, (ARGUMENT_COUNT + 1) * sizeof(*s->reg));
}

static void step_immediate(struct flow *x, uint32_t at, struct flow_state *s)
{
	const struct linked_insn *n = &x->f->insns[at];
	int64_t high = at + 1 < x->f->count ? x->f->insns[at + 1].in.imm : 0;
	bool number = n->ref_kind == LINKED_NONE && !n->in.src;

	if (n->ref_kind == REF_MAP)
		s->reg[n->in.dst] = provenance_place(x->p, PLACE_MAP, 0, NO_RELO, n->target);
	else
		s->reg[n->in.dst] =
		    number ? number_fact(x, n->relo,
					 (int64_t)((uint64_t)high << 32 | (uint32_t)n->in.imm))
			   : 0;
}

void flow_step(struct flow *x, uint32_t at, struct flow_state *s)
{
	const struct linked_insn *n = &x->f->insns[at];

	if (n->in.dst >= REGISTERS || n->in.src >= REGISTERS)
		return;
	switch (BPF_CLASS(n->in.code)) {
	case BPF_ALU:
	case BPF_ALU64: step_alu(x, at, s); return;
	case BPF_LDX: step_load(x, at, s); return;
	case BPF_ST:
	case BPF_STX: step_store(x, at, s); return;
	case BPF_LD:
		if (n->in.code == BPF_LDIMM64)
			step_immediate(x, at, s);
		else
			memset(s->reg, 0, (ARGUMENT_COUNT + 1) * sizeof(*s->reg));
		return;
	default: break;
	}
	if (n->in.code == (BPF_JMP | JUMP_CALL)) {
		step_call(x, at, s);
	} else if (n->in.code == (BPF_JMP | JUMP_EXIT)) {
		if (!n->func)
			note_use(x, at, s->reg[0], USE_RETURN);
	} else if (BPF_OP(n->in.code) != JUMP_ALWAYS && BPF_OP(n->in.code) != JUMP_MAY) {
		note_use(x, at, s->reg[n->in.dst], USE_COMPARE);
		if (n->in.code & BPF_X)
			note_use(x, at, s->reg[n->in.src], USE_COMPARE);
	}
}
