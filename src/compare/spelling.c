/* spelling: compares types as C writes them; see spelling.h. */
#include "compare/spelling.h"

#include <string.h>

#include "compare/items.h"

static bool same(struct spelling *s, uint32_t old, uint32_t new, int depth);

struct btf_type spelling_untagged(const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_type(b, id);

	while (t.kind == BTF_TYPE_TAG)
		t = btf_type(b, t.type);
	return t;
}

static bool named_alike(const struct spelling *s, const char *a, const char *b)
{
	return !s->names || strcmp(a, b) == 0;
}

/* The words of an int's name: compilers differ in their order, and in whether they say `int`. */
struct int_words {
	unsigned longs, shorts, chars, is_unsigned, is_signed, others;
};

static struct int_words int_words(const char *name)
{
	struct int_words w = {0};

	while (*name) {
		size_t n = strcspn(name, " ");

		if (n == 4 && strncmp(name, "long", n) == 0)
			w.longs++;
		else if (n == 5 && strncmp(name, "short", n) == 0)
			w.shorts++;
		else if (n == 4 && strncmp(name, "char", n) == 0)
			w.chars++;
		else if (n == 8 && strncmp(name, "unsigned", n) == 0)
			w.is_unsigned++;
		else if (n == 6 && strncmp(name, "signed", n) == 0)
			w.is_signed++;
		else if (n && !(n == 3 && strncmp(name, "int", n) == 0))
			w.others++;
		name += n + strspn(name + n, " ");
	}
	w.is_signed = w.is_signed && w.chars; /* of others it says nothing */
	return w;
}

static bool same_ints(const struct spelling *s, const struct btf_type *a, const struct btf_type *b)
{
	struct int_words x, y;

	if (!s->names)
		return a->size == b->size && btf_tail_u32(a) == btf_tail_u32(b);
	if (strcmp(a->name, b->name) == 0)
		return true;
	x = int_words(a->name);
	y = int_words(b->name);
	return !x.others && !y.others && x.longs == y.longs && x.shorts == y.shorts &&
	       x.chars == y.chars && x.is_unsigned == y.is_unsigned && x.is_signed == y.is_signed;
}

static bool same_members(struct spelling *s, const struct btf_type *a, const struct btf_type *b,
			 int depth)
{
	if (a->vlen != b->vlen || (s->layout && a->size != b->size))
		return false;
	for (uint32_t i = 0; i < a->vlen; i++) {
		struct btf_member x = btf_member(a, i), y = btf_member(b, i);

		if (!named_alike(s, x.name, y.name) || x.bit_size != y.bit_size ||
		    (s->layout && (x.bit_offset != y.bit_offset ||
				   btf_size(s->old, x.type) != btf_size(s->new, y.type))) ||
		    !same(s, x.type, y.type, depth + 1))
			return false;
	}
	return true;
}

static bool same_values(const struct spelling *s, const struct btf_type *a,
			const struct btf_type *b)
{
	if (a->vlen != b->vlen || (s->layout && a->size != b->size))
		return false;
	for (uint32_t i = 0; i < a->vlen; i++) {
		struct btf_enumerator x = btf_enumerator(a, i), y = btf_enumerator(b, i);

		if (!named_alike(s, x.name, y.name) || !items_same_value(a, x.value, b, y.value))
			return false;
	}
	return true;
}

static bool same_proto(struct spelling *s, const struct btf_type *a, const struct btf_type *b,
		       int depth)
{
	if (a->vlen != b->vlen || !same(s, a->type, b->type, depth + 1))
		return false;
	for (uint32_t i = 0; i < a->vlen; i++)
		if (!same(s, btf_param(a, i).type, btf_param(b, i).type, depth + 1))
			return false;
	return true;
}

static bool is_tagged(const struct btf_type *t)
{
	return btf_is_composite(t) || t->kind == BTF_FWD;
}

/* `struct foo` may be declared only; a union is none. */
static bool same_tag(const struct btf_type *a, const struct btf_type *b)
{
	bool a_union = a->kind == BTF_UNION || (a->kind == BTF_FWD && a->kflag);
	bool b_union = b->kind == BTF_UNION || (b->kind == BTF_FWD && b->kflag);

	return a_union == b_union;
}

/* Of the same kind; what refers to another type is a question for the caller. */
static bool same_kind(struct spelling *s, const struct btf_type *a, const struct btf_type *b,
		      int depth)
{
	struct btf_array x, y;

	switch (a->kind) {
	case BTF_INT: return same_ints(s, a, b);
	case BTF_FLOAT: return a->size == b->size;
	case BTF_PTR:
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT: return same(s, a->type, b->type, depth + 1);
	case BTF_ARRAY:
		x = btf_array(a);
		y = btf_array(b);
		return x.count == y.count && same(s, x.elem, y.elem, depth + 1);
	case BTF_FUNC_PROTO: return same_proto(s, a, b, depth);
	case BTF_FUNC:
	case BTF_VAR:
		return named_alike(s, a->name, b->name) && same(s, a->type, b->type, depth + 1);
	case BTF_TYPEDEF:
		return s->names ? strcmp(a->name, b->name) == 0
				: same(s, a->type, b->type, depth + 1);
	default: return named_alike(s, a->name, b->name);
	}
}

static bool same(struct spelling *s, uint32_t old, uint32_t new, int depth)
{
	struct btf_type a, b;

	if (depth > SPELLING_DEPTH)
		s->budget = -1;
	if (s->budget < 0 || s->budget-- == 0)
		return false;
	a = spelling_untagged(s->old, old);
	b = spelling_untagged(s->new, new);
	if (is_tagged(&a) && is_tagged(&b)) {
		if (!same_tag(&a, &b) || !*a.name != !*b.name)
			return false;
		return *a.name ? named_alike(s, a.name, b.name) : same_members(s, &a, &b, depth);
	}
	if (btf_is_enum(&a) && btf_is_enum(&b)) {
		if (!*a.name != !*b.name)
			return false;
		return *a.name ? named_alike(s, a.name, b.name) : same_values(s, &a, &b);
	}
	return a.kind == b.kind && same_kind(s, &a, &b, depth);
}

bool spelling_same(struct spelling *s, uint32_t old, uint32_t new)
{
	return same(s, old, new, 0);
}
