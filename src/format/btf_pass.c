/*
 * btf_pass: reads the type section once, from front to back: where each type starts, which is known
 * only once the one before it is decoded, and which have a name. Each is checked on the way, while
 * its bytes are at hand (btf_check.c).
 */
#include <stdlib.h>

#include "base/scale.h"
#include "format/btf_impl.h"

static const struct btf_shape known[BTF_KIND_COUNT] = {
    [BTF_INT] = {16, 0, BTF_NAMES_TYPE},         [BTF_PTR] = {12, 0, BTF_NAMES_TYPE},
    [BTF_ARRAY] = {24, 0, BTF_NAMES_TYPE},       [BTF_STRUCT] = {12, 12, BTF_NAMES_TYPE},
    [BTF_UNION] = {12, 12, BTF_NAMES_TYPE},      [BTF_ENUM] = {12, 8, BTF_NAMES_TYPE},
    [BTF_FWD] = {12, 0, BTF_NAMES_TYPE},         [BTF_TYPEDEF] = {12, 0, BTF_NAMES_TYPE},
    [BTF_VOLATILE] = {12, 0, BTF_NAMES_TYPE},    [BTF_CONST] = {12, 0, BTF_NAMES_TYPE},
    [BTF_RESTRICT] = {12, 0, BTF_NAMES_TYPE},    [BTF_FUNC] = {12, 0, BTF_NAMES_OTHER},
    [BTF_FUNC_PROTO] = {12, 8, BTF_NAMES_TYPE},  [BTF_VAR] = {16, 0, BTF_NAMES_OTHER},
    [BTF_DATASEC] = {12, 12, BTF_NAMES_OTHER},   [BTF_FLOAT] = {12, 0, BTF_NAMES_TYPE},
    [BTF_DECL_TAG] = {16, 0, BTF_NAMES_NOTHING}, [BTF_TYPE_TAG] = {12, 0, BTF_NAMES_NOTHING},
    [BTF_ENUM64] = {12, 12, BTF_NAMES_TYPE},
};

struct btf_shape btf_known_shape(unsigned kind)
{
	return known[kind];
}

/* The layout section makes further kinds skippable (semantics 24). */
static void learn_shapes(struct btf *b, const struct span *layout)
{
	for (size_t k = 0; k < BTF_KINDS; k++)
		b->shape[k] =
		    k && k < BTF_KIND_COUNT ? known[k] : (struct btf_shape){BTF_NO_SHAPE, 0, 0};
	for (size_t k = BTF_KIND_COUNT; k < BTF_KINDS && k < layout->len / BTF_LAYOUT_SIZE; k++) {
		const uint8_t *l = layout->at + k * BTF_LAYOUT_SIZE;

		b->shape[k] = (struct btf_shape){BTF_TYPE_SIZE + l[0], l[1], BTF_NAMES_TYPE};
	}
}

enum {
	WINDOW = SCALE(1 << 16, 64), /* bytes whose types room is made for at once */
	DENSITY = 64, /* kernels have a named type in 90 bytes, and BTF_STRIDE types in 100 */
};

struct section_pass {
	struct btf *b;
	struct err *e;
	struct btf_check check;
	uint32_t at; /* bytes into the type section, where the window starts */
	uint32_t window_len;

	size_t start_cap; /* items that b->start and named have room for */
	struct btf_named *named;
	size_t named_count, named_cap;
};

/* Room for `more` items behind `count`, and in the first place for `usual`; NULL, with the items as
 * they were, when memory is out. */
static void *reserve(void *items, size_t *cap, size_t count, size_t more, size_t usual, size_t size)
{
	size_t least = *cap ? 2 * *cap : usual, want = count + more > least ? count + more : least;
	void *p = items;

	if (count + more > *cap && (p = realloc(items, want * size)))
		*cap = want;
	return p;
}

/* Opens a window of `len` bytes at s->at, and makes room for what it may hold. */
static int open_window(struct section_pass *s, uint32_t len)
{
	const struct btf *b = s->b;
	size_t types = len / BTF_TYPE_SIZE + 1, seen = s->check.id - b->first_id;
	size_t start = (uint64_t)(b->types - b->raw.at);
	void *p;

	p = reserve(s->b->start, &s->start_cap, seen / BTF_STRIDE + 1, types / BTF_STRIDE + 1,
		    b->types_len / DENSITY, sizeof(*b->start));
	if (!p)
		return err_memory(s->e, b->name);
	s->b->start = p;
	p = reserve(s->named, &s->named_cap, s->named_count, types, b->types_len / DENSITY,
		    sizeof(*s->named));
	if (!p)
		return err_memory(s->e, b->name);
	s->named = p;
	if (btf_parts_reserve(&s->check.parts, (uint32_t)seen, types, len, b->types_len) < 0)
		return err_memory(s->e, b->name);
	s->window_len = len;
	s->check.window_off = start + s->at;
	s->check.window = b->types + s->at;
	return 0;
}

/* Passes the types that lie in the window as a whole. */
static int pass_window(struct section_pass *s)
{
	struct btf *b = s->b;
	const uint8_t *p = s->check.window;
	size_t left = s->window_len;

	while (left >= BTF_TYPE_SIZE) {
		uint32_t i = s->check.id - b->first_id, name = load_u32(p, b->swap);
		unsigned kind = BTF_INFO_KIND(load_u32(p + 4, b->swap));
		uint64_t size = btf_record_size(b, p);

		if (!size || size > left || s->check.id == INT32_MAX)
			break;
		if (i % BTF_STRIDE == 0)
			b->start[i / BTF_STRIDE] = s->at;
		s->named[s->named_count] = (struct btf_named){i, name};
		s->named_count += name && b->shape[kind].names == BTF_NAMES_TYPE;
		s->check.at = p;
		if (btf_check_type(&s->check) < 0)
			return -1;
		s->check.id++;
		s->at += (uint32_t)size;
		p += size;
		left -= size;
	}
	return 0;
}

/* Reports a defect so many bytes into the type at s->at. */
#define defect(s, bytes, fmt, ...)                                                                 \
	span_err((s)->e, &(s)->b->raw,                                                             \
		 (uint64_t)((s)->b->types - (s)->b->raw.at) + (s)->at + (bytes), "type [%u] " fmt, \
		 (s)->check.id, __VA_ARGS__)

/* Finds how long the type at s->at is, of which the last window held a part. */
static int long_type(struct section_pass *s, uint32_t *size)
{
	const struct btf *b = s->b;
	const uint8_t *p = b->types + s->at;
	uint32_t left = b->types_len - s->at, info;

	if (left < BTF_TYPE_SIZE)
		return defect(s, 0, "is cut off at the end of the type %s", "section");
	info = load_u32(p + 4, b->swap);
	if (!btf_record_size(b, p))
		return defect(s, 4, "has the unknown kind %u", BTF_INFO_KIND(info));
	if (btf_record_size(b, p) > left)
		return defect(s, 4, "%s: its %u elements reach past the type section",
			      btf_kind_name(BTF_INFO_KIND(info)), BTF_INFO_VLEN(info));
	if (s->check.id == INT32_MAX)
		return defect(s, 0, "is one of too %s", "many");
	*size = (uint32_t)btf_record_size(b, p);
	return 0;
}

static int pass_types(struct section_pass *s)
{
	uint32_t len = WINDOW;

	while (s->at < s->b->types_len) {
		uint32_t left = s->b->types_len - s->at, at = s->at;

		if (open_window(s, left < len ? left : len) < 0 || pass_window(s) < 0)
			return -1;
		len = WINDOW;
		if (s->at == at && long_type(s, &len) < 0)
			return -1;
	}
	return 0;
}

/* Passes all types again, with their number known, when one refers to a type that is not there: so
 * the first that does is named. */
static int pass(struct section_pass *s)
{
	if (pass_types(s) < 0)
		return -1;
	s->b->end_id = s->check.end_id = s->check.id;
	if (s->check.most < s->check.end_id)
		return btf_check_late(&s->check);
	s->check.id = s->b->first_id;
	s->check.parts.count = s->check.parts.starts = 0;
	s->at = 0;
	s->named_count = 0;
	return pass_types(s);
}

int btf_pass(struct btf *b, const struct span *layout, bool kernel, struct btf_named **named,
	     size_t *count, struct err *e)
{
	struct section_pass s = {
	    .b = b,
	    .e = e,
	    .check = {.b = b, .e = e, .kernel = kernel, .id = b->first_id, .end_id = UINT32_MAX},
	};
	int rc;

	learn_shapes(b, layout);
	if (b->base && btf_base_check(b, e) < 0)
		return -1;
	s.check.names = (uint64_t)b->first_string + b->strings_len;
	s.check.kind = malloc(b->types_len / BTF_TYPE_SIZE + 1);
	rc = s.check.kind ? pass(&s) : err_memory(e, b->name);
	free(s.check.kind);
	free(s.check.late);
	btf_parts_free(&s.check.parts);
	if (rc < 0) {
		free(s.named);
		return rc;
	}
	*named = s.named;
	*count = s.named_count;
	return 0;
}
