/*
 * input: the bytes of one input file, in memory or (of a very large one) mapped, unpacked where
 * they are packed. Reference-counted, because BTF and objects point into it.
 */
#ifndef BTFL_INPUT_H
#define BTFL_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
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
 * where there is no file of that name, is a file in an archive; a BPF object is read as
 * input_file_sparse() does. A directory, a device, an unreadable file, damaged data are errors. The
 * caller owns one reference. */
int input_open(const char *path, struct input **out, struct err *e);

/* The same of len bytes in memory, which are copied; path is their name, for messages. */
int input_bytes(const char *path, const void *data, size_t len, struct input **out, struct err *e);

/* The same as it stands in the file, whatever it is. */
int input_file(const char *path, struct input **out, struct err *e);

/* The same, but of a BPF object without what is for debuggers alone (sparse.h): those bytes are
 * zero. */
int input_file_sparse(const char *path, struct input **out, struct err *e);

/* Whether all bytes of [at, at + len), which lie in it, are those of the file. */
bool input_has(const struct input *in, uint64_t at, uint64_t len);

/* How many bytes of it stand in memory. */
size_t input_memory(const struct input *in);

/* Adds those. */
void input_digest(const struct input *in, struct digester *d);

/* Whether reading the file at its path again gives the same, unless somebody changed it: not of a
 * pipe, of what was unpacked, of bytes that were never a file. */
bool input_is_file(const struct input *in);

/* In *out, of which the caller owns a reference, the same with all bytes of the file: in itself
 * where it has them. Fails where the file is not what it was. */
int input_whole(struct input *in, struct input **out, struct err *e);

/* Fills e: the file that in was read from is not what it was. Returns -1. */
int input_changed(const struct input *in, struct err *e);

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

/* Whether the bytes are those of a file that is mapped: who writes into it changes them, and who
 * cuts it short ends the process (host/main.c). What is checked once and relied on then is copied.
 */
bool input_may_change(const struct input *in);

struct input *input_ref(struct input *in);
/* Drops one reference; NULL is allowed. */
void input_unref(struct input *in);

#endif
