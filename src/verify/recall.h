/*
 * recall: what was found on one kernel is found on another that answers alike all that was asked
 * for it. Answers are digests, by definition and not by id, and each is given once for a kernel: so
 * what is asked by many costs what it costs once.
 */
#ifndef BTFL_RECALL_H
#define BTFL_RECALL_H

#include "core/resolution.h"
#include "format/asked.h"

/* What kernels are asked, one after another. */
struct recall {
	struct questions *questions; /* all that anybody asked of any of them */
	const struct target *target; /* that of now; NULL for none */
};

/* The caller frees it. */
int recall_new(struct recall **out, struct err *e);
void recall_free(struct recall *r); /* NULL is allowed */

/* From now on it is about t, which must stay open while it is. `more` is what the caller knows of
 * it besides, which whoever asks goes by, too. Returns its number. */
uint32_t recall_meet(struct recall *r, const struct target *t, uint64_t more);

/* An object was relocated on the kernel of now: what came of it but for the numbers, and what these
 * are of. All of it is kept until another is. Returns 0; 1 when that cannot be told, and -1 when
 * memory was out. */
int recall_relocated(struct recall *r, const struct resolution *of, struct digest *out,
		     struct err *e);

/* What it answers to these questions, by number in r's list; to those about what relocations
 * became only where the object is the one that was `relocated` last. Returns 0; 1 when one of them
 * cannot be answered, and -1 when memory was out. */
int recall_answers(struct recall *r, bool relocated, const uint32_t *list, size_t count,
		   struct digest *out, struct err *e);

/* Whether it answers to these questions, none of which is about what relocations became, as kernel
 * number `since` did, which has answered all of them. Returns -1 when memory was out. */
int recall_unchanged(struct recall *r, uint32_t since, const uint32_t *list, size_t count,
		     struct err *e);

/* Of the object that was relocated last, and what was asked besides: whether anything that was
 * found depends on which ids types have that relocations put into its instructions. */
bool recall_goes_by_ids(struct recall *r, const uint32_t *besides, size_t count);

/* Whether a question that stood in a file is one that a kernel can be asked. */
bool recall_can_ask(const struct asked_what *q);

#endif
