/* helpers: what helpers.def says of each; see helpers.h. A helper that is not listed takes no
 * memory that it could write beyond what SIZE_ANY says. */
#include "verify/helpers.h"

#include <stddef.h>
#include <string.h>

enum { DYNPTR_SIZE = 16, ARITY_MOST = 5 };

struct helper {
	const char *name;
	uint8_t result;
	char args[ARITY_MOST + 1];
};

static const struct helper helpers[] = {
#define HELPER(number, name, result, args) [number] = {#name, RESULT_##result, args},
#define TAKES(number, n, type)
#include "verify/helpers.def"
#undef HELPER
#undef TAKES
};

static const struct {
	uint8_t helper, n;
	const char *name;
} structs[] = {
#define HELPER(number, name, result, args)
#define TAKES(number, n, type) {number, n, #type},
#include "verify/helpers.def"
#undef HELPER
#undef TAKES
};

/* NULL when it is not listed. */
static const struct helper *find(uint32_t number)
{
	if (number >= sizeof(helpers) / sizeof(*helpers) || !helpers[number].name)
		return NULL;
	return &helpers[number];
}

const char *helper_name(uint32_t helper)
{
	const struct helper *h = find(helper);

	return h ? h->name : NULL;
}

struct helper_arg helper_arg(uint32_t helper, unsigned n)
{
	const struct helper *h = find(helper);

	switch (h ? h->args[n - 1] : '?') {
	case 'k': return (struct helper_arg){SIZE_KEY, 0, false};
	case 'v': return (struct helper_arg){SIZE_VALUE, 0, false};
	case 'V': return (struct helper_arg){SIZE_VALUE, 0, true};
	case 'm': return (struct helper_arg){SIZE_NEXT, 0, false};
	case 'w': return (struct helper_arg){SIZE_NEXT, 0, true};
	case '8': return (struct helper_arg){SIZE_FIXED, 8, true};
	case '4': return (struct helper_arg){SIZE_FIXED, 4, true};
	case 'd': return (struct helper_arg){SIZE_FIXED, DYNPTR_SIZE, true};
	case 'r': return (struct helper_arg){SIZE_ANY, 0, false};
	case 'M':
	case 'c':
	case '.':
	case '\0': return (struct helper_arg){SIZE_NONE, 0, false};
	default: return (struct helper_arg){SIZE_ANY, 0, true};
	}
}

unsigned helper_map(uint32_t helper)
{
	const struct helper *h = find(helper);
	const char *map = h ? strchr(h->args, 'M') : NULL;

	return map ? (unsigned)(map - h->args) + 1 : 0;
}

bool helper_takes_context(uint32_t helper)
{
	const struct helper *h = find(helper);

	return h && h->args[0] == 'c';
}

unsigned helper_arity(uint32_t helper)
{
	const struct helper *h = find(helper);

	return h ? (unsigned)strlen(h->args) : ARITY_MOST;
}

const char *helper_takes(uint32_t helper, unsigned n)
{
	for (size_t i = 0; i < sizeof(structs) / sizeof(*structs); i++)
		if (structs[i].helper == helper && structs[i].n == n)
			return structs[i].name;
	return NULL;
}

enum helper_result helper_result(uint32_t helper)
{
	const struct helper *h = find(helper);

	return h ? (enum helper_result)h->result : RESULT_POINTER;
}

bool helper_gives_struct(uint32_t helper)
{
	switch (helper) {
	case HELPER_skc_to_tcp6_sock:
	case HELPER_skc_to_tcp_sock:
	case HELPER_skc_to_tcp_timewait_sock:
	case HELPER_skc_to_tcp_request_sock:
	case HELPER_skc_to_udp6_sock:
	case HELPER_sock_from_file:
	case HELPER_skc_to_unix_sock:
	case HELPER_skc_to_mptcp_sock: return true;
	default: return false;
	}
}

/* Helper, callback, context, and the callback's argument that is the context. */
static const uint8_t callbacks[][4] = {
    {HELPER_for_each_map_elem, 2, 3, 4},  {HELPER_timer_set_callback, 2, 0, 0},
    {HELPER_find_vma, 3, 4, 3},           {HELPER_loop, 2, 3, 2},
    {HELPER_user_ringbuf_drain, 2, 3, 2},
};

unsigned helper_callback(uint32_t helper)
{
	for (size_t i = 0; i < sizeof(callbacks) / sizeof(*callbacks); i++)
		if (callbacks[i][0] == helper)
			return callbacks[i][1];
	return 0;
}

unsigned helper_context(uint32_t helper, unsigned *callback_argument)
{
	for (size_t i = 0; i < sizeof(callbacks) / sizeof(*callbacks); i++) {
		if (callbacks[i][0] != helper)
			continue;
		*callback_argument = callbacks[i][3];
		return callbacks[i][2];
	}
	return 0;
}
