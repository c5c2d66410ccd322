/*
 * calls: what the instructions of a program call: functions of the kernel and of the object.
 */
#ifndef BTFL_CALLS_H
#define BTFL_CALLS_H

#include "format/references.h"

enum call_what {
	CALL_HELPER,     /* a helper function of the kernel, by number */
	CALL_KFUNC,      /* another function of the kernel, by name */
	CALL_SUBPROGRAM, /* a function of the object */
	CALL_CALLBACK,   /* the address of one, which the kernel is to call */
	CALL_WHAT_COUNT
};

struct call {
	enum call_what what;
	uint32_t insn; /* from the start of the program */
	uint32_t id;   /* helper: its number; kfunc: index into externs, OBJECT_NONE when the
			  instruction names none; else: index into the object's programs */
};

/* What instruction `insn` (below p->count) of p calls; false when it calls nothing. */
bool call_at(const struct object *o, const struct references *l, const struct program *p,
	     uint32_t insn, struct call *out);

/* "helper", "kfunc", "subprogram", "callback". */
const char *call_what_name(enum call_what what);

#endif
