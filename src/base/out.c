/* out: see out.h. */
#include "base/out.h"

#include <stdio.h>

void out_start(struct out *o, bool (*take)(void *ctx, const char *text, size_t len), void *ctx)
{
	o->take = take;
	o->ctx = ctx;
	o->failed = false;
	o->line = o->given = 0;
	o->len = 0;
}

bool out_flush(struct out *o)
{
	if (!o->failed && o->len)
		o->failed = !o->take(o->ctx, o->text, o->len);
	o->given += o->len;
	o->len = 0;
	return !o->failed;
}

void out_bytes(struct out *o, const char *s, size_t n)
{
	while (n) {
		size_t room = sizeof(o->text) - o->len, part = n < room ? n : room;

		memcpy(o->text + o->len, s, part);
		o->len += part;
		s += part;
		n -= part;
		if (n)
			out_flush(o);
	}
}

void out_repeat(struct out *o, char c, size_t n)
{
	while (n--)
		out_char(o, c);
}

void out_u64(struct out *o, uint64_t v, unsigned width)
{
	char digits[24];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while (v /= 10);
	out_repeat(o, ' ', width > n ? width - n : 0);
	while (n)
		out_char(o, digits[--n]);
}

void out_i64(struct out *o, int64_t v)
{
	if (v < 0)
		out_char(o, '-');
	out_u64(o, v < 0 ? -(uint64_t)v : (uint64_t)v, 0);
}

static bool is_plain(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

/* Length of the character of UTF-8 at s, whose number is put into *code; 0 when it is none. */
static size_t utf8_len(const unsigned char *s, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = *s < 0x80   ? 1
		   : *s < 0xc2 ? 0
		   : *s < 0xe0 ? 2
		   : *s < 0xf0 ? 3
		   : *s < 0xf5 ? 4
			       : 0;

	if (n < 2) {
		*code = *s;
		return n;
	}
	*code = *s & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3fu);
	}
	return *code >= least[n] && *code < 0x110000 && (*code < 0xd800 || *code > 0xdfff) ? n : 0;
}

/* Controls, and marks that turn the direction of the text around them. */
static bool moves_text(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

static void out_escaped(struct out *o, const unsigned char *s, size_t n)
{
	char text[8];

	for (size_t i = 0; i < n; i++) {
		const char *known = strchr("\tt\nn\rr", s[i]);

		if (s[i] < ' ' && known) {
			out_char(o, '\\');
			out_char(o, known[1]);
		} else {
			snprintf(text, sizeof(text), "\\x%02x", s[i]);
			out_text(o, text);
		}
	}
}

void out_name(struct out *o, const char *name)
{
	const unsigned char *s = (const unsigned char *)name;

	if (is_plain(name)) {
		out_text(o, name);
		return;
	}
	while (*s) {
		uint32_t code;
		size_t n = utf8_len(s, &code);

		if (n && !moves_text(code))
			out_bytes(o, (const char *)s, n);
		else
			out_escaped(o, s, n ? n : 1);
		s += n ? n : 1;
	}
}

void out_json(struct out *o, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	char escape[8];

	out_char(o, '"');
	if (is_plain(text) && !strpbrk(text, "\"\\")) {
		out_text(o, text);
		out_char(o, '"');
		return;
	}
	while (*s) {
		uint32_t code;
		size_t n = utf8_len(s, &code);

		if (!n) {
			out_text(o, "\xef\xbf\xbd");
			n = 1;
		} else if (*s == '"' || *s == '\\') {
			out_char(o, '\\');
			out_char(o, (char)*s);
		} else if (moves_text(code)) {
			snprintf(escape, sizeof(escape), "\\u%04x", code);
			out_text(o, escape);
		} else {
			out_bytes(o, (const char *)s, n);
		}
		s += n;
	}
	out_char(o, '"');
}
