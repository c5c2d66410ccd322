/*
 * shape: what kind of thing a type is, so that types of two BTFs can be compared without reading
 * either again.
 */
#ifndef BTFL_SHAPE_H
#define BTFL_SHAPE_H

#include "format/btf.h"

struct shape {
	uint64_t exact; /* hash of the type as written, const and the like left out */
	uint64_t plain; /* the same with typedefs resolved */
	uint64_t inner; /* plain of what it points to, holds as an array, or wraps; else plain */
	uint32_t bits;  /* size, 0 when it has none */
	uint8_t kind;   /* enum btf_kind, modifiers and typedefs resolved; ENUM64 is ENUM */
	uint8_t inner_kind;
	bool bitfield;
	const char *name; /* of the typedef, struct, union or enum that it is; "" for a pointer */
	/* Of the struct or union that it points to or is, unless that has one member (a counter, a
	 * lock); "" for all else. */
	const char *of;
	bool link; /* points to its own kind: it hangs in a list or a tree, and is no data */
};

/* bit_size is that of a bitfield, 0 for none. */
struct shape shape_of(const struct btf *b, uint32_t id, uint32_t bit_size);

/* Whether the kernel is full of such fields: numbers, lists, locks. */
bool shape_is_common(const struct shape *s);

/* 0 (nothing in common) to 1 (the same type). */
double shape_alike(const struct shape *a, const struct shape *b);

#endif
