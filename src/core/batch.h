/*
 * batch: several objects against several targets on several threads. What the engine reads never
 * changes once open, so threads share it; each target is opened, and its objects are resolved, by
 * one thread.
 */
#ifndef BTFL_BATCH_H
#define BTFL_BATCH_H

#include "core/resolution.h"

/* One target of a batch: asked for by path, and what became of it. */
struct batch_target {
	const char *path;            /* as for target_open() */
	struct target *target;       /* NULL when e is filled; the caller's to free */
	struct resolution **results; /* one for each object: NULL for one of the other byte order or
				      * when memory was out; the caller's to free, with the array */
	struct err e;
};

/* Opens every target, with the same modules, and resolves every object against it by libbpf's
 * rules. resolve false: only opens. jobs is the number of threads, 1 for none but the caller's. */
void batch_run(struct batch_target *targets, size_t target_count, const char *const *modules,
	       size_t module_count, const struct object *const *objects, size_t object_count,
	       bool resolve, unsigned jobs);

#endif
