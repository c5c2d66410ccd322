/*
 * subset_write: the types that a subset marked, as a BTF with a 24-byte header: ids in the order in
 * which the target has them, each string once.
 */
#include <stdlib.h>
#include <string.h>

#include "write/subset_marks.h"

/* Strings that were written, by the address that they have in their BTF: there each is once, too.
 */
struct known_string {
	const char *from;
	uint32_t offset;
};

struct writer {
	struct subset *s;
	struct buf types, strings;
	struct known_string *known; /* open addressing; from is NULL where it is free */
	uint32_t known_mask;
	bool swap;
};

static uint32_t add_string(struct writer *w, const char *s)
{
	uint32_t i = (uint32_t)(((uintptr_t)s * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
	struct known_string *k;

	if (!*s)
		return 0;
	for (;; i++) {
		k = &w->known[i & w->known_mask];
		if (k->from == s)
			return k->offset;
		if (!k->from)
			break;
	}
	k->from = s;
	k->offset = (uint32_t)w->strings.len;
	buf_add(&w->strings, s, strlen(s) + 1);
	return k->offset;
}

static void put(struct writer *w, uint32_t v)
{
	buf_u32(&w->types, v, w->swap);
}

/* Types that were not marked are void to what refers to them. */
static void put_id(struct writer *w, const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_type(b, id);
	const struct marks *m = id ? subset_marks(w->s, &t) : NULL;
	uint32_t where = m ? m->where[t.id - m->btf->first_id] : 0;

	put(w, where ? m->before + where : 0);
}

static uint32_t word(const struct btf_type *t, size_t off)
{
	return load_u32(t->tail + off, t->btf->swap);
}

static void put_members(struct writer *w, const struct btf_type *t, const uint8_t *members,
			bool all)
{
	for (uint32_t i = 0; i < t->vlen; i++) {
		if (!all && !(members && members[i]))
			continue;
		put(w, add_string(w, btf_member(t, i).name));
		put_id(w, t->btf, btf_member(t, i).type);
		put(w, word(t, i * 12ul + 8));
	}
}

static void put_tail(struct writer *w, const struct btf_type *t, const uint8_t *members, bool all)
{
	switch (t->kind) {
	case BTF_INT: put(w, word(t, 0)); break;
	case BTF_ARRAY:
		put_id(w, t->btf, btf_array(t).elem);
		put_id(w, t->btf, btf_array(t).index);
		put(w, btf_array(t).count);
		break;
	case BTF_STRUCT:
	case BTF_UNION: put_members(w, t, members, all); break;
	case BTF_ENUM:
	case BTF_ENUM64:
		for (uint32_t i = 0; i < t->vlen; i++) {
			size_t step = t->kind == BTF_ENUM ? 8 : 12;

			put(w, add_string(w, btf_enumerator(t, i).name));
			for (size_t off = 4; off < step; off += 4)
				put(w, word(t, i * step + off));
		}
		break;
	case BTF_FUNC_PROTO:
		for (uint32_t i = 0; i < t->vlen; i++) {
			put(w, add_string(w, btf_param(t, i).name));
			put_id(w, t->btf, btf_param(t, i).type);
		}
		break;
	default: break;
	}
}

static uint32_t kept_members(const struct btf_type *t, const uint8_t *members, bool all)
{
	uint32_t n = 0;

	if (!btf_is_composite(t) || all)
		return t->vlen;
	for (uint32_t i = 0; members && i < t->vlen; i++)
		n += members[i];
	return n;
}

static void put_type(struct writer *w, const struct btf *b, const struct kept *k)
{
	struct btf_type t = btf_type(b, b->first_id + k->index);
	bool all = k->flags & MATCH;

	put(w, add_string(w, t.name));
	put(w,
	    kept_members(&t, k->members, all) | (uint32_t)t.kind << 24 | (uint32_t)t.kflag << 31);
	if (btf_kind_refers(t.kind))
		put_id(w, t.btf, t.type);
	else
		put(w, t.kind == BTF_ARRAY || t.kind == BTF_FWD ? 0 : t.size);
	put_tail(w, &t, k->members, all);
}

static int by_index(const void *a, const void *b)
{
	uint32_t x = ((const struct kept *)a)->index, y = ((const struct kept *)b)->index;

	return (x > y) - (x < y);
}

/* Sorts the marks, by which every type has its id; returns how many there are. */
static uint32_t number(struct subset *s, size_t *names)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct marks *m = &s->marks[i];

		m->before = n;
		n += (uint32_t)m->count;
		if (m->count)
			qsort(m->kept, m->count, sizeof(*m->kept), by_index);
		for (size_t k = 0; k < m->count; k++) {
			m->where[m->kept[k].index] = (uint32_t)k + 1;
			*names += 1 + btf_type(m->btf, m->btf->first_id + m->kept[k].index).vlen;
		}
	}
	return n;
}

static void put_all(struct writer *w)
{
	for (size_t i = 0; i < w->s->count; i++) {
		const struct marks *m = &w->s->marks[i];

		for (size_t k = 0; k < m->count; k++)
			put_type(w, m->btf, &m->kept[k]);
	}
}

static void put_header(struct writer *w, struct buf *out)
{
	uint8_t *h = buf_extend(out, 8);

	if (h) {
		store_u16(h + BTF_HDR_MAGIC, BTF_MAGIC, w->swap);
		h[BTF_HDR_VERSION] = BTF_VERSION;
		store_u32(h + BTF_HDR_LEN, BTF_HDR_SIZE, w->swap);
	}
	buf_u32(out, 0, w->swap);
	buf_u32(out, (uint32_t)w->types.len, w->swap);
	buf_u32(out, (uint32_t)w->types.len, w->swap);
	buf_u32(out, (uint32_t)w->strings.len, w->swap);
}

int subset_write(struct subset *s, struct buf *out, uint32_t *types, struct err *e)
{
	struct writer w = {.s = s, .swap = s->target->btf[0]->swap};
	size_t names = 0, slots = 16;

	*types = number(s, &names);
	while (slots < names * 2)
		slots *= 2;
	w.known_mask = (uint32_t)slots - 1;
	w.known = calloc(slots, sizeof(*w.known));
	if (w.known) {
		buf_extend(&w.strings, 1);
		put_all(&w);
		put_header(&w, out);
		buf_add(out, w.types.data, w.types.len);
		buf_add(out, w.strings.data, w.strings.len);
	}
	out->failed |= !w.known || w.types.failed || w.strings.failed;
	free(w.known);
	free(w.types.data);
	free(w.strings.data);
	return out->failed ? err_memory(e, s->target->path) : 0;
}
