/* linked: puts a program together; see linked.h. */
#include "verify/linked.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "format/asked.h"

struct builder {
	const struct object *o;
	const struct references *l;
	struct linked *f;
	uint32_t *func_of; /* by program: index into funcs + 1 */
	size_t cap, func_cap;
	struct call_visit *visits; /* functions within functions, the innermost last */
	size_t visit_count, visit_cap;
	struct err *e;
};

/* The reference at that place, NULL for none; *next is the first that is not before it. */
static const struct ref *ref_at(const struct references *l, size_t *next, uint32_t section_index,
				uint32_t insn_off)
{
	const struct ref *ref = *next < l->ref_count ? &l->refs[*next] : NULL;

	if (!ref || ref->section_index != section_index || ref->insn_off != insn_off)
		return NULL;
	(*next)++;
	return ref;
}

/* Makes room for so many more instructions, which an object's size bounds. */
static int reserve_insns(struct builder *b, size_t more)
{
	struct linked *f = b->f;
	size_t cap = f->count + more > 2 * b->cap ? f->count + more : 2 * b->cap;
	struct linked_insn *insns;

	if (f->count + more <= b->cap)
		return 0;
	if (cap > SIZE_MAX / sizeof(*insns) || !(insns = realloc(f->insns, cap * sizeof(*insns))))
		return err_memory(b->e, b->o->path);
	f->insns = insns;
	b->cap = cap;
	return 0;
}

static int add_func(struct builder *b, uint32_t program)
{
	const struct object *o = b->o;
	const struct program *p = &o->programs[program];
	struct linked *f = b->f;
	struct linked_func *funcs =
	    array_grow(f->funcs, &b->func_cap, f->func_count, sizeof(*funcs));
	bool global = p->global;
	size_t next = references_from(b->l, p->section_index, p->offset);

	if (!funcs)
		return err_memory(b->e, o->path);
	if (p->func_id)
		global = btf_type(o->btf, p->func_id).vlen == 1;
	f->funcs = funcs;
	funcs[f->func_count] = (struct linked_func){program, (uint32_t)f->count, p->count,
						    global && !p->hidden, false};
	b->func_of[program] = (uint32_t)++f->func_count;
	if (reserve_insns(b, p->count) < 0)
		return -1;
	for (uint32_t i = 0; i < p->count; i++) {
		const struct ref *ref =
		    ref_at(b->l, &next, p->section_index, p->offset + i * INSN_SIZE);

		f->insns[f->count++] = (struct linked_insn){
		    .in = insn_load(p->insns + (size_t)i * INSN_SIZE, o->big_endian),
		    .ref_kind = ref ? (int32_t)ref->kind : LINKED_NONE,
		    .target = ref ? ref->target : 0,
		    .offset = ref ? ref->offset : 0,
		    .relo = LINKED_NONE,
		    .func = (uint32_t)f->func_count - 1,
		};
	}
	return 0;
}

/* A function whose references are followed, and the next of its instructions to look at. */
struct call_visit {
	uint32_t func, next;
};

static int push_visit(struct builder *b, uint32_t func)
{
	struct call_visit *more =
	    array_grow(b->visits, &b->visit_cap, b->visit_count, sizeof(*more));

	if (!more)
		return err_memory(b->e, b->o->path);
	b->visits = more;
	b->visits[b->visit_count++] = (struct call_visit){func, 0};
	return 0;
}

/* Appends the functions that `func` refers to, each followed by its own, and lets references count
 * in funcs. Functions may refer to each other to any depth. */
static int add_referred(struct builder *b, uint32_t func)
{
	if (push_visit(b, func) < 0)
		return -1;
	while (b->visit_count) {
		struct call_visit *v = &b->visits[b->visit_count - 1];
		const struct linked_func *f = &b->f->funcs[v->func];
		struct linked_insn *n;
		uint32_t program;

		if (v->next == f->count) {
			b->visit_count--;
			continue;
		}
		n = &b->f->insns[f->start + v->next++];
		if (n->ref_kind != REF_CALL && n->ref_kind != REF_FUNC)
			continue;
		program = n->target;
		if (b->func_of[program]) {
			n->target = b->func_of[program] - 1;
			continue;
		}
		n->target = (uint32_t)b->f->func_count;
		if (add_func(b, program) < 0 || push_visit(b, b->func_of[program] - 1) < 0)
			return -1;
	}
	return 0;
}

/* The function of .text with that name, OBJECT_NONE for none. */
static uint32_t find_function(const struct object *o, const char *name)
{
	for (uint32_t i = 0; i < o->program_count; i++)
		if (strcmp(o->programs[i].section, ".text") == 0 &&
		    strcmp(o->programs[i].name, name) == 0)
			return i;
	return OBJECT_NONE;
}

/* The function that the entry's tag "exception_callback:NAME" names, OBJECT_NONE without one. Of
 * several tags libbpf takes none. */
static uint32_t exception_callback(const struct object *o, uint32_t entry)
{
	static const char prefix[] = "exception_callback:";
	uint32_t func_id = o->programs[entry].func_id, found = OBJECT_NONE;
	struct btf_type t = {.kind = BTF_VOID};
	unsigned count = 0;

	while (o->btf && func_id && btf_next(o->btf, &t, BTF_DECL_TAG)) {
		if (t.type != func_id || btf_tail_u32(&t) != UINT32_MAX ||
		    strncmp(t.name, prefix, sizeof(prefix) - 1) != 0)
			continue;
		found = find_function(o, t.name + sizeof(prefix) - 1);
		count++;
	}
	return count == 1 ? found : OBJECT_NONE;
}

/* Appends, behind all that the entry refers to, the function that the kernel calls when the program
 * throws, as libbpf does. */
static int add_exception_callback(struct builder *b, uint32_t entry)
{
	uint32_t program = OBJECT_NONE, func;

	if (b->l->has_tags)
		program = exception_callback(b->o, entry);
	if (program == OBJECT_NONE)
		return 0;
	if (!b->func_of[program]) {
		func = (uint32_t)b->f->func_count;
		if (add_func(b, program) < 0 || add_referred(b, func) < 0)
			return -1;
	}
	b->f->funcs[b->func_of[program] - 1].exception = true;
	return 0;
}

static bool is_same(const struct insn *a, const struct insn *b)
{
	return a->code == b->code && a->dst == b->dst && a->src == b->src && a->off == b->off &&
	       a->imm == b->imm;
}

/* As r resolved it; only marks where it stands when r is NULL. */
static void apply_result(struct builder *b, const struct resolution *r, uint32_t relo)
{
	const struct object *o = b->o;
	const struct relo *x = &o->relos[relo];
	const struct result *res;
	const struct linked_func *f;
	uint32_t at;

	if (x->program == OBJECT_NONE || !b->func_of[x->program])
		return;
	f = &b->f->funcs[b->func_of[x->program] - 1];
	at = f->start + (x->insn_off - o->programs[x->program].offset) / INSN_SIZE;
	if (!r) {
		b->f->insns[at].relo = (int32_t)relo;
		return;
	}
	res = &r->results[relo];
	b->f->failed += res->status == STATUS_POISON;
	b->f->refused += res->status == STATUS_ERROR;
	for (uint32_t i = 0; i < res->insn_len / INSN_SIZE && at + i < f->start + f->count; i++) {
		struct linked_insn *n = &b->f->insns[at + i];

		struct insn after = insn_load(res->after + (size_t)i * INSN_SIZE, o->big_endian);

		/* What relocates poison mends nothing, nor does what is refused go on. */
		if (n->stop == RULE_RELOCATION ||
		    (n->relo >= 0 && r->results[n->relo].status == STATUS_ERROR))
			continue;
		if (n->relo >= 0)
			asked_for(ASKED_PATCH, (uint32_t)n->relo, NULL, 0);
		n->twice = n->twice || n->changed;
		n->changed = n->changed || !is_same(&n->in, &after);
		n->in = after;
		if (res->status == STATUS_POISON)
			n->stop = RULE_RELOCATION;
		n->relo = (int32_t)relo;
	}
}

/* With the relocations as r resolved them; as they are in the file when it is NULL. */
static int link_program(const struct object *o, const struct resolution *r,
			const struct references *l, uint32_t entry, struct linked **out,
			struct err *e)
{
	struct builder b = {.o = o, .l = l, .e = e};
	int rc = -1;

	b.f = calloc(1, sizeof(*b.f));
	b.func_of = calloc(o->program_count, sizeof(*b.func_of));
	if (!b.f || !b.func_of)
		err_memory(e, o->path);
	else if (add_func(&b, entry) == 0 && add_referred(&b, 0) == 0 &&
		 add_exception_callback(&b, entry) == 0)
		rc = 0;
	if (rc == 0) {
		b.f->object = o;
		for (uint32_t i = 0; i < o->relo_count; i++)
			apply_result(&b, r, i);
		*out = b.f;
	} else {
		linked_free(b.f);
	}
	free(b.func_of);
	free(b.visits);
	return rc;
}

int linked_new(const struct resolution *r, const struct references *l, uint32_t entry,
	       struct linked **out, struct err *e)
{
	return link_program(r->object, r, l, entry, out, e);
}

int linked_unresolved(const struct object *o, const struct references *l, uint32_t entry,
		      struct linked **out, struct err *e)
{
	return link_program(o, NULL, l, entry, out, e);
}

void linked_ask(const struct linked *f, uint32_t at)
{
	if (f->insns[at].relo >= 0)
		asked_for(ASKED_PATCH, (uint32_t)f->insns[at].relo, NULL, 0);
}

void linked_ask_sign(const struct linked *f, uint32_t at)
{
	if (f->insns[at].relo >= 0)
		asked_for(ASKED_SIGN, (uint32_t)f->insns[at].relo, NULL, 0);
}

void linked_ask_all(const struct linked *f)
{
	for (uint32_t at = 0; asked_by && at < f->count; at++)
		linked_ask(f, at);
}

void linked_free(struct linked *f)
{
	if (!f)
		return;
	free(f->insns);
	free(f->funcs);
	free(f);
}

bool linked_has_callbacks(const struct linked *f)
{
	for (uint32_t at = 0; at < f->count; at++)
		if (f->insns[at].ref_kind == REF_FUNC)
			return true;
	return false;
}

bool linked_has_globals(const struct linked *f)
{
	for (size_t i = 1; i < f->func_count; i++)
		if (f->funcs[i].global)
			return true;
	return false;
}

uint32_t linked_offset(const struct linked *f, uint32_t at)
{
	const struct linked_func *func = &f->funcs[f->insns[at].func];

	return f->object->programs[func->program].offset + (at - func->start) * INSN_SIZE;
}
