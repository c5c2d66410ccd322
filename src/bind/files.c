/*
 * files: what reports and commands write, and what they must not write over; see files.h.
 */
#include "bind/files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/inputs.h"
#include "base/write_file.h"
#include "bind/handle.h"

int files_same_file(lua_State *L)
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

int files_refuse_input(lua_State *L)
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

int files_write_file(lua_State *L)
{
	const char *path = check_cstring(L, 1);
	size_t len;
	const char *text = luaL_checklstring(L, 2, &len);

	refuse_input(L, path);
	if (write_file(path, text, len))
		return 0;
	return raise_unwritten(L, path);
}

/* The value of engine.new_file(): NULL once it is done. */
struct written {
	struct new_file *file;
	char path[];
};

static const char written_name[] = "btfl.new_file";

static struct written *check_written(lua_State *L)
{
	struct written *w = luaL_checkudata(L, 1, written_name);

	if (!w->file)
		luaL_error(L, "the file '%s' is done", w->path);
	return w;
}

static int written_put(lua_State *L)
{
	struct written *w = check_written(L);
	size_t len;
	const char *text = luaL_checklstring(L, 2, &len);

	return new_file_put(w->file, text, len) ? 0 : raise_unwritten(L, w->path);
}

static int written_done(lua_State *L)
{
	struct written *w = check_written(L);
	struct new_file *file = w->file;

	refuse_input(L, w->path);
	w->file = NULL;
	return new_file_done(file) ? 0 : raise_unwritten(L, w->path);
}

static int written_drop(lua_State *L)
{
	struct written *w = luaL_checkudata(L, 1, written_name);

	new_file_drop(w->file);
	w->file = NULL;
	return 0;
}

static const luaL_Reg written_methods[] = {
    {"put", written_put},      {"done", written_done}, {"__gc", written_drop},
    {"__close", written_drop}, {NULL, NULL},
};

int files_new_file(lua_State *L)
{
	const char *path = check_cstring(L, 1);
	size_t size = strlen(path) + 1;
	struct written *w;

	refuse_input(L, path);
	w = lua_newuserdatauv(L, sizeof(*w) + size, 0);
	w->file = NULL;
	memcpy(w->path, path, size);
	if (luaL_newmetatable(L, written_name)) {
		luaL_setfuncs(L, written_methods, 0);
		lua_pushvalue(L, -1);
		lua_setfield(L, -2, "__index");
	}
	lua_setmetatable(L, -2);
	w->file = new_file_open(path);
	return w->file ? 1 : raise_unwritten(L, path);
}

int files_link_file(lua_State *L)
{
	const char *from = check_cstring(L, 1), *path = check_cstring(L, 2);

	refuse_input(L, path);
	return write_link(from, path) ? 0 : raise_unwritten(L, path);
}

int files_make_folders(lua_State *L)
{
	const char *path = check_cstring(L, 1);

	return write_folders(path) ? 0 : raise_unwritten(L, path);
}

int files_note_input(lua_State *L)
{
	const char *path = check_cstring(L, 1);
	struct stat st;

	if (stat(path, &st) == 0 && inputs_note(path, &st) < 0)
		return raise_memory(L);
	return 0;
}
