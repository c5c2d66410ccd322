/* inputs: a list of files, which grows; see inputs.h. */
#include "base/inputs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct noted {
	dev_t dev;
	ino_t ino;
	char *path;
	size_t next; /* 1 + index of the one noted before it in its chain; 0 for none */
};

enum { CHAINS = 256 };

/* For as long as the process lives. */
static struct {
	pthread_mutex_t lock;
	struct noted *list;
	size_t count, cap;
	size_t chain[CHAINS]; /* by inode: 1 + index of the last, 0 for none */
} inputs = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t *chain_of(const struct stat *st)
{
	return &inputs.chain[st->st_ino % CHAINS];
}

/* Goes to the next that was noted of that file, 1 + its index, behind `from`; 0 when there is none.
 */
static size_t next_of(const struct stat *st, size_t from)
{
	size_t i = from ? inputs.list[from - 1].next : *chain_of(st);

	while (i && (inputs.list[i - 1].ino != st->st_ino || inputs.list[i - 1].dev != st->st_dev))
		i = inputs.list[i - 1].next;
	return i;
}

/* The number of a file that was removed is another one's soon. */
static bool is_there(const struct noted *in)
{
	struct stat st;

	return stat(in->path, &st) == 0 && st.st_ino == in->ino && st.st_dev == in->dev;
}

static bool is_noted(const struct stat *st)
{
	for (size_t i = next_of(st, 0); i; i = next_of(st, i))
		if (is_there(&inputs.list[i - 1]))
			return true;
	return false;
}

/* Who opens a file again and again need not remember it each time. */
static bool is_noted_as(const char *path, const struct stat *st)
{
	for (size_t i = next_of(st, 0); i; i = next_of(st, i))
		if (!strcmp(inputs.list[i - 1].path, path))
			return true;
	return false;
}

static int add(const char *path, const struct stat *st)
{
	struct noted *list = array_grow(inputs.list, &inputs.cap, inputs.count, sizeof(*list));
	struct noted in = {.dev = st->st_dev, .ino = st->st_ino, .next = *chain_of(st)};

	if (!list)
		return -1;
	inputs.list = list;
	in.path = strdup(path);
	if (!in.path)
		return -1;
	list[inputs.count++] = in;
	*chain_of(st) = inputs.count;
	return 0;
}

int inputs_note(const char *path, const struct stat *st)
{
	int rc = 0;

	if (!S_ISREG(st->st_mode))
		return 0;
	pthread_mutex_lock(&inputs.lock);
	if (!is_noted_as(path, st))
		rc = add(path, st);
	pthread_mutex_unlock(&inputs.lock);
	return rc;
}

bool inputs_have(const struct stat *st)
{
	bool noted;

	pthread_mutex_lock(&inputs.lock);
	noted = is_noted(st);
	pthread_mutex_unlock(&inputs.lock);
	return noted;
}

size_t inputs_count(void)
{
	size_t count;

	pthread_mutex_lock(&inputs.lock);
	count = inputs.count;
	pthread_mutex_unlock(&inputs.lock);
	return count;
}

const char *inputs_path(size_t i)
{
	const char *path;

	pthread_mutex_lock(&inputs.lock);
	path = inputs.list[i].path;
	pthread_mutex_unlock(&inputs.lock);
	return path;
}
