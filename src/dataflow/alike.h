/*
 * alike: whether program:reads() of one kernel are those of another, too. Walks go the same ways on
 * both where all is the same that they go by: what became of relocations, but not the numbers of
 * those that decide nothing, which most offsets are; externs; and what the verifier can tell. Of
 * the latter every gain only leaves ways out (releases.h): what is so by the rules of two kernels
 * is so by all that lie between, where no walk contradicts itself. `btfl arguments` of 357 objects
 * on 14 kernels takes half the time.
 *
 * What a kernel's verifier refuses of the loads is not among it: read.refused.
 */
#ifndef BTFL_ALIKE_H
#define BTFL_ALIKE_H

#include "base/digest.h"
#include "dataflow/reads.h"

struct alike;

/* Of a program of o, to which l refers. The caller frees it. */
int alike_new(const struct object *o, const struct references *l, uint32_t program,
	      struct alike **out, struct err *e);
void alike_free(struct alike *a); /* NULL is allowed */

/* What walks of the program go by on l's kernel, besides what the verifier can tell. False where it
 * cannot be told. */
bool alike_key(const struct alike *a, const struct loading *l, struct digest *out);

/* Lets keys have what these reads went by, from now on. Whether another kernel may have the same.
 */
bool alike_learn(struct alike *a, const struct reads *r);

/* The least and the most that verifiers can tell whose walks of the program may be compared with
 * those by `own`. */
void alike_bounds(const struct alike *a, const struct abilities *own, struct abilities *least,
		  struct abilities *most);

#endif
