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
};

/* For as long as the process lives. */
static struct {
	pthread_mutex_t lock;
	struct noted *list;
	size_t count, cap;
} inputs = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The number of a file that was removed is another one's soon. */
static bool is_there(const struct noted *in)
{
	struct stat st;

	return stat(in->path, &st) == 0 && st.st_ino == in->ino && st.st_dev == in->dev;
}

static bool is_noted(const struct stat *st)
{
	for (size_t i = 0; i < inputs.count; i++) {
		const struct noted *in = &inputs.list[i];

		if (in->ino == st->st_ino && in->dev == st->st_dev && is_there(in))
			return true;
	}
	return false;
}

int inputs_note(const char *path, const struct stat *st)
{
	struct noted *list, in = {.dev = st->st_dev, .ino = st->st_ino};

	if (!S_ISREG(st->st_mode))
		return 0;
	in.path = strdup(path);
	if (!in.path)
		return -1;
	pthread_mutex_lock(&inputs.lock);
	list = array_grow(inputs.list, &inputs.cap, inputs.count, sizeof(*list));
	if (list) {
		inputs.list = list;
		list[inputs.count++] = in;
	}
	pthread_mutex_unlock(&inputs.lock);
	if (!list)
		free(in.path);
	return list ? 0 : -1;
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
