--- What loaders and verifiers say when a program does not load: one entry a phrase, the first that is found
--- in a line counts. `rule` is that of the finding, as `btfl explain` knows it.
---
--- find: a Lua pattern that begins with plain text, which is looked for first; what it captures is called as
--- `takes` says. Names with a meaning: program; section, of the program; insn, counted in the function that
--- `program` names; at, counted in the linked program; relo, the number of a CO-RE relocation in its section;
--- kind, type_id, access and path of one; symbol, map, helper, attach, what the finding underlines.
--- says: the message, with {what was captured}; help: what to do.
--- verifier: the phrase stands behind the instruction that it is about, unless it names one, or `whole`.
--- outcome: it says that something failed, not why: told only where nothing else is.
--- context: the line before a reason, told with it.
--- object: it fails all of the object, not one program.
--- errors: what the error means is told as well, as of every outcome.

-- luacheck: no max line length (phrases are as long as they are)

local phrases = {}

local function add(rule, find, takes, says, more)
  local phrase = more or {}
  phrase.rule, phrase.find, phrase.takes, phrase.says = rule, find, takes, says
  phrase.plain = find:match "^[^%%%(%[%.%*%+%-%?%^%$%]]+"
  phrases[#phrases + 1] = phrase
end

local function verifier(rule, find, takes, says, more)
  more = more or {}
  more.verifier = true
  add(rule, find, takes, says, more)
end

-- The loader: libbpf, and with it bpftool and the tools of bcc. What it has poisoned comes first.

local RELO_HELP = "btfl check tells on which kernels it fails, and btfl why what it has become there"

verifier("relocation", "failed to resolve CO%-RE relocation <([%w_]+)> %[(%d+)%] (.-) %(([%d:]+)", { "kind", "type_id", "path", "access" },
  "{path} ({kind}) was not found on that kernel, and the program reaches it", { help = RELO_HELP })
verifier("relocation", "unknown#195896080", {},
  "{path} ({kind}) was not found on that kernel, and the program reaches it", { help = RELO_HELP })
verifier("relocation", "<invalid CO%-RE relocation>", {},
  "{path} ({kind}) was not found on that kernel, and the program reaches it", { help = RELO_HELP })
verifier("relocation", "r10 = 0xbad2310", {},
  "{path} ({kind}) was not found on that kernel, and the program reaches it", { help = RELO_HELP })
verifier("map-unset", "BPF map '([^']*)' is referenced but wasn't created", { "map" },
  "map {map} is used, but the tool did not create it")
verifier("map-unset", "<invalid BPF map reference>", {}, "a map is used that the tool did not create")
verifier("map-unset", "unknown#2001%d%d%d%d%d%d%f[%D]", {}, "a map is used that the tool did not create")
verifier("kfunc", "kfunc '([^']*)' is referenced but wasn't resolved", { "symbol" },
  "the kernel has no kernel function {symbol}, and the program reaches the call",
  { help = "ask bpf_ksym_exists({symbol}) before the call" })
verifier("kfunc", "<invalid kfunc call>", {}, "the kernel has no such kernel function, and the program reaches the call",
  { help = "ask bpf_ksym_exists() before the call" })
verifier("kfunc", "unknown#2002%d%d%d%d%d%d%f[%D]", {}, "the kernel has no such kernel function, and the program reaches the call",
  { help = "ask bpf_ksym_exists() before the call" })
-- What cilium/ebpf writes over a call of a weak kernel function: 0xdedc0de.
verifier("kfunc", "unknown#233685214", {}, "the kernel has no such kernel function, and the program reaches the call",
  { help = "ask bpf_ksym_exists() before the call" })

add("open", "legacy map definitions in 'maps' section are not supported", {},
  "maps are defined in a section `maps`, which libbpf 1.0 and later do not take",
  { object = true, help = "define them with BTF in SEC(\".maps\"), or load with libbpf before 1.0" })
add("open", "prog '([^']*)': bad map relo against '([^']*)' in section '([^']*)'", { "program", "map", "place" },
  "map {map} stands in section `{place}`, where libbpf looks for none", { object = true,
  help = "define it with BTF in SEC(\".maps\")" })
add("open", "prog '([^']*)': bad call relo against '([^']*)'", { "program", "symbol" },
  "libbpf cannot follow the call of {symbol}", { object = true })
add("open", "prog '([^']*)': bad data relo against section '([^']*)'", { "program", "place" },
  "libbpf cannot follow a reference to section `{place}`", { object = true })
add("open", "prog '([^']*)': invalid relo against '([^']*)'", { "program", "symbol" },
  "libbpf cannot follow a reference to {symbol}", { object = true })
add("open", "BTF is required, but is missing or corrupted", {}, "the object needs BTF, and has none that is sound",
  { object = true, help = "compile with -g, and do not strip .BTF" })
add("open", "failed to find BTF for extern '([^']*)'", { "symbol" }, "the object has no BTF of its extern {symbol}",
  { object = true, help = "compile with -g, and do not strip .BTF" })
add("open", "endianness mismatch in", {}, "the object is of the other byte order", { object = true })
add("open", "loading non%-native endianness is unsupported", {}, "the object is of the other byte order", { object = true })
add("open", "missing BTF", {}, "maps in `.maps`, and so BTF is needed, which the object has not",
  { object = true, help = "compile with -g, and do not strip .BTF" })

add("kfunc", "extern %(func ksym%) '([^']*)': not found in kernel or module BTFs", { "symbol" },
  "the kernel has no kernel function {symbol}, which the object demands",
  { object = true, help = "declare it __weak and ask bpf_ksym_exists({symbol}) before the call" })
add("kfunc", "extern %(func ksym%) '([^']*)': func_proto %[%d+%] incompatible with ([%w_]+)", { "symbol", "module" },
  "the kernel function {symbol} of {module} has another prototype than the object declares",
  { object = true, help = "declare it with a flavor (___NAME) for each prototype, all __weak" })
add("ksym", "extern %(var ksym%) '([^']*)': not found in kernel BTF", { "symbol" },
  "the kernel has no variable {symbol} in its BTF, which the object demands",
  { object = true, help = "declare it __weak and compare its address with 0" })
add("ksym", "extern %(var ksym%) '([^']*)': incompatible types, expected %[%d+%] (.-), but kernel has %[%d+%] (.*)", { "symbol", "want", "have" },
  "the kernel's variable {symbol} is of another type: {have}, not {want}", { object = true })
add("ksym", "extern %(ksym%) '([^']*)': resolution is ambiguous", { "symbol" },
  "the kernel has several symbols {symbol}", { object = true })
add("kconfig", "extern %(kcfg%) '([^']*)': (value .*)", { "symbol", "why" },
  "the kernel's {symbol} is not what the object declares: {why}", { object = true })
add("kconfig", "extern '(CONFIG_[^']*)' %(strong%): not resolved", { "symbol" },
  "the kernel's configuration has no {symbol}, which the object demands",
  { object = true, help = "declare it __weak: it is 0 where the configuration lacks it" })
add("ksym", "extern '([^']*)' %(strong%): not resolved", { "symbol" },
  "the kernel has no {symbol}, which the object demands",
  { object = true, help = "declare it __weak and ask for it before its use" })

add("struct-ops", "struct_ops init_kern: struct ([%w_]+) is not found in kernel BTF", { "symbol" },
  "the kernel has no struct_ops of type {symbol}", { object = true })
add("struct-ops", "struct_ops init_kern ([^ ]*): Cannot find member ([%w_]+) in kernel BTF", { "map", "member" },
  "the kernel's type of {map} has no member {member}, to which the object gives a value", { object = true })
add("struct-ops", "struct_ops init_kern ([^ ]*): (.*)", { "map", "why" }, "struct_ops {map} does not fit the kernel: {why}", { object = true })
add("struct-ops", "struct_ops init_kern ([^ ]*) func ptr ([%w_]+): (.*)", { "map", "member", "why" },
  "struct_ops {map}.{member} does not fit the kernel: {why}", { object = true })

-- A CO-RE relocation that libbpf, or the kernel for a light skeleton, refuses.
for _, case in ipairs {
  { "target candidate search failed for %[(%d+)%] (.+): %-?%w+", { "type_id", "path" }, "the search for {path} in the kernel's BTF failed" },
  { "field offset ambiguity: (%d+) != (%d+)", { "one", "other" }, "{path} stands at {one} bits in one type of that name, at {other} in another" },
  { "relocation decision ambiguity: (.*)", { "why" }, "types of that name disagree about {path}: {why}" },
  { "unexpected insn #(%d+) %b() value: got (%-?%d+), exp (%d+)", { "insn", "got", "want" }, "the instruction of {path} holds {got} where the object's own value {want} is expected" },
  { "insn #(%d+) %b() value too big: (%d+)", { "insn", "got" }, "the offset {got} of {path} does not fit an instruction" },
  { "insn #(%d+) %b() accesses field incorrectly", { "insn" }, "{path} has another size there, and the load or store cannot follow" },
  { "insn #(%d+) %b() unexpected mem size", { "insn" }, "the instruction of {path} moves another number of bytes than its field has" },
  { "insn #(%d+) %b() invalid new mem size: (%d+)", { "insn", "got" }, "{path} has {got} bytes there, which no instruction moves" },
  { "insn #(%d+) %b() has unexpected form", { "insn" }, "the instruction of {path} is none that is relocated" },
  { "trying to relocate unrecognized insn #(%d+)", { "insn" }, "the instruction of {path} is none that is relocated" },
  { "unrecognized CO%-RE relocation (%S+)", { "kind" }, "the loader does not know relocations of that kind" },
  { "parsing %[(%d+)%] (.-) %+ ([%d:]+) failed", { "type_id", "path", "access" }, "the access {access} means nothing on {path}" },
  { "<([%w_]+)> %(%d+%) relocation doesn't support anonymous types", { "kind" }, "a type without a name cannot be looked for" },
  { "error matching candidate #%d+ (.*): %-?%w+$", { "why" }, "{path} could not be compared with a type of the kernel: {why}" },
} do
  table.insert(case[2], 1, "relo")
  table.insert(case[2], 1, "program")
  add("relocation", "prog '([^']*)': relo #(%d+): " .. case[1], case[2], case[3], { help = RELO_HELP })
end
add("relocation", "prog '([^']*)': relo #(%d+): failed to [%w ]+: (%S+)", { "program", "relo", "errno" },
  "the relocation of {path} failed ({errno})", { outcome = true, help = RELO_HELP })
add("relocation", "prog '([^']*)': relo (%d+) at insn #(%d+) can't be (.*)", { "program", "number", "insn", "why" },
  "the relocation of {path} can't be {why}")
add("open", "Error loading vmlinux BTF: (.*)", { "errno" }, "the kernel has no BTF that libbpf can read ({errno})",
  { object = true, help = "give the tool a BTF of that kernel: btfl minbtf makes a small one" })
add("open", "failed to find valid kernel BTF", {}, "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF), and the tool was given none",
  { object = true, help = "give the tool a BTF of that kernel: btfl minbtf makes a small one" })
add("open", "failed to parse target BTF: (.*)", { "errno" }, "the BTF that the tool was given cannot be read ({errno})", { object = true })
add("relocation", "failed to perform CO%-RE relocations: (%S+)", { "errno" }, "CO-RE relocations failed ({errno})", { outcome = true, object = true })

add("map-attr", "map '([^']*)': failed to create inner map: (.*)", { "map", "errno" }, "the kernel refuses the inner map of {map}: {errno}",
  { object = true })
add("map-attr", "map '([^']*)': failed to create: (.*)", { "map", "errno" },
  "the kernel refuses map {map}: {errno}", { object = true,
  help = "it lacks the map type, or a size is 0 that the tool sets before it loads" })
add("map-attr", "map '([^']*)': failed to (.*)", { "map", "why" }, "map {map}: failed to {why}", { object = true })
add("open", "map '([^']*)': unsupported map linkage", { "map" }, "map {map} is static, which loaders do not take", { object = true })
add("open", "map '([^']*)': (conflicting [%w ]+ size .*)", { "map", "why" }, "map {map}: {why}", { object = true })
add("open", "map '([^']*)': (unknown field .*)", { "map", "why" }, "map {map}: {why}", { object = true })
add("open", "map '([^']*)': map type isn't specified", { "map" }, "map {map} has no type", { object = true })

add("section", "prog '([^']*)': missing BPF prog type, check ELF section name '([^']*)'", { "program", "section" },
  "the loader does not know section `{section}`, and the tool sets no program type")
add("section", "failed to guess program type from ELF section '([^']*)'", { "section" },
  "the loader does not know section `{section}`, and was given no program type")
add("section", "prog '([^']*)': unrecognized ELF section name '([^']*)'", { "program", "section" },
  "the loader does not know section `{section}`", { outcome = true })
add("struct-ops", "prog '([^']*)': SEC%(\"struct_ops\"%) program isn't referenced anywhere", { "program" },
  "no struct_ops map names this program")
add("attach-target", "prog '([^']*)': failed to find kernel BTF type ID of '([^']*)': (%S+)", { "program", "attach", "errno" },
  "the kernel has no {attach} that it could attach to",
  { help = "load it only where that exists: bpf_program__set_autoload(), or another variant for that kernel" })
add("attach-target", "prog '([^']*)': no BTF%-based attach target is specified", { "program" },
  "the section names no function, and the tool sets none", { help = "the tool calls bpf_program__set_attach_target() before it loads" })
add("attach-target", "prog '([^']*)': failed to find BPF program %b() BTF ID for '([^']*)'", { "program", "attach" },
  "the program that it is to extend has no function {attach}")
add("attach-target", "prog '([^']*)': attach program FD is not set", { "program" },
  "the tool has not said which program it extends")
add("attach-target", "%f[%w_]([%w_]+) is not found in vmlinux BTF", { "attach" }, "the kernel has no {attach} that it could attach to")
add("open", "prog '([^']*)': (missing .BTF.ext [%w ]+ info.*)", { "program", "why" }, "{why}", { outcome = true })

add("unknown", "permission error while running as root; try raising 'ulimit %-l'", {},
  "the kernel gives no permission, or no locked memory", { outcome = true })
add("unknown", "Couldn't load trivial BPF program", {}, "not even a program of two instructions loads: no permission, no locked memory (ulimit -l), or no BPF",
  { object = true, help = "as root or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN; a lockdown of the kernel refuses it as well" })

-- cilium/ebpf and aya, in their own words.

add("kfunc", "kfunc \"([%w_]+)\": not supported", { "symbol" }, "the kernel has no kernel function {symbol}, which the program demands",
  { help = "declare it __weak and ask bpf_ksym_exists({symbol}) before the call" })
add("ksym", "kernel is missing symbol: ([%w_.,]+)", { "symbol" }, "the kernel has no {symbol}, which the program demands")
add("ksym", "resolve required ksyms: ([%w_.,]+)", { "symbol" }, "the kernel has no {symbol}, which the program demands")
add("ksym", "config option \"([%w_]+)\" does not exist on this kernel", { "symbol" }, "the kernel has no {symbol}, which the object demands", { object = true })
add("attach-target", "attach ([%w_]+/[%w_]+): find target in [%w_ ]+: (.*)", { "form", "why" }, "the kernel has nothing that a program of {form} could attach to: {why}")
add("attach-target", "attach ([%w_]+/[%w_]+): (.*)", { "form", "why" }, "a program of {form} cannot attach: {why}")
add("relocation", "apply CO%-RE relocations: (.*)", { "why" }, "CO-RE relocations failed: {why}", { help = RELO_HELP })
add("map-attr", "map ([%w_.]+): map create: (.*)", { "map", "errno" }, "the kernel refuses map {map}: {errno}", { object = true })
add("map-attr", "failed to create map `([^`]*)`", { "map" }, "the kernel refuses map {map}", { object = true })
add("attach-target", "unknown BTF type `([^`]*)`", { "attach" }, "the kernel's BTF has no {attach}")
add("attach-target", "unknown BTF type name `([^`]*)`", { "attach" }, "the kernel's BTF has no {attach}")
add("relocation", "error relocating ([%w_]+), multiple candidate target types", { "path" }, "types called {path} disagree in the kernel", { help = RELO_HELP })
add("relocation", "error relocating `([^`]*)`", { "section" }, "a relocation in `{section}` failed", { outcome = true, help = RELO_HELP })

-- The verifier. Helpers and kernel functions:

verifier("helper-not-for-type", "program of this type cannot use helper ([%w_]+)#(%d+)", { "helper", "number" },
  "helper {helper} is not for programs of this type on that kernel")
verifier("helper-unknown", "invalid func unknown#(%d+)", { "number" }, "that kernel has no helper {helper}",
  { help = "ask bpf_core_enum_value_exists(enum bpf_func_id, {enumerator}) before the call" })
verifier("helper-unknown", "invalid func ([%w_]+)#(%d+)", { "helper", "number" }, "that kernel has no helper {helper}",
  { help = "ask bpf_core_enum_value_exists(enum bpf_func_id, {enumerator}) before the call" })
verifier("helper-not-for-type", "unknown func ([%w_]+)#(%d+)", { "helper", "number" },
  "helper {helper} is not for programs of this type on that kernel")
verifier("map-use", "cannot pass map_type (%d+) into func ([%w_]+)#(%d+)", { "type", "helper", "number" },
  "helper {helper} takes no map of type {type}")
verifier("map-use", "expected prog array map for tail call", {}, "a tail call goes through a prog_array only, and this map is another")
verifier("map-use", "callback function not allowed for map", {}, "maps of that type have no callbacks for each of their elements")
verifier("map-use", "Sleepable programs can only use (.*)", { "why" }, "programs that may sleep can only use {why} on that kernel", { whole = true })
verifier("map-use", "perf_event programs can only use (.*)", { "why" }, "programs of perf_event can only use {why} on that kernel", { whole = true })
verifier("map-use", "trace type programs can only use (.*)", { "why" }, "programs of tracing can only use {why} on that kernel", { whole = true })
verifier("map-use", "socket filter progs cannot use (bpf_.*) yet", { "why" }, "socket filters cannot use {why} on that kernel", { whole = true })
verifier("map-use", "tracing progs cannot use (bpf_.*) yet", { "why" }, "programs of tracing cannot use {why} on that kernel", { whole = true })
verifier("map-use", "sleepable progs cannot use (bpf_.*) yet", { "why" }, "programs that may sleep cannot use {why} on that kernel", { whole = true })
verifier("map-use", "map '([^']*)' has no valid (bpf_[%w_]+)", { "named", "why" }, "values of map {named} have no {why}, or one that the kernel does not take")
verifier("map-use", "map '([^']*)' doesn't have 'struct (bpf_[%w_]+)'", { "named", "why" }, "values of map {named} have no {why}")
verifier("map-use", "map '([^']*)' has to have BTF in order to use (bpf_[%w_]+)", { "named", "why" }, "the kernel knows no BTF of map {named}, and {why} needs it")
verifier("map-use", "has no valid kptr", {}, "values of that map have no kptr")
verifier("license", "cannot call GPL%-?%a* ?o?n?l?y? function from", {}, "a helper for GPL programs is called from one under another license",
  { help = "declare a license that is compatible with the GPL in SEC(\"license\")" })
verifier("license", "cannot call kernel function from non%-GPL compatible program", {}, "kernel functions are for programs under a license that is compatible with the GPL",
  { help = "declare one in SEC(\"license\")" })
verifier("license", "Cannot access kernel 'struct ([%w_]+)' from non%-GPL compatible program", { "symbol" },
  "structs of the kernel such as {symbol} are for programs under a license that is compatible with the GPL",
  { help = "declare one in SEC(\"license\")" })
verifier("kfunc", "calling kernel function ([%w_]+) is not allowed", { "symbol" }, "the kernel function {symbol} is not for programs of this type on that kernel")
verifier("license", "struct ops programs must have a GPL compatible license", {},
  "programs of struct_ops are for objects under a license that is compatible with the GPL",
  { help = "declare one in SEC(\"license\")" })
verifier("license", "LSM programs must have a GPL compatible license", {}, "LSM programs are for objects under a license that is compatible with the GPL",
  { whole = true, help = "declare one in SEC(\"license\")" })
verifier("no-jit", "JIT is required for calling kernel function", {}, "that kernel has no JIT, and takes no calls of kernel functions")
verifier("no-jit", "JIT does not support calling kernel function", {}, "that kernel's JIT, or its lack of one, takes no calls of kernel functions")
verifier("no-jit", "JIT does not support", {}, "that kernel has no JIT that can do this")
verifier("no-jit", "calling kernel functions are not allowed in non%-JITed programs", {}, "that kernel has no JIT, and takes no calls of kernel functions")
verifier("kfunc", "calling kernel function is not supported without", {}, "that kernel takes no calls of kernel functions")
verifier("kfunc", "kernel function ([%w_]+) (.*)", { "symbol", "why" }, "kernel function {symbol} {why}")
verifier("sleepable", "helper call might sleep in a non%-sleepable prog", {}, "a helper that may sleep is called in a program that may not")
verifier("sleepable", "helper call is not allowed in probe", {}, "this helper is not for a program that may sleep")
verifier("sleepable", "program must be sleepable to call sleepable kfunc ([%w_]+)", { "symbol" }, "the kernel function {symbol} may sleep, and the program may not")
verifier("sleepable", "%f[%w_]([%w_]+) is not sleepable", { "attach" }, "{attach} cannot be attached to by a program that sleeps on that kernel")
verifier("insn", "unknown opcode (%x+)", { "opcode" }, "that kernel does not know the instruction (opcode 0x{opcode})",
  { help = "compile with an older -mcpu, such as v2" })
verifier("insn", "BPF_(%u+) uses reserved fields", { "opcode" }, "that kernel does not know this form of a {opcode} instruction",
  { help = "an atomic operation whose result is used needs 5.12; compile with an older -mcpu otherwise" })
verifier("insn", "BPF_ATOMIC uses invalid atomic opcode", {}, "that kernel does not know this atomic operation")
verifier("insn", "unrecognized bpf_ld_imm64 insn", {}, "that kernel does not know this form of a 64-bit constant, such as the address of a function")
verifier("insn", "BPF_LD_%[ABS|IND%] instructions not allowed for this program type", {}, "programs of this type load nothing of a packet by load_byte() and the like")
verifier("insn", "BPF_LD_IMM64 uses reserved fields", {}, "that kernel does not know this form of a 64-bit constant")
verifier("insn", "function calls to other bpf functions are allowed for", {}, "that kernel does not let this program call functions of its own")

verifier("ksym", "ldimm64 failed to find the address for kernel symbol '([^']+)'", { "symbol" },
  "the kernel's symbols lack {symbol}, a variable that its BTF has",
  { help = "declare it of type void and __weak, and compare its address with 0 before it is used" })

-- The context, and what a program attaches to:

verifier("ctx-arg", "func '([^']*)' doesn't have (%d+)%-th argument", { "attach", "number" }, "{attach} has no argument {number} on that kernel (counted from 1)",
  { help = "read arguments that every kernel has, or have a program for each form of the function" })
verifier("ctx-arg", "func '([^']*)' arg(%d+) has btf_id %d+ type (%w+) '([^']*)'", { "attach", "number", "kind_of", "type" },
  "argument {number} of {attach} is {kind_of} {type}", { context = true })
verifier("ctx-arg", "func '([^']*)' arg(%d+) type (%w+) is not a struct", { "attach", "number", "kind_of" },
  "argument {number} of {attach} (from 0) is {kind_of} and cannot be read")
verifier("ctx-arg", "func '([^']*)' (.*)", { "attach", "why" }, "{attach}: {why}")
verifier("ctx-access", "invalid bpf_context access off=(%-?%d+) size=(%d+)", { "offset", "size" },
  "the context has nothing to read or write at offset {offset}, {size} bytes, on that kernel")
verifier("ctx-access", "dereference of modified ctx ptr (R%d+) off=(%-?%d+) disallowed", { "register", "offset" },
  "the context is accessed through a pointer that was moved by {offset}",
  { help = "it is relocated: keep the context's type out of preserve_access_index, or read it before" })
verifier("ctx-access", "variable ctx access var_off=(%b()) disallowed", { "offset" }, "the context is accessed at an offset that varies")
verifier("ctx-access", "negative offset ctx ptr (R%d+) off=(%-?%d+) disallowed", { "register", "offset" },
  "a pointer to the context is taken that was moved by {offset}")
verifier("ctx-access", "BPF_ATOMIC %l+ %l+ (R%d+) ctx is not allowed", { "register" },
  "an atomic instruction is done on the context")
verifier("ctx-access", "BPF_ST stores into (R%d+) ctx is not allowed", { "register" },
  "a constant is stored in the context, which that kernel takes from a register only",
  { help = "compile for an instruction set before the fourth (-mcpu=v3)" })
verifier("struct-ops", "attach to unsupported member ([%w_]+) of struct ([%w_]+)", { "member", "type" },
  "that kernel takes no program for {member} of struct {type}", { whole = true })
verifier("attach-target", "attach_btf_id (%d+) is (.*)", { "number", "why" }, "what it attaches to is {why}", { whole = true })
verifier("attach-target", "attach_btf_id (%d+) doesn't have a name", { "number" }, "what it attaches to has no name", { whole = true })
verifier("attach-target", "Tracing programs must provide btf_id", {}, "the loader has not said what it attaches to", { whole = true })
verifier("no-address", "The address of function ([%w_]+) cannot be found", { "attach" },
  "{attach} is in the kernel's BTF, but has no address: it is inlined or renamed (.part, .isra, .constprop)",
  { whole = true, help = "attach elsewhere on that kernel" })
verifier("attach-target", "%f[%w_]([%w_]+)%(%) is not modifiable", { "attach" }, "the result of {attach} cannot be modified", { whole = true })
verifier("attach-proto", "The function ([%w_]+) arg(%d+) type ([%w_]+) is unsupported", { "attach", "number", "kind_of" },
  "argument {number} of {attach} (from 0) is {kind_of}, which no trampoline hands on", { whole = true })
verifier("attach-proto", "The function ([%w_]+) return type ([%w_]+) is unsupported", { "attach", "kind_of" },
  "{attach} returns {kind_of}, which no trampoline hands on", { whole = true })
verifier("attach-proto", "The function ([%w_]+) has (%d+) arguments", { "attach", "number" },
  "{attach} has {number} arguments, more than a trampoline hands on", { whole = true })
verifier("attach-proto", "Cannot replace kernel functions", {}, "only functions of BPF programs can be replaced", { whole = true })

-- Memory safety, and what the program itself is:

verifier("rejected", "(R%d+) invalid mem access '([^']*)'", { "register", "type" }, "memory is accessed through {register}, which is {type} there")
verifier("rejected", "(R%d+) (unbounded memory access.*)", { "register", "why" }, "{register}: {why}")
verifier("rejected", "(R%d+) (min value is [%w ]+.*)", { "register", "why" }, "{register}: {why}")
verifier("rejected", "(R%d+) (max value is [%w ]+.*)", { "register", "why" }, "{register}: {why}")
verifier("rejected", "(R%d+) !read_ok", { "register" }, "{register} is read before anything was put into it")
verifier("rejected", "(R%d+) type=(%S+) expected=(.*)", { "register", "type", "want" }, "{register} is {type}, and the call takes {want}")
verifier("rejected", "(R%d+) (pointer .*)", { "register", "why" }, "{register}: {why}")
verifier("rejected", "(R%d+) (is a pointer .*)", { "register", "why" }, "{register} {why}")
verifier("rejected", "(R%d+) (must .*)", { "register", "why" }, "{register} {why}")
verifier("rejected", "(R%d+) (leaks addr .*)", { "register", "why" }, "{register} {why}")
verifier("rejected", "(R%d+) (has [%w_]+ that is not allowed.*)", { "register", "why" }, "{register} {why}")
verifier("rejected", "invalid access to map value, value_size=(%d+) off=(%-?%d+) size=(%d+)", { "value_size", "offset", "size" },
  "{size} bytes at {offset} lie outside of the map's value of {value_size} bytes")
verifier("rejected", "invalid access to packet, off=(%-?%d+) size=(%d+)", { "offset", "size" }, "{size} bytes at {offset} of the packet are not known to be there",
  { help = "compare with data_end before the access" })
verifier("rejected", "(invalid access to .*)", { "why" }, "{why}")
for _, what in ipairs { "read", "indirect read", "variable%-offset read" } do
  verifier("rejected", "(invalid " .. what .. " from stack .*)", { "why" }, "{why}: it is read before it was written, or lies outside")
end
for _, what in ipairs { "stack", "write to stack", "variable%-offset" } do
  verifier("rejected", "(invalid " .. what .. " .*)", { "why" }, "{why}")
end
verifier("rejected", "(math between [%w_ ]+ pointer and .*)", { "why" }, "{why}")
verifier("struct-access", "(access beyond .*)", { "why" }, "{why}: the object's own type of it is not the kernel's")
verifier("struct-access", "(cannot access ptr member .*)", { "why" }, "{why}")
verifier("struct-access", "(struct [^']* doesn't have field at offset .*)", { "why" }, "{why}")
verifier("rejected", "(Unreleased reference id=.*)", { "why" }, "{why}", { help = "release it on every path" })
verifier("rejected", "(infinite loop detected at insn (%d+))", { "why", "at" }, "{why}")
verifier("rejected", "(back%-edge from insn (%d+) to %d+)", { "why", "at" }, "{why}: that kernel takes no loops (5.3 does)",
  { help = "unroll it, or use bpf_loop() where it exists" })
verifier("rejected", "(jump out of range from insn (%d+) to %d+)", { "why", "at" }, "{why}")
verifier("rejected", "(unreachable insn (%d+))", { "why", "at" }, "{why}: that kernel takes no dead code")
verifier("rejected", "(last insn is not an exit or jmp)", { "why" }, "{why}: the compiler found undefined behaviour, or the program was put together wrongly", { whole = true })
verifier("rejected", "BPF program is too large. Processed (%d+) insn", { "number" }, "the verifier gives up after {number} instructions", { whole = true,
  help = "split it up with tail calls or global functions; bound its loops" })
verifier("rejected", "(The sequence of %d+ jumps is too complex.*)", { "why" }, "{why}", { whole = true })
verifier("rejected", "(the sequence of %d+ jumps is too complex.*)", { "why" }, "{why}", { whole = true })
verifier("function", "callee expects (%d+) args, stack arg%d+ is not initialized", { "number" },
  "the function takes {number} arguments by its BTF, and those behind the fifth are not where that kernel looks",
  { help = "let it take five arguments at most, several in a struct by a pointer, or have it inlined: __always_inline" })
verifier("stack", "combined stack size of (%d+) calls is (%d+)", { "count", "number" },
  "{count} functions that call one another take {number} bytes of the stack, and together there are 512",
  { help = "keep large variables in a per-CPU array map, or have functions inlined: __always_inline" })
verifier("stack", "tail_calls are not allowed when call stack of previous frames is (%d+) bytes", { "number" },
  "what calls a function with a tail call takes {number} bytes of the stack: 256 or more may not be",
  { help = "make the tail call where less of the stack is taken" })
verifier("rejected", "(the call stack of %d+ frames is too deep.*)", { "why" }, "{why}", { whole = true })
verifier("rejected", "(At program exit the register R0 .*)", { "why" }, "{why}", { help = "return what programs of this type may return" })
verifier("rejected", "(At subprogram exit the register R0 .*)", { "why" }, "{why}")
verifier("rejected", "(frame pointer is read only)", { "why" }, "{why}")
verifier("rejected", "(Caller passes invalid args into func#.*)", { "why" }, "{why}")
verifier("rejected", "(fd %-?%d+ is not pointing to valid bpf_map)", { "why" }, "{why}", { whole = true })
verifier("rejected", "Verification failed: (.*)", { "why" }, "{why}")

-- What loads, and does not attach:

local ATTACH_HELP = "attach elsewhere on that kernel, or do without: tell the tool not to load it there"

add("no-attach", "prog '([^']*)': failed to attach: (.*)", { "program", "errno" }, "it loads, and cannot be attached: {errno}",
  { errors = true, help = ATTACH_HELP })
add("no-attach", "prog '([^']*)': failed to auto%-attach: (.*)", { "program", "errno" }, "it loads, and cannot be attached: {errno}",
  { outcome = true, help = ATTACH_HELP })
add("no-attach", "prog '([^']*)': failed to create (k%a*probe) '([^']*)' perf event: (.*)", { "program", "form", "attach", "errno" },
  "there is no {attach} for its {form}: {errno}", { help = ATTACH_HELP })
add("no-attach", "prog '([^']*)': failed to create tracepoint '([^']*)' perf event: (.*)", { "program", "attach", "errno" },
  "there is no tracepoint {attach}: {errno}", { help = ATTACH_HELP })
add("no-attach", "failed to determine tracepoint '([^']*)' perf event ID", { "attach" }, "there is no tracepoint {attach}", { outcome = true })

-- What went wrong, without a why. The errors of the system call follow below.

add("unknown", "prog '([^']*)': BPF program load failed: (.*)", { "program", "errno" }, "the kernel refuses it: {errno}", { outcome = true })
add("unknown", "prog '([^']*)': failed to load: (%S+)", { "program", "errno" }, "the kernel refuses it: {errno}", { outcome = true })
add("unknown", "prog '([^']*)': failed to prepare load attributes: (%S+)", { "program", "errno" }, "the loader cannot prepare it: {errno}", { outcome = true })
add("unknown", "failed to load program '([^']*)'", { "program" }, "the kernel refuses it", { outcome = true })
add("unknown", "load bpf program failed: (.*)", { "errno" }, "the kernel refuses it: {errno}", { outcome = true })
add("unknown", "program ([%w_]+): load program: ([^:]+)", { "program", "errno" }, "the kernel refuses it: {errno}", { outcome = true })
add("unknown", "load program: ([^:]+)", { "errno" }, "the kernel refuses it: {errno}", { outcome = true })
add("unknown", "BPF_PROG_LOAD syscall returned ([^.{]+)", { "errno" }, "the kernel refuses it: {errno}", { outcome = true })
add("unknown", "BPF_PROG_LOAD syscall failed", {}, "the kernel refuses it", { outcome = true })
add("unknown", "bpf: Failed to load program: (.*)", { "errno" }, "the kernel refuses it: {errno}", { outcome = true })
add("unknown", "Prog section '([^']*)' rejected: (.*)", { "section", "errno" }, "the kernel refuses it: {errno}", { outcome = true })
add("unknown", "failed to load object '([^']*)'", { "file" }, "the object does not load", { outcome = true, object = true })
add("unknown", "failed to load BPF skeleton '([^']*)': (%S+)", { "file", "errno" }, "the object does not load: {errno}", { outcome = true, object = true })
add("unknown", "failed to open object file", {}, "the object cannot be opened", { outcome = true, object = true })
add("unknown", "failed to load object file", {}, "the object does not load", { outcome = true, object = true })

-- What an error of the system call means where nothing else says more: by its number, and as loaders write it.
local errors = {
  { number = 1, name = "EPERM", "Operation not permitted", "operation not permitted",
    says = "no permission, or too little locked memory (ulimit -l), or a lockdown of the kernel" },
  { number = 7, name = "E2BIG", "Argument list too long", "argument list too long",
    says = "too many instructions for that kernel (4096 before 5.2), or a field of the system call that it does not know" },
  { number = 13, name = "EACCES", "Permission denied", "permission denied",
    says = "the verifier refuses it: its log, at level 1, says why" },
  { number = 22, name = "EINVAL", "Invalid argument", "invalid argument",
    says = "the kernel does not know the program type or how it attaches, or the verifier refuses it: its log says why" },
  { number = 28, name = "ENOSPC", "No space left on device", "no space left on device", says = "the log did not fit its buffer" },
  { number = 95, name = "EOPNOTSUPP", "Operation not supported", "operation not supported",
    says = "the kernel, as it is built, does not do this: no JIT, no trampoline on that architecture, or not that program type" },
  { number = 524, name = "ENOTSUPP", "unknown error 524", "Unknown error 524", "ERROR: strerror_r(524)=22",
    says = "the kernel, as it is built, does not do this: no JIT, or no trampoline on that architecture" },
}

--- The error that a loader's words or number name; nil for any other.
---@param words string "Invalid argument", "-22", "-EINVAL", "Invalid argument(-22)"
---@return { number: integer, name: string, says: string }?
function phrases.error_of(words)
  local number = tonumber(words:match "%-(%d+)%)?$")
  for _, err in ipairs(errors) do
    if err.number == number or words:find("-" .. err.name, 1, true) then return err end
    for _, text in ipairs(err) do
      if words:sub(1, #text) == text then return err end
    end
  end
end

return phrases
