/*
 * linked: an entry program as a loader hands it to the kernel: its relocated instructions, and
 * behind them those of every function it refers to.
 */
#ifndef BTFL_LINKED_H
#define BTFL_LINKED_H

#include "core/resolution.h"
#include "format/references.h"
#include "verify/obstacle.h"

enum { LINKED_NONE = -1 };

struct linked_insn {
	struct insn in;
	uint8_t stop; /* enum obstacle_rule: why a verifier that comes here refuses it, else 0 */
	/* Whether it calls what may sleep, where a path decides: the program may not, but hands
	 * callbacks to the kernel that may. */
	enum known sleeps;
	int32_t ref_kind; /* enum ref_kind, LINKED_NONE without one */
	uint32_t target;  /* of the reference; of a function: its index in funcs */
	int64_t offset;
	int32_t relo; /* the relocation of this instruction, LINKED_NONE without one */
	bool changed; /* by that */
	bool twice;   /* another one had changed it before, which libbpf refuses */
	uint32_t func;
};

struct linked_func {
	uint32_t program; /* index into the object's programs */
	uint32_t start, count;
	bool global;    /* verified on its own */
	bool exception; /* called by the kernel for what the program throws */
};

struct linked {
	const struct object *object;
	struct linked_insn *insns;
	size_t count;
	struct linked_func *funcs; /* [0] is the entry; in the order in which loaders append them */
	size_t func_count;
	size_t failed;  /* poisoned relocations */
	size_t refused; /* relocations with an error */
};

/* Builds program `entry` of the object with the relocations as r resolved them. */
int linked_new(const struct resolution *r, const struct references *l, uint32_t entry,
	       struct linked **out, struct err *e);
/* The same with its instructions as they are in the file: which functions it has, and where. */
int linked_unresolved(const struct object *o, const struct references *l, uint32_t entry,
		      struct linked **out, struct err *e);
void linked_free(struct linked *f); /* NULL is allowed */

/* Whether it hands functions to the kernel, to be called; and whether some are global. */
bool linked_has_callbacks(const struct linked *f);
bool linked_has_globals(const struct linked *f);

/* Who listens (asked.h) is to hear that what its relocation put into instruction `at` counts, or
 * that all do. What is the same whatever the number is nobody needs to hear. */
void linked_ask(const struct linked *f, uint32_t at);
void linked_ask_all(const struct linked *f);
/* Only whether the immediate is negative counts. */
void linked_ask_sign(const struct linked *f, uint32_t at);

/* The place of instruction `at` in its section, bytes. */
uint32_t linked_offset(const struct linked *f, uint32_t at);

#endif
