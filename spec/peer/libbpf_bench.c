/*
 * libbpf_bench: what the system's libbpf takes, to measure btfl against; its public API only.
 *
 * usage: libbpf_bench open BTF RUNS      least time of btf__parse() and a first look-up by name
 *        libbpf_bench pairs BTF OBJ...   CPU time of relocating each object, in one process
 *
 * Writes milliseconds. libbpf has no way to give several objects one parsed BTF, so `pairs` also
 * parses it after each object, and writes the mean of that behind the total, to be subtracted for
 * all objects but one.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double open_once(const char *path)
{
	double start = now(CLOCK_PROCESS_CPUTIME_ID), took;
	struct btf *b = btf__parse(path, NULL);

	if (!b)
		exit(1);
	btf__find_by_name_kind(b, "task_struct", BTF_KIND_STRUCT);
	took = now(CLOCK_PROCESS_CPUTIME_ID) - start;
	btf__free(b);
	return took;
}

static double least_open(const char *path, int runs)
{
	double least = open_once(path);

	for (int i = 1; i < runs; i++) {
		double took = open_once(path);

		least = took < least ? took : least;
	}
	return least;
}

/* Called once all programs are relocated, before any is loaded; that is all that is wanted. */
static int refuse(struct bpf_program *p, struct bpf_prog_load_opts *opts, long cookie)
{
	(void)p;
	(void)opts;
	(void)cookie;
	return -1;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void relocate(const char *path, const char *btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = btf);
	struct bpf_object *o = bpf_object__open_file(path, &opts);

	if (!o)
		return;
	bpf_object__load(o);
	bpf_object__close(o);
}

static void take_sections(void)
{
	static const char *const taken[] = {
	    NULL,        "kprobe+",    "kretprobe+",  "fentry+",        "fexit+",
	    "fmod_ret+", "tp+",        "tracepoint+", "raw_tp+",        "tp_btf+",
	    "uprobe+",   "uretprobe+", "usdt+",       "perf_event",     "lsm+",
	    "iter+",     "socket+",    "xdp+",        "raw_tracepoint+"};
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = refuse);

	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		libbpf_register_prog_handler(taken[i], BPF_PROG_TYPE_SOCKET_FILTER, 0, &opts);
}

int main(int argc, char **argv)
{
	double total = 0, parsing = 0;

	libbpf_set_print(quiet);
	if (argc == 4 && strcmp(argv[1], "open") == 0) {
		printf("%.3f\n", least_open(argv[2], atoi(argv[3])));
		return 0;
	}
	if (argc < 4 || strcmp(argv[1], "pairs") != 0) {
		fprintf(stderr, "usage: libbpf_bench open BTF RUNS | pairs BTF OBJ...\n");
		return 2;
	}
	take_sections();
	for (int i = 3; i < argc; i++) {
		double start = now(CLOCK_PROCESS_CPUTIME_ID);

		relocate(argv[i], argv[2]);
		total += now(CLOCK_PROCESS_CPUTIME_ID) - start;
		parsing += open_once(argv[2]);
	}
	printf("%.3f\t%.3f\n", total, parsing / (argc - 3));
	return 0;
}
