/* builder: copies of all types of a BTF, in either byte order, are sound, and the same types. */
#include "support/fuzz.h"

#include <stdlib.h>

#include "compare/changes.h"
#include "write/builder.h"

const unsigned fuzz_parts = 1;

enum { COPIES_MOST = 600 };

struct copies {
	const struct btf *from;
	uint32_t id[COPIES_MOST], copy[COPIES_MOST];
	size_t count;
};

static bool differs(void *ctx, const struct change *c)
{
	*(const char **)ctx = changes_name(c->kind);
	return false;
}

static void compare(const struct copies *c, const struct btf *b, enum builder_with with)
{
	const struct changes_options options = {.depth = 0};

	/* How large pointers are only an ELF file says where types do not. */
	for (size_t i = 0; i < c->count && b->ptr_size == c->from->ptr_size; i++) {
		struct btf_type old = btf_type(c->from, c->id[i]), new = btf_type(b, c->copy[i]);
		const char *how = NULL;
		struct err e = {0};

		if (with == BUILDER_NAME)
			continue;
		fuzz_holds(old.kind == new.kind &&old.vlen == new.vlen &&old.kflag == new.kflag,
			   "a copy of [%u] has its kind", old.id);
		if (changes_of(c->from, old.id, b, new.id, &options, differs, &how, &e) < 0)
			fuzz_refused(&e);
		fuzz_holds(!how, "a copy of type [%u] is %s", old.id, how ? how : "");
	}
}

/* Names of functions, variables and tags are not looked at when a BTF is opened, so one may be of
 * no bytes; written again it is none. */
static bool has_empty_name(const struct btf *b)
{
	struct btf_type t = {0};

	while (btf_next(b, &t, -1))
		if (!t.name[0] &&
		    (t.kind == BTF_FUNC || t.kind == BTF_VAR || t.kind == BTF_DATASEC ||
		     t.kind == BTF_DECL_TAG || t.kind == BTF_TYPE_TAG))
			return true;
	return false;
}

static void copy_all(const struct btf *b, enum builder_with with, bool big_endian,
		     uint32_t header_size)
{
	struct builder *builder = builder_new(NULL, big_endian);
	struct copies c = {.from = b};
	struct buf out = {0};
	struct btf *back;
	struct btf_type t = {0};
	struct err e = {0};
	int rc = 0;

	while (rc == 0 && c.count < COPIES_MOST && btf_next(b, &t, -1)) {
		c.id[c.count] = t.id;
		rc = builder_copy(builder, b, t.id, with, &c.copy[c.count], &e);
		c.count += rc == 0;
	}
	if (rc < 0 || builder_write(builder, header_size, &out, &e) < 0) {
		fuzz_refused(&e);
	} else {
		back = fuzz_btf((struct bytes){out.data, out.len}, NULL);
		fuzz_holds(back || has_empty_name(b), "copies of what is sound are sound");
		if (back)
			compare(&c, back, with);
		btf_unref(back);
	}
	free(out.data);
	builder_free(builder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct btf *b = fuzz_btf((struct bytes){data, len}, NULL);

	if (!b)
		return 0;
	copy_all(b, BUILDER_ALL, b->big_endian, BTF_HDR_SIZE);
	copy_all(b, BUILDER_VALUE, !b->big_endian, BTF_HDR_LAYOUT_SIZE);
	copy_all(b, BUILDER_NAME, b->big_endian, BTF_HDR_SIZE);
	btf_unref(b);
	return 0;
}
