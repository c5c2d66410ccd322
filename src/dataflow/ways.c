/* ways: see ways.h. */
#include "dataflow/ways.h"

enum { NUMBER = 1 << PLACE_NUMBER };

static const struct fact *fact_of(const struct flow *x, uint32_t fact)
{
	return provenance_at(x->p, fact);
}

static bool has_argument(const struct flow *x, const struct fact *f)
{
	for (unsigned i = 0; i < SOURCES_MOST && f->source[i]; i++)
		if (source_is_argument(x->p, f->source[i]))
			return true;
	return false;
}

void ways_lose(struct flow *x, bool loses)
{
	x->r->lost |= loses;
}

uint32_t ways_either(struct flow *x, uint32_t places)
{
	return places ? provenance_place(x->p, PLACE_EITHER, 0, -1, places) : 0;
}

void ways_moved(struct flow *x, const struct fact *old, int64_t number, int32_t relo,
		struct fact *f)
{
	if (x->ask->walk)
		return;
	if (relo < 0 && !number) {
		f->relo = old->relo;
		return;
	}
	ways_lose(x, (relo >= 0 && ways_may_be(old, PLACE_CONTEXT)) ||
			 (relo < 0 && old->relo >= 0 && old->place == PLACE_CONTEXT));
	if (old->place == PLACE_STACK && relo >= 0) {
		f->number = old->number;
	} else if (old->place == PLACE_STACK && old->relo >= 0) {
		f->relo = old->relo;
	} else if (old->place == PLACE_NUMBER && (relo >= 0 || old->relo >= 0)) {
		f->place = PLACE_EITHER;
		f->number = NUMBER;
	}
}

uint64_t ways_slots(const struct flow *x, const struct fact *f, uint32_t func, int64_t off,
		    int32_t relo)
{
	uint64_t slots = 0;

	if (x->ask->walk)
		return 0;
	if (ways_may_be(f, PLACE_STACK))
		return UINT64_MAX;
	if (f->place != PLACE_STACK || f->func != func || (f->relo < 0 && relo < 0))
		return 0;
	off = f->number + (relo < 0 ? off : 0);
	for (unsigned k = 0; k < SLOTS && -SLOT_SIZE * ((int64_t)k + 1) + SLOT_SIZE > off; k++)
		slots |= UINT64_C(1) << k;
	return slots;
}

uint32_t ways_add(struct flow *x, uint32_t a, uint32_t b)
{
	const struct fact *p = fact_of(x, a), *q = fact_of(x, b);

	if (x->ask->walk || !((fact_places(p) | fact_places(q)) & NUMBER))
		return 0;
	ways_lose(x, (ways_may_be(p, PLACE_NUMBER) && has_argument(x, q)) ||
			 (ways_may_be(q, PLACE_NUMBER) && has_argument(x, p)));
	return ways_either(x, fact_places(p) | fact_places(q));
}

/* Sources of a fact, each as one of several. */
static uint32_t maybe(struct flow *x, const struct fact f)
{
	uint32_t all = 0;

	for (unsigned i = 0; i < SOURCES_MOST && f.source[i]; i++) {
		struct source s = x->p->sources[f.source[i]];

		s.maybe = true;
		all = provenance_join(x->p, all, provenance_of(x->p, provenance_source(x->p, s)));
	}
	return all;
}

uint32_t ways_any_slot(struct flow *x, const struct flow_state *s, uint64_t slots)
{
	uint32_t all = 0, places = 0;

	for (unsigned i = 0; i < SLOTS; i++) {
		if (!(slots >> i & 1))
			continue;
		places |= fact_places(fact_of(x, s->slot[i]));
		all = provenance_join(x->p, all, maybe(x, *fact_of(x, s->slot[i])));
	}
	return provenance_join(x->p, all, ways_either(x, places));
}

void ways_lose_slots(struct flow *x, const struct flow_state *s, uint64_t slots)
{
	for (unsigned i = 0; i < SLOTS; i++)
		ways_lose(x, slots >> i & 1 && has_argument(x, fact_of(x, s->slot[i])));
}

void ways_store_anywhere(struct flow *x, struct flow_state *s, uint32_t value, uint64_t slots)
{
	uint32_t any;

	if (!slots)
		return;
	any = provenance_join(x->p, maybe(x, *fact_of(x, value)),
			      ways_either(x, fact_places(fact_of(x, value))));
	for (unsigned i = 0; i < SLOTS && any; i++)
		if (slots >> i & 1)
			s->slot[i] = provenance_join(x->p, s->slot[i], any);
}
