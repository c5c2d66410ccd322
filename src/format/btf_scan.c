/*
 * btf_scan: finds where each type starts and sees that nothing is wrong, in two passes over the
 * bytes that do not decode what need not be decoded. It answers only yes or "look closer": the
 * careful passes of btf_check.c say what is wrong, and accept what is merely unusual. Decoding each
 * type and checking each field as btf_check.c does takes nine times as long on a kernel's BTF.
 */
#include <stdlib.h>

#include "format/btf.h"

/* What a kind adds after struct btf_type, in bytes: once, and for each of its vlen elements;
 * whether its third word is a type; and whether it can contain other types by value. */
static const struct shape {
	uint8_t known, once, each, refers, leaf;
} shapes[128] = {
    [BTF_INT] = {1, 4, 0, 0, 1},        [BTF_PTR] = {1, 0, 0, 1, 1},
    [BTF_ARRAY] = {1, 12, 0, 0, 0},     [BTF_STRUCT] = {1, 0, 12, 0, 0},
    [BTF_UNION] = {1, 0, 12, 0, 0},     [BTF_ENUM] = {1, 0, 8, 0, 1},
    [BTF_FWD] = {1, 0, 0, 0, 1},        [BTF_TYPEDEF] = {1, 0, 0, 1, 0},
    [BTF_VOLATILE] = {1, 0, 0, 1, 0},   [BTF_CONST] = {1, 0, 0, 1, 0},
    [BTF_RESTRICT] = {1, 0, 0, 1, 0},   [BTF_FUNC] = {1, 0, 0, 1, 1},
    [BTF_FUNC_PROTO] = {1, 0, 8, 1, 1}, [BTF_VAR] = {1, 4, 0, 1, 1},
    [BTF_DATASEC] = {1, 0, 12, 0, 1},   [BTF_FLOAT] = {1, 0, 0, 0, 1},
    [BTF_DECL_TAG] = {1, 4, 0, 1, 1},   [BTF_TYPE_TAG] = {1, 0, 0, 1, 0},
    [BTF_ENUM64] = {1, 0, 12, 0, 1},
};

/* What the first pass found; all of it must stay below the ends of the ids and of the strings. */
struct extremes {
	uint32_t id, name;
	bool odd; /* something that needs a closer look */
};

static inline void see(uint32_t *max, uint32_t v)
{
	*max = v > *max ? v : *max;
}

/* The elements of one type. `swap` is a constant at each call. */
static inline __attribute__((always_inline)) void scan_elements(const uint8_t *p, uint32_t kind,
								uint32_t vlen, bool kflag,
								uint32_t size, bool swap,
								struct extremes *x)
{
	uint64_t bits = (uint64_t)size * 8;
	uint32_t v;

	switch (kind) {
	case BTF_STRUCT:
	case BTF_UNION:
		for (; vlen; vlen--, p += 12) {
			see(&x->name, load_u32(p, swap));
			see(&x->id, load_u32(p + 4, swap));
			v = load_u32(p + 8, swap);
			if (kflag)
				v = BTF_MEMBER_BIT_OFFSET(v) + BTF_MEMBER_BITFIELD_SIZE(v);
			x->odd |= v > bits;
		}
		break;
	case BTF_FUNC_PROTO:
		for (; vlen; vlen--, p += 8) {
			see(&x->name, load_u32(p, swap));
			see(&x->id, load_u32(p + 4, swap));
		}
		break;
	case BTF_ENUM:
	case BTF_ENUM64:
		x->odd |= size == 0 || size > 8 || (size & (size - 1));
		for (; vlen; vlen--, p += kind == BTF_ENUM ? 8 : 12)
			see(&x->name, load_u32(p, swap));
		break;
	case BTF_ARRAY:
		see(&x->id, load_u32(p, swap));
		see(&x->id, load_u32(p + 4, swap));
		break;
	case BTF_DATASEC:
		for (; vlen; vlen--, p += 12)
			see(&x->id, load_u32(p, swap));
		break;
	case BTF_INT:
		v = load_u32(p, swap);
		x->odd |= size == 0 || size > 16 || BTF_INT_BITS(v) + BTF_INT_OFFSET(v) > bits;
		break;
	default: break;
	}
}

/* Fills b->offset and kinds (by id - first_id). Returns the number of types, 0 to look closer. */
static inline __attribute__((always_inline)) uint32_t
first_pass(const struct btf *b, uint32_t *offset, uint8_t *kinds, bool swap)
{
	const uint8_t *types = b->types;
	uint64_t at = 0, len = b->types_len;
	struct extremes x = {0};
	uint32_t n = 0;

	while (len - at >= BTF_TYPE_SIZE) {
		const uint8_t *p = types + at;
		uint32_t info = load_u32(p + 4, swap), third = load_u32(p + 8, swap);
		uint32_t kind = BTF_INFO_KIND(info), vlen = BTF_INFO_VLEN(info);
		struct shape s = shapes[kind];
		uint64_t more = s.once + (uint64_t)s.each * vlen;

		if (!s.known || more > len - at - BTF_TYPE_SIZE)
			return 0;
		offset[n] = (uint32_t)at;
		kinds[n++] = (uint8_t)kind;
		see(&x.name, load_u32(p, swap));
		see(&x.id, s.refers ? third : 0);
		if (more)
			scan_elements(p + BTF_TYPE_SIZE, kind, vlen, BTF_INFO_KFLAG(info), third,
				      swap, &x);
		at += BTF_TYPE_SIZE + more;
	}
	if (at != len || x.odd || n > INT32_MAX - b->first_id || x.id >= b->first_id + n)
		return 0;
	return x.name && x.name >= (uint64_t)b->first_string + b->strings_len ? 0 : n;
}

/* What needs other types to be known: the prototype of a FUNC, the component of a DECL_TAG. */
static bool references_fit(const struct btf *b, const uint8_t *kinds)
{
	uint32_t n = b->end_id - b->first_id;

	for (uint32_t i = 0; i < n; i++) {
		if (kinds[i] == BTF_FUNC) {
			uint32_t to = load_u32(b->types + b->offset[i] + 8, b->swap);
			unsigned kind =
			    to < b->first_id ? btf_type(b->base, to).kind : kinds[to - b->first_id];

			if (kind != BTF_FUNC_PROTO)
				return false;
		} else if (kinds[i] == BTF_DECL_TAG) {
			struct btf_type t = btf_type(b, b->first_id + i);

			if (!btf_tag_fits(&t))
				return false;
		}
	}
	return true;
}

bool btf_scan(struct btf *b)
{
	size_t most = b->types_len / BTF_TYPE_SIZE + 1;
	uint32_t *offset = malloc(most * sizeof(*offset)), *fit, n = 0;
	uint8_t *kinds = malloc(most);
	bool fine = false;
	struct err e;

	if (offset && kinds)
		n = b->swap ? first_pass(b, offset, kinds, true)
			    : first_pass(b, offset, kinds, false);
	if (n) {
		b->offset = offset;
		b->end_id = b->first_id + n;
		fine = references_fit(b, kinds) && btf_check_cycles(b, kinds, &e) == 0;
	}
	fit = fine ? realloc(offset, n * sizeof(*offset)) : NULL;
	if (fit)
		b->offset = fit;
	if (!fine) {
		free(offset);
		b->offset = NULL;
	}
	free(kinds);
	return fine;
}
