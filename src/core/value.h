/*
 * value: the value that a relocation of each kind has for an access, local or in the target
 * (semantics 1 to 7, 15 to 18).
 */
#ifndef BTFL_VALUE_H
#define BTFL_VALUE_H

#include "core/accessor.h"

struct relo_value {
	uint64_t value;
	uint32_t size;      /* bytes that a load or store of the field moves; 0 unless byte_off */
	uint32_t size_id;   /* the type of that size, in the accessor's BTF */
	bool check;         /* the instruction must hold this value before it is patched */
	bool poison;        /* set by policies only: the instruction is to be poisoned */
	bool sign_extended; /* an unsigned 32-bit enumerator >= 2^31 (semantics 7) */
	uint32_t decision;  /* with poison: of the policy, see policy.h */
};

/* The value of s for its kind, with byte order of the object. Not for local_type_id. Returns
 * REASON_NONE or why there is no value. */
enum reason value_calc(const struct accessor *s, bool big_endian, struct relo_value *out);

/* The value when the target has no match: true with *value set, or false to poison (semantics 2).
 */
bool value_missing(uint32_t kind, uint64_t *value);

#endif
