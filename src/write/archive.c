/* archive: writes through libarchive; see archive.h. */
#include "write/archive.h"

#include "format/libarchive.h"

#if LIBARCHIVE_KNOWN

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FUNCTIONS(X)                               \
	X(archive_write_new)                       \
	X(archive_write_free)                      \
	X(archive_write_set_format_pax_restricted) \
	X(archive_write_add_filter_xz)             \
	X(archive_write_add_filter_gzip)           \
	X(archive_write_set_options)               \
	X(archive_write_set_bytes_in_last_block)   \
	X(archive_write_open)                      \
	X(archive_write_header)                    \
	X(archive_write_data)                      \
	X(archive_write_close)                     \
	X(archive_error_string)                    \
	X(archive_entry_new)                       \
	X(archive_entry_free)                      \
	X(archive_entry_set_pathname)              \
	X(archive_entry_set_filetype)              \
	X(archive_entry_set_perm)                  \
	X(archive_entry_set_size)                  \
	X(archive_entry_set_mtime)

#define FIELD(name) __typeof__(&(name)) name;
#define NAME(name) #name,
#define ONE(name) +1

enum { FUNCTION_COUNT = 0 FUNCTIONS(ONE) };

struct functions {
	FUNCTIONS(FIELD)
};

static la_ssize_t take(struct archive *a, void *out, const void *bytes, size_t n)
{
	(void)a;
	buf_add(out, bytes, n);
	return ((struct buf *)out)->failed ? -1 : (la_ssize_t)n;
}

/* A path with one slash where there are more: of a long one libarchive would leave some out, and
 * who looks for it by its name would not find it. free() it. */
static char *with_single_slashes(const char *path)
{
	char *out = malloc(strlen(path) + 1), *end = out;

	for (; out && *path; path++)
		if (*path != '/' || end == out || end[-1] != '/')
			*end++ = *path;
	if (out)
		*end = '\0';
	return out;
}

static bool write_file(const struct functions *f, struct archive *a,
		       const struct archive_file *file)
{
	struct archive_entry *entry = f->archive_entry_new();
	char *name = with_single_slashes(file->name);
	bool done;

	if (!entry || !name) {
		f->archive_entry_free(entry);
		free(name);
		return false;
	}
	f->archive_entry_set_pathname(entry, name);
	free(name);
	f->archive_entry_set_filetype(entry, S_IFREG);
	f->archive_entry_set_perm(entry, 0644);
	f->archive_entry_set_size(entry, (la_int64_t)file->len);
	f->archive_entry_set_mtime(entry, 0, 0);
	/* It warns of a name that is no UTF-8 by the locale, and writes it as it is. */
	done = f->archive_write_header(a, entry) >= ARCHIVE_WARN &&
	       f->archive_write_data(a, file->data, file->len) == (la_ssize_t)file->len;
	f->archive_entry_free(entry);
	return done;
}

/* A name that ends otherwise is a folder's to who reads it. */
static bool is_file_name(const char *name)
{
	const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;

	return *last && strcmp(last, ".") != 0 && strcmp(last, "..") != 0;
}

/* gzip would have the time in its header, xz no more than one thread. */
static bool start(const struct functions *f, struct archive *a, enum archive_packing packing,
		  struct buf *out)
{
	bool xz = packing == ARCHIVE_XZ;

	return f->archive_write_set_format_pax_restricted(a) == ARCHIVE_OK &&
	       (xz ? f->archive_write_add_filter_xz(a) : f->archive_write_add_filter_gzip(a)) ==
		   ARCHIVE_OK &&
	       f->archive_write_set_options(a, xz ? "xz:compression-level=9,xz:threads=1"
						  : "gzip:compression-level=9,!timestamp") ==
		   ARCHIVE_OK &&
	       f->archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK && /* no padding */
	       f->archive_write_open(a, out, NULL, take, NULL) == ARCHIVE_OK;
}

int archive_write(const struct archive_file *files, size_t count, enum archive_packing packing,
		  const char *path, struct buf *out, struct err *e)
{
	static const char *const names[] = {FUNCTIONS(NAME)};
	struct functions f;
	struct archive *a;
	bool done;

	for (size_t i = 0; i < count; i++)
		if (!is_file_name(files[i].name))
			return err_set(e, ERR_UNSUPPORTED, path, NULL, ERR_NO_OFFSET,
				       "file %zu: `%s` is no name of a file", i + 1, files[i].name);
	if (!libarchive_find(names, FUNCTION_COUNT, &f))
		return libarchive_missing(e, path, "written");
	a = f.archive_write_new();
	if (!a)
		return err_memory(e, path);
	done = start(&f, a, packing, out);
	for (size_t i = 0; i < count && done; i++)
		done = write_file(&f, a, &files[i]);
	done = done && f.archive_write_close(a) == ARCHIVE_OK;
	if (!done) {
		const char *why = f.archive_error_string(a);

		err_fill(e, out->failed ? ERR_MEMORY : ERR_UNSUPPORTED, path, NULL, ERR_NO_OFFSET,
			 "cannot be packed: %s", why ? why : "not enough memory");
	}
	f.archive_write_free(a);
	return done ? 0 : -1;
}

#else

int archive_write(const struct archive_file *files, size_t count, enum archive_packing packing,
		  const char *path, struct buf *out, struct err *e)
{
	(void)files;
	(void)count;
	(void)packing;
	(void)out;
	return libarchive_missing(e, path, "written");
}

#endif
