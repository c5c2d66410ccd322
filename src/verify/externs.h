/*
 * externs: what the loader and the kernel put into a program from outside: configuration values,
 * kernel symbols, and constants that the user sets.
 */
#ifndef BTFL_EXTERNS_H
#define BTFL_EXTERNS_H

#include "base/arena.h"
#include "core/target.h"
#include "format/references.h"

/* The value of an extern variable. */
enum extern_state {
	EXTERN_UNKNOWN_VALUE,
	EXTERN_UNKNOWN_SYMBOL, /* weak, and nobody says whether it is there */
	EXTERN_BYTES,          /* its bytes are known */
	EXTERN_MISSING,        /* not there; of a weak one, the address is 0 */
	EXTERN_ADDRESS,        /* a kernel symbol that is there */
	EXTERN_MISFIT,         /* a configuration value that its variable cannot hold */
	EXTERN_UNREAD,         /* the kernel's version, which libbpf cannot read there */
	EXTERN_UNRECOGNIZED,   /* of .kconfig, and nothing that libbpf has a value for */
};

struct extern_value {
	enum extern_state state;
	uint8_t *bytes;   /* EXTERN_BYTES: `size` of them, in the object's byte order */
	uint8_t *unknown; /* likewise: bits of them that are not known, 0 in bytes; NULL for none */
	uint32_t size;
};

/* A variable of a constant section with another value, or none. */
struct overlay {
	uint32_t section_index, offset, size;
	const uint8_t *bytes; /* NULL: unknown */
};

/* The extern of which the value is the kernel's version. */
#define EXTERN_VERSION "LINUX_KERNEL_VERSION"

struct externs {
	const struct object *object;
	const struct references *references;
	struct extern_value *values; /* one for each of references->externs */
	struct overlay *overlays;
	size_t overlay_count, overlay_cap;
	struct arena arena;
	bool dated;        /* all of the kernel's version is known */
	uint8_t *supposed; /* of externs_suppose() and externs_any_constant(): bytes of theirs */
};

/* The externs of o, to which l refers, on t; o and l must outlive them. */
int externs_new(const struct object *o, const struct references *l, const struct target *t,
		struct externs **out, struct err *e);
void externs_free(struct externs *x); /* NULL is allowed */

/* A copy of x in which all that nobody knows of symbols, configuration and version is there and
 * set, or is not; *out is NULL when all is known. It shares all else with x, which must outlive it.
 */
int externs_suppose(const struct externs *x, bool there, struct externs **out, struct err *e);
/* The same of the constants of the object, of which none is known but those that were set; *out is
 * NULL when it has none. */
int externs_any_constant(const struct externs *x, struct externs **out, struct err *e);
void externs_free_supposed(struct externs *x); /* NULL is allowed */

/* Gives a constant of the object another value (a number, or true or false), or makes it unknown
 * when text is NULL. An unknown name, one that is not constant, or a value that does not fit is an
 * error. */
int externs_set(struct externs *x, const char *name, const char *text, struct err *e);

/* Reads size (1 to 8) constant bytes of a section, or of an extern's value, at `offset` as an
 * unsigned number; false when they are not known. Of an extern's, some bits may be unknown. */
bool externs_read(const struct externs *x, uint32_t section_index, uint64_t offset, unsigned size,
		  uint64_t *out);
bool externs_read_extern(const struct externs *x, uint32_t number, uint64_t offset, unsigned size,
			 uint64_t *out, uint64_t *unknown);

#endif
