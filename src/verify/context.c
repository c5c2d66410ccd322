/* context: the rules are btf_ctx_access() of the kernel's btf.c and, of a changed pointer to the
 * context, check_ptr_off_reg() of its verifier.c; see context.h. */
#include "verify/context.h"

#include <stdlib.h>
#include <string.h>

#include "verify/helpers.h"

enum { SLOT = 8, ARGUMENTS_MOST = 12, INT_POINTERS = 5 << 16 | 17 << 8 };

/* Until then `void *` was a number to read, and `const void *` was not. */
enum { CONST_VOID_POINTERS = 6 << 16 | 16 << 8 };

/* Before, of pointers only those to structs and numbers could be read; since, the others are
 * numbers. */
enum { OTHER_POINTERS = 7 << 16 | 1 << 8 };

/* From 6.13 on a pointer is read whole. */
enum { WHOLE_POINTERS = 6 << 16 | 13 << 8 };

/* Whether a program may read an argument of that type. A pointer to anything but a struct, void or
 * a char was refused before 5.17, from when on integers are allowed, and others came later.
 * Distributions bring that into older kernels, with the helpers of that release. */
static bool unreadable(const struct btf *b, const struct btf_type *argument, struct kernel_age age)
{
	struct btf_type t;

	if (argument->kind == BTF_INT || btf_is_enum(argument) || btf_is_composite(argument))
		return false;
	if (argument->kind != BTF_PTR)
		return argument->kind != BTF_VOID;
	t = btf_strip(b, argument->type);
	if (t.kind == BTF_VOID)
		return argument->type && age.version && age.version < CONST_VOID_POINTERS;
	if (btf_is_composite(&t) || t.kind == BTF_FWD)
		return false;
	if (t.kind == BTF_FUNC_PROTO || t.kind == BTF_PTR || btf_is_enum(&t))
		return age.version && age.version < OTHER_POINTERS;
	if (t.kind == BTF_INT && strcmp(t.name, "char") == 0)
		return false;
	return age.version && age.version < INT_POINTERS && age.last_helper < HELPER_find_vma;
}

static bool is_number(const struct btf_type *t)
{
	return t->kind == BTF_INT || btf_is_enum(t);
}

static bool points_to_struct(const struct btf *b, const struct btf_type *t)
{
	struct btf_type to = btf_strip(b, t->kind == BTF_PTR ? t->type : 0);

	return btf_is_composite(&to);
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
	enum { SINCE = 6 << 16 | 6 << 8 };

	return l->version >= SINCE && !object_is_gpl(l->resolution->object);
}

/* What a function returns may be read whatever it is. */
static void add_result(struct context *c, const struct btf_type *t)
{
	if (c->count < CONTEXT_SLOTS)
		c->numbers |= (uint64_t)is_number(t) << c->count++;
}

static uint32_t struct_size(const struct target *t, uint32_t prog_type)
{
	const char *name = context_fields_struct(prog_type);
	uint32_t id = name ? btf_find(t->btf[0], name, BTF_STRUCT) : 0;

	return id ? btf_type(t->btf[0], id).size : 0;
}

void context_of(const struct loading *l, struct context *out)
{
	const struct btf *b = l->found.btf;
	struct btf_type t, result;

	memset(out, 0, sizeof(*out));
	out->prog_type = l->prog_type;
	out->attach_type = l->attach_type;
	out->word = l->target->btf[0]->ptr_size;
	out->size = struct_size(l->target, l->prog_type);
	out->age = loading_age(l);
	out->known = l->prog_type != BPF_PROG_TYPE_UNSPEC;
	out->shut = closes_structs(l);
	if (!l->found.proto)
		return;
	out->slots = true;
	t = btf_type(b, l->found.proto);
	for (uint32_t i = l->found.skip; i < t.vlen; i++) {
		struct btf_type arg = btf_strip(b, btf_param(&t, i).type);

		/* A struct that is passed in two registers has two slots. */
		if (btf_is_composite(&arg) && arg.size > SLOT)
			add_slot(out, b, &arg);
		add_slot(out, b, &arg);
	}
	result = btf_strip(b, t.type);
	if (reads_result(l->attach_type))
		add_result(out, &result);
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
		return context_fields_access(&access, c->size, c->age) == KNOWN_NO ? "range" : NULL;
	if (write)
		return "write";
	if (off < 0 || off % SLOT)
		return "misaligned";
	if (off / SLOT >= ARGUMENTS_MOST)
		return "range";
	*number = off / SLOT + 1;
	if (off / SLOT >= c->count)
		return "missing";
	if (size != SLOT && (c->pointers >> (off / SLOT) & 1) && c->age.version >= WHOLE_POINTERS)
		return "narrow";
	return c->unreadable >> (off / SLOT) & 1 ? "unreadable" : NULL;
}

bool context_has_number(const struct context *c, int64_t off)
{
	return c->slots && off >= 0 && off % SLOT == 0 && off / SLOT < c->count &&
	       (c->numbers >> (off / SLOT) & 1);
}

bool context_is_closed(const struct context *c, int64_t off)
{
	return c->known && c->slots && off >= 0 && off % SLOT == 0 && off / SLOT < CONTEXT_SLOTS &&
	       (c->closed >> (off / SLOT) & 1);
}

bool context_refuses_moved(const struct context *c)
{
	return c->known && context_fields_moved(c->prog_type, c->age) == KNOWN_NO;
}

bool context_is_argument(const char *cause)
{
	return strcmp(cause, "missing") == 0 || strcmp(cause, "unreadable") == 0;
}

/* What registers and slots of the stack may hold, forward to a fixpoint: the context, a pointer
 * moved on from it, an address of the stack. */
enum { SCRATCH_REGISTERS = 6 };

struct set {
	uint64_t slots; /* bit n: the 8 bytes at -8 * (n + 1) from the frame pointer */
	uint16_t registers;
};

struct held {
	struct set context, moved, stack;
};

struct context_search {
	const struct context *c;
	const struct linked *f;
	struct held *held; /* before each instruction */
	bool *met;
	uint32_t at;  /* where the sweep is */
	bool changed; /* behind it, which takes another */
	bool suspects;
};

static bool add_set(struct set *to, const struct set *from)
{
	struct set old = *to;

	to->slots |= from->slots;
	to->registers |= from->registers;
	return to->slots != old.slots || to->registers != old.registers;
}

static void flow(struct context_search *s, int64_t to, const struct held *h)
{
	struct held *at;
	bool more;

	if (to < 0 || to >= (int64_t)s->f->count)
		return;
	at = &s->held[to];
	more = !s->met[to];
	more |= add_set(&at->context, &h->context);
	more |= add_set(&at->moved, &h->moved);
	more |= add_set(&at->stack, &h->stack);
	s->met[to] = true;
	s->changed |= more && to <= s->at;
}

static bool has(const struct set *x, unsigned reg)
{
	return x->registers >> reg & 1;
}

static void put(struct set *x, unsigned reg, bool in)
{
	uint16_t bit = (uint16_t)(1u << reg);

	x->registers = in ? x->registers | bit : x->registers & (uint16_t)~bit;
}

/* The slots that an instruction with that register and offset may touch. */
static uint64_t slots_at(unsigned reg, int off)
{
	if (reg != 10)
		return UINT64_MAX;
	return off < 0 && off >= -512 ? (uint64_t)1 << ((-off + 7) / 8 - 1) : 0;
}

/* The access of an instruction by a register that may hold the context. */
static void suspect(struct context_search *s, struct insn in, const struct held *h)
{
	bool write = BPF_CLASS(in.code) != BPF_LDX;
	unsigned reg = write ? in.dst : in.src;
	int64_t number;

	if (has(&h->moved, reg) ||
	    (has(&h->context, reg) &&
	     context_refuses(s->c, in.off, insn_bytes(in.code), write, &number)))
		s->suspects = true;
}

static void hold_after_alu(struct insn in, struct held *h)
{
	bool by_reg = in.code & BPF_X, moves = BPF_OP(in.code) == ALU_MOV;
	bool context = by_reg && has(&h->context, in.src);
	bool moved = by_reg && has(&h->moved, in.src);
	bool stack = by_reg && has(&h->stack, in.src);

	if (!moves) {
		moved = moved || context || has(&h->moved, in.dst) || has(&h->context, in.dst);
		stack = stack || has(&h->stack, in.dst);
		context = false;
	}
	put(&h->context, in.dst, context);
	put(&h->moved, in.dst, moved);
	put(&h->stack, in.dst, stack);
}

static void load_set(struct set *x, struct insn in, bool from_stack)
{
	bool wide = BPF_SIZE(in.code) == BPF_DW;

	put(x, in.dst, wide && from_stack && (x->slots & slots_at(in.src, in.off)));
}

static void store_set(struct set *x, struct insn in)
{
	uint64_t slots = slots_at(in.dst, in.off);

	if (BPF_CLASS(in.code) == BPF_STX && BPF_SIZE(in.code) == BPF_DW && has(x, in.src))
		x->slots |= slots;
	else if (in.dst == 10)
		x->slots &= ~slots;
}

static void hold_after_memory(struct context_search *s, struct insn in, struct held *h)
{
	bool loads = BPF_CLASS(in.code) == BPF_LDX;
	bool in_stack = has(&h->stack, loads ? in.src : in.dst);

	suspect(s, in, h);
	if (loads) {
		load_set(&h->context, in, in_stack);
		load_set(&h->moved, in, in_stack);
		load_set(&h->stack, in, in_stack);
	} else if (in_stack) {
		store_set(&h->context, in);
		store_set(&h->moved, in);
		store_set(&h->stack, in);
	}
}

static void forget(struct held *h, unsigned reg)
{
	put(&h->context, reg, false);
	put(&h->moved, reg, false);
	put(&h->stack, reg, false);
}

static void hold_after(struct context_search *s, struct insn in, struct held *h)
{
	switch (BPF_CLASS(in.code)) {
	case BPF_ALU: forget(h, in.dst); return;
	case BPF_ALU64: hold_after_alu(in, h); return;
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX: hold_after_memory(s, in, h); return;
	case BPF_LD:
		if (in.code == BPF_LDIMM64) {
			forget(h, in.dst);
			return;
		}
		break;
	default:
		if (in.code != (BPF_JMP | JUMP_CALL))
			return;
		break;
	}
	for (unsigned reg = 0; reg < SCRATCH_REGISTERS; reg++)
		forget(h, reg);
}

static void flow_from(struct context_search *s, uint32_t at)
{
	const struct linked_insn *n = &s->f->insns[at];
	struct held before = s->held[at], after = before;

	hold_after(s, n->in, &after);
	if (n->stop)
		return;
	if (n->ref_kind == REF_CALL || n->ref_kind == REF_FUNC)
		flow(s, s->f->funcs[n->target].start, &before);
	if (insn_leads_away(n->in))
		flow(s, insn_jump_target(n->in, at), &after);
	if (insn_falls_through(n->in))
		flow(s, (int64_t)at + 1 + (n->in.code == BPF_LDIMM64), &after);
}

/* Whether anything at an instruction is of the context. */
static bool concerns(const struct held *h)
{
	return h->context.registers || h->context.slots || h->moved.registers || h->moved.slots;
}

/* Whether a helper gives it a struct of the kernel. */
static bool gets_struct(const struct linked *f)
{
	for (uint32_t at = 0; at < f->count; at++) {
		const struct linked_insn *n = &f->insns[at];

		if (n->in.code == (BPF_JMP | JUMP_CALL) && n->ref_kind == LINKED_NONE &&
		    !n->in.src && helper_gives_struct((uint32_t)n->in.imm))
			return true;
	}
	return false;
}

int context_suspects(struct context *c, const struct linked *f, struct err *e)
{
	struct held start = {.context.registers = 1u << 1, .stack.registers = 1u << 10};
	struct context_search s = {.c = c, .f = f};

	if (!c->known)
		return 0;
	if (c->closed || (c->shut && gets_struct(f))) {
		c->suspect = true;
		return 0;
	}
	s.held = calloc(f->count + 1, sizeof(*s.held) + sizeof(*s.met));
	if (!s.held)
		return err_memory(e, f->object->path);
	s.met = (bool *)(s.held + f->count + 1);
	flow(&s, 0, &start);
	while (s.changed && !s.suspects) {
		s.changed = false;
		for (s.at = 0; s.at < f->count && !s.suspects; s.at++)
			if (s.met[s.at] && concerns(&s.held[s.at]))
				flow_from(&s, s.at);
	}
	free(s.held);
	c->suspect = s.suspects;
	return 0;
}
