/*
 * answer: what a kernel answers to a question of asked.h, as a digest: two kernels that give the
 * same have the same there, under whatever ids.
 */
#ifndef BTFL_ANSWER_H
#define BTFL_ANSWER_H

#include "core/target.h"
#include "format/asked.h"

/* What everybody may ask without being heard: byte order, size of pointers, architecture, modules.
 */
struct digest answer_base(const struct target *t);

/* False for what is nested too deep to be told. */
bool answer_to(const struct target *t, const struct asked_what *q, struct digest *out);

#endif
