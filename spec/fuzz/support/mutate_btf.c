/* mutate_btf: changes types, members, names and the header of a BTF; see mutate.h. */
#include <string.h>

#include "mutate.h"

enum { TYPES_MOST = 4096, NAME = 0, INFO = 4, WORD = 8 };

/* Where the types are. */
struct listed {
	uint32_t off[TYPES_MOST + 1]; /* from the start of the file; one more, their end */
	uint32_t count;
};

bool draft_is_btf(struct draft *d, struct draft_btf *out)
{
	uint32_t head;
	uint16_t magic;

	if (d->len < BTF_HDR_SIZE)
		return false;
	magic = load_u16(d->at, false);
	d->swap = magic == __builtin_bswap16(BTF_MAGIC);
	head = draft_u32(d, BTF_HDR_LEN);
	out->types = head + draft_u32(d, BTF_HDR_TYPE_OFF);
	out->types_len = draft_u32(d, BTF_HDR_TYPE_LEN);
	out->strings = head + draft_u32(d, BTF_HDR_STR_OFF);
	out->strings_len = draft_u32(d, BTF_HDR_STR_LEN);
	return (d->swap || magic == BTF_MAGIC) && head >= BTF_HDR_SIZE &&
	       out->types >= BTF_HDR_SIZE && out->types <= d->len &&
	       out->types_len <= d->len - out->types && out->strings >= BTF_HDR_SIZE &&
	       out->strings <= d->len && out->strings_len <= d->len - out->strings;
}

static struct btf_shape shape_of(const struct draft *d, size_t type, uint32_t *vlen)
{
	uint32_t info = draft_u32(d, type + INFO), kind = BTF_INFO_KIND(info);

	*vlen = BTF_INFO_VLEN(info);
	return kind && kind < BTF_KIND_COUNT ? btf_known_shape(kind)
					     : (struct btf_shape){BTF_TYPE_SIZE, 0, 0};
}

static void list_types(const struct draft *d, const struct draft_btf *b, struct listed *l)
{
	uint64_t at = b->types, end = at + b->types_len;

	for (l->count = 0; l->count < TYPES_MOST && end - at >= BTF_TYPE_SIZE; l->count++) {
		uint32_t vlen;
		struct btf_shape shape = shape_of(d, at, &vlen);
		uint64_t size = shape.size + (uint64_t)shape.each * vlen;

		if (size > end - at)
			break;
		l->off[l->count] = (uint32_t)at;
		at += size;
	}
	l->off[l->count] = (uint32_t)at;
}

/* Bytes of the type section at `off` become others; what stands behind moves. */
static bool splice_types(struct draft *d, size_t off, size_t old, const void *bytes, size_t n)
{
	uint32_t types_off = draft_u32(d, BTF_HDR_TYPE_OFF),
		 str_off = draft_u32(d, BTF_HDR_STR_OFF);
	uint32_t grown = (uint32_t)(n - old);

	if (!draft_splice(d, off, old, bytes, n))
		return false;
	draft_set_u32(d, BTF_HDR_TYPE_LEN, draft_u32(d, BTF_HDR_TYPE_LEN) + grown);
	if (str_off > types_off)
		draft_set_u32(d, BTF_HDR_STR_OFF, str_off + grown);
	return true;
}

/* The offset of some string. */
static uint32_t some_name(struct draft *d, const struct draft_btf *b)
{
	uint32_t at = draft_below(d, b->strings_len);

	while (at && d->at[b->strings + at - 1])
		at--;
	return draft_one_of(d, 8) ? 0 : at;
}

static uint32_t some_word(struct draft *d, const struct draft_btf *b, const struct listed *l,
			  uint32_t old)
{
	switch (draft_below(d, 4)) {
	case 0: return some_name(d, b);
	case 1: return draft_edge(d, old);
	default: return draft_below(d, l->count + 2);
	}
}

/* One number of a type or of its tail. */
static bool change_word(struct draft *d, const struct draft_btf *b, const struct listed *l)
{
	uint32_t i = draft_below(d, l->count), size = l->off[i + 1] - l->off[i];
	uint32_t off = l->off[i] + draft_below(d, size / 4) * 4;

	draft_set_u32(d, off, some_word(d, b, l, draft_u32(d, off)));
	return true;
}

static bool change_name(struct draft *d, const struct draft_btf *b, const struct listed *l)
{
	draft_set_u32(d, l->off[draft_below(d, l->count)] + NAME, some_name(d, b));
	return true;
}

/* Another kind, with a tail of the size that it has. */
static bool change_kind(struct draft *d, const struct listed *l)
{
	uint32_t i = draft_below(d, l->count), off = l->off[i];
	uint32_t kind = 1 + draft_below(d, BTF_KIND_COUNT), vlen = draft_below(d, 4);
	struct btf_shape shape =
	    kind < BTF_KIND_COUNT ? btf_known_shape(kind) : (struct btf_shape){BTF_TYPE_SIZE, 0, 0};
	size_t old = l->off[i + 1] - off - BTF_TYPE_SIZE;
	size_t size = shape.size - BTF_TYPE_SIZE + (shape.each ? shape.each * vlen : 0);

	draft_set_u32(d, off + INFO, kind << 24 | vlen | draft_below(d, 2) << 31);
	if (size > old)
		return splice_types(d, off + BTF_TYPE_SIZE + old, 0, NULL, size - old);
	return splice_types(d, off + BTF_TYPE_SIZE + size, old - size, NULL, 0);
}

static bool flip_flag(struct draft *d, const struct listed *l)
{
	uint32_t off = l->off[draft_below(d, l->count)] + INFO;

	draft_set_u32(d, off, draft_u32(d, off) ^ 1u << 31);
	return true;
}

/* An element more, a copy of one, or one less. */
static bool change_elements(struct draft *d, const struct listed *l)
{
	uint32_t i = draft_below(d, l->count), off = l->off[i], vlen, at;
	struct btf_shape shape = shape_of(d, off, &vlen);
	uint8_t copy[16] = {0};
	uint32_t info = draft_u32(d, off + INFO);

	if (!shape.each)
		return false;
	at = off + shape.size + draft_below(d, vlen) * shape.each;
	if (vlen && draft_one_of(d, 2)) {
		draft_set_u32(d, off + INFO, info - 1);
		return splice_types(d, at, shape.each, NULL, 0);
	}
	if (vlen)
		memcpy(copy, d->at + at, shape.each);
	if (!splice_types(d, at, 0, copy, shape.each))
		return false;
	draft_set_u32(d, off + INFO, info + 1);
	return true;
}

/* A copy of a type stands elsewhere, too, or one goes. */
static bool change_types(struct draft *d, const struct listed *l)
{
	uint8_t copy[512];
	uint32_t i = draft_below(d, l->count), size = l->off[i + 1] - l->off[i];
	uint32_t to = draft_one_of(d, 2) ? l->count : draft_below(d, l->count + 1);

	if (draft_one_of(d, 3))
		return splice_types(d, l->off[i], size, NULL, 0);
	if (size > sizeof(copy))
		return false;
	memcpy(copy, d->at + l->off[i], size);
	return splice_types(d, l->off[to], 0, copy, size);
}

/* A string more, made of another one. */
static bool add_string(struct draft *d, const struct draft_btf *b, const struct listed *l)
{
	static const char *const behind[] = {"___x", "___", "_", "2", ":0", ":1", ":4294967296"};
	const char *more = behind[draft_below(d, sizeof(behind) / sizeof(*behind))];
	char name[128];
	uint32_t from = some_name(d, b), n = 0;

	while (n < 100 && from + n < b->strings_len && d->at[b->strings + from + n]) {
		name[n] = (char)d->at[b->strings + from + n];
		n++;
	}
	memcpy(name + n, more, strlen(more) + 1);
	n += (uint32_t)strlen(more) + 1;
	if (b->strings < b->types || !draft_splice(d, b->strings + b->strings_len, 0, name, n))
		return false;
	draft_set_u32(d, BTF_HDR_STR_LEN, b->strings_len + n);
	if (l->count)
		draft_set_u32(d, l->off[draft_below(d, l->count)] + NAME, b->strings_len);
	return true;
}

static bool change_string(struct draft *d, const struct draft_btf *b)
{
	static const char letters[] = "ab_0:1:2.x*";

	if (b->strings_len < 2)
		return false;
	d->at[b->strings + 1 + draft_below(d, b->strings_len - 1)] =
	    draft_one_of(d, 8) ? (uint8_t)draft_below(d, 256)
			       : (uint8_t)letters[draft_below(d, sizeof(letters) - 1)];
	return true;
}

bool mutate_btf(struct draft *d)
{
	static struct listed l;
	struct draft_btf b;
	uint32_t what = draft_below(d, 32), head;

	if (!draft_is_btf(d, &b))
		return false;
	list_types(d, &b, &l);
	if (what == 0) {
		head = 4 + draft_below(d, 5) * 4;
		draft_set_u32(d, head, draft_edge(d, draft_u32(d, head)));
		return true;
	}
	if (what < 4)
		return add_string(d, &b, &l);
	if (what < 7 || !l.count)
		return change_string(d, &b);
	if (what < 14)
		return change_word(d, &b, &l);
	if (what < 18)
		return change_name(d, &b, &l);
	if (what < 21)
		return change_kind(d, &l);
	if (what < 23)
		return flip_flag(d, &l);
	if (what < 28)
		return change_elements(d, &l);
	return change_types(d, &l);
}
