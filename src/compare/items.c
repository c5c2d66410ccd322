/* items: collects and matches what types consist of; see items.h. */
#include "compare/items.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "format/btf_fields.h"

void items_free(struct items *l)
{
	free(l->list);
	*l = (struct items){0};
}

static int add(struct items *l, const struct btf *b, struct item item, struct err *e)
{
	if (l->count == ITEMS_MAX)
		return err_set(e, ERR_LIMIT, b->name, NULL, ERR_NO_OFFSET,
			       "a type has more than %d fields", ITEMS_MAX);
	if (l->count == l->cap) {
		struct item *list = array_grow(l->list, &l->cap, l->count, sizeof(*list));

		if (!list)
			return err_memory(e, b->name);
		l->list = list;
	}
	item.match = ITEM_NONE;
	l->list[l->count++] = item;
	return 0;
}

static int add_fields(struct items *l, const struct btf *b, uint32_t id, struct err *e)
{
	struct btf_fields f;
	struct btf_field field;
	int got;

	btf_fields_start(&f, b, id);
	while ((got = btf_fields_next(&f, &field, e)) > 0) {
		struct item item = {.name = field.member.name,
				    .type = field.member.type,
				    .bits = field.member.bit_size,
				    .at = field.bit_offset};

		if (add(l, b, item, e) < 0)
			return -1;
	}
	return got;
}

int items_of(struct items *l, const struct btf *b, uint32_t id, struct err *e)
{
	struct btf_type t = btf_type(b, id);
	int rc = 0;

	l->count = 0;
	if (btf_is_composite(&t))
		return add_fields(l, b, id, e);
	for (uint32_t i = 0; i < t.vlen && rc == 0; i++) {
		if (btf_is_enum(&t)) {
			struct btf_enumerator v = btf_enumerator(&t, i);

			rc = add(l, b, (struct item){.name = v.name, .at = v.value}, e);
		} else if (t.kind == BTF_FUNC_PROTO) {
			struct btf_param p = btf_param(&t, i);

			rc = add(l, b, (struct item){.name = p.name, .type = p.type, .at = i}, e);
		}
	}
	return rc;
}

/* New items by name: chains of those of one hash, each in order. */
struct table {
	uint32_t *head; /* a power of two of them; index, ITEM_NONE for none */
	uint32_t *next; /* by index */
	size_t mask;
};

static bool table_of(struct table *t, const struct items *l, size_t from)
{
	size_t size = 16;

	while (size < 2 * (l->count - from))
		size *= 2;
	t->mask = size - 1;
	t->head = malloc(size * sizeof(*t->head));
	t->next = malloc((l->count + 1) * sizeof(*t->next));
	if (!t->head || !t->next)
		return false;
	memset(t->head, 0xff, size * sizeof(*t->head));
	for (size_t i = l->count; i-- > from;) {
		size_t slot = items_hash(l->list[i].name) & t->mask;

		t->next[i] = t->head[slot];
		t->head[slot] = (uint32_t)i;
	}
	return true;
}

/* Takes the first item of that name out of the table; ITEM_NONE for none. */
static uint32_t table_take(struct table *t, const struct items *l, const char *name)
{
	uint32_t *at = &t->head[items_hash(name) & t->mask];

	while (*at != ITEM_NONE && strcmp(l->list[*at].name, name) != 0)
		at = &t->next[*at];
	if (*at != ITEM_NONE) {
		uint32_t found = *at;

		*at = t->next[found];
		return found;
	}
	return ITEM_NONE;
}

static void pair_up(struct items *old, struct items *new, size_t i, size_t k)
{
	old->list[i].match = (uint32_t)k;
	new->list[k].match = (uint32_t)i;
}

int items_match(struct items *old, struct items *new, bool by_name)
{
	struct table t = {0};
	bool whole = true;
	size_t i = 0;

	/* Most lists are equal, or begin so. */
	for (; i < old->count && i < new->count; i++) {
		if (by_name && strcmp(old->list[i].name, new->list[i].name) != 0)
			break;
		pair_up(old, new, i, i);
	}
	if (by_name && i < old->count && i < new->count) {
		whole = table_of(&t, new, i);
		for (; whole && i < old->count; i++) {
			uint32_t k = table_take(&t, new, old->list[i].name);

			if (k != ITEM_NONE)
				pair_up(old, new, i, k);
		}
		free(t.head);
		free(t.next);
	}
	return whole ? 0 : -1;
}

struct place {
	uint64_t old, new;
	uint32_t index;  /* of the old list */
	uint32_t before; /* the place that the longest run ending here goes on from */
};

static int by_old(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->old != y->old)
		return x->old < y->old ? -1 : 1;
	if (x->new != y->new)
		return x->new < y->new ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Marks what is in no longest run of places whose new numbers do not fall (patience sorting). */
static void mark_others(struct items *old, struct place *p, uint32_t *end, size_t n)
{
	size_t runs = 0;

	for (size_t i = 0; i < n; i++) {
		size_t low = 0, high = runs;

		while (low < high) {
			size_t mid = (low + high) / 2;

			if (p[end[mid]].new <= p[i].new)
				low = mid + 1;
			else
				high = mid;
		}
		p[i].before = low ? end[low - 1] : ITEM_NONE;
		end[low] = (uint32_t)i;
		runs += low == runs;
		old->list[p[i].index].reordered = true;
	}
	for (uint32_t i = runs ? end[runs - 1] : ITEM_NONE; i != ITEM_NONE; i = p[i].before)
		old->list[p[i].index].reordered = false;
}

static bool in_order(const struct place *p, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (p[i].new < p[i - 1].new)
			return false;
	return true;
}

int items_order(struct items *old, const struct items *new)
{
	struct place *p = malloc((old->count + 1) * sizeof(*p));
	uint32_t *end;
	bool sorted = true;
	size_t n = 0;
	int rc;

	if (!p)
		return -1;
	for (size_t i = 0; i < old->count; i++) {
		const struct item *item = &old->list[i];

		old->list[i].reordered = false;
		if (item->match == ITEM_NONE)
			continue;
		p[n] = (struct place){item->at, new->list[item->match].at, (uint32_t)i, ITEM_NONE};
		sorted = sorted && (!n || p[n - 1].old <= p[n].old);
		n++;
	}
	if (!sorted)
		qsort(p, n, sizeof(*p), by_old);
	if (in_order(p, n)) {
		free(p);
		return 0;
	}
	end = malloc(n * sizeof(*end));
	if (end)
		mark_others(old, p, end, n);
	rc = end ? 0 : -1;
	free(p);
	free(end);
	return rc;
}
