/* scalar: known bits, ranges, and how they learn from each other; see scalar.h. */
#include "verify/scalar.h"

static uint64_t max_u(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t min_u(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int64_t max_s(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t min_s(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t sign(uint64_t v, bool wide)
{
	return wide ? (int64_t)v : (int32_t)(uint32_t)v;
}

static uint64_t plain(int64_t v, bool wide)
{
	return wide ? (uint64_t)v : (uint32_t)v;
}

struct range range_all(bool wide)
{
	return (struct range){0, wide ? UINT64_MAX : UINT32_MAX, wide ? INT64_MIN : INT32_MIN,
			      wide ? INT64_MAX : INT32_MAX};
}

static struct range range_known(uint64_t v, bool wide)
{
	v = wide ? v : (uint32_t)v;
	return (struct range){v, v, sign(v, wide), sign(v, wide)};
}

struct scalar scalar_unknown(void)
{
	return (struct scalar){{0, UINT64_MAX}, range_all(true), range_all(false)};
}

struct scalar scalar_known(uint64_t v)
{
	return (struct scalar){bits_known(v), range_known(v, true), range_known(v, false)};
}

bool scalar_is_known(const struct scalar *s)
{
	return s->bits.mask == 0;
}

bool scalar_is_known32(const struct scalar *s)
{
	return (uint32_t)s->bits.mask == 0;
}

static bool range_covers(const struct range *a, const struct range *b)
{
	return a->umin <= b->umin && a->umax >= b->umax && a->smin <= b->smin && a->smax >= b->smax;
}

bool scalar_covers(const struct scalar *a, const struct scalar *b)
{
	return !(b->bits.mask & ~a->bits.mask) &&
	       a->bits.value == (b->bits.value & ~a->bits.mask) &&
	       range_covers(&a->full, &b->full) && range_covers(&a->half, &b->half);
}

bool scalar_same(const struct scalar *a, const struct scalar *b)
{
	return scalar_covers(a, b) && scalar_covers(b, a);
}

static bool range_is_empty(const struct range *x)
{
	return x->umin > x->umax || x->smin > x->smax;
}

bool scalar_is_empty(const struct scalar *s)
{
	return range_is_empty(&s->full) || range_is_empty(&s->half);
}

static bool range_is(const struct range *x, uint64_t v, bool wide)
{
	return x->umin == v && x->umax == v && x->smin == sign(v, wide) && x->smax == sign(v, wide);
}

bool scalar_contradicts(const struct scalar *s)
{
	return scalar_is_empty(s) ||
	       (scalar_is_known(s) && !range_is(&s->full, s->bits.value, true)) ||
	       (scalar_is_known32(s) && !range_is(&s->half, (uint32_t)s->bits.value, false));
}

void scalar_mend(struct scalar *s, const struct abilities *r)
{
	if (!r->two_ranges || !scalar_contradicts(s))
		return;
	s->full = range_all(true);
	s->half = range_all(false);
}

/* The bits that all numbers from min to max share at the top. */
static struct bits bits_range(uint64_t min, uint64_t max)
{
	uint64_t differ = min ^ max, mask = 0;

	if (differ)
		mask = UINT64_MAX >> __builtin_clzll(differ);
	return (struct bits){min & ~mask, mask};
}

struct bits bits_meet(struct bits a, struct bits b)
{
	uint64_t mask = a.mask & b.mask;

	return (struct bits){(a.value | b.value) & ~mask, mask};
}

void range_from_bits(struct range *x, struct bits b, bool wide)
{
	uint64_t top = wide ? (uint64_t)1 << 63 : (uint64_t)1 << 31;

	if (!wide)
		b = bits_low(b);
	x->smin = max_s(x->smin, sign(b.value | (b.mask & top), wide));
	x->smax = min_s(x->smax, sign(b.value | (b.mask & (top - 1)), wide));
	x->umin = max_u(x->umin, b.value);
	x->umax = min_u(x->umax, b.value | b.mask);
}

/* Signed and unsigned bounds of one width tell each other, as far as older verifiers see it. */
static void range_learn_old(struct range *x, bool wide)
{
	if (x->smin >= 0 || x->smax < 0) {
		x->umin = max_u(plain(x->smin, wide), x->umin);
		x->umax = min_u(plain(x->smax, wide), x->umax);
		x->smin = sign(x->umin, wide);
		x->smax = sign(x->umax, wide);
	} else if (sign(x->umax, wide) >= 0) {
		x->smin = sign(x->umin, wide);
		x->umax = min_u(plain(x->smax, wide), x->umax);
		x->smax = sign(x->umax, wide);
	} else if (sign(x->umin, wide) < 0) {
		x->umin = max_u(plain(x->smin, wide), x->umin);
		x->smin = sign(x->umin, wide);
		x->smax = sign(x->umax, wide);
	}
}

static void range_learn(struct range *x, bool wide, const struct abilities *r)
{
	if (sign(x->umin, wide) <= sign(x->umax, wide)) {
		x->smin = max_s(x->smin, sign(x->umin, wide));
		x->smax = min_s(x->smax, sign(x->umax, wide));
	}
	if (plain(x->smin, wide) <= plain(x->smax, wide)) {
		x->umin = max_u(x->umin, plain(x->smin, wide));
		x->umax = min_u(x->umax, plain(x->smax, wide));
	} else if (r->deduce_crossing && wide) {
		/* The signed range wraps around as an unsigned one: two pieces at the ends, of
		 * which the unsigned range may meet one only. */
		if (x->umax < plain(x->smin, wide)) {
			x->smin = (int64_t)x->umin;
			x->umax = min_u(x->umax, plain(x->smax, wide));
		} else if (plain(x->smax, wide) < x->umin) {
			x->smax = (int64_t)x->umax;
			x->umin = max_u(x->umin, plain(x->smin, wide));
		}
	}
}

static void half_from_bounds(struct scalar *s, uint64_t min, uint64_t max)
{
	struct range *h = &s->half;
	int64_t low = (int32_t)(uint32_t)min, high = (int32_t)(uint32_t)max;

	if (min >> 32 == max >> 32) {
		if ((uint32_t)min <= (uint32_t)max) {
			h->umin = max_u(h->umin, (uint32_t)min);
			h->umax = min_u(h->umax, (uint32_t)max);
		}
		if (low <= high) {
			h->smin = max_s(h->smin, low);
			h->smax = min_s(h->smax, high);
		}
	}
	/* Upper halves that follow each other, lower ones that run from negative to positive. */
	if ((uint32_t)(min >> 32) + 1 == (uint32_t)(max >> 32) && low < 0 && high >= 0) {
		h->smin = max_s(h->smin, low);
		h->smax = min_s(h->smax, high);
	}
}

static void full_from_half(struct scalar *s, const struct abilities *r)
{
	const uint64_t upper = (uint64_t)UINT32_MAX << 32;
	struct range *f = &s->full, *h = &s->half;

	f->umin = max_u(f->umin, (f->umin & upper) | h->umin);
	f->umax = min_u(f->umax, (f->umax & upper) | h->umax);
	f->smin = max_s(f->smin, (int64_t)(((uint64_t)f->smin & upper) | h->umin));
	f->smax = min_s(f->smax, (int64_t)(((uint64_t)f->smax & upper) | h->umax));
	/* The upper half is the sign of a lower one that is not negative. The lower one's bounds
	 * take the place of the others, which may have been closer. */
	if (r->deduce_extended && h->smin >= 0 && f->smin >= INT32_MIN && f->smax <= INT32_MAX) {
		*f = (struct range){(uint64_t)h->smin, (uint64_t)h->smax, h->smin, h->smax};
		s->bits = bits_meet(s->bits, bits_range(f->umin, f->umax));
	}
}

static void learn_once(struct scalar *s, const struct abilities *r)
{
	half_from_bounds(s, s->full.umin, s->full.umax);
	half_from_bounds(s, (uint64_t)s->full.smin, (uint64_t)s->full.smax);
	range_learn(&s->half, false, r);
	range_learn(&s->full, true, r);
	full_from_half(s, r);
}

static void bits_from_ranges(struct scalar *s, const struct abilities *r)
{
	struct bits full = bits_meet(s->bits, bits_range(s->full.umin, s->full.umax));
	struct bits low = bits_low(r->two_ranges ? full : s->bits);

	low = bits_meet(low, bits_range(s->half.umin, s->half.umax));
	s->bits = bits_join(bits_high(full), low);
}

/* The least number above v that the bits allow; the largest that they do where there is none. */
static uint64_t bits_next(struct bits b, uint64_t v)
{
	uint64_t most = b.value | b.mask, differ, below, upper;

	if (v >= most)
		return most;
	v++;
	differ = (v ^ b.value) & ~b.mask;
	if (!differ)
		return v;
	below = UINT64_MAX >> __builtin_clzll(differ);
	upper = b.mask & ~below;
	if (b.value & differ & ~(below >> 1))
		return b.value | (v & upper);
	return b.value | (((v | ~upper) + 1) & upper);
}

/* Whether the unsigned range and the bits allow one number only. Of those that contradict each
 * other it is one, too, as verifiers have it that do not call them impossible. */
static bool is_single(const struct scalar *s, uint64_t *v)
{
	uint64_t next = bits_next(s->bits, s->full.umin);

	if ((s->full.umin & ~s->bits.mask) == s->bits.value) {
		*v = s->full.umin;
		return next > s->full.umax;
	}
	*v = next;
	return next == (s->bits.value | s->bits.mask) ||
	       (next <= s->full.umax && bits_next(s->bits, next) > s->full.umax);
}

static void learn_from_bits(struct scalar *s, const struct abilities *r)
{
	uint64_t v;

	range_from_bits(&s->half, s->bits, false);
	range_from_bits(&s->full, s->bits, true);
	if (r->single_values && is_single(s, &v) && (!r->impossible_sides || v <= s->full.umax))
		*s = scalar_known(v);
}

void scalar_sync(struct scalar *s, const struct abilities *r)
{
	learn_from_bits(s, r);
	if (r->two_ranges) {
		learn_once(s, r);
		learn_once(s, r);
		if (r->deduce_crossing)
			learn_once(s, r);
	} else {
		range_learn_old(&s->half, false);
		range_learn_old(&s->full, true);
	}
	bits_from_ranges(s, r);
	learn_from_bits(s, r);
}

struct scalar scalar_bits(struct bits bits, const struct abilities *r)
{
	struct scalar s = scalar_unknown();

	s.bits = bits;
	scalar_sync(&s, r);
	return s;
}

/* The upper half is zero: the lower one's bounds are those of the whole. */
static void full_is_half(struct scalar *s)
{
	s->full.umin = s->half.umin;
	s->full.umax = s->half.umax;
	s->full.smin = s->half.smin >= 0 ? s->half.smin : 0;
	s->full.smax = s->half.smin >= 0 ? s->half.smax : UINT32_MAX;
}

void scalar_cut(struct scalar *s, unsigned size, const struct abilities *r)
{
	uint64_t mask;

	if (size >= 8)
		return;
	mask = UINT64_MAX >> (64 - size * 8);
	s->bits.value &= mask;
	s->bits.mask &= mask;
	if (size == 4) {
		full_is_half(s);
	} else {
		if ((s->full.umin & ~mask) == (s->full.umax & ~mask)) {
			s->full.umin &= mask;
			s->full.umax &= mask;
		} else {
			s->full.umin = 0;
			s->full.umax = mask;
		}
		s->full.smin = (int64_t)s->full.umin;
		s->full.smax = (int64_t)s->full.umax;
		s->half = s->full;
	}
	scalar_sync(s, r);
}

void scalar_extend(struct scalar *s, unsigned size, const struct abilities *r)
{
	unsigned shift = 64 - size * 8;
	int64_t low, high;

	if (size >= 8)
		return;
	if (scalar_is_known(s)) {
		*s = scalar_known((uint64_t)((int64_t)(s->bits.value << shift) >> shift));
		return;
	}
	low = (int64_t)((uint64_t)s->full.smin << shift) >> shift;
	high = (int64_t)((uint64_t)s->full.smax << shift) >> shift;
	if (s->full.smin >> (size * 8) == s->full.smax >> (size * 8) && (low >= 0) == (high >= 0)) {
		int64_t min = min_s(low, high), max = max_s(low, high);

		*s = scalar_unknown();
		s->full = (struct range){(uint64_t)min, (uint64_t)max, min, max};
		s->bits = bits_range((uint64_t)min, (uint64_t)max);
	} else {
		*s = scalar_unknown();
		s->full.smin = INT64_MIN >> shift;
		s->full.smax = INT64_MAX >> shift;
	}
	s->half = range_all(false);
	if (s->full.smin >= INT32_MIN && s->full.smax <= INT32_MAX) {
		s->half.smin = s->full.smin;
		s->half.smax = s->full.smax;
	}
	scalar_sync(s, r);
}
