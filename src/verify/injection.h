/*
 * injection: which functions of a kernel programs of fentry, fexit and fmod_ret may attach to that
 * sleep, or change what the function returns: those on its list of functions that may be made to
 * fail (ALLOW_ERROR_INJECTION, of kernels with CONFIG_FUNCTION_ERROR_INJECTION), and a few others.
 * bpf_check_attach_target() of verifier.c asks.
 */
#ifndef BTFL_INJECTION_H
#define BTFL_INJECTION_H

#include "verify/loading.h"

/* Whether a program that sleeps may attach to the function that l's program attaches to, which the
 * kernel has; otherwise it is told "... is not sleepable". KNOWN_NOT where neither configuration
 * nor symbols tell. */
enum known injection_sleeps(const struct loading *l);

/* Whether a program of fmod_ret may; otherwise it is told "...() is not modifiable". */
enum known injection_modifies(const struct loading *l);

#endif
