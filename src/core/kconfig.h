/*
 * kconfig: a kernel's configuration, as .config and /proc/config.gz have it.
 */
#ifndef BTFL_KCONFIG_H
#define BTFL_KCONFIG_H

#include "format/input.h"

/* Immutable and reference-counted: targets and threads share it. */
struct kconfig {
	struct input *input;
	char *version; /* "5.10.223" of "# Linux/x86 5.10.223 Kernel Configuration"; NULL */
};

/* Reads the file at path, packed or not. What has a line that is no comment and no
 * CONFIG_NAME=value is refused, by its number. The caller owns one reference. */
int kconfig_open(const char *path, struct kconfig **out, struct err *e);

/* The same of n bytes, which are copied, called path in messages; packed or not. What has not the
 * head line "# Linux/… Kernel Configuration" is refused: a defconfig, which leaves out what is as
 * it is by default. */
int kconfig_of(const char *path, const void *data, size_t n, struct kconfig **out, struct err *e);

struct kconfig *kconfig_ref(const struct kconfig *k);
void kconfig_unref(struct kconfig *k); /* NULL is allowed */

/* The value of CONFIG_NAME=value, *len bytes of it; NULL when the option is not set. */
const char *kconfig_value(const struct kconfig *k, const char *name, size_t *len);

/* Whether it says CONFIG_NAME=y. */
bool kconfig_is_built_in(const struct kconfig *k, const char *name);

#endif
