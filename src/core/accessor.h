/*
 * accessor: what a relocation accesses: the access string "0:1:2" parsed over the types of an
 * object, and the same path found in a target's types (semantics 14 to 19).
 */
#ifndef BTFL_ACCESSOR_H
#define BTFL_ACCESSOR_H

#include "base/arena.h"
#include "core/reason.h"
#include "format/object.h"

/* Most numbers of an access string, and of a path in a target (semantics 14). */
enum { ACCESSOR_MAX = 64 };

/* One step that carries meaning: steps through anonymous members are left out. */
struct step {
	uint32_t type_id; /* struct or union of the member, enum of the enumerator, element type */
	uint32_t index;   /* of the member, the enumerator, or into the array; from 0 */
	const char *name; /* NULL for the root and array elements */
};

struct accessor {
	const struct btf *btf;
	uint32_t root_id;    /* modifiers and typedefs included */
	uint32_t kind;       /* enum relo_kind */
	uint32_t bit_offset; /* bits from the root's start, modulo 2^32 as libbpf counts them */
	uint32_t len;        /* of step */
	uint32_t raw_len;
	struct step *step;
	uint32_t *raw; /* every number, those of anonymous members included */
};

/* Room to build an accessor of any length in. */
struct accessor_room {
	struct accessor accessor;
	struct step step[ACCESSOR_MAX];
	uint32_t raw[ACCESSOR_MAX];
};

/* An empty accessor in that room. */
struct accessor *accessor_start(struct accessor_room *room, const struct btf *b, uint32_t root_id,
				uint32_t kind);

/* A copy of s of just its length, in the arena; NULL when memory is out. */
const struct accessor *accessor_keep(const struct accessor *s, struct arena *a);

/* Parses the access string of a relocation of that kind into room->accessor. The numbers are plain
 * decimal. Returns REASON_NONE, or why the access means nothing on this type, which must exist in
 * b. */
enum reason accessor_parse(const struct btf *b, uint32_t type_id, const char *access, uint32_t kind,
			   struct accessor_room *room);

/* Whether the array is flexible: it has no elements and is the last member of the struct that
 * `from`, the step before it (NULL for none), names (semantics 15). */
bool accessor_is_flexible(const struct btf *b, const struct step *from, struct btf_array array);

#endif
