/* helper_params: see helper_params.h. */
#include "verify/helper_params.h"

#include <stddef.h>

enum { ARITY_MOST = 5 };

struct helper_params {
	uint8_t count, typed;
	const char *name; /* of the struct that argument `typed` points to */
};

static const struct helper_params all[] = {
#define PARAMS(number, count, typed, name) [number] = {count, typed, name},
#include "verify/helper_params.def"
#undef PARAMS
};

static const struct helper_params *params_of(uint32_t helper)
{
	return helper && helper < sizeof(all) / sizeof(*all) ? &all[helper] : NULL;
}

unsigned helper_arity(uint32_t helper)
{
	const struct helper_params *p = params_of(helper);

	return p ? p->count : ARITY_MOST;
}

const char *helper_param_struct(uint32_t helper, unsigned n)
{
	const struct helper_params *p = params_of(helper);

	return p && p->typed && p->typed == n ? p->name : NULL;
}
