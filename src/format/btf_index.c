/*
 * btf_index: finds types by essential name, in two hash tables over one array of chains: of types,
 * made when a BTF is opened, and of functions, variables and sections, which are most of a kernel's
 * names and made when the first of them is looked for. 8 to 12 bytes a type with the offsets.
 * Chains ascend, so candidates come in the order of ids, as a scan would find them.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "format/btf.h"

struct table {
	uint32_t mask;
	uint32_t bucket[]; /* first id, 0 for none */
};

enum { TYPES, OTHERS };

struct btf_names {
	uint32_t *next; /* of type first_id + i: the next id of its bucket, 0 for none */
	_Atomic(struct table *) table[2];
	pthread_mutex_t lock; /* held to make a table */
};

/* Eight bytes at a time: on a kernel's names a third of what FNV-1a costs. */
static uint32_t hash(const char *s, size_t len)
{
	uint64_t h = len, word;

	for (; len >= 8; s += 8, len -= 8) {
		memcpy(&word, s, 8);
		h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	word = 0;
	memcpy(&word, s, len);
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h >> 32);
}

/* TYPES or OTHERS; -1 for what is not found by name: tags say nothing about the type they are on.
 */
static int class_of(unsigned kind)
{
	switch (kind) {
	case BTF_FUNC:
	case BTF_VAR:
	case BTF_DATASEC: return OTHERS;
	case BTF_DECL_TAG:
	case BTF_TYPE_TAG: return -1;
	default: return TYPES;
	}
}

/* Of a kernel's types a quarter have a name that is a type's, and half one that is a function's. */
static struct table *new_table(uint32_t types)
{
	uint32_t buckets = 1;
	struct table *t;

	while (buckets < types / 4)
		buckets *= 2;
	t = calloc(1, sizeof(*t) + buckets * sizeof(*t->bucket));
	if (t)
		t->mask = buckets - 1;
	return t;
}

/* The type's kind and name offset, without decoding the rest. */
static unsigned peek(const struct btf *b, uint32_t i, uint32_t *name)
{
	const uint8_t *p = b->types + b->offset[i];

	*name = load_u32(p, b->swap);
	return BTF_INFO_KIND(load_u32(p + 4, b->swap));
}

/* From the last type to the first, so that chains ascend. */
static struct table *make_table(const struct btf *b, int class)
{
	uint32_t n = b->end_id - b->first_id, name;
	struct table *t = new_table(n);

	for (uint32_t i = n; t && i-- > 0;) {
		const char *s;
		uint32_t *head;

		if (class_of(peek(b, i, &name)) != class || !name)
			continue;
		s = btf_string(b, name);
		head = &t->bucket[hash(s, btf_essential_len(s, strlen(s))) & t->mask];
		b->names->next[i] = *head;
		*head = b->first_id + i;
	}
	return t;
}

int btf_index(struct btf *b, struct err *e)
{
	uint32_t n = b->end_id - b->first_id;
	struct table *types;

	b->names = calloc(1, sizeof(*b->names));
	if (!b->names)
		return err_memory(e, b->name);
	pthread_mutex_init(&b->names->lock, NULL);
	b->names->next = calloc(n ? n : 1, sizeof(*b->names->next));
	types = b->names->next ? make_table(b, TYPES) : NULL;
	atomic_init(&b->names->table[TYPES], types);
	return types ? 0 : err_memory(e, b->name);
}

void btf_index_free(struct btf *b)
{
	if (!b->names)
		return;
	free(b->names->next);
	for (int class = TYPES; class <= OTHERS; class ++)
		free(atomic_load(&b->names->table[class]));
	pthread_mutex_destroy(&b->names->lock);
	free(b->names);
}

/* The table of that class; NULL when memory is out. */
static const struct table *table_of(const struct btf *b, int class)
{
	struct table *t = atomic_load(&b->names->table[class]);

	if (t)
		return t;
	pthread_mutex_lock(&b->names->lock);
	t = atomic_load(&b->names->table[class]);
	if (!t) {
		t = make_table(b, class);
		atomic_store(&b->names->table[class], t);
	}
	pthread_mutex_unlock(&b->names->lock);
	return t;
}

/* The first from id on, along its chain, that has the name. */
static uint32_t same_name_from(const struct btf *b, uint32_t id, const char *name, size_t len)
{
	for (; id; id = b->names->next[id - b->first_id]) {
		uint32_t off;
		const char *s;

		peek(b, id - b->first_id, &off);
		s = btf_string(b, off);
		if (strncmp(s, name, len) == 0 && btf_essential_len(s, strlen(s)) == len)
			return id;
	}
	return 0;
}

static uint32_t first_of_class(const struct btf *b, int class, const char *name, size_t len)
{
	const struct table *t = table_of(b, class);

	return t ? same_name_from(b, t->bucket[hash(name, len) & t->mask], name, len) : 0;
}

uint32_t btf_first_named(const struct btf *b, int kind, const char *name, size_t len)
{
	int class = kind < 0 ? TYPES : class_of((unsigned)kind);

	return class < 0 ? 0 : first_of_class(b, class, name, len);
}

uint32_t btf_next_named(const struct btf *b, uint32_t id, const char *name, size_t len)
{
	return same_name_from(b, b->names->next[id - b->first_id], name, len);
}

static uint32_t find_in(const struct btf *b, const char *name, int kind, int class)
{
	size_t len = btf_essential_len(name, strlen(name));
	uint32_t id = first_of_class(b, class, name, len);

	for (; id; id = btf_next_named(b, id, name, len)) {
		struct btf_type t = btf_type(b, id);

		if (strcmp(t.name, name) == 0 && (kind < 0 || t.kind == (unsigned)kind))
			break;
	}
	return id;
}

static uint32_t find_class(const struct btf *b, const char *name, int kind, int class)
{
	uint32_t id = b->base ? find_class(b->base, name, kind, class) : 0;

	return id ? id : find_in(b, name, kind, class);
}

uint32_t btf_find(const struct btf *b, const char *name, int kind)
{
	uint32_t id;

	if (kind >= 0)
		return class_of((unsigned)kind) < 0
			   ? 0
			   : find_class(b, name, kind, class_of((unsigned)kind));
	id = find_class(b, name, kind, TYPES);
	return id ? id : find_class(b, name, kind, OTHERS);
}

uint32_t btf_long(const struct btf *b)
{
	static const char *const longs[] = {"long", "long int", "unsigned long",
					    "long unsigned int", "unsigned long int"};

	for (size_t i = 0; i < sizeof(longs) / sizeof(*longs); i++) {
		uint32_t id = btf_find(b, longs[i], BTF_INT);
		uint32_t size = btf_type(b, id).size;

		if (id && (size == 4 || size == 8))
			return id;
	}
	return 0;
}
