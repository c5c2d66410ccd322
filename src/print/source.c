/*
 * source: see source.h. Types are visited depth first. What a type needs whole, it needs before
 * itself; of what it points to, a tag that is declared is enough. The stack is our own: what needs
 * what may be a chain as long as the file.
 */
#include "print/source.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/scale.h"
#include "format/btf_kfuncs.h"
#include "print/ctext.h"

enum {               /* what is known of a type */
       VISITED = 1,  /* what a pointer to it needs has been seen to */
       WANTED = 2,   /* and what it itself needs */
       DECLARED = 4, /* the tag has been declared */
       WRITTEN = 8,
       KFUNC = 16,  /* BPF programs may call it */
       INSIDE = 32, /* an anonymous enum that a struct or a typedef has the body of */
};

enum action { VISIT, WANT, WRITE };

struct task {
	uint32_t id;
	enum action action;
};

struct source {
	const struct btf *b;
	const struct source_options *options;
	struct ctext text;
	uint8_t *state; /* by id */
	struct task *tasks;
	size_t count, cap;
	uint32_t last; /* kind of what was written last: alike stand together */
	bool failed;   /* memory was out */
};

static void add(struct source *s, uint32_t id, enum action action)
{
	struct task *tasks = array_grow(s->tasks, &s->cap, s->count, sizeof(*tasks));

	if (!tasks) {
		s->failed = true;
		return;
	}
	s->tasks = tasks;
	tasks[s->count++] = (struct task){id, action};
}

static void end_line(struct source *s)
{
	out_char(s->text.out, ';');
	out_line(s->text.out);
}

/* A blank line before what has a body, and between kinds. */
static void part(struct source *s, unsigned kind, bool body)
{
	if (body || s->last != kind)
		out_line(s->text.out);
	s->last = kind;
}

static void declare_tag(struct source *s, const struct btf_type *t)
{
	if (s->state[t->id] & (DECLARED | WRITTEN))
		return;
	s->state[t->id] |= DECLARED;
	part(s, BTF_FWD, false);
	ctext_decl(&s->text, t->id, NULL);
	end_line(s);
}

/* A number of BTF that C has under another name. */
static void define_number(struct source *s, const struct btf_type *t)
{
	static const char *const ints[] = {
	    [1] = "char", [2] = "short", [4] = "int", [8] = "long long", [16] = "__int128"};
	unsigned encoding = t->kind == BTF_INT ? BTF_INT_ENCODING(btf_tail_u32(t)) : 0;

	out_text(s->text.out, "typedef ");
	if (t->kind == BTF_FLOAT) {
		/* As long double is, of which BPF has none so long: its bytes. */
		out_text(s->text.out, "struct { unsigned char bytes[");
		out_u64(s->text.out, t->size, 0);
		out_text(s->text.out, "]; } __attribute__((aligned(");
		out_u64(s->text.out, align_of(s->text.align, t->id), 0);
		out_text(s->text.out, ")))");
	} else if (encoding & BTF_INT_BOOL && t->size == 1) {
		out_text(s->text.out, "_Bool");
	} else {
		out_text(s->text.out, encoding & BTF_INT_SIGNED ? "signed " : "unsigned ");
		out_text(s->text.out, ints[t->size & 31]);
	}
	out_char(s->text.out, ' ');
	ctext_type_name(&s->text, t);
	end_line(s);
}

/* C23 has bool, true and false. */
static bool is_in_c23(const struct btf_type *t)
{
	if (t->kind == BTF_TYPEDEF)
		return strcmp(t->name, "bool") == 0;
	if (!btf_is_enum(t) || *t->name || t->vlen > 2)
		return false;
	for (uint32_t i = 0; i < t->vlen; i++)
		if (strcmp(btf_enumerator(t, i).name, "true") == 0 ||
		    strcmp(btf_enumerator(t, i).name, "false") == 0)
			return true;
	return false;
}

/* gcc from 13 and clang from 15 on have these words in a C2x that still has an earlier number. */
static const char before_c23[] =
    "#if __STDC_VERSION__ < 202000L || "
    "(__STDC_VERSION__ < 202311L && __GNUC__ < 13 && __clang_major__ < 15)\n";

static void write_type(struct source *s, uint32_t id)
{
	struct btf_type t = btf_type(s->b, id);
	bool older = is_in_c23(&t);

	if (s->state[id] & WRITTEN)
		return;
	s->state[id] |= WRITTEN;
	part(s, t.kind, btf_is_composite(&t) || btf_is_enum(&t));
	if (older)
		out_text(s->text.out, before_c23);
	if (t.kind == BTF_INT || t.kind == BTF_FLOAT)
		define_number(s, &t);
	else
		ctext_define(&s->text, id);
	if (older)
		out_text(s->text.out, "#endif\n");
}

/* Adds tasks for the parts of a type, of which the first is done first. */
static void add_members(struct source *s, const struct btf_type *t)
{
	for (uint32_t i = t->vlen; i-- > 0;)
		add(s, btf_member(t, i).type, WANT);
}

static void add_params(struct source *s, const struct btf_type *t)
{
	for (uint32_t i = t->vlen; i-- > 0;)
		add(s, btf_param(t, i).type, VISIT);
	add(s, t->type, VISIT);
}

static void meet_composite(struct source *s, const struct btf_type *t, bool whole)
{
	if (*t->name && !whole) {
		declare_tag(s, t);
		return;
	}
	if (s->state[t->id] & WANTED)
		return;
	s->state[t->id] |= WANTED;
	if (*t->name)
		add(s, t->id, WRITE);
	add_members(s, t);
}

/* It needs no more than the tag of a struct, whose members may need it. */
static void meet_typedef(struct source *s, const struct btf_type *t, bool whole)
{
	if (whole)
		add(s, t->type, WANT);
	add(s, t->id, WRITE);
	add(s, t->type, VISIT);
}

/* Looks at a type that is needed, or (not whole) pointed to. */
static void meet(struct source *s, uint32_t id, bool whole)
{
	uint8_t done = whole ? VISITED | WANTED : VISITED;
	struct btf_type t = btf_type(s->b, id);

	if (id == 0 || id != t.id)
		return;
	if (btf_is_composite(&t)) {
		meet_composite(s, &t, whole || !*t.name);
		return;
	}
	if ((s->state[id] & done) == done)
		return;
	s->state[id] |= done;
	switch (t.kind) {
	case BTF_PTR: add(s, t.type, VISIT); break;
	case BTF_ARRAY: add(s, btf_array(&t).elem, WANT); break;
	case BTF_CONST:
	case BTF_VOLATILE:
	case BTF_RESTRICT:
	case BTF_TYPE_TAG: add(s, t.type, whole ? WANT : VISIT); break;
	case BTF_TYPEDEF: meet_typedef(s, &t, whole); break;
	case BTF_FUNC:
	case BTF_VAR: add(s, t.type, t.kind == BTF_VAR ? WANT : VISIT); break;
	case BTF_FUNC_PROTO: add_params(s, &t); break;
	case BTF_ENUM:
	case BTF_ENUM64:
		if (*t.name)
			write_type(s, id);
		break;
	case BTF_FWD:
		t = btf_type(s->b, names_meant(s->text.names, &t));
		if (t.id != id && t.kind != BTF_FWD)
			meet(s, t.id, false);
		else
			declare_tag(s, &t);
		break;
	case BTF_INT:
	case BTF_FLOAT:
		if (!names_is_builtin(&t))
			write_type(s, id);
		break;
	default: break;
	}
}

static bool follow(struct source *s, uint32_t id, bool whole)
{
	meet(s, id, whole);
	while (s->count && !s->failed && !s->text.failed && !s->text.out->failed) {
		struct task task = s->tasks[--s->count];

		if (task.action == WRITE)
			write_type(s, task.id);
		else
			meet(s, task.id, task.action == WANT);
	}
	return !s->failed && !s->text.failed && !s->text.out->failed;
}

/* Functions and variables */

static void write_function(struct source *s, const struct btf_type *t, bool kfunc)
{
	bool taken;

	if (s->state[t->id] & WRITTEN)
		return;
	s->state[t->id] |= WRITTEN;
	taken = names_take(s->text.names, t->name, true) == UINT32_MAX;
	part(s, t->kind, false);
	if (taken) /* by a type, or another function of the name */
		out_text(s->text.out, "/* ");
	out_text(s->text.out, kfunc || t->kind == BTF_VAR ? "extern " : "");
	ctext_decl(&s->text, t->id, NULL);
	out_text(s->text.out, kfunc ? " __weak __ksym;" : ";");
	if (taken)
		out_text(s->text.out, " the name is taken */");
	out_line(s->text.out);
}

static void mark_kfunc(void *ctx, uint32_t id)
{
	struct source *s = ctx;

	s->state[id] |= KFUNC;
}

/* Writes those that are kernel functions, or are not, if any, behind a guard. */
static void write_functions(struct source *s, const char *guard, bool kfunc)
{
	struct btf_type t = {0};
	bool any = false;

	while (btf_next(s->b, &t, BTF_FUNC) && !s->text.out->failed) {
		if (!(s->state[t.id] & KFUNC) != !kfunc)
			continue;
		if (!any) {
			out_line(s->text.out);
			out_text(s->text.out, guard);
			out_line(s->text.out);
			s->last = BTF_FUNC;
		}
		any = true;
		write_function(s, &t, kfunc);
	}
	if (any)
		out_text(s->text.out, "#endif\n");
}

static bool meet_functions(struct source *s)
{
	struct btf_type t = {0};

	while (btf_next(s->b, &t, BTF_FUNC))
		if (!follow(s, t.id, false))
			return false;
	return true;
}

/* The whole */

/* An anonymous enum that nothing has the body of stands alone: its enumerators are constants. */
static void mark_inside(struct source *s, uint32_t id)
{
	enum { CHAIN = 32 };

	for (int i = 0; i < CHAIN; i++) {
		struct btf_type t = btf_type(s->b, id);

		if (btf_is_enum(&t) && !*t.name)
			s->state[t.id] |= INSIDE;
		if (t.kind == BTF_ARRAY)
			id = btf_array(&t).elem;
		else if (t.kind == BTF_PTR || t.kind == BTF_CONST || t.kind == BTF_VOLATILE)
			id = t.type;
		else
			return;
	}
}

static void mark_all_inside(struct source *s)
{
	struct btf_type t = {0};

	while (btf_next(s->b, &t, -1)) {
		if (t.kind == BTF_TYPEDEF)
			mark_inside(s, t.type);
		for (uint32_t i = 0; btf_is_composite(&t) && i < t.vlen; i++)
			mark_inside(s, btf_member(&t, i).type);
	}
}

static bool write_all(struct source *s)
{
	struct btf_type t = {0};

	mark_all_inside(s);
	while (btf_next(s->b, &t, -1)) {
		bool named = *t.name && (btf_is_composite(&t) || btf_is_enum(&t) ||
					 t.kind == BTF_TYPEDEF || t.kind == BTF_FWD);

		if (btf_is_enum(&t) && !named && !(s->state[t.id] & INSIDE))
			write_type(s, t.id);
		else if (named && !follow(s, t.id, true))
			return false;
	}
	return true;
}

static bool write_named(struct source *s)
{
	for (size_t i = 0; i < s->options->id_count; i++) {
		struct btf_type t = btf_type(s->b, s->options->ids[i]);

		if (!follow(s, t.id, true))
			return false;
		if (btf_is_enum(&t) && !*t.name)
			write_type(s, t.id);
		if (t.kind == BTF_FUNC || t.kind == BTF_VAR)
			write_function(s, &t, s->options->header && s->state[t.id] & KFUNC);
	}
	return true;
}

static const char head[] =
    "#ifndef __VMLINUX_H__\n"
    "#define __VMLINUX_H__\n"
    "\n"
    "/* Macros of some compilers, and names in some kernels. */\n"
    "#undef linux\n"
    "#undef unix\n"
    "\n"
    "#if defined(__bpf__) && !defined(BPF_NO_PRESERVE_ACCESS_INDEX)\n"
    "#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)\n"
    "#endif\n"
    "\n"
    "#ifndef __ksym\n"
    "#define __ksym __attribute__((section(\".ksyms\")))\n"
    "#endif\n"
    "\n"
    "#ifndef __weak\n"
    "#define __weak __attribute__((weak))\n"
    "#endif\n";

static const char tail[] = "\n"
			   "#if defined(__bpf__) && !defined(BPF_NO_PRESERVE_ACCESS_INDEX)\n"
			   "#pragma clang attribute pop\n"
			   "#endif\n"
			   "\n"
			   "#endif /* __VMLINUX_H__ */\n";

static bool write_whole(struct source *s)
{
	if (!write_all(s))
		return false;
	if (!s->options->header)
		return true;
	if (!meet_functions(s))
		return false;
	write_functions(s, "#ifndef BPF_NO_KFUNC_PROTOTYPES", true);
	write_functions(s, "#ifdef VMLINUX_FUNCTIONS", false);
	return true;
}

/* Members and enumerators of all types: what is anonymous can be written out that often, and some.
 */
static uint64_t element_count(const struct btf *b)
{
	uint64_t count = 0;

	for (; b; b = b->base)
		count += b->types_len / 8;
	return count;
}

static int write_source(struct source *s, struct err *e)
{
	struct out *out = s->text.out;
	bool done;

	if (s->options->header) {
		for (const struct btf *b = s->b; b; b = b->base)
			btf_kfuncs(b, mark_kfunc, s);
		out_text(out, head);
	}
	done = s->options->ids ? write_named(s) : write_whole(s);
	if (done && s->options->header)
		out_text(out, tail);
	if (names_check(s->text.names, e) < 0)
		return -1;
	if (s->failed)
		return err_memory(e, s->b->name);
	if (ctext_check(&s->text, e) < 0)
		return -1;
	return out_flush(out) ? 0 : -1;
}

int source_write(const struct btf *b, const struct source_options *options, struct out *out,
		 struct err *e)
{
	struct source s = {.b = b, .options = options, .last = BTF_KINDS};
	int rc;

	s.text = (struct ctext){.out = out, .btf = b, .style = CTEXT_SOURCE};
	s.text.most_members = SCALE(1 << 20, 1 << 12) + 64 * element_count(b);
	s.text.names = names_new(b, e);
	if (!s.text.names)
		return -1;
	s.text.align = align_new(b, ALIGN_COMPILER);
	s.state = calloc(b->end_id, 1);
	rc = s.text.align && s.state ? write_source(&s, e) : err_memory(e, b->name);
	ctext_free(&s.text);
	align_free(s.text.align);
	names_free(s.text.names);
	free(s.state);
	free(s.tasks);
	return rc;
}
