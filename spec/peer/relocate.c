/*
 * relocate: what the system's libbpf makes of the CO-RE relocations of an object.
 *
 * usage: relocate OBJ [BTF]      relocates against BTF, loading nothing into the kernel
 *        relocate -l OBJ         loads against the running kernel and reads the programs back
 *
 * Only libbpf's public API is used. Writes to stdout, fields separated by tabs:
 *   prog  SECTION NAME HEX       the instructions of a program after relocation, its subprograms
 *                                appended
 *   xlated SECTION NAME HEX      (-l) the instructions as the kernel gives them back
 *   log   TEXT                   libbpf's messages, one line each
 *   end   ERROR                  0, or the errno with which opening or loading ended
 * libbpf hands a program to its section's handler once all programs are relocated and before the
 * first one is loaded: our handler prints them all there, and then refuses.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bpf_object *object;
static int printed;

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

int main(int argc, char **argv)
{
	int for_real = argc > 1 && !strcmp(argv[1], "-l");
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	int err;

	if (argc < 2 + for_real || argc > 3) {
		fprintf(stderr, "usage: relocate OBJ [BTF] | relocate -l OBJ\n");
		return 2;
	}
	libbpf_set_print(log_line);
	if (!for_real && take_sections()) {
		fprintf(stderr, "relocate: libbpf takes no handler\n");
		return 2;
	}
	if (!for_real && argc > 2)
		opts.btf_custom_path = argv[2];
	object = bpf_object__open_file(argv[1 + for_real], &opts);
	err = object ? load() : -errno;
	printf("end\t%d\n", printed && err == -ECANCELED ? 0 : -err);
	bpf_object__close(object);
	return 0;
}
