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

/* What every hook is asked: its arguments without default. */
enum { HOOK_ARGS = 2 };

/* "candidates" …, as in the table that makes a policy. */
extern const char *const hook_names[HOOK_COUNT + 1];

/* The userdata of a policy. Its first user value is the list of its levels, most derived first:
 * tables of hook functions and a name. */
struct policy_box {
	const char *name;
	int levels;
	int first[HOOK_COUNT]; /* the first level that has the hook, from 1 */
	int last[HOOK_COUNT];  /* the last level that has the hook, from 1; 0 for none */
};

enum { POLICY_LEVELS = 1 };

extern const struct class policy_class, default_class, run_class, candidates_class;

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
	int level;  /* of the function that runs, from 1; 0 before the first; for errors */
	bool noted; /* this question's rule stands in RUN_RULES */

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

/* Pushes a run of the policy at stack index `policy`, and fills p for the engine; p is valid while
 * the caller's frame is. rules, an empty table, receives by relocation what the policy decided. */
struct run *push_run(lua_State *L, int policy, int object, int target, int rules, struct policy *p);

/* Marks the run as the one at work, so that its object and target cannot be closed and its hooks
 * cannot ask for what it decides. Raises when they do. */
void start_run(lua_State *L, struct run *r, bool one);
void end_run(lua_State *L, struct run *r); /* raises nothing */

/* Pushes what the hook that runs is asked: HOOK_ARGS values. */
void push_question(lua_State *L, struct run *r, int run);

/* Calls the function that the levels from `level` on have for the hook, with the HOOK_ARGS
 * arguments at the top of the stack; its answer and note are then at the top. False when none has.
 * run is the index of the run's userdata. */
bool call_level(lua_State *L, struct run *r, int run, int level);

/* The reason code that follows an answer of nil or false; REASON_NONE for none. */
enum reason refused_for(lua_State *L, int answer);

/* Pushes the engine's own answer and a note for the arguments above stack index `run`. */
void push_default_answer(lua_State *L, struct run *r, int run);

/* Reads the change table of a patch hook at idx, where fields of a wrong type are 0. */
void read_change(lua_State *L, int idx, struct patch *p);

/* Pushes the `default` that asks the levels from `level` on; args is the index of the first of the
 * arguments that its hook is called with. */
void push_default(lua_State *L, struct run *r, int run, int level, int args);
/* Whether the `default` at idx gave, asked what its hook was, the value at stack index `answer`. */
bool default_answered(lua_State *L, int idx, int answer);

/* Reads the answer at stack index `answer` (and the note that follows it) into the run. Raises when
 * it is none that the hook may give. */
void take_answer(lua_State *L, struct run *r, int run, int answer);

/* Pushes the userdata of the BTF b of the run's object or target. */
void push_run_btf(lua_State *L, struct run *r, int run, const struct btf *b);

/* Pushes the policy of the options table at that index (nil or absent for none given), else the
 * default that core.default_policy() set; nil for libbpf's rules. */
void push_policy(lua_State *L, int options);
/* The same for an argument that may have no other option. */
void push_policy_option(lua_State *L, int arg);

int core_policy(lua_State *L);
int core_default_policy(lua_State *L);

#endif
