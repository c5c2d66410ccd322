/*
 * ways: where all ways of a program are followed, and not those of one kernel, a value is one thing
 * on some of them and another on others. Whoever follows fewer ways may tell more of it; what that
 * could be is kept here, and where it cannot be, it is noted that arguments are lost. Of facts
 * along a walk none of this makes a difference.
 */
#ifndef BTFL_WAYS_H
#define BTFL_WAYS_H

#include "dataflow/flow_impl.h"

/* Whether a fact may be such a place on some ways, and something else on others. */
static inline bool ways_may_be(const struct fact *f, enum fact_place place)
{
	return f->place == PLACE_EITHER && ((uint32_t)f->number >> place & 1);
}

/* Notes that arguments may be used otherwise than is told. */
void ways_lose(struct flow *x, bool loses);

/* A value of one of those places, bits 1 << PLACE_*, or nothing known. */
uint32_t ways_either(struct flow *x, uint32_t places);

/* Makes of `f`, which is `old` moved by a constant or by a relocation, what it may be: a relocated
 * offset into the stack leads there or further up. */
void ways_moved(struct flow *x, const struct fact *old, int64_t number, int32_t relo,
		struct fact *f);

/* a + b, or a - b, of which one is a constant on some ways only. */
uint32_t ways_add(struct flow *x, uint32_t a, uint32_t b);

/* The slots of function `func` of which one may be `off` bytes, or a relocation, from there, where
 * it is not known which; bit k for slot k. */
uint64_t ways_slots(const struct flow *x, const struct fact *f, uint32_t func, int64_t off,
		    int32_t relo);

/* What stands in any of those slots: the fact of a value of one of them. */
uint32_t ways_any_slot(struct flow *x, const struct flow_state *s, uint64_t slots);

/* Notes that what stands in any of them may be used. */
void ways_lose_slots(struct flow *x, const struct flow_state *s, uint64_t slots);

/* A store into any of them, or none. */
void ways_store_anywhere(struct flow *x, struct flow_state *s, uint32_t value, uint64_t slots);

#endif
