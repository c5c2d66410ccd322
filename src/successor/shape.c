/*
 * shape: hashes types structurally down to the first named struct, union or enum; see shape.h.
 */
#include "successor/shape.h"

#include <string.h>

#include "successor/roles.h"

/* Types refer to one another in circles only through names, but hostile ones nest deeply. */
enum { DEEPEST = 12, MEMBERS = 16, LINK_MEMBERS = 3 };

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15u;
	return h ^ (h >> 29);
}

static uint64_t mix_text(uint64_t h, const char *s)
{
	uint64_t t = 1469598103934665603u;

	while (*s)
		t = (t ^ (uint8_t)*s++) * 1099511628211u;
	return mix(h, t);
}

static uint64_t hash_type(const struct btf *b, uint32_t id, bool exact, int depth);

/* Elements of what has no name of its own; few of them tell it from others. */
static uint64_t hash_inside(const struct btf_type *t, bool exact, int depth)
{
	uint64_t h = mix(t->kind, t->vlen);

	for (uint32_t i = 0; i < t->vlen && i < MEMBERS; i++) {
		if (btf_is_composite(t))
			h = mix_text(h, btf_member(t, i).name);
		else if (btf_is_enum(t))
			h = mix_text(h, btf_enumerator(t, i).name);
		else
			h = mix(h, hash_type(t->btf, btf_param(t, i).type, exact, depth + 1));
	}
	return h;
}

static uint64_t hash_type(const struct btf *b, uint32_t id, bool exact, int depth)
{
	struct btf_type t = btf_type(b, id);

	/* const and the like take no depth: the format's check bounds their chains. */
	while (t.kind == BTF_CONST || t.kind == BTF_VOLATILE || t.kind == BTF_RESTRICT ||
	       t.kind == BTF_TYPE_TAG || (t.kind == BTF_TYPEDEF && !exact))
		t = btf_type(b, t.type);
	if (depth > DEEPEST)
		return t.kind;
	switch (t.kind) {
	case BTF_TYPEDEF: return mix_text(77, t.name);
	case BTF_PTR: return mix(42, hash_type(b, t.type, exact, depth + 1));
	case BTF_ARRAY:
		return mix(mix(91, btf_array(&t).count),
			   hash_type(b, btf_array(&t).elem, exact, depth + 1));
	case BTF_INT:
		/* Encoders differ in what they say of a plain char. */
		return mix(mix(5, t.size), strcmp(t.name, "char") == 0
					       ? BTF_INT_CHAR
					       : BTF_INT_ENCODING(btf_tail_u32(&t)));
	case BTF_FLOAT: return mix(6, t.size);
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_FWD:
	case BTF_ENUM:
	case BTF_ENUM64:
		if (*t.name)
			return mix_text(btf_is_enum(&t) ? 8 : 7, t.name);
		return t.kind == BTF_FWD ? 7 : hash_inside(&t, exact, depth);
	case BTF_FUNC_PROTO:
		return mix(hash_inside(&t, exact, depth), hash_type(b, t.type, exact, depth + 1));
	default: return t.kind;
	}
}

/* What stands in a struct of one member, behind a pointer, or in an array. */
static uint32_t inner_type(const struct btf *b, uint32_t id)
{
	for (int depth = 0; depth < DEEPEST; depth++) {
		struct btf_type t = btf_strip(b, id);

		if (t.kind == BTF_PTR)
			return t.type;
		else if (t.kind == BTF_ARRAY)
			id = btf_array(&t).elem;
		else if (btf_is_composite(&t) && t.vlen == 1)
			id = btf_member(&t, 0).type;
		else
			break;
	}
	return id;
}

/* The first name on the way from a type to what it is made of; "" for none. */
static const char *type_name(const struct btf *b, uint32_t id)
{
	for (int depth = 0; depth < DEEPEST; depth++) {
		struct btf_type t = btf_type(b, id);

		if (t.kind == BTF_INT || t.kind == BTF_FLOAT || t.kind == BTF_VOID)
			return "";
		if (*t.name && t.kind != BTF_TYPE_TAG)
			return t.name;
		if (t.kind == BTF_ARRAY)
			id = btf_array(&t).elem;
		else if (btf_kind_refers(t.kind))
			id = t.type;
		else
			return "";
	}
	return "";
}

/* The struct or union that a type points to or is; "" for none. */
static const char *made_of(const struct btf *b, const struct btf_type *t)
{
	struct btf_type of = t->kind == BTF_PTR ? btf_strip(b, t->type) : *t;

	if (of.kind == BTF_FWD || (btf_is_composite(&of) && of.vlen > 1))
		return of.name;
	return "";
}

static bool is_link(const struct btf_type *t)
{
	for (uint32_t i = 0; t->kind == BTF_STRUCT && i < t->vlen && i < LINK_MEMBERS; i++) {
		struct btf_type in = btf_strip(t->btf, btf_member(t, i).type);

		if (in.kind == BTF_PTR && btf_strip(t->btf, in.type).id == t->id)
			return t->vlen <= LINK_MEMBERS;
	}
	return false;
}

struct shape shape_of(const struct btf *b, uint32_t id, uint32_t bit_size)
{
	struct btf_type t = btf_strip(b, id);
	int64_t size = btf_size(b, id);
	uint32_t inner = inner_type(b, id);
	struct btf_type in = btf_strip(b, inner);
	struct shape s = {
	    .exact = hash_type(b, id, true, 0),
	    .plain = hash_type(b, id, false, 0),
	    .inner = hash_type(b, inner, false, 0),
	    .bits = bit_size                           ? bit_size
		    : size <= 0                        ? 0
		    : size < (int64_t)(UINT32_MAX / 8) ? (uint32_t)size * 8
						       : UINT32_MAX,
	    .kind = t.kind == BTF_ENUM64 ? BTF_ENUM : t.kind,
	    .inner_kind = in.kind == BTF_ENUM64 ? BTF_ENUM : in.kind,
	    .bitfield = bit_size != 0,
	    .name = t.kind == BTF_PTR ? "" : type_name(b, id),
	    .of = made_of(b, &t),
	    .link = is_link(&t),
	};

	return s;
}

static bool is_number(const struct shape *s)
{
	return s->kind == BTF_INT || s->kind == BTF_ENUM;
}

static double numbers_alike(const struct shape *a, const struct shape *b)
{
	double value = a->kind == b->kind ? 0.8 : 0.55;

	if (a->bitfield != b->bitfield)
		value -= 0.25;
	else if (a->bits != b->bits)
		value -= 0.2;
	return value;
}

static double pointers_alike(const struct shape *a, const struct shape *b)
{
	if (a->inner_kind == BTF_FUNC_PROTO && b->inner_kind == BTF_FUNC_PROTO)
		return 0.5;
	if (a->inner_kind == BTF_FUNC_PROTO || b->inner_kind == BTF_FUNC_PROTO)
		return 0.15;
	return a->inner_kind == b->inner_kind ? 0.35 : 0.3;
}

bool shape_is_common(const struct shape *s)
{
	return is_number(s) || roles_known(s->name);
}

double shape_alike(const struct shape *a, const struct shape *b)
{
	bool same_width = a->bitfield == b->bitfield && a->bits == b->bits;

	if (a->exact == b->exact)
		return same_width ? 1 : 0.75;
	if (a->plain == b->plain)
		return same_width ? 0.95 : 0.7;
	if ((a->link && is_number(b)) || (b->link && is_number(a)))
		return 0;
	if (is_number(a) && is_number(b))
		return numbers_alike(a, b);
	if (a->kind == BTF_PTR && b->kind == BTF_PTR)
		return a->inner == b->inner ? 0.9 : pointers_alike(a, b);
	if (a->kind == b->kind && roles_shared(a->name, b->name))
		return 0.65;
	if (a->inner == b->inner)
		return a->inner_kind == BTF_INT ? 0.5 : 0.65;
	if (a->inner_kind == BTF_INT && b->inner_kind == BTF_INT && a->bits == b->bits &&
	    a->kind != BTF_PTR && b->kind != BTF_PTR)
		return 0.5;
	if (a->kind == b->kind)
		return a->bits == b->bits ? 0.4 : 0.3;
	return a->bits == b->bits ? 0.2 : 0.1;
}
