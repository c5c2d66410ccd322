/* stack: what the verifier keeps of what a program stores on its stack; see machine.h. */
#include "verify/machine.h"

#include <string.h>

static struct frame *frame_of(struct state *s, const struct value *v)
{
	return v->which < s->depth ? s->frame[v->which] : TOP(s);
}

static void unspill(struct slot *slot)
{
	for (int i = 0; i < SLOT_SIZE; i++)
		if (slot->byte[i] == BYTE_SPILL)
			slot->byte[i] = BYTE_ANY;
	slot->spill.kind = VALUE_NONE;
}

static struct slot *slot_at(struct frame *f, int64_t off)
{
	unsigned i = (unsigned)((-off - 1) / SLOT_SIZE);

	return i < f->slot_count ? &f->slot[i] : NULL;
}

/* The same, made where there is none; NULL when memory is out. */
static struct slot *slot_made(struct frame *f, int64_t off)
{
	unsigned i = (unsigned)((-off - 1) / SLOT_SIZE);

	return frame_grow(f, i + 1) < 0 ? NULL : &f->slot[i];
}

/* Bytes from the start of its slot. */
static unsigned within(int64_t off)
{
	return (unsigned)((off % SLOT_SIZE + SLOT_SIZE) % SLOT_SIZE);
}

static bool on_stack(int64_t off, int64_t size)
{
	return off >= -STACK_SIZE && off < 0 && size <= -off;
}

static bool is_zero(const struct value *v)
{
	return v->kind == VALUE_SCALAR && scalar_is_known(&v->number) && v->number.bits.value == 0;
}

/* Any known bound will do, as old verifiers ask for it. */
static bool is_bounded(const struct scalar *n)
{
	return !(n->full.smin == INT64_MIN && n->full.smax == INT64_MAX && n->full.umin == 0 &&
		 n->full.umax == UINT64_MAX && n->half.smin == INT32_MIN &&
		 n->half.smax == INT32_MAX && n->half.umin == 0 && n->half.umax == UINT32_MAX);
}

/* Whether a number of that size, at that place of its slot, is kept as it is. */
static bool is_spilled(const struct value *v, int64_t off, unsigned size, const struct abilities *r)
{
	if (v->kind != VALUE_SCALAR)
		return v->kind != VALUE_NONE && size == SLOT_SIZE && within(off) == 0;
	if (within(off) != 0)
		return false;
	if (r->spill_any)
		return true;
	if (is_zero(v) || (size != SLOT_SIZE && !r->spill_small))
		return false;
	return r->spill_bounded ? is_bounded(&v->number) : scalar_is_known(&v->number);
}

static void spill(struct machine *m, struct slot *slot, const struct value *v, unsigned size)
{
	const struct abilities *r = m->w->abilities;

	slot->spill = *v;
	if (v->kind == VALUE_SCALAR && size < SLOT_SIZE && v->number.full.umax >> (size * 8) != 0)
		slot->spill.id = 0;
	for (unsigned i = 0; i < SLOT_SIZE; i++) {
		if (i < size)
			slot->byte[i] = BYTE_SPILL;
		else if (slot->byte[i] != BYTE_ZERO || !r->spill_any)
			slot->byte[i] = BYTE_ANY;
	}
}

/* At a place that is not known, every slot that may be meant loses what it held. */
static enum go write_anywhere(struct state *s, const struct value *to, int64_t off, unsigned size)
{
	struct value from = *to;

	from.number.full.smin += off;
	from.number.full.smax += off;
	return stack_clobber(s, &from, size) < 0 ? GO_FAIL : GO_ON;
}

enum go stack_write(struct machine *m, struct state *s, const struct value *to, int64_t off,
		    unsigned size, const struct value *from)
{
	struct frame *f = frame_of(s, to);
	struct slot *slot;

	if (!scalar_is_known(&to->number))
		return write_anywhere(s, to, off, size);
	off += (int64_t)to->number.bits.value;
	if (!on_stack(off, size) || within(off) + size > SLOT_SIZE)
		return GO_END;
	slot = slot_made(f, off);
	if (!slot)
		return machine_fail(m);
	if (from && is_spilled(from, off, size, m->w->abilities)) {
		spill(m, slot, from, size);
		return GO_ON;
	}
	if (slot->byte[0] == BYTE_SPILL)
		unspill(slot);
	if (from && is_zero(from))
		needs_meet(&m->needs, from->need);
	memset(slot->byte + within(off), from && is_zero(from) ? BYTE_ZERO : BYTE_ANY, size);
	return GO_ON;
}

static unsigned spill_size(const struct slot *slot)
{
	unsigned n = 0;

	while (n < SLOT_SIZE && slot->byte[n] == BYTE_SPILL)
		n++;
	return n;
}

/* Whether a read of `size` bytes at `at` of a slot gets the low bytes of a spill of `spilled`. */
static bool reads_low(const struct machine *m, unsigned at, unsigned size, unsigned spilled)
{
	const struct abilities *r = m->w->abilities;

	if (size == spilled)
		return at == 0;
	if (!r->spill_any || size > spilled)
		return false;
	return m->w->linked->object->big_endian ? at == spilled - size : at == 0;
}

static struct value read_spill(struct machine *m, struct slot *slot, unsigned at, unsigned size)
{
	const struct abilities *r = m->w->abilities;
	struct value v;
	unsigned zeros = 0, spilled = 0;

	if (slot->spill.kind != VALUE_SCALAR)
		return at == 0 && size == SLOT_SIZE ? slot->spill : value_unknown();
	if (reads_low(m, at, size, spill_size(slot))) {
		if (r->linked_spills &&
		    (size == SLOT_SIZE || (size == 4 && spill_size(slot) == 4 &&
					   slot->spill.number.full.umax <= UINT32_MAX)))
			machine_identify(m, &slot->spill);
		v = slot->spill;
		if (size < SLOT_SIZE && v.number.full.umax >> (size * 8) != 0)
			v.id = 0;
		return v;
	}
	for (unsigned i = at; i < at + size && i < SLOT_SIZE; i++) {
		zeros += slot->byte[i] == BYTE_ZERO;
		spilled += slot->byte[i] == BYTE_SPILL;
	}
	v = value_unknown();
	if (r->spill_any && spilled == size && is_zero(&slot->spill))
		v.need = slot->spill.need;
	if (r->spill_any && (zeros == size || (spilled == size && is_zero(&slot->spill))))
		v.number = scalar_known(0);
	return v;
}

static struct value read_range(struct frame *f, int64_t min, int64_t max)
{
	struct value v = value_unknown();
	bool zero = min < max && on_stack(min, max - min);

	for (int64_t off = min; zero && off < max; off++) {
		const struct slot *slot = slot_at(f, off);

		zero = slot && slot->byte[within(off)] == BYTE_ZERO;
	}
	if (zero)
		v.number = scalar_known(0);
	return v;
}

struct value stack_read(struct machine *m, struct state *s, const struct value *from, int64_t off,
			unsigned size)
{
	struct frame *f = frame_of(s, from);
	struct slot *slot;
	int64_t min = from->number.full.smin, max = from->number.full.smax;

	if (min < -STACK_SIZE * 2 || max > STACK_SIZE * 2)
		return value_unknown();
	if (!scalar_is_known(&from->number))
		return read_range(f, min + off, max + off + size);
	off += (int64_t)from->number.bits.value;
	if (!on_stack(off, size))
		return value_unknown();
	slot = slot_at(f, off);
	if (slot && slot->byte[0] == BYTE_SPILL && within(off) + size <= SLOT_SIZE)
		return read_spill(m, slot, within(off), size);
	return read_range(f, off, off + size);
}

bool stack_constant(struct state *s, const struct value *from, uint32_t size, struct value *out)
{
	int64_t off = (int64_t)from->number.bits.value;
	unsigned at, zeros = 0;
	struct slot *slot;

	if (from->kind != VALUE_STACK || !scalar_is_known(&from->number) || !on_stack(off, size))
		return false;
	slot = slot_at(frame_of(s, from), off);
	at = within(off);
	while (slot && at + zeros < SLOT_SIZE && slot->byte[at + zeros] == BYTE_ZERO)
		zeros++;
	if (slot && zeros >= size) {
		*out = value_scalar(scalar_known(0));
		return true;
	}
	if (!slot || at != 0 || spill_size(slot) != size || slot->spill.kind != VALUE_SCALAR ||
	    !scalar_is_known(&slot->spill.number))
		return false;
	*out = slot->spill;
	return true;
}

int stack_clobber(struct state *s, const struct value *to, int64_t size)
{
	struct frame *f = frame_of(s, to);
	int64_t min = to->number.full.smin, max = to->number.full.smax;

	/* What is there may have been written over; that so much was touched is not said. */
	if (min < -STACK_SIZE)
		min = -(int64_t)f->slot_count * SLOT_SIZE;
	max = max > 0 || size < 0 || size > STACK_SIZE || max + size > 0 ? 0 : max + size;
	if (min >= max)
		return 0;
	if (frame_grow(f, (unsigned)((-min - 1) / SLOT_SIZE + 1)) < 0)
		return -1;
	for (int64_t off = min; off < max; off++) {
		struct slot *slot = &f->slot[(-off - 1) / SLOT_SIZE];

		if (slot->byte[0] == BYTE_SPILL)
			unspill(slot);
		slot->byte[within(off)] = BYTE_ANY;
	}
	return 0;
}
