/*
 * symbols: a hash of the names of a list, by what stands before their first dot, so that all forms
 * of a function stand in one chain. See symbols.h.
 */
#include "core/symbols.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "format/asked.h"
#include "format/foreign.h"

struct symbol_entry {
	uint32_t at;   /* of the name, bytes into the input; its type stands two before */
	uint32_t next; /* 1 + index of the next entry of the bucket, 0 for none */
};

struct symbols {
	struct input *input;
	struct symbol_entry *entries;
	size_t count, cap;
	uint32_t *bucket; /* 1 + index of its first entry, 0 for none */
	uint32_t mask;
	bool modules;
	atomic_uint refs;
};

/* Up to a name's first dot; a name that starts with one is taken as a whole. */
static size_t stem_len(const char *name, size_t len)
{
	const char *dot = len ? memchr(name + 1, '.', len - 1) : NULL;

	return dot ? (size_t)(dot - name) : len;
}

static uint32_t hash(const char *name, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619u;
	return h ^ h >> 15;
}

/* Bytes up to a space or the end of the line. */
static size_t word_len(const char *s, const char *end)
{
	const char *at = s;

	while (at < end && !isspace((unsigned char)*at))
		at++;
	return (size_t)(at - s);
}

static const char *input_end(const struct symbols *s)
{
	return (const char *)s->input->data + s->input->len;
}

/* The name of the line [at, stop) "address type name"; NULL when it is none. */
static const char *line_name(const char *at, const char *stop)
{
	while (at < stop && isxdigit((unsigned char)*at))
		at++;
	if (stop - at < 4 || at[0] != ' ' || !isgraph((unsigned char)at[1]) || at[2] != ' ' ||
	    !isgraph((unsigned char)at[3]))
		return NULL;
	return at + 3;
}

static bool is_blank(const char *at, const char *stop)
{
	return at == stop || (stop - at == 1 && *at == '\r');
}

static int read_lines(struct symbols *s, struct err *e)
{
	const char *start = (const char *)s->input->data, *end = input_end(s);
	size_t line = 0;

	for (const char *at = start, *stop; at < end; at = stop + 1) {
		struct symbol_entry *more;
		const char *name;

		stop = memchr(at, '\n', (size_t)(end - at));
		if (!stop)
			stop = end;
		line++;
		if (is_blank(at, stop))
			continue;
		name = line_name(at, stop);
		if (!name)
			return err_set(e, ERR_FORMAT, s->input->path, NULL, (uint64_t)(at - start),
				       "not a list of a kernel's symbols: line %zu is no `address "
				       "type name`",
				       line);
		more = array_grow(s->entries, &s->cap, s->count, sizeof(*more));
		if (!more)
			return err_memory(e, s->input->path);
		s->entries = more;
		s->entries[s->count++].at = (uint32_t)(name - start);
		s->modules |= stop[-1] == ']';
	}
	return 0;
}

static int link_entries(struct symbols *s, struct err *e)
{
	const char *start = (const char *)s->input->data, *end = input_end(s);
	size_t buckets = 1;

	while (buckets < 2 * s->count)
		buckets *= 2;
	s->bucket = calloc(buckets, sizeof(*s->bucket));
	if (!s->bucket)
		return err_memory(e, s->input->path);
	s->mask = (uint32_t)(buckets - 1);
	for (size_t i = 0; i < s->count; i++) {
		const char *name = start + s->entries[i].at;
		size_t len = stem_len(name, word_len(name, end));
		uint32_t *head = &s->bucket[hash(name, len) & s->mask];

		s->entries[i].next = *head;
		*head = (uint32_t)i + 1;
	}
	return 0;
}

int symbols_open(const char *path, struct symbols **out, struct err *e)
{
	struct symbols *s = calloc(1, sizeof(*s));

	if (!s)
		return err_memory(e, path);
	atomic_init(&s->refs, 1);
	if (input_open(path, &s->input, e) < 0 || foreign_is_symbols(s->input, e) < 0 ||
	    read_lines(s, e) < 0 || link_entries(s, e) < 0) {
		symbols_unref(s);
		return -1;
	}
	*out = s;
	return 0;
}

struct symbols *symbols_ref(const struct symbols *s)
{
	struct symbols *own = (struct symbols *)(uintptr_t)s;

	atomic_fetch_add(&own->refs, 1);
	return own;
}

void symbols_unref(struct symbols *s)
{
	if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	input_unref(s->input);
	free(s->entries);
	free(s->bucket);
	free(s);
}

const char *symbols_path(const struct symbols *s)
{
	return s->input->path;
}

void symbols_digest(const struct symbols *s, struct digester *d)
{
	digest_add(d, s->count);
	for (size_t i = 0; i < s->count; i++) {
		/* The type stands two before the name, the module behind it. */
		const char *at = (const char *)s->input->data + s->entries[i].at - 2;
		const char *stop = memchr(at, '\n', (size_t)(input_end(s) - at));

		digest_bytes(d, at, (size_t)((stop ? stop : input_end(s)) - at));
	}
}

bool symbols_list_modules(const struct symbols *s)
{
	asked_for(ASKED_LISTED, 0, NULL, 0);
	return s->modules;
}

/* The entry after `at` (the first for NULL) whose name has that stem. */
static const struct symbol_entry *next_of(const struct symbols *s, const struct symbol_entry *at,
					  const char *stem, size_t len)
{
	uint32_t i = at ? at->next : s->bucket[hash(stem, len) & s->mask];

	for (; i; i = s->entries[i - 1].next) {
		const char *name = (const char *)s->input->data + s->entries[i - 1].at;
		size_t left = (size_t)(input_end(s) - name);

		if (left >= len && memcmp(name, stem, len) == 0 &&
		    (left == len || name[len] == '.' || isspace((unsigned char)name[len])))
			return &s->entries[i - 1];
	}
	return NULL;
}

bool symbols_has(const struct symbols *s, const char *name, size_t len)
{
	const struct symbol_entry *x = NULL;
	size_t stem = stem_len(name, len);

	asked_for(ASKED_SYMBOL, 0, name, len);
	while (len && (x = next_of(s, x, name, stem))) {
		const char *have = (const char *)s->input->data + x->at;

		if (word_len(have, input_end(s)) == len && memcmp(have, name, len) == 0)
			return true;
	}
	return false;
}

/* The module in "name\t[module]"; vmlinux without one. */
static const char *module_of(const struct symbols *s, const char *name, size_t *len)
{
	const char *end = input_end(s), *at = name + word_len(name, end);

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at == end || *at != '[') {
		*len = strlen("vmlinux");
		return "vmlinux";
	}
	at++;
	*len = word_len(at, end);
	if (*len && at[*len - 1] == ']')
		--*len;
	return at;
}

static bool is_text(const char *s, size_t len, const char *text)
{
	return strlen(text) == len && memcmp(s, text, len) == 0;
}

/* Whether x is code of that module, or of any for a module_len of 0. */
static bool is_code(const struct symbols *s, const struct symbol_entry *x, const char *module,
		    size_t module_len)
{
	static const char code[] = {'t', 'T', 'w', 'W', 'i'};
	const char *name = (const char *)s->input->data + x->at, *in;
	size_t len;

	if (!memchr(code, name[-2], sizeof(code)))
		return false;
	in = module_of(s, name, &len);
	if (module_len)
		return len == module_len && memcmp(in, module, len) == 0;
	return !is_text(in, len, "bpf") && (len < 10 || memcmp(in, "__builtin_", 10) != 0);
}

static void note_function(const char *module, size_t module_len, const char *name, size_t len)
{
	char text[512];

	if (module_len + len > sizeof(text)) {
		asked_all(NULL);
		return;
	}
	if (module_len)
		memcpy(text, module, module_len);
	memcpy(text + module_len, name, len);
	asked_for(ASKED_FUNCTION, (uint32_t)module_len, text, module_len + len);
}

enum symbol_form symbols_function(const struct symbols *s, const char *module, size_t module_len,
				  const char *name, size_t len)
{
	const struct symbol_entry *x = NULL;
	enum symbol_form best = SYMBOL_NONE;
	size_t stem = stem_len(name, len);

	if (asked_by)
		note_function(module, module_len, name, len);
	while (len && best != SYMBOL_WHOLE && (x = next_of(s, x, name, stem))) {
		const char *have = (const char *)s->input->data + x->at;
		size_t have_len = word_len(have, input_end(s));
		enum symbol_form form = SYMBOL_SPLIT;

		if (have_len < len || memcmp(have, name, len) != 0 ||
		    (have_len > len && have[len] != '.') || !is_code(s, x, module, module_len))
			continue;
		if (have_len == len)
			form = have[-2] == 'w' || have[-2] == 'W' ? SYMBOL_WEAK : SYMBOL_WHOLE;
		else if (have_len - len > 6 && memcmp(have + len, ".llvm.", 6) == 0)
			form = SYMBOL_HASHED;
		if (form > best)
			best = form;
	}
	return best;
}

bool symbols_glob(const char *pattern, size_t pattern_len, const char *name, size_t len)
{
	size_t p = 0, n = 0, star = SIZE_MAX, from = 0;

	while (n < len) {
		if (p < pattern_len && pattern[p] == '*') {
			star = p++;
			from = n;
		} else if (p < pattern_len && (pattern[p] == '?' || pattern[p] == name[n])) {
			p++;
			n++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			n = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern_len && pattern[p] == '*')
		p++;
	return p == pattern_len;
}

bool symbols_match(const struct symbols *s, const char *pattern, size_t len)
{
	asked_for(ASKED_PATTERN, 0, pattern, len);
	for (size_t i = 0; i < s->count; i++) {
		const char *name = (const char *)s->input->data + s->entries[i].at;

		if (symbols_glob(pattern, len, name, word_len(name, input_end(s))) &&
		    is_code(s, &s->entries[i], NULL, 0))
			return true;
	}
	return false;
}
