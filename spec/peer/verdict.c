/*
 * verdict: what the running kernel says of each program of an object that has failed relocations.
 *
 * usage: verdict OBJ
 *
 * Each program is loaded alone, through libbpf's public API. Writes to stdout, fields separated by
 * tabs: the program's name; "loads", "rejected" (a poisoned instruction was reached) or "other"
 * (refused for another reason); and the first poisoned instruction reached, counted from the
 * program's start with its subprograms behind it, or -1.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_SIZE = 16 << 20 };

static char *log_text;

static int no_print(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
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

static void try_program(const char *path, const char *name)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .kernel_log_buf = log_text,
		    .kernel_log_size = LOG_SIZE, .kernel_log_level = 1);
	struct bpf_object *o = bpf_object__open_file(path, &opts);
	struct bpf_program *p;
	const char *said = "loads";
	int at = -1;

	if (!o) {
		printf("%s\tother\t-1\n", name);
		return;
	}
	bpf_object__for_each_program(p, o)
	{
		bpf_program__set_autoload(p, strcmp(bpf_program__name(p), name) == 0);
	}
	log_text[0] = '\0';
	if (bpf_object__load(o)) {
		at = refused_at();
		said = at < 0 ? "other" : "rejected";
	}
	printf("%s\t%s\t%d\n", name, said, at);
	if (getenv("VERDICT_LOG"))
		fprintf(stderr, "%s\n", log_text);
	bpf_object__close(o);
}

int main(int argc, char **argv)
{
	struct bpf_object *o;
	struct bpf_program *p;

	if (argc != 2) {
		fprintf(stderr, "usage: verdict OBJ\n");
		return 2;
	}
	log_text = calloc(1, LOG_SIZE);
	libbpf_set_print(no_print);
	o = log_text ? bpf_object__open_file(argv[1], NULL) : NULL;
	if (!o) {
		fprintf(stderr, "verdict: %s: %s\n", argv[1], strerror(errno));
		return 2;
	}
	bpf_object__for_each_program(p, o) try_program(argv[1], bpf_program__name(p));
	bpf_object__close(o);
	free(log_text);
	return 0;
}
