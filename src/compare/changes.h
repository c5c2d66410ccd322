/*
 * changes: how a type differs from another one: of the same BTF, or of another kernel's.
 */
#ifndef BTFL_CHANGES_H
#define BTFL_CHANGES_H

#include "base/scale.h"
#include "format/btf.h"

enum { CHANGES_DEPTH_MOST = 100, CHANGES_BUDGET = SCALE(4000000, 20000) };

enum change_kind {
	CHANGE_ADDED,
	CHANGE_REMOVED,
	CHANGE_RETYPED,   /* its type is written otherwise in C */
	CHANGE_MOVED,     /* bits from the start of its struct */
	CHANGE_REORDERED, /* likewise, and others passed it; of a parameter, its number from 0 */
	CHANGE_RESIZED,   /* bytes */
	CHANGE_BITFIELD,  /* its bits as a bitfield, 0 for none */
	CHANGE_VALUE,     /* of an enumerator */
	CHANGE_RENAMED,   /* a parameter: `path` is the old name, and new_name the other */
	CHANGE_KINDS
};

struct change {
	enum change_kind kind;
	const char *path; /* "" for the type itself; "se.load[0].weight", "return", "parent->pid" */
	const char *new_name;
	uint32_t old_type, new_type; /* of ADDED (new), REMOVED (old) and RETYPED */
	uint64_t old, new;           /* of the others, and of enumerators that came or went */
	bool is_value;               /* it is of an enumerator */
	bool core; /* what CO-RE relocates, or a program of the old kernel takes as before */
};

struct changes_options {
	bool by_place; /* names do not count: what stands at the same place corresponds */
	bool no_layout;
	unsigned depth; /* types with a name that are entered behind what refers to them */
};

/* Whether to go on. */
typedef bool change_fn(void *ctx, const struct change *c);

/* Tells all changes of type `old` to type `new`, in the order of the old members, then those that
 * were added. Of structs and unions the fields are those that C names; a type without a name counts
 * with all that is in it, one with a name as that. Returns 0, or -1 with e set when memory is out
 * or a hostile type takes more than CHANGES_BUDGET steps. */
int changes_of(const struct btf *old_btf, uint32_t old, const struct btf *new_btf, uint32_t new,
	       const struct changes_options *options, change_fn *tell, void *ctx, struct err *e);

/* "added" and so on. */
const char *changes_name(enum change_kind kind);

#endif
