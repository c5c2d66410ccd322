/* section: kinds of programs, by the name of their section; see section.h. */
#include "format/section.h"

#include <ctype.h>
#include <string.h>

#include "format/btf.h"

static const struct section_kind kinds[] = {
    {"fentry", false, BTF_FUNC, ""},
    {"fexit", false, BTF_FUNC, ""},
    {"fsession", false, BTF_FUNC, ""},
    {"fmod_ret", false, BTF_FUNC, ""},
    {"lsm", false, BTF_FUNC, "bpf_lsm_"},
    {"lsm_cgroup", false, BTF_FUNC, "bpf_lsm_"},
    {"iter", false, BTF_FUNC, "bpf_iter_"},
    {"tp_btf", false, BTF_TYPEDEF, "btf_trace_"},
    {"kprobe", true, BTF_FUNC, ""},
    {"kretprobe", true, BTF_FUNC, ""},
    {"kprobe.multi", true, BTF_VOID, ""},
    {"kretprobe.multi", true, BTF_VOID, ""},
    {"uprobe", true, BTF_VOID, ""},
    {"uretprobe", true, BTF_VOID, ""},
    {"usdt", true, BTF_VOID, ""},
    {"ksyscall", true, BTF_VOID, ""},
    {"kretsyscall", true, BTF_VOID, ""},
    {"tracepoint", true, BTF_VOID, ""},
    {"tp", true, BTF_VOID, ""},
    {"raw_tracepoint", true, BTF_VOID, ""},
    {"raw_tracepoint.w", true, BTF_VOID, ""},
    {"raw_tp", true, BTF_VOID, ""},
    {"raw_tp.w", true, BTF_VOID, ""},
    {"perf_event", true, BTF_VOID, ""},
};

const struct section_kind *section_kind(const char *section)
{
	size_t len;

	section += *section == '?';
	len = strcspn(section, "/");
	if (len > 2 && strncmp(section + len - 2, ".s", 2) == 0)
		len -= 2;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strncmp(section, kinds[i].prefix, len) == 0 && !kinds[i].prefix[len])
			return &kinds[i];
	return NULL;
}

/* Length of the identifier at s, with dots in it where dots is set: `do_it.constprop.0`. */
static size_t word_len(const char *s, bool dots)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_' || (dots && s[n] == '.'))
		n++;
	return n;
}

bool section_attach(const char *section, struct attach_point *p)
{
	const char *name = strchr(section, '/');

	*p = (struct attach_point){.kind = section_kind(section)};
	if (!name || !p->kind || p->kind->attaches_to == BTF_VOID)
		return false;
	p->name = name + 1;
	p->module_len = word_len(p->name, false);
	if (p->module_len && p->name[p->module_len] == ':') {
		p->module = p->name;
		p->name += p->module_len + 1;
	} else {
		p->module_len = 0;
	}
	p->name_len = word_len(p->name, true);
	/* What follows may be an offset into a function. */
	return p->name_len > 0 && (!p->name[p->name_len] || p->name[p->name_len] == '+');
}
