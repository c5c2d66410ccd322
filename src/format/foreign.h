/*
 * foreign: what a file is that is neither BTF nor ELF, told by its first bytes, so that who gives
 * one learns what to give instead. Two kinds are taken for what they are: texts about a kernel.
 */
#ifndef BTFL_FOREIGN_H
#define BTFL_FOREIGN_H

#include "format/input.h"

/* Fills e: in was asked for as BTF, or as a BPF object, and is neither ELF nor, for the first, BTF.
 * Returns -1. */
int foreign_btf(const struct input *in, struct err *e);
int foreign_object(const struct input *in, struct err *e);

/* Succeeds when `in` is a kernel's configuration: comments and CONFIG_NAME=value, as .config has.
 */
int foreign_is_config(const struct input *in, struct err *e);

/* Succeeds when `in` begins as a list of a kernel's symbols does: /proc/kallsyms, System.map. */
int foreign_is_symbols(const struct input *in, struct err *e);

/* What to tell who gave a kernel as an object. */
extern const char foreign_kernel[];

#endif
