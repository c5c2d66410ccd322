/* packed: what is packed, archives, and kernels as they boot, down to the BTF in them. */
#include "support/fuzz.h"

#include <string.h>

#include "format/packed.h"

const unsigned fuzz_parts = 1;

static enum packed_want want(void *ctx, const struct packed_member *m)
{
	char path[64];

	fuzz_holds(m->head_len <= PACKED_HEAD, "the head of a member has no more than its bytes");
	packed_path("input", m->name ? m->name : "", path, sizeof(path));
	return ++*(unsigned *)ctx % 4 == 3 ? PACKED_SKIP : PACKED_TAKE;
}

static bool take(void *ctx, const struct packed_member *m, struct input *bytes)
{
	(void)ctx;
	(void)m;
	input_unref(bytes);
	return true;
}

static void walk(const uint8_t *data, size_t len)
{
	unsigned met = 0;
	const struct packed_visitor visitor = {want, take, &met};
	struct input *in = fuzz_input((struct bytes){data, len});
	struct err e = {0};

	if (packed_walk(in, &visitor, &e) < 0)
		fuzz_refused(&e);
	input_unref(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input *in;
	struct btf *b = NULL;
	struct err e = {0};

	walk(data, len);
	if (input_bytes("input", data, len, &in, &e) < 0) {
		fuzz_refused(&e);
		return 0;
	}
	if (btf_from_input(in, NULL, &b, &e) < 0)
		fuzz_refused(&e);
	else
		btf_unref(b);
	input_unref(in);
	if (input_unpack("input", data, len, &in, &e) < 0)
		fuzz_refused(&e);
	else
		input_unref(in);
	return 0;
}
