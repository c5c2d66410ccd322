/*
 * symbols: the list of a kernel's symbols, as /proc/kallsyms and System.map have it. Its addresses
 * are not looked at: they may be hidden.
 */
#ifndef BTFL_SYMBOLS_H
#define BTFL_SYMBOLS_H

#include "base/digest.h"
#include "format/input.h"

struct symbols;

/* In which form a list has a function. */
enum symbol_form {
	SYMBOL_NONE,
	SYMBOL_SPLIT,  /* name.part.0, .isra.0, .constprop.0 or .cold only: what a compiler left of
			  it */
	SYMBOL_HASHED, /* name.llvm.123 only, which some kernels find as name and some do not */
	SYMBOL_WEAK,   /* name, but only until something else defines it */
	SYMBOL_WHOLE,
};

/* Reads the file at path, packed or not. What has a line that is no "address type name" is refused,
 * by its number. The caller owns one reference; it is immutable, and threads share it. */
int symbols_open(const char *path, struct symbols **out, struct err *e);

struct symbols *symbols_ref(const struct symbols *s);
void symbols_unref(struct symbols *s); /* NULL is allowed */

/* Whether a line has exactly that name, of whatever type and module: what a loader goes by for a
 * symbol without a type. */
bool symbols_has(const struct symbols *s, const char *name, size_t len);

/* In which form a function is there: of vmlinux or any module for a module_len of 0, else of that
 * module, where "vmlinux" is vmlinux. What the kernel lists of its own for code that it made
 * ([bpf], [__builtin__ftrace]) is no function. */
enum symbol_form symbols_function(const struct symbols *s, const char *module, size_t module_len,
				  const char *name, size_t len);

/* Whether a function matches a pattern, of which `*` stands for anything and `?` for any byte. */
bool symbols_match(const struct symbols *s, const char *pattern, size_t len);

/* The file that it was read from. */
const char *symbols_path(const struct symbols *s);

/* Adds what it says, but not the addresses: those differ with each boot. */
void symbols_digest(const struct symbols *s, struct digester *d);

/* Whether symbols of modules are listed; System.map has none. */
bool symbols_list_modules(const struct symbols *s);

/* Whether a name of len bytes matches a pattern, as libbpf's glob_match has it. */
bool symbols_glob(const char *pattern, size_t pattern_len, const char *name, size_t len);

#endif
