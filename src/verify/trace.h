/*
 * trace: what a walk over the paths of a program finds; walk.h walks.
 */
#ifndef BTFL_TRACE_H
#define BTFL_TRACE_H

#include "verify/externs.h"
#include "verify/linked.h"

/* What a value comes from, for explanations: nothing, a relocation, an extern or a byte of a
 * section of constants. */
enum { ORIGIN_SHIFT = 30, ORIGIN_RELO = 1, ORIGIN_EXTERN, ORIGIN_DATA };

#define ORIGIN(kind, number) ((uint32_t)(kind) << ORIGIN_SHIFT | ((number)&0x3fffffffu))

/* A step of a path that is not to the next instruction. */
struct step_taken {
	uint32_t parent; /* index, 0 for the start */
	uint32_t from, to;
};

/* What was seen of an instruction. */
struct trace {
	bool reached;
	bool stopped;      /* it is one of the hits */
	bool fell, jumped; /* of a branch: which ways were gone */
	bool by_value;     /* what its relocation put into it decides what it does */
	uint32_t origin;   /* of a decided branch, on the last path */
	bool origins;      /* another path had another one */
};

/* An instruction at which the verifier stops, and that is reached. */
struct reached {
	uint32_t at;
	enum obstacle_rule rule;
	const char *cause; /* of a rule that the walk itself found broken; NULL otherwise */
	/* Likewise: what belongs to it, see obstacle.h. */
	int64_t number;
	const char *name, *type;
	bool doubtful;
	uint32_t map;   /* of RULE_MAP_USE: of the object; number is the helper */
	uint32_t path;  /* into steps */
	uint32_t entry; /* the instruction at which its path starts */
};

enum walk_end { WALK_DONE, WALK_LIMIT, WALK_BROKEN };

struct walk {
	const struct linked *linked;
	const struct externs *externs;
	const struct abilities *abilities;
	struct trace *traces; /* one for each instruction */
	struct reached *hits; /* in the order of the verifier */
	size_t hit_count;
	struct step_taken *steps;
	size_t step_count;
	/* By function, where somebody asked: bytes of its frame that were touched, and whether the
	 * kernel calls it at another time. NULL otherwise. */
	uint16_t *touched;
	bool *later;
	enum walk_end end;
	const char *why;  /* of WALK_LIMIT and WALK_BROKEN */
	uint64_t work;    /* instructions walked */
	bool contradicts; /* a way was gone on which no number is left */
	bool by_number;   /* a relocated number counted where liveness (liveness.h) does not tell */
};

#endif
