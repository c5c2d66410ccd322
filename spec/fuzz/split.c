/* split: a BTF over the one that its ids count from, as a module's over a kernel's. */
#include "support/fuzz.h"

const unsigned fuzz_parts = 2;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bytes part[FUZZ_PARTS_MOST];
	struct btf *base, *b;

	fuzz_split(data, len, part);
	base = fuzz_btf(part[0], NULL);
	b = base ? fuzz_btf(part[1], base) : NULL;
	if (b) {
		fuzz_holds(!b->base || b->first_id == base->end_id,
			   "ids go on from those of the base");
		fuzz_look(b);
	}
	btf_unref(base);
	if (b && b->base)
		fuzz_look(b->base);
	btf_unref(b);
	return 0;
}
