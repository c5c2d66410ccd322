/* archive: btfl.archive(): files as the bytes of a packed tar. */
#include "write/archive.h"

#include <stdlib.h>
#include <string.h>

#include "bind/classes.h"

static int buf_gc(lua_State *L)
{
	free(((struct buf *)lua_touserdata(L, 1))->data);
	return 0;
}

/* The field of the table at the top, which keeps it. */
static const char *text_of(lua_State *L, lua_Integer i, const char *name, size_t *len)
{
	const char *text = NULL;

	lua_pushstring(L, name);
	if (lua_rawget(L, -2) == LUA_TSTRING)
		text = lua_tolstring(L, -1, len);
	if (!text)
		luaL_argerror(L, 1, lua_pushfstring(L, "file %I: `%s` must be a string", i, name));
	lua_pop(L, 1);
	return text;
}

/* A list at 1 of tables { name, bytes }. */
static struct archive_file *check_files(lua_State *L, size_t *count)
{
	static const char *const names[] = {"name", "bytes", NULL};
	struct archive_file *files;

	luaL_checktype(L, 1, LUA_TTABLE);
	*count = lua_rawlen(L, 1);
	files = lua_newuserdatauv(L, (*count + 1) * sizeof(*files), 0);
	for (size_t i = 0; i < *count; i++) {
		size_t len;

		if (lua_rawgeti(L, 1, (lua_Integer)i + 1) != LUA_TTABLE)
			luaL_argerror(L, 1, "a list of tables of `name` and `bytes` expected");
		check_option_names(L, 1, lua_gettop(L), names);
		files[i].name = text_of(L, (lua_Integer)i + 1, "name", &len);
		if (strlen(files[i].name) != len)
			luaL_argerror(L, 1, "the name of a file contains a NUL");
		files[i].data = text_of(L, (lua_Integer)i + 1, "bytes", &files[i].len);
		lua_pop(L, 1);
	}
	return files;
}

int engine_archive_write(lua_State *L)
{
	static const char *const packings[] = {"xz", "gzip", NULL};
	enum archive_packing packing;
	struct archive_file *files;
	struct buf *out;
	struct err e;
	size_t count;

	lua_settop(L, 2);
	packing = luaL_checkoption(L, 2, "xz", packings) ? ARCHIVE_GZIP : ARCHIVE_XZ;
	files = check_files(L, &count);
	out = push_freed(L, sizeof(*out), buf_gc);
	if (archive_write(files, count, packing, "the archive", out, &e) < 0)
		return raise_err(L, &e);
	lua_pushlstring(L, (const char *)out->data, out->len);
	return 1;
}
