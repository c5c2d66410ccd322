/* asked: notes questions, each once; see asked.h. */
#include "format/asked.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "format/btf_impl.h"

_Thread_local struct questions *asked_by;

enum { BUCKETS = 4096 };

/* Types that are looked through rather than marked. */
enum { FEW = 16 };

/* Types of one BTF. */
struct ids {
	uint32_t *list; /* owned */
	size_t count, cap;
	uint64_t *bits; /* of these, by id from its first; NULL while they are few; owned */
};

/* What was read of one BTF: of types all, or what they are called. */
struct heard {
	const struct btf *btf;
	struct ids whole, heads;
};

/* What was asked since somebody began to listen. */
struct round {
	struct round *around; /* the one that it is a part of */
	uint32_t number;
	uint32_t *list; /* owned */
	size_t count, list_cap;
	struct heard *last;      /* that was read last */
	const struct btf *other; /* the last that nobody listens to */
	bool all, failed;
	size_t heard_count;
	struct heard heard[];
};

struct asked_box {
	struct questions questions;
	struct arena arena;
	size_t cap;
	uint32_t bucket[BUCKETS];
	uint32_t rounds; /* that there were */
	struct round *now;
};

static struct asked_box *box_of(struct questions *q)
{
	return (struct asked_box *)q;
}

/* Each has another number: what was asked of one means nothing to the next. */
static atomic_uint numbers;

int questions_new(struct questions **out, struct err *e)
{
	struct asked_box *x = calloc(1, sizeof(*x));

	if (!x)
		return err_memory(e, NULL);
	x->questions.number = ++numbers;
	*out = &x->questions;
	return 0;
}

/* A round about so many BTFs, which is the one of now. */
static int begin(struct asked_box *x, size_t count, struct err *e)
{
	struct round *r = calloc(1, sizeof(*r) + count * sizeof(*r->heard));

	if (!r)
		return err_memory(e, NULL);
	r->heard_count = count;
	r->number = ++x->rounds;
	r->around = x->now;
	x->now = r;
	return 0;
}

static void free_ids(struct ids *x)
{
	free(x->bits);
	free(x->list);
}

/* The round of now is over. */
static void end(struct asked_box *x)
{
	struct round *r = x->now;

	x->now = r->around;
	for (size_t i = 0; i < r->heard_count; i++) {
		free_ids(&r->heard[i].whole);
		free_ids(&r->heard[i].heads);
	}
	free(r->list);
	free(r);
}

void questions_free(struct questions *q)
{
	struct asked_box *x = box_of(q);

	if (!x)
		return;
	while (x->now)
		end(x);
	arena_free(&x->arena);
	free(x->questions.list);
	free(x);
}

int asked_listen(struct questions *q, struct btf *const *btf, size_t count, struct err *e)
{
	struct asked_box *x = box_of(q);

	if (begin(x, count, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		x->now->heard[i].btf = btf[i];
	asked_by = q;
	return 0;
}

int asked_part_begin(struct err *e)
{
	struct asked_box *x = box_of(asked_by);
	const struct round *around = x->now;

	if (begin(x, around->heard_count, e) < 0)
		return -1;
	for (size_t i = 0; i < around->heard_count; i++)
		x->now->heard[i].btf = around->heard[i].btf;
	return 0;
}

static uint32_t *bucket_of(struct asked_box *x, const struct asked_what *want)
{
	return &x->bucket[(btf_hash(want->text, want->len) + want->kind * 31u + want->number * 7u) %
			  BUCKETS];
}

/* 1 + the place of a question in the list; 0 when it was not asked before. */
static uint32_t known(struct asked_box *x, const struct asked_what *want, uint32_t bucket)
{
	const struct asked_what *q;
	uint32_t i = bucket;

	for (; i; i = q->next) {
		q = &x->questions.list[i - 1];
		if (q->kind == want->kind && q->number == want->number && q->len == want->len &&
		    memcmp(q->text, want->text, q->len) == 0)
			break;
	}
	return i;
}

/* The place of a question in the list, which is new when it was not asked before. */
static bool find(struct asked_box *x, const struct asked_what *want, size_t *at)
{
	uint32_t *bucket = bucket_of(x, want), there = known(x, want, *bucket);
	struct asked_what *list;
	char *text;

	if (there) {
		*at = there - 1;
		return true;
	}
	list = array_grow(x->questions.list, &x->cap, x->questions.count, sizeof(*list));
	text = arena_alloc(&x->arena, want->len + 1, 1);
	x->questions.list = list ? list : x->questions.list;
	if (!list || !text)
		return false;
	memcpy(text, want->text, want->len);
	text[want->len] = '\0';
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

/* Adds a question to the round of now. */
static void note_number(struct asked_box *x, uint32_t at)
{
	struct round *r = x->now;
	uint32_t *list;

	if (x->questions.list[at].round == r->number)
		return;
	x->questions.list[at].round = r->number;
	list = array_grow(r->list, &r->list_cap, r->count, sizeof(*list));
	if (!list) {
		r->failed = true;
		return;
	}
	r->list = list;
	list[r->count++] = at;
}

static void note(struct asked_box *x, const struct asked_what *want)
{
	size_t at;

	if (find(x, want, &at))
		note_number(x, (uint32_t)at);
	else
		x->now->failed = true;
}

void asked_note(enum asked_kind kind, uint32_t number, const char *text, size_t len)
{
	note(box_of(asked_by), &(struct asked_what){kind, number, text ? text : "", len, 0, 0});
}

static struct heard *heard_of(struct round *r, const struct btf *b)
{
	if (r->last && r->last->btf == b)
		return r->last;
	for (size_t i = 0; i < r->heard_count && r->other != b; i++)
		if (r->heard[i].btf == b)
			return r->last = &r->heard[i];
	r->other = b;
	return NULL;
}

static void mark(struct ids *x, uint32_t i)
{
	x->bits[i / 64] |= UINT64_C(1) << i % 64;
}

static bool has(const struct ids *x, const struct btf *b, uint32_t id)
{
	uint32_t i = id - b->first_id;

	if (x->bits)
		return x->bits[i / 64] >> i % 64 & 1;
	for (size_t n = x->count; n > 0; n--)
		if (x->list[n - 1] == id)
			return true;
	return false;
}

/* Marks what is not few any more. */
static bool make_bits(struct ids *x, const struct btf *b)
{
	if (x->bits || x->count < FEW)
		return true;
	x->bits = calloc((b->end_id - b->first_id) / 64 + 1, sizeof(*x->bits));
	for (size_t i = 0; x->bits && i < x->count; i++)
		mark(x, x->list[i] - b->first_id);
	return x->bits != NULL;
}

void asked_note_type(const struct btf *b, uint32_t id, bool head)
{
	struct round *r = box_of(asked_by)->now;
	struct heard *h = heard_of(r, b);
	struct ids *x;
	uint32_t *list;

	if (!h || has(&h->whole, b, id) || (head && has(&h->heads, b, id)))
		return;
	x = head ? &h->heads : &h->whole;
	list = array_grow(x->list, &x->cap, x->count, sizeof(*list));
	if (list)
		x->list = list;
	if (!list || !make_bits(x, b)) {
		r->failed = true;
		return;
	}
	list[x->count++] = id;
	if (x->bits)
		mark(x, id - b->first_id);
}

void asked_note_name(const struct btf *b, enum asked_kind kind, const char *name, size_t len)
{
	if (len && heard_of(box_of(asked_by)->now, b))
		asked_note(kind, 0, name, len);
}

void asked_note_all(const struct btf *b)
{
	struct round *r = box_of(asked_by)->now;

	r->all = r->all || !b || heard_of(r, b);
}

/* The names of the types that were read; `types` is what is asked of those of an essential name. */
static void note_names(struct asked_box *x, const struct btf *b, const struct ids *ids,
		       enum asked_kind types)
{
	for (size_t i = 0; i < ids->count; i++) {
		struct btf_type t = btf_type(b, ids->list[i]);
		enum btf_names names = b->shape[t.kind].names;
		size_t len = btf_named_len(b, t.kind, t.name);

		if (names != BTF_NAMES_NOTHING && *t.name)
			note(x, &(struct asked_what){names == BTF_NAMES_TYPE ? types : ASKED_OTHERS,
						     0, t.name, len, 0, 0});
	}
}

/* Whether all of a name was asked in this round, which tells what it is called, too. */
static bool is_implied(struct asked_box *x, const struct round *r, uint32_t at)
{
	struct asked_what whole = x->questions.list[at];
	uint32_t there;

	if (whole.kind != ASKED_HEADS)
		return false;
	whole.kind = ASKED_TYPES;
	there = known(x, &whole, *bucket_of(x, &whole));
	return there && x->questions.list[there - 1].round == r->number;
}

static void drop_implied(struct asked_box *x, struct round *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++)
		if (!is_implied(x, r, r->list[i]))
			r->list[kept++] = r->list[i];
	r->count = kept;
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

/* Sorts them, each once: of what was asked in a part, too, the round around it does not know that
 * it has it. */
static size_t sort(uint32_t *list, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(list, count, sizeof(*list), by_number);
	for (size_t i = 0; i < count; i++)
		if (!kept || list[kept - 1] != list[i])
			list[kept++] = list[i];
	return kept;
}

/* The round of now is over: gives what was asked in it; see asked_stop(). */
static int take(struct asked_box *x, uint32_t **list, size_t *count, struct err *e)
{
	struct questions *heard_by = asked_pause();
	struct round *r = x->now;
	int rc;

	for (size_t i = 0; i < r->heard_count && !r->all; i++) {
		const struct heard *h = &r->heard[i];

		note_names(x, h->btf, &h->whole, ASKED_TYPES);
		note_names(x, h->btf, &h->heads, ASKED_HEADS);
	}
	asked_go_on(heard_by);
	rc = r->failed ? err_memory(e, NULL) : r->all;
	*list = NULL;
	*count = 0;
	if (rc == 0) {
		drop_implied(x, r);
		*list = r->list;
		*count = sort(r->list, r->count);
		r->list = NULL;
	}
	end(x);
	return rc;
}

int asked_stop(struct questions *q, uint32_t **list, size_t *count, struct err *e)
{
	asked_by = NULL;
	while (box_of(q)->now->around)
		end(box_of(q));
	return take(box_of(q), list, count, e);
}

int asked_part_end(uint32_t **list, size_t *count, struct err *e)
{
	int rc = take(box_of(asked_by), list, count, e);

	if (rc == 0)
		asked_again(*list, *count);
	else
		asked_note_all(NULL);
	return rc;
}

void asked_again(const uint32_t *list, size_t count)
{
	struct asked_box *x = box_of(asked_by);

	for (size_t i = 0; i < count; i++)
		note_number(x, list[i]);
}
