/* subset: the part of a kernel's BTF that an object needs gives the answers of the whole. */
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "write/subset.h"

const unsigned fuzz_parts = 2;

static void compare(const struct resolution *whole, const struct resolution *part)
{
	for (size_t i = 0; i < whole->object->relo_count; i++) {
		const struct result *w = &whole->results[i], *p = &part->results[i];
		bool id = whole->object->relos[i].kind == RELO_TARGET_TYPE_ID;

		fuzz_holds(w->status == p->status && w->reason == p->reason,
			   "relocation %zu is %s %s on the whole, %s %s on the subset", i,
			   status_name(w->status), reason_name(w->reason), status_name(p->status),
			   reason_name(p->reason));
		fuzz_holds(id || (w->has_target == p->has_target && w->target == p->target &&
				  memcmp(w->after, p->after, sizeof(w->after)) == 0),
			   "relocation %zu has the same value on the subset", i);
		fuzz_holds(w->attempt_count == p->attempt_count,
			   "relocation %zu has the same candidates on the subset", i);
	}
}

static void read_back(const struct pair *p, const struct buf *written, uint32_t types)
{
	struct btf *b = fuzz_btf((struct bytes){written->data, written->len}, NULL);
	const struct target_facts facts = {.name = "subset"};
	struct resolution *r;
	struct target *t;
	struct err e = {0};

	fuzz_holds(b != NULL, "a subset is sound");
	fuzz_holds(b->end_id - 1 == types && b->big_endian == p->btf->big_endian,
		   "a subset has as many types as is said, in the same byte order");
	if (target_of(b, &facts, &t, &e) < 0)
		abort();
	if (resolution_new(p->object, t, NULL, &r, &e) < 0)
		abort();
	compare(p->resolution, r);
	resolution_free(r);
	target_free(t);
	btf_unref(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes part[FUZZ_PARTS_MOST];
	struct buf out = {0};
	struct subset *s;
	uint32_t types;
	struct pair p;
	struct err e = {0};

	fuzz_split(data, len, part);
	if (!fuzz_pair(part[0], part[1], &p))
		return 0;
	s = subset_new(p.target);
	if (subset_add(s, p.resolution, &e) < 0 || subset_write(s, &out, &types, &e) < 0)
		fuzz_refused(&e);
	else
		read_back(&p, &out, types);
	free(out.data);
	subset_free(s);
	fuzz_pair_free(&p);
	return 0;
}
