/*
 * btf_starts: whether a struct starts with another: a pointer to it points to that as well.
 */
#ifndef BTFL_BTF_STARTS_H
#define BTFL_BTF_STARTS_H

#include "format/btf.h"

/* Whether type id is, or starts with, a struct or union whose essential name is these len bytes, to
 * any depth: its first member, and each of a union. Of a type with a name no more is asked than
 * that (ASKED_STARTS: the essential name of the type, of `number` bytes, then the other's). */
bool btf_starts_with(const struct btf *b, uint32_t id, const char *name, size_t len);

#endif
