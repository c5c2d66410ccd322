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

#include "base/buf.h"

struct new_file {
	char *path;      /* of what is no regular file, or else of what is replaced: no link */
	FILE *stream;    /* NULL for what is no regular file: */
	struct buf held; /* is that */
	char *temp;      /* NULL where the file has no name yet */
	bool was_made;   /* a file at path, for that is where a link leads */
};

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

/* A path beside `to`, of a short name, for that of `to` may be as long as names can be: for free(),
 * and for mkstemp(). NULL when memory is out. */
static char *path_beside(const char *to)
{
	static const char name[] = ".btfl.XXXXXX";
	const char *slash = strrchr(to, '/');
	int folder = slash ? (int)(slash + 1 - to) : 0;
	char *path = malloc((size_t)folder + sizeof(name));

	if (path)
		sprintf(path, "%.*s%s", folder, to, name);
	return path;
}

static const char descriptors[] = "/proc/self/fd/%d";

/* Opens a file in the folder of `to` that has no name, and so is gone when the process is; -1 where
 * there is no such, or it could not be given a name. */
static int open_nameless(const char *to)
{
	const char *slash = strrchr(to, '/');
	char *folder = slash ? strndup(to, (size_t)(slash + 1 - to)) : strdup("."), self[32];
	int fd = folder ? open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600) : -1;

	free(folder);
	if (fd < 0)
		return -1;
	sprintf(self, descriptors, fd);
	if (access(self, F_OK) == 0)
		return fd;
	close(fd);
	return -1;
}

/* The same under a name beside `to`, which goes to *temp, for free(). */
static int open_beside(const char *to, char **temp)
{
	char *path = path_beside(to);
	int fd = path ? mkostemp(path, O_CLOEXEC) : -1, why = errno;

	if (fd < 0) {
		free(path);
		path = NULL;
	}
	*temp = path;
	errno = why;
	return fd;
}

/* Opens what is to replace the file at n->path. */
static bool open_stream(struct new_file *n, const struct stat *old)
{
	int fd = open_nameless(n->path), why;

	if (fd < 0)
		fd = open_beside(n->path, &n->temp);
	if (fd < 0)
		return false;
	n->stream = fchmod(fd, mode_for(old)) == 0 ? fdopen(fd, "wb") : NULL;
	if (n->stream)
		return true;
	why = errno;
	close(fd);
	errno = why;
	return false;
}

/* Where path, which leads to no file, is a link, a file is made there, as a shell's `>` does. */
static bool open_new(struct new_file *n, const char *path)
{
	struct stat st;
	bool known;
	int fd;

	if (lstat(path, &st) < 0) {
		n->path = strdup(path);
		return n->path && open_stream(n, NULL);
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return false;
	n->path = realpath(path, NULL);
	n->was_made = n->path != NULL;
	known = fstat(fd, &st) == 0;
	close(fd);
	return n->was_made && known && open_stream(n, &st);
}

static bool open_file(struct new_file *n, const char *path)
{
	struct stat st;
	bool there = stat(path, &st) == 0;

	if (!there)
		return errno == ENOENT && open_new(n, path);
	if (!S_ISREG(st.st_mode)) {
		n->path = strdup(path);
		return n->path != NULL;
	}
	if (access(path, W_OK) < 0)
		return false;
	n->path = realpath(path, NULL);
	return n->path && open_stream(n, &st);
}

struct new_file *new_file_open(const char *path)
{
	struct new_file *n = calloc(1, sizeof(*n));

	if (n && open_file(n, path))
		return n;
	new_file_drop(n);
	return NULL;
}

bool new_file_put(struct new_file *n, const char *text, size_t len)
{
	if (n->stream)
		return fwrite(text, 1, len, n->stream) == len;
	buf_add(&n->held, text, len);
	if (n->held.failed)
		errno = ENOMEM;
	return !n->held.failed;
}

/* Gives the file that has no name one beside its path. */
static bool name_it(struct new_file *n)
{
	char self[32];
	int fd = open_beside(n->path, &n->temp);

	if (fd < 0)
		return false;
	close(fd);
	sprintf(self, descriptors, fileno(n->stream));
	return unlink(n->temp) == 0 &&
	       linkat(AT_FDCWD, self, AT_FDCWD, n->temp, AT_SYMLINK_FOLLOW) == 0;
}

static bool close_stream(struct new_file *n)
{
	FILE *f = n->stream;

	n->stream = NULL;
	return fclose(f) == 0;
}

/* Moves it to its path. */
static bool replace(struct new_file *n)
{
	if (fflush(n->stream) != 0 || (!n->temp && !name_it(n)) || !close_stream(n) ||
	    rename(n->temp, n->path) < 0)
		return false;
	free(n->temp);
	n->temp = NULL;
	n->was_made = false;
	return true;
}

static bool write_held(struct new_file *n)
{
	FILE *f = fopen(n->path, "wb");
	bool done = f && fwrite(n->held.data, 1, n->held.len, f) == n->held.len;
	int why = errno;

	if (f && fclose(f) != 0 && done)
		return false;
	errno = why;
	return done;
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

bool new_file_done(struct new_file *n)
{
	sigset_t before;
	bool done;
	int why;

	if (n->stream) {
		hold_signals(&before);
		done = replace(n);
		why = errno;
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		errno = why;
	} else {
		done = write_held(n);
	}
	new_file_drop(n);
	return done;
}

void new_file_drop(struct new_file *n)
{
	int why = errno;

	if (!n)
		return;
	if (n->stream)
		fclose(n->stream);
	if (n->temp)
		unlink(n->temp);
	if (n->was_made)
		unlink(n->path);
	free(n->temp);
	free(n->path);
	free(n->held.data);
	free(n);
	errno = why;
}

bool write_file(const char *path, const char *text, size_t len)
{
	struct new_file *n = new_file_open(path);
	bool is_regular = n && n->stream, done;
	sigset_t before;

	/* Who reads from a pipe may let it wait. */
	if (is_regular)
		hold_signals(&before);
	done = n && new_file_put(n, text, len);
	if (done)
		done = new_file_done(n);
	else
		new_file_drop(n);
	if (is_regular)
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	return done;
}

/* Under a name beside it, which takes the place of path. */
static bool replace_by_link(const char *from, const char *path)
{
	char *temp;
	int fd = open_beside(path, &temp), why;
	bool done;

	if (fd < 0)
		return false;
	close(fd);
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
