/*
 * dated: what a walk asks of the kernel's version, for who listens (asked.h). Most programs ask on
 * which side of a release it is, which all kernels of that side answer alike. So a register that
 * holds the version, or what arithmetic with constants has made of it, has a date, and what is
 * asked is how that compares with a number. Where the version may decide anything else, the whole
 * of it is asked for.
 */
#ifndef BTFL_DATED_H
#define BTFL_DATED_H

#include "base/digest.h"
#include "core/target.h"

/* How a number was made, of the one with the date `of`. */
struct date {
	uint32_t of; /* 0 for the version itself, to which nothing was done */
	uint8_t op;
	bool wide, is_signed; /* as scalar_alu() takes them */
	int32_t with;
};

/* All zero to begin with. Date n is list[n - 1]. */
struct dates {
	struct date *list;
	size_t count, cap;
};

/* Whether that is the text of an ASKED_COMPARED question. */
bool dated_is_question(const char *text, size_t len);
/* What a kernel answers to it: how its version compares. */
void dated_answer(const struct target *t, const char *text, struct digester *out);

#endif
