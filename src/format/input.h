/*
 * input: the bytes of one input file, mapped or in memory, unpacked where they are packed.
 * Reference-counted, because BTF and objects point into it.
 */
#ifndef BTFL_INPUT_H
#define BTFL_INPUT_H

#include <stdint.h>

#include "base/span.h"

struct input {
	const char *path;    /* as given to input_open(); of a file in an archive FILE!MEMBER */
	const uint8_t *data; /* read-only */
	size_t len;          /* bytes */
};

/* Unpacked inputs larger than this are refused (the BTF of the largest known kernel is 40 MB, a
 * vmlinux with all that debuggers need has 800). */
#define INPUT_MAX ((size_t)1 << 30)

/* Reads the file at path. Of one that is packed (gzip; through libarchive xz, zstd, lz4, bzip2) it
 * is what that unpacks to, of an archive or a package (packed.h) the one kernel in it; FILE!MEMBER,
 * where there is no file of that name, is a file in an archive. A directory, a device, an
 * unreadable file, damaged data are errors. The caller owns one reference. */
int input_open(const char *path, struct input **out, struct err *e);

/* The same of len bytes in memory, which are copied; path is their name, for messages. */
int input_bytes(const char *path, const void *data, size_t len, struct input **out, struct err *e);

/* The same as it stands in the file, whatever it is. */
int input_file(const char *path, struct input **out, struct err *e);

/* What len packed bytes unpack to: a part of a file, at path in messages. gzip may have anything
 * behind it. */
int input_unpack(const char *path, const uint8_t *data, size_t len, struct input **out,
		 struct err *e);

/* The first bytes of in, inflated where it is gzip, up to `size` of them; how many there are. */
size_t input_head(const struct input *in, uint8_t *out, size_t size);

/* Bytes that malloc() gave, which it takes over; NULL, and they are the caller's, when memory is
 * out. */
struct input *input_take(const char *path, uint8_t *data, size_t n);

/* One of a copy of n bytes, named path in messages; NULL when memory is out. */
struct input *input_copy(const char *path, const void *data, size_t n);

/* The len bytes from byte `at` on, which must exist: where they are, or, of a large file that is
 * mapped, copied to `buffer`. Who reads such a file once from end to end saves mapping its pages:
 * of 3.2 MB 0.1 ms, in some virtual machines 1 ms, and the memory that they count as. */
const uint8_t *input_read(const struct input *in, size_t at, size_t len, uint8_t *buffer);

/* Ends that: from now on input_read() finds the bytes where they are, and no file is held open. */
void input_settle(struct input *in);

struct input *input_ref(struct input *in);
/* Drops one reference; NULL is allowed. */
void input_unref(struct input *in);

#endif
