/* look: asks everything of every type of a BTF; see fuzz.h. */
#include "fuzz.h"

#include <string.h>

#include "format/btf_at.h"
#include "format/btf_fields.h"
#include "print/align.h"
#include "print/holes.h"

static void look_at_name(const char *name)
{
	fuzz_holds(btf_essential_len(name, strlen(name)) <= strlen(name),
		   "what is essential of a name is no more than the name");
	fuzz_holds(btf_same_essential(name, name), "a name is like itself");
}

/* A type is found by its name. */
static void look_for(const struct btf *b, const struct btf_type *t)
{
	size_t len = btf_named_len(b, t->kind, t->name);
	uint32_t id = btf_first_named(b, t->kind, t->name, len), last = 0;

	if (!t->name[0] || !btf_known_shape(t->kind).names)
		return;
	for (; id && id != t->id; id = btf_next_named(b, id, t->name, len)) {
		fuzz_holds(id > last, "types of a name come in ascending order");
		last = id;
	}
	fuzz_holds(id == t->id, "type [%u] '%s' is found by its name", t->id, t->name);
	fuzz_holds(btf_find(b, t->name, t->kind) != 0, "a type of that name and kind is found");
}

static void look_at_fields(const struct btf *b, const struct btf_type *t)
{
	struct btf_fields fields;
	struct btf_field field;
	struct btf_place place = {.budget = BTF_AT_BUDGET};
	struct holes holes;
	struct err e = {0};
	int rc;

	btf_fields_start(&fields, b, t->id);
	while ((rc = btf_fields_next(&fields, &field, &e)) > 0)
		fuzz_holds(field.member.name[0], "a field has a name");
	if (rc < 0)
		fuzz_refused(&e);
	if (!btf_is_composite(t))
		return;
	holes_start(&holes, t);
	for (uint32_t i = 0; i < t->vlen; i++) {
		struct btf_member m = btf_member(t, i);

		look_at_name(m.name);
		fuzz_holds(btf_has(b, m.type), "the type of a member exists");
		fuzz_holds(m.bit_offset / 8 <= t->size, "a member lies in its struct");
		holes_next(&holes, t, &m);
		place.count = 0;
		btf_at(b, t->id, m.bit_offset / 8, &place);
	}
	holes_end(&holes, t);
}

static void look_at_elements(const struct btf *b, const struct btf_type *t)
{
	for (uint32_t i = 0; i < t->vlen && btf_is_enum(t); i++)
		look_at_name(btf_enumerator(t, i).name);
	for (uint32_t i = 0; i < t->vlen && t->kind == BTF_FUNC_PROTO; i++)
		fuzz_holds(btf_has(b, btf_param(t, i).type), "the type of a parameter exists");
	for (uint32_t i = 0; i < t->vlen && t->kind == BTF_DATASEC; i++)
		fuzz_holds(btf_has(b, btf_secinfo(t, i).type), "the type of a variable exists");
	if (t->kind == BTF_ARRAY)
		fuzz_holds(btf_has(b, btf_array(t).elem), "the type of an element exists");
	if (btf_kind_refers(t->kind))
		fuzz_holds(btf_has(b, t->type), "what a type refers to exists");
}

void fuzz_look(const struct btf *b)
{
	struct align *align = align_new(b, ALIGN_KERNEL);
	struct btf_type t = {0};
	uint32_t count = 0;

	while (btf_next(b, &t, -1)) {
		struct btf_type again = btf_type(b, t.id);

		fuzz_holds(t.id == b->first_id + count++, "types have consecutive ids");
		fuzz_holds(again.kind == t.kind && again.tail == t.tail && again.vlen == t.vlen,
			   "a type is found by its id");
		look_at_name(t.name);
		if (t.kind < BTF_KIND_COUNT)
			look_for(b, &t);
		look_at_elements(b, &t);
		look_at_fields(b, &t);
		fuzz_holds(btf_size(b, t.id) <= (int64_t)UINT32_MAX, "a size fits in 32 bits");
		fuzz_holds(btf_strip(b, btf_innermost(b, t.id).id).kind != BTF_TYPEDEF,
			   "what stands behind typedefs is none");
		align_of(align, t.id);
		align_is_packed(align, t.id);
		btf_kind_name(t.kind);
		btf_linkage_name(&t);
	}
	fuzz_holds(b->first_id + count == b->end_id, "every type is met");
	btf_long(b);
	align_free(align);
}
