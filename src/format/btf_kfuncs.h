/*
 * btf_kfuncs: which functions of a kernel or a module BPF programs may call.
 */
#ifndef BTFL_BTF_KFUNCS_H
#define BTFL_BTF_KFUNCS_H

#include "format/btf.h"

typedef void btf_kfunc_fn(void *ctx, uint32_t id);

/* Tells the FUNCs that are stored in b, not in its base: those that a tag calls `bpf_kfunc`, of
 * encoders since 2024, else those that the sets in the .BTF_ids section of its ELF file name, of
 * kernels since 6.0; one may be told twice. False where neither is there, and nobody can tell. */
bool btf_kfuncs(const struct btf *b, btf_kfunc_fn *tell, void *ctx);

/* The FUNCs of b that the sets in the bytes of a .BTF_ids section name, as a list for free(); NULL
 * for none, and when memory is out. Sets of other functions, to which programs may attach, are left
 * out. */
uint32_t *btf_kfuncs_in_sets(const struct btf *b, const struct span *ids, size_t *count);

#endif
