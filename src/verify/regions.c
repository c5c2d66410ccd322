/* regions: where the kernel's verifier keeps programs from sleeping (check_helper_call(),
 * check_kfunc_call() and check_func_call() of its verifier.c); see regions.h. */
#include "verify/regions.h"

#include <string.h>

#include "verify/helpers.h"
#include "verify/kfunc_types.h"

enum region { REGION_RCU, REGION_PREEMPT, REGION_IRQ, REGION_COUNT };

static const struct {
	const char *enter, *leave;
} kfuncs[REGION_COUNT] = {
    [REGION_RCU] = {"bpf_rcu_read_lock", "bpf_rcu_read_unlock"},
    [REGION_PREEMPT] = {"bpf_preempt_disable", "bpf_preempt_enable"},
    [REGION_IRQ] = {"bpf_local_irq_save", "bpf_local_irq_restore"},
};

/* Those that may only be called under bpf_rcu_read_lock(), or by programs that never sleep
 * (KF_RCU_PROTECTED): before 6.18 the first use of the iterator was refused. */
static const char *const guarded[] = {"bpf_iter_task_new", "bpf_iter_css_new",
				      "bpf_iter_scx_dsq_new"};

/* Functions that call one another: as many as the kernel takes, and no deeper. */
enum { CALLS_DEEP = 8 };

/* What the kernel looks for in functions that are verified on their own since this line; up to the
 * one before it lets nobody call them without preemption or interrupts. */
enum { SUMMARIZED = AGE_LINE(6, 15), NOT_SUMMARIZED = AGE_LINE(6, 14) };

/* What only syscall programs may call is told to sleep since, or longer. */
enum { SYSCALLS_TOLD = AGE_LINE(6, 12) };

static bool is_named(const struct extern_def *ext, const char *name)
{
	size_t len = strlen(name);

	return strncmp(ext->name, name, len) == 0 &&
	       btf_essential_len(ext->name, strlen(ext->name)) == len;
}

static const struct extern_def *kfunc_called(const struct externs *x, const struct linked_insn *n)
{
	return n->ref_kind == REF_EXTERN_CALL ? &x->references->externs[n->target] : NULL;
}

static uint8_t *depth_of(struct regions *r, enum region region)
{
	return region == REGION_RCU ? &r->rcu : region == REGION_PREEMPT ? &r->preempt : &r->irq;
}

void regions_step(struct regions *r, const struct externs *x, const struct linked_insn *n)
{
	const struct extern_def *ext = kfunc_called(x, n);

	for (enum region i = 0; ext && i < REGION_COUNT; i++) {
		uint8_t *depth = depth_of(r, i);

		if (is_named(ext, kfuncs[i].enter) && *depth < UINT8_MAX)
			++*depth;
		else if (is_named(ext, kfuncs[i].leave) && *depth)
			--*depth;
	}
}

static const char *region_of(const struct regions *r)
{
	struct regions copy = *r;

	for (enum region i = 0; i < REGION_COUNT; i++)
		if (*depth_of(&copy, i))
			return kfuncs[i].enter;
	return NULL;
}

static bool is_guarded(const struct extern_def *ext)
{
	for (size_t i = 0; ext && i < sizeof(guarded) / sizeof(*guarded); i++)
		if (is_named(ext, guarded[i]))
			return true;
	return false;
}

/* Helpers of stacks may sleep on 6.12, and no more on 6.18. */
static enum known stack_sleeps(const struct loading *l)
{
	if (age_since(l->age, AGE_LINE(6, 18)) || age_up_to(l->age, AGE_LINE(6, 11)))
		return KNOWN_NO;
	return age_since(l->age, AGE_LINE(6, 12)) && age_up_to(l->age, AGE_LINE(6, 12)) ? KNOWN_YES
											: KNOWN_NOT;
}

/* bpf_func_proto.might_sleep of what the kernel gives a program that may sleep. */
static enum known helper_sleeps(const struct loading *l, uint32_t helper)
{
	switch (helper) {
	case HELPER_copy_from_user:
	case HELPER_copy_from_user_task:
	case HELPER_ima_inode_hash:
	case HELPER_ima_file_hash: return KNOWN_YES;
	case HELPER_get_task_stack: return stack_sleeps(l);
	case HELPER_get_stack:
		return l->prog_type == BPF_PROG_TYPE_KPROBE ? stack_sleeps(l) : KNOWN_NO;
	case HELPER_sys_bpf:
	case HELPER_btf_find_by_name_kind:
	case HELPER_sys_close: return age_since(l->age, SYSCALLS_TOLD) ? KNOWN_YES : KNOWN_NOT;
	default: return KNOWN_NO;
	}
}

static enum known call_sleeps(const struct loading *l, const struct linked_insn *n)
{
	const struct extern_def *ext = kfunc_called(l->externs, n);

	if (ext)
		return kfunc_sleeps(ext->name, btf_essential_len(ext->name, strlen(ext->name)),
				    l->age);
	if (n->ref_kind != LINKED_NONE || n->in.src)
		return KNOWN_NO;
	return helper_sleeps(l, (uint32_t)n->in.imm);
}

static bool is_call(const struct linked_insn *n)
{
	return n->in.code == (BPF_JMP | JUMP_CALL) && !n->stop;
}

/* Whether any instruction of a function, or of those that it calls, may sleep. */
static enum known function_sleeps(const struct loading *l, const struct linked *f, uint32_t func,
				  unsigned deep)
{
	const struct linked_func *in = &f->funcs[func];
	enum known all = KNOWN_NO;

	for (uint32_t at = in->start; at < in->start + in->count && deep < CALLS_DEEP; at++) {
		const struct linked_insn *n = &f->insns[at];
		enum known one = KNOWN_NO;

		if (!is_call(n))
			continue;
		if (n->ref_kind == REF_CALL)
			one = function_sleeps(l, f, n->target, deep + 1);
		else
			one = call_sleeps(l, n);
		if (one == KNOWN_YES)
			return one;
		if (one == KNOWN_NOT)
			all = one;
	}
	return all;
}

static bool refuse_global(const struct loading *l, const struct linked *f, const struct regions *r,
			  uint32_t func, struct region_refusal *out)
{
	enum known sleeps = KNOWN_NO;

	if ((r->preempt || r->irq) && age_up_to(l->age, NOT_SUMMARIZED))
		sleeps = KNOWN_YES;
	else if (!age_up_to(l->age, NOT_SUMMARIZED))
		sleeps = function_sleeps(l, f, func, 0);
	if (sleeps == KNOWN_NO)
		return false;
	out->cause = "region-function";
	out->name = f->object->programs[f->funcs[func].program].name;
	out->doubtful = !age_up_to(l->age, NOT_SUMMARIZED) &&
			(sleeps == KNOWN_NOT || !age_since(l->age, SUMMARIZED));
	return true;
}

bool regions_refuse(const struct loading *l, const struct linked *f, const struct regions *r,
		    uint32_t at, struct region_refusal *out)
{
	const struct linked_insn *n = &f->insns[at];
	const struct extern_def *ext = kfunc_called(l->externs, n);
	enum known sleeps;

	*out = (struct region_refusal){.region = region_of(r)};
	if (!out->region) {
		out->cause = "unlocked";
		out->name = ext ? ext->name : NULL;
		return is_guarded(ext);
	}
	if (n->ref_kind == REF_CALL)
		return f->funcs[n->target].global && n->target &&
		       refuse_global(l, f, r, n->target, out);
	sleeps = call_sleeps(l, n);
	if (sleeps == KNOWN_NO)
		return false;
	out->cause = "region";
	out->name = ext ? ext->name : helper_name((uint32_t)n->in.imm);
	out->doubtful = sleeps == KNOWN_NOT;
	return true;
}

static bool enters(const struct extern_def *ext)
{
	for (enum region i = 0; ext && i < REGION_COUNT; i++)
		if (is_named(ext, kfuncs[i].enter))
			return true;
	return false;
}

bool regions_suspect(const struct loading *l, const struct linked *f)
{
	bool has_region = false, may_sleep = false;

	for (uint32_t at = 0; l->sleepable && at < f->count; at++) {
		const struct linked_insn *n = &f->insns[at];
		const struct extern_def *ext = kfunc_called(l->externs, n);

		if (!is_call(n))
			continue;
		if (is_guarded(ext))
			return true;
		has_region |= enters(ext);
		may_sleep |= n->ref_kind == REF_CALL ? f->funcs[n->target].global
						     : call_sleeps(l, n) != KNOWN_NO;
	}
	return has_region && may_sleep;
}
