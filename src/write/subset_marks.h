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
	uint32_t index;    /* id - first_id */
	uint32_t turn;     /* how many were marked before it */
	uint32_t id;       /* that it was last written with */
	uint8_t flags;     /* the above */
	uint8_t *elements; /* of each member or enumerator 1 where it is kept; NULL for none */
};

/* The marks on the types that one BTF stores. */
struct marks {
	const struct btf *btf;
	struct kept *kept;
	size_t count, cap;
	uint32_t *where; /* by id - first_id: 1 + index of its `kept`, 0 for none */
};

struct subset {
	const struct target *target;
	struct btf_type pointer; /* stands for those that lead nowhere; .btf is NULL for none */
	uint32_t turns;          /* types that are marked */
	bool broken;             /* what was added is not marked as a whole */
	size_t count;
	struct marks marks[]; /* one for each BTF of the target */
};

/* -1 with e filled where the subset is broken, so that nothing more comes of it. */
int subset_check(const struct subset *s, struct err *e);

/* The marks of the BTF that stores t; NULL when it is none of the target's own. */
struct marks *subset_marks(struct subset *s, const struct btf_type *t);

#endif
