/*
 * batch: each thread opens a target and resolves the objects against it while its types are in the
 * processor's cache; one that finds no target left helps with those of the others. See batch.h.
 */
#include "core/batch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/tasks.h"

/* How far a target is. */
struct progress {
	atomic_bool open;   /* and its results have room */
	atomic_size_t next; /* object to resolve */
};

struct work {
	const struct batch *b;
	struct progress *progress; /* by target */
	pthread_mutex_t lock;      /* of what follows */
	pthread_cond_t changed;
	size_t objects, targets; /* that are open or never will be */
};

/* One more of them is settled. */
static void settle(struct work *w, size_t *count)
{
	pthread_mutex_lock(&w->lock);
	++*count;
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

/* Waits until there are more of them than `seen`; returns how many. */
static size_t wait_for(struct work *w, const size_t *count, size_t seen)
{
	size_t now;

	pthread_mutex_lock(&w->lock);
	while (*count <= seen)
		pthread_cond_wait(&w->changed, &w->lock);
	now = *count;
	pthread_mutex_unlock(&w->lock);
	return now;
}

static void do_object(struct work *w, size_t i)
{
	struct batch_object *o = &w->b->objects[i];

	if (object_open(o->path, &o->object, &o->e) < 0)
		o->object = NULL;
	settle(w, &w->objects);
}

/* What fails here is asked again, and told, when it is looked at. */
static void resolve_some(const struct work *w, size_t target)
{
	const struct batch_target *t = &w->b->targets[target];
	struct err e;
	size_t i;

	while ((i = atomic_fetch_add(&w->progress[target].next, 1)) < w->b->object_count) {
		const struct object *o = w->b->objects[i].object;

		if (o && o->btf && o->big_endian == t->target->btf[0]->big_endian)
			resolution_new(o, t->target, NULL, &t->results[i], &e);
	}
}

/* Whether the target can be resolved against. */
static bool open_target(const struct batch *b, struct batch_target *t)
{
	struct target *target;

	if (target_open(t->path, b->modules, b->module_count, &t->facts, &target, &t->e) < 0)
		return false;
	t->target = target;
	if (b->resolve)
		t->results = calloc(b->object_count + 1, sizeof(struct resolution *));
	return t->results != NULL;
}

static void do_target(struct work *w, size_t i)
{
	bool open = open_target(w->b, &w->b->targets[i]);

	if (open && w->b->object_count)
		wait_for(w, &w->objects, w->b->object_count - 1);
	atomic_store(&w->progress[i].open, open);
	settle(w, &w->targets);
	/* The last ones are only opened: resolving them is what all threads can end with together.
	 */
	if (open && i + w->b->jobs < w->b->target_count)
		resolve_some(w, i);
}

/* What is left of targets that others have opened or are opening. */
static void help(struct work *w)
{
	for (size_t seen = 0; seen < w->b->target_count;) {
		seen = wait_for(w, &w->targets, seen);
		for (size_t i = 0; i < w->b->target_count; i++)
			if (atomic_load(&w->progress[i].open))
				resolve_some(w, i);
	}
}

/* The objects come first, then the targets, then for each thread a task to end with. */
static void do_task(void *ctx, size_t i)
{
	struct work *w = ctx;
	size_t objects = w->b->object_count;

	if (i < objects)
		do_object(w, i);
	else if (i - objects < w->b->target_count)
		do_target(w, i - objects);
	else
		help(w);
}

int batch_run(const struct batch *b, struct err *e)
{
	struct work w = {.b = b, .progress = calloc(b->target_count + 1, sizeof(*w.progress))};

	if (!w.progress)
		return err_memory(e, NULL);
	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.changed, NULL);
	tasks_run(do_task, &w, b->object_count + b->target_count + b->jobs, b->jobs);
	pthread_cond_destroy(&w.changed);
	pthread_mutex_destroy(&w.lock);
	free(w.progress);
	return 0;
}
