/* memory: loads, stores and atomic operations; see machine.h. */
#include "verify/machine.h"

enum { ATOMIC_FETCH = 0x01, ATOMIC_EXCHANGE = 0xe1, ATOMIC_COMPARE = 0xf1 };

/* Eight bytes may hold a pointer, where the kernel gives them a type. */
static struct value maybe_pointer(unsigned size, unsigned pointer_size)
{
	struct value v = value_unknown();

	if (size >= pointer_size)
		v.kind = VALUE_ANY;
	return v;
}

static struct value number_of(enum number_source source)
{
	struct value v = value_unknown();

	v.which = source;
	return v;
}

static struct value read_data(struct machine *m, const struct value *from, int64_t off,
			      unsigned size)
{
	const struct externs *x = m->w->externs;
	struct value v = value_unknown();
	uint64_t number, unknown = 0, at = from->number.bits.value + (uint64_t)off;
	bool external = from->which & DATA_EXTERN;
	uint32_t which = from->which & ~DATA_EXTERN;

	if (!scalar_is_known(&from->number))
		return v;
	if (external ? !externs_read_extern(x, which, at, size, &number, &unknown)
		     : !externs_read(x, which, at, size, &number))
		return v;
	v.number = unknown ? scalar_bits((struct bits){number, unknown}, m->w->abilities)
			   : scalar_known(number);
	v.origin = from->origin;
	v.dated = external ? dated_load(m, which, size) : 0;
	return v;
}

static struct value read_context(const struct machine *m, const struct value *from, int64_t off,
				 unsigned size)
{
	bool known = scalar_is_known(&from->number), number;
	struct value packet;

	off += (int64_t)from->number.bits.value;
	packet = packet_of_context(m, off, size);
	if (known && packet.kind != VALUE_NONE)
		return packet;
	if (known && context_is_closed(m->context, off))
		return (struct value){.kind = VALUE_ANY, .which = 1};
	if (known && m->context->suspect && size == SLOT_SIZE && context_pointee(m->context, off))
		return value_of(VALUE_STRUCT, context_pointee(m->context, off));
	number = known && context_has_number(m->context, off);
	if (known && m->context->suspect && context_is_plain(m->context, off))
		return number_of(NUMBER_ARGUMENT);
	return m->ctx_numbers || number ? value_unknown() : maybe_pointer(size, 4);
}

/* Where the instruction at hand lands, which loads by a typed pointer. */
static struct landing land(const struct machine *m, const struct state *s, const struct value *from,
			   int64_t off, unsigned size)
{
	const struct linked_insn *n = &m->w->linked->insns[s->at];
	struct moved_by by = {n->twice ? -1 : n->relo, off};

	if (!scalar_is_known(&from->number))
		return (struct landing){.kind = LANDS_SOMEWHERE};
	return struct_walk(m->context->btf, from->which,
			   (int64_t)(from->number.bits.value + (uint64_t)off), size, by,
			   &m->context->rules);
}

static struct value read_struct(const struct machine *m, const struct state *s,
				const struct value *from, int64_t off, unsigned size)
{
	struct landing l = land(m, s, from, off, size);

	switch (l.kind) {
	case LANDS_NUMBER: return number_of(NUMBER_LOADED);
	case LANDS_POINTER: return value_of(VALUE_STRUCT, l.type);
	default: return maybe_pointer(size, 8);
	}
}

static struct value read_any(struct machine *m, struct state *s, const struct value *from,
			     int64_t off, unsigned size)
{
	switch (from->kind) {
	case VALUE_STACK: return stack_read(m, s, from, off, size);
	case VALUE_DATA: return read_data(m, from, off, size);
	case VALUE_ITEM:
	case VALUE_PACKET:
	case VALUE_ARENA:
	case VALUE_MEMORY: return value_unknown();
	case VALUE_CTX: return read_context(m, from, off, size);
	case VALUE_STRUCT: return read_struct(m, s, from, off, size);
	default: return maybe_pointer(size, 8);
	}
}

/* Ends the path at an access of the context, or of a struct behind an argument, that the verifier
 * refuses. */
static enum go check_context(struct machine *m, const struct state *s, const struct value *p,
			     struct insn in)
{
	const char *cause;
	int64_t number;

	if (p->kind == VALUE_ANY && p->which)
		return machine_stop(m, s, RULE_LICENSE, "struct", in.off);
	if (p->kind != VALUE_CTX || !m->context->known)
		return GO_ON;
	cause = context_refuses_kind(m->context, in);
	if (cause)
		return machine_stop(m, s, RULE_CTX_ACCESS, cause, in.off);
	if (!scalar_is_known(&p->number))
		return context_refuses_moved(m->context)
			   ? machine_stop(m, s, RULE_CTX_ACCESS, "variable", in.off)
			   : GO_ON;
	if (p->number.bits.value && context_refuses_moved(m->context))
		return machine_stop(m, s, RULE_CTX_ACCESS, "modified",
				    (int64_t)p->number.bits.value);
	cause = context_refuses_insn(m->context, (int64_t)p->number.bits.value, in, &number);
	if (!cause)
		return GO_ON;
	return machine_stop(m, s, context_is_argument(cause) ? RULE_CTX_ARG : RULE_CTX_ACCESS,
			    cause, number);
}

/* Ends the path at a load by what no verifier lets a program load by, or that lands nowhere. */
static enum go check_struct(struct machine *m, const struct state *s, const struct value *from,
			    struct insn in)
{
	static const char *const causes[] = {
	    [NUMBER_ARGUMENT] = "argument",
	    [NUMBER_LOADED] = "number",
	};
	struct landing l;

	if (from->kind == VALUE_SCALAR && from->which)
		return machine_stop(m, s, RULE_STRUCT_ACCESS, causes[from->which], in.off);
	if (from->kind != VALUE_STRUCT)
		return GO_ON;
	l = land(m, s, from, in.off, insn_bytes(in.code));
	if (l.kind != LANDS_NOWHERE)
		return GO_ON;
	return machine_refuse(m, s,
			      (struct reached){.rule = RULE_STRUCT_ACCESS,
					       .cause = l.cause,
					       .doubtful = l.doubtful,
					       .number = l.off,
					       .name = *l.in ? l.in : "(anon)",
					       .type = *l.member ? l.member : NULL});
}

static struct value load(struct machine *m, struct state *s, const struct linked_insn *n,
			 bool extends)
{
	const struct value from = *machine_reg(s, n->in.src);
	unsigned size = insn_bytes(n->in.code);
	struct value v = read_any(m, s, &from, n->in.off, size);

	if (v.kind != VALUE_SCALAR)
		return v;
	if (extends)
		scalar_extend(&v.number, size, m->w->abilities);
	else
		scalar_cut(&v.number, size, m->w->abilities);
	return v;
}

/* Whether it tells what is loaded how far from there that is. Of a typed pointer land() asks what
 * counts, where there are types. */
static bool counts_from(const struct machine *m, const struct linked_insn *n,
			const struct value *from)
{
	return from->kind == VALUE_STACK || from->kind == VALUE_DATA || from->kind == VALUE_CTX ||
	       (from->kind == VALUE_STRUCT && (n->twice || !m->context->btf));
}

enum go machine_load(struct machine *m, struct state *s, const struct linked_insn *n)
{
	enum go go = check_context(m, s, machine_reg(s, n->in.src), n->in);

	m->w->traces[s->at].by_value |=
	    n->relo >= 0 && counts_from(m, n, machine_reg(s, n->in.src));
	if (go == GO_ON)
		go = check_struct(m, s, machine_reg(s, n->in.src), n->in);
	if (go != GO_ON)
		return go;
	*machine_reg(s, n->in.dst) = load(m, s, n, BPF_MODE(n->in.code) == BPF_MEMSX);
	s->at++;
	return GO_ON;
}

/* What memory held before. */
static struct value old_value(struct machine *m, unsigned size)
{
	struct value v = value_unknown();

	scalar_cut(&v.number, size, m->w->abilities);
	return v;
}

static enum go atomic(struct machine *m, struct state *s, const struct linked_insn *n)
{
	const struct value to = *machine_reg(s, n->in.dst);
	unsigned size = insn_bytes(n->in.code);
	enum go go;

	if (n->in.imm == ATOMIC_LOAD) {
		*machine_reg(s, n->in.dst) = load(m, s, n, false);
		return GO_ON;
	}
	if (to.kind == VALUE_STACK) {
		const struct value *from = machine_reg(s, n->in.src);

		go = stack_write(m, s, &to, n->in.off, size,
				 n->in.imm == ATOMIC_STORE ? from : NULL);
		if (go != GO_ON)
			return go;
	}
	if (n->in.imm == ATOMIC_COMPARE)
		*machine_reg(s, 0) = old_value(m, size);
	else if (n->in.imm != ATOMIC_STORE && (n->in.imm & ATOMIC_FETCH))
		*machine_reg(s, n->in.src) = old_value(m, size);
	return GO_ON;
}

enum go machine_store(struct machine *m, struct state *s, const struct linked_insn *n)
{
	const struct value to = *machine_reg(s, n->in.dst);
	struct value from;
	bool known = true;
	enum go go = check_context(m, s, machine_reg(s, insn_accesses_by(n->in)), n->in);

	if (go != GO_ON)
		return go;
	if (BPF_CLASS(n->in.code) == BPF_STX && BPF_MODE(n->in.code) == BPF_ATOMIC) {
		go = atomic(m, s, n);
	} else if (to.kind == VALUE_STACK) {
		if (BPF_CLASS(n->in.code) == BPF_STX) {
			struct value *reg = machine_reg(s, n->in.src);

			if (m->w->abilities->linked_spills && reg->kind == VALUE_SCALAR &&
			    (insn_bytes(n->in.code) == 8 ||
			     reg->number.full.umax >> (insn_bytes(n->in.code) * 8) == 0))
				machine_identify(m, reg);
			from = *reg;
		} else {
			from = value_scalar(scalar_known((uint64_t)(int64_t)n->in.imm));
			known = m->w->abilities->store_imm;
		}
		go =
		    stack_write(m, s, &to, n->in.off, insn_bytes(n->in.code), known ? &from : NULL);
	}
	s->at++;
	return go;
}
