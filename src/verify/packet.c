/*
 * packet: pointers into packets, and what their comparison with the end tells of the next one: a
 * verifier keeps that one pointer is at the end or behind it, in the register that was compared;
 * see machine.h.
 */
#include "verify/machine.h"

/* Bytes into struct xdp_md, and into struct __sk_buff. */
enum { XDP_DATA = 0, XDP_DATA_END = 4, SKB_DATA = 76, SKB_DATA_END = 80 };

struct value packet_of_context(const struct machine *m, int64_t off, unsigned size)
{
	int64_t data = SKB_DATA, end = SKB_DATA_END;

	switch (m->context->prog_type) {
	case BPF_PROG_TYPE_XDP:
		data = XDP_DATA;
		end = XDP_DATA_END;
		break;
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_SK_SKB: break;
	default: size = 0;
	}
	if (size == 4 && off == data)
		return value_of(VALUE_PACKET, PACKET_UNKNOWN);
	if (size == 4 && off == end)
		return value_of(VALUE_PACKET_END, 0);
	return (struct value){.kind = VALUE_NONE};
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
