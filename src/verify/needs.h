/*
 * needs: which numbers the verifier has needed to know so far, as it tells "precise" ones: to
 * decide a branch, to point somewhere, as a size. On the next turn of a loop that it cannot count,
 * it forgets all others (its widen_imprecise_scalars), which is how such loops come to an end.
 *
 * A need stands for a number at one place of one remembered state, or for what was computed of two
 * others. 0 is no need: of a constant, or of what came from outside.
 */
#ifndef BTFL_NEEDS_H
#define BTFL_NEEDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct need {
	uint32_t a, b; /* what it was computed of, 0 for none */
	bool met;
};

/* All zero to begin with. */
struct needs {
	bool on; /* the program has a loop that cannot be counted; else nobody asks */
	struct need *at;
	size_t count, cap;
	uint32_t *todo;
	size_t todo_cap;
};

/* A new one. Where there is no more room it is 0, which is never met: what is forgotten too soon is
 * explored. */
uint32_t needs_new(struct needs *x, uint32_t a, uint32_t b);
/* Of a number that was computed of two. */
uint32_t needs_join(struct needs *x, uint32_t a, uint32_t b);
/* The number was needed, and with it all that it was computed of. */
void needs_meet(struct needs *x, uint32_t need);
bool needs_met(const struct needs *x, uint32_t need);
void needs_free(struct needs *x);

#endif
