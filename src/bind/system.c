/*
 * system: the little that the Lua side needs of the operating system and that Lua itself lacks; see
 * system.h. A report that cannot be written whole must not destroy the one that was there before.
 */
#include "bind/system.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* The permissions of a file that is made, or those of the one that is replaced. */
static mode_t mode_for(const struct stat *old)
{
	mode_t mask;

	if (old)
		return old->st_mode & 07777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* Writes a file beside `to` (no symbolic link) and moves it there. */
static bool replace(const char *to, const struct stat *old, const char *text, size_t len)
{
	size_t size = strlen(to) + sizeof(".XXXXXX");
	char *temp = malloc(size);
	bool done = false;
	int fd, why;

	if (!temp)
		return false;
	snprintf(temp, size, "%s.XXXXXX", to);
	fd = mkstemp(temp);
	if (fd >= 0) {
		FILE *f = fchmod(fd, mode_for(old)) == 0 ? fdopen(fd, "wb") : NULL;

		if (!f) {
			why = errno;
			close(fd);
			errno = why;
		}
		done = write_all(f, text, len) && rename(temp, to) == 0;
		why = errno;
		if (!done)
			unlink(temp);
		errno = why;
	}
	why = errno;
	free(temp);
	errno = why;
	return done;
}

static bool write_file(const char *path, const char *text, size_t len)
{
	struct stat st;
	char *real;
	bool done;
	int why;

	if (stat(path, &st) < 0)
		return errno == ENOENT && replace(path, NULL, text, len);
	if (!S_ISREG(st.st_mode))
		return write_all(fopen(path, "wb"), text, len);
	if (access(path, W_OK) < 0)
		return false;
	real = realpath(path, NULL);
	done = real && replace(real, &st, text, len);
	why = errno;
	free(real);
	errno = why;
	return done;
}

int system_write_file(lua_State *L)
{
	const char *path = check_cstring(L, 1);
	size_t len;
	const char *text = luaL_checklstring(L, 2, &len);
	struct err e;

	if (write_file(path, text, len))
		return 0;
	err_set(&e, ERR_IO, path, NULL, ERR_NO_OFFSET, "cannot be written: %s", strerror(errno));
	return raise_err(L, &e);
}
