/*
 * scalar: what is known of a 64-bit number: its known bits, and ranges of it and of its lower half,
 * signed and unsigned. Every operation errs to the wide side, and never tells more than the
 * verifier of the given abilities does.
 */
#ifndef BTFL_SCALAR_H
#define BTFL_SCALAR_H

#include "format/insn.h"
#include "verify/releases.h"

/* Bits: a bit of mask is unknown, the others are those of value. value & mask is 0. */
struct bits {
	uint64_t value, mask;
};

/* A range, of 64 bits or of 32 (then within those of uint32_t and int32_t). */
struct range {
	uint64_t umin, umax;
	int64_t smin, smax;
};

struct scalar {
	struct bits bits;
	struct range full; /* of all 64 bits */
	struct range half; /* of the lower 32 */
};

struct scalar scalar_unknown(void);
struct scalar scalar_known(uint64_t v);
/* One of which only those bits are known. */
struct scalar scalar_bits(struct bits bits, const struct abilities *r);

bool scalar_is_known(const struct scalar *s);
bool scalar_is_known32(const struct scalar *s);

/* Whether every value of b is one of a. */
bool scalar_covers(const struct scalar *a, const struct scalar *b);

/* Whether as much is known of both. */
bool scalar_same(const struct scalar *a, const struct scalar *b);

/* Cuts to `size` bytes (1, 2, 4, 8), filling with zeros or with the sign. */
void scalar_cut(struct scalar *s, unsigned size, const struct abilities *r);
void scalar_extend(struct scalar *s, unsigned size, const struct abilities *r);

/* a = a op b, both of 64 bits or (wide false) the lower halves, the result zero-extended. signed_op
 * tells the signed division. */
void scalar_alu(struct scalar *a, struct scalar b, uint8_t op, bool wide, bool signed_op,
		const struct abilities *r);

/* Byte swap to `width` bits: of the order named, or always (bswap). */
void scalar_swap(struct scalar *s, unsigned width, bool swaps, const struct abilities *r);

/* Whether `a op b` holds: 1 yes, 0 no, -1 unknown. */
int scalar_holds(const struct scalar *a, const struct scalar *b, uint8_t op, bool wide,
		 const struct abilities *r);

/* Narrows a and b to what they can be when `a op b` holds (or, with holds false, does not). */
void scalar_assume(struct scalar *a, struct scalar *b, uint8_t op, bool wide, bool holds,
		   const struct abilities *r);

/* Lets bits and ranges learn from each other. */
void scalar_sync(struct scalar *s, const struct abilities *r);

/* Gives up ranges that contradict each other or the bits, as newer verifiers do when they find that
 * no value is left; the bits stay. */
void scalar_mend(struct scalar *s, const struct abilities *r);

/* Whether these contradict each other or the bits. */
bool scalar_contradicts(const struct scalar *s);

/* Whether no value is left. */
bool scalar_is_empty(const struct scalar *s);

/* Bits */

static inline struct bits bits_known(uint64_t v)
{
	return (struct bits){v, 0};
}

static inline struct bits bits_low(struct bits b)
{
	return (struct bits){(uint32_t)b.value, (uint32_t)b.mask};
}

static inline struct bits bits_high(struct bits b)
{
	return (struct bits){b.value >> 32 << 32, b.mask >> 32 << 32};
}

static inline struct bits bits_join(struct bits high, struct bits low)
{
	return (struct bits){high.value | low.value, high.mask | low.mask};
}

struct bits bits_meet(struct bits a, struct bits b);

/* Ranges, of 64 or 32 bits */

struct range range_all(bool wide);
void range_from_bits(struct range *x, struct bits b, bool wide);

#endif
