/*
 * probe: what the running kernel lets programs of each type do. Needs root.
 *
 * usage: probe helpers LAST
 *        probe licenses LAST
 *        probe context
 *        probe kfuncs [EVERY]
 *
 * For each program type, with each attach type that the verifier tells apart: loads programs of one
 * call, of each helper up to number LAST with nothing but the context in its registers, or of each
 * kernel function that vmlinux tags as one (of EVERY so many of these one), or of one access to the
 * context, of each offset and size; and reads from the verifier's log what it makes of the call,
 * not of its arguments, or of the access. Writes to stdout, fields separated by tabs: program type,
 * attach type, whether the program may sleep (0, 1); then the helper, the kernel function, or "r"
 * or "w", offset and size in bytes; then "yes" or "no", of kernel functions that only programs
 * which may sleep may call "sleeps", and of those that are not known by what is said of the type
 * "unclear". What cannot be loaded without is left out.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Not in every uapi header that this may be built with. */
enum {
	TYPE_SOCK_ADDR = 18,
	TYPE_STRUCT_OPS = 27,
	TYPE_SYSCALL = 31,
	TYPE_NETFILTER = 32,
	ATTACH_LSM_CGROUP = 43,
	ATTACH_NETFILTER = 45
};

static const struct caller {
	int type, attach;
	bool sleepable;
	const char *to; /* an attach target of vmlinux */
} callers[] = {
    {1, 0, false, NULL},
    {2, 0, false, NULL},
    {2, 0, true, NULL},
    {3, 0, false, NULL},
    {4, 0, false, NULL},
    {5, 0, false, NULL},
    {6, 0, false, NULL},
    {6, BPF_XDP_DEVMAP, false, NULL},
    {6, BPF_XDP_CPUMAP, false, NULL},
    {6, BPF_XDP, false, NULL},
    {7, 0, false, NULL},
    {8, BPF_CGROUP_INET_INGRESS, false, NULL},
    {8, BPF_CGROUP_INET_EGRESS, false, NULL},
    {9, BPF_CGROUP_INET_SOCK_CREATE, false, NULL},
    {9, BPF_CGROUP_INET_SOCK_RELEASE, false, NULL},
    {9, BPF_CGROUP_INET4_POST_BIND, false, NULL},
    {9, BPF_CGROUP_INET6_POST_BIND, false, NULL},
    {10, 0, false, NULL},
    {11, 0, false, NULL},
    {12, 0, false, NULL},
    {13, BPF_CGROUP_SOCK_OPS, false, NULL},
    {14, BPF_SK_SKB_STREAM_PARSER, false, NULL},
    {14, BPF_SK_SKB_STREAM_VERDICT, false, NULL},
    {15, BPF_CGROUP_DEVICE, false, NULL},
    {16, BPF_SK_MSG_VERDICT, false, NULL},
    {17, 0, false, NULL},
    {18, BPF_CGROUP_INET4_BIND, false, NULL},
    {18, BPF_CGROUP_INET6_BIND, false, NULL},
    {18, BPF_CGROUP_INET4_CONNECT, false, NULL},
    {18, BPF_CGROUP_INET6_CONNECT, false, NULL},
    {18, BPF_CGROUP_UDP4_SENDMSG, false, NULL},
    {18, BPF_CGROUP_UDP6_SENDMSG, false, NULL},
    {18, BPF_CGROUP_UDP4_RECVMSG, false, NULL},
    {18, BPF_CGROUP_UDP6_RECVMSG, false, NULL},
    {18, BPF_CGROUP_INET4_GETPEERNAME, false, NULL},
    {18, BPF_CGROUP_INET6_GETPEERNAME, false, NULL},
    {18, BPF_CGROUP_INET4_GETSOCKNAME, false, NULL},
    {18, BPF_CGROUP_INET6_GETSOCKNAME, false, NULL},
    {18, 49, false, NULL}, /* cgroup_unix_connect ... */
    {18, 50, false, NULL},
    {18, 51, false, NULL},
    {18, 52, false, NULL},
    {18, 53, false, NULL},
    {19, 0, false, NULL},
    {20, BPF_LIRC_MODE2, false, NULL},
    {21, BPF_SK_REUSEPORT_SELECT, false, NULL},
    {22, BPF_FLOW_DISSECTOR, false, NULL},
    {23, BPF_CGROUP_SYSCTL, false, NULL},
    {24, 0, false, NULL},
    {25, BPF_CGROUP_GETSOCKOPT, false, NULL},
    {25, BPF_CGROUP_SETSOCKOPT, false, NULL},
    {26, BPF_TRACE_RAW_TP, false, "sched_switch"},
    {26, BPF_TRACE_FENTRY, false, "security_file_open"},
    {26, BPF_TRACE_FEXIT, false, "security_file_open"},
    {26, BPF_TRACE_FENTRY, true, "__x64_sys_openat"},
    {26, BPF_MODIFY_RETURN, false, "security_file_open"},
    {26, BPF_TRACE_ITER, false, "tcp"},
    {26, BPF_TRACE_ITER, false, "task"},
    {26, BPF_TRACE_ITER, true, "task"},
    {29, BPF_LSM_MAC, false, "file_open"},
    {29, BPF_LSM_MAC, true, "file_open"},
    {29, ATTACH_LSM_CGROUP, false, "socket_bind"},
    {30, BPF_SK_LOOKUP, false, NULL},
    {TYPE_SYSCALL, 0, true, NULL},
    {TYPE_NETFILTER, ATTACH_NETFILTER, false, NULL},
};

/* More of them, which kernel functions are told apart by; of struct_ops `to` is the struct, and the
 * attach type a member's number. */
static const struct caller kfunc_callers[] = {
    {2, 42, false, NULL}, /* kprobe.multi, its session, that of uprobe.multi */
    {2, 56, false, NULL},
    {2, 57, false, NULL},
    {TYPE_STRUCT_OPS, 0, false, "tcp_congestion_ops"},
    {TYPE_STRUCT_OPS, 0, false, "sched_ext_ops"},
    {TYPE_STRUCT_OPS, 0, false, "Qdisc_ops"},
    {TYPE_STRUCT_OPS, 0, false, "hid_bpf_ops"},
    {TYPE_STRUCT_OPS, 0, false, "bpf_dummy_ops"},
};

static const char *const refusals[] = {
    "cannot use helper",
    "unknown func ",
    "might sleep",
    "sleepable helper",
    "not supported for program type",
    "supported only for fentry",
};

static const char *const gpl_only[] = {"GPL-restricted function"};

static char log_text[1 << 16];
static const char *license = "GPL";

static struct btf *vmlinux;

/* The attach target's type, 0 for none; -1 when the kernel has none. */
static int btf_id_of(const struct caller *caller)
{
	if (!caller->to)
		return 0;
	if (caller->type == TYPE_STRUCT_OPS)
		return btf__find_by_name_kind(vmlinux, caller->to, BTF_KIND_STRUCT);
	return libbpf_find_vmlinux_btf_id(caller->to, (enum bpf_attach_type)caller->attach);
}

/* Loads a program of that instruction, which may use r1, the context, and r2 to r5, zeros; without
 * it for one of zeros. Returns whether the kernel took it. */
static bool load(const struct caller *caller, int btf_id, struct bpf_insn insn)
{
	struct bpf_insn insns[8] = {{0}};
	size_t count = 0;
	int fd;
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = (enum bpf_attach_type)caller->attach,
		    .attach_btf_id = (unsigned)btf_id,
		    .prog_flags = caller->sleepable ? BPF_F_SLEEPABLE : 0, .log_buf = log_text,
		    .log_size = sizeof(log_text), .log_level = 1);

	log_text[0] = '\0';
	for (unsigned char reg = 2; reg <= 5; reg++)
		insns[count++] =
		    (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = reg & 15};
	if (insn.code)
		insns[count++] = insn;
	/* Sockets' addresses are let through by 1, where 0 is refused for some. */
	insns[count++] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K,
					   .imm = caller->type == TYPE_SOCK_ADDR};
	insns[count++] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
	fd = bpf_prog_load((enum bpf_prog_type)caller->type, NULL, license, insns, count, &opts);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* "no" for what the log of a refused call tells in one of these words. */
static void probe_helpers(const struct caller *caller, int btf_id, int last,
			  const char *const *words, size_t count)
{
	for (int helper = 1; helper <= last; helper++) {
		bool refused = false;

		if (!load(caller, btf_id,
			  (struct bpf_insn){.code = BPF_JMP | BPF_CALL, .imm = helper}))
			for (size_t i = 0; i < count; i++)
				refused |= strstr(log_text, words[i]) != NULL;
		printf("%d\t%d\t%d\t%d\t%s\n", caller->type, caller->attach, caller->sleepable,
		       helper, refused ? "no" : "yes");
	}
}

static struct bpf_insn access_to_context(bool write, short off, unsigned char size)
{
	if (write)
		return (struct bpf_insn){
		    .code = BPF_STX | BPF_MEM | size, .dst_reg = 1, .src_reg = 2, .off = off};
	return (struct bpf_insn){.code = BPF_LDX | BPF_MEM | size, .src_reg = 1, .off = off};
}

/* Accesses that are not aligned are tried at the first offsets only. */
static void probe_context(const struct caller *caller, int btf_id)
{
	static const unsigned char sizes[] = {BPF_B, BPF_H, BPF_W, BPF_DW};

	for (int i = 0; i < 2 * 256 * 4; i++) {
		bool write = i >= 256 * 4, takes;
		int off = i / 4 % 256, bytes = 1 << i % 4;

		if (off % bytes && off > 16)
			continue;
		takes = load(caller, btf_id, access_to_context(write, (short)off, sizes[i % 4]));
		printf("%d\t%d\t%d\t%c\t%d\t%d\t%s\n", caller->type, caller->attach,
		       caller->sleepable, write ? 'w' : 'r', off, bytes, takes ? "yes" : "no");
	}
}

/* What is said before the verifier looks at the type of the program. */
static const char *const unclear[] = {"cannot find address", "device-bound", "not supported"};

static const char *answer_of_kfunc(const struct caller *caller, int btf_id, int kfunc)
{
	if (load(caller, btf_id,
		 (struct bpf_insn){
		     .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = kfunc}))
		return "yes";
	if (strstr(log_text, "calling kernel function ") && strstr(log_text, " is not allowed"))
		return "no";
	for (size_t i = 0; i < sizeof(unclear) / sizeof(*unclear); i++)
		if (strstr(log_text, unclear[i]))
			return "unclear";
	if (strstr(log_text, "program must be sleepable"))
		return "sleeps";
	return log_text[0] ? "yes" : "unclear";
}

static void probe_kfuncs(const struct caller *caller, int btf_id, int every)
{
	int nth = 0;

	for (int id = 1; id < (int)btf__type_cnt(vmlinux); id++) {
		const struct btf_type *tag = btf__type_by_id(vmlinux, (unsigned)id);
		const char *name;

		if (!btf_is_decl_tag(tag) ||
		    strcmp(btf__name_by_offset(vmlinux, tag->name_off), "bpf_kfunc") != 0 ||
		    nth++ % every)
			continue;
		name = btf__name_by_offset(vmlinux, btf__type_by_id(vmlinux, tag->type)->name_off);
		printf("%d\t%d\t%d\t%s\t%s\n", caller->type, caller->attach, caller->sleepable,
		       name, answer_of_kfunc(caller, btf_id, (int)tag->type));
	}
}

static int all_kfuncs(int every)
{
	size_t count = sizeof(callers) / sizeof(*callers),
	       more = sizeof(kfunc_callers) / sizeof(*kfunc_callers);

	vmlinux = btf__load_vmlinux_btf();
	for (size_t i = 0; vmlinux && i < count + more; i++) {
		const struct caller *caller = i < count ? &callers[i] : &kfunc_callers[i - count];
		int btf_id = btf_id_of(caller);

		if (btf_id >= 0 && load(caller, btf_id, (struct bpf_insn){0}))
			probe_kfuncs(caller, btf_id, every);
	}
	btf__free(vmlinux);
	return 0;
}

int main(int argc, char **argv)
{
	bool kfuncs = argc >= 2 && argc <= 3 && strcmp(argv[1], "kfuncs") == 0;
	bool helpers = argc == 3 && strcmp(argv[1], "helpers") == 0;
	bool licenses = argc == 3 && strcmp(argv[1], "licenses") == 0;

	if (!helpers && !licenses && !kfuncs && !(argc == 2 && strcmp(argv[1], "context") == 0)) {
		fprintf(stderr, "usage: probe helpers LAST\n       probe licenses LAST\n"
				"       probe context\n       probe kfuncs [EVERY]\n");
		return 2;
	}
	libbpf_set_print(NULL);
	if (kfuncs)
		return all_kfuncs(argc == 3 && atoi(argv[2]) > 0 ? atoi(argv[2]) : 1);
	if (licenses)
		license = "Proprietary";
	for (size_t i = 0; i < sizeof(callers) / sizeof(*callers); i++) {
		int btf_id = btf_id_of(&callers[i]);

		if (btf_id < 0 || !load(&callers[i], btf_id, (struct bpf_insn){0}))
			continue;
		if (helpers)
			probe_helpers(&callers[i], btf_id, atoi(argv[2]), refusals,
				      sizeof(refusals) / sizeof(*refusals));
		else if (licenses)
			probe_helpers(&callers[i], btf_id, atoi(argv[2]), gpl_only,
				      sizeof(gpl_only) / sizeof(*gpl_only));
		else
			probe_context(&callers[i], btf_id);
	}
	return 0;
}
