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
/* The version or the release that the table at arg (nil for none) gives, or what t is known as. */
const char *known_as_option(lua_State *L, int arg, const struct target *t);
/* The rules that the table at arg asks about, as bits: all without `only`. */
uint64_t wanted_option(lua_State *L, int arg);
/* The externs of r's object on its target, as that table has them. Raises for what is wrong there;
 * by then *out is set. */
void open_externs(lua_State *L, int arg, const struct resolution *r, const struct references *l,
		  struct externs **out);

#endif
