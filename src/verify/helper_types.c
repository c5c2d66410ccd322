/* helper_types: who may call which helper, out of helper_types.def; see helper_types.h. */
#include "verify/helper_types.h"

#include <stddef.h>

#include "format/uapi.h"

enum caller {
#define CALLER(name, type) CALLER_##name,
#include "verify/helper_types.def"
	CALLER_COUNT
};

_Static_assert(CALLER_COUNT < 64, "a set of callers is 64 bits");

/* Sets of callers, by the names of the table. */
#define CALLER(name, type) static const uint64_t name = UINT64_C(1) << CALLER_##name;
#define GROUP(name, callers) static const uint64_t name = callers;
static const uint64_t NOBODY = 0, EVERY = (UINT64_C(1) << CALLER_COUNT) - 1;
#include "verify/helper_types.def"

/* The callers that such a program may be: more than one, and not `exact`, where the table does not
 * know its attach type. */
static uint64_t callers_like(uint32_t prog_type, uint32_t attach_type, bool *exact)
{
	uint64_t like = NOBODY, attached = NOBODY, told_apart = NOBODY;

#define CALLER(name, type) like |= prog_type == (type) ? name : NOBODY;
#define ATTACHED(caller, attach) \
	told_apart |= caller;    \
	attached |= attach_type == (attach) ? caller : NOBODY;
#include "verify/helper_types.def"
	*exact = !(like & told_apart) || (like & attached);
	return like & attached ? like & attached : like;
}

/* Who may call it in any release; false for a helper that the table does not know. */
static bool callers_ever(uint32_t helper, uint64_t *callers)
{
#define CALLERS(number, name, set) \
	if (helper == (number)) {  \
		*callers = set;    \
		return true;       \
	}
#include "verify/helper_types.def"
	return false;
}

static uint64_t callers_asleep(uint32_t helper)
{
	uint64_t asleep = NOBODY;

#define SLEEPS(number, name, set) asleep |= helper == (number) ? (set) : NOBODY;
#include "verify/helper_types.def"
	return asleep;
}

/* Whom of those a kernel of that age refuses it, though another allows it. */
static uint64_t callers_refused(uint32_t helper, uint64_t of, struct kernel_age age)
{
	uint64_t refused = NOBODY;

#define LACKS(number, name, major, minor, set)                                          \
	if (helper == (number) && of & (set) && age_up_to(age, AGE_LINE(major, minor))) \
		refused |= set;
#define DROPS(number, name, major, minor, set)                                          \
	if (helper == (number) && of & (set) && age_since(age, AGE_LINE(major, minor))) \
		refused |= set;
#include "verify/helper_types.def"
	return refused;
}

enum known helper_type_allowed(uint32_t helper, uint32_t prog_type, uint32_t attach_type,
			       bool sleepable, struct kernel_age age)
{
	bool exact;
	uint64_t like = callers_like(prog_type, attach_type, &exact), allowed;

	if (!like || !callers_ever(helper, &allowed))
		return KNOWN_NOT;
	allowed &= like;
	allowed &= ~callers_refused(helper, allowed, age);
	if (!sleepable && prog_type != BPF_PROG_TYPE_SYSCALL)
		allowed &= ~callers_asleep(helper);
	if (!allowed)
		return age_is_unseen(age) ? KNOWN_NOT : KNOWN_NO;
	return exact ? KNOWN_YES : KNOWN_NOT;
}

bool helper_gpl_only(uint32_t helper, uint32_t prog_type, uint32_t attach_type,
		     struct kernel_age age)
{
	bool exact;
	uint64_t allowed, others, like = callers_like(prog_type, attach_type, &exact);

	if (!callers_ever(helper, &allowed) || age_is_unseen(age))
		return false;
	allowed &= like;
	others = allowed &= ~callers_refused(helper, allowed, age);
#define GPL(number, name, set) others &= helper == (number) ? ~(set) : EVERY;
#define GPL_TO(number, name, major, minor, set) \
	others &= helper == (number) && age_up_to(age, AGE_LINE(major, minor)) ? ~(set) : EVERY;
#include "verify/helper_types.def"
	return allowed && !others;
}

static const struct helper_marker markers[] = {
    {4, "bpf_probe_read_compat", "bpf_probe_read_user"},
    {45, "bpf_probe_read_compat_str", "bpf_probe_read_user_str"},
    {58, "bpf_override_return", "bpf_probe_write_user"},
};

const struct helper_marker *helper_marker(uint32_t helper)
{
	for (size_t i = 0; i < sizeof(markers) / sizeof(*markers); i++)
		if (markers[i].helper == helper)
			return &markers[i];
	return NULL;
}
