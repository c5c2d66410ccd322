/* holes: see holes.h. */
#include "print/holes.h"

/* A bitfield lies in units of its type; where a new one begins, or a larger, its end moves. */
static void enter_bitfield(struct holes *h, uint64_t unit, uint64_t size, uint64_t end)
{
	h->in_bitfield = true;
	if (end <= h->bitfield_end && size <= h->bitfield_size)
		return;
	h->bitfield_size = (uint32_t)size;
	h->bitfield_end = unit + size;
	if (end > h->bitfield_end) /* its first bits lie in the unit before */
		h->bitfield_end += size;
}

static struct gap gap_before(struct holes *h, const struct btf_member *m, uint64_t unit)
{
	struct gap gap = {0, 0};

	if (h->in_bitfield) {
		uint64_t end = m->bit_offset < h->bitfield_end ? m->bit_offset : h->bitfield_end;

		gap.bits = (uint32_t)(end > h->seen ? end - h->seen : 0);
		h->seen = end;
	}
	if (!m->bit_size) {
		gap.bytes = m->bit_offset / 8 > h->seen / 8
				? (uint32_t)(m->bit_offset / 8 - h->seen / 8)
				: 0;
		return gap;
	}
	if (h->seen < unit && unit <= m->bit_offset) {
		gap.bytes = (uint32_t)(unit / 8 - h->seen / 8);
		h->seen = unit;
	}
	if (m->bit_offset > h->seen)
		gap.bits += (uint32_t)(m->bit_offset - h->seen);
	return gap;
}

/* Without what its members have of their own. */
static struct gap step(struct holes *h, const struct btf_type *t, const struct btf_member *m)
{
	int64_t bytes = btf_size(t->btf, m->type);
	uint64_t size = bytes > 0 ? (uint64_t)bytes * 8 : 0;
	uint64_t end = m->bit_offset + (m->bit_size ? m->bit_size : size);
	uint64_t unit = m->bit_size && size ? m->bit_offset / size * size : m->bit_offset;
	struct gap gap = gap_before(h, m, unit);

	h->count += gap.bytes > 0;
	h->sum += gap.bytes;
	h->bit_count += gap.bits > 0;
	h->bit_sum += gap.bits;
	h->seen = end;
	if (m->bit_size) {
		h->bitfield_sum += m->bit_size;
		enter_bitfield(h, unit, size, end);
	} else {
		h->member_sum += (uint32_t)(size / 8);
		h->in_bitfield = false;
		h->bitfield_size = 0;
		h->bitfield_end = end;
	}
	return gap;
}

static void finish(struct holes *h, const struct btf_type *t)
{
	uint64_t size = (uint64_t)t->size * 8,
		 end = h->bitfield_end < size ? h->bitfield_end : size;

	if (h->in_bitfield && h->seen < end) {
		h->bit_padding = (uint32_t)(end - h->seen);
		h->seen = end;
	}
	h->padding = t->size > h->seen / 8 ? t->size - (uint32_t)(h->seen / 8) : 0;
}

enum { RUN = 256 }; /* members that may share the last unit of bitfields */

/* Padding at the end of a struct: it takes the last member, and bitfields before it, to know. As
 * pahole does, one that the member has through a typedef is not looked at. */
static uint32_t own_padding(const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_type(b, id);
	struct holes h;
	uint32_t first = t.vlen;

	if (t.kind != BTF_STRUCT)
		return 0;
	while (first > 0 && t.vlen - first < RUN)
		if (btf_member(&t, --first).bit_size == 0)
			break;
	holes_start(&h, &t);
	for (; first < t.vlen; first++) {
		struct btf_member m = btf_member(&t, first);

		step(&h, &t, &m);
	}
	finish(&h, &t);
	return h.padding;
}

void holes_start(struct holes *h, const struct btf_type *t)
{
	*h = (struct holes){.bitfield_end = (uint64_t)t->size * 8};
}

struct gap holes_next(struct holes *h, const struct btf_type *t, const struct btf_member *m)
{
	uint32_t padding = own_padding(t->btf, m->type);

	h->paddings += padding > 0;
	h->padding_sum += padding;
	if (t->kind == BTF_STRUCT)
		return step(h, t, m);
	return (struct gap){0, 0};
}

void holes_end(struct holes *h, const struct btf_type *t)
{
	if (t->kind == BTF_STRUCT)
		finish(h, t);
}
