/* relocate: the relocations of an object on a kernel: all of them, as a loader that refuses nothing
 * would have them, and each against one candidate alone. */
#include "support/fuzz.h"

#include <string.h>

const unsigned fuzz_parts = 2;

static void look_at(const struct resolution *r, size_t i)
{
	const struct relo *relo = &r->object->relos[i];
	const struct result *x = &r->results[i];

	fuzz_holds(x->insn_len == 8 || x->insn_len == 16, "an instruction has 8 or 16 bytes");
	fuzz_holds(x->insn_len <= relo->insn_room, "an instruction lies in its program");
	fuzz_holds(memcmp(x->before, relo->insn, x->insn_len) == 0,
		   "what is before is what the object has");
	fuzz_holds(x->status != STATUS_ERROR || x->relocated ||
		       memcmp(x->before, x->after, x->insn_len) == 0,
		   "an error leaves the instruction");
	fuzz_holds(x->status == STATUS_OK || x->reason != REASON_NONE, "a failure has a reason");
	fuzz_holds(x->first_attempt + x->attempt_count <= r->attempt_count, "attempts exist");
	fuzz_holds(!x->used.id || btf_has(x->used.btf, x->used.id), "what was used exists");
	for (uint32_t k = 0; k < x->attempt_count; k++) {
		const struct attempt *a = &r->attempts[x->first_attempt + k];

		fuzz_holds(btf_has(a->candidate.btf, a->candidate.id), "a candidate exists");
		fuzz_holds(btf_has(r->object->btf, a->local_id) &&
			       btf_has(a->candidate.btf, a->target_id),
			   "the types that an attempt compared exist");
	}
}

static void look(const struct resolution *r)
{
	for (size_t i = 0; i < r->object->relo_count; i++)
		look_at(r, i);
}

/* Answers do not depend on what was asked before. */
static void again(const struct pair *p)
{
	struct resolution *r;
	struct err e = {0};

	if (resolution_new(p->object, p->target, NULL, &r, &e) < 0) {
		fuzz_refused(&e);
		return;
	}
	for (size_t i = 0; i < p->object->relo_count; i++)
		fuzz_holds(memcmp(r->results[i].after, p->resolution->results[i].after,
				  sizeof(r->results[i].after)) == 0 &&
			       r->results[i].reason == p->resolution->results[i].reason,
			   "the same question has the same answer");
	resolution_free(r);
}

static void force(const struct pair *p)
{
	struct resolution *r;
	struct err e = {0};

	if (resolution_forced(p->object, p->target, NULL, &r, &e) < 0) {
		fuzz_refused(&e);
		return;
	}
	look(r);
	for (size_t i = 0; i < p->object->relo_count; i++)
		fuzz_holds(r->results[i].status != STATUS_ERROR || r->results[i].relocated,
			   "what is forced is no error");
	resolution_free(r);
}

static void try_each(const struct pair *p)
{
	for (size_t i = 0; i < p->object->relo_count && i < 16; i++) {
		struct candidate c = {p->btf, 1 + (uint32_t)i % (p->btf->end_id - 1)};
		struct resolution *r;
		struct err e = {0};

		if (resolution_try(p->object, p->target, NULL, (uint32_t)i, c, &r, &e) < 0)
			fuzz_refused(&e);
		else
			resolution_free(r);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes part[FUZZ_PARTS_MOST];
	struct pair p;

	fuzz_split(data, len, part);
	if (!fuzz_pair(part[0], part[1], &p))
		return 0;
	look(p.resolution);
	again(&p);
	force(&p);
	if (p.btf->end_id > 1)
		try_each(&p);
	fuzz_pair_free(&p);
	return 0;
}
