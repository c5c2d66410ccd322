/* image: maps or reads a file and inflates gzip; see image.h. */
#include "format/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Bytes of a file from which on its pages are spared. */
#define LARGE ((size_t)1 << 20)

struct image_box {
	struct image image;
	atomic_uint refs;
	bool mapped;
	struct bulk *bulk; /* that holds the bytes, else NULL */
	int fd;            /* of a mapped file that image_read() may read; else -1 */
	char path[];
};

static struct image_box *box_new(const char *path)
{
	size_t n = strlen(path) + 1;
	struct image_box *b = calloc(1, sizeof(*b) + n);

	if (!b)
		return NULL;
	memcpy(b->path, path, n);
	b->image.path = b->path;
	b->fd = -1;
	atomic_init(&b->refs, 1);
	return b;
}

struct image *image_ref(struct image *im)
{
	atomic_fetch_add(&((struct image_box *)im)->refs, 1);
	return im;
}

void image_unref(struct image *im)
{
	struct image_box *b = (struct image_box *)im;

	if (!b || atomic_fetch_sub(&b->refs, 1) != 1)
		return;
	image_settle(im);
	if (b->mapped)
		munmap((void *)(uintptr_t)b->image.data, b->image.len);
	else if (b->bulk)
		bulk_unref(b->bulk);
	else
		free((void *)(uintptr_t)b->image.data);
	free(b);
}

const uint8_t *image_read(const struct image *im, size_t at, size_t len, uint8_t *buffer)
{
	const struct image_box *b = (const struct image_box *)im;

	if (b->fd >= 0 && pread(b->fd, buffer, len, (off_t)at) == (ssize_t)len)
		return buffer;
	return im->data + at;
}

void image_settle(struct image *im)
{
	struct image_box *b = (struct image_box *)im;

	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
}

/* Takes over data, which was allocated with malloc(). */
static struct image *image_take(const char *path, uint8_t *data, size_t n)
{
	struct image_box *b = box_new(path);

	if (!b) {
		free(data);
		return NULL;
	}
	b->image.data = data;
	b->image.len = n;
	return &b->image;
}

struct image *image_copy(const char *path, const void *data, size_t n)
{
	uint8_t *p = malloc(n ? n : 1);

	if (!p)
		return NULL;
	if (n)
		memcpy(p, data, n);
	return image_take(path, p, n);
}

static int io_error(struct err *e, const char *path)
{
	return err_set(e, ERR_IO, path, NULL, ERR_NO_OFFSET, "%s", strerror(errno));
}

static int grow(uint8_t **data, size_t *cap, const char *path, struct err *e)
{
	size_t more = *cap ? *cap * 2 : (size_t)1 << 16;
	uint8_t *p;

	if (*cap >= IMAGE_MAX)
		return err_set(e, ERR_LIMIT, path, NULL, ERR_NO_OFFSET,
			       "larger than %zu MiB, the most that is read", IMAGE_MAX >> 20);
	p = realloc(*data, more);
	if (!p)
		return err_memory(e, path);
	*data = p;
	*cap = more;
	return 0;
}

/* For what cannot be mapped: pipes, and sysfs before Linux 6.16. */
static int read_all(int fd, const char *path, struct image **out, struct err *e)
{
	uint8_t *data = NULL;
	size_t cap = 0, n = 0;
	ssize_t got = 1;

	while (got > 0) {
		if (n == cap && grow(&data, &cap, path, e) < 0)
			goto fail;
		got = read(fd, data + n, cap - n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got < 0) {
			io_error(e, path);
			goto fail;
		} else
			n += (size_t)got;
	}
	*out = image_take(path, data, n);
	return *out ? 0 : err_memory(e, path);
fail:
	free(data);
	return -1;
}

static bool starts_like_gzip(const uint8_t *p)
{
	return p[0] == 0x1f && p[1] == 0x8b;
}

/* Reads a file of that size into a piece of bulk; false when that has no room, or the file another
 * size, and for gzip, of which the bytes are soon of no use. */
static bool read_into(struct bulk *bulk, int fd, size_t size, struct image_box *b)
{
	uint8_t magic[2], *p;
	size_t n = 0;
	ssize_t got = 1;

	if (pread(fd, magic, 2, 0) != 2 || starts_like_gzip(magic) || !(p = bulk_take(bulk, size)))
		return false;
	while (got > 0 && n < size) {
		got = pread(fd, p + n, size - n, (off_t)n);
		n += got > 0 ? (size_t)got : 0;
	}
	if (n < size) {
		bulk_unref(bulk);
		return false;
	}
	b->bulk = bulk;
	b->image.data = p;
	b->image.len = size;
	return true;
}

static bool map(int fd, size_t size, struct image_box *b)
{
	void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (p == MAP_FAILED)
		return false;
	b->mapped = true;
	b->image.data = p;
	b->image.len = size;
	if (size >= LARGE)
		b->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return true;
}

static int map_or_read(int fd, const char *path, struct bulk *bulk, struct image **out,
		       struct err *e)
{
	struct image_box *b;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return io_error(e, path);
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_IO, path, NULL, ERR_NO_OFFSET, "is a directory");
	if (!S_ISREG(st.st_mode) || st.st_size <= 0)
		return read_all(fd, path, out, e);
	b = box_new(path);
	if (!b)
		return err_memory(e, path);
	if ((bulk && read_into(bulk, fd, (size_t)st.st_size, b)) ||
	    map(fd, (size_t)st.st_size, b)) {
		*out = &b->image;
		return 0;
	}
	image_unref(&b->image);
	return read_all(fd, path, out, e);
}

static bool is_gzip(const struct image *im)
{
	return im->len >= 2 && starts_like_gzip(im->data);
}

/* Inflates all members of the gzip file im, one after the other, as gzip(1) does. */
static int inflate_all(const struct image *im, uint8_t **data, size_t *n, struct err *e)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)im->data};
	size_t cap = 0, left = im->len;
	int rc = Z_OK, status = -1;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return err_memory(e, im->path);
	while (left || z.avail_in || rc != Z_STREAM_END) {
		if (!z.avail_in && left) {
			z.avail_in = left > IMAGE_MAX ? (uInt)IMAGE_MAX : (uInt)left;
			left -= z.avail_in;
		}
		if (*n == cap && grow(data, &cap, im->path, e) < 0)
			goto out;
		z.next_out = *data + *n;
		z.avail_out = (uInt)(cap - *n);
		if (rc == Z_STREAM_END)
			inflateReset(&z);
		rc = inflate(&z, Z_NO_FLUSH);
		*n = cap - z.avail_out;
		if (rc == Z_OK || rc == Z_STREAM_END)
			continue;
		if (rc == Z_BUF_ERROR && z.avail_out == 0)
			continue;
		err_set(e, rc == Z_MEM_ERROR ? ERR_MEMORY : ERR_FORMAT, im->path, NULL,
			(uint64_t)(im->len - left - z.avail_in), "gzip data %s",
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

static int gunzip(struct image **im, struct err *e)
{
	struct image *packed = *im, *plain;
	uint8_t *data = NULL;
	size_t n = 0;

	if (inflate_all(packed, &data, &n, e) < 0) {
		free(data);
		return -1;
	}
	plain = image_take(packed->path, data, n);
	if (!plain)
		return err_memory(e, packed->path);
	image_unref(packed);
	*im = plain;
	return 0;
}

int image_open(const char *path, struct bulk *bulk, struct image **out, struct err *e)
{
	struct image *im = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return io_error(e, path);
	rc = map_or_read(fd, path, bulk, &im, e);
	close(fd);
	if (rc == 0 && is_gzip(im))
		rc = gunzip(&im, e);
	if (rc < 0) {
		image_unref(im);
		return -1;
	}
	*out = im;
	return 0;
}
