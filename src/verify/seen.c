/* seen: remembering states and finding those that cover another; see seen.h. A loop leaves as many
 * states as it has turns, which differ in a counter: beside each state stands a mark of its
 * constants, by which most are passed over unread. */
#include "verify/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { SEEN_MOST = 1024, COMPARED_MOST = 128 };

/* A state that was met so often in vain, where others were kept, for each time that it was of use
 * is given up, as verifiers do (sl->miss_cnt in is_state_visited()). */
enum { VAIN_MOST = 3, VAIN_MOST_OPEN = 64 };

/* The registers of the topmost frame that decide something and hold a constant, and a digest of
 * those constants. A state that covers another has each of them in common with it. */
struct seen_mark {
	uint64_t digest;
	uint16_t constants;
	bool open; /* as its state was when the mark was made */
	uint32_t hits, misses;
};

static bool is_constant(const struct value *v)
{
	return v->kind == VALUE_SCALAR && scalar_is_known(&v->number);
}

/* Whether all of these registers hold constants, and their digest. */
static bool digest_of(const struct state *s, uint16_t registers, uint64_t *out)
{
	uint64_t d = 0;

	for (unsigned i = 0; i < REGISTERS - 1; i++) {
		const struct value *v = &TOP(s)->reg[i];

		if (!(registers >> i & 1))
			continue;
		if (!is_constant(v))
			return false;
		d = (d ^ v->number.bits.value) * UINT64_C(0x9e3779b97f4a7c15);
		d ^= d >> 29;
	}
	*out = d;
	return true;
}

static struct seen_mark mark_of(const struct state *s, const struct liveness *top)
{
	struct seen_mark m = {.open = s->open};

	for (unsigned i = 0; i < REGISTERS - 1; i++)
		if ((top->decides >> i & 1) && is_constant(&TOP(s)->reg[i]))
			m.constants |= (uint16_t)(1u << i);
	digest_of(s, m.constants, &m.digest);
	return m;
}

static void forget_number(struct value *v, const struct needs *needs)
{
	if (v->kind != VALUE_SCALAR || !needs_none(needs, v->need))
		return;
	v->number = scalar_unknown();
	v->id = 0;
}

static void forget_numbers(struct state *s, const struct needs *needs)
{
	for (unsigned d = 0; d < s->depth; d++) {
		struct frame *f = s->frame[d];

		for (unsigned i = 0; i < REGISTERS - 1; i++)
			forget_number(&f->reg[i], needs);
		for (unsigned i = 0; i < f->slot_count; i++)
			if (f->slot[i].byte[0] == BYTE_SPILL)
				forget_number(&f->slot[i].spill, needs);
	}
}

static void give_up(struct seen *x, size_t from, size_t count, size_t *kept)
{
	for (size_t i = from; i < from + count; i++) {
		*kept -= state_size(x->states[i]);
		state_free(x->states[i]);
	}
	x->count -= count;
	memmove(x->states + from, x->states + from + count, (x->count - from) * sizeof(*x->states));
	memmove(x->marks + from, x->marks + from + count, (x->count - from) * sizeof(*x->marks));
}

static bool is_vain(const struct seen *x, const struct seen_mark *m)
{
	return m->misses > (x->always && m->open ? VAIN_MOST_OPEN : VAIN_MOST) * (m->hits + 1);
}

static bool is_called_alike(const struct state *a, const struct state *b)
{
	return a->depth == b->depth && TOP(a)->call == TOP(b)->call;
}

struct state *seen_find(struct seen *x, const struct state *s, const struct liveness *live,
			bool context, const struct needs *needs, enum keeping *keeping,
			size_t *kept)
{
	struct seen_mark own = {0};
	bool has = true; /* whether s has constants where own says */
	unsigned compared = 0;

	for (size_t i = x->count; i-- > 0 && compared < COMPARED_MOST;) {
		struct seen_mark *m = &x->marks[i];

		if (!is_called_alike(x->states[i], s))
			continue;
		if (m->open && !x->states[i]->open) {
			forget_numbers(x->states[i], needs);
			*m = mark_of(x->states[i], &live[s->depth - 1]);
		}
		if (m->constants != own.constants) {
			own.constants = m->constants;
			has = digest_of(s, own.constants, &own.digest);
		}
		if (has && m->digest == own.digest) {
			compared++;
			if (state_covers(x->states[i], s, live, context)) {
				m->hits++;
				return x->states[i];
			}
		}
		if (m->open && *keeping == KEEP_OUTSIDE_LOOPS)
			*keeping = KEEP_NOT;
		if (*keeping == KEEP_NOT)
			continue;
		m->misses++;
		if (is_vain(x, m))
			give_up(x, i, 1, kept);
	}
	return NULL;
}

/* Slots behind the last that is read again. */
static void cut_slots(struct state *s, const struct liveness *live)
{
	for (unsigned d = 0; d < s->depth; d++) {
		uint64_t read = live[d].slot_live | live[d].slot_decides;
		unsigned count = read ? SLOTS - (unsigned)__builtin_clzll(read) : 0;

		frame_cut(s->frame[d], count);
	}
}

struct state *seen_keep(struct seen *x, const struct state *s, const struct liveness *live,
			size_t *kept)
{
	struct state **states = array_grow(x->states, &x->cap, x->count, sizeof(*states)), *copy;
	struct seen_mark *marks;

	if (!states)
		return NULL;
	x->states = states;
	marks = array_grow(x->marks, &x->mark_cap, x->count, sizeof(*marks));
	if (!marks)
		return NULL;
	x->marks = marks;
	copy = state_copy(s);
	if (!copy)
		return NULL;
	copy->open = true;
	state_forget_entries(copy);
	cut_slots(copy, live);
	if (x->count == SEEN_MOST)
		give_up(x, 0, x->count / 2, kept);
	*kept += state_size(copy);
	x->states[x->count] = copy;
	x->marks[x->count++] = mark_of(copy, &live[s->depth - 1]);
	return copy;
}

void seen_forget(struct seen *x)
{
	for (size_t i = 0; i < x->count; i++)
		state_free(x->states[i]);
	x->count = 0;
}

void seen_free(struct seen *x)
{
	seen_forget(x);
	free(x->states);
	free(x->marks);
}
