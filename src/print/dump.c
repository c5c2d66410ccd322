/*
 * dump: see dump.h. What a kind shows is said once: facts, and a list of elements with facts of
 * their own; a form says how these are written.
 */
#include "print/dump.h"

struct dump {
	struct out *out;
	const struct btf *b;
	bool json;
	bool first; /* of the facts of an element */
};

/* Names */

static void put_string(struct dump *d, const char *s)
{
	if (!*s)
		s = "(anon)";
	if (d->json) {
		out_json(d->out, s);
		return;
	}
	out_char(d->out, '\'');
	out_name(d->out, s);
	out_char(d->out, '\'');
}

static void put_kind(struct dump *d, unsigned kind)
{
	for (const char *s = btf_kind_name(kind); *s; s++)
		out_char(d->out, *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s);
}

/* Facts. In JSON a name is a fact as any other. */

static void start_fact(struct dump *d, const char *name)
{
	if (!d->json) {
		out_char(d->out, ' ');
		out_text(d->out, name);
		out_char(d->out, '=');
		return;
	}
	if (!d->first)
		out_char(d->out, ',');
	d->first = false;
	out_char(d->out, '"');
	out_text(d->out, name);
	out_text(d->out, "\":");
}

static void number(struct dump *d, const char *name, uint64_t v)
{
	start_fact(d, name);
	out_u64(d->out, v, 0);
}

static void signed_number(struct dump *d, const char *name, int64_t v)
{
	start_fact(d, name);
	out_i64(d->out, v);
}

static void word(struct dump *d, const char *name, const char *text)
{
	start_fact(d, name);
	if (d->json)
		out_json(d->out, text);
	else
		out_text(d->out, text);
}

/* Elements */

static void start_element(struct dump *d, uint32_t i)
{
	if (!d->json) {
		out_line(d->out);
		out_char(d->out, '\t');
		return;
	}
	out_text(d->out, i ? ",{" : "{");
	d->first = true;
}

/* How many there are, and each as `put` shows it. */
static void elements(struct dump *d, const struct btf_type *t, const char *name,
		     void (*put)(struct dump *d, const struct btf_type *t, uint32_t i))
{
	number(d, "vlen", t->vlen);
	if (d->json) {
		start_fact(d, name);
		out_char(d->out, '[');
	}
	for (uint32_t i = 0; i < t->vlen; i++) {
		start_element(d, i);
		put(d, t, i);
		if (d->json)
			out_char(d->out, '}');
	}
	if (d->json)
		out_char(d->out, ']');
	d->first = false;
}

static void element_name(struct dump *d, const char *name)
{
	if (d->json)
		start_fact(d, "name");
	put_string(d, name);
}

static void dump_member(struct dump *d, const struct btf_type *t, uint32_t i)
{
	struct btf_member m = btf_member(t, i);

	element_name(d, m.name);
	number(d, "type_id", m.type);
	number(d, "bits_offset", m.bit_offset);
	if (m.bit_size)
		number(d, "bitfield_size", m.bit_size);
}

/* In JSON, bpftool extends the sign of 32 bits that have none. */
static void dump_value(struct dump *d, const struct btf_type *t, uint32_t i)
{
	struct btf_enumerator v = btf_enumerator(t, i);

	element_name(d, v.name);
	if (t->kflag)
		signed_number(d, "val", (int64_t)v.value);
	else
		number(d, "val", t->kind == BTF_ENUM && !d->json ? (uint32_t)v.value : v.value);
	if (t->kind == BTF_ENUM64 && !d->json)
		out_text(d->out, t->kflag ? "LL" : "ULL");
}

static void dump_param(struct dump *d, const struct btf_type *t, uint32_t i)
{
	struct btf_param p = btf_param(t, i);

	element_name(d, p.name);
	number(d, "type_id", p.type);
}

/* A variable is named in the raw form only. */
static void dump_variable(struct dump *d, const struct btf_type *t, uint32_t i)
{
	struct btf_secinfo s = btf_secinfo(t, i);
	struct btf_type var = btf_type(d->b, s.type);

	if (!d->json)
		out_text(d->out, "type_id=");
	else
		start_fact(d, "type_id");
	out_u64(d->out, s.type, 0);
	number(d, "offset", s.offset);
	number(d, "size", s.size);
	if (d->json || (var.kind != BTF_VAR && var.kind != BTF_FUNC))
		return;
	out_text(d->out, " (");
	put_kind(d, var.kind);
	out_char(d->out, ' ');
	put_string(d, var.name);
	out_char(d->out, ')');
}

static const char *linkage_name(uint32_t linkage)
{
	static const char *const names[] = {"static", "global", "extern"};

	return linkage < sizeof(names) / sizeof(*names) ? names[linkage] : "(unknown)";
}

static void dump_int(struct dump *d, const struct btf_type *t)
{
	static const char *const encodings[] = {"(none)", "SIGNED", "CHAR", NULL, "BOOL"};
	uint32_t v = btf_tail_u32(t), encoding = BTF_INT_ENCODING(v);

	number(d, "size", t->size);
	number(d, "bits_offset", BTF_INT_OFFSET(v));
	number(d, "nr_bits", BTF_INT_BITS(v));
	word(d, "encoding",
	     encoding <= BTF_INT_BOOL && encodings[encoding] ? encodings[encoding] : "UNKN");
}

static void dump_array(struct dump *d, const struct btf_type *t)
{
	struct btf_array a = btf_array(t);

	number(d, "type_id", a.elem);
	number(d, "index_type_id", a.index);
	number(d, "nr_elems", a.count);
}

static void dump_facts(struct dump *d, const struct btf_type *t)
{
	switch (t->kind) {
	case BTF_INT: dump_int(d, t); break;
	case BTF_PTR:
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT:
	case BTF_TYPEDEF:
	case BTF_TYPE_TAG: number(d, "type_id", t->type); break;
	case BTF_ARRAY: dump_array(d, t); break;
	case BTF_STRUCT:
	case BTF_UNION:
		number(d, "size", t->size);
		elements(d, t, "members", dump_member);
		break;
	case BTF_ENUM:
	case BTF_ENUM64:
		word(d, "encoding", t->kflag ? "SIGNED" : "UNSIGNED");
		number(d, "size", t->size);
		elements(d, t, "values", dump_value);
		break;
	case BTF_FWD: word(d, "fwd_kind", t->kflag ? "union" : "struct"); break;
	case BTF_FUNC:
		number(d, "type_id", t->type);
		word(d, "linkage", linkage_name(t->vlen));
		break;
	case BTF_FUNC_PROTO:
		number(d, "ret_type_id", t->type);
		elements(d, t, "params", dump_param);
		break;
	case BTF_VAR:
		number(d, "type_id", t->type);
		if (!d->json)
			out_char(d->out, ',');
		word(d, "linkage", linkage_name(btf_tail_u32(t)));
		break;
	case BTF_DATASEC:
		number(d, "size", t->size);
		elements(d, t, "vars", dump_variable);
		break;
	case BTF_FLOAT: number(d, "size", t->size); break;
	case BTF_DECL_TAG:
		number(d, "type_id", t->type);
		signed_number(d, "component_idx", (int32_t)btf_tail_u32(t));
		break;
	default: break;
	}
}

static void dump_type(struct dump *d, const struct btf_type *t, bool is_first)
{
	if (d->json) {
		out_text(d->out, is_first ? "{\"id\":" : ",{\"id\":");
		out_u64(d->out, t->id, 0);
		out_text(d->out, ",\"kind\":\"");
		put_kind(d, t->kind);
		out_text(d->out, "\",\"name\":");
		put_string(d, t->name);
		d->first = false;
		dump_facts(d, t);
		out_char(d->out, '}');
		return;
	}
	out_char(d->out, '[');
	out_u64(d->out, t->id, 0);
	out_text(d->out, "] ");
	put_kind(d, t->kind);
	out_char(d->out, ' ');
	put_string(d, t->name);
	dump_facts(d, t);
	out_line(d->out);
}

bool dump_write(const struct btf *b, enum dump_form form, const uint32_t *ids, size_t id_count,
		struct out *out)
{
	struct dump d = {.out = out, .b = b, .json = form == DUMP_JSON};
	struct btf_type t = {0};

	if (d.json)
		out_text(out, "{\"types\":[");
	for (size_t i = 0; !out->failed && (ids ? i < id_count : btf_next(b, &t, -1)); i++) {
		if (ids)
			t = btf_type(b, ids[i]);
		dump_type(&d, &t, i == 0);
	}
	if (d.json) {
		out_text(out, "]}");
		out_line(out);
	}
	return out_flush(out);
}
