/*
 * tasks: independent pieces of work, numbered, shared by a few threads.
 */
#ifndef BTFL_TASKS_H
#define BTFL_TASKS_H

#include <stddef.h>

/* Calls run(ctx, i) once for each i below count, in about that order, on at most `jobs` threads of
 * which the caller's is one, and returns when all are done. Where no thread can be had, the
 * caller's does it all. */
void tasks_run(void (*run)(void *ctx, size_t i), void *ctx, size_t count, unsigned jobs);

#endif
