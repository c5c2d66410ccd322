/* features: what BTF tells of a kernel's own numbers; see features.h. */
#include "core/features.h"

#include <strings.h>

#include "core/features_impl.h"
#include "format/asked.h"

static const struct {
	const char *type, *prefix;
} sets[FEATURE_SETS] = {
    [FEATURE_HELPER] = {"bpf_func_id", "BPF_FUNC_"},
    [FEATURE_MAP_TYPE] = {"bpf_map_type", "BPF_MAP_TYPE_"},
    [FEATURE_PROG_TYPE] = {"bpf_prog_type", "BPF_PROG_TYPE_"},
    [FEATURE_ATTACH_TYPE] = {"bpf_attach_type", "BPF_"},
};

/* An enum that lacks the first of these numbers is not the kernel's own. */
enum { WHOLE = 4 };

static struct btf_type enum_of(const struct target *t, enum feature_set set)
{
	return btf_type(t->btf[0], btf_find(t->btf[0], sets[set].type, BTF_ENUM));
}

/* What counts them has a number, too: __BPF_FUNC_MAX_ID. */
static bool is_number(const struct btf_enumerator *v)
{
	return strncmp(v->name, "__", 2) != 0 && v->value < FEATURE_NUMBERS;
}

static void set_bit(uint64_t *bits, uint64_t i)
{
	bits[i / 64] |= UINT64_C(1) << i % 64;
}

static bool has_bit(const uint64_t *bits, uint64_t i)
{
	return bits[i / 64] >> i % 64 & 1;
}

/* Whether bpf_ctx_convert c has NAME_prog. */
static bool is_built_in(const struct btf_type *c, const char *name)
{
	size_t len = strlen(name);

	for (uint32_t i = 0; i < c->vlen; i++) {
		const char *have = btf_member(c, i).name;

		if (strncmp(have, name, len) == 0 && strcmp(have + len, "_prog") == 0)
			return true;
	}
	return false;
}

/* Of the numbers of e, those that are built in. A struct that has none says nothing. */
static void keep_built_in(const struct target *t, const struct btf_type *e, uint64_t *bits)
{
	struct btf_type c = btf_type(t->btf[0], btf_find(t->btf[0], "bpf_ctx_convert", BTF_STRUCT));
	uint64_t kept[FEATURE_NUMBERS / 64] = {0};
	bool any = false;

	for (uint32_t i = 0; c.kind == BTF_STRUCT && i < e->vlen; i++) {
		struct btf_enumerator v = btf_enumerator(e, i);

		if (!is_number(&v) || !is_built_in(&c, v.name))
			continue;
		set_bit(kept, v.value);
		any = true;
	}
	if (any)
		memcpy(bits, kept, sizeof(kept));
}

static void read_set(const struct target *t, enum feature_set set, struct features *out)
{
	struct btf_type e = enum_of(t, set);
	uint64_t *bits = out->bits[set];

	for (uint32_t i = 0; e.kind == BTF_ENUM && i < e.vlen; i++) {
		struct btf_enumerator v = btf_enumerator(&e, i);

		if (is_number(&v))
			set_bit(bits, v.value);
	}
	out->whole[set] = true;
	for (int i = 0; i < WHOLE; i++)
		out->whole[set] &= has_bit(bits, (uint64_t)i);
	if (set != FEATURE_ATTACH_TYPE)
		bits[0] &= ~UINT64_C(1); /* unspecified */
	if (set == FEATURE_PROG_TYPE && out->whole[set])
		keep_built_in(t, &e, bits);
}

static void read_one(const struct target *t, int set, struct features *f)
{
	uint32_t n = FEATURE_NUMBERS;

	read_set(t, set, f);
	while (n > 0 && !has_bit(f->bits[set], n - 1))
		n--;
	f->last[set] = n ? n - 1 : 0;
}

static const struct features *read_sets(const struct target *t)
{
	struct features *f = target_features(t);
	struct questions *heard_by;

	if (atomic_load(&f->read))
		return f;
	heard_by = asked_pause();
	pthread_mutex_lock(&f->lock);
	for (int set = 0; set < FEATURE_SETS && !atomic_load(&f->read); set++)
		read_one(t, set, f);
	atomic_store(&f->read, true);
	pthread_mutex_unlock(&f->lock);
	asked_go_on(heard_by);
	return f;
}

enum known features_has(const struct target *t, enum feature_set set, uint32_t number)
{
	const struct features *f = read_sets(t);

	asked_for(ASKED_FEATURE, number, &(char){(char)set}, 1);
	if (!f->whole[set])
		return KNOWN_NOT;
	return number < FEATURE_NUMBERS && has_bit(f->bits[set], number) ? KNOWN_YES : KNOWN_NO;
}

uint32_t features_last(const struct target *t, enum feature_set set)
{
	asked_for(ASKED_LAST, set, NULL, 0);
	return read_sets(t)->last[set];
}

/* Whether an enumerator is called that, in letters of either case, with what the set's start with
 * or without. */
static bool is_called(enum feature_set set, const char *have, const char *name)
{
	size_t n = strlen(sets[set].prefix);

	return strcasecmp(have, name) == 0 ||
	       (strncmp(have, sets[set].prefix, n) == 0 && strcasecmp(have + n, name) == 0);
}

bool features_number(const struct target *t, enum feature_set set, const char *name,
		     uint32_t *number)
{
	struct btf_type e = enum_of(t, set);

	for (uint32_t i = 0; e.kind == BTF_ENUM && i < e.vlen; i++) {
		struct btf_enumerator v = btf_enumerator(&e, i);

		if (!is_number(&v) || !is_called(set, v.name, name))
			continue;
		*number = (uint32_t)v.value;
		return true;
	}
	return false;
}

const char *features_name(const struct target *t, enum feature_set set, uint32_t number)
{
	struct btf_type e = enum_of(t, set);
	size_t n = strlen(sets[set].prefix);

	for (uint32_t i = 0; e.kind == BTF_ENUM && i < e.vlen; i++) {
		struct btf_enumerator v = btf_enumerator(&e, i);

		if (v.value == number && is_number(&v) && strncmp(v.name, sets[set].prefix, n) == 0)
			return v.name + n;
	}
	return NULL;
}

bool features_function(const struct target *t, const char *name)
{
	return btf_find(t->btf[0], name, BTF_FUNC) != 0;
}

/* Whether there is any. */
static bool has_functions(const struct target *t)
{
	static const char *const usual[] = {"schedule", "vfs_read", "kfree", "tcp_connect"};
	struct btf_type func = {0};

	/* The first of a sorted BTF stands behind half of it. */
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (features_function(t, usual[i]))
			return true;
	return btf_next(t->btf[0], &func, BTF_FUNC);
}

/* File operations, which every kernel has and none calls by name. Functions of which compilers make
 * nothing or something else tell nothing: so most must be there, and not all. */
static enum known has_statics(const struct target *t)
{
	static const char *const statics[] = {
	    "environ_read", "mem_read",     "mem_write",      "proc_pid_cmdline_read",
	    "pipe_poll",    "pipe_release", "pipe_fasync",    "read_null",
	    "write_null",   "null_lseek",   "sock_poll",      "sock_ioctl",
	    "sock_close",   "show_vfsmnt",  "show_mountinfo", "tty_read",
	};
	size_t all = sizeof(statics) / sizeof(*statics), there = 0;

	for (size_t i = 0; i < all; i++)
		there += features_function(t, statics[i]);
	return there >= all / 2 ? KNOWN_YES : KNOWN_NO;
}

/* A member of a struct of the kernel's. */
static enum known has_member(const struct target *t, const char *type, const char *name)
{
	struct btf_type s = btf_type(t->btf[0], btf_find(t->btf[0], type, BTF_STRUCT));

	if (s.kind != BTF_STRUCT)
		return KNOWN_NOT;
	for (uint32_t i = 0; i < s.vlen; i++)
		if (strcmp(btf_member(&s, i).name, name) == 0)
			return KNOWN_YES;
	return KNOWN_NO;
}

static enum known has_helper(const struct target *t, const char *name)
{
	uint32_t number;

	if (!read_sets(t)->whole[FEATURE_HELPER])
		return KNOWN_NOT;
	return features_number(t, FEATURE_HELPER, name, &number) ? KNOWN_YES : KNOWN_NO;
}

static enum known as_known(bool is)
{
	return is ? KNOWN_YES : KNOWN_NO;
}

/* The direct calls that trampolines hang on. 5.10's BTF lacks register_ftrace_direct, as all of
 * kernel/trace, and 6.4 dropped the struct. */
static bool has_trampolines(const struct target *t)
{
	return features_function(t, "bpf_jit_binary_alloc") &&
	       (features_function(t, "register_ftrace_direct") ||
		btf_find(t->btf[0], "ftrace_direct_func", BTF_STRUCT) ||
		has_member(t, "ftrace_ops", "direct_call") == KNOWN_YES);
}

static enum known read_mark(const struct target *t, enum feature_mark mark)
{
	switch (mark) {
	case MARK_FETCH_ATOMICS: return has_helper(t, "check_mtu");
	case MARK_CALLBACKS: return has_helper(t, "for_each_map_elem");
	case MARK_STRUCT_ARGS: return has_member(t, "btf_func_model", "arg_flags");
	default: break;
	}
	if (!features_tell(t))
		return KNOWN_NOT;
	switch (mark) {
	case MARK_JIT: return as_known(features_function(t, "bpf_jit_binary_alloc"));
	case MARK_SLEEPABLE_LSM: return as_known(features_function(t, "bpf_lsm_is_sleepable_hook"));
	case MARK_TRAMPOLINES: return as_known(has_trampolines(t));
	case MARK_STATICS: return has_statics(t);
	default: return KNOWN_NOT;
	}
}

/* Two threads that ask at once both find it out. */
static enum known ask_mark(const struct target *t, enum feature_mark mark)
{
	atomic_uchar *kept = &target_features(t)->mark[mark];
	unsigned char known = atomic_load(kept);

	asked_for(ASKED_MARK, mark, NULL, 0);
	if (!known) {
		struct questions *heard_by = asked_pause();

		known = mark == FEATURE_MARKS ? as_known(has_functions(t)) : read_mark(t, mark);
		asked_go_on(heard_by);
		atomic_store(kept, ++known);
	}
	return known - 1;
}

bool features_tell(const struct target *t)
{
	return ask_mark(t, FEATURE_MARKS) == KNOWN_YES;
}

enum known features_mark(const struct target *t, enum feature_mark mark)
{
	return ask_mark(t, mark);
}

const char *features_mark_name(enum feature_mark mark)
{
	static const char *const names[FEATURE_MARKS] = {
	    [MARK_FETCH_ATOMICS] = "fetch_atomics",
	    [MARK_CALLBACKS] = "callbacks",
	    [MARK_JIT] = "jit",
	    [MARK_STRUCT_ARGS] = "struct_args",
	    [MARK_SLEEPABLE_LSM] = "sleepable_lsm",
	    [MARK_TRAMPOLINES] = "trampolines",
	    [MARK_STATICS] = "statics",
	};

	return names[mark];
}
