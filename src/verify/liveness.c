/* liveness: two passes to a fixpoint: forward, which registers may point to the stack or to
 * constants; backward, what is read. See liveness.h. */
#include "verify/liveness.h"

#include <stdlib.h>
#include <string.h>

#include "verify/helpers.h"
#include "verify/kfuncs.h"

#define ALL_SLOTS UINT64_MAX
#define ARGUMENTS 0x3eu /* r1 to r5 */
#define SCRATCH 0x3fu   /* r0 to r5 */
#define FRAME_BIT (1u << 10)

enum { LOOK_BACK = 16 }; /* instructions before a call in which its arguments are made */

struct liveness_search {
	const struct linked *f;
	const struct references *l;
	bool key_decides; /* whether a look-up in an array gives NULL */
	bool *target;     /* by instruction: some jump leads there */
	struct liveness *liveness;
	uint16_t *points; /* before each instruction */
	bool spills;      /* some pointer to a stack is stored */
	bool changed;
};

static bool is_alu(uint8_t code)
{
	return BPF_CLASS(code) == BPF_ALU || BPF_CLASS(code) == BPF_ALU64;
}

static void flow(struct liveness_search *x, uint32_t to, uint16_t points)
{
	if (to >= x->f->count || !(points & ~x->points[to]))
		return;
	x->points[to] |= points;
	x->changed = true;
}

static uint16_t alu_points(struct insn in, uint16_t p)
{
	uint16_t dst = (uint16_t)(1u << in.dst), src = 0;

	if ((in.code & BPF_X) && (p >> in.src & 1))
		src = dst;
	if (BPF_OP(in.code) == ALU_MOV)
		return (uint16_t)((p & ~dst) | src);
	return p | src;
}

static uint16_t points_after(struct liveness_search *x, const struct linked_insn *n, uint16_t p)
{
	struct insn in = n->in;
	uint16_t dst = (uint16_t)(1u << in.dst);

	if (is_alu(in.code))
		return alu_points(in, p);
	switch (BPF_CLASS(in.code)) {
	case BPF_LD:
		if (in.code != BPF_LDIMM64)
			return p & (uint16_t)~SCRATCH;
		return n->ref_kind == REF_DATA ? p | dst : p & (uint16_t)~dst;
	case BPF_LDX:
		if (BPF_SIZE(in.code) == BPF_DW && (p >> in.src & 1) && x->spills)
			return p | dst;
		return p & (uint16_t)~dst;
	case BPF_STX:
		if (BPF_SIZE(in.code) == BPF_DW && (p >> in.src & 1))
			x->spills = true;
		return p;
	default: break;
	}
	if (in.code == (BPF_JMP | JUMP_CALL))
		return (uint16_t)((p & ~SCRATCH) | (n->ref_kind == REF_CALL));
	return p;
}

static uint32_t next_of(const struct linked_insn *n, uint32_t at)
{
	return at + (n->in.code == BPF_LDIMM64 && !n->stop ? 2 : 1);
}

static bool falls_through(const struct linked_insn *n)
{
	return !n->stop && insn_falls_through(n->in);
}

static bool branches(const struct linked_insn *n)
{
	return !n->stop && insn_leads_away(n->in);
}

static void forward(struct liveness_search *x)
{
	const struct linked *f = x->f;

	for (size_t i = 0; i < f->func_count; i++)
		flow(x, f->funcs[i].start, i ? FRAME_BIT | ARGUMENTS : FRAME_BIT);
	do {
		x->changed = false;
		for (uint32_t at = 0; at < f->count; at++) {
			const struct linked_insn *n = &f->insns[at];
			uint16_t p;

			if (!x->points[at])
				continue;
			p = points_after(x, n, x->points[at]);
			if (falls_through(n))
				flow(x, next_of(n, at), p);
			if (branches(n))
				flow(x, (uint32_t)insn_jump_target(n->in, at), p);
		}
	} while (x->changed);
}

/* The slots that [off, off + size) from the frame pointer touches. */
static uint64_t slots_of(int off, int size)
{
	int first, last;
	uint64_t mask = 0;

	if (off >= 0 || off < -STACK_SIZE || size > -off)
		return ALL_SLOTS;
	first = (-off + SLOT_SIZE - 1) / SLOT_SIZE - 1;
	last = (-off - size) / SLOT_SIZE;
	for (int i = last; i <= first && i < SLOTS; i++)
		mask |= (uint64_t)1 << i;
	return mask;
}

static int size_of(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B: return 1;
	case BPF_H: return 2;
	case BPF_W: return 4;
	default: return 8;
	}
}

static struct liveness before_load(const struct linked_insn *n, uint16_t points, struct liveness o)
{
	uint16_t dst = (uint16_t)(1u << n->in.dst), src = (uint16_t)(1u << n->in.src);
	bool live = o.live & dst, decides = o.decides & dst;
	uint64_t slots;

	o.live &= (uint16_t)~dst;
	o.decides &= (uint16_t)~dst;
	if (!live && !decides)
		return o;
	o.live |= src;
	if (!(points & src))
		return o;
	slots = n->in.src == 10 ? slots_of(n->in.off, size_of(n->in.code)) : ALL_SLOTS;
	o.slot_live |= slots;
	if (decides)
		o.slot_decides |= slots;
	return o;
}

static struct liveness before_store(const struct linked_insn *n, uint16_t points, struct liveness o)
{
	uint16_t dst = (uint16_t)(1u << n->in.dst), src = (uint16_t)(1u << n->in.src);
	bool from_register = BPF_CLASS(n->in.code) == BPF_STX;
	uint64_t slots = ALL_SLOTS;

	if (from_register && BPF_MODE(n->in.code) == BPF_ATOMIC) {
		o.live |= dst | src | 1;
		o.slot_live |= points & dst ? ALL_SLOTS : 0;
		return o;
	}
	if (!(points & dst))
		return o;
	o.live |= dst;
	if (n->in.dst == 10)
		slots = slots_of(n->in.off, size_of(n->in.code));
	/* A subprogram's pointer may lead to its caller's stack, which its caller reads. */
	if (from_register && n->in.dst != 10 && n->func) {
		o.live |= src;
		o.decides |= src;
		return o;
	}
	if (from_register && (o.slot_live & slots))
		o.live |= src;
	if (from_register && (o.slot_decides & slots))
		o.decides |= src;
	if (n->in.dst == 10 && size_of(n->in.code) == 8) {
		o.slot_live &= ~slots;
		o.slot_decides &= ~slots;
	}
	return o;
}

static struct liveness before_alu(const struct linked_insn *n, uint16_t points, struct liveness o)
{
	uint16_t dst = (uint16_t)(1u << n->in.dst), src = (uint16_t)(1u << n->in.src);
	bool live = o.live & dst, decides = o.decides & dst;

	if (BPF_OP(n->in.code) == ALU_MOV) {
		o.live &= (uint16_t)~dst;
		o.decides &= (uint16_t)~dst;
	}
	if (!(n->in.code & BPF_X) || BPF_OP(n->in.code) == ALU_END)
		return o;
	if (live)
		o.live |= src;
	/* What is added to a pointer says where it points. */
	if (decides ||
	    (live && ((points & dst) || (points & src)) && BPF_OP(n->in.code) != ALU_MOV)) {
		o.decides |= src;
		if (BPF_OP(n->in.code) != ALU_MOV)
			o.decides |= dst;
	}
	return o;
}

static bool writes(struct insn in, unsigned reg)
{
	if (BPF_CLASS(in.code) == BPF_ST || BPF_CLASS(in.code) == BPF_STX)
		return BPF_MODE(in.code) == BPF_ATOMIC;
	return !insn_is_jump(in) && in.dst == reg;
}

/* The last instruction before `at` that writes the register; NULL where it is not in sight. */
static const struct linked_insn *writer_of(const struct liveness_search *x, uint32_t *at,
					   unsigned reg)
{
	const struct linked_insn *n;

	for (unsigned i = 0; i < LOOK_BACK && *at && !x->target[*at]; i++) {
		n = &x->f->insns[--*at];
		if (n->func != x->f->insns[*at + 1].func || n->in.code == (BPF_JMP | JUMP_CALL) ||
		    !falls_through(n))
			return NULL;
		if (writes(n->in, reg))
			return n;
	}
	return NULL;
}

/* The slots of the function's own stack that `size` bytes behind the register are in, as a compiler
 * makes such an argument: `r2 = r10; r2 += -8`. */
static uint64_t slots_behind(const struct liveness_search *x, uint32_t at, unsigned reg, int size)
{
	int off = 0;
	const struct linked_insn *n = writer_of(x, &at, reg);

	if (n && n->in.code == (BPF_ALU64 | ALU_ADD)) {
		off = n->in.imm;
		n = writer_of(x, &at, reg);
	}
	if (!n || n->in.code != (BPF_ALU64 | ALU_MOV | BPF_X) || n->in.src != 10 || n->in.off)
		return ALL_SLOTS;
	return slots_of(off, size);
}

/* The slots that hold the key of a look-up, where a constant one tells that there is an item. */
static uint64_t key_slots(const struct liveness_search *x, uint32_t at)
{
	enum { KEY_SIZE = 4 };
	uint32_t made = at;
	const struct linked_insn *n = writer_of(x, &made, 1);

	if (n && n->ref_kind == REF_MAP && !map_is_array(&x->l->maps[n->target]))
		return 0;
	return slots_behind(x, at, 2, KEY_SIZE);
}

/* The registers that are an extern function's arguments, as far as its prototype tells. */
static uint16_t arguments_of(const struct liveness_search *x, const struct extern_def *ext)
{
	const struct btf *b = x->f->object->btf;
	struct btf_type t = {.kind = BTF_VOID};

	if (b && ext->var_id)
		t = btf_type(b, ext->var_id);
	if (t.kind == BTF_FUNC)
		t = btf_type(b, t.type);
	if (t.kind != BTF_FUNC_PROTO || t.vlen >= 5)
		return ARGUMENTS;
	return (uint16_t)(((1u << t.vlen) - 1) << 1);
}

/* The arguments of a helper that say what it does to the state: maps, memory and its size,
 * callbacks (all, for all that is known). */
static uint16_t helper_reads(uint32_t helper)
{
	uint16_t reads = 1 << 1;

	if (helper_callback(helper))
		return ARGUMENTS;
	for (unsigned n = 1; n <= 5; n++) {
		struct helper_arg arg = helper_arg(helper, n);

		if (arg.size != SIZE_NONE)
			reads |= (uint16_t)(1u << n);
		if (arg.size == SIZE_NEXT && n < 5)
			reads |= (uint16_t)(2u << n);
	}
	return reads;
}

static struct liveness before_extern_call(const struct liveness_search *x, uint32_t at,
					  struct liveness o)
{
	const struct extern_def *ext = &x->l->externs[x->f->insns[at].target];

	o.live |= arguments_of(x, ext);
	switch (kfunc_of(ext)) {
	case KFUNC_THROW: return (struct liveness){0};
	case KFUNC_ITER_NEXT: o.slot_live |= slots_behind(x, at, 1, SLOT_SIZE); return o;
	case KFUNC_ITER_DESTROY: return o;
	default: break;
	}
	o.decides |= arguments_of(x, ext);
	o.slot_live = o.slot_decides = ALL_SLOTS;
	return o;
}

static struct liveness before_call(const struct liveness_search *x, uint32_t at, uint16_t points,
				   struct liveness o)
{
	const struct linked_insn *n = &x->f->insns[at];

	o.live &= (uint16_t)~SCRATCH;
	o.decides &= (uint16_t)~SCRATCH;
	if (n->ref_kind == REF_CALL) {
		const struct liveness *callee = &x->liveness[x->f->funcs[n->target].start];

		o.live |= callee->live & ARGUMENTS;
		o.decides |= callee->decides & ARGUMENTS;
		if (points & ARGUMENTS)
			o.slot_live = o.slot_decides = ALL_SLOTS;
		return o;
	}
	if (n->ref_kind == REF_EXTERN_CALL)
		return before_extern_call(x, at, o);
	o.live |= helper_reads((uint32_t)n->in.imm);
	if (n->in.src != 0 || helper_callback((uint32_t)n->in.imm)) {
		o.live |= ARGUMENTS;
		o.decides |= ARGUMENTS;
		o.slot_live = o.slot_decides = ALL_SLOTS;
		return o;
	}
	if (x->key_decides && n->in.imm == HELPER_map_lookup_elem) {
		uint64_t slots = key_slots(x, at);

		o.slot_live |= slots;
		o.slot_decides |= slots;
	}
	/* The register behind a pointer may be the size of what it points to. */
	o.decides |= (points & ARGUMENTS) << 1 & helper_reads((uint32_t)n->in.imm);
	return o;
}

static struct liveness before(const struct liveness_search *x, uint32_t at, struct liveness o)
{
	const struct linked_insn *n = &x->f->insns[at];
	uint16_t points = x->points[at], dst = (uint16_t)(1u << n->in.dst),
		 src = (uint16_t)(1u << n->in.src);
	uint8_t code = n->in.code;

	if (n->stop)
		return (struct liveness){0};
	if (is_alu(code))
		return before_alu(n, points, o);
	switch (BPF_CLASS(code)) {
	case BPF_LD:
		o.live &= (uint16_t) ~(code == BPF_LDIMM64 ? dst : SCRATCH);
		o.decides &= (uint16_t) ~(code == BPF_LDIMM64 ? dst : SCRATCH);
		return o;
	case BPF_LDX: return before_load(n, points, o);
	case BPF_ST:
	case BPF_STX: return before_store(n, points, o);
	default: break;
	}
	switch (BPF_OP(code)) {
	case JUMP_EXIT: return (struct liveness){1, n->func ? 1 : 0, 0, 0};
	case JUMP_CALL: return before_call(x, at, points, o);
	case JUMP_ALWAYS:
	case JUMP_MAY: return o;
	default:
		o.live |= dst;
		o.decides |= dst;
		if (code & BPF_X) {
			o.live |= src;
			o.decides |= src;
		}
		return o;
	}
}

static void join(struct liveness *a, const struct liveness *b)
{
	a->live |= b->live;
	a->decides |= b->decides;
	a->slot_live |= b->slot_live;
	a->slot_decides |= b->slot_decides;
}

static bool same(const struct liveness *a, const struct liveness *b)
{
	return a->live == b->live && a->decides == b->decides && a->slot_live == b->slot_live &&
	       a->slot_decides == b->slot_decides;
}

static void backward(struct liveness_search *x)
{
	const struct linked *f = x->f;

	do {
		x->changed = false;
		for (uint32_t at = (uint32_t)f->count; at-- > 0;) {
			const struct linked_insn *n = &f->insns[at];
			struct liveness o = {0};

			if (falls_through(n) && next_of(n, at) < f->count)
				join(&o, &x->liveness[next_of(n, at)]);
			if (branches(n) && (uint32_t)insn_jump_target(n->in, at) < f->count)
				join(&o, &x->liveness[(uint32_t)insn_jump_target(n->in, at)]);
			o = before(x, at, o);
			if (!same(&o, &x->liveness[at])) {
				x->liveness[at] = o;
				x->changed = true;
			}
		}
	} while (x->changed);
}

static void mark_targets(struct liveness_search *x)
{
	for (uint32_t at = 0; at < x->f->count; at++) {
		const struct linked_insn *n = &x->f->insns[at];

		if (branches(n) && (uint32_t)insn_jump_target(n->in, at) < x->f->count)
			x->target[(uint32_t)insn_jump_target(n->in, at)] = true;
	}
}

struct liveness *liveness_new(const struct linked *f, const struct references *l,
			      const struct abilities *r)
{
	struct liveness_search x = {.f = f, .l = l, .key_decides = r->array_not_null};

	x.liveness = calloc(f->count + 1, sizeof(*x.liveness));
	x.points = calloc(f->count + 1, sizeof(*x.points));
	x.target = calloc(f->count + 1, sizeof(*x.target));
	if (x.liveness && x.points && x.target) {
		mark_targets(&x);
		forward(&x);
		backward(&x);
	} else {
		free(x.liveness);
		x.liveness = NULL;
	}
	free(x.points);
	free(x.target);
	return x.liveness;
}

bool liveness_counts(const struct linked *f, const struct liveness *live, uint32_t at)
{
	struct insn in = f->insns[at].in;

	if (in.code == BPF_LDIMM64)
		return live[at + 2 < f->count ? at + 2 : f->count].decides >> in.dst & 1;
	if (in.code == (BPF_ALU64 | ALU_MOV) || in.code == (BPF_ALU | ALU_MOV))
		return live[at + 1].decides >> in.dst & 1;
	return BPF_CLASS(in.code) != BPF_LDX || in.src == 10;
}
