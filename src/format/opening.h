/*
 * opening: whether libbpf opens an object at all, before it knows of any kernel (libbpf.c:
 * bpf_object_open, of version 1.0 and later).
 */
#ifndef BTFL_OPENING_H
#define BTFL_OPENING_H

#include "format/references.h"

/* What it stumbles over. */
enum opening_kind {
	OPENING_SYMBOLS,    /* there is no symbol table */
	OPENING_LEGACY,     /* the section `maps` */
	OPENING_PROGRAM,    /* a function that cannot be a program */
	OPENING_BTF,        /* there is no BTF, which maps and struct_ops need */
	OPENING_EXTERN,     /* an extern; see extern_def.bad */
	OPENING_MAP,        /* a map; see map_def.bad */
	OPENING_RELOCATION, /* an instruction refers to what is no map, data or function of .text */
	OPENING_KIND_COUNT
};

struct opening {
	enum opening_kind kind;
	const char *name;    /* of the extern, map, program or symbol; NULL without one */
	const char *section; /* in which that stands; NULL for externs */
	const char *why;
	uint32_t section_index, insn_off; /* of the instruction; OBJECT_NONE without one */
};

/* The first thing for which libbpf refuses to open o, in its order; false when it opens it. l are
 * o's references. */
bool object_refused(const struct object *o, const struct references *l, struct opening *out);

/* "symbols", "legacy", "program", "btf", "extern", "map", "relocation". */
const char *opening_kind_name(enum opening_kind kind);

#endif
