/*
 * libbpf_bench: what the system's libbpf takes, to measure btfl against; its public API only.
 *
 * usage: libbpf_bench open BTF RUNS      least time of btf__parse() and a first look-up by name
 *        libbpf_bench walk BTF           every type and every member's name is looked at
 *        libbpf_bench pairs BTF OBJ...   CPU time of relocating each object, in one process
 *
 * Writes milliseconds. Loading an object also probes the kernel and makes maps: `pairs` loads each
 * object a second time without its relocations, and writes the difference. libbpf has no way to
 * give several objects one parsed BTF, so it also parses it after each object, and writes the mean
 * of that behind, to be subtracted for all objects but one.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <gelf.h>
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

struct bytes {
	char *at;
	size_t len;
};

static struct bytes read_file(const char *path)
{
	struct bytes b = {0};
	FILE *f = fopen(path, "rb");
	long len;

	if (!f || fseek(f, 0, SEEK_END) || (len = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) ||
	    !(b.at = malloc((size_t)len + 1)) || fread(b.at, 1, (size_t)len, f) != (size_t)len)
		exit(1);
	b.len = (size_t)len;
	fclose(f);
	return b;
}

/* Lets .BTF.ext say that there are no relocations. */
static void drop_relocations(struct bytes *object)
{
	Elf *elf = elf_memory(object->at, object->len);
	Elf_Scn *section = NULL;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names) < 0)
		exit(1);
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr head;
		const char *name;

		if (!gelf_getshdr(section, &head))
			exit(1);
		name = elf_strptr(elf, names, head.sh_name);
		if (name && strcmp(name, ".BTF.ext") == 0 && head.sh_size >= 32)
			memset(object->at + head.sh_offset + 28, 0, 4);
	}
	elf_end(elf);
}

static double load(const struct bytes *object, const char *btf)
{
	double start = now(CLOCK_PROCESS_CPUTIME_ID);
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = btf, .object_name = "bench");
	struct bpf_object *o = bpf_object__open_mem(object->at, object->len, &opts);

	if (o)
		bpf_object__load(o);
	bpf_object__close(o);
	return now(CLOCK_PROCESS_CPUTIME_ID) - start;
}

/* What its relocations take, the kernel's BTF included. */
static double relocate(const char *path, const char *btf)
{
	struct bytes object = read_file(path);
	double with = load(&object, btf), without;

	drop_relocations(&object);
	without = load(&object, btf);
	free(object.at);
	return with - without;
}

static void walk(const char *path)
{
	struct btf *b = btf__parse(path, NULL);
	size_t names = 0;

	if (!b)
		exit(1);
	for (__u32 id = 1; id < btf__type_cnt(b); id++) {
		const struct btf_type *t = btf__type_by_id(b, id);

		names += *btf__name_by_offset(b, t->name_off) != '\0';
		for (int i = 0; btf_is_composite(t) && i < btf_vlen(t); i++)
			names += *btf__name_by_offset(b, btf_members(t)[i].name_off) != '\0';
	}
	printf("%zu\n", names);
	btf__free(b);
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
	if (argc == 3 && strcmp(argv[1], "walk") == 0) {
		walk(argv[2]);
		return 0;
	}
	if (argc < 4 || strcmp(argv[1], "pairs") != 0) {
		fprintf(stderr,
			"usage: libbpf_bench open BTF RUNS | walk BTF | pairs BTF OBJ...\n");
		return 2;
	}
	elf_version(EV_CURRENT);
	take_sections();
	for (int i = 3; i < argc; i++) {
		total += relocate(argv[i], argv[2]);
		parsing += open_once(argv[2]);
	}
	printf("%.3f\t%.3f\n", total, parsing / (argc - 3));
	return 0;
}
