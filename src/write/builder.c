/*
 * builder: keeps what is asked for as a list, in order of ids, and writes all of it when that is
 * wanted; see builder.h.
 */
#include "write/builder.h"

#include <stdlib.h>

#include "base/arena.h"
#include "write/writer.h"

#define NAME "(builder)"

/* A type of the BTF. */
struct item {
	const struct btf *from; /* that it is copied from; NULL for one that was described */
	uint32_t id;            /* there; of one that was described where it stands in `own` */
	uint32_t len;           /* bytes of that */
	enum builder_with with; /* what of it is there already, or will be once `todo` is empty */
};

/* Types with ids that follow one another. */
enum { PAGE = 512 };

/* A BTF that types were copied from, often few of many. */
struct source {
	struct btf *btf;
	uint32_t **pages; /* by id - first_id: 1 + the number of the item, 0 for none; pages are
			     NULL where none of theirs was copied */
};

/* An item whose parts are to be looked at. */
struct todo {
	uint32_t number;
	enum builder_with before; /* what of it was there */
};

struct builder {
	struct btf *base;
	struct writer w; /* its strings; types are made anew each time */
	struct buf own;
	struct item *items;
	size_t count, cap;
	struct source *sources;
	size_t source_count, source_cap;
	struct todo *todo;
	size_t todo_count, todo_cap;
};

struct builder *builder_new(const struct btf *base, bool big_endian)
{
	struct builder *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->base = base ? btf_ref(base) : NULL;
	writer_start(&b->w, base, big_endian);
	return b;
}

static size_t pages_of(const struct btf *b)
{
	return (b->end_id - b->first_id) / PAGE + 1;
}

static void free_source(struct source *s)
{
	for (size_t i = 0; i < pages_of(s->btf); i++)
		free(s->pages[i]);
	free(s->pages);
	btf_unref(s->btf);
}

void builder_free(struct builder *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->source_count; i++) {
		free_source(&b->sources[i]);
	}
	free(b->sources);
	free(b->items);
	free(b->todo);
	free(b->own.data);
	writer_free(&b->w);
	btf_unref(b->base);
	free(b);
}

static uint32_t first_id(const struct builder *b)
{
	return b->base ? b->base->end_id : 1;
}

uint32_t builder_next_id(const struct builder *b)
{
	return first_id(b) + (uint32_t)b->count;
}

uint32_t builder_string(struct builder *b, const char *s)
{
	return writer_string(&b->w, s);
}

/* A new item at the end; NULL with e filled. */
static struct item *new_item(struct builder *b, struct err *e)
{
	struct item *items;

	if (b->count >= UINT32_MAX / 2 - first_id(b)) {
		err_fill(e, ERR_LIMIT, NAME, NULL, ERR_NO_OFFSET, "has too many types");
		return NULL;
	}
	items = array_grow(b->items, &b->cap, b->count, sizeof(*items));
	if (!items) {
		err_memory(e, NAME);
		return NULL;
	}
	b->items = items;
	return &items[b->count];
}

uint32_t builder_add(struct builder *b, const char *name, uint32_t info, uint32_t word,
		     const void *tail, size_t len, struct err *e)
{
	struct item *item = new_item(b, e);
	size_t at = b->own.len;

	if (!item)
		return 0;
	if (len > UINT32_MAX / 2 - BTF_TYPE_SIZE || at > UINT32_MAX / 2) {
		err_fill(e, ERR_LIMIT, NAME, NULL, ERR_NO_OFFSET, "is larger than 2 GiB");
		return 0;
	}
	buf_u32(&b->own, builder_string(b, name), b->w.swap);
	buf_u32(&b->own, info, b->w.swap);
	buf_u32(&b->own, word, b->w.swap);
	buf_add(&b->own, tail, len);
	if (b->own.failed || b->w.failed) {
		err_memory(e, NAME);
		return 0;
	}
	*item = (struct item){.id = (uint32_t)at, .len = (uint32_t)(BTF_TYPE_SIZE + len)};
	b->count++;
	return builder_next_id(b) - 1;
}

static bool is_of_base(const struct builder *b, const struct btf_type *t)
{
	const struct btf *base = b->base;

	while (base && base != t->btf)
		base = base->base;
	return base != NULL;
}

static int add_source(struct builder *b, const struct btf *from, struct err *e)
{
	struct source *more =
	    array_grow(b->sources, &b->source_cap, b->source_count, sizeof(*more));
	uint32_t **pages = calloc(pages_of(from), sizeof(*pages));

	if (more)
		b->sources = more;
	if (!more || !pages) {
		free(pages);
		return err_memory(e, NAME);
	}
	more += b->source_count++;
	more->btf = btf_ref(from);
	more->pages = pages;
	return 0;
}

/* The page of t; NULL when t's BTF is none of the sources. */
static uint32_t **page_of(const struct builder *b, const struct btf_type *t)
{
	for (size_t i = 0; i < b->source_count; i++)
		if (b->sources[i].btf == t->btf)
			return &b->sources[i].pages[(t->id - t->btf->first_id) / PAGE];
	return NULL;
}

/* Where the number of the item for t stands; NULL when none of its page was copied. */
static uint32_t *place(const struct builder *b, const struct btf_type *t)
{
	uint32_t **page = page_of(b, t);

	return page && *page ? &(*page)[(t->id - t->btf->first_id) % PAGE] : NULL;
}

static int make_place(struct builder *b, const struct btf_type *t, struct err *e)
{
	uint32_t **page;

	if (!page_of(b, t) && add_source(b, t->btf, e) < 0)
		return -1;
	page = page_of(b, t);
	if (!*page)
		*page = calloc(PAGE, sizeof(**page));
	return *page ? 0 : err_memory(e, NAME);
}

static int put_todo(struct builder *b, uint32_t number, enum builder_with with, struct err *e)
{
	struct todo *more = array_grow(b->todo, &b->todo_cap, b->todo_count, sizeof(*more));

	if (!more)
		return err_memory(e, NAME);
	b->todo = more;
	b->todo[b->todo_count++] = (struct todo){number, b->items[number].with};
	b->items[number].with = with;
	return 0;
}

/* That type id of `from` is there, with that much of it, once `todo` is empty. */
static int want(struct builder *b, const struct btf *from, uint32_t id, enum builder_with with,
		struct err *e)
{
	struct btf_type t = btf_type(from, id);
	struct item *item;
	uint32_t *at;

	if (!t.id || is_of_base(b, &t))
		return 0;
	if (t.kind >= BTF_KIND_COUNT)
		return err_set(e, ERR_UNSUPPORTED, from->name, NULL, ERR_NO_OFFSET,
			       "type [%u] is of the unknown kind %u: it cannot be copied", t.id,
			       t.kind);
	at = place(b, &t);
	if (!at && make_place(b, &t, e) == 0)
		at = place(b, &t);
	if (!at)
		return -1;
	if (with == BUILDER_NAME && btf_is_composite(&t) && !*t.name)
		with = BUILDER_VALUE; /* nothing declares it */
	if (*at && b->items[*at - 1].with >= with)
		return 0;
	if (!*at) {
		item = new_item(b, e);
		if (!item)
			return -1;
		*item = (struct item){.from = t.btf, .id = t.id};
		*at = (uint32_t)++b->count;
	}
	return put_todo(b, *at - 1, with, e);
}

static int want_members(struct builder *b, const struct btf_type *t, enum builder_with with,
			struct err *e)
{
	int rc = 0;

	for (uint32_t i = 0; i < t->vlen && rc == 0 && with != BUILDER_NAME; i++)
		rc = want(b, t->btf, btf_member(t, i).type, with, e);
	return rc;
}

static int want_params(struct builder *b, const struct btf_type *t, enum builder_with with,
		       struct err *e)
{
	int rc = want(b, t->btf, t->type, with, e);

	for (uint32_t i = 0; i < t->vlen && rc == 0; i++)
		rc = want(b, t->btf, btf_param(t, i).type, with, e);
	return rc;
}

static int want_vars(struct builder *b, const struct btf_type *t, enum builder_with with,
		     struct err *e)
{
	int rc = 0;

	for (uint32_t i = 0; i < t->vlen && rc == 0; i++)
		rc = want(b, t->btf, btf_secinfo(t, i).type, with, e);
	return rc;
}

/* What t is made of, and points to. */
static int want_parts(struct builder *b, const struct btf_type *t, enum builder_with with,
		      struct err *e)
{
	enum builder_with whole = with == BUILDER_ALL ? BUILDER_ALL : BUILDER_VALUE;
	enum builder_with behind = with == BUILDER_ALL ? BUILDER_ALL : BUILDER_NAME;

	switch (t->kind) {
	case BTF_STRUCT:
	case BTF_UNION: return want_members(b, t, with, e);
	case BTF_TYPEDEF:
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG: return want(b, t->btf, t->type, with, e);
	case BTF_FUNC:
	case BTF_PTR: return want(b, t->btf, t->type, behind, e);
	case BTF_FUNC_PROTO: return want_params(b, t, behind, e);
	case BTF_VAR:
	case BTF_DECL_TAG: return want(b, t->btf, t->type, whole, e);
	case BTF_DATASEC: return want_vars(b, t, whole, e);
	case BTF_ARRAY:
		if (want(b, t->btf, btf_array(t).index, whole, e) < 0)
			return -1;
		return want(b, t->btf, btf_array(t).elem, whole, e);
	default: return 0;
	}
}

static uint32_t id_of(void *ctx, const struct btf *from, uint32_t id)
{
	const struct builder *b = ctx;
	struct btf_type t = btf_type(from, id);
	const uint32_t *at;

	if (!t.id || is_of_base(b, &t))
		return t.id;
	at = place(b, &t);
	return at && *at ? first_id(b) + *at - 1 : 0;
}

/* Gives up what was begun: items from `count` on, and what others were to have more. */
static int copy_failed(struct builder *b, size_t count)
{
	while (b->todo_count) {
		const struct todo *last = &b->todo[--b->todo_count];

		b->items[last->number].with = last->before;
	}
	while (b->count > count) {
		const struct item *item = &b->items[--b->count];
		struct btf_type t = btf_type(item->from, item->id);

		*place(b, &t) = 0;
	}
	return -1;
}

int builder_copy(struct builder *b, const struct btf *from, uint32_t id, enum builder_with with,
		 uint32_t *copy, struct err *e)
{
	size_t count = b->count;
	int rc = want(b, from, id, with, e);

	for (size_t i = 0; i < b->todo_count && rc == 0; i++) {
		const struct item *item = &b->items[b->todo[i].number];
		struct btf_type t = btf_type(item->from, item->id);

		rc = want_parts(b, &t, item->with, e);
	}
	if (rc < 0)
		return copy_failed(b, count);
	b->todo_count = 0;
	*copy = id_of(b, from, id);
	return 0;
}

static void write_item(struct builder *b, const struct item *item)
{
	const struct writer_copy copy = {id_of, b};
	struct btf_type t;

	if (!item->from) {
		buf_add(&b->w.types, b->own.data + item->id, item->len);
		return;
	}
	t = btf_type(item->from, item->id);
	if (item->with == BUILDER_NAME && btf_is_composite(&t))
		writer_head(&b->w, t.name,
			    (uint32_t)BTF_FWD << 24 | (uint32_t)(t.kind == BTF_UNION) << 31, 0);
	else
		writer_type(&b->w, &t, NULL, &copy);
}

int builder_write(struct builder *b, uint32_t header_size, struct buf *out, struct err *e)
{
	b->w.types.len = 0;
	for (size_t i = 0; i < b->count; i++)
		write_item(b, &b->items[i]);
	return writer_finish(&b->w, header_size, out) ? 0 : err_memory(e, NAME);
}
