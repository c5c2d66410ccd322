/* guards: see guards.h. */
#include "verify/guards.h"

#include <stdlib.h>

/* What is not reached lies behind a border of instructions that are: branches that always
 * go the other way, and accesses that failed, at which paths end. One sweep over what is not
 * reached finds what lies behind an access that failed, and a second, nearest first, the branch
 * that is nearest to each instruction: with n instructions, n steps for however many
 * failures. */

/* A way from one instruction to another. */
struct edge {
	uint32_t from, to;
	bool jump;
};

/* What is known of an instruction that is not reached. */
struct behind {
	bool open;     /* a path would come here if accesses that failed were mended */
	int32_t far;   /* instructions between it and its guard; LINKED_NONE when it has none */
	int32_t guard; /* the branch that is nearest */
};

struct guard_search {
	const struct linked *f;
	const struct walk *w;
	struct edge *edges; /* ordered by to, then from */
	uint32_t *ends;     /* by instruction: behind the last edge to it */
	size_t edge_count;
	struct behind *behind; /* by instruction */
	int32_t *hit_at;       /* likewise: into the walk's hits, LINKED_NONE for none */
	uint32_t *queue;
	size_t head, tail;
};

static size_t add_way(const struct linked *f, struct edge *out, size_t n, uint32_t from, int64_t to,
		      bool jump)
{
	if (to < 0 || to >= (int64_t)f->count)
		return n;
	out[n] = (struct edge){from, (uint32_t)to, jump};
	return n + 1;
}

/* Writes the ways from an instruction and returns how many, at most two. */
static size_t ways_from(const struct linked *f, uint32_t from, struct edge out[2])
{
	const struct linked_insn *n = &f->insns[from];
	int64_t next = (int64_t)from + 1;
	size_t count = 0;

	/* As if it were mended: a path that ends here says nothing of what follows. */
	if (n->stop)
		return add_way(f, out, 0, from, next, false);
	if (n->ref_kind == REF_CALL || n->ref_kind == REF_FUNC)
		count = add_way(f, out, 0, from, f->funcs[n->target].start, true);
	else if (insn_leads_away(n->in))
		count = add_way(f, out, 0, from, insn_jump_target(n->in, from), true);
	if (n->in.code == BPF_LDIMM64)
		next++;
	if (insn_falls_through(n->in))
		count = add_way(f, out, count, from, next, false);
	return count;
}

/* Lists the edges by where they lead: those to an instruction end at ends[to]. */
static void list_edges(struct guard_search *s)
{
	uint32_t at = 0;
	struct edge out[2];

	for (uint32_t from = 0; from < s->f->count; from++)
		for (size_t n = ways_from(s->f, from, out); n-- > 0;)
			s->ends[out[n].to]++;
	for (uint32_t to = 0; to < s->f->count; to++) {
		uint32_t count = s->ends[to];

		s->ends[to] = at;
		at += count;
	}
	s->edge_count = at;
	for (uint32_t from = 0; from < s->f->count; from++) {
		size_t n = ways_from(s->f, from, out);

		for (size_t i = 0; i < n; i++)
			s->edges[s->ends[out[i].to]++] = out[i];
	}
}

static uint32_t first_edge(const struct guard_search *s, uint32_t to)
{
	return to ? s->ends[to - 1] : 0;
}

/* Opens what is not reached and follows an access that failed, or follows that. */
static void open_from(struct guard_search *s, uint32_t from)
{
	struct edge out[2];
	size_t n = ways_from(s->f, from, out);

	for (size_t i = 0; i < n; i++) {
		struct behind *b = &s->behind[out[i].to];

		if (s->w->traces[out[i].to].reached || b->open)
			continue;
		b->open = true;
		s->queue[s->tail++] = out[i].to;
	}
}

static void find_open(struct guard_search *s)
{
	s->head = s->tail = 0;
	for (uint32_t at = 0; at < s->f->count; at++)
		if (s->w->traces[at].stopped)
			open_from(s, at);
	while (s->head < s->tail)
		open_from(s, s->queue[s->head++]);
}

/* Whether the branch an edge starts at always goes its other way. */
static bool keeps_away(const struct guard_search *s, const struct edge *e)
{
	const struct trace *t = &s->w->traces[e->from];

	return t->reached && !t->stopped && t->fell != t->jumped && (e->jump ? t->fell : t->jumped);
}

/* The guard of an instruction is that of the first of those that are nearer to theirs. */
static void take_guard(struct guard_search *s, uint32_t at)
{
	struct behind *b = &s->behind[at];

	for (uint32_t i = first_edge(s, at); i < s->ends[at]; i++) {
		const struct behind *before = &s->behind[s->edges[i].from];

		if (before->far < 0 || before->far != b->far - 1)
			continue;
		b->guard = before->guard;
		return;
	}
}

static void put_behind(struct guard_search *s, uint32_t at, int32_t far)
{
	struct behind *b = &s->behind[at];

	if (s->w->traces[at].reached || b->far >= 0)
		return;
	b->far = far;
	s->queue[s->tail++] = at;
}

static void find_guards(struct guard_search *s)
{
	s->head = s->tail = 0;
	for (size_t i = 0; i < s->edge_count; i++) {
		const struct edge *e = &s->edges[i];

		if (s->behind[e->to].far >= 0 || !keeps_away(s, e))
			continue;
		put_behind(s, e->to, 0);
		s->behind[e->to].guard = (int32_t)e->from;
	}
	while (s->head < s->tail) {
		uint32_t at = s->queue[s->head++];
		struct edge out[2];
		size_t n = ways_from(s->f, at, out);

		if (s->behind[at].far > 0)
			take_guard(s, at);
		for (size_t i = 0; i < n; i++)
			put_behind(s, out[i].to, s->behind[at].far + 1);
	}
}

static int prepare(struct guard_search *s)
{
	size_t n = s->f->count;

	s->queue = calloc(n + 1, sizeof(*s->queue));
	s->behind = calloc(n + 1, sizeof(*s->behind));
	s->hit_at = calloc(n + 1, sizeof(*s->hit_at));
	s->edges = calloc(2 * n + 1, sizeof(*s->edges));
	s->ends = calloc(n + 1, sizeof(*s->ends));
	if (!s->queue || !s->behind || !s->hit_at || !s->edges || !s->ends)
		return -1;
	for (uint32_t at = 0; at < n; at++)
		s->behind[at].far = s->behind[at].guard = s->hit_at[at] = LINKED_NONE;
	for (size_t i = s->w->hit_count; i-- > 0;)
		s->hit_at[s->w->hits[i].at] = (int32_t)i;
	return 0;
}

/* What the walk came to needs no search. */
static bool has_unreached(const struct walk *w, const struct obstacles *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->list[i].stage == STAGE_WALK && !w->traces[o->list[i].at].stopped)
			return true;
	return false;
}

static void explain_one(const struct guard_search *s, struct obstacle *x)
{
	const struct behind *b = &s->behind[x->at];

	x->reached = KNOWN_NOT;
	if (x->doubtful && s->w->traces[x->at].reached)
		return;
	x->hit = s->hit_at[x->at];
	if (x->hit >= 0)
		x->reached = KNOWN_YES;
	if (x->hit >= 0 || b->open)
		return;
	if (s->w->end == WALK_DONE)
		x->reached = KNOWN_NO;
	x->guard = b->guard;
	if (b->guard >= 0)
		x->guard_origin = s->w->traces[b->guard].origin;
}

int guards_find(const struct linked *f, const struct walk *w, struct obstacles *o, struct err *e)
{
	struct guard_search s = {.f = f, .w = w};
	int rc = 0;

	if (prepare(&s) < 0) {
		rc = err_memory(e, f->object->path);
	} else {
		if (has_unreached(w, o)) {
			list_edges(&s);
			find_open(&s);
			find_guards(&s);
		}
		for (size_t i = 0; i < o->count; i++)
			if (o->list[i].stage == STAGE_WALK)
				explain_one(&s, &o->list[i]);
	}
	free(s.queue);
	free(s.behind);
	free(s.hit_at);
	free(s.edges);
	free(s.ends);
	return rc;
}

const char *guard_variable(const struct linked *f, const struct references *l, uint32_t origin)
{
	const struct elffile *c = f->object->elf;
	uint32_t kind = origin >> ORIGIN_SHIFT, number = origin & ((1u << ORIGIN_SHIFT) - 1);
	const struct linked_insn *n;

	if (kind == ORIGIN_EXTERN && number < l->extern_count)
		return l->externs[number].name;
	if (kind != ORIGIN_DATA || number >= f->count)
		return NULL;
	n = &f->insns[number];
	for (size_t i = 0; i < c->symbol_count; i++) {
		const struct symbol *s = &c->symbols[i];

		if (s->section == n->target && s->size && n->offset >= 0 &&
		    (uint64_t)n->offset >= s->value && (uint64_t)n->offset - s->value < s->size)
			return s->name;
	}
	return NULL;
}
