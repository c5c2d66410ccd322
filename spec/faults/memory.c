/*
 * memory: what becomes of btfl where memory is out, at each place that asks for some. The linker
 * puts the functions here between btfl, Lua, libelf and zlib, and the libc's malloc().
 *
 * BTFL_FAULTS is a folder. At each place, or at each that has the number BTFL_FAULTS_AT modulo
 * BTFL_FAULTS_EVERY and the first of each line of code that asks, the process forks: in the child
 * that place gets nothing, nor do all that follow where BTFL_FAULTS_FROM is set, and what it prints
 * from then on goes to N.out and N.err of the folder. The parent waits for it, takes away the file
 * BTFL_FAULTS_OUT that it wrote, as N.left, and goes on as if nothing had been. The file `log` has
 * a line for each child: N, its status (negative for a signal), and how many temporary files there
 * are beside BTFL_FAULTS_OUT.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void faults_end(void);

static const char *folder; /* NULL when no place fails any more */
static bool all_fail;      /* from now on */
static long number, at, every = 1;
static int log_fd = -1;

static long setting(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? atol(text) : otherwise;
}

static __attribute__((constructor)) void start(void)
{
	char path[4096];

	folder = getenv("BTFL_FAULTS");
	if (!folder)
		return;
	at = setting("BTFL_FAULTS_AT", 0);
	every = setting("BTFL_FAULTS_EVERY", 1);
	snprintf(path, sizeof(path), "%s/log", folder);
	log_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static void print_to(int fd, const char *ending)
{
	char path[4096];
	int to;

	snprintf(path, sizeof(path), "%s/%ld.%s", folder, number, ending);
	to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	dup2(to, fd);
	close(to);
}

/* Reads on from the same place, and not for the parent. */
static void part_input(void)
{
	off_t here = lseek(STDIN_FILENO, 0, SEEK_CUR);
	int own = here < 0 ? -1 : open("/proc/self/fd/0", O_RDONLY);

	if (own < 0)
		return;
	lseek(own, here, SEEK_SET);
	dup2(own, STDIN_FILENO);
	close(own);
}

/* Of the first bytes of a file. */
static void copy(int from, int to, off_t size)
{
	char bytes[4096];
	ssize_t n;

	for (off_t here = 0; here < size; here += n) {
		n = pread(from, bytes, sizeof(bytes), here);
		if (n <= 0 || write(to, bytes, (size_t)n) != n)
			return;
	}
}

/* A file that is written beside `out`, and has no name as yet, is another one than the parent's
 * from here, with what is in it. */
static void part_output(const char *out)
{
	const char *slash = strrchr(out, '/');
	char path[4096];
	struct stat st;

	for (int fd = STDERR_FILENO + 1; fd < 64; fd++) {
		int from, own;

		if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink > 0 ||
		    (fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY)
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		from = open(path, O_RDONLY);
		snprintf(path, sizeof(path), "%.*s", (int)(slash - out), out);
		own = open(path, O_TMPFILE | O_WRONLY | O_CLOEXEC, st.st_mode & 0777);
		copy(from, own, lseek(fd, 0, SEEK_CUR));
		dup2(own, fd);
		close(own);
		close(from);
	}
}

static long temporary_files(const char *out)
{
	const char *slash = strrchr(out, '/');
	char path[4096];
	struct dirent *one;
	long n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%.*s", (int)(slash - out), out);
	dir = opendir(path);
	while (dir && (one = readdir(dir)))
		n += !strncmp(one->d_name, ".btfl.", 6);
	if (dir)
		closedir(dir);
	return n;
}

/* `out` is the file to take away, NULL for none. */
static void wait_and_log(pid_t pid, const char *out)
{
	const char *beside = getenv("BTFL_FAULTS_OUT");
	char path[4096];
	int status;

	waitpid(pid, &status, 0);
	status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
	snprintf(path, sizeof(path), "%s/%ld.left", folder, number);
	if (out)
		rename(out, path);
	dprintf(log_fd, "%ld %d %ld\n", number, status, beside ? temporary_files(beside) : 0);
}

/* What spec/support/cov_exit.c calls before counts are written, which takes memory. */
void faults_end(void)
{
	folder = NULL;
	all_fail = false;
}

/* Whether nobody has asked from there before. When there is no more room they all have. */
static bool is_new(const void *caller)
{
	static const void *known[4096];
	static size_t count;
	size_t most = sizeof(known) / sizeof(*known), i = (uintptr_t)caller % most;

	while (known[i] && known[i] != caller)
		i = (i + 1) % most;
	if (known[i] || count == most - 1)
		return false;
	known[i] = caller;
	count++;
	return true;
}

/* Whether who asks gets nothing. */
static bool refuses(const void *caller)
{
	const char *beside = getenv("BTFL_FAULTS_OUT"), *out = beside;
	pid_t pid;

	if (all_fail || !folder)
		return all_fail;
	if (number++ % every != at && !is_new(caller))
		return false;
	if (out && access(out, F_OK) == 0)
		out = NULL; /* the parent wrote it */
	pid = fork();
	if (pid) {
		wait_and_log(pid, out);
		return false;
	}
	part_input();
	if (beside)
		part_output(beside);
	print_to(STDOUT_FILENO, "out");
	print_to(STDERR_FILENO, "err");
	all_fail = getenv("BTFL_FAULTS_FROM") != NULL;
	folder = NULL;
	return true;
}

static bool is_out(const void *caller)
{
	int before = errno;
	bool yes = refuses(caller);

	errno = yes ? ENOMEM : before;
	return yes;
}

void *__wrap_malloc(size_t size)
{
	return is_out(__builtin_return_address(0)) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return is_out(__builtin_return_address(0)) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return is_out(__builtin_return_address(0)) ? NULL : __real_realloc(p, size);
}
