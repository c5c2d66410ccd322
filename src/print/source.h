/*
 * source: types of a BTF as a file that a C compiler takes: each is defined before it is needed,
 * and once. A vmlinux.h is that of a whole kernel.
 */
#ifndef BTFL_SOURCE_H
#define BTFL_SOURCE_H

#include "base/out.h"
#include "format/btf.h"

struct source_options {
	/* Of these types, and of what they need; NULL for all that b stores (not its base, but what
	 * they need of it). Functions and variables are declared when they are named here; of a
	 * whole BTF, with `header`. */
	const uint32_t *ids;
	size_t id_count;
	/* What BPF programs include: guards, preserve_access_index, kernel functions that they may
	 * call as __ksym, and other functions behind #ifdef VMLINUX_FUNCTIONS, for their names are
	 * those that programs attach to, and have. */
	bool header;
};

/* Writes it. Fails when memory is out, when the sink of out has failed (with an error of its own to
 * tell), and where types that have no name are nested in one another beyond what ctext writes, or a
 * file can hold.
 */
int source_write(const struct btf *b, const struct source_options *options, struct out *out,
		 struct err *e);

#endif
