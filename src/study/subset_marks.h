/*
 * subset_marks: what marking and writing a subset share.
 */
#ifndef BTFL_SUBSET_MARKS_H
#define BTFL_SUBSET_MARKS_H

#include "study/subset.h"

/* What is to be kept of a type: itself; what type compatibility looks at; what type_matches does.
 */
enum { KEEP = 1, COMPAT = 2, MATCH = 4 };

/* The marks on the types that one BTF stores. */
struct marks {
	const struct btf *btf;
	uint32_t count;    /* of types */
	uint8_t *keep;     /* by id - first_id: the flags above */
	uint8_t **members; /* likewise: a byte for each member that is kept, NULL for none */
	uint32_t *new_id;  /* likewise, while it is written */
};

struct subset {
	const struct target *target;
	size_t count;
	struct marks marks[]; /* one for each BTF of the target */
};

/* The marks of the BTF that stores t; NULL when it is none of the target's own. */
const struct marks *subset_marks(const struct subset *s, const struct btf_type *t);

#endif
