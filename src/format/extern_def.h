/*
 * extern_def: what an object takes from outside: configuration values, symbols and functions of the
 * kernel (libbpf.c: bpf_object__collect_externs).
 */
#ifndef BTFL_EXTERN_DEF_H
#define BTFL_EXTERN_DEF_H

#include "format/object.h"

enum extern_kind {
	EXTERN_KCONFIG, /* a configuration value, a variable that the loader fills in */
	EXTERN_KSYM,    /* a symbol of the kernel, of which a program gets the address */
	EXTERN_KFUNC,   /* a function of the kernel, to be called */
	EXTERN_UNKNOWN, /* no BTF says what it is */
};

struct extern_def {
	const char *name;
	enum extern_kind kind;
	bool weak;
	uint32_t var_id;  /* its VAR or FUNC in the object's BTF; 0 for none */
	uint32_t type_id; /* of what type it is, without modifiers and typedefs: a kfunc's
			     FUNC_PROTO; 0 for void, whose symbol no BTF tells of */
	uint32_t size;    /* bytes of its value; 0 for a function and for void */
	uint32_t symbol;  /* in the symbol table */
	uint32_t uses;    /* instructions that refer to it */
	const char *bad;  /* why libbpf opens no object with it; NULL when it does */
};

/* "kconfig", "ksym", "kfunc", "unknown". */
const char *extern_kind_name(enum extern_kind kind);

struct extern_defs {
	struct extern_def *items;
	size_t count, cap;
};

/* Lists all extern symbols of o, used or not, in the order of the symbol table. Also sets
 * *kconfig_size to what libbpf's map of configuration values takes, in bytes. */
int extern_defs_read(const struct object *o, struct extern_defs *out, uint32_t *kconfig_size,
		     struct err *e);

#endif
