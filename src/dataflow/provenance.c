/* provenance: see provenance.h. */
#include "dataflow/provenance.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum {
	SOURCE_MOST = 4096,
	DEPTH_MOST = 4,
	FAR = 1 << 20, /* bytes: no struct of the kernel is larger */
	TABLE_START = 1024,
};

static const struct fact nothing = {.relo = -1};

_Static_assert(sizeof(struct fact) == sizeof(uint32_t) * (SOURCES_MOST + 4),
	       "facts are compared as bytes: none is padding");

int provenance_start(struct provenance *p)
{
	p->sources = array_grow(NULL, &p->source_cap, 0, sizeof(*p->sources));
	p->facts = array_grow(NULL, &p->fact_cap, 0, sizeof(*p->facts));
	p->table = calloc(TABLE_START, sizeof(*p->table));
	p->table_size = TABLE_START;
	if (!p->sources || !p->facts || !p->table)
		return -1;
	p->sources[p->source_count++] = (struct source){.relo = -1};
	p->facts[p->fact_count++] = nothing;
	return 0;
}

void provenance_forget(struct provenance *p)
{
	free(p->facts);
	free(p->table);
	p->facts = NULL;
	p->table = NULL;
	p->fact_count = p->fact_cap = p->table_size = 0;
}

void provenance_free(struct provenance *p)
{
	provenance_forget(p);
	free(p->sources);
}

static bool same_source(const struct source *a, const struct source *b)
{
	return a->argument == b->argument && a->parent == b->parent && a->relo == b->relo &&
	       a->offset == b->offset && a->nested == b->nested && a->maybe == b->maybe;
}

uint32_t provenance_source(struct provenance *p, struct source s)
{
	struct source *more;

	if (s.depth > DEPTH_MOST || s.offset > FAR || s.offset < -FAR)
		return 0;
	for (uint32_t i = p->sources[s.parent].child; i; i = p->sources[i].sibling)
		if (same_source(&p->sources[i], &s))
			return i;
	if (p->source_count >= SOURCE_MOST) {
		p->lost |= !s.parent;
		return 0;
	}
	more = array_grow(p->sources, &p->source_cap, p->source_count, sizeof(*more));
	if (!more) {
		p->failed = true;
		return 0;
	}
	p->sources = more;
	s.child = 0;
	s.sibling = more[s.parent].child;
	more[s.parent].child = (uint32_t)p->source_count;
	more[p->source_count] = s;
	return (uint32_t)p->source_count++;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static size_t hash_of(const struct fact *f)
{
	uint64_t h = mix(0, (uint64_t)f->place << 32 | f->func);

	h = mix(h, (uint64_t)(uint32_t)f->relo << 32 | (uint32_t)f->number);
	for (unsigned i = 0; i < SOURCES_MOST && f->source[i]; i++)
		h = mix(h, f->source[i]);
	return (size_t)h;
}

static uint32_t *place_in(uint32_t *table, size_t size, const struct provenance *p,
			  const struct fact *f)
{
	size_t i = hash_of(f) & (size - 1);

	while (table[i] && memcmp(&p->facts[table[i]], f, sizeof(*f)) != 0)
		i = (i + 1) & (size - 1);
	return &table[i];
}

static int grow_table(struct provenance *p)
{
	size_t size = p->table_size * 2;
	uint32_t *table = calloc(size, sizeof(*table));

	if (!table)
		return -1;
	for (size_t i = 1; i < p->fact_count; i++)
		*place_in(table, size, p, &p->facts[i]) = (uint32_t)i;
	free(p->table);
	p->table = table;
	p->table_size = size;
	return 0;
}

uint32_t provenance_fact(struct provenance *p, struct fact f)
{
	struct fact *more;
	uint32_t *at, known;

	if (memcmp(&f, &nothing, sizeof(f)) == 0)
		return 0;
	at = place_in(p->table, p->table_size, p, &f);
	known = *at;
	if (known)
		return known;
	if (p->fact_count * 2 > p->table_size) {
		if (grow_table(p) < 0) {
			p->failed = true;
			return 0;
		}
		at = place_in(p->table, p->table_size, p, &f);
	}
	more = array_grow(p->facts, &p->fact_cap, p->fact_count, sizeof(*more));
	if (!more) {
		p->failed = true;
		return 0;
	}
	p->facts = more;
	more[p->fact_count] = f;
	*at = (uint32_t)p->fact_count;
	return (uint32_t)p->fact_count++;
}

bool fact_add(struct fact *f, uint32_t source)
{
	unsigned i = 0;

	if (!source)
		return true;
	while (i < SOURCES_MOST && f->source[i] && f->source[i] < source)
		i++;
	if (i < SOURCES_MOST && f->source[i] == source)
		return true;
	if (f->source[SOURCES_MOST - 1])
		return false;
	memmove(&f->source[i + 1], &f->source[i], (SOURCES_MOST - 1 - i) * sizeof(*f->source));
	f->source[i] = source;
	return true;
}

bool source_is_argument(const struct provenance *p, uint32_t source)
{
	const struct source *s = &p->sources[source];

	return source && !s->parent && s->argument != ARGUMENT_TASK;
}

uint32_t fact_places(const struct fact *f)
{
	switch (f->place) {
	case PLACE_NUMBER:
	case PLACE_CONTEXT:
	case PLACE_STACK: return 1u << f->place;
	case PLACE_EITHER: return (uint32_t)f->number;
	default: return 0;
	}
}

uint32_t provenance_of(struct provenance *p, uint32_t source)
{
	struct fact f = nothing;

	fact_add(&f, source);
	return provenance_fact(p, f);
}

uint32_t provenance_place(struct provenance *p, enum fact_place place, uint32_t func, int32_t relo,
			  int64_t number)
{
	struct fact f = nothing;

	if (number > INT32_MAX || number < INT32_MIN)
		return 0;
	f.place = place;
	f.func = func;
	f.relo = relo;
	f.number = (int32_t)number;
	return provenance_fact(p, f);
}

uint32_t provenance_bare(struct provenance *p, uint32_t fact)
{
	struct fact f = *provenance_at(p, fact);

	memset(f.source, 0, sizeof(f.source));
	return provenance_fact(p, f);
}

uint32_t provenance_join(struct provenance *p, uint32_t a, uint32_t b)
{
	struct fact f, other;
	uint32_t places;

	if (a == b)
		return a;
	f = *provenance_at(p, a);
	other = *provenance_at(p, b);
	for (unsigned i = 0; i < SOURCES_MOST && other.source[i]; i++)
		p->lost |= !fact_add(&f, other.source[i]) && source_is_argument(p, other.source[i]);
	if (f.place != other.place || f.func != other.func || f.relo != other.relo ||
	    f.number != other.number) {
		places = fact_places(&f) | fact_places(&other);
		f.number = (int32_t)places;
		f.place = f.number ? PLACE_EITHER : PLACE_MIXED;
		f.func = 0;
		f.relo = -1;
	}
	return provenance_fact(p, f);
}
