/* input: reads a file into memory, or maps it; see input.h. What it unpacks to: unpack.c. */
#include "format/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/inputs.h"
#include "base/large.h"
#include "base/scale.h"
#include "format/growing.h"
#include "format/sparse.h"

/* Bytes of a file up to which it is read: no BTF is larger, and reading them costs no memory that
 * would be missed. Larger is a kernel with all that debuggers need, of which hardly a part counts.
 */
#define READ_MOST SCALE((size_t)64 << 20, 4096)

struct input_box {
	struct input input;
	atomic_uint refs;
	bool mapped, is_file;
	struct sparse sparse; /* the bytes are its own; data NULL: all of them were read */
	char path[];
};

static struct input_box *box_new(const char *path)
{
	size_t n = strlen(path) + 1;
	struct input_box *b = calloc(1, sizeof(*b) + n);

	if (!b)
		return NULL;
	memcpy(b->path, path, n);
	b->input.path = b->path;
	atomic_init(&b->refs, 1);
	return b;
}

struct input *input_ref(struct input *in)
{
	atomic_fetch_add(&((struct input_box *)in)->refs, 1);
	return in;
}

void input_unref(struct input *in)
{
	struct input_box *b = (struct input_box *)in;

	if (!b || atomic_fetch_sub(&b->refs, 1) != 1)
		return;
	if (b->mapped)
		munmap((void *)(uintptr_t)b->input.data, b->input.len);
	else if (b->sparse.data)
		sparse_free(&b->sparse);
	else
		free((void *)(uintptr_t)b->input.data);
	free(b);
}

bool input_may_change(const struct input *in)
{
	return ((const struct input_box *)in)->mapped;
}

struct input *input_take(const char *path, uint8_t *data, size_t n)
{
	struct input_box *b = box_new(path);

	if (!b)
		return NULL;
	b->input.data = data;
	b->input.len = n;
	return &b->input;
}

struct input *input_copy(const char *path, const void *data, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);
	struct input *in = p ? input_take(path, p, n) : NULL;

	if (!in)
		free(p);
	else if (n)
		memcpy(p, data, n);
	return in;
}

static int io_error(struct err *e, const char *path)
{
	return err_set(e, ERR_IO, path, NULL, ERR_NO_OFFSET, "%s", strerror(errno));
}

/* To the end, wherever that is by now; `size` is what there was when it was opened, 0 where that is
 * not known (pipes, sysfs). */
static int read_all(int fd, const char *path, size_t size, struct input **out, struct err *e)
{
	struct growing g = {.path = path};
	ssize_t got = 1;

	if (size) { /* and one byte, so that the end is met without more room */
		g.data = large_new(size + 1);
		if (!g.data)
			return err_memory(e, path);
		g.cap = size + 1;
	}
	while (got > 0) {
		if (g.n == g.cap && growing_more(&g, e) < 0)
			goto fail;
		got = read(fd, g.data + g.n, g.cap - g.n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0) {
			io_error(e, path);
			goto fail;
		} else
			g.n += (size_t)got;
	}
	return growing_input(&g, out, e);
fail:
	free(g.data);
	return -1;
}

static bool map(int fd, size_t size, struct input_box *b)
{
	void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED)
		return false;
	b->mapped = true;
	b->input.data = p;
	b->input.len = size;
	return true;
}

static int read_sparse(int fd, size_t size, struct input_box *b)
{
	int rc = sparse_read(fd, size, &b->sparse);

	if (rc == 1) {
		b->input.data = b->sparse.data;
		b->input.len = size;
	}
	return rc;
}

static int read_or_map(int fd, const char *path, bool whole, struct input **out, struct err *e)
{
	struct input_box *b;
	struct stat st;
	size_t size;
	int rc;

	if (fstat(fd, &st) < 0)
		return io_error(e, path);
	if (inputs_note(path, &st) < 0)
		return err_memory(e, path);
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_IO, path, NULL, ERR_NO_OFFSET, "is a directory");
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) /* some have no end */
		return err_set(e, ERR_IO, path, NULL, ERR_NO_OFFSET, "is a device");
	if (!S_ISREG(st.st_mode) || st.st_size <= 0)
		return read_all(fd, path, 0, out, e);
	size = (size_t)st.st_size;
	b = box_new(path);
	if (!b)
		return err_memory(e, path);
	rc = whole ? 0 : read_sparse(fd, size, b);
	if (rc == 0 && size > READ_MOST)
		rc = map(fd, size, b);
	if (rc == 1) {
		*out = &b->input;
	} else {
		input_unref(&b->input);
		if (rc < 0)
			return err_memory(e, path);
		if (read_all(fd, path, size <= READ_MOST ? size : 0, out, e) < 0)
			return -1;
	}
	((struct input_box *)*out)->is_file = true;
	return 0;
}

static int open_file(const char *path, bool whole, struct input **out, struct err *e)
{
	struct input *in = NULL;
	int fd, rc;

	if (!*path)
		return err_set(e, ERR_IO, NULL, NULL, ERR_NO_OFFSET, "a file's name is empty");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return io_error(e, path);
	rc = read_or_map(fd, path, whole, &in, e);
	close(fd);
	if (rc < 0) {
		input_unref(in);
		return -1;
	}
	*out = in;
	return 0;
}

int input_file(const char *path, struct input **out, struct err *e)
{
	return open_file(path, true, out, e);
}

int input_file_sparse(const char *path, struct input **out, struct err *e)
{
	return open_file(path, false, out, e);
}

size_t input_memory(const struct input *in)
{
	const struct sparse *s = &((const struct input_box *)in)->sparse;

	return s->data ? sparse_memory(s) : in->len;
}

void input_digest(const struct input *in, struct digester *d)
{
	const struct sparse *s = &((const struct input_box *)in)->sparse;

	digest_add(d, in->len);
	if (!s->data)
		digest_bytes(d, in->data, in->len);
	for (size_t i = 0; i < s->count; i++) {
		digest_add(d, s->parts[i].at);
		digest_bytes(d, s->data + s->parts[i].at, s->parts[i].end - s->parts[i].at);
	}
}

bool input_is_file(const struct input *in)
{
	return ((const struct input_box *)in)->is_file;
}

bool input_has(const struct input *in, uint64_t at, uint64_t len)
{
	const struct sparse *s = &((const struct input_box *)in)->sparse;

	return !len || !s->data || sparse_has(s, at, len);
}

int input_changed(const struct input *in, struct err *e)
{
	return err_set(e, ERR_IO, in->path, NULL, ERR_NO_OFFSET, "has changed since it was opened");
}

int input_whole(struct input *in, struct input **out, struct err *e)
{
	const struct sparse *s = &((const struct input_box *)in)->sparse;
	struct input *again;

	if (!s->data) {
		*out = input_ref(in);
		return 0;
	}
	if (input_file(in->path, &again, e) < 0)
		return -1;
	if (!sparse_same(s, again->data, again->len)) {
		input_unref(again);
		return input_changed(in, e);
	}
	*out = again;
	return 0;
}
