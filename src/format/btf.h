/*
 * btf: one BTF type graph, read in place.
 *
 * btf_open() sees where each type starts, so that all of it lies inside the file. What a type says
 * is looked at when it is read: readers need no errors, a name that does not exist is "" to them, a
 * type that does not exist is void, and so is a chain of modifiers without an end. The first of
 * these marks the BTF as damaged. Whoever gives an answer asks btf_intact() before; whoever follows
 * types by value without a bound of its own asks btf_check() first, which reads everything.
 *
 * The bytes stay where they are and are never changed; on top of them stands an index of where
 * types start and of names. But for the mark it is immutable once open, so threads may share it.
 */
#ifndef BTFL_BTF_H
#define BTFL_BTF_H

#include <stdatomic.h>

#include "format/btf_abi.h"
#include "format/image.h"

enum {
	BTF_KINDS = 128, /* that info has room for */
	BTF_RUNS = 4,    /* of types, that were found side by side; see btf_walk.c */
	BTF_STRIDE = 4,  /* of every 4th type of a run the start is kept: 128 KB for a kernel, where
			  * all would be 0.1 ms of page faults more than stepping over 1.5 takes */
};

#define BTF_NO_SHAPE UINT32_MAX /* more than any section holds */

/* By which names a kind is found: tags say nothing about the type they are on. */
enum btf_names { BTF_NAMES_NOTHING, BTF_NAMES_TYPE = 1, BTF_NAMES_OTHER = 2 };

/* What a kind takes, in bytes. */
struct btf_shape {
	uint32_t size; /* struct btf_type and what follows once; BTF_NO_SHAPE: it is unknown */
	uint8_t each;  /* of the vlen elements */
	uint8_t names; /* enum btf_names */
};

struct btf_run {
	uint32_t first;  /* index of its first type, from 0 for first_id */
	uint32_t *start; /* of every BTF_STRIDE-th type, bytes into the type section; owned */
};

/* Fields are read-only for everybody but btf*.c. */
struct btf {
	const char *name;       /* the file's path, for messages */
	const struct btf *base; /* split BTF: ids and string offsets go on from here; else NULL */
	struct span raw;        /* the whole .BTF */
	const uint8_t *types;   /* type section */
	const char *strings;    /* string section, NUL-terminated */
	uint32_t types_len;     /* bytes */
	uint32_t strings_len;   /* bytes; 0 is possible in a split BTF */
	uint32_t first_id;      /* of the types stored here: 1, or the base's end */
	uint32_t end_id;        /* one past the last id */
	uint32_t first_string;  /* offset that the first byte of strings has */
	bool big_endian;
	bool swap;        /* big_endian is not the host's order */
	uint8_t ptr_size; /* bytes; see btf_open() */
	struct btf_shape shape[BTF_KINDS];
	struct btf_run run[BTF_RUNS];
	struct btf_index *index; /* of names; see btf_index.c */
	atomic_bool *damaged;    /* a reader has met a defect */
	struct btf_private *private;
};

/* A type as it is stored, decoded. Cheap to copy; valid as long as its btf. */
struct btf_type {
	const struct btf *btf; /* where it is stored: the base for an id of the base */
	uint32_t id;
	uint32_t vlen; /* members, enumerators, parameters or variables */
	uint8_t kind;  /* enum btf_kind */
	bool kflag;
	const char *name; /* "" when anonymous */
	union {
		uint32_t size; /* bytes: INT STRUCT UNION ENUM ENUM64 DATASEC FLOAT */
		uint32_t type; /* id: PTR TYPEDEF modifiers FUNC FUNC_PROTO VAR tags */
	};
	const uint8_t *tail; /* what the kind adds after struct btf_type */
};

struct btf_member {
	const char *name; /* "" when anonymous */
	uint32_t type;
	uint32_t bit_offset; /* bits from the start of its struct */
	uint32_t bit_size;   /* bits of a bitfield, 0 when it is none */
};

struct btf_enumerator {
	const char *name;
	uint64_t value; /* ENUM: the stored s32, sign-extended; ENUM64: the 64 bits */
};

struct btf_array {
	uint32_t elem, index, count;
};

struct btf_param {
	const char *name; /* "" without one */
	uint32_t type;    /* 0 with an empty name at the end: variadic */
};

struct btf_secinfo {
	uint32_t type, offset, size; /* bytes */
};

/* Bytes up to which a BTF is checked whole when it is opened: objects, most modules and what is
 * made by hand; it takes 0.2 ms at most, but 3 ms for a kernel. */
#ifndef BTF_SMALL
#define BTF_SMALL ((size_t)256 << 10)
#endif

/* Opens the BTF in `raw` (of image im, to which a reference is kept) over base, NULL for none (the
 * base is referenced too). The header, the string section and the extent of each type are checked.
 * elf_bits is 32 or 64 when the BTF stood in an ELF file, else 0; the pointer size is taken from
 * the base, from elf_bits, from an int named `long` or the like, or is 8. Fails on the first
 * defect, naming it. */
int btf_open(struct image *im, struct span raw, const struct btf *base, unsigned elf_bits,
	     struct btf **out, struct err *e);

/* Opens the file at path, as image_open() does: raw BTF, gzip of it, or ELF with a .BTF section. A
 * .BTF.base section beside it is what its ids count from, and takes the place of base. */
int btf_load(const char *path, struct bulk *bulk, const struct btf *base, struct btf **out,
	     struct err *e);

/* Validates all that b and its bases say, once, and remembers it: names and ids exist, elements lie
 * inside their type, no type contains itself by value or stands for itself. Fails with the first
 * defect. btf_check_own() leaves out the bases. */
int btf_check(const struct btf *b, struct err *e);
int btf_check_own(const struct btf *b, struct err *e);

/* 0 as long as no reader has met a defect in b or its bases; then fails as btf_check() does. */
int btf_intact(const struct btf *b, struct err *e);

/* Opens the BTF in the ELF section of that name. */
struct container;
int btf_from_section(const struct container *c, const char *name, const struct btf *base,
		     struct btf **out, struct err *e);

struct btf *btf_ref(const struct btf *b);
void btf_unref(struct btf *b); /* NULL is allowed */

/* Whether id (0, the void type, included) exists in b or its base. */
static inline bool btf_has(const struct btf *b, uint32_t id)
{
	return id < b->end_id;
}

/* The type with that id; id 0 is void, of kind BTF_VOID. */
struct btf_type btf_type(const struct btf *b, uint32_t id);

/* Steps *t to the next type of that kind (any for kind < 0) among those stored in b, which takes no
 * search; a zeroed *t stands before the first. False when there is none. */
bool btf_next(const struct btf *b, struct btf_type *t, int kind);

/* The string at that offset of b and its base. */
const char *btf_string(const struct btf *b, uint32_t off);

/* Elements of a type of the right kind; i counts from 0 and must be below vlen. */
struct btf_member btf_member(const struct btf_type *t, uint32_t i);
struct btf_enumerator btf_enumerator(const struct btf_type *t, uint32_t i);
struct btf_param btf_param(const struct btf_type *t, uint32_t i);
struct btf_secinfo btf_secinfo(const struct btf_type *t, uint32_t i);
struct btf_array btf_array(const struct btf_type *t);

/* The u32 after an INT (see BTF_INT_*), a VAR (linkage) or a DECL_TAG (component index). */
uint32_t btf_tail_u32(const struct btf_type *t);

static inline bool btf_is_composite(const struct btf_type *t)
{
	return t->kind == BTF_STRUCT || t->kind == BTF_UNION;
}

static inline bool btf_is_enum(const struct btf_type *t)
{
	return t->kind == BTF_ENUM || t->kind == BTF_ENUM64;
}

/* Whether the kinds are the same, ENUM and ENUM64 counting as one (semantics 8). */
static inline bool btf_same_kind(const struct btf_type *a, const struct btf_type *b)
{
	return a->kind == b->kind || (btf_is_enum(a) && btf_is_enum(b));
}

/* PTR TYPEDEF VOLATILE CONST RESTRICT TYPE_TAG FUNC FUNC_PROTO VAR DECL_TAG: `type` is an id. */
static inline bool btf_kind_refers(unsigned kind)
{
	const uint32_t kinds = 1u << BTF_PTR | 1u << BTF_TYPEDEF | 1u << BTF_VOLATILE |
			       1u << BTF_CONST | 1u << BTF_RESTRICT | 1u << BTF_TYPE_TAG |
			       1u << BTF_FUNC | 1u << BTF_FUNC_PROTO | 1u << BTF_VAR |
			       1u << BTF_DECL_TAG;

	return kind < 32 && kinds >> kind & 1;
}

/* Follows typedef, const, volatile, restrict and type_tag to what they stand for. */
struct btf_type btf_strip(const struct btf *b, uint32_t id);

/* The same, and arrays to their elements. */
struct btf_type btf_innermost(const struct btf *b, uint32_t id);

/* Size in bytes, arrays multiplied out, or -1 when the type has none (void, function, forward
 * declaration), is nested deeper than 32 levels, or the product exceeds 32 bits. */
int64_t btf_size(const struct btf *b, uint32_t id);

/* The int of 4 or 8 bytes that is C's `long`, which in Linux has the width of a pointer (semantics
 * 6); 0 when there is none. */
uint32_t btf_long(const struct btf *b);

/* The field's name for a kind, as bpftool prints it but in lower case: "struct", "func_proto". */
const char *btf_kind_name(unsigned kind);
/* The kind of that name, -1 for none. */
int btf_kind_from_name(const char *name);

/* Length of a name's essential part, without the flavor that follows its last `___` (semantics 9).
 */
size_t btf_essential_len(const char *name, size_t len);

/* Whether two names have the same essential part; empty matches only empty. */
bool btf_same_essential(const char *a, const char *b);

/* Types of b's own (not its base's) with that essential name, in ascending id: the first, and the
 * next after `id`; 0 when there are no more. kind tells where to look: among functions, variables
 * and sections, which share names with types, for one of those kinds, else (< 0 too) among types;
 * the kinds found may still differ from it. len is that of the essential name. */
uint32_t btf_first_named(const struct btf *b, int kind, const char *essential, size_t len);
uint32_t btf_next_named(const struct btf *b, uint32_t id, const char *essential, size_t len);

/* The first type (base first) with exactly that name and kind (kind < 0: any but FUNC, VAR and
 * DATASEC, which share names with types; then those); 0 when there is none. */
uint32_t btf_find(const struct btf *b, const char *name, int kind);

/* What btf*.c share. */

/* Whether a reader has met a defect; and tells that one has. */
static inline bool btf_damaged(const struct btf *b)
{
	return atomic_load_explicit(b->damaged, memory_order_relaxed);
}

static inline void btf_damage(const struct btf *b)
{
	atomic_store_explicit(b->damaged, true, memory_order_relaxed);
}

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

/* btf_walk.c: fills b->shape, run and end_id from the type section, which is read from its image,
 * and lists the types (BTF_NAMES_TYPE) that have a name, in ascending order. The caller owns the
 * starts of the runs, even after a failure, and the list, with malloc(). */
int btf_walk(struct btf *b, const struct image *im, const struct span *layout,
	     struct btf_named **named, size_t *count, struct err *e);
/* btf_check.c: the pass of btf_check_own(). */
int btf_check_all(const struct btf *b, struct err *e);
/* btf_hash.c: the hash of an essential name of len bytes. */
uint32_t btf_hash(const char *name, size_t len);
/* Sets hashes[i] to that of the essential name of named[i]; the strings are read from b's image, or
 * where they are when im is NULL. Fails when memory is out. */
int btf_hash_names(const struct btf *b, const struct image *im, const struct btf_named *named,
		   size_t count, uint32_t *hashes);
/* btf_index.c: builds the name index, for which the strings are read from b's image; takes over the
 * list, which btf_walk() made. */
int btf_index_types(struct btf *b, const struct image *im, struct btf_named *named, size_t count,
		    struct err *e);
void btf_index_free(struct btf *b);

#endif
