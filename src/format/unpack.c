/*
 * unpack: from the bytes of a file to those that are meant: gzip by zlib, anything else through
 * libarchive (packed.c); and which file of an archive. See input.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

#include "format/foreign.h"
#include "format/growing.h"
#include "format/listing.h"

/* Bytes that a kernel's BTF has at most, and to how many deflate makes one. */
#define LIKELY_MAX ((size_t)64 << 20)
#define DEFLATE_MOST 1032u

static bool is_gzip(const uint8_t *data, size_t len)
{
	return len >= 2 && data[0] == 0x1f && data[1] == 0x8b;
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

/* Inflates all members of the gzip file in, one after the other, as gzip(1) does; `once`: the first
 * only. */
static int inflate_all(const struct input *in, bool once, struct growing *g, struct err *e)
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
		g->packed = in->len - left - z.avail_in + 1;
		if (g->n == g->cap && growing_more(g, e) < 0)
			goto out;
		z.next_out = g->data + g->n;
		z.avail_out = (uInt)(g->cap - g->n);
		if (rc == Z_STREAM_END)
			inflateReset(&z);
		rc = inflate(&z, Z_NO_FLUSH);
		g->n = g->cap - z.avail_out;
		if (once && rc == Z_STREAM_END)
			break;
		if (rc == Z_OK || rc == Z_STREAM_END)
			continue;
		if (rc == Z_BUF_ERROR && z.avail_out == 0)
			continue;
		err_fill(e, rc == Z_MEM_ERROR ? ERR_MEMORY : ERR_FORMAT, in->path, NULL,
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

static int gunzip(const struct input *packed, bool once, struct input **out, struct err *e)
{
	struct growing g = {.path = packed->path};

	if (!once)
		expect(&g, packed);
	if (inflate_all(packed, once, &g, e) < 0) {
		free(g.data);
		return -1;
	}
	return growing_input(&g, out, e);
}

size_t input_head(const struct input *in, uint8_t *out, size_t size)
{
	z_stream z = {
	    .next_in = (Bytef *)(uintptr_t)in->data, .next_out = out, .avail_out = (uInt)size};
	size_t n = in->len < size ? in->len : size;

	if (!is_gzip(in->data, in->len)) {
		memcpy(out, in->data, n);
		return n;
	}
	z.avail_in = in->len > INPUT_MAX ? (uInt)INPUT_MAX : (uInt)in->len;
	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return 0;
	inflate(&z, Z_SYNC_FLUSH);
	inflateEnd(&z);
	return size - z.avail_out;
}

/* Or a gzip of one. */
static bool is_archive(const struct input *in)
{
	uint8_t head[PACKED_HEAD];

	return foreign_kind(head, input_head(in, head, sizeof(head))) == FOREIGN_ARCHIVE;
}

/* The bytes that a walk looks for. */
struct wanted {
	const struct input *in;
	const char *name; /* of the file in the archive; NULL: the one kernel */
	struct input *bytes;
	char more[256]; /* the name of another kernel */
};

static enum packed_want want(void *ctx, const struct packed_member *m)
{
	struct wanted *w = ctx;

	if (!m->name)
		return w->name ? PACKED_STOP : PACKED_TAKE;
	if (w->name)
		return strcmp(m->name, w->name) == 0 ? PACKED_TAKE : PACKED_SKIP;
	if (!foreign_is_kernel(m->name, foreign_kind(m->head, m->head_len)))
		return PACKED_SKIP;
	if (!w->bytes)
		return PACKED_TAKE;
	snprintf(w->more, sizeof(w->more), "%s", m->name);
	return PACKED_STOP;
}

static bool take(void *ctx, const struct packed_member *m, struct input *bytes)
{
	struct wanted *w = ctx;

	w->bytes = bytes;
	return m->name && !w->name;
}

static int not_there(const struct wanted *w, struct err *e)
{
	if (w->more[0])
		return err_set(e, ERR_UNSUPPORTED, w->in->path, NULL, ERR_NO_OFFSET,
			       "has more than one kernel, such as %s: name it as FILE!MEMBER (btfl "
			       "targets lists them)",
			       w->more);
	return err_set(e, ERR_UNSUPPORTED, w->in->path, NULL, ERR_NO_OFFSET,
		       w->name ? "has no file `%s`" : "has no kernel in it", w->name);
}

/* *in becomes what is packed in it. */
static int from_archive(struct input **in, const char *name, struct err *e)
{
	struct wanted w = {.in = *in, .name = name};
	struct packed_visitor v = {want, take, &w};

	int rc = packed_walk(*in, &v, e);

	if (rc == 0 && (!w.bytes || w.more[0]))
		rc = not_there(&w, e);
	if (rc < 0) {
		input_unref(w.bytes);
		return -1;
	}
	input_unref(*in);
	*in = w.bytes;
	return 0;
}

static int unpack_once(struct input **in, struct err *e)
{
	struct input *out;

	if (!is_gzip((*in)->data, (*in)->len))
		return foreign_kind((*in)->data, (*in)->len) == FOREIGN_PACKED
			   ? from_archive(in, NULL, e)
			   : 0;
	if (gunzip(*in, false, &out, e) < 0)
		return -1;
	input_unref(*in);
	*in = out;
	return 0;
}

static int unpack(struct input **in, const char *name, struct err *e)
{
	if (!name && !is_archive(*in))
		return unpack_once(in, e);
	if (from_archive(in, name, e) < 0)
		return -1;
	return unpack_once(in, e);
}

/* In "FILE!MEMBER" where the member begins, if FILE is a file and the whole is none; else NULL. */
static const char *member_in(const char *path, char *file, size_t size)
{
	struct stat st;

	if (!strchr(path, '!') || stat(path, &st) == 0)
		return NULL;
	for (const char *at = strchr(path, '!'); at; at = strchr(at + 1, '!')) {
		size_t n = (size_t)(at - path);

		if (n >= size)
			return NULL;
		memcpy(file, path, n);
		file[n] = '\0';
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
			return at + 1;
	}
	return NULL;
}

int input_open(const char *path, struct input **out, struct err *e)
{
	char file[4096];
	const char *name = member_in(path, file, sizeof(file));
	struct input *in = name ? listing_kept(path) : NULL;
	int rc;

	if (in)
		rc = unpack_once(&in, e);
	else if (input_file_sparse(name ? file : path, &in, e) < 0)
		return -1;
	else
		rc = unpack(&in, name, e);
	if (rc < 0) {
		input_unref(in);
		return -1;
	}
	*out = in;
	return 0;
}

int input_bytes(const char *path, const void *data, size_t len, struct input **out, struct err *e)
{
	struct input *in;

	if (len > INPUT_MAX)
		return err_set(e, ERR_LIMIT, path, NULL, ERR_NO_OFFSET,
			       "larger than %zu MiB, the most that is read", INPUT_MAX >> 20);
	in = input_copy(path, data, len);
	if (!in)
		return err_memory(e, path);
	if (unpack(&in, NULL, e) < 0) {
		input_unref(in);
		return -1;
	}
	*out = in;
	return 0;
}

int input_unpack(const char *path, const uint8_t *data, size_t len, struct input **out,
		 struct err *e)
{
	struct input part = {.path = path, .data = data, .len = len};
	struct wanted w = {.in = &part};
	struct packed_visitor v = {want, take, &w};

	if (is_gzip(data, len))
		return gunzip(&part, true, out, e);
	if (packed_walk(&part, &v, e) < 0) {
		input_unref(w.bytes);
		return -1;
	}
	if (!w.bytes)
		return err_set(e, ERR_FORMAT, path, NULL, ERR_NO_OFFSET, "has nothing in it");
	*out = w.bytes;
	return 0;
}
