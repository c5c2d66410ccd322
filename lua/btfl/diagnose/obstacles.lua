--- What keeps programs from loading, rule by rule: what each means, what is said of one obstacle, what to
--- do about it. `btfl explain` prints them beside the reasons of relocations (reasons.lua).
---
--- messages: a sentence for each cause that the engine gives; on_path: for those of instructions, where the
--- same rule also fails the whole object. In them and in `help`, which may differ by cause, {name}, {type},
--- {number} and {cause} are the obstacle's, {program} is the one that does not load, {helper} the helper's
--- name in C, {what} what a form of attaching needs. says: how loaders and verifiers tell of it. compat: the
--- code that bpfcompat has for it, which may differ by cause; none where it has none.

-- luacheck: no max line length (diagnostics are as long as they are)

local list = {
  {
    code = "open", title = "libbpf does not open the object",
    text = [[
Before it knows of any kernel, libbpf 1.0 and later refuse an object that has maps in a section `maps`, that
refers to data where they look for none, or whose BTF does not say what its maps and externs are. Tools on an
older libbpf, and other loaders, may still take it.]],
    todo = "Define maps with BTF in SEC(\".maps\"), build with -g, and keep BTF when you strip (llvm-strip -g).",
    messages = {
      symbols = "libbpf does not open the object, which has no symbols",
      legacy = "libbpf does not open the object: maps stand in section `{name}`, which 1.0 and later do not read",
      program = "libbpf does not open the object: `{name}`: {type}",
      btf = "libbpf does not open the object: section {name}: {type}",
      extern = "libbpf does not open the object: extern `{name}`: {type}",
      map = "libbpf does not open the object: map `{name}`: {type}",
      relocation = "libbpf does not open the object: a program refers to `{name}`: {type}",
    },
    help = {
      "build the object again, for libbpf 1.0 and later",
      legacy = "define maps with BTF in SEC(\".maps\"), or load with a libbpf before 1.0",
      btf = "build with -g, and strip with llvm-strip -g, which keeps BTF",
      relocation = "define maps with BTF in SEC(\".maps\"), and let what others call stand in .text",
    },
    says = {
      "libbpf: elf: legacy map definitions in 'maps' section are not supported by libbpf v1.0+",
      "libbpf: prog 'handle': bad map relo against 'events' in section 'maps/events'",
      "libbpf: BTF is required, but is missing or corrupted.",
    },
    compat = { btf = "MISSING_BTF" },
    example = [=[
error[open]: libbpf does not open the object: maps stand in section `maps`, which 1.0 and later do not read
  --> prog.bpf.o
   = stage: open, scope: object, cause: legacy
   = target: 6.12.0-amd64
   = help: define maps with BTF in SEC(".maps"), or load with a libbpf before 1.0]=],
  },
  {
    code = "ksym", title = "the kernel lacks a symbol that the object demands",
    text = [[
A strong extern in .ksyms must be there, or the whole object is refused. libbpf looks for one that has a type
among the variables of the kernel's BTF, where mostly per-CPU variables are, and for one of type void among its
symbols (/proc/kallsyms), which lack data unless the kernel has CONFIG_KALLSYMS_ALL. A program that uses one with a
type is refused by the kernel where its symbols lack it.]],
    todo = "Declare it __weak and compare its address with 0 before each use, or give --kallsyms where that is not known.",
    messages = {
      missing = "the kernel has no symbol `{name}`, which the object demands",
      incompatible = "the kernel's variable `{name}` has another type than the object declares",
      address = "the kernel's symbols lack `{name}`, a variable that its BTF has",
      unknown = "whether the kernel has the symbol `{name}`, which the object demands, is not known",
    },
    help = {
      "declare it __weak, and compare its address with 0 before it is used",
      incompatible = "declare it with the type that it has there, or of type void",
      address = "declare it of type void and __weak, and compare its address with 0 before it is used",
      unknown = "give the kernel's symbols: --kallsyms FILE",
    },
    says = {
      "libbpf: extern 'softnet_data' (strong): not resolved",
      "libbpf: extern (var ksym) 'bpf_prog_active': not found in kernel BTF",
      "ldimm64 failed to find the address for kernel symbol 'bpf_prog_active'.",
    },
    example = [=[
error[ksym]: the kernel has no symbol `softnet_data`, which the object demands
  --> prog.bpf.o
   = stage: externs, scope: object, cause: missing
   = target: 6.12.0-amd64
   = help: declare it __weak, and compare its address with 0 before it is used]=],
  },
  {
    code = "kconfig", title = "the kernel's configuration lacks what the object demands",
    text = [[
A strong extern in .kconfig must be an option of the kernel's configuration, in /proc/config.gz or
/boot/config-RELEASE, or one of the few names that libbpf makes up itself (LINUX_KERNEL_VERSION). Where it is
missing, the whole object is refused. So is one that asks for the version of a kernel whose release has two numbers
(Debian's 7.3-amd64, of a release candidate), weak or not: libbpf reads three.]],
    todo = "Declare it __weak, which makes it 0 where it is missing, or give --kconfig where that is not known.",
    messages = {
      missing = "the kernel's configuration has no `{name}`, which the object demands",
      unknown = "whether the kernel's configuration has `{name}`, which the object demands, is not known",
      version = "libbpf has no `{name}` here: it reads three numbers in the kernel's release, which has fewer",
      name = "libbpf has no value `{name}`: it fills in CONFIG_ options and a few names of its own",
      type = "the kernel's `{name}` is of another type than its variable, and libbpf stores no other",
    },
    help = {
      "declare it __weak: it is 0 where the configuration lacks it",
      version = "do without it: ask for what is meant, a type, a field or CONFIG_ option",
      name = "name an option of the kernel, CONFIG_…, or LINUX_KERNEL_VERSION",
      type = "declare it as what it is: a number, enum libbpf_tristate, or an array of char",
      unknown = "give the kernel's configuration: --kconfig FILE",
    },
    says = {
      "libbpf: extern 'CONFIG_HZ' (strong): not resolved",
      "libbpf: extern (kcfg) 'LINUX_KERNEL_VERSION': failed to get kernel version",
    },
    example = [=[
error[kconfig]: the kernel's configuration has no `CONFIG_HZ`, which the object demands
  --> prog.bpf.o
   = stage: externs, scope: object, cause: missing
   = target: 6.12.0-amd64
   = help: declare it __weak: it is 0 where the configuration lacks it]=],
  },
  {
    code = "kfunc", title = "the kernel lacks a kernel function, has another of that name, or gives it to others",
    text = [[
Kernel functions (kfuncs) are no stable interface: they come, go and change their arguments. One that is
declared strong must be in the BTF of the kernel or of a module, with the prototype that the object declares, or
the whole object is refused. A call of a weak one that is missing is made invalid, so the program loads as long
as no path reaches it.

A kernel registers its functions for some types of programs, and newer ones for more; a path that reaches the call
of one that is not for programs of that type is refused, though the kernel has it. No BTF tells which: btfl knows it
of 6.1, 6.12 and 6.18, and where these differ it does not of the releases between them.]],
    todo = [[
Declare it __weak and ask bpf_ksym_exists() before each call; declare one that has several prototypes several
times, each with a flavor (name___old). A function of a module needs that module's BTF (-m). bpf_ksym_exists() does
not tell for which programs a function is: load another program, or choose by a constant that the tool sets.]],
    messages = {
      missing = "the kernel has no function `{name}`, which the object demands",
      unknown = "whether the kernel has the function `{name}`, which the object demands, is not known",
      incompatible = "the kernel's function `{name}` has another prototype than the object declares",
    },
    on_path = {
      missing = "`{name}()` is called, and the kernel does not have it",
      type = "the kernel does not let programs of type {type} call `{name}()`{only}",
      attach = "the kernel does not let programs of type {type} that attach this way call `{name}()`",
      ["type-unknown"] = "whether the kernel lets programs of type {type} call `{name}()` is not known",
    },
    help = {
      "declare it __weak, and ask bpf_ksym_exists({name}) before the call",
      type = "do without it on such kernels: load another program, or choose by a constant that the tool sets",
      attach = "load another program for it, which attaches as the function demands (iter, kprobe.session)",
      ["type-unknown"] = "try it on that kernel, or do without: choose by a constant that the tool sets",
      incompatible = "declare it once for each prototype, with a flavor ({name}___old) and __weak",
    },
    says = {
      "libbpf: extern (func ksym) 'bpf_iter_num_new': not found in kernel or module BTFs",
      "libbpf: extern (func ksym) 'bpf_task_acquire': func_proto [12] incompatible with vmlinux [4242]",
      "kfunc 'bpf_rdonly_cast' is referenced but wasn't resolved",
      "calling kernel function bpf_task_acquire is not allowed",
    },
    example = [=[
error[kfunc]: `bpf_rdonly_cast()` is called, and the kernel does not have it
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         task = bpf_rdonly_cast(ptr, id);
   |                ^^^^^^^^^^^^^^^
   = stage: walk, scope: program, cause: missing, insn: 12
   = target: 6.1.0-amd64
   = reachable, so the verifier rejects handle
   = help: declare it __weak, and ask bpf_ksym_exists(bpf_rdonly_cast) before the call]=],
  },
  {
    code = "struct-ops", title = "the kernel has no struct_ops of that type",
    text = [[
A map of struct_ops gives the kernel a table of functions, of a struct that the kernel has (tcp_congestion_ops,
sched_ext_ops) and for which it has made a struct bpf_struct_ops_NAME. A kernel without either cannot take it,
and the whole object is refused.]],
    todo = "Build the object so that the tool can leave the map out (SEC(\"?.struct_ops\")), or have one object for such kernels.",
    messages = {
      missing = "the kernel has no struct_ops of type `{type}`, which map `{name}` is of",
      unused = "no map of struct_ops refers to the program, so nothing tells which member it is",
    },
    help = {
      "let the tool leave it out: SEC(\"?.struct_ops\"), or bpf_map__set_autocreate()",
      unused = "refer to it in a struct of SEC(\".struct_ops\"), or leave it out: --skip {program}",
    },
    says = { "libbpf: struct_ops init_kern: struct sched_ext_ops is not found in kernel BTF" },
    example = [=[
error[struct-ops]: the kernel has no struct_ops of type `sched_ext_ops`, which map `simple_ops` is of
  --> prog.bpf.o
   = stage: struct-ops, scope: object, cause: missing
   = target: 6.8.0-amd64
   = help: let the tool leave it out: SEC("?.struct_ops"), or bpf_map__set_autocreate()]=],
  },
  {
    code = "relocation", title = "a CO-RE relocation failed",
    text = [[
The kernel lacks the type, field or enumerator that is accessed, or has it in a form that no loader can follow.
libbpf makes the instruction invalid, so that the program loads as long as no path reaches it, and refuses the
whole object where it cannot do that. `btfl check` gives the reason as the code: no-type, no-field and so on.]],
    todo = "See what `btfl check` says of the relocation, and what `btfl explain` says of that code.",
    messages = { twice = "two relocations are of one instruction, and the second does not find what it expects" },
    says = {
      "invalid func unknown#195896080",
      "<invalid CO-RE relocation>",
      "failed to resolve CO-RE relocation <byte_off> [7] struct task_struct.state (0:1 @ offset 16)",
    },
    compat = "CORE_RELOCATION_FAILURE",
    example = [=[
error[relocation]: struct task_struct has no member `state`
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         long st = BPF_CORE_READ(task, state);
   |                                       ^^^^^
   = target: 6.12.0-amd64]=],
  },
  {
    code = "map-type", title = "the kernel does not know the type of a map",
    text = [[
libbpf creates every map of an object before it loads any program, so one of a type that the kernel's enum
bpf_map_type does not have fails the whole object, whether or not a program uses it.]],
    todo = [[
Let the tool leave the map out where it is not known (bpf_map__set_autocreate), and guard its uses, or let it
choose another type: a perf buffer where there is no ring buffer.]],
    messages = {
      missing = "the kernel has no map type {type}, which map `{name}` is of",
      inner = "the kernel has no map type {type}, of which map `{name}` holds maps",
    },
    help = "leave it out there (bpf_map__set_autocreate), or give it another type before the load: --map {name}.type=TYPE",
    says = { "libbpf: map 'events': failed to create: -EINVAL" },
    compat = "UNSUPPORTED_MAP_TYPE",
    example = [=[
error[map-type]: the kernel has no map type ringbuf, which map `events` is of
  --> prog.bpf.o
   = stage: maps, scope: object, cause: missing
   = target: 5.4.0-amd64
   = help: leave it out there (bpf_map__set_autocreate), or give it another type before the load: --map events.type=TYPE]=],
  },
  {
    code = "map-attr", title = "the kernel does not create a map of such attributes",
    text = [[
Each type of maps demands certain sizes of keys and values, takes some flags and may need others: an array has
keys of 4 bytes, a trie is never allocated beforehand, local storage has BTF of its keys and values. libbpf creates
every map of an object before it loads any program, so the whole object is refused.]],
    todo = "Give the map attributes that its type takes, or let the tool set them (bpf_map__set_map_flags).",
    messages = {
      key_size = "the kernel creates no {type} map with keys of the size that `{name}` has",
      value_size = "the kernel creates no {type} map with values of the size that `{name}` has",
      max_entries = "the kernel creates no {type} map with as many entries as `{name}` has",
      map_flags = "the kernel creates no {type} map with the flags of `{name}`",
      ["flags-unknown"] = "whether the kernel creates a {type} map with the flags of `{name}` is not known",
      field = "the kernel creates no {type} map whose values have a timer, work queue or task work, as those of `{name}`",
      types = "the kernel creates no {type} map without BTF of its keys and values, as `{name}` is",
      max_stack = "by default the kernel creates no {type} map of traces as deep as those of `{name}`",
    },
    help = "give the map attributes that its type takes, or let the tool set them before it loads",
    says = { "libbpf: map 'storage': failed to create: -EINVAL" },
    compat = "UNSUPPORTED_MAP_TYPE",
    example = [=[
error[map-attr]: the kernel creates no array map with keys of the size that `storage` has
  --> prog.bpf.o
   = stage: maps, scope: object, cause: key_size
   = target: 5.10.0-amd64
   = help: give the map attributes that its type takes, or let the tool set them before it loads]=],
  },
  {
    code = "map-unset", title = "a tool has to say more of a map before it can be created",
    text = [[
The object leaves a size, or the maps within a map, to the tool, which sets it when it starts: how long a stack
trace may be, how many CPUs there are. As it is, no kernel creates the map, so nothing more can be said of the
object than that it is incomplete.]],
    todo = "Say what the tool sets: --map NAME.value_size=1016, --map NAME.inner=yes.",
    messages = {
      key_size = "map `{name}` has no key_size until a tool sets it",
      value_size = "map `{name}` has no value_size until a tool sets it",
      inner = "map `{name}` has no inner map until a tool sets one",
      inner_attr = "the inner map of `{name}` cannot be created as it is, for its {type}, until a tool sets another",
    },
    help = {
      "say what the tool sets: --map {name}.{cause}=N",
      inner = "say that the tool sets it: --map {name}.inner=yes",
      inner_attr = "say that the tool sets it: --map {name}.inner=yes",
    },
    says = {
      "libbpf: map 'stackmap': failed to create: -EINVAL",
      "libbpf: map 'outer': failed to create inner map: -EINVAL",
    },
    compat = "UNSUPPORTED_MAP_TYPE",
    example = [=[
warning[map-unset]: map `stackmap` has no value_size until a tool sets it
  --> prog.bpf.o
   = stage: maps, scope: object, settable: map, cause: value_size
   = target: 6.12.0-amd64
   = help: say what the tool sets: --map stackmap.value_size=N]=],
  },
  {
    code = "section", title = "libbpf does not know the section, and so not the type of the program",
    text = [[
What a program is loaded as follows from the name of its section (kprobe/…, tc, xdp). A tool that uses names of
its own has to set the type itself before it loads.]],
    todo = "Say what the tool sets: --type PROGRAM=sched_cls; or use a name that libbpf knows.",
    messages = { unknown = "libbpf knows no section `{name}`, so a tool has to set the program's type" },
    help = "say what the tool sets: --type {program}=TYPE",
    says = { "libbpf: prog 'filter': missing BPF prog type, check ELF section name 'filter'" },
    compat = "UNSUPPORTED_PROGRAM_TYPE",
    example = [=[
error[section]: libbpf knows no section `filter`, so a tool has to set the program's type
  --> prog.bpf.o, program filter
   = stage: section, scope: program, settable: type, cause: unknown
   = target: 6.12.0-amd64
   = help: say what the tool sets: --type filter=TYPE]=],
  },
  {
    code = "program-type", title = "the kernel does not know the type of the program",
    text = [[
The kernel's enum bpf_prog_type does not have it: the kernel is older, or is one whose enum was cut off.]],
    todo = "Load the program only where its type is known (bpf_program__set_autoload), and have another for the others.",
    messages = {
      missing = "the kernel has no programs of type {name}",
      frags = "the kernel has no programs of type {name} for packets of several buffers",
    },
    help = "do not load it there: bpf_program__set_autoload(), --skip {program}",
    says = { "libbpf: prog 'handle': BPF program load failed: Invalid argument" },
    compat = "UNSUPPORTED_PROGRAM_TYPE",
    example = [=[
error[program-type]: the kernel has no programs of type netfilter
  --> prog.bpf.c:38:5   prog.bpf.o, program handle
   |
38 | int handle(void *ctx)
   |     ^
   = stage: load, scope: program, cause: missing
   = target: 6.1.0-amd64
   = help: do not load it there: bpf_program__set_autoload(), --skip handle]=],
  },
  {
    code = "attach-type", title = "the kernel does not know the way in which the program attaches",
    text = [[
The program is loaded for one attach type, which its section says: cgroup/connect_unix, fsession, lsm_cgroup.
The kernel's enum bpf_attach_type does not have it, and programs of this type are not loaded for what it does not
know.]],
    todo = [[
Load the program only where its attach type is known (bpf_program__set_autoload), and have another for the others.]],
    messages = { missing = "the kernel knows no attach type {name}" },
    help = "do not load it there: bpf_program__set_autoload(), --skip {program}",
    says = { "libbpf: prog 'handle': BPF program load failed: Invalid argument" },
    compat = "UNSUPPORTED_ATTACH_TYPE",
    example = [=[
error[attach-type]: the kernel knows no attach type cgroup_unix_connect
  --> prog.bpf.c:38:5   prog.bpf.o, program handle
   |
38 | int handle(void *ctx)
   |     ^
   = stage: load, scope: program, cause: missing
   = target: 6.1.0-amd64
   = help: do not load it there: bpf_program__set_autoload(), --skip handle]=],
  },
  {
    code = "attach-target",
    title = "the kernel lacks what the program attaches to, or takes no program there",
    text = [[
Programs of fentry, fexit, fmod_ret, lsm, iter and tp_btf name a function, hook, iterator or tracepoint, which
must be in the BTF of the kernel or of a module when they are loaded. It was renamed or inlined, is in a module
whose BTF was not given, or is no name at all: some tools set another at start. Some hooks of LSM take no
programs since 6.12, and in later stable releases of older lines. Programs of fmod_ret are for security_
functions, for those that a kernel with CONFIG_FUNCTION_ERROR_INJECTION may let fail, since 7.2 for system
calls, and for a few that are there for them.]],
    todo = [[
Load the program only where its target exists, or have one for each name and let the tool choose
(bpf_program__set_attach_target): `btfl why` and `check --why` find the new one. Say what a tool sets with
--attach PROGRAM=NAME, what it leaves out with --skip PROGRAM, and give the BTF of modules with -m.]],
    messages = {
      missing = "the kernel has no {what} `{name}` to attach to",
      unset = "what the program attaches to is not said: a tool has to set it",
      iter = "`bpf_iter_{name}` of the kernel is no iterator",
      disabled = "the kernel lets no program attach to the hook `{name}`",
      ["disabled-unknown"] = "whether the kernel lets a program attach to the hook `{name}` is not known",
      result = "the kernel lets no program change what `{name}()` returns",
      ["result-unknown"] = "whether the kernel lets a program change what `{name}()` returns is not known",
    },
    help = {
      "load it only where that exists (bpf_program__set_autoload); if a tool sets another: --attach {program}=NAME",
      unset = "say what the tool sets: --attach {program}=NAME",
      disabled = "attach to another hook",
      ["disabled-unknown"] = "try it on that kernel, or attach to another hook",
      result = "attach with fexit where it is enough to look on: without CONFIG_FUNCTION_ERROR_INJECTION no more is "
        .. "possible",
      ["result-unknown"] = "give the kernel's configuration and symbols: --kconfig FILE, --kallsyms FILE",
    },
    says = {
      "attach_btf_id 1234 points to disabled hook bpf_lsm_getprocattr",
      "libbpf: prog 'handle': failed to find kernel BTF type ID of 'do_unlinkat': -ESRCH",
      "libbpf: prog 'handle': no BTF-based attach target is specified, use bpf_program__set_attach_target()",
    },
    compat = "UNSUPPORTED_ATTACH_TYPE",
    example = [=[
error[attach-target]: the kernel has no function `do_unlinkat` to attach to
  --> prog.bpf.c:38:5   prog.bpf.o, program handle
   |
38 | int handle(void *ctx)
   |     ^
   = stage: attach, scope: program, settable: attach, cause: missing
   = target: 6.12.0-amd64
   = help: load it only where that exists (bpf_program__set_autoload); if a tool sets another: --attach handle=NAME]=],
  },
  {
    code = "no-address", title = "what the program attaches to has no address under its name",
    text = [[
The kernel's BTF has the function, but its symbols have only a part of it, or a copy that the compiler made:
NAME.part.0, NAME.isra.0, NAME.constprop.0. The verifier finds no address to attach to.]],
    todo = "Attach to its caller, or to a tracepoint near it; load another program where it has an address.",
    messages = { split = "the kernel has `{name}` in its BTF, but only parts of it have an address" },
    help = "attach to its caller, or where it has an address only",
    says = { "The address of function blk_account_io_done cannot be found" },
    compat = "UNSUPPORTED_ATTACH_TYPE",
    example = [=[
error[no-address]: the kernel has `blk_account_io_done` in its BTF, but only parts of it have an address
  --> prog.bpf.c:38:5   prog.bpf.o, program handle
   |
38 | int handle(void *ctx)
   |     ^
   = stage: load, scope: program, settable: attach, cause: split
   = target: 6.16.0-amd64
   = help: attach to its caller, or where it has an address only]=],
  },
  {
    code = "attach-proto", title = "the kernel cannot hand on what the function takes or returns",
    text = [[
A program that attaches by BTF runs in a trampoline, which hands on at most 12 arguments, each a number or a
pointer. A struct as an argument needs 6.1 and at most 16 bytes; one as a result cannot be handed on.]],
    todo = "Attach with a kprobe there, or to another function.",
    messages = {
      many = "`{name}` has {number} arguments, more than a trampoline hands on",
      argument = "argument {number} of `{name}` is of a type that the kernel does not hand on",
      result = "`{name}` returns what the kernel does not hand on",
    },
    help = "attach with a kprobe there, or to another function",
    says = {
      "The function path_chown arg1 type STRUCT is unsupported.",
      "The function path_chown has 13 arguments. Too many.",
    },
    compat = "UNSUPPORTED_ATTACH_TYPE",
    example = [=[
error[attach-proto]: argument 2 of `path_chown` is of a type that the kernel does not hand on
  --> prog.bpf.c:38:5   prog.bpf.o, program handle
   |
38 | int handle(void *ctx)
   |     ^
   = stage: load, scope: program, cause: argument
   = target: 5.10.0-amd64
   = help: attach with a kprobe there, or to another function]=],
  },
  {
    code = "sleepable", title = "the program may sleep, and what it attaches to may not, or the other way round",
    text = [[
Kernels have a list of the hooks of LSM that may sleep. Before 5.11 it was one, bprm_committed_creds. Of other
programs those of fentry, fexit and fmod_ret could sleep first, uprobes since 6.0, struct_ops since 6.3. Some
functions of the kernel may sleep, and only programs that may sleep may call them, where no path of theirs is under
bpf_rcu_read_lock(), or without preemption or interrupts. Iterators over tasks need that lock in a program that may sleep.
Programs of fentry and fexit that sleep are for functions that a kernel with CONFIG_FUNCTION_ERROR_INJECTION
may let fail, and since 7.2 for system calls.]],
    todo = [[
Attach without sleeping there: SEC("lsm/…") and not SEC("lsm.s/…"). Call a function that may sleep in a program
whose section has the `.s`.]],
    messages = {
      lsm = "the hook `{name}` may not sleep on this kernel",
      type = "programs of type {name} may not sleep on this kernel",
      ["function"] = "programs that sleep may not attach to `{name}()` on this kernel",
      ["function-unknown"] = "whether programs that sleep may attach to `{name}()` on this kernel is not known",
      kfunc = "`{name}()` may sleep on this kernel, and the program may not",
      ["kfunc-unknown"] = "whether `{name}()` may sleep on this kernel is not known, and the program may not",
      region = "`{name}()` may sleep, and is called where nothing may, behind {type}()",
      ["region-function"] = "function `{name}()`, which is verified on its own, is called where nothing may sleep, "
        .. "behind {type}()",
      unlocked = "`{name}()` has to be called under bpf_rcu_read_lock(), as the program may sleep",
    },
    help = {
      "have a program for such kernels that does not sleep: SEC(\"lsm/{name}\")",
      type = "have a program for such kernels that does not sleep, without the `.s` of its section",
      ["function"] = "have a program that does not sleep, without the `.s` of its section: they may only where the "
        .. "kernel has CONFIG_FUNCTION_ERROR_INJECTION, and the function is meant for it",
      ["function-unknown"] = "give the kernel's configuration and symbols: --kconfig FILE, --kallsyms FILE",
      kfunc = "call it in a program that may sleep, with the `.s` of its section, or do without it",
      ["kfunc-unknown"] = "try it on that kernel, or call it in a program that may sleep",
      region = "call it before that, or behind the end of it",
      ["region-function"] = "make it a static function that does not sleep, or call it elsewhere",
      unlocked = "put bpf_rcu_read_lock() and bpf_rcu_read_unlock() around all that uses the iterator",
    },
    says = { "bpf_lsm_path_chmod is not sleepable",
      "program must be sleepable to call sleepable kfunc bpf_copy_from_user_str",
      "sleepable helper bpf_copy_from_user#148 in rcu_read_lock region",
      "kernel func bpf_copy_from_user_str is sleepable within non-preemptible region",
      "kernel func bpf_iter_task_new requires RCU critical section protection" },
    compat = "UNSUPPORTED_ATTACH_TYPE",
    example = [=[
error[sleepable]: the hook `path_chmod` may not sleep on this kernel
  --> prog.bpf.c:38:5   prog.bpf.o, program handle
   |
38 | int handle(void *ctx)
   |     ^
   = stage: load, scope: program, cause: lsm
   = target: 5.10.0-amd64
   = help: have a program for such kernels that does not sleep: SEC("lsm/path_chmod")]=],
  },
  {
    code = "insn", title = "the kernel does not know an instruction, or not in such a program",
    text = [[
The instruction set grows: atomic operations that return a value came in 5.12, callbacks and kernel functions
in 5.13, the fourth version (-mcpu=v4) in 6.6, may_goto, casts of address spaces and ordered atomics after it. An
older verifier refuses the program, many of them wherever the instruction stands. The loads of packets of the first
BPF (load_byte() and the like) are for socket filters and traffic control.]],
    todo = "Compile with an older -mcpu, or load the program only where the instruction is known.",
    messages = {
      atomic = "the kernel knows no atomic operation but adding without a result",
      ["atomic-order"] = "the kernel knows no load-acquire and store-release",
      callback = "the kernel takes no functions as callbacks, such as `{name}`",
      kfunc = "the kernel lets no program call its functions, such as `{name}`",
      cast = "the kernel knows no casts between address spaces",
      movsx = "the kernel knows no moves that extend a sign",
      ["signed-division"] = "the kernel knows no signed division",
      bswap = "the kernel knows no unconditional swap of bytes",
      ldsx = "the kernel knows no loads that extend a sign",
      ["may-goto"] = "the kernel knows no may_goto",
      gotol = "the kernel knows no long jumps",
      ["gotol-unknown"] = "whether the kernel knows long jumps is not known",
      packet = "programs of this type load nothing of a packet by load_byte() and the like",
    },
    help = {
      "load it only where the kernel knows it: bpf_program__set_autoload(), --skip {program}",
      atomic = "build that program with -mcpu=v2, and without the operation's result",
      movsx = "build with -mcpu=v3", ["signed-division"] = "build with -mcpu=v3", bswap = "build with -mcpu=v3",
      ldsx = "build with -mcpu=v3", gotol = "build with -mcpu=v3",
      ["gotol-unknown"] = "build with -mcpu=v3, or try it on that kernel",
      packet = "read the packet by its pointers, or by a helper such as bpf_skb_load_bytes()",
    },
    says = {
      "unknown opcode 81", "BPF_STX uses reserved fields", "BPF_ALU uses reserved fields",
      "unrecognized bpf_ld_imm64 insn", "BPF_CALL uses reserved fields",
      "BPF_LD_[ABS|IND] instructions not allowed for this program type",
    },
    compat = "VERIFIER_REJECTION",
    example = [=[
error[insn]: the kernel knows no atomic operation but adding without a result
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         old = __sync_fetch_and_or(&seen, 1);
   |         ^
   = stage: instructions, scope: program, cause: atomic, insn: 12
   = target: 5.10.0-amd64
   = help: build that program with -mcpu=v2, and without the operation's result]=],
  },
  {
    code = "no-jit", title = "the kernel has no JIT, and the program needs one",
    text = [[
Calls of kernel functions and callbacks are for compiled programs only. A kernel that is built without
CONFIG_BPF_JIT, or for an architecture whose JIT does not have them, refuses the program.]],
    todo = "Load the program only where there is a JIT.",
    messages = {
      kfunc = "the kernel has no JIT, which calls of its functions need, such as `{name}`",
      callback = "the kernel has no JIT, which callbacks need, such as `{name}`",
    },
    help = "do not load it there: bpf_program__set_autoload(), --skip {program}",
    says = { "JIT is required for calling kernel function", "JIT does not support calling kernel function" },
    compat = "VERIFIER_REJECTION",
    example = [=[
error[no-jit]: the kernel has no JIT, which calls of its functions need, such as `bpf_task_acquire`
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         task = bpf_task_acquire(task);
   |                ^^^^^^^^^^^^^^^^
   = stage: instructions, scope: program, cause: kfunc, insn: 12
   = target: 6.12.0-s390x
   = help: do not load it there: bpf_program__set_autoload(), --skip handle]=],
  },
  {
    code = "helper-unknown", title = "the kernel does not have the helper",
    text = [[
The kernel's enum bpf_func_id, in its BTF, lists the helpers that it has, whatever its version says: those that
were ported back are there. A path reaches the call of one that is not.]],
    todo = [[
Ask bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_NAME) before the call, in the branch itself, so that
the verifier finds it dead.]],
    messages = { missing = "the kernel has no {helper}" },
    help = "guard it with bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_{name})",
    says = { "invalid func unknown#189", "invalid func bpf_get_func_ip#173" },
    compat = "VERIFIER_REJECTION",
    example = [=[
error[helper-unknown]: the kernel has no helper bpf_get_func_ip
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         ip = bpf_get_func_ip(ctx);
   |              ^^^^^^^^^^^^^^^
   = stage: walk, scope: program, cause: missing, insn: 12
   = target: 5.10.0-amd64
   = reachable, so the verifier rejects handle
   = help: guard it with bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_func_ip)]=],
  },
  {
    code = "helper-not-for-type", title = "the kernel does not give programs of that type the helper",
    text = [[
Each type of programs may call some helpers only, and newer kernels allow more of them. A path reaches the call
of one that this kernel does not give to programs of that type, or of that way of attaching, that was left out
when it was built, or that its lockdown forbids (CONFIG_LOCK_DOWN_KERNEL_FORCE_*; what boot options say no file
tells).]],
    todo = "Do without it there, or load another program: no BTF tells which types may call a helper.",
    messages = {
      type = "the kernel does not let programs of type {type} call {helper}",
      ["function"] = "the kernel does not let a program that attaches to such a function call {helper}",
      built = "the kernel was built without {helper}, which it only has a number for",
      locked = "the kernel is locked down by its configuration, and gives {helper} to no program",
    },
    help = "do without it on such kernels: load another program, or choose by a constant that the tool sets",
    says = {
      "unknown func bpf_get_current_task#35",
      "program of this type cannot use helper bpf_get_current_task#35",
    },
    compat = "VERIFIER_REJECTION",
    example = [=[
error[helper-not-for-type]: the kernel does not let programs of type cgroup_sysctl call helper bpf_get_current_pid_tgid
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         pid = bpf_get_current_pid_tgid() >> 32;
   |               ^^^^^^^^^^^^^^^^^^^^^^^^
   = stage: walk, scope: program, cause: type, insn: 12
   = target: 5.10.0-amd64
   = reachable, so the verifier rejects handle
   = help: do without it on such kernels: load another program, or choose by a constant that the tool sets]=],
  },
  {
    code = "ctx-arg", title = "what the program attaches to has no such argument",
    text = [[
A program that attaches by BTF reads the arguments of a function or tracepoint, one in each 8 bytes of its
context. Arguments are added and removed between kernels: one is read that is not there, or whose type no
program may read.]],
    todo = "Have a program for each form of the function, or read only arguments that all kernels have.",
    messages = {
      missing = "the program reads argument {number}, and what it attaches to has fewer",
      unreadable = "the program reads argument {number}, which is of a type that this kernel lets none read",
    },
    help = "have a program for each form of the function, and load the one that fits",
    says = {
      "func 'block_rq_insert' doesn't have 2-th argument",
      "func 'handle' arg0 type INT is not a struct",
    },
    compat = "VERIFIER_REJECTION",
    example = [=[
error[ctx-arg]: the program reads argument 2, and what it attaches to has fewer
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         struct request *rq = (void *)ctx[1];
   |                              ^
   = stage: walk, scope: program, cause: missing, insn: 0
   = target: 5.11.0-amd64
   = reachable, so the verifier rejects handle
   = help: have a program for each form of the function, and load the one that fits]=],
  },
  {
    code = "ctx-access", title = "the context is accessed in a way that the verifier refuses",
    text = [[
The context is not memory like any other: it is read with the pointer that the program was given, at a constant
offset that the kernel knows, in whole fields, and mostly not written.]],
    todo = [[
Take care that the compiler neither moves the pointer nor loads more than one field at once: read it early, and
into a variable. A member of a context struct that is relocated (preserve_access_index) moves the pointer.]],
    messages = {
      modified = "the context is accessed through a pointer that was moved by {number} bytes",
      variable = "the context is accessed at an offset that is not constant",
      passed = "a helper is given the context by a pointer that was moved by {number} bytes",
      write = "the program writes to its context at byte {number}",
      misaligned = "the context is read at byte {number}, which is within an argument",
      range = "the context is accessed at byte {number}, where the kernel lets no program of its type",
      narrow = "only a part of argument {number} is read, which is a pointer",
      atomic = "an atomic instruction is done on the context",
      constant = "the program stores a constant in its context, which this kernel takes from a register only",
      sign = "the sign of byte {number} of the context is extended, which is of a pointer to the packet",
    },
    help = {
      "read whole fields of the context, at constant offsets",
      modified = "keep the compiler from moving the pointer: read the field early, and without preserve_access_index",
      passed = "give the helper the pointer that the program was given",
      atomic = "do it on a copy, on the stack or in a map",
      constant = "compile for an instruction set before the fourth (-mcpu=v3)",
      sign = "read it as an unsigned number, as the header of the interface has it",
    },
    says = {
      "dereference of modified ctx ptr R1 off=8 disallowed",
      "variable ctx access var_off=(0x0; 0xff) disallowed", "invalid bpf_context access off=96 size=8",
      "BPF_ATOMIC stores into R1 ctx is not allowed", "BPF_ST stores into R1 ctx is not allowed",
    },
    compat = "VERIFIER_REJECTION",
    example = [=[
error[ctx-access]: the context is accessed through a pointer that was moved by 8 bytes
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         if (ctx->rwbs[0] == 'R')
   |             ^
   = stage: walk, scope: program, cause: modified, insn: 3
   = target: 5.10.0-amd64
   = reachable, so the verifier rejects handle
   = help: keep the compiler from moving the pointer: read the field early, and without preserve_access_index]=],
  },
  {
    code = "struct-access", title = "a load by an argument lands on no member of what it points to",
    text = [[
A program that attaches by BTF reads its arguments as pointers to which the kernel gives a type, and what is loaded
by them has one again. The verifier looks up each such load in the kernel's own struct, whatever the program takes
the argument for: it must lie within one member, and on the whole of one that is a pointer. It does not when the
argument is another one on this kernel, or when an offset was not relocated.]],
    todo = [[
Have a program for each form of what it attaches to. Where the argument is the right one, let CO-RE find the member
(BPF_CORE_READ, preserve_access_index); bpf_probe_read_kernel() reads whatever stands there, and nothing fails.]],
    messages = {
      beyond = "byte {number} is read by a pointer to `struct {name}`, which ends before",
      before = "memory before `struct {name}` is read, at byte {number}",
      hole = "byte {number} is read by a pointer to `struct {name}`, where it has no member",
      part = "a part of `{type}` of `struct {name}` is read, which is a pointer",
      over = "more is read than `{type}` of `struct {name}` has, from byte {number} on",
      ["over-unknown"] = "whether more may be read than `{type}` of `struct {name}` has, from byte {number} on, behind the "
        .. "end of what it is in, is not known of 6.18",
      argument = "memory is read by an argument that is a number on this kernel",
      number = "memory is read by what was loaded from a member that is no pointer to a struct",
    },
    help = "have a program for each form of what it attaches to, and load the one that fits",
    says = {
      "access beyond struct task_struct at off 24 size 8",
      "cannot access ptr member mm with moff 8 in struct task with off 8 size 4",
      "access beyond the end of member pid (mend:4) in struct task with off 0 size 8",
      "struct task doesn't have field at offset 5", "R1 invalid mem access 'scalar'",
    },
    compat = "VERIFIER_REJECTION",
    example = [=[
error[struct-access]: byte 48 is read by a pointer to `struct inode`, which ends before
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         name = dentry->d_name.name;
   |                ^
   = stage: walk, scope: program, cause: beyond, insn: 3
   = target: 6.18.0-amd64
   = reachable, so the verifier rejects handle
   = help: have a program for each form of what it attaches to, and load the one that fits]=],
  },
  {
    code = "license", title = "the license of the object does not allow it",
    text = [[
Kernel functions, programs of LSM and about 45 helpers, those of tracing above all, are for objects whose section
`license` says GPL, "Dual BSD/GPL" or another word that the kernel takes as compatible. A helper counts where a path
reaches its call. Some helpers are for the GPL in some releases, or in programs of some types, only: those are named
where the kernel is sure to refuse them. Since 6.6 the same holds for structs that are read by pointers to which BTF gives
a type; probe_read is not concerned.]],
    todo = "Declare such a license: char LICENSE[] SEC(\"license\") = \"GPL\";",
    messages = {
      kfunc = "only GPL programs may call `{name}`, and the object's license is another",
      helper = "only GPL programs may call {helper}, and the object's license is another",
      lsm = "LSM programs must be GPL, and the object's license is another",
      struct_ops = "programs of struct_ops must be GPL, and the object's license is another",
      struct = "only GPL programs may read the kernel's structs by an argument, and the object's license is another",
    },
    help = "declare a license that is compatible with the GPL in SEC(\"license\")",
    says = {
      "cannot call kernel function from non-GPL compatible program",
      "cannot call GPL-restricted function from non-GPL compatible program",
      "LSM programs must have a GPL compatible license",
      "struct ops programs must have a GPL compatible license",
      "Cannot access kernel 'struct task_struct' from non-GPL compatible program",
    },
    compat = "CAPABILITY_FAILURE",
    example = [=[
error[license]: only GPL programs may call `bpf_task_acquire`, and the object's license is another
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         task = bpf_task_acquire(task);
   |                ^^^^^^^^^^^^^^^^
   = stage: instructions, scope: program, cause: kfunc, insn: 12
   = target: 6.12.0-amd64
   = help: declare a license that is compatible with the GPL in SEC("license")]=],
  },
  {
    code = "map-use", title = "a map is used in a way that its type or its values do not allow",
    text = [[
Many types of maps are for a few helpers only, and many helpers are for maps of one type: a ring buffer is no array
to look up in, and a tail call goes through a prog_array. A path passes a map to a helper that does not take it. Maps may
also be nothing for the program as a whole, wherever it refers to them: one that may sleep can have some types only,
more of them with each release; up to 5.15 its hashes, and those of perf_event programs, have to be preallocated.
Some structs the kernel knows by name in a map's values, by the BTF of the map: programs of tracing can have no spin
lock there, and up to 6.18 no timer and no work queue; socket filters no spin lock, nor up to 6.1 programs that may
sleep. And helpers that take a lock, a timer or a kptr take it in a value of a map that has one: as a member of the
value, since 6.11 also of a struct or array within; no typedef of it, and of locks and timers one.]],
    todo = "Use a map of the type that the helper takes. Where a tool sets the type, give it: --map NAME.type=TYPE.",
    messages = {
      helper = "map `{name}` is of type {type}, which {helper} does not take",
      inner = "the maps in `{name}` are of type {type}, which {helper} does not take",
      sleepable = "the program may sleep, and the kernel gives such programs no map of type {type}, as `{name}` is",
      preallocated = "map `{name}` is not preallocated, which this kernel demands for such a program",
      ["spin-lock"] = "values of map `{name}` have a spin lock, which the kernel does not let programs of this type use",
      timer = "values of map `{name}` have a timer, which the kernel does not let programs of this type use",
      ["work-queue"] = "values of map `{name}` have a work queue, which the kernel does not let programs of this type use",
      field = "values of map `{name}` have no {type}, which {helper} takes",
      storage = "map `{name}` is the second of type {type} in the program, which can have one",
      many = "map `{name}` is one more than the 64 that a program can refer to",
    },
    help = {
      "use a map of a type that the helper takes, or a helper for that type",
      sleepable = "use a map of another type, or a program that does not sleep",
      preallocated = "leave BPF_F_NO_PREALLOC out of its map_flags on such kernels",
      ["spin-lock"] = "do without the lock in that map, or use a program of BTF: fentry, fexit or tp_btf",
      timer = "do without the timer in that map, or use a program of BTF: fentry, fexit or tp_btf",
      ["work-queue"] = "do without the work queue in that map, or use a program of BTF: fentry, fexit or tp_btf",
      storage = "keep both in one value of one map",
      many = "keep maps of one kind in an array_of_maps or hash_of_maps, or divide the program by tail calls",
      field = "pass the {type} in a value of a map, described with BTF, of a type that may have one (a hash, an array)",
    },
    says = {
      "cannot pass map_type 27 into func bpf_map_lookup_elem#1",
      "expected prog array map for tail call", "callback function not allowed for map",
      "Sleepable programs can only use array, hash, ringbuf and local storage maps",
      "Sleepable programs can only use preallocated maps",
      "perf_event programs can only use preallocated hash map",
      "tracing progs cannot use bpf_spin_lock yet", "socket filter progs cannot use bpf_spin_lock yet",
      "tracing progs cannot use bpf_timer yet", "tracing progs cannot use bpf_wq yet",
      "The total number of maps per program has reached the limit of 64",
      "sleepable progs cannot use bpf_spin_lock yet",
      "map 'counts' has no valid bpf_spin_lock", "map 'counts' doesn't have 'struct bpf_timer'",
      "map 'counts' has to have BTF in order to use bpf_timer", "R1 has no valid kptr",
      "only one cgroup storage of each type is allowed",
    },
    compat = "VERIFIER_REJECTION",
    example = [=[
error[map-use]: map `events` is of type ringbuf, which helper bpf_map_lookup_elem does not take
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         count = bpf_map_lookup_elem(&events, &key);
   |                 ^^^^^^^^^^^^^^^^^^^
   = stage: walk, scope: program, cause: helper, insn: 12
   = target: 6.12.0-amd64
   = reachable, so the verifier rejects handle
   = help: use a map of a type that the helper takes, or a helper for that type]=],
  },
  {
    code = "function", title = "the kernel does not call a function, by what BTF says that it takes or returns",
    text = [[
A function that is not static is verified once, and not at each call: its BTF tells the kernel what it takes and
returns. It returns a number, and up to 6.18 not even nothing; it takes numbers, the context, and pointers to what has a size,
or what a tag of the argument says (`__arg_trusted` and others, since 6.8). libbpf makes functions static that are hidden.

Registers hold five arguments. A static function may be declared with more where the compiler leaves some out, as those
that are never read or always the same; its BTF still tells of them, and since 7.2 kernels look for them on the stack,
where nobody has put them: such a program loads on older kernels only.]],
    todo = "Make the function static, or __hidden; or let it take a struct by a pointer, five arguments at most, and return a number.",
    messages = {
      ["return"] = "global function `{name}()` returns no number, and the kernel calls none such",
      argument = "argument {number} of global function `{name}()` is neither a number nor a pointer",
      size = "argument {number} of global function `{name}()` points to what has no size",
      tag = "argument {number} of global function `{name}()` has a tag that the kernel does not know",
      arguments = "`{name}()` takes {number} arguments by its BTF, and those behind the fifth are not where the kernel looks",
      unknown = "whether the kernel calls `{name}()`, by what it takes and returns, is not known",
    },
    help = {
      "make it static, or __hidden, or let it return a number and take numbers and pointers to structs",
      arguments = "let it take five arguments at most, several in a struct by a pointer, or have it inlined: __always_inline",
    },
    says = {
      "callee expects 6 args, stack arg1 is not initialized",
      "Global function g_void() doesn't return scalar. Only those are supported.",
      "arg#0 reference type('UNKNOWN ') size cannot be determined: -22",
      "Arg#0 type STRUCT in g_struct() is not supported yet.",
      "arg#0 has unsupported set of tags",
    },
    compat = "VERIFIER_REJECTION",
    example = [=[
error[function]: global function `count()` returns no number, and the kernel calls none such
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         count(ctx);
   |         ^^^^^^^^^^
   = stage: walk, scope: program, cause: return, insn: 12
   = target: 6.12.0-amd64
   = reachable, so the verifier rejects handle
   = help: make it static, or __hidden, or let it return a number and take numbers and pointers to structs]=],
  },
  {
    code = "stack", title = "functions that call one another take more of the stack than the kernel gives them",
    text = [[
Functions that are called and not inlined have a frame each, and all frames from the program down to the last call have
512 bytes together, whichever calls a path comes to. Each is rounded up: to 32 bytes, since 6.9 to 16 where the kernel
compiles. Above a function with a tail call there may be 255. Programs of tracing have a stack for each function since
6.13 on x86, and so load there and not on older kernels: compilers see one function at a time, and warn of none.]],
    todo = "Keep large variables in a per-CPU array map, let functions be inlined, or let fewer call one another.",
    messages = {
      calls = "`{name}()` and what calls it take {number} bytes of the stack, and together there are 512",
      ["tail-call"] = "`{name}()` has a tail call, and what calls it takes {number} bytes of the stack: 256 or more may not be",
      ["calls-unknown"] = "whether the kernel gives `{name}()` and what calls it {number} bytes of stack together is not known",
      ["tail-call-unknown"] = "whether the kernel lets {number} bytes of stack stand above the tail call of `{name}()` is not known",
    },
    help = {
      "keep large variables in a per-CPU array map, or have functions inlined: __always_inline",
      ["calls-unknown"] = "try it on that kernel, or keep large variables in a per-CPU array map",
      ["tail-call-unknown"] = "try it on that kernel, or make the tail call where less of the stack is taken",
    },
    says = {
      "combined stack size of 2 calls is 608. Too large",
      "tail_calls are not allowed when call stack of previous frames is 304 bytes. Too large",
    },
    compat = "VERIFIER_REJECTION",
    example = [=[
error[stack]: `read_path()` and what calls it take 608 bytes of the stack, and together there are 512
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         return read_path(ctx, path);
   |                ^^^^^^^^^
   = stage: walk, scope: program, cause: calls, insn: 12
   = target: 6.1.0-amd64
   = reachable, so the verifier rejects handle
   = help: keep large variables in a per-CPU array map, or have functions inlined: __always_inline]=],
  },
}

for _, doc in ipairs(list) do
  doc.engine, doc.obstacle = false, true
  list[doc.code] = doc
end

return list
