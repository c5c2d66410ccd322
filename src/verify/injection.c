/* injection: see injection.h. The list itself is in no BTF; kernels with all of their symbols have
 * one for each of its entries. */
#include "verify/injection.h"

#include <stdio.h>
#include <string.h>

#include "core/symbols.h"

enum { NAME_MOST = 200 };

/* The functions that check_non_sleepable_error_injection() keeps from programs that sleep. */
static const char *const never_sleep[] = {"__filemap_add_folio", "__add_to_page_cache_locked",
					  "should_fail_alloc_page", "should_failslab", NULL};

/* Those of register_btf_fmodret_id_set(), by which since 6.3 a kernel lets programs change them;
 * the first with a program that sleeps, too. */
static const char *const modified[] = {
    "bpf_fentry_test1",          "bpf_modify_return_test", "bpf_modify_return_test2",
    "bpf_modify_return_test_tp", "update_socket_protocol", "hid_bpf_device_event",
    "hid_bpf_rdesc_fixup",       "__hid_bpf_tail_call",    NULL};

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

static bool begins_with(const char *name, const char *head)
{
	return strncmp(name, head, strlen(head)) == 0;
}

static bool is_syscall(const char *name)
{
	return begins_with(name, "__x64_sys_") || begins_with(name, "__arm64_sys_") ||
	       begins_with(name, "__s390x_sys_") || begins_with(name, "__riscv_sys_");
}

/* Whether the function is on the list. All system calls are. */
static enum known is_listed(const struct loading *l, const char *name)
{
	const struct kconfig *k = target_kconfig(l->target);
	const struct symbols *s;
	char entry[NAME_MOST];
	size_t len;

	if (k && !kconfig_is_built_in(k, "CONFIG_FUNCTION_ERROR_INJECTION"))
		return KNOWN_NO;
	if (k && is_syscall(name))
		return KNOWN_YES;
	s = target_symbols(l->target);
	len = (size_t)snprintf(entry, sizeof(entry), "_eil_addr_%s", name);
	if (s && len < sizeof(entry) && symbols_has(s, entry, len))
		return KNOWN_YES;
	return KNOWN_NOT;
}

/* System calls need no list any more: surely since 7.2, and surely not before 7.0. */
static enum known unlisted_syscall(const struct loading *l)
{
	if (age_since(l->age, AGE_LINE(7, 2)))
		return KNOWN_YES;
	return age_before(l->age, AGE_LINE(7, 0)) ? KNOWN_NO : KNOWN_NOT;
}

/* By the sets that came in 6.3. */
static enum known in_set(const struct loading *l, bool is_in)
{
	if (!is_in)
		return KNOWN_NO;
	if (age_since(l->age, AGE_LINE(6, 3)))
		return KNOWN_YES;
	return age_before(l->age, AGE_LINE(6, 3)) ? KNOWN_NO : KNOWN_NOT;
}

static enum known any_of(enum known a, enum known b)
{
	if (a == KNOWN_YES || b == KNOWN_YES)
		return KNOWN_YES;
	return a == KNOWN_NO && b == KNOWN_NO ? KNOWN_NO : KNOWN_NOT;
}

enum known injection_sleeps(const struct loading *l)
{
	const char *name = loading_function(l);
	enum known allowed;

	if (is_one_of(name, never_sleep))
		return KNOWN_NO;
	allowed = in_set(l, strcmp(name, modified[0]) == 0);
	if (allowed != KNOWN_YES && is_syscall(name))
		allowed = unlisted_syscall(l);
	return allowed == KNOWN_YES ? allowed : any_of(allowed, is_listed(l, name));
}

enum known injection_modifies(const struct loading *l)
{
	const char *name = loading_function(l);
	enum known allowed;

	if (begins_with(name, "security_"))
		return KNOWN_YES;
	allowed = in_set(l, is_one_of(name, modified));
	if (allowed != KNOWN_YES && is_syscall(name))
		allowed = unlisted_syscall(l);
	/* A module, and a newer kernel, may have sets of its own. */
	if (allowed == KNOWN_NO &&
	    (l->found.btf != l->target->btf[0] || age_since(l->age, AGE_LINE(7, 0))))
		allowed = KNOWN_NOT;
	return allowed == KNOWN_YES ? allowed : any_of(allowed, is_listed(l, name));
}
