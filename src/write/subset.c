/*
 * subset: marks the types and members that relocations reach, and writes them as a BTF; see
 * subset.h.
 *
 * A struct that is accessed keeps its size and the members that were stepped into, an enum the
 * enumerators that were asked for; one whose size or name alone matters keeps none; one that
 * type_matches compares keeps all. A pointer leads to its type only where that was marked for a
 * reason of its own, else to void: CO-RE takes any pointer for any other. What matched is written
 * without the typedefs and modifiers that CO-RE looks behind.
 */
#include <stdlib.h>
#include <string.h>

#include "write/subset_marks.h"

struct subset *subset_new(const struct target *t)
{
	struct subset *s = calloc(1, sizeof(*s) + t->count * sizeof(*s->marks));
	bool ok = s != NULL;

	if (!s)
		return NULL;
	s->target = t;
	s->count = t->count;
	for (size_t i = 0; i < t->count; i++) {
		struct marks *m = &s->marks[i];
		uint32_t n = t->btf[i]->end_id - t->btf[i]->first_id;

		m->btf = t->btf[i];
		m->where = calloc(n + 1, sizeof(*m->where));
		ok = ok && m->where;
	}
	if (ok)
		return s;
	subset_free(s);
	return NULL;
}

void subset_free(struct subset *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		struct marks *m = &s->marks[i];

		for (size_t k = 0; k < m->count; k++)
			free(m->kept[k].elements);
		free(m->kept);
		free(m->where);
	}
	free(s);
}

struct marks *subset_marks(struct subset *s, const struct btf_type *t)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->marks[i].btf == t->btf)
			return &s->marks[i];
	return NULL;
}

struct marker {
	struct subset *s;
	struct err *e;
	int depth;
	bool failed; /* what is marked is of a candidate that did not match */
};

/* Deeper than any real type, and as deep as the recursion below may go. */
#define DEPTH 256

enum { MARK_OLD, MARK_NEW };

/* The marks of t, which are none at first; NULL with m->e filled. Valid until the next call. */
static struct kept *kept_of(struct marker *m, const struct btf_type *t)
{
	struct marks *on = subset_marks(m->s, t);
	struct kept *more;
	uint32_t *where;

	if (!on) {
		err_fill(m->e, ERR_UNSUPPORTED, t->btf->name, NULL, ERR_NO_OFFSET,
			 "its types stand on a .BTF.base and not on the target's vmlinux");
		return NULL;
	}
	where = &on->where[t->id - on->btf->first_id];
	if (*where)
		return &on->kept[*where - 1];
	more = array_grow(on->kept, &on->cap, on->count, sizeof(*more));
	if (!more) {
		err_memory(m->e, t->btf->name);
		return NULL;
	}
	on->kept = more;
	on->kept[on->count++] =
	    (struct kept){.index = t->id - on->btf->first_id, .turn = m->s->turns++};
	*where = (uint32_t)on->count;
	return &on->kept[on->count - 1];
}

/* MARK_NEW: not all of the flags were there, so that its parts follow; -1 with m->e filled. */
static int mark(struct marker *m, const struct btf_type *t, uint8_t flags)
{
	struct kept *k;

	if (t->id == 0)
		return MARK_OLD;
	k = kept_of(m, t);
	if (!k)
		return -1;
	if ((k->flags & flags) == flags)
		return MARK_OLD;
	k->flags |= flags;
	return MARK_NEW;
}

static int mark_type(struct marker *m, const struct btf *b, uint32_t id, uint8_t flags);

static int mark_params(struct marker *m, const struct btf_type *t, uint8_t flags)
{
	int rc = mark_type(m, t->btf, t->type, flags);

	for (uint32_t i = 0; i < t->vlen && rc == 0; i++)
		rc = mark_type(m, t->btf, btf_param(t, i).type, flags);
	return rc;
}

static int mark_members(struct marker *m, const struct btf_type *t, uint8_t flags)
{
	int rc = 0;

	for (uint32_t i = 0; i < t->vlen && rc == 0; i++)
		rc = mark_type(m, t->btf, btf_member(t, i).type, flags);
	return rc;
}

static int mark_vars(struct marker *m, const struct btf_type *t, uint8_t flags)
{
	int rc = 0;

	for (uint32_t i = 0; i < t->vlen && rc == 0; i++)
		rc = mark_type(m, t->btf, btf_secinfo(t, i).type, flags);
	return rc;
}

/* The int by which readers tell how large pointers are, where that is not what they take without.
 * An ELF file may say otherwise, and is not what is written. */
static int mark_long(struct marker *m)
{
	const struct btf *vmlinux = m->s->target->btf[0];
	uint32_t id = btf_long(vmlinux), size = id ? btf_type(vmlinux, id).size : 8;

	if (size != vmlinux->ptr_size)
		return err_set(m->e, ERR_UNSUPPORTED, vmlinux->name, NULL, ERR_NO_OFFSET,
			       "pointers have %u bytes in its ELF file, but %u by its types, which "
			       "is all that a part of them could tell",
			       vmlinux->ptr_size, size);
	return size == 8 ? 0 : mark_type(m, vmlinux, id, KEEP);
}

/* What a member or an element is of. A field is the same whatever typedefs and modifiers its type
 * stands behind, and any pointer is as good as any other; but where an access failed, the types
 * that it was refused for are told, with those that they point to. */
static int mark_use(struct marker *m, const struct btf *b, uint32_t id, uint8_t flags)
{
	struct btf_type t = btf_strip(b, id);

	if (flags != KEEP || m->failed)
		return mark_type(m, b, id, m->failed ? flags | COMPAT : flags);
	if (t.kind == BTF_PTR) {
		if (!m->s->pointer.btf)
			m->s->pointer = t;
		t = m->s->pointer;
	}
	return mark_type(m, t.btf, t.id, KEEP);
}

/* What the flags make of the types that t is made of. */
static int mark_parts(struct marker *m, const struct btf_type *t, uint8_t flags)
{
	switch (t->kind) {
	case BTF_STRUCT:
	case BTF_UNION: return flags & MATCH ? mark_members(m, t, flags) : 0;
	case BTF_ARRAY:
		if (mark_type(m, t->btf, btf_array(t).index, KEEP) < 0)
			return -1;
		return mark_use(m, t->btf, btf_array(t).elem, flags);
	case BTF_PTR:
		if (mark_long(m) < 0)
			return -1;
		/* Behind a pointer, members are not looked at. */
		return flags & COMPAT ? mark_type(m, t->btf, t->type, KEEP | COMPAT) : 0;
	/* What there is only with the type that it is of. */
	case BTF_FUNC: return mark_type(m, t->btf, t->type, flags | COMPAT);
	case BTF_DECL_TAG: return mark_type(m, t->btf, t->type, KEEP | COMPAT | MATCH);
	case BTF_DATASEC: return mark_vars(m, t, flags);
	case BTF_FUNC_PROTO: return flags & COMPAT ? mark_params(m, t, flags) : 0;
	case BTF_TYPEDEF:
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG:
	case BTF_VAR: return mark_type(m, t->btf, t->type, flags);
	default: return 0;
	}
}

static int mark_type(struct marker *m, const struct btf *b, uint32_t id, uint8_t flags)
{
	struct btf_type t = btf_type(b, id);
	int rc = mark(m, &t, flags);

	if (rc != MARK_NEW)
		return rc;
	if (++m->depth > DEPTH)
		rc = err_set(m->e, ERR_LIMIT, b->name, NULL, ERR_NO_OFFSET,
			     "type [%u] is nested deeper than %d", id, DEPTH);
	else
		rc = mark_parts(m, &t, flags);
	m->depth--;
	return rc;
}

/* Member or enumerator i of t. */
static int mark_element(struct marker *m, const struct btf_type *t, uint32_t i)
{
	struct kept *k = kept_of(m, t);

	if (!k)
		return -1;
	if (!k->elements)
		k->elements = calloc(t->vlen, 1);
	if (!k->elements)
		return err_memory(m->e, t->btf->name);
	k->elements[i] = 1;
	return 0;
}

static int mark_member(struct marker *m, const struct btf_type *t, uint32_t i)
{
	return mark_element(m, t, i) < 0 ? -1 : mark_use(m, t->btf, btf_member(t, i).type, KEEP);
}

/* A member of a struct that is kept. An array of no elements is flexible only in last place: one
 * that is not last must not become it. */
static int mark_step(struct marker *m, const struct btf_type *t, uint32_t i)
{
	struct btf_type type = btf_strip(t->btf, btf_member(t, i).type);

	if (type.kind == BTF_ARRAY && btf_array(&type).count == 0 && i + 1 < t->vlen &&
	    mark_member(m, t, t->vlen - 1) < 0)
		return -1;
	return mark_member(m, t, i);
}

/* The path that a field's accessor takes, as far as it was found: only the members on it are kept.
 */
static int mark_path(struct marker *m, const struct accessor *s)
{
	struct btf_type t = btf_strip(s->btf, s->root_id);

	for (uint32_t i = 1; i < s->raw_len; i++) {
		if (t.kind == BTF_ARRAY) {
			t = btf_strip(s->btf, btf_array(&t).elem);
			continue;
		}
		if (mark_step(m, &t, s->raw[i]) < 0)
			return -1;
		t = btf_strip(s->btf, btf_member(&t, s->raw[i]).type);
	}
	return 0;
}

/* A search that was given up is given up again only in all that it went through. */
static bool is_given_up(enum reason r)
{
	return r == REASON_TOO_DEEP || r == REASON_LIMIT;
}

static int mark_match(struct marker *m, const struct accessor *s, enum reason reason)
{
	bool all = s->kind == RELO_TYPE_MATCHES || is_given_up(reason);
	uint8_t flags = all ? KEEP | COMPAT | MATCH : relo_is_type(s->kind) ? KEEP | COMPAT : KEEP;

	if (mark_type(m, s->btf, s->root_id, flags) < 0)
		return -1;
	if (relo_is_enumval(s->kind) && s->raw_len) {
		struct btf_type t = btf_strip(s->btf, s->root_id);

		return mark_element(m, &t, s->raw[0]);
	}
	return relo_is_field(s->kind) ? mark_path(m, s) : 0;
}

/* Every candidate is kept, not only the one that is used: those that matched have to agree again,
 * and the others to fail for the same reason. */
static int add_result(struct marker *m, const struct resolution *r, uint32_t index)
{
	const struct result *res = &r->results[index];

	for (uint32_t i = 0; i < res->attempt_count; i++) {
		const struct attempt *a = &r->attempts[res->first_attempt + i];

		m->failed = a->reason != REASON_NONE;
		if (mark_match(m, a->accessor, a->reason) < 0)
			return -1;
	}
	return 0;
}

int subset_check(const struct subset *s, struct err *e)
{
	return s->broken ? err_set(e, ERR_UNSUPPORTED, s->target->path, NULL, ERR_NO_OFFSET,
				   "the subset is not whole: what was added before failed")
			 : 0;
}

/* Of what was marked; a failure is one of all that follows. */
static int marked(struct subset *s, int rc)
{
	s->broken = s->broken || rc < 0;
	return rc;
}

int subset_add(struct subset *s, const struct resolution *r, struct err *e)
{
	struct marker m = {.s = s, .e = e};
	int rc = subset_check(s, e);

	for (uint32_t i = 0; i < r->object->relo_count && rc == 0; i++)
		rc = add_result(&m, r, i);
	return marked(s, rc);
}

int subset_add_type(struct subset *s, const struct btf_type *t, struct err *e)
{
	struct marker m = {.s = s, .e = e};

	if (subset_check(s, e) < 0)
		return -1;
	if (t->id && !subset_marks(s, t))
		return err_set(e, ERR_UNSUPPORTED, t->btf->name, NULL, ERR_NO_OFFSET,
			       "type [%u] `%s` is none of %s", t->id, t->name, s->target->path);
	return marked(s, mark_type(&m, t->btf, t->id, KEEP | COMPAT | MATCH));
}

/* The first type of that name. */
static struct btf_type find_type(const struct subset *s, const char *name)
{
	uint32_t id = 0;
	size_t i = 0;

	while (i < s->count && !(id = btf_find(s->marks[i].btf, name, -1)))
		i++;
	return btf_type(s->marks[id ? i : 0].btf, id);
}

static int no_path(const struct subset *s, const char *path, size_t at, struct err *e)
{
	return err_set(e, ERR_UNSUPPORTED, s->target->path, NULL, ERR_NO_OFFSET,
		       "has no `%s`: there is none from `%s` on", path, path + at);
}

/* The member of that name, through anonymous ones; *t becomes its type. */
static int mark_named(struct marker *m, struct btf_type *t, const char *name)
{
	struct member_path way = {.room = ACCESSOR_MAX};

	if (find_member(t, name, &way) != REASON_NONE)
		return 0;
	for (uint32_t i = 0; i < way.len; i++) {
		if (mark_step(m, t, way.index[i]) < 0)
			return -1;
		*t = btf_strip(t->btf, btf_member(t, way.index[i]).type);
	}
	return 1;
}

/* Goes on to an element for each "[7]" at *s; false where there is none. */
static bool step_elements(const char **s, struct btf_type *t)
{
	while (**s == '[') {
		uint32_t index;

		*s = btf_index_in(*s, &index);
		if (!*s || t->kind != BTF_ARRAY)
			return false;
		*t = btf_strip(t->btf, btf_array(t).elem);
	}
	return true;
}

int subset_add_path(struct subset *s, const char *path, struct err *e)
{
	struct marker m = {.s = s, .e = e};
	char name[512];
	size_t n = strcspn(path, ".");
	const char *at = path + n;
	struct btf_type t;

	if (subset_check(s, e) < 0)
		return -1;
	if (n >= sizeof(name))
		return no_path(s, path, 0, e);
	memcpy(name, path, n);
	name[n] = '\0';
	t = find_type(s, name);
	if (!t.id)
		return no_path(s, path, 0, e);
	if (!*at)
		return subset_add_type(s, &t, e);
	if (mark_type(&m, t.btf, t.id, KEEP) < 0)
		return marked(s, -1);
	for (t = btf_strip(t.btf, t.id); *at;) {
		const char *from = at + 1;
		int found;

		n = strcspn(from, ".[");
		if (*at != '.' || !n || n >= sizeof(name))
			return no_path(s, path, (size_t)(at - path), e);
		memcpy(name, from, n);
		name[n] = '\0';
		found = mark_named(&m, &t, name);
		at = from + n;
		if (found < 0)
			return marked(s, -1);
		if (!found || !step_elements(&at, &t))
			return no_path(s, path, (size_t)(from - path), e);
	}
	return 0;
}
