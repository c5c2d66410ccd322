/* reach: from the walk to the verdict, and what explains it; see reach.h. */
#include "study/reach.h"

#include <stdlib.h>
#include <string.h>

#include "study/rules.h"

static const char *const names[] = {
    [VERDICT_LOADS] = "loads", [VERDICT_GUARDED] = "guarded", [VERDICT_REJECTED] = "rejected",
    [VERDICT_ERROR] = "error", [VERDICT_UNKNOWN] = "unknown",
};

const char *verdict_name(enum verdict_kind kind)
{
	return names[kind];
}

static int32_t hit_of(const struct walk *w, uint32_t at)
{
	for (size_t i = 0; w && i < w->hit_count; i++)
		if (w->hits[i].at == at)
			return (int32_t)i;
	return FLAT_NONE;
}

static int by_order(const void *x, const void *y)
{
	const struct failure *a = x, *b = y;

	if ((a->hit < 0) != (b->hit < 0))
		return a->hit < 0 ? 1 : -1;
	if (a->hit != b->hit)
		return a->hit < b->hit ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

/* Collects what failed, in the order of instructions. */
static int list_failures(struct verdict *v, const struct resolution *r, struct err *e)
{
	const struct flat *f = v->flat;
	size_t n = 0;

	v->failures = calloc(f->failed + f->refused + 1, sizeof(*v->failures));
	if (!v->failures)
		return err_memory(e, f->object->path);
	for (uint32_t at = 0; at < f->count; at++) {
		int32_t relo = f->insns[at].relo;

		if (relo < 0 || (at && f->insns[at - 1].relo == relo))
			continue;
		v->relocations++;
		if (r->results[relo].status == STATUS_OK || n == f->failed + f->refused)
			continue;
		v->failures[n++] = (struct failure){
		    .relo = (uint32_t)relo,
		    .at = at,
		    .refused = r->results[relo].status == STATUS_ERROR,
		    .hit = FLAT_NONE,
		    .guard = FLAT_NONE,
		};
	}
	v->failed = n;
	return 0;
}

/* Guards: backwards from what is not reached, over what is not reached either, to the nearest
 * instruction that is. */

/* A way from one instruction to another. */
struct edge {
	uint32_t from, to;
	bool jump;
};

struct search {
	const struct flat *f;
	const struct walk *w;
	struct edge *edges; /* ordered by to, then from */
	size_t edge_count;
	uint32_t *queue;
	bool *queued;
	size_t head, tail;
};

static void add_edge(struct search *s, uint32_t from, int64_t to, bool jump)
{
	if (to >= 0 && to < (int64_t)s->f->count)
		s->edges[s->edge_count++] = (struct edge){from, (uint32_t)to, jump};
}

/* At most two for each instruction. */
static void add_edges(struct search *s, uint32_t from)
{
	const struct flat_insn *n = &s->f->insns[from];
	uint8_t class = BPF_CLASS(n->in.code), op = BPF_OP(n->in.code);
	bool jumps = class == BPF_JMP || class == BPF_JMP32;
	int64_t next = (int64_t)from + 1;

	/* As if it were mended: a path that ends here says nothing of what follows. */
	if (n->poison) {
		add_edge(s, from, next, false);
		return;
	}
	if (n->ref_kind == REF_CALL || n->ref_kind == REF_FUNC)
		add_edge(s, from, s->f->funcs[n->target].start, true);
	else if (n->in.code == (BPF_JMP32 | JUMP_ALWAYS))
		add_edge(s, from, next + n->in.imm, true);
	else if (jumps && op != JUMP_CALL && op != JUMP_EXIT)
		add_edge(s, from, next + n->in.off, true);
	if (n->in.code == BPF_LDIMM64)
		next++;
	if (!jumps || (op != JUMP_ALWAYS && op != JUMP_EXIT))
		add_edge(s, from, next, false);
}

static int edge_order(const void *x, const void *y)
{
	const struct edge *a = x, *b = y;

	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return (a->from > b->from) - (a->from < b->from);
}

static size_t first_edge(const struct search *s, uint32_t to)
{
	size_t low = 0, high = s->edge_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->edges[mid].to < to)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void enqueue(struct search *s, uint32_t at)
{
	if (s->queued[at])
		return;
	s->queued[at] = true;
	s->queue[s->tail++] = at;
}

/* Whether what is at x is out of reach for all of the program's own reasons, not only because a
 * path to it ends at another access that failed. */
static bool find_guard(struct search *s, struct failure *x)
{
	memset(s->queued, 0, s->f->count * sizeof(*s->queued));
	s->head = s->tail = 0;
	enqueue(s, x->at);
	while (s->head < s->tail) {
		uint32_t to = s->queue[s->head++];

		for (size_t i = first_edge(s, to); i < s->edge_count && s->edges[i].to == to; i++) {
			const struct edge *way = &s->edges[i];
			const struct trace *t = &s->w->traces[way->from];

			if (!t->reached) {
				enqueue(s, way->from);
			} else if (s->f->insns[way->from].poison) {
				x->guard = FLAT_NONE;
				return false;
			} else if (x->guard < 0 && t->fell != t->jumped &&
				   (way->jump ? t->fell : t->jumped)) {
				x->guard = (int32_t)way->from;
				x->guard_origin = t->origin;
			}
		}
	}
	return true;
}

static int prepare(struct search *s)
{
	size_t n = s->f->count;

	s->queue = calloc(n + 1, sizeof(*s->queue));
	s->queued = calloc(n + 1, sizeof(*s->queued));
	s->edges = calloc(2 * n + 1, sizeof(*s->edges));
	if (!s->queue || !s->queued || !s->edges)
		return -1;
	for (uint32_t at = 0; at < n; at++)
		add_edges(s, at);
	qsort(s->edges, s->edge_count, sizeof(*s->edges), edge_order);
	return 0;
}

static int explain(struct verdict *v, struct err *e)
{
	struct search s = {.f = v->flat, .w = v->walk};
	int rc = 0;

	if (prepare(&s) < 0)
		rc = err_memory(e, v->flat->object->path);
	for (size_t i = 0; i < v->failed && rc == 0; i++) {
		struct failure *x = &v->failures[i];

		x->hit = hit_of(v->walk, x->at);
		if (x->hit < 0)
			x->guarded = find_guard(&s, x) && v->walk->end == WALK_DONE;
	}
	free(s.queue);
	free(s.queued);
	free(s.edges);
	return rc;
}

static void judge(struct verdict *v)
{
	if (v->walk->hit_count)
		v->kind = VERDICT_REJECTED;
	else if (v->walk->end == WALK_DONE)
		v->kind = VERDICT_GUARDED;
	else
		v->kind = VERDICT_UNKNOWN;
	v->why = v->walk->why;
}

/* A kernel of unknown release: what the oldest rejects, the newest may not. */
static int judge_newest(struct verdict *v, const struct externs *x, struct err *e)
{
	struct rules newest;
	struct walk *w;

	rules_newest(&newest);
	if (walk_new(v->flat, x, &newest, &w, e) < 0)
		return -1;
	if (!w->hit_count) {
		v->kind = VERDICT_UNKNOWN;
		v->why = "it depends on the kernel's release, which is not known";
	}
	walk_free(w);
	return 0;
}

static int run(struct verdict *v, const struct resolution *r, const struct externs *x,
	       const char *release, struct err *e)
{
	struct rules rules;
	bool known = rules_of(release, &rules);

	if (list_failures(v, r, e) < 0)
		return -1;
	if (v->flat->refused)
		v->kind = VERDICT_ERROR;
	if (v->flat->refused || !v->flat->failed)
		return 0;
	if (walk_new(v->flat, x, &rules, &v->walk, e) < 0)
		return -1;
	v->walk->rules = NULL;
	judge(v);
	if (!known && v->kind == VERDICT_REJECTED && judge_newest(v, x, e) < 0)
		return -1;
	if (explain(v, e) < 0)
		return -1;
	qsort(v->failures, v->failed, sizeof(*v->failures), by_order);
	return 0;
}

int verdict_new(const struct resolution *r, const struct externs *x, uint32_t entry,
		const char *release, struct verdict **out, struct err *e)
{
	struct verdict *v = calloc(1, sizeof(*v));
	int rc;

	if (!v)
		return err_memory(e, r->object->path);
	rc = flat_new(r, x->links, entry, &v->flat, e);
	if (rc == 0)
		rc = run(v, r, x, release, e);
	if (rc < 0)
		verdict_free(v);
	else
		*out = v;
	return rc;
}

void verdict_free(struct verdict *v)
{
	if (!v)
		return;
	flat_free(v->flat);
	walk_free(v->walk);
	free(v->failures);
	free(v);
}

int verdict_path(const struct verdict *v, const struct failure *f, uint32_t **insns, size_t *count,
		 struct err *e)
{
	const struct walk *w = v->walk;
	const struct hit *h = &w->hits[f->hit];
	size_t steps = 0, n = 0, cap = 0;
	uint32_t *chain, *list = NULL, at = h->entry;
	int rc = 0;

	for (uint32_t i = h->path; i; i = w->steps[i].parent)
		steps++;
	chain = calloc(steps + 1, sizeof(*chain));
	if (!chain)
		return err_memory(e, v->flat->object->path);
	for (uint32_t i = h->path, k = (uint32_t)steps; i; i = w->steps[i].parent)
		chain[--k] = i;
	for (size_t i = 0; i <= steps && rc == 0; i++) {
		uint32_t last = i < steps ? w->steps[chain[i]].from : h->at;

		for (; at <= last && rc == 0; at++) {
			uint32_t *more = array_grow(list, &cap, n, sizeof(*more));

			if (!more) {
				rc = err_memory(e, v->flat->object->path);
				break;
			}
			list = more;
			list[n++] = at;
			if (v->flat->insns[at].in.code == BPF_LDIMM64)
				at++;
		}
		if (i < steps)
			at = w->steps[chain[i]].to;
	}
	free(chain);
	if (rc < 0) {
		free(list);
		return -1;
	}
	*insns = list;
	*count = n;
	return 0;
}
