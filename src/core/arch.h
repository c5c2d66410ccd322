/*
 * arch: which architecture a kernel is for, by its registers. The names are those of clang's
 * -D__TARGET_ARCH_name: "x86", "arm64".
 */
#ifndef BTFL_ARCH_H
#define BTFL_ARCH_H

#include "format/btf.h"

/* The one architecture whose registers the struct or union id of b has, NULL when none is told
 * apart. *member is then one of these registers, which is NULL or not. */
const char *arch_of_struct(const struct btf *b, uint32_t id, const char **member);

/* That of the structs in which a kernel has its registers; NULL when b has none. */
const char *arch_of_btf(const struct btf *b);

/* What a word such as "x86_64", "amd64" or "ppc64le" means; NULL for none of them. */
const char *arch_of_word(const char *word, size_t len);

#endif
