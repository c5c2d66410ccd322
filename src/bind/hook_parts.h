/*
 * hook_parts: what the hooks' files share: the run, how a question is pushed and an answer is
 * checked. Each hook has three functions: ask pushes HOOK_ARGS arguments; own pushes the engine's
 * answer and a note for the arguments above stack index `run`; take reads an answer into the run,
 * and raises when it is none that the hook may give.
 */
#ifndef BTFL_HOOK_PARTS_H
#define BTFL_HOOK_PARTS_H

#include "bind/policy.h"

/* What every hook is asked: its arguments without default; and what it returns: an answer, the code
 * of a reason or nil, a note or nil. */
enum { HOOK_ARGS = 2, HOOK_RESULTS = 3 };

/* A run, in a userdata. The fields from q on are of the question that is being asked. */
struct run {
	lua_State *L;
	int index; /* of the userdata, in the frame of who resolves */
	const struct policy_box *policy;
	struct owner *object, *target;
	struct owner *kept[2]; /* behind RUN_OBJECT_BTF and RUN_TARGET_BTF; NULL: not yet used */
	struct run *outer;     /* the run whose hook started this one; NULL for none */
	bool whole;            /* it resolves all relocations, not one against one candidate */
	struct err *e;
	const struct question *q; /* NULL when no hook runs: `default` raises then */
	enum hook hook;
	int level;         /* of the function that runs, from 1; 0 before the first; for errors */
	int decider;       /* the level whose answer it is; 0: none, but the engine's */
	uint32_t decision; /* where that stands in the relocation's list in RUN_RULES; 0 likewise */
	bool taking;       /* an answer is being read: an error is of `decider` */

	const void *arg[HOOK_ARGS]; /* what was asked, on Lua's stack */
	bool same;                  /* default is asked just that */

	struct btf_type of, in; /* member */
	uint32_t element;       /* of `of` */
	bool enumerator;
	struct member_path *path;           /* answer; or */
	uint32_t *found;                    /* answer, for an enumerator */
	struct member_path usual;           /* what default found last, empty for nothing ... */
	struct btf_type usual_in, usual_of; /* ... in the first, as a member of the second */
	const void *usual_handle; /* that member, while `default` keeps it; NULL for none */

	enum compat what; /* compatible */
	struct type_pair pair;

	const struct spec *spec; /* value */
	struct relo_value *value;

	const struct option *options; /* choose */
	size_t option_count;
	int chosen;

	enum reason why; /* missing: asked, then the answer's; REASON_NONE for success */
	uint64_t *missing_value;
	int missing;

	struct candidates *candidates;

	const struct patch *patch;
	const uint8_t *insn;
	uint32_t room;
	uint8_t *after;
	int patched;
};

/* User values of a run. The two BTFs, nil until they are used, are the object's and vmlinux. */
enum {
	RUN_OBJECT = 1,
	RUN_TARGET,
	RUN_LEVELS,
	RUN_RULES,
	RUN_DEFAULTS,
	RUN_OBJECT_BTF,
	RUN_TARGET_BTF,
	RUN_OBJECT_CACHE, /* of handles, of the two BTFs */
	RUN_TARGET_CACHE,
	RUN_FUNCTIONS, /* by hook from 1: the first function; below 0: names of rules */
	RUN_VALUES = RUN_FUNCTIONS
};

/* Pushes the userdata of the BTF b of the run's object or target. */
void push_run_btf(lua_State *L, struct run *r, int run, const struct btf *b);

/* Pushes a type (index 0) or an element of one; t->btf stores it, so its handles are there. */
void push_run_element(lua_State *L, struct run *r, int run, const struct class *c,
		      const struct btf_type *t, uint32_t index);
/* Pushes a type of the run's object or target; the relocation at hand. */
void push_run_type(lua_State *L, struct run *r, int run, const struct btf *b, uint32_t id);
void push_run_relo(lua_State *L, const struct run *r, int run);

/* Both raise: the value at that index is none that the hook that runs may return, or that its
 * default takes. */
int bad_answer(lua_State *L, const struct run *r, int answer);
int bad_argument(lua_State *L, int idx, const char *expected);

/* Whether the value at idx is that string. */
bool is_word(lua_State *L, int idx, const char *word);
/* Whether it is nil with "poison" in place of a reason, of a value hook. */
bool is_poison(lua_State *L, enum hook hook, int answer);

/* The reason whose code stands at idx; REASON_NONE when none does. */
enum reason find_reason(lua_State *L, int idx);
/* The reason code that follows the answer; raises when there is none. */
enum reason check_reason(lua_State *L, int answer);
/* Why a hook said no: the reason code that follows its answer, else `given` (what default said),
 * else `usual`. */
enum reason refusal(lua_State *L, int answer, enum reason given, enum reason usual);

/* Whether b is vmlinux or a module of the target (or a base of one). */
bool is_target_btf(const struct target *t, const struct btf *b);

/* The type of the target, or of the object, at idx; raises when it is of another BTF. */
struct btf_type check_target_type(lua_State *L, const struct run *r, int idx);
struct btf_type check_local_type(lua_State *L, const struct run *r, int idx);
/* Raises unless the relocation at idx is the one at hand. */
void check_own_relo(lua_State *L, const struct run *r, int idx);

/* hook_member.c */
void ask_member(lua_State *L, struct run *r, int run);
void own_member(lua_State *L, struct run *r, int run);
void take_member(lua_State *L, struct run *r, int run, int answer);

/* hook_patch.c */
void ask_patch(lua_State *L, struct run *r, int run);
void own_patch(lua_State *L, struct run *r, int run);
void take_patch(lua_State *L, struct run *r, int run, int answer);
/* Reads the change table of a patch hook at idx, where fields of a wrong type are 0. */
void read_change(lua_State *L, int idx, struct patch *p);

#endif
