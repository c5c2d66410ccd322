/* seen: remembering states and finding those that cover another; see seen.h. A loop leaves as many
 * states as it has turns, which differ in a counter: beside each state stands a mark of its
 * constants, by which most are passed over unread. */
#include "verify/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { SEEN_MOST = 1024, COMPARED_MOST = 128 };

/* The registers of the topmost frame that decide something and hold a constant, and a digest of
 * those constants. A state that covers another has each of them in common with it. */
struct seen_mark {
	uint64_t digest;
	uint16_t constants;
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

static struct seen_mark mark_of(const struct state *s, const struct liveness *live)
{
	struct seen_mark m = {0, 0};

	for (unsigned i = 0; i < REGISTERS - 1; i++)
		if ((live[s->depth - 1].decides >> i & 1) && is_constant(&TOP(s)->reg[i]))
			m.constants |= (uint16_t)(1u << i);
	digest_of(s, m.constants, &m.digest);
	return m;
}

const struct state *seen_find(const struct seen *x, const struct state *s,
			      const struct liveness *live, bool context)
{
	struct seen_mark own = {0, 0};
	bool has = true; /* whether s has constants where own says */
	unsigned compared = 0;

	for (size_t i = x->count; i-- > 0 && compared < COMPARED_MOST;) {
		const struct seen_mark *m = &x->marks[i];

		if (m->constants != own.constants) {
			own.constants = m->constants;
			has = digest_of(s, own.constants, &own.digest);
		}
		if (!has || m->digest != own.digest)
			continue;
		compared++;
		if (state_covers(x->states[i], s, live, context))
			return x->states[i];
	}
	return NULL;
}

/* The older half goes. */
static void thin_out(struct seen *x, size_t *kept)
{
	size_t n = x->count / 2;

	for (size_t i = 0; i < n; i++) {
		*kept -= state_size(x->states[i]);
		state_free(x->states[i]);
	}
	x->count -= n;
	memmove(x->states, x->states + n, x->count * sizeof(*x->states));
	memmove(x->marks, x->marks + n, x->count * sizeof(*x->marks));
}

int seen_keep(struct seen *x, const struct state *s, const struct liveness *live, size_t *kept)
{
	struct state **states = array_grow(x->states, &x->cap, x->count, sizeof(*states)), *copy;
	struct seen_mark *marks;

	if (!states)
		return -1;
	x->states = states;
	marks = array_grow(x->marks, &x->mark_cap, x->count, sizeof(*marks));
	if (!marks)
		return -1;
	x->marks = marks;
	copy = state_copy(s);
	if (!copy)
		return -1;
	state_forget_entries(copy);
	if (x->count == SEEN_MOST)
		thin_out(x, kept);
	*kept += state_size(copy);
	x->states[x->count] = copy;
	x->marks[x->count++] = mark_of(s, live);
	return 0;
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
