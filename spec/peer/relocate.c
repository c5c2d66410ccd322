/*
 * relocate: what the system's libbpf makes of the CO-RE relocations of an object.
 *
 * usage: relocate OBJ [BTF]      relocates against BTF, loading nothing into the kernel
 *        relocate -b OBJ BTF     the same of many: each line of stdin has an object and a BTF, with
 * a tab between them; OBJ and BTF are sound, and come first relocate -l OBJ         loads against
 * the running kernel and reads the programs back
 *
 * Only libbpf's public API is used. Writes to stdout, fields separated by tabs:
 *   prog  SECTION NAME HEX       the instructions of a program after relocation, its subprograms
 *                                appended
 *   xlated SECTION NAME HEX      (-l) the instructions as the kernel gives them back
 *   log   TEXT                   libbpf's messages, one line each (-b: those of failures)
 *   end   ERROR                  0, or the errno with which opening or loading ended
 *   case  STATUS                 (-b) 0, or the signal that ended the process that each line gets
 * libbpf hands a program to its section's handler once all programs are relocated and before the
 * first one is loaded: our handler prints them all there, and then refuses.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 10 };

static struct bpf_object *object;
static int printed;
static bool brief; /* of libbpf's messages, those that tell of a failure */

static void print_hex(const char *what, const struct bpf_program *p, const void *insns, size_t len)
{
	const unsigned char *byte = insns;

	printf("%s\t%s\t%s\t", what, bpf_program__section_name(p), bpf_program__name(p));
	for (size_t i = 0; i < len; i++)
		printf("%02x", byte[i]);
	putchar('\n');
}

static void print_all(void)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, object) print_hex(
	    "prog", p, bpf_program__insns(p), bpf_program__insn_cnt(p) * sizeof(struct bpf_insn));
	printed = 1;
}

static int refuse(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	(void)prog;
	(void)opts;
	(void)cookie;
	print_all();
	return -ECANCELED;
}

/* A message may hold several lines, or be a part of one: it is printed line by line. */
static int log_line(enum libbpf_print_level level, const char *format, va_list args)
{
	static char text[8192];
	char *line = text;

	(void)level;
	vsnprintf(text, sizeof(text), format, args);
	if (brief && !strstr(text, "failed"))
		return 0;
	for (char *end; (end = strchr(line, '\n')); line = end + 1)
		printf("log\t%.*s\n", (int)(end - line), line);
	if (*line)
		printf("log\t%s\n", line);
	return 0;
}

/* Takes over the sections that our material uses, and any that libbpf does not know. */
static int take_sections(void)
{
	static const char *const taken[] = {"raw_tp+",     "raw_tracepoint+", "tp_btf+", "tp+",
					    "tracepoint+", "kprobe+",         "socket+", NULL};
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = refuse);

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (libbpf_register_prog_handler(taken[i], BPF_PROG_TYPE_SOCKET_FILTER, 0, &opts) <
		    0)
			return -1;
	return 0;
}

static int print_xlated(const struct bpf_program *p)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info), len;
	int fd = bpf_program__fd(p), err;
	void *insns;

	if (fd < 0)
		return 0;
	err = bpf_obj_get_info_by_fd(fd, &info, &size);
	if (err || !info.xlated_prog_len)
		return err;
	len = info.xlated_prog_len;
	insns = malloc(len);
	if (!insns)
		return -ENOMEM;
	memset(&info, 0, sizeof(info));
	info.xlated_prog_insns = (__u64)(unsigned long)insns;
	info.xlated_prog_len = len;
	size = sizeof(info);
	err = bpf_obj_get_info_by_fd(fd, &info, &size);
	if (!err)
		print_hex("xlated", p, insns, info.xlated_prog_len);
	free(insns);
	return err;
}

static int load(void)
{
	struct bpf_program *p;
	int err = bpf_object__load(object);

	if (err)
		return err;
	print_all();
	bpf_object__for_each_program(p, object)
	{
		err = print_xlated(p);
		if (err)
			return err;
	}
	return 0;
}

static void run(const char *path, const char *btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = btf);
	int err;

	printed = 0;
	object = bpf_object__open_file(path, &opts);
	err = object ? load() : -errno;
	printf("end\t%d\n", printed && err == -ECANCELED ? 0 : -err);
	bpf_object__close(object);
	fflush(stdout);
}

/* What the kernel can do libbpf has asked by now, so that no process asks again. */
static int run_many(void)
{
	char line[2 * 4096];

	brief = true;
	while (fgets(line, sizeof(line), stdin)) {
		char *tab = strchr(line, '\t');
		int status;
		pid_t pid;

		if (!tab)
			return 2;
		*tab = '\0';
		tab[1 + strcspn(tab + 1, "\n")] = '\0';
		pid = fork();
		if (pid < 0)
			return 2;
		if (pid == 0) {
			alarm(SECONDS);
			run(line, tab + 1);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		printf("case\t%d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
		fflush(stdout);
	}
	return 0;
}

int main(int argc, char **argv)
{
	int for_real = argc > 1 && !strcmp(argv[1], "-l");
	int many = argc > 1 && !strcmp(argv[1], "-b"), first = 1 + (for_real || many);

	if (argc <= first || argc > (for_real ? 3 : first + 2) || (many && argc != 4)) {
		fprintf(stderr, "usage: relocate OBJ [BTF] | -b OBJ BTF | -l OBJ\n");
		return 2;
	}
	libbpf_set_print(log_line);
	if (!for_real && take_sections()) {
		fprintf(stderr, "relocate: libbpf takes no handler\n");
		return 2;
	}
	run(argv[first], for_real || argc == first + 1 ? NULL : argv[first + 1]);
	return many ? run_many() : 0;
}
