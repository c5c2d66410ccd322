/* btf_ext: the records of a .BTF.ext, with the BTF that their names are in. */
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "format/btf_ext.h"

const unsigned fuzz_parts = 2;

static void read_table(const struct span *ext, const struct btf *b, enum btf_ext_table table)
{
	struct btf_ext_group *groups = NULL;
	size_t count = 0;
	uint64_t at, size;
	struct err e = {0};

	if (btf_ext_locate(ext, table, &at, &size, &e) < 0) {
		fuzz_refused(&e);
		return;
	}
	fuzz_holds(!size || span_has(ext, at, size), "a table lies in its section");
	if (btf_ext_groups(ext, b, table, &groups, &count, &e) < 0) {
		fuzz_refused(&e);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct btf_ext_group *g = &groups[i];

		fuzz_holds(strlen(g->section) < b->strings_len, "a section has a name");
		fuzz_holds(
		    span_has(ext, (uint64_t)(g->records - ext->at), (uint64_t)g->count * g->size),
		    "records lie in their section");
	}
	free(groups);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes part[FUZZ_PARTS_MOST];
	struct input *in;
	struct btf *b;

	fuzz_split(data, len, part);
	b = fuzz_btf(part[0], NULL);
	if (!b)
		return 0;
	in = fuzz_input(part[1]);
	for (enum btf_ext_table table = EXT_FUNC_INFO; table <= EXT_CORE_RELO; table++)
		read_table(&(struct span){in->data, in->len, "input", ".BTF.ext", b->swap}, b,
			   table);
	input_unref(in);
	btf_unref(b);
	return 0;
}
