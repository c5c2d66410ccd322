/*
 * btf_check: whether a BTF is one: the rules by which the kernel and libbpf check types, of each as
 * it is read, and what only all of them together tell. A rule that a known compiler, linker or
 * pahole breaks is left out.
 */
#include "base/arena.h"
#include "format/btf_impl.h"

/* Compiled once for each byte order, which is then not asked for at a million fields. */
#define EACH_ORDER static inline __attribute__((always_inline))

/* Reports a defect in the field at p of the current type. */
#define defect(c, p, fmt, ...)                                                          \
	span_err((c)->e, &(c)->b->raw, (c)->window_off + (uint64_t)((p) - (c)->window), \
		 "type [%u] %s" fmt, (c)->id, btf_kind_name(kind_here(c)), __VA_ARGS__)

static uint32_t word(const struct btf_check *c, const uint8_t *p)
{
	return load_u32(p, c->b->swap);
}

static unsigned kind_here(const struct btf_check *c)
{
	return BTF_INFO_KIND(word(c, c->at + 4));
}

/* The highest name offset and id among elements. */
struct tops {
	uint32_t name, id;
};

enum { NO_NAME = -1, NO_ID = -1 };

/* Of n elements at p, `step` bytes each, with a name and an id at these bytes. */
EACH_ORDER struct tops tops_of(const uint8_t *p, uint32_t n, size_t step, int name_at, int id_at,
			       bool swap)
{
	struct tops top = {0, 0};

	for (uint32_t i = 0; i < n; i++, p += step) {
		uint32_t name = name_at == NO_NAME ? 0 : load_u32(p + name_at, swap);
		uint32_t id = id_at == NO_ID ? 0 : load_u32(p + id_at, swap);

		top.name = name > top.name ? name : top.name;
		top.id = id > top.id ? id : top.id;
	}
	return top;
}

/* Tells the first of the elements that is not well. */
static int bad_element(const struct btf_check *c, const uint8_t *p, size_t step, int name_at,
		       int id_at)
{
	for (;; p += step) {
		if (name_at != NO_NAME && word(c, p + name_at) >= c->names)
			return defect(c, p + name_at,
				      ": name offset %#x is outside the string section",
				      word(c, p + name_at));
		if (id_at != NO_ID && word(c, p + id_at) >= c->end_id)
			return defect(c, p + id_at, ": refers to type %u, but the last one is %u",
				      word(c, p + id_at), c->end_id - 1);
	}
}

/* That the names and ids of elements exist. */
EACH_ORDER int check_elements(struct btf_check *c, const uint8_t *p, uint32_t n, size_t step,
			      int name_at, int id_at, bool swap)
{
	struct tops top = tops_of(p, n, step, name_at, id_at, swap);

	if (top.id > c->most)
		c->most = top.id;
	if (top.name < c->names && top.id < c->end_id)
		return 0;
	return bad_element(c, p, step, name_at, id_at);
}

/* Notes what the current type holds, or stands for, by value: the ids at p, every `step` bytes.
 * What is known not to hold anything cannot be part of a circle. */
EACH_ORDER void note_parts(struct btf_check *c, const uint8_t *p, uint32_t n, size_t step,
			   bool swap)
{
	uint32_t first_id = c->b->first_id;

	btf_parts_begin(&c->parts, c->id - first_id);
	for (uint32_t i = 0; i < n; i++, p += step) {
		uint32_t id = load_u32(p, swap);

		if (id >= c->id || (id >= first_id && btf_has_parts(c->kind[id - first_id])))
			btf_parts_add(&c->parts, id - first_id);
	}
	btf_parts_end(&c->parts);
}

#define VLEN 0xffffffu
#define KFLAG (1u << 31)

/* What the head of a kind cannot have. */
static const struct head {
	uint32_t info; /* bits of info that are zero */
	bool named;    /* the name is not empty */
	bool nameless; /* there is none */
	bool zero;     /* the word behind info is zero */
} heads[BTF_KIND_COUNT] = {
    [BTF_INT] = {.info = KFLAG | VLEN},
    [BTF_PTR] = {.info = KFLAG | VLEN, .nameless = true},
    [BTF_ARRAY] = {.info = KFLAG | VLEN, .nameless = true, .zero = true},
    [BTF_FWD] = {.info = VLEN, .named = true, .zero = true},
    [BTF_TYPEDEF] = {.info = KFLAG | VLEN, .named = true},
    [BTF_VOLATILE] = {.info = KFLAG | VLEN, .nameless = true},
    [BTF_CONST] = {.info = KFLAG | VLEN, .nameless = true},
    [BTF_RESTRICT] = {.info = KFLAG | VLEN, .nameless = true},
    [BTF_FUNC] = {.info = KFLAG},
    [BTF_FUNC_PROTO] = {.info = KFLAG, .nameless = true},
    [BTF_VAR] = {.info = KFLAG | VLEN, .named = true},
    [BTF_DATASEC] = {.info = KFLAG, .named = true},
    [BTF_FLOAT] = {.info = KFLAG | VLEN},
    [BTF_DECL_TAG] = {.info = VLEN, .named = true},
    [BTF_TYPE_TAG] = {.info = VLEN, .named = true},
};

static int bad_head(const struct btf_check *c, const struct head *h)
{
	uint32_t info = word(c, c->at + 4), name = word(c, c->at);

	if (BTF_INFO_VLEN(info & h->info))
		return defect(c, c->at + 4, ": %u elements, where its kind has none",
			      BTF_INFO_VLEN(info));
	if (info & h->info)
		return defect(c, c->at + 4, ": kind_flag, which its kind has %s", "not");
	if (h->named && !name)
		return defect(c, c->at, " without a %s", "name");
	if (h->nameless && name)
		return defect(c, c->at, ": name offset %#x, where its kind has no name", name);
	return defect(c, c->at + 8, ": %#x, where 0 belongs", word(c, c->at + 8));
}

EACH_ORDER int check_head(const struct btf_check *c, uint32_t info, unsigned kind, bool swap)
{
	const struct head *h = &heads[kind];
	bool name = load_u32(c->at, swap);

	if ((info & h->info) || (name ? h->nameless : h->named) ||
	    (h->zero && load_u32(c->at + 8, swap)))
		return bad_head(c, h);
	return 0;
}

static int check_int(const struct btf_check *c)
{
	uint32_t size = word(c, c->at + 8), v = word(c, c->at + BTF_TYPE_SIZE);

	if (size == 0 || size > 16 || (size & (size - 1)))
		return defect(c, c->at + 8, ": size %u is not 1, 2, 4, 8 or 16 bytes", size);
	if (BTF_INT_BITS(v) + BTF_INT_OFFSET(v) > size * 8)
		return defect(c, c->at + BTF_TYPE_SIZE, ": bits %u to %u do not fit its %u bytes",
			      BTF_INT_OFFSET(v), BTF_INT_OFFSET(v) + BTF_INT_BITS(v), size);
	return 0;
}

static int check_float(const struct btf_check *c)
{
	uint32_t size = word(c, c->at + 8);

	if (size != 2 && size != 4 && size != 8 && size != 12 && size != 16)
		return defect(c, c->at + 8, ": size %u is not 2, 4, 8, 12 or 16 bytes", size);
	return 0;
}

static int bad_offset(const struct btf_check *c, uint32_t i, uint32_t offset, const char *what)
{
	return defect(c, c->at + BTF_TYPE_SIZE + i * 12ul + 8, ": member %u at bit %u %s", i,
		      offset, what);
}

/* Compilers for Rust, whose programs are BPF objects too, have an order of their own. */
EACH_ORDER int check_offsets(const struct btf_check *c, uint32_t vlen, bool kflag, bool in_union,
			     bool swap)
{
	const uint8_t *p = c->at + BTF_TYPE_SIZE;
	uint64_t size = (uint64_t)load_u32(c->at + 8, swap) * 8;
	uint32_t least = 0, most = c->kernel && in_union ? 0 : UINT32_MAX;

	for (uint32_t i = 0; i < vlen; i++, p += 12) {
		uint32_t offset = load_u32(p + 8, swap), bits = 0;

		if (kflag) {
			bits = BTF_MEMBER_BITFIELD_SIZE(offset);
			offset = BTF_MEMBER_BIT_OFFSET(offset);
		}
		if ((uint64_t)offset + bits > size)
			return bad_offset(c, i, offset, "lies outside its type");
		if (offset > most)
			return bad_offset(c, i, offset, "does not start where its union does");
		if (offset < least)
			return bad_offset(c, i, offset, "stands before the one before it");
		least = c->kernel ? offset : 0;
	}
	return 0;
}

EACH_ORDER int check_members(struct btf_check *c, uint32_t vlen, bool kflag, bool in_union,
			     bool swap)
{
	const uint8_t *p = c->at + BTF_TYPE_SIZE;

	if (check_elements(c, p, vlen, 12, 0, 4, swap) < 0 ||
	    check_offsets(c, vlen, kflag, in_union, swap) < 0)
		return -1;
	note_parts(c, p + 4, vlen, 12, swap);
	return 0;
}

/* One that was only declared (`enum e;`, of which compilers take a pointer) has no size: the kernel
 * then takes no BTF of the object, and libbpf loads it without. */
static int check_enum(const struct btf_check *c, uint32_t vlen)
{
	uint32_t size = word(c, c->at + 8);

	if ((size == 0 && vlen) || size > 8 || (size & (size - 1)))
		return defect(c, c->at + 8, ": size %u is not 1, 2, 4 or 8 bytes", size);
	return 0;
}

static int check_proto(const struct btf_check *c, uint32_t type, unsigned kind)
{
	if (kind != BTF_FUNC_PROTO)
		return defect(c, c->at + 8, ": type %u is a %s, not a func_proto", type,
			      btf_kind_name(kind));
	return 0;
}

/* To be looked at again when all types are there. */
static int check_later(struct btf_check *c)
{
	uint32_t *late = array_grow(c->late, &c->late_cap, c->late_count, sizeof(*late));

	if (!late)
		return err_memory(c->e, c->b->name);
	c->late = late;
	c->late[c->late_count++] = c->id;
	return 0;
}

static int check_func(struct btf_check *c, uint32_t vlen)
{
	uint32_t type = word(c, c->at + 8), first_id = c->b->first_id;

	if (vlen > BTF_FUNC_EXTERN)
		return defect(c, c->at + 4, ": linkage %u is unknown", vlen);
	if (type >= c->id)
		return check_later(c);
	return check_proto(c, type,
			   type >= first_id ? c->kind[type - first_id]
			   : c->b->base     ? btf_type(c->b->base, type).kind
					    : BTF_VOID);
}

EACH_ORDER int check_array(struct btf_check *c, bool swap)
{
	const uint8_t *elem = c->at + BTF_TYPE_SIZE;

	if (check_elements(c, elem, 2, 4, NO_NAME, 0, swap) < 0)
		return -1;
	note_parts(c, elem, 1, 0, swap);
	return 0;
}

/* What follows struct btf_type, and what its third word means. */
EACH_ORDER int check_rest(struct btf_check *c, uint32_t info, bool swap)
{
	uint32_t vlen = BTF_INFO_VLEN(info);
	const uint8_t *rest = c->at + BTF_TYPE_SIZE;

	switch (BTF_INFO_KIND(info)) {
	case BTF_INT: return check_int(c);
	case BTF_FLOAT: return check_float(c);
	case BTF_ARRAY: return check_array(c, swap);
	case BTF_STRUCT: return check_members(c, vlen, BTF_INFO_KFLAG(info), false, swap);
	case BTF_UNION: return check_members(c, vlen, BTF_INFO_KFLAG(info), true, swap);
	case BTF_ENUM:
		return check_enum(c, vlen) < 0 ? -1
					       : check_elements(c, rest, vlen, 8, 0, NO_ID, swap);
	case BTF_ENUM64:
		return check_enum(c, vlen) < 0 ? -1
					       : check_elements(c, rest, vlen, 12, 0, NO_ID, swap);
	case BTF_FUNC: return check_func(c, vlen);
	case BTF_FUNC_PROTO: return check_elements(c, rest, vlen, 8, 0, 4, swap);
	case BTF_DATASEC: return check_elements(c, rest, vlen, 12, NO_NAME, 0, swap);
	case BTF_DECL_TAG: return load_u32(rest, swap) == UINT32_MAX ? 0 : check_later(c);
	case BTF_TYPEDEF:
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG: note_parts(c, c->at + 8, 1, 0, swap); return 0;
	default: return 0;
	}
}

EACH_ORDER int check_type(struct btf_check *c, bool swap)
{
	uint32_t info = load_u32(c->at + 4, swap);
	unsigned kind = BTF_INFO_KIND(info);

	c->kind[c->id - c->b->first_id] = (uint8_t)kind;
	if (kind >= BTF_KIND_COUNT) /* of which the layout section tells the size */
		return check_elements(c, c->at, 1, 0, 0, NO_ID, swap);
	if (check_head(c, info, kind, swap) < 0)
		return -1;
	if ((btf_kind_refers(kind) ? check_elements(c, c->at, 1, 0, 0, 8, swap)
				   : check_elements(c, c->at, 1, 0, 0, NO_ID, swap)) < 0)
		return -1;
	return check_rest(c, info, swap);
}

int btf_check_type(struct btf_check *c)
{
	return c->b->swap ? check_type(c, true) : check_type(c, false);
}

/* Of a tag on one component; the others, on all of a type, have -1. */
static int check_component(const struct btf_check *c, const struct btf_type *tag)
{
	uint32_t component = btf_tail_u32(tag);
	struct btf_type on = btf_type(c->b, tag->type);

	if (on.kind == BTF_FUNC)
		on = btf_type(c->b, on.type);
	if (component >= on.vlen)
		return defect(c, c->at + BTF_TYPE_SIZE, ": component %d of type %u does not exist",
			      (int32_t)component, tag->type);
	return 0;
}

int btf_check_late(struct btf_check *c)
{
	c->window = c->b->raw.at;
	c->window_off = 0;
	for (size_t i = 0; i < c->late_count; i++) {
		struct btf_type t = btf_type(c->b, c->late[i]);
		int rc;

		c->id = t.id;
		c->at = t.tail - BTF_TYPE_SIZE;
		rc = t.kind == BTF_FUNC ? check_proto(c, t.type, btf_type(c->b, t.type).kind)
					: check_component(c, &t);
		if (rc < 0)
			return rc;
	}
	return btf_parts_check(&c->parts, c->b, c->kind, c->e);
}
