/* flow: the state of a function is kept where blocks start, as numbers of facts; from there each is
 * followed anew. Ways on which values are in other places are kept apart as long
 * as they are few: compilers let branches that pick an offset, and the pointer that it is added to,
 * meet before the addition. It is all of them or none, so that who follows fewer ways has no state
 * that is not part of one of these. See flow.h. */
#include "dataflow/flow.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "dataflow/flow_impl.h"

/* Ways kept apart at one place, and in all. Of 2157 real programs 2130 are told whole, 2077 with
 * ways joined; 32 at one place tell of no more. */
enum { WAYS_APART = 24, WAYS_MOST = 1 << 14 };

/* Whether the walk came there. */
static bool is_reached(const struct flow *x, uint32_t at)
{
	return !x->ask->walk || x->ask->walk->traces[at].reached;
}

/* Adds to n facts what is known otherwise; whether that is more. */
static bool join(struct flow *x, uint32_t *to, const uint32_t *facts, size_t n)
{
	bool more = false;

	for (size_t i = 0; i < n; i++) {
		uint32_t was = to[i];

		if (facts[i] == was)
			continue;
		to[i] = provenance_join(x->p, was, facts[i]);
		more |= to[i] != was;
	}
	return more;
}

/* Writes those facts of s; how many they are. */
static size_t pack(const struct live *live, const struct flow_state *s, uint32_t *facts)
{
	size_t n = 0;

	for (uint32_t left = live->registers; left; left &= left - 1)
		facts[n++] = s->reg[__builtin_ctz(left)];
	for (uint64_t left = live->slots; left; left &= left - 1)
		facts[n++] = s->slot[__builtin_ctzll(left)];
	return n;
}

/* The other way round: nothing is known of all else. */
static void unpack(const struct live *live, const uint32_t *facts, struct flow_state *s)
{
	memset(s, 0, sizeof(*s));
	for (uint32_t left = live->registers; left; left &= left - 1)
		s->reg[__builtin_ctz(left)] = *facts++;
	for (uint64_t left = live->slots; left; left &= left - 1)
		s->slot[__builtin_ctzll(left)] = *facts++;
}

/* Adds a way of n facts, and of what tells it apart; NULL when memory is out. */
static struct way *add_way(struct flow *x, size_t n, const uint32_t *facts)
{
	struct way *w = arena_alloc(&x->arena, 1, sizeof(*w) + 2 * n * sizeof(*facts));

	if (!w) {
		x->failed = true;
		return NULL;
	}
	w->next = NULL;
	w->dirty = x->changed = true;
	memcpy(w->fact, facts, 2 * n * sizeof(*facts));
	x->way_count++;
	return w;
}

/* A way comes to block `to` in state s: one with any there on which all values are in the same
 * places, whatever they come from. */
static void arrive(struct flow *x, uint32_t to, const struct flow_state *s)
{
	uint32_t facts[2 * (REGISTERS + SLOTS)], *key;
	struct way **at;
	unsigned count = 0;
	size_t n;

	if (to == BLOCK_NONE || !is_reached(x, x->blocks->list[to].start) || x->found)
		return;
	n = pack(&x->live[to], s, facts);
	key = facts + n;
	for (size_t i = 0; i < n; i++)
		key[i] = x->apart && facts[i] ? provenance_without(x->p, facts[i]) : 0;
	for (at = &x->ways[to]; *at; at = &(*at)->next, count++) {
		if (memcmp((*at)->fact + n, key, n * sizeof(*key)) != 0)
			continue;
		if (join(x, (*at)->fact, facts, n))
			(*at)->dirty = x->changed = true;
		return;
	}
	if (x->apart && (count >= WAYS_APART || x->way_count >= WAYS_MOST))
		x->crowded = true;
	else
		*at = add_way(x, n, facts);
}

/* Into a function of the program, and past the call with what it returns. */
static void flow_call(struct flow *x, const struct block *b, struct flow_state *s)
{
	uint32_t func = x->f->insns[b->last].target;
	struct flow_state callee;

	memset(&callee, 0, sizeof(callee));
	memcpy(callee.reg + 1, s->reg + 1, 5 * sizeof(*callee.reg));
	callee.reg[10] = provenance_place(x->p, PLACE_STACK, func, -1, 0);
	arrive(x, b->enters, &callee);
	memset(s->reg, 0, 6 * sizeof(*s->reg));
	s->reg[0] = x->outcomes[func].fact;
	if (x->outcomes[func].known)
		arrive(x, b->falls, s);
}

static bool calls(const struct flow *x, const struct block *b, uint32_t func)
{
	const struct linked_insn *n = &x->f->insns[b->last];

	return n->ref_kind == REF_CALL && n->target == func;
}

/* What a function returns; its callers are looked at again when that is more. */
static void flow_exit(struct flow *x, uint32_t func, uint32_t result)
{
	struct outcome *o = &x->outcomes[func];
	uint32_t joined = o->known ? provenance_join(x->p, o->fact, result) : result;

	if (x->found || (o->known && joined == o->fact))
		return;
	*o = (struct outcome){joined, true};
	for (uint32_t i = 0; i < x->blocks->count; i++)
		for (struct way *w = x->ways[i]; w && calls(x, &x->blocks->list[i], func);
		     w = w->next)
			w->dirty = x->changed = true;
}

static void flow_jump(struct flow *x, const struct block *b, const struct flow_state *s)
{
	const struct trace *t = x->ask->walk ? &x->ask->walk->traces[b->last] : NULL;

	if (!t || t->jumped)
		arrive(x, b->jumps, s);
	if (!t || t->fell)
		arrive(x, b->falls, s);
}

/* Behind the last instruction of a block. */
static void leave(struct flow *x, const struct block *b, struct flow_state *s)
{
	const struct linked_insn *n = &x->f->insns[b->last];

	if (insn_leads_away(n->in))
		flow_jump(x, b, s);
	else if (n->in.code == (BPF_JMP | JUMP_EXIT))
		flow_exit(x, n->func, s->reg[0]);
	else
		arrive(x, b->falls, s);
}

static void follow(struct flow *x, uint32_t block, const struct way *w)
{
	const struct block *b = &x->blocks->list[block];
	struct flow_state s;

	unpack(&x->live[block], w->fact, &s);
	for (uint32_t at = b->start; at <= b->last; at = blocks_next(x->f, at)) {
		const struct linked_insn *n = &x->f->insns[at];

		if (n->stop || !is_reached(x, at))
			return;
		if (n->ref_kind == REF_CALL) {
			flow_call(x, b, &s);
			return;
		}
		flow_step(x, at, &s);
	}
	leave(x, b, &s);
}

static void follow_all(struct flow *x)
{
	struct flow_state start;

	memset(&start, 0, sizeof(start));
	start.reg[1] = provenance_place(x->p, PLACE_CONTEXT, 0, -1, 0);
	start.reg[10] = provenance_place(x->p, PLACE_STACK, 0, -1, 0);
	arrive(x, x->f->count ? 0 : BLOCK_NONE, &start);
	while (x->changed && !x->failed && !x->p->failed && !x->crowded) {
		x->changed = false;
		for (uint32_t i = 0; i < x->blocks->count; i++)
			for (struct way *w = x->ways[i]; w && !x->crowded; w = w->next) {
				if (!w->dirty)
					continue;
				w->dirty = false;
				follow(x, i, w);
			}
	}
}

static void forget_ways(struct flow *x)
{
	arena_free(&x->arena);
	memset(x->ways, 0, x->blocks->count * sizeof(*x->ways));
	memset(x->outcomes, 0, x->f->func_count * sizeof(*x->outcomes));
}

/* Ways that differ in the places of values each for itself; false when they are too many. */
static bool follow_apart(struct flow *x)
{
	size_t count = x->r->count;
	bool lost = x->r->lost, lost_before = x->p->lost;

	/* What comes to a way later comes from elsewhere, but goes the same way. */
	x->apart = x->noting = true;
	follow_all(x);
	x->apart = x->noting = false;
	reads_merge(x->r, count);
	if (!x->crowded)
		return true;
	x->crowded = false;
	x->r->count = count;
	x->r->lost = lost;
	x->p->lost = lost_before;
	forget_ways(x);
	return false;
}

/* All that meet at one place as one. */
static void follow_joined(struct flow *x)
{
	size_t count = x->r->count;

	follow_all(x);
	x->noting = x->found = true;
	for (uint32_t i = 0; i < x->blocks->count && !x->failed; i++)
		if (x->ways[i])
			follow(x, i, x->ways[i]);
	reads_merge(x->r, count);
}

static bool start(struct flow *x)
{
	x->blocks = blocks_new(x->f);
	if (!x->blocks)
		return false;
	x->live = live_new(x->f, x->blocks);
	x->ways = calloc(x->blocks->count + 1, sizeof(*x->ways));
	x->outcomes = calloc(x->f->func_count + 1, sizeof(*x->outcomes));
	return x->live && x->ways && x->outcomes;
}

int flow_run(const struct flow_ask *ask, struct reads *r, struct err *e)
{
	struct flow x = {.ask = ask, .f = r->linked, .r = r, .p = &r->provenance};

	if (!start(&x))
		x.failed = true;
	else if (!follow_apart(&x))
		follow_joined(&x);
	arena_free(&x.arena);
	free(x.ways);
	free(x.outcomes);
	free(x.live);
	free(x.blocks);
	r->lost |= x.p->lost;
	return x.failed || x.p->failed ? err_memory(e, r->linked->object->path) : 0;
}
