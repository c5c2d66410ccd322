/*
 * scale: sizes from which on large inputs are treated otherwise, and of the pieces that they are
 * read and written in. With -DSMALL_LIMITS, as `make fuzz` builds, these are small, so that an
 * input of some hundred bytes meets everything that a kernel does.
 */
#ifndef BTFL_SCALE_H
#define BTFL_SCALE_H

#ifdef SMALL_LIMITS
#define SCALE(usual, small) (small)
#else
#define SCALE(usual, small) (usual)
#endif

#endif
