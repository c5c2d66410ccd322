/*
 * image: the bytes of one input file, mapped or in memory, inflated where it is gzip.
 * Reference-counted, because BTF and objects point into it.
 */
#ifndef BTFL_IMAGE_H
#define BTFL_IMAGE_H

#include <stdint.h>

#include "base/span.h"

struct image {
	const char *path;    /* as given to image_open() */
	const uint8_t *data; /* read-only */
	size_t len;          /* bytes */
};

/* Inflated inputs larger than this are refused (the BTF of the largest known kernel is 40 MB). */
#define IMAGE_MAX ((size_t)1 << 30)

/* Reads the file at path; a gzip file is inflated. A directory, a device, an unreadable file,
 * broken gzip data are errors. The caller owns one reference. */
int image_open(const char *path, struct image **out, struct err *e);

/* An image of a copy of n bytes, named path in messages; NULL when memory is out. */
struct image *image_copy(const char *path, const void *data, size_t n);

/* The len bytes from byte `at` on, which must exist: where they are, or, of a large file that is
 * mapped, copied to `buffer`. Who reads such a file once from end to end saves mapping its pages:
 * of 3.2 MB 0.1 ms, in some virtual machines 1 ms, and the memory that they count as. */
const uint8_t *image_read(const struct image *im, size_t at, size_t len, uint8_t *buffer);

/* Ends that: from now on image_read() finds the bytes where they are, and no file is held open. */
void image_settle(struct image *im);

struct image *image_ref(struct image *im);
/* Drops one reference; NULL is allowed. */
void image_unref(struct image *im);

#endif
