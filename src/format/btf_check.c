/*
 * btf_check: the one full validation pass over a BTF's types. What it accepts can be read without
 * further checks: names and ids exist, elements lie inside their type, and no type contains itself
 * by value or stands for itself through modifiers.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "format/btf.h"

struct check {
	const struct btf *b;
	struct err *e;
	uint32_t id; /* the type being checked */
	const uint8_t *at;
};

/* Reports a defect in the field at p of the current type. */
#define defect(c, p, fmt, ...)                                                               \
	span_err((c)->e, &(c)->b->raw, (uint64_t)((p) - (c)->b->raw.at), "type [%u] %s" fmt, \
		 (c)->id, type_words(c), __VA_ARGS__)

static const char *type_words(const struct check *c)
{
	return btf_kind_name(BTF_INFO_KIND(load_u32(c->at + 4, c->b->swap)));
}

static int check_name(const struct check *c, const uint8_t *p)
{
	uint64_t off = load_u32(p, c->b->swap);

	if (off >= (uint64_t)c->b->first_string + c->b->strings_len && off != 0)
		return defect(c, p, ": name offset %#llx is outside the string section",
			      (unsigned long long)off);
	return 0;
}

static int check_id(const struct check *c, const uint8_t *p)
{
	uint32_t id = load_u32(p, c->b->swap);

	if (!btf_has(c->b, id))
		return defect(c, p, ": refers to type %u, but the last one is %u", id,
			      c->b->end_id - 1);
	return 0;
}

static int check_int(const struct check *c, const struct btf_type *t)
{
	uint32_t word = btf_tail_u32(t);

	if (t->size == 0 || t->size > 16)
		return defect(c, c->at + 8, ": size %u is not 1 to 16 bytes", t->size);
	if (BTF_INT_BITS(word) + BTF_INT_OFFSET(word) > t->size * 8)
		return defect(c, t->tail, ": bits %u to %u do not fit its %u bytes",
			      BTF_INT_OFFSET(word), BTF_INT_OFFSET(word) + BTF_INT_BITS(word),
			      t->size);
	return 0;
}

static int check_members(const struct check *c, const struct btf_type *t)
{
	for (uint32_t i = 0; i < t->vlen; i++) {
		const uint8_t *p = t->tail + i * 12ul;
		struct btf_member m;

		if (check_name(c, p) < 0 || check_id(c, p + 4) < 0)
			return -1;
		m = btf_member(t, i);
		if ((uint64_t)m.bit_offset + m.bit_size > (uint64_t)t->size * 8)
			return defect(c, p + 8, ": member %u at bit %u lies outside its %u bytes",
				      i, m.bit_offset, t->size);
	}
	return 0;
}

static int check_enum(const struct check *c, const struct btf_type *t)
{
	size_t step = t->kind == BTF_ENUM ? 8 : 12;

	if (t->size == 0 || t->size > 8 || (t->size & (t->size - 1)))
		return defect(c, c->at + 8, ": size %u is not 1, 2, 4 or 8 bytes", t->size);
	for (uint32_t i = 0; i < t->vlen; i++)
		if (check_name(c, t->tail + i * step) < 0)
			return -1;
	return 0;
}

static int check_params(const struct check *c, const struct btf_type *t)
{
	for (uint32_t i = 0; i < t->vlen; i++)
		if (check_name(c, t->tail + i * 8ul) < 0 || check_id(c, t->tail + i * 8ul + 4) < 0)
			return -1;
	return 0;
}

static int check_func(const struct check *c, const struct btf_type *t)
{
	unsigned kind = btf_type(c->b, t->type).kind;

	if (kind != BTF_FUNC_PROTO)
		return defect(c, c->at + 8, ": type %u is a %s, not a func_proto", t->type,
			      btf_kind_name(kind));
	return 0;
}

bool btf_tag_fits(const struct btf_type *tag)
{
	int32_t component = (int32_t)btf_tail_u32(tag);
	struct btf_type on = btf_type(tag->btf, tag->type);

	if (on.kind == BTF_FUNC && btf_has(tag->btf, on.type))
		on = btf_type(tag->btf, on.type);
	return component == -1 || (component >= 0 && (uint32_t)component < on.vlen);
}

static int check_decl_tag(const struct check *c, const struct btf_type *t)
{
	if (!btf_tag_fits(t))
		return defect(c, t->tail, ": component %d of type %u does not exist",
			      (int32_t)btf_tail_u32(t), t->type);
	return 0;
}

static int check_array(const struct check *c, const struct btf_type *t)
{
	return check_id(c, t->tail) < 0 ? -1 : check_id(c, t->tail + 4);
}

static int check_datasec(const struct check *c, const struct btf_type *t)
{
	for (uint32_t i = 0; i < t->vlen; i++)
		if (check_id(c, t->tail + i * 12ul) < 0)
			return -1;
	return 0;
}

static int check_type(const struct check *c)
{
	struct btf_type t;

	if (check_name(c, c->at) < 0)
		return -1;
	t = btf_type(c->b, c->id);
	if (btf_kind_refers(t.kind) && check_id(c, c->at + 8) < 0)
		return -1;
	switch (t.kind) {
	case BTF_INT: return check_int(c, &t);
	case BTF_ARRAY: return check_array(c, &t);
	case BTF_STRUCT:
	case BTF_UNION: return check_members(c, &t);
	case BTF_ENUM:
	case BTF_ENUM64: return check_enum(c, &t);
	case BTF_FUNC: return check_func(c, &t);
	case BTF_FUNC_PROTO: return check_params(c, &t);
	case BTF_DATASEC: return check_datasec(c, &t);
	case BTF_DECL_TAG: return check_decl_tag(c, &t);
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
	const uint8_t *p = b->types + b->offset[id - b->first_id];
	uint32_t info = load_u32(p + 4, b->swap);

	switch (BTF_INFO_KIND(info)) {
	case BTF_STRUCT:
	case BTF_UNION:
		return (struct visit){.id = id,
				      .count = BTF_INFO_VLEN(info),
				      .step = 12,
				      .parts = p + BTF_TYPE_SIZE + 4};
	case BTF_ARRAY: return (struct visit){.id = id, .count = 1, .parts = p + BTF_TYPE_SIZE};
	default: return (struct visit){.id = id, .count = 1, .parts = p + 8};
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

int btf_check_cycles(const struct btf *b, const uint8_t *kinds, struct err *e)
{
	uint32_t n = b->end_id - b->first_id;
	struct walk w = {.b = b};
	int rc = -1;

	w.state = malloc(n + 1);
	w.stack = array_grow(NULL, &w.cap, 0, sizeof(*w.stack));
	if (w.state && w.stack)
		rc = 0;
	else
		err_memory(e, b->name);
	for (uint32_t i = 0; i < n && rc == 0; i++)
		w.state[i] = has_parts(kinds[i]) ? UNSEEN : DONE;
	for (uint32_t i = 0; i < n && rc == 0; i++)
		if (w.state[i] == UNSEEN)
			rc = walk_from(&w, b->first_id + i, e);
	free(w.state);
	free(w.stack);
	return rc;
}

int btf_check(const struct btf *b, struct err *e)
{
	struct check c = {.b = b, .e = e};
	uint8_t *kinds = malloc(b->end_id - b->first_id + 1);
	int rc = kinds ? 0 : err_memory(e, b->name);

	for (uint32_t id = b->first_id; id < b->end_id && rc == 0; id++) {
		c.id = id;
		c.at = b->types + b->offset[id - b->first_id];
		rc = check_type(&c);
		kinds[id - b->first_id] = (uint8_t)BTF_INFO_KIND(load_u32(c.at + 4, b->swap));
	}
	if (rc == 0)
		rc = btf_check_cycles(b, kinds, e);
	free(kinds);
	return rc;
}
