/*
 * packet: which loads from the context are pointers into packets, where others are numbers, and
 * what a comparison of one with the end tells of the next: a verifier keeps that a pointer is at
 * the end or behind it, in the register that was compared; see machine.h.
 */
#include "verify/machine.h"

/* Where struct xdp_md and struct __sk_buff hold pointers, each in 4 bytes; offsets in bytes. */
static const struct pointers {
	int64_t data, data_end, data_meta;
} xdp_pointers = {0, 4, 8}, skb_pointers = {76, 80, 140};

/* NULL where the context is neither. */
static const struct pointers *pointers_of(uint32_t prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_XDP: return &xdp_pointers;
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_SK_SKB:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL: return &skb_pointers;
	default: return NULL;
	}
}

struct value packet_of_context(const struct machine *m, int64_t off, unsigned size)
{
	const struct pointers *p = pointers_of(m->context->prog_type);

	if (!p || size > 4)
		return (struct value){.kind = VALUE_NONE};
	if (size == 4 && off == p->data)
		return value_of(VALUE_PACKET, PACKET_UNKNOWN);
	if (size == 4 && off == p->data_end)
		return value_of(VALUE_PACKET_END, 0);
	return off == p->data_meta ? value_any() : value_unknown();
}

/* The same comparison with its sides changed; 0 for one that tells nothing. */
static uint8_t flip(uint8_t op)
{
	switch (op) {
	case JUMP_GT: return JUMP_LT;
	case JUMP_GE: return JUMP_LE;
	case JUMP_LT: return JUMP_GT;
	case JUMP_LE: return JUMP_GE;
	default: return 0;
	}
}

/* Makes of `a op b` a comparison of a pointer with the end; false when it is none. */
static bool turn(const struct value **a, const struct value *b, uint8_t *op)
{
	uint8_t flipped = flip(*op);

	if (!flipped)
		return false;
	if ((*a)->kind == VALUE_PACKET && b->kind == VALUE_PACKET_END)
		return true;
	if ((*a)->kind != VALUE_PACKET_END || b->kind != VALUE_PACKET)
		return false;
	*a = b;
	*op = flipped;
	return true;
}

int packet_holds(const struct value *a, const struct value *b, uint8_t op)
{
	if (!turn(&a, b, &op))
		return -1;
	switch (op) {
	case JUMP_GT: return a->which == PACKET_BEYOND ? 1 : -1;
	case JUMP_LE: return a->which == PACKET_BEYOND ? 0 : -1;
	case JUMP_GE: return a->which != PACKET_UNKNOWN ? 1 : -1;
	case JUMP_LT: return a->which != PACKET_UNKNOWN ? 0 : -1;
	default: return -1;
	}
}

/* Bytes before the end are more than what was known of any pointer into the packet. */
static void forget_ends(struct state *s)
{
	for (unsigned d = 0; d < s->depth; d++) {
		struct frame *f = s->frame[d];

		for (unsigned i = 0; i < REGISTERS - 1; i++)
			if (f->reg[i].kind == VALUE_PACKET)
				f->reg[i].which = PACKET_UNKNOWN;
		for (unsigned i = 0; i < f->slot_count; i++)
			if (f->slot[i].spill.kind == VALUE_PACKET)
				f->slot[i].spill.which = PACKET_UNKNOWN;
	}
}

void packet_learn(struct state *s, struct value *a, struct value *b, uint8_t op, bool holds)
{
	const struct value *p = a;

	if (!turn(&p, b, &op))
		return;
	if (!holds) /* the opposite does */
		op = op == JUMP_GT   ? JUMP_LE
		     : op == JUMP_LE ? JUMP_GT
		     : op == JUMP_GE ? JUMP_LT
				     : JUMP_GE;
	if (op == JUMP_GT || op == JUMP_GE)
		(p == a ? a : b)->which = op == JUMP_GT ? PACKET_BEYOND : PACKET_AT_END;
	else
		forget_ends(s);
}
