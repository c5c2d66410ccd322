/*
 * btf: one BTF type graph, read in place.
 *
 * What is open is sound: btf_open() looks at every type, so that readers need no errors and nobody
 * has to ask later. Names and ids exist, elements lie inside their type, no type contains itself by
 * value or stands for itself. (An id or a name that a caller made up is void, and "".)
 *
 * The bytes stay where they are and are never changed; on top of them stands an index of where
 * types start and of names. It is immutable once open, so threads may share it.
 */
#ifndef BTFL_BTF_H
#define BTFL_BTF_H

#include "format/btf_abi.h"
#include "format/input.h"

enum {
	BTF_KINDS = 128, /* that info has room for */
	BTF_STRIDE = 4,  /* the start of every 4th type is kept, 128 KB for a kernel */
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

/* That of a kind below BTF_KIND_COUNT; of void it is empty. */
struct btf_shape btf_known_shape(unsigned kind);

/* Fields are read-only for everybody but btf*.c. */
struct btf {
	const char *name;       /* the file's path, for messages */
	const struct btf *base; /* ids and string offsets go on from here (semantics 26); NULL */
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
	uint32_t *start; /* of every BTF_STRIDE-th type, bytes into the type section; owned */
	struct btf_index *index; /* of names; see btf_index.c */
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
	uint64_t value; /* ENUM: the stored s32, sign-extended (semantics 7); ENUM64: the 64 bits */
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

/* Opens the BTF in `raw` (of input in, to which a reference is kept) over base, NULL for none (the
 * base is referenced too). A BTF with strings of its own from the start is no split one, and stands
 * on none. Everything that it says is checked; fails on the first defect, naming it. elf is the ELF
 * file that it stood in, NULL for none. The pointer size is taken from the base, from elf, from an
 * int named `long` or the like, or is 8. */
struct elffile;
int btf_open(struct input *in, struct span raw, const struct btf *base, const struct elffile *elf,
	     struct btf **out, struct err *e);

/* Opens the file at path, as input_open() does: raw BTF, gzip of it, or ELF with a .BTF section. A
 * .BTF.base section beside it is what its ids count from, and takes the place of base. */
int btf_load(const char *path, const struct btf *base, struct btf **out, struct err *e);

/* The same of a file that was read; takes a reference to in. */
int btf_from_input(struct input *in, const struct btf *base, struct btf **out, struct err *e);

/* Opens the BTF in the ELF section of that name. */
int btf_from_section(const struct elffile *c, const char *name, const struct btf *base,
		     struct btf **out, struct err *e);

/* What the kernel in whose file it stood says it is, "Linux version 6.1.0-9-amd64 (...", as
 * kernel_banner.h has it; NULL where there was only BTF. */
const char *btf_banner(const struct btf *b);

struct btf *btf_ref(const struct btf *b);
void btf_unref(struct btf *b); /* NULL is allowed */
/* How many references there are. */
unsigned btf_refs(const struct btf *b);

/* Whether id (0, the void type, included) exists in b or its base. */
static inline bool btf_has(const struct btf *b, uint32_t id)
{
	return id < b->end_id;
}

/* The type with that id; id 0 is void, of kind BTF_VOID. */
struct btf_type btf_type(const struct btf *b, uint32_t id);

/* Of a type no more than what it is called: who asks for that is not heard to ask for what it holds
 * (asked.h), which differs from kernel to kernel where the name does not. */
struct btf_head {
	const struct btf *btf; /* that stores it; of void, the one asked */
	uint32_t id;
	unsigned kind;
	const char *name;
};

struct btf_head btf_head(const struct btf *b, uint32_t id);

/* Steps *t to the next type of that kind (any for kind < 0) among those stored in b, which takes no
 * search; a zeroed *t stands before the first. False when there is none. */
bool btf_next(const struct btf *b, struct btf_type *t, int kind);

/* The same for several kinds, 1 << kind each; BTF_ALL_KINDS for any. */
#define BTF_ALL_KINDS UINT64_MAX
#define BTF_COMPOSITES ((uint64_t)(1 << BTF_STRUCT | 1 << BTF_UNION))
#define BTF_ENUMS ((uint64_t)(1 << BTF_ENUM | 1 << BTF_ENUM64))
bool btf_next_of(const struct btf *b, struct btf_type *t, uint64_t kinds);

/* The same of types in whose names there is a text, for which bits were marked. The text is looked
 * for in the strings, once, and of other types no more is read than where their name begins. */
bool btf_next_with(const struct btf *b, struct btf_type *t, int kind, const char *text,
		   const uint8_t *bits);

/* Marks in strings_len / 8 + 1 bytes, which are zero, of each of b's own strings from which bytes
 * on it has the text, which is not empty: names begin anywhere. Bit i % 8 of byte i / 8 is that of
 * byte i of the strings. */
void btf_mark_names(const struct btf *b, const char *text, uint8_t *bits);

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

static inline bool btf_is_kind_composite(unsigned kind)
{
	return kind == BTF_STRUCT || kind == BTF_UNION;
}

static inline bool btf_is_composite(const struct btf_type *t)
{
	return btf_is_kind_composite(t->kind);
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

/* Follows typedef, const, volatile, restrict and type_tag to what they stand for (semantics 21). */
struct btf_type btf_strip(const struct btf *b, uint32_t id);

/* The same, of which only what it is called is asked. */
struct btf_head btf_strip_head(const struct btf *b, uint32_t id);

/* The same as btf_strip(), of which of an enum only what it is called and its size are asked: its
 * enumerators are not to be read. */
struct btf_type btf_strip_value(const struct btf *b, uint32_t id);

/* The same as btf_strip(), and arrays to their elements. */
struct btf_type btf_innermost(const struct btf *b, uint32_t id);

/* Size in bytes, arrays multiplied out, or -1 when the type has none (void, function, forward
 * declaration), is nested deeper than 32, or the product exceeds 32 bits. */
int64_t btf_size(const struct btf *b, uint32_t id);

/* The int of 4 or 8 bytes that is C's `long`, which in Linux has the width of a pointer
 * (semantics 6); 0 when there is none. */
uint32_t btf_long(const struct btf *b);

/* The field's name for a kind, as bpftool prints it but in lower case: "struct", "func_proto". */
const char *btf_kind_name(unsigned kind);
/* The kind of that name, -1 for none. */
int btf_kind_from_name(const char *name);

/* "static", "global" or "extern", of a FUNC or VAR; NULL of what is neither, or says another. */
const char *btf_linkage_name(const struct btf_type *t);

/* Reads "[7]", an index in a path such as "comm[7]", at s: what stands behind it, or NULL when it
 * is none of 32 bits. */
const char *btf_index_in(const char *s, uint32_t *index);

/* Length of a name's essential part, without the flavor that follows its last `___` (semantics 9).
 */
size_t btf_essential_len(const char *name, size_t len);

/* Whether two names have the same essential part; empty matches only empty. */
bool btf_same_essential(const char *a, const char *b);

/* Bytes of a name that count where one of that kind (< 0: a type) is looked for: all of a
 * function's, a variable's or a section's, which have no flavors, the essential ones of a type's.
 */
size_t btf_named_len(const struct btf *b, int kind, const char *name);

/* Types of b's own (not its base's) that have the first len bytes of that name for what counts of
 * theirs, in ascending id: the first, and the next after `id`; 0 when there are no more. kind tells
 * where to look: among functions, variables and sections, which share names with types, for one of
 * those kinds, else (< 0 too) among types; the kinds found may still differ from it (semantics 29).
 */
uint32_t btf_first_named(const struct btf *b, int kind, const char *name, size_t len);
uint32_t btf_next_named(const struct btf *b, uint32_t id, const char *name, size_t len);
/* How many of those stand before t, which has a name. */
uint32_t btf_rank(const struct btf_type *t);

/* btf_flavored.c: types of b's own by other rules of what is essential of a name than libbpf's. */

/* Whether there is a type whose name goes on behind these len bytes with a `___`. */
bool btf_has_flavor(const struct btf *b, const char *name, size_t len);

/* Where a flavor starts: at the first `___` of a name, or at the last, but not before its first
 * byte. */
enum btf_cut { BTF_CUT_FIRST, BTF_CUT_LAST };

struct btf_ids {
	uint32_t *ids; /* freed with free() */
	size_t count, cap;
};

/* Bytes of the essential part of a name where these rules and libbpf's agree on it, else 0. */
size_t btf_agreed_len(const char *name);

/* Fills out, which is empty, with the types whose names so cut are that name so cut, ascending.
 * Fails when memory is out. */
int btf_cut_named(const struct btf *b, const char *name, enum btf_cut cut, struct btf_ids *out);

/* The first type (base first) with exactly that name and kind (kind < 0: any but FUNC, VAR and
 * DATASEC, which share names with types; then those); 0 when there is none. */
uint32_t btf_find(const struct btf *b, const char *name, int kind);

#endif
