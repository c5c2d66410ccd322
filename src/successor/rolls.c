/* rolls: see rolls.h. BTFs are referenced, so that none of another kernel has the same address. */
#include "successor/rolls.h"

#include <stdlib.h>

#include "base/arena.h"
#include "format/asked.h"

/* Chains of more types than this lead nowhere. */
enum { LONGEST = 64 };

void roll_free(struct roll *r)
{
	free(r->composites.at);
	free(r->enums.at);
	free(r->behind);
	free(r->named);
	btf_unref(r->btf);
	*r = (struct roll){0};
}

/* What all types refer to, as compact as may be: one pass reads them, and chains are followed here.
 */
struct links {
	uint8_t *kind;
	uint32_t *to;
};

static int add(struct type_list *l, size_t *cap, const struct btf_type *t)
{
	struct btf_type *grown = array_grow(l->at, cap, l->n, sizeof(*grown));

	if (!grown)
		return -1;
	l->at = grown;
	l->at[l->n++] = *t;
	return 0;
}

static int read(struct roll *r, const struct btf *b, struct links *links)
{
	size_t composites = 0, enums = 0;
	const struct btf *at = NULL;

	while (at != b) {
		const struct btf *next = b;
		struct btf_type t = {0};

		while (next->base && next->base != at)
			next = next->base;
		at = next;
		while (btf_next(at, &t, -1)) {
			links->kind[t.id] = t.kind;
			if (btf_is_composite(&t) && add(&r->composites, &composites, &t) < 0)
				return -1;
			if (btf_is_enum(&t) && add(&r->enums, &enums, &t) < 0)
				return -1;
			if (t.kind == BTF_ARRAY)
				links->to[t.id] = btf_array(&t).elem;
			else if (btf_is_composite(&t))
				links->to[t.id] = *t.name != '\0';
			else if (btf_kind_refers(t.kind))
				links->to[t.id] = t.type;
		}
	}
	return 0;
}

static bool is_modifier(uint8_t kind)
{
	return kind == BTF_CONST || kind == BTF_VOLATILE || kind == BTF_RESTRICT ||
	       kind == BTF_TYPE_TAG;
}

static uint32_t strip(const struct links *l, uint32_t id)
{
	for (int i = 0; i < LONGEST && (is_modifier(l->kind[id]) || l->kind[id] == BTF_TYPEDEF);
	     i++)
		id = l->to[id];
	return id;
}

static uint32_t behind(const struct links *l, uint32_t id)
{
	id = strip(l, id);
	if (l->kind[id] == BTF_PTR)
		id = strip(l, l->to[id]);
	/* Of a struct it is whether it has a name. */
	return (l->kind[id] == BTF_STRUCT || l->kind[id] == BTF_UNION) && l->to[id] ? id : 0;
}

static uint32_t named(const struct links *l, uint32_t id)
{
	for (int i = 0; i < LONGEST && (is_modifier(l->kind[id]) || l->kind[id] == BTF_PTR ||
					l->kind[id] == BTF_ARRAY);
	     i++)
		id = l->to[id];
	return id;
}

static int make(struct roll *r, const struct btf *b)
{
	struct links l = {.kind = calloc(b->end_id, 1), .to = calloc(b->end_id, sizeof(*l.to))};
	int failed = -1;

	r->btf = btf_ref(b);
	r->behind = calloc(b->end_id, sizeof(*r->behind));
	r->named = calloc(b->end_id, sizeof(*r->named));
	if (l.kind && l.to && r->behind && r->named && read(r, b, &l) == 0) {
		for (uint32_t id = 1; id < b->end_id; id++) {
			r->behind[id] = behind(&l, id);
			r->named[id] = named(&l, id);
		}
		failed = 0;
	}
	free(l.kind);
	free(l.to);
	return failed;
}

const struct roll *rolls_of(struct rolls *r, const struct btf *b)
{
	struct roll *oldest = &r->at[0];

	for (const struct btf *own = b; own; own = own->base)
		asked_all(own);
	r->asked++;
	for (size_t i = 0; i < ROLLS_KEPT; i++) {
		struct roll *one = &r->at[i];

		if (one->btf == b) {
			one->asked = r->asked;
			return one;
		}
		if (one->asked < oldest->asked)
			oldest = one;
	}
	roll_free(oldest);
	if (make(oldest, b) < 0) {
		roll_free(oldest);
		return NULL;
	}
	oldest->asked = r->asked;
	return oldest;
}

void rolls_free(struct rolls *r)
{
	for (size_t i = 0; i < ROLLS_KEPT; i++)
		roll_free(&r->at[i]);
}
