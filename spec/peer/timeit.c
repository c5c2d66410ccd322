/*
 * timeit: runs commands in turn, several times over, and tells what each took.
 *
 * usage: timeit RUNS COMMAND [ARG...] [--then COMMAND [ARG...]]...
 *
 * A round runs every command once, so that whatever else the machine does falls on all of them
 * alike; the first round does not count. Their output goes to /dev/null. Writes a line for each
 * command, fields separated by tabs: least and median wall time, median CPU time (ms), peak memory
 * (KiB), and the status with which it last ended.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 64

struct command {
	char **argv;
	double wall[1024], cpu[1024];
	long peak;
	int status;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void run(struct command *c, int round)
{
	double start = now();
	struct rusage use;
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execvp(c->argv[0], c->argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &use) < 0)
		exit(1);
	c->wall[round] = now() - start;
	c->cpu[round] = ms(use.ru_utime) + ms(use.ru_stime);
	c->peak = use.ru_maxrss > c->peak ? use.ru_maxrss : c->peak;
	c->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int ascending(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
	static struct command commands[MOST];
	int rounds = argc > 1 ? atoi(argv[1]) : 0, count = 0;

	if (rounds < 1 || rounds > 1000 || argc < 3) {
		fprintf(stderr, "usage: timeit RUNS COMMAND... [--then COMMAND...]\n");
		return 2;
	}
	commands[count++].argv = argv + 2;
	for (int i = 2; i < argc && count < MOST; i++) {
		if (strcmp(argv[i], "--then") == 0) {
			argv[i] = NULL;
			commands[count++].argv = argv + i + 1;
		}
	}
	for (int round = -1; round < rounds; round++)
		for (int i = 0; i < count; i++)
			run(&commands[i], round < 0 ? 0 : round);
	for (int i = 0; i < count; i++) {
		struct command *c = &commands[i];

		qsort(c->wall, (size_t)rounds, sizeof(double), ascending);
		qsort(c->cpu, (size_t)rounds, sizeof(double), ascending);
		printf("%.3f\t%.3f\t%.3f\t%ld\t%d\n", c->wall[0], c->wall[rounds / 2],
		       c->cpu[rounds / 2], c->peak, c->status);
	}
	return 0;
}
