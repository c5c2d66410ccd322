/*
 * btf: one BTF type graph, read in place.
 *
 * btf_open() validates everything once (btf_check.c), so readers need no errors: any id, name and
 * element count they meet is good, and chains of modifiers and by-value nesting end. The bytes are
 * never copied or changed; on top of them stands an index of a type's offset and of names.
 * Immutable once open, so threads may share it.
 */
#ifndef BTFL_BTF_H
#define BTFL_BTF_H

#include "format/btf_abi.h"
#include "format/image.h"

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
	bool swap;               /* big_endian is not the host's order */
	uint8_t ptr_size;        /* bytes; see btf_open() */
	uint32_t *offset;        /* of type first_id + i in types, bytes */
	struct btf_names *names; /* index; see btf_index.c */
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

/* Opens the BTF in `raw` (of image im, to which a reference is kept) over base, NULL for none (the
 * base is referenced too). elf_bits is 32 or 64 when the BTF stood in an ELF file, else 0; the
 * pointer size is taken from the base, from elf_bits, from an int named `long` or the like, or
 * is 8. Fails on the first defect, naming it. */
int btf_open(struct image *im, struct span raw, const struct btf *base, unsigned elf_bits,
	     struct btf **out, struct err *e);

/* Opens the file at path: raw BTF, gzip of it, or ELF with a .BTF section. A .BTF.base section
 * beside it is what its ids count from, and takes the place of base. */
int btf_load(const char *path, const struct btf *base, struct btf **out, struct err *e);

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

/* The type with that id, which must exist; id 0 is void, of kind BTF_VOID. */
struct btf_type btf_type(const struct btf *b, uint32_t id);

/* The string at offset off, which must be valid in b or its base. */
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
bool btf_kind_refers(unsigned kind);

/* Follows typedef, const, volatile, restrict and type_tag to what they stand for. */
struct btf_type btf_strip(const struct btf *b, uint32_t id);

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

/* The steps of btf_open(); b has all but `offset` and the index. */

/* btf_scan.c: fills b->offset and b->end_id when all is plainly well; false to look closer. */
bool btf_scan(struct btf *b);
/* btf_check.c: validates every type, of which b->offset is filled in, and names the first defect.
 */
int btf_check(const struct btf *b, struct err *e);
/* The parts of it that btf_scan() shares: whether a DECL_TAG's component exists, and whether a type
 * contains itself; kinds is by id - first_id. */
bool btf_tag_fits(const struct btf_type *tag);
int btf_check_cycles(const struct btf *b, const uint8_t *kinds, struct err *e);
/* btf_index.c: builds the name index. */
int btf_index(struct btf *b, struct err *e);
void btf_index_free(struct btf *b);

#endif
