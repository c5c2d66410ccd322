/*
 * kernel_version: the numbers in what a kernel calls itself. Its release (`uname -r`) is a name
 * that distributions give: Debian's 5.10.0-32-amd64 is 5.10.223, and says so in `uname -v`;
 * Ubuntu's 6.8.0-31-generic is 6.8.1, and says so in /proc/version_signature. The version is what
 * LINUX_KERNEL_VERSION is made of.
 */
#ifndef BTFL_KERNEL_VERSION_H
#define BTFL_KERNEL_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* LINUX_KERNEL_VERSION of a version "N.N" or "N.N.N…" in *code; false when it is none. The sublevel
 * stops at 255, as the kernel's own does. */
bool kernel_version_code(const char *version, uint32_t *code);

/* Length of the "N.N.N" at s, 0 when there is none. */
size_t kernel_version_len(const char *s);

/* Length of the "N.N" that a kernel's name begins with, alone or before a `-`, `_`, `+` or `.`,
 * which tells its line of releases; 0 when it does with none. Distributions count so, too: 8.6
 * and 22.04 are none. */
size_t kernel_version_line_len(const char *name);

/* Finds the version, *len bytes of it, in a text that has one: "5.10.223" or "5.10" and what
 * follows, what `uname -v` says on Debian, or a line of /proc/version_signature; NULL for any
 * other, such as a release that hides it. (libbpf, get_kernel_version.) */
const char *kernel_version_in(const char *text, size_t *len);

/* The release of a line "Linux version 6.1.0-9-amd64 (..." (kernel_banner.h), *len bytes of it. */
const char *kernel_version_release(const char *banner, size_t *len);

/* The version in such a line, which Debian and Ubuntu add behind the release; NULL where the
 * release hides it. */
const char *kernel_version_told(const char *banner, size_t *len);

/* Whether libbpf finds no version in a kernel's whole release, for it reads three numbers and there
 * are fewer: 7.3-amd64. A bare "7.3" is short for any release of that line. */
bool kernel_version_unread(const char *release);

/* Whether a release "N.N.N…" is of a distribution that counts on without changing the third number:
 * N.N.0-N. Those of RPMs, N.N.0-N….el9, tell the version of what they are made from. */
bool kernel_version_hidden(const char *release);

#endif
