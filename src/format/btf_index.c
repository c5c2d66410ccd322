/*
 * btf_index: finds types in two hash tables: types by their essential names, made when a BTF is
 * opened, and functions, variables and sections by their whole names, which are most of a kernel's,
 * made when the first of them is looked for, unless all types are in the order of names; at first
 * with few of them, see btf_sought.c. Chains ascend, so candidates come in the order of ids, as a
 * scan would find them.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/scale.h"
#include "format/asked.h"
#include "format/btf_impl.h"

/* The list that it is made of becomes its entries, so that 8 bytes a name are all it takes. */
struct index_entry {
	uint32_t id;   /* ascending */
	uint32_t next; /* 1 + index of the next entry of the bucket, 0 for none */
};

struct name_table {
	struct index_entry *entries;
	size_t count;
	bool whole; /* names count as a whole, not only what is essential of them */
	uint32_t mask;
	uint32_t bucket[]; /* 1 + index of the first entry, 0 for none */
};

enum { TYPES, OTHERS };

/* OTHERS, but only those names of which one was looked for before. */
struct few {
	struct btf_sought which;
	struct name_table *table;
};

/* Types from which on few are listed. */
enum { MANY = SCALE(1 << 12, 4) };

struct btf_index {
	_Atomic(struct name_table *) table[2];
	_Atomic(struct few *) few;
	struct btf_ids flavored; /* of TYPES */
	atomic_int order;        /* that OTHERS are found by */
	pthread_mutex_t lock;    /* held to make a table */
};

/* Buckets for each name: another name in a chain must be looked at, which maps a page for its type
 * and one for itself. With 1 `btfl relos` takes 6.7 MB instead of 6.1, and 57 objects on 13 kernels
 * 62 ms instead of 49. */
enum { SPARSE = 4 };

/* From the last entry to the first, so that chains ascend. */
static struct name_table *link_entries(const struct btf *b, struct btf_named *named, size_t count,
				       const uint32_t *hashes)
{
	size_t buckets = 1;
	struct name_table *t;

	while (buckets < SPARSE * count)
		buckets *= 2;
	t = calloc(1, sizeof(*t) + buckets * sizeof(*t->bucket));
	if (!t)
		return NULL;
	t->mask = (uint32_t)(buckets - 1);
	t->count = count;
	t->entries = (struct index_entry *)named;
	for (size_t i = count; i-- > 0;) {
		uint32_t *head = &t->bucket[hashes[i] & t->mask];

		t->entries[i] = (struct index_entry){b->first_id + named[i].index, *head};
		*head = (uint32_t)i + 1;
	}
	return t;
}

/* Takes over the list; NULL with an error. flavored as for btf_hash_names(). */
static struct name_table *make_table(const struct btf *b, bool check, struct btf_named *named,
				     size_t count, struct btf_ids *flavored, struct err *e)
{
	uint32_t *hashes = malloc((count + 1) * sizeof(*hashes));
	int rc = hashes ? btf_hash_names(b, check, named, count, flavored, hashes, e)
			: err_memory(e, b->name);
	struct name_table *t = rc < 0 ? NULL : link_entries(b, named, count, hashes);

	if (rc == 0 && !t)
		err_memory(e, b->name);
	if (t)
		t->whole = !flavored;
	else
		free(named);
	free(hashes);
	return t;
}

int btf_index_types(struct btf *b, struct btf_named *named, size_t count, struct err *e)
{
	struct name_table *types;

	b->index = calloc(1, sizeof(*b->index));
	if (!b->index) {
		free(named);
		return err_memory(e, b->name);
	}
	pthread_mutex_init(&b->index->lock, NULL);
	types = make_table(b, true, named, count, &b->index->flavored, e);
	btf_flavored_sort(b, &b->index->flavored);
	atomic_init(&b->index->table[TYPES], types);
	return types ? 0 : -1;
}

static void free_few(struct few *few)
{
	if (few && few->table)
		free(few->table->entries);
	if (few)
		free(few->table);
	free(few);
}

void btf_index_free(struct btf *b)
{
	if (!b->index)
		return;
	for (int class = TYPES; class <= OTHERS; class ++) {
		struct name_table *t = atomic_load(&b->index->table[class]);

		if (t)
			free(t->entries);
		free(t);
	}
	free_few(atomic_load(&b->index->few));
	free(b->index->flavored.ids);
	pthread_mutex_destroy(&b->index->lock);
	free(b->index);
}

const struct btf_ids *btf_flavored(const struct btf *b)
{
	return &b->index->flavored;
}

/* So many are looked at together. */
enum { BLOCK = 256 };

/* Those that are among `which`; NULL for all of them. */
static struct name_table *make_others(const struct btf *b, const struct btf_sought *which)
{
	uint32_t n = b->end_id - b->first_id;
	struct btf_named *named = malloc((n + 1ul) * sizeof(*named));
	const uint8_t *p = b->types;
	size_t count = 0, more = 0;
	struct err e;

	if (!named)
		return NULL;
	for (uint32_t i = 0; i < n; i++, p += btf_record_size(b, p)) {
		uint32_t name = load_u32(p, b->swap);
		unsigned kind = BTF_INFO_KIND(load_u32(p + 4, b->swap));

		/* Written in any case: half of the types are functions, in no order to predict. */
		named[count + more] = (struct btf_named){i, name};
		more += b->shape[kind].names == BTF_NAMES_OTHER && name;
		if (which && more == BLOCK) {
			count += btf_sought_keep(which, b, named + count, more);
			more = 0;
		}
	}
	count += which ? btf_sought_keep(which, b, named + count, more) : more;
	return make_table(b, false, named, count, NULL, &e);
}

enum { ORDER_UNKNOWN, ORDER_NONE, ORDER_OF_NAMES };

/* Whether types of that class are found by the order of names. */
static bool is_sorted(const struct btf *b, int class)
{
	int order = class == OTHERS ? atomic_load(&b->index->order) : ORDER_NONE;

	if (order == ORDER_UNKNOWN) { /* threads may find out at once, and find the same */
		order = btf_is_sorted(b) ? ORDER_OF_NAMES : ORDER_NONE;
		atomic_store(&b->index->order, order);
	}
	return order == ORDER_OF_NAMES;
}

/* Of names that were looked for before; NULL when there are none, or memory is out. */
static struct few *make_few(const struct btf *b)
{
	struct few *few = malloc(sizeof(*few));

	if (few && !btf_sought_now(&few->which)) {
		free(few);
		return NULL;
	}
	if (few)
		few->table = make_others(b, &few->which);
	if (few && !few->table) {
		free(few);
		return NULL;
	}
	return few;
}

/* That of few names, if it has this one; NULL if not. */
static const struct name_table *table_of_few(const struct btf *b, const char *name, size_t len)
{
	struct few *few;

	if (b->end_id - b->first_id < MANY)
		return NULL;
	few = atomic_load(&b->index->few);
	if (!few && !atomic_load(&b->index->table[OTHERS])) {
		pthread_mutex_lock(&b->index->lock);
		few = atomic_load(&b->index->few);
		if (!few) {
			few = make_few(b);
			atomic_store(&b->index->few, few);
		}
		pthread_mutex_unlock(&b->index->lock);
	}
	btf_sought_add(name, len);
	return few && btf_sought_has(&few->which, name, len) ? few->table : NULL;
}

/* The table of that class in which all types of the name are; NULL when memory is out. */
static const struct name_table *table_of(const struct btf *b, int class, const char *name,
					 size_t len)
{
	const struct name_table *few = class == OTHERS ? table_of_few(b, name, len) : NULL;
	struct name_table *t = atomic_load(&b->index->table[class]);

	if (few || t)
		return few ? few : t;
	pthread_mutex_lock(&b->index->lock);
	t = atomic_load(&b->index->table[class]);
	if (!t) {
		t = make_others(b, NULL);
		atomic_store(&b->index->table[class], t);
	}
	pthread_mutex_unlock(&b->index->lock);
	return t;
}

/* TYPES or OTHERS; -1 for what is not found by name. */
static int class_of(const struct btf *b, unsigned kind)
{
	switch (kind < BTF_KINDS ? b->shape[kind].names : BTF_NAMES_NOTHING) {
	case BTF_NAMES_TYPE: return TYPES;
	case BTF_NAMES_OTHER: return OTHERS;
	default: return -1;
	}
}

static size_t key_len(int class, const char *name)
{
	return btf_key_len(name, strlen(name), class == OTHERS);
}

/* The first along a chain, from 1 + index `at` on, that has the name. */
static uint32_t same_name_from(const struct btf *b, const struct name_table *t, uint32_t at,
			       const char *name, size_t len)
{
	for (; at; at = t->entries[at - 1].next) {
		uint32_t id = t->entries[at - 1].id;
		const char *s = btf_stored(b, id).name;

		if (strncmp(s, name, len) == 0 && btf_key_len(s, strlen(s), t->whole) == len)
			return id;
	}
	return 0;
}

static uint32_t first_of_class(const struct btf *b, int class, const char *name, size_t len)
{
	const struct name_table *t;

	asked_name(b, class == TYPES ? ASKED_HEADS : ASKED_OTHERS, name, len);
	if (is_sorted(b, class))
		return btf_first_sorted(b, name, len);
	t = table_of(b, class, name, len);
	return t ? same_name_from(b, t, t->bucket[btf_hash(name, len) & t->mask], name, len) : 0;
}

uint32_t btf_first_named(const struct btf *b, int kind, const char *name, size_t len)
{
	int class = kind < 0 ? TYPES : class_of(b, (unsigned)kind);

	return class < 0 ? 0 : first_of_class(b, class, name, len);
}

size_t btf_named_len(const struct btf *b, int kind, const char *name)
{
	return key_len(kind < 0 ? TYPES : class_of(b, (unsigned)kind), name);
}

/* The entry of id, which must be there. */
static const struct index_entry *entry_of(const struct name_table *t, uint32_t id)
{
	size_t low = 0, high = t->count - 1;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->entries[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return &t->entries[low];
}

uint32_t btf_next_named(const struct btf *b, uint32_t id, const char *name, size_t len)
{
	int class = class_of(b, btf_stored(b, id).kind);
	const struct name_table *t;

	if (is_sorted(b, class))
		return btf_next_sorted(b, id, name, len);
	t = table_of(b, class, name, len);
	return t ? same_name_from(b, t, entry_of(t, id)->next, name, len) : 0;
}

uint32_t btf_rank(const struct btf_type *t)
{
	size_t len = btf_named_len(t->btf, (int)t->kind, t->name);
	uint32_t id = btf_first_named(t->btf, (int)t->kind, t->name, len), n = 0;

	for (; id && id != t->id; n++)
		id = btf_next_named(t->btf, id, t->name, len);
	return n;
}

static uint32_t find_in(const struct btf *b, const char *name, int kind, int class)
{
	size_t len = key_len(class, name);
	uint32_t id = first_of_class(b, class, name, len);

	for (; id; id = btf_next_named(b, id, name, len)) {
		struct btf_type t = btf_stored(b, id);

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
		return class_of(b, (unsigned)kind) < 0
			   ? 0
			   : find_class(b, name, kind, class_of(b, (unsigned)kind));
	id = find_class(b, name, kind, TYPES);
	return id ? id : find_class(b, name, kind, OTHERS);
}

uint32_t btf_long(const struct btf *b)
{
	static const char *const longs[] = {"long",
					    "long int",
					    "unsigned long",
					    "long unsigned int",
					    "unsigned long int",
					    "int long",
					    "long unsigned",
					    "unsigned int long",
					    "long int unsigned",
					    "int unsigned long",
					    "int long unsigned"};

	for (size_t i = 0; i < sizeof(longs) / sizeof(*longs); i++) {
		uint32_t id = btf_find(b, longs[i], BTF_INT);
		uint32_t size = btf_type(b, id).size;

		if (id && (size == 4 || size == 8))
			return id;
	}
	return 0;
}
