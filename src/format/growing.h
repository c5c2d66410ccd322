/*
 * growing: bytes of an input whose number is not known before, and the limits that what is packed
 * has.
 */
#ifndef BTFL_GROWING_H
#define BTFL_GROWING_H

#include "format/input.h"

struct growing {
	const char *path; /* for messages, and of the input */
	uint8_t *data;    /* the caller's to free, until growing_input() */
	size_t n, cap;
	size_t packed; /* bytes of the file that they are unpacked from; 0: they are not packed */
};

/* Makes room for more: n < cap then. */
int growing_more(struct growing *g, struct err *e);

/* Adds len bytes. */
int growing_add(struct growing *g, const void *data, size_t len, struct err *e);

/* Makes an input of them, which takes them over; frees them when it fails. */
int growing_input(struct growing *g, struct input **out, struct err *e);

/* Fails when n bytes are more than anything real that `packed` bytes unpack to. Kernels shrink to a
 * third to an eighth, their tables to a twentieth; a file of nothing to a thousandth. */
int growing_check(uint64_t n, size_t packed, const char *path, struct err *e);

#endif
