/*
 * hooks: a policy at work: one run of it over the relocations of an object on a target.
 *
 * The engine calls a hook; the hook calls the function of the most derived policy that has it, in
 * protected mode, and hands it `default`, which calls the next policy's function and at last the
 * engine's own. The answer is checked before the engine sees it.
 */
#ifndef BTFL_HOOKS_H
#define BTFL_HOOKS_H

#include "bind/classes.h"

enum hook {
	HOOK_CANDIDATES,
	HOOK_MEMBER,
	HOOK_COMPATIBLE,
	HOOK_VALUE,
	HOOK_CHOOSE,
	HOOK_MISSING,
	HOOK_PATCH,
	HOOK_COUNT
};

/* "candidates" …, as in the table that makes a policy. */
extern const char *const hook_names[HOOK_COUNT + 1];

/* The userdata of a policy. Its first user value is the list of its levels, most derived first:
 * tables of hook functions and a name. */
struct policy_box {
	const char *name;
	int levels;
	bool has[HOOK_COUNT]; /* by some level */
};

enum { POLICY_LEVELS = 1 };

extern const struct class policy_class, default_class, run_class;

/* A run, in a userdata. The fields from q on are of the question that is being asked. */
struct run {
	lua_State *L;
	int index; /* of the userdata, in the frame of who resolves */
	const struct policy_box *policy;
	struct err *e;
	const struct question *q; /* NULL when no hook runs: `default` raises then */
	enum hook hook;
	int level; /* of the function that was called last, from 1; for errors */

	struct btf_type of, in; /* member */
	uint32_t element;       /* of `of` */
	bool enumerator;
	struct member_path *path; /* answer; or */
	uint32_t *found;          /* answer, for an enumerator */
	struct member_path usual; /* what default found ... */
	struct btf_type usual_in; /* ... in this struct */

	enum compat what; /* compatible */
	struct type_pair pair;

	const struct spec *spec; /* value */
	struct relo_value *value;

	const struct option *options; /* choose */
	size_t option_count;
	int chosen;

	enum reason why; /* missing: asked; others: the answer's, REASON_NONE for success */
	uint64_t *missing_value;
	int missing;

	struct candidates *candidates;

	const struct patch *patch;
	const uint8_t *insn;
	uint32_t room;
	uint8_t *after;
	int patched;
};

/* User values of a run. */
enum { RUN_OBJECT = 1, RUN_TARGET, RUN_LEVELS, RUN_RULES, RUN_DEFAULTS, RUN_VALUES = RUN_DEFAULTS };

/* Pushes a run of the policy at stack index `policy`, and fills p for the engine; p is valid while
 * the caller's frame is. rules, an empty table, receives by relocation what the policy decided. */
struct run *push_run(lua_State *L, int policy, int object, int target, int rules, struct policy *p);

/* Pushes what the hook that runs is asked, as its function's arguments; returns how many. */
int push_question(lua_State *L, struct run *r, int run);

/* Calls the function that the levels from `level` on have for the hook, with the nargs arguments at
 * the top of the stack; its answer and note are pushed above them. False when none has. run is the
 * index of the run's userdata. */
bool call_level(lua_State *L, struct run *r, int run, int level, int nargs);

/* Pushes the engine's own answer and a note for the arguments above stack index `run`. */
void push_default_answer(lua_State *L, struct run *r, int run);

/* Pushes the `default` that asks the levels from `level` on. */
void push_default(lua_State *L, struct run *r, int run, int level);
/* Whether the `default` at idx gave, when it was last called, the value at stack index `answer`. */
bool default_answered(lua_State *L, int idx, int answer);

/* Reads the answer at stack index `answer` (and the note that follows it) into the run. Raises when
 * it is none that the hook may give. */
void take_answer(lua_State *L, struct run *r, int run, int answer);

/* Pushes the userdata of the BTF b of the run's object or target. */
void push_run_btf(lua_State *L, const struct run *r, int run, const struct btf *b);

/* The policy of an options table at arg: pushes it, nil for libbpf. Without one it is the default
 * that core.default_policy() set. */
void push_policy_option(lua_State *L, int arg);

int core_policy(lua_State *L);
int core_default_policy(lua_State *L);

#endif
