/*
 * datasec: the variables and functions of one section, by name, as BTF lists them.
 */
#ifndef BTFL_DATASEC_H
#define BTFL_DATASEC_H

#include "format/btf.h"

struct datasec_var {
	const char *name;
	uint32_t id; /* of a VAR or FUNC */
};

/* Sorted by name, then id. Zeros: it has none. */
struct datasec {
	struct datasec_var *vars;
	size_t count;
};

/* Lists the DATASEC of that name; nothing without b (NULL is allowed) or such a section. Returns -1
 * when memory is out. */
int datasec_open(const struct btf *b, const char *section, struct datasec *out);
void datasec_close(struct datasec *d);

/* The id of the first variable of that name, 0 when there is none. */
uint32_t datasec_find(const struct datasec *d, const char *name);

#endif
