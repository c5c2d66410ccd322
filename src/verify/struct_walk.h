/*
 * struct_walk: where a load lands that goes by a pointer to which the kernel's BTF gives a type: in
 * a number, in a pointer by which loads go on, or nowhere, so that the verifier refuses it. The
 * rules are btf_struct_walk() of the kernel's btf.c.
 */
#ifndef BTFL_STRUCT_WALK_H
#define BTFL_STRUCT_WALK_H

#include <stdbool.h>

#include "verify/age.h"

enum landing_kind {
	LANDS_SOMEWHERE, /* nobody can tell: it is refused or not, and anything is loaded */
	LANDS_NUMBER,
	LANDS_POINTER,
	LANDS_NOWHERE, /* the verifier refuses it, or may do so */
};

struct landing {
	enum landing_kind kind;
	uint32_t type; /* LANDS_POINTER: the struct that it points to */
	bool doubtful; /* LANDS_NOWHERE: whether it is refused is not known */
	/* Likewise: "beyond" the end of the struct, "part" of a pointer, "over" the end of a
	 * member ("over-unknown" in doubt), in a "hole", or "before" its start; and the names of
	 * struct and member, "" for none */
	const char *cause, *in, *member;
	int64_t off; /* likewise: bytes from the start of that struct, which may be a part of the
			first */
};

struct struct_rules {
	const struct target *target;
	struct kernel_age age;
};

/* The number of bytes by which an instruction moves a load that relocation `relo` of the object put
 * into it, negative for none. */
struct moved_by {
	int32_t relo;
	int64_t number;
};

/* Where a load of `size` bytes at byte `off` of struct `type` of b lands; by.number of `off` are
 * that relocation's, and who listens (asked.h) hears that it counts where that leads. */
struct landing struct_walk(const struct btf *b, uint32_t type, int64_t off, unsigned size,
			   struct moved_by by, const struct struct_rules *r);

/* Where a load lands on a kernel about which that is the text of a question, which it is when its
 * length is one, and `moved` bytes on for ASKED_LANDS: in *b, the BTF of what it lands in. False
 * where a kernel lacks what is asked for. */
bool struct_walk_is_question(size_t len);
bool struct_walk_again(const struct target *t, const char *text, size_t len, int64_t moved,
		       const struct btf **b, struct landing *out);

/* The struct that a pointer of that type leads to, of which loads are followed; 0 for none, as
 * where the pointer is one into user or per-CPU memory. */
uint32_t struct_pointee(const struct btf *b, const struct btf_type *pointer);

#endif
