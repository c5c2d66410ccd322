/* registers: see registers.h. */
#include "dataflow/registers.h"

#include <string.h>

#include "core/accessor.h"

enum { ARGUMENTS_MOST = 8, ELSEWHERE = -1 };

struct registers {
	enum machine_arch arch;
	const char *mark;                         /* a member that only its struct has */
	int16_t argument[ARGUMENTS_MOST], result; /* bytes from the start of the context */
	/* The members of those names; the second is how user space's headers name it. Of an array
	 * the name is one, and the first argument, and the result, is element `first`. */
	const char *name[ARGUMENTS_MOST][2];
	const char *result_name[2];
	int16_t first, count;
};

static const struct registers all[] = {
    {.arch = ARCH_AMD64,
     .mark = "di",
     .argument = {112, 104, 96, 88, 72, 64, ELSEWHERE, ELSEWHERE},
     .result = 80,
     .name =
	 {{"di", "rdi"}, {"si", "rsi"}, {"dx", "rdx"}, {"cx", "rcx"}, {"r8", "r8"}, {"r9", "r9"}},
     .result_name = {"ax", "rax"},
     .first = ELSEWHERE},
    {.arch = ARCH_ARM64,
     .mark = "pstate",
     .argument = {0, 8, 16, 24, 32, 40, 48, 56},
     .result = 0,
     .name = {{"regs", "regs"}},
     .first = 0,
     .count = 8},
    {.arch = ARCH_S390X,
     .mark = "gprs",
     .argument = {40, 48, 56, 64, 72, ELSEWHERE, ELSEWHERE, ELSEWHERE},
     .result = 40,
     .name = {{"gprs", "gprs"}},
     .first = 2,
     .count = 5},
    {.arch = ARCH_RISCV,
     .mark = "a0",
     .argument = {80, 88, 96, 104, 112, 120, 128, 136},
     .result = 80,
     .name = {{"a0", "a0"},
	      {"a1", "a1"},
	      {"a2", "a2"},
	      {"a3", "a3"},
	      {"a4", "a4"},
	      {"a5", "a5"},
	      {"a6", "a6"},
	      {"a7", "a7"}},
     .result_name = {"a0", "a0"},
     .first = ELSEWHERE},
    {.arch = ARCH_PPC64,
     .mark = "gpr",
     .argument = {24, 32, 40, 48, 56, 64, 72, 80},
     .result = 24,
     .name = {{"gpr", "gpr"}},
     .first = 3,
     .count = 8},
};

enum { ARCHES = sizeof(all) / sizeof(*all) };

/* Whether a struct, or one that it embeds without a name, has a member of that name. */
static bool has_member(const struct btf *b, const struct btf_type *t, const char *name,
		       unsigned depth)
{
	for (uint32_t i = 0; i < t->vlen; i++) {
		struct btf_member m = btf_member(t, i);
		struct btf_type in = btf_strip(b, m.type);

		if (strcmp(m.name, name) == 0)
			return true;
		if (!*m.name && depth && btf_is_composite(&in) &&
		    has_member(b, &in, name, depth - 1))
			return true;
	}
	return false;
}

static enum machine_arch arch_of(const struct btf *b)
{
	static const char *const structs[] = {"pt_regs", "user_pt_regs", "user_regs_struct"};

	for (size_t s = 0; b && s < sizeof(structs) / sizeof(*structs); s++) {
		uint32_t id = btf_find(b, structs[s], BTF_STRUCT);
		struct btf_type t = btf_type(b, id);

		for (size_t i = 0; id && i < ARCHES; i++)
			if (has_member(b, &t, all[i].mark, 3) ||
			    (all[i].arch == ARCH_AMD64 && has_member(b, &t, "rdi", 0)))
				return all[i].arch;
	}
	return ARCH_UNKNOWN;
}

enum machine_arch registers_arch(const struct object *o, const struct target *t)
{
	enum machine_arch arch = arch_of(o->btf);

	return arch == ARCH_UNKNOWN && t ? arch_of(t->btf[0]) : arch;
}

unsigned registers_at(enum machine_arch arch, int64_t off, bool returns)
{
	for (size_t i = 0; i < ARCHES; i++) {
		const struct registers *r = &all[i];

		if (r->arch != arch)
			continue;
		/* Half of a register, of the first byte or not, is of the same one. */
		if (returns)
			return off / 8 * 8 == r->result ? REGISTER_RESULT : REGISTER_NONE;
		for (unsigned n = 0; n < ARGUMENTS_MOST; n++)
			if (r->argument[n] != ELSEWHERE && off / 8 * 8 == r->argument[n])
				return n + 1;
	}
	return REGISTER_NONE;
}

static bool is_named(const char *const names[2], const char *name)
{
	return names[0] && (strcmp(names[0], name) == 0 || strcmp(names[1], name) == 0);
}

static unsigned find_named(const struct registers *r, const char *name, uint32_t index,
			   bool returns)
{
	if (r->first >= 0) {
		int64_t n = (int64_t)index - r->first;

		if (!is_named(r->name[0], name) || n < 0 || n >= r->count)
			return REGISTER_NONE;
		if (returns)
			return n == 0 ? REGISTER_RESULT : REGISTER_NONE;
		return (unsigned)n + 1;
	}
	if (returns)
		return is_named(r->result_name, name) ? REGISTER_RESULT : REGISTER_NONE;
	for (unsigned n = 0; n < ARGUMENTS_MOST; n++)
		if (is_named(r->name[n], name))
			return n + 1;
	return REGISTER_NONE;
}

unsigned registers_named(const struct object *o, const struct relo *r, bool returns)
{
	struct accessor_room room;
	const struct accessor *a = &room.accessor;
	const char *name = NULL;
	uint32_t index = 0;

	if (r->kind != RELO_BYTE_OFF ||
	    accessor_parse(o->btf, r->type_id, r->access, r->kind, &room) != REASON_NONE)
		return REGISTER_NONE;
	for (uint32_t i = 1; i < a->len; i++) {
		if (a->step[i].name)
			name = a->step[i].name;
		else
			index = a->step[i].index;
	}
	for (size_t i = 0; name && i < ARCHES; i++) {
		unsigned n = find_named(&all[i], name, index, returns);

		if (n != REGISTER_NONE)
			return n;
	}
	return REGISTER_NONE;
}
