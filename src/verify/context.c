/* context: the rules are btf_ctx_access() of the kernel's btf.c and, of a changed pointer to the
 * context, check_ptr_off_reg() of its verifier.c; see context.h. */
#include "verify/context.h"

#include <stdio.h>
#include <string.h>

#include "format/asked.h"
#include "verify/helpers.h"

enum { SLOT = 8, INT_POINTERS = 5 << 8 | 17 };

/* Until then `void *` was a number to read, and `const void *` was not. */
enum { CONST_VOID_POINTERS = 6 << 8 | 16 };

/* Before, of pointers only those to structs and numbers could be read; since, the others are
 * numbers. */
enum { OTHER_POINTERS = 7 << 8 | 1 };

/* From 6.13 on a pointer is read whole. */
enum { WHOLE_POINTERS = 6 << 8 | 13 };

/* Whether a program may read an argument of that type. A pointer to anything but a struct, void or
 * a char was refused before 5.17, from when on integers are allowed, and others came later.
 * Distributions bring that into older kernels, with the helpers of that release. */
static bool unreadable(const struct btf *b, const struct btf_type *argument, struct kernel_age age)
{
	struct btf_head t;

	if (argument->kind == BTF_INT || btf_is_enum(argument) || btf_is_composite(argument))
		return false;
	if (argument->kind != BTF_PTR)
		return argument->kind != BTF_VOID;
	t = btf_strip_head(b, argument->type);
	if (t.kind == BTF_VOID)
		return argument->type && age_before(age, CONST_VOID_POINTERS);
	if (btf_is_kind_composite(t.kind) || t.kind == BTF_FWD)
		return false;
	if (t.kind == BTF_FUNC_PROTO || t.kind == BTF_PTR || t.kind == BTF_ENUM ||
	    t.kind == BTF_ENUM64)
		return age_before(age, OTHER_POINTERS);
	if (t.kind == BTF_INT && strcmp(t.name, "char") == 0)
		return false;
	return age_before(age, INT_POINTERS) && age_lacks(age, HELPER_find_vma);
}

static bool is_number(const struct btf_type *t)
{
	return t->kind == BTF_INT || btf_is_enum(t);
}

static bool points_to_struct(const struct btf *b, const struct btf_type *t)
{
	struct btf_head to = btf_strip_head(b, t->kind == BTF_PTR ? t->type : 0);

	return btf_is_kind_composite(to.kind);
}

/* Iterators have buffers behind pointers to void. */
static bool is_plain(const struct context *c, const struct btf *b, const struct btf_type *t)
{
	struct btf_head to;

	if (t->kind != BTF_PTR)
		return true;
	to = btf_strip_head(b, t->type);
	return !c->buffers && !btf_is_kind_composite(to.kind);
}

static void add_pointee(struct context *c, const struct btf *b, const struct btf_type *t)
{
	if (t->kind == BTF_PTR && !c->retyped && c->count < CONTEXT_ARGUMENTS)
		c->type[c->count] = struct_pointee(b, t);
}

/* Adds a slot for a value of type t of b. */
static void add_slot(struct context *c, const struct btf *b, const struct btf_type *t)
{
	if (c->count >= CONTEXT_SLOTS)
		return;
	c->unreadable |= (uint64_t)unreadable(b, t, c->age) << c->count;
	c->closed |= (uint64_t)(c->shut && points_to_struct(b, t)) << c->count;
	c->numbers |= (uint64_t)is_number(t) << c->count;
	c->pointers |= (uint64_t)(t->kind == BTF_PTR) << c->count;
	c->plain |= (uint64_t)is_plain(c, b, t) << c->count;
	add_pointee(c, b, t);
	c->count++;
}

/* What the function returns stands behind its arguments for programs that run when it has. */
static bool reads_result(uint32_t attach_type)
{
	return attach_type == BPF_TRACE_FEXIT || attach_type == BPF_MODIFY_RETURN ||
	       attach_type == BPF_LSM_MAC || attach_type == BPF_LSM_CGROUP ||
	       attach_type == BPF_TRACE_FSESSION;
}

/* Since 6.6, or not long before, only programs under the GPL may read structs of the kernel by
 * pointers that it gives a type (check_ptr_to_btf_access() of verifier.c). */
static bool closes_structs(const struct loading *l)
{
	return !object_is_gpl(l->resolution->object) && age_since(l->age, AGE_LINE(6, 6));
}

/* What a function returns is read like an argument; of one that returns nothing it is refused. */
static void add_result(struct context *c, const struct btf *b, const struct btf_type *t)
{
	unsigned slot = c->count;

	add_slot(c, b, t);
	if (slot < CONTEXT_SLOTS)
		c->unreadable |= (uint64_t)(t->kind == BTF_VOID) << slot;
}

/* Bytes of what programs of that type have as their context; 0 where that is not known. What is
 * asked of it is asked by access. */
static uint32_t struct_size(const struct target *t, uint32_t prog_type)
{
	const char *name = context_fields_struct(prog_type);
	struct questions *heard_by;
	uint32_t id, size;

	if (!name)
		return 0;
	heard_by = asked_pause();
	id = btf_find(t->btf[0], name, BTF_STRUCT);
	size = id ? btf_type(t->btf[0], id).size : 0;
	asked_go_on(heard_by);
	return size;
}

/* What is asked of another kernel, with no gaps. */
struct access_question {
	uint32_t prog_type, attach_type, offset, size, word, write;
};

static enum known allows(const struct context *c, const struct context_access *x)
{
	struct access_question q = {x->prog_type, x->attach_type, x->offset,
				    x->size,      x->word,        x->write};

	if (context_fields_struct(x->prog_type))
		asked_for(ASKED_ACCESS, 0, (const char *)&q, sizeof(q));
	return context_fields_access(x, c->size, c->age);
}

bool context_is_question(size_t len)
{
	return len == sizeof(struct access_question);
}

unsigned context_again(const struct target *t, const char *text)
{
	struct context_access x;
	struct access_question q;

	memcpy(&q, text, sizeof(q));
	x = (struct context_access){q.prog_type, q.attach_type, q.offset,
				    q.size,      q.word,        q.write != 0};
	return context_fields_side(&x, struct_size(t, x.prog_type));
}

/* Of a program of struct_ops, the member of the kernel's struct that it is for. Users of struct_ops
 * may give arguments other types than they have there (tcp_sock for sock). */
static void find_ops_member(const struct loading *l, struct found *out)
{
	enum { NAME_MOST = 256 };
	const struct references *r = l->externs->references;
	const struct struct_ops_slot *slot = references_slot_of(r, l->entry);
	struct attach_point p = l->attach;
	struct btf_type t;
	char name[NAME_MOST];
	int len;

	memset(out, 0, sizeof(*out));
	if (!slot)
		return;
	t = btf_type(l->resolution->object->btf, r->maps[slot->map].type_id);
	len =
	    snprintf(name, sizeof(name), "%.*s.%s", (int)btf_essential_len(t.name, strlen(t.name)),
		     t.name, btf_member(&t, slot->member).name);
	if (len < 0 || len >= (int)sizeof(name))
		return;
	p.name = name;
	p.name_len = (size_t)len;
	features_attach(l->target, &p, out);
}

void context_of(const struct loading *l, struct context *out)
{
	bool ops = l->attach.def && l->attach.form == ATTACH_STRUCT_OPS;
	struct btf_type t, result;
	struct found f = l->found;
	const struct btf *b;

	memset(out, 0, sizeof(*out));
	out->prog_type = l->prog_type;
	out->attach_type = l->attach_type;
	out->word = l->target->btf[0]->ptr_size;
	out->size = struct_size(l->target, l->prog_type);
	out->age = l->age;
	out->known = l->prog_type != BPF_PROG_TYPE_UNSPEC;
	out->shut = closes_structs(l);
	if (ops)
		find_ops_member(l, &f);
	if (!f.proto)
		return;
	b = f.btf;
	out->slots = true;
	out->btf = b;
	out->rules = (struct struct_rules){l->target, l->age};
	out->buffers = ops || l->attach.form == ATTACH_ITER;
	out->retyped = ops;
	t = btf_type(b, f.proto);
	for (uint32_t i = f.skip; i < t.vlen; i++) {
		struct btf_type arg = btf_strip_value(b, btf_param(&t, i).type);

		/* A struct that is passed in two registers has two slots. */
		if (btf_is_composite(&arg) && arg.size > SLOT)
			add_slot(out, b, &arg);
		add_slot(out, b, &arg);
	}
	result = btf_strip_value(b, t.type);
	if (reads_result(l->attach_type))
		add_result(out, b, &result);
}

const char *context_refuses(const struct context *c, int64_t off, unsigned size, bool write,
			    int64_t *number)
{
	struct context_access access = {.prog_type = c->prog_type,
					.attach_type = c->attach_type,
					.offset = (uint32_t)off,
					.size = size,
					.word = c->word,
					.write = write};

	*number = off;
	if (!c->known)
		return NULL;
	if (!c->slots && (off < 0 || off > UINT32_MAX))
		return "range";
	if (!c->slots)
		return allows(c, &access) == KNOWN_NO ? "range" : NULL;
	if (write)
		return "write";
	if (off < 0 || off % SLOT)
		return "misaligned";
	if (off / SLOT >= CONTEXT_ARGUMENTS)
		return "range";
	*number = off / SLOT + 1;
	if (off / SLOT >= c->count)
		return "missing";
	if (size != SLOT && (c->pointers >> (off / SLOT) & 1) && age_since(c->age, WHOLE_POINTERS))
		return "narrow";
	return c->unreadable >> (off / SLOT) & 1 ? "unreadable" : NULL;
}

/* Since then a constant may be stored in the context, and the sign of a pointer to a packet not be
 * extended. */
enum { CONSTANT_STORES = 6 << 8 | 4, SIGNLESS_PACKETS = 6 << 8 | 11 };

const char *context_refuses_kind(const struct context *c, struct insn in)
{
	if (!c->known || age_is_unseen(c->age))
		return NULL;
	if (insn_is_atomic(in))
		return "atomic";
	return BPF_CLASS(in.code) == BPF_ST && age_up_to(c->age, CONSTANT_STORES - 1) ? "constant"
										      : NULL;
}

const char *context_refuses_insn(const struct context *c, int64_t off, struct insn in,
				 int64_t *number)
{
	const char *cause = context_refuses_kind(c, in);

	*number = off + in.off;
	if (cause)
		return cause;
	if (!c->slots && BPF_CLASS(in.code) == BPF_LDX && BPF_MODE(in.code) == BPF_MEMSX &&
	    context_fields_packet(c->prog_type, *number) && age_since(c->age, SIGNLESS_PACKETS) &&
	    !age_is_unseen(c->age))
		return "sign";
	return context_refuses(c, *number, insn_bytes(in.code), BPF_CLASS(in.code) != BPF_LDX,
			       number);
}

bool context_has_number(const struct context *c, int64_t off)
{
	return c->slots && off >= 0 && off % SLOT == 0 && off / SLOT < c->count &&
	       (c->numbers >> (off / SLOT) & 1);
}

static bool is_slot(const struct context *c, int64_t off)
{
	return c->known && c->slots && off >= 0 && off % SLOT == 0 &&
	       off / SLOT < CONTEXT_ARGUMENTS && off / SLOT < c->count;
}

uint32_t context_pointee(const struct context *c, int64_t off)
{
	return is_slot(c, off) ? c->type[off / SLOT] : 0;
}

bool context_is_plain(const struct context *c, int64_t off)
{
	return is_slot(c, off) && (c->plain >> (off / SLOT) & 1);
}

bool context_is_closed(const struct context *c, int64_t off)
{
	return is_slot(c, off) && (c->closed >> (off / SLOT) & 1);
}

bool context_refuses_moved(const struct context *c)
{
	return c->known && context_fields_moved(c->prog_type, c->age) == KNOWN_NO;
}

bool context_is_argument(const char *cause)
{
	return strcmp(cause, "missing") == 0 || strcmp(cause, "unreadable") == 0;
}
