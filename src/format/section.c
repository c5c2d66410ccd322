/*
 * section: the section table and what stands behind the `/` of a section's name, read as libbpf's
 * attach functions read it; see section.h.
 */
#include "format/section.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { SLEEPS = 1, FRAGS = 2, OPTIONAL = 4 };
enum { ALONE, NAMES };

static const struct section_def defs[] = {
#define SECTION(name, names, type, attach, flags, form) \
	{name,                                          \
	 sizeof(name) - 1,                              \
	 (names) == NAMES,                              \
	 ((flags)&SLEEPS) != 0,                         \
	 ((flags)&FRAGS) != 0,                          \
	 ((flags)&OPTIONAL) != 0,                       \
	 BPF_PROG_TYPE_##type,                          \
	 attach,                                        \
	 ATTACH_##form},
#include "format/sections.def"
#undef SECTION
};

static const char *const form_names[ATTACH_FORM_COUNT] = {
    [ATTACH_FUNC] = "func",
    [ATTACH_LSM] = "lsm",
    [ATTACH_ITER] = "iter",
    [ATTACH_TP_BTF] = "tp_btf",
    [ATTACH_FREPLACE] = "freplace",
    [ATTACH_KPROBE] = "kprobe",
    [ATTACH_KPROBE_MULTI] = "kprobe_multi",
    [ATTACH_FUNC_MULTI] = "func_multi",
    [ATTACH_KSYSCALL] = "ksyscall",
    [ATTACH_TRACEPOINT] = "tracepoint",
    [ATTACH_RAW_TP] = "raw_tp",
    [ATTACH_UPROBE] = "uprobe",
    [ATTACH_UPROBE_MULTI] = "uprobe_multi",
    [ATTACH_USDT] = "usdt",
    [ATTACH_STRUCT_OPS] = "struct_ops",
    [ATTACH_NONE] = "none",
};

const char *attach_form_name(enum attach_form form)
{
	return form_names[form];
}

const struct section_def *section_def_of(const char *section)
{
	section += *section == '?';
	for (size_t i = 0; i < sizeof(defs) / sizeof(*defs); i++) {
		const struct section_def *d = &defs[i];
		char after;

		if (*section != *d->name || strncmp(section, d->name, d->len) != 0)
			continue;
		after = section[d->len];
		if (!after || (d->names && after == '/'))
			return d;
	}
	return NULL;
}

const char *attach_prefix(enum attach_form form)
{
	switch (form) {
	case ATTACH_LSM: return "bpf_lsm_";
	case ATTACH_ITER: return "bpf_iter_";
	case ATTACH_TP_BTF: return "btf_trace_";
	default: return "";
	}
}

static size_t word_len(const char *s, const char *also)
{
	size_t n = 0;

	while (s[n] && (isalnum((unsigned char)s[n]) || strchr(also, s[n])))
		n++;
	return n;
}

static void set_name(struct attach_point *p, const char *name, size_t len)
{
	p->name = name;
	p->name_len = len;
}

/* Steps over `module:`. */
static const char *read_module(struct attach_point *p, const char *s)
{
	const char *colon = strchr(s, ':');

	if (!colon)
		return s;
	p->module = s;
	p->module_len = (size_t)(colon - s);
	return colon + 1;
}

/* `+16`, `+0x10`: what sscanf() takes for "+%li"; else 0. */
static uint64_t offset_at(const char *s)
{
	return *s == '+' && isdigit((unsigned char)s[1]) ? strtoull(s + 1, NULL, 0) : 0;
}

/* libbpf reads letters, digits, `_` and `.`, and knows no modules here; cilium/ebpf does. */
static void read_kprobe(struct attach_point *p, const char *s)
{
	size_t module = word_len(s, "_");

	if (module && s[module] == ':')
		s = read_module(p, s);
	set_name(p, s, word_len(s, "_."));
	if (!p->name_len || (s[p->name_len] && s[p->name_len] != '+'))
		p->name = NULL;
	else
		p->offset = offset_at(s + p->name_len);
}

static void read_pattern(struct attach_point *p, const char *s)
{
	if (p->form == ATTACH_FUNC_MULTI)
		s = read_module(p, s);
	set_name(p, s, word_len(s, "_.*?"));
	if (!p->name_len || s[p->name_len])
		p->name = NULL;
}

static void read_tracepoint(struct attach_point *p, const char *s)
{
	const char *slash = strchr(s, '/');

	if (!slash)
		return;
	p->place = s;
	p->place_len = (size_t)(slash - s);
	set_name(p, slash + 1, strlen(slash + 1));
}

/* `file:function+offset`, `file:pattern` and `file:provider:event`. */
static void read_user(struct attach_point *p, const char *s)
{
	const char *colon = strchr(s, ':'), *plus, *event;

	if (!colon || colon == s || !colon[1])
		return;
	p->place = s;
	p->place_len = (size_t)(colon - s);
	s = colon + 1;
	if (p->form == ATTACH_USDT) {
		event = strchr(s, ':');
		if (!event || event == s || !event[1])
			return;
		p->provider = s;
		p->provider_len = (size_t)(event - s);
		set_name(p, event + 1, strcspn(event + 1, ":"));
		return;
	}
	set_name(p, s, strlen(s));
	plus = p->form == ATTACH_UPROBE ? strrchr(s, '+') : NULL;
	if (plus && isdigit((unsigned char)plus[1])) {
		p->offset = offset_at(plus);
		p->name_len = (size_t)(plus - s);
	}
}

struct attach_point attach_point_of(const char *section)
{
	struct attach_point p = {.def = section_def_of(section), .form = ATTACH_NONE};
	const char *slash = strchr(section, '/'), *s = slash ? slash + 1 : NULL;

	p.automatic = *section != '?';
	if (!p.def)
		return p;
	p.form = p.def->form;
	if (!s || p.form == ATTACH_NONE)
		return p;
	switch (p.form) {
	case ATTACH_KPROBE: read_kprobe(&p, s); break;
	case ATTACH_KPROBE_MULTI:
	case ATTACH_FUNC_MULTI: read_pattern(&p, s); break;
	case ATTACH_TRACEPOINT: read_tracepoint(&p, s); break;
	case ATTACH_UPROBE:
	case ATTACH_UPROBE_MULTI:
	case ATTACH_USDT: read_user(&p, s); break;
	default:
		if (attach_by_btf(p.form))
			s = read_module(&p, s);
		set_name(&p, s, strlen(s));
	}
	if (!p.name)
		p.name_len = 0;
	p.pattern = p.name && (memchr(p.name, '*', p.name_len) || memchr(p.name, '?', p.name_len));
	return p;
}
