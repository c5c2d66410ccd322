/* ctext_enum: bodies of enums. */
#include "print/ctext.h"

static uint64_t value_of(const struct btf_type *t, uint32_t i)
{
	uint64_t value = btf_enumerator(t, i).value;

	return t->kind == BTF_ENUM && !t->kflag ? (uint32_t)value : value;
}

/* The size that a compiler gives the enum by itself. */
static uint32_t natural_size(const struct btf_type *t)
{
	bool negative = false, above_int = false, above_unsigned = false;

	for (uint32_t i = 0; i < t->vlen; i++) {
		uint64_t v = value_of(t, i);

		if (t->kflag && (int64_t)v < 0) {
			negative = true;
			above_unsigned = above_unsigned || (int64_t)v < INT32_MIN;
		} else {
			above_int = above_int || v > INT32_MAX;
			above_unsigned = above_unsigned || v > UINT32_MAX;
		}
	}
	return above_unsigned || (negative && above_int) ? 8 : 4;
}

/* A number of C that has the value. */
static void put_value(struct ctext *c, const struct btf_type *t, uint64_t value)
{
	if (t->kflag)
		out_i64(c->out, (int64_t)value);
	else
		out_u64(c->out, value, 0);
}

static void put_source_value(struct ctext *c, const struct btf_type *t, uint64_t value)
{
	bool wide = t->kind == BTF_ENUM64;

	if (t->kflag && (int64_t)value == INT64_MIN) { /* C has no such number */
		out_text(c->out, "(-9223372036854775807LL - 1)");
		return;
	}
	put_value(c, t, value);
	if (wide)
		out_text(c->out, t->kflag ? "LL" : "ULL");
}

static void put_enumerator(struct ctext *c, const struct btf_type *t, uint32_t i)
{
	const char *name = btf_enumerator(t, i).name;

	ctext_indent(c);
	ctext_name(c, name, c->names ? names_take(c->names, name, false) : 0);
	out_text(c->out, " = ");
	if (c->style == CTEXT_SOURCE)
		put_source_value(c, t, value_of(t, i));
	else
		put_value(c, t, value_of(t, i));
	out_char(c->out, ',');
	out_line(c->out);
}

static void put_size(struct ctext *c, const struct btf_type *t)
{
	static const char *const modes[] = {[1] = "QI", [2] = "HI", [4] = "SI", [8] = "DI"};

	if (t->size == natural_size(t) || t->size > 8 || !modes[t->size])
		return;
	out_text(c->out, " __attribute__((mode(");
	out_text(c->out, modes[t->size]);
	out_text(c->out, ")))");
}

/* An enum that BTF knows without its enumerators: C has none of these. */
static void put_unknown(struct ctext *c, const struct btf_type *t)
{
	ctext_indent(c);
	out_text(c->out, "__no_enumerator_");
	out_u64(c->out, t->id, 0);
	out_text(c->out, ",");
	out_line(c->out);
}

void ctext_enum_body(struct ctext *c, const struct btf_type *t)
{
	out_text(c->out, *t->name ? " {" : "{");
	if (c->depth)
		c->members += t->vlen;
	out_line(c->out);
	c->depth++;
	if (!t->vlen && c->style == CTEXT_SOURCE)
		put_unknown(c, t);
	for (uint32_t i = 0; i < t->vlen; i++)
		put_enumerator(c, t, i);
	c->depth--;
	ctext_indent(c);
	out_char(c->out, '}');
	if (c->style == CTEXT_SOURCE)
		put_size(c, t);
}
