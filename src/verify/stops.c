/* stops: which instructions a kernel does not know; see stops.h. Kernels take over each other's
 * changes, so what a kernel knows is asked of its BTF: by a helper, a type of map or program that
 * came in the same release. */
#include "verify/stops.h"

#include <stdlib.h>
#include <string.h>

#include "verify/functions.h"
#include "verify/helper_types.h"
#include "verify/helpers.h"
#include "verify/hooks.h"
#include "verify/kfunc_types.h"
#include "verify/kfuncs.h"
#include "verify/map_uses.h"

/* MAX_USED_MAPS of the kernel. */
enum { MAPS_MOST = 64 };
enum { SIGNED_OFF = 1, CAST_OFF = 1 };
enum { ATOMIC_ADD = 0x00, ATOMIC_LOAD_ACQUIRE = 0x100, ATOMIC_STORE_RELEASE = 0x110 };

struct stop_search {
	const struct loading *l;
	const struct target *target;
	struct linked *f;
	struct obstacles *o;
	struct err *e;
	bool *maps_met;      /* by map: was looked at */
	uint32_t map_count;  /* of those */
	uint32_t storage[2]; /* the first of a cgroup and of each CPU, plus 1; 0: none yet */
	struct function_refusal *functions; /* by function; NULL where each may be called */
	enum known wakes; /* hands on callbacks that may sleep; KNOWN_NOT: not looked */
	bool suspects;    /* calls something that sleeps, which a path decides */
};

static bool lacks(const struct stop_search *s, enum feature_mark mark)
{
	return features_mark(s->target, mark) == KNOWN_NO;
}

/* Adds x, of the instruction at `at`. */
static int add(struct stop_search *s, uint32_t at, struct obstacle x)
{
	if (!obstacles_want(s->o, x.rule))
		return 0;
	x.at = (int32_t)at;
	if (x.stage == STAGE_WALK && !x.doubtful)
		s->f->insns[at].stop = (uint8_t)x.rule;
	return obstacles_add(s->o, x, s->e);
}

static int add_insn(struct stop_search *s, uint32_t at, enum obstacle_stage stage,
		    const char *cause)
{
	return add(s, at, obstacle_of(stage, RULE_INSN, NULL, cause));
}

/* The number under which libbpf loads a helper that the kernel may not have by its own: the two
 * forms of probe_read that came in 5.5 (bpf_program_fixup and bpf_object__sanitize_prog in
 * libbpf.c). */
static uint32_t loaded_helper(const struct target *t, uint32_t helper)
{
	if (features_has(t, FEATURE_HELPER, HELPER_probe_read_kernel) != KNOWN_NO)
		return helper;
	switch (helper) {
	case HELPER_probe_read_kernel:
	case HELPER_probe_read_user: return HELPER_probe_read;
	case HELPER_probe_read_kernel_str:
	case HELPER_probe_read_user_str: return HELPER_probe_read_str;
	default: return helper;
	}
}

/* A kernel that is locked down gives it to nobody (security_locked_down() in
 * bpf_tracing_func_proto(), since 5.14). */
enum { PROBE_WRITE_USER = 36, LOCKS = AGE_LINE(5, 14) };

/* Whether its configuration alone locks it down; what is said when it boots may, too. */
static bool is_locked(const struct target *t)
{
	const struct kconfig *k = target_kconfig(t);

	return k && (kconfig_is_built_in(k, "CONFIG_LOCK_DOWN_KERNEL_FORCE_INTEGRITY") ||
		     kconfig_is_built_in(k, "CONFIG_LOCK_DOWN_KERNEL_FORCE_CONFIDENTIALITY"));
}

/* Whether the program hands a callback to a work queue or to a task, which may sleep there. */
static bool wakes(struct stop_search *s)
{
	const struct extern_def *externs = s->l->externs->references->externs;

	for (uint32_t at = 0; s->wakes == KNOWN_NOT && at < s->f->count; at++)
		if (s->f->insns[at].ref_kind == REF_EXTERN_CALL &&
		    kfunc_of(&externs[s->f->insns[at].target]) == KFUNC_WAKES)
			s->wakes = KNOWN_YES;
	if (s->wakes == KNOWN_NOT)
		s->wakes = KNOWN_NO;
	return s->wakes == KNOWN_YES;
}

/* Leaves it to the walk whether a call of what may sleep is refused. */
static int put_off(struct stop_search *s, uint32_t at, enum obstacle_rule rule, enum known sleeps)
{
	if (!obstacles_want(s->o, rule))
		return 0;
	s->f->insns[at].sleeps = sleeps;
	s->suspects = true;
	return 0;
}

/* Whether the program may call the helper, asleep or not. */
static bool is_for_type(const struct loading *l, uint32_t helper, bool sleepable)
{
	return helper_type_allowed(helper, l->prog_type, l->attach_type, sleepable, l->age) !=
	       KNOWN_NO;
}

/* Why a helper that the kernel numbers is nothing for the program: "type", "function", when it was
 * left out of that kernel, "built", or "locked"; NULL when it may be called, or nobody knows. */
static const char *refused(struct stop_search *s, uint32_t helper)
{
	const struct loading *l = s->l;
	const struct helper_marker *mark = helper_marker(helper);

	if (!is_for_type(l, helper, l->sleepable) && (!is_for_type(l, helper, true) || !wakes(s)))
		return "type";
	if (loading_function(l) && hooks_helper(helper, l->prog_type, l->attach_type,
						loading_function(l), l->age) == KNOWN_NO)
		return "function";
	if (mark && features_function(s->target, mark->beside) &&
	    !features_function(s->target, mark->function))
		return "built";
	if (helper == PROBE_WRITE_USER && age_since(l->age, LOCKS) && is_locked(s->target))
		return "locked";
	return NULL;
}

static int look_at_helper(struct stop_search *s, uint32_t at, uint32_t helper)
{
	const struct loading *l = s->l;
	struct obstacle x =
	    obstacle_of(STAGE_WALK, RULE_HELPER_UNKNOWN, helper_name(helper), "missing");

	x.number = helper;
	helper = loaded_helper(s->target, helper);
	if (features_has(s->target, FEATURE_HELPER, helper) == KNOWN_NO)
		return add(s, at, x);
	x.rule = RULE_HELPER_NOT_FOR_TYPE;
	x.type = uapi_name(UAPI_PROG_TYPE, l->prog_type);
	x.cause = refused(s, helper);
	if (x.cause)
		return add(s, at, x);
	if (!object_is_gpl(s->f->object) &&
	    helper_gpl_only(helper, l->prog_type, l->attach_type, l->age)) {
		x.rule = RULE_LICENSE;
		x.cause = "helper";
		return add(s, at, x);
	}
	return is_for_type(l, helper, l->sleepable) ? 0 : put_off(s, at, x.rule, KNOWN_YES);
}

/* A kernel function that may sleep in a program that may not. Where a program that may sleep must
 * not is told by regions.h. */
static int look_at_sleep(struct stop_search *s, uint32_t at, const struct extern_def *def)
{
	struct obstacle x = obstacle_of(STAGE_WALK, RULE_SLEEPABLE, def->name, "kfunc");
	enum known sleeps;

	if (s->l->sleepable)
		return 0;
	sleeps =
	    kfunc_sleeps(def->name, btf_essential_len(def->name, strlen(def->name)), s->l->age);
	if (sleeps == KNOWN_NO)
		return 0;
	if (wakes(s))
		return put_off(s, at, x.rule, sleeps);
	if (sleeps == KNOWN_NOT) {
		x.cause = "kfunc-unknown";
		x.doubtful = true;
	}
	return add(s, at, x);
}

/* A kernel function that the kernel does not let programs of that type call, which it says before
 * it looks at arguments (fetch_kfunc_meta() in check_kfunc_call()). */
static int look_at_caller(struct stop_search *s, uint32_t at, const struct extern_def *def)
{
	const struct loading *l = s->l;
	struct obstacle x = obstacle_of(STAGE_WALK, RULE_KFUNC, def->name, "type");
	enum kfunc_answer answer =
	    kfunc_type_allowed(def->name, btf_essential_len(def->name, strlen(def->name)),
			       l->prog_type, l->attach_type, l->age, &x.callers);

	if (answer == KFUNC_UNTOLD || answer == KFUNC_ALLOWED)
		return look_at_sleep(s, at, def);
	x.type = uapi_name(UAPI_PROG_TYPE, l->prog_type);
	if (x.callers >> l->prog_type & 1)
		x.cause = "attach";
	if (answer == KFUNC_DOUBTED) {
		x.cause = "type-unknown";
		x.doubtful = true;
	}
	return add(s, at, x);
}

/* A weak kernel function that is not there is a call that libbpf makes invalid; the other obstacles
 * of kernel functions are those of the whole object. */
static int look_at_kfunc(struct stop_search *s, uint32_t at, uint32_t number)
{
	const struct extern_def *def = &s->l->externs->references->externs[number];
	enum extern_state state = s->l->externs->values[number].state;
	struct found found;

	if (state == EXTERN_MISSING && def->weak) {
		features_find(s->target, BTF_FUNC, def->name,
			      btf_essential_len(def->name, strlen(def->name)), &found);
		return add(s, at,
			   obstacle_of(STAGE_WALK, RULE_KFUNC, def->name,
				       found.id ? "incompatible" : "missing"));
	}
	if (state == EXTERN_MISSING)
		return 0;
	if (lacks(s, MARK_CALLBACKS))
		return add(s, at, obstacle_of(STAGE_WALK, RULE_INSN, def->name, "kfunc"));
	if (features_mark(s->target, MARK_JIT) == KNOWN_NO)
		return add(s, at, obstacle_of(STAGE_INSTRUCTIONS, RULE_NO_JIT, def->name, "kfunc"));
	if (!object_is_gpl(s->f->object))
		return add(s, at,
			   obstacle_of(STAGE_INSTRUCTIONS, RULE_LICENSE, def->name, "kfunc"));
	return look_at_caller(s, at, def);
}

static int look_at_function(struct stop_search *s, uint32_t at, uint32_t func)
{
	const struct function_refusal *refused = s->functions ? &s->functions[func] : NULL;
	struct obstacle x = obstacle_of(STAGE_WALK, RULE_FUNCTION, NULL, NULL);

	if (!refused || !refused->cause)
		return 0;
	x.name = s->f->object->programs[s->f->funcs[func].program].name;
	x.cause = refused->doubtful ? "unknown" : refused->cause;
	x.number = refused->number;
	x.doubtful = refused->doubtful;
	return add(s, at, x);
}

static int look_at_call(struct stop_search *s, uint32_t at)
{
	const struct linked_insn *n = &s->f->insns[at];

	if (n->ref_kind == REF_EXTERN_CALL)
		return look_at_kfunc(s, at, n->target);
	if (n->ref_kind == REF_CALL)
		return look_at_function(s, at, n->target);
	if (n->in.src)
		return 0;
	return look_at_helper(s, at, (uint32_t)n->in.imm);
}

static bool lacks_map(const struct stop_search *s, uint32_t type)
{
	return features_has(s->target, FEATURE_MAP_TYPE, type) == KNOWN_NO;
}

/* The fourth version of the instruction set came with TCX, in 6.6. */
static bool lacks_v4(const struct stop_search *s)
{
	return features_has(s->target, FEATURE_ATTACH_TYPE, BPF_TCX_INGRESS) == KNOWN_NO;
}

/* Long jumps came with them, and to stable kernels of older lines, too: 6.1.190 has them. */
static int look_at_long_jump(struct stop_search *s, uint32_t at)
{
	struct obstacle x = obstacle_of(STAGE_INSTRUCTIONS, RULE_INSN, NULL, "gotol");

	if (!lacks_v4(s))
		return 0;
	if (!age_before(s->l->age, AGE_LINE(6, 2)) && age_is_known(s->l->age))
		return add(s, at, x);
	x.cause = "gotol-unknown";
	x.reached = KNOWN_NOT;
	x.doubtful = true;
	return add(s, at, x);
}

static int look_at_callback(struct stop_search *s, uint32_t at)
{
	const struct linked_insn *n = &s->f->insns[at];
	const char *name = s->f->object->programs[s->f->funcs[n->target].program].name;

	if (lacks(s, MARK_CALLBACKS))
		return add(s, at, obstacle_of(STAGE_INSTRUCTIONS, RULE_INSN, name, "callback"));
	if (features_mark(s->target, MARK_JIT) == KNOWN_NO)
		return add(s, at, obstacle_of(STAGE_INSTRUCTIONS, RULE_NO_JIT, name, "callback"));
	return 0;
}

/* A program has one storage of its cgroup, and one for each CPU (bpf_cgroup_storage_assign() of the
 * kernel's local_storage.c). */
static bool is_second_storage(struct stop_search *s, uint32_t map)
{
	uint32_t type = map_uses_type(s->l, map), *first;

	if (type != BPF_MAP_TYPE_CGROUP_STORAGE && type != BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE)
		return false;
	first = &s->storage[type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE];
	if (!*first)
		*first = map + 1;
	return *first != map + 1;
}

static int look_at_map(struct stop_search *s, uint32_t at)
{
	uint32_t map = s->f->insns[at].target;
	struct obstacle x = obstacle_of(STAGE_INSTRUCTIONS, RULE_MAP_USE, NULL, NULL);

	/* The kernel looks at each once, where it stands first. */
	if (s->maps_met[map])
		return 0;
	s->maps_met[map] = true;
	x.cause = map_uses_program_refused(s->l, map);
	if (!x.cause && is_second_storage(s, map))
		x.cause = "storage";
	if (++s->map_count == MAPS_MOST + 1)
		x.cause = "many";
	if (!x.cause)
		return 0;
	x.name = s->l->externs->references->maps[map].name;
	x.type = uapi_name(UAPI_MAP_TYPE, map_uses_type(s->l, map));
	return add(s, at, x);
}

/* The kernel looks up the address of a variable of its BTF among its symbols, which have data where
 * it was built with CONFIG_KALLSYMS_ALL (__check_pseudo_btf_id() of its verifier.c). */
static int look_at_variable(struct stop_search *s, uint32_t at)
{
	uint32_t number = s->f->insns[at].target;
	const struct extern_def *def = &s->l->externs->references->externs[number];
	size_t len = btf_essential_len(def->name, strlen(def->name));
	const struct symbols *symbols;
	struct found found;

	if (def->kind != EXTERN_KSYM || s->l->externs->values[number].state != EXTERN_ADDRESS)
		return 0;
	features_find(s->target, BTF_VAR, def->name, len, &found);
	if (!found.id || found.btf != s->target->btf[0])
		return 0;
	symbols = target_symbols(s->target);
	if (!symbols || symbols_has(symbols, def->name, len))
		return 0;
	return add(s, at, obstacle_of(STAGE_INSTRUCTIONS, RULE_KSYM, def->name, "address"));
}

/* Whether the kernel gives the program no packets by BPF_LD_ABS and BPF_LD_IND (may_access_skb() of
 * its verifier.c). Which program another replaces is not known. */
static bool lacks_packets(const struct stop_search *s)
{
	switch (s->l->prog_type) {
	case BPF_PROG_TYPE_UNSPEC:
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_EXT: return false;
	default: return !age_is_unseen(s->l->age);
	}
}

static int look_at_ld(struct stop_search *s, uint32_t at)
{
	const struct linked_insn *n = &s->f->insns[at];

	if (n->ref_kind == REF_MAP)
		return look_at_map(s, at);
	if (n->ref_kind == REF_FUNC)
		return look_at_callback(s, at);
	if (n->ref_kind == REF_EXTERN)
		return look_at_variable(s, at);
	if ((BPF_MODE(n->in.code) == BPF_ABS || BPF_MODE(n->in.code) == BPF_IND) &&
	    lacks_packets(s))
		return add_insn(s, at, STAGE_WALK, "packet");
	return 0;
}

static int look_at_atomic(struct stop_search *s, uint32_t at)
{
	int32_t imm = s->f->insns[at].in.imm;

	if (imm != ATOMIC_ADD && lacks(s, MARK_FETCH_ATOMICS))
		return add_insn(s, at, STAGE_INSTRUCTIONS, "atomic");
	if ((imm == ATOMIC_LOAD_ACQUIRE || imm == ATOMIC_STORE_RELEASE) &&
	    lacks_map(s, BPF_MAP_TYPE_ARENA))
		return add_insn(s, at, STAGE_WALK, "atomic-order");
	return 0;
}

static int look_at_alu(struct stop_search *s, uint32_t at)
{
	struct insn in = s->f->insns[at].in;
	bool wide = BPF_CLASS(in.code) == BPF_ALU64;

	if (BPF_OP(in.code) == ALU_MOV && wide && in.off == CAST_OFF && in.imm)
		return lacks_map(s, BPF_MAP_TYPE_ARENA) ? add_insn(s, at, STAGE_WALK, "cast") : 0;
	if (BPF_OP(in.code) == ALU_MOV && in.off && lacks_v4(s))
		return add_insn(s, at, STAGE_WALK, "movsx");
	if ((BPF_OP(in.code) == ALU_DIV || BPF_OP(in.code) == ALU_MOD) && in.off == SIGNED_OFF &&
	    lacks_v4(s))
		return add_insn(s, at, STAGE_WALK, "signed-division");
	if (BPF_OP(in.code) == ALU_END && wide && lacks_v4(s))
		return add_insn(s, at, STAGE_WALK, "bswap");
	return 0;
}

static int look_at(struct stop_search *s, uint32_t at)
{
	const struct linked_insn *n = &s->f->insns[at];

	switch (BPF_CLASS(n->in.code)) {
	case BPF_ALU:
	case BPF_ALU64: return look_at_alu(s, at);
	case BPF_LD: return look_at_ld(s, at);
	case BPF_LDX:
		if (BPF_MODE(n->in.code) == BPF_MEMSX && lacks_v4(s))
			return add_insn(s, at, STAGE_INSTRUCTIONS, "ldsx");
		return 0;
	case BPF_STX: return BPF_MODE(n->in.code) == BPF_ATOMIC ? look_at_atomic(s, at) : 0;
	case BPF_JMP:
		if (BPF_OP(n->in.code) == JUMP_CALL)
			return look_at_call(s, at);
		if (BPF_OP(n->in.code) == JUMP_MAY && lacks_map(s, BPF_MAP_TYPE_ARENA))
			return add_insn(s, at, STAGE_INSTRUCTIONS, "may-goto");
		return 0;
	case BPF_JMP32: return BPF_OP(n->in.code) == JUMP_ALWAYS ? look_at_long_jump(s, at) : 0;
	default: return 0;
	}
}

static int look_at_all(struct stop_search *s)
{
	struct linked *f = s->f;

	for (uint32_t at = 0; at < f->count; at++) {
		if (f->insns[at].stop)
			continue;
		if (look_at(s, at) < 0)
			return -1;
		/* The second half of an ldimm64 is no instruction. */
		at += f->insns[at].in.code == BPF_LDIMM64;
	}
	return 0;
}

int stops_find(const struct loading *l, struct linked *f, struct obstacles *o, bool *suspects,
	       struct err *e)
{
	struct stop_search s = {.l = l, .target = l->target, .f = f, .o = o, .e = e};
	int rc;

	s.wakes = KNOWN_NOT;
	s.maps_met = calloc(l->externs->references->map_count + 1, sizeof(*s.maps_met));
	if (!s.maps_met)
		return err_memory(e, l->resolution->object->path);
	rc = obstacles_want(o, RULE_FUNCTION) ? functions_judge(l, f, &s.functions, e) : 0;
	if (rc == 0)
		rc = look_at_all(&s);
	*suspects = s.suspects;
	free(s.functions);
	free(s.maps_met);
	return rc;
}
