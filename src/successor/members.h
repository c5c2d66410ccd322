/*
 * members: the named members of a struct as C sees them: those of anonymous members are its own,
 * and those of nested structs follow with their path.
 */
#ifndef BTFL_MEMBERS_H
#define BTFL_MEMBERS_H

#include "base/arena.h"
#include "successor/shape.h"

struct member {
	const char *name;
	uint32_t type;       /* id */
	uint32_t owner;      /* the struct or union that declares it, perhaps an anonymous one */
	uint32_t bit_size;   /* of a bitfield, else 0 */
	uint64_t bit_offset; /* from the start of the root */
	int32_t outer;       /* index of the member that it is nested in, -1 for none */
	uint64_t path;       /* hash of its path from the root */
	uint8_t depth;       /* named members around it */
	struct shape shape;  /* filled by members_shape() */
};

struct members {
	const struct btf *btf;
	uint32_t root;
	struct member *at;
	size_t n;
};

/* Longest path that is written, with its terminator. */
enum { MEMBER_PATH_MAX = 512 };

/* Lists the members of struct or union id (modifiers and typedefs are followed) and, so many named
 * members deep, of what is nested in them by value, in the order of declaration. Stops at a
 * few thousand. Empty for other kinds. -1 when memory is out. */
int members_list(const struct btf *b, uint32_t id, unsigned depth, struct arena *a,
		 struct members *out);

/* Fills in the shape of one, or of all. */
void member_shape(const struct btf *b, struct member *s);
void members_shape(struct members *s);

/* The member of that name (len bytes) at depth 0; -1 for none. */
long members_find(const struct members *s, const char *name, size_t len);

/* Writes its path from the root, such as "se.statistics.wait_start"; returns out. */
char *member_path(const struct members *s, size_t i, char out[MEMBER_PATH_MAX]);

/* Follows a dotted path from type id by value as far as it goes: returns how many names were found,
 * *rest what remains ("" at the end), *type where it stands (0 for void), *last the member of the
 * last name found. */
unsigned members_follow(const struct btf *b, uint32_t id, const char *path, const char **rest,
			uint32_t *type, struct member *last);

/* Whether a struct or union has a member of that name, itself or in anonymous ones. */
bool members_declared(const struct btf_type *t, const char *name);

#endif
