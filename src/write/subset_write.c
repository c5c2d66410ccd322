/*
 * subset_write: the types that a subset marked, as a BTF with a 24-byte header, in the order in
 * which they were marked: kernels of which the same is needed give the same bytes, wherever each of
 * them has it. But candidates for one name stay in the target's order, in which they are tried.
 */
#include <stdlib.h>
#include <string.h>

#include "write/subset_marks.h"
#include "write/writer.h"

/* A type that is kept. */
struct item {
	struct kept *kept;
	struct btf_type type;
	size_t btf; /* index of its BTF */
};

/* NULL for a type that is not kept. */
static const struct kept *kept_of(struct subset *s, const struct btf_type *t)
{
	const struct marks *m = t->id ? subset_marks(s, t) : NULL;
	uint32_t where = m ? m->where[t->id - m->btf->first_id] : 0;

	return where ? &m->kept[where - 1] : NULL;
}

/* Types that are not kept are, to what refers to them, what they stand for, and at last void. */
static uint32_t id_of(void *ctx, const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_type(b, id);
	struct subset *s = ctx;
	const struct kept *k = kept_of(s, &t);

	if (!k) {
		t = btf_strip(b, id);
		k = kept_of(s, &t);
	}
	if (!k && t.kind == BTF_PTR && s->pointer.btf)
		k = kept_of(s, &s->pointer);
	return k ? k->id : 0;
}

static int by_name(const struct item *a, const struct item *b)
{
	size_t m = btf_essential_len(a->type.name, strlen(a->type.name));
	size_t n = btf_essential_len(b->type.name, strlen(b->type.name));
	int order = memcmp(a->type.name, b->type.name, m < n ? m : n);

	return order ? order : (m > n) - (m < n);
}

static int by_turn(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	int order = by_name(a, b);

	return order ? order : (a->kept->turn > b->kept->turn) - (a->kept->turn < b->kept->turn);
}

static int by_place(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	int order = by_name(a, b);

	if (order || !*a->type.name)
		return order ? order : by_turn(a, b);
	order = (a->btf > b->btf) - (a->btf < b->btf);
	return order ? order : (a->type.id > b->type.id) - (a->type.id < b->type.id);
}

/* All that is kept, as the list `items`; the most elements that a type has. */
static uint32_t collect(const struct subset *s, struct item *items)
{
	uint32_t most = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct marks *m = &s->marks[i];

		for (size_t k = 0; k < m->count; k++, items++) {
			items->kept = &m->kept[k];
			items->type = btf_type(m->btf, m->btf->first_id + m->kept[k].index);
			items->btf = i;
			most = items->type.vlen > most ? items->type.vlen : most;
		}
	}
	return most;
}

/* Gives each its id: those of one name have the turns of all of them, as they stand in the target.
 * Then puts them in order; `room` has room for n. */
static void number(struct item *items, struct item *room, size_t n)
{
	uint32_t *turn = (uint32_t *)room;

	qsort(items, n, sizeof(*items), by_turn);
	for (size_t i = 0; i < n; i++)
		turn[i] = items[i].kept->turn;
	qsort(items, n, sizeof(*items), by_place);
	for (size_t i = 0; i < n; i++)
		items[i].kept->id = 1 + turn[i];
	for (size_t i = 0; i < n; i++)
		room[items[i].kept->id - 1] = items[i];
}

/* The members or enumerators that are written, NULL for all; none has a 0 for each of any type. */
static const uint8_t *elements(const struct item *item, const uint8_t *none)
{
	if (item->kept->flags & MATCH ||
	    !(btf_is_composite(&item->type) || btf_is_enum(&item->type)))
		return NULL;
	return item->kept->elements ? item->kept->elements : none;
}

/* Whether nobody finds it by its name, because vmlinux has one of that, which is what a loader that
 * knows modules takes. */
static bool is_hidden(const struct subset *s, const struct item *item)
{
	const struct btf *vmlinux = s->marks[0].btf;
	const struct btf_type *t = &item->type;
	size_t len = btf_named_len(vmlinux, t->kind, t->name);
	uint32_t id;

	if (item->btf == 0 || item->kept->flags & MATCH || !len ||
	    !(btf_is_composite(t) || btf_is_enum(t)))
		return false;
	for (id = btf_first_named(vmlinux, t->kind, t->name, len); id;
	     id = btf_next_named(vmlinux, id, t->name, len)) {
		struct btf_type other = btf_type(vmlinux, id);

		if (btf_same_kind(t, &other))
			return true;
	}
	return false;
}

/* What is not looked at where a target is opened, and would be where its part is: of a BPF object
 * members may stand in any order, and names that nobody looks up may be of no bytes. */
static int check_again(const struct btf_type *t, const uint8_t *only, struct err *e)
{
	uint32_t least = 0;

	if (!*t->name && (t->kind == BTF_VAR || t->kind == BTF_DATASEC || t->kind == BTF_DECL_TAG ||
			  t->kind == BTF_TYPE_TAG))
		return err_set(e, ERR_UNSUPPORTED, t->btf->name, NULL, ERR_NO_OFFSET,
			       "type [%u] %s: its name is empty", t->id, btf_kind_name(t->kind));
	for (uint32_t i = 0; btf_is_composite(t) && i < t->vlen; i++) {
		uint32_t offset = btf_member(t, i).bit_offset;

		if (only && !only[i])
			continue;
		if (offset < least || (t->kind == BTF_UNION && offset))
			return err_set(e, ERR_UNSUPPORTED, t->btf->name, NULL, ERR_NO_OFFSET,
				       "type [%u] `%s`: member %u is not in C's order, in which "
				       "those of a kernel are",
				       t->id, t->name, i);
		least = offset;
	}
	return 0;
}

static int write_items(struct subset *s, struct item *items, size_t n, struct buf *out,
		       struct err *e)
{
	const struct writer_copy copy = {id_of, s};
	uint8_t *none = calloc(1, collect(s, items) + 1ul);
	struct writer w;
	int rc = 0;

	if (!none)
		return err_memory(e, s->target->path);
	number(items, items + n, n);
	writer_start(&w, NULL, s->target->btf[0]->big_endian);
	for (size_t i = n; i < 2 * n && rc == 0; i++) {
		const uint8_t *only = elements(&items[i], none);

		rc = check_again(&items[i].type, only, e);
		if (is_hidden(s, &items[i]))
			items[i].type.name = "";
		writer_type(&w, &items[i].type, only, &copy);
	}
	if (rc == 0 && !writer_finish(&w, BTF_HDR_SIZE, out))
		rc = err_memory(e, s->target->path);
	writer_free(&w);
	free(none);
	return rc;
}

int subset_write(struct subset *s, struct buf *out, uint32_t *types, struct err *e)
{
	size_t n = s->turns;
	struct item *items;
	int rc;

	if (subset_check(s, e) < 0)
		return -1;
	items = calloc(2 * n + 1, sizeof(*items));
	rc = items ? write_items(s, items, n, out, e) : err_memory(e, s->target->path);
	free(items);
	*types = (uint32_t)n;
	return rc;
}
