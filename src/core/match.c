/* match: finds a local access in one candidate of the target (semantics 14 to 20); see match.h. */
#include "core/match.h"

#include <string.h>

struct field_search {
	const char *name;
	struct member_path *path;
	uint32_t steps;
};

/* Depth first through anonymous members. The path holds what leads to `in`. */
static enum reason search_member(struct field_search *s, const struct btf_type *in)
{
	if (!btf_is_composite(in))
		return REASON_NO_FIELD;
	for (uint32_t i = 0; i < in->vlen; i++) {
		struct btf_member m = btf_member(in, i);
		enum reason r = REASON_NONE;

		if (s->path->len == s->path->room)
			return REASON_TOO_DEEP;
		if (++s->steps > MEMBER_STEPS)
			return REASON_LIMIT;
		s->path->index[s->path->len++] = i;
		if (!*m.name) {
			struct btf_type inner = btf_strip(in->btf, m.type);

			r = search_member(s, &inner);
		} else if (strcmp(m.name, s->name) != 0) {
			r = REASON_NO_FIELD;
		}
		if (r != REASON_NO_FIELD)
			return r;
		s->path->len--;
	}
	return REASON_NO_FIELD;
}

enum reason find_member(const struct btf_type *in, const char *name, struct member_path *path)
{
	struct field_search s = {.name = name, .path = path};

	return search_member(&s, in);
}

int default_member(struct asked *a)
{
	struct member_asked *m = (struct member_asked *)a;

	m->path.len = 0;
	m->path.elements = 0;
	a->reason = find_member(&m->in, btf_member(&m->of, m->index).name, &m->path);
	return 0;
}

int default_enumerator(struct asked *a)
{
	struct enumerator_asked *v = (struct enumerator_asked *)a;
	const char *name = btf_enumerator(&v->of, v->index).name;
	uint32_t n = btf_is_enum(&v->in) ? v->in.vlen : 0;

	for (v->found = 0; v->found < n; v->found++)
		if (btf_same_essential(name, btf_enumerator(&v->in, v->found).name))
			break;
	a->reason = v->found < n ? REASON_NONE : REASON_NO_ENUMVAL;
	return 0;
}

/* One candidate on its way through the local steps. */
struct matcher {
	const struct question *q;
	const struct policy *p;
	struct accessor *out;
	struct attempt *a;
	struct err *e;
};

static enum match no(struct matcher *m, enum reason reason, uint32_t local_id, uint32_t target_id)
{
	m->a->reason = reason;
	m->a->local_id = local_id;
	m->a->target_id = target_id;
	switch (reason) {
	case REASON_TOO_DEEP:
	case REASON_LIMIT:
	case REASON_UNSUPPORTED:
	case REASON_UNSIZED: return MATCH_ERROR;
	default: return MATCH_NO;
	}
}

/* Decides; ids are those of the two types that a refusal is about. */
static enum match decided(struct matcher *m, enum hook hook, struct asked *a, uint32_t local_id,
			  uint32_t target_id)
{
	if (policy_ask(m->p, hook, a) < 0)
		return MATCH_FAIL;
	if (a->reason == REASON_NONE)
		return MATCH_YES;
	m->a->decision = a->decision;
	return no(m, a->reason, local_id, target_id);
}

static enum match compatible(struct matcher *m, enum compat what, uint32_t local_id,
			     uint32_t target_id)
{
	struct compatible_asked ask = {
	    {.q = m->q, .e = m->e}, what, {m->q->local->btf, m->out->btf, local_id, target_id}};

	return decided(m, HOOK_COMPATIBLE, &ask.asked, local_id, target_id);
}

static bool push_raw(struct accessor *s, uint32_t index)
{
	if (s->raw_len == ACCESSOR_MAX)
		return false;
	s->raw[s->raw_len++] = index;
	return true;
}

/* Goes on from *id, a struct or an array, to that member or element; *id becomes its type. */
static struct step advance(struct accessor *s, uint32_t index, bool element, uint32_t *id)
{
	struct btf_type t = btf_strip(s->btf, *id);

	if (element) {
		uint32_t elem = btf_strip(s->btf, btf_array(&t).elem).id;

		s->bit_offset += (uint32_t)((uint64_t)btf_size(s->btf, elem) * index * 8);
		*id = elem;
		return (struct step){elem, index, NULL};
	}
	struct btf_member mem = btf_member(&t, index);
	s->bit_offset += mem.bit_offset;
	*id = mem.type;
	return (struct step){t.id, index, mem.name};
}

/* Walks path from *id, whose type *id becomes, and records where it leads as a step: the last
 * member, and elements behind it. */
static enum match follow(struct matcher *m, const struct member_path *path, uint32_t *id)
{
	struct accessor *s = m->out;
	uint32_t last = path->len - 1;

	while (path_is_element(path, last))
		last--;
	for (uint32_t i = 0; i < path->len; i++) {
		struct step step = advance(s, path->index[i], path_is_element(path, i), id);

		if (!push_raw(s, path->index[i]))
			return no(m, REASON_TOO_DEEP, m->q->local->root_id, *id);
		if (i >= last)
			s->step[s->len++] = step;
	}
	return MATCH_YES;
}

static enum match match_member(struct matcher *m, const struct step *local, uint32_t *id)
{
	struct member_asked ask = {
	    {.q = m->q, .e = m->e},
	    .of = btf_type(m->q->local->btf, local->type_id),
	    .in = btf_strip(m->out->btf, *id),
	    .index = local->index,
	    .path = {.room = ACCESSOR_MAX - m->out->raw_len},
	};
	enum match r = decided(m, HOOK_MEMBER, &ask.asked, ask.of.id, ask.in.id);

	if (r == MATCH_YES)
		r = follow(m, &ask.path, id);
	if (r != MATCH_YES)
		return r;
	return compatible(m, COMPAT_FIELD, btf_member(&ask.of, local->index).type, *id);
}

/* An element of the array *id, or the root itself when it is the first step. */
static enum match match_element(struct matcher *m, const struct step *local, bool root,
				uint32_t *id)
{
	struct accessor *s = m->out;
	struct btf_type t = btf_strip(s->btf, *id);
	int64_t size;

	if (!root) {
		struct btf_array a;

		if (t.kind != BTF_ARRAY)
			return no(m, REASON_NO_ELEMENT, local->type_id, t.id);
		a = btf_array(&t);
		if (local->index >= a.count &&
		    !accessor_is_flexible(s->btf, &s->step[s->len - 1], a))
			return no(m, REASON_NO_ELEMENT, local->type_id, t.id);
		t = btf_strip(s->btf, a.elem);
	}
	if (!push_raw(s, local->index))
		return no(m, REASON_TOO_DEEP, local->type_id, t.id);
	s->step[s->len++] = (struct step){t.id, local->index, NULL};
	size = btf_size(s->btf, t.id);
	if (size < 0)
		return no(m, REASON_UNSIZED, local->type_id, t.id);
	s->bit_offset += (uint32_t)((uint64_t)size * local->index * 8);
	*id = t.id;
	return MATCH_YES;
}

static enum match match_field(struct matcher *m, uint32_t id)
{
	const struct accessor *local = m->q->local;
	enum match r = MATCH_YES;

	for (uint32_t i = 0; i < local->len && r == MATCH_YES; i++) {
		m->a->step = i;
		r = local->step[i].name ? match_member(m, &local->step[i], &id)
					: match_element(m, &local->step[i], i == 0, &id);
	}
	return r;
}

static enum match match_enumerator(struct matcher *m, uint32_t id)
{
	const struct step *local = &m->q->local->step[0];
	struct btf_type of = btf_type(m->q->local->btf, local->type_id);
	struct btf_type in = btf_strip(m->out->btf, id);
	struct enumerator_asked ask = {{.q = m->q, .e = m->e}, of, in, local->index, 0};
	enum match r;

	if (!btf_is_enum(&in))
		return no(m, REASON_INCOMPATIBLE, of.id, in.id);
	r = decided(m, HOOK_ENUMERATOR, &ask.asked, of.id, in.id);
	if (r != MATCH_YES)
		return r;
	push_raw(m->out, ask.found);
	m->out->step[m->out->len++] =
	    (struct step){in.id, ask.found, btf_enumerator(&in, ask.found).name};
	return MATCH_YES;
}

enum match match_candidate(const struct question *q, const struct policy *p, struct candidate c,
			   struct accessor_room *out, struct attempt *a, struct err *e)
{
	struct matcher m = {.q = q, .p = p, .a = a, .e = e};
	uint32_t root = q->local->root_id;

	m.out = accessor_start(out, c.btf, c.id, q->local->kind);
	*a = (struct attempt){.candidate = c, .local_id = root, .target_id = c.id};
	if (q->local->kind == RELO_TYPE_MATCHES)
		return compatible(&m, COMPAT_MATCHES, root, c.id);
	if (relo_is_type(q->local->kind))
		return compatible(&m, COMPAT_TYPE, root, c.id);
	if (relo_is_enumval(q->local->kind))
		return match_enumerator(&m, c.id);
	return match_field(&m, c.id);
}
