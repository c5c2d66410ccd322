/* tasks: threads that take one number after the other; see tasks.h. */
#include "base/tasks.h"

#include <pthread.h>
#include <stdatomic.h>

struct tasks {
	void (*run)(void *ctx, size_t i);
	void *ctx;
	size_t count;
	atomic_size_t next;
};

/* Takes numbers until there are none. */
static void *take(void *arg)
{
	struct tasks *t = arg;
	size_t i;

	while ((i = atomic_fetch_add(&t->next, 1)) < t->count)
		t->run(t->ctx, i);
	return NULL;
}

/* More threads than this help nobody, and are as many as a hostile --jobs gets. */
#define MOST_JOBS 256

void tasks_run(void (*run)(void *ctx, size_t i), void *ctx, size_t count, unsigned jobs)
{
	struct tasks t = {.run = run, .ctx = ctx, .count = count};
	pthread_t threads[MOST_JOBS];
	unsigned started = 0;

	if (jobs > MOST_JOBS)
		jobs = MOST_JOBS;
	while (started + 1 < jobs && started + 1 < count &&
	       pthread_create(&threads[started], NULL, take, &t) == 0)
		started++;
	take(&t);
	while (started)
		pthread_join(threads[--started], NULL);
}
