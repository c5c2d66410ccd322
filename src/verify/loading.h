/*
 * loading: a program as a tool hands it to a loader, and the kernel that it is for: what is asked
 * of a verdict.
 */
#ifndef BTFL_LOADING_H
#define BTFL_LOADING_H

#include "verify/externs.h"
#include "verify/linked.h"
#include "verify/obstacle.h"

/* Every rule. */
#define LOADING_ALL UINT64_MAX

struct loading {
	const struct resolution *resolution; /* object and target */
	const struct externs *externs;
	uint32_t entry;      /* the program, of the object */
	const char *release; /* the kernel's; NULL when it is not known */
	uint64_t wanted;     /* the rules that are asked about, see obstacle.h */
};

#endif
