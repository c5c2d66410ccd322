/*
 * inputs: what the Lua side needs to find kernels among files: what a file is, what is in a folder
 * or an archive, which files a pattern names.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bind/classes.h"
#include "core/arch.h"
#include "format/insn.h"
#include "format/listing.h"
#include "format/sparse.h"

static const char *const kinds[FOREIGN_KIND_COUNT] = {
    [FOREIGN_OTHER] = "other",
    [FOREIGN_BTF] = "btf",
    [FOREIGN_ELF] = "elf",
    [FOREIGN_OBJECT] = "object",
    [FOREIGN_RELOCATABLE] = "relocatable",
    [FOREIGN_IMAGE] = "image",
    [FOREIGN_PACKED] = "packed",
    [FOREIGN_ARCHIVE] = "archive",
    [FOREIGN_SYMBOLS] = "symbols",
    [FOREIGN_CONFIG] = "config",
    [FOREIGN_TEXT] = "text",
};

/* The first bytes of a regular file, as they stand in it. */
static size_t read_head(const char *path, uint8_t *head, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? 0 : pread(fd, head, size, 0);

	if (fd >= 0)
		close(fd);
	return n > 0 ? (size_t)n : 0;
}

/* file_kind(path): "folder", "special" (a pipe, a device), else the kind of a regular file, or that
 * of what a gzip file holds; nil when there is none. Then what stat says of its identity, whether
 * it is a symbolic link to that, whether a regular file, among others, is a kernel, and its bytes.
 */
int engine_file_kind(lua_State *L)
{
	uint8_t head[PACKED_HEAD], inner[PACKED_HEAD];
	const char *path = check_cstring(L, 1);
	struct input in = {.path = path, .data = head};
	enum foreign_kind kind = FOREIGN_OTHER;
	char id[64];
	struct stat st, link;

	if (stat(path, &st) < 0)
		return 0;
	/* What the kernel makes up has no size but in sysfs, and reading it may do something. */
	if (S_ISREG(st.st_mode) && st.st_size) {
		in.len = read_head(path, head, sizeof(head));
		kind = foreign_kind(inner, input_head(&in, inner, sizeof(inner)));
	}
	snprintf(id, sizeof(id), "%jx:%jx", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	lua_pushstring(L, S_ISDIR(st.st_mode)   ? "folder"
			  : S_ISREG(st.st_mode) ? kinds[kind]
						: "special");
	lua_pushstring(L, id);
	lua_pushboolean(L, lstat(path, &link) == 0 && S_ISLNK(link.st_mode));
	lua_pushboolean(L, S_ISREG(st.st_mode) && foreign_is_kernel(path, kind));
	lua_pushinteger(L, S_ISREG(st.st_mode) ? st.st_size : 0);
	return 5;
}

/* code_size(path): how many sections of a BPF object have instructions, and how many those are, by
 * its headers; nil of any other file, and of one that is packed. */
int engine_code_size(lua_State *L)
{
	const char *path = check_cstring(L, 1);
	uint64_t bytes = 0;
	size_t sections = 0;
	struct stat st;
	bool is_one;
	int fd;

	/* Who opens a pipe and leaves ends what is written into it. */
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return 0;
	is_one = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		 sparse_code(fd, (size_t)st.st_size, &sections, &bytes);
	close(fd);
	if (!is_one)
		return 0;
	lua_pushinteger(L, (lua_Integer)sections);
	lua_pushinteger(L, (lua_Integer)(bytes / INSN_SIZE));
	return 2;
}

/* What a call holds of a folder, and of a pattern, however it ends. */
struct folder {
	struct dirent **list;
	int n;
};

static int free_folder(lua_State *L)
{
	struct folder *f = lua_touserdata(L, 1);

	for (int i = 0; i < f->n; i++)
		free(f->list[i]);
	free(f->list);
	*f = (struct folder){0};
	return 0;
}

static int free_glob(lua_State *L)
{
	globfree(lua_touserdata(L, 1));
	return 0;
}

/* folder(path): the names in it, sorted; or nil and why not. */
int engine_folder(lua_State *L)
{
	const char *path = check_cstring(L, 1);
	struct folder *f = push_freed(L, sizeof(*f), free_folder);
	int n = scandir(path, &f->list, NULL, alphasort);

	if (n < 0) {
		f->list = NULL;
		lua_pushnil(L);
		lua_pushfstring(L, "%s: %s", path, strerror(errno));
		return 2;
	}
	f->n = n;
	lua_createtable(L, n, 0);
	for (int i = 0; i < n; i++) {
		lua_pushstring(L, f->list[i]->d_name);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

/* glob(pattern): the paths that it matches, sorted. */
int engine_glob(lua_State *L)
{
	const char *pattern = check_cstring(L, 1);
	glob_t *g = push_freed(L, sizeof(*g), free_glob);

	if (glob(pattern, 0, NULL, g) != 0)
		g->gl_pathc = 0;
	lua_createtable(L, (int)g->gl_pathc, 0);
	for (size_t i = 0; i < g->gl_pathc; i++) {
		lua_pushstring(L, g->gl_pathv[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

static void push_listed(lua_State *L, const struct listed *m)
{
	lua_createtable(L, 0, 3);
	lua_pushstring(L, m->name);
	lua_setfield(L, -2, "name");
	lua_pushstring(L, kinds[m->kind]);
	lua_setfield(L, -2, "kind");
	lua_pushboolean(L, m->kernel);
	lua_setfield(L, -2, "kernel");
}

/* archive(path): a list of its kernels, configurations, symbols and archives, each { name, kind,
 * kernel }, nil for what is no archive; and the error that ended the list. */
int engine_archive(lua_State *L)
{
	const char *path = check_cstring(L, 1);
	struct listing list;
	struct err e;
	int rc = listing_read(path, &list, &e);

	if (list.archive) {
		lua_createtable(L, (int)list.count, 0);
		for (size_t i = 0; i < list.count; i++) {
			push_listed(L, &list.list[i]);
			lua_rawseti(L, -2, (lua_Integer)i + 1);
		}
	} else {
		lua_pushnil(L);
	}
	listing_free(&list);
	if (rc == 0)
		return 1;
	push_err(L, &e);
	return 2;
}

int engine_stem(lua_State *L)
{
	size_t len;
	const char *stem = target_stem(check_cstring(L, 1), &len);

	lua_pushlstring(L, stem, len);
	return 1;
}

/* architecture(type): of what its registers are, and one of them. architecture(word) likewise. */
int engine_architecture(lua_State *L)
{
	const char *member = NULL;

	if (lua_type(L, 1) == LUA_TSTRING) {
		size_t len;
		const char *word = lua_tolstring(L, 1, &len);

		lua_pushstring(L, arch_of_word(word, len));
	} else {
		struct btf_type t = handle_type(L, class_check(L, 1, &type_class));

		lua_pushstring(L, arch_of_struct(t.btf, t.id, &member));
	}
	lua_pushstring(L, member);
	return 2;
}

/* read_fact("kconfig" or "kallsyms", path): raises what is wrong with the file; the version that a
 * configuration is of, nil when it does not say. */
int engine_read_fact(lua_State *L)
{
	static const char *const facts[] = {"kconfig", "kallsyms", NULL};
	int fact = luaL_checkoption(L, 1, NULL, facts);
	const char *path = check_cstring(L, 2);

	if (fact)
		kept_symbols(L, path);
	lua_pushstring(L, fact ? NULL : kept_kconfig(L, path)->version);
	return 1;
}

/* keep_config(name, text): a configuration that is in no file of its own, by which name it is then
 * known. */
int engine_keep_config(lua_State *L)
{
	const char *name = check_cstring(L, 1);
	size_t len;
	const char *text = luaL_checklstring(L, 2, &len);

	keep_kconfig(L, name, text, len);
	return 0;
}

/* config_value(path, name): of CONFIG_NAME=value, nil when there is none. */
int engine_config_value(lua_State *L)
{
	const struct kconfig *k = kept_kconfig(L, check_cstring(L, 1));
	size_t len;
	const char *value = kconfig_value(k, check_cstring(L, 2), &len);

	lua_pushlstring(L, value ? value : "", value ? len : 0);
	if (!value)
		lua_pushnil(L);
	return 1;
}
