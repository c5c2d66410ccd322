/*
 * features: what a kernel has, by its own BTF, kallsyms and configuration and not by its release:
 * helpers, map, program and attach types by its enums, kfuncs and what programs attach to by its
 * functions and typedefs, the rest by marks that BTF carries. All of it may be asked from any
 * thread.
 */
#ifndef BTFL_FEATURES_H
#define BTFL_FEATURES_H

#include "base/known.h"
#include "core/target.h"
#include "format/section.h"

/* The enum that numbers them. */
enum feature_set {
	FEATURE_HELPER,      /* bpf_func_id */
	FEATURE_MAP_TYPE,    /* bpf_map_type */
	FEATURE_PROG_TYPE,   /* bpf_prog_type */
	FEATURE_ATTACH_TYPE, /* bpf_attach_type */
	FEATURE_SETS
};

/* Whether the kernel has that number of the set; KNOWN_NOT where its BTF has no such enum, as one
 * cut down to what some objects need. A program type must be built in, too: bpf_ctx_convert lists
 * those (kernel, bpf_types.h), of which LIRC_MODE2, LSM or STRUCT_OPS are a matter of
 * configuration. */
enum known features_has(const struct target *t, enum feature_set set, uint32_t number);

/* The highest number of the set; 0 where its BTF has no such enum. */
uint32_t features_last(const struct target *t, enum feature_set set);

/* The number of a name in the kernel's enum: "ringbuf" for BPF_MAP_TYPE_RINGBUF, or the whole.
 * False for none. */
bool features_number(const struct target *t, enum feature_set set, const char *name,
		     uint32_t *number);

/* The enumerator of that number in the kernel's enum, without what all of them start with, which
 * for other sets than helpers is in capitals: "RINGBUF"; NULL for none. */
const char *features_name(const struct target *t, enum feature_set set, uint32_t number);

enum feature_mark {
	MARK_FETCH_ATOMICS, /* 5.12: atomic instructions that fetch, xchg, cmpxchg */
	MARK_CALLBACKS,     /* 5.13: helpers that call a subprogram, ldimm64 of one */
	MARK_JIT,           /* programs are compiled; without, kfuncs and callbacks are refused */
	MARK_STRUCT_ARGS,   /* 6.1: programs attach to functions that take structs by value */
	MARK_SLEEPABLE_LSM, /* 5.11: some LSM hooks may sleep */
	MARK_TRAMPOLINES,   /* fentry, fexit, fmod_ret and lsm programs can be attached */
	MARK_STATICS,       /* its BTF has static functions; arm64's of 5.10 has global ones only */
	FEATURE_MARKS
};

/* Whether it is so, as BTF tells: KNOWN_NOT for one cut down. */
enum known features_mark(const struct target *t, enum feature_mark mark);

/* "fetch_atomics" and so on. */
const char *features_mark_name(enum feature_mark mark);

/* Where a name was found. */
struct found {
	enum known found;
	enum known addressed; /* the kernel has an address for it, by the name: what it is loaded
			       * or attached by; told by kallsyms */
	bool elsewhere;       /* not found, but no BTF of a module was given, and one may have it */
	const struct btf *btf; /* where it is described; NULL */
	size_t module;         /* number of btf in the target */
	uint32_t id;           /* FUNC, VAR or TYPEDEF; 0 for none */
	uint32_t proto;        /* the FUNC_PROTO behind it; 0 */
	uint32_t skip;         /* parameters of proto that programs do not see */
};

/* Whether vmlinux has a function of that name. */
bool features_function(const struct target *t, const char *name);

/* Looks for a type of that kind as libbpf does: a FUNC for a kfunc, a VAR for a typed ksym; in
 * vmlinux, then in modules. Does not look for an address: addressed is KNOWN_NOT where it is found.
 */
void features_find(const struct target *t, int kind, const char *name, size_t len,
		   struct found *out);

/* Looks for what a program attaches to: in the module that p names (`vmlinux` is one), or in
 * vmlinux and then in all. addressed is filled, for which the running kernel's symbols may be read.
 * Of struct_ops it is a member, "STRUCT.MEMBER", which is what a map says and no section.
 * What no kernel tells is KNOWN_NOT: user probes, other programs, a section that names nothing. */
void features_attach(const struct target *t, const struct attach_point *p, struct found *out);

#endif
