/*
 * libarchive: what reads and writes packed files and archives is opened when the first of them is
 * met, so that a program without it runs, and starts as fast.
 */
#ifndef BTFL_LIBARCHIVE_H
#define BTFL_LIBARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Whether btfl was built to know the types of its functions. */
#if defined(HAVE_LIBARCHIVE) && !defined(NO_DLOPEN)
#define LIBARCHIVE_KNOWN 1
#else
#define LIBARCHIVE_KNOWN 0
#endif

/* Puts the addresses of `count` functions of these names into `functions`, a struct of as many
 * pointers. False when there is no libarchive, or one without them. From any thread. */
bool libarchive_find(const char *const *names, size_t count, void *functions);

/* Fills e with why the file at path cannot be `done` ("read", "written") without it; -1. */
int libarchive_missing(struct err *e, const char *path, const char *done);

#endif
