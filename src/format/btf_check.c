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

static int check_decl_tag(const struct check *c, const struct btf_type *t)
{
	int32_t component = (int32_t)btf_tail_u32(t);
	struct btf_type on = btf_type(c->b, t->type);

	if (on.kind == BTF_FUNC && btf_has(c->b, on.type))
		on = btf_type(c->b, on.type);
	if (component < -1 || (component >= 0 && (uint32_t)component >= on.vlen))
		return defect(c, t->tail, ": component %d of type %u does not exist", component,
			      t->type);
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

/* The i-th type that t consists of or stands for; false when there are no more. */
static bool part(const struct btf_type *t, uint32_t i, uint32_t *id)
{
	switch (t->kind) {
	case BTF_STRUCT:
	case BTF_UNION:
		if (i >= t->vlen)
			return false;
		*id = btf_member(t, i).type;
		return true;
	case BTF_ARRAY: *id = btf_array(t).elem; return i == 0;
	case BTF_TYPEDEF:
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG: *id = t->type; return i == 0;
	default: return false;
	}
}

enum { UNSEEN, OPEN, DONE };

struct visit {
	struct btf_type type;
	uint32_t next; /* part to look at */
};

struct walk {
	const struct btf *b;
	uint8_t *state; /* of type first_id + i */
	struct visit *stack;
	size_t cap;
};

static int cycle(const struct walk *w, const struct visit *v, struct err *e)
{
	uint64_t at = (uint64_t)(v->type.tail - BTF_TYPE_SIZE - w->b->raw.at);

	return span_err(e, &w->b->raw, at, "type [%u] %s%s%s contains itself", v->type.id,
			btf_kind_name(v->type.kind), *v->type.name ? " " : "", v->type.name);
}

/* Depth first from one type with a stack of our own: hostile chains are as long as the file. */
static int walk_from(struct walk *w, uint32_t root, struct err *e)
{
	size_t depth = 1;

	w->stack[0] = (struct visit){.type = btf_type(w->b, root)};
	w->state[root - w->b->first_id] = OPEN;
	while (depth) {
		struct visit *v = &w->stack[depth - 1], *stack;
		uint32_t id;

		if (!part(&v->type, v->next++, &id)) {
			w->state[v->type.id - w->b->first_id] = DONE;
			depth--;
			continue;
		}
		if (id < w->b->first_id || w->state[id - w->b->first_id] == DONE)
			continue;
		if (w->state[id - w->b->first_id] == OPEN)
			return cycle(w, v, e);
		stack = array_grow(w->stack, &w->cap, depth, sizeof(*stack));
		if (!stack)
			return err_memory(e, w->b->name);
		w->stack = stack;
		w->state[id - w->b->first_id] = OPEN;
		w->stack[depth++] = (struct visit){.type = btf_type(w->b, id)};
	}
	return 0;
}

static int check_cycles(const struct btf *b, struct err *e)
{
	struct walk w = {.b = b};
	int rc = -1;

	w.state = calloc(b->end_id - b->first_id + 1, 1);
	w.stack = array_grow(NULL, &w.cap, 0, sizeof(*w.stack));
	if (w.state && w.stack)
		rc = 0;
	else
		err_memory(e, b->name);
	for (uint32_t id = b->first_id; id < b->end_id && rc == 0; id++)
		if (w.state[id - b->first_id] == UNSEEN)
			rc = walk_from(&w, id, e);
	free(w.state);
	free(w.stack);
	return rc;
}

int btf_check(const struct btf *b, struct err *e)
{
	struct check c = {.b = b, .e = e};

	for (uint32_t id = b->first_id; id < b->end_id; id++) {
		c.id = id;
		c.at = b->types + b->offset[id - b->first_id];
		if (check_type(&c) < 0)
			return -1;
	}
	return check_cycles(b, e);
}
