/*
 * helper_params: how many arguments a helper takes, and which struct of the kernel one of them is.
 * What is known is a row of helper_params.def.
 */
#ifndef BTFL_HELPER_PARAMS_H
#define BTFL_HELPER_PARAMS_H

#include <stdint.h>

/* How many arguments the helper takes; 5 for one that is not listed. */
unsigned helper_arity(uint32_t helper);

/* The kernel's struct that argument n (1 to 5) of the helper points to; NULL for none. */
const char *helper_param_struct(uint32_t helper, unsigned n);

#endif
