/*
 * loop: loops whose end no verifier can count to: open-coded iterators, may_goto, and callbacks.
 * What follows the loop is walked first, and then one more turn, for which the verifier forgets
 * numbers that changed since the turn before and that nothing has needed; see machine.h.
 */
#include "verify/machine.h"

static void name_need(struct machine *m, struct value *v)
{
	if (v->kind == VALUE_SCALAR)
		v->need = needs_new(&m->needs, v->need, 0);
}

/* What nobody will ask for goes on by the name that it has. */
void machine_name_needs(struct machine *m, struct state *s, const struct liveness *live)
{
	for (unsigned d = 0; d < s->depth; d++) {
		struct frame *f = s->frame[d];

		for (unsigned i = 0; i < REGISTERS - 1; i++)
			if (live[d].decides >> i & 1)
				name_need(m, &f->reg[i]);
		for (unsigned i = 0; i < f->slot_count; i++)
			if ((live[d].slot_decides >> i & 1) && f->slot[i].byte[0] == BYTE_SPILL)
				name_need(m, &f->slot[i].spill);
	}
}

static void meet_alike(struct machine *m, bool open, const struct value *old,
		       const struct value *now)
{
	if (old->kind != VALUE_SCALAR || !old->need)
		return;
	if (open)
		needs_follow(&m->needs, old->need, now->need);
	else if (needs_met(&m->needs, old->need))
		needs_meet(&m->needs, now->need);
}

/* What nobody will ask for was needed before old, if at all: that says nothing of now. */
void machine_meet_needs(struct machine *m, const struct state *old, const struct state *now,
			const struct liveness *live)
{
	for (unsigned d = 0; d < old->depth; d++) {
		const struct frame *a = old->frame[d], *b = now->frame[d];

		for (unsigned i = 0; i < REGISTERS - 1; i++)
			if (live[d].decides >> i & 1)
				meet_alike(m, old->open, &a->reg[i], &b->reg[i]);
		for (unsigned i = 0; i < a->slot_count && i < b->slot_count; i++)
			if ((live[d].slot_decides >> i & 1) && a->slot[i].byte[0] == BYTE_SPILL &&
			    b->slot[i].byte[0] == BYTE_SPILL)
				meet_alike(m, old->open, &a->slot[i].spill, &b->slot[i].spill);
	}
}

static void widen_value(const struct machine *m, const struct value *old, struct value *now)
{
	if (old->kind != VALUE_SCALAR || now->kind != VALUE_SCALAR ||
	    needs_met(&m->needs, old->need) || scalar_same(&old->number, &now->number))
		return;
	now->number = scalar_unknown();
	now->id = 0;
}

static void widen(const struct machine *m, const struct state *old, struct state *now)
{
	for (unsigned d = 0; d < old->depth; d++) {
		struct frame *a = old->frame[d], *b = now->frame[d];

		for (unsigned i = 0; i < REGISTERS - 1; i++)
			widen_value(m, &a->reg[i], &b->reg[i]);
		for (unsigned i = 0; i < a->slot_count && i < b->slot_count; i++)
			if (a->slot[i].byte[0] == BYTE_SPILL && b->slot[i].byte[0] == BYTE_SPILL)
				widen_value(m, &a->slot[i].spill, &b->slot[i].spill);
	}
}

void machine_widen(struct machine *m, struct state *s)
{
	const struct state *old = state_entry(s);

	if (old)
		widen(m, old, s);
}

struct state *machine_turn(struct machine *m, struct state *s, bool forgets)
{
	struct state *turn = machine_fork(m, s, s->at), *entry;
	bool kept;

	if (!turn)
		return NULL;
	if (m->dates.count)
		dated_states(s, NULL);
	if (forgets)
		machine_widen(m, turn);
	entry = state_copy(s);
	if (entry)
		state_forget_entries(entry);
	kept = entry && state_set_entry(s, entry) == 0 && state_set_entry(turn, entry) == 0;
	state_free(entry);
	if (!kept)
		machine_fail(m);
	return kept ? turn : NULL;
}
