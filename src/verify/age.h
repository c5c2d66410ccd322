/*
 * age: how old a kernel is, as what differs by release asks of it. Each question is noted while
 * somebody listens (asked.h): kernels that are on the same sides of all that was asked are as old.
 */
#ifndef BTFL_AGE_H
#define BTFL_AGE_H

#include "core/target.h"

/*
 * What tells how old a kernel is; 0 where it is not known. Distributions bring the BPF of newer
 * releases into a kernel whose version stays. They all leave the last number of that version at 0,
 * and their enum bpf_func_id grows along: so the kernel is not newer than the release line that
 * ends with that helper, nor than the line of a version such as 5.10.223. It is never older than
 * its version. Read by age.c alone: what others read of it, nobody would hear.
 */
struct kernel_age {
	uint32_t version;     /* as LINUX_VERSION_CODE, whose last number stops at 255: 5.10.223 is
				 0x050adf */
	uint32_t last_helper; /* the highest number of its enum bpf_func_id */
};

/* A release line: 0x050a for 5.10. */
#define AGE_LINE(major, minor) ((uint32_t)(major) << 8 | (minor))

/* How old a kernel is that is known as that release; NULL for none. Nothing is asked as yet. */
struct kernel_age age_of(const struct target *t, const char *release);

/* Whether its version is known. */
bool age_is_known(struct kernel_age age);
/* Whether it is of that release line or a newer one, by its version; not where that is not known.
 */
bool age_since(struct kernel_age age, uint32_t line);
/* Whether its version is known and of an older line. */
bool age_before(struct kernel_age age, uint32_t line);
/* Whether it is surely not newer than that release line. */
bool age_up_to(struct kernel_age age, uint32_t line);
/* Whether it is newer than the newest release of helper_types.def. */
bool age_is_unseen(struct kernel_age age);
/* Whether its helpers end before that one. */
bool age_lacks(struct kernel_age age, uint32_t helper);

/* Notes what age_since() does of a line, and age_is_known(): of what is asked in another way. */
void age_note(uint32_t line);

#endif
