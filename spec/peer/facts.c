/*
 * facts: what the system's libbpf makes of objects and of names of sections, before any kernel.
 *
 * usage: facts [OBJ] < NAMES
 *
 * With an object, writes to stdout, fields separated by tabs:
 *   prog NAME SECTION TYPE ATTACH_TYPE AUTOLOAD
 *   map NAME TYPE KEY_SIZE VALUE_SIZE MAX_ENTRIES FLAGS EXTRA NUMA_NODE AUTOCREATE
 *   inner NAME TYPE KEY_SIZE VALUE_SIZE MAX_ENTRIES FLAGS
 *   open ERRNO
 * Else, for each line of stdin: the name, its type of program, its attach type, -1 for an unknown
 * one; and a line "name SET NUMBER NAME" for each number that it has a name for.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int no_print(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void tell_map(const char *what, const struct bpf_map *m)
{
	printf("%s\t%s\t%u\t%u\t%u\t%u\t%u", what, bpf_map__name(m), bpf_map__type(m),
	       bpf_map__key_size(m), bpf_map__value_size(m), bpf_map__max_entries(m),
	       bpf_map__map_flags(m));
}

static void tell_object(const char *path)
{
	struct bpf_object *o = bpf_object__open_file(path, NULL);
	struct bpf_program *p;
	struct bpf_map *m;

	if (!o) {
		printf("open\t%d\n", errno);
		return;
	}
	bpf_object__for_each_program(p, o)
	{
		printf("prog\t%s\t%s\t%d\t%d\t%d\n", bpf_program__name(p),
		       bpf_program__section_name(p), bpf_program__type(p),
		       bpf_program__expected_attach_type(p), bpf_program__autoload(p));
	}
	bpf_object__for_each_map(m, o)
	{
		tell_map("map", m);
		printf("\t%llu\t%u\t%d\n", (unsigned long long)bpf_map__map_extra(m),
		       bpf_map__numa_node(m), bpf_map__autocreate(m));
		if (bpf_map__inner_map(m)) {
			tell_map("inner", bpf_map__inner_map(m));
			printf("\n");
		}
	}
	printf("open\t0\n");
	bpf_object__close(o);
}

static void tell_names(const char *set, const char *(*name_of)(int))
{
	for (int i = 0; i < 256; i++)
		if (name_of(i))
			printf("name\t%s\t%d\t%s\n", set, i, name_of(i));
}

static const char *prog_type(int i)
{
	return libbpf_bpf_prog_type_str((enum bpf_prog_type)i);
}

static const char *map_type(int i)
{
	return libbpf_bpf_map_type_str((enum bpf_map_type)i);
}

static const char *attach_type(int i)
{
	return libbpf_bpf_attach_type_str((enum bpf_attach_type)i);
}

static void tell_sections(void)
{
	char name[512];

	while (fgets(name, sizeof(name), stdin)) {
		enum bpf_prog_type type;
		enum bpf_attach_type attach;

		name[strcspn(name, "\n")] = '\0';
		if (libbpf_prog_type_by_name(name, &type, &attach) < 0)
			printf("section\t%s\t-1\t-1\n", name);
		else
			printf("section\t%s\t%d\t%d\n", name, type, attach);
	}
	tell_names("prog_type", prog_type);
	tell_names("map_type", map_type);
	tell_names("attach_type", attach_type);
}

int main(int argc, char **argv)
{
	libbpf_set_print(no_print);
	if (argc > 1)
		tell_object(argv[1]);
	else
		tell_sections();
	return 0;
}
