/*
 * write_file: writes a file beside the one that it takes the place of; see write_file.h.
 */
#include "base/write_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

bool write_file(const char *path, const char *text, size_t len)
{
	struct stat st;
	bool there = stat(path, &st) == 0, done;
	sigset_t before;
	int why;

	if (!there && errno != ENOENT)
		return false;
	if (there && !S_ISREG(st.st_mode))
		return write_all(fopen(path, "wb"), text, len);
	hold_signals(&before);
	done = write_regular(path, there ? &st : NULL, text, len);
	why = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = why;
	return done;
}

/* Under a name beside it, which takes the place of path. */
static bool replace_by_link(const char *from, const char *path)
{
	FILE *f;
	char *temp = make_beside(path, 0600, &f);
	bool done;
	int why;

	if (!temp)
		return false;
	fclose(f);
	done = unlink(temp) == 0 && link(from, temp) == 0 && rename(temp, path) == 0;
	why = errno;
	if (!done)
		unlink(temp);
	free(temp);
	errno = why;
	return done;
}

bool write_link(const char *from, const char *path)
{
	struct stat a, b;
	sigset_t before;
	bool done;
	int why;

	if (stat(from, &a) < 0)
		return false;
	/* rename() leaves both names where they are of one file. */
	if (lstat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return true;
	hold_signals(&before);
	done = replace_by_link(from, path);
	why = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = why;
	return done;
}

bool write_folders(const char *path)
{
	char *folder = strdup(path);
	bool done = folder != NULL;
	int why;

	for (char *at = done && *folder ? strchr(folder + 1, '/') : NULL; at && done;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		done = mkdir(folder, 0777) == 0 || errno == EEXIST || access(folder, F_OK) == 0;
		*at = '/';
	}
	why = errno;
	free(folder);
	errno = why;
	return done;
}
