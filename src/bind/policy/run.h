/*
 * run: a policy at work: one run of it over the relocations of an object on a target.
 *
 * The engine asks; the run calls the function of the most derived tier that has the hook, in
 * protected mode, and hands it `default`, which calls the next tier's and at last the engine. What
 * a tier has decided is checked before the engine sees it.
 */
#ifndef BTFL_RUN_H
#define BTFL_RUN_H

#include "bind/policy/hook.h"
#include "bind/policy/policy.h"
#include "core/resolution.h"

/* A run, in a userdata. */
struct run {
	lua_State *L;
	int index; /* of the userdata, in the frame of who resolves */
	const struct policy_box *policy;
	struct owner *object, *target;
	struct run *outer;     /* the run whose hook started this one; NULL for none */
	bool whole;            /* it resolves all relocations, not one against one candidate */
	const struct met *met; /* by relocation; NULL where that is not known */

	struct asked *asked; /* the question at hand; NULL for none: `default` raises then */
	enum hook hook;
	uint64_t number;        /* of the question, from 1 */
	union any_asked *usual; /* what the engine last answered to just that */
	int tier;               /* whose function runs, from 1; 0 before the first; for errors */
	int decider;            /* the tier whose answer it is; 0: none, but the engine's */
	uint32_t
	    decision; /* where that stands in the relocation's list of RUN_DECISIONS; 0 likewise */
	bool taking;  /* an answer is being read: an error is of `decider` */
};

/* Pushes a run of the policy at stack index `policy`, of one relocation or of all, and fills p for
 * the engine; p is valid until end_run(). decisions, an empty table, receives by relocation what
 * the policy decided. Until the end its object and target cannot be closed. Raises when a hook of a
 * run asks for what that run decides. */
struct run *start_run(lua_State *L, int policy, int object, int target, int decisions, bool one,
		      struct policy *p);
void end_run(lua_State *L, struct run *r); /* raises nothing */

/* Has the run, which is of all relocations, take over what libbpf's rules made of the pair where no
 * function of its policy would have been asked: `met` is by relocation. Both outlive the run. */
void run_knows(struct run *r, struct policy *p, const struct resolution *usual,
	       const struct met *met);

/* Libbpf's rules, for an engine that notes in met, by relocation, what its questions are like. */
struct policy watching(struct met *met);

#endif
