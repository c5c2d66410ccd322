/* input: maps a file or reads it into memory, and inflates gzip; see input.h. */
#include "format/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/inputs.h"

/* Bytes of a file from which on its pages are spared. */
#define LARGE ((size_t)1 << 20)

/* Bytes that a kernel's BTF has at most, and to how many deflate makes one. */
#define LIKELY_MAX ((size_t)64 << 20)
#define DEFLATE_MOST 1032u

struct input_box {
	struct input input;
	atomic_uint refs;
	bool mapped;
	int fd; /* of a mapped file that input_read() may read; else -1 */
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
	b->fd = -1;
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
	input_settle(in);
	if (b->mapped)
		munmap((void *)(uintptr_t)b->input.data, b->input.len);
	else
		free((void *)(uintptr_t)b->input.data);
	free(b);
}

const uint8_t *input_read(const struct input *in, size_t at, size_t len, uint8_t *buffer)
{
	const struct input_box *b = (const struct input_box *)in;

	if (b->fd >= 0 && pread(b->fd, buffer, len, (off_t)at) == (ssize_t)len)
		return buffer;
	return in->data + at;
}

void input_settle(struct input *in)
{
	struct input_box *b = (struct input_box *)in;

	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
}

struct input *input_copy(const char *path, const void *data, size_t n)
{
	struct input_box *b = box_new(path);
	uint8_t *p = malloc(n ? n : 1);

	if (!b || !p) {
		free(b);
		free(p);
		return NULL;
	}
	if (n)
		memcpy(p, data, n);
	b->input.data = p;
	b->input.len = n;
	return &b->input;
}

static int io_error(struct err *e, const char *path)
{
	return err_set(e, ERR_IO, path, NULL, ERR_NO_OFFSET, "%s", strerror(errno));
}

/* Bytes whose number is not known before. */
struct growing {
	const char *path;
	uint8_t *data;
	size_t n, cap;
};

/* Makes room for more. */
static int grow(struct growing *g, struct err *e)
{
	size_t more = g->cap ? g->cap * 2 : (size_t)1 << 16;
	uint8_t *p;

	if (g->cap >= INPUT_MAX)
		return err_set(e, ERR_LIMIT, g->path, NULL, ERR_NO_OFFSET,
			       "larger than %zu MiB, the most that is read", INPUT_MAX >> 20);
	p = realloc(g->data, more);
	if (!p)
		return err_memory(e, g->path);
	g->data = p;
	g->cap = more;
	return 0;
}

/* Makes an input of them. */
static int grown(struct growing *g, struct input **out, struct err *e)
{
	struct input_box *b = box_new(g->path);

	if (!b) {
		free(g->data);
		return err_memory(e, g->path);
	}
	b->input.data = g->data;
	b->input.len = g->n;
	*out = &b->input;
	return 0;
}

/* For what cannot be mapped: pipes, and sysfs before Linux 6.16. */
static int read_all(int fd, const char *path, struct input **out, struct err *e)
{
	struct growing g = {.path = path};
	ssize_t got = 1;

	while (got > 0) {
		if (g.n == g.cap && grow(&g, e) < 0)
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
	return grown(&g, out, e);
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
	if (size >= LARGE)
		b->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return true;
}

static int map_or_read(int fd, const char *path, struct input **out, struct err *e)
{
	struct input_box *b;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return io_error(e, path);
	if (inputs_note(path, &st) < 0)
		return err_memory(e, path);
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_IO, path, NULL, ERR_NO_OFFSET, "is a directory");
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) /* some have no end */
		return err_set(e, ERR_IO, path, NULL, ERR_NO_OFFSET, "is a device");
	if (!S_ISREG(st.st_mode) || st.st_size <= 0)
		return read_all(fd, path, out, e);
	b = box_new(path);
	if (!b)
		return err_memory(e, path);
	if (map(fd, (size_t)st.st_size, b)) {
		*out = &b->input;
		return 0;
	}
	input_unref(&b->input);
	return read_all(fd, path, out, e);
}

static bool is_gzip(const struct input *in)
{
	return in->len >= 2 && in->data[0] == 0x1f && in->data[1] == 0x8b;
}

/* Begins with room for what the file says it inflates to, at its end; it may say anything. */
static void expect(struct growing *g, const struct input *packed)
{
	size_t said;

	if (packed->len < 4)
		return;
	said = load_u32(packed->data + packed->len - 4, host_big_endian());
	if (said == 0 || said > LIKELY_MAX || said / DEFLATE_MOST > packed->len)
		return;
	g->data = malloc(said);
	g->cap = g->data ? said : 0;
}

/* Inflates all members of the gzip file in, one after the other, as gzip(1) does. */
static int inflate_all(const struct input *in, struct growing *g, struct err *e)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)in->data};
	size_t left = in->len;
	int rc = Z_OK, status = -1;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return err_memory(e, in->path);
	while (left || z.avail_in || rc != Z_STREAM_END) {
		if (!z.avail_in && left) {
			z.avail_in = left > INPUT_MAX ? (uInt)INPUT_MAX : (uInt)left;
			left -= z.avail_in;
		}
		if (g->n == g->cap && grow(g, e) < 0)
			goto out;
		z.next_out = g->data + g->n;
		z.avail_out = (uInt)(g->cap - g->n);
		if (rc == Z_STREAM_END)
			inflateReset(&z);
		rc = inflate(&z, Z_NO_FLUSH);
		g->n = g->cap - z.avail_out;
		if (rc == Z_OK || rc == Z_STREAM_END)
			continue;
		if (rc == Z_BUF_ERROR && z.avail_out == 0)
			continue;
		err_set(e, rc == Z_MEM_ERROR ? ERR_MEMORY : ERR_FORMAT, in->path, NULL,
			(uint64_t)(in->len - left - z.avail_in), "gzip data %s",
			rc == Z_BUF_ERROR ? "end too early"
			: z.msg           ? z.msg
					  : "are damaged");
		goto out;
	}
	status = 0;
out:
	inflateEnd(&z);
	return status;
}

static int gunzip(struct input **in, struct err *e)
{
	struct input *packed = *in;
	struct growing g = {.path = packed->path};

	expect(&g, packed);
	if (inflate_all(packed, &g, e) < 0) {
		free(g.data);
		return -1;
	}
	if (grown(&g, in, e) < 0)
		return -1;
	input_unref(packed);
	return 0;
}

int input_open(const char *path, struct input **out, struct err *e)
{
	struct input *in = NULL;
	int fd, rc;

	if (!*path)
		return err_set(e, ERR_IO, NULL, NULL, ERR_NO_OFFSET, "a file's name is empty");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return io_error(e, path);
	rc = map_or_read(fd, path, &in, e);
	close(fd);
	if (rc == 0 && is_gzip(in))
		rc = gunzip(&in, e);
	if (rc < 0) {
		input_unref(in);
		return -1;
	}
	*out = in;
	return 0;
}
