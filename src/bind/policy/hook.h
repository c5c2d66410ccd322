/*
 * hook: how a question of the engine (core/policy.h) is put to a policy in Lua; one file a hook.
 *
 * A hook is four functions: ask pushes the question and read reads it back, as `default` is given
 * it; tell pushes the engine's answer and take reads that of a policy. All run where the run is the
 * value at stack index AT_RUN and what is asked stands at AT_ARG.
 */
#ifndef BTFL_HOOK_H
#define BTFL_HOOK_H

#include "bind/classes.h"
#include "core/policy.h"

/* Arguments of a policy's function, without default; and what it returns: an answer, the code of a
 * reason or nil, a note or nil. */
enum { HOOK_ARGS = 2, HOOK_RESULTS = 3 };

enum { AT_RUN = 1, AT_ARG };

struct lua_hook {
	const char *name;    /* of the functions, in the table that makes a policy */
	const char *answers; /* "a list of types": what they may return */
	/* Pushes HOOK_ARGS values. */
	void (*ask)(lua_State *L, const struct asked *a);
	/* Reads them into a, or raises when the engine has no answer for them. */
	void (*read)(lua_State *L, struct asked *a);
	/* Pushes the answer in a. */
	void (*tell)(lua_State *L, const struct asked *a);
	/* Reads into a the answer at that index, which the code of a reason and a note follow (nil
	 * for none); a->reason is what default said. Raises when it is none that may be given. */
	void (*take)(lua_State *L, struct asked *a, int answer);
	/* Whether that answer refuses, so that the code of a reason may follow it. */
	bool (*refuses)(lua_State *L, int answer);
	const char *instead; /* a word that nil may have in place of a reason; NULL for none */
	bool lists;          /* the answer is a list, which a function may go on to change */
	bool has_reason;     /* asked with one, default.reason; what default answers has none */
	/* Where a function may change what it is asked: pushes all of that as one value that can
	 * be compared. NULL where it may not. */
	void (*plan)(lua_State *L);
};

/* By number, and the sizes of their structs. */
extern const struct lua_hook *const hooks[HOOK_COUNT];
extern const size_t hook_size[HOOK_COUNT];
/* How much of it is written for a `default` that is asked something else. */
size_t hook_shared(enum hook h);

#define DECLARE_HOOK(X, x) extern const struct lua_hook x##_hook;
HOOKS(DECLARE_HOOK)

#define ASKED_MEMBER(X, x) struct x##_asked x;
union any_asked {
	struct asked asked;
	HOOKS(ASKED_MEMBER)
};

/* User values of a run. The two BTFs, of the object and of vmlinux, are what most questions are of.
 */
enum {
	RUN_OBJECT = 1,
	RUN_TARGET,
	RUN_BTF,
	RUN_VMLINUX,
	RUN_TIERS,
	RUN_DECISIONS,
	RUN_VALUES = RUN_DECISIONS
};

/* Each pushes what the question at hand speaks of: its relocation, its target, a BTF of either
 * side, a type of one, a type (index 0) or element that t->btf stores. */
void push_asked_relo(lua_State *L, const struct asked *a);
void push_asked_target(lua_State *L);
void push_asked_btf(lua_State *L, const struct asked *a, const struct btf *b);
void push_asked_type(lua_State *L, const struct asked *a, const struct btf *b, uint32_t id);
void push_asked_element(lua_State *L, const struct asked *a, const struct class *c,
			const struct btf_type *t, uint32_t index);
/* What is asked where that is the relocation and the target; and how it is read. */
void ask_relo_target(lua_State *L, const struct asked *a);
void read_relo_target(lua_State *L, struct asked *a);
/* Reads the relocation: raises unless it is the one at hand. */
void read_relo(lua_State *L, struct asked *a);
/* Reads an element of the object, of class c, called `noun`; and the type of the target that is
 * searched for it, without modifiers. */
void read_element(lua_State *L, const struct asked *a, const struct class *c, const char *noun,
		  struct btf_type *of, uint32_t *index, struct btf_type *in);

/* A type of the target, or of the object, at idx; raises when it is none. */
struct btf_type check_target_type(lua_State *L, const struct asked *a, int idx);
struct btf_type check_local_type(lua_State *L, const struct asked *a, int idx);

/* Both raise: the value at that index is none that the hook may return, or that default takes. */
int bad_answer(lua_State *L, const struct lua_hook *hook, int answer);
int bad_argument(lua_State *L, int idx, const char *expected);

/* Whether the value at idx is that string. */
bool is_word(lua_State *L, int idx, const char *word);
/* Whether it is nil or false: how most answers refuse. */
bool is_no(lua_State *L, int answer);

/* The reason whose code stands at idx; REASON_NONE when none does. */
enum reason find_reason(lua_State *L, int idx);
/* The one that follows the answer; raises when none does. */
enum reason check_reason(lua_State *L, int answer);
/* Why a hook said no: the reason code that follows its answer, else `given`, else `usual`. */
enum reason refusal(lua_State *L, int answer, enum reason given, enum reason usual);

#endif
