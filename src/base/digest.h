/*
 * digest: 128 bits that tell contents apart: the same for the same words in the same order, on
 * every machine and in every run. Two contents that nobody made on purpose do not share one; it is
 * no signature.
 */
#ifndef BTFL_DIGEST_H
#define BTFL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct digest {
	uint64_t word[2];
};

enum { DIGEST_TEXT = 33 }; /* of digest_text(), with its NUL */

/* What was added so far; zero-initialised is nothing. */
struct digester {
	uint64_t a, b, count;
};

static inline uint64_t digest_turn(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

/* The two halves of MurmurHash3's 128 bits (public domain), both over every word. */
static inline void digest_add(struct digester *d, uint64_t v)
{
	d->a ^= digest_turn(v * UINT64_C(0x87c37b91114253d5), 31) * UINT64_C(0x4cf5ad432745937f);
	d->a = (digest_turn(d->a, 27) + d->b) * 5 + 0x52dce729;
	d->b ^= digest_turn(v * UINT64_C(0x4cf5ad432745937f), 33) * UINT64_C(0x87c37b91114253d5);
	d->b = (digest_turn(d->b, 31) + d->a) * 5 + 0x38495ab5;
	d->count++;
}

/* Adds bytes and how many they are. */
void digest_bytes(struct digester *d, const void *bytes, size_t len);
/* Adds a text; NULL is another one than "". */
void digest_string(struct digester *d, const char *s);
void digest_digest(struct digester *d, struct digest part);

/* What was added, which may go on. */
struct digest digest_of(const struct digester *d);

/* As 32 digits. */
void digest_text(struct digest d, char out[DIGEST_TEXT]);

#endif
