/*
 * refuse: runs a program of which system calls fail.
 *
 * usage: refuse CALL ERROR N[+] COUNT PROGRAM [ARGUMENT]...
 *
 * The Nth CALL of the program and its children gives ERROR (a number), with + all that follow do
 * likewise; 0 is none. How many there were is written to the file COUNT. The exit status is the
 * program's, 128 and the signal where one ended it, and 77 where the system has no way to do this
 * (seccomp_unotify(2), Linux 5.9). Linux does what was not refused itself.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUS_CANNOT = 77 };

#define CALL(name)                \
	{                         \
#name, SYS_##name \
	}

static const struct {
	const char *name;
	int number;
} calls[] = {
    CALL(openat), CALL(read),      CALL(pread64),    CALL(write),  CALL(close),
    CALL(mmap),   CALL(brk),       CALL(newfstatat), CALL(lseek),  CALL(fcntl),
    CALL(fchmod), CALL(clone),     CALL(clone3),     CALL(pipe2),  CALL(memfd_create),
    CALL(wait4),  CALL(ftruncate), CALL(getdents64), CALL(munmap), CALL(mprotect),
#ifdef SYS_rename
    CALL(rename), CALL(readlink),  CALL(poll),       CALL(dup2),   CALL(access),
#endif
};

static int number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].number;
	return -1;
}

/* Has the calling process and its children ask before that call. Returns the listener, or -1. */
static int listen_to(int number)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(*code), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

/* In the child. *at tells the parent which file is the listener: no call may be needed for that. */
static void run(int number, volatile int *at, char **argv)
{
	int listener = listen_to(number);

	if (listener < 0) {
		*at = -1;
		_exit(STATUS_CANNOT);
	}
	*at = listener;
	while (*at) /* until the parent has it, too */
		sched_yield();
	execv(argv[0], argv);
	_exit(STATUS_CANNOT);
}

/* The listener of the child, as a file of this process. */
static int take_listener(pid_t child, volatile int *at)
{
	int pid_fd, fd = -1;

	while (!*at)
		sched_yield();
	pid_fd = (int)syscall(SYS_pidfd_open, child, 0);
	if (*at > 0)
		fd = (int)syscall(SYS_pidfd_getfd, pid_fd, *at, 0);
	close(pid_fd);
	*at = 0;
	return fd;
}

/* Answers until nobody is left who could ask. Returns how many asked. */
static long answer(int fd, int error, long nth, int from)
{
	struct pollfd asks = {.fd = fd, .events = POLLIN};
	long n = 0;

	for (;;) {
		struct seccomp_notif question = {0};
		struct seccomp_notif_resp reply = {0};

		if (poll(&asks, 1, -1) < 0 || !(asks.revents & POLLIN))
			return n;
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &question) < 0)
			continue;
		n++;
		reply.id = question.id;
		if (nth && (n == nth || (from && n > nth)))
			reply.error = -error;
		else
			reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &reply);
	}
}

int main(int argc, char **argv)
{
	volatile int *at =
	    mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int number = argc > 5 ? number_of(argv[1]) : -1, fd, status;
	FILE *count;
	pid_t child;
	long n;

	if (number < 0 || at == MAP_FAILED)
		return STATUS_CANNOT;
	child = fork();
	if (child == 0)
		run(number, at, argv + 5);
	fd = child < 0 ? -1 : take_listener(child, at);
	if (fd < 0)
		return STATUS_CANNOT;
	n = answer(fd, atoi(argv[2]), atol(argv[3]), strchr(argv[3], '+') != NULL);
	count = fopen(argv[4], "w");
	if (count) {
		fprintf(count, "%ld\n", n);
		fclose(count);
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
