/*
 * subset: the part of a kernel's BTF that the relocations of some objects need, as a BTF of its
 * own: what a tool ships for kernels that have none (bpftool calls it min_core_btf). Against it
 * every relocation gets the value that it gets against the whole, but for type ids, which are its
 * own, or fails for the same reason.
 */
#ifndef BTFL_SUBSET_H
#define BTFL_SUBSET_H

#include "base/buf.h"
#include "core/resolution.h"

/* An addition that fails for what it met leaves the subset broken: whatever follows fails, too. A
 * name or a type that is not there does not. */
struct subset;

/* An empty subset of t, which must outlive its use. NULL when memory is out. */
struct subset *subset_new(const struct target *t);
void subset_free(struct subset *s); /* NULL is allowed; the target may be gone */

/* Adds what the relocations of r, a resolution against the same target, need. By rules other than
 * libbpf's that is what they found; what a hook looked at besides is its own business. */
int subset_add(struct subset *s, const struct resolution *r, struct err *e);

/* Adds a type of the target and what it is made of. */
int subset_add_type(struct subset *s, const struct btf_type *t, struct err *e);

/* Adds what a path names, "task_struct.se.vruntime" or "task_struct.comm[3]", as an access to it
 * does, or a whole type, "task_struct". Types of vmlinux come before those of modules. */
int subset_add_path(struct subset *s, const char *path, struct err *e);

/* Appends the BTF to out, in the target's byte order; *types is how many it has. */
int subset_write(struct subset *s, struct buf *out, uint32_t *types, struct err *e);

#endif
