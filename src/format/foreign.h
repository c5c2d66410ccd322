/*
 * foreign: what a file is, told by its first bytes; for one that is not taken, what to give
 * instead. Two kinds are taken for what they are: texts about a kernel.
 */
#ifndef BTFL_FOREIGN_H
#define BTFL_FOREIGN_H

#include "format/input.h"

enum foreign_kind {
	FOREIGN_OTHER,
	FOREIGN_BTF,
	FOREIGN_ELF, /* an executable or a library, as vmlinux is */
	FOREIGN_OBJECT,
	FOREIGN_RELOCATABLE, /* but not for BPF, as modules are */
	FOREIGN_IMAGE,       /* a kernel as it boots */
	FOREIGN_PACKED,
	FOREIGN_ARCHIVE,
	FOREIGN_SYMBOLS,
	FOREIGN_CONFIG,
	FOREIGN_TEXT,
	FOREIGN_KIND_COUNT
};

/* What a file is, told by its first bytes, of which 1024 are enough. */
enum foreign_kind foreign_kind(const uint8_t *head, size_t len);

/* Whether a file of that name and kind, among others in a folder or an archive, is meant to be a
 * kernel: executables and what is packed only by their names. What is nothing known but is called
 * BTF is one that is damaged. */
bool foreign_is_kernel(const char *path, enum foreign_kind kind);

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
