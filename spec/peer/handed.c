/*
 * handed: what libbpf hands to the kernel of BPF objects, and what the kernel makes of it.
 *
 * usage: handed OBJ...          each program alone, loaded into the running kernel
 *        handed -t BTF OBJ...   all programs of an object, relocated against BTF; no kernel is
 * asked
 *
 * libbpf makes its system calls by syscall(3), which is our own here: it sees the instructions that
 * are to be loaded, whether the kernel takes them or not. With -t it answers in place of the
 * kernel, which takes everything.
 *
 * Only sizes of maps change: max_entries 0 becomes 1, what needs much memory is made small. Writes
 * to stdout, fields separated by tabs, "-" for what there is not:
 *   object, program ("-" with -t)
 *   errno     of opening or loading; 0
 *   stage     how far it came: open; maps (and externs: before relocations); relocate, where CO-RE
 *             refused; load
 *   insns     a digest of the instructions that libbpf made, of all programs that it loads
 *   handed    a digest of what it handed to the kernel: instructions, functions and lines
 *   xlated    a digest of the kernel's own instructions
 * In all of them numbers that differ from one load to the next are left out: of maps, of their file
 * descriptors, and addresses.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 30, MUCH = 1 << 20, NAME_SIZE = 16 };
enum { CGRP_STORAGE = 32 }; /* of linux/bpf.h since 6.2 */

static struct bpf_object *object;
static const char *custom; /* BTF of -t */
static __u64 handed;
static bool core_failed, met_program;

/* FNV-1a. */
static __u64 digest(__u64 d, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++)
		d = (d ^ at[i]) * 0x100000001b3ull;
	return d;
}

static const __u64 EMPTY = 0xcbf29ce484222325ull;

static __u64 digest_insns(__u64 d, const struct bpf_insn *insns, size_t count, bool is_kernels)
{
	for (size_t i = 0; i < count; i++) {
		struct bpf_insn in = insns[i];
		bool wide = in.code == (BPF_LD | BPF_IMM | BPF_DW);

		/* A map, a variable, a function: the second half is an offset, or of an address. */
		if (wide && in.src_reg)
			in.imm = 0;
		if (is_kernels && in.code == (BPF_JMP | BPF_CALL))
			in.imm = in.src_reg ? 0 : in.imm;
		d = digest(d, &in, sizeof(in));
		if (wide && i + 1 < count) {
			in = insns[++i];
			if (is_kernels)
				in.imm = 0;
			d = digest(d, &in, sizeof(in));
		}
	}
	return d;
}

/* libbpf loads programs of its own, too, to learn what the kernel can do. */
static bool is_ours(const char *name)
{
	struct bpf_program *p;

	bpf_object__for_each_program(
	    p, object) if (bpf_program__autoload(p) &&
			   strncmp(name, bpf_program__name(p), NAME_SIZE - 1) == 0) return true;
	return false;
}

/* What is refused is handed over again, for its log. */
static void take(const union bpf_attr *attr)
{
	static __u64 last;
	__u64 d = EMPTY;

	if (!object || !is_ours(attr->prog_name))
		return;
	d = digest_insns(d, (const void *)(unsigned long)attr->insns, attr->insn_cnt, false);
	d = digest(d, (const void *)(unsigned long)attr->func_info,
		   (size_t)attr->func_info_cnt * attr->func_info_rec_size);
	d = digest(d, (const void *)(unsigned long)attr->line_info,
		   (size_t)attr->line_info_cnt * attr->line_info_rec_size);
	d = digest(d, &attr->prog_type, sizeof(attr->prog_type));
	if (d != last)
		handed = digest(handed ? handed : EMPTY, &d, sizeof(d));
	last = d;
}

/* A kernel without modules that takes everything. */
static long answer(int command)
{
	switch (command) {
	case BPF_PROG_LOAD:
	case BPF_MAP_CREATE:
	case BPF_BTF_LOAD:
	case BPF_LINK_CREATE: return open("/dev/null", O_RDONLY | O_CLOEXEC);
	case BPF_BTF_GET_NEXT_ID: errno = ENOENT; return -1;
	default: return 0;
	}
}

long syscall(long number, ...)
{
	static long (*real)(long, ...);
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	if (number == SYS_bpf && a[0] == BPF_PROG_LOAD)
		take((const union bpf_attr *)a[1]);
	if (number == SYS_bpf && custom)
		return answer((int)a[0]);
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int listen(enum libbpf_print_level level, const char *format, va_list args)
{
	char text[4096];

	if (level == LIBBPF_WARN) {
		vsnprintf(text, sizeof(text), format, args);
		met_program |= strstr(text, "prog '") != NULL;
		core_failed |= strstr(text, "relo #") && strstr(text, "failed to");
	}
	return 0;
}

/* Kernels refuse another max_entries than 0. */
static bool has_no_entries(enum bpf_map_type type)
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
		bool ring = bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF;

		if (bpf_map__is_internal(map))
			continue;
		if (bpf_map__type(map) == BPF_MAP_TYPE_STACK_TRACE && !bpf_map__value_size(map))
			bpf_map__set_value_size(map, 8 * sizeof(__u64));
		if (entries == 0 && !has_no_entries(bpf_map__type(map)))
			bpf_map__set_max_entries(map, 1);
		else if (entries > MUCH / each && !ring)
			bpf_map__set_max_entries(map, (__u32)(MUCH / each) | 1);
	}
}

static __u64 digest_xlated(const struct bpf_program *p)
{
	static struct bpf_insn insns[1 << 17];
	struct bpf_prog_info info = {.xlated_prog_insns = (__u64)(unsigned long)insns,
				     .xlated_prog_len = sizeof(insns)};
	__u32 size = sizeof(info);

	if (bpf_program__fd(p) < 0 || bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &size) < 0)
		return 0;
	return digest_insns(EMPTY, insns, info.xlated_prog_len / sizeof(*insns), true);
}

static void print_digest(__u64 d)
{
	if (d)
		printf("\t%016llx", (unsigned long long)d);
	else
		printf("\t-");
}

/* name NULL: all programs. */
static void try_object(const char *path, const char *name)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = custom);
	struct bpf_object *o = bpf_object__open_file(path, &opts);
	struct bpf_program *p, *meant = NULL;
	const char *stage = "load";
	__u64 insns = EMPTY;
	int error;

	if (!o) {
		printf("%s\t%s\t%d\topen\t-\t-\t-\n", path, name ? name : "-", errno);
		return;
	}
	bpf_object__for_each_program(p, o)
	{
		bool is = name && strcmp(bpf_program__name(p), name) == 0;

		meant = is ? p : meant;
		bpf_program__set_autoload(p, !name || is);
	}
	set_sizes(o);
	object = o;
	error = -bpf_object__load(o);
	bpf_object__for_each_program(p, o) if (!name || p == meant) insns =
	    digest_insns(insns, bpf_program__insns(p), bpf_program__insn_cnt(p), false);
	if (error && !met_program)
		stage = "maps";
	else if (core_failed)
		stage = "relocate";
	printf("%s\t%s\t%d\t%s", path, name ? name : "-", error, stage);
	print_digest(strcmp(stage, "load") == 0 ? insns : 0);
	print_digest(handed);
	print_digest(meant && !error && !custom ? digest_xlated(meant) : 0);
	putchar('\n');
	bpf_object__close(o);
}

/* In a process of its own: a kernel that takes too long is left to itself. */
static void apart(const char *path, const char *name)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		alarm(SECONDS);
		try_object(path, name);
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		printf("%s\t%s\t-\tlost\t-\t-\t-\n", path, name ? name : "-");
}

static void try_programs(const char *path)
{
	struct bpf_object *o = bpf_object__open_file(path, NULL);
	struct bpf_program *p;

	if (!o)
		printf("%s\t-\t%d\topen\t-\t-\t-\n", path, errno);
	else
		bpf_object__for_each_program(p, o) apart(path, bpf_program__name(p));
	bpf_object__close(o);
}

int main(int argc, char **argv)
{
	int first = 1;

	if (argc > 2 && strcmp(argv[1], "-t") == 0) {
		custom = argv[2];
		first = 3;
	}
	if (argc <= first) {
		fprintf(stderr, "usage: handed OBJ... | handed -t BTF OBJ...\n");
		return 2;
	}
	libbpf_set_print(listen);
	for (int i = first; i < argc; i++) {
		if (custom)
			apart(argv[i], NULL);
		else
			try_programs(argv[i]);
	}
	return 0;
}
