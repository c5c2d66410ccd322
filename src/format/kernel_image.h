/*
 * kernel_image: a kernel as it boots (vmlinuz, bzImage, Image), and the kernel's BTF in it.
 */
#ifndef BTFL_KERNEL_IMAGE_H
#define BTFL_KERNEL_IMAGE_H

#include "format/input.h"

/* Whether its first bytes are those of such a file. */
bool kernel_image_is(const struct input *in);

/* The BTF of the kernel in it, or the ELF file that has it. It is packed (by gzip, xz, zstd, lz4,
 * lzma or bzip2) where the head of a bzImage or of an EFI zboot says, else wherever one of their
 * marks is followed by something that unpacks to a kernel, as in a uImage or a unified one; an
 * arm64 or riscv Image is not packed. The caller owns a reference. *banner is what a flat kernel,
 * of which only the BTF is left, says it is (kernel_banner.h), for the caller to free, or NULL.
 * Fails when there is none. */
int kernel_image_open(const struct input *in, struct input **out, char **banner, struct err *e);

#endif
