/*
 * probe_helpers: which helpers the running kernel lets programs of each type call. Needs root.
 *
 * usage: probe_helpers LAST
 *
 * For each program type, with each attach type that the verifier tells apart, and each helper up to
 * number LAST: loads a program that calls it with nothing but the context in its registers, and
 * reads from the verifier's log whether the call itself was refused, or only its arguments. Writes
 * to stdout, fields separated by tabs: program type, attach type, whether the program may sleep (0,
 * 1), helper, "yes" or "no". What cannot be loaded without the call is left out.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Not in every uapi header that this may be built with. */
enum { TYPE_SYSCALL = 31, TYPE_NETFILTER = 32, ATTACH_LSM_CGROUP = 43, ATTACH_NETFILTER = 45 };

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

static const char *const refusals[] = {
    "cannot use helper",
    "unknown func ",
    "might sleep",
    "sleepable helper",
    "not supported for program type",
    "supported only for fentry",
};

static char log_text[1 << 16];

/* Loads the context's program with a call of that helper, without one for 0. */
static int load(const struct caller *caller, int btf_id, int helper)
{
	const struct bpf_insn call = {.code = BPF_JMP | BPF_CALL, .imm = helper};
	struct bpf_insn insns[8] = {0};
	size_t count = 0;
	int fd;
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = caller->attach,
		    .attach_btf_id = btf_id, .prog_flags = caller->sleepable ? BPF_F_SLEEPABLE : 0,
		    .log_buf = log_text, .log_size = sizeof(log_text), .log_level = 1);

	log_text[0] = '\0';
	for (unsigned reg = 2; reg <= 5; reg++)
		insns[count++] =
		    (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = reg};
	if (helper)
		insns[count++] = call;
	insns[count++] = (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K};
	/* sockets of some kinds are only let through by 1 */
	if (caller->type == 18)
		insns[count - 1].imm = 1;
	insns[count++] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
	fd = bpf_prog_load((enum bpf_prog_type)caller->type, NULL, "GPL", insns, count, &opts);
	if (fd >= 0)
		close(fd);
	return fd;
}

static void probe(const struct caller *caller, int last)
{
	int btf_id = 0;

	if (caller->to)
		btf_id =
		    libbpf_find_vmlinux_btf_id(caller->to, (enum bpf_attach_type)caller->attach);
	if (btf_id < 0 || load(caller, btf_id, 0) < 0)
		return;
	for (int helper = 1; helper <= last; helper++) {
		bool refused = false;

		if (load(caller, btf_id, helper) < 0)
			for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
				refused |= strstr(log_text, refusals[i]) != NULL;
		printf("%d\t%d\t%d\t%d\t%s\n", caller->type, caller->attach, caller->sleepable,
		       helper, refused ? "no" : "yes");
	}
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: probe_helpers LAST\n");
		return 2;
	}
	libbpf_set_print(NULL);
	for (size_t i = 0; i < sizeof(callers) / sizeof(*callers); i++)
		probe(&callers[i], atoi(argv[1]));
	return 0;
}
