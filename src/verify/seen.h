/*
 * seen: the states in which a walk was at an instruction before, from which all that follows is
 * walked already, or is still to be (state->open). Of one that is walked, numbers that nothing has
 * needed are forgotten, as verifiers do: any other would have led the same ways.
 */
#ifndef BTFL_SEEN_H
#define BTFL_SEEN_H

#include "verify/needs.h"
#include "verify/state.h"

/* States at one instruction, all zero to begin with. */
struct seen {
	struct state **states; /* owned */
	struct seen_mark *marks;
	size_t count, cap, mark_cap;
	bool checkpoint; /* states are kept here at all */
	bool always;     /* all of them are */
};

/* Whether a state that none covers is to be kept. */
enum keeping { KEEP_NOT, KEEP_OUTSIDE_LOOPS, KEEP };

/* A state that covers s, looked for among the newest that may; NULL for none. live has one entry a
 * frame, and context is as for state_covers(). *keeping becomes KEEP_NOT in a loop, where states
 * of every turn are of little use. */
struct state *seen_find(struct seen *x, const struct state *s, const struct liveness *live,
			bool context, const struct needs *needs, enum keeping *keeping,
			size_t *kept);
/* Keeps a copy of s, open, and gives up the oldest where there are many. Adds to *kept what that
 * costs in bytes. NULL when memory is out; what is given lives as long as x keeps it. */
struct state *seen_keep(struct seen *x, const struct state *s, const struct liveness *live,
			size_t *kept);
/* Gives up all states, not the room for them. */
void seen_forget(struct seen *x);
void seen_free(struct seen *x);

#endif
