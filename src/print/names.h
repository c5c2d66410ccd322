/*
 * names: what the types of a BTF are called in one source file, where no two things of one name
 * space may share a name. As bpftool does, what comes second of a name gets `___2` behind it, which
 * to CO-RE is a flavor: the essential name stays. What no compiler takes for a name is mended.
 */
#ifndef BTFL_NAMES_H
#define BTFL_NAMES_H

#include "base/out.h"
#include "format/btf.h"

struct names;

/* The kernel has less; of a hostile file, every one of many types may have the same long name. */
enum { NAMES_LONGEST = 4096 };

/* Names for all types of b and its bases: the tags of structs, unions and enums, and the names that
 * typedefs and ints have. The lower id keeps the plain name; what C or the compiler has already
 * taken has none. NULL when memory is out, or a name has more than NAMES_LONGEST bytes. */
struct names *names_new(const struct btf *b, struct err *e);
void names_free(struct names *n); /* NULL is allowed */

/* Whether the text is made as names of C are; reserved words are. */
bool names_is_identifier(const char *s);

/* Writes the name of a type. */
void names_type(const struct names *n, struct out *o, const struct btf_type *t);

/* Takes a name, for an enumerator or a function: the number that goes behind it, 0 for none. With
 * `once`, a name that is taken is not taken again, and the answer is UINT32_MAX. */
uint32_t names_take(struct names *n, const char *name, bool once);

/* Writes such a name, and the number behind it; also that of a member or a parameter. */
void names_write(struct out *o, const char *name, uint32_t number);

/* The struct or union of the same kind that a forward declaration stands for; its own id when there
 * is none, or another forward declaration was first. */
uint32_t names_meant(const struct names *n, const struct btf_type *fwd);

/* Whether the int or float has the name of one of C's own types, of its size wherever C says it. */
bool names_is_builtin(const struct btf_type *number);

/* Whether all names could be had: -1 when memory was out, or a name was too long. */
int names_check(const struct names *n, struct err *e);

#endif
