/*
 * verdict: what the Lua classes btfl.verdict, btfl.failure and btfl.guard share. Failures and
 * guards are parts of a verdict, numbered by the failure.
 */
#ifndef BTFL_BIND_VERDICT_H
#define BTFL_BIND_VERDICT_H

#include "bind/classes.h"
#include "verify/verdict.h"

/* User values of a verdict. */
enum {
	VERDICT_OBJECT = OWNER_LINK,
	VERDICT_TARGET = OWNER_MORE,
	VERDICT_RESOLUTION = OWNER_RULES,
};
enum { TAG_FAILURE = 1, TAG_GUARD };

/* What a verdict owns. */
struct judged {
	uint32_t program;
	struct externs *externs;
	struct verdict *verdict;
};

/* The open verdict of an owner; raises otherwise. */
const struct judged *judged_of(lua_State *L, const struct owner *o);
/* The failure that a handle of a failure or a guard stands for. */
const struct failure *failure_of(lua_State *L, const struct handle *h);
/* Pushes a user value of the verdict whose part stands at stack index 1. */
void push_side(lua_State *L, int which);
/* The source line of an instruction, OBJECT_NONE for none. */
uint32_t line_of(const struct linked *f, uint32_t at);

/* verdict_options.c: raises when the table at arg has an option that program:verdict() has not. */
void check_verdict_options(lua_State *L, int arg);
/* The release that the table at arg (nil for none) gives, or that of t. */
const char *release_option(lua_State *L, int arg, const struct target *t);
/* The externs of r's object on its target, as that table has them. Raises for what is wrong there;
 * by then *out is set. */
void open_externs(lua_State *L, int arg, const struct resolution *r, const struct references *l,
		  struct externs **out);

#endif
