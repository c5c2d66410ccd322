/*
 * obstacle: one thing that keeps a program from loading, in the order in which a loader and the
 * kernel meet them: a loader opens the object, resolves its externs, finds the types of struct_ops,
 * relocates, creates maps, finds what a program attaches to; the kernel looks at what it is loaded
 * as, at its instructions, and walks its paths.
 */
#ifndef BTFL_OBSTACLE_H
#define BTFL_OBSTACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/known.h"

enum obstacle_stage {
	STAGE_OPEN,
	STAGE_EXTERNS,
	STAGE_STRUCT_OPS,
	STAGE_RELOCATION,
	STAGE_MAPS,
	STAGE_SECTION,
	STAGE_ATTACH,
	STAGE_LOAD,         /* what the program is loaded as */
	STAGE_INSTRUCTIONS, /* of which the verifier refuses some wherever they stand */
	STAGE_WALK,
};

enum obstacle_rule {
	RULE_NONE,
	RULE_OPEN,
	RULE_KSYM,
	RULE_KCONFIG,
	RULE_KFUNC,
	RULE_STRUCT_OPS,
	RULE_RELOCATION,
	RULE_MAP_TYPE,
	RULE_MAP_ATTR,
	RULE_MAP_UNSET,
	RULE_SECTION,
	RULE_PROGRAM_TYPE,
	RULE_ATTACH_TYPE,
	RULE_ATTACH_TARGET,
	RULE_NO_ADDRESS,
	RULE_ATTACH_PROTO,
	RULE_SLEEPABLE,
	RULE_INSN,
	RULE_NO_JIT,
	RULE_HELPER_UNKNOWN,
	RULE_HELPER_NOT_FOR_TYPE,
	RULE_CTX_ARG,
	RULE_CTX_ACCESS,
	RULE_STRUCT_ACCESS,
	RULE_LICENSE,
	RULE_MAP_USE,
	RULE_FUNCTION,
	RULE_STACK,
	RULE_COUNT
};

/* What a tool may set between open and load. */
enum obstacle_settable { SET_NONE, SET_ATTACH, SET_MAP, SET_TYPE };

enum { OBSTACLE_NONE = -1 };

struct obstacle {
	enum obstacle_stage stage;
	enum obstacle_rule rule;
	enum known reached; /* KNOWN_NO: only dead code has it */
	bool late;          /* of STAGE_LOAD: the kernel looks at its instructions before */
	bool object;        /* fails every program of the object */
	bool doubtful;      /* whether it is one is not known; a walk goes on behind it */
	enum obstacle_settable settable;
	const char *name;   /* the function, helper, map, symbol or section; NULL for none */
	const char *helper; /* that is passed the map; NULL for none */
	const char *cause;  /* which of the ways a rule has: a word such as "missing" or "inner" */
	const char
	    *type; /* a name that belongs to it: of a program, map or BTF type; NULL for none */
	int64_t number;   /* likewise: of a helper or an argument, an offset in bytes */
	uint64_t callers; /* of a kernel function: bits of the program types that may call it */
	int32_t at;       /* instruction of the linked program, OBSTACLE_NONE for none */
	int32_t relo;     /* of the object, OBSTACLE_NONE for none */
	int32_t hit;      /* into the walk's hits; OBSTACLE_NONE when it is not reached */
	int32_t guard;    /* the branch that keeps paths away; OBSTACLE_NONE for none */
	uint32_t guard_origin; /* what decides it: ORIGIN_* of trace.h; 0 when not known */
};

/* A list that grows; the names in it belong to object and target. */
struct obstacles {
	struct obstacle *list;
	size_t count, cap;
	uint64_t wanted; /* bit `rule`: the others are left out */
};

/* An obstacle at no instruction, for callers to change and add. It is reached, but one of the walk,
 * of which only a walk can tell. */
struct obstacle obstacle_of(enum obstacle_stage stage, enum obstacle_rule rule, const char *name,
			    const char *cause);

/* Appends x unless its rule is not wanted. */
int obstacles_add(struct obstacles *o, struct obstacle x, struct err *e);
bool obstacles_want(const struct obstacles *o, enum obstacle_rule rule);

/* "open" … "walk"; "open" … "stack". */
const char *obstacle_stage_name(enum obstacle_stage stage);
const char *obstacle_rule_name(enum obstacle_rule rule);
/* The rule of that name, RULE_NONE when there is none. */
enum obstacle_rule obstacle_rule_of(const char *name);
/* "attach", "map", "type"; NULL for SET_NONE. */
const char *obstacle_settable_name(enum obstacle_settable settable);

#endif
