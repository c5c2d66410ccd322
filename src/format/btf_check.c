/*
 * btf_check: whether a BTF is one: the rules by which the kernel and libbpf check types, of each as
 * it is walked, and what only all of them together tell. A rule that a known compiler, linker or
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

/* Notes that the current type holds, or stands for, type `id` by value; what is known not to hold
 * anything cannot be part of a circle. */
static int add_part(struct btf_check *c, uint32_t id)
{
	uint32_t first_id = c->b->first_id;

	if (id < first_id || (id < c->id && !btf_has_parts(c->kind[id - first_id])))
		return 0;
	return btf_parts_add(&c->parts, c->id - first_id, id - first_id) == 0
		   ? 0
		   : err_memory(c->e, c->b->name);
}

static int bad_part(const struct btf_check *c, const uint8_t *p)
{
	return defect(c, p, " holds type 0, which is %s", "void");
}

static int bad_name(const struct btf_check *c, const uint8_t *p)
{
	return defect(c, p, ": name offset %#x is outside the string section", word(c, p));
}

EACH_ORDER int check_name(const struct btf_check *c, const uint8_t *p, bool swap)
{
	return load_u32(p, swap) < c->names ? 0 : bad_name(c, p);
}

static int bad_id(const struct btf_check *c, const uint8_t *p)
{
	return defect(c, p, ": refers to type %u, but the last one is %u", word(c, p),
		      c->end_id - 1);
}

EACH_ORDER int check_id(struct btf_check *c, const uint8_t *p, bool swap)
{
	uint32_t id = load_u32(p, swap);

	if (id > c->most)
		c->most = id;
	return id < c->end_id ? 0 : bad_id(c, p);
}

#define VLEN 0xffffffu
#define KFLAG (1u << 31)

/* The id at p of what a struct, union or array is made of. */
EACH_ORDER int check_part(struct btf_check *c, const uint8_t *p, bool swap)
{
	if (check_id(c, p, swap) < 0)
		return -1;
	return load_u32(p, swap) ? add_part(c, load_u32(p, swap)) : bad_part(c, p);
}

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
	if (!name)
		return defect(c, c->at, " without a %s", "name");
	if (h->nameless)
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

	if (size == 0 || size > 16)
		return defect(c, c->at + 8, ": size %u is not 1 to 16 bytes", size);
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

static int bad_offset(const struct btf_check *c, uint32_t i, uint32_t offset, uint32_t size)
{
	return defect(c, c->at + BTF_TYPE_SIZE + i * 12ul + 8,
		      ": member %u at bit %u lies outside its %u bytes", i, offset, size);
}

static int bad_order(const struct btf_check *c, uint32_t i, uint32_t offset)
{
	return defect(c, c->at + BTF_TYPE_SIZE + i * 12ul + 8, ": member %u at bit %u %s", i,
		      offset,
		      kind_here(c) == BTF_UNION ? "does not start where its union does"
						: "stands before the one before it");
}

/* Compilers for Rust, whose programs are BPF objects too, have an order of their own. */
EACH_ORDER int check_members(struct btf_check *c, uint32_t vlen, bool kflag, bool swap)
{
	const uint8_t *p = c->at + BTF_TYPE_SIZE;
	uint32_t size = load_u32(c->at + 8, swap), last = 0;
	bool in_union = kind_here(c) == BTF_UNION;

	for (uint32_t i = 0; i < vlen; i++, p += 12) {
		uint32_t offset = load_u32(p + 8, swap), bits = 0;

		if (check_name(c, p, swap) < 0 || check_part(c, p + 4, swap) < 0)
			return -1;
		if (kflag) {
			bits = BTF_MEMBER_BITFIELD_SIZE(offset);
			offset = BTF_MEMBER_BIT_OFFSET(offset);
		}
		if ((uint64_t)offset + bits > (uint64_t)size * 8)
			return bad_offset(c, i, offset, size);
		if (c->kernel && (in_union ? offset != 0 : offset < last))
			return bad_order(c, i, offset);
		last = offset;
	}
	return 0;
}

static int bad_enum(const struct btf_check *c, uint32_t size)
{
	return defect(c, c->at + 8, ": size %u is not 1, 2, 4 or 8 bytes", size);
}

EACH_ORDER int check_enum(const struct btf_check *c, uint32_t vlen, size_t step, bool swap)
{
	const uint8_t *p = c->at + BTF_TYPE_SIZE;
	uint32_t size = load_u32(c->at + 8, swap);

	if (size == 0 || size > 8 || (size & (size - 1)))
		return bad_enum(c, size);
	for (uint32_t i = 0; i < vlen; i++)
		if (check_name(c, p + i * step, swap) < 0)
			return -1;
	return 0;
}

EACH_ORDER int check_params(struct btf_check *c, uint32_t vlen, bool swap)
{
	const uint8_t *p = c->at + BTF_TYPE_SIZE;

	for (uint32_t i = 0; i < vlen; i++, p += 8)
		if (check_name(c, p, swap) < 0 || check_id(c, p + 4, swap) < 0)
			return -1;
	return 0;
}

EACH_ORDER int check_vars(struct btf_check *c, uint32_t vlen, bool swap)
{
	for (uint32_t i = 0; i < vlen; i++)
		if (check_id(c, c->at + BTF_TYPE_SIZE + i * 12ul, swap) < 0)
			return -1;
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

EACH_ORDER int check_refers(struct btf_check *c, unsigned kind, bool swap)
{
	if (check_id(c, c->at + 8, swap) < 0)
		return -1;
	return btf_has_parts(kind) ? add_part(c, load_u32(c->at + 8, swap)) : 0;
}

static int check_array(struct btf_check *c)
{
	const uint8_t *elem = c->at + BTF_TYPE_SIZE;

	return check_part(c, elem, c->b->swap) < 0 ? -1 : check_id(c, elem + 4, c->b->swap);
}

EACH_ORDER int check_type(struct btf_check *c, bool swap)
{
	uint32_t info = load_u32(c->at + 4, swap), vlen = BTF_INFO_VLEN(info);
	unsigned kind = BTF_INFO_KIND(info);

	c->kind[c->id - c->b->first_id] = (uint8_t)kind;
	if (check_name(c, c->at, swap) < 0)
		return -1;
	if (kind >= BTF_KIND_COUNT) /* of which the layout section tells the size */
		return 0;
	if (check_head(c, info, kind, swap) < 0 ||
	    (btf_kind_refers(kind) && check_refers(c, kind, swap) < 0))
		return -1;
	switch (kind) {
	case BTF_INT: return check_int(c);
	case BTF_FLOAT: return check_float(c);
	case BTF_ARRAY: return check_array(c);
	case BTF_STRUCT:
	case BTF_UNION: return check_members(c, vlen, BTF_INFO_KFLAG(info), swap);
	case BTF_ENUM: return check_enum(c, vlen, 8, swap);
	case BTF_ENUM64: return check_enum(c, vlen, 12, swap);
	case BTF_FUNC: return check_func(c, vlen);
	case BTF_FUNC_PROTO: return check_params(c, vlen, swap);
	case BTF_DATASEC: return check_vars(c, vlen, swap);
	case BTF_DECL_TAG: return check_later(c);
	default: return 0;
	}
}

int btf_check_type(struct btf_check *c)
{
	return c->b->swap ? check_type(c, true) : check_type(c, false);
}

static int check_decl_tag(const struct btf_check *c, const struct btf_type *tag)
{
	int32_t component = (int32_t)btf_tail_u32(tag);
	struct btf_type on = btf_type(c->b, tag->type);

	if (on.kind == BTF_FUNC)
		on = btf_type(c->b, on.type);
	if (component != -1 && (component < 0 || (uint32_t)component >= on.vlen))
		return defect(c, c->at + BTF_TYPE_SIZE, ": component %d of type %u does not exist",
			      component, tag->type);
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
					: check_decl_tag(c, &t);
		if (rc < 0)
			return rc;
	}
	return btf_parts_check(&c->parts, c->b, c->kind, c->e);
}
