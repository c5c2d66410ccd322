/*
 * holes: what of a struct's bytes is no member: holes between members, padding at the end, bits
 * beside bitfields; counted as pahole does, whose words are used.
 */
#ifndef BTFL_HOLES_H
#define BTFL_HOLES_H

#include "format/btf.h"

enum { HOLES_CACHELINE = 64 }; /* bytes, as pahole has it unless it is told another */

/* Bytes unless they are called bits. */
struct holes {
	uint32_t count, sum;         /* of holes */
	uint32_t bit_count, bit_sum; /* of holes within bitfields */
	uint32_t member_sum;         /* of members that are no bitfields */
	uint32_t bitfield_sum;       /* bits */
	uint32_t padding, bit_padding;
	uint32_t paddings,
	    padding_sum; /* of structs that are members and have padding of their own */

	/* What has been gone through: in bits. */
	uint64_t seen, bitfield_end;
	uint32_t bitfield_size;
	bool in_bitfield;
};

/* What lies between a member and the one before it. */
struct gap {
	uint32_t bytes, bits;
};

/* Before the members of t, in their order, and after the last. Unions have no holes. */
void holes_start(struct holes *h, const struct btf_type *t);
struct gap holes_next(struct holes *h, const struct btf_type *t, const struct btf_member *m);
void holes_end(struct holes *h, const struct btf_type *t);

#endif
