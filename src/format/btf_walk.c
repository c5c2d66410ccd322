/*
 * btf_walk: reads the type section once, from front to back: where each type starts, which is known
 * only once the one before it is decoded, and which have a name. Each is checked on the way, while
 * its bytes are at hand (btf_check.c).
 */
#include <stdlib.h>

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
	WINDOW = 1 << 16, /* bytes that are read at once: mapping pages takes longer, and they count
			   * as used */
	DENSITY = 64,     /* kernels have a named type in 90 bytes, and BTF_STRIDE types in 100 */
};

struct section_walk {
	struct btf *b;
	const struct input *in;
	struct err *e;
	struct btf_check check;
	uint32_t at; /* bytes into the type section, where the window starts */
	uint32_t window_len;
	uint8_t *buffer;
	size_t buffer_size;

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

/* Opens a window of `len` bytes at w->at, and makes room for what it may hold. */
static int open_window(struct section_walk *w, uint32_t len)
{
	const struct btf *b = w->b;
	size_t types = len / BTF_TYPE_SIZE + 1, seen = w->check.id - b->first_id;
	size_t start = (uint64_t)(b->types - b->raw.at);
	void *p;

	if (len > w->buffer_size) {
		free(w->buffer);
		w->buffer_size = 0;
		w->buffer = malloc(len);
		if (!w->buffer)
			return err_memory(w->e, b->name);
		w->buffer_size = len;
	}
	p = reserve(w->b->start, &w->start_cap, seen / BTF_STRIDE + 1, types / BTF_STRIDE + 1,
		    b->types_len / DENSITY, sizeof(*b->start));
	if (!p)
		return err_memory(w->e, b->name);
	w->b->start = p;
	p = reserve(w->named, &w->named_cap, w->named_count, types, b->types_len / DENSITY,
		    sizeof(*w->named));
	if (!p)
		return err_memory(w->e, b->name);
	w->named = p;
	if (btf_parts_reserve(&w->check.parts, (uint32_t)seen, types, len, b->types_len) < 0)
		return err_memory(w->e, b->name);
	w->window_len = len;
	w->check.window_off = start + w->at;
	w->check.window =
	    input_read(w->in, (size_t)(b->types - w->in->data) + w->at, len, w->buffer);
	return 0;
}

/* Passes the types that lie in the window as a whole. */
static int pass_window(struct section_walk *w)
{
	struct btf *b = w->b;
	const uint8_t *p = w->check.window;
	size_t left = w->window_len;

	while (left >= BTF_TYPE_SIZE) {
		uint32_t i = w->check.id - b->first_id, name = load_u32(p, b->swap);
		unsigned kind = BTF_INFO_KIND(load_u32(p + 4, b->swap));
		uint64_t size = btf_record_size(b, p);

		if (!size || size > left || w->check.id == INT32_MAX)
			break;
		if (i % BTF_STRIDE == 0)
			b->start[i / BTF_STRIDE] = w->at;
		w->named[w->named_count] = (struct btf_named){i, name};
		w->named_count += name && b->shape[kind].names == BTF_NAMES_TYPE;
		w->check.at = p;
		if (btf_check_type(&w->check) < 0)
			return -1;
		w->check.id++;
		w->at += (uint32_t)size;
		p += size;
		left -= size;
	}
	return 0;
}

/* Reports a defect so many bytes into the type at w->at. */
#define defect(w, bytes, fmt, ...)                                                                 \
	span_err((w)->e, &(w)->b->raw,                                                             \
		 (uint64_t)((w)->b->types - (w)->b->raw.at) + (w)->at + (bytes), "type [%u] " fmt, \
		 (w)->check.id, __VA_ARGS__)

/* Finds how long the type at w->at is, of which the last window held a part. */
static int long_type(struct section_walk *w, uint32_t *size)
{
	const struct btf *b = w->b;
	const uint8_t *p = b->types + w->at;
	uint32_t left = b->types_len - w->at, info;

	if (left < BTF_TYPE_SIZE)
		return defect(w, 0, "is cut off at the end of the type %s", "section");
	info = load_u32(p + 4, b->swap);
	if (!btf_record_size(b, p))
		return defect(w, 4, "has the unknown kind %u", BTF_INFO_KIND(info));
	if (btf_record_size(b, p) > left)
		return defect(w, 4, "%s: its %u elements reach past the type section",
			      btf_kind_name(BTF_INFO_KIND(info)), BTF_INFO_VLEN(info));
	if (w->check.id == INT32_MAX)
		return defect(w, 0, "is one of too %s", "many");
	*size = (uint32_t)btf_record_size(b, p);
	return 0;
}

static int pass_types(struct section_walk *w)
{
	uint32_t len = WINDOW;

	while (w->at < w->b->types_len) {
		uint32_t left = w->b->types_len - w->at, at = w->at;

		if (open_window(w, left < len ? left : len) < 0 || pass_window(w) < 0)
			return -1;
		len = WINDOW;
		if (w->at == at && long_type(w, &len) < 0)
			return -1;
	}
	return 0;
}

/* Passes all types again, with their number known, when one refers to a type that is not there: so
 * the first that does is named. */
static int walk(struct section_walk *w)
{
	if (pass_types(w) < 0)
		return -1;
	w->b->end_id = w->check.end_id = w->check.id;
	if (w->check.most < w->check.end_id)
		return btf_check_late(&w->check);
	w->check.id = w->b->first_id;
	w->check.parts.count = w->check.parts.starts = 0;
	w->at = 0;
	w->named_count = 0;
	return pass_types(w);
}

int btf_walk(struct btf *b, const struct input *in, const struct span *layout, bool kernel,
	     struct btf_named **named, size_t *count, struct err *e)
{
	struct section_walk w = {
	    .b = b,
	    .in = in,
	    .e = e,
	    .check = {.b = b, .e = e, .kernel = kernel, .id = b->first_id, .end_id = UINT32_MAX},
	};
	int rc;

	learn_shapes(b, layout);
	w.check.names = (uint64_t)b->first_string + b->strings_len;
	w.check.kind = malloc(b->types_len / BTF_TYPE_SIZE + 1);
	rc = w.check.kind ? walk(&w) : err_memory(e, b->name);
	free(w.check.kind);
	free(w.check.late);
	btf_parts_free(&w.check.parts);
	free(w.buffer);
	if (rc < 0) {
		free(w.named);
		return rc;
	}
	*named = w.named;
	*count = w.named_count;
	return 0;
}
