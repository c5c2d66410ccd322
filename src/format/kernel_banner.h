/*
 * kernel_banner: the line in which a kernel says what it is, "Linux version 6.1.0-9-amd64 (...)
 * (gcc-12 ...) #1 SMP ...", as /proc/version has it: in vmlinux and in images, and not in BTF.
 */
#ifndef BTFL_KERNEL_BANNER_H
#define BTFL_KERNEL_BANNER_H

#include <stddef.h>
#include <stdint.h>

/* A copy of the first such line in n bytes, without its end; the caller frees it. NULL where there
 * is none, or no memory. */
char *kernel_banner_in(const uint8_t *s, size_t n);

#endif
