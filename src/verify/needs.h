/*
 * needs: which numbers the verifier has needed to know so far, as it tells "precise" ones: to
 * decide a branch, to point somewhere, as a size. Where it comes to an instruction again it does
 * not compare the others (seen.h); on the next turn of a loop that it cannot count, it forgets them
 * (its widen_imprecise_scalars), which is how such loops come to an end.
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
	bool full; /* some could not be made: nobody can tell what was needed */
	struct need *at;
	size_t count, cap;
	uint32_t *todo;
	size_t todo_cap;
};

/* A new one. Where there is no more room it is 0, which is never met: what is forgotten too soon in
 * a loop is explored. */
uint32_t needs_new(struct needs *x, uint32_t a, uint32_t b);
/* Of a number that was computed of two. */
uint32_t needs_join(struct needs *x, uint32_t a, uint32_t b);
/* Whatever `old`, which is none of needs_join(), is needed for, now or later, `now` is. */
void needs_follow(struct needs *x, uint32_t old, uint32_t now);
/* The number was needed, and with it all that it was computed of. */
void needs_meet(struct needs *x, uint32_t need);
bool needs_met(const struct needs *x, uint32_t need);
/* Whether a number may be any other for all that was needed of it. */
bool needs_none(const struct needs *x, uint32_t need);
/* Gives up all of them. */
void needs_forget(struct needs *x);
void needs_free(struct needs *x);

#endif
