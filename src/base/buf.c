/* buf: see buf.h. */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#include "base/span.h"

void *buf_extend(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 256;
	uint8_t *p;

	if (b->failed || n > SIZE_MAX / 2 - b->len) {
		b->failed = true;
		return NULL;
	}
	while (cap < b->len + n)
		cap *= 2;
	if (cap != b->cap) {
		p = realloc(b->data, cap);
		if (!p) {
			b->failed = true;
			return NULL;
		}
		b->data = p;
		b->cap = cap;
	}
	p = b->data + b->len;
	memset(p, 0, n);
	b->len += n;
	return p;
}

void buf_add(struct buf *b, const void *data, size_t n)
{
	void *p = buf_extend(b, n);

	if (p && n)
		memcpy(p, data, n);
}

void buf_u32(struct buf *b, uint32_t v, bool swap)
{
	void *p = buf_extend(b, sizeof(v));

	if (p)
		store_u32(p, v, swap);
}
