/*
 * compat: whether a type of the target can stand for a local one. default_compatible() of policy.h
 * is the answer for a field or a root; this is for prototypes, and the
 * size of a load or store.
 */
#ifndef BTFL_COMPAT_H
#define BTFL_COMPAT_H

#include "format/btf.h"

/* Whether a load or store of `from` may be resized to `to` when sizes differ (semantics 5). */
bool compat_resizable(const struct btf *from_btf, uint32_t from, const struct btf *to_btf,
		      uint32_t to);

/* Whether a field's type may stand for that of a local field (semantics 21). */
bool compat_fields(const struct btf *local_btf, uint32_t local, const struct btf *target_btf,
		   uint32_t target);

/* Whether a type may stand for a local one by semantics 22, as libbpf asks of the prototypes of
 * kernel functions. */
bool compat_types(const struct btf *local_btf, uint32_t local, const struct btf *target_btf,
		  uint32_t target);

#endif
