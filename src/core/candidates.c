/* candidates: the types of a target that a local type may stand for (semantics 8 to 10), and the
 * pool that remembers them from one relocation to the next (semantics 11). */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "core/policy.h"

int candidates_add(struct candidates *c, struct candidate item)
{
	struct candidate *more = array_grow(c->items, &c->cap, c->count, sizeof(*more));

	if (!more)
		return -1;
	c->items = more;
	c->items[c->count++] = item;
	return 0;
}

static int add_from(const struct btf_type *local, const struct btf *b, struct candidates *out,
		    struct err *e)
{
	size_t len = btf_named_len(b, local->kind, local->name);
	uint32_t id = btf_first_named(b, local->kind, local->name, len);

	for (; id; id = btf_next_named(b, id, local->name, len)) {
		struct btf_type t = btf_type(b, id);

		if (btf_same_kind(local, &t) &&
		    candidates_add(out, (struct candidate){.btf = b, .id = id}) < 0)
			return err_memory(e, b->name);
	}
	return 0;
}

static int search(const struct question *q, struct candidates *out, struct err *e)
{
	struct btf_type local = btf_type(q->local->btf, q->local->root_id);

	for (size_t i = 0; i < q->target->count; i++) {
		if (i == 1 && out->count > 0)
			break; /* modules are asked only for what vmlinux has not: semantics 10 */
		if (add_from(&local, q->target->btf[i], out, e) < 0)
			return HOOK_FAIL;
	}
	return 0;
}

int default_candidates(struct asked *a)
{
	struct candidates *out = ((struct candidates_asked *)a)->out;
	const struct candidates *left = candidates_of(a->q, a->e);

	out->count = 0;
	for (size_t i = 0; left && i < left->count; i++)
		if (candidates_add(out, left->items[i]) < 0)
			return err_memory(a->e, a->q->object->path);
	a->reason = out->count ? REASON_NONE : REASON_NO_TYPE;
	return left ? 0 : HOOK_FAIL;
}

struct candidates_pool {
	uint32_t count;
	struct entry {
		struct candidates left;
		bool searched, judged;
		bool disputed; /* when judged */
	} entries[];           /* by local type id */
};

struct candidates_pool *candidates_pool_new(const struct object *o)
{
	uint32_t n = o->btf->end_id;
	struct candidates_pool *p = calloc(1, sizeof(*p) + n * sizeof(*p->entries));

	if (p)
		p->count = n;
	return p;
}

void candidates_pool_free(struct candidates_pool *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < p->count; i++)
		free(p->entries[i].left.items);
	free(p);
}

struct candidates *candidates_of(const struct question *q, struct err *e)
{
	struct entry *entry = &q->pool->entries[q->local->root_id];

	if (!entry->searched && search(q, &entry->left, e) < 0)
		return NULL;
	entry->searched = true;
	return &entry->left;
}

/* Whether there is none of that name, or one and of the kind of the local type. */
static bool at_most_one(const struct question *q, const struct btf_type *local, size_t len)
{
	size_t found = 0;

	for (size_t i = 0; i < q->target->count; i++) {
		const struct btf *b = q->target->btf[i];
		uint32_t id = btf_first_named(b, -1, local->name, len);

		for (; id; id = btf_next_named(b, id, local->name, len))
			if (i || ++found > 1 || btf_type(b, id).kind != local->kind ||
			    btf_strip(b, id).kind != btf_strip(local->btf, local->id).kind)
				return false;
	}
	return true;
}

static bool is_disputed(const struct question *q)
{
	struct btf_type local = btf_type(q->local->btf, q->local->root_id);
	bool is_type = local.btf->shape[local.kind].names == BTF_NAMES_TYPE;
	size_t len = is_type ? btf_agreed_len(local.name) : 0;

	for (size_t i = 0; len && i < q->target->count; i++)
		if (btf_has_flavor(q->target->btf[i], local.name, len))
			return true;
	return !len || !at_most_one(q, &local, len);
}

bool candidates_disputed(const struct question *q)
{
	struct entry *entry = q->pool ? &q->pool->entries[q->local->root_id] : NULL;

	if (!entry)
		return is_disputed(q);
	if (!entry->judged)
		entry->disputed = is_disputed(q);
	entry->judged = true;
	return entry->disputed;
}

static bool same(struct candidate a, struct candidate b)
{
	return a.btf == b.btf && a.id == b.id;
}

/* Whether the options stand in c in the order that they have, as they do unless a policy reorders.
 */
static bool in_order(const struct candidates *c, const struct option *options, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < c->count && k < n; i++)
		k += same(c->items[i], options[k].candidate);
	return k == n;
}

static bool is_option(struct candidate c, const struct option *options, size_t n)
{
	size_t i = 0;

	while (i < n && !same(c, options[i].candidate))
		i++;
	return i < n;
}

void candidates_prune(struct candidates *c, const struct option *options, size_t n)
{
	size_t kept = 0;

	if (in_order(c, options, n)) {
		for (; kept < n; kept++)
			c->items[kept] = options[kept].candidate;
	} else {
		for (size_t i = 0; i < c->count; i++)
			if (is_option(c->items[i], options, n))
				c->items[kept++] = c->items[i];
	}
	c->count = kept;
}
