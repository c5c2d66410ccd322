/*
 * features_attach: finds by name what a program calls or attaches to, as libbpf and the kernel do:
 * in vmlinux, then module by module. See features.h.
 */
#include <string.h>

#include "core/features_impl.h"

/* Longer names are none: the kernel's end at 511. */
enum { MOST = 512 };

/* A name that is looked for. */
struct wanted {
	const struct target *target;
	const char *module; /* the only one, for a module_len of more than 0 */
	size_t module_len;
	const char *prefix, *name;
	size_t len; /* of name */
	int kind;
};

/* The first type of b's own with exactly that name and kind; 0 for none. */
static uint32_t find_own(const struct btf *b, const char *name, int kind)
{
	size_t len = btf_named_len(b, kind, name);
	uint32_t id = btf_first_named(b, kind, name, len);

	for (; id; id = btf_next_named(b, id, name, len)) {
		struct btf_type t = btf_type(b, id);

		if (t.kind == (unsigned)kind && strcmp(t.name, name) == 0)
			break;
	}
	return id;
}

/* Names of modules are the same with `-` and with `_`. */
static bool is_module(const char *have, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char a = have[i] == '-' ? '_' : have[i], b = name[i] == '-' ? '_' : name[i];

		if (a != b)
			return false;
	}
	return have[len] == '\0';
}

/* The FUNC_PROTO behind a function, or behind the pointer that a tracepoint's typedef is; 0. */
static uint32_t proto_of(const struct btf *b, uint32_t id)
{
	struct btf_type t = btf_type(b, id);

	if (t.kind == BTF_TYPEDEF)
		t = btf_strip(b, t.type);
	if (t.kind == BTF_PTR || t.kind == BTF_FUNC)
		t = btf_type(b, t.type);
	return t.kind == BTF_FUNC_PROTO ? t.id : 0;
}

static bool is_vmlinux(const char *module, size_t len)
{
	return len == 7 && memcmp(module, "vmlinux", 7) == 0;
}

/* Length of the name with its prefix, which is written to out; 0 for none that a BTF could have. */
static size_t full_name(const struct wanted *w, char *out, size_t size)
{
	size_t n = strlen(w->prefix);

	if (!w->len || w->len >= size - n)
		return 0;
	memcpy(out, w->prefix, n);
	memcpy(out + n, w->name, w->len);
	out[n + w->len] = '\0';
	return n + w->len;
}

static bool find(const struct wanted *w, struct found *out)
{
	const struct target *t = w->target;
	char name[MOST];

	*out = (struct found){.found = KNOWN_NO, .addressed = KNOWN_NO};
	if (!full_name(w, name, sizeof(name)))
		return false;
	for (size_t i = 0; i < t->count; i++) {
		if (w->module_len && !is_module(t->module[i], w->module, w->module_len))
			continue;
		out->id = find_own(t->btf[i], name, w->kind);
		if (!out->id)
			continue;
		out->found = KNOWN_YES;
		out->addressed = KNOWN_NOT;
		out->btf = t->btf[i];
		out->module = i;
		out->proto = proto_of(t->btf[i], out->id);
		return true;
	}
	if (!features_tell(t))
		out->found = out->addressed = KNOWN_NOT;
	out->elsewhere = t->count == 1 && !(w->module_len && is_vmlinux(w->module, w->module_len));
	return false;
}

static enum known form_known(enum symbol_form form)
{
	switch (form) {
	case SYMBOL_WEAK:
	case SYMBOL_WHOLE: return KNOWN_YES;
	case SYMBOL_HASHED: return KNOWN_NOT;
	default: return KNOWN_NO;
	}
}

/* Whether code of that name has an address in that module (any for NULL), as kallsyms tells. A list
 * without modules tells nothing about theirs. */
static enum known code_known(const struct target *t, const char *module, size_t module_len,
			     const char *name, size_t len)
{
	const struct symbols *s = target_symbols(t);

	if (!s || (module_len && !is_vmlinux(module, module_len) && !symbols_list_modules(s)))
		return KNOWN_NOT;
	return form_known(symbols_function(s, module, module_len, name, len));
}

void features_find(const struct target *t, int kind, const char *name, size_t len,
		   struct found *out)
{
	struct wanted w = {t, NULL, 0, "", name, len, kind};

	find(&w, out);
}

/* A tracepoint; `skip` is the first parameter of its prototype, which programs do not see. */
static bool find_tracepoint(struct wanted *w, struct found *out)
{
	w->prefix = attach_prefix(ATTACH_TP_BTF);
	w->kind = BTF_TYPEDEF;
	if (!find(w, out))
		return false;
	out->addressed = KNOWN_YES;
	out->skip = out->proto && btf_type(out->btf, out->proto).vlen ? 1 : 0;
	return true;
}

/* Before 5.5 there were no such typedefs. */
static bool has_tracepoints(const struct target *t)
{
	return btf_find(t->btf[0], "btf_trace_sched_switch", BTF_TYPEDEF) != 0;
}

static void attach_raw(struct wanted *w, struct found *out)
{
	if (!find_tracepoint(w, out) && !has_tracepoints(w->target))
		out->found = out->addressed = KNOWN_NOT;
}

/* By symbol where the list is given; else a function that the BTF lacks is missing only when it has
 * static ones, and is no form that a compiler made. */
static void attach_symbol(struct wanted *w, struct found *out)
{
	const struct target *t = w->target;
	bool described = find(w, out);

	out->addressed = code_known(t, w->module, w->module_len, w->name, w->len);
	if (out->addressed != KNOWN_NOT)
		out->found = out->addressed;
	else if (!described && (target_symbols(t) || memchr(w->name, '.', w->len) ||
				features_mark(t, MARK_STATICS) != KNOWN_YES))
		out->found = KNOWN_NOT;
}

static void attach_multi(struct wanted *w, const struct attach_point *p, struct found *out)
{
	const struct symbols *s = target_symbols(w->target);

	if (!p->pattern) {
		attach_symbol(w, out);
		return;
	}
	*out = (struct found){.found = KNOWN_NOT, .addressed = KNOWN_NOT};
	if (s)
		out->found = out->addressed =
		    symbols_match(s, w->name, w->len) ? KNOWN_YES : KNOWN_NO;
}

/* What a system call's function starts with, by architecture; the last are those without wrappers.
 */
static const char *const syscalls[] = {
    "__x64_sys_",     "__arm64_sys_", "__s390x_sys_", "__riscv_sys_",
    "__powerpc_sys_", "__ia32_sys_",  "__se_sys_",    "sys_",
};

/* The one of those that this kernel has; NULL when it is not known. */
static const char *syscall_prefix(const struct target *t)
{
	for (size_t i = 0; i < sizeof(syscalls) / sizeof(*syscalls); i++) {
		struct wanted w = {t, "vmlinux", 7, syscalls[i], "read", 4, BTF_FUNC};
		struct found f;

		if (find(&w, &f))
			return syscalls[i];
	}
	return NULL;
}

static void attach_syscall(const struct wanted *w, struct found *out)
{
	struct wanted function = *w;
	char name[MOST];

	*out = (struct found){.found = KNOWN_NOT, .addressed = KNOWN_NOT};
	function.prefix = syscall_prefix(w->target);
	if (!function.prefix)
		return;
	function.len = full_name(&function, name, sizeof(name));
	function.prefix = "";
	function.name = name;
	function.kind = BTF_FUNC;
	function.module_len = 0;
	attach_symbol(&function, out);
	/* BTF lacks those of calls without arguments. */
	if (out->found == KNOWN_NO && !target_symbols(w->target))
		out->found = out->addressed = KNOWN_NOT;
}

/* Length of sys_enter_ or sys_exit_ at the start of an event's name; 0. */
static size_t syscall_event(const struct wanted *w)
{
	if (w->len > 10 && memcmp(w->name, "sys_enter_", 10) == 0)
		return 10;
	return w->len > 9 && memcmp(w->name, "sys_exit_", 9) == 0 ? 9 : 0;
}

/* Whether the kernel has that function of a system call only to tell that it lacks the call, as
 * COND_SYSCALL() of kernel/sys_ni.c makes it. */
static bool is_left_out(const struct wanted *w)
{
	const struct symbols *s = target_symbols(w->target);
	char name[MOST];
	size_t len = full_name(w, name, sizeof(name));

	return s && symbols_function(s, NULL, 0, name, len) == SYMBOL_WEAK;
}

static bool is_only_of_32_bits(const struct wanted *w)
{
#define ONLY_32(call)                                                         \
	if (w->len == sizeof(call) - 1 && memcmp(w->name, call, w->len) == 0) \
		return true;
#include "core/syscalls32.def"
	return false;
}

/* Only of x86 and s390x does the function tell that the call is in the architecture's table. */
static void attach_syscall_event(struct wanted *w, size_t skip, struct found *out)
{
	const char *prefix = syscall_prefix(w->target);

	w->name += skip;
	w->len -= skip;
	attach_syscall(w, out);
	/* The function's parameters are not the event's. */
	out->id = out->proto = 0;
	out->btf = NULL;
	if (out->found != KNOWN_YES || !prefix)
		return;
	w->prefix = prefix;
	if (is_left_out(w) || (strcmp(prefix, "__x64_sys_") == 0 && is_only_of_32_bits(w)))
		out->found = out->addressed = KNOWN_NO;
	else if (strcmp(prefix, "__x64_sys_") != 0 && strcmp(prefix, "__s390x_sys_") != 0)
		out->found = out->addressed = KNOWN_NOT;
}

/* An event has a tracepoint of its name, or, of those that share a layout, one that gives it. */
static void attach_event(struct wanted *w, const struct attach_point *p, struct found *out)
{
	bool in_syscalls = p->place_len == 8 && memcmp(p->place, "syscalls", 8) == 0;
	size_t skip = in_syscalls ? syscall_event(w) : 0;

	if (skip) {
		attach_syscall_event(w, skip, out);
		return;
	}
	if (find_tracepoint(w, out))
		return;
	w->prefix = "trace_event_raw_";
	w->kind = BTF_STRUCT;
	if (find(w, out))
		out->addressed = KNOWN_YES;
	else if (!has_tracepoints(w->target))
		out->found = out->addressed = KNOWN_NOT;
}

/* One of BTF; the kernel refuses an attachment where its symbols lack the name. */
static void attach_function(struct wanted *w, struct found *out)
{
	const char *module, *name;

	if (!find(w, out))
		return;
	module = w->target->module[out->module];
	name = btf_type(out->btf, out->id).name;
	out->addressed = code_known(w->target, module, strlen(module), name, strlen(name));
}

/* A member of a struct that programs fill in, "STRUCT.MEMBER": what it points to. */
static void attach_member(struct wanted *w, struct found *out)
{
	const char *dot = memchr(w->name, '.', w->len);
	const char *member = dot ? dot + 1 : NULL;
	size_t len = dot ? w->len - (size_t)(member - w->name) : 0;
	struct btf_type t;

	if (!dot)
		return;
	w->len = (size_t)(dot - w->name);
	w->kind = BTF_STRUCT;
	if (!find(w, out))
		return;
	t = btf_type(out->btf, out->id);
	for (uint32_t i = 0; i < t.vlen; i++) {
		struct btf_member m = btf_member(&t, i);

		if (strncmp(m.name, member, len) == 0 && !m.name[len])
			out->proto = proto_of(out->btf, btf_strip(out->btf, m.type).id);
	}
	out->found = out->proto ? KNOWN_YES : KNOWN_NO;
	out->addressed = out->found;
}

void features_attach(const struct target *t, const struct attach_point *p, struct found *out)
{
	struct wanted w = {.target = t,
			   .module = p->module,
			   .module_len = p->module_len,
			   .prefix = attach_prefix(p->form),
			   .name = p->name,
			   .len = p->name_len,
			   .kind = BTF_FUNC};

	*out = (struct found){.found = KNOWN_NOT, .addressed = KNOWN_NOT};
	if (!p->name_len)
		return;
	switch (p->form) {
	case ATTACH_FUNC:
	case ATTACH_LSM: attach_function(&w, out); break;
	case ATTACH_ITER:
		find(&w, out);
		out->addressed = out->found; /* none is asked for */
		break;
	case ATTACH_TP_BTF: find_tracepoint(&w, out); break;
	case ATTACH_RAW_TP: attach_raw(&w, out); break;
	case ATTACH_TRACEPOINT: attach_event(&w, p, out); break;
	case ATTACH_KPROBE: attach_symbol(&w, out); break;
	case ATTACH_KPROBE_MULTI: attach_multi(&w, p, out); break;
	case ATTACH_FUNC_MULTI:
		if (!p->pattern)
			attach_function(&w, out);
		break;
	case ATTACH_KSYSCALL: attach_syscall(&w, out); break;
	case ATTACH_STRUCT_OPS: attach_member(&w, out); break;
	default: break;
	}
}
