/*
 * btf_fields: the fields of a struct or union as C names them, those of anonymous members among
 * them.
 */
#ifndef BTFL_BTF_FIELDS_H
#define BTFL_BTF_FIELDS_H

#include "base/scale.h"
#include "format/btf.h"

enum { BTF_FIELDS_DEPTH = 32, BTF_FIELDS_STEPS = SCALE(1 << 20, 4096) };

struct btf_fields {
	const struct btf *btf;
	struct {
		struct btf_type type;
		uint32_t next;
		uint64_t start; /* bits from the root */
	} at[BTF_FIELDS_DEPTH];
	int depth;
};

struct btf_field {
	struct btf_member member; /* its name is none of "" */
	uint64_t bit_offset;      /* from the root, where the member's own is from its struct */
};

/* Stands before the first field of type id; what is no struct or union, behind typedefs and
 * modifiers, has none. */
void btf_fields_start(struct btf_fields *f, const struct btf *b, uint32_t id);

/* The next field: 1, or 0 when there is none. Bits without a name are left out. -1, with e set,
 * where anonymous members nest deeper than BTF_FIELDS_DEPTH, or BTF_FIELDS_STEPS of a hostile BTF
 * lead to no field. */
int btf_fields_next(struct btf_fields *f, struct btf_field *out, struct err *e);

#endif
