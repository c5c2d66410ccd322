/* btf_impl: what btf*.c share; nobody else includes it. */
#ifndef BTFL_BTF_IMPL_H
#define BTFL_BTF_IMPL_H

#include "format/btf.h"

/* Bytes that the type at p, of b's own, takes with its elements; 0 when its kind is unknown. */
static inline uint64_t btf_record_size(const struct btf *b, const uint8_t *p)
{
	uint32_t info = load_u32(p + 4, b->swap);
	struct btf_shape s = b->shape[BTF_INFO_KIND(info)];

	return s.size != BTF_NO_SHAPE ? s.size + (uint64_t)s.each * BTF_INFO_VLEN(info) : 0;
}

/* A type by whose name it is asked for. */
struct btf_named {
	uint32_t index; /* id - first_id */
	uint32_t name;  /* offset */
};

/* Whether the kind is something, or stands for something, that holds others by value. */
static inline bool btf_has_parts(unsigned kind)
{
	const uint32_t kinds = 1u << BTF_STRUCT | 1u << BTF_UNION | 1u << BTF_ARRAY |
			       1u << BTF_TYPEDEF | 1u << BTF_CONST | 1u << BTF_VOLATILE |
			       1u << BTF_RESTRICT | 1u << BTF_TYPE_TAG;

	return kind < 32 && kinds >> kind & 1;
}

/* Which types hold which by value. Types are numbered from first_id. */
struct btf_parts {
	uint32_t *words; /* see btf_parts.c; with room for the types that are read next */
	size_t count, cap;
	size_t last;     /* the word where the last type begins */
	uint32_t *start; /* of every so many types, the word where it begins */
	size_t starts, start_cap;
};

/* btf_parts.c: makes room for the parts of `types` types, the first of them `next`, that take `len`
 * bytes, of a section of types_len bytes. Fails when memory is out. */
int btf_parts_reserve(struct btf_parts *p, uint32_t next, size_t types, size_t len,
		      size_t types_len);
/* Between the two, btf_parts_add() notes that `type` holds, or stands for, `part`. Types come in
 * ascending order. */
void btf_parts_begin(struct btf_parts *p, uint32_t type);
static inline void btf_parts_add(struct btf_parts *p, uint32_t part)
{
	p->words[p->count++] = part;
}
void btf_parts_end(struct btf_parts *p);
void btf_parts_free(struct btf_parts *p);
/* Fails when a type contains itself. kind is that of each type, and used up. */
int btf_parts_check(const struct btf_parts *p, const struct btf *b, uint8_t *kind, struct err *e);

/* The check of a BTF while it is read, type by type; see btf_check.c. */
struct btf_check {
	const struct btf *b;
	struct err *e;
	bool kernel;           /* written in C: members come in the order of their offsets */
	uint64_t names;        /* end of the string offsets */
	const uint8_t *window; /* bytes of the BTF, from window_off on */
	uint64_t window_off;   /* bytes */
	const uint8_t *at;     /* in the window: the type being checked, all of it */
	uint32_t id;           /* its id */
	uint32_t end_id;       /* one past the last id; UINT32_MAX while that is not known */
	uint32_t most;         /* the highest id that a type refers to */
	uint8_t *kind;  /* of the types before it, those of the base left out; owned, with room */
	uint32_t *late; /* ids of types to be looked at when all are there; owned */
	size_t late_count, late_cap;
	struct btf_parts parts; /* owned */
};

/* btf_pass.c: reads the type section from front to back. Fills b->shape, b->start and
 * b->end_id, has every type checked (as a kernel's, or as anybody's), and lists the types
 * (BTF_NAMES_TYPE) that have a name, in ascending order. The caller owns b->start, even after a
 * failure, and the list, with malloc(). */
int btf_pass(struct btf *b, const struct span *layout, bool kernel, struct btf_named **named,
	     size_t *count, struct err *e);

/* btf_open.c: what btf_kfuncs_in_sets() found when b was opened. */
const uint32_t *btf_set_kfuncs(const struct btf *b, size_t *count);

/* btf_base.c: fails when b, whose shapes are known, was made for another base than b->base. */
int btf_base_check(const struct btf *b, struct err *e);

/* btf_check.c: checks the type c->id at c->at. */
int btf_check_type(struct btf_check *c);
/* What only all types together tell: to be called when b can be read. */
int btf_check_late(struct btf_check *c);

/* Of the len bytes of a name, those by which it is found: all, or those of its essential name. */
static inline size_t btf_key_len(const char *name, size_t len, bool whole)
{
	return whole ? len : btf_essential_len(name, len);
}

/* btf_hash.c: the hash of len bytes of a name. */
uint32_t btf_hash(const char *name, size_t len);

/* btf_type(), of which who listens to what is asked hears nothing. */
struct btf_type btf_stored(const struct btf *b, uint32_t id);
/* btf_flavored.c: whether there is a `___` in a name. */
bool btf_has_mark(const char *name, size_t len);
/* Appends one, -1 when memory is out. */
int btf_ids_add(struct btf_ids *l, uint32_t id);
/* Puts types of b in the order of names, those of one name in that of ids. */
void btf_flavored_sort(const struct btf *b, struct btf_ids *flavored);
/* btf_index.c: types of b's own in whose names there is a `___`, in that order. */
const struct btf_ids *btf_flavored(const struct btf *b);

/* btf_sorted.c: whether b's own types are in the order of names. */
bool btf_is_sorted(const struct btf *b);
/* If they are: the first function, variable or section of the name's first len bytes, and the next
 * one behind it; 0 for none. */
uint32_t btf_first_sorted(const struct btf *b, const char *name, size_t len);
uint32_t btf_next_sorted(const struct btf *b, uint32_t id, const char *name, size_t len);

enum { BTF_SOUGHT_WORDS = 512 };

/* Names that were looked for, and others that begin alike. */
struct btf_sought {
	uint64_t bits[BTF_SOUGHT_WORDS];
};

/* btf_sought.c: a name of len bytes is looked for. */
void btf_sought_add(const char *name, size_t len);
/* All that were in this process up to now. Returns false when there are none. */
bool btf_sought_now(struct btf_sought *out);
bool btf_sought_has(const struct btf_sought *s, const char *name, size_t len);
/* Keeps those of b's names that are among them, in their order. Returns how many. */
size_t btf_sought_keep(const struct btf_sought *s, const struct btf *b, struct btf_named *list,
		       size_t count);

/* Sets hashes[i] to that of the essential name of named[i], and adds to flavored the types that may
 * have a flavor; where that is NULL, to that of the whole name. `check`: a name that is none of b's
 * strings is a defect. */
int btf_hash_names(const struct btf *b, bool check, const struct btf_named *named, size_t count,
		   struct btf_ids *flavored, uint32_t *hashes, struct err *e);

/* btf_index.c: builds the name index of the list that btf_pass() made, which it takes over. */
int btf_index_types(struct btf *b, struct btf_named *named, size_t count, struct err *e);
void btf_index_free(struct btf *b);

#endif
