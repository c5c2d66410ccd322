/* batch: threads that take one target after the other; see batch.h. */
#include "core/batch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct batch {
	struct batch_target *targets;
	size_t target_count;
	const char *const *modules;
	size_t module_count;
	const struct object *const *objects;
	size_t object_count;
	bool resolve;
	atomic_size_t next;
};

static void resolve_all(const struct batch *b, struct batch_target *t)
{
	struct err e; /* what fails here is asked again, and told, when it is looked at */

	t->results = calloc(b->object_count ? b->object_count : 1, sizeof(struct resolution *));
	for (size_t i = 0; t->results && i < b->object_count; i++)
		if (b->objects[i]->big_endian == t->target->btf[0]->big_endian)
			resolution_new(b->objects[i], t->target, NULL, &t->results[i], &e);
}

static void *work(void *arg)
{
	struct batch *b = arg;
	size_t i;

	while ((i = atomic_fetch_add(&b->next, 1)) < b->target_count) {
		struct batch_target *t = &b->targets[i];

		if (target_open(t->path, b->modules, b->module_count, &t->target, &t->e) < 0)
			t->target = NULL;
		else if (b->resolve)
			resolve_all(b, t);
	}
	return NULL;
}

/* More threads than this help nobody, and are as many as a hostile --jobs gets. */
#define MOST_JOBS 256

void batch_run(struct batch_target *targets, size_t target_count, const char *const *modules,
	       size_t module_count, const struct object *const *objects, size_t object_count,
	       bool resolve, unsigned jobs)
{
	struct batch b = {targets, target_count, modules, module_count,
			  objects, object_count, resolve, 0};
	pthread_t threads[MOST_JOBS];
	unsigned started = 0;

	if (jobs > MOST_JOBS)
		jobs = MOST_JOBS;
	while (started + 1 < jobs && started + 1 < target_count &&
	       pthread_create(&threads[started], NULL, work, &b) == 0)
		started++;
	work(&b);
	while (started)
		pthread_join(threads[--started], NULL);
}
