/*
 * load: what the running kernel makes of each program of some objects, loaded alone.
 *
 * usage: load [-a] OBJ...    every program of these
 *        load [-a] -         lines of stdin: a path, or a path, a tab and the program that is meant
 *
 * Each program is loaded through libbpf's public API, in a process of its own, with the others of
 * its object left out. Of maps only sizes change: max_entries 0 becomes 1, what needs much memory
 * is made small; none is pinned. With -a what loads is attached, too, if it only looks on, and let
 * go at once.
 *
 * Writes to stdout, fields separated by tabs, "-" for what there is not:
 *   object, program, section
 *   outcome     loads; no; open (libbpf refuses the object: one row, without a program);
 *               lost (the process came to an end, or was ended after a while)
 *   errno       of opening or loading
 *   supported   yes or no: whether the kernel has the type of the map that could not be created,
 *               else of the program; "-" when libbpf cannot tell
 *   poison      the instruction with a failed relocation that was reached, counted from the
 *               program's start with its subprograms behind it
 *   attaches    yes, or the errno
 *   said        libbpf's warnings, each followed by a newline, which is written as \n
 *   log         the end of the verifier's log, likewise
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOG_SIZE = 16 << 20, SAID_SIZE = 1 << 16, LOG_END = 3000, SECONDS = 30, MUCH = 1 << 20 };
enum { CGRP_STORAGE = 32 }; /* of linux/bpf.h since 6.2 */

static char *log_text, said[SAID_SIZE];
static size_t said_len;
static int attaching;

static int collect(enum libbpf_print_level level, const char *format, va_list args)
{
	int len;

	if (level != LIBBPF_WARN)
		return 0;
	len = vsnprintf(said + said_len, sizeof(said) - said_len, format, args);
	if (len > 0)
		said_len += (size_t)len;
	if (said_len >= sizeof(said))
		said_len = sizeof(said) - 1;
	return len;
}

static void print_text(const char *text)
{
	printf("\t%s", *text ? "" : "-");
	for (; *text; text++) {
		if (*text == '\n')
			printf("\\n");
		else
			putchar((unsigned char)*text < ' ' ? ' ' : *text);
	}
}

/* From the start of a line. */
static const char *end_of_log(void)
{
	size_t len = strlen(log_text);
	const char *line;

	if (len <= LOG_END)
		return log_text;
	line = strchr(log_text + len - LOG_END, '\n');
	return line ? line + 1 : log_text + len - LOG_END;
}

/* The last instruction in the log is the one refused: "12: (85) call unknown#195896080", or as
 * libbpf writes it over. */
static int refused_at(void)
{
	char *poison = strstr(log_text, "195896080"), *line;

	if (!poison)
		poison = strstr(log_text, "<invalid CO-RE relocation>");
	if (!poison)
		return -1;
	for (line = poison; line > log_text && line[-1] != '\n'; line--)
		;
	return atoi(line);
}

static int looks_on(const struct bpf_program *p)
{
	switch (bpf_program__type(p)) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT: return 1;
	case BPF_PROG_TYPE_TRACING:
		return bpf_program__expected_attach_type(p) == BPF_TRACE_RAW_TP ||
		       bpf_program__expected_attach_type(p) == BPF_TRACE_FENTRY ||
		       bpf_program__expected_attach_type(p) == BPF_TRACE_FEXIT;
	default: return 0;
	}
}

static void print_attaches(const struct bpf_program *p)
{
	struct bpf_link *link;

	if (!attaching || !looks_on(p)) {
		printf("\t-");
		return;
	}
	link = bpf_program__attach(p);
	if (link)
		printf("\tyes");
	else
		printf("\t%d", errno);
	bpf_link__destroy(link);
}

static struct bpf_map *failed_map(struct bpf_object *o)
{
	const char *failed = strstr(said, "failed to create"), *name;
	struct bpf_map *map;

	for (name = failed; name && name > said && name[-1] != '\n'; name--)
		;
	name = name ? strstr(name, "map '") : NULL;
	if (!name)
		return NULL;
	name += strlen("map '");
	bpf_object__for_each_map(map, o)
	{
		size_t len = strlen(bpf_map__name(map));

		if (strncmp(bpf_map__name(map), name, len) == 0 && name[len] == '\'')
			return map;
	}
	return NULL;
}

/* libbpf asks for these with a target to attach to, which may be refused for itself. */
static int probes_target(enum bpf_prog_type type)
{
	return type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_LSM ||
	       type == BPF_PROG_TYPE_EXT || type == BPF_PROG_TYPE_STRUCT_OPS;
}

static void print_supported(struct bpf_object *o, const struct bpf_program *p)
{
	struct bpf_map *map = failed_map(o);
	int is = -1;

	if (map)
		is = libbpf_probe_bpf_map_type(bpf_map__type(map), NULL);
	else if (!probes_target(bpf_program__type(p)))
		is = libbpf_probe_bpf_prog_type(bpf_program__type(p), NULL);
	printf("\t%s", is < 0 ? "-" : is ? "yes" : "no");
}

/* Their max_entries is a size in bytes. */
static int is_ring(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_USER_RINGBUF;
}

/* Kernels refuse another max_entries than 0. */
static int has_no_entries(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_CGROUP_STORAGE || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE ||
	       type == BPF_MAP_TYPE_SK_STORAGE || type == BPF_MAP_TYPE_INODE_STORAGE ||
	       type == BPF_MAP_TYPE_TASK_STORAGE || (int)type == CGRP_STORAGE;
}

static void set_sizes(struct bpf_object *o)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, o)
	{
		size_t each = 64 + bpf_map__key_size(map) + bpf_map__value_size(map);
		__u32 entries = bpf_map__max_entries(map);

		/* What another program has left there would take its place. */
		bpf_map__set_pin_path(map, NULL);
		if (bpf_map__is_internal(map))
			continue;
		if (entries == 0 && !has_no_entries(bpf_map__type(map)))
			bpf_map__set_max_entries(map, 1);
		else if (entries > MUCH && is_ring(bpf_map__type(map)))
			bpf_map__set_max_entries(map, (__u32)getpagesize());
		else if (entries > MUCH / each && !is_ring(bpf_map__type(map)))
			bpf_map__set_max_entries(map, (__u32)(MUCH / each) | 1);
	}
}

static void refuse_object(const char *path, int error)
{
	printf("%s\t-\t-\topen\t%d\t-\t-\t-", path, error);
	print_text(said);
	printf("\t-\n");
}

static void try_program(const char *path, const char *name)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .kernel_log_buf = log_text,
		    .kernel_log_size = LOG_SIZE);
	struct bpf_object *o = bpf_object__open_file(path, &opts);
	struct bpf_program *p, *meant = NULL;
	int error, at = -1;

	if (!o) {
		refuse_object(path, errno);
		return;
	}
	bpf_object__for_each_program(p, o)
	{
		if (strcmp(bpf_program__name(p), name) == 0)
			meant = p;
		bpf_program__set_autoload(p, meant == p);
	}
	if (!meant) {
		snprintf(said, sizeof(said), "no program '%s'\n", name);
		refuse_object(path, ENOENT);
		bpf_object__close(o);
		return;
	}
	set_sizes(o);
	error = -bpf_object__load(o);
	printf("%s\t%s\t%s\t%s\t%d", path, name, bpf_program__section_name(meant),
	       error ? "no" : "loads", error);
	if (error) {
		at = refused_at();
		print_supported(o, meant);
	} else {
		printf("\t-");
	}
	if (at < 0)
		printf("\t-");
	else
		printf("\t%d", at);
	if (error)
		printf("\t-");
	else
		print_attaches(meant);
	print_text(said);
	print_text(error ? end_of_log() : "");
	putchar('\n');
	bpf_object__close(o);
}

/* A kernel that takes too long is left to itself: the signal ends its verifier, too. */
static void apart(const char *path, const char *name)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(SECONDS);
		log_text = calloc(1, LOG_SIZE);
		if (!log_text)
			_exit(1);
		try_program(path, name);
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		printf("%s\t%s\t-\tlost\t%d\t-\t-\t-\t-\t-\n", path, name,
		       WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

static void try_all(const char *path)
{
	struct bpf_object *o = bpf_object__open_file(path, NULL);
	struct bpf_program *p;

	if (!o) {
		refuse_object(path, errno);
	} else {
		said_len = 0;
		said[0] = '\0';
		bpf_object__for_each_program(p, o) apart(path, bpf_program__name(p));
	}
	bpf_object__close(o);
	said_len = 0;
	said[0] = '\0';
}

static void try_lines(void)
{
	static char line[8192];

	while (fgets(line, sizeof(line), stdin)) {
		char *name = strchr(line, '\t');

		line[strcspn(line, "\n")] = '\0';
		if (name)
			*name++ = '\0';
		if (name)
			apart(line, name);
		else
			try_all(line);
	}
}

/* libbpf looks up tracepoints there; nobody else sees it. */
static void mount_tracefs(void)
{
	if (access("/sys/kernel/tracing/events", F_OK) == 0 || unshare(CLONE_NEWNS) < 0)
		return;
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
}

int main(int argc, char **argv)
{
	int first = 1;

	if (argc > first && strcmp(argv[first], "-a") == 0) {
		attaching = 1;
		mount_tracefs();
		first++;
	}
	if (argc <= first) {
		fprintf(stderr, "usage: load [-a] OBJ... | load [-a] -\n");
		return 2;
	}
	libbpf_set_print(collect);
	if (strcmp(argv[first], "-") == 0) {
		try_lines();
		return 0;
	}
	for (int i = first; i < argc; i++)
		try_all(argv[i]);
	return 0;
}
