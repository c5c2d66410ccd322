/*
 * btf_check: the one full validation pass over a BTF's types: names and ids exist, elements lie
 * inside their type, and no type contains itself by value or stands for itself through modifiers.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "format/btf.h"

struct check {
	const struct btf *b;
	struct err *e;
	uint64_t names;  /* end of the string offsets */
	uint32_t end_id; /* of the types */
	uint32_t id;     /* the type being checked */
	const uint8_t *at;
	uint8_t *kind; /* of the types before it, those of the base left out */
};

/* Compiled once for each byte order, which is then not asked for at a million fields: with
 * kind_of() a kernel takes 19 million instructions instead of 26. */
#define EACH_ORDER static inline __attribute__((always_inline))

/* Reports a defect in the field at p of the current type. */
#define defect(c, p, fmt, ...)                                                               \
	span_err((c)->e, &(c)->b->raw, (uint64_t)((p) - (c)->b->raw.at), "type [%u] %s" fmt, \
		 (c)->id, type_words(c), __VA_ARGS__)

static uint32_t word(const struct check *c, const uint8_t *p)
{
	return load_u32(p, c->b->swap);
}

static const char *type_words(const struct check *c)
{
	return btf_kind_name(BTF_INFO_KIND(word(c, c->at + 4)));
}

static int bad_name(const struct check *c, const uint8_t *p)
{
	return defect(c, p, ": name offset %#x is outside the string section", word(c, p));
}

EACH_ORDER int check_name(const struct check *c, const uint8_t *p, bool swap)
{
	return load_u32(p, swap) < c->names ? 0 : bad_name(c, p);
}

static int bad_id(const struct check *c, const uint8_t *p)
{
	return defect(c, p, ": refers to type %u, but the last one is %u", word(c, p),
		      c->b->end_id - 1);
}

EACH_ORDER int check_id(const struct check *c, const uint8_t *p, bool swap)
{
	return load_u32(p, swap) < c->end_id ? 0 : bad_id(c, p);
}

static int check_int(const struct check *c)
{
	uint32_t size = word(c, c->at + 8), v = word(c, c->at + BTF_TYPE_SIZE);

	if (size == 0 || size > 16)
		return defect(c, c->at + 8, ": size %u is not 1 to 16 bytes", size);
	if (BTF_INT_BITS(v) + BTF_INT_OFFSET(v) > size * 8)
		return defect(c, c->at + BTF_TYPE_SIZE, ": bits %u to %u do not fit its %u bytes",
			      BTF_INT_OFFSET(v), BTF_INT_OFFSET(v) + BTF_INT_BITS(v), size);
	return 0;
}

static int bad_offset(const struct check *c, uint32_t i, uint32_t offset, uint32_t size)
{
	return defect(c, c->at + BTF_TYPE_SIZE + i * 12ul + 8,
		      ": member %u at bit %u lies outside its %u bytes", i, offset, size);
}

EACH_ORDER int check_members(const struct check *c, uint32_t vlen, bool kflag, bool swap)
{
	const uint8_t *p = c->at + BTF_TYPE_SIZE;
	uint32_t size = load_u32(c->at + 8, swap);

	for (uint32_t i = 0; i < vlen; i++, p += 12) {
		uint32_t offset = load_u32(p + 8, swap), bits = 0;

		if (check_name(c, p, swap) < 0 || check_id(c, p + 4, swap) < 0)
			return -1;
		if (kflag) {
			bits = BTF_MEMBER_BITFIELD_SIZE(offset);
			offset = BTF_MEMBER_BIT_OFFSET(offset);
		}
		if ((uint64_t)offset + bits > (uint64_t)size * 8)
			return bad_offset(c, i, offset, size);
	}
	return 0;
}

static int bad_enum(const struct check *c, uint32_t size)
{
	return defect(c, c->at + 8, ": size %u is not 1, 2, 4 or 8 bytes", size);
}

EACH_ORDER int check_enum(const struct check *c, uint32_t vlen, size_t step, bool swap)
{
	const uint8_t *p = c->at + BTF_TYPE_SIZE;
	uint32_t size = load_u32(c->at + 8, swap);

	if (size == 0 || size > 8 || (size & (size - 1)))
		return bad_enum(c, size);
	for (uint32_t i = 0; i < vlen; i++)
		if (check_name(c, p + i * step, swap) < 0)
			return -1;
	return 0;
}

EACH_ORDER int check_params(const struct check *c, uint32_t vlen, bool swap)
{
	const uint8_t *p = c->at + BTF_TYPE_SIZE;

	for (uint32_t i = 0; i < vlen; i++, p += 8)
		if (check_name(c, p, swap) < 0 || check_id(c, p + 4, swap) < 0)
			return -1;
	return 0;
}

/* Half of a kernel's types are functions, and most of their prototypes stand before them. */
static unsigned kind_of(const struct check *c, uint32_t id)
{
	return id >= c->b->first_id && id < c->id ? c->kind[id - c->b->first_id]
						  : btf_type(c->b, id).kind;
}

static int check_func(const struct check *c, uint32_t type)
{
	unsigned kind = kind_of(c, type);

	if (kind != BTF_FUNC_PROTO)
		return defect(c, c->at + 8, ": type %u is a %s, not a func_proto", type,
			      btf_kind_name(kind));
	return 0;
}

static int check_decl_tag(const struct check *c)
{
	int32_t component = (int32_t)word(c, c->at + BTF_TYPE_SIZE);
	uint32_t type = word(c, c->at + 8);
	struct btf_type on = btf_type(c->b, type);

	if (on.kind == BTF_FUNC)
		on = btf_type(c->b, on.type);
	if (component != -1 && (component < 0 || (uint32_t)component >= on.vlen))
		return defect(c, c->at + BTF_TYPE_SIZE, ": component %d of type %u does not exist",
			      component, type);
	return 0;
}

EACH_ORDER int check_datasec(const struct check *c, uint32_t vlen, bool swap)
{
	for (uint32_t i = 0; i < vlen; i++)
		if (check_id(c, c->at + BTF_TYPE_SIZE + i * 12ul, swap) < 0)
			return -1;
	return 0;
}

EACH_ORDER int check_type(const struct check *c, uint32_t info, bool swap)
{
	uint32_t vlen = BTF_INFO_VLEN(info);
	unsigned kind = BTF_INFO_KIND(info);

	if (check_name(c, c->at, swap) < 0 ||
	    (btf_kind_refers(kind) && check_id(c, c->at + 8, swap) < 0))
		return -1;
	switch (kind) {
	case BTF_INT: return check_int(c);
	case BTF_ARRAY:
		return check_id(c, c->at + BTF_TYPE_SIZE, swap) < 0
			   ? -1
			   : check_id(c, c->at + BTF_TYPE_SIZE + 4, swap);
	case BTF_STRUCT:
	case BTF_UNION: return check_members(c, vlen, BTF_INFO_KFLAG(info), swap);
	case BTF_ENUM: return check_enum(c, vlen, 8, swap);
	case BTF_ENUM64: return check_enum(c, vlen, 12, swap);
	case BTF_FUNC: return check_func(c, load_u32(c->at + 8, swap));
	case BTF_FUNC_PROTO: return check_params(c, vlen, swap);
	case BTF_DATASEC: return check_datasec(c, vlen, swap);
	case BTF_DECL_TAG: return check_decl_tag(c);
	default: return 0;
	}
}

EACH_ORDER int check_types(struct check *c, bool swap)
{
	for (; c->id < c->end_id; c->id++) {
		uint32_t info = load_u32(c->at + 4, swap);
		unsigned kind = BTF_INFO_KIND(info);
		struct btf_shape s = c->b->shape[kind];

		if (check_type(c, info, swap) < 0)
			return -1;
		c->kind[c->id - c->b->first_id] = (uint8_t)kind;
		c->at += s.size + (uint64_t)s.each * BTF_INFO_VLEN(info);
	}
	return 0;
}

/* What the walk has seen of a type takes the place of its kind. */
enum { DONE = BTF_VOID, OPEN = BTF_KINDS };

/* Whether a type not seen yet is something, or stands for something, that holds others by value. */
static bool has_parts(unsigned kind)
{
	const uint32_t kinds = 1u << BTF_STRUCT | 1u << BTF_UNION | 1u << BTF_ARRAY |
			       1u << BTF_TYPEDEF | 1u << BTF_CONST | 1u << BTF_VOLATILE |
			       1u << BTF_RESTRICT | 1u << BTF_TYPE_TAG;

	return kind < 32 && kinds >> kind & 1;
}

struct visit {
	uint32_t id;
	uint32_t count, next; /* of the u32 ids of its parts */
	uint32_t step;        /* bytes from one to the next */
	const uint8_t *parts;
};

static struct visit visit(const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_type(b, id);

	switch (t.kind) {
	case BTF_STRUCT:
	case BTF_UNION:
		return (struct visit){.id = id, .count = t.vlen, .step = 12, .parts = t.tail + 4};
	case BTF_ARRAY: return (struct visit){.id = id, .count = 1, .parts = t.tail};
	default: return (struct visit){.id = id, .count = 1, .parts = t.tail - BTF_TYPE_SIZE + 8};
	}
}

struct walk {
	const struct btf *b;
	uint8_t *state; /* of type first_id + i: its kind, OPEN or DONE */
	struct visit *stack;
	size_t cap;
};

static int cycle(const struct walk *w, uint32_t id, struct err *e)
{
	struct btf_type t = btf_type(w->b, id);
	uint64_t at = (uint64_t)(t.tail - BTF_TYPE_SIZE - w->b->raw.at);

	return span_err(e, &w->b->raw, at, "type [%u] %s%s%s contains itself", id,
			btf_kind_name(t.kind), *t.name ? " " : "", t.name);
}

/* Depth first from one type with a stack of our own: hostile chains are as long as the file. */
static int walk_from(struct walk *w, uint32_t root, struct err *e)
{
	size_t depth = 1;

	w->stack[0] = visit(w->b, root);
	w->state[root - w->b->first_id] = OPEN;
	while (depth) {
		struct visit *v = &w->stack[depth - 1], *stack;
		uint32_t id;

		if (v->next == v->count) {
			w->state[v->id - w->b->first_id] = DONE;
			depth--;
			continue;
		}
		id = load_u32(v->parts + (size_t)v->next++ * v->step, w->b->swap);
		if (id < w->b->first_id)
			continue;
		if (w->state[id - w->b->first_id] == OPEN)
			return cycle(w, v->id, e);
		if (!has_parts(w->state[id - w->b->first_id]))
			continue;
		stack = array_grow(w->stack, &w->cap, depth, sizeof(*stack));
		if (!stack)
			return err_memory(e, w->b->name);
		w->stack = stack;
		w->state[id - w->b->first_id] = OPEN;
		w->stack[depth++] = visit(w->b, id);
	}
	return 0;
}

/* kind is that of each type. */
static int check_cycles(const struct btf *b, uint8_t *kind, struct err *e)
{
	uint32_t n = b->end_id - b->first_id;
	struct walk w = {.b = b, .state = kind};
	int rc = 0;

	w.stack = array_grow(NULL, &w.cap, 0, sizeof(*w.stack));
	if (!w.stack)
		return err_memory(e, b->name);
	for (uint32_t i = 0; i < n && rc == 0; i++)
		if (has_parts(kind[i]))
			rc = walk_from(&w, b->first_id + i, e);
	free(w.stack);
	return rc;
}

int btf_check_all(const struct btf *b, struct err *e)
{
	struct check c = {.b = b,
			  .e = e,
			  .names = (uint64_t)b->first_string + b->strings_len,
			  .end_id = b->end_id,
			  .id = b->first_id,
			  .at = b->types,
			  .kind = malloc(b->end_id - b->first_id + 1)};
	int rc;

	if (!c.kind)
		return err_memory(e, b->name);
	rc = b->swap ? check_types(&c, true) : check_types(&c, false);
	if (rc == 0)
		rc = check_cycles(b, c.kind, e);
	free(c.kind);
	return rc;
}
