/* program_scope: libbpf_prepare_prog_load() of libbpf.c finds what a program attaches to, the
 * kernel looks at it in bpf_check_attach_target() of verifier.c and btf_distill_func_proto() of
 * btf.c; see program_scope.h. */
#include "verify/program_scope.h"

#include <string.h>

#include "verify/helpers.h"
#include "verify/hooks.h"
#include "verify/injection.h"

enum { ARGUMENTS_MOST = 12, STRUCT_MOST = 16 };

struct program_search {
	const struct loading *l;
	const struct target *target;
	struct obstacles *o;
	struct err *e;
};

/* The name of what the program attaches to, within its section's name, which ends with it unless an
 * offset follows. */
static const char *attach_name(const struct loading *l)
{
	return l->attach.name_len ? l->attach.name : "";
}

static int add(struct program_search *s, struct obstacle x)
{
	return obstacles_add(s->o, x, s->e);
}

/* Adds what check_attach_btf_id() of verifier.c finds, which bpf_check() calls before it looks at
 * instructions up to 6.6, and since 6.12 afterwards. */
static int add_at_check(struct program_search *s, struct obstacle x)
{
	x.late = age_since(s->l->age, AGE_LINE(6, 12));
	return add(s, x);
}

/* What there is no type for, a loader does not load. */
static int look_at_section(struct program_search *s)
{
	const struct loading *l = s->l;
	const struct object *o = l->resolution->object;
	struct obstacle x =
	    obstacle_of(STAGE_SECTION, RULE_SECTION, o->programs[l->entry].section, "unknown");

	x.settable = SET_TYPE;
	return l->prog_type == BPF_PROG_TYPE_UNSPEC ? add(s, x) : 0;
}

/* XDP over several buffers came in 5.18 with a helper. */
static int look_at_type(struct program_search *s)
{
	const struct loading *l = s->l;
	struct obstacle x = obstacle_of(STAGE_LOAD, RULE_PROGRAM_TYPE,
					uapi_name(UAPI_PROG_TYPE, l->prog_type), "missing");

	if (l->prog_type == BPF_PROG_TYPE_UNSPEC)
		return 0;
	if (features_has(s->target, FEATURE_PROG_TYPE, l->prog_type) == KNOWN_NO)
		return add(s, x);
	x.cause = "frags";
	if (l->attach.def && l->attach.def->frags &&
	    features_has(s->target, FEATURE_HELPER, HELPER_xdp_get_buff_len) == KNOWN_NO)
		return add(s, x);
	return 0;
}

/* Whether the kernel takes only the attach types that it knows for programs of that type
 * (bpf_prog_load_check_attach() of syscall.c, bpf_check_attach_target()). */
static bool checks_attach_type(uint32_t prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_SK_LOOKUP:
	case BPF_PROG_TYPE_NETFILTER: return true;
	default: return false;
	}
}

static int look_at_attach_type(struct program_search *s)
{
	const struct loading *l = s->l;

	if (!checks_attach_type(l->prog_type) ||
	    features_has(s->target, FEATURE_ATTACH_TYPE, l->attach_type) != KNOWN_NO)
		return 0;
	return add(s, obstacle_of(STAGE_LOAD, RULE_ATTACH_TYPE,
				  uapi_name(UAPI_ATTACH_TYPE, l->attach_type), "missing"));
}

/* A program that replaces a function of another needs that program, which only a tool has. */
static int look_at_replaced(struct program_search *s)
{
	struct obstacle x =
	    obstacle_of(STAGE_ATTACH, RULE_ATTACH_TARGET, attach_name(s->l), "unset");

	x.type = attach_form_name(s->l->attach.form);
	x.settable = SET_ATTACH;
	if (s->l->attach.form != ATTACH_FREPLACE || s->l->retargeted)
		return 0;
	return add(s, x);
}

/* A program of struct_ops is of the member that refers to it. */
static int look_at_struct_ops(struct program_search *s)
{
	const struct loading *l = s->l;

	if (l->prog_type != BPF_PROG_TYPE_STRUCT_OPS ||
	    references_slot_of(l->externs->references, l->entry))
		return 0;
	return add_at_check(s,
			    obstacle_of(STAGE_LOAD, RULE_STRUCT_OPS,
					l->resolution->object->programs[l->entry].name, "unused"));
}

/* Other functions start with bpf_iter_, too; that of an iterator takes its meta data first and
 * returns an int (DEFINE_BPF_ITER_FUNC). */
static bool is_iterator(const struct program_search *s)
{
	const struct btf *b = s->l->found.btf;
	struct btf_type t = btf_type(b, s->l->found.proto);

	if (t.vlen == 0 || btf_strip(b, t.type).kind != BTF_INT)
		return false;
	t = btf_strip(b, btf_param(&t, 0).type);
	if (t.kind != BTF_PTR)
		return false;
	t = btf_strip(b, t.type);
	return strcmp(t.name, "bpf_iter_meta") == 0;
}

static int look_at_target(struct program_search *s)
{
	const struct loading *l = s->l;
	struct obstacle x =
	    obstacle_of(STAGE_ATTACH, RULE_ATTACH_TARGET, attach_name(l), "missing");

	x.type = attach_form_name(l->attach.form);
	x.settable = SET_ATTACH;
	if (!l->attach.name_len) {
		x.cause = "unset";
		return add(s, x);
	}
	if (l->found.found == KNOWN_NO)
		return add(s, x);
	if (l->attach.form == ATTACH_ITER && l->found.proto && !is_iterator(s)) {
		x.stage = STAGE_LOAD;
		x.cause = "iter";
		return add_at_check(s, x);
	}
	if (l->attach.form == ATTACH_FUNC && l->found.found == KNOWN_YES &&
	    l->found.addressed == KNOWN_NO) {
		x.stage = STAGE_LOAD;
		x.rule = RULE_NO_ADDRESS;
		x.cause = "split";
		return add_at_check(s, x);
	}
	return 0;
}

/* Whether the kernel can hand on a value of that type (__get_type_size). */
static bool passes(const struct program_search *s, uint32_t type, bool argument)
{
	struct btf_type t = btf_strip_value(s->l->found.btf, type);

	if (t.kind == BTF_VOID)
		return !argument;
	if (t.kind == BTF_PTR || t.kind == BTF_INT || btf_is_enum(&t))
		return true;
	if (!btf_is_composite(&t) || !argument)
		return false;
	return features_mark(s->target, MARK_STRUCT_ARGS) != KNOWN_NO && t.size <= STRUCT_MOST;
}

static int add_proto(struct program_search *s, const char *cause, uint32_t argument)
{
	struct obstacle x = obstacle_of(STAGE_LOAD, RULE_ATTACH_PROTO, attach_name(s->l), cause);

	x.number = argument;
	return add_at_check(s, x);
}

/* What a function takes and returns, where a trampoline is to be made for it. */
static int look_at_proto(struct program_search *s)
{
	const struct loading *l = s->l;
	struct btf_type t;

	if (!l->found.proto || (l->attach.form != ATTACH_FUNC && l->attach.form != ATTACH_LSM))
		return 0;
	t = btf_type(l->found.btf, l->found.proto);
	if (t.vlen > ARGUMENTS_MOST)
		return add_proto(s, "many", t.vlen);
	for (uint32_t i = 0; i < t.vlen; i++)
		if (!passes(s, btf_param(&t, i).type, true))
			return add_proto(s, "argument", i + 1);
	if (!passes(s, t.type, false))
		return add_proto(s, "result", 0);
	return 0;
}

/* Before 5.11 one hook of LSM may sleep. Which may since then no BTF tells. */
static bool may_sleep(const struct program_search *s)
{
	if (features_mark(s->target, MARK_SLEEPABLE_LSM) == KNOWN_NO)
		return strcmp(attach_name(s->l), "bprm_committed_creds") == 0;
	return hooks_sleep(loading_function(s->l), s->l->age) != KNOWN_NO;
}

/* Whether programs of a type may sleep at all (can_be_sleepable() of verifier.c), by what came in
 * the release before which they may not. */
static bool type_sleeps(const struct program_search *s)
{
	switch (s->l->prog_type) {
	case BPF_PROG_TYPE_KPROBE: /* 6.0 */
		return features_has(s->target, FEATURE_HELPER, HELPER_tcp_raw_gen_syncookie_ipv4) !=
		       KNOWN_NO;
	case BPF_PROG_TYPE_STRUCT_OPS: /* 6.3 */
		return features_has(s->target, FEATURE_HELPER, HELPER_cgrp_storage_delete) !=
		       KNOWN_NO;
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT: /* 7.1 or 7.2 */
		return features_has(s->target, FEATURE_ATTACH_TYPE, BPF_TRACE_FSESSION) != KNOWN_NO;
	default: return true;
	}
}

/* Adds an obstacle where the kernel does not allow something, or where that is not known. */
static int add_known(struct program_search *s, enum obstacle_rule rule, enum known allowed,
		     const char *refused, const char *unknown)
{
	struct obstacle x = obstacle_of(STAGE_LOAD, rule, attach_name(s->l), refused);

	if (allowed == KNOWN_YES)
		return 0;
	x.type = attach_form_name(s->l->attach.form);
	if (allowed == KNOWN_NOT) {
		x.cause = unknown;
		x.reached = KNOWN_NOT;
		x.doubtful = true;
	}
	return add_at_check(s, x);
}

static int look_at_sleep(struct program_search *s)
{
	const struct loading *l = s->l;

	if (!l->sleepable)
		return 0;
	if (!type_sleeps(s))
		return add_at_check(s,
				    obstacle_of(STAGE_LOAD, RULE_SLEEPABLE,
						uapi_name(UAPI_PROG_TYPE, l->prog_type), "type"));
	if (!l->found.id)
		return 0;
	if (l->attach.form == ATTACH_LSM)
		return may_sleep(s) ? 0
				    : add_at_check(s, obstacle_of(STAGE_LOAD, RULE_SLEEPABLE,
								  attach_name(l), "lsm"));
	if (l->attach.form != ATTACH_FUNC || l->prog_type != BPF_PROG_TYPE_TRACING)
		return 0;
	return add_known(s, RULE_SLEEPABLE, injection_sleeps(l), "function", "function-unknown");
}

/* What changes the result of a function is for those alone that are there for it. */
static int look_at_result(struct program_search *s)
{
	const struct loading *l = s->l;

	if (l->attach_type != BPF_MODIFY_RETURN || !l->found.id)
		return 0;
	return add_known(s, RULE_ATTACH_TARGET, injection_modifies(l), "result", "result-unknown");
}

/* The kernel lets no program of LSM or struct_ops in that is not GPL (bpf_lsm_verify_prog(),
 * check_struct_ops_btf_id()). */
static int look_at_license(struct program_search *s)
{
	const struct loading *l = s->l;

	if (object_is_gpl(l->resolution->object))
		return 0;
	if (l->prog_type == BPF_PROG_TYPE_LSM)
		return add_at_check(s,
				    obstacle_of(STAGE_LOAD, RULE_LICENSE, attach_name(l), "lsm"));
	if (l->prog_type == BPF_PROG_TYPE_STRUCT_OPS)
		return add_at_check(
		    s, obstacle_of(STAGE_LOAD, RULE_LICENSE, attach_name(l), "struct_ops"));
	return 0;
}

/* What the list of disabled hooks keeps from all programs (bpf_lsm_verify_prog()). */
static int look_at_hook(struct program_search *s)
{
	const struct loading *l = s->l;

	if (l->attach.form != ATTACH_LSM || !l->found.id)
		return 0;
	return add_known(s, RULE_ATTACH_TARGET, hooks_enabled(loading_function(l), l->age),
			 "disabled", "disabled-unknown");
}

int program_scope_find(const struct loading *l, struct obstacles *o, struct context *c,
		       struct err *e)
{
	struct program_search s = {.l = l, .target = l->target, .o = o, .e = e};
	bool by_btf = l->attach.def && attach_by_btf(l->attach.form);

	if (look_at_section(&s) < 0 || look_at_replaced(&s) < 0 || look_at_type(&s) < 0 ||
	    look_at_attach_type(&s) < 0 || look_at_struct_ops(&s) < 0)
		return -1;
	if (by_btf && (look_at_target(&s) < 0 || look_at_proto(&s) < 0))
		return -1;
	if (look_at_sleep(&s) < 0 || look_at_result(&s) < 0)
		return -1;
	context_of(l, c);
	return look_at_license(&s) < 0 ? -1 : look_at_hook(&s);
}

enum known program_scope_attaches(const struct loading *l, const char **cause)
{
	struct found found;

	*cause = NULL;
	if (!l->attach.def || l->attach.form == ATTACH_NONE)
		return KNOWN_YES;
	if (attach_by_btf(l->attach.form)) {
		*cause = "trampoline";
		if (l->attach.form == ATTACH_ITER || l->attach.form == ATTACH_TP_BTF)
			return KNOWN_YES;
		return features_mark(l->target, MARK_TRAMPOLINES);
	}
	if (!l->attach.name_len || l->attach.pattern)
		return KNOWN_NOT;
	features_attach(l->target, &l->attach, &found);
	*cause = "missing";
	if (found.found == KNOWN_NO || found.addressed == KNOWN_NO)
		return KNOWN_NO;
	return found.addressed;
}
