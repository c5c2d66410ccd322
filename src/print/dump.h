/*
 * dump: types as they are stored, in the two forms in which bpftool shows them, byte for byte.
 */
#ifndef BTFL_DUMP_H
#define BTFL_DUMP_H

#include "base/out.h"
#include "format/btf.h"

enum dump_form { DUMP_RAW, DUMP_JSON };

/* Writes the types of these ids; NULL for all that b stores. False when the sink of out failed. */
bool dump_write(const struct btf *b, enum dump_form form, const uint32_t *ids, size_t id_count,
		struct out *out);

#endif
