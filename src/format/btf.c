/* btf: reads the types of an open BTF in place; see btf.h. btf_open.c opens one. */
#include "format/btf_impl.h"

#include <stdlib.h>
#include <string.h>

#include "format/asked.h"

static const char *const kind_names[BTF_KIND_COUNT] = {
    [BTF_VOID] = "void",         [BTF_INT] = "int",
    [BTF_PTR] = "ptr",           [BTF_ARRAY] = "array",
    [BTF_STRUCT] = "struct",     [BTF_UNION] = "union",
    [BTF_ENUM] = "enum",         [BTF_FWD] = "fwd",
    [BTF_TYPEDEF] = "typedef",   [BTF_VOLATILE] = "volatile",
    [BTF_CONST] = "const",       [BTF_RESTRICT] = "restrict",
    [BTF_FUNC] = "func",         [BTF_FUNC_PROTO] = "func_proto",
    [BTF_VAR] = "var",           [BTF_DATASEC] = "datasec",
    [BTF_FLOAT] = "float",       [BTF_DECL_TAG] = "decl_tag",
    [BTF_TYPE_TAG] = "type_tag", [BTF_ENUM64] = "enum64",
};

const char *btf_kind_name(unsigned kind)
{
	return kind < BTF_KIND_COUNT ? kind_names[kind] : "unknown";
}

int btf_kind_from_name(const char *name)
{
	for (int k = 0; k < BTF_KIND_COUNT; k++)
		if (strcmp(kind_names[k], name) == 0)
			return k;
	return -1;
}

const char *btf_string(const struct btf *b, uint32_t off)
{
	while (off < b->first_string)
		b = b->base;
	off -= b->first_string;
	return off < b->strings_len ? b->strings + off : "";
}

/* The bytes of b's own type first_id + i. */
static const uint8_t *record(const struct btf *b, uint32_t i)
{
	const uint8_t *p = b->types + b->start[i / BTF_STRIDE];

	for (i %= BTF_STRIDE; i; i--)
		p += btf_record_size(b, p);
	return p;
}

/* The type of that id whose record is at p. */
static inline struct btf_type decode(const struct btf *b, uint32_t id, const uint8_t *p)
{
	uint32_t info = load_u32(p + 4, b->swap);

	return (struct btf_type){
	    .btf = b,
	    .id = id,
	    .name = btf_string(b, load_u32(p, b->swap)),
	    .vlen = BTF_INFO_VLEN(info),
	    .kind = BTF_INFO_KIND(info),
	    .kflag = BTF_INFO_KFLAG(info),
	    .size = load_u32(p + 8, b->swap),
	    .tail = p + BTF_TYPE_SIZE,
	};
}

/* Where the next type begins, and its id. */
static inline const uint8_t *behind(const struct btf *b, const struct btf_type *t, uint32_t *id)
{
	const uint8_t *p = t->id ? t->tail - BTF_TYPE_SIZE : b->types;

	asked_all(b);
	*id = t->id ? t->id + 1 : b->first_id;
	return t->id ? p + btf_record_size(b, p) : p;
}

bool btf_next_of(const struct btf *b, struct btf_type *t, uint64_t kinds)
{
	uint32_t id;

	for (const uint8_t *p = behind(b, t, &id); id < b->end_id;
	     id++, p += btf_record_size(b, p)) {
		unsigned kind = BTF_INFO_KIND(load_u32(p + 4, b->swap));

		if (kinds == BTF_ALL_KINDS || (kind < 64 && kinds >> kind & 1)) {
			*t = decode(b, id, p);
			return true;
		}
	}
	return false;
}

bool btf_next(const struct btf *b, struct btf_type *t, int kind)
{
	return btf_next_of(b, t, kind < 0 ? BTF_ALL_KINDS : (uint64_t)1 << kind);
}

static bool has_text(const struct btf *b, uint32_t name, const char *text, const uint8_t *bits)
{
	uint32_t at = name - b->first_string;

	if (name < b->first_string)
		return strstr(btf_string(b, name), text) != NULL;
	return at < b->strings_len && bits[at / 8] >> at % 8 & 1;
}

bool btf_next_with(const struct btf *b, struct btf_type *t, int kind, const char *text,
		   const uint8_t *bits)
{
	uint32_t id;

	for (const uint8_t *p = behind(b, t, &id); id < b->end_id;
	     id++, p += btf_record_size(b, p)) {
		if ((kind < 0 || BTF_INFO_KIND(load_u32(p + 4, b->swap)) == (unsigned)kind) &&
		    has_text(b, load_u32(p, b->swap), text, bits)) {
			*t = decode(b, id, p);
			return true;
		}
	}
	return false;
}

enum { BLOCK = 32 }; /* bytes that are looked at together */

/* Whether the two bytes stand together in a block; made so that compilers make it of a few
 * instructions for all of them, where memmem() takes several for each. */
static bool stand_in(const char *s, const char *behind, char first, char second)
{
	uint8_t any = 0;

	for (int i = 0; i < BLOCK; i++)
		any |= (uint8_t)((s[i] == first) & (behind[i] == second));
	return any;
}

void btf_mark_names(const struct btf *b, const char *text, uint8_t *bits)
{
	size_t len = strlen(text), n = b->strings_len, done = 0; /* bytes that are marked */
	size_t second = len > 1 ? 1 : 0;

	asked_all(b);
	for (size_t at = 0; at + len <= n; at++) {
		const char *s = b->strings + at;

		if (at % BLOCK == 0 && at + BLOCK < n &&
		    !stand_in(s, s + second, text[0], text[second])) {
			at += BLOCK - 1;
			continue;
		}
		if (*s != *text || memcmp(s, text, len) != 0)
			continue;
		for (size_t i = at + 1; i > done && b->strings[i - 1]; i--)
			bits[(i - 1) / 8] |= (uint8_t)(1u << (i - 1) % 8);
		done = at + 1;
	}
}

struct btf_type btf_stored(const struct btf *b, uint32_t id)
{
	if (id == 0 || !btf_has(b, id))
		return (struct btf_type){.btf = b, .name = ""};
	while (id < b->first_id)
		b = b->base;
	return decode(b, id, record(b, id - b->first_id));
}

struct btf_type btf_type(const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_stored(b, id);

	if (id && t.id)
		asked_type(t.btf, id);
	return t;
}

struct btf_head btf_head(const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_stored(b, id);

	if (id && t.id)
		asked_head(t.btf, id);
	return (struct btf_head){t.btf, t.id, t.kind, t.name};
}

static uint32_t tail_u32(const struct btf_type *t, size_t off)
{
	return load_u32(t->tail + off, t->btf->swap);
}

uint32_t btf_tail_u32(const struct btf_type *t)
{
	return tail_u32(t, 0);
}

struct btf_member btf_member(const struct btf_type *t, uint32_t i)
{
	uint32_t off = tail_u32(t, i * 12ul + 8);
	struct btf_member m = {
	    .name = btf_string(t->btf, tail_u32(t, i * 12ul)),
	    .type = tail_u32(t, i * 12ul + 4),
	    .bit_offset = t->kflag ? BTF_MEMBER_BIT_OFFSET(off) : off,
	    .bit_size = t->kflag ? BTF_MEMBER_BITFIELD_SIZE(off) : 0,
	};

	return m;
}

struct btf_enumerator btf_enumerator(const struct btf_type *t, uint32_t i)
{
	size_t at = i * (t->kind == BTF_ENUM64 ? 12ul : 8ul);
	uint32_t low = tail_u32(t, at + 4);
	struct btf_enumerator v = {.name = btf_string(t->btf, tail_u32(t, at))};

	if (t->kind == BTF_ENUM64)
		v.value = low | (uint64_t)tail_u32(t, at + 8) << 32;
	else
		v.value = (uint64_t)(int32_t)low;
	return v;
}

struct btf_param btf_param(const struct btf_type *t, uint32_t i)
{
	struct btf_param p = {
	    .name = btf_string(t->btf, tail_u32(t, i * 8ul)),
	    .type = tail_u32(t, i * 8ul + 4),
	};

	return p;
}

struct btf_secinfo btf_secinfo(const struct btf_type *t, uint32_t i)
{
	struct btf_secinfo s = {
	    .type = tail_u32(t, i * 12ul),
	    .offset = tail_u32(t, i * 12ul + 4),
	    .size = tail_u32(t, i * 12ul + 8),
	};

	return s;
}

struct btf_array btf_array(const struct btf_type *t)
{
	struct btf_array a = {
	    .elem = tail_u32(t, 0), .index = tail_u32(t, 4), .count = tail_u32(t, 8)};

	return a;
}

static bool stands_for_another(const struct btf_type *t)
{
	return t->kind == BTF_TYPEDEF || t->kind == BTF_CONST || t->kind == BTF_VOLATILE ||
	       t->kind == BTF_RESTRICT || t->kind == BTF_TYPE_TAG;
}

/* A chain that goes in a circle is refused when b is opened; here it would end, too. */
static struct btf_type follow(const struct btf *b, uint32_t id, bool arrays)
{
	for (uint32_t steps = b->end_id; steps; steps--) {
		struct btf_type t = btf_type(b, id);

		if (arrays && t.kind == BTF_ARRAY)
			id = btf_array(&t).elem;
		else if (stands_for_another(&t))
			id = t.type;
		else
			return t;
	}
	return btf_type(b, 0);
}

struct btf_type btf_strip(const struct btf *b, uint32_t id)
{
	return follow(b, id, false);
}

/* The id of what a type stands for, of which nothing was asked so far. */
static uint32_t stripped(const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_stored(b, id);

	for (uint32_t steps = b->end_id; steps && stands_for_another(&t); steps--) {
		id = btf_type(b, id).type;
		t = btf_stored(b, id);
	}
	return stands_for_another(&t) ? 0 : id;
}

struct btf_head btf_strip_head(const struct btf *b, uint32_t id)
{
	return btf_head(b, stripped(b, id));
}

struct btf_type btf_strip_value(const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_stored(b, id = stripped(b, id));

	if (!btf_is_enum(&t))
		return btf_type(b, id);
	asked_head(t.btf, id);
	return t;
}

struct btf_type btf_innermost(const struct btf *b, uint32_t id)
{
	return follow(b, id, true);
}

#define SIZE_STEPS 32

int64_t btf_size(const struct btf *b, uint32_t id)
{
	uint64_t count = 1, size = 0;

	for (int step = 0; step < SIZE_STEPS; step++) {
		struct btf_type t = btf_type(b, id);

		switch (t.kind) {
		case BTF_INT:
		case BTF_STRUCT:
		case BTF_UNION:
		case BTF_ENUM:
		case BTF_ENUM64:
		case BTF_DATASEC:
		case BTF_FLOAT: size = t.size; break;
		case BTF_PTR: size = b->ptr_size; break;
		case BTF_ARRAY:
			count *= btf_array(&t).count;
			if (count > UINT32_MAX)
				return -1;
			id = btf_array(&t).elem;
			continue;
		case BTF_TYPEDEF:
		case BTF_CONST:
		case BTF_VOLATILE:
		case BTF_RESTRICT:
		case BTF_TYPE_TAG:
		case BTF_VAR:
		case BTF_DECL_TAG: id = t.type; continue;
		default: return -1;
		}
		return size * count > UINT32_MAX ? -1 : (int64_t)(size * count);
	}
	return -1;
}

const char *btf_linkage_name(const struct btf_type *t)
{
	static const char *const names[] = {"static", "global", "extern"};
	uint32_t linkage = UINT32_MAX;

	if (t->kind == BTF_FUNC)
		linkage = t->vlen;
	else if (t->kind == BTF_VAR)
		linkage = btf_tail_u32(t);
	return linkage < sizeof(names) / sizeof(*names) ? names[linkage] : NULL;
}

const char *btf_index_in(const char *s, uint32_t *index)
{
	size_t digits = *s == '[' ? strspn(s + 1, "0123456789") : 0;
	uint64_t n;

	if (!digits || digits > 10 || s[digits + 1] != ']')
		return NULL;
	n = strtoull(s + 1, NULL, 10);
	*index = (uint32_t)n;
	return n <= UINT32_MAX ? s + digits + 2 : NULL;
}

/* The rule of semantics 9: what follows the last run of exactly three underscores, inside the name,
 * is the flavor. Each such run covers one index of 2, 5, 8 …, so only these are looked at. */
size_t btf_essential_len(const char *name, size_t len)
{
	size_t essential = len;

	for (size_t i = 2; i < len; i += 3) {
		size_t first = i, last = i;

		if (name[i] != '_')
			continue;
		while (first > 0 && name[first - 1] == '_')
			first--;
		while (last + 1 < len && name[last + 1] == '_')
			last++;
		if (last - first == 2 && first > 0 && last + 1 < len)
			essential = first;
		i += (last - i) / 3 * 3;
	}
	return essential;
}

bool btf_same_essential(const char *a, const char *b)
{
	size_t n = btf_essential_len(a, strlen(a));

	return n == btf_essential_len(b, strlen(b)) && memcmp(a, b, n) == 0;
}
