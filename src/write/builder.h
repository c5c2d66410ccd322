/*
 * builder: a BTF that is made type by type: of types that are described, and of copies of others,
 * with what these need.
 */
#ifndef BTFL_BUILDER_H
#define BTFL_BUILDER_H

#include "base/buf.h"
#include "format/btf.h"

struct builder;

/* What of a type is copied with it. */
enum builder_with {
	BUILDER_NAME,  /* itself; a struct or a union with a name becomes a forward declaration */
	BUILDER_VALUE, /* what it is made of; of what it points to the same as by BUILDER_NAME */
	BUILDER_ALL,   /* what it is made of and all that this points to */
};

/* An empty BTF. base, NULL for none, is referenced: ids go on from its own, and big_endian must be
 * as it is. NULL when memory is out. */
struct builder *builder_new(const struct btf *base, bool big_endian);
void builder_free(struct builder *b); /* NULL is allowed */

/* The id that the next type gets. */
uint32_t builder_next_id(const struct builder *b);

/* The offset of a string, for the tails of types. */
uint32_t builder_string(struct builder *b, const char *s);

/* Appends a type: struct btf_type (see btf_abi.h) and `len` bytes of what follows it, in the byte
 * order of what is built. Returns its id, which what is added before may refer to; 0 with e filled.
 */
uint32_t builder_add(struct builder *b, const char *name, uint32_t info, uint32_t word,
		     const void *tail, size_t len, struct err *e);

/* Appends a copy of type id of `from`, which is referenced, and of what it needs: each of them
 * once, however often it is asked for. What has been copied as a forward declaration becomes the
 * whole where that is needed later. A type of the base is that, and not copied. Puts its id into
 * *copy. */
int builder_copy(struct builder *b, const struct btf *from, uint32_t id, enum builder_with with,
		 uint32_t *copy, struct err *e);

/* Appends the bytes to out, with a header of 24 bytes or of 32 (see writer.h). What is described
 * wrongly is found by who opens them. */
int builder_write(struct builder *b, uint32_t header_size, struct buf *out, struct err *e);

#endif
