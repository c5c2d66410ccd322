/*
 * span: bytes of an input, and where they came from, so that whoever finds a defect in them can say
 * file, section and offset. A span owns nothing.
 */
#ifndef BTFL_SPAN_H
#define BTFL_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

struct span {
	const uint8_t *at; /* may be unaligned; NULL only when len is 0 */
	size_t len;        /* bytes */
	const char *file;
	const char *section; /* NULL: the bytes are the file itself */
	bool swap;           /* the bytes are in the other byte order than this machine's */
};

/* err_set() for a defect at byte `off` of s. */
#define span_err(e, s, off, ...) \
	err_set((e), ERR_FORMAT, (s)->file, (s)->section, (off), __VA_ARGS__)

/* Whether [off, off + len) lies inside s; neither sum can wrap. */
static inline bool span_has(const struct span *s, uint64_t off, uint64_t len)
{
	return off <= s->len && len <= s->len - off;
}

static inline uint16_t load_u16(const void *p, bool swap)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap16(v) : v;
}

static inline uint32_t load_u32(const void *p, bool swap)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap32(v) : v;
}

static inline uint64_t load_u64(const void *p, bool swap)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return swap ? __builtin_bswap64(v) : v;
}

static inline void store_u16(void *p, uint16_t v, bool swap)
{
	if (swap)
		v = __builtin_bswap16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void store_u32(void *p, uint32_t v, bool swap)
{
	if (swap)
		v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void store_u64(void *p, uint64_t v, bool swap)
{
	if (swap)
		v = __builtin_bswap64(v);
	memcpy(p, &v, sizeof(v));
}

/* The host's byte order. */
static inline bool host_big_endian(void)
{
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
}

#endif
