/*
 * subset_marks: what marking and writing a subset share.
 */
#ifndef BTFL_SUBSET_MARKS_H
#define BTFL_SUBSET_MARKS_H

#include "write/subset.h"

/* What is to be kept of a type: itself; what type compatibility looks at; what type_matches does.
 */
enum { KEEP = 1, COMPAT = 2, MATCH = 4 };

/* A type that was marked. */
struct kept {
	uint32_t index;   /* id - first_id */
	uint8_t flags;    /* the above */
	uint8_t *members; /* a byte for each member, 1 for one that is kept; NULL for none */
};

/* The marks on the types that one BTF stores. */
struct marks {
	const struct btf *btf;
	struct kept *kept; /* as they were marked; by index once they are written */
	size_t count, cap;
	uint32_t *where; /* by id - first_id: 1 + index of its `kept`, 0 for none */
	uint32_t before; /* types of the BTFs before this one, once they are written */
};

struct subset {
	const struct target *target;
	size_t count;
	struct marks marks[]; /* one for each BTF of the target */
};

/* The marks of the BTF that stores t; NULL when it is none of the target's own. */
struct marks *subset_marks(struct subset *s, const struct btf_type *t);

#endif
