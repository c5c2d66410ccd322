/*
 * compat: whether a type of the target can stand for a local one: for a field (semantics 21), as
 * the root of a type relocation (semantics 22), for type_matches (semantics 23), and for a load or
 * store of another size (semantics 5).
 */
#include "core/compat.h"
#include "core/policy.h"

/* libbpf's bound on types within types. */
#define DEEPEST 32
/* Parameters, and for type_matches members, of a hostile BTF can double the work with each step
 * down. */
#define STEPS 4000000

/* Bit-offset integers are how old compilers wrote bitfields. */
static bool plain_ints(const struct btf_type *a, const struct btf_type *b)
{
	return BTF_INT_OFFSET(btf_tail_u32(a)) == 0 && BTF_INT_OFFSET(btf_tail_u32(b)) == 0;
}

static enum reason compatible_if(bool yes)
{
	return yes ? REASON_NONE : REASON_INCOMPATIBLE;
}

/* The type that a pointer, an array or a prototype leads on to. */
static uint32_t within(const struct btf_type *t)
{
	return t->kind == BTF_ARRAY ? btf_array(t).elem : t->type;
}

static enum reason fields_compatible(struct type_pair p)
{
	for (;;) {
		struct btf_type l = btf_strip(p.local_btf, p.local_id);
		struct btf_type t = btf_strip(p.target_btf, p.target_id);

		if (btf_is_composite(&l) && btf_is_composite(&t))
			return REASON_NONE;
		if (!btf_same_kind(&l, &t))
			return REASON_INCOMPATIBLE;
		switch (l.kind) {
		case BTF_PTR:
		case BTF_FLOAT: return REASON_NONE;
		case BTF_FWD:
		case BTF_ENUM:
		case BTF_ENUM64:
			return compatible_if(!*l.name || !*t.name ||
					     btf_same_essential(l.name, t.name));
		case BTF_INT: return compatible_if(plain_ints(&l, &t));
		case BTF_ARRAY:
			p.local_id = btf_array(&l).elem;
			p.target_id = btf_array(&t).elem;
			continue;
		default: return REASON_INCOMPATIBLE;
		}
	}
}

struct matching {
	uint32_t steps;
};

static enum reason types_compatible(struct matching *m, struct type_pair p, int left);

static enum reason params_compatible(struct matching *m, struct type_pair p,
				     const struct btf_type *l, const struct btf_type *t, int left)
{
	enum reason r = compatible_if(l->vlen == t->vlen);

	for (uint32_t i = 0; i < l->vlen && r == REASON_NONE; i++) {
		p.local_id = btf_strip(p.local_btf, btf_param(l, i).type).id;
		p.target_id = btf_strip(p.target_btf, btf_param(t, i).type).id;
		r = left > 0 ? types_compatible(m, p, left - 1) : REASON_TOO_DEEP;
	}
	return r;
}

/* This and types_match() follow one chain of pointers, arrays and return types in a
 * loop of DEEPEST steps, and recurse for parameters (and members) one step less deep. */
static enum reason types_compatible(struct matching *m, struct type_pair p, int left)
{
	struct btf_type l = btf_type(p.local_btf, p.local_id);
	struct btf_type t = btf_type(p.target_btf, p.target_id);
	enum reason r;

	if (!btf_same_kind(&l, &t))
		return REASON_INCOMPATIBLE;
	for (int step = 0; step < DEEPEST; step++) {
		if (++m->steps > STEPS)
			return REASON_LIMIT;
		l = btf_strip(p.local_btf, p.local_id);
		t = btf_strip(p.target_btf, p.target_id);
		if (!btf_same_kind(&l, &t))
			return REASON_INCOMPATIBLE;
		switch (l.kind) {
		case BTF_VOID:
		case BTF_STRUCT:
		case BTF_UNION:
		case BTF_ENUM:
		case BTF_ENUM64:
		case BTF_FWD: return REASON_NONE;
		case BTF_INT: return compatible_if(plain_ints(&l, &t));
		case BTF_PTR:
		case BTF_ARRAY: break;
		case BTF_FUNC_PROTO:
			r = params_compatible(m, p, &l, &t, left);
			if (r != REASON_NONE)
				return r;
			break;
		default: return REASON_INCOMPATIBLE;
		}
		p.local_id = within(&l);
		p.target_id = within(&t);
	}
	return REASON_TOO_DEEP;
}

static enum reason types_match(struct matching *m, struct type_pair p, bool behind_ptr, int left);

static enum reason enums_match(const struct btf_type *l, const struct btf_type *t)
{
	if (l->size != t->size || l->vlen > t->vlen)
		return REASON_INCOMPATIBLE;
	for (uint32_t i = 0; i < l->vlen; i++) {
		const char *name = btf_enumerator(l, i).name;
		uint32_t k = 0;

		while (k < t->vlen && !btf_same_essential(name, btf_enumerator(t, k).name))
			k++;
		if (k == t->vlen)
			return REASON_INCOMPATIBLE;
	}
	return REASON_NONE;
}

/* Whether some member of t has the name and type of member i of l. */
static enum reason member_matches(struct matching *m, const struct btf_type *l, uint32_t i,
				  const struct btf_type *t, int left)
{
	struct btf_member want = btf_member(l, i);

	for (uint32_t k = 0; k < t->vlen; k++) {
		struct btf_member have = btf_member(t, k);
		struct type_pair p = {l->btf, t->btf, want.type, have.type};
		enum reason r;

		if (++m->steps > STEPS)
			return REASON_LIMIT;
		if (!btf_same_essential(want.name, have.name))
			continue;
		r = types_match(m, p, false, left - 1);
		if (r != REASON_INCOMPATIBLE)
			return r;
	}
	return REASON_INCOMPATIBLE;
}

static enum reason composites_match(struct matching *m, const struct btf_type *l,
				    const struct btf_type *t, bool behind_ptr, int left)
{
	enum reason r = REASON_NONE;

	if (behind_ptr) {
		if (t->kind == BTF_FWD)
			return compatible_if((l->kind == BTF_UNION) == t->kflag);
		return compatible_if(l->kind == t->kind);
	}
	if (l->kind != t->kind || l->vlen > t->vlen)
		return REASON_INCOMPATIBLE;
	for (uint32_t i = 0; i < l->vlen && r == REASON_NONE; i++)
		r = member_matches(m, l, i, t, left);
	return r;
}

static bool fwd_matches(const struct btf_type *l, const struct btf_type *t, bool behind_ptr)
{
	if (t->kind == BTF_FWD)
		return l->kflag == t->kflag;
	return behind_ptr && t->kind == (l->kflag ? BTF_UNION : BTF_STRUCT);
}

static bool ints_match(const struct btf_type *l, const struct btf_type *t)
{
	return l->size == t->size &&
	       !((BTF_INT_ENCODING(btf_tail_u32(l)) ^ BTF_INT_ENCODING(btf_tail_u32(t))) &
		 BTF_INT_SIGNED);
}

static enum reason params_match(struct matching *m, const struct btf_type *l,
				const struct btf_type *t, bool behind_ptr, int left)
{
	enum reason r = compatible_if(l->vlen == t->vlen);

	for (uint32_t i = 0; i < l->vlen && r == REASON_NONE; i++) {
		struct type_pair p = {l->btf, t->btf, btf_param(l, i).type, btf_param(t, i).type};

		r = types_match(m, p, behind_ptr, left - 1);
	}
	return r;
}

static enum reason types_match(struct matching *m, struct type_pair p, bool behind_ptr, int left)
{
	if (left <= 0)
		return REASON_TOO_DEEP;
	for (int step = 0; step < DEEPEST; step++) {
		struct btf_type l = btf_strip(p.local_btf, p.local_id);
		struct btf_type t = btf_strip(p.target_btf, p.target_id);
		enum reason r;

		if (++m->steps > STEPS)
			return REASON_LIMIT;
		if (!btf_same_essential(l.name, t.name))
			return REASON_INCOMPATIBLE;
		switch (l.kind) {
		case BTF_VOID: return compatible_if(t.kind == BTF_VOID);
		case BTF_FWD: return compatible_if(fwd_matches(&l, &t, behind_ptr));
		case BTF_ENUM:
		case BTF_ENUM64: return btf_is_enum(&t) ? enums_match(&l, &t) : REASON_INCOMPATIBLE;
		case BTF_STRUCT:
		case BTF_UNION: return composites_match(m, &l, &t, behind_ptr, left);
		default: break;
		}
		if (l.kind != t.kind)
			return REASON_INCOMPATIBLE;
		switch (l.kind) {
		case BTF_INT: return compatible_if(ints_match(&l, &t));
		case BTF_PTR: behind_ptr = true; break;
		case BTF_ARRAY:
			if (btf_array(&l).count != btf_array(&t).count)
				return REASON_INCOMPATIBLE;
			break;
		case BTF_FUNC_PROTO:
			r = params_match(m, &l, &t, behind_ptr, left);
			if (r != REASON_NONE)
				return r;
			break;
		default: return REASON_INCOMPATIBLE;
		}
		p.local_id = within(&l);
		p.target_id = within(&t);
	}
	return REASON_TOO_DEEP;
}

bool compat_types(const struct btf *local_btf, uint32_t local, const struct btf *target_btf,
		  uint32_t target)
{
	struct matching m = {0};
	struct type_pair p = {local_btf, target_btf, local, target};

	return types_compatible(&m, p, DEEPEST) == REASON_NONE;
}

int default_compatible(struct asked *a)
{
	const struct compatible_asked *c = (const struct compatible_asked *)a;
	struct matching m = {0};

	switch (c->what) {
	case COMPAT_FIELD: a->reason = fields_compatible(c->pair); break;
	case COMPAT_TYPE: a->reason = types_compatible(&m, c->pair, DEEPEST); break;
	case COMPAT_MATCHES: a->reason = types_match(&m, c->pair, false, DEEPEST); break;
	}
	return 0;
}

bool compat_fields(const struct btf *local_btf, uint32_t local, const struct btf *target_btf,
		   uint32_t target)
{
	return fields_compatible((struct type_pair){local_btf, target_btf, local, target}) ==
	       REASON_NONE;
}

/* An int whose encoding is exactly "signed" would need a sign extension that the access lacks. */
static bool is_extendable(const struct btf_type *t)
{
	return t->kind == BTF_INT && BTF_INT_ENCODING(btf_tail_u32(t)) != BTF_INT_SIGNED;
}

bool compat_resizable(const struct btf *from_btf, uint32_t from, const struct btf *to_btf,
		      uint32_t to)
{
	struct btf_type f = btf_type(from_btf, from), t = btf_type(to_btf, to);

	if (f.kind == BTF_PTR && t.kind == BTF_PTR)
		return true;
	return is_extendable(&f) && is_extendable(&t);
}
