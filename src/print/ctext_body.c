/*
 * ctext_body: bodies of structs and unions. For a compiler they are laid out as it will do, member
 * by member; what it would place too early is pushed to its offset by bits without a name, and by
 * bytes where these would be many lines.
 */
#include <stdio.h>

#include "print/ctext.h"

enum { NOTE_COLUMN = 60, FILLS = 8 };

static void start_note(struct ctext *c)
{
	size_t column = out_column(c->out);

	out_repeat(c->out, ' ', column < NOTE_COLUMN ? NOTE_COLUMN - column : 0);
	out_text(c->out, " /* ");
}

/* "     16      4" for 4 bytes at 16, "  16:3     :5" for 5 bits from bit 3 there. */
static void extent(struct ctext *c, const struct btf_member *m, uint64_t bits)
{
	int64_t size = btf_size(c->btf, m->type);
	char text[32];

	start_note(c);
	if (m->bit_size) {
		snprintf(text, sizeof(text), "%llu:%u", (unsigned long long)(bits / 8),
			 (unsigned)(bits % 8));
		out_repeat(c->out, ' ', strlen(text) < 6 ? 6 - strlen(text) : 0);
		out_text(c->out, text);
		snprintf(text, sizeof(text), " %*s%u",
			 m->bit_size < 10    ? 5
			 : m->bit_size < 100 ? 4
					     : 3,
			 ":", m->bit_size);
	} else if (size < 0) {
		out_u64(c->out, bits / 8, 6);
		snprintf(text, sizeof(text), " %6s", "?");
	} else {
		out_u64(c->out, bits / 8, 6);
		snprintf(text, sizeof(text), " %6lld", (long long)size);
	}
	out_text(c->out, text);
	out_text(c->out, " */");
}

/* How a compiler lays out what has been written of a struct. */
struct laid {
	uint64_t end;   /* of the members, in bits */
	uint32_t align; /* of the struct, in bytes; 1 when it is packed */
	bool packed, in_union;
};

static uint64_t round_up(uint64_t v, uint64_t to)
{
	return to ? (v + to - 1) / to * to : v;
}

static uint32_t member_align(struct ctext *c, const struct laid *l, const struct btf_member *m)
{
	uint32_t align = align_of(c->align, m->type);

	return l->packed || !align ? 1 : align;
}

/* Where the compiler puts the member by itself, in bits. */
static uint64_t natural(struct ctext *c, const struct laid *l, const struct btf_member *m,
			uint64_t size)
{
	uint64_t align = member_align(c, l, m) * 8ull;

	if (l->in_union)
		return 0;
	if (!m->bit_size)
		return round_up(l->end, align);
	if (!l->packed && l->end % align + m->bit_size > size)
		return round_up(l->end, align);
	return l->end;
}

static const struct filler {
	uint8_t bits;
	const char *type;
} fillers[] = {{64, "long long"}, {32, "int"}, {16, "short"}, {8, "char"}};

enum { FILLERS = sizeof(fillers) / sizeof(*fillers) };

/* The bits that one filler takes of a gap, and its type. Bits without a name have an alignment for
 * some compilers: none larger than the struct's is used. */
static unsigned choose_filler(const struct laid *l, uint64_t gap, const char **type)
{
	for (unsigned i = 0; i < FILLERS; i++) {
		const struct filler *f = &fillers[i];

		*type = f->type;
		if (f->bits <= l->align * 8u && l->end % f->bits == 0 && gap >= f->bits)
			return f->bits;
	}
	for (unsigned i = FILLERS; i-- > 0;) {
		const struct filler *f = &fillers[i];
		uint64_t room = f->bits - l->end % f->bits;

		*type = f->type;
		if (f->bits <= l->align * 8u && gap <= room)
			return (unsigned)gap;
	}
	*type = "char";
	return gap < 8 - l->end % 8 ? (unsigned)gap : (unsigned)(8 - l->end % 8);
}

static void fill_line(struct ctext *c, const char *type, unsigned bits)
{
	ctext_indent(c);
	out_text(c->out, type);
	out_text(c->out, ": ");
	out_u64(c->out, bits, 0);
	out_char(c->out, ';');
	out_line(c->out);
}

static void fill_bytes(struct ctext *c, uint64_t bytes)
{
	ctext_indent(c);
	out_text(c->out, "unsigned char __gap");
	out_u64(c->out, ++c->gaps, 0);
	out_char(c->out, '[');
	out_u64(c->out, bytes, 0);
	out_text(c->out, "];");
	out_line(c->out);
}

/* Fills up to bit `to`. */
static void fill(struct ctext *c, struct laid *l, uint64_t to)
{
	while (l->end < to) {
		const char *type;
		unsigned bits;

		if (l->end % 8 == 0 &&
		    (l->in_union ||
		     (to - l->end) / 8 > FILLS * (uint64_t)(l->align > 8 ? 8 : l->align))) {
			fill_bytes(c, l->in_union ? to / 8 : (to - l->end) / 8);
			l->end = to - to % 8;
			continue;
		}
		bits = choose_filler(l, to - l->end, &type);
		fill_line(c, type, bits);
		l->end += bits;
	}
}

/* Members without a name may be of a type that has one, for compilers that are told so
 * (-fms-extensions); for the others they are written out. */
static bool is_embedded(const struct ctext *c, const struct btf_member *m, struct btf_type *t)
{
	if (c->style != CTEXT_SOURCE || *m->name || m->bit_size)
		return false;
	*t = btf_strip(c->btf, m->type);
	return btf_is_composite(t);
}

static void member_text(struct ctext *c, const struct btf_member *m)
{
	struct btf_type t;

	if (is_embedded(c, m, &t))
		ctext_anonymous(c, &t);
	else
		ctext_decl(c, m->type, m->name);
	if (m->bit_size) {
		out_text(c->out, c->style == CTEXT_SOURCE ? ": " : " : ");
		out_u64(c->out, m->bit_size, 0);
	}
	out_char(c->out, ';');
}

/* A member at its offset. One that lies over another, which C has only in unions, is left out. */
static void source_member(struct ctext *c, struct laid *l, const struct btf_member *m)
{
	int64_t size = btf_size(c->btf, m->type);
	uint64_t bits = size > 0 ? (uint64_t)size * 8 : 0, end;
	bool fits = natural(c, l, m, bits) <= m->bit_offset;

	if (fits && natural(c, l, m, bits) < m->bit_offset && !l->in_union)
		fill(c, l, m->bit_offset);
	fits = fits && natural(c, l, m, bits) == m->bit_offset && m->bit_size <= bits;
	ctext_indent(c);
	if (!fits)
		out_text(c->out, "/* ");
	member_text(c, m);
	if (!fits) {
		out_text(c->out, " lies over another, or across what can hold it */");
		out_line(c->out);
		return;
	}
	out_line(c->out);
	end = m->bit_offset + (m->bit_size ? m->bit_size : bits);
	l->end = end > l->end ? end : l->end;
}

static void source_members(struct ctext *c, const struct btf_type *t, struct laid *l)
{
	for (uint32_t i = 0; i < t->vlen && !c->failed; i++) {
		struct btf_member m = btf_member(t, i);

		source_member(c, l, &m);
	}
	if (round_up(l->end, l->align * 8ull) < t->size * 8ull) {
		if (l->in_union)
			l->end = 0;
		fill(c, l, t->size * 8ull);
	}
}

static void source_body(struct ctext *c, const struct btf_type *t)
{
	struct laid l = {.align = align_of(c->align, t->id),
			 .packed = align_is_packed(c->align, t->id),
			 .in_union = t->kind == BTF_UNION};

	c->failed = c->failed || align_failed(c->align);
	source_members(c, t, &l);
}

static void noted_member(struct ctext *c, const struct btf_member *m)
{
	uint64_t start = c->start;

	c->start += m->bit_offset;
	ctext_indent(c);
	member_text(c, m);
	extent(c, m, c->start);
	out_line(c->out);
	c->start = start;
}

static void noted_members(struct ctext *c, const struct btf_type *t)
{
	bool layout = c->style == CTEXT_LAYOUT;
	struct holes h;

	holes_start(&h, t);
	for (uint32_t i = 0; i < t->vlen && !c->failed; i++) {
		struct btf_member m = btf_member(t, i);

		if (layout)
			ctext_layout_member(c, &m, holes_next(&h, t, &m));
		noted_member(c, &m);
	}
	if (!layout)
		return;
	holes_end(&h, t);
	if (c->depth == 1)
		ctext_layout_end(c, t, &h);
}

void ctext_body(struct ctext *c, const struct btf_type *t)
{
	if (btf_is_enum(t)) {
		ctext_enum_body(c, t);
		return;
	}
	out_text(c->out, *t->name ? " {" : "{");
	if (c->depth)
		c->members += t->vlen;
	if (!t->vlen && c->style == CTEXT_SOURCE && !t->size) {
		out_char(c->out, '}');
		return;
	}
	out_line(c->out);
	c->depth++;
	if (c->style == CTEXT_SOURCE)
		source_body(c, t);
	else
		noted_members(c, t);
	c->depth--;
	ctext_indent(c);
	out_char(c->out, '}');
	if (c->style == CTEXT_SOURCE && align_is_packed(c->align, t->id))
		out_text(c->out, " __attribute__((packed))");
}

static void end_definition(struct ctext *c, uint32_t id)
{
	int64_t size = btf_size(c->btf, id);

	out_char(c->out, ';');
	if (c->style == CTEXT_OFFSETS && size >= 0) {
		start_note(c);
		out_text(c->out, "size ");
		out_u64(c->out, (uint64_t)size, 0);
		out_text(c->out, " */");
	}
	out_line(c->out);
}

void ctext_define(struct ctext *c, uint32_t id)
{
	struct btf_type t = btf_type(c->btf, id);

	c->gaps = 0;
	c->start = c->line = 0;
	if (t.kind == BTF_TYPEDEF) {
		out_text(c->out, "typedef ");
		ctext_decl_of(c, t.type, &t);
	} else {
		ctext_decl(c, id, NULL);
	}
	if (*t.name && (btf_is_composite(&t) || btf_is_enum(&t)))
		ctext_body(c, &t);
	end_definition(c, id);
}
