/*
 * ctext_decl: declarations. The chain from the type to what stands at its left is put on a stack.
 * Then it is walked twice: from the left inwards, for what stands before the name, and back, for
 * brackets and parameters.
 */
#include "base/arena.h"
#include "print/ctext.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Parts of one declaration, parameters included, and declarations in one another: a hostile BTF
 * nests them without end. */
enum { PARTS = 1024, NESTED = 64 };

static bool stack_part(struct ctext *c, const struct btf_type *t)
{
	struct ctext_part *parts =
	    array_grow(c->parts, &c->part_cap, c->part_count, sizeof(*parts));

	if (!parts) {
		c->failed = true;
		return false;
	}
	c->parts = parts;
	parts[c->part_count++] = (struct ctext_part){t->id, t->kind};
	return true;
}

/* Whether it goes around what it refers to; *next is that. */
static bool goes_around(const struct btf_type *t, uint32_t *next)
{
	switch (t->kind) {
	case BTF_ARRAY: *next = btf_array(t).elem; return true;
	case BTF_PTR:
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG:
	case BTF_FUNC:
	case BTF_FUNC_PROTO:
	case BTF_VAR: *next = t->type; return true;
	default: return false;
	}
}

/* Of a struct, a union or an enum with a name nothing else is read than that. */
static struct btf_type type_of(const struct btf *b, uint32_t id)
{
	struct btf_head t = btf_head(b, id);

	if (*t.name &&
	    (btf_is_kind_composite(t.kind) || t.kind == BTF_ENUM || t.kind == BTF_ENUM64))
		return (struct btf_type){
		    .btf = t.btf, .id = t.id, .kind = (uint8_t)t.kind, .name = t.name};
	return btf_type(b, id);
}

/* Puts what goes around the type at the left on the stack; false where that is cut off. */
static bool push_chain(struct ctext *c, uint32_t id, struct btf_type *base)
{
	for (;;) {
		uint32_t next;

		*base = type_of(c->btf, id);
		if (c->left == 0 || c->nested > NESTED)
			return false;
		c->left--;
		if (!goes_around(base, &next))
			return true;
		if (!stack_part(c, base))
			return false;
		id = next;
	}
}

/* Whether the qualifiers that stand before the part end with it. */
static bool ends_qualifiers(unsigned kind)
{
	return kind == BTF_PTR || kind == BTF_FUNC_PROTO || kind == BTF_FUNC || kind == BTF_VAR;
}

static void put_word(struct ctext *c, bool *space, const char *word)
{
	if (*space)
		out_char(c->out, ' ');
	out_text(c->out, word);
	*space = true;
}

/* Within the quotes of C, where a number in octal has three digits and no more. */
static void put_quoted(struct out *o, const char *text)
{
	char octal[5];

	for (; *text; text++) {
		unsigned char one = (unsigned char)*text;

		if (one == '"' || one == '\\')
			out_char(o, '\\');
		if (one >= ' ' && one < 0x7f) {
			out_char(o, *text);
		} else {
			snprintf(octal, sizeof(octal), "\\%03o", one);
			out_text(o, octal);
		}
	}
}

/* Whether a compiler can read the text of a tag as an attribute: a name, and what it takes in
 * brackets. */
static bool is_attribute(const char *text)
{
	long open = 0;

	if (!isalpha((unsigned char)*text) && *text != '_')
		return false;
	for (; *text && open >= 0; text++) {
		open += (*text == '(') - (*text == ')');
		if (!isalnum((unsigned char)*text) && !strchr("_ ,()", *text))
			return false;
	}
	return open == 0;
}

static void put_tag(struct ctext *c, bool *space, const struct btf_type *t)
{
	bool attribute = t->kflag && (c->style != CTEXT_SOURCE || is_attribute(t->name));

	if (!t->kflag && c->style != CTEXT_SOURCE && names_is_identifier(t->name)) {
		put_word(c, space, "__"); /* the kernel's own spelling: __user, __rcu */
		out_text(c->out, t->name);
		return;
	}
	put_word(c, space, attribute ? "__attribute__((" : "__attribute__((btf_type_tag(\"");
	if (c->style == CTEXT_DECL)
		out_text(c->out, t->name);
	else if (c->style == CTEXT_SOURCE && !attribute)
		put_quoted(c->out, t->name);
	else
		out_name(c->out, t->name);
	out_text(c->out, attribute ? "))" : "\")))");
}

/* Writes the qualifiers that stand before part `end`, and after the last pointer or function before
 * it: each once, as it is met, and then the tags, the innermost first. */
static void put_qualifiers(struct ctext *c, size_t from, size_t end, bool *space)
{
	static const struct {
		uint8_t kind;
		const char *word;
	} words[] = {{BTF_CONST, "const"}, {BTF_VOLATILE, "volatile"}, {BTF_RESTRICT, "restrict"}};
	unsigned seen = 0;
	size_t at = end;

	while (at > from && !ends_qualifiers(c->parts[at - 1].kind))
		at--;
	for (size_t i = at; i < end; i++)
		for (size_t w = 0; w < sizeof(words) / sizeof(*words); w++) {
			if (c->parts[i].kind != words[w].kind || seen & 1u << w)
				continue;
			seen |= 1u << w;
			put_word(c, space, words[w].word);
		}
}

static void put_tags(struct ctext *c, size_t from, size_t end, bool *space)
{
	for (size_t i = end; i > from && !ends_qualifiers(c->parts[i - 1].kind); i--)
		if (c->parts[i - 1].kind == BTF_TYPE_TAG) {
			struct btf_type t = btf_type(c->btf, c->parts[i - 1].id);

			put_tag(c, space, &t);
		}
}

/* Whether what the pointer at part i points to has brackets or parameters, which bind closer. */
static bool needs_parens(const struct ctext *c, size_t i, size_t end)
{
	while (++i < end) {
		switch (c->parts[i].kind) {
		case BTF_ARRAY:
		case BTF_FUNC_PROTO: return true;
		case BTF_CONST:
		case BTF_VOLATILE:
		case BTF_RESTRICT:
		case BTF_TYPE_TAG: continue;
		default: return false;
		}
	}
	return false;
}

/* "" of a kind that has none. */
static const char *keyword_of(const struct btf_type *t)
{
	switch (t->kind) {
	case BTF_STRUCT: return "struct";
	case BTF_UNION: return "union";
	case BTF_ENUM:
	case BTF_ENUM64: return "enum";
	case BTF_FWD: return t->kflag ? "union" : "struct";
	default: return "";
	}
}

void ctext_anonymous(struct ctext *c, const struct btf_type *t)
{
	struct btf_type nameless = *t;
	unsigned left = c->left;

	nameless.name = "";
	out_text(c->out, keyword_of(t));
	out_char(c->out, ' ');
	if (c->style == CTEXT_DECL || c->depth > CTEXT_DEPTH || c->members > c->most_members) {
		/* A compiler takes a type without members. */
		out_text(c->out, c->style == CTEXT_SOURCE ? "{}" : "{...}");
		c->cut = true;
		return;
	}
	ctext_body(c, &nameless);
	c->left = left;
}

/* The type at the left; `behind`: a pointer stands between it and the name. */
static void put_base(struct ctext *c, const struct btf_type *t, bool behind)
{
	const char *keyword = keyword_of(t);
	uint64_t start = c->start;

	if (!*t->name && !*keyword) {
		out_text(c->out, btf_kind_name(t->kind));
		return;
	}
	if (*t->name) {
		if (*keyword) {
			out_text(c->out, keyword);
			out_char(c->out, ' ');
		}
		ctext_type_name(c, t);
		return;
	}
	if (behind) /* where its offsets start anew */
		c->start = 0;
	ctext_anonymous(c, t);
	c->start = start;
}

static uint32_t decl(struct ctext *c, uint32_t id, const char *name, const struct btf_type *of);

static void put_params(struct ctext *c, uint32_t id)
{
	struct btf_type t = btf_type(c->btf, id);

	out_char(c->out, '(');
	if (t.vlen == 0)
		out_text(c->out, "void");
	/* Before C23 a function of nothing but `...` is one of no prototype. */
	else if (t.vlen == 1 && btf_param(&t, 0).type == 0 && c->style == CTEXT_SOURCE)
		t.vlen = 0;
	for (uint32_t i = 0; i < t.vlen; i++) {
		struct btf_param p = btf_param(&t, i);

		if (i)
			out_text(c->out, ", ");
		if (p.type == 0)
			out_text(c->out, "...");
		else
			decl(c, p.type, p.name, NULL);
		if (c->left == 0)
			break;
	}
	out_char(c->out, ')');
}

/* What stands before the name: stars, and the parentheses around them. */
static void put_left(struct ctext *c, size_t from, size_t end, bool *space)
{
	for (size_t i = end; i > from; i--) {
		if (c->parts[i - 1].kind != BTF_PTR)
			continue;
		put_word(c, space, needs_parens(c, i - 1, end) ? "(*" : "*");
		*space = false;
		put_qualifiers(c, from, i - 1, space);
		put_tags(c, from, i - 1, space);
	}
}

static void put_right(struct ctext *c, size_t from, size_t end, bool space)
{
	for (size_t i = from; i < end; i++) {
		struct btf_type t;

		switch (c->parts[i].kind) {
		case BTF_PTR:
			if (needs_parens(c, i, end))
				out_char(c->out, ')');
			break;
		case BTF_ARRAY:
			t = btf_type(c->btf, c->parts[i].id);
			out_char(c->out, '[');
			out_u64(c->out, btf_array(&t).count, 0);
			out_char(c->out, ']');
			break;
		case BTF_FUNC_PROTO:
			if (space)
				out_char(c->out, ' ');
			put_params(c, c->parts[i].id);
			break;
		default: continue;
		}
		space = false;
	}
}

/* A function or a variable has a name of its own. */
static const char *name_of(const struct ctext *c, size_t from, size_t end, const char *name)
{
	for (size_t i = from; i < end && !(name && *name); i++)
		if (c->parts[i].kind == BTF_FUNC || c->parts[i].kind == BTF_VAR)
			name = btf_type(c->btf, c->parts[i].id).name;
	return name && *name ? name : NULL;
}

/* The name is that of the type `of`, when there is one. */
static uint32_t decl(struct ctext *c, uint32_t id, const char *name, const struct btf_type *of)
{
	size_t from = c->part_count, end;
	struct btf_type base;
	bool whole = push_chain(c, id, &base), space = false, behind = false;

	c->nested++;
	end = c->part_count;
	name = name_of(c, from, end, name);
	for (size_t i = from; i < end; i++)
		behind = behind || c->parts[i].kind == BTF_PTR;
	if (whole) {
		put_qualifiers(c, from, end, &space);
		if (space)
			out_char(c->out, ' ');
		put_base(c, &base, behind);
		space = true;
		put_tags(c, from, end, &space);
	} else {
		out_text(c->out, "...");
		space = true;
	}
	put_left(c, from, end, &space);
	if (name || of) {
		put_word(c, &space, "");
		if (of)
			ctext_type_name(c, of);
		else
			ctext_name(c, name, 0);
		space = false;
	}
	put_right(c, from, end, space);
	c->part_count = from;
	c->nested--;
	return base.id;
}

uint32_t ctext_decl(struct ctext *c, uint32_t id, const char *name)
{
	c->left = PARTS;
	return decl(c, id, name, NULL);
}

void ctext_decl_of(struct ctext *c, uint32_t id, const struct btf_type *of)
{
	c->left = PARTS;
	decl(c, id, NULL, of);
}
