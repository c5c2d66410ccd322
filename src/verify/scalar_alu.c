/* scalar_alu: arithmetic on scalars; see scalar.h. */
#include "verify/scalar.h"

/* Wide enough for any sum or product of 64-bit numbers. */
__extension__ typedef __int128 wide_int;
__extension__ typedef unsigned __int128 wide_uint;

static struct bits bits_add(struct bits a, struct bits b)
{
	uint64_t low = a.value + b.value, high = low + (a.mask + b.mask);
	uint64_t mask = (low ^ high) | a.mask | b.mask;

	return (struct bits){low & ~mask, mask};
}

static struct bits bits_sub(struct bits a, struct bits b)
{
	uint64_t middle = a.value - b.value;
	uint64_t mask = ((middle + a.mask) ^ (middle - b.mask)) | a.mask | b.mask;

	return (struct bits){middle & ~mask, mask};
}

/* Long multiplication: each bit of a adds b, or perhaps b. */
static struct bits bits_mul(struct bits a, struct bits b)
{
	struct bits sum = bits_known(a.value * b.value);

	/* What the known parts give is exact; an unknown bit adds anything up to a multiple of b.
	 */
	for (struct bits x = a, y = b; x.value || x.mask; x.value >>= 1, x.mask >>= 1) {
		if (x.value & 1)
			sum = bits_add(sum, (struct bits){0, y.mask});
		else if (x.mask & 1)
			sum = bits_add(sum, (struct bits){0, y.value | y.mask});
		y.value <<= 1;
		y.mask <<= 1;
	}
	return sum;
}

static struct bits bits_alu(struct bits a, struct bits b, uint8_t op)
{
	uint64_t v;

	switch (op) {
	case ALU_ADD: return bits_add(a, b);
	case ALU_SUB: return bits_sub(a, b);
	case ALU_MUL: return bits_mul(a, b);
	case ALU_AND:
		v = a.value & b.value;
		return (struct bits){v, ((a.value | a.mask) & (b.value | b.mask)) & ~v};
	case ALU_OR: v = a.value | b.value; return (struct bits){v, (a.mask | b.mask) & ~v};
	case ALU_XOR: v = a.mask | b.mask; return (struct bits){(a.value ^ b.value) & ~v, v};
	default: return (struct bits){0, UINT64_MAX};
	}
}

static void free_signed(struct range *x, bool wide)
{
	struct range all = range_all(wide);

	x->smin = all.smin;
	x->smax = all.smax;
}

static void free_unsigned(struct range *x, bool wide)
{
	struct range all = range_all(wide);

	x->umin = all.umin;
	x->umax = all.umax;
}

static uint64_t wrap_u(uint64_t v, bool wide)
{
	return wide ? v : (uint32_t)v;
}

static int64_t wrap_s(wide_int v, bool wide)
{
	return wide ? (int64_t)(uint64_t)v : (int32_t)(uint32_t)(uint64_t)v;
}

/* Ends of a result before wrapping, signed and unsigned. */
struct ends {
	wide_int smin, smax, umin, umax;
};

/* How often a value wraps: the number of turns around the type's range that it is away from. */
static wide_int turns(wide_int v, wide_int min, wide_int max)
{
	return v < min ? -1 : v > max ? 1 : 0;
}

static void range_set(struct range *x, const struct ends *e, bool wide, const struct abilities *r)
{
	struct range all = range_all(wide);
	wide_int low = turns(e->smin, all.smin, all.smax),
		 high = turns(e->smax, all.smin, all.smax);

	if (low == high && (low == 0 || r->add_wraps)) {
		x->smin = wrap_s(e->smin, wide);
		x->smax = wrap_s(e->smax, wide);
	} else {
		free_signed(x, wide);
	}
	low = turns(e->umin, 0, (wide_int)all.umax);
	high = turns(e->umax, 0, (wide_int)all.umax);
	if (low == high && (low == 0 || r->add_wraps)) {
		x->umin = wrap_u((uint64_t)e->umin, wide);
		x->umax = wrap_u((uint64_t)e->umax, wide);
	} else {
		free_unsigned(x, wide);
	}
}

static void range_add(struct range *x, const struct range *y, bool wide, const struct abilities *r)
{
	struct ends e = {(wide_int)x->smin + y->smin, (wide_int)x->smax + y->smax,
			 (wide_int)x->umin + y->umin, (wide_int)x->umax + y->umax};

	range_set(x, &e, wide, r);
}

static void range_sub(struct range *x, const struct range *y, bool wide, const struct abilities *r)
{
	struct ends e = {(wide_int)x->smin - y->smax, (wide_int)x->smax - y->smin,
			 (wide_int)x->umin - y->umax, (wide_int)x->umax - y->umin};

	range_set(x, &e, wide, r);
}

static bool fits_s(wide_int v, bool wide)
{
	struct range all = range_all(wide);

	return v >= all.smin && v <= all.smax;
}

static void range_mul_signed(struct range *x, const struct range *y, bool wide)
{
	wide_uint umax = (wide_uint)x->umax * y->umax;
	wide_int p[4] = {(wide_int)x->smin * y->smin, (wide_int)x->smin * y->smax,
			 (wide_int)x->smax * y->smin, (wide_int)x->smax * y->smax};
	wide_int min = p[0], max = p[0];
	bool fits = true;

	if (umax > range_all(wide).umax) {
		free_unsigned(x, wide);
	} else {
		x->umin *= y->umin;
		x->umax *= y->umax;
	}
	for (int i = 0; i < 4; i++) {
		fits = fits && fits_s(p[i], wide);
		min = p[i] < min ? p[i] : min;
		max = p[i] > max ? p[i] : max;
	}
	if (fits) {
		x->smin = (int64_t)min;
		x->smax = (int64_t)max;
	} else {
		free_signed(x, wide);
	}
}

static void range_mul(struct range *x, const struct range *y, bool wide, const struct abilities *r)
{
	uint64_t most = wide ? UINT32_MAX : UINT16_MAX;

	if (r->multiply_signed) {
		range_mul_signed(x, y, wide);
		return;
	}
	if (x->smin < 0 || y->smin < 0 || x->umax > most || y->umax > most) {
		*x = range_all(wide);
		return;
	}
	x->umin *= y->umin;
	x->umax *= y->umax;
	free_signed(x, wide);
	if (fits_s((wide_int)x->umax, wide)) {
		x->smin = (int64_t)x->umin;
		x->smax = (int64_t)x->umax;
	}
}

/* AND, OR and XOR, whose bits b are known already. */
static void range_bitwise(struct range *x, const struct range *y, struct bits b, uint8_t op,
			  bool wide, const struct abilities *r)
{
	bool negative = x->smin < 0 || y->smin < 0;
	int64_t low, high;

	if (!wide)
		b = bits_low(b);
	if (op == ALU_AND) {
		x->umin = b.value;
		x->umax = x->umax < y->umax ? x->umax : y->umax;
	} else {
		x->umin = op == ALU_XOR ? b.value : x->umin > y->umin ? x->umin : y->umin;
		x->umax = b.value | b.mask;
	}
	low = wrap_s((wide_int)x->umin, wide);
	high = wrap_s((wide_int)x->umax, wide);
	if (r->bitwise_signs ? low <= high : !negative) {
		x->smin = low;
		x->smax = high;
	} else {
		free_signed(x, wide);
	}
	range_from_bits(x, b, wide);
}

/* By a constant, or by a range below the width: min and max are its ends. */
static void range_lsh(struct range *x, unsigned min, unsigned max, bool wide)
{
	unsigned width = wide ? 64 : 32;

	free_signed(x, wide);
	if (max >= width || x->umax > (uint64_t)1 << (width - 1 - max)) {
		free_unsigned(x, wide);
		return;
	}
	x->umin <<= min;
	x->umax <<= max;
}

static void lsh(struct scalar *a, unsigned by, bool wide, const struct abilities *r)
{
	struct range half = a->half;

	a->bits.value <<= by;
	a->bits.mask <<= by;
	range_lsh(&a->half, by, by, false);
	if (wide) {
		range_lsh(&a->full, by, by, true);
		/* The compiler's way to extend the sign of a lower half starts with this. */
		if (by == 32 && (half.smax >= 0 || r->shift_32_signed))
			a->full.smax = (int64_t)((uint64_t)half.smax << 32);
		if (by == 32 && (half.smin >= 0 || r->shift_32_signed))
			a->full.smin = (int64_t)((uint64_t)half.smin << 32);
	} else {
		a->bits = bits_low(a->bits);
		a->full = range_all(true);
		range_from_bits(&a->half, a->bits, false);
	}
}

static void rsh(struct scalar *a, unsigned by, bool wide)
{
	struct range *x = wide ? &a->full : &a->half;

	free_signed(x, wide);
	x->umin >>= by;
	x->umax >>= by;
	if (!wide)
		a->bits = bits_low(a->bits);
	a->bits.value >>= by;
	a->bits.mask >>= by;
	if (wide)
		a->half = range_all(false);
	else
		a->full = range_all(true);
}

static void arsh(struct scalar *a, unsigned by, bool wide)
{
	struct range *x = wide ? &a->full : &a->half;

	x->smin >>= by;
	x->smax >>= by;
	free_unsigned(x, wide);
	if (wide) {
		a->bits.value = (uint64_t)((int64_t)a->bits.value >> by);
		a->bits.mask = (uint64_t)((int64_t)a->bits.mask >> by);
		a->half = range_all(false);
	} else {
		a->bits.value = (uint32_t)((int32_t)(uint32_t)a->bits.value >> by);
		a->bits.mask = (uint32_t)((int32_t)(uint32_t)a->bits.mask >> by);
		a->full = range_all(true);
	}
}

/* DIV and MOD of constants; 0 as a divisor gives 0, or leaves the dividend. */
static uint64_t divide(uint64_t a, uint64_t b, bool rest, bool wide, bool is_signed)
{
	int64_t x, y;

	if (!wide) {
		a = (uint32_t)a;
		b = (uint32_t)b;
	}
	if (b == 0)
		return rest ? a : 0;
	if (!is_signed)
		return rest ? a % b : a / b;
	x = wide ? (int64_t)a : (int32_t)(uint32_t)a;
	y = wide ? (int64_t)b : (int32_t)(uint32_t)b;
	if (y == -1)
		return rest ? 0 : 0 - (uint64_t)x;
	return (uint64_t)(rest ? x % y : x / y);
}

static bool is_shift(uint8_t op)
{
	return op == ALU_LSH || op == ALU_RSH || op == ALU_ARSH;
}

/* Whether the verifier computes the result at all. */
static bool is_followed(const struct scalar *b, uint8_t op, bool wide, const struct abilities *r)
{
	bool known = wide ? scalar_is_known(b) : scalar_is_known32(b);
	const struct range *x = wide ? &b->full : &b->half;

	/* What a dead branch left contradicts itself. */
	if (x->umin > x->umax || x->smin > x->smax)
		return false;
	if (known && (x->umin != x->umax || x->smin != x->smax))
		return false;
	switch (op) {
	case ALU_ADD:
	case ALU_SUB:
	case ALU_AND:
	case ALU_NEG: return true;
	case ALU_OR:
	case ALU_XOR:
	case ALU_MUL: return known || r->or_xor_ranges;
	case ALU_DIV:
	case ALU_MOD: return true;
	default: return is_shift(op) && known && b->full.umax < (wide ? 64u : 32u);
	}
}

static void both_ranges(struct scalar *a, const struct scalar *b, uint8_t op,
			const struct abilities *r)
{
	struct bits before = a->bits;
	bool known = a->bits.mask == 0 && b->bits.mask == 0;

	switch (op) {
	case ALU_ADD:
		range_add(&a->half, &b->half, false, r);
		range_add(&a->full, &b->full, true, r);
		break;
	case ALU_SUB:
		range_sub(&a->half, &b->half, false, r);
		range_sub(&a->full, &b->full, true, r);
		break;
	case ALU_MUL:
		range_mul(&a->half, &b->half, false, r);
		range_mul(&a->full, &b->full, true, r);
		break;
	default: break;
	}
	a->bits = bits_alu(before, b->bits, op);
	if (op == ALU_AND || op == ALU_OR || op == ALU_XOR) {
		range_bitwise(&a->half, &b->half, a->bits, op, false, r);
		range_bitwise(&a->full, &b->full, a->bits, op, true, r);
		if (known)
			*a = scalar_known(a->bits.value);
	}
}

void scalar_alu(struct scalar *a, struct scalar b, uint8_t op, bool wide, bool signed_op,
		const struct abilities *r)
{
	unsigned by = (unsigned)(b.bits.value & 63);

	if (op == ALU_NEG) {
		b = *a;
		*a = scalar_known(0);
		op = ALU_SUB;
	}
	if (!is_followed(&b, op, wide, r)) {
		*a = scalar_unknown();
		return;
	}
	switch (op) {
	case ALU_LSH: lsh(a, by, wide, r); break;
	case ALU_RSH: rsh(a, by, wide); break;
	case ALU_ARSH: arsh(a, by, wide); break;
	case ALU_DIV:
	case ALU_MOD:
		if (r->divide && scalar_is_known(&b) && scalar_is_known(a))
			*a = scalar_known(
			    divide(a->bits.value, b.bits.value, op == ALU_MOD, wide, signed_op));
		else {
			*a = scalar_unknown();
			return;
		}
		break;
	default: both_ranges(a, &b, op, r); break;
	}
	if (wide)
		scalar_sync(a, r);
	else
		scalar_cut(a, 4, r);
}

static uint64_t swapped(uint64_t v, unsigned width)
{
	return __builtin_bswap64(v) >> (64 - width);
}

void scalar_swap(struct scalar *s, unsigned width, bool swaps, const struct abilities *r)
{
	if (!r->swap_bytes) {
		*s = scalar_unknown();
		return;
	}
	if (swaps) {
		s->bits.value = swapped(s->bits.value, width);
		s->bits.mask = swapped(s->bits.mask, width);
		s->full = range_all(true);
		s->half = range_all(false);
		scalar_sync(s, r);
	}
	scalar_cut(s, width / 8, r);
}
