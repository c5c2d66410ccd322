/* hooks: out of hooks.def, and the functions that the kernel asks of a helper's `allowed`
 * (bpf_d_path_allowed(), bpf_ima_inode_hash_allowed(), bpf_sk_storage_tracing_allowed()); see
 * hooks.h. */
#include "verify/hooks.h"

#include <string.h>

#include "format/uapi.h"
#include "verify/helpers.h"

static bool is_newer_than_table(struct kernel_age age)
{
#define NEWEST(major, minor) return age_since(age, AGE_LINE(major, minor) + 1);
#include "verify/hooks.def"
}

enum known hooks_sleep(const char *hook, struct kernel_age age)
{
	bool sleeps = false, refused = false;

#define SLEEPS(name) sleeps |= strcmp(hook, #name) == 0;
#define LACKS(name, major, minor) \
	refused |= strcmp(hook, #name) == 0 && age_up_to(age, AGE_LINE(major, minor));
#define DROPS(name, major, minor) \
	refused |= strcmp(hook, #name) == 0 && age_since(age, AGE_LINE(major, minor));
#include "verify/hooks.def"
	if (!age_since(age, AGE_LINE(5, 15)) || is_newer_than_table(age))
		return KNOWN_NOT;
	if (!sleeps || refused)
		return KNOWN_NO;
#define LACKS(name, major, minor)                                                    \
	if (strcmp(hook, #name) == 0 && !age_since(age, AGE_LINE(major, minor) + 1)) \
		return KNOWN_NOT;
#define DROPS(name, major, minor)     \
	if (strcmp(hook, #name) == 0) \
		return KNOWN_NOT;
#include "verify/hooks.def"
	return KNOWN_YES;
}

enum known hooks_enabled(const char *hook, struct kernel_age age)
{
#define DISABLED(name, major, minor)  \
	if (strcmp(hook, #name) == 0) \
		return age_since(age, AGE_LINE(major, minor)) ? KNOWN_NO : KNOWN_NOT;
#define DOUBTED(name, major, minor, by_major, by_minor)                                 \
	if (strcmp(hook, #name) == 0) {                                                 \
		if (age_since(age, AGE_LINE(by_major, by_minor)))                       \
			return KNOWN_NO;                                                \
		return age_before(age, AGE_LINE(major, minor)) ? KNOWN_YES : KNOWN_NOT; \
	}
#define NO_HOOK(name)                 \
	if (strcmp(hook, #name) == 0) \
		return KNOWN_NO;
#include "verify/hooks.def"
	return KNOWN_YES;
}

static enum known d_path(uint32_t prog_type, uint32_t attach_type, const char *function,
			 struct kernel_age age)
{
	if (prog_type == BPF_PROG_TYPE_LSM)
		return hooks_sleep(function, age);
	if (prog_type != BPF_PROG_TYPE_TRACING)
		return KNOWN_NOT;
	switch (attach_type) {
	case BPF_TRACE_ITER: return KNOWN_YES;
	case BPF_TRACE_RAW_TP: return KNOWN_NO;
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_FEXIT:
	case BPF_MODIFY_RETURN:
	case BPF_TRACE_FSESSION: break;
	default: return KNOWN_NOT;
	}
#define PATHS(name)                       \
	if (strcmp(function, #name) == 0) \
		return KNOWN_YES;
#include "verify/hooks.def"
	return is_newer_than_table(age) ? KNOWN_NOT : KNOWN_NO;
}

/* A program of the functions behind the helper would call itself. */
static enum known sk_storage(uint32_t prog_type, uint32_t attach_type, const char *function)
{
	if (prog_type != BPF_PROG_TYPE_TRACING)
		return KNOWN_YES;
	switch (attach_type) {
	case BPF_TRACE_ITER:
	case BPF_TRACE_RAW_TP: return KNOWN_YES;
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_FEXIT:
		return strncmp(function, "bpf_sk_storage", strlen("bpf_sk_storage")) == 0
			   ? KNOWN_NO
			   : KNOWN_YES;
	default: return KNOWN_NOT;
	}
}

enum known hooks_helper(uint32_t helper, uint32_t prog_type, uint32_t attach_type,
			const char *function, struct kernel_age age)
{
	switch (helper) {
	case HELPER_d_path: return d_path(prog_type, attach_type, function, age);
	case HELPER_ima_inode_hash:
	case HELPER_ima_file_hash:
		return prog_type == BPF_PROG_TYPE_LSM ? hooks_sleep(function, age) : KNOWN_NOT;
	case HELPER_sk_storage_get:
	case HELPER_sk_storage_delete: return sk_storage(prog_type, attach_type, function);
	default: return KNOWN_YES;
	}
}
