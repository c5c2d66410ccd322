/*
 * align: see align.h. A byte for each type keeps what is known of it; what a type consists of is
 * looked at before it, with a stack of our own, for hostile chains are as long as the file.
 */
#include "print/align.h"

#include <stdlib.h>

#include "base/arena.h"

enum {
	LOG2 = 0x0f, /* of the alignment, and 1 */
	NONE = 0x0f, /* in LOG2: it has none */
	PACKED = 0x10,
	OPEN = 0x20, /* on the stack */
};

struct align_frame {
	uint32_t id;
	uint32_t next; /* member to be looked at */
};

struct align {
	const struct btf *b;
	uint8_t *known;         /* by id; 0: nothing as yet */
	uint8_t eight, sixteen; /* alignment of integers of so many bytes */
	bool failed;
	struct align_frame *stack;
	size_t cap;
};

/* The type that one is an array of, or stands for; 0 for none. */
static uint32_t stands_for(const struct btf_type *t)
{
	switch (t->kind) {
	case BTF_ARRAY: return btf_array(t).elem;
	case BTF_TYPEDEF:
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG:
	case BTF_VAR: return t->type;
	default: return 0;
	}
}

enum { CHAIN = 32 }; /* as far as btf_size() looks */

/* Whether the type is an array of, or stands for, an integer or a float of `size` bytes. */
static bool is_number(const struct btf *b, uint32_t id, uint32_t size)
{
	for (int step = 0; id && step < CHAIN; step++) {
		struct btf_type t = btf_type(b, id);

		if (t.kind == BTF_INT || t.kind == BTF_FLOAT)
			return t.size == size;
		id = stands_for(&t);
	}
	return false;
}

struct tally {
	uint64_t aligned, odd;
};

static void tally_members(const struct btf *b, const struct btf_type *t, uint32_t size,
			  struct tally *count)
{
	for (uint32_t i = 0; i < t->vlen; i++) {
		struct btf_member m = btf_member(t, i);

		if (m.bit_size || m.bit_offset % (size * 4) || !is_number(b, m.type, size))
			continue;
		if (m.bit_offset % (size * 8))
			count->odd++;
		else if (m.bit_offset)
			count->aligned++;
	}
}

/* Whether members of so many bytes stand at multiples of half of that as often as where all have
 * such an alignment. Few do so in packed structs. */
static bool stand_at_halves(const struct btf *b, uint32_t size)
{
	struct tally count = {0, 0};

	for (; b; b = b->base) {
		struct btf_type t = {0};

		while (btf_next(b, &t, BTF_STRUCT))
			if (t.size > size)
				tally_members(b, &t, size, &count);
	}
	return count.odd * 4 > count.aligned;
}

static bool has_number(const struct btf *b, uint32_t size)
{
	for (; b; b = b->base) {
		struct btf_type t = {0};

		while (btf_next(b, &t, BTF_INT))
			if (t.size == size)
				return true;
	}
	return false;
}

struct align *align_new(const struct btf *b, enum align_for whose)
{
	struct align *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->b = b;
	a->known = calloc(b->end_id, 1);
	if (!a->known) {
		free(a);
		return NULL;
	}
	a->eight = b->ptr_size < 8 && stand_at_halves(b, 8) ? 4 : 8;
	a->sixteen = 16;
	if (whose == ALIGN_KERNEL && has_number(b, 16) && stand_at_halves(b, 16))
		a->sixteen = 8;
	return a;
}

void align_free(struct align *a)
{
	if (!a)
		return;
	free(a->known);
	free(a->stack);
	free(a);
}

static uint8_t as_known(uint32_t align)
{
	uint8_t log2 = 0;

	while (align >> 1 >> log2)
		log2++;
	return (uint8_t)(log2 + 1);
}

static uint8_t number_align(const struct align *a, uint32_t size)
{
	if (size == 16)
		return as_known(a->sixteen);
	if (size == 8)
		return as_known(a->eight);
	return as_known(size & -size);
}

static uint32_t bytes_of(uint8_t known)
{
	unsigned log2 = known & LOG2;

	return log2 == 0 || log2 == NONE ? 0 : 1u << (log2 - 1);
}

/* Whether the member, of that alignment in bytes, stands where only packing puts it. */
static bool is_displaced(const struct btf *b, const struct btf_member *m, uint32_t align)
{
	int64_t size = btf_size(b, m->type);

	if (!m->bit_size)
		return m->bit_offset % (align * 8) != 0;
	return size > 0 && m->bit_offset % (align * 8) + m->bit_size > (uint64_t)size * 8;
}

static uint8_t composite_align(const struct align *a, const struct btf_type *t)
{
	uint32_t most = 1;
	bool displaced = false;

	for (uint32_t i = 0; i < t->vlen; i++) {
		struct btf_member m = btf_member(t, i);
		uint32_t align = bytes_of(btf_has(a->b, m.type) ? a->known[m.type] : 0);

		if (!align)
			continue;
		most = align > most ? align : most;
		displaced = displaced || is_displaced(t->btf, &m, align);
	}
	if (displaced || t->size % most)
		return as_known(1) | PACKED;
	return as_known(most);
}

/* The next type that must be known before the one of the frame; 0 for none. */
static uint32_t next_part(const struct align *a, const struct btf_type *t, struct align_frame *f)
{
	if (!btf_is_composite(t))
		return f->next++ ? 0 : stands_for(t);
	while (f->next < t->vlen) {
		uint32_t id = btf_member(t, f->next++).type;

		if (btf_has(a->b, id) && !a->known[id])
			return id;
	}
	return 0;
}

static uint8_t learn(const struct align *a, const struct btf_type *t)
{
	uint32_t of = stands_for(t);

	switch (t->kind) {
	case BTF_INT:
	case BTF_ENUM:
	case BTF_ENUM64:
	case BTF_FLOAT: return number_align(a, t->size);
	case BTF_PTR: return as_known(a->b->ptr_size);
	case BTF_STRUCT:
	case BTF_UNION: return composite_align(a, t);
	default: break;
	}
	of = btf_has(a->b, of) ? a->known[of] & LOG2 : 0;
	return of ? (uint8_t)of : NONE;
}

static bool push(struct align *a, size_t depth, uint32_t id)
{
	struct align_frame *stack = array_grow(a->stack, &a->cap, depth, sizeof(*stack));

	if (!stack) {
		a->failed = true;
		return false;
	}
	a->stack = stack;
	stack[depth] = (struct align_frame){id, 0};
	a->known[id] = OPEN;
	return true;
}

static uint8_t known_of(struct align *a, uint32_t id)
{
	size_t depth = 0;

	if (!btf_has(a->b, id) || a->known[id])
		return btf_has(a->b, id) ? a->known[id] : 0;
	if (!push(a, depth++, id))
		return 0;
	while (depth) {
		struct align_frame *f = &a->stack[depth - 1];
		struct btf_type t = btf_type(a->b, f->id);
		uint32_t part = next_part(a, &t, f);

		if (!part) {
			a->known[f->id] = learn(a, &t);
			depth--;
		} else if (btf_has(a->b, part) && !a->known[part] && !push(a, depth++, part)) {
			break;
		}
	}
	return a->failed ? 0 : a->known[id];
}

uint32_t align_of(struct align *a, uint32_t id)
{
	return bytes_of(known_of(a, id));
}

bool align_is_packed(struct align *a, uint32_t id)
{
	return known_of(a, id) & PACKED;
}

bool align_failed(const struct align *a)
{
	return a->failed;
}
