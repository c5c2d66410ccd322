/*
 * batch: opens several objects and targets on several threads.
 */
#ifndef BTFL_BATCH_H
#define BTFL_BATCH_H

#include "core/target.h"
#include "format/object.h"

/* One object of a batch: asked for by path, and what became of it. */
struct batch_object {
	const char *path;
	struct object *object; /* NULL when e is filled; the caller's to free */
	struct err e;
};

/* One target of a batch, likewise. */
struct batch_target {
	const char *path;          /* as for target_open() */
	struct target_facts facts; /* likewise; the caller holds what they refer to */
	struct target *target;     /* NULL when e is filled; the caller's to free */
	struct err e;
};

struct batch {
	struct batch_object *objects;
	size_t object_count;
	struct batch_target *targets;
	size_t target_count;
	const char *const *modules; /* of each target */
	size_t module_count;
	bool functions; /* are to be found by name in targets, too */
	unsigned jobs;  /* threads, of which the caller's is one */
};

/* Opens all of them. No thread is left. */
void batch_run(const struct batch *b);

#endif
