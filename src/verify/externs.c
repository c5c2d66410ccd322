/* externs: values from outside the program; see externs.h. */
#include "verify/externs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/compat.h"
#include "core/features.h"
#include "core/kernel_version.h"
#include "format/asked.h"
#include "verify/helpers.h"

struct extern_resolver {
	struct externs *x;
	const struct target *target;
	struct err *e;
};

/* Tristates, as the kernel's headers number them. */
enum { TRISTATE_NO, TRISTATE_YES, TRISTATE_MODULE };

static void put_number(const struct object *o, uint8_t *to, uint32_t size, uint64_t v)
{
	for (uint32_t i = 0; i < size; i++) {
		uint32_t at = o->big_endian ? size - 1 - i : i;

		to[at] = i < 8 ? (uint8_t)(v >> (i * 8)) : 0;
	}
}

static int set_bytes(struct extern_resolver *k, struct extern_value *v, uint32_t size,
		     uint64_t number)
{
	v->bytes = arena_alloc(&k->x->arena, size, 1);
	if (!v->bytes)
		return err_memory(k->e, k->x->object->path);
	v->state = EXTERN_BYTES;
	v->size = size;
	put_number(k->x->object, v->bytes, size, number);
	return 0;
}

static bool parse_number(const char *s, size_t len, uint64_t *out)
{
	char text[32], *end;

	if (len == 0 || len >= sizeof(text))
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	errno = 0;
	*out = text[0] == '-' ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
	return !*end && !errno && !isspace((unsigned char)text[0]);
}

/* What a variable of .kconfig can hold (find_kcfg_type() of libbpf.c). */
enum holds { HOLDS_NUMBER, HOLDS_CHAR, HOLDS_BOOL, HOLDS_TRISTATE, HOLDS_TEXT };

static enum holds holds_of(const struct btf_type *t)
{
	uint32_t encoding = t->kind == BTF_INT ? BTF_INT_ENCODING(btf_tail_u32(t)) : 0;

	if (t->kind == BTF_ARRAY)
		return HOLDS_TEXT;
	if (btf_is_enum(t))
		return HOLDS_TRISTATE;
	if (encoding & BTF_INT_BOOL)
		return HOLDS_BOOL;
	return t->size == 1 ? HOLDS_CHAR : HOLDS_NUMBER;
}

/* Whether libbpf stores a number in a variable: one that fits it (is_kcfg_value_in_range()). */
static bool number_fits(const struct btf_type *t, enum holds holds, uint64_t v)
{
	unsigned bits = t->size * 8;

	if (holds == HOLDS_BOOL)
		return v <= 1;
	if (holds == HOLDS_TRISTATE || holds == HOLDS_TEXT)
		return false;
	if (bits >= 64)
		return true;
	if (BTF_INT_ENCODING(btf_tail_u32(t)) & BTF_INT_SIGNED)
		return v + ((uint64_t)1 << (bits - 1)) < (uint64_t)1 << bits;
	return v >> bits == 0;
}

/* What libbpf makes of a configuration value for a variable of that type: y, m and n for chars,
 * bools and tristates, numbers, text. Of a value that it cannot store it opens no object. */
static int config_bytes(struct extern_resolver *k, struct extern_value *v, uint32_t size,
			const struct btf_type *t, const char *s, size_t len)
{
	enum holds holds = holds_of(t);
	uint64_t number;

	v->state = EXTERN_MISFIT;
	if (len == 1 && (*s == 'y' || *s == 'm' || *s == 'n')) {
		number = *s == 'y' ? TRISTATE_YES : *s == 'm' ? TRISTATE_MODULE : TRISTATE_NO;
		if (holds == HOLDS_CHAR)
			return set_bytes(k, v, size, (uint64_t)*s);
		if (holds == HOLDS_TRISTATE || (holds == HOLDS_BOOL && *s != 'm'))
			return set_bytes(k, v, size, number);
		return 0;
	}
	if (len >= 2 && *s == '"' && s[len - 1] == '"') {
		if (holds != HOLDS_TEXT)
			return 0;
		if (set_bytes(k, v, size, 0) < 0)
			return -1;
		memcpy(v->bytes, s + 1, len - 2 < size ? len - 2 : size);
		v->bytes[size - 1] = 0;
		return 0;
	}
	if (parse_number(s, len, &number) && number_fits(t, holds, number))
		return set_bytes(k, v, size, number);
	return 0;
}

/* LINUX_KERNEL_VERSION, without which libbpf loads nothing, weak or not (get_kernel_version()). Of
 * a release that hides the version the sublevel is unknown. */
static int set_version(struct extern_resolver *k, struct extern_value *v, uint32_t size)
{
	const struct target *t = k->target;
	uint32_t code;

	/* What it is, is asked for by who reads it (dated.h). */
	asked_for(ASKED_DATED, 0, NULL, 0);
	if (t->unread) {
		v->state = EXTERN_UNREAD;
		return 0;
	}
	k->x->dated = kernel_version_code(t->version, &code);
	if (k->x->dated)
		return set_bytes(k, v, size, code);
	if (t->version || !kernel_version_code(t->release, &code))
		return 0;
	v->unknown = arena_alloc(&k->x->arena, size, 1);
	if (!v->unknown)
		return err_memory(k->e, k->x->object->path);
	put_number(k->x->object, v->unknown, size, 0xff);
	return set_bytes(k, v, size, code & ~UINT32_C(0xff));
}

/* Whether libbpf can set a kprobe at __ARCH_sys_bpf, by which it tells a kernel whose system calls
 * have wrappers (its probe_kern_syscall_wrapper). A kernel without wrappers has sys_bpf itself; one
 * without kprobes lacks register_kprobe. */
static enum known has_syscall_wrapper(const struct target *t)
{
	static const char *const archs[] = {"x64",   "ia32", "arm64", "s390x",
					    "riscv", "mips", "arm",   "powerpc"};
	char name[32];

	for (size_t i = 0; i < sizeof(archs) / sizeof(*archs); i++) {
		snprintf(name, sizeof(name), "__%s_sys_bpf", archs[i]);
		if (features_function(t, name))
			return features_function(t, "register_kprobe") ? KNOWN_YES : KNOWN_NO;
	}
	if (features_function(t, "sys_bpf") || features_function(t, "__se_sys_bpf"))
		return KNOWN_NO;
	return KNOWN_NOT;
}

/* What libbpf gives a name that is no CONFIG_ one. LINUX_ ones that it does not know are 0 when
 * they are weak; it refuses all others. */
static int resolve_virtual(struct extern_resolver *k, const struct extern_def *ext,
			   struct extern_value *v)
{
	const struct target *t = k->target;
	enum known has = KNOWN_NOT;

	if (strcmp(ext->name, EXTERN_VERSION) == 0)
		return set_version(k, v, ext->size);
	if (strcmp(ext->name, "LINUX_HAS_BPF_COOKIE") == 0)
		has = features_has(t, FEATURE_HELPER, HELPER_get_attach_cookie);
	else if (strcmp(ext->name, "LINUX_HAS_SYSCALL_WRAPPER") == 0)
		has = has_syscall_wrapper(t);
	else if (strncmp(ext->name, "LINUX_", 6) == 0 && ext->weak)
		has = KNOWN_NO;
	else
		v->state = EXTERN_UNRECOGNIZED;
	return has == KNOWN_NOT ? 0 : set_bytes(k, v, ext->size, has == KNOWN_YES);
}

static int resolve_kconfig(struct extern_resolver *k, const struct extern_def *ext,
			   struct extern_value *v)
{
	const struct btf *b = k->x->object->btf;
	struct btf_type var = btf_type(b, ext->var_id), t;
	const struct kconfig *config;
	const char *s;
	size_t len;

	if (var.kind != BTF_VAR || ext->size == 0 || ext->size > 4096)
		return 0;
	t = btf_strip(b, var.type);
	if (strncmp(ext->name, "CONFIG_", 7) != 0)
		return resolve_virtual(k, ext, v);
	config = target_kconfig(k->target);
	if (!config)
		return 0;
	s = kconfig_value(config, ext->name, &len);
	if (s)
		return config_bytes(k, v, ext->size, &t, s, len);
	if (ext->weak)
		return set_bytes(k, v, ext->size, 0);
	v->state = EXTERN_MISSING;
	return 0;
}

/* Whether a kernel function is none for the object, which declares another prototype weak: so
 * libbpf takes of several flavors the one that fits. */
static bool is_other_flavor(const struct extern_resolver *k, const struct extern_def *ext,
			    const struct btf_type *func, const struct found *f)
{
	return func->kind == BTF_FUNC && ext->weak && f->id && f->found == KNOWN_YES &&
	       !compat_types(k->x->object->btf, func->type, f->btf, f->proto);
}

static void resolve_ksym(struct extern_resolver *k, const struct extern_def *ext,
			 struct extern_value *v)
{
	const struct btf *b = k->x->object->btf;
	struct btf_type t = btf_type(b, ext->var_id);
	bool typed = t.kind == BTF_FUNC || (t.kind == BTF_VAR && btf_strip(b, t.type).kind);
	size_t len = strlen(ext->name);
	const struct symbols *s;
	struct found f;

	if (typed) {
		features_find(k->target, t.kind, ext->name, btf_essential_len(ext->name, len), &f);
		v->state =
		    f.id && !is_other_flavor(k, ext, &t, &f) ? EXTERN_ADDRESS : EXTERN_MISSING;
	} else if ((s = target_symbols(k->target))) {
		v->state = symbols_has(s, ext->name, len) ? EXTERN_ADDRESS : EXTERN_MISSING;
	} else if (!typed && ext->weak) {
		v->state = EXTERN_UNKNOWN_SYMBOL;
	}
}

static int resolve_all(struct extern_resolver *k)
{
	const struct references *l = k->x->references;
	int rc = 0;

	for (size_t i = 0; i < l->extern_count && rc == 0; i++) {
		if (l->externs[i].kind == EXTERN_KCONFIG)
			rc = resolve_kconfig(k, &l->externs[i], &k->x->values[i]);
		else if (l->externs[i].kind != EXTERN_UNKNOWN)
			resolve_ksym(k, &l->externs[i], &k->x->values[i]);
	}
	return rc;
}

int externs_new(const struct object *o, const struct references *l, const struct target *t,
		struct externs **out, struct err *e)
{
	struct externs *x = calloc(1, sizeof(*x));
	struct extern_resolver k = {x, t, e};
	int rc;

	if (x) {
		x->object = o;
		x->references = l;
		x->values = calloc(l->extern_count ? l->extern_count : 1, sizeof(*x->values));
	}
	rc = x && x->values ? resolve_all(&k) : err_memory(e, o->path);
	if (rc < 0) {
		externs_free(x);
		return -1;
	}
	*out = x;
	return 0;
}

void externs_free(struct externs *x)
{
	if (!x)
		return;
	arena_free(&x->arena);
	free(x->values);
	free(x->overlays);
	free(x);
}

/* Bytes that stand for the value of an extern of which nobody knows all. */
static size_t supposed_size(const struct externs *x, size_t i)
{
	const struct extern_value *v = &x->values[i];
	const struct extern_def *def = &x->references->externs[i];

	if (v->state == EXTERN_BYTES && v->unknown)
		return v->size;
	if (v->state == EXTERN_UNKNOWN_VALUE && def->kind == EXTERN_KCONFIG && def->size <= 4096)
		return def->size;
	return 0;
}

/* An option is 1 where it is set, a number as large as can be: what is compared to it is mostly
 * less. */
static void suppose_value(const struct externs *x, size_t i, bool there, uint8_t *bytes,
			  struct extern_value *v)
{
	const struct extern_def *def = &x->references->externs[i];
	struct btf_type t = btf_strip(x->object->btf, btf_type(x->object->btf, def->var_id).type);
	bool option = btf_is_enum(&t) || def->size == 1;

	if (v->state == EXTERN_BYTES) {
		for (uint32_t k = 0; k < v->size; k++)
			bytes[k] = there ? v->bytes[k] | v->unknown[k]
					 : v->bytes[k] & (uint8_t)~v->unknown[k];
	} else if (option) {
		put_number(x->object, bytes, def->size, there);
	} else {
		memset(bytes, there ? 0xff : 0, def->size);
	}
	*v = (struct extern_value){.state = EXTERN_BYTES, .bytes = bytes, .size = def->size};
}

static void suppose(struct externs *x, bool there)
{
	uint8_t *bytes = x->supposed;

	for (size_t i = 0; i < x->references->extern_count; i++) {
		size_t size = supposed_size(x, i);

		if (x->values[i].state == EXTERN_UNKNOWN_SYMBOL)
			x->values[i].state = there ? EXTERN_ADDRESS : EXTERN_MISSING;
		if (size)
			suppose_value(x, i, there, bytes, &x->values[i]);
		bytes += size;
	}
}

int externs_suppose(const struct externs *x, bool there, struct externs **out, struct err *e)
{
	size_t n = x->references->extern_count, unknown = 0, size = 0;
	struct externs *copy;

	*out = NULL;
	for (size_t i = 0; i < n; i++) {
		unknown += x->values[i].state == EXTERN_UNKNOWN_SYMBOL || supposed_size(x, i);
		size += supposed_size(x, i);
	}
	if (!unknown)
		return 0;
	copy = malloc(sizeof(*copy));
	if (copy) {
		*copy = *x;
		copy->values = malloc(n * sizeof(*copy->values));
		copy->supposed = malloc(size + 1);
	}
	if (!copy || !copy->values || !copy->supposed) {
		externs_free_supposed(copy);
		return err_memory(e, x->object->path);
	}
	memcpy(copy->values, x->values, n * sizeof(*copy->values));
	suppose(copy, there);
	*out = copy;
	return 0;
}

int externs_any_constant(const struct externs *x, struct externs **out, struct err *e)
{
	const struct elffile *c = x->object->elf;
	size_t n = x->references->extern_count, count = 0;
	struct externs *copy = malloc(sizeof(*copy));
	struct overlay *all = calloc(c->section_count + x->overlay_count + 1, sizeof(*all));
	int rc;

	*out = NULL;
	for (uint32_t i = 0; all && i < c->section_count; i++)
		if (references_is_frozen(x->object, i))
			all[count++] = (struct overlay){i, 0, UINT32_MAX, NULL};
	if (copy) {
		*copy = *x;
		copy->supposed = (uint8_t *)all;
		copy->values = malloc((n + 1) * sizeof(*copy->values));
	}
	if (!all || !copy || !copy->values || !count) {
		rc = all && !count ? 0 : err_memory(e, x->object->path);
		if (copy)
			free(copy->values);
		free(copy);
		free(all);
		return rc;
	}
	memcpy(copy->values, x->values, n * sizeof(*copy->values));
	/* Those that were set stay. */
	for (size_t i = 0; i < x->overlay_count; i++)
		if (x->overlays[i].bytes)
			all[count++] = x->overlays[i];
	copy->overlays = all;
	copy->overlay_count = count;
	*out = copy;
	return 0;
}

void externs_free_supposed(struct externs *x)
{
	if (!x)
		return;
	free(x->values);
	free(x->supposed);
	free(x);
}

/* Whether the number fits `size` bytes, as a signed or an unsigned one. */
static bool fits(uint64_t v, uint32_t size, bool negative)
{
	if (size >= 8)
		return true;
	if (negative)
		return (int64_t)v >= -((int64_t)1 << (size * 8 - 1));
	return v >> (size * 8) == 0;
}

static int parse_value(struct externs *x, const char *name, const char *text, struct overlay *o,
		       struct err *e)
{
	uint64_t v;
	uint8_t *bytes;

	if (strcmp(text, "true") == 0)
		v = 1;
	else if (strcmp(text, "false") == 0)
		v = 0;
	else if (!parse_number(text, strlen(text), &v))
		return err_set(e, ERR_FORMAT, x->object->path, NULL, ERR_NO_OFFSET,
			       "%s: `%s` is no number, true or false", name, text);
	if (o->size == 0 || o->size > 8 || !fits(v, o->size, text[0] == '-'))
		return err_set(e, ERR_FORMAT, x->object->path, NULL, ERR_NO_OFFSET,
			       "%s: %s does not fit a variable of %u bytes", name, text, o->size);
	bytes = arena_alloc(&x->arena, o->size, 1);
	if (!bytes)
		return err_memory(e, x->object->path);
	put_number(x->object, bytes, o->size, v);
	o->bytes = bytes;
	return 0;
}

int externs_set(struct externs *x, const char *name, const char *text, struct err *e)
{
	const struct object *obj = x->object;
	struct overlay o = {0}, *more;

	if (!references_variable(obj, name, &o.section_index, &o.offset, &o.size))
		return err_set(e, ERR_FORMAT, obj->path, NULL, ERR_NO_OFFSET, "has no variable %s",
			       name);
	if (!references_is_frozen(obj, o.section_index))
		return err_set(e, ERR_FORMAT, obj->path, NULL, ERR_NO_OFFSET,
			       "%s stands in %s: a verifier knows constants only", name,
			       obj->elf->sections[o.section_index].name);
	if (text && parse_value(x, name, text, &o, e) < 0)
		return -1;
	more = array_grow(x->overlays, &x->overlay_cap, x->overlay_count, sizeof(*more));
	if (!more)
		return err_memory(e, obj->path);
	x->overlays = more;
	x->overlays[x->overlay_count++] = o;
	return 0;
}

static uint64_t number_at(const struct object *o, const uint8_t *at, unsigned size)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < size; i++)
		v = v << 8 | at[o->big_endian ? i : size - 1 - i];
	return v;
}

/* The newest overlay decides each byte. */
static bool byte_at(const struct externs *x, const struct section *s, uint64_t offset, uint8_t *out)
{
	for (size_t i = x->overlay_count; i-- > 0;) {
		const struct overlay *o = &x->overlays[i];

		if (o->section_index != s->index || offset < o->offset ||
		    offset - o->offset >= o->size)
			continue;
		if (o->bytes)
			*out = o->bytes[offset - o->offset];
		return o->bytes != NULL;
	}
	*out = s->bytes.at[offset];
	return true;
}

bool externs_read(const struct externs *x, uint32_t section_index, uint64_t offset, unsigned size,
		  uint64_t *out)
{
	const struct section *s = &x->object->elf->sections[section_index];
	uint8_t bytes[8];

	if (!references_is_frozen(x->object, section_index) || !span_has(&s->bytes, offset, size))
		return false;
	for (unsigned i = 0; i < size; i++)
		if (!byte_at(x, s, offset + i, &bytes[i]))
			return false;
	*out = number_at(x->object, bytes, size);
	return true;
}

bool externs_read_extern(const struct externs *x, uint32_t number, uint64_t offset, unsigned size,
			 uint64_t *out, uint64_t *unknown)
{
	const struct extern_value *v = &x->values[number];

	if (v->state != EXTERN_BYTES || offset > v->size || size > v->size - offset)
		return false;
	*out = number_at(x->object, v->bytes + offset, size);
	*unknown = v->unknown ? number_at(x->object, v->unknown + offset, size) : 0;
	return true;
}
