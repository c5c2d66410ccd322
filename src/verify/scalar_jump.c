/* scalar_jump: which way a comparison goes, and what each way tells; see scalar.h. */
#include "verify/scalar.h"

static uint8_t flipped(uint8_t op)
{
	switch (op) {
	case JUMP_GT: return JUMP_LT;
	case JUMP_GE: return JUMP_LE;
	case JUMP_LT: return JUMP_GT;
	case JUMP_LE: return JUMP_GE;
	case JUMP_SGT: return JUMP_SLT;
	case JUMP_SGE: return JUMP_SLE;
	case JUMP_SLT: return JUMP_SGT;
	case JUMP_SLE: return JUMP_SGE;
	default: return op;
	}
}

/* The comparison that holds when `op` does not; JSET has none. */
static uint8_t negated(uint8_t op)
{
	switch (op) {
	case JUMP_EQ: return JUMP_NE;
	case JUMP_NE: return JUMP_EQ;
	case JUMP_GT: return JUMP_LE;
	case JUMP_GE: return JUMP_LT;
	case JUMP_LT: return JUMP_GE;
	case JUMP_LE: return JUMP_GT;
	case JUMP_SGT: return JUMP_SLE;
	case JUMP_SGE: return JUMP_SLT;
	case JUMP_SLT: return JUMP_SGE;
	case JUMP_SLE: return JUMP_SGT;
	default: return op;
	}
}

static bool disjoint(const struct range *x, const struct range *y)
{
	return x->umin > y->umax || x->umax < y->umin || x->smin > y->smax || x->smax < y->smin;
}

static int equal(const struct scalar *a, const struct scalar *b, bool wide,
		 const struct abilities *r)
{
	struct bits x = wide ? a->bits : bits_low(a->bits), y = wide ? b->bits : bits_low(b->bits);

	if (!x.mask && !y.mask)
		return x.value == y.value;
	if (!r->equal_by_range)
		return -1;
	if (wide ? disjoint(&a->full, &b->full) : disjoint(&a->half, &b->half))
		return 0;
	if (wide && r->two_ranges && disjoint(&a->half, &b->half))
		return 0;
	if (r->equal_by_bits && ((x.value ^ y.value) & ~(x.mask | y.mask)))
		return 0;
	return -1;
}

/* x < y, or x <= y. */
static int below(const struct range *x, const struct range *y, bool or_equal)
{
	if (or_equal ? x->umax <= y->umin : x->umax < y->umin)
		return 1;
	return (or_equal ? x->umin > y->umax : x->umin >= y->umax) ? 0 : -1;
}

static int below_signed(const struct range *x, const struct range *y, bool or_equal)
{
	if (or_equal ? x->smax <= y->smin : x->smax < y->smin)
		return 1;
	return (or_equal ? x->smin > y->smax : x->smin >= y->smax) ? 0 : -1;
}

static int any_bit(const struct scalar *a, uint64_t v, bool wide)
{
	if (!wide)
		v = (uint32_t)v;
	if (a->bits.value & v)
		return 1;
	return (a->bits.value | a->bits.mask) & v ? -1 : 0;
}

static int holds(const struct scalar *a, const struct scalar *b, uint8_t op, bool wide,
		 const struct abilities *r)
{
	const struct range *x = wide ? &a->full : &a->half, *y = wide ? &b->full : &b->half;
	int eq;

	switch (op) {
	case JUMP_EQ: return equal(a, b, wide, r);
	case JUMP_NE: eq = equal(a, b, wide, r); return eq < 0 ? eq : !eq;
	case JUMP_SET:
		if (!(wide ? scalar_is_known(b) : scalar_is_known32(b)))
			return -1;
		return any_bit(a, b->bits.value, wide);
	case JUMP_LT: return below(x, y, false);
	case JUMP_LE: return below(x, y, true);
	case JUMP_GT: return below(y, x, false);
	case JUMP_GE: return below(y, x, true);
	case JUMP_SLT: return below_signed(x, y, false);
	case JUMP_SLE: return below_signed(x, y, true);
	case JUMP_SGT: return below_signed(y, x, false);
	case JUMP_SGE: return below_signed(y, x, true);
	default: return -1;
	}
}

int scalar_holds(const struct scalar *a, const struct scalar *b, uint8_t op, bool wide,
		 const struct abilities *r)
{
	bool left = wide ? scalar_is_known(a) : scalar_is_known32(a);
	bool right = wide ? scalar_is_known(b) : scalar_is_known32(b);

	if (!right && left && (r->two_ranges || r->constant_left))
		return holds(b, a, flipped(op), wide, r);
	if (!right && !r->two_ranges)
		return -1;
	return holds(a, b, op, wide, r);
}

static void meet(struct range *x, struct range *y)
{
	x->umin = y->umin = x->umin > y->umin ? x->umin : y->umin;
	x->umax = y->umax = x->umax < y->umax ? x->umax : y->umax;
	x->smin = y->smin = x->smin > y->smin ? x->smin : y->smin;
	x->smax = y->smax = x->smax < y->smax ? x->smax : y->smax;
}

static void assume_equal(struct scalar *a, struct scalar *b, bool wide)
{
	struct bits m;

	if (wide) {
		meet(&a->full, &b->full);
		a->bits = b->bits = bits_meet(a->bits, b->bits);
	} else {
		meet(&a->half, &b->half);
		m = bits_meet(bits_low(a->bits), bits_low(b->bits));
		a->bits = bits_join(bits_high(a->bits), m);
		b->bits = bits_join(bits_high(b->bits), m);
	}
}

/* Not equal to the constant v: cuts it off an end of the range. */
static void exclude(struct range *x, const struct range *v)
{
	x->umin += x->umin == v->umin && x->umin < x->umax;
	x->umax -= x->umax == v->umin && x->umax > x->umin;
	x->smin += x->smin == v->smin && x->smin < x->smax;
	x->smax -= x->smax == v->smin && x->smax > x->smin;
}

/* x < y or x <= y: each end moves to what the other allows. */
static void assume_below(struct range *x, struct range *y, bool or_equal)
{
	uint64_t gap = !or_equal;

	if (y->umax >= gap && y->umax - gap < x->umax)
		x->umax = y->umax - gap;
	if (x->umin <= UINT64_MAX - gap && x->umin + gap > y->umin)
		y->umin = x->umin + gap;
}

static void assume_below_signed(struct range *x, struct range *y, bool or_equal)
{
	int64_t gap = !or_equal;

	if (y->smax >= INT64_MIN + gap && y->smax - gap < x->smax)
		x->smax = y->smax - gap;
	if (x->smin <= INT64_MAX - gap && x->smin + gap > y->smin)
		y->smin = x->smin + gap;
}

static void assume_bits(struct scalar *a, uint64_t v, bool wide, bool any,
			const struct abilities *r)
{
	if (!wide)
		v = (uint32_t)v;
	if (!any) {
		/* Newer verifiers go on from the bits alone. */
		if (r->two_ranges) {
			a->full = range_all(true);
			a->half = range_all(false);
		}
		a->bits.value &= ~v;
		a->bits.mask &= ~v;
	} else if (v && !(v & (v - 1))) {
		a->bits.value |= v;
		a->bits.mask &= ~v;
	}
}

/* Older verifiers take the constant for what is equal to it, whatever they knew before. */
static void become(struct scalar *a, const struct scalar *v, bool wide)
{
	if (wide) {
		*a = *v;
	} else {
		a->half = v->half;
		a->bits = bits_join(bits_high(a->bits), bits_low(v->bits));
	}
}

/* What older verifiers make of the other width after a comparison. */
static void sync_old(struct scalar *s, bool wide, const struct abilities *r)
{
	if (wide) {
		s->half = range_all(false);
		if (s->full.smin >= INT32_MIN && s->full.smax <= INT32_MAX) {
			s->half.smin = s->full.smin;
			s->half.smax = s->full.smax;
		}
		if (s->full.umax <= UINT32_MAX) {
			s->half.umin = s->full.umin;
			s->half.umax = s->full.umax;
		}
		scalar_sync(s, r);
	} else if (!(s->bits.value >> 32) && !(s->bits.mask >> 32)) {
		scalar_cut(s, 4, r);
	} else {
		s->full = range_all(true);
		scalar_sync(s, r);
	}
}

static void narrow(struct scalar *a, struct scalar *b, uint8_t op, bool wide, bool sure,
		   const struct abilities *r)
{
	struct range *x = wide ? &a->full : &a->half, *y = wide ? &b->full : &b->half;
	bool a_known = wide ? scalar_is_known(a) : scalar_is_known32(a);
	bool b_known = wide ? scalar_is_known(b) : scalar_is_known32(b);

	switch (op) {
	case JUMP_EQ: assume_equal(a, b, wide); break;
	case JUMP_NE:
		if (r->two_ranges && b_known)
			exclude(x, y);
		else if (r->two_ranges && a_known)
			exclude(y, x);
		break;
	case JUMP_SET:
		if (b_known)
			assume_bits(a, b->bits.value, wide, sure, r);
		else if (a_known && r->two_ranges)
			assume_bits(b, a->bits.value, wide, sure, r);
		break;
	case JUMP_LT: assume_below(x, y, false); break;
	case JUMP_LE: assume_below(x, y, true); break;
	case JUMP_GT: assume_below(y, x, false); break;
	case JUMP_GE: assume_below(y, x, true); break;
	case JUMP_SLT: assume_below_signed(x, y, false); break;
	case JUMP_SLE: assume_below_signed(x, y, true); break;
	case JUMP_SGT: assume_below_signed(y, x, false); break;
	case JUMP_SGE: assume_below_signed(y, x, true); break;
	default: break;
	}
}

void scalar_assume(struct scalar *a, struct scalar *b, uint8_t op, bool wide, bool sure,
		   const struct abilities *r)
{
	bool left = wide ? scalar_is_known(a) : scalar_is_known32(a);
	bool right = wide ? scalar_is_known(b) : scalar_is_known32(b);
	struct scalar old_a = *a, old_b = *b;

	if (a == b && !r->two_ranges)
		return;
	if (!sure)
		op = negated(op);
	if (r->two_ranges) {
		narrow(a, b, op, wide, sure, r);
		scalar_sync(a, r);
		scalar_sync(b, r);
		return;
	}
	/* Older ones look at one side only, against a constant; and at equality of two ranges. */
	if (left && right)
		return;
	if (!left && !right) {
		if (wide && op == JUMP_EQ) {
			narrow(a, b, op, wide, sure, r);
			scalar_sync(a, r);
			scalar_sync(b, r);
		}
		return;
	}
	narrow(a, b, op, wide, sure, r);
	if (right) {
		*b = old_b;
		if (op == JUMP_EQ)
			become(a, b, wide);
		sync_old(a, wide, r);
	} else {
		*a = old_a;
		if (op == JUMP_EQ)
			become(b, a, wide);
		sync_old(b, wide, r);
	}
}
