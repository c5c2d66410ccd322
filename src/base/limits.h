/*
 * limits: how much of the machine this process may use, by its affinity and by the cgroups that it
 * is in, of version 2 or 1 (cgroups(7)): those of containers, too.
 */
#ifndef BTFL_LIMITS_H
#define BTFL_LIMITS_H

#include <stdint.h>

/* How many processors it may keep busy, at least 1: those that it may run on, or less where the
 * quota of a cgroup is less; a part of one counts as one. */
unsigned limits_processors(void);

/* How many more bytes its cgroups let it have before something has to be killed; UINT64_MAX where
 * they do not say. What files are cached is not counted: the kernel takes that back. */
uint64_t limits_memory(void);

/* How many bytes of memory it has now, of which children that it forks share what nobody changes; 0
 * when nobody can tell. */
uint64_t limits_resident(void);

#endif
