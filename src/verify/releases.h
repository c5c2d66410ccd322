/*
 * releases: what the verifier of a kernel release can tell, where releases differ.
 *
 * Every field is a gain in precision, so the zero value is the oldest verifier and the safe one:
 * what it cannot tell, it explores. releases.c is the one table of when each came.
 */
#ifndef BTFL_RELEASES_H
#define BTFL_RELEASES_H

#include <stdbool.h>
#include <stdint.h>

struct abilities {
	bool linked_scalars;   /* a branch on a copy tells about the other copies */
	bool packet_end;       /* a branch on the end of a packet tells about the next one */
	bool linked_u32;       /* a 32-bit move of a 32-bit value is a copy too */
	bool spill_bounded;    /* 8-byte spills keep ranges, not only constants */
	bool spill_small;      /* so do smaller spills at the start of a slot */
	bool spill_any;        /* so do unbounded scalars, and reads narrower than the spill */
	bool linked_spills;    /* a spill, and a read of it, are copies */
	bool store_imm;        /* a store of an immediate is tracked */
	bool equal_by_range;   /* == and != are decided by disjoint ranges */
	bool constant_left;    /* a comparison is decided when its left side is the constant */
	bool two_ranges;       /* both sides may be ranges; 32 and 64 bits tell each other more */
	bool equal_by_bits;    /* == and != are decided by bits that differ */
	bool impossible_sides; /* a side that leaves no value is not taken */
	bool or_xor_ranges;    /* OR, XOR and MUL by what is no constant */
	bool bitwise_signs;    /* signed ranges of AND, OR and XOR follow the unsigned ones */
	bool multiply_signed;  /* products of negative numbers, and large ones */
	bool add_wraps;        /* sums and differences whose both ends wrap */
	bool shift_32_signed;  /* `<< 32` keeps negative 32-bit bounds */
	bool deduce_crossing;  /* signed and unsigned ranges that meet in one piece only */
	bool deduce_extended;  /* 32-bit bounds of a sign-extended value are those of the whole */
	bool single_values;    /* a range and bits that allow one number are that number */
	bool negate;           /* NEG is followed */
	bool swap_bytes;       /* byte swaps of constants are followed */
	bool divide;           /* division and remainder of constants are followed */
	bool reads_keep;       /* memory that a helper only reads stays known */
	bool callback_later;   /* callbacks run any number of times, none included */
	bool lazy_globals;     /* global functions are verified after what calls them, if called */
	bool symbols_not_null; /* the address of a kernel symbol is not zero */
	bool memory_not_null;  /* a checked pointer to memory of a helper is not zero */
	bool array_not_null;   /* nor is an item of an array under a constant key that it has */
};

/* What the verifier of a release "N.N…" can tell; the oldest for NULL or what is no release.
 * Returns whether it was one. */
bool releases_abilities(const char *release, struct abilities *out);

/* What the newest that the table knows can tell. */
void releases_newest(struct abilities *out);

/* The least and the most that verifiers can tell whose walks of a program may be compared with
 * those by `own`: every gain only leaves ways out, so what both find, all between them do, where
 * none of these walks contradicts itself (trace.h): what a verifier makes of numbers that cannot be
 * may be more by a gain. The most does not leave out ways on which that is so, which would hide it.
 * When callbacks and global functions run is no gain, and is as it is there where a program has
 * such. */
void releases_bounds(const struct abilities *own, bool callbacks, bool globals,
		     struct abilities *least, struct abilities *most);

#endif
