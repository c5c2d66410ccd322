/*
 * hook_parts: what the hooks' files share: how a question is pushed and an answer is checked. Each
 * hook has three functions: ask pushes HOOK_ARGS arguments; own pushes the engine's answer and a
 * note for the arguments above stack index `run`; take reads an answer into the run, and raises
 * when it is none that the hook may give.
 */
#ifndef BTFL_HOOK_PARTS_H
#define BTFL_HOOK_PARTS_H

#include "bind/hooks.h"

/* Pushes a type (index 0) or an element of one; t->btf stores it, so its handles are there. */
void push_run_element(lua_State *L, struct run *r, int run, const struct class *c,
		      const struct btf_type *t, uint32_t index);
/* Pushes a type of the run's object or target; the relocation at hand. */
void push_run_type(lua_State *L, struct run *r, int run, const struct btf *b, uint32_t id);
void push_run_relo(lua_State *L, const struct run *r, int run);

/* Both raise: the value at that index is of the wrong type. */
int bad_answer(lua_State *L, int answer, const char *expected);
int bad_argument(lua_State *L, int idx, const char *expected);

/* The reason code at idx; raises when it is none. */
enum reason check_reason(lua_State *L, int idx);
/* Why a hook said no: the reason code at stack index `note`, else `given` (what default said), else
 * `usual`. */
enum reason refusal(lua_State *L, int note, enum reason given, enum reason usual);

/* Whether b is vmlinux or a module of the target (or a base of one). */
bool is_target_btf(const struct target *t, const struct btf *b);

/* The type of the target at idx; raises when it is of another BTF. */
struct btf_type check_target_type(lua_State *L, const struct run *r, int idx);
/* Raises unless the relocation at idx is the one at hand. */
void check_own_relo(lua_State *L, const struct run *r, int idx);

void ask_member(lua_State *L, struct run *r, int run);
void own_member(lua_State *L, struct run *r, int run);
void take_member(lua_State *L, struct run *r, int run, int answer);

void ask_patch(lua_State *L, struct run *r, int run);
void own_patch(lua_State *L, struct run *r, int run);
void take_patch(lua_State *L, struct run *r, int run, int answer);

#endif
