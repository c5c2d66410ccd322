/* verdict: whether the programs of an object load on a kernel, the paths to what stops them, which
 * arguments they read, and which branches relocations decide. */
#include "support/fuzz.h"

#include "dataflow/ladder.h"
#include "dataflow/reads.h"
#include "verify/verdict.h"

const unsigned fuzz_parts = 2;

enum { PROGRAMS_MOST = 12, WAY_MOST = 1 << 20 };

static void look_at_way(const struct verdict *v, const struct obstacle *x)
{
	struct way way;
	unsigned steps = 0;

	verdict_way(v, x, &way);
	do
		fuzz_holds(way.at < v->linked->count && ++steps < WAY_MOST,
			   "a path goes along instructions, and ends");
	while (verdict_back(&way));
}

static void judge(const struct loading *l)
{
	struct verdict *v;
	struct err e = {0};

	if (verdict_new(l, &v, &e) < 0) {
		fuzz_refused(&e);
		return;
	}
	fuzz_holds(v->kind != VERDICT_UNKNOWN || v->why, "what is unknown has a reason");
	fuzz_holds(v->failed <= v->relocations, "no more relocations fail than there are");
	for (size_t i = 0; i < v->obstacles.count; i++) {
		const struct obstacle *x = &v->obstacles.list[i];

		fuzz_holds(x->at < (int32_t)v->linked->count, "an obstacle is at an instruction");
		if (x->hit != OBSTACLE_NONE)
			look_at_way(v, x);
	}
	verdict_free(v);
}

static void read_arguments(const struct loading *l)
{
	struct abilities abilities;
	struct reads *r;
	struct err e = {0};

	loading_abilities(l, &abilities);
	if (reads_new(l, &abilities, &r, &e) < 0) {
		fuzz_refused(&e);
		return;
	}
	for (size_t i = 0; i < r->count; i++)
		fuzz_holds(r->list[i].at < r->linked->count && r->list[i].use < USE_COUNT,
			   "a use is at an instruction");
	reads_free(r);
}

static void climb(const struct loading *l, const struct references *references)
{
	struct linked *linked;
	struct ladder *ladder;
	struct err e = {0};

	if (linked_new(l->resolution, references, l->entry, &linked, &e) < 0) {
		fuzz_refused(&e);
		return;
	}
	if (ladder_new(linked, &ladder, &e) < 0) {
		fuzz_refused(&e);
	} else {
		for (size_t i = 0; i < ladder->count; i++)
			fuzz_holds(ladder->rungs[i].head < ladder->count, "a ladder has a head");
		ladder_free(ladder);
	}
	linked_free(linked);
}

static void look_at(const struct pair *p, const struct references *references)
{
	static const char *const releases[] = {NULL, "5.4.0", "6.1.0", "7.0.0"};
	struct opening opening;
	struct externs *externs;
	struct err e = {0};
	bool refused = object_refused(p->object, references, &opening);

	if (externs_new(p->object, references, p->target, &externs, &e) < 0) {
		fuzz_refused(&e);
		return;
	}
	for (size_t i = 0; i < p->object->program_count && i < PROGRAMS_MOST; i++) {
		struct loading l = {.resolution = p->resolution,
				    .target = p->target,
				    .externs = externs,
				    .refused = refused ? &opening : NULL,
				    .entry = (uint32_t)i,
				    .wanted = LOADING_ALL};

		loading_init(&l);
		if (releases[i % 4])
			l.release = releases[i % 4];
		loading_find(&l);
		judge(&l);
		read_arguments(&l);
		climb(&l, references);
	}
	externs_free(externs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes part[FUZZ_PARTS_MOST];
	struct references *references;
	struct pair p;
	struct err e = {0};

	fuzz_split(data, len, part);
	if (!fuzz_pair(part[0], part[1], &p))
		return 0;
	if (references_open(p.object, &references, &e) < 0) {
		fuzz_refused(&e);
	} else {
		look_at(&p, references);
		references_free(references);
	}
	fuzz_pair_free(&p);
	return 0;
}
