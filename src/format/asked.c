/* asked: notes questions, each once; see asked.h. */
#include "format/asked.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "format/btf_impl.h"

_Thread_local struct questions *asked_by;

enum { BUCKETS = 4096 };

/* What was read of one BTF. */
struct heard {
	const struct btf *btf;
	uint64_t *bits; /* by id, from its first; owned */
	uint32_t *ids;  /* those that are set; owned */
	size_t count, cap;
};

struct asked_box {
	struct questions questions;
	struct arena arena;
	size_t cap;
	uint32_t bucket[BUCKETS];
	uint32_t round;
	struct heard *heard;
	size_t heard_count;
	uint32_t *list; /* of this round */
	size_t count, list_cap;
	struct heard *last;      /* that was read last */
	const struct btf *other; /* the last that nobody listens to */
	bool all, failed;
};

static struct asked_box *box_of(struct questions *q)
{
	return (struct asked_box *)q;
}

int questions_new(struct questions **out, struct err *e)
{
	struct asked_box *x = calloc(1, sizeof(*x));

	if (!x)
		return err_memory(e, NULL);
	*out = &x->questions;
	return 0;
}

static void forget_round(struct asked_box *x)
{
	for (size_t i = 0; i < x->heard_count; i++) {
		free(x->heard[i].bits);
		free(x->heard[i].ids);
	}
	free(x->heard);
	free(x->list);
	x->heard = x->last = NULL;
	x->other = NULL;
	x->list = NULL;
	x->heard_count = x->count = x->list_cap = 0;
}

void questions_free(struct questions *q)
{
	struct asked_box *x = box_of(q);

	if (!x)
		return;
	forget_round(x);
	arena_free(&x->arena);
	free(x->questions.list);
	free(x);
}

int asked_listen(struct questions *q, struct btf *const *btf, size_t count, struct err *e)
{
	struct asked_box *x = box_of(q);

	x->round++;
	x->all = x->failed = false;
	x->heard = calloc(count + 1, sizeof(*x->heard));
	if (!x->heard)
		return err_memory(e, NULL);
	for (; x->heard_count < count; x->heard_count++) {
		struct heard *h = &x->heard[x->heard_count];

		h->btf = btf[x->heard_count];
		h->bits = calloc((h->btf->end_id - h->btf->first_id) / 64 + 1, sizeof(*h->bits));
		if (!h->bits) {
			forget_round(x);
			return err_memory(e, NULL);
		}
	}
	asked_by = q;
	return 0;
}

/* The place of a question in the list, which is new when it was not asked before. */
static bool find(struct asked_box *x, const struct asked_what *want, size_t *at)
{
	uint32_t *bucket =
	    &x->bucket[(btf_hash(want->text, want->len) + want->kind * 31u + want->number * 7u) %
		       BUCKETS];
	struct asked_what *list, *q;
	char *text;

	for (uint32_t i = *bucket; i; i = q->next) {
		q = &x->questions.list[i - 1];
		if (q->kind == want->kind && q->number == want->number && q->len == want->len &&
		    memcmp(q->text, want->text, q->len) == 0) {
			*at = i - 1;
			return true;
		}
	}
	list = array_grow(x->questions.list, &x->cap, x->questions.count, sizeof(*list));
	text = arena_alloc(&x->arena, want->len + 1, 1);
	x->questions.list = list ? list : x->questions.list;
	if (!list || !text)
		return false;
	memcpy(text, want->text, want->len);
	*at = x->questions.count++;
	list[*at] = *want;
	list[*at].text = text;
	list[*at].next = *bucket;
	*bucket = (uint32_t)*at + 1;
	return true;
}

int questions_number(struct questions *q, const struct asked_what *want, uint32_t *number,
		     struct err *e)
{
	size_t at;

	if (!find(box_of(q), want, &at))
		return err_memory(e, NULL);
	*number = (uint32_t)at;
	return 0;
}

static void note(struct asked_box *x, const struct asked_what *want)
{
	uint32_t *list;
	size_t at;

	if (!find(x, want, &at)) {
		x->failed = true;
		return;
	}
	if (x->questions.list[at].round == x->round)
		return;
	x->questions.list[at].round = x->round;
	list = array_grow(x->list, &x->list_cap, x->count, sizeof(*list));
	if (!list) {
		x->failed = true;
		return;
	}
	x->list = list;
	list[x->count++] = (uint32_t)at;
}

void asked_note(enum asked_kind kind, uint32_t number, const char *text, size_t len)
{
	note(box_of(asked_by), &(struct asked_what){kind, number, text ? text : "", len, 0, 0});
}

static struct heard *heard_of(struct asked_box *x, const struct btf *b)
{
	if (x->last && x->last->btf == b)
		return x->last;
	for (size_t i = 0; i < x->heard_count && x->other != b; i++)
		if (x->heard[i].btf == b)
			return x->last = &x->heard[i];
	x->other = b;
	return NULL;
}

void asked_note_type(const struct btf *b, uint32_t id)
{
	struct asked_box *x = box_of(asked_by);
	struct heard *h = heard_of(x, b);
	uint32_t i = id - b->first_id, *ids;

	if (!h || h->bits[i / 64] >> i % 64 & 1)
		return;
	ids = array_grow(h->ids, &h->cap, h->count, sizeof(*ids));
	if (!ids) {
		x->failed = true;
		return;
	}
	h->ids = ids;
	ids[h->count++] = id;
	h->bits[i / 64] |= UINT64_C(1) << i % 64;
}

void asked_note_name(const struct btf *b, enum asked_kind kind, const char *name, size_t len)
{
	if (len && heard_of(box_of(asked_by), b))
		asked_note(kind, 0, name, len);
}

void asked_note_all(const struct btf *b)
{
	struct asked_box *x = box_of(asked_by);

	x->all = x->all || !b || heard_of(x, b);
}

/* The names of the types that were read. */
static void note_names(struct asked_box *x, const struct heard *h)
{
	for (size_t i = 0; i < h->count; i++) {
		struct btf_type t = btf_type(h->btf, h->ids[i]);
		enum btf_names names = h->btf->shape[t.kind].names;
		size_t len = btf_named_len(h->btf, t.kind, t.name);

		if (names != BTF_NAMES_NOTHING && *t.name)
			note(x, &(struct asked_what){names == BTF_NAMES_TYPE ? ASKED_TYPES
									     : ASKED_OTHERS,
						     0, t.name, len, 0, 0});
	}
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

int asked_stop(struct questions *q, uint32_t **list, size_t *count, struct err *e)
{
	struct asked_box *x = box_of(q);
	int rc;

	asked_by = NULL;
	for (size_t i = 0; i < x->heard_count && !x->all; i++)
		note_names(x, &x->heard[i]);
	if (x->count)
		qsort(x->list, x->count, sizeof(*x->list), by_number);
	rc = x->failed ? err_memory(e, NULL) : x->all;
	*list = NULL;
	*count = 0;
	if (rc == 0) {
		*list = x->list;
		*count = x->count;
		x->list = NULL;
	}
	forget_round(x);
	return rc;
}
