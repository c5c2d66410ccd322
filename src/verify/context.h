/*
 * context: what a program may read of its context on a target. Those that attach by BTF have the
 * arguments of a function there, one in each 8 bytes; others a struct of the kernel's interface.
 */
#ifndef BTFL_CONTEXT_H
#define BTFL_CONTEXT_H

#include "verify/context_fields.h"
#include "verify/loading.h"
#include "verify/struct_walk.h"

/* Slots, and those of them that the verifier lets a program read. */
enum { CONTEXT_SLOTS = 64, CONTEXT_ARGUMENTS = 12 };

struct context {
	bool known;
	bool suspect;        /* the program may have an access that is refused */
	bool shut;           /* the object's license keeps structs of the kernel shut */
	bool slots;          /* the arguments of a function */
	bool buffers;        /* a pointer to void may be one to memory */
	bool retyped;        /* an argument may point to another struct than its type says */
	unsigned count;      /* of slots, with the one of what it returns where that may be read */
	uint64_t unreadable; /* bit n: slot n may not be read */
	uint64_t pointers;   /* likewise: it is a pointer */
	uint64_t numbers;    /* likewise: it holds a number */
	uint64_t plain;      /* likewise: nothing may be loaded by it */
	uint64_t closed; /* likewise: it points to a struct that the object's license keeps shut */
	uint32_t prog_type, attach_type;
	uint32_t word; /* bytes of a pointer of the target */
	uint32_t size; /* bytes of the struct that it is, in the target's BTF; 0 when not known */
	const struct btf *btf;            /* of what the arguments point to */
	uint32_t type[CONTEXT_ARGUMENTS]; /* the struct that one points to; 0 for none */
	struct struct_rules rules;
	struct kernel_age age;
	const struct loading *uses;   /* whose maps the walk looks at; NULL for none */
	const struct loading *sleeps; /* whose regions it looks at, see regions.h; likewise */
	bool frames; /* whether it notes what paths touch of the stack, see stack_depth.h */
};

/* The context of l's program: the arguments of what it attaches to, where that was found. */
void context_of(const struct loading *l, struct context *out);

/* Why the verifier refuses an access of `size` bytes at byte `off` of the context: "missing" or
 * "unreadable" or "narrow" with the number of the argument, from 1, in *number, or "misaligned",
 * "write", "range" with off; NULL when it does not, or that is not known. */
const char *context_refuses(const struct context *c, int64_t off, unsigned size, bool write,
			    int64_t *number);

/* Likewise an access by that instruction, through a pointer that stands at byte `off`, and by what
 * it is: "atomic", "constant" of a store of one, "sign" of a load that extends it. */
const char *context_refuses_insn(const struct context *c, int64_t off, struct insn in,
				 int64_t *number);

/* Whether that is of the instruction alone, wherever the pointer stands. */
const char *context_refuses_kind(const struct context *c, struct insn in);

/* The struct that the 8 bytes at byte `off` point to, by which the verifier lets a program load
 * what is in it; 0 where that is not known. */
uint32_t context_pointee(const struct context *c, int64_t off);

/* Whether what is read at byte `off` is nothing by which a program may load. */
bool context_is_plain(const struct context *c, int64_t off);

/* Whether the argument at that byte points to a struct that the object's license keeps shut. */
bool context_is_closed(const struct context *c, int64_t off);

/* Whether what is read at byte `off` is a number for sure, and no pointer. */
bool context_has_number(const struct context *c, int64_t off);

/* Whether the verifier refuses any access by a pointer that was moved by a constant. */
bool context_refuses_moved(const struct context *c);

/* Whether that is about an argument, and so not about the access. */
bool context_is_argument(const char *cause);

/* Finds out whether f has an instruction that may be such an access, or a load by an argument that
 * lands nowhere. When not, no path has one. */
int context_suspects(struct context *c, const struct linked *f, struct err *e);

/* What the size of a kernel's context tells of an access, by the text of an ASKED_ACCESS question,
 * which it is when its length is one. */
bool context_is_question(size_t len);
unsigned context_again(const struct target *t, const char *text);

#endif
