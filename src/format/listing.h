/*
 * listing: which files an archive has, for who looks for kernels in it. What is likely to be opened
 * next is kept, for an archive is unpacked from its start each time.
 */
#ifndef BTFL_LISTING_H
#define BTFL_LISTING_H

#include "format/foreign.h"
#include "format/packed.h"

struct listed {
	char *name;
	enum foreign_kind kind;
	bool kernel; /* foreign_is_kernel() */
};

struct listing {
	struct listed *list;
	size_t count, cap;
	bool archive; /* the file is one; else it has no members */
};

/* Lists those of the file at path that may be of use: kernels, configurations, symbols, archives.
 * Where it fails, what was met before is there all the same. The caller frees it. From any thread.
 */
int listing_read(const char *path, struct listing *out, struct err *e);

void listing_free(struct listing *m);

/* The bytes of FILE!MEMBER of the archive that was listed last, once: the caller owns a reference.
 * NULL when they were not kept. */
struct input *listing_kept(const char *path);

#endif
