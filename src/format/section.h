/*
 * section: what the name of a program's section says of the program: `?fentry.s/do_unlinkat`. A `?`
 * keeps a loader from loading it unasked, `.s` says that it may sleep (libbpf, section_defs).
 */
#ifndef BTFL_SECTION_H
#define BTFL_SECTION_H

#include <stdbool.h>
#include <stddef.h>

/* A kind of program, by what stands before the `/`. */
struct section_kind {
	const char *prefix;
	bool number_context;   /* its context holds no typed pointers */
	int attaches_to;       /* the BTF kind of what it attaches to; BTF_VOID: no BTF tells */
	const char *name_from; /* what the name in BTF of that starts with */
};

/* The kind of a program in that section; NULL for one that has none of what is known of kinds. */
const struct section_kind *section_kind(const char *section);

/* What a program attaches to: the type `kind->name_from` followed by name; of a module when
 * module_len. Both point into the section's name. */
struct attach_point {
	const struct section_kind *kind;
	const char *module, *name;
	size_t module_len, name_len;
};

/* False when no BTF tells: for other kinds, without a name, and of patterns. */
bool section_attach(const char *section, struct attach_point *p);

#endif
