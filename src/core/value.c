/* value: values of relocations; see value.h. */
#include "core/value.h"

#include "format/asked.h"

/* A load can be aligned and sized so that the compiler's choice is not the only right one. */
struct extent {
	uint32_t byte_off, byte_sz;
	uint32_t bit_off, bit_sz;
	bool bitfield;
};

/* semantics 17. 32-bit arithmetic on purpose: libbpf's values are the result of it. */
static enum reason bitfield_extent(const struct btf_type *type, struct extent *x)
{
	x->byte_sz = type->size;
	if ((!btf_is_enum(type) && type->kind != BTF_INT) || x->byte_sz == 0)
		return REASON_UNSIZED;
	for (;;) {
		x->byte_off = x->bit_off / 8 / x->byte_sz * x->byte_sz;
		if (x->bit_off + x->bit_sz - x->byte_off * 8 <= x->byte_sz * 8)
			return REASON_NONE;
		if (x->byte_sz >= 8)
			return REASON_BITFIELD_TOO_WIDE;
		x->byte_sz *= 2;
	}
}

static enum reason plain_extent(const struct btf *b, uint32_t type_id, struct extent *x)
{
	int64_t size = btf_size(b, type_id);

	if (size < 0)
		return REASON_UNSIZED;
	x->byte_off = x->bit_off / 8;
	x->byte_sz = (uint32_t)size;
	x->bit_sz = x->byte_sz * 8;
	return REASON_NONE;
}

/* What a load of the field moves: of an array, one innermost element (semantics 5). */
static enum reason load_size(const struct btf *b, uint32_t type_id, struct relo_value *out)
{
	int64_t size = btf_size(b, btf_innermost(b, type_id).id);

	if (size < 0)
		return REASON_UNSIZED;
	out->size = (uint32_t)size;
	out->size_id = type_id;
	return REASON_NONE;
}

/* The root or an array element, which has no member to take offset and width from. */
static enum reason calc_element(const struct accessor *s, const struct step *last,
				struct relo_value *out)
{
	int64_t size;

	switch (s->kind) {
	case RELO_BYTE_OFF:
		out->value = s->bit_offset / 8;
		return load_size(s->btf, last->type_id, out);
	case RELO_BYTE_SZ:
		size = btf_size(s->btf, last->type_id);
		out->value = (uint64_t)size;
		return size < 0 ? REASON_UNSIZED : REASON_NONE;
	default: return REASON_UNSUPPORTED;
	}
}

static bool is_signed(const struct btf_type *t)
{
	if (btf_is_enum(t))
		return t->kflag;
	return t->kind == BTF_INT && (BTF_INT_ENCODING(btf_tail_u32(t)) & BTF_INT_SIGNED);
}

static enum reason calc_member(const struct accessor *s, const struct step *last, bool big_endian,
			       struct relo_value *out)
{
	struct btf_type parent = btf_type(s->btf, last->type_id);
	struct btf_member m = btf_member(&parent, last->index);
	struct btf_type type = btf_strip(s->btf, m.type);
	struct extent x = {
	    .bit_off = s->bit_offset, .bit_sz = m.bit_size, .bitfield = m.bit_size > 0};
	enum reason r = x.bitfield ? bitfield_extent(&type, &x) : plain_extent(s->btf, type.id, &x);

	out->check = !x.bitfield;
	if (r != REASON_NONE)
		return r;
	switch (s->kind) {
	case RELO_BYTE_OFF:
		out->value = x.byte_off;
		return x.bitfield ? REASON_NONE : load_size(s->btf, type.id, out);
	case RELO_BYTE_SZ: out->value = x.byte_sz; return REASON_NONE;
	case RELO_SIGNED:
		out->value = is_signed(&type);
		out->check = true;
		return REASON_NONE;
	case RELO_LSHIFT_U64:
		out->value = big_endian ? (8 - x.byte_sz) * 8 + (x.bit_off - x.byte_off * 8)
					: 64 - (x.bit_off + x.bit_sz - x.byte_off * 8);
		return REASON_NONE;
	case RELO_RSHIFT_U64:
		out->value = 64 - x.bit_sz;
		out->check = true;
		return REASON_NONE;
	default: return REASON_UNSUPPORTED;
	}
}

/* Whoever listens to what is asked of a kernel hears of the id. */
static uint32_t told_id(const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_type(b, id);

	if (*t.name)
		asked_name(t.btf, ASKED_IDS, t.name, btf_named_len(t.btf, t.kind, t.name));
	else
		asked_all(t.btf);
	return id;
}

static enum reason calc_type(const struct accessor *s, struct relo_value *out)
{
	int64_t size;

	switch (s->kind) {
	case RELO_TARGET_TYPE_ID:
		out->value = told_id(s->btf, s->root_id);
		out->check = false; /* a linker may have renumbered the types */
		return REASON_NONE;
	case RELO_TYPE_EXISTS:
	case RELO_TYPE_MATCHES: out->value = 1; return REASON_NONE;
	case RELO_TYPE_SIZE:
		size = btf_size(s->btf, s->root_id);
		out->value = (uint64_t)size;
		return size < 0 ? REASON_UNSIZED : REASON_NONE;
	default: return REASON_UNSUPPORTED;
	}
}

enum reason value_calc(const struct accessor *s, bool big_endian, struct relo_value *out)
{
	const struct step *last;

	*out = (struct relo_value){.check = true};
	if (relo_is_type(s->kind))
		return calc_type(s, out);
	if (s->kind == RELO_FIELD_EXISTS || s->kind == RELO_ENUMVAL_EXISTS) {
		out->value = 1;
		return REASON_NONE;
	}
	last = &s->step[s->len - 1]; /* only types are asked for without one */
	if (s->kind == RELO_ENUMVAL_VALUE) {
		struct btf_type t = btf_type(s->btf, last->type_id);

		out->value = btf_enumerator(&t, last->index).value;
		out->sign_extended = t.kind == BTF_ENUM && !t.kflag && (int64_t)out->value < 0;
		return REASON_NONE;
	}
	return last->name ? calc_member(s, last, big_endian, out) : calc_element(s, last, out);
}

bool value_missing(uint32_t kind, uint64_t *value)
{
	switch (kind) {
	case RELO_FIELD_EXISTS:
	case RELO_TYPE_SIZE:
	case RELO_TARGET_TYPE_ID:
	case RELO_TYPE_EXISTS:
	case RELO_TYPE_MATCHES:
	case RELO_ENUMVAL_EXISTS: *value = 0; return true;
	default: return false;
	}
}
