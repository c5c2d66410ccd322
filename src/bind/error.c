/*
 * error: a defect of an input as a Lua error: a value whose fields say what and where, and whose
 * string is the one line that a user reads.
 */
#include "bind/classes.h"

#include <stdlib.h>
#include <string.h>

static int get_code(lua_State *L, const void *self)
{
	static const char *const codes[] = {
	    [ERR_NONE] = "none",     [ERR_IO] = "io",
	    [ERR_FORMAT] = "format", [ERR_UNSUPPORTED] = "unsupported",
	    [ERR_LIMIT] = "limit",   [ERR_MEMORY] = "memory",
	    [ERR_POLICY] = "policy",
	};

	lua_pushstring(L, codes[((const struct err *)self)->code]);
	return 1;
}

static int get_file(lua_State *L, const void *self)
{
	push_name(L, ((const struct err *)self)->file);
	return 1;
}

static int get_section(lua_State *L, const void *self)
{
	push_name(L, ((const struct err *)self)->section);
	return 1;
}

static int get_offset(lua_State *L, const void *self)
{
	const struct err *e = self;

	if (e->offset == ERR_NO_OFFSET)
		lua_pushnil(L);
	else
		push_u64(L, e->offset);
	return 1;
}

static int get_message(lua_State *L, const void *self)
{
	lua_pushstring(L, ((const struct err *)self)->message);
	return 1;
}

static int error_tostring(lua_State *L)
{
	char text[ERR_LINE_MAX];

	lua_pushstring(L, err_line(class_check(L, 1, &error_class), text, sizeof(text)));
	return 1;
}

/* Either side may be the error, as in "cannot open: " .. e. */
static int error_concat(lua_State *L)
{
	luaL_tolstring(L, 1, NULL);
	luaL_tolstring(L, 2, NULL);
	lua_concat(L, 2);
	return 1;
}

static const struct field fields[] = {
    {"code", get_code},     {"file", get_file},       {"section", get_section},
    {"offset", get_offset}, {"message", get_message}, {NULL, NULL},
};

static const luaL_Reg meta[] = {
    {"__tostring", error_tostring},
    {"__concat", error_concat},
    {NULL, NULL},
};

const struct class error_class = {"btfl.error", 0, fields, NULL, meta, NULL};

void push_err(lua_State *L, const struct err *e)
{
	struct err *copy = lua_newuserdatauv(L, sizeof(*copy), 0);

	*copy = *e;
	class_set(L, &error_class);
}

int raise_err(lua_State *L, const struct err *e)
{
	push_err(L, e);
	lua_error(L);
	abort(); /* lua_error() does not return, and does not say so */
}

int raise_memory(lua_State *L)
{
	struct err e;

	err_memory(&e, NULL);
	raise_err(L, &e);
}

int engine_input_error(lua_State *L)
{
	const char *file = luaL_optstring(L, 1, NULL);
	struct err e;

	err_fill(&e, ERR_FORMAT, file, NULL, ERR_NO_OFFSET, "%s", luaL_checkstring(L, 2));
	return raise_err(L, &e);
}
