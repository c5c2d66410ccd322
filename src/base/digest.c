/* digest: see digest.h. */
#include "base/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Eight bytes as a number, the same on machines of either byte order. */
static uint64_t word_at(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(v) : v;
}

void digest_bytes(struct digester *d, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint64_t rest = 0;

	digest_add(d, len);
	for (; len >= 8; len -= 8, p += 8)
		digest_add(d, word_at(p));
	if (!len)
		return;
	for (size_t i = 0; i < len; i++)
		rest |= (uint64_t)p[i] << (i * 8);
	digest_add(d, rest);
}

void digest_string(struct digester *d, const char *s)
{
	if (s)
		digest_bytes(d, s, strlen(s));
	else
		digest_add(d, UINT64_MAX);
}

void digest_digest(struct digester *d, struct digest part)
{
	digest_add(d, part.word[0]);
	digest_add(d, part.word[1]);
}

static uint64_t spread(uint64_t v)
{
	v = (v ^ v >> 33) * UINT64_C(0xff51afd7ed558ccd);
	v = (v ^ v >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return v ^ v >> 33;
}

struct digest digest_of(const struct digester *d)
{
	uint64_t a = d->a ^ d->count, b = d->b ^ d->count;

	a = spread(a + b);
	b = spread(b + a);
	return (struct digest){{a + b, a + 2 * b}};
}

void digest_text(struct digest d, char out[DIGEST_TEXT])
{
	snprintf(out, DIGEST_TEXT, "%016" PRIx64 "%016" PRIx64, d.word[0], d.word[1]);
}
