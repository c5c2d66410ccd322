/* print: a BTF in C, laid out, raw and as JSON. The JSON is read back: it has every type, with its
 * numbers. */
#include "support/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "print/ctext.h"
#include "print/dump.h"
#include "print/source.h"

const unsigned fuzz_parts = 1;

/* JSON, and how far it was read. */
struct json {
	const char *at, *end;
};

static void expect(struct json *j, char c)
{
	fuzz_holds(j->at < j->end && *j->at == c, "JSON has '%c' at %.20s", c, j->at);
	j->at++;
}

/* Reads a string; what it says is left as it is written. */
static void read_string(struct json *j, const char **text, size_t *len)
{
	expect(j, '"');
	*text = j->at;
	while (j->at < j->end && *j->at != '"') {
		fuzz_holds((unsigned char)*j->at >= ' ', "JSON has no control characters");
		j->at += *j->at == '\\' ? 2 : 1;
	}
	*len = (size_t)(j->at - *text);
	expect(j, '"');
}

static void read_value(struct json *j, unsigned depth);

/* Elements until `close`, each with a key where that is '}'; how many. */
static size_t read_list(struct json *j, char close, unsigned depth)
{
	size_t count = 0, len;
	const char *key;

	for (; j->at < j->end && *j->at != close; count++) {
		if (count)
			expect(j, ',');
		if (close == '}') {
			read_string(j, &key, &len);
			expect(j, ':');
		}
		read_value(j, depth + 1);
	}
	expect(j, close);
	return count;
}

static void read_value(struct json *j, unsigned depth)
{
	const char *text;
	size_t len;

	fuzz_holds(depth < 8 && j->at < j->end, "JSON is nested as bpftool's is");
	if (*j->at == '{' || *j->at == '[') {
		char close = *j->at == '{' ? '}' : ']';

		j->at++;
		read_list(j, close, depth);
	} else if (*j->at == '"') {
		read_string(j, &text, &len);
	} else {
		text = j->at;
		while (j->at < j->end && strchr("-0123456789truefalsn", *j->at))
			j->at++;
		fuzz_holds(j->at > text, "JSON has a value at %.20s", text);
	}
}

static bool is_plain(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~' || *s == '"' || *s == '\\')
			return false;
	return true;
}

static void read_key(struct json *j, const char *key)
{
	const char *text;
	size_t len;

	read_string(j, &text, &len);
	fuzz_holds(len == strlen(key) && memcmp(text, key, len) == 0, "JSON has a key %s", key);
	expect(j, ':');
}

/* {"id":1,"kind":"INT","name":"int",...} */
static void read_type(struct json *j, const struct btf_type *t)
{
	const char *text;
	size_t len;

	expect(j, '{');
	read_key(j, "id");
	fuzz_holds(strtoul(j->at, NULL, 10) == t->id, "JSON has type [%u]", t->id);
	read_value(j, 1);
	expect(j, ',');
	read_key(j, "kind");
	read_value(j, 1);
	expect(j, ',');
	read_key(j, "name");
	read_string(j, &text, &len);
	if (t->name[0] && is_plain(t->name))
		fuzz_holds(len == strlen(t->name) && memcmp(text, t->name, len) == 0,
			   "JSON has the name of type [%u]", t->id);
	if (j->at < j->end && *j->at == ',') {
		j->at++;
		read_list(j, '}', 1);
	} else {
		expect(j, '}');
	}
}

static void read_back(const struct btf *b, const struct buf *text)
{
	struct json j = {(const char *)text->data, (const char *)text->data + text->len};
	struct btf_type t = {0};
	bool first = true;

	expect(&j, '{');
	read_key(&j, "types");
	expect(&j, '[');
	while (btf_next(b, &t, -1)) {
		if (!first)
			expect(&j, ',');
		read_type(&j, &t);
		first = false;
	}
	expect(&j, ']');
	expect(&j, '}');
}

static void dump(const struct btf *b, enum dump_form form)
{
	struct buf text = {0};
	struct out out;

	out_start(&out, fuzz_take, &text);
	fuzz_holds(dump_write(b, form, NULL, 0, &out), "a dump is written");
	if (form == DUMP_JSON)
		read_back(b, &text);
	free(text.data);
}

/* Brackets close in C as they were opened, but for those in quotes. */
static void balance(const struct buf *text)
{
	long curly = 0, round = 0;
	bool quoted = false;

	for (size_t i = 0; i < text->len; i++) {
		if (text->data[i] == '"')
			quoted = !quoted;
		if (quoted) {
			i += text->data[i] == '\\';
			continue;
		}
		curly += (text->data[i] == '{') - (text->data[i] == '}');
		round += (text->data[i] == '(') - (text->data[i] == ')');
		fuzz_holds(curly >= 0 && round >= 0, "C has no bracket more");
	}
	fuzz_holds(!quoted, "quotes of C are closed");
	fuzz_holds(curly == 0 && round == 0, "C has as many brackets closed as open");
}

static void write_source(const struct btf *b, bool header)
{
	const struct source_options options = {.header = header};
	struct buf text = {0};
	struct err e = {0};
	struct out out;

	out_start(&out, fuzz_take, &text);
	if (source_write(b, &options, &out, &e) < 0)
		fuzz_refused(&e);
	else
		balance(&text);
	free(text.data);
}

static void define_each(const struct btf *b, enum ctext_style style)
{
	struct buf text = {0};
	struct btf_type t = {0};
	struct out out;

	out_start(&out, fuzz_take, &text);
	while (btf_next(b, &t, -1)) {
		struct ctext c = {.out = &out, .btf = b, .style = style, .most_members = 1 << 10};

		ctext_define(&c, t.id);
		ctext_decl(&c, t.id, "name");
		ctext_free(&c);
	}
	out_flush(&out);
	free(text.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct btf *b = fuzz_btf((struct bytes){data, len}, NULL);

	if (!b)
		return 0;
	dump(b, DUMP_RAW);
	dump(b, DUMP_JSON);
	write_source(b, false);
	write_source(b, true);
	define_each(b, CTEXT_DECL);
	define_each(b, CTEXT_OFFSETS);
	define_each(b, CTEXT_LAYOUT);
	btf_unref(b);
	return 0;
}
