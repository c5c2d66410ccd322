/*
 * constants: see constants.h. What is known is propagated from where paths meet to where they meet
 * next, twice: both ways of every branch, and then only those that are taken. Where paths meet
 * again behind a branch of which only one way is taken, what either side writes, and the first time
 * was not known, was chosen by that branch, and comes from its relocations too.
 */
#include "dataflow/constants.h"

#include <stdlib.h>
#include <string.h>

#include "verify/scalar.h"

enum {
	FRAME_POINTER = 10,
	REGS = 10,
	SPILLS_MOST = 32, /* places of the stack that are followed */
	CELLS_MOST = REGS + SPILLS_MOST,
	/* In a function with more meeting points only registers are: a bound on memory. */
	SPILLS_MEETINGS_MOST = 16384,
	SPILL_UNIT = 4,
	MEMORY = REGS, /* of the counts of writes: a place of the stack */
	COUNTS
};

enum fact_kind { FACT_NONE, FACT_NUMBER, FACT_STACK };

/* What is known of a cell: a register, or a place of the stack. */
struct fact {
	uint64_t number; /* or the place on the stack, from the frame pointer */
	uint8_t kind;
	uint8_t size; /* of a place of the stack: bytes that were stored */
	struct relo_set by;
};

struct meeting {
	struct fact *in;        /* NULL until it is reached */
	uint64_t always;        /* cells that were known the first time */
	uint64_t chosen;        /* cells that branches which meet here have written, and */
	struct relo_set choice; /* what these come from */
	bool queued;
};

struct passes {
	const struct linked *f;
	const struct graph *w;
	struct abilities abilities;
	unsigned cells;
	int64_t place[CELLS_MOST]; /* of spills: bytes from the frame pointer */
	uint32_t *meeting_of;      /* by node: into meetings, GRAPH_NONE for none */
	struct meeting *meetings;
	uint32_t *node_of; /* by meeting */
	uint32_t meeting_count;
	uint32_t *queue; /* a ring of meeting_count */
	uint32_t head, waiting;
	bool pruned;              /* the second time */
	uint32_t *writes[COUNTS]; /* by place in the order of the graph: writes before it */
	struct decision *decisions;
};

/* sources */

static bool sources_add(struct relo_set *s, const struct relo_set *more)
{
	struct relo_set old = *s;
	uint32_t i = 0, k = 0;

	s->count = 0;
	while (s->count < RELO_SET_MOST && (i < old.count || k < more->count)) {
		uint32_t a = i < old.count ? old.relo[i] : UINT32_MAX;
		uint32_t b = k < more->count ? more->relo[k] : UINT32_MAX;

		s->relo[s->count++] = a < b ? a : b;
		i += a <= b;
		k += b <= a;
	}
	return s->count != old.count || memcmp(s->relo, old.relo, s->count * sizeof(*s->relo)) != 0;
}

static void sources_add_relo(struct relo_set *s, int32_t relo)
{
	struct relo_set one = {1, {(uint32_t)relo}};

	if (relo >= 0)
		sources_add(s, &one);
}

/* one instruction */

static void forget(struct fact *x)
{
	*x = (struct fact){.kind = FACT_NONE};
}

static struct fact known(uint64_t number)
{
	return (struct fact){.kind = FACT_NUMBER, .number = number};
}

static struct fact reg(const struct fact *in, unsigned r)
{
	struct fact frame = {.kind = FACT_STACK};

	return r == FRAME_POINTER ? frame : r < REGS ? in[r] : (struct fact){.kind = FACT_NONE};
}

/* A number of the verifier's arithmetic, when it is one number. */
static void take(struct fact *dst, const struct scalar *s)
{
	if (scalar_is_known(s))
		dst->number = s->bits.value;
	else
		forget(dst);
}

static void move(const struct passes *p, struct fact *dst, struct fact src, struct insn in)
{
	bool wide = BPF_CLASS(in.code) == BPF_ALU64;
	struct scalar s = scalar_known(src.number);

	*dst = src;
	if (src.kind == FACT_NONE || (wide && in.off == 0))
		return;
	if (src.kind == FACT_STACK ||
	    (in.off != 0 && in.off != 8 && in.off != 16 && in.off != 32)) {
		forget(dst);
		return;
	}
	if (in.off)
		scalar_extend(&s, (unsigned)in.off / 8, &p->abilities);
	if (!wide)
		scalar_cut(&s, 4, &p->abilities);
	take(dst, &s);
}

static void calculate(const struct passes *p, struct fact *dst, const struct fact *src,
		      struct insn in)
{
	bool wide = BPF_CLASS(in.code) == BPF_ALU64;
	uint8_t op = BPF_OP(in.code);
	struct scalar s = scalar_known(dst->number);

	if (dst->kind == FACT_STACK && src->kind == FACT_NUMBER && wide && op == ALU_ADD) {
		dst->number += src->number;
		return;
	}
	if (dst->kind != FACT_NUMBER || src->kind != FACT_NUMBER || op == ALU_END) {
		forget(dst);
		return;
	}
	sources_add(&dst->by, &src->by);
	scalar_alu(&s, scalar_known(src->number), op, wide, in.off == 1, &p->abilities);
	take(dst, &s);
}

static void do_alu(const struct passes *p, struct fact *cell, const struct linked_insn *n)
{
	struct insn in = n->in;
	bool wide = BPF_CLASS(in.code) == BPF_ALU64;
	struct fact src = known(wide ? (uint64_t)(int64_t)in.imm : (uint32_t)in.imm), *dst;

	if (in.dst >= REGS)
		return;
	dst = &cell[in.dst];
	if ((in.code & BPF_X) && BPF_OP(in.code) != ALU_END && BPF_OP(in.code) != ALU_NEG)
		src = reg(cell, in.src);
	if (BPF_OP(in.code) == ALU_MOV)
		move(p, dst, src, in);
	else
		calculate(p, dst, &src, in);
	if (n->stop)
		forget(dst);
	if (dst->kind == FACT_NUMBER)
		sources_add_relo(&dst->by, n->relo);
}

static void do_immediate(const struct passes *p, struct fact *cell, uint32_t at)
{
	const struct linked_insn *n = &p->f->insns[at];
	uint32_t high = at + 1 < p->f->count ? (uint32_t)n[1].in.imm : 0;

	if (n->in.dst >= REGS)
		return;
	forget(&cell[n->in.dst]);
	if (n->ref_kind != LINKED_NONE || n->in.src || n->stop)
		return;
	cell[n->in.dst] = known((uint64_t)high << 32 | (uint32_t)n->in.imm);
	sources_add_relo(&cell[n->in.dst].by, n->relo);
}

/* The spill at that place of the stack; CELLS_MOST for none that is followed. */
static unsigned spill_at(const struct passes *p, int64_t place)
{
	unsigned c = REGS;

	while (c < p->cells && p->place[c] != place)
		c++;
	return c < p->cells ? c : CELLS_MOST;
}

/* Forgets what lies between two places of the stack. */
static void forget_stack(const struct passes *p, struct fact *cell, int64_t from, int64_t to)
{
	for (unsigned c = REGS; c < p->cells; c++)
		if (p->place[c] < to && p->place[c] + cell[c].size > from)
			forget(&cell[c]);
}

static void do_load(const struct passes *p, struct fact *cell, const struct linked_insn *n)
{
	struct insn in = n->in;
	struct fact from = reg(cell, in.src);
	unsigned c = CELLS_MOST;

	if (in.dst >= REGS)
		return;
	if (from.kind == FACT_STACK && BPF_MODE(in.code) == BPF_MEM && !n->stop)
		c = spill_at(p, (int64_t)from.number + in.off);
	if (c < CELLS_MOST && cell[c].size == insn_bytes(in.code))
		cell[in.dst] = cell[c];
	else
		forget(&cell[in.dst]);
}

static void do_store(const struct passes *p, struct fact *cell, const struct linked_insn *n)
{
	struct insn in = n->in;
	struct fact to = reg(cell, in.dst), what = known((uint64_t)(int64_t)in.imm);
	int64_t place = (int64_t)to.number + in.off;
	unsigned size = insn_bytes(in.code), c;

	if (BPF_CLASS(in.code) == BPF_STX)
		what = reg(cell, in.src);
	if (to.kind == FACT_STACK)
		forget_stack(p, cell, place, place + size);
	if (BPF_MODE(in.code) == BPF_ATOMIC && BPF_CLASS(in.code) == BPF_STX) {
		forget(&cell[0]);
		if (in.src < REGS)
			forget(&cell[in.src]);
		return;
	}
	c = to.kind == FACT_STACK && BPF_MODE(in.code) == BPF_MEM ? spill_at(p, place) : CELLS_MOST;
	if (c == CELLS_MOST || what.kind == FACT_NONE || (what.kind == FACT_STACK && size < 8))
		return;
	if (size < 8)
		what.number &= (1ull << 8 * size) - 1;
	what.size = (uint8_t)size;
	cell[c] = what;
}

/* A function may write what it is given the address of: up to the size that the next argument says,
 * or all above. */
static void do_call(const struct passes *p, struct fact *cell)
{
	for (unsigned i = 1; i <= 5; i++) {
		int64_t place, end = 0;

		if (cell[i].kind != FACT_STACK)
			continue;
		place = (int64_t)cell[i].number;
		if (i < 5 && cell[i + 1].kind == FACT_NUMBER && cell[i + 1].number <= INT16_MAX)
			end = place + (int64_t)cell[i + 1].number;
		forget_stack(p, cell, place, end);
	}
	for (unsigned i = 0; i <= 5; i++)
		forget(&cell[i]);
}

static void do_insn(const struct passes *p, struct fact *cell, uint32_t at)
{
	const struct linked_insn *n = &p->f->insns[at];

	switch (BPF_CLASS(n->in.code)) {
	case BPF_ALU:
	case BPF_ALU64: do_alu(p, cell, n); break;
	case BPF_LD:
		if (n->in.code == BPF_LDIMM64)
			do_immediate(p, cell, at);
		else
			do_call(p, cell);
		break;
	case BPF_LDX: do_load(p, cell, n); break;
	case BPF_ST:
	case BPF_STX: do_store(p, cell, n); break;
	default:
		if (BPF_CLASS(n->in.code) == BPF_JMP && BPF_OP(n->in.code) == JUMP_CALL)
			do_call(p, cell);
	}
}

/* branches */

static struct decision decide(const struct passes *p, const struct fact *cell, struct insn in)
{
	bool wide = BPF_CLASS(in.code) == BPF_JMP;
	struct fact a = reg(cell, in.dst), b = known((uint64_t)(int64_t)in.imm);
	struct decision d = {.reached = true};
	struct scalar x, y;
	int holds;

	if (in.code & BPF_X)
		b = reg(cell, in.src);
	if (a.kind != FACT_NUMBER || b.kind != FACT_NUMBER || BPF_OP(in.code) == JUMP_MAY)
		return d;
	x = scalar_known(a.number);
	y = scalar_known(b.number);
	holds = scalar_holds(&x, &y, BPF_OP(in.code), wide, &p->abilities);
	if (holds < 0)
		return d;
	d.decided = true;
	d.jumps = holds;
	d.by = a.by;
	sources_add(&d.by, &b.by);
	return d;
}

static void enqueue(struct passes *p, uint32_t meeting)
{
	uint32_t at;

	if (p->meetings[meeting].queued)
		return;
	p->meetings[meeting].queued = true;
	at = p->head + p->waiting++;
	p->queue[at < p->meeting_count ? at : at - p->meeting_count] = meeting;
}

/* Which cells are written behind a branch and before its paths meet. */
static uint64_t written(const struct passes *p, uint32_t at, uint32_t meet)
{
	const struct graph *w = p->w;
	bool inside = w->first[meet] != GRAPH_NONE && w->first[meet] > w->first[at] &&
		      w->first[meet] <= w->last[at];
	uint64_t cells = 0;

	for (unsigned k = 0; k < COUNTS; k++) {
		const uint32_t *n = p->writes[k];
		uint32_t count = n[w->last[at] + 1] - n[w->first[at]];

		if (inside)
			count -= n[w->last[meet] + 1] - n[w->first[meet]];
		if (count)
			cells |= k < MEMORY ? 1ull << k : ~0ull << REGS;
	}
	return cells;
}

/* Notes where the paths meet again of a branch of which one way is taken. */
static void note_choice(struct passes *p, uint32_t at, const struct relo_set *by)
{
	uint32_t meet = p->w->meeting[at];
	struct meeting *m;
	uint64_t cells;
	bool news;

	if (meet == GRAPH_NONE || p->meeting_of[meet] == GRAPH_NONE || !by->count)
		return;
	m = &p->meetings[p->meeting_of[meet]];
	cells = m->chosen | written(p, at, meet);
	news = cells != m->chosen;
	m->chosen = cells;
	if ((sources_add(&m->choice, by) || news) && m->in)
		enqueue(p, p->meeting_of[meet]);
}

static bool fact_same(const struct fact *a, const struct fact *b)
{
	return a->kind == b->kind && a->number == b->number && a->size == b->size;
}

/* Lets a path with these facts come to a node. */
static int arrive(struct passes *p, uint32_t node, const struct fact *cell)
{
	struct meeting *m;
	bool news = false;

	if (node >= p->w->count)
		return 0;
	m = &p->meetings[p->meeting_of[node]];
	if (!m->in) {
		m->in = malloc(p->cells * sizeof(*m->in));
		if (!m->in)
			return -1;
		memcpy(m->in, cell, p->cells * sizeof(*m->in));
		enqueue(p, p->meeting_of[node]);
		return 0;
	}
	for (unsigned c = 0; c < p->cells; c++) {
		struct fact *x = &m->in[c];

		if (x->kind == FACT_NONE)
			continue;
		if (fact_same(x, &cell[c])) {
			news = sources_add(&x->by, &cell[c].by) || news;
			continue;
		}
		forget(x);
		news = true;
	}
	if (news)
		enqueue(p, p->meeting_of[node]);
	return 0;
}

static bool is_branch(struct insn in)
{
	return insn_leads_away(in) && insn_falls_through(in);
}

/* Goes on behind a branch, and says what is known of it. */
static int leave_branch(struct passes *p, uint32_t at, const struct fact *cell)
{
	struct decision d = decide(p, cell, p->f->insns[at].in), *old = &p->decisions[at];
	bool one_way = p->pruned && d.decided;
	uint32_t falls, jumps;

	graph_ways_of(p->f, at, &falls, &jumps);
	if (!p->pruned)
		d.reached = false;
	*old = d;
	if (one_way)
		note_choice(p, at, &d.by);
	if ((!one_way || !d.jumps) && arrive(p, falls, cell) < 0)
		return -1;
	return !one_way || d.jumps ? arrive(p, jumps, cell) : 0;
}

/* From a meeting point to the next ones. */
static int run(struct passes *p, uint32_t meeting, struct fact *cell)
{
	struct meeting *m = &p->meetings[meeting];
	uint32_t at = p->node_of[meeting], next, jumps;

	m->queued = false;
	memcpy(cell, m->in, p->cells * sizeof(*cell));
	for (unsigned c = 0; c < p->cells; c++) {
		bool is_known = cell[c].kind == FACT_NUMBER;

		if (!p->pruned)
			m->always = (m->always & ~(1ull << c)) | (uint64_t)is_known << c;
		else if (is_known && (m->chosen & ~m->always) >> c & 1)
			sources_add(&cell[c].by, &m->choice);
	}
	for (;; at = next) {
		if (is_branch(p->f->insns[at].in))
			return leave_branch(p, at, cell);
		do_insn(p, cell, at);
		graph_ways_of(p->f, at, &next, &jumps);
		if (next == GRAPH_NONE)
			next = jumps;
		if (next >= p->w->count)
			return 0;
		if (p->meeting_of[next] != GRAPH_NONE)
			return arrive(p, next, cell);
	}
}

static int run_all(struct passes *p, bool pruned)
{
	struct fact cell[CELLS_MOST];

	p->pruned = pruned;
	for (uint32_t i = 0; i < p->meeting_count; i++) {
		free(p->meetings[i].in);
		p->meetings[i].in = NULL;
	}
	for (unsigned c = 0; c < CELLS_MOST; c++)
		forget(&cell[c]);
	if (arrive(p, 0, cell) < 0)
		return -1;
	while (p->waiting) {
		uint32_t meeting = p->queue[p->head];

		p->head = p->head + 1 < p->meeting_count ? p->head + 1 : 0;
		p->waiting--;
		if (run(p, meeting, cell) < 0)
			return -1;
	}
	return 0;
}

/* preparing */

static bool is_meeting(const struct passes *p, uint32_t node)
{
	const struct graph *w = p->w;
	unsigned ways = node == 0;

	for (uint32_t i = w->before.start[node]; i < w->before.start[node + 1] && ways < 2; i++)
		if (w->first[w->before.to[i]] != GRAPH_NONE)
			ways += is_branch(p->f->insns[w->before.to[i]].in) ? 2 : 1;
	return ways > 1 || node == 0;
}

static void find_spills(struct passes *p)
{
	p->cells = REGS;
	for (uint32_t i = 0; i < p->w->count && p->cells < CELLS_MOST; i++) {
		struct insn in = p->f->insns[i].in;

		if (BPF_CLASS(in.code) != BPF_LDX || in.src != FRAME_POINTER ||
		    in.off % SPILL_UNIT != 0 || spill_at(p, in.off) < CELLS_MOST)
			continue;
		p->place[p->cells++] = in.off;
	}
}

static void count_writes(struct passes *p)
{
	const struct graph *w = p->w;

	for (uint32_t at = 0; at < w->count; at++) {
		struct insn in = p->f->insns[at].in;
		uint8_t class = BPF_CLASS(in.code);
		uint32_t place = w->first[at] + 1;
		bool call = class == BPF_JMP && BPF_OP(in.code) == JUMP_CALL;
		bool writes =
		    class == BPF_ALU || class == BPF_ALU64 || class == BPF_LD || class == BPF_LDX;

		if (w->first[at] == GRAPH_NONE)
			continue;
		if (writes && in.dst < REGS)
			p->writes[in.dst][place]++;
		for (unsigned r = 0; call && r <= 5; r++)
			p->writes[r][place]++;
		if (call || class == BPF_ST || class == BPF_STX)
			p->writes[MEMORY][place]++;
	}
	for (unsigned k = 0; k < COUNTS; k++)
		for (uint32_t i = 0; i <= w->count; i++)
			p->writes[k][i + 1] += p->writes[k][i];
}

static int prepare(struct passes *p)
{
	uint32_t count = p->w->count;

	p->meeting_of = malloc((count + 1) * sizeof(*p->meeting_of));
	p->decisions = calloc((size_t)count + 1, sizeof(*p->decisions));
	if (!p->meeting_of || !p->decisions)
		return -1;
	p->meeting_of[count] = GRAPH_NONE;
	for (uint32_t i = 0; i < count; i++)
		p->meeting_of[i] = is_meeting(p, i) ? p->meeting_count++ : GRAPH_NONE;
	p->meetings = calloc((size_t)p->meeting_count + 1, sizeof(*p->meetings));
	p->queue = malloc(((size_t)p->meeting_count + 1) * sizeof(*p->queue));
	p->node_of = malloc(((size_t)p->meeting_count + 1) * sizeof(*p->node_of));
	for (unsigned k = 0; k < COUNTS; k++) {
		p->writes[k] = calloc((size_t)count + 2, sizeof(*p->writes[k]));
		if (!p->writes[k])
			return -1;
	}
	if (!p->meetings || !p->queue || !p->node_of)
		return -1;
	for (uint32_t i = 0; i < count; i++)
		if (p->meeting_of[i] != GRAPH_NONE)
			p->node_of[p->meeting_of[i]] = i;
	p->cells = REGS;
	if (p->meeting_count <= SPILLS_MEETINGS_MOST)
		find_spills(p);
	count_writes(p);
	return 0;
}

struct decision *constants_decide(const struct linked *f, const struct graph *w)
{
	struct passes p = {.f = f, .w = w};
	int rc = prepare(&p);

	releases_newest(&p.abilities);
	if (rc == 0 && w->count)
		rc = run_all(&p, false) < 0 ? -1 : run_all(&p, true);
	for (uint32_t i = 0; p.meetings && i < p.meeting_count; i++)
		free(p.meetings[i].in);
	for (unsigned k = 0; k < COUNTS; k++)
		free(p.writes[k]);
	free(p.meetings);
	free(p.meeting_of);
	free(p.node_of);
	free(p.queue);
	if (rc == 0)
		return p.decisions;
	free(p.decisions);
	return NULL;
}
