/* fuzz: opens parts of an input and holds promises; see fuzz.h. */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { LENGTH = 4 };

void fuzz_split(const uint8_t *data, size_t len, struct bytes part[FUZZ_PARTS_MOST])
{
	memset(part, 0, FUZZ_PARTS_MOST * sizeof(*part));
	for (unsigned i = 0; i + 1 < fuzz_parts && len >= LENGTH; i++) {
		size_t said = load_u32(data, host_big_endian());

		data += LENGTH;
		len -= LENGTH;
		part[i] = (struct bytes){data, said < len ? said : len};
		data += part[i].len;
		len -= part[i].len;
	}
	part[fuzz_parts - 1] = (struct bytes){data, len};
}

size_t fuzz_join(const struct bytes part[FUZZ_PARTS_MOST], uint8_t *data, size_t most)
{
	size_t at = 0;

	for (unsigned i = 0; i < fuzz_parts; i++) {
		size_t head = i + 1 < fuzz_parts ? LENGTH : 0, room, n;

		if (most - at < head)
			break;
		room = most - at - head;
		n = part[i].len < room ? part[i].len : room;
		if (head)
			store_u32(data + at, (uint32_t)n, host_big_endian());
		if (n)
			memcpy(data + at + head, part[i].at, n);
		at += head + n;
	}
	return at;
}

void fuzz_holds(bool holds, const char *promise, ...)
{
	va_list args;

	if (holds)
		return;
	va_start(args, promise);
	fputs("broken promise: ", stderr);
	vfprintf(stderr, promise, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

void fuzz_refused(const struct err *e)
{
	char line[ERR_LINE_MAX];

	err_line(e, line, sizeof(line));
	fuzz_holds(e->code != ERR_NONE && e->message[0], "an error says what is wrong");
	fuzz_holds(!strchr(line, '\n'), "an error is one line: %s", line);
}

struct input *fuzz_input(struct bytes b)
{
	struct input *in = input_copy("input", b.at, b.len);

	if (!in)
		abort();
	return in;
}

struct btf *fuzz_btf(struct bytes bytes, const struct btf *base)
{
	struct input *in = fuzz_input(bytes);
	struct btf *b = NULL;
	struct err e = {0};

	if (btf_from_input(in, base, &b, &e) < 0) {
		fuzz_refused(&e);
		b = NULL;
	}
	input_unref(in);
	return b;
}

struct object *fuzz_object(struct bytes bytes)
{
	struct input *in = fuzz_input(bytes);
	struct object *o = NULL;
	struct err e = {0};

	if (object_from_input(in, &o, &e) < 0) {
		fuzz_refused(&e);
		o = NULL;
	}
	input_unref(in);
	return o;
}

bool fuzz_pair(struct bytes kernel, struct bytes object, struct pair *out)
{
	const struct target_facts facts = {.name = "input"};
	struct err e = {0};
	bool paired;

	*out = (struct pair){.object = fuzz_object(object)};
	out->btf = out->object ? fuzz_btf(kernel, NULL) : NULL;
	if (out->btf && target_of(out->btf, &facts, &out->target, &e) < 0)
		fuzz_refused(&e);
	paired = out->target && out->btf->big_endian == out->object->big_endian;
	if (paired && resolution_new(out->object, out->target, NULL, &out->resolution, &e) < 0) {
		fuzz_refused(&e);
		paired = false;
	}
	if (!paired)
		fuzz_pair_free(out);
	return paired;
}

void fuzz_pair_free(struct pair *p)
{
	resolution_free(p->resolution);
	target_free(p->target);
	btf_unref(p->btf);
	object_free(p->object);
	*p = (struct pair){0};
}

bool fuzz_take(void *ctx, const char *text, size_t len)
{
	struct buf *b = ctx;

	buf_add(b, text, len);
	return !b->failed;
}
