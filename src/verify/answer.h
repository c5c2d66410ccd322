/*
 * answer: what a kernel answers to a question of asked.h, as a digest: two kernels that give the
 * same have the same there, under whatever ids.
 */
#ifndef BTFL_ANSWER_H
#define BTFL_ANSWER_H

#include "core/resolution.h"
#include "format/asked.h"

/* What everybody may ask without being heard: byte order, size of pointers, modules. */
struct digest answer_base(const struct target *t);

/* False for what is nested too deep to be told. */
bool answer_to(const struct target *t, const struct asked_what *q, struct digest *out);

/* What a relocation has become: */
struct became {
	/* All of it; of the kernel's types what can be read of them by it without being heard: of
	 * those with a name which they are, of others what they hold. */
	struct digest result;
	struct digest patch; /* what it put into its instruction */
	int32_t number;      /* the offset there, of what loads and stores, else the immediate */
	bool has_id;         /* its number is the id of a type */
};

/* What it answers to an ASKED_LANDS question where the relocation put that number into the
 * instruction. */
bool answer_landing(const struct target *t, const struct asked_what *q, int64_t moved,
		    struct digest *out);

/* What relocations have become, but for their numbers and what these are of; and in `each` what
 * each of them has. *by_id is whether under other ids one could have become something else than
 * that with another number. False as above. */
bool answer_relocated(const struct resolution *r, struct digest *out, struct became *each,
		      bool *by_id);

#endif
