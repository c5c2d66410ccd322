/*
 * target: a kernel to relocate against: the BTF of vmlinux, and of modules over it.
 */
#ifndef BTFL_TARGET_H
#define BTFL_TARGET_H

#include "format/btf.h"

/* The path of the running kernel's BTF. */
#define TARGET_RUNNING "/sys/kernel/btf/vmlinux"

struct target {
	const char *path;    /* as given; TARGET_RUNNING for the running kernel */
	const char *name;    /* release and flavour: the file's name without directory and suffix */
	const char *release; /* the first N.N.N of name, uname's for the running kernel; NULL */
	struct btf **btf;    /* [0] is vmlinux, then modules in alphabetical order */
	char **module;       /* their names; [0] is "vmlinux" */
	size_t count;        /* of btf and module */
	struct err *skipped; /* modules whose BTF could not be read */
	size_t skipped_count;
};

/*
 * Opens the kernel whose BTF is at path; NULL is the running one. Beside a file of the name
 * `vmlinux` (as in /sys/kernel/btf) the other files of its folder are the loaded modules' BTF; a
 * path that is a folder stands for the vmlinux in it. modules lists further module files or folders
 * of them. A module that cannot be read is recorded in skipped; it does not stop the others
 * (semantics 25).
 */
int target_open(const char *path, const char *const *modules, size_t module_count,
		struct target **out, struct err *e);

/* A target of a BTF that is open already, which is referenced: its base, if any, becomes [0]. */
int target_of(struct btf *b, struct target **out, struct err *e);

void target_free(struct target *t); /* NULL is allowed */

#endif
