/* names: see names.h. */
#include "print/names.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

enum space { TAGS, ORDINARY, SPACES };

struct named {
	const char *name; /* NULL: the place is free */
	uint32_t hash;
	uint32_t id;    /* of the type that has it; 0 for others */
	uint32_t count; /* numbers that were given out behind it */
};

struct table {
	struct named *at;
	size_t size, count; /* size is a power of 2 */
};

struct names {
	const struct btf *b;
	struct table table[SPACES];
	uint32_t *number;  /* by id: what stands behind the name */
	uint32_t *meant;   /* by id of a forward declaration; 0: itself */
	struct arena made; /* names that are in no BTF */
	bool failed;
	bool is_long; /* for a name was too long */
};

/* What C, or clang, has already: no typedef and no enumerator can be called so. */
static const char *const reserved[] = {
    "_Alignas",
    "_Alignof",
    "_Atomic",
    "_Bool",
    "_Complex",
    "_Float16",
    "_Generic",
    "_Imaginary",
    "_Noreturn",
    "_Static_assert",
    "_Thread_local",
    "__auto_type",
    "__bf16",
    "__builtin_ms_va_list",
    "__builtin_va_list",
    "__float128",
    "__fp16",
    "__ibm128",
    "__int128",
    "asm",
    "auto",
    "break",
    "case",
    "char",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "typedef",
    "typeof",
    "union",
    "unsigned",
    "void",
    "volatile",
    "while",
};

enum { RESERVED = sizeof(reserved) / sizeof(*reserved) };

static int compare_words(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

static bool is_reserved(const char *name)
{
	return bsearch(name, reserved, RESERVED, sizeof(*reserved), compare_words) != NULL;
}

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

bool names_is_identifier(const char *s)
{
	if (!*s || (*s >= '0' && *s <= '9'))
		return false;
	while (is_word_char(*s))
		s++;
	return !*s;
}

void names_write(struct out *o, const char *name, uint32_t number)
{
	if (names_is_identifier(name)) {
		out_text(o, name);
	} else {
		if (!is_word_char(*name) || (*name >= '0' && *name <= '9'))
			out_char(o, '_');
		for (const char *s = name; *s; s++)
			out_char(o, is_word_char(*s) ? *s : '_');
	}
	if (number) {
		out_text(o, "___");
		out_u64(o, number, 0);
	} else if (is_reserved(name)) {
		out_char(o, '_');
	}
}

int names_check(const struct names *n, struct err *e)
{
	if (n->is_long)
		return err_set(e, ERR_LIMIT, n->b->name, NULL, ERR_NO_OFFSET,
			       "a name has more than %d bytes", NAMES_LONGEST);
	return n->failed ? err_memory(e, n->b->name) : 0;
}

static uint32_t hash_of(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h ^ h >> 15;
}

/* Where the name is, or would be put. */
static struct named *place(const struct table *t, const char *name, uint32_t hash)
{
	size_t at = hash & (t->size - 1);

	while (t->at[at].name && (t->at[at].hash != hash || strcmp(t->at[at].name, name) != 0))
		at = (at + 1) & (t->size - 1);
	return &t->at[at];
}

static bool grow(struct table *t)
{
	struct table more = {.size = t->size ? t->size * 2 : 1 << 10, .count = t->count};

	more.at = calloc(more.size, sizeof(*more.at));
	if (!more.at)
		return false;
	for (size_t i = 0; i < t->size; i++)
		if (t->at[i].name)
			*place(&more, t->at[i].name, t->at[i].hash) = t->at[i];
	free(t->at);
	*t = more;
	return true;
}

/* The entry of a name, which is made when there is none; NULL when memory is out. */
static struct named *entry(struct names *n, enum space space, const char *name, bool *is_new)
{
	struct table *t = &n->table[space];
	uint32_t hash = hash_of(name);
	struct named *e;

	if (t->count * 2 >= t->size && !grow(t)) {
		n->failed = true;
		return NULL;
	}
	e = place(t, name, hash);
	*is_new = !e->name;
	if (*is_new) {
		*e = (struct named){.name = name, .hash = hash, .count = 1};
		t->count++;
	}
	return e;
}

static char *numbered(struct names *n, const char *name, uint32_t number)
{
	size_t size = strlen(name) + 16;
	char *text = arena_alloc(&n->made, size, 1);

	if (!text) {
		n->failed = true;
		return NULL;
	}
	snprintf(text, size, "%s___%u", name, number);
	return text;
}

/* What names_write() writes of a name. */
static const char *mended(struct names *n, const char *name)
{
	bool starts_well = is_word_char(*name) && !(*name >= '0' && *name <= '9');
	char *text, *p;

	if (names_is_identifier(name))
		return name;
	text = arena_alloc(&n->made, strlen(name) + 2, 1);
	if (!text) {
		n->failed = true;
		return "_";
	}
	p = text;
	if (!starts_well)
		*p++ = '_';
	for (; *name; name++)
		*p++ = is_word_char(*name) ? *name : '_';
	*p = 0;
	return text;
}

/* A number that makes the name one that nothing has. Real files have a handful of one name; a
 * hostile one may have a type called foo___N for every N, each of which costs it a type. */
static uint32_t number_for(struct names *n, enum space space, struct named *first)
{
	const char *name = first->name;
	uint32_t number = first->count;

	for (;;) {
		bool is_new = false;
		const char *text = numbered(n, name, ++number);
		struct named *e = text ? entry(n, space, text, &is_new) : NULL;

		if (!e)
			return number;
		if (is_new)
			break;
	}
	/* The table may have moved. */
	place(&n->table[space], name, hash_of(name))->count = number;
	return number;
}

/* Takes a name that is free, and tells whether it was. */
static bool take_free(struct names *n, enum space space, const char *name, uint32_t id,
		      struct named **e)
{
	bool is_new = false;

	*e = NULL;
	if (strnlen(name, NAMES_LONGEST + 1) > NAMES_LONGEST)
		n->failed = n->is_long = true;
	else
		*e = entry(n, space, mended(n, name), &is_new);
	if (*e && is_new)
		(*e)->id = id;
	return !*e || is_new;
}

static uint32_t take(struct names *n, enum space space, const char *name)
{
	struct named *e;

	return take_free(n, space, name, 0, &e) ? 0 : number_for(n, space, e);
}

uint32_t names_take(struct names *n, const char *name, bool once)
{
	struct named *e;

	if (take_free(n, ORDINARY, name, 0, &e))
		return 0;
	return once ? UINT32_MAX : number_for(n, ORDINARY, e);
}

static bool is_word_of(const char *words, const char *at, size_t len)
{
	for (const char *w = words; *w; w += strcspn(w, " "), w += *w == ' ')
		if (strcspn(w, " ") == len && memcmp(w, at, len) == 0)
			return true;
	return false;
}

bool names_is_builtin(const struct btf_type *t)
{
	static const char words[] = "signed unsigned char short int long __int128 _Bool";
	const char *s = t->name;

	if (t->size == 8 && strcmp(s, "double") == 0)
		return true;
	if (t->kind == BTF_FLOAT)
		return t->size == 4 && strcmp(s, "float") == 0;
	if (!*s)
		return false;
	while (*s) {
		size_t len = strcspn(s, " ");

		if (!is_word_of(words, s, len))
			return false;
		s += len;
		s += *s == ' ';
	}
	return true;
}

static bool has_tag(const struct btf_type *t)
{
	return (btf_is_composite(t) || btf_is_enum(t)) && *t->name;
}

static bool is_ordinary(const struct btf_type *t)
{
	return t->kind == BTF_TYPEDEF ||
	       ((t->kind == BTF_INT || t->kind == BTF_FLOAT) && !names_is_builtin(t));
}

/* The first of that name, when it is what the forward declaration promises. */
static void take_fwd(struct names *n, const struct btf_type *t)
{
	struct named *e;
	struct btf_type has;

	if (take_free(n, TAGS, t->name, t->id, &e))
		return;
	has = btf_type(n->b, e->id);
	if (has.kind == (t->kflag ? BTF_UNION : BTF_STRUCT) ||
	    (has.kind == BTF_FWD && has.kflag == t->kflag))
		n->meant[t->id] = e->id;
	else
		n->number[t->id] = number_for(n, TAGS, e);
}

static bool has_name(const struct btf_type *t, enum space *space)
{
	*space = has_tag(t) ? TAGS : ORDINARY;
	return has_tag(t) || is_ordinary(t);
}

/* A number is given when all names that types have are taken. */
static void take_all(struct names *n)
{
	enum space space;
	struct named *e;

	for (uint32_t id = 1; id < n->b->end_id && !n->failed; id++) {
		struct btf_type t = btf_type(n->b, id);

		if (has_name(&t, &space) && !take_free(n, space, t.name, id, &e))
			n->number[id] = UINT32_MAX;
	}
	for (uint32_t id = 1; id < n->b->end_id && !n->failed; id++) {
		struct btf_type t;

		if (!n->number[id])
			continue;
		t = btf_type(n->b, id);
		has_name(&t, &space);
		n->number[id] = take(n, space, t.name);
	}
	for (uint32_t id = 1; id < n->b->end_id && !n->failed; id++) {
		struct btf_type t = btf_type(n->b, id);

		if (t.kind == BTF_FWD)
			take_fwd(n, &t);
	}
}

struct names *names_new(const struct btf *b, struct err *e)
{
	struct names *n = calloc(1, sizeof(*n));

	if (!n) {
		err_memory(e, b->name);
		return NULL;
	}
	n->b = b;
	n->number = calloc(b->end_id, sizeof(*n->number));
	n->meant = calloc(b->end_id, sizeof(*n->meant));
	n->failed = !n->number || !n->meant;
	for (size_t i = 0; i < RESERVED && !n->failed; i++)
		take(n, ORDINARY, reserved[i]);
	if (!n->failed)
		take_all(n);
	if (names_check(n, e) < 0) {
		names_free(n);
		return NULL;
	}
	return n;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	for (int space = 0; space < SPACES; space++)
		free(n->table[space].at);
	free(n->number);
	free(n->meant);
	arena_free(&n->made);
	free(n);
}

uint32_t names_meant(const struct names *n, const struct btf_type *t)
{
	return n->meant[t->id] ? n->meant[t->id] : t->id;
}

void names_type(const struct names *n, struct out *o, const struct btf_type *t)
{
	if (t->kind == BTF_FWD && n->meant[t->id]) {
		struct btf_type has = btf_type(n->b, n->meant[t->id]);

		names_write(o, has.name, n->number[has.id]);
	} else if ((t->kind == BTF_INT || t->kind == BTF_FLOAT) && names_is_builtin(t)) {
		out_text(o, t->name);
	} else {
		names_write(o, t->name, n->number[t->id]);
	}
}
