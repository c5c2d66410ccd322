/* object: a BPF object: its programs, lines and relocations, what its instructions refer to, its
 * maps and externs, and why libbpf would not open it. */
#include "support/fuzz.h"

#include "format/calls.h"
#include "format/opening.h"

const unsigned fuzz_parts = 1;

static void look_at_programs(const struct object *o, const struct references *l)
{
	struct call call;

	for (size_t i = 0; i < o->program_count; i++) {
		const struct program *p = &o->programs[i];

		fuzz_holds(!p->count || object_program_at(o, p->section_index, p->offset) == i,
			   "a function holds its first instruction");
		object_is_entry(o, p);
		for (uint32_t at = 0; at < p->count; at++) {
			call_at(o, l, p, at, &call);
			references_at(l, p->section_index, p->offset + at * INSN_SIZE);
		}
	}
}

static void look_at_lines(const struct object *o)
{
	for (size_t i = 0; i < o->line_count; i++)
		object_line_at(o, o->lines[i].section_index, o->lines[i].insn_off);
	for (size_t i = 0; i < o->relo_count; i++) {
		const struct relo *r = &o->relos[i];
		uint32_t line = object_line_of_relo(o, r);

		fuzz_holds(line == OBJECT_NONE || line < o->line_count, "a line exists");
		fuzz_holds(r->insn_room >= INSN_SIZE, "a relocation has an instruction");
		fuzz_holds(btf_has(o->btf, r->type_id), "the type of a relocation exists");
		relo_kind_name(r->kind);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct object *o = fuzz_object((struct bytes){data, len});
	struct references *l = NULL;
	struct opening why;
	struct err e = {0};

	if (!o)
		return 0;
	look_at_lines(o);
	object_is_gpl(o);
	if (references_open(o, &l, &e) < 0) {
		fuzz_refused(&e);
	} else {
		look_at_programs(o, l);
		if (object_refused(o, l, &why))
			fuzz_holds(why.why && why.why[0] && opening_kind_name(why.kind),
				   "a refusal says why");
	}
	references_free(l);
	object_free(o);
	return 0;
}
