/*
 * btf_parts: which types hold, or stand for, which others by value, noted while a BTF is read;
 * and that none holds itself.
 *
 * The notes are one list of words: a type, the number of its parts, the parts. Where a type stands
 * in it is kept for every 16th. So the search for circles reads half a megabyte of a kernel's BTF
 * instead of all, which would map its pages.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "format/btf_impl.h"

enum { STRIDE = 16, TYPE = 0, COUNT = 1, PARTS = 2 };

/* Room for so many items; NULL, with the items as they were, when memory is out. */
static void *reserve(void *items, size_t *cap, size_t count)
{
	size_t want = count > 2 * *cap ? count : 2 * *cap;
	void *p = items;

	if (count > *cap && (p = realloc(items, want * sizeof(uint32_t))))
		*cap = want;
	return p;
}

/* In the first place what a kernel needs: a word in 30 bytes, a type in 25. */
int btf_parts_reserve(struct btf_parts *p, uint32_t next, size_t types, size_t len,
		      size_t types_len)
{
	size_t words = p->count + types * PARTS + len / sizeof(uint32_t);
	size_t starts = (next + types) / STRIDE + 1;
	uint32_t *more;

	if (!p->words && words < types_len / 28)
		words = types_len / 28;
	if (!p->start && starts < types_len / 24 / STRIDE)
		starts = types_len / 24 / STRIDE;
	more = reserve(p->words, &p->cap, words);
	if (!more)
		return -1;
	p->words = more;
	more = reserve(p->start, &p->start_cap, starts);
	if (!more)
		return -1;
	p->start = more;
	return 0;
}

void btf_parts_begin(struct btf_parts *p, uint32_t type)
{
	while (p->starts <= type / STRIDE)
		p->start[p->starts++] = (uint32_t)p->count;
	p->last = p->count;
	p->words[p->count + TYPE] = type;
	p->count += PARTS;
}

/* A type without parts is not noted. */
void btf_parts_end(struct btf_parts *p)
{
	size_t parts = p->count - p->last - PARTS;

	p->words[p->last + COUNT] = (uint32_t)parts;
	if (!parts)
		p->count = p->last;
}

void btf_parts_free(struct btf_parts *p)
{
	free(p->words);
	free(p->start);
}

/* The parts of a type that are left to visit. */
struct parts_visit {
	uint32_t type;
	const uint32_t *next, *end;
};

static struct parts_visit visit(const struct btf_parts *p, uint32_t type)
{
	size_t at = type / STRIDE < p->starts ? p->start[type / STRIDE] : p->count;

	while (at < p->count && p->words[at + TYPE] < type)
		at += PARTS + p->words[at + COUNT];
	if (at == p->count || p->words[at + TYPE] != type)
		return (struct parts_visit){.type = type};
	at += PARTS;
	return (struct parts_visit){type, p->words + at,
				    p->words + at + p->words[at - PARTS + COUNT]};
}

/* What has been seen of a type takes the place of its kind. */
enum { DONE = BTF_VOID, OPEN = BTF_KINDS };

struct circle_search {
	const struct btf_parts *parts;
	const struct btf *b;
	uint8_t *state; /* of each type: its kind, OPEN or DONE */
	struct parts_visit *stack;
	size_t cap;
	struct err *e;
};

static int circle(const struct circle_search *s, uint32_t type)
{
	struct btf_type t = btf_type(s->b, s->b->first_id + type);
	uint64_t at = (uint64_t)(t.tail - BTF_TYPE_SIZE - s->b->raw.at);

	return span_err(s->e, &s->b->raw, at, "type [%u] %s%s%s contains itself", t.id,
			btf_kind_name(t.kind), *t.name ? " " : "", t.name);
}

/* Depth first with a stack of our own: hostile chains are as long as the file. Types below the root
 * are passed by: a circle is found from its lowest type. */
static int search_from(struct circle_search *s, uint32_t root)
{
	size_t depth = 1;

	s->stack[0] = visit(s->parts, root);
	s->state[root] = OPEN;
	while (depth) {
		struct parts_visit *v = &s->stack[depth - 1], *stack;
		uint32_t part;

		if (v->next == v->end) {
			s->state[v->type] = DONE;
			depth--;
			continue;
		}
		part = *v->next++;
		if (s->state[part] == OPEN)
			return circle(s, v->type);
		if (part < root || !btf_has_parts(s->state[part]))
			continue;
		stack = array_grow(s->stack, &s->cap, depth, sizeof(*stack));
		if (!stack)
			return err_memory(s->e, s->b->name);
		s->stack = stack;
		s->state[part] = OPEN;
		s->stack[depth++] = visit(s->parts, part);
	}
	return 0;
}

/* Whether the type whose parts begin at `at` has one that stands behind it, or is it. */
static bool looks_ahead(const struct btf_parts *p, size_t at)
{
	bool ahead = false;

	for (uint32_t i = 0; i < p->words[at + COUNT]; i++)
		ahead |= p->words[at + PARTS + i] >= p->words[at + TYPE];
	return ahead;
}

int btf_parts_check(const struct btf_parts *p, const struct btf *b, uint8_t *kind, struct err *e)
{
	struct circle_search s = {.parts = p, .b = b, .state = kind, .e = e};
	int rc = 0;

	s.stack = array_grow(NULL, &s.cap, 0, sizeof(*s.stack));
	if (!s.stack)
		return err_memory(e, b->name);
	for (size_t at = 0; at < p->count && rc == 0; at += PARTS + p->words[at + COUNT])
		if (looks_ahead(p, at) && btf_has_parts(kind[p->words[at + TYPE]]))
			rc = search_from(&s, p->words[at + TYPE]);
	free(s.stack);
	return rc;
}
