/* reads: follows a program along what a walk of it reached, and once more along what it would reach
 * under other constants; see reads.h. Where externs are not known a walk goes both ways, so two
 * more are asked: one that has them all, and one that has none. */
#include "dataflow/reads.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "dataflow/flow.h"
#include "format/asked.h"
#include "format/btf_at.h"
#include "verify/guards.h"
#include "verify/helpers.h"
#include "verify/walk.h"

static const char *const names[USE_COUNT] = {
    [USE_READ] = "read",
    [USE_LOAD] = "load",
    [USE_PROBE] = "probe",
    [USE_CONTAINER] = "container",
    [USE_HELPER] = "helper",
    [USE_KFUNC] = "kfunc",
    [USE_MEMORY] = "memory",
    [USE_STORE] = "store",
    [USE_PUT] = "put",
    [USE_COMPARE] = "compare",
    [USE_ARITHMETIC] = "arithmetic",
    [USE_RETURN] = "return",
};

const char *read_use_name(enum read_use use)
{
	return names[use];
}

bool read_is_fixed(const struct reads *r, const struct read *x)
{
	const struct source *s = &r->provenance.sources[x->source];

	return (x->use == USE_LOAD || x->use == USE_PROBE) && x->relo < 0 && s->relo < 0 &&
	       !s->maybe;
}

static bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* How a program of that attachment finds the arguments. */
static void shape_of(const struct attach_point *p, const struct object *o, const struct target *t,
		     struct flow_ask *ask)
{
	switch (p->form) {
	case ATTACH_FUNC:
	case ATTACH_LSM:
	case ATTACH_ITER:
	case ATTACH_TP_BTF:
	case ATTACH_RAW_TP:
	case ATTACH_STRUCT_OPS: ask->shape = SHAPE_SLOTS; return;
	case ATTACH_KPROBE:
	case ATTACH_KPROBE_MULTI:
		/* Within a function registers hold anything. */
		if (p->offset)
			return;
		ask->shape = SHAPE_REGISTERS;
		ask->own = registers_own(o);
		ask->arch = registers_arch(ask->own, t);
		ask->returns = starts_with(p->def->name, "kret");
		return;
	default: return;
	}
}

/* Whether there is anything to follow. */
static bool has_sources(const struct linked *f, enum context_shape shape)
{
	for (uint32_t at = 0; shape == SHAPE_NONE && at < f->count; at++) {
		const struct linked_insn *n = &f->insns[at];

		if (n->in.code == (BPF_JMP | JUMP_CALL) && n->ref_kind == LINKED_NONE &&
		    n->in.src == 0 &&
		    (n->in.imm == HELPER_get_current_task ||
		     n->in.imm == HELPER_get_current_task_btf))
			return true;
	}
	return shape != SHAPE_NONE;
}

int reads_count(struct reads *r, int32_t relo)
{
	int32_t *more;

	if (relo >= 0)
		asked_for(ASKED_PATCH, (uint32_t)relo, NULL, 0);
	for (size_t i = 0; i < r->valued_count; i++)
		if (r->valued[i] == relo)
			return 0;
	if (relo < 0)
		return 0;
	more = array_grow(r->valued, &r->valued_cap, r->valued_count, sizeof(*more));
	if (!more)
		return -1;
	r->valued = more;
	more[r->valued_count++] = relo;
	return 0;
}

/* Notes where a walk went, and by what. */
static int add_ways(struct reads *r, const struct walk *w)
{
	r->unsettled |= w->end != WALK_DONE || w->contradicts;
	r->by_number |= w->by_number;
	digest_add(&r->ways, r->linked->count);
	digest_add(&r->ways, w->work);
	for (uint32_t at = 0; at < r->linked->count; at++) {
		const struct trace *t = &w->traces[at];
		bool one = t->fell != t->jumped;

		digest_add(&r->ways, (uint64_t)(one ? t->origin : 0) << 4 |
					 (uint64_t)t->stopped << 3 | (uint64_t)t->reached << 2 |
					 (uint64_t)t->fell << 1 | t->jumped);
		if (t->by_value && reads_count(r, r->linked->insns[at].relo) < 0)
			return -1;
	}
	return 0;
}

static int walk_with(const struct loading *l, const struct externs *x, struct reads *r,
		     struct walk **out, struct err *e)
{
	/* What the context lacks ends no path: what it would have been taken for is asked. */
	struct context context = {.prog_type = l->prog_type, .attach_type = l->attach_type};
	int rc = walk_new(r->linked, x, &context, &r->abilities, out, e);

	if (rc == 0 && add_ways(r, *out) < 0) {
		walk_free(*out);
		*out = NULL;
		rc = err_memory(e, r->linked->object->path);
	}
	if (rc == 0)
		(*out)->abilities = NULL;
	return rc;
}

static bool same_read(const struct read *a, const struct read *b)
{
	return a->at == b->at && a->source == b->source && a->use == b->use &&
	       a->number == b->number;
}

static bool has_read(const struct read *list, size_t count, const struct read *x)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (list[mid].at < x->at)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < count && list[low].at == x->at; low++)
		if (same_read(&list[low], x))
			return true;
	return false;
}

/* What keeps a walk from what was found without it: something of that kind of ORIGIN_*. */
static int find_guard(const struct reads *r, const struct walk *w, uint32_t kind, struct read *x,
		      struct err *e)
{
	struct obstacles o = {.wanted = LOADING_ALL};
	struct obstacle at = obstacle_of(STAGE_WALK, RULE_RELOCATION, NULL, NULL);
	int rc;

	at.at = (int32_t)x->at;
	rc = obstacles_add(&o, at, e);
	if (rc == 0)
		rc = guards_find(r->linked, w, &o, e);
	if (rc == 0 && o.list[0].guard >= 0 && o.list[0].guard_origin >> ORIGIN_SHIFT == kind)
		x->guard_origin = o.list[0].guard_origin;
	free(o.list);
	return rc;
}

static int by_instruction(const void *x, const void *y)
{
	const struct read *a = x, *b = y;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return (a->source > b->source) - (a->source < b->source);
}

/* Of what instructions do by the same sources, too, in an order. */
static int by_all(const void *x, const void *y)
{
	const struct read *a = x, *b = y;
	int order = by_instruction(x, y);

	if (order)
		return order;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	if (a->use != b->use)
		return a->use < b->use ? -1 : 1;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	if (a->map != b->map)
		return a->map < b->map ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

void reads_merge(struct reads *r, size_t from)
{
	size_t kept = from;

	if (r->count > from)
		qsort(r->list + from, r->count - from, sizeof(*r->list), by_all);
	for (size_t i = from; i < r->count; i++)
		if (kept == from || by_all(&r->list[kept - 1], &r->list[i]) != 0)
			r->list[kept++] = r->list[i];
	r->count = kept;
}

/* Adds what is done only where constants of the object are other ones, which a tool may set; with
 * no `ask`, only where the walk goes. */
static int add_settings(const struct loading *l, struct flow_ask *ask, const struct walk *w,
			struct reads *r, struct err *e)
{
	size_t count = r->count, kept = count;
	struct externs *any;
	struct walk *wider = NULL;
	int rc;

	if (externs_any_constant(l->externs, &any, e) < 0)
		return -1;
	if (!any)
		return 0;
	rc = walk_with(l, any, r, &wider, e);
	if (rc == 0 && ask) {
		ask->walk = wider;
		rc = flow_run(ask, r, e);
	}
	for (size_t i = count; i < r->count && rc == 0; i++) {
		struct read x = r->list[i];

		if (has_read(r->list, count, &x))
			continue;
		x.when = WHEN_SET;
		if (x.use == USE_READ || read_is_fixed(r, &x))
			rc = find_guard(r, w, ORIGIN_DATA, &x, e);
		r->list[kept++] = x;
	}
	r->count = kept;
	if (r->count)
		qsort(r->list, r->count, sizeof(*r->list), by_instruction);
	walk_free(wider);
	externs_free_supposed(any);
	return rc;
}

/* Marks what is not done where all that nobody knows is there, or is not. */
static int mark_unknown(const struct loading *l, bool there, struct reads *r, struct err *e)
{
	struct externs *supposed;
	struct walk *w = NULL;
	int rc;

	if (externs_suppose(l->externs, there, &supposed, e) < 0)
		return -1;
	if (!supposed)
		return 0;
	rc = walk_with(l, supposed, r, &w, e);
	for (size_t i = 0; i < r->count && rc == 0; i++) {
		struct read *x = &r->list[i];

		if (w->traces[x->at].reached)
			continue;
		x->when = WHEN_UNKNOWN;
		if (x->use == USE_READ)
			rc = find_guard(r, w, ORIGIN_EXTERN, x, e);
	}
	walk_free(w);
	externs_free_supposed(supposed);
	return rc;
}

/* Whether some instruction is not reached. */
static bool leaves_out(const struct walk *w)
{
	for (uint32_t at = 0; at < w->linked->count; at++)
		if (!w->traces[at].reached && w->linked->insns[at].in.code)
			return true;
	return false;
}

enum { ARGUMENT_SIZE = 8 };

/* What a source points to on the target: a struct of the context's BTF, nothing at all for sure, or
 * who knows what. */
struct behind {
	uint32_t type;     /* 0 for no struct */
	const char *plain; /* why nothing may be loaded by it */
};

/* Where a load by source s lands, `off` bytes from what it was moved by, of which some are that
 * relocation's. */
static struct landing land(const struct loading *l, const struct context *c, const struct source *s,
			   struct behind to, int64_t off, struct moved_by by, unsigned size)
{
	off += s->offset;
	if (s->relo >= 0) {
		const struct result *x = &l->resolution->results[s->relo];

		asked_for(ASKED_PATCH, (uint32_t)s->relo, NULL, 0);
		if (x->status != STATUS_OK)
			return (struct landing){.kind = LANDS_SOMEWHERE};
		off += (int64_t)x->target;
	}
	if (!to.type)
		return (struct landing){.kind = LANDS_SOMEWHERE};
	return struct_walk(c->btf, to.type, off, size, by, &c->rules);
}

static struct behind behind(const struct loading *l, const struct context *c,
			    const struct provenance *p, uint32_t source)
{
	const struct source *s = &p->sources[source], *parent = &p->sources[s->parent];
	int64_t slot = ((int64_t)s->argument - 1) * ARGUMENT_SIZE;
	struct landing at;

	if (!s->parent)
		return (struct behind){context_pointee(c, slot),
				       context_is_plain(c, slot) ? "argument" : NULL};
	at = land(l, c, parent, behind(l, c, p, s->parent), 0, (struct moved_by){-1, 0},
		  ARGUMENT_SIZE);
	return (struct behind){at.kind == LANDS_POINTER ? at.type : 0,
			       at.kind == LANDS_NUMBER ? "number" : NULL};
}

/* Whether it is what its relocation put into the instruction that it adds. */
static bool goes_by(const struct loading *l, const struct read *x)
{
	const struct resolution *r = l->resolution;

	return x->relo >= 0 && r->results[x->relo].status == STATUS_OK &&
	       insn_load(r->results[x->relo].after, r->object->big_endian).off == x->offset;
}

static const char *refuses_load(const struct loading *l, const struct context *c,
				const struct provenance *p, const struct read *x)
{
	struct behind to = behind(l, c, p, x->source);
	struct moved_by by = {goes_by(l, x) ? x->relo : -1, x->offset};
	struct landing at;

	if (x->relo >= 0 && by.relo < 0)
		asked_for(ASKED_PATCH, (uint32_t)x->relo, NULL, 0);
	at = land(l, c, &p->sources[x->source], to, x->offset, by,
		  x->size ? x->size : ARGUMENT_SIZE);

	if (to.plain)
		return to.plain;
	return at.kind == LANDS_NOWHERE && !at.doubtful ? at.cause : NULL;
}

/* What a verifier says of a load of the context itself, or by an argument; NULL for nothing. */
static const char *refusal(const struct loading *l, const struct context *c, const struct reads *r,
			   const struct read *x)
{
	int64_t number, slot = r->provenance.sources[x->source].argument;
	const char *cause;

	if (x->use == USE_LOAD)
		return refuses_load(l, c, &r->provenance, x);
	if (x->use != USE_READ)
		return NULL;
	cause = context_refuses(c, (slot - 1) * ARGUMENT_SIZE, ARGUMENT_SIZE, false, &number);
	return cause && context_is_argument(cause) ? cause : NULL;
}

static void add_refused(const struct loading *l, struct reads *r)
{
	struct context c;

	context_of(l, &c);
	r->typed = c.slots && r->shape == SHAPE_SLOTS;
	for (size_t i = 0; r->typed && i < r->count; i++)
		r->list[i].refused = refusal(l, &c, r, &r->list[i]);
}

bool reads_keep(struct reads *r)
{
	linked_free(r->linked);
	r->linked = NULL;
	provenance_forget(&r->provenance);
	return r->shape == SHAPE_SLOTS;
}

bool reads_refused_alike(const struct loading *l, const struct reads *r)
{
	struct context c;

	context_of(l, &c);
	if (c.slots != r->typed)
		return false;
	for (size_t i = 0; r->typed && i < r->count; i++) {
		struct read x = r->list[i];
		const char *cause;

		/* The instruction has the offset that it has there. */
		if (x.relo >= 0)
			x.offset = insn_load(l->resolution->results[x.relo].after,
					     l->resolution->object->big_endian)
				       .off;
		cause = refusal(l, &c, r, &x);
		if (cause != x.refused && !(cause && x.refused && strcmp(cause, x.refused) == 0))
			return false;
	}
	return true;
}

static int follow(const struct loading *l, struct reads *r, bool ways, struct err *e)
{
	struct flow_ask ask = {.references = l->externs->references};
	struct walk *w = NULL;
	int rc;

	shape_of(&l->attach, r->linked->object, l->target, &ask);
	r->shape = ask.shape;
	if (!has_sources(r->linked, ask.shape))
		return 0;
	rc = walk_with(l, l->externs, r, &w, e);
	if (rc == 0) {
		ask.walk = w;
		r->complete = w->end == WALK_DONE;
		rc = ways ? 0 : flow_run(&ask, r, e);
	}
	for (int there = 0; there <= 1 && rc == 0; there++)
		rc = mark_unknown(l, there, r, e);
	if (rc == 0 && leaves_out(w))
		rc = add_settings(l, ways ? NULL : &ask, w, r, e);
	if (rc == 0)
		add_refused(l, r);
	walk_free(w);
	return rc;
}

static int start(struct reads **out, const char *path, struct err *e)
{
	*out = calloc(1, sizeof(**out));
	if (*out && provenance_start(&(*out)->provenance) == 0)
		return 0;
	reads_free(*out);
	*out = NULL;
	return err_memory(e, path);
}

static int finish(struct reads **out, int rc)
{
	if (rc < 0) {
		reads_free(*out);
		*out = NULL;
	}
	return rc;
}

static int read_by(const struct loading *l, const struct abilities *abilities, bool ways,
		   struct reads **out, struct err *e)
{
	int rc = start(out, l->resolution->object->path, e);

	if (rc < 0)
		return rc;
	(*out)->abilities = *abilities;
	rc = linked_new(l->resolution, l->externs->references, l->entry, &(*out)->linked, e);
	if (rc == 0)
		rc = follow(l, *out, ways, e);
	return finish(out, rc);
}

int reads_new(const struct loading *l, const struct abilities *abilities, struct reads **out,
	      struct err *e)
{
	return read_by(l, abilities, false, out, e);
}

int reads_ways(const struct loading *l, const struct abilities *abilities, struct reads **out,
	       struct err *e)
{
	return read_by(l, abilities, true, out, e);
}

int reads_anywhere(const struct object *o, const struct references *r, uint32_t program,
		   const char *arch, struct reads **out, struct err *e)
{
	struct attach_point point = attach_point_of(o->programs[program].section);
	struct flow_ask ask = {.references = r};
	int rc = start(out, o->path, e);

	if (rc < 0)
		return rc;
	rc = linked_unresolved(o, r, program, &(*out)->linked, e);
	if (rc == 0) {
		shape_of(&point, o, NULL, &ask);
		ask.arch = ask.arch ? ask.arch : arch;
		(*out)->shape = ask.shape;
		(*out)->complete = true;
		if (has_sources((*out)->linked, ask.shape))
			rc = flow_run(&ask, *out, e);
	}
	return finish(out, rc);
}

/* The name of a struct; NULL for anything else. */
static const char *struct_name(const struct btf_type *t)
{
	return (btf_is_composite(t) || t->kind == BTF_FWD) && *t->name ? t->name : NULL;
}

static const char *kfunc_struct(const struct btf *b, const struct extern_def *ext, unsigned n)
{
	struct btf_type t = btf_type(b, ext->type_id);

	if (t.kind != BTF_FUNC_PROTO || n < 1 || n > t.vlen)
		return NULL;
	t = btf_strip(b, btf_param(&t, n - 1).type);
	if (t.kind == BTF_PTR)
		t = btf_strip(b, t.type);
	return struct_name(&t);
}

/* What a pointer points to that is all of a key or value, or a member of it. */
static const char *stored_struct(const struct btf *b, uint32_t type, int32_t place)
{
	struct btf_type t = btf_strip(b, type);
	struct btf_place at;

	if (!type || place < 0)
		return NULL;
	if (btf_is_composite(&t) && btf_at(b, type, (uint64_t)place, &at) && at.rest == 0)
		t = btf_strip(b, at.type);
	else if (place > 0)
		return NULL;
	if (t.kind != BTF_PTR)
		return NULL;
	t = btf_strip(b, t.type);
	return struct_name(&t);
}

static const char *map_struct(const struct btf *b, const struct map_def *m, const struct read *x)
{
	bool is_key = helper_arg(x->callee, x->number).size == SIZE_KEY;

	return stored_struct(b, is_key ? m->key_type : m->value_type, x->place);
}

const char *read_struct(const struct reads *r, const struct references *l, const struct read *x)
{
	const struct btf *b = r->linked->object->btf;

	if (x->use == USE_HELPER)
		return helper_takes(x->callee, x->number);
	if (x->use == USE_KFUNC && b)
		return kfunc_struct(b, &l->externs[x->callee], x->number);
	return x->map && b ? map_struct(b, &l->maps[x->map - 1], x) : NULL;
}

void reads_free(struct reads *r)
{
	if (!r)
		return;
	linked_free(r->linked);
	provenance_free(&r->provenance);
	free(r->located);
	free(r->is_located);
	free(r->valued);
	free(r->list);
	free(r);
}
