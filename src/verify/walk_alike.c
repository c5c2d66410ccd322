/* walk_alike: compares a walk with those by other verifiers; see walk_alike.h. */
#include "verify/walk_alike.h"

#include "verify/releases.h"

/* Most instructions of a walk that is made again. */
enum { SHORT_WALK = 20000 };

static bool same_hit(const struct reached *a, const struct reached *b)
{
	return a->at == b->at && a->rule == b->rule && a->cause == b->cause &&
	       a->number == b->number && a->name == b->name && a->type == b->type &&
	       a->doubtful == b->doubtful && a->map == b->map && a->path == b->path &&
	       a->entry == b->entry;
}

static bool same_step(const struct step_taken *a, const struct step_taken *b)
{
	return a->parent == b->parent && a->from == b->from && a->to == b->to;
}

static bool same_trace(const struct trace *a, const struct trace *b)
{
	return a->reached == b->reached && a->fell == b->fell && a->jumped == b->jumped &&
	       a->origin == b->origin && !b->origins;
}

/* Whether two walks of a program are one, step by step, and b has no number that cannot be. */
static bool same_walk(const struct walk *a, const struct walk *b)
{
	bool same = b->end == WALK_DONE && !b->contradicts && a->work == b->work &&
		    a->hit_count == b->hit_count && a->step_count == b->step_count;

	for (size_t i = 0; same && i < a->step_count; i++)
		same = same_step(&a->steps[i], &b->steps[i]);
	for (size_t i = 0; same && i < a->hit_count; i++)
		same = same_hit(&a->hits[i], &b->hits[i]);
	for (uint32_t at = 0; same && at < a->linked->count; at++)
		same = same_trace(&a->traces[at], &b->traces[at]);
	return same;
}

static int goes_same_by(const struct walk *w, const struct context *c, const struct abilities *r,
			bool *same, struct err *e)
{
	struct walk *other;

	if (walk_new(w->linked, w->externs, c, r, &other, e) < 0)
		return -1;
	*same = same_walk(w, other);
	walk_free(other);
	return 0;
}

int walk_alike(const struct walk *w, const struct context *c, bool *alike, struct err *e)
{
	static const struct abilities any;
	struct abilities least, most;

	releases_bounds(&any, false, false, &least, &most);
	/* Of a stack it counts what is touched, and not only which ways are gone. */
	*alike = w->end == WALK_DONE && !w->contradicts && w->work <= SHORT_WALK && !c->frames &&
		 !linked_has_callbacks(w->linked) && !linked_has_globals(w->linked);
	if (*alike && goes_same_by(w, c, &least, alike, e) < 0)
		return -1;
	return *alike ? goes_same_by(w, c, &most, alike, e) : 0;
}
