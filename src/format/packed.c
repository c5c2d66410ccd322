/* packed: reads through libarchive; see packed.h. */
#include "format/packed.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/scale.h"
#include "format/growing.h"
#include "format/libarchive.h"

char *packed_path(const char *file, const char *member, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", file, member ? "!" : "", member ? member : "");
	return out;
}

#if LIBARCHIVE_KNOWN

#include <archive.h>
#include <archive_entry.h>
#include <pthread.h>

#define FILTERS(X)                           \
	X(archive_read_support_filter_gzip)  \
	X(archive_read_support_filter_bzip2) \
	X(archive_read_support_filter_lzma)  \
	X(archive_read_support_filter_xz)    \
	X(archive_read_support_filter_zstd)  \
	X(archive_read_support_filter_lz4)   \
	X(archive_read_support_filter_rpm)

#define FORMATS(X)                          \
	X(archive_read_support_format_tar)  \
	X(archive_read_support_format_ar)   \
	X(archive_read_support_format_cpio) \
	X(archive_read_support_format_raw)

#define OTHERS(X)                      \
	X(archive_read_new)            \
	X(archive_read_free)           \
	X(archive_read_open)           \
	X(archive_read_open_memory)    \
	X(archive_read_next_header)    \
	X(archive_read_data)           \
	X(archive_error_string)        \
	X(archive_format)              \
	X(archive_entry_pathname)      \
	X(archive_entry_pathname_utf8) \
	X(archive_entry_filetype)      \
	X(archive_entry_size)

#define FUNCTIONS(X) FILTERS(X) FORMATS(X) OTHERS(X)

#define FIELD(name) __typeof__(&(name)) name;

#define ONE(name) +1

enum {
	FILTER_COUNT = 0 FILTERS(ONE),
	FUNCTION_COUNT = 0 FUNCTIONS(ONE),
	BLOCK = SCALE(1 << 16, 64)
};

static struct {
	FUNCTIONS(FIELD)
} lib;

static bool lib_found;
static int (*lib_filters[FILTER_COUNT])(struct archive *); /* that this libarchive has itself */

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* A filter that libarchive was built without it hands to a program of that name, which is not
 * wanted. */
static void keep_filters(void)
{
#define ADDRESS(name) lib.name,
	int (*const all[])(struct archive *) = {FILTERS(ADDRESS)};
	size_t kept = 0;

	for (size_t i = 0; i < FILTER_COUNT; i++) {
		struct archive *a = lib.archive_read_new();

		if (a && all[i](a) == ARCHIVE_OK)
			lib_filters[kept++] = all[i];
		if (a)
			lib.archive_read_free(a);
	}
}

static void find_functions(void)
{
#define NAME(name) #name,
	static const char *const names[] = {FUNCTIONS(NAME)};

	lib_found = libarchive_find(names, FUNCTION_COUNT, &lib);
	if (lib_found)
		keep_filters();
}

/* What was met so far. */
struct met {
	size_t members;
	uint64_t bytes; /* unpacked */
	bool stopped;
};

/* One archive, or one within it. */
struct level {
	struct archive *a;
	struct archive *outer; /* that this one's bytes are of; NULL for `in` itself */
	const struct input *in;
	const struct packed_visitor *v;
	struct met *met;
	uint8_t block[BLOCK]; /* of the outer one, which libarchive reads from */
	uint8_t passed[BLOCK];
};

static int archive_failed(const struct level *l, const char *member, struct err *e)
{
	char path[sizeof(e->file)];
	const char *why = lib.archive_error_string(l->a);

	return err_set(e, ERR_FORMAT, packed_path(l->in->path, member, path, sizeof(path)), NULL,
		       ERR_NO_OFFSET, "cannot be unpacked: %s", why ? why : "damaged");
}

static la_ssize_t read_outer(struct archive *a, void *data, const void **block)
{
	struct level *l = data;
	la_ssize_t n = lib.archive_read_data(l->outer, l->block, sizeof(l->block));

	(void)a;
	*block = l->block;
	return n < 0 ? -1 : n;
}

static bool add_support(struct archive *a)
{
#define SUPPORT(name)                  \
	if (lib.name(a) != ARCHIVE_OK) \
		return false;
	FORMATS(SUPPORT)
	for (size_t i = 0; i < FILTER_COUNT && lib_filters[i]; i++)
		lib_filters[i](a);
	return true;
}

static int level_open(struct level *l, struct err *e)
{
	int rc;

	l->a = lib.archive_read_new();
	if (!l->a || !add_support(l->a))
		return err_memory(e, l->in->path);
	rc = l->outer ? lib.archive_read_open(l->a, l, NULL, read_outer, NULL)
		      : lib.archive_read_open_memory(l->a, l->in->data, l->in->len);
	return rc == ARCHIVE_OK ? 0 : archive_failed(l, NULL, e);
}

/* Whether all that was unpacked so far is no more than a real archive may have. It is counted here,
 * for a tar may have holes, which take no byte in it. */
static int count(const struct level *l, const char *member, size_t n, struct err *e)
{
	char path[sizeof(e->file)];

	packed_path(l->in->path, member, path, sizeof(path));
	l->met->bytes += n;
	if (l->met->bytes > PACKED_BYTES_MAX)
		return err_set(e, ERR_LIMIT, path, NULL, ERR_NO_OFFSET,
			       "unpacks to more than %u GiB, the most that is read",
			       (unsigned)(PACKED_BYTES_MAX >> 30));
	return growing_check(l->met->bytes, l->in->len, path, e);
}

/* Reads up to n bytes of the current member. */
static la_ssize_t read_some(const struct level *l, const char *member, uint8_t *out, size_t n,
			    struct err *e)
{
	size_t at = 0;

	while (at < n) {
		la_ssize_t got = lib.archive_read_data(l->a, out + at, n - at);

		if (got == ARCHIVE_RETRY)
			continue;
		if (got < 0)
			return archive_failed(l, member, e);
		if (got == 0)
			break;
		at += (size_t)got;
	}
	return count(l, member, at, e) < 0 ? -1 : (la_ssize_t)at;
}

/* The rest of a member that is wanted, after its head. */
static int take(const struct level *l, const struct packed_member *m, struct err *e)
{
	char path[sizeof(e->file)];
	struct growing g = {.path = packed_path(l->in->path, m->name, path, sizeof(path)),
			    .packed = l->in->len};
	la_ssize_t got = (la_ssize_t)m->head_len;
	struct input *bytes;

	if (growing_add(&g, m->head, m->head_len, e) < 0)
		goto fail;
	while (got > 0) {
		if (g.n == g.cap && growing_more(&g, e) < 0)
			goto fail;
		got = read_some(l, m->name, g.data + g.n, g.cap - g.n, e);
		if (got < 0)
			goto fail;
		g.n += (size_t)got;
	}
	if (growing_input(&g, &bytes, e) < 0)
		return -1;
	l->met->stopped = !l->v->take(l->v->ctx, m, bytes);
	return 0;
fail:
	free(g.data);
	return -1;
}

/* What is left of a member that is not wanted: libarchive would skip it without end. */
static int pass_over(struct level *l, const char *member, struct err *e)
{
	la_ssize_t got;

	do
		got = read_some(l, member, l->passed, sizeof(l->passed), e);
	while (got == (la_ssize_t)sizeof(l->passed));
	return got < 0 ? -1 : 0;
}

static const char *bare(const char *name)
{
	while (*name == '/' || (name[0] == '.' && name[1] == '/'))
		name++;
	return name;
}

static bool is_ar(int format)
{
	return (format & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_AR;
}

/* A member of an ar archive is one whatever its mode says: that of ar has no kind of file, as that
 * of dpkg-deb has. */
static bool is_file(const struct level *l, struct archive_entry *entry)
{
	return is_ar(lib.archive_format(l->a)) || lib.archive_entry_filetype(entry) == AE_IFREG;
}

static int walk(const struct input *in, struct archive *outer, const struct packed_visitor *v,
		struct met *met, struct err *e);

/* Of a Debian package only what it installs counts: data.tar, packed or not. */
static int visit(struct level *l, const char *name, int64_t size, struct err *e)
{
	struct packed_member m = {.name = name, .size = size > 0 ? (uint64_t)size : 0};
	uint8_t head[PACKED_HEAD];
	la_ssize_t got;
	enum packed_want want;

	if (is_ar(lib.archive_format(l->a)) && !l->outer) {
		if (strncmp(name, "data.tar", 8) == 0)
			return walk(l->in, l->a, l->v, l->met, e);
		return 0;
	}
	if (lib.archive_format(l->a) == ARCHIVE_FORMAT_RAW)
		m.name = NULL;
	got = read_some(l, m.name, head, sizeof(head), e);
	if (got < 0)
		return -1;
	m.head = head;
	m.head_len = (size_t)got;
	want = l->v->member(l->v->ctx, &m);
	l->met->stopped = want == PACKED_STOP;
	if (want == PACKED_TAKE)
		return take(l, &m, e);
	return want == PACKED_SKIP && m.head_len == sizeof(head) ? pass_over(l, m.name, e) : 0;
}

/* Its copy: libarchive has the name until the next one. */
static char *name_of(struct archive_entry *entry)
{
	const char *name = lib.archive_entry_pathname(entry);

	if (!name)
		name = lib.archive_entry_pathname_utf8(entry);
	return strdup(name ? bare(name) : "?");
}

static int visit_all(struct level *l, struct err *e)
{
	struct archive_entry *entry;
	int rc = 0;

	while (!l->met->stopped && rc == 0) {
		char *name;
		int got = lib.archive_read_next_header(l->a, &entry);

		if (got == ARCHIVE_EOF)
			return 0;
		if (got == ARCHIVE_RETRY)
			continue;
		if (got < ARCHIVE_WARN)
			return archive_failed(l, NULL, e);
		if (++l->met->members > PACKED_MEMBERS)
			return err_set(e, ERR_LIMIT, l->in->path, NULL, ERR_NO_OFFSET,
				       "more than %u files in an archive, the most that are read",
				       PACKED_MEMBERS);
		if (!is_file(l, entry))
			continue;
		name = name_of(entry);
		rc = name ? visit(l, name, lib.archive_entry_size(entry), e)
			  : err_memory(e, l->in->path);
		free(name);
	}
	return rc;
}

static int walk(const struct input *in, struct archive *outer, const struct packed_visitor *v,
		struct met *met, struct err *e)
{
	struct level *l = calloc(1, sizeof(*l));
	int rc;

	if (!l)
		return err_memory(e, in->path);
	*l = (struct level){.outer = outer, .in = in, .v = v, .met = met};
	rc = level_open(l, e);
	if (rc == 0)
		rc = visit_all(l, e);
	if (l->a)
		lib.archive_read_free(l->a);
	free(l);
	return rc;
}

int packed_walk(const struct input *in, const struct packed_visitor *v, struct err *e)
{
	struct met met = {0};

	pthread_once(&once, find_functions);
	if (!lib_found)
		return libarchive_missing(e, in->path, "read");
	return walk(in, NULL, v, &met, e);
}

#else

int packed_walk(const struct input *in, const struct packed_visitor *v, struct err *e)
{
	(void)v;
	return libarchive_missing(e, in->path, "read");
}

#endif
