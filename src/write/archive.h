/*
 * archive: files as one tar, packed: the same bytes whenever, wherever and by whomever it is
 * written.
 */
#ifndef BTFL_ARCHIVE_H
#define BTFL_ARCHIVE_H

#include "base/buf.h"
#include "base/err.h"

struct archive_file {
	const char *name;
	const void *data;
	size_t len; /* bytes */
};

enum archive_packing { ARCHIVE_XZ, ARCHIVE_GZIP };

/* Appends the archive of these files, in that order, to out: a ustar of regular files, of nobody,
 * of the epoch, readable by all; in names one slash stands for several. path is what it is called
 * in messages. A name whose last part is empty, `.` or `..` is refused. */
int archive_write(const struct archive_file *files, size_t count, enum archive_packing packing,
		  const char *path, struct buf *out, struct err *e);

#endif
