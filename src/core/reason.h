/*
 * reason: why a relocation, or one candidate of it, did not succeed. The codes are stable: reports,
 * filters and documentation name them.
 */
#ifndef BTFL_REASON_H
#define BTFL_REASON_H

enum reason {
	REASON_NONE,
	REASON_NO_TYPE,      /* the target has no type of that name and kind */
	REASON_NO_FIELD,     /* the struct has no member of that name */
	REASON_NO_ENUMVAL,   /* the enum has no enumerator of that name */
	REASON_NO_ELEMENT,   /* the array is too short, or is no array */
	REASON_INCOMPATIBLE, /* found by name, but of a type that CO-RE does not accept for it */
	REASON_AMBIGUOUS,    /* candidates that match disagree */
	REASON_BITFIELD_TOO_WIDE, /* no load of 8 bytes covers the bitfield */
	REASON_SIZE_MISMATCH,     /* the field's size changed and the access cannot follow */
	REASON_OFFSET_RANGE,      /* the new offset does not fit the instruction's 16 bits */
	REASON_INSN_MISMATCH,     /* the instruction does not hold the local value */
	REASON_INSN_UNSUPPORTED,  /* no instruction that a relocation may patch */
	REASON_BAD_ACCESS,        /* the access string means nothing on the local type */
	REASON_ANONYMOUS,         /* the local type has no name to search for */
	REASON_UNSIZED,           /* the size of a type that is asked for cannot be known */
	REASON_UNSUPPORTED, /* the relocation kind is unknown, or does not apply to such a field */
	REASON_TOO_DEEP,    /* nested deeper than the rules allow */
	REASON_LIMIT,       /* the search took more steps than any real type needs */
	REASON_TRUNCATED,   /* set by policies only: the value does not fit the instruction */
	REASON_BY_POLICY,   /* set by policies only: a hook decided so and gave no other reason */
	REASON_COUNT
};

/* "no-type" … ; "" for REASON_NONE. */
const char *reason_name(enum reason r);

#endif
