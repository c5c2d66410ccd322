/* listing: walks an archive once and keeps what will be asked for; see listing.h. */
#include "format/listing.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"

/* Bytes that are kept at most: a kernel with its configuration and symbols, or a dozen BTFs. */
#define KEPT_MOST ((uint64_t)64 << 20)

static struct {
	pthread_mutex_t lock;
	struct input **list;
	size_t count, cap;
	uint64_t bytes;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void forget(void)
{
	pthread_mutex_lock(&kept.lock);
	for (size_t i = 0; i < kept.count; i++)
		input_unref(kept.list[i]);
	free(kept.list);
	kept.list = NULL;
	kept.count = kept.cap = 0;
	kept.bytes = 0;
	pthread_mutex_unlock(&kept.lock);
}

/* What cannot be kept is unpacked again. */
static void keep(struct input *in)
{
	struct input **list;

	pthread_mutex_lock(&kept.lock);
	list = array_grow(kept.list, &kept.cap, kept.count, sizeof(*list));
	if (list) {
		kept.list = list;
		kept.list[kept.count++] = in;
		kept.bytes += in->len;
	}
	pthread_mutex_unlock(&kept.lock);
	if (!list)
		input_unref(in);
}

static bool has_room(uint64_t bytes)
{
	bool room;

	pthread_mutex_lock(&kept.lock);
	room = bytes && bytes <= KEPT_MOST && kept.bytes <= KEPT_MOST - bytes;
	pthread_mutex_unlock(&kept.lock);
	return room;
}

struct input *listing_kept(const char *path)
{
	struct input *found = NULL;
	size_t i = 0;

	pthread_mutex_lock(&kept.lock);
	while (i < kept.count && strcmp(kept.list[i]->path, path) != 0)
		i++;
	if (i < kept.count) {
		found = kept.list[i];
		kept.bytes -= found->len;
		kept.list[i] = kept.list[--kept.count];
	}
	pthread_mutex_unlock(&kept.lock);
	return found;
}

struct reading {
	struct listing *out;
	bool no_memory;
};

static enum packed_want list_one(void *ctx, const struct packed_member *m)
{
	enum foreign_kind kind = foreign_kind(m->head, m->head_len);
	struct reading *l = ctx;
	bool kernel, useful;
	struct listed *more;
	char *name;

	if (!m->name)
		return PACKED_STOP;
	l->out->archive = true;
	kernel = foreign_is_kernel(m->name, kind);
	useful = kernel || kind == FOREIGN_CONFIG || kind == FOREIGN_SYMBOLS;
	if (!useful && kind != FOREIGN_ARCHIVE)
		return PACKED_SKIP;
	more = array_grow(l->out->list, &l->out->cap, l->out->count, sizeof(*more));
	if (more)
		l->out->list = more;
	name = more ? strdup(m->name) : NULL;
	if (!name) {
		l->no_memory = true;
		return PACKED_STOP;
	}
	l->out->list[l->out->count++] = (struct listed){name, kind, kernel};
	return useful && has_room(m->size) ? PACKED_TAKE : PACKED_SKIP;
}

static bool take_one(void *ctx, const struct packed_member *m, struct input *bytes)
{
	(void)ctx;
	(void)m;
	keep(bytes);
	return true;
}

int listing_read(const char *path, struct listing *out, struct err *e)
{
	struct reading l = {.out = out};
	struct packed_visitor v = {list_one, take_one, &l};
	struct input *in;
	int rc;

	*out = (struct listing){0};
	if (input_file(path, &in, e) < 0)
		return -1;
	forget();
	rc = packed_walk(in, &v, e);
	input_unref(in);
	return l.no_memory ? err_memory(e, path) : rc;
}

void listing_free(struct listing *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->list[i].name);
	free(m->list);
}
