/* verdict: collects what stands in the way, walks where that depends on paths, and judges; see
 * verdict.h. */
#include "verify/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "format/asked.h"
#include "verify/guards.h"
#include "verify/helpers.h"
#include "verify/map_fields.h"
#include "verify/map_uses.h"
#include "verify/object_scope.h"
#include "verify/program_scope.h"
#include "verify/regions.h"
#include "verify/releases.h"
#include "verify/stack_depth.h"
#include "verify/stops.h"
#include "verify/walk_alike.h"

static const char *const names[] = {
    [VERDICT_LOADS] = "loads",       [VERDICT_GUARDED] = "guarded",
    [VERDICT_REJECTED] = "rejected", [VERDICT_ERROR] = "error",
    [VERDICT_REFUSED] = "refused",   [VERDICT_INCOMPLETE] = "incomplete",
    [VERDICT_UNKNOWN] = "unknown",
};

const char *verdict_name(enum verdict_kind kind)
{
	return names[kind];
}

static int order_of(const struct obstacle *x)
{
	return x->late ? 2 * STAGE_INSTRUCTIONS + 1 : 2 * (int)x->stage;
}

/* By stage; within the walk, what is reached first, in the verifier's order. */
static int by_order(const void *x, const void *y)
{
	const struct obstacle *a = x, *b = y;

	if (order_of(a) != order_of(b))
		return order_of(a) < order_of(b) ? -1 : 1;
	if ((a->hit < 0) != (b->hit < 0))
		return a->hit < 0 ? 1 : -1;
	if (a->hit != b->hit)
		return a->hit < b->hit ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

/* The second relocation of an instruction does not find there what it expects. */
static int add_twice(struct verdict *v, uint32_t at, struct err *e)
{
	struct obstacle x = obstacle_of(STAGE_RELOCATION, RULE_RELOCATION, NULL, "twice");

	x.at = (int32_t)at;
	return obstacles_add(&v->obstacles, x, e);
}

/* Adds what failed to relocate: poison where it stands, what a loader refuses before. */
static int add_relocations(struct verdict *v, const struct resolution *r, struct err *e)
{
	const struct linked *f = v->linked;

	for (uint32_t at = 0; at < f->count; at++) {
		int32_t relo = f->insns[at].relo;
		struct obstacle x;
		bool refused;

		if (relo < 0 || (at && f->insns[at - 1].relo == relo))
			continue;
		v->relocations++;
		if (f->insns[at].twice && f->insns[at].stop != RULE_RELOCATION &&
		    add_twice(v, at, e) < 0)
			return -1;
		if (r->results[relo].status == STATUS_OK)
			continue;
		v->failed++;
		refused = r->results[relo].status == STATUS_ERROR;
		x = obstacle_of(refused ? STAGE_RELOCATION : STAGE_WALK, RULE_RELOCATION, NULL,
				NULL);
		x.at = (int32_t)at;
		x.relo = relo;
		if (obstacles_add(&v->obstacles, x, e) < 0)
			return -1;
	}
	return 0;
}

static bool is_linked(const struct linked *f, uint32_t program)
{
	for (size_t i = 0; i < f->func_count; i++)
		if (f->funcs[i].program == program)
			return true;
	return false;
}

/* libbpf relocates every function of .text, whether one calls it or not, and what it cannot patch
 * there fails the object (bpf_object__relocate_core() of libbpf.c). */
static int add_uncalled(struct verdict *v, const struct resolution *r, struct err *e)
{
	const struct object *o = r->object;

	for (uint32_t i = 0; i < o->relo_count; i++) {
		uint32_t program = o->relos[i].program;
		struct obstacle x;

		if (r->results[i].status != STATUS_ERROR || program == OBJECT_NONE ||
		    object_is_entry(o, &o->programs[program]) || is_linked(v->linked, program))
			continue;
		x = obstacle_of(STAGE_RELOCATION, RULE_RELOCATION, NULL, NULL);
		x.relo = (int32_t)i;
		x.object = true;
		if (obstacles_add(&v->obstacles, x, e) < 0)
			return -1;
	}
	return 0;
}

static void tell_map(const struct loading *l, const struct reached *hit, struct obstacle *x)
{
	const struct references *r = l->externs->references;
	bool inner = strcmp(hit->cause, "inner") == 0;

	x->name = r->maps[hit->map].name;
	x->helper = helper_name((uint32_t)hit->number);
	if (strcmp(hit->cause, "field") == 0) {
		x->type = map_field_name(map_fields_taken((uint32_t)hit->number));
		return;
	}
	x->type = uapi_name(UAPI_MAP_TYPE,
			    inner ? map_uses_inner_type(l, hit->map) : map_uses_type(l, hit->map));
}

/* What the walk itself found to be refused. */
static int add_found(struct verdict *v, const struct loading *l, struct err *e)
{
	for (size_t i = 0; i < v->walk->hit_count; i++) {
		const struct reached *hit = &v->walk->hits[i];
		struct obstacle x = obstacle_of(STAGE_WALK, hit->rule, NULL, hit->cause);

		if (!hit->cause)
			continue;
		x.at = (int32_t)hit->at;
		x.number = hit->number;
		x.name = hit->name;
		x.type = hit->type;
		x.doubtful = hit->doubtful;
		if (hit->rule == RULE_MAP_USE)
			tell_map(l, hit, &x);
		if (obstacles_add(&v->obstacles, x, e) < 0)
			return -1;
	}
	return 0;
}

static bool has_stage(const struct obstacles *o, enum obstacle_stage stage)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->list[i].stage == stage)
			return true;
	return false;
}

/* What is reached is in doubt where another walk, with what may be so as well, reaches nothing. */
static int doubt_hits(struct verdict *v, const struct externs *x, const struct context *c,
		      const struct abilities *r, const char *why, struct err *e)
{
	struct walk *w;

	if (walk_new(v->linked, x, c, r, &w, e) < 0)
		return -1;
	for (size_t i = 0; !w->hit_count && i < v->obstacles.count; i++)
		if (v->obstacles.list[i].reached == KNOWN_YES &&
		    v->obstacles.list[i].stage == STAGE_WALK)
			v->obstacles.list[i].reached = KNOWN_NOT;
	if (!w->hit_count)
		v->why = why;
	walk_free(w);
	return 0;
}

/* What nobody says of symbols, configuration and version: all of it may be there, or none. In
 * *depends whether there is such a thing. */
static int doubt_externs(struct verdict *v, const struct externs *x, const struct context *c,
			 const struct abilities *r, bool *depends, struct err *e)
{
	int rc = 0;

	*depends = false;
	for (int there = 0; there <= 1 && rc == 0; there++) {
		struct externs *supposed;

		if (externs_suppose(x, there, &supposed, e) < 0)
			return -1;
		if (!supposed)
			return 0;
		*depends = true;
		rc = doubt_hits(
		    v, supposed, c, r,
		    "it depends on the kernel's symbols, configuration or version, which "
		    "are not known",
		    e);
		externs_free_supposed(supposed);
	}
	return rc;
}

/* What the oldest verifier reaches, that of a kernel of unknown release may not. */
static int doubt_release(struct verdict *v, const struct externs *x, const struct context *c,
			 struct err *e)
{
	struct abilities newest;

	releases_newest(&newest);
	return doubt_hits(v, x, c, &newest,
			  "it depends on the kernel's release, which is not known", e);
}

/* Who listens is to hear what the verifier can tell. */
static void ask_abilities(const struct loading *l)
{
	struct abilities heard;

	loading_abilities(l, &heard);
}

static int walk_it(struct verdict *v, const struct loading *l, const struct context *c,
		   struct err *e)
{
	struct abilities abilities;
	bool known = releases_abilities(l->release, &abilities), alike = true, depends;

	if (walk_new(v->linked, l->externs, c, &abilities, &v->walk, e) < 0)
		return -1;
	v->walk->abilities = NULL;
	v->why = v->walk->why;
	if (asked_by && walk_alike(v->walk, c, &alike, e) < 0)
		return -1;
	if (!alike)
		ask_abilities(l);
	if (add_found(v, l, e) < 0 || guards_find(v->linked, v->walk, &v->obstacles, e) < 0)
		return -1;
	if (!v->walk->hit_count)
		return c->frames && v->walk->end == WALK_DONE
			   ? stack_depth_find(l, v->linked, v->walk, &v->obstacles, e)
			   : 0;
	if (doubt_externs(v, l->externs, c, &abilities, &depends, e) < 0)
		return -1;
	if (!known || depends)
		ask_abilities(l);
	return known ? 0 : doubt_release(v, l->externs, c, e);
}

/* The word for a program that x stops. */
static enum verdict_kind kind_of(const struct obstacle *x, bool alone)
{
	if (x->stage == STAGE_RELOCATION)
		return VERDICT_ERROR;
	if (x->stage >= STAGE_INSTRUCTIONS)
		return VERDICT_REJECTED;
	return x->rule == RULE_MAP_UNSET && alone ? VERDICT_INCOMPLETE : VERDICT_REFUSED;
}

static void judge(struct verdict *v)
{
	const struct obstacle *doubt = NULL;
	bool alone = true;

	for (size_t i = 0; i < v->obstacles.count; i++) {
		const struct obstacle *x = &v->obstacles.list[i];

		if (x->reached == KNOWN_YES) {
			v->first = v->first ? v->first : x;
			alone = alone && x->rule == RULE_MAP_UNSET;
		} else if (x->reached == KNOWN_NOT && !doubt) {
			doubt = x;
		}
	}
	if (v->first) {
		v->kind = kind_of(v->first, alone);
	} else if (doubt) {
		v->kind = VERDICT_UNKNOWN;
		v->first = doubt;
		if (doubt->doubtful && !v->why)
			v->why = "it depends on the kernel's release, of which that is not known";
	} else if (v->walk && v->walk->why) {
		/* What the walk was to find may stand where it did not come to. */
		v->kind = VERDICT_UNKNOWN;
	} else if (v->obstacles.count) {
		v->kind = VERDICT_GUARDED;
	}
}

static int run(struct verdict *v, const struct loading *l, struct err *e)
{
	struct obstacles *o = &v->obstacles;
	struct context context;
	bool sleeps, walks;

	o->wanted = l->wanted;
	if (object_scope_find(l, o, e) < 0 || add_relocations(v, l->resolution, e) < 0 ||
	    add_uncalled(v, l->resolution, e) < 0 || program_scope_find(l, o, &context, e) < 0 ||
	    stops_find(l, v->linked, o, &sleeps, e) < 0)
		return -1;
	context.known = context.known &&
			(obstacles_want(o, RULE_CTX_ARG) || obstacles_want(o, RULE_CTX_ACCESS) ||
			 obstacles_want(o, RULE_STRUCT_ACCESS) || obstacles_want(o, RULE_LICENSE));
	if (context_suspects(&context, v->linked, e) < 0)
		return -1;
	walks = sleeps || context.suspect || has_stage(o, STAGE_WALK);
	if (obstacles_want(o, RULE_MAP_USE)) {
		if (!walks && map_uses_suspects(l, v->linked, &walks, e) < 0)
			return -1;
		context.uses = l;
	}
	if (obstacles_want(o, RULE_SLEEPABLE) && regions_suspect(l, v->linked)) {
		context.sleeps = l;
		walks = true;
	}
	if (obstacles_want(o, RULE_STACK) && stack_depth_suspect(v->linked, &context.frames, e) < 0)
		return -1;
	walks = walks || context.frames;
	/* A loader has refused the program by then. */
	if (walks && !has_stage(o, STAGE_RELOCATION) && walk_it(v, l, &context, e) < 0)
		return -1;
	if (v->obstacles.count)
		qsort(v->obstacles.list, v->obstacles.count, sizeof(*v->obstacles.list), by_order);
	judge(v);
	v->attaches = program_scope_attaches(l, &v->detached);
	return 0;
}

int verdict_new(const struct loading *l, struct verdict **out, struct err *e)
{
	struct verdict *v = calloc(1, sizeof(*v));
	int rc;

	if (!v)
		return err_memory(e, l->resolution->object->path);
	rc = linked_new(l->resolution, l->externs->references, l->entry, &v->linked, e);
	if (rc == 0)
		rc = run(v, l, e);
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
	free(v->obstacles.list);
	free(v);
}

void verdict_way(const struct verdict *v, const struct obstacle *x, struct way *out)
{
	const struct reached *h = &v->walk->hits[x->hit];

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
