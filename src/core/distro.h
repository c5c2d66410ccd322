/*
 * distro: which distribution made a kernel, by the compiler that it was made with.
 */
#ifndef BTFL_DISTRO_H
#define BTFL_DISTRO_H

/* "debian" of "gcc-12 (Debian 12.2.0-14) 12.2.0", and of a line that has that in it
 * (kernel_banner.h); NULL where it tells none. */
const char *distro_of_compiler(const char *text);

#endif
