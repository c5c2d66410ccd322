/* batch: each file is a task; see batch.h. */
#include "core/batch.h"

#include "base/tasks.h"

/* What is looked for finds the index that it needs, which each process would make for itself later.
 */
static void index_functions(const struct target *t)
{
	for (size_t i = 0; i < t->count; i++)
		btf_find(t->btf[i], "", BTF_FUNC);
}

/* The targets come first, which take longer. */
static void do_task(void *ctx, size_t i)
{
	const struct batch *b = ctx;
	struct batch_target *t = &b->targets[i];
	struct batch_object *o;
	struct target *target;

	if (i < b->target_count) {
		if (target_open(t->path, b->modules, b->module_count, &t->facts, &target, &t->e) ==
		    0)
			t->target = target;
		if (t->target && b->functions)
			index_functions(t->target);
		return;
	}
	o = &b->objects[i - b->target_count];
	if (object_open(o->path, &o->object, &o->e) < 0)
		o->object = NULL;
}

void batch_run(const struct batch *b)
{
	tasks_run(do_task, (void *)(uintptr_t)b, b->target_count + b->object_count, b->jobs);
}
