/*
 * section: what the name of a program's section says of the program: `?fentry.s/do_unlinkat`. A `?`
 * keeps a loader from loading it unasked (libbpf.c: section_defs, bpf_object__init_prog and the
 * attach_*() functions). The table is sections.def.
 */
#ifndef BTFL_SECTION_H
#define BTFL_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/uapi.h"

/* What a program attaches to, and who looks for it. Of the first four the loader looks it up in the
 * kernel's BTF before it loads the program, of the others when it attaches the program. */
enum attach_form {
	ATTACH_FUNC,     /* fentry, fexit, fmod_ret, fsession: FUNC */
	ATTACH_LSM,      /* FUNC bpf_lsm_… */
	ATTACH_ITER,     /* FUNC bpf_iter_… */
	ATTACH_TP_BTF,   /* TYPEDEF btf_trace_… */
	ATTACH_FREPLACE, /* FUNC of another program, which a tool must name before loading */
	ATTACH_KPROBE,   /* a symbol of the kernel, with an offset in bytes */
	ATTACH_KPROBE_MULTI,
	ATTACH_FUNC_MULTI, /* fentry.multi … */
	ATTACH_KSYSCALL,
	ATTACH_TRACEPOINT, /* category/event */
	ATTACH_RAW_TP,
	ATTACH_UPROBE, /* file:function+offset */
	ATTACH_UPROBE_MULTI,
	ATTACH_USDT,       /* file:provider:event */
	ATTACH_STRUCT_OPS, /* a member of a struct; which one says the map, not the section */
	ATTACH_NONE,       /* nothing that the section names: a socket, an interface, a cgroup */
	ATTACH_FORM_COUNT
};

/* A row of sections.def. */
struct section_def {
	const char *name; /* "fentry.s" */
	uint8_t len;      /* of name */
	bool names;       /* `/` and what it attaches to may follow */
	bool sleepable;   /* loaded with BPF_F_SLEEPABLE */
	bool frags;       /* loaded with BPF_F_XDP_HAS_FRAGS */
	bool optional;    /* its attach type is left out on a kernel that knows none for it */
	enum bpf_prog_type prog_type;
	enum bpf_attach_type attach_type; /* 0 for none, and for BPF_CGROUP_INET_INGRESS */
	enum attach_form form;
};

/* What libbpf makes a program in that section, with or without a `?` before its name; NULL for a
 * section that it does not know: such a program has no type until a tool gives it one. */
const struct section_def *section_def_of(const char *section);

/* "func", "lsm", … as attach.form has it in Lua. */
const char *attach_form_name(enum attach_form form);

/* Whether the loader asks the kernel's BTF for what it attaches to. */
static inline bool attach_by_btf(enum attach_form form)
{
	return form <= ATTACH_TP_BTF;
}

/* Whether the context of programs of that type holds no typed pointers. */
static inline bool prog_type_has_number_context(uint32_t type)
{
	return type == BPF_PROG_TYPE_KPROBE || type == BPF_PROG_TYPE_TRACEPOINT ||
	       type == BPF_PROG_TYPE_PERF_EVENT || type == BPF_PROG_TYPE_RAW_TRACEPOINT ||
	       type == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE;
}

/* What stands behind the first `/` of a section's name, taken apart by its form. Pointers point
 * into that name; a part that is not there is NULL and of length 0. */
struct attach_point {
	const struct section_def *def; /* NULL: libbpf knows no such section */
	enum attach_form form;         /* ATTACH_NONE without def */
	bool automatic;                /* no `?`: loaded unasked */
	bool pattern;                  /* name has `*` or `?`: it stands for many */
	const char *name;   /* of a function, tracepoint, event or system call; maybe of length 0 */
	const char *module; /* `module:name`. `vmlinux` is none, but stays here as it was written */
	const char *place;  /* category of a tracepoint; file of a user probe */
	const char *provider; /* of USDT */
	size_t name_len, module_len, place_len, provider_len;
	uint64_t offset; /* bytes from the start of the function: `+0x10` */
};

/* Takes any name of a section apart. A name that cannot be of its form has no `name`: there is
 * nothing that a loader could attach to, or that would be read otherwise by each. */
struct attach_point attach_point_of(const char *section);

/* What the name of its FUNC or TYPEDEF in BTF starts with, before attach_point.name: "bpf_lsm_",
 * "bpf_iter_", "btf_trace_" or "". */
const char *attach_prefix(enum attach_form form);

#endif
