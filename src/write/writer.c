/* writer: types as they are stored, strings by a hash, the header at last; see writer.h. */
#include "write/writer.h"

#include <stdlib.h>
#include <string.h>

void writer_start(struct writer *w, const struct btf *base, bool big_endian)
{
	*w = (struct writer){.base = base, .swap = big_endian != host_big_endian()};
	w->first_string = base ? base->first_string + base->strings_len : 0;
	if (!base)
		buf_extend(&w->strings, 1);
}

void writer_free(struct writer *w)
{
	free(w->types.data);
	free(w->strings.data);
	free(w->known);
	*w = (struct writer){0};
}

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h ^ h >> 15;
}

static const char *string_at(const struct writer *w, uint32_t off)
{
	return off < w->first_string ? btf_string(w->base, off)
				     : (const char *)w->strings.data + (off - w->first_string);
}

/* Where s stands in the table, or may be put. */
static uint32_t *slot(const struct writer *w, const char *s)
{
	uint32_t i = hash(s);

	while (w->known[i & w->known_mask] &&
	       strcmp(string_at(w, w->known[i & w->known_mask] - 1), s) != 0)
		i++;
	return &w->known[i & w->known_mask];
}

static void know(struct writer *w, uint32_t off)
{
	uint32_t *at = slot(w, string_at(w, off));

	w->known_count += !*at;
	if (!*at)
		*at = 1 + off;
}

/* All strings of b and what it stands on. */
static uint32_t count_strings(const struct btf *b)
{
	uint32_t n = 0;

	for (; b; b = b->base)
		for (uint32_t i = 0; i < b->strings_len; i++)
			n += !b->strings[i];
	return n;
}

static void know_strings(struct writer *w, const struct btf *b)
{
	for (; b; b = b->base)
		for (uint32_t i = 0; i < b->strings_len; i += (uint32_t)strlen(b->strings + i) + 1)
			know(w, b->first_string + i);
}

/* Room for one string more, or for all of the base at the first one. */
static bool make_room(struct writer *w)
{
	uint32_t *old = w->known, slots = w->known ? w->known_mask + 1 : 0, want = slots;

	if (!want)
		for (want = 64; want / 2 <= count_strings(w->base); want *= 2)
			;
	else if (w->known_count + 1 > slots / 2)
		want *= 2;
	if (want == slots)
		return true;
	w->known = calloc(want, sizeof(*w->known));
	if (!w->known) {
		w->known = old;
		return false;
	}
	w->known_mask = want - 1;
	w->known_count = 0;
	for (uint32_t i = 0; i < slots; i++)
		if (old[i])
			know(w, old[i] - 1);
	free(old);
	if (!slots)
		know_strings(w, w->base);
	return true;
}

uint32_t writer_string(struct writer *w, const char *s)
{
	uint32_t *at, off;

	if (!*s)
		return 0;
	if (w->failed || (uint64_t)w->first_string + w->strings.len + strlen(s) + 1 > UINT32_MAX ||
	    !make_room(w)) {
		w->failed = true;
		return 0;
	}
	at = slot(w, s);
	if (*at)
		return *at - 1;
	off = w->first_string + (uint32_t)w->strings.len;
	buf_add(&w->strings, s, strlen(s) + 1);
	w->failed |= w->strings.failed;
	*at = 1 + off;
	w->known_count++;
	return off;
}

void writer_head(struct writer *w, const char *name, uint32_t info, uint32_t word)
{
	writer_u32(w, writer_string(w, name));
	writer_u32(w, info);
	writer_u32(w, word);
}

static uint32_t word_of(const struct btf_type *t, size_t off)
{
	return load_u32(t->tail + off, t->btf->swap);
}

static void put_elements(struct writer *w, const struct btf_type *t, const uint8_t *only,
			 const struct writer_copy *copy)
{
	bool members = btf_is_composite(t);
	size_t step = t->kind == BTF_ENUM ? 8 : 12;

	for (uint32_t i = 0; i < t->vlen; i++) {
		if (only && !only[i])
			continue;
		writer_u32(w, writer_string(w, members ? btf_member(t, i).name
						       : btf_enumerator(t, i).name));
		if (members)
			writer_u32(w, copy->id(copy->ctx, t->btf, btf_member(t, i).type));
		for (size_t off = members ? 8 : 4; off < step; off += 4)
			writer_u32(w, word_of(t, i * step + off));
	}
}

static void put_tail(struct writer *w, const struct btf_type *t, const uint8_t *only,
		     const struct writer_copy *copy)
{
	switch (t->kind) {
	case BTF_INT:
	case BTF_VAR:
	case BTF_DECL_TAG: writer_u32(w, word_of(t, 0)); break;
	case BTF_ARRAY:
		writer_u32(w, copy->id(copy->ctx, t->btf, btf_array(t).elem));
		writer_u32(w, copy->id(copy->ctx, t->btf, btf_array(t).index));
		writer_u32(w, btf_array(t).count);
		break;
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_ENUM:
	case BTF_ENUM64: put_elements(w, t, only, copy); break;
	case BTF_FUNC_PROTO:
		for (uint32_t i = 0; i < t->vlen; i++) {
			writer_u32(w, writer_string(w, btf_param(t, i).name));
			writer_u32(w, copy->id(copy->ctx, t->btf, btf_param(t, i).type));
		}
		break;
	case BTF_DATASEC:
		for (uint32_t i = 0; i < t->vlen; i++) {
			writer_u32(w, copy->id(copy->ctx, t->btf, btf_secinfo(t, i).type));
			writer_u32(w, btf_secinfo(t, i).offset);
			writer_u32(w, btf_secinfo(t, i).size);
		}
		break;
	default: break;
	}
}

void writer_type(struct writer *w, const struct btf_type *t, const uint8_t *only,
		 const struct writer_copy *copy)
{
	uint32_t vlen = t->vlen, word = t->size;

	if (btf_kind_refers(t->kind))
		word = copy->id(copy->ctx, t->btf, t->type);
	else if (t->kind == BTF_ARRAY || t->kind == BTF_FWD)
		word = 0;
	for (uint32_t i = 0; only && i < t->vlen; i++)
		vlen -= !only[i];
	writer_head(w, t->name, vlen | (uint32_t)t->kind << 24 | (uint32_t)t->kflag << 31, word);
	put_tail(w, t, only, copy);
}

/* A record for each kind. */
static void put_layout(struct buf *out)
{
	for (unsigned k = 0; k < BTF_KIND_COUNT; k++) {
		struct btf_shape s = btf_known_shape(k);
		const uint8_t record[BTF_LAYOUT_SIZE] = {k ? (uint8_t)(s.size - BTF_TYPE_SIZE) : 0,
							 s.each};

		buf_add(out, record, sizeof(record));
	}
}

static void put_header(const struct writer *w, uint32_t size, struct buf *out)
{
	const uint32_t layout_len =
	    size < BTF_HDR_LAYOUT_SIZE ? 0 : BTF_KIND_COUNT * BTF_LAYOUT_SIZE;
	const uint32_t types = (uint32_t)w->types.len;
	uint8_t *h = buf_extend(out, size);

	if (!h)
		return;
	store_u16(h + BTF_HDR_MAGIC, BTF_MAGIC, w->swap);
	h[BTF_HDR_VERSION] = BTF_VERSION;
	store_u32(h + BTF_HDR_LEN, size, w->swap);
	store_u32(h + BTF_HDR_TYPE_LEN, types, w->swap);
	store_u32(h + BTF_HDR_STR_OFF, types + layout_len, w->swap);
	store_u32(h + BTF_HDR_STR_LEN, (uint32_t)w->strings.len, w->swap);
	if (!layout_len)
		return;
	store_u32(h + BTF_HDR_LAYOUT_OFF, types, w->swap);
	store_u32(h + BTF_HDR_LAYOUT_LEN, layout_len, w->swap);
}

bool writer_finish(struct writer *w, uint32_t header_size, struct buf *out)
{
	if (w->failed || w->types.failed || w->strings.failed || w->types.len > UINT32_MAX / 2)
		return false;
	put_header(w, header_size, out);
	buf_add(out, w->types.data, w->types.len);
	if (header_size >= BTF_HDR_LAYOUT_SIZE)
		put_layout(out);
	buf_add(out, w->strings.data, w->strings.len);
	return !out->failed;
}
