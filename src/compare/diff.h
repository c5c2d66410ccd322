/*
 * diff: which types and functions of a kernel another one lacks, has anew, or has otherwise.
 */
#ifndef BTFL_DIFF_H
#define BTFL_DIFF_H

#include "compare/changes.h"

enum diff_what { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED };

struct diff_row {
	enum diff_what what;
	uint8_t
	    kind; /* enum btf_kind: STRUCT UNION ENUM TYPEDEF FUNC VAR; ENUM for an enum64 too */
	const char *name;
	uint32_t old, new; /* ids; 0 for none */
};

struct diff;

/* Starts the comparison of what two BTFs store themselves, without their bases; both must stay
 * open. NULL with e set when memory is out. */
struct diff *diff_new(const struct btf *old, const struct btf *new, struct err *e);
void diff_free(struct diff *d); /* NULL is allowed */

/* How many names of that kind (as of a row) the old BTF has. */
size_t diff_count(const struct diff *d, unsigned kind);

/* The next name that differs, in the order of the old BTF, then those that were added: 1; 0 at the
 * end; -1 with e set. Types are compared as changes_of() does by default. Of several of one kind
 * and name each may be that of any other; when those of either BTF are all in the other, nothing
 * has changed. */
int diff_next(struct diff *d, struct diff_row *row, struct err *e);

#endif
