/*
 * policy: a set of hooks in tiers: its own functions, then those of the policy that it extends.
 */
#ifndef BTFL_BIND_POLICY_H
#define BTFL_BIND_POLICY_H

#include "bind/policy/when.h"

/* The userdata of a policy. Its first user value is the list of its tiers, most derived first:
 * tables of hook functions and a name. */
struct policy_box {
	const char *name;
	int tiers;
	bool has[HOOK_COUNT];           /* any of them has the hook */
	struct when any[HOOK_COUNT];    /* what any of them is asked */
	struct when when[][HOOK_COUNT]; /* what each is asked; nothing where it has not the hook */
};

enum { POLICY_TIERS = 1 };

extern const struct class policy_class;

/* Pushes the policy of the options table at that index (nil or absent for none given; a string is
 * the name or file of one), else the default that engine.default_policy() set; nil for libbpf's
 * rules. */
void push_policy(lua_State *L, int options);
/* The same for an argument that may have no other option. */
void push_policy_option(lua_State *L, int arg);

int engine_policy(lua_State *L);
int engine_default_policy(lua_State *L);
/* Pushes a table of the words of each hook, by its name: engine.hooks. */
void push_hooks(lua_State *L);

#endif
