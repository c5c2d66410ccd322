/*
 * target: a kernel to relocate against: the BTF of vmlinux, and of modules over it.
 */
#ifndef BTFL_TARGET_H
#define BTFL_TARGET_H

#include "base/digest.h"
#include "core/kconfig.h"
#include "core/symbols.h"
#include "format/btf.h"

/* The path of the running kernel's BTF. */
#define TARGET_RUNNING "/sys/kernel/btf/vmlinux"

struct target {
	const char *path;    /* as given; TARGET_RUNNING for the running kernel */
	const char *name;    /* as given, else what target_stem() makes of the path */
	const char *release; /* as given, else what the file says, or uname; else the first N.N.N of
				name or the N.N it begins with; NULL */
	const char *version; /* "5.10.223", as LINUX_KERNEL_VERSION tells; NULL when nobody knows */
	bool unread;      /* libbpf finds no version in what the kernel says of itself, for sure */
	const char *arch; /* arch.h: of its registers, else as given; NULL */
	const char *distro;  /* as given, else what the file says; NULL */
	const char *flavour; /* as given; NULL */
	struct btf **btf;    /* [0] is vmlinux, then modules in alphabetical order */
	char **module;       /* their names; [0] is "vmlinux" */
	size_t count;        /* of btf and module */
	struct err *skipped; /* modules whose BTF could not be read */
	size_t skipped_count;
};

/* What is known of a kernel besides its BTF. NULL for what is not. */
struct target_facts {
	const char *name;
	const char *arch; /* a word of arch.h */
	const char *distro, *flavour;
	const char *release;     /* that kernel_version_code() can read */
	const char *version;     /* in which kernel_version_in() finds one */
	struct kconfig *kconfig; /* which is referenced, and so are */
	struct symbols *symbols;
};

/*
 * Opens the kernel whose BTF is at path; NULL is the running one. Beside a file of the name
 * `vmlinux` (as in /sys/kernel/btf) the other files of its folder are the loaded modules' BTF; a
 * path that is a folder stands for the vmlinux in it. modules lists further module files or folders
 * of them. A module that cannot be read is recorded in skipped; it does not stop the others
 * (semantics 25). facts may be NULL. The version is what they say, or their configuration; else the
 * running kernel tells its own, and a vmlinux or an image; of any other it is the release, unless
 * that hides it.
 */
int target_open(const char *path, const char *const *modules, size_t module_count,
		const struct target_facts *facts, struct target **out, struct err *e);

/* A target of a BTF that is open already, which is referenced: its base, if any, becomes [0]. */
int target_of(struct btf *b, const struct target_facts *facts, struct target **out, struct err *e);

/* The same kernel, of which facts tell more: what they do not tell is as t has it. t must outlive
 * it.
 */
int target_with(const struct target *t, const struct target_facts *facts, struct target **out,
		struct err *e);

void target_free(struct target *t); /* NULL is allowed */

/* Of a kernel's file "boot/vmlinuz-6.1.0.xz" the part that tells it from others, *len bytes of
 * "6.1.0": the name of the file, also in FILE!MEMBER, without the suffixes of BTF and what packs
 * it, and without `vmlinuz-`. What is just called vmlinux is named after its folder. */
const char *target_stem(const char *path, size_t *len);

/* Its field of that name; who listens hears that it was asked (asked.h). */
const char *target_arch(const struct target *t);

/* What its verifier is told by: the version, else the release; NULL for neither. */
const char *target_known_as(const struct target *t);

/* Its configuration and its symbols: those that were given. The running kernel's own are read when
 * they are first asked for, which of its symbols takes 20 ms or more. NULL when there are none, or
 * none that can be read. From any thread. */
const struct kconfig *target_kconfig(const struct target *t);
const struct symbols *target_symbols(const struct target *t);

/* Of all that answers may depend on: the BTF of vmlinux and modules, release, version,
 * architecture, configuration and symbols; not of the path and the name. Reads what
 * target_symbols() reads. */
struct digest target_digest(const struct target *t);

#endif
