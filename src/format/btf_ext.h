/*
 * btf_ext: the three tables of .BTF.ext, each a list of records grouped by ELF section.
 */
#ifndef BTFL_BTF_EXT_H
#define BTFL_BTF_EXT_H

#include "format/btf.h"

enum btf_ext_table { EXT_FUNC_INFO, EXT_LINE_INFO, EXT_CORE_RELO };

/* The records of one section. */
struct btf_ext_group {
	const char *section;
	const uint8_t *records;
	uint32_t count;
	uint32_t size; /* bytes of a record, no less than the format's (semantics 27) */
};

/* Finds a table: *at and *len in bytes of ext, a length of 0 where there is none. Fails where it
 * reaches past the end, or ext has no sound header. */
int btf_ext_locate(const struct span *ext, enum btf_ext_table table, uint64_t *at, uint64_t *len,
		   struct err *e);

/* Reads the groups of one table of ext, whose strings are b's; *out is freed with free(). ext->swap
 * must be that of the object. Fails on any length or offset out of range. */
int btf_ext_groups(const struct span *ext, const struct btf *b, enum btf_ext_table table,
		   struct btf_ext_group **out, size_t *count, struct err *e);

/* Whether off is the offset of a string of b or its base. */
bool btf_has_string(const struct btf *b, uint32_t off);

#endif
