/*
 * match: whether a candidate of the target has what a relocation accesses, and where.
 */
#ifndef BTFL_MATCH_H
#define BTFL_MATCH_H

#include "core/policy.h"

/* What became of one candidate. */
struct attempt {
	struct candidate candidate;
	enum reason reason; /* REASON_NONE: it matched */
	uint32_t step;      /* index into the local accessor's steps at which it failed */
	uint32_t local_id;  /* the two types that were held against each other there: structs for */
	uint32_t target_id; /* no-field, the members' types for incompatible, else the roots */
	uint32_t decision;  /* of the policy, whose reason it is; 0: the engine's own */
	const struct accessor *accessor; /* of the access in it, as far as it was found */
};

enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_ERROR /* refuses the relocation */,
	MATCH_FAIL /* e is set */
};

/* Appends to path what leads from the struct `in` to the member of that name, of it or of an
 * anonymous one in it: REASON_NONE, or why there is none. */
enum reason find_member(const struct btf_type *in, const char *name, struct member_path *path);

/* Holds one candidate against q->local. Fills a always and out->accessor when the answer is
 * MATCH_YES. p may be NULL. */
enum match match_candidate(const struct question *q, const struct policy *p, struct candidate c,
			   struct accessor_room *out, struct attempt *a, struct err *e);

#endif
