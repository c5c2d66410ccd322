/*
 * buf: bytes that grow at the end.
 */
#ifndef BTFL_BUF_H
#define BTFL_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialised is empty and ready. */
struct buf {
	uint8_t *data; /* freed with free() */
	size_t len, cap;
	bool failed; /* memory was out once: what was added since is lost */
};

/* Appends n zero bytes and returns where they start; NULL, with failed set, when memory is out. The
 * pointer is good until the next call. */
void *buf_extend(struct buf *b, size_t n);

/* Appends a copy of n bytes. */
void buf_add(struct buf *b, const void *data, size_t n);

/* Appends v, in the other byte order when swap is set. */
void buf_u32(struct buf *b, uint32_t v, bool swap);

#endif
