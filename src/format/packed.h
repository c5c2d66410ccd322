/*
 * packed: what is read through libarchive: files that xz, zstd, lz4 or bzip2 packed, and archives
 * (tar, cpio, .deb, .rpm). libarchive is opened when the first of them is met, so that a program
 * without it runs, and starts as fast; nothing is ever written to disk.
 */
#ifndef BTFL_PACKED_H
#define BTFL_PACKED_H

#include "format/input.h"

/* A regular file in an archive. */
struct packed_member {
	const char *name; /* without "./" and "/" before it; NULL for the one content of what is no
			     archive */
	const uint8_t *head; /* its first bytes */
	size_t head_len;     /* PACKED_HEAD of them, fewer at its end */
	uint64_t size;       /* bytes, as the archive says; 0 where it does not */
};

enum { PACKED_HEAD = 1024 };

/* What becomes of it. */
enum packed_want {
	PACKED_SKIP,
	PACKED_TAKE, /* all its bytes go to `take` */
	PACKED_STOP, /* nothing further is looked at */
};

struct packed_visitor {
	enum packed_want (*member)(void *ctx, const struct packed_member *m);
	/* Takes over the bytes, under the name that packed_path() gives; whether to go on. */
	bool (*take)(void *ctx, const struct packed_member *m, struct input *bytes);
	void *ctx;
};

/* Most that is read of one archive: members, and bytes unpacked. */
#define PACKED_MEMBERS 500000u
#define PACKED_BYTES_MAX ((uint64_t)32 << 30)

/* Goes through what is packed in `in`, in order: the files of an archive (of a Debian package those
 * that it installs), or what a single packed file unpacks to. What is met before a defect was
 * visited. Fails for damaged data, for what would unpack to more than any real file (input.h), and,
 * by a message that names libarchive, without it. */
int packed_walk(const struct input *in, const struct packed_visitor *v, struct err *e);

/* The name of a member, for messages and to be opened by: "FILE!MEMBER", of up to `size` bytes. */
char *packed_path(const char *file, const char *member, char *out, size_t size);

#endif
