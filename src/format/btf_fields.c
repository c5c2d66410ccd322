/* btf_fields: goes through anonymous members, depth first; see btf_fields.h. */
#include "format/btf_fields.h"

void btf_fields_start(struct btf_fields *f, const struct btf *b, uint32_t id)
{
	f->btf = b;
	f->at[0].type = btf_strip(b, id);
	f->at[0].next = 0;
	f->at[0].start = 0;
	f->depth = btf_is_composite(&f->at[0].type);
}

static int too_many(const struct btf_fields *f, struct err *e)
{
	return err_set(e, ERR_LIMIT, f->btf->name, NULL, ERR_NO_OFFSET,
		       "anonymous members nest deeper than %d, or without end", BTF_FIELDS_DEPTH);
}

int btf_fields_next(struct btf_fields *f, struct btf_field *out, struct err *e)
{
	for (uint32_t steps = 0; f->depth; steps++) {
		int top = f->depth - 1;
		struct btf_type t;

		if (steps == BTF_FIELDS_STEPS)
			return too_many(f, e);
		if (f->at[top].next == f->at[top].type.vlen) {
			f->depth--;
			continue;
		}
		out->member = btf_member(&f->at[top].type, f->at[top].next++);
		out->bit_offset = f->at[top].start + out->member.bit_offset;
		if (*out->member.name)
			return 1;
		t = btf_strip(f->btf, out->member.type);
		if (!btf_is_composite(&t))
			continue; /* bits without a name */
		if (f->depth == BTF_FIELDS_DEPTH)
			return too_many(f, e);
		f->at[f->depth].type = t;
		f->at[f->depth].next = 0;
		f->at[f->depth].start = out->bit_offset;
		f->depth++;
	}
	return 0;
}
