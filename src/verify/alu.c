/*
 * alu: what arithmetic leaves in a register, and what the instructions do that load a constant or
 * from a packet.
 */
#include "verify/machine.h"

enum { ADDR_SPACE_CAST = 1 };

static bool is_pointer(const struct value *v)
{
	return v->kind >= VALUE_STACK && v->kind <= VALUE_SYMBOL;
}

static struct value number_in(const struct value *v)
{
	return v->kind == VALUE_SCALAR ? *v : value_unknown();
}

/* Whether liveness follows what is added to a pointer, or where it leads tells nothing. */
static bool is_followed(const struct value *p)
{
	return p->kind == VALUE_STACK || p->kind == VALUE_ITEM ||
	       (p->kind == VALUE_DATA && !(p->which & DATA_EXTERN));
}

/* Whether a verifier that adds this to a pointer into a packet, or subtracts it, still goes by what
 * the pointer was compared with: so it does of a constant, and where the pointer does not come
 * nearer to the end. */
static bool keeps_range(const struct scalar *by, uint8_t op)
{
	return scalar_is_known(by) || (op == ALU_SUB && by->full.smin >= 0);
}

/* Sums and differences of pointers; a VALUE_NONE for what is arithmetic on numbers. */
static struct value point(struct machine *m, const struct value *a, const struct value *b,
			  uint8_t op, bool wide)
{
	struct value v = {.kind = VALUE_NONE};

	if (!wide || (op != ALU_ADD && op != ALU_SUB))
		return v;
	if (a->kind == VALUE_ANY || b->kind == VALUE_ANY)
		return value_any();
	if (is_pointer(a) && is_pointer(b))
		return value_unknown();
	/* Where a pointer leads must be known. */
	if (is_pointer(a) != is_pointer(b)) {
		needs_meet(&m->needs, is_pointer(a) ? b->need : a->need);
		m->w->by_number |=
		    (a->relocated || b->relocated) && !is_followed(is_pointer(a) ? a : b);
	}
	if (is_pointer(a)) {
		v = *a;
		scalar_alu(&v.number, b->number, op, true, false, m->w->abilities);
	} else if (is_pointer(b) && op == ALU_ADD) {
		v = *b;
		scalar_alu(&v.number, a->number, op, true, false, m->w->abilities);
	}
	if (v.kind == VALUE_PACKET && !keeps_range(is_pointer(a) ? &b->number : &a->number, op))
		v.which = PACKET_UNKNOWN;
	return v;
}

static void move(struct machine *m, struct value *dst, struct value *src, struct insn in, bool wide)
{
	const struct abilities *r = m->w->abilities;
	bool extends = in.off == 8 || in.off == 16 || (in.off == 32 && wide);
	bool whole = src->number.full.umax <= UINT32_MAX;
	struct value v;

	if (wide && in.off == 0) {
		if (r->linked_scalars)
			machine_identify(m, src);
		*dst = *src;
		return;
	}
	if (in.off == ADDR_SPACE_CAST && wide) {
		*dst = in.imm == 1 ? value_of(VALUE_ARENA, 0) : value_unknown();
		return;
	}
	if (in.off && !extends) { /* no such instruction */
		*dst = value_any();
		return;
	}
	if (extends) /* the sign that is extended is 0 */
		whole = !(src->number.full.umax >> (in.off - 1));
	if (whole && (in.off || r->linked_u32))
		machine_identify(m, src);
	v = number_in(src);
	if (!whole || !(in.off || r->linked_u32))
		v.id = 0;
	if (in.off)
		scalar_extend(&v.number, (unsigned)in.off / 8, r);
	if (!wide)
		scalar_cut(&v.number, 4, r);
	*dst = v;
}

static void swap_bytes(struct machine *m, struct value *dst, struct insn in, bool wide)
{
	struct value v = number_in(dst);
	bool to_big = in.code & BPF_X;
	bool swaps = wide || to_big != m->w->linked->object->big_endian;
	unsigned width = in.imm == 16 || in.imm == 32 ? (unsigned)in.imm : 64;

	if (swaps || width < 64 || !m->w->abilities->swap_bytes)
		v.id = 0;
	scalar_swap(&v.number, width, swaps, m->w->abilities);
	*dst = v;
}

enum go machine_alu(struct machine *m, struct state *s, const struct linked_insn *n)
{
	struct insn in = n->in;
	uint8_t op = BPF_OP(in.code);
	bool wide = BPF_CLASS(in.code) == BPF_ALU64;
	struct value *dst = machine_reg(s, in.dst), imm, *src = &imm, v;
	uint32_t origin, dated;
	bool relocated;

	imm = value_scalar(scalar_known(wide ? (uint64_t)(int64_t)in.imm : (uint32_t)in.imm));
	if ((in.code & BPF_X) && op != ALU_END && op != ALU_NEG)
		src = machine_reg(s, in.src);
	origin = src->origin ? src->origin : op == ALU_MOV ? 0 : dst->origin;
	dated = op == ALU_MOV ? src->dated : dst->dated;
	relocated = n->relo >= 0 || src->relocated || (op != ALU_MOV && dst->relocated);
	s->at++;
	if (op == ALU_MOV) {
		move(m, dst, src, in, wide);
	} else if (op == ALU_END) {
		swap_bytes(m, dst, in, wide);
	} else if (op == ALU_NEG && !m->w->abilities->negate) {
		*dst = value_unknown();
	} else if (dst->kind != VALUE_ARENA) { /* which any arithmetic leaves one */
		v = point(m, dst, src, op, wide);
		if (v.kind == VALUE_NONE) {
			uint32_t need = needs_join(&m->needs, dst->need, src->need);

			v = number_in(dst);
			v.id = 0;
			v.need = need;
			/* Added to what may be a pointer, it would be one. */
			if (src->kind != VALUE_SCALAR || !scalar_is_known(&src->number))
				v.which = NUMBER_UNKNOWN;
			else if (v.which)
				needs_meet(&m->needs, src->need);
			scalar_alu(&v.number, number_in(src).number, op, wide, in.off == 1,
				   m->w->abilities);
		}
		*dst = v;
	}
	dst->dated = dated_result(m, dated, dst, in);
	dst->relocated = relocated;
	dst->origin = n->relo >= 0 ? ORIGIN(ORIGIN_RELO, n->relo) : origin;
	return GO_ON;
}

/* ldimm64, and the loads of packets that older programs have */

/* The loader puts the address of a symbol without a type in as a number. */
static struct value some_address(void)
{
	struct value v = value_unknown();

	v.number.full.umin = 1;
	return v;
}

static struct value extern_address(struct machine *m, uint32_t number)
{
	const struct externs *x = m->w->externs;
	const struct extern_def *ext = &x->references->externs[number];
	const struct btf *b = m->w->linked->object->btf;

	if (ext->kind == EXTERN_KCONFIG)
		return value_of(VALUE_DATA, DATA_EXTERN | number);
	if (x->values[number].state == EXTERN_MISSING && ext->weak)
		return value_scalar(scalar_known(0));
	if (x->values[number].state != EXTERN_ADDRESS || !ext->var_id)
		return value_any();
	if (ext->size == 0 && btf_type(b, ext->var_id).kind == BTF_VAR)
		return some_address();
	return value_of(VALUE_SYMBOL, number);
}

enum go machine_load_immediate(struct machine *m, struct state *s, const struct linked_insn *n)
{
	struct value *dst = machine_reg(s, n->in.dst);
	const struct linked *f = m->w->linked;
	uint64_t high = s->at + 1 < f->count ? (uint32_t)f->insns[s->at + 1].in.imm : 0;

	switch (n->ref_kind) {
	case REF_DATA:
		*dst = value_of(VALUE_DATA, n->target);
		dst->number = scalar_known((uint64_t)n->offset);
		dst->origin = ORIGIN(ORIGIN_DATA, s->at);
		break;
	case REF_MAP: *dst = value_of(VALUE_MAP, n->target); break;
	case REF_FUNC: *dst = value_of(VALUE_FUNC, n->target); break;
	case REF_EXTERN:
		*dst = extern_address(m, n->target);
		dst->origin = ORIGIN(ORIGIN_EXTERN, n->target);
		break;
	case LINKED_NONE:
		*dst = n->in.src ? value_any()
				 : value_scalar(scalar_known(high << 32 | (uint32_t)n->in.imm));
		break;
	default: *dst = value_any(); break;
	}
	if (n->relo >= 0)
		dst->origin = ORIGIN(ORIGIN_RELO, n->relo);
	dst->relocated = n->relo >= 0;
	s->at += 2;
	return GO_ON;
}

enum go machine_load_packet(struct state *s)
{
	for (unsigned i = 0; i <= 5; i++)
		TOP(s)->reg[i] = (struct value){.kind = VALUE_NONE};
	TOP(s)->reg[0] = value_unknown();
	s->at++;
	return GO_ON;
}
