/* tasks: threads that take one number after the other; see tasks.h. */
#include "base/tasks.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

struct tasks {
	void (*run)(void *ctx, size_t i);
	void *ctx;
	size_t count;
	atomic_size_t next;
	bool placed;    /* cpus is known */
	cpu_set_t cpus; /* that this process may use */
};

/* Takes numbers until there are none. */
static void take(struct tasks *t)
{
	size_t i;

	while ((i = atomic_fetch_add(&t->next, 1)) < t->count)
		t->run(t->ctx, i);
}

static void *work(void *arg)
{
	struct tasks *t = arg;

	if (t->placed)
		sched_setaffinity(0, sizeof(t->cpus), &t->cpus);
	take(t);
	return NULL;
}

#ifdef __GLIBC__
/* The k-th processor after the one that this thread runs on. */
static int cpu_after(const struct tasks *t, unsigned k)
{
	int cpu = sched_getcpu();

	for (k %= (unsigned)CPU_COUNT(&t->cpus); k > 0;) {
		cpu = (cpu + 1) % CPU_SETSIZE;
		k -= CPU_ISSET(cpu, &t->cpus) ? 1 : 0;
	}
	return cpu;
}
#endif

/* Linux may start a thread on the processor of its parent and leave it there, waiting, for 2 ms and
 * more, which is half of what opening six kernels takes. So it is started on another one. */
static int start(struct tasks *t, unsigned k, pthread_t *thread)
{
	pthread_attr_t attr;
	int rc;

	pthread_attr_init(&attr);
#ifdef __GLIBC__
	if (t->placed) {
		cpu_set_t one;

		CPU_ZERO(&one);
		CPU_SET(cpu_after(t, k), &one);
		pthread_attr_setaffinity_np(&attr, sizeof(one), &one);
	}
#endif
	rc = pthread_create(thread, &attr, work, t);
	pthread_attr_destroy(&attr);
	/* A processor can be gone by now. */
	return rc == 0 ? 0 : pthread_create(thread, NULL, work, t);
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
	t.placed = jobs > 1 && sched_getaffinity(0, sizeof(t.cpus), &t.cpus) == 0 &&
		   CPU_COUNT(&t.cpus) > 0 && sched_getcpu() >= 0;
	while (started + 1 < jobs && started + 1 < count &&
	       start(&t, started + 1, &threads[started]) == 0)
		started++;
	take(&t);
	while (started)
		pthread_join(threads[--started], NULL);
}
