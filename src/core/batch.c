/*
 * batch: each thread opens a target and resolves the objects against it while its types are in the
 * processor's cache; one that finds no target left helps with those of the others. See batch.h.
 */
#include "core/batch.h"

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
};

static void open_object(void *ctx, size_t i)
{
	struct batch_object *o = &((const struct work *)ctx)->b->objects[i];

	if (object_open(o->path, &o->object, &o->e) < 0)
		o->object = NULL;
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

static void do_target(void *ctx, size_t i)
{
	const struct work *w = ctx;
	const struct batch *b = w->b;
	struct batch_target *t = &b->targets[i];

	if (target_open(t->path, b->modules, b->module_count, &t->target, &t->e) < 0) {
		t->target = NULL;
		return;
	}
	if (!b->resolve)
		return;
	t->results = calloc(b->object_count + 1, sizeof(struct resolution *));
	if (!t->results)
		return;
	atomic_store(&w->progress[i].open, true);
	resolve_some(w, i);
}

/* The last tasks: there is one for each thread. */
static void help(const struct work *w)
{
	for (size_t i = 0; i < w->b->target_count; i++)
		if (atomic_load(&w->progress[i].open))
			resolve_some(w, i);
}

static void do_target_or_help(void *ctx, size_t i)
{
	const struct work *w = ctx;

	if (i < w->b->target_count)
		do_target(ctx, i);
	else
		help(w);
}

int batch_run(const struct batch *b, struct err *e)
{
	struct work w = {b, calloc(b->target_count + 1, sizeof(*w.progress))};

	if (!w.progress)
		return err_memory(e, NULL);
	tasks_run(open_object, &w, b->object_count, b->jobs);
	tasks_run(do_target_or_help, &w, b->target_count + b->jobs, b->jobs);
	free(w.progress);
	return 0;
}
