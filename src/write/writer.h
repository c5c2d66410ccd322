/*
 * writer: a BTF as it is put together: types one after the other, each string once.
 */
#ifndef BTFL_WRITER_H
#define BTFL_WRITER_H

#include "base/buf.h"
#include "format/btf.h"

struct writer {
	struct buf types, strings;
	uint32_t first_string; /* offset of the first byte of `strings` */
	bool swap;             /* what is written is not in the host's byte order */
	uint32_t *known;       /* 1 + offset of a string, 0 where it is free; open addressing */
	uint32_t known_count, known_mask;
	const struct btf *base;
	bool failed; /* memory was out, or a section would be too large */
};

/* An empty BTF in that byte order; base, NULL for none, must outlive it: strings that it has are
 * not written again. */
void writer_start(struct writer *w, const struct btf *base, bool big_endian);
void writer_free(struct writer *w);

/* The offset of a string. */
uint32_t writer_string(struct writer *w, const char *s);

static inline void writer_u32(struct writer *w, uint32_t v)
{
	buf_u32(&w->types, v, w->swap);
}

/* struct btf_type, whose tail is to follow. word is a size or an id, by the kind. */
void writer_head(struct writer *w, const char *name, uint32_t info, uint32_t word);

/* What a type of another BTF becomes. */
struct writer_copy {
	/* The id that a type, of b or its base, has in what is written. */
	uint32_t (*id)(void *ctx, const struct btf *b, uint32_t id);
	void *ctx;
};

/* Appends t, whose kind must be a known one. Of the members of a struct or a union, and of the
 * enumerators of an enum, it has those whose byte in `only` is not 0; all where that is NULL. */
void writer_type(struct writer *w, const struct btf_type *t, const uint8_t *only,
		 const struct writer_copy *copy);

/* Appends all of it to out, with a header of 24 bytes, or of 32, which has a layout section. False
 * when memory is out or a section is larger than 4 GiB. */
bool writer_finish(struct writer *w, uint32_t header_size, struct buf *out);

#endif
