/*
 * flat: an entry program as a loader hands it to the kernel: its relocated instructions, and behind
 * them those of every function it refers to.
 */
#ifndef BTFL_FLAT_H
#define BTFL_FLAT_H

#include "core/resolution.h"
#include "format/links.h"

enum { FLAT_NONE = -1 };

struct flat_insn {
	struct insn in;
	bool poison;      /* made invalid by a relocation that failed */
	int32_t ref_kind; /* enum ref_kind, FLAT_NONE without one */
	uint32_t target;  /* of the reference; of a function: its index in funcs */
	int64_t offset;
	int32_t relo; /* the relocation of this instruction, FLAT_NONE without one */
	uint32_t func;
};

struct flat_func {
	uint32_t program; /* index into the object's programs */
	uint32_t start, count;
	bool global; /* verified on its own */
};

struct flat {
	const struct object *object;
	struct flat_insn *insns;
	size_t count;
	struct flat_func *funcs; /* [0] is the entry; in the order in which loaders append them */
	size_t func_count;
	size_t failed;  /* poisoned relocations */
	size_t refused; /* relocations with an error */
};

/* Builds program `entry` of the object with the relocations as r resolved them. */
int flat_new(const struct resolution *r, const struct links *l, uint32_t entry, struct flat **out,
	     struct err *e);
void flat_free(struct flat *f); /* NULL is allowed */

/* The place of instruction `at` in its section, bytes. */
uint32_t flat_offset(const struct flat *f, uint32_t at);

#endif
