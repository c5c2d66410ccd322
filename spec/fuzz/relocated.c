/* relocated: an object that was written with its relocations applied is the same file but for
 * these, and has none left; with them kept, it answers as before. */
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "write/relocated.h"

const unsigned fuzz_parts = 2;

static const struct program *program_at(const struct object *o, size_t i, size_t count)
{
	fuzz_holds(o->program_count == count, "the functions stay");
	return &o->programs[i];
}

/* Whether a later relocation is of the same bytes. */
static bool is_last(const struct resolution *r, size_t i)
{
	const struct relo *relo = r->object->relos;

	for (size_t k = i + 1; k < r->object->relo_count; k++)
		if (relo[k].insn < relo[i].insn + r->results[i].insn_len &&
		    relo[i].insn < relo[k].insn + r->results[k].insn_len)
			return false;
	return true;
}

static void compare(const struct resolution *r, const struct object *o, bool keep)
{
	const struct object *old = r->object;

	fuzz_holds(o->relo_count == (keep ? old->relo_count : 0), "relocations stay or go");
	fuzz_holds(o->line_count == old->line_count, "lines stay");
	for (size_t i = 0; i < old->program_count; i++)
		fuzz_holds(
		    !strcmp(program_at(o, i, old->program_count)->name, old->programs[i].name),
		    "names of functions stay");
	for (size_t i = 0; i < old->relo_count; i++) {
		const struct relo *relo = &old->relos[i];
		const struct section *s = &o->elf->sections[relo->section_index];
		const struct result *x = &r->results[i];

		fuzz_holds(!is_last(r, i) ||
			       memcmp(s->bytes.at + relo->insn_off, x->after, x->insn_len) == 0,
			   "what was written is what the relocation gives");
	}
}

static void write(const struct resolution *r, bool keep)
{
	size_t len = r->object->elf->input->len;
	uint8_t *out = malloc(len);
	struct object *o;
	struct err e = {0};

	if (!out)
		abort();
	if (relocated_write(r, keep, out, &e) < 0) {
		fuzz_refused(&e);
	} else {
		o = fuzz_object((struct bytes){out, len});
		fuzz_holds(o != NULL, "what was written is an object");
		compare(r, o, keep);
		object_free(o);
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes part[FUZZ_PARTS_MOST];
	struct pair p;

	fuzz_split(data, len, part);
	if (!fuzz_pair(part[0], part[1], &p))
		return 0;
	write(p.resolution, false);
	write(p.resolution, true);
	fuzz_pair_free(&p);
	return 0;
}
