--- The stable codes of findings, one by one: what each means, a real diagnostic, what to do about it.
--- `btfl explain` prints them, sarif takes its help from here. In `help`, the line that a finding
--- shows, {args} is what a macro of bpf_core_read.h takes, {type} the type, {decider} the hook of the policy
--- that decided, {why} the command that tells what has become of it.
---
--- engine: a result's reason. Otherwise only the reports of scripts have the code. policies: only policies
--- give it, so what it says holds for them. verdict: the word of a verdict. What keeps programs from loading
--- stands in obstacles.lua, and follows in the list.

-- luacheck: no max line length (diagnostics are as long as they are)

local list = {
  {
    code = "no-type", engine = true,
    title = "the target has no type of that name and kind",
    text = [[
Neither the kernel's BTF nor that of its modules has a type of this name (without its ___flavor) and
kind. A struct is never matched by a union or a typedef of its name. Types come and go with versions
and with the configuration; those of a module stand in the module's BTF.]],
    todo = [[
Is it a module's type? Give the module's BTF (-m). Is it missing in some kernels only? Ask
bpf_core_type_exists() before each use, so that the verifier drops the code that needs it. Has it
been renamed? Declare both and choose; `btfl why` finds the new name.]],
    help = "guard it with bpf_core_type_exists({type}), give the BTF of its module (-m), or follow it: {why}",
    example = [=[
error[no-type]: no struct named `request`
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         n = BPF_CORE_READ(req, rq_disk);
   |                                ^^^^^^^
   = access: request.rq_disk, kind: byte_off, insn: 0
   = target: 6.12.0-amd64
   = reachable, so the verifier rejects handle
   = help: guard it with bpf_core_type_exists(struct request), give the BTF of its module (-m), or follow it: btfl why request.rq_disk -t 6.12.0-amd64.btf --object prog.bpf.o]=],
  },
  {
    code = "no-field", engine = true,
    title = "the struct has no member of that name",
    text = [[
The target has the type, but no member of this name in it, nor in its anonymous structs and unions.
It was renamed, moved into another struct, split, removed, or depends on the configuration. CO-RE
compares names exactly: it never follows a rename.]],
    todo = [[
Guard the access with bpf_core_field_exists(). To read the field under its new name too, declare
the struct again with a flavor (struct task_struct___new) that has it, and choose between the two;
`btfl why` finds the new name and prints the code. If the read is guarded already, it is dead code.]],
    help = "guard it with bpf_core_field_exists({args}), or follow it: {why}",
    says = { "libbpf: prog 'handle': relo #0: no matching targets found" },
    example = [=[
error[no-field]: struct task_struct has no member `state`
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         long st = BPF_CORE_READ(task, state);
   |                                       ^^^^^
   = access: task_struct.state, kind: byte_off, insn: 0
   = target: 6.12.0-amd64
   = reachable, so the verifier rejects handle
   = struct task_struct there has `unsigned int __state` at 8, where `state` was
   = help: guard it with bpf_core_field_exists(struct task_struct, state), or follow it: btfl why task_struct.state -t 6.12.0-amd64.btf --object prog.bpf.o]=],
  },
  {
    code = "no-enumval", engine = true,
    title = "the enum has no enumerator of that name",
    text = [[
The target has the enum, but no enumerator of this name (without a ___flavor). Enumerators are
renamed and added between versions; enums without a name cannot be relocated at all.]],
    todo = [[
Ask bpf_core_enum_value_exists() before you use its value, and declare the other name as a further
enumerator of a flavored enum.]],
    help = "guard it with bpf_core_enum_value_exists({args}), or follow it: {why}",
    example = [=[
error[no-enumval]: enum bpf_func_id has no enumerator `BPF_FUNC_get_ns`
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         return bpf_core_enum_value(enum bpf_func_id, BPF_FUNC_get_ns);
   |                                                      ^^^^^^^^^^^^^^^
   = access: bpf_func_id::BPF_FUNC_get_ns, kind: enumval_value, insn: 0
   = target: 6.12.0-amd64
   = reachable, so the verifier rejects handle
   = help: guard it with bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_ns), or follow it: btfl why bpf_func_id::BPF_FUNC_get_ns -t 6.12.0-amd64.btf --object prog.bpf.o]=],
  },
  {
    code = "no-element", engine = true,
    title = "the array is too short, or is no array",
    text = [[
The access has a constant index, and the target's array has fewer elements, or no longer is an
array. Only the last array of a struct may be read beyond its end, when it has no elements at all.]],
    todo = [[
Ask bpf_core_field_size() of the array for how many elements it has, or guard the element with
bpf_core_field_exists().]],
    help = "guard it with bpf_core_field_exists({args}), or compare bpf_core_field_size() of the array",
    example = [=[
error[no-element]: element 5 lies outside `unsigned long[4]` of the target
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         v = BPF_CORE_READ(stat, nr[5]);
   |                                 ^^
   = access: vm_stat.nr[5], kind: byte_off, insn: 0
   = target: 6.12.0-amd64
   = reachable, so the verifier rejects handle
   = help: guard it with bpf_core_field_exists(struct vm_stat, nr[5]), or compare bpf_core_field_size() of the array]=],
  },
  {
    code = "incompatible", engine = true,
    title = "found by name, but of a type that CO-RE does not accept for it",
    text = [[
The target has something of this name whose type is of another sort: a struct where there was a
pointer, an integer where there was an enum. Integers of any size go together, pointers with any
pointer, arrays by their elements; structs are not compared in depth, unless bpf_core_type_matches()
asks for that.]],
    todo = [[
Declare the member with its new type in a flavor of the struct; which of the two the kernel has is
told by bpf_core_field_exists() on each.]],
    help = "declare a flavor of {type} with the new type, and choose with bpf_core_field_exists()",
    example = [=[
error[incompatible]: member `bi_private` is `int` here but `void *` in the target
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         t = BPF_CORE_READ(bio, bi_private);
   |                                ^^^^^^^^^^
   = access: bio.bi_private, kind: byte_off, insn: 0, cause: retyped
   = target: 6.12.0-amd64
   = reachable, so the verifier rejects handle
   = no loader that btfl knows accepts the new type
   = help: declare the new type in a flavor of the struct, and choose with bpf_core_field_exists()]=],
  },
  {
    code = "ambiguous", engine = true,
    title = "candidates that match disagree",
    text = [[
The target has several types of this name that all match, and the offset, size or value is not the
same in all. A loader cannot know which of them is meant and refuses the object. The BTF of a module
that copies a struct of the kernel is a frequent cause.]],
    todo = [[
Declare more members, so that only one of them matches; or decide in a policy (its choose hook)
which one to take. `btfl types` shows the rivals.]],
    help = "declare more members of {type} so that only one candidate matches, or decide in a policy",
    example = [=[
error[ambiguous]: 2 candidates disagree: [5] struct ctx at 4, [6] struct ctx at 8
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         n = BPF_CORE_READ(ctx, len);
   |                                ^^^
   = access: ctx.len, kind: byte_off, insn: 0
   = target: 6.12.0-amd64
   = a loader refuses the whole object for it, reached or not
   = help: declare more members of struct ctx so that only one candidate matches, or decide in a policy]=],
  },
  {
    code = "bitfield-too-wide", engine = true,
    title = "no load of 8 bytes covers the bitfield",
    text = [[
A bitfield is read with one aligned load of 1, 2, 4 or 8 bytes. This one crosses the edge of the
largest, so no load covers it.]],
    todo = [[
Read the bytes with bpf_probe_read_kernel() and shift yourself. Structs that compilers lay out do not
have such bitfields, but packed ones may.]],
    help = "read the bytes around it with bpf_probe_read_kernel() and shift by hand",
    example = [=[
error[bitfield-too-wide]: no load of 8 bytes covers bitfield `seq` in the target
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         v = BPF_CORE_READ_BITFIELD_PROBED(hdr, seq);
   |                                                ^^^
   = access: hdr.seq, kind: byte_off, insn: 0
   = target: 6.12.0-amd64
   = a loader refuses the whole object for it, reached or not
   = help: read the bytes around it with bpf_probe_read_kernel() and shift by hand]=],
  },
  {
    code = "size-mismatch", engine = true,
    title = "the field's size changed and the load or store cannot follow",
    text = [[
The instruction loads or stores the field directly and its size differs in the target. A loader
widens or narrows it only for pointers and for unsigned integers on both sides: a signed value would
need an extension that the instruction does not do.]],
    todo = [[
Read it with BPF_CORE_READ() or BPF_CORE_READ_INTO(), which take the size from the kernel
(bpf_core_field_size()), or declare it unsigned, or as it is there, in a flavor.]],
    help = "read it with BPF_CORE_READ_INTO(), or declare its new type in a flavor of the struct",
    example = [=[
error[size-mismatch]: `delta` is `int` (4 bytes) here but `long` (8 bytes) in the target, and the access cannot be resized
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         int n = skb->delta;
   |                      ^^^^^
   = access: sk_buff.delta, kind: byte_off, insn: 0
   = target: 6.12.0-amd64
   = reachable, so the verifier rejects handle
   = help: read it with BPF_CORE_READ_INTO(), or declare its new type in a flavor of the struct]=],
  },
  {
    code = "offset-range", engine = true,
    title = "the new offset does not fit the instruction's 16 bits",
    text = [[
A load or store has a signed 16-bit offset. In the target the field stands at 32768 or beyond.]],
    todo = [[
Read it with bpf_probe_read_kernel() or BPF_CORE_READ(), which add the offset to the pointer first.]],
    help = "read it with BPF_CORE_READ(), which has no such limit",
    example = [=[
error[offset-range]: offset 40000 of `tail` does not fit the instruction's 16 bits
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         u32 x = dev->tail;
   |                      ^^^^
   = access: device.tail, kind: byte_off, insn: 0
   = target: 6.12.0-amd64
   = a loader refuses the whole object for it, reached or not
   = help: read it with BPF_CORE_READ(), which has no such limit]=],
  },
  {
    code = "insn-mismatch", engine = true,
    title = "the instruction does not hold the local value",
    text = [[
Before it patches, a loader makes sure that the instruction holds what the local type says. Here it
holds something else: the object was changed after the compiler wrote it, was relocated already, or
its compiler and BTF disagree.]],
    todo = [[
Build the object again. If a tool rewrites it (a linker, a stripper, an optimizer), keep that tool from
touching relocated instructions; with the same source and a newer clang, report it to the compiler.]],
    help = "build the object again; something changed the instruction or its BTF",
    example = [=[
error[insn-mismatch]: the instruction holds 24, not the local value 4
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         u32 x = dev->id;
   |                      ^^
   = access: device.id, kind: byte_off, insn: 0
   = target: 6.12.0-amd64
   = a loader refuses the whole object for it, reached or not
   = help: build the object again; something changed the instruction or its BTF]=],
  },
  {
    code = "insn-unsupported", engine = true,
    title = "no instruction that a relocation may patch",
    text = [[
A relocation may patch an ALU instruction with a constant, a load or store, or a 64-bit immediate.
This one is none of these, or is one whose other fields are in use.]],
    todo = [[
Build the object again; .BTF.ext points at the wrong place, or a tool moved the code. A load or store
of a field that is now 16 bytes or an odd size has to be replaced by BPF_CORE_READ_INTO().]],
    help = "build the object again: .BTF.ext points at an instruction that no compiler relocates",
    example = [=[
error[insn-unsupported]: an instruction of opcode 0x85 in this form cannot be relocated
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         bpf_get_current_comm(&dev->id, 4);
   |                                    ^^
   = access: device.id, kind: byte_off, insn: 0
   = target: 6.12.0-amd64
   = a loader refuses the whole object for it, reached or not
   = help: build the object again: .BTF.ext points at an instruction that no compiler relocates]=],
  },
  {
    code = "bad-access", engine = true,
    title = "the access string means nothing on the local type",
    text = [[
The access (0:1:2) has an index that the type in the object's own BTF does not have, or is not made
of numbers. The object contradicts itself.]],
    todo = "Build the object again; if it came out of a linker, link it again from its parts.",
    help = "build the object again: its .BTF and .BTF.ext do not belong together",
    example = [=[
error[bad-access]: access "0:7" means nothing on struct device
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         u32 x = dev->id;
   |         ^
   = access: device, kind: byte_off, insn: 0
   = target: 6.12.0-amd64
   = a loader refuses the whole object for it, reached or not
   = help: build the object again: its .BTF and .BTF.ext do not belong together]=],
  },
  {
    code = "anonymous", engine = true,
    title = "the local type has no name to search for",
    text = [[
CO-RE finds types by name. The relocation starts at a struct, union or enum without one, as with an
enumerator of `enum { A, B };` or an access that starts in the middle of a struct.]],
    todo = "Start the access at a type with a name, or name the type as the kernel does.",
    help = "start the access at a type that has a name",
    example = [=[
error[anonymous]: an anonymous enum has no name to search for
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         return bpf_core_enum_value(typeof(A), A);
   |                                           ^
   = access: <anon>::A, kind: enumval_value, insn: 0
   = target: 6.12.0-amd64
   = a loader refuses the whole object for it, reached or not
   = help: start the access at a type that has a name]=],
  },
  {
    code = "unsized", engine = true,
    title = "the size of a type that is asked for cannot be known",
    text = [[
A size is needed, and the type is only declared (struct foo;), is a function, or is an array so large
that its size overflows.]],
    todo = "Define the type in the object, or ask for its existence only.",
    help = "define the type in full where it is used",
    example = [=[
error[unsized]: `struct later` has no size
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         n = bpf_core_type_size(struct later);
   |                                       ^^^^^
   = access: holder.later, kind: byte_off, insn: 0
   = target: 6.12.0-amd64
   = a loader refuses the whole object for it, reached or not
   = help: define the type in full where it is used]=],
  },
  {
    code = "unsupported", engine = true,
    title = "the relocation kind is unknown, or does not apply to such a field",
    text = [[
The number of the kind is none that is defined, or a bitfield's shift or sign was asked of what is no
member: an array's element or a whole type.]],
    todo = [[
Apply bitfield macros to members only. A kind of a newer compiler needs a newer btfl, and a newer
loader.]],
    help = "ask for shifts and signs of members only, never of an element or a whole type",
    example = [=[
error[unsupported]: `signed` applies to a member, not to an array's element or a whole type
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         s = __builtin_preserve_field_info(v->nr[1], BPF_FIELD_SIGNED);
   |                                              ^^
   = access: vec.nr[1], kind: signed, insn: 0
   = target: 6.12.0-amd64
   = a loader refuses the whole object for it, reached or not
   = help: ask for shifts and signs of members only, never of an element or a whole type]=],
  },
  {
    code = "too-deep", engine = true,
    title = "nested deeper than the rules allow",
    text = [[
An access is at most 64 deep, anonymous structs of the target included, and types are followed
through at most 32 typedefs, qualifiers and pointers.]],
    todo = "Split the access in two: read a pointer to the inner struct first.",
    help = "split the access: read the inner struct or pointer first",
    example = [=[
error[too-deep]: the access string has more than 64 numbers
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         n = BPF_CORE_READ(list, next);
   |                           ^^^^
   = access: list, kind: byte_off, insn: 0
   = target: 6.12.0-amd64
   = a loader refuses the whole object for it, reached or not
   = help: split the access: read the inner struct or pointer first]=],
  },
  {
    code = "limit", engine = true,
    title = "the search took more steps than any real type needs",
    text = [[
The types refer to each other in so many ways that comparing them would take for ever. No compiler
emits such types: the file is made by hand, or damaged.]],
    todo = "Find out where the file comes from.",
    help = "the BTF was made by hand or is damaged: get it from the kernel itself",
    example = [=[
error[limit]: struct s28: the search took more steps than any real type needs
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         return bpf_core_type_matches(struct s28);
   |                                             ^^^
   = access: s28, kind: type_matches, insn: 0
   = target: 6.12.0-amd64
   = a loader refuses the whole object for it, reached or not
   = help: the BTF was made by hand or is damaged: get it from the kernel itself]=],
  },
  {
    code = "truncated", engine = true, policies = true,
    title = "the value does not fit the instruction",
    text = [[
Some loaders refuse a value that the instruction's 32-bit immediate cannot hold; libbpf cuts it off.
Only policies give this reason.]],
    todo = "Use a 64-bit immediate: assign the value to a __u64 or long before it is used.",
    help = "assign the value to a 64-bit variable, so that the compiler loads it in 64 bits",
    example = [=[
error[truncated]: strict.patch says truncated: value 1099511627776 does not fit the instruction's 32 bits
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         return bpf_core_enum_value(enum limits, MOST);
   |                                                 ^^^^
   = access: limits::MOST, kind: enumval_value, insn: 0, rule: strict.patch, note: value 1099511627776 does not fit the instruction's 32 bits
   = target: 6.12.0-amd64
   = a loader refuses the whole object for it, reached or not
   = help: assign the value to a 64-bit variable, so that the compiler loads it in 64 bits]=],
  },
  {
    code = "byte-order", engine = false,
    title = "the object and the target have different byte orders",
    text = [[
BPF objects are built for one byte order (clang -target bpfel or bpfeb), and a kernel loads only its
own. Nothing was compared.]],
    todo = "Build the object for the target's byte order, or leave the pair out.",
    example = [=[
error[byte-order]: the object is little-endian and the target big-endian
  --> prog.bpf.o
   = target: 6.12.0-amd64]=],
  },
  {
    code = "architecture", engine = false,
    title = "the object is built for another architecture than the kernel",
    text = [[
What PT_REGS_PARM1() and its like read is a member of struct pt_regs (on arm64 and s390x of user_pt_regs), and
each architecture has its own. All such accesses of an object fail for this, so they are told as one: programs
that do not touch registers are judged as on any kernel. `btfl matrix` calls the pair not applicable.]],
    todo = "Build one object for each architecture (clang -D__TARGET_ARCH_arm64), or leave the pair out.",
    example = [=[
error[architecture]: the object is built for x86 (its struct pt_regs has `di`), the kernel for arm64
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         struct sock *sk = (void *)PT_REGS_PARM1_CORE(ctx);
   |         ^
   = access: pt_regs.di, scope: programs, cause: architecture
   = target: 6.12.0-amd64
   = reachable, so the verifier rejects handle
   = help: build one object for each architecture (clang -D__TARGET_ARCH_...)]=],
  },
  {
    code = "no-btf", engine = false,
    title = "the object has no BTF, so no relocations",
    text = [[
Without .BTF and .BTF.ext an object has nothing to relocate: it was built without -g, was stripped
too far, or needs none.]],
    todo = "If it reads kernel structs, build it with -g and strip with llvm-strip -g, which keeps BTF.",
    example = [=[
note[no-btf]: the object has no BTF, so no relocations
  --> prog.bpf.o]=],
  },
  {
    code = "no-programs", engine = false,
    title = "the object has no program, so a loader has nothing to load",
    text = [[
A loader takes for programs the functions of sections other than .text, and the one of .text where there is
no other. Of an object without one no verdict tells. Compilers of before 2020 did not mark functions as such,
and libbpf 1.0 and later do not see those.]],
    todo = "Give the program a section, SEC(\"xdp\") for one, or build the object with a newer clang.",
    example = [=[
note[no-programs]: the object has no program, so a loader has nothing to load
  --> prog.bpf.o]=],
  },
  {
    code = "refused", engine = false, verdict = true,
    title = "a loader or the kernel refuses the program before its paths are looked at",
    text = [[
A verdict: the kernel lacks what the program attaches to, its type, the type of a map, or a symbol that the
object demands. The rule of the first obstacle says which, and `btfl explain RULE` tells of it.]],
    todo = "Do what is said of the rule; what a tool sets before it loads can be given (--attach, --map, --type).",
    example = [=[
program  section              relocations  failed  verdict  rule           attaches
handle   fentry/do_unlinkat             1       0  refused  attach-target  -]=],
  },
  {
    code = "incomplete", engine = false, verdict = true,
    title = "only what a tool sets before it loads is missing",
    text = [[
A verdict: as the object is, no kernel loads the program, for a map has no size, or no inner map, until a tool
sets it. Nothing else stands in its way.]],
    todo = "Say what the tool sets: --map NAME.value_size=1016, --map NAME.inner=yes.",
    example = [=[
program  section      relocations  failed  verdict     rule       attaches
handle   perf_event             1       0  incomplete  map-unset  yes]=],
  },
  {
    code = "rejected", engine = false, verdict = true,
    title = "the kernel's verifier rejects the program",
    text = [[
A verdict: the verifier does not know an instruction, or a path from the program's entry reaches one that it
refuses, such as a relocation that failed, of which it says "invalid func unknown#195896080".]],
    todo = [[
Guard the access, so that the verifier finds it dead: bpf_core_field_exists() in the branch itself, not
in a variable of a map. `btfl check` shows the path, `btfl why --code` the guard.]],
    example = [=[
program  section              relocations  failed  verdict   rule        attaches
handle   kprobe/do_unlinkat             1       1  rejected  relocation  yes]=],
  },
  {
    code = "error", engine = false, verdict = true,
    title = "a loader refuses the whole object for one of the program's relocations",
    text = [[
A verdict: libbpf stops at a relocation that it can neither apply nor poison, whether the program reaches it or
not.]],
    todo = "See what `btfl check` says of the relocation, and mend that.",
    example = [=[
program  section              relocations  failed  verdict  rule        attaches
handle   kprobe/do_unlinkat             1       1  error    relocation  yes]=],
  },
  {
    code = "unknown", engine = false,
    title = "whether the program loads could not be found out",
    text = [[
The program has more states than the analysis follows, or uses what it does not model. Nothing is
guessed: the program may load or not.]],
    todo = "Give what the kernel knows (--release, --kconfig, --set), or load it there.",
    example = [=[
warning[unknown]: more than 1000000 instructions were walked
  --> prog.bpf.o, program handle
   = target: 6.12.0-amd64]=],
  },
  {
    code = "no-attach", engine = false,
    title = "the program loads, and the kernel has nothing to attach it to",
    text = [[
A kprobe needs an address for its function, a raw_tp or tracepoint program the tracepoint, a ksyscall program the
function of the system call. That is only asked for when the program is attached, after all have been loaded. The
kernel's symbols or its BTF lack it: it was renamed or inlined, or is in a module. Or the kernel has no trampoline
for its architecture, without which programs of fentry, fexit and lsm load and never attach.]],
    todo = [[
Let the tool choose by what is there (libbpf goes on where a program of SEC("?…") is not loaded), or attach to
what all kernels have. Give the kernel's symbols (--kallsyms) and its modules (-m): BTF alone does not list all.]],
    messages = {
      missing = "{program} loads, and the kernel has nothing to attach it to: {section}",
      trampoline = "{program} loads and does not attach: the kernel makes no trampolines on its architecture",
    },
    help = "let the tool choose by what is there; if it sets another name: --attach {program}=NAME",
    says = { "libbpf: prog 'handle': failed to create kprobe 'do_unlinkat+0x0' perf event: -ENOENT" },
    compat = "UNSUPPORTED_ATTACH_TYPE",
    example = [=[
warning[no-attach]: handle loads, and the kernel has nothing to attach it to: kprobe/do_unlinkat
  --> prog.bpf.o, program handle
   = target: 6.12.0-amd64
   = help: let the tool choose by what is there; if it sets another name: --attach handle=NAME]=],
  },
  {
    code = "arg-missing", engine = false,
    title = "a program reads an argument that is not there on the kernel",
    text = [[
Functions, tracepoints and hooks lose and gain parameters between kernels, of which CO-RE knows nothing. A program of
BTF (tp_btf, fentry, fexit, lsm) is rejected when it reads one that is not there; a kprobe or a raw tracepoint gets
whatever stands in its place, and nothing fails.]],
    todo = [[
Write a variant of the program for each signature, and let the tool load the one that fits (libbpf goes on where a
program of SEC("?...") is not loaded), or ask bpf_core_type_matches() or an enum of that era at its start.]],
    message = "{what} of {attach} is missing here",
    help = "load a variant of {program} for each signature, or choose with bpf_core_type_matches()",
    example = [=[
error[arg-missing]: argument 2 of tp_btf/block_rq_issue is missing here
  --> biosnoop.bpf.c:153:26   biosnoop.bpf.o, program block_rq_issue
    |
153 |         return trace_rq_start((void *)ctx[1], false);
    |                                       ^
    = access: argument 2 of tp_btf/block_rq_issue, consequence: rejected
    = target: 5.10.223-amd64
    = taken for `struct request *`: request.rq_disk is read at core_fixes.bpf.h:108
    = the verifier rejects block_rq_issue
    = help: load a variant of block_rq_issue for each signature, or choose with bpf_core_type_matches()]=],
  },
  {
    code = "arg-role", engine = false,
    title = "what a program takes for the return value is an argument on the kernel, or the other way round",
    text = [[
A program that runs when a function has returned (fexit, fmod_ret, lsm) sees its result behind its arguments. When the
function gains a parameter, that stands where the result was. The verifier accepts it: the data is wrong.]],
    todo = [[
Write a variant of the program for each signature, or read the result with bpf_get_func_ret() (5.17), which finds it
wherever it is.]],
    message = "{what} of {attach} is {is} here, and not {other}",
    help = "load a variant of {program} for each signature, or ask bpf_get_func_ret() for the result",
    example = [=[
warning[arg-role]: argument 3 of fexit/filemap_alloc_folio_noprof is `struct mempolicy *policy` here, and not the return value
  --> readahead.bpf.c:58:5   readahead.bpf.o, program filemap_alloc_folio_ret
   |
58 | int BPF_PROG(filemap_alloc_folio_ret, gfp_t gfp, unsigned int order,
   |     ^
   = access: argument 3 of fexit/filemap_alloc_folio_noprof, has: struct mempolicy *policy, consequence: silent
   = target: 6.19.14-amd64
   = taken for `struct folio *`: folio.page is read at readahead.bpf.c:68
   = the verifier accepts it: the data is wrong, nothing fails
   = help: load a variant of filemap_alloc_folio_ret for each signature, or ask bpf_get_func_ret() for the result]=],
  },
  {
    code = "arg-type", engine = false,
    title = "an argument is of another type than a program takes it for",
    text = [[
The parameter at that place is another one than on the kernels that the program was written for. What it is taken for is
told by the fields that the program reads by it, the functions that it hands it to, what most kernels of the run have,
or its declaration. A program of BTF is rejected when it loads what is no fitting member of the real struct; what is
copied by bpf_probe_read_kernel(), and all that a kprobe or a raw tracepoint reads, is wrong in silence.]],
    todo = [[
Write a variant of the program for each signature, or ask at its start what the kernel has: bpf_core_type_matches(), or a
field or an enumerator that came with the change.]],
    message = "{what} of {attach} is `{has}` here, and not {taken}",
    help = "load a variant of {program} for each signature, or choose with bpf_core_type_matches()",
    example = [=[
warning[arg-type]: argument 2 of kprobe/vfs_unlink is `struct inode *dir` here, and not struct dentry *
  --> filelife.bpf.c:102:5   filelife.bpf.o, program vfs_unlink
    |
102 | int BPF_KPROBE(vfs_unlink, void *arg0, void *arg1, void *arg2)
    |     ^
    = access: argument 2 of kprobe/vfs_unlink, has: struct inode *dir, consequence: silent
    = target: 6.18.15-amd64
    = taken for `struct dentry *`: dentry.d_name.name is read at filelife.bpf.c:122
    = the verifier accepts it: the data is wrong, nothing fails
    = help: load a variant of vfs_unlink for each signature, or choose with bpf_core_type_matches()]=],
  },
  {
    code = "arg-unreadable", engine = false,
    title = "the verifier lets no program read that argument",
    text = [[
A program of BTF may read arguments that are numbers or pointers to structs; others the verifier of that kernel refuses:
`const void *` before 6.16, pointers to numbers before 5.17.]],
    todo = "Read it in a program that has no types: a kprobe, or a raw tracepoint (raw_tp instead of tp_btf).",
    message = "{what} of {attach}, `{has}`, may not be read here",
    help = "read it in a raw_tp program or a kprobe, which have no types",
    example = [=[
error[arg-unreadable]: argument 1 of fentry/kfree, `const void *object`, may not be read here
  --> prog.bpf.o, program handle
   = access: argument 1 of fentry/kfree, has: const void *object, consequence: rejected
   = target: 6.12.0-amd64
   = the verifier rejects handle
   = help: read it in a raw_tp program or a kprobe, which have no types]=],
  },
  {
    code = "arg-moved", engine = false,
    title = "the argument of that name stands at another place on the kernel",
    text = [[
The program declares an argument by a name that another parameter has here. Two numbers that changed places are told by
nothing else.]],
    todo = "Write a variant of the program for each signature.",
    message = "{what} of {attach} is `{has}` here, and `{name}` stands elsewhere",
    help = "load a variant of {program} for each signature",
    example = [=[
warning[arg-moved]: argument 1 of tp_btf/mm_vmscan_memcg_reclaim_begin is `gfp_t gfp_flags` here, and `order` stands elsewhere
  --> prog.bpf.o, program handle
   = access: argument 1 of tp_btf/mm_vmscan_memcg_reclaim_begin, has: gfp_t gfp_flags, consequence: silent
   = target: 7.1.0-amd64
   = declared as `int order`
   = the verifier accepts it: the data is wrong, nothing fails
   = help: load a variant of handle for each signature]=],
  },
  {
    code = "no-core", engine = false,
    title = "a program reads memory of the kernel at a place that no relocation gives",
    text = [[
An argument, the current task, or what was loaded from them is read at a constant offset: that of the headers which the
program was compiled with. Nothing moves it along with the member that it is meant for. What the program attaches to
tells which struct it is of, and so what lies there on each kernel. It is a warning where that differs between the
kernels of the run, or from what the object itself was compiled with; with --all a note where it does not. An object
without any CO-RE record gets one finding.]],
    todo = [[
Read the member by CO-RE: BPF_CORE_READ(dev, name), bpf_core_read(dst, size, &dev->name), or a struct that is declared
with __attribute__((preserve_access_index)). The first member is one, too: (void *)dev is relocated nowhere. Of a copied
struct read the members that are needed.]],
    help = "read the member by CO-RE: BPF_CORE_READ(), or bpf_core_read(&to, size, &from->member)",
    bare_help = "build it with CO-RE (vmlinux.h, BPF_CORE_READ()), or on each kernel for that kernel alone",
    example = [=[
warning[no-core]: reads byte 0 of struct net_device without CO-RE: `name` on 5.10.262 .. 6.1.192, `priv_flags` from 6.12.95
  --> neigh_table_tuner.bpf.c:48:4   neigh_table_tuner.bpf.o, program bpftune_neigh_create
   |
48 |                         bpf_probe_read(&new_tbl_stats.dev, sizeof(new_tbl_stats.dev), dev);
   |                         ^
   = access: byte 0 of struct net_device, size: 16
   = targets: 5.10.262-amd64, 6.1.192-amd64, 6.12.95-amd64, 6.12.117-amd64
   = nothing fails: the program gets what lies there
   = help: read the member by CO-RE: BPF_CORE_READ(), or bpf_core_read(&to, size, &from->member)]=],
  },
  {
    code = "ladder-gap", engine = false,
    title = "the newest kernels are back in the branch of older ones",
    text = [[
A program asks each kernel for a field, a type, an enumerator or a size, and a branch is decided by the answer. Over
the kernels of one flavour and architecture, by release, the answers lead away from a branch and back to it. What
was asked for has often been renamed or removed since, and says nothing any more of what the branch was made for:
the newest kernels then run what was written for the oldest. It may be meant: a field that is gone is not read.
Where they read another argument of a function for it, it is a warning, which says which one.]],
    todo = [[
See what the branch is for. Ask for the thing itself that it needs, and not for one that came with the same
release; or add the name that the newest kernels have. `btfl ladders` shows all answers.]],
    help = "ask for what the newest kernels have as well, or for the thing itself that the branch needs",
    example = [=[
note[ladder-gap]: 6.18.0 takes the branch of 5.10.0, and not that of 6.1.0 .. 6.12.0
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         if (bpf_core_field_exists(struct renamedata, old_mnt_userns))
   |                                                      ^^^^^^^^^^^^^^
   = access: renamedata.old_mnt_userns, kind: field_exists, insn: 3
   = target: 6.18.0-amd64
   = field_exists renamedata.old_mnt_userns: amd64: 5.10.0=0 6.1.0..6.12.0=1 6.18.0=0
   = help: ask for what the newest kernels have as well, or for the thing itself that the branch needs]=],
  },
  {
    code = "ladder-always", engine = false,
    title = "all kernels of the run have what a branch asks for",
    text = [[
With --ladders: the other side of the branch is for kernels that are not among those given. When these are all
that are supported, it can go.]],
    todo = "Remove the question and its other side, or give the kernels that it is for.",
    help = "remove the question and its other side, if these are all kernels that are supported",
    example = [=[
note[ladder-always]: field_exists task_struct.__state: true on each of the 2 kernels
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         if (bpf_core_field_exists(task->__state))
   |                                         ^^^^^^^
   = access: task_struct.__state, kind: field_exists, insn: 3
   = targets: 6.1.0-amd64, 6.12.0-amd64
   = help: remove the question and its other side, if these are all kernels that are supported]=],
  },
  {
    code = "ladder-never", engine = false,
    title = "no kernel of the run has what a branch asks for",
    text = [[
With --ladders: what the branch guards runs on none of the kernels given. Either they are all too new or too old for
it, or the name is misspelt, or of another struct.]],
    todo = "See that the name is right (`btfl why`). Remove the branch, or give the kernels that it is for.",
    help = "see that the name is right; remove the branch, if these are all kernels that are supported",
    example = [=[
note[ladder-never]: field_exists task_struct.state: true on none of the 2 kernels
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         if (bpf_core_field_exists(task->state))
   |                                         ^^^^^
   = access: task_struct.state, kind: field_exists, insn: 3
   = targets: 6.1.0-amd64, 6.12.0-amd64
   = help: see that the name is right; remove the branch, if these are all kernels that are supported]=],
  },
  {
    code = "guard-other", engine = false,
    title = "a guard asks for another thing than what it guards accesses",
    text = [[
The side of a branch that is taken where a kernel has a field or type accesses other things and never that one,
on neither side. They came with the same release perhaps; another kernel, or a backport, has one without the other.
Probes of helpers and of types of maps or programs, which accesses cannot name, are left out.]],
    todo = "Ask for the thing that is accessed.",
    help = "ask for the thing that is accessed",
    example = [=[
note[guard-other]: asks for `task_struct.__state`, and guards accesses of other things: `request.q`
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         if (bpf_core_field_exists(task->__state))
   |                                         ^^^^^^^
   = access: task_struct.__state, kind: field_exists, insn: 3
   = target: 6.12.0-amd64
   = help: ask for the thing that is accessed]=],
  },
  {
    code = "no-constant", engine = false,
    title = "no object has the constant that --set or --unset names",
    text = "Constants are the variables of .rodata, by their names in C.",
    todo = "See that the name is spelt as in the source.",
    example = [=[
warning[no-constant]: no object has a constant targ_pid]=],
  },
  {
    code = "log-mismatch", engine = false,
    title = "a log is of another object than the one that was given",
    text = [[
`btfl log` holds the instructions that a verifier has written into its log against those of the program. They
differ, or no object has a program of that name: it was another object that was loaded there, or another build
of it. What the log says stands; a source line cannot be told.]],
    todo = "Give the object that was loaded there, of the same build.",
    example = [=[
warning[log-mismatch]: the log is of another build: instruction 2 is `r1 = 16` there, and not so in handle
  --> prog.bpf.o, program handle
   = help: give the object that was loaded there: btfl log OBJ... --log FILE]=],
  },
  {
    code = "no-program", engine = false,
    title = "no object has the program that --attach, --type, --skip or --one-of names",
    text = "Programs are called as their functions are in C, not as their sections.",
    todo = "See that the name is spelt as in the source; `btfl verdicts` lists all.",
    example = [=[
warning[no-program]: no object has a program handle_exce]=],
  },
  {
    code = "no-map", engine = false,
    title = "no object has the map that --map names",
    text = "Maps are called as their variables are in C.",
    todo = "See that the name is spelt as in the source.",
    example = [=[
warning[no-map]: no object has a map stackmpa]=],
  },
  {
    code = "no-target", engine = false,
    title = "no kernel has the name that --release, --version, --kconfig or --kallsyms gives",
    text = "Each of these takes NAME=VALUE for the kernel of that name alone, or VALUE for every one.",
    todo = "`btfl targets` lists the names of kernels.",
    example = [=[
warning[no-target]: --kconfig is for a kernel 6.1.0-9-cluod-amd64, and there is none of that name]=],
  },
  {
    code = "ignore-unused", engine = false,
    title = "an ignore of the project file matches nothing",
    text = [[
The run looked at what the `ignore` is about, and found nothing that it matches: what was ignored has been mended, or
a name is misspelt. It is told where all that there is to find is looked for, by `btfl check` and `btfl matrix`.]],
    todo = "Take it out of btfl.lua, or see that its names are spelt as in the finding.",
    example = [=[
warning[ignore-unused]: ignore[1] of btfl.lua (rule no-field, program handle_exec) matches nothing: mended in 2.1]=],
  },
  {
    code = "ignore-expired", engine = false,
    title = "the day until which the project file ignores something is over",
    text = "What it was about is an error again. Until the end of the day of `until_`, in UTC, it was a note.",
    todo = "Mend what was ignored; or look at it again, and give it another day.",
    example = [=[
warning[ignore-expired]: ignore[2] of btfl.lua (rule arg-moved) has expired on 2026-03-01: waits for libfoo 3]=],
  },
  {
    code = "baseline-stale", engine = false, title = "a baseline has a failure that is no more",
    text = [[
The run looked at the object and the kernel on which the file of --baseline has it, and did not find it. Left there, it
would hide the same failure when it comes back.]],
    todo = "Write the baseline again: --write-baseline FILE.",
    example = [=[
warning[baseline-stale]: known.json has a failure that is no more: no-field: struct task_struct has no member `state`
  --> exec.bpf.o, program handle_exec
   = target: 6.1.0-9-amd64]=],
  },
  {
    code = "baseline-differs", engine = false, title = "a baseline was written of other inputs than these",
    text = [[
The file of --baseline has digests of the kernels and objects that it was written of, and the version of btfl. What has
changed since may be why something is new: another kernel of the same name, an object that was built again. A failure
on a kernel that the baseline does not have is new.]],
    todo = "Nothing, as long as what is new is known to be; else write the baseline again: --write-baseline FILE.",
    example = [=[
note[baseline-differs]: known.json is of other inputs than these
   = does not have the kernel: 7.3.4-amd64]=],
  },
  {
    code = "compare-differs", engine = false, title = "two runs that are compared are not of the same objects and kernels",
    text = [[
Objects are paired by the last part of their paths, and by as many more as tell those of one run apart. What only one of
the runs has cannot have changed. All that fails of an object that only the new one has is worse.]],
    todo = "See that both are of the same kernels, and that objects keep their names.",
    example = [=[
note[compare-differs]: the two runs are not of the same
   = only the new one has the kernel, which is not compared: 7.3.4-amd64]=],
  },
  {
    code = "part-stale", engine = false, title = "a minimal BTF gives other answers than the kernel that it is of",
    text = [[
`btfl minbtf --verify` relocates the objects against the whole kernel and against the file that is shipped for it. The
objects are newer than the file and need more, or the kernel of that name is another one now: a loader that is given
the file poisons what the kernel has, or reads at the wrong place.]],
    todo = "Write the files again with these objects and kernels: btfl minbtf OBJ... -t KERNELS -o FOLDER.",
    example = [=[
error[part-stale]: 1 relocation is otherwise than against the kernel
  --> fleet/6.1.0-9-amd64.btf
   = target: 6.1.0-9-amd64
   = exec.bpf.o: relocation 0 (byte_off task_struct.pid) is ok 1240 79a1d80400000000 against the whole and poison against the part]=],
  },
  {
    code = "part-missing", engine = false, title = "there is no minimal BTF for a kernel",
    text = [[
`btfl minbtf --verify` looks for a file that is called as the kernel (`btfl targets` tells how). A loader on that kernel
finds none, and without BTF of its own the kernel relocates nothing.]],
    todo = "Write the files again with all kernels: btfl minbtf OBJ... -t KERNELS -o FOLDER.",
    example = [=[
error[part-missing]: there is no such file
  --> fleet/6.12.0-1-amd64.btf
   = target: 6.12.0-1-amd64]=],
  },
  {
    code = "part-extra", engine = false, title = "a minimal BTF is of no kernel that was given",
    text = [[
`btfl minbtf --verify` found a file that none of the kernels of -t is called as: it is of a kernel that is supported no
more, or one that was not given. Nobody can tell whether it is stale.]],
    todo = "Remove it, or give its kernel with -t.",
    example = [=[
error[part-extra]: no kernel that is given is called so
  --> fleet/4.19.0-1-amd64.btf]=],
  },
  {
    code = "by-policy", engine = true,
    title = "the policy that was given decided so, and not libbpf's rules",
    text = [[
As a note: a hook of the policy (--policy) has settled what libbpf would poison or refuse. The finding
names the hook and libbpf's answer. A loader that has no such rule still fails there. As an error: a hook
has refused or poisoned the relocation and gave no other reason.]],
    todo = "See that the loader which you use knows the same rule.",
    help = "{decider} decides that: see that the loader which you use knows the same rule",
    example = [=[
note[by-policy]: ok by renames.member (renamed in 5.14); libbpf: poison, struct task_struct has no member `state`
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         long st = BPF_CORE_READ(task, state);
   |                                       ^^^^^
   = access: task_struct.state, kind: byte_off, insn: 0, rule: renames.member, note: renamed in 5.14
   = target: 6.12.0-amd64]=],
  },
  {
    code = "inert-rename", engine = false,
    title = "an entry of a table of renames can never take effect",
    text = [[
`btfl lint` holds the table against every kernel that is given. An old or a new name that none of them has
is misspelt, or is for kernels that were not given. A path through a pointer is no offset in the struct,
and a new name within an array has to say in which element: `counts[1].value`.]],
    todo = "Correct the name, or give lint the kernels that have it; read what is behind a pointer first.",
    example = [=[
error[inert-rename]: the entry of `task_struct.state`: its new name `task_struct.__sate` is on no target
  --> table.lua:2]=],
  },
  {
    code = "old-loader", engine = false,
    title = "loaders of some age cannot read the BTF",
    text = [[
`btfl doctor` tells of what newer encoders write. libbpf refuses a whole BTF with a kind of type that it does not
know ("Unsupported BTF_KIND:19" is an enum64, before 1.0), and then no program of a tool that was built with it
is relocated. The header of 32 bytes, with a section that tells the size of every kind, is of kernels since 7.1:
releases of cilium/ebpf from before refuse it.]],
    todo = "Build tools with a newer loader, or give them a minimal BTF (`btfl minbtf`).",
    example = [=[
note[old-loader]: libbpf before 1.0 cannot read it: Unsupported BTF_KIND:19 (enum64)
  --> vmlinux.btf]=],
  },
  {
    code = "implicit-argument", engine = false,
    title = "kernel functions still show an argument that the verifier fills in",
    text = [[
Since 7.0 the verifier itself passes `struct bpf_prog_aux *` to some kernel functions. The tools that build the
kernel take it out of the prototype that programs see, and keep the whole one as NAME_impl. Here a function has the
argument and no NAME_impl: the kernel was built by tools older than itself. Programs that call it, sched_ext's
schedulers among them, declare one argument less, and do not load.]],
    todo = "Build the kernel with the resolve_btfids and pahole that its release asks for.",
    example = [=[
warning[implicit-argument]: 2 kernel functions show the argument that the verifier fills in
  --> vmlinux.btf
   = functions: bpf_wq_set_callback, scx_bpf_kick_cpu]=],
  },
  {
    code = "duplicate-type", engine = false,
    title = "a name stands for several structs or unions",
    text = [[
Several files of the kernel define a struct of that name, or an encoder did not see that they are one. Which one a
program finds by its name is the first that fits; where they disagree on what a relocation asks for, it is
ambiguous. `btfl doctor` tells where the second one first differs from the first.]],
    todo = "See that what your program takes from it is the same in each: `btfl relos` lists the candidates.",
    example = [=[
note[duplicate-type]: 2 names stand for several structs or unions
  --> vmlinux.btf
   = node: list removed
   = mm_slot: link removed]=],
  },
  {
    code = "no-types", engine = false,
    title = "there is no type in a BTF",
    text = [[
The file is nothing but a header, as some builds leave behind where pahole failed or was not there. It is sound,
and of no use: nothing is found in it.]],
    todo = "Build the kernel or the module again with pahole, and CONFIG_DEBUG_INFO_BTF.",
    example = [=[
warning[no-types]: has no types
  --> module.btf]=],
  },
  {
    code = "sign-extended", engine = false,
    title = "an unsigned enumerator of 2^31 or more was sign-extended",
    text = [[
libbpf holds a 32-bit enumerator in a signed number, so an unsigned one of 0x80000000 becomes
0xffffffff80000000. Other loaders (cilium/ebpf, aya) zero-extend it.]],
    todo = "Compare it as a 32-bit number: cast both sides to __u32.",
    example = [=[
note[sign-extended]: the unsigned enumerator becomes 18446744071562067968: sign-extended, as libbpf does
  --> prog.bpf.c:41:2   prog.bpf.o, program handle
   |
41 |         n = bpf_core_enum_value(enum flags, TOP);
   |                                             ^^^
   = access: flags::TOP, kind: enumval_value, insn: 0
   = target: 6.12.0-amd64]=],
  },
}

for _, doc in ipairs(require "btfl.diagnose.obstacles") do list[#list + 1] = doc end

-- By code as well.
for _, doc in ipairs(list) do list[doc.code] = doc end

return list
