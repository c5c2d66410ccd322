/*
 * verdict: what the Lua classes btfl.verdict, btfl.obstacle and btfl.guard share. Obstacles
 * and guards are parts of a verdict, numbered by the obstacle.
 */
#ifndef BTFL_BIND_VERDICT_H
#define BTFL_BIND_VERDICT_H

#include "bind/classes.h"
#include "verify/verdict.h"

/* User values of a verdict. */
enum {
	VERDICT_OBJECT = OWNER_LINK,
	VERDICT_TARGET = OWNER_MORE,
	VERDICT_RESOLUTION = OWNER_LAST,
};
enum { TAG_OBSTACLE = 1, TAG_GUARD };

/* What a verdict owns. */
struct judged {
	uint32_t program;
	struct target *target; /* with what options tell of it; NULL without */
	struct externs *externs;
	struct verdict *verdict;
};

/* The open verdict of an owner; raises otherwise. */
const struct judged *judged_of(lua_State *L, const struct owner *o);
/* The obstacle that a handle of an obstacle or a guard stands for. */
const struct obstacle *obstacle_at(lua_State *L, const struct handle *h);
/* Pushes a user value of the verdict whose part stands at stack index 1. */
void push_side(lua_State *L, int which);
/* The source line of an instruction, OBJECT_NONE for none. */
uint32_t line_of(const struct linked *f, uint32_t at);

/* verdict_options.c: raises when the table at arg has an option that program:verdict() has not. */
void check_verdict_options(lua_State *L, int arg);
/* t as what the table at arg (nil for none) tells of it; NULL when that tells nothing. */
struct target *target_options(lua_State *L, int arg, const struct target *t);
/* Gives x the constants of that table. */
void extern_options(lua_State *L, int arg, struct externs *x);

/* loading.c: fills in what the table at arg (nil for none) sets of l, whose resolution, externs and
 * entry are set. Pushes one value, which l needs. */
void loading_options(lua_State *L, int arg, struct loading *l);

#endif
