/*
 * members: flattens structs; see members.h. The number of listed and of members looked at is
 * bounded, because nests of anonymous members in a hostile BTF can grow with every step down.
 */
#include "successor/members.h"

#include <stdio.h>
#include <stdlib.h>

enum { DEEPEST = 24, MOST = 6000, BUDGET = 60000, STEP_BUDGET = 8000 };

struct listing {
	struct members *out;
	size_t cap;
	long budget;
	unsigned depth;
	bool failed;
};

static uint64_t path_hash(const struct members *s, int32_t outer, const char *name)
{
	uint64_t h = outer < 0 ? 1469598103934665603u : (s->at[outer].path ^ '.') * 1099511628211u;

	while (*name)
		h = (h ^ (uint8_t)*name++) * 1099511628211u;
	return h;
}

static void list(struct listing *l, uint32_t id, uint64_t base, int32_t outer, unsigned depth,
		 unsigned nested)
{
	struct btf_type t = btf_strip(l->out->btf, id);

	if (!btf_is_composite(&t) || nested > DEEPEST || depth > l->depth)
		return;
	for (uint32_t i = 0; i < t.vlen && l->budget-- > 0 && !l->failed; i++) {
		struct btf_member m = btf_member(&t, i);
		size_t at = l->out->n;
		struct member *grown;

		if (!*m.name) {
			list(l, m.type, base + m.bit_offset, outer, depth, nested + 1);
			continue;
		}
		if (at >= MOST)
			return;
		grown = array_grow(l->out->at, &l->cap, at, sizeof(*grown));
		if (!grown) {
			l->failed = true;
			return;
		}
		l->out->at = grown;
		grown[at] = (struct member){m.name,
					    m.type,
					    t.id,
					    m.bit_size,
					    base + m.bit_offset,
					    outer,
					    path_hash(l->out, outer, m.name),
					    (uint8_t)depth,
					    {0}};
		l->out->n++;
		list(l, m.type, base + m.bit_offset, (int32_t)at, depth + 1, nested + 1);
	}
}

int members_list(const struct btf *b, uint32_t id, unsigned depth, struct arena *a,
		 struct members *out)
{
	struct listing l = {.out = out, .budget = BUDGET, .depth = depth};
	struct member *kept;

	*out = (struct members){.btf = b, .root = btf_strip(b, id).id};
	list(&l, id, 0, -1, 0, 0);
	kept = arena_alloc(a, out->n + 1, sizeof(*kept));
	if (kept && out->n)
		memcpy(kept, out->at, out->n * sizeof(*kept));
	free(out->at);
	out->at = kept;
	return l.failed || !kept ? -1 : 0;
}

void member_shape(const struct btf *b, struct member *s)
{
	s->shape = shape_of(b, s->type, s->bit_size);
}

void members_shape(struct members *s)
{
	for (size_t i = 0; i < s->n; i++)
		member_shape(s->btf, &s->at[i]);
}

long members_find(const struct members *s, const char *name, size_t len)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->at[i].depth && strncmp(s->at[i].name, name, len) == 0 &&
		    !s->at[i].name[len])
			return (long)i;
	return -1;
}

char *member_path(const struct members *s, size_t i, char out[MEMBER_PATH_MAX])
{
	size_t chain[DEEPEST + 1] = {0}, n = 0, len = 0;

	for (long at = (long)i; at >= 0 && n <= DEEPEST; at = s->at[at].outer)
		chain[n++] = (size_t)at;
	*out = '\0';
	while (n-- > 0 && len < MEMBER_PATH_MAX)
		len += (size_t)snprintf(out + len, MEMBER_PATH_MAX - len, "%s%s", len ? "." : "",
					s->at[chain[n]].name);
	return out;
}

static bool step(const struct btf *b, uint32_t id, const char *name, size_t len, uint64_t base,
		 struct member *out, unsigned nested, long *budget);

/* Finds one name in a struct, through anonymous members. */
static bool step_in(const struct btf *b, const struct btf_type *t, const char *name, size_t len,
		    uint64_t base, struct member *out, unsigned nested, long *budget)
{
	for (uint32_t i = 0; i < t->vlen && (*budget)-- > 0; i++) {
		struct btf_member m = btf_member(t, i);

		if (*m.name == *name && strncmp(m.name, name, len) == 0 && !m.name[len]) {
			*out = (struct member){
			    m.name, m.type, t->id, m.bit_size, base + m.bit_offset, -1, 0, 0, {0}};
			return true;
		}
		if (!*m.name &&
		    step(b, m.type, name, len, base + m.bit_offset, out, nested + 1, budget))
			return true;
	}
	return false;
}

static bool step(const struct btf *b, uint32_t id, const char *name, size_t len, uint64_t base,
		 struct member *out, unsigned nested, long *budget)
{
	struct btf_type t = btf_strip(b, id);

	return btf_is_composite(&t) && nested <= DEEPEST &&
	       step_in(b, &t, name, len, base, out, nested, budget);
}

bool members_declared(const struct btf_type *t, const char *name)
{
	long budget = STEP_BUDGET;
	struct member last;

	return *name && step_in(t->btf, t, name, strlen(name), 0, &last, 0, &budget);
}

unsigned members_follow(const struct btf *b, uint32_t id, const char *path, const char **rest,
			uint32_t *type, struct member *last)
{
	unsigned found = 0;
	long budget = STEP_BUDGET;
	uint64_t base = 0;

	*type = id;
	*rest = path;
	while (**rest) {
		size_t len = strcspn(*rest, ".");
		struct btf_type t = btf_strip(b, *type);

		/* An element stands for its array: which one does not matter here. */
		while (t.kind == BTF_ARRAY) {
			*type = btf_array(&t).elem;
			t = btf_strip(b, *type);
		}

		if (!len || !step(b, *type, *rest, len, base, last, 0, &budget))
			break;
		*type = last->type;
		base = last->bit_offset;
		*rest += len + ((*rest)[len] == '.');
		found++;
	}
	return found;
}
