/*
 * btf_hash: the hashes of names, by which types are indexed, of one name or of all at once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/scale.h"
#include "format/btf_impl.h"

enum { HASHED = 32 }; /* bytes of a name */

static uint64_t load_le64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return host_big_endian() ? __builtin_bswap64(v) : v;
}

static uint32_t mix(const uint64_t word[4], size_t len)
{
	uint64_t h = (uint64_t)len * UINT64_C(0x9e3779b97f4a7c15);

	h += word[0] * UINT64_C(0xbf58476d1ce4e5b9);
	h += (word[1] + (h >> 29)) * UINT64_C(0x94d049bb133111eb);
	h += (word[2] + (h >> 31)) * UINT64_C(0xd6e8feb86659fd93);
	h += (word[3] + (h >> 30)) * UINT64_C(0xca5a826395121157);
	return (uint32_t)(h >> 32);
}

/* Of a long name, the first and the last half of HASHED bytes count. */
uint32_t btf_hash(const char *name, size_t len)
{
	char bytes[HASHED] = {0};
	uint64_t word[4];

	if (len <= HASHED) {
		memcpy(bytes, name, len);
	} else {
		memcpy(bytes, name, HASHED / 2);
		memcpy(bytes + HASHED / 2, name + len - HASHED / 2, HASHED / 2);
	}
	for (int i = 0; i < 4; i++)
		word[i] = load_le64(bytes + 8 * i);
	return mix(word, len);
}

/* A bit for each of the HASHED bytes at p that is c, the first byte's lowest. */
static uint32_t bytes_that_are(const char *p, char c)
{
	const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
	uint32_t mask = 0;

	for (int i = 0; i < 4; i++) {
		uint64_t w = load_le64(p + 8 * i) ^ UINT64_C(0x0101010101010101) * (uint8_t)c;
		uint64_t zero = ~(((w & low) + low) | w | low); /* the high bit of each zero byte */

		/* The product gathers the eight bits in its highest byte. */
		mask |= (uint32_t)((zero >> 7) * UINT64_C(0x0102040810204080) >> 56) << 8 * i;
	}
	return mask;
}

/* The first n of the HASHED bytes at p as words, the rest zero; n is below HASHED. */
static void first_bytes(const char *p, uint32_t n, uint64_t word[4])
{
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t kept = n <= 8 * i ? 0 : n - 8 * i;

		word[i] =
		    load_le64(p + 8 * i) & (kept >= 8 ? UINT64_MAX : (UINT64_C(1) << 8 * kept) - 1);
	}
}

/* The hash of a name of which HASHED bytes can be read; false for the few that are longer or may
 * have a flavor. No branch depends on other names: of 40 ns a name 25 were spent on branches
 * that a processor predicted wrongly. */
static bool hash_fast(const char *name, bool whole, uint32_t *out)
{
	uint32_t end = bytes_that_are(name, '\0'), under = whole ? 0 : bytes_that_are(name, '_');
	uint64_t word[4];
	uint32_t len;

	if (!end || (under & under >> 1 & under >> 2 & ((end & -end) - 1)))
		return false;
	len = (uint32_t)__builtin_ctz(end);
	first_bytes(name, len, word);
	*out = mix(word, len);
	return true;
}

/* Names are read in the order of the windows of strings that they start in: a name anywhere else in
 * 2.3 MB of strings waits for memory. */
enum { WINDOW = SCALE(1 << 17, 64) }; /* bytes */

/* What names are sorted by: their windows, and behind all of them those that stand elsewhere. */
static size_t window_of(const struct btf *b, uint32_t name)
{
	uint32_t w = (name - b->first_string) / WINDOW, elsewhere = b->strings_len / WINDOW + 1;

	return w < elsewhere ? w : elsewhere;
}

/* Fills order with the indexes of the names, sorted. */
static int sort_names(const struct btf *b, const struct btf_named *named, size_t count,
		      uint32_t *order)
{
	size_t windows = b->strings_len / WINDOW + 2;
	uint32_t *next = calloc(windows, sizeof(*next)), at = 0;

	if (!next)
		return -1;
	for (size_t i = 0; i < count; i++)
		next[window_of(b, named[i].name)]++;
	for (size_t w = 0; w < windows; w++) {
		uint32_t n = next[w];

		next[w] = at;
		at += n;
	}
	for (size_t i = 0; i < count; i++)
		order[next[window_of(b, named[i].name)]++] = (uint32_t)i;
	free(next);
	return 0;
}

/* Of the type's name s, of which so many bytes can be read; and notes the type where names may have
 * a flavor, and this one does. */
static int hash_one(const struct btf *b, const struct btf_named *n, const char *s, size_t readable,
		    struct btf_ids *flavored, uint32_t *hash)
{
	bool whole = !flavored;
	size_t len;

	if (readable >= HASHED && hash_fast(s, whole, hash))
		return 0;
	len = strlen(s);
	*hash = btf_hash(s, btf_key_len(s, len, whole));
	if (flavored && btf_has_mark(s, len))
		return btf_ids_add(flavored, b->first_id + n->index);
	return 0;
}

/* Compilers and linkers keep each string once and whole: a name that starts inside one, or at the
 * end of one, is damaged. What has none has offset 0. */
static int no_string(const struct btf *b, const struct btf_named *n, struct err *e)
{
	struct btf_type t = btf_type(b, b->first_id + n->index);

	return span_err(e, &b->raw, (uint64_t)(t.tail - BTF_TYPE_SIZE - b->raw.at),
			"type [%u] %s: name offset %#x is %s a string", t.id, btf_kind_name(t.kind),
			n->name, b->strings[n->name - b->first_string] ? "inside" : "behind");
}

int btf_hash_names(const struct btf *b, bool check, const struct btf_named *named, size_t count,
		   struct btf_ids *flavored, uint32_t *hashes, struct err *e)
{
	uint32_t *order = calloc(count + 1, sizeof(*order));
	int rc = order && sort_names(b, named, count, order) == 0 ? 0 : err_memory(e, b->name);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct btf_named *n = &named[order[i]];
		uint32_t off = n->name - b->first_string;
		bool own = off < b->strings_len;
		const char *name = own ? b->strings + off : btf_string(b, n->name);

		if (check && own && off && (name[-1] || !*name))
			rc = no_string(b, n, e);
		else if (hash_one(b, n, name, own ? b->strings_len - off : 0, flavored,
				  &hashes[order[i]]) < 0)
			rc = err_memory(e, b->name);
	}
	free(order);
	return rc;
}
