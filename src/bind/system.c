/*
 * system: the little that the Lua side needs of the operating system and that Lua itself lacks; see
 * system.h. A report that cannot be written whole must not destroy the one that was there before.
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
#include <unistd.h>

#include "base/inputs.h"
#include "bind/handle.h"

int system_isatty(lua_State *L)
{
	lua_Integer fd = luaL_checkinteger(L, 1);

	lua_pushboolean(L, fd >= 0 && fd <= INT_MAX && isatty((int)fd));
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

/* Writes all and closes; false with errno set otherwise. f may be NULL, errno saying why. */
static bool write_all(FILE *f, const char *text, size_t len)
{
	bool done = f && fwrite(text, 1, len, f) == len;
	int why = errno;

	if (f && fclose(f) != 0 && done)
		return false;
	errno = why;
	return done;
}

/* The permissions of a file that is made, or those of the one that is replaced, but for what would
 * run it as its owner. */
static mode_t mode_for(const struct stat *old)
{
	mode_t mask;

	if (old)
		return old->st_mode & 0777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* Makes a file beside `to`, of a short name, for that of `to` may be as long as names can be.
 * Returns its path, for free(), and an open stream; NULL with errno set otherwise. */
static char *make_beside(const char *to, mode_t mode, FILE **f)
{
	static const char name[] = ".btfl.XXXXXX";
	const char *slash = strrchr(to, '/');
	int folder = slash ? (int)(slash + 1 - to) : 0, fd, why;
	char *path = malloc((size_t)folder + sizeof(name));

	if (!path)
		return NULL;
	sprintf(path, "%.*s%s", folder, to, name);
	fd = mkstemp(path);
	*f = fd >= 0 && fchmod(fd, mode) == 0 ? fdopen(fd, "wb") : NULL;
	if (*f)
		return path;
	why = errno;
	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	free(path);
	errno = why;
	return NULL;
}

/* Writes a file beside `to` (no symbolic link) and moves it there. */
static bool replace(const char *to, const struct stat *old, const char *text, size_t len)
{
	FILE *f;
	char *temp = make_beside(to, mode_for(old), &f);
	bool done;
	int why;

	if (!temp)
		return false;
	done = write_all(f, text, len) && rename(temp, to) == 0;
	why = errno;
	if (!done)
		unlink(temp);
	free(temp);
	errno = why;
	return done;
}

/* Replaces the file that a path leads to, through links. */
static bool replace_real(const char *path, const struct stat *old, const char *text, size_t len)
{
	char *real = realpath(path, NULL);
	bool done = real && replace(real, old, text, len);
	int why = errno;

	free(real);
	errno = why;
	return done;
}

/* Where a link leads to nothing, a file is made there, as a shell's `>` does. */
static bool write_new(const char *path, const char *text, size_t len)
{
	struct stat st;
	bool done;
	int fd, why;

	if (lstat(path, &st) < 0)
		return replace(path, NULL, text, len);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return false;
	done = fstat(fd, &st) == 0 && replace_real(path, &st, text, len);
	why = errno;
	if (!done) {
		char *real = realpath(path, NULL);

		if (real)
			unlink(real);
		free(real);
	}
	close(fd);
	errno = why;
	return done;
}

static bool write_regular(const char *path, const struct stat *old, const char *text, size_t len)
{
	if (!old)
		return write_new(path, text, len);
	return access(path, W_OK) == 0 && replace_real(path, old, text, len);
}

/* What ends the process waits until no file stands half written; but a defect of its own cannot. */
static void hold_signals(sigset_t *before)
{
	static const int urgent[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
	sigset_t held;

	sigfillset(&held);
	for (size_t i = 0; i < sizeof(urgent) / sizeof(*urgent); i++)
		sigdelset(&held, urgent[i]);
	pthread_sigmask(SIG_BLOCK, &held, before);
}

static bool write_file(const char *path, const char *text, size_t len)
{
	struct stat st;
	bool there = stat(path, &st) == 0, done;
	void (*limit)(int);
	sigset_t before;
	int why;

	if (!there && errno != ENOENT)
		return false;
	if (there && !S_ISREG(st.st_mode))
		return write_all(fopen(path, "wb"), text, len);
	limit =
	    signal(SIGXFSZ, SIG_IGN); /* a limit of the size of files is an error as any other */
	hold_signals(&before);
	done = write_regular(path, there ? &st : NULL, text, len);
	why = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	signal(SIGXFSZ, limit);
	errno = why;
	return done;
}

int system_note_input(lua_State *L)
{
	const char *path = check_cstring(L, 1);
	struct stat st;

	if (stat(path, &st) == 0 && inputs_note(path, &st) < 0)
		return luaL_error(L, "not enough memory");
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

int system_write_file(lua_State *L)
{
	const char *path = check_cstring(L, 1);
	size_t len;
	const char *text = luaL_checklstring(L, 2, &len);
	struct stat st;
	struct err e;

	if (!*path) {
		err_set(&e, ERR_IO, NULL, NULL, ERR_NO_OFFSET, "a file's name is empty");
		return raise_err(L, &e);
	}
	if (stat(path, &st) == 0 && inputs_have(&st)) {
		err_set(&e, ERR_IO, path, NULL, ERR_NO_OFFSET,
			"is an input: it is not written over");
		return raise_err(L, &e);
	}
	if (write_file(path, text, len))
		return 0;
	err_set(&e, ERR_IO, path, NULL, ERR_NO_OFFSET, "cannot be written: %s", strerror(errno));
	return raise_err(L, &e);
}
