/* kfuncs: kernel functions by name; see kfuncs.h. */
#include "verify/kfuncs.h"

#include <string.h>

static bool ends_with(const char *s, size_t len, const char *tail)
{
	size_t n = strlen(tail);

	return len > n && memcmp(s + len - n, tail, n) == 0;
}

static bool begins_with(const char *s, const char *head)
{
	return strncmp(s, head, strlen(head)) == 0;
}

enum kfunc kfunc_of(const struct extern_def *ext)
{
	static const char iter[] = "bpf_iter_", throws[] = "bpf_throw";
	const char *name = ext->name;
	size_t len = btf_essential_len(name, strlen(name));

	if (len == sizeof(throws) - 1 && memcmp(name, throws, len) == 0)
		return KFUNC_THROW;
	if (begins_with(name, "bpf_wq_set_callback") || begins_with(name, "bpf_task_work_schedule"))
		return KFUNC_WAKES;
	if (!begins_with(name, iter))
		return KFUNC_OTHER;
	if (ends_with(name, len, "_next"))
		return KFUNC_ITER_NEXT;
	if (ends_with(name, len, "_new"))
		return KFUNC_ITER_NEW;
	return ends_with(name, len, "_destroy") ? KFUNC_ITER_DESTROY : KFUNC_OTHER;
}
