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
	uint64_t names; /* end of the string offsets */
	uint32_t id;    /* the type being checked */
	const uint8_t *at;
};

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

static inline int check_name(const struct check *c, const uint8_t *p)
{
	return word(c, p) < c->names ? 0 : bad_name(c, p);
}

static int bad_id(const struct check *c, const uint8_t *p)
{
	return defect(c, p, ": refers to type %u, but the last one is %u", word(c, p),
		      c->b->end_id - 1);
}

static inline int check_id(const struct check *c, const uint8_t *p)
{
	return word(c, p) < c->b->end_id ? 0 : bad_id(c, p);
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

static int check_members(const struct check *c, uint32_t vlen, bool kflag)
{
	const uint8_t *p = c->at + BTF_TYPE_SIZE;
	uint32_t size = word(c, c->at + 8);

	for (uint32_t i = 0; i < vlen; i++, p += 12) {
		uint32_t offset = word(c, p + 8), bits = 0;

		if (check_name(c, p) < 0 || check_id(c, p + 4) < 0)
			return -1;
		if (kflag) {
			bits = BTF_MEMBER_BITFIELD_SIZE(offset);
			offset = BTF_MEMBER_BIT_OFFSET(offset);
		}
		if ((uint64_t)offset + bits > (uint64_t)size * 8)
			return defect(c, p + 8, ": member %u at bit %u lies outside its %u bytes",
				      i, offset, size);
	}
	return 0;
}

static int check_enum(const struct check *c, uint32_t vlen, size_t step)
{
	const uint8_t *p = c->at + BTF_TYPE_SIZE;
	uint32_t size = word(c, c->at + 8);

	if (size == 0 || size > 8 || (size & (size - 1)))
		return defect(c, c->at + 8, ": size %u is not 1, 2, 4 or 8 bytes", size);
	for (uint32_t i = 0; i < vlen; i++)
		if (check_name(c, p + i * step) < 0)
			return -1;
	return 0;
}

static int check_params(const struct check *c, uint32_t vlen)
{
	const uint8_t *p = c->at + BTF_TYPE_SIZE;

	for (uint32_t i = 0; i < vlen; i++, p += 8)
		if (check_name(c, p) < 0 || check_id(c, p + 4) < 0)
			return -1;
	return 0;
}

static int check_func(const struct check *c)
{
	uint32_t type = word(c, c->at + 8);
	unsigned kind = btf_type(c->b, type).kind;

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

static int check_datasec(const struct check *c, uint32_t vlen)
{
	for (uint32_t i = 0; i < vlen; i++)
		if (check_id(c, c->at + BTF_TYPE_SIZE + i * 12ul) < 0)
			return -1;
	return 0;
}

static int check_type(const struct check *c)
{
	uint32_t info = word(c, c->at + 4), vlen = BTF_INFO_VLEN(info);
	unsigned kind = BTF_INFO_KIND(info);

	if (check_name(c, c->at) < 0 || (btf_kind_refers(kind) && check_id(c, c->at + 8) < 0))
		return -1;
	switch (kind) {
	case BTF_INT: return check_int(c);
	case BTF_ARRAY:
		return check_id(c, c->at + BTF_TYPE_SIZE) < 0
			   ? -1
			   : check_id(c, c->at + BTF_TYPE_SIZE + 4);
	case BTF_STRUCT:
	case BTF_UNION: return check_members(c, vlen, BTF_INFO_KFLAG(info));
	case BTF_ENUM: return check_enum(c, vlen, 8);
	case BTF_ENUM64: return check_enum(c, vlen, 12);
	case BTF_FUNC: return check_func(c);
	case BTF_FUNC_PROTO: return check_params(c, vlen);
	case BTF_DATASEC: return check_datasec(c, vlen);
	case BTF_DECL_TAG: return check_decl_tag(c);
	default: return 0;
	}
}

/* Whether a kind is something, or stands for something, that holds other types by value. */
static bool has_parts(unsigned kind)
{
	switch (kind) {
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_ARRAY:
	case BTF_TYPEDEF:
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG: return true;
	default: return false;
	}
}

enum { UNSEEN, OPEN, DONE };

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
	uint8_t *state; /* of type first_id + i */
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
		if (id < w->b->first_id || w->state[id - w->b->first_id] == DONE)
			continue;
		if (w->state[id - w->b->first_id] == OPEN)
			return cycle(w, v->id, e);
		stack = array_grow(w->stack, &w->cap, depth, sizeof(*stack));
		if (!stack)
			return err_memory(e, w->b->name);
		w->stack = stack;
		w->state[id - w->b->first_id] = OPEN;
		w->stack[depth++] = visit(w->b, id);
	}
	return 0;
}

/* state tells of each type whether it has parts. */
static int check_cycles(const struct btf *b, uint8_t *state, struct err *e)
{
	uint32_t n = b->end_id - b->first_id;
	struct walk w = {.b = b, .state = state};
	int rc = 0;

	w.stack = array_grow(NULL, &w.cap, 0, sizeof(*w.stack));
	if (!w.stack)
		return err_memory(e, b->name);
	for (uint32_t i = 0; i < n && rc == 0; i++)
		if (state[i] == UNSEEN)
			rc = walk_from(&w, b->first_id + i, e);
	free(w.stack);
	return rc;
}

int btf_check_all(const struct btf *b, struct err *e)
{
	uint64_t names = (uint64_t)b->first_string + b->strings_len;
	struct check c = {.b = b, .e = e, .names = names, .id = b->first_id, .at = b->types};
	uint8_t *state = malloc(b->end_id - b->first_id + 1);
	int rc = state ? 0 : err_memory(e, b->name);

	for (; c.id < b->end_id && rc == 0; c.id++) {
		unsigned kind = BTF_INFO_KIND(word(&c, c.at + 4));

		rc = check_type(&c);
		state[c.id - b->first_id] = has_parts(kind) ? UNSEEN : DONE;
		c.at += btf_record_size(b, c.at);
	}
	if (rc == 0)
		rc = check_cycles(b, state, e);
	free(state);
	return rc;
}
