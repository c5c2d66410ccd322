/*
 * version: the Lua class btfl.kernel_version: the numbers of a kernel's version, in order of
 * release and not of letters.
 */
#include "bind/classes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBERS = 3 };

struct version {
	uint32_t number[NUMBERS]; /* 0 for what the text does not have */
	char text[];
};

/* Reads "5.10.223", "5.10" or "5"; false for any other text, such as a release. */
static bool read_numbers(const char *s, uint32_t number[NUMBERS])
{
	for (int i = 0; i < NUMBERS; i++) {
		char *end;
		unsigned long n;

		if (!isdigit((unsigned char)*s))
			return false;
		n = strtoul(s, &end, 10);
		number[i] = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
		s = end;
		if (!*s)
			return true;
		if (*s++ != '.')
			return false;
	}
	return false;
}

void push_version(lua_State *L, const char *text)
{
	size_t len = strlen(text);
	struct version *v = lua_newuserdatauv(L, sizeof(*v) + len + 1, 0);

	memset(v->number, 0, sizeof(v->number));
	read_numbers(text, v->number);
	memcpy(v->text, text, len + 1);
	class_set(L, &version_class);
}

/* A number is no version: Lua's 5.10 is 5.1. */
static void operand(lua_State *L, int arg, uint32_t number[NUMBERS])
{
	const struct version *v = class_test(L, arg, &version_class);
	const char *text = lua_type(L, arg) == LUA_TSTRING ? check_cstring(L, arg) : NULL;

	for (int i = 0; i < NUMBERS; i++)
		number[i] = v ? v->number[i] : 0;
	if (!v && (!text || !read_numbers(text, number)))
		luaL_error(L, "a version is compared with one such as \"5.16\", not with %s",
			   text ? lua_pushfstring(L, "\"%s\"", text) : luaL_typename(L, arg));
}

static int compare(lua_State *L)
{
	uint32_t a[NUMBERS], b[NUMBERS];

	operand(L, 1, a);
	operand(L, 2, b);
	for (int i = 0; i < NUMBERS; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static int version_lt(lua_State *L)
{
	lua_pushboolean(L, compare(L) < 0);
	return 1;
}

static int version_le(lua_State *L)
{
	lua_pushboolean(L, compare(L) <= 0);
	return 1;
}

/* Lua asks of two userdata only. */
static int version_eq(lua_State *L)
{
	lua_pushboolean(L, class_test(L, 1, &version_class) && class_test(L, 2, &version_class) &&
			       compare(L) == 0);
	return 1;
}

static int version_tostring(lua_State *L)
{
	lua_pushstring(L, ((const struct version *)class_check(L, 1, &version_class))->text);
	return 1;
}

static int version_concat(lua_State *L)
{
	luaL_tolstring(L, 1, NULL);
	luaL_tolstring(L, 2, NULL);
	lua_concat(L, 2);
	return 1;
}

static int get_major(lua_State *L, const void *self)
{
	lua_pushinteger(L, ((const struct version *)self)->number[0]);
	return 1;
}

static int get_minor(lua_State *L, const void *self)
{
	lua_pushinteger(L, ((const struct version *)self)->number[1]);
	return 1;
}

static int get_patch(lua_State *L, const void *self)
{
	lua_pushinteger(L, ((const struct version *)self)->number[2]);
	return 1;
}

static const struct field fields[] = {
    {"major", get_major},
    {"minor", get_minor},
    {"patch", get_patch},
    {NULL, NULL},
};

static const luaL_Reg meta[] = {
    {"__lt", version_lt},         {"__le", version_le},
    {"__eq", version_eq},         {"__tostring", version_tostring},
    {"__concat", version_concat}, {NULL, NULL},
};

const struct class version_class = {"btfl.kernel_version", 0, fields, NULL, meta, NULL};
