/* archive: files that are written as an archive come out of it by their names, with their bytes. */
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "format/packed.h"
#include "write/archive.h"

const unsigned fuzz_parts = 1;

enum { FILES_MOST = 16 };

struct files {
	struct archive_file file[FILES_MOST];
	size_t count, met;
};

static enum packed_want want(void *ctx, const struct packed_member *m)
{
	struct files *f = ctx;

	fuzz_holds(m->name && f->met < f->count, "an archive has the files that were written");
	return PACKED_TAKE;
}

/* "./" and "/" before a name are left out, and one slash stands for several. */
static bool is_name_of(const char *read, const char *written)
{
	while (written[0] == '/' || (written[0] == '.' && written[1] == '/'))
		written += written[0] == '/' ? 1 : 2;
	while (*written && *read == *written) {
		bool slash = *written == '/';

		read++;
		do
			written++;
		while (slash && *written == '/');
	}
	return !*read && !*written;
}

static bool take(void *ctx, const struct packed_member *m, struct input *bytes)
{
	struct files *f = ctx;
	const struct archive_file *file = &f->file[f->met++];

	fuzz_holds(is_name_of(m->name, file->name), "'%s' is called '%s'", file->name, m->name);
	fuzz_holds(bytes->len == file->len &&
		       (!file->len || memcmp(bytes->data, file->data, file->len) == 0),
		   "'%s' has its bytes", file->name);
	input_unref(bytes);
	return true;
}

static void read_back(struct files *f, const struct buf *out)
{
	const struct packed_visitor visitor = {want, take, f};
	struct input *in = fuzz_input((struct bytes){out->data, out->len});
	struct err e = {0};

	f->met = 0;
	if (packed_walk(in, &visitor, &e) < 0)
		fuzz_holds(false, "an archive is read: %s", e.message);
	fuzz_holds(f->met == f->count, "%zu of %zu files are read", f->met, f->count);
	input_unref(in);
}

/* Names and contents in turn, which end with a NUL; the first byte says how it is packed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct files f = {0};
	struct buf out = {0};
	struct err e = {0};
	const char *at = (const char *)data + 1, *end = (const char *)data + len;

	while (len && f.count < FILES_MOST) {
		const char *name = at, *nul = memchr(at, '\0', (size_t)(end - at)), *last;

		if (!nul)
			break;
		last = memchr(nul + 1, '\0', (size_t)(end - nul - 1));
		if (!last)
			break;
		f.file[f.count++] = (struct archive_file){name, nul + 1, (size_t)(last - nul - 1)};
		at = last + 1;
	}
	if (!f.count)
		return 0;
	if (archive_write(f.file, f.count, data[0] % 64 ? ARCHIVE_GZIP : ARCHIVE_XZ, "input", &out,
			  &e) < 0)
		fuzz_refused(&e);
	else
		read_back(&f, &out);
	free(out.data);
	return 0;
}
