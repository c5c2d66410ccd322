/*
 * btf_index: finds types by essential name. A hash table in two arrays, 8 to 12 bytes a type with
 * the offsets: the first id of each bucket, and for each id the next one of its bucket. Chains
 * ascend, so candidates come in the order of ids, as a scan would find them.
 */
#include <stdlib.h>
#include <string.h>

#include "format/btf.h"

/* FNV-1a, 32 bits. */
static uint32_t hash(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)s[i]) * 16777619u;
	return h;
}

/* Names of tags say nothing about the type they are on. */
static bool is_indexed(const struct btf_type *t)
{
	return *t->name && t->kind != BTF_DECL_TAG && t->kind != BTF_TYPE_TAG;
}

int btf_index(struct btf *b, struct err *e)
{
	uint32_t n = b->end_id - b->first_id, buckets = 1;

	while (buckets < n / 2)
		buckets *= 2;
	b->bucket_mask = buckets - 1;
	b->bucket = calloc(buckets, sizeof(*b->bucket));
	b->next = calloc(n ? n : 1, sizeof(*b->next));
	if (!b->bucket || !b->next)
		return err_memory(e, b->name);
	for (uint32_t i = n; i-- > 0;) {
		struct btf_type t = btf_type(b, b->first_id + i);
		uint32_t *head;

		if (!is_indexed(&t))
			continue;
		head = &b->bucket[hash(t.name, btf_essential_len(t.name, strlen(t.name))) &
				  b->bucket_mask];
		b->next[i] = *head;
		*head = t.id;
	}
	return 0;
}

static uint32_t same_name_from(const struct btf *b, uint32_t id, const char *name, size_t len)
{
	for (; id; id = b->next[id - b->first_id]) {
		struct btf_type t = btf_type(b, id);

		if (strncmp(t.name, name, len) == 0 &&
		    btf_essential_len(t.name, strlen(t.name)) == len)
			return id;
	}
	return 0;
}

uint32_t btf_first_named(const struct btf *b, const char *name, size_t len)
{
	return same_name_from(b, b->bucket[hash(name, len) & b->bucket_mask], name, len);
}

uint32_t btf_next_named(const struct btf *b, uint32_t id, const char *name, size_t len)
{
	return same_name_from(b, b->next[id - b->first_id], name, len);
}

static bool is_type_name(unsigned kind)
{
	return kind != BTF_FUNC && kind != BTF_VAR && kind != BTF_DATASEC;
}

uint32_t btf_find(const struct btf *b, const char *name, int kind)
{
	size_t len = btf_essential_len(name, strlen(name));
	uint32_t other = b->base ? btf_find(b->base, name, kind) : 0;

	if (other && (kind >= 0 || is_type_name(btf_type(b, other).kind)))
		return other;
	for (uint32_t id = btf_first_named(b, name, len); id;
	     id = btf_next_named(b, id, name, len)) {
		struct btf_type t = btf_type(b, id);

		if (strcmp(t.name, name) != 0)
			continue;
		if (kind >= 0 ? t.kind == (unsigned)kind : is_type_name(t.kind))
			return id;
		if (kind < 0 && !other)
			other = id;
	}
	return other;
}
