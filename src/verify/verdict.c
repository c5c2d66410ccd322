/* verdict: from the walk to the verdict, and what explains it; see verdict.h. */
#include "verify/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "verify/releases.h"

static const char *const names[] = {
    [VERDICT_LOADS] = "loads", [VERDICT_GUARDED] = "guarded", [VERDICT_REJECTED] = "rejected",
    [VERDICT_ERROR] = "error", [VERDICT_UNKNOWN] = "unknown",
};

const char *verdict_name(enum verdict_kind kind)
{
	return names[kind];
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
	const struct linked *f = v->linked;
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
		    .hit = LINKED_NONE,
		    .guard = LINKED_NONE,
		};
	}
	v->failed = n;
	return 0;
}

/* Guards. What is not reached lies behind a border of instructions that are: branches that always
 * go the other way, and accesses that failed, at which paths end. One sweep over what is not
 * reached finds what lies behind an access that failed, and a second, nearest first, the branch
 * that is nearest to each instruction: with n instructions, n log n steps for however many
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

struct cause_search {
	const struct linked *f;
	const struct walk *w;
	struct edge *edges; /* ordered by to, then from */
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
	uint8_t class = BPF_CLASS(n->in.code), op = BPF_OP(n->in.code);
	bool jumps = class == BPF_JMP || class == BPF_JMP32;
	int64_t next = (int64_t)from + 1;
	size_t count = 0;

	/* As if it were mended: a path that ends here says nothing of what follows. */
	if (n->poison)
		return add_way(f, out, 0, from, next, false);
	if (n->ref_kind == REF_CALL || n->ref_kind == REF_FUNC)
		count = add_way(f, out, 0, from, f->funcs[n->target].start, true);
	else if (n->in.code == (BPF_JMP32 | JUMP_ALWAYS))
		count = add_way(f, out, 0, from, next + n->in.imm, true);
	else if (jumps && op != JUMP_CALL && op != JUMP_EXIT)
		count = add_way(f, out, 0, from, next + n->in.off, true);
	if (n->in.code == BPF_LDIMM64)
		next++;
	if (!jumps || (op != JUMP_ALWAYS && op != JUMP_EXIT))
		count = add_way(f, out, count, from, next, false);
	return count;
}

static int edge_order(const void *x, const void *y)
{
	const struct edge *a = x, *b = y;

	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return (a->from > b->from) - (a->from < b->from);
}

static size_t first_edge(const struct cause_search *s, uint32_t to)
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

/* Opens what is not reached and follows an access that failed, or follows that. */
static void open_from(struct cause_search *s, uint32_t from)
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

static void find_open(struct cause_search *s)
{
	s->head = s->tail = 0;
	for (uint32_t at = 0; at < s->f->count; at++)
		if (s->f->insns[at].poison && s->w->traces[at].reached)
			open_from(s, at);
	while (s->head < s->tail)
		open_from(s, s->queue[s->head++]);
}

/* Whether the branch an edge starts at always goes its other way. */
static bool keeps_away(const struct cause_search *s, const struct edge *e)
{
	const struct trace *t = &s->w->traces[e->from];

	return t->reached && !s->f->insns[e->from].poison && t->fell != t->jumped &&
	       (e->jump ? t->fell : t->jumped);
}

/* The guard of an instruction is that of the first of those that are nearer to theirs. */
static void take_guard(struct cause_search *s, uint32_t at)
{
	struct behind *b = &s->behind[at];

	for (size_t i = first_edge(s, at); i < s->edge_count && s->edges[i].to == at; i++) {
		const struct behind *before = &s->behind[s->edges[i].from];

		if (before->far < 0 || before->far != b->far - 1)
			continue;
		b->guard = before->guard;
		return;
	}
}

static void put_behind(struct cause_search *s, uint32_t at, int32_t far)
{
	struct behind *b = &s->behind[at];

	if (s->w->traces[at].reached || b->far >= 0)
		return;
	b->far = far;
	s->queue[s->tail++] = at;
}

static void find_guards(struct cause_search *s)
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

static int prepare(struct cause_search *s)
{
	size_t n = s->f->count;

	s->queue = calloc(n + 1, sizeof(*s->queue));
	s->behind = calloc(n + 1, sizeof(*s->behind));
	s->hit_at = calloc(n + 1, sizeof(*s->hit_at));
	s->edges = calloc(2 * n + 1, sizeof(*s->edges));
	if (!s->queue || !s->behind || !s->hit_at || !s->edges)
		return -1;
	for (uint32_t at = 0; at < n; at++) {
		s->behind[at].far = s->behind[at].guard = s->hit_at[at] = LINKED_NONE;
		s->edge_count += ways_from(s->f, at, &s->edges[s->edge_count]);
	}
	for (size_t i = s->w->hit_count; i-- > 0;)
		s->hit_at[s->w->hits[i].at] = (int32_t)i;
	qsort(s->edges, s->edge_count, sizeof(*s->edges), edge_order);
	return 0;
}

static void explain_one(const struct cause_search *s, struct failure *x)
{
	const struct behind *b = &s->behind[x->at];

	x->hit = s->hit_at[x->at];
	if (x->hit >= 0 || b->open)
		return;
	x->guarded = s->w->end == WALK_DONE;
	x->guard = b->guard;
	if (b->guard >= 0)
		x->guard_origin = s->w->traces[b->guard].origin;
}

static int explain(struct verdict *v, struct err *e)
{
	struct cause_search s = {.f = v->linked, .w = v->walk};
	int rc = 0;

	if (prepare(&s) < 0) {
		rc = err_memory(e, v->linked->object->path);
	} else {
		find_open(&s);
		find_guards(&s);
		for (size_t i = 0; i < v->failed; i++)
			explain_one(&s, &v->failures[i]);
	}
	free(s.queue);
	free(s.behind);
	free(s.hit_at);
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
	struct abilities newest;
	struct walk *w;

	releases_newest(&newest);
	if (walk_new(v->linked, x, &newest, &w, e) < 0)
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
	struct abilities abilities;
	bool known = releases_abilities(release, &abilities);

	if (list_failures(v, r, e) < 0)
		return -1;
	if (v->linked->refused)
		v->kind = VERDICT_ERROR;
	if (v->linked->refused || !v->linked->failed)
		return 0;
	if (walk_new(v->linked, x, &abilities, &v->walk, e) < 0)
		return -1;
	v->walk->abilities = NULL;
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
	rc = linked_new(r, x->references, entry, &v->linked, e);
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
	linked_free(v->linked);
	walk_free(v->walk);
	free(v->failures);
	free(v);
}

void verdict_way(const struct verdict *v, const struct failure *f, struct way *out)
{
	const struct reached *h = &v->walk->hits[f->hit];

	*out = (struct way){v, h->at, h->path, h->entry};
}

bool verdict_back(struct way *w)
{
	const struct linked_insn *insns = w->verdict->linked->insns;
	const struct step_taken *step = &w->verdict->walk->steps[w->step];
	uint32_t start = w->step ? step->to : w->entry;

	if (w->at > start) {
		w->at--;
		/* The second half of an ldimm64, whose opcode is 0. */
		if (w->at > start && !insns[w->at].in.code &&
		    insns[w->at - 1].in.code == BPF_LDIMM64)
			w->at--;
		return true;
	}
	if (!w->step)
		return false;
	w->at = step->from;
	w->step = step->parent;
	return true;
}
