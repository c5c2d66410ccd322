/* arch: a table of architectures, their registers and what they are called; see arch.h. */
#include "core/arch.h"

enum { NAMES = 10, WORDS = 8, DEPTH = 3, MEMBERS_MOST = 4096 };

static const struct arch {
	const char *name;
	const char *registers[NAMES]; /* members that only it has in its structs of registers */
	const char *words[WORDS];     /* of uname -m, of distributions */
} arches[] = {
    {"x86",
     {"di", "si", "dx", "cx", "ax", "bp", "ip", "orig_ax", "orig_rax", "rdi"},
     {"x86_64", "amd64", "x86", "x86-64", "i386", "i586", "i686", "686"}},
    {"arm64", {"pstate", "orig_x0", "pc"}, {"arm64", "aarch64"}},
    {"arm", {"uregs"}, {"arm", "armhf", "armv7hl", "armv7l", "armel", "armv7", "armmp"}},
    {"s390", {"psw", "gprs", "orig_gpr2"}, {"s390x", "s390"}},
    {"powerpc",
     {"gpr", "nip", "ctr", "xer", "ccr", "orig_gpr3"},
     {"ppc64le", "ppc64el", "powerpc", "ppc64", "powerpc64le"}},
    {"riscv", {"epc", "ra", "gp", "tp", "t0", "a0", "a1", "orig_a0"}, {"riscv64", "riscv"}},
    {"loongarch", {"csr_era", "csr_crmd", "csr_badvaddr"}, {"loongarch64", "loong64", "loongarch"}},
    {"mips", {"cp0_epc", "cp0_status", "cp0_cause"}, {"mips", "mips64", "mips64el", "mipsel"}},
    {"sparc", {"u_regs", "tstate", "tpc"}, {"sparc", "sparc64"}},
};

enum { ARCHES = sizeof(arches) / sizeof(*arches) };

/* Members that were met: how many registers of each architecture, and the first of them. */
struct met {
	unsigned count[ARCHES];
	const char *first[ARCHES];
	unsigned members;
};

static void meet(struct met *met, const char *name)
{
	for (size_t a = 0; a < ARCHES; a++)
		for (size_t i = 0; i < NAMES && arches[a].registers[i]; i++)
			if (*arches[a].registers[i] == *name &&
			    strcmp(arches[a].registers[i], name) == 0 && met->count[a]++ == 0)
				met->first[a] = name;
}

/* Members of anonymous structs are members, too. */
static void meet_all(const struct btf *b, uint32_t id, int depth, struct met *met)
{
	struct btf_type t = btf_strip(b, id);

	for (uint32_t i = 0; btf_is_composite(&t) && i < t.vlen; i++) {
		struct btf_member m = btf_member(&t, i);

		if (++met->members > MEMBERS_MOST)
			return;
		if (*m.name)
			meet(met, m.name);
		else if (depth < DEPTH)
			meet_all(b, m.type, depth + 1, met);
	}
}

const char *arch_of_struct(const struct btf *b, uint32_t id, const char **member)
{
	struct met met = {0};
	size_t best = ARCHES, most = 0;

	meet_all(b, id, 0, &met);
	for (size_t a = 0; a < ARCHES && met.members <= MEMBERS_MOST; a++) {
		if (met.count[a] > most) {
			best = a;
			most = met.count[a];
		} else if (met.count[a] == most) {
			best = ARCHES;
		}
	}
	*member = best < ARCHES ? met.first[best] : NULL;
	return best < ARCHES ? arches[best].name : NULL;
}

const char *arch_of_btf(const struct btf *b)
{
	static const char *const structs[] = {"pt_regs", "user_pt_regs", "user_regs_struct"};

	for (size_t i = 0; i < sizeof(structs) / sizeof(*structs); i++) {
		uint32_t id = btf_find(b, structs[i], BTF_STRUCT);
		const char *member, *name = id ? arch_of_struct(b, id, &member) : NULL;

		if (name)
			return name;
	}
	return NULL;
}

const char *arch_of_word(const char *word, size_t len)
{
	for (size_t a = 0; a < ARCHES; a++)
		for (size_t i = 0; i < WORDS && arches[a].words[i]; i++)
			if (strlen(arches[a].words[i]) == len &&
			    memcmp(arches[a].words[i], word, len) == 0)
				return arches[a].name;
	return NULL;
}
