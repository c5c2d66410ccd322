/*
 * reads: which arguments of what it attaches to a program reads, and what it does with them: the
 * loads of its context, and every use of what was loaded. Values are followed through moves,
 * additions of constants, the stack, functions of the program and copies of kernel memory, along
 * the ways that a walk has gone.
 */
#ifndef BTFL_READS_H
#define BTFL_READS_H

#include "base/digest.h"
#include "verify/loading.h"
#include "verify/releases.h"
#include "dataflow/provenance.h"
#include "dataflow/registers.h"

/* What is done with an argument, or with what was loaded from it. */
enum read_use {
	USE_READ,       /* it is loaded from the context */
	USE_LOAD,       /* memory is loaded by it */
	USE_PROBE,      /* helper `callee` copies kernel memory from it */
	USE_CONTAINER,  /* a relocated offset is subtracted: it is a member of a struct */
	USE_HELPER,     /* argument `number` of helper `callee` */
	USE_KFUNC,      /* argument `number` of kernel function `callee`, an extern */
	USE_MEMORY,     /* it stands in memory that a helper reads by argument `number` */
	USE_STORE,      /* it is stored on the stack */
	USE_PUT,        /* it is stored elsewhere */
	USE_COMPARE,    /* it decides a branch */
	USE_ARITHMETIC, /* it is a number in a computation */
	USE_RETURN,     /* the program returns it */
	USE_COUNT
};

/* When the way is gone that leads there. */
enum read_when {
	WHEN_LOADED,  /* as the object is */
	WHEN_UNKNOWN, /* nobody knows: it hangs on externs that are not known of the kernel */
	WHEN_SET,     /* only under other constants of the object */
};

/* How the context holds the arguments. */
enum context_shape { SHAPE_NONE, SHAPE_SLOTS, SHAPE_REGISTERS };

struct read {
	uint32_t at;     /* instruction of the linked program */
	uint32_t source; /* number of a source */
	uint8_t use;     /* enum read_use */
	uint8_t number;  /* see there */
	uint8_t when;    /* enum read_when */
	uint32_t size;   /* bytes of a load or a store; of a copy, 0 when that is not known */
	int32_t relo;    /* relocation of the instruction itself; -1 for none */
	int32_t offset;  /* of a load: bytes that the instruction adds */
	uint32_t callee;
	/* Of memory that is a key or a value of a map: the number of the map and 1, else 0; and the
	 * byte of it where the slot of the stack starts, below 0 before its start. */
	uint32_t map;
	int32_t place;
	/* Why a verifier refuses the load: of an argument "missing" or "unreadable", of memory by
	 * one a cause of struct_walk.h, or "argument" or "number" where that is no pointer; NULL */
	const char *refused;
	/* What decides it, of WHEN_SET a constant, of WHEN_UNKNOWN an extern: ORIGIN_* of trace.h;
	 * 0 when it is not known. */
	uint32_t guard_origin;
};

struct reads {
	enum context_shape shape;
	bool complete; /* the walk came to its end: what is not here is not reached */
	bool lost;     /* where all ways are followed: along some of them more may be read */
	bool typed;    /* a verifier gives the arguments types, and may refuse loads by them */
	/* Relocations by whose value an argument was found in the context: on a kernel where it is
	 * another, that may be another argument. */
	int32_t *located;
	size_t located_count, located_cap;
	uint8_t *is_located; /* a bit for each relocation; NULL while there are none */

	/* What walks went by, and where they went: alike.h. */
	struct abilities abilities;
	struct digester ways; /* which instructions they reached, and which sides of branches */
	bool unsettled;       /* one of them did not come to its end, or contradicts itself */
	bool by_number;       /* some number of a relocation counted, who knows which */
	int32_t *valued;      /* relocations whose numbers counted */
	size_t valued_count, valued_cap;
	struct linked *linked;
	struct provenance provenance;
	struct read *list; /* ordered by instruction */
	size_t count, cap;
};

/* What the program of l reads on its target. */
int reads_new(const struct loading *l, const struct abilities *abilities, struct reads **out,
	      struct err *e);
/* Only the walks of that, by other abilities than the target's: `ways` and what they went by. */
int reads_ways(const struct loading *l, const struct abilities *abilities, struct reads **out,
	       struct err *e);
/* Notes that the number of a relocation counts; nothing for -1. -1 when memory is out. */
int reads_count(struct reads *r, int32_t relo);
/* The same wherever it stands, on no kernel: `program` of o. On any of architecture `arch`, in the
 * words of arch.h; NULL for whichever. */
int reads_anywhere(const struct object *o, const struct references *r, uint32_t program,
		   const char *arch, struct reads **out, struct err *e);
/* Orders those from number `from` on by instruction, each once. */
void reads_merge(struct reads *r, size_t from);
void reads_free(struct reads *r); /* NULL is allowed */

/* Gives up all that reads_refused_alike() does not take. Whether a verifier may refuse any. */
bool reads_keep(struct reads *r);
/* Whether the kernel of l, on which the program reads the same, refuses of them what r says. */
bool reads_refused_alike(const struct loading *l, const struct reads *r);

/* The kernel's struct that a helper or a function of the kernel takes x for, or that the key or the
 * value of a map, whose part it is, points to by its type; with a flavor, if it has one; NULL for
 * none. l is what the program refers to. */
const char *read_struct(const struct reads *r, const struct references *l, const struct read *x);

/* Whether x loads or copies memory of the kernel at a place that no relocation gives. */
bool read_is_fixed(const struct reads *r, const struct read *x);

/* "read", "load", "probe" … */
const char *read_use_name(enum read_use use);

#endif
