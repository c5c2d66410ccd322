/*
 * system: the little that the Lua side needs of the operating system and that Lua itself lacks; see
 * system.h.
 */
#include "bind/system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/inputs.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/write_file.h"
#include "bind/handle.h"

int system_isatty(lua_State *L)
{
	lua_Integer fd = luaL_checkinteger(L, 1);

	lua_pushboolean(L, fd >= 0 && fd <= INT_MAX && isatty((int)fd));
	return 1;
}

/* engine.interrupted([last]): whether SIGINT came, which waits for being asked for from then on,
 * but not behind the last time. */
int system_interrupted(lua_State *L)
{
	lua_pushboolean(L, interrupt_asked());
	if (lua_toboolean(L, 1))
		interrupt_unasked();
	return 1;
}

int system_give_back_memory(lua_State *L)
{
	(void)L;
	memory_give_back();
	return 0;
}

int system_seconds(lua_State *L)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	lua_pushnumber(L, (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9);
	return 1;
}

int system_columns(lua_State *L)
{
	lua_Integer fd = luaL_checkinteger(L, 1);
	struct winsize size;

	if (fd < 0 || fd > INT_MAX || ioctl((int)fd, TIOCGWINSZ, &size) != 0 || !size.ws_col)
		return 0;
	lua_pushinteger(L, size.ws_col);
	return 1;
}

int system_note_input(lua_State *L)
{
	const char *path = check_cstring(L, 1);
	struct stat st;

	if (stat(path, &st) == 0 && inputs_note(path, &st) < 0)
		return raise_memory(L);
	return 0;
}

int system_same_file(lua_State *L)
{
	const char *a = check_cstring(L, 1), *b = check_cstring(L, 2);
	struct stat x, y;

	lua_pushboolean(L, stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
			       x.st_ino == y.st_ino);
	return 1;
}

/* Raises where a file has no name, or is one that was read. */
static void refuse_input(lua_State *L, const char *path)
{
	struct stat st;
	struct err e;

	if (!*path) {
		err_fill(&e, ERR_IO, NULL, NULL, ERR_NO_OFFSET, "a file's name is empty");
		raise_err(L, &e);
	}
	if (stat(path, &st) == 0 && inputs_have(&st)) {
		err_fill(&e, ERR_IO, path, NULL, ERR_NO_OFFSET,
			 "is an input: it is not written over");
		raise_err(L, &e);
	}
}

int system_refuse_input(lua_State *L)
{
	refuse_input(L, check_cstring(L, 1));
	return 0;
}

/* Of errno. */
static int raise_unwritten(lua_State *L, const char *path)
{
	struct err e;

	err_fill(&e, ERR_IO, path, NULL, ERR_NO_OFFSET, "cannot be written: %s", strerror(errno));
	return raise_err(L, &e);
}

int system_write_file(lua_State *L)
{
	const char *path = check_cstring(L, 1);
	size_t len;
	const char *text = luaL_checklstring(L, 2, &len);

	refuse_input(L, path);
	if (write_file(path, text, len))
		return 0;
	return raise_unwritten(L, path);
}

int system_link_file(lua_State *L)
{
	const char *from = check_cstring(L, 1), *path = check_cstring(L, 2);

	refuse_input(L, path);
	return write_link(from, path) ? 0 : raise_unwritten(L, path);
}

int system_make_folders(lua_State *L)
{
	const char *path = check_cstring(L, 1);

	return write_folders(path) ? 0 : raise_unwritten(L, path);
}
