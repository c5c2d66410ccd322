/*
 * align: how types lie in memory: the alignment that a compiler gives them, and which structs it
 * was told to pack. BTF says neither. Both follow from sizes and offsets: a type is aligned as its
 * members are, unless these stand, or it ends, where that would not let them.
 */
#ifndef BTFL_ALIGN_H
#define BTFL_ALIGN_H

#include "format/btf.h"

struct align;

/* Whose rules: what is not said by the pointer size is how integers of 16 bytes are aligned, and of
 * 8 bytes where pointers have 4. */
enum align_for {
	ALIGN_KERNEL,   /* by the compiler of the kernel: as its own structs have them */
	ALIGN_COMPILER, /* by a compiler that reads C: 16 for 16 bytes, as clang for BPF */
};

/* For the types of b, which must outlive it, and its bases. Types are looked at when they are asked
 * for. NULL when memory is out. */
struct align *align_new(const struct btf *b, enum align_for whose);
void align_free(struct align *a); /* NULL is allowed */

/* Bytes; 0 for what has no alignment (void, functions, forward declarations, sections), and when
 * memory is out, which align_failed() tells. */
uint32_t align_of(struct align *a, uint32_t id);
/* Whether a struct or union lies other than its members' alignment demands; false for others. */
bool align_is_packed(struct align *a, uint32_t id);
bool align_failed(const struct align *a);

#endif
