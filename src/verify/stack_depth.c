/* stack_depth: see stack_depth.h. Of all ways to a function the one that takes most counts, so that
 * each function is looked at once, and not once for each way. */
#include "verify/stack_depth.h"

#include <stdlib.h>
#include <string.h>

#include "verify/helpers.h"
#include "verify/state.h"

/* Bytes for functions that call one another, and for those that stand above one with a tail call.
 * Where far more are taken nobody needs to know how many. */
enum { TOGETHER_MOST = STACK_SIZE, ABOVE_TAIL_MOST = 255, COUNTED_MOST = 16 * STACK_SIZE };

/* What a frame is rounded up to for an interpreter, and for JIT compilers. */
enum { INTERPRETED = 32, COMPILED = 16 };

/* Kernels that compile go by their own measure since the first line; up to the second none does,
 * and of stable releases between the two that is not known. */
enum { BY_COMPILER = AGE_LINE(6, 9), BY_INTERPRETER = AGE_LINE(6, 1) };

/* Programs of tracing have stacks of their own since these lines, by architecture; up to the last
 * none has. */
enum { OWN_ON_X86 = AGE_LINE(6, 13), OWN_ON_ARM64 = AGE_LINE(7, 2), NONE_OWN = AGE_LINE(6, 12) };

/* Up to it none takes out what compilers spill around calls that leave registers as they are, and
 * with it the stack for that (remove_fastcall_spills_fills()). */
enum { NO_FAST_CALLS = AGE_LINE(6, 11) };

enum { FRAME_POINTER = 10, OUT_OF_REACH = -1 };

/* What those functions take that call one another down to this one, OUT_OF_REACH where none does,
 * and the call. */
struct above {
	int32_t bytes, call;
};

struct depths {
	const struct linked *f;
	const uint16_t *bytes; /* of each function's frame */
	const bool *later;     /* which functions the kernel calls at another time; NULL for none */
	uint32_t step;         /* frames are rounded up to */
	struct above *above;
};

/* the most that paths can touch */

static bool is_copy(struct insn in, unsigned copies)
{
	return in.code == (BPF_ALU64 | ALU_MOV | BPF_X) && copies >> in.src & 1;
}

/* The registers of a function that hold a copy of the frame pointer somewhere, as bits. */
static unsigned copies_in(const struct linked *f, const struct linked_func *func)
{
	unsigned copies = 1u << FRAME_POINTER, before;

	do {
		before = copies;
		for (uint32_t at = func->start; at < func->start + func->count; at++)
			if (is_copy(f->insns[at].in, copies) && f->insns[at].in.dst < REGISTERS)
				copies |= 1u << f->insns[at].in.dst;
	} while (copies != before);
	return copies;
}

/* The bytes from the end of its frame to the lowest that a function names. */
static uint16_t named_in(const struct linked *f, const struct linked_func *func)
{
	unsigned copies = copies_in(f, func);
	int32_t lowest = 0;

	for (uint32_t at = func->start; at < func->start + func->count; at++) {
		struct insn in = f->insns[at].in;
		int32_t off = 0;

		if (in.dst >= REGISTERS || in.src >= REGISTERS)
			continue;
		switch (BPF_CLASS(in.code)) {
		case BPF_LDX:
		case BPF_ST:
		case BPF_STX: off = insn_accesses_by(in) == FRAME_POINTER ? in.off : 0; break;
		case BPF_ALU64:
			/* What is added to one is mostly the offset of a field, and added to what
			 * else is in that register. */
			if (copies >> in.dst & 1)
				linked_ask_sign(f, at);
			off = copies >> in.dst & 1 && in.imm < 0 ? in.imm : 0;
			break;
		default: break;
		}
		if (off)
			linked_ask(f, at);
		if (off < lowest && off >= -STACK_SIZE)
			lowest = off;
	}
	return (uint16_t)-lowest;
}

/* what functions take together */

static int32_t taken(const struct depths *d, uint32_t func)
{
	uint32_t bytes = d->bytes[func];

	if (!bytes && d->step == INTERPRETED)
		bytes = 1;
	return (int32_t)((bytes + d->step - 1) / d->step * d->step);
}

/* Whether a call, or a reference to what is called back, puts its function above the caller. */
static bool stacks(const struct depths *d, const struct linked_insn *n)
{
	return n->ref_kind == REF_CALL ||
	       (n->ref_kind == REF_FUNC && !(d->later && d->later[n->target]));
}

/* What is above each function, by all ways from where the kernel calls. */
static void add_up(struct depths *d)
{
	bool more = true;

	for (size_t i = 0; i < d->f->func_count; i++) {
		bool starts = i == 0 || (d->later && d->later[i]) || d->f->funcs[i].exception;

		d->above[i] = (struct above){starts ? 0 : OUT_OF_REACH, LINKED_NONE};
	}
	while (more) {
		more = false;
		for (uint32_t at = 0; at < d->f->count; at++) {
			const struct linked_insn *n = &d->f->insns[at];
			struct above *caller = &d->above[n->func], *callee;
			int32_t bytes = caller->bytes + taken(d, n->func);

			if (!stacks(d, n) || caller->bytes == OUT_OF_REACH || bytes > COUNTED_MOST)
				continue;
			callee = &d->above[n->target];
			if (bytes <= callee->bytes)
				continue;
			*callee = (struct above){bytes, (int32_t)at};
			more = true;
		}
	}
}

static bool is_tail_call(const struct linked_insn *n)
{
	return n->in.code == (BPF_JMP | JUMP_CALL) && n->ref_kind == LINKED_NONE &&
	       n->in.src == 0 && n->in.imm == HELPER_tail_call;
}

static bool has_tail_call(const struct linked *f, uint32_t func)
{
	for (uint32_t at = f->funcs[func].start, i = 0; i < f->funcs[func].count; i++)
		if (is_tail_call(&f->insns[at + i]))
			return true;
	return false;
}

/* What is too much where a function is called. */
enum excess { EXCESS_NONE, EXCESS_TAIL_CALL, EXCESS_CALLS };

static enum excess excess_of(const struct depths *d, uint32_t func)
{
	int32_t above = d->above[func].bytes;

	if (above == OUT_OF_REACH)
		return EXCESS_NONE;
	if (above > ABOVE_TAIL_MOST && has_tail_call(d->f, func))
		return EXCESS_TAIL_CALL;
	return above + taken(d, func) > TOGETHER_MOST ? EXCESS_CALLS : EXCESS_NONE;
}

/* The first function of which that is so, 0 for none: an entry alone takes no more than there is.
 */
static uint32_t first_refused(struct depths *d, uint32_t step)
{
	d->step = step;
	add_up(d);
	for (uint32_t i = 1; i < d->f->func_count; i++)
		if (excess_of(d, i) != EXCESS_NONE)
			return i;
	return 0;
}

int stack_depth_suspect(const struct linked *f, bool *suspect, struct err *e)
{
	uint16_t *bytes = calloc(f->func_count + 1, sizeof(*bytes));
	struct depths d = {.f = f, .bytes = bytes};

	*suspect = false;
	d.above = calloc(f->func_count + 1, sizeof(*d.above));
	if (bytes && d.above && f->func_count > 1) {
		for (size_t i = 0; i < f->func_count; i++)
			bytes[i] = named_in(f, &f->funcs[i]);
		*suspect = first_refused(&d, INTERPRETED) != 0;
	}
	free(bytes);
	free(d.above);
	return bytes && d.above ? 0 : err_memory(e, f->object->path);
}

/* what a kernel makes of it */

/* Whether it rounds frames by the measure of JIT compilers. */
static enum known compiles(const struct loading *l)
{
	if (features_mark(l->target, MARK_JIT) == KNOWN_NO)
		return KNOWN_NO;
	if (age_since(l->age, BY_COMPILER))
		return KNOWN_YES;
	return age_up_to(l->age, BY_INTERPRETER) ? KNOWN_NO : KNOWN_NOT;
}

/* Whether programs of that type may have a stack of their own (bpf_enable_priv_stack()). */
static bool may_own(const struct loading *l)
{
	switch (l->prog_type) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT: return true;
	case BPF_PROG_TYPE_TRACING: return l->attach_type != BPF_TRACE_ITER;
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_STRUCT_OPS: return true;
	default: return false;
	}
}

/* Whether the kernel gives each function of the program a stack, of which then none takes too much:
 * not to one with tail calls, nor to what is called at another time. */
static enum known owns(const struct loading *l, const struct depths *d)
{
	const char *arch;

	if (!may_own(l) || age_up_to(l->age, NONE_OWN))
		return KNOWN_NO;
	for (uint32_t i = 0; i < d->f->func_count; i++) {
		if (has_tail_call(d->f, i))
			return KNOWN_NO;
		if (d->later[i])
			return KNOWN_NOT;
	}
	if (l->prog_type == BPF_PROG_TYPE_LSM || l->prog_type == BPF_PROG_TYPE_STRUCT_OPS ||
	    features_mark(l->target, MARK_JIT) == KNOWN_NO)
		return KNOWN_NOT;
	arch = target_arch(l->target) ? target_arch(l->target) : "";
	if ((strcmp(arch, "x86") == 0 && age_since(l->age, OWN_ON_X86)) ||
	    (strcmp(arch, "arm64") == 0 && age_since(l->age, OWN_ON_ARM64)))
		return KNOWN_YES;
	return KNOWN_NOT;
}

/* Whether a register is spilled right before the call at `at`, and filled right behind it. */
static bool is_spilled_around(const struct linked *f, uint32_t at)
{
	struct insn before = f->insns[at - 1].in, behind = f->insns[at + 1].in;

	return f->insns[at].in.code == (BPF_JMP | JUMP_CALL) && f->insns[at].ref_kind != REF_CALL &&
	       before.code == (BPF_STX | BPF_MEM | BPF_DW) && before.dst == FRAME_POINTER &&
	       behind.code == (BPF_LDX | BPF_MEM | BPF_DW) && behind.src == FRAME_POINTER &&
	       before.off == behind.off && before.src == behind.dst && before.src >= 1 &&
	       before.src <= 5;
}

/* Whether the kernel may find less of the stack touched than paths have. */
static bool may_shrink(const struct loading *l, const struct linked *f)
{
	if (age_up_to(l->age, NO_FAST_CALLS))
		return false;
	for (uint32_t at = 1; at + 1 < f->count; at++)
		if (is_spilled_around(f, at))
			return true;
	return false;
}

static int add(struct depths *d, uint32_t func, enum known is, struct obstacles *o, struct err *e)
{
	const struct program *p = &d->f->object->programs[d->f->funcs[func].program];
	enum excess excess = excess_of(d, func);
	struct obstacle x = obstacle_of(STAGE_WALK, RULE_STACK, p->name, NULL);

	x.at = d->above[func].call;
	x.number = d->above[func].bytes + (excess == EXCESS_CALLS ? taken(d, func) : 0);
	x.reached = is;
	x.doubtful = is != KNOWN_YES;
	if (excess == EXCESS_CALLS)
		x.cause = x.doubtful ? "calls-unknown" : "calls";
	else
		x.cause = x.doubtful ? "tail-call-unknown" : "tail-call";
	return obstacles_add(o, x, e);
}

static int judge(const struct loading *l, struct depths *d, struct obstacles *o, struct err *e)
{
	enum known by_compiler = compiles(l), own;
	struct abilities abilities;
	uint32_t func = first_refused(d, by_compiler == KNOWN_NO ? INTERPRETED : COMPILED);
	enum known is = KNOWN_YES;

	if (!func && by_compiler == KNOWN_NOT) {
		func = first_refused(d, INTERPRETED);
		is = KNOWN_NOT;
	}
	if (!func)
		return 0;
	own = owns(l, d);
	if (own == KNOWN_YES)
		return 0;
	if (own == KNOWN_NOT || may_shrink(l, d->f) || !loading_abilities(l, &abilities))
		is = KNOWN_NOT;
	return add(d, func, is, o, e);
}

int stack_depth_find(const struct loading *l, const struct linked *f, const struct walk *w,
		     struct obstacles *o, struct err *e)
{
	struct depths d = {.f = f, .bytes = w->touched, .later = w->later};
	int rc;

	d.above = calloc(f->func_count + 1, sizeof(*d.above));
	rc = d.above ? judge(l, &d, o, e) : err_memory(e, f->object->path);
	free(d.above);
	return rc;
}
