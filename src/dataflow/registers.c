/* registers: see registers.h. */
#include "dataflow/registers.h"

#include <stdio.h>
#include <string.h>

#include "core/accessor.h"
#include "core/arch.h"

enum { ARGUMENTS_MOST = 8, ELSEWHERE = -1 };

struct registers {
	const char *arch;
	/* Bytes from the start of the context. Result ELSEWHERE: programs there are not followed.
	 */
	int16_t argument[ARGUMENTS_MOST], result;
	/* The members of those names; the second is how user space's headers name it. Of an array
	 * the name is one, and the first argument, and the result, is element `first`. */
	const char *name[ARGUMENTS_MOST][2];
	const char *result_name[2];
	int16_t first, count;
	const char *frame, *stack, *ip;
};

static const struct registers all[] = {
    {.arch = "x86",
     .argument = {112, 104, 96, 88, 72, 64, ELSEWHERE, ELSEWHERE},
     .result = 80,
     .name =
	 {{"di", "rdi"}, {"si", "rsi"}, {"dx", "rdx"}, {"cx", "rcx"}, {"r8", "r8"}, {"r9", "r9"}},
     .result_name = {"ax", "rax"},
     .first = ELSEWHERE,
     .frame = "bp",
     .stack = "sp",
     .ip = "ip"},
    {.arch = "arm64",
     .argument = {0, 8, 16, 24, 32, 40, 48, 56},
     .result = 0,
     .name = {{"regs", "regs"}},
     .first = 0,
     .count = 8,
     .frame = "regs[29]",
     .stack = "sp",
     .ip = "pc"},
    {.arch = "s390",
     .argument = {40, 48, 56, 64, 72, ELSEWHERE, ELSEWHERE, ELSEWHERE},
     .result = 40,
     .name = {{"gprs", "gprs"}},
     .first = 2,
     .count = 5,
     .frame = "gprs[11]",
     .stack = "gprs[15]",
     .ip = "psw.addr"},
    {.arch = "riscv",
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
     .first = ELSEWHERE,
     .frame = "s0",
     .stack = "sp",
     .ip = "epc"},
    {.arch = "powerpc",
     .argument = {24, 32, 40, 48, 56, 64, 72, 80},
     .result = 24,
     .name = {{"gpr", "gpr"}},
     .first = 3,
     .count = 8,
     .frame = "gpr[31]",
     .stack = "gpr[1]",
     .ip = "nip"},
    {.arch = "loongarch",
     .result = ELSEWHERE,
     .name = {{"regs", "regs"}},
     .first = 4,
     .count = 8,
     .frame = "regs[22]",
     .stack = "regs[3]",
     .ip = "csr_era"},
    {.arch = "arm",
     .result = ELSEWHERE,
     .name = {{"uregs", "uregs"}},
     .first = 0,
     .count = 5,
     .frame = "uregs[11]",
     .stack = "uregs[13]",
     .ip = "uregs[15]"},
};

enum { ARCHES = sizeof(all) / sizeof(*all) };

const char *registers_own(const struct object *o)
{
	return o->btf ? arch_of_btf(o->btf) : NULL;
}

const char *registers_arch(const char *own, const struct target *t)
{
	if (t && t->btf[0]->ptr_size != 8)
		return NULL;
	return own || !t ? own : arch_of_btf(t->btf[0]);
}

unsigned registers_at(const char *arch, int64_t off, bool returns)
{
	for (size_t i = 0; i < ARCHES; i++) {
		const struct registers *r = &all[i];

		if (!arch || strcmp(r->arch, arch) != 0 || r->result == ELSEWHERE)
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

unsigned registers_named(const struct object *o, const char *own, const struct relo *r,
			 bool returns)
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
		unsigned n;

		/* Several call theirs `regs`. */
		if ((own && strcmp(all[i].arch, own) != 0) || all[i].result == ELSEWHERE)
			continue;
		n = find_named(&all[i], name, index, returns);
		if (n != REGISTER_NONE)
			return n;
	}
	return REGISTER_NONE;
}

const char *registers_known(size_t i)
{
	return i < ARCHES ? all[i].arch : NULL;
}

void registers_place(size_t i, enum register_role role, char out[REGISTER_PLACE_MAX])
{
	const struct registers *r = &all[i];
	const char *place = role == ROLE_FRAME ? r->frame : role == ROLE_STACK ? r->stack : r->ip;

	if (role >= ROLE_FRAME)
		snprintf(out, REGISTER_PLACE_MAX, "%s", place);
	else if (r->first >= 0 && role != ROLE_RESULT && (int)role >= r->count)
		*out = '\0';
	else if (r->first >= 0)
		snprintf(out, REGISTER_PLACE_MAX, "%s[%d]", r->name[0][0],
			 r->first + (role == ROLE_RESULT ? 0 : (int)role));
	else
		snprintf(out, REGISTER_PLACE_MAX, "%s",
			 role == ROLE_RESULT ? r->result_name[0] : r->name[role][0]);
}
