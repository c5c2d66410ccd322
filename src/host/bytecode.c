/*
 * bytecode: Lua files that were compiled when btfl was built, all in one file, which stays open:
 * compiling took a fifth of `btfl relos` on a kernel, and a file for each 75 more system calls.
 *
 * A chunk is used only while its source is no newer; what cannot be used is compiled from its
 * source, as ever. lua/btfl/bytecode.lua writes the file, its numbers in this machine's byte order:
 * the length of the index; the index: the folder that the sources are in, then for each its path,
 * relative to that folder where it lies inside, and where in the file its chunk is; the chunks.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <lauxlib.h>

#include "base/span.h"
#include "host/host.h"

/* For as long as the process lives. */
static struct {
	struct span index; /* path, offset, length, path, ...; empty without a file */
	int fd;
	const char *root; /* with a slash at the end */
	struct timespec made;
} bytecode;

/* Cut the next number or string off; false at the end. */
static bool next_number(struct span *s, uint32_t *out)
{
	if (!span_has(s, 0, sizeof(*out)))
		return false;
	*out = load_u32(s->at, false);
	s->at += sizeof(*out);
	s->len -= sizeof(*out);
	return true;
}

static bool next_string(struct span *s, struct span *out)
{
	uint32_t len;

	if (!next_number(s, &len) || !span_has(s, 0, len))
		return false;
	*out = (struct span){.at = s->at, .len = len};
	s->at += len;
	s->len -= len;
	return true;
}

static bool is_text(const struct span *s, const char *text)
{
	return s->len == strlen(text) && memcmp(s->at, text, s->len) == 0;
}

static bool is_older(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

/* Where the chunk of the Lua file at path is; false when there is none that can be used. */
static bool find_chunk(const char *path, uint32_t *offset, uint32_t *len)
{
	size_t root = strlen(bytecode.root);
	const char *name = strncmp(path, bytecode.root, root) ? path : path + root;
	struct span left = bytecode.index, at;
	struct stat source;

	while (next_string(&left, &at) && next_number(&left, offset) && next_number(&left, len))
		if (is_text(&at, name))
			return stat(path, &source) == 0 && !is_older(bytecode.made, source.st_mtim);
	return false;
}

/* Pushes the chunk of the Lua file at path; pushes nothing and returns false without one. */
static bool push_chunk(lua_State *L, const char *path)
{
	uint32_t offset, len;
	char *chunk;
	bool ok;

	if (!find_chunk(path, &offset, &len) || !(chunk = malloc(len)))
		return false;
	ok = pread(bytecode.fd, chunk, len, offset) == (ssize_t)len;
	if (ok && luaL_loadbufferx(L, chunk, len, path, "b") != LUA_OK) {
		lua_pop(L, 1);
		ok = false;
	}
	free(chunk);
	return ok;
}

int bytecode_loadfile(lua_State *L, const char *path)
{
	return path && push_chunk(L, path) ? LUA_OK : luaL_loadfile(L, path);
}

/* Pushes the path of a module's source: where btfl's own is, else what package.searchpath finds;
 * NULL, with nil pushed. */
static const char *push_source(lua_State *L, const char *name)
{
	if (!strncmp(name, "btfl.", 5)) {
		lua_pushfstring(L, "%slua/", bytecode.root);
		luaL_gsub(L, name, ".", "/");
		lua_pushliteral(L, ".lua");
		lua_concat(L, 3);
		return lua_tostring(L, -1);
	}
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "searchpath");
	lua_pushstring(L, name);
	lua_getfield(L, -3, "path");
	lua_call(L, 2, 1);
	lua_remove(L, -2);
	return lua_tostring(L, -1);
}

/* A searcher of package.searchers. */
static int search(lua_State *L)
{
	const char *source = push_source(L, luaL_checkstring(L, 1));

	if (!source || !push_chunk(L, source))
		return 0;
	lua_pushstring(L, source);
	return 2;
}

static void add_searcher(lua_State *L)
{
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "searchers");
	/* Behind package.preload, before the searcher of sources. */
	for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i >= 2; i--) {
		lua_rawgeti(L, -1, i);
		lua_rawseti(L, -2, i + 1);
	}
	lua_pushcfunction(L, search);
	lua_rawseti(L, -2, 2);
	lua_pop(L, 2);
}

/* Reads the index of the file at path, made for sources in bytecode.root; false when it has none.
 */
static bool read_index(int fd)
{
	struct span index = {0}, root;
	uint32_t len;
	uint8_t *p;

	if (read(fd, &len, sizeof(len)) != sizeof(len) || !(p = malloc(len)))
		return false;
	if (read(fd, p, len) == (ssize_t)len)
		index = (struct span){.at = p, .len = len};
	/* Errors name the places of the sources, so those must be what they were. */
	if (!next_string(&index, &root) || !is_text(&root, bytecode.root)) {
		free(p);
		return false;
	}
	bytecode.index = index;
	return true;
}

static bool use_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 || !read_index(fd)) {
		close(fd);
		return false;
	}
	bytecode.fd = fd;
	bytecode.made = st.st_mtim;
	return true;
}

void bytecode_install(lua_State *L, const char *root)
{
	int top = lua_gettop(L);

	bytecode.root = lua_pushfstring(L, "%s/", root);
	luaL_ref(L, LUA_REGISTRYINDEX); /* keeps the string */
	if (use_file(lua_pushfstring(L, "%s/build/bytecode", root)) ||
	    use_file(lua_pushfstring(L, "%s/bytecode", root)))
		add_searcher(L);
	lua_settop(L, top);
}
