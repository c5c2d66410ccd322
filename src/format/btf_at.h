/*
 * btf_at: which member of a struct lies at a byte.
 */
#ifndef BTFL_BTF_AT_H
#define BTFL_BTF_AT_H

#include "base/scale.h"
#include "format/btf.h"

enum { BTF_AT_STEPS = 64, BTF_AT_BUDGET = SCALE(1000000, 4096) };

struct btf_at_step {
	const char *name; /* of a member, in the BTF; NULL for an element of an array */
	uint32_t index;   /* of the element */
};

struct btf_place {
	struct btf_at_step
	    steps[BTF_AT_STEPS]; /* from the struct on, through members with a name */
	unsigned count;
	uint32_t type; /* what lies there: no struct, union or array */
	uint32_t rest; /* bytes from where it starts */
	long budget;   /* members that may still be looked at; below 0 when it was spent */
};

/* Looks for what lies at that byte of struct or union id, through members of structs and unions,
 * with and without a name, and elements of arrays; of members that lie there the first. Of
 * bitfields `rest` counts from the byte that one starts in. False in padding and beyond the end,
 * where it stands behind more than BTF_AT_STEPS steps, and when hostile unions spend the budget. */
bool btf_at(const struct btf *b, uint32_t id, uint64_t byte, struct btf_place *at);

#endif
