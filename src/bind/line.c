/* line: the Lua class btfl.line: a source line as line_info has it. */
#include "bind/classes.h"

#include <string.h>

static const struct line *line_of(lua_State *L, const struct handle *h)
{
	const struct object *o = owner_native(L, h->owner);

	return &o->lines[h->id];
}

static int get_file(lua_State *L, const void *self)
{
	lua_pushstring(L, line_of(L, self)->file);
	return 1;
}

static int get_name(lua_State *L, const void *self)
{
	const char *file = line_of(L, self)->file, *slash = strrchr(file, '/');

	lua_pushstring(L, slash ? slash + 1 : file);
	return 1;
}

static int get_line(lua_State *L, const void *self)
{
	lua_pushinteger(L, line_of(L, self)->line);
	return 1;
}

static int get_column(lua_State *L, const void *self)
{
	lua_pushinteger(L, line_of(L, self)->column);
	return 1;
}

static int get_text(lua_State *L, const void *self)
{
	lua_pushstring(L, line_of(L, self)->text);
	return 1;
}

static int line_tostring(lua_State *L)
{
	const struct line *l = line_of(L, class_check(L, 1, &line_class));

	lua_pushfstring(L, "%s:%I:%I", l->file, (LUAI_UACINT)l->line, (LUAI_UACINT)l->column);
	return 1;
}

static const struct field fields[] = {
    {"file", get_file},     {"name", get_name}, {"line", get_line},
    {"column", get_column}, {"text", get_text}, {NULL, NULL},
};

static const luaL_Reg meta[] = {{"__tostring", line_tostring}, {NULL, NULL}};

const struct class line_class = {"btfl.line", TAG_LINE, fields, NULL, meta, NULL};
