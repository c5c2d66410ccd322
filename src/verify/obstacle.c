/* obstacle: the list, and the words; see obstacle.h. */
#include "verify/obstacle.h"

#include <string.h>

#include "base/arena.h"

static const char *const stages[] = {
    [STAGE_OPEN] = "open",
    [STAGE_EXTERNS] = "externs",
    [STAGE_STRUCT_OPS] = "struct-ops",
    [STAGE_RELOCATION] = "relocation",
    [STAGE_MAPS] = "maps",
    [STAGE_SECTION] = "section",
    [STAGE_ATTACH] = "attach",
    [STAGE_LOAD] = "load",
    [STAGE_INSTRUCTIONS] = "instructions",
    [STAGE_WALK] = "walk",
};

static const char *const rules[RULE_COUNT] = {
    [RULE_NONE] = "",
    [RULE_OPEN] = "open",
    [RULE_KSYM] = "ksym",
    [RULE_KCONFIG] = "kconfig",
    [RULE_KFUNC] = "kfunc",
    [RULE_STRUCT_OPS] = "struct-ops",
    [RULE_RELOCATION] = "relocation",
    [RULE_MAP_TYPE] = "map-type",
    [RULE_MAP_ATTR] = "map-attr",
    [RULE_MAP_UNSET] = "map-unset",
    [RULE_SECTION] = "section",
    [RULE_PROGRAM_TYPE] = "program-type",
    [RULE_ATTACH_TYPE] = "attach-type",
    [RULE_ATTACH_TARGET] = "attach-target",
    [RULE_NO_ADDRESS] = "no-address",
    [RULE_ATTACH_PROTO] = "attach-proto",
    [RULE_SLEEPABLE] = "sleepable",
    [RULE_INSN] = "insn",
    [RULE_NO_JIT] = "no-jit",
    [RULE_HELPER_UNKNOWN] = "helper-unknown",
    [RULE_HELPER_NOT_FOR_TYPE] = "helper-not-for-type",
    [RULE_CTX_ARG] = "ctx-arg",
    [RULE_CTX_ACCESS] = "ctx-access",
    [RULE_STRUCT_ACCESS] = "struct-access",
    [RULE_LICENSE] = "license",
    [RULE_MAP_USE] = "map-use",
    [RULE_FUNCTION] = "function",
    [RULE_STACK] = "stack",
};

static const char *const settables[] = {
    [SET_NONE] = NULL, [SET_ATTACH] = "attach", [SET_MAP] = "map", [SET_TYPE] = "type"};

const char *obstacle_stage_name(enum obstacle_stage stage)
{
	return stages[stage];
}

const char *obstacle_rule_name(enum obstacle_rule rule)
{
	return rules[rule];
}

enum obstacle_rule obstacle_rule_of(const char *name)
{
	for (int i = 1; i < RULE_COUNT; i++)
		if (strcmp(rules[i], name) == 0)
			return (enum obstacle_rule)i;
	return RULE_NONE;
}

const char *obstacle_settable_name(enum obstacle_settable settable)
{
	return settables[settable];
}

struct obstacle obstacle_of(enum obstacle_stage stage, enum obstacle_rule rule, const char *name,
			    const char *cause)
{
	return (struct obstacle){.stage = stage,
				 .rule = rule,
				 .reached = stage == STAGE_WALK ? KNOWN_NOT : KNOWN_YES,
				 .name = name,
				 .cause = cause,
				 .at = OBSTACLE_NONE,
				 .relo = OBSTACLE_NONE,
				 .hit = OBSTACLE_NONE,
				 .guard = OBSTACLE_NONE};
}

bool obstacles_want(const struct obstacles *o, enum obstacle_rule rule)
{
	return o->wanted >> rule & 1;
}

int obstacles_add(struct obstacles *o, struct obstacle x, struct err *e)
{
	struct obstacle *more;

	if (!obstacles_want(o, x.rule))
		return 0;
	more = array_grow(o->list, &o->cap, o->count, sizeof(*more));
	if (!more)
		return err_memory(e, NULL);
	o->list = more;
	o->list[o->count++] = x;
	return 0;
}
