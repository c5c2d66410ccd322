/* state: copying and comparing; see state.h. */
#include "verify/state.h"

#include <stdlib.h>
#include <string.h>

struct value value_scalar(struct scalar n)
{
	return (struct value){.kind = VALUE_SCALAR, .number = n};
}

struct value value_unknown(void)
{
	return value_scalar(scalar_unknown());
}

struct value value_any(void)
{
	return (struct value){.kind = VALUE_ANY, .number = scalar_unknown()};
}

struct value value_of(enum value_kind kind, uint32_t which)
{
	return (struct value){.kind = (uint8_t)kind, .which = which, .number = scalar_known(0)};
}

int frame_grow(struct frame *f, unsigned count)
{
	struct slot *more;

	if (count <= f->slot_count)
		return 0;
	more = realloc(f->slot, count * sizeof(*more));
	if (!more)
		return -1;
	memset(more + f->slot_count, 0, (count - f->slot_count) * sizeof(*more));
	f->slot = more;
	f->slot_count = (uint16_t)count;
	return 0;
}

void frame_cut(struct frame *f, unsigned count)
{
	struct slot *less;

	if (count >= f->slot_count)
		return;
	f->slot_count = (uint16_t)count;
	less = count ? realloc(f->slot, count * sizeof(*less)) : NULL;
	if (!count)
		free(f->slot);
	if (!count || less)
		f->slot = less;
}

static void frame_free(struct frame *f)
{
	if (!f)
		return;
	free(f->slot);
	free(f);
}

static struct frame *frame_copy(const struct frame *f)
{
	struct frame *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *f;
	copy->slot = NULL;
	if (!f->slot_count)
		return copy;
	copy->slot = malloc(f->slot_count * sizeof(*f->slot));
	if (!copy->slot) {
		free(copy);
		return NULL;
	}
	memcpy(copy->slot, f->slot, f->slot_count * sizeof(*f->slot));
	return copy;
}

static int copy_entries(struct state *to, const struct state *from)
{
	if (!from->entry_count)
		return 0;
	to->entries = malloc(from->entry_count * sizeof(*to->entries));
	if (!to->entries)
		return -1;
	for (uint32_t i = 0; i < from->entry_count; i++) {
		to->entries[i] = from->entries[i];
		to->entries[i]->holders++;
	}
	to->entry_count = from->entry_count;
	return 0;
}

static bool same_place(const struct state *a, const struct state *b)
{
	bool same = a->at == b->at && a->depth == b->depth;

	for (unsigned i = 0; same && i < a->depth; i++)
		same = a->frame[i]->call == b->frame[i]->call;
	return same;
}

static struct state **find_entry(const struct state *s, const struct state *place)
{
	for (uint32_t i = 0; i < s->entry_count; i++)
		if (same_place(s->entries[i], place))
			return &s->entries[i];
	return NULL;
}

const struct state *state_entry(const struct state *s)
{
	struct state **found = find_entry(s, s);

	return found ? *found : NULL;
}

int state_set_entry(struct state *s, struct state *entry)
{
	struct state **found = find_entry(s, entry), **more;

	if (!found) {
		more = realloc(s->entries, (s->entry_count + 1) * sizeof(*more));
		if (!more)
			return -1;
		s->entries = more;
		found = &more[s->entry_count++];
	} else {
		state_free(*found);
	}
	*found = entry;
	entry->holders++;
	return 0;
}

void state_forget_entries(struct state *s)
{
	for (uint32_t i = 0; i < s->entry_count; i++)
		state_free(s->entries[i]);
	free(s->entries);
	s->entries = NULL;
	s->entry_count = 0;
}

struct state *state_copy(const struct state *s)
{
	struct state *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *s;
	copy->holders = 0;
	copy->open = false;
	copy->entries = NULL;
	copy->entry_count = 0;
	for (unsigned i = 0; i < s->depth; i++) {
		copy->frame[i] = frame_copy(s->frame[i]);
		if (!copy->frame[i]) {
			copy->depth = i;
			state_free(copy);
			return NULL;
		}
	}
	if (copy_entries(copy, s) < 0) {
		state_free(copy);
		return NULL;
	}
	return copy;
}

void state_free(struct state *s)
{
	if (!s || s->holders-- > 0)
		return;
	state_forget_entries(s);
	for (unsigned i = 0; i < s->depth; i++)
		frame_free(s->frame[i]);
	free(s);
}

size_t state_size(const struct state *s)
{
	size_t n = sizeof(*s);

	for (unsigned i = 0; i < s->depth; i++)
		n += sizeof(struct frame) + s->frame[i]->slot_count * sizeof(struct slot);
	return n;
}

struct frame *state_push(struct state *s, uint32_t func, uint32_t call)
{
	struct frame *f = s->depth < FRAMES ? calloc(1, sizeof(*f)) : NULL;

	if (!f)
		return NULL;
	f->func = func;
	f->call = call;
	f->reg[10] = value_of(VALUE_STACK, s->depth);
	s->frame[s->depth++] = f;
	return f;
}

void state_pop(struct state *s)
{
	frame_free(s->frame[--s->depth]);
}

struct state *state_new(uint32_t func, uint32_t at)
{
	struct state *s = calloc(1, sizeof(*s));

	if (!s || !state_push(s, func, UINT32_MAX)) {
		free(s);
		return NULL;
	}
	s->at = at;
	return s;
}

/* Ids of one state that stand for ids of the other. */
struct id_map {
	struct {
		uint32_t old, cur;
	} pair[64];
	unsigned count;
	bool context; /* pointers to the context tell paths apart */
};

static bool same_id(struct id_map *m, uint32_t old, uint32_t cur)
{
	if (!old)
		return true;
	if (!cur)
		return false;
	for (unsigned i = 0; i < m->count; i++)
		if (m->pair[i].old == old || m->pair[i].cur == cur)
			return m->pair[i].old == old && m->pair[i].cur == cur;
	if (m->count == sizeof(m->pair) / sizeof(*m->pair))
		return false;
	m->pair[m->count].old = old;
	m->pair[m->count++].cur = cur;
	return true;
}

/* Whether what may be loaded by it depends on what it is. */
static bool tells_paths(const struct value *v)
{
	return v->kind == VALUE_CTX || v->kind == VALUE_STRUCT ||
	       (v->kind == VALUE_SCALAR && v->which);
}

static bool value_covers(const struct value *a, const struct value *b, bool decides,
			 struct id_map *ids)
{
	if (a->kind == VALUE_NONE)
		return true;
	if (a->kind == VALUE_ANY)
		return b->kind != VALUE_STACK && b->kind != VALUE_NONE && b->kind != VALUE_FUNC &&
		       b->kind != VALUE_MAP && b->kind != VALUE_ITER &&
		       (!ids->context || (!tells_paths(b) && (a->which || !b->which)));
	if (a->kind != b->kind)
		return false;
	if (a->kind == VALUE_SCALAR && ids->context && b->which && a->which != b->which)
		return false;
	if (a->kind == VALUE_SCALAR)
		return !decides ||
		       (scalar_covers(&a->number, &b->number) && same_id(ids, a->id, b->id));
	if (a->which != b->which || !scalar_covers(&a->number, &b->number))
		return false;
	if (!a->maybe_null)
		return !b->maybe_null;
	return !b->maybe_null || same_id(ids, a->id, b->id);
}

static bool slot_covers(const struct slot *a, const struct slot *b, bool decides,
			struct id_map *ids)
{
	static const struct slot empty;
	const struct value bytes = value_unknown(), *spill;
	bool spilled;

	if (!b)
		b = &empty;
	spilled = a->byte[0] == BYTE_SPILL;
	/* Bytes are read as numbers. */
	spill = b->byte[0] == BYTE_SPILL ? &b->spill : &bytes;
	for (int i = 0; i < SLOT_SIZE; i++) {
		uint8_t x = a->byte[i], y = b->byte[i];

		if (x == BYTE_SPILL && y != BYTE_SPILL && spill == &b->spill)
			return false;
		if (x == BYTE_ZERO && decides && y != BYTE_ZERO)
			return false;
		/* A pointer to the stack or the context means more than unknown bytes do. */
		if (x != BYTE_SPILL && y == BYTE_SPILL &&
		    (b->spill.kind == VALUE_STACK || (ids->context && tells_paths(&b->spill))))
			return false;
	}
	return !spilled || value_covers(&a->spill, spill, decides, ids);
}

static bool frame_covers(const struct frame *a, const struct frame *b, const struct liveness *n,
			 struct id_map *ids)
{
	if (a->func != b->func || a->call != b->call || a->callback != b->callback ||
	    a->turns > b->turns)
		return false;
	for (unsigned i = 0; i < REGISTERS - 1; i++)
		if (((n->live | n->decides) >> i & 1) &&
		    !value_covers(&a->reg[i], &b->reg[i], n->decides >> i & 1, ids))
			return false;
	for (unsigned i = 0; i < a->slot_count; i++)
		if (((n->slot_live | n->slot_decides) >> i & 1) &&
		    !slot_covers(&a->slot[i], i < b->slot_count ? &b->slot[i] : NULL,
				 n->slot_decides >> i & 1, ids))
			return false;
	return true;
}

bool state_covers(const struct state *a, const struct state *b, const struct liveness *live,
		  bool context)
{
	struct id_map ids = {.context = context};

	if (a->depth != b->depth || a->async != b->async || a->awake != b->awake ||
	    a->regions.rcu != b->regions.rcu || a->regions.preempt != b->regions.preempt ||
	    a->regions.irq != b->regions.irq)
		return false;
	for (unsigned i = a->depth; i-- > 0;)
		if (!frame_covers(a->frame[i], b->frame[i], &live[i], &ids))
			return false;
	return true;
}
