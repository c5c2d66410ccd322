/*
 * batch: several objects against several targets on several threads. What the engine reads never
 * changes once open, so threads share it.
 */
#ifndef BTFL_BATCH_H
#define BTFL_BATCH_H

#include "core/resolution.h"

/* One object of a batch: asked for by path, and what became of it. */
struct batch_object {
	const char *path;
	struct object *object; /* NULL when e is filled; the caller's to free */
	struct err e;
};

/* One target of a batch, likewise. */
struct batch_target {
	const char *path;            /* as for target_open() */
	struct target_facts facts;   /* likewise; the caller holds what they refer to */
	struct target *target;       /* NULL when e is filled; the caller's to free */
	struct resolution **results; /* one for each object: NULL for one that is not open, without
				      * BTF or of the other byte order, or when it failed; the
				      * caller's to free, with the array */
	struct err e;
};

struct batch {
	struct batch_object *objects;
	size_t object_count;
	struct batch_target *targets;
	size_t target_count;
	const char *const *modules; /* of each target */
	size_t module_count;
	bool resolve;  /* each object against each target, by libbpf's rules */
	unsigned jobs; /* threads, of which the caller's is one */
};

/* Opens all objects and targets, and resolves. Fails only when memory is out at the start. */
int batch_run(const struct batch *b, struct err *e);

#endif
