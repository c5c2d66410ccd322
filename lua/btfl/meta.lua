---@meta btfl
--- The Lua API of btfl, for people and for language servers. It is never loaded: `require "btfl"` is.
---
--- Handles are canonical (the same type is the same value, so it works as a table key), read-only (a
--- write raises) and raise on a field name that does not exist, with the nearest one that does. Ids and
--- indexes of the formats count from 0, as in bpftool; `#` and lists count from 1. Offsets and sizes
--- say whether they are bits or bytes. An error in an input is one line: file, section, offset, what
--- is wrong.

---@alias btfl.kind "void"|"int"|"ptr"|"array"|"struct"|"union"|"enum"|"fwd"|"typedef"|"volatile"|"const"|"restrict"|"func"|"func_proto"|"var"|"datasec"|"float"|"decl_tag"|"type_tag"|"enum64"
---@alias btfl.relo_kind "byte_off"|"byte_sz"|"field_exists"|"signed"|"lshift_u64"|"rshift_u64"|"local_type_id"|"target_type_id"|"type_exists"|"type_size"|"enumval_exists"|"enumval_value"|"type_matches"|"unknown"
---@alias btfl.status "ok"|"poison"|"error"
---@alias btfl.reason "no-type"|"no-field"|"no-enumval"|"no-element"|"incompatible"|"ambiguous"|"bitfield-too-wide"|"size-mismatch"|"offset-range"|"insn-mismatch"|"insn-unsupported"|"bad-access"|"anonymous"|"unsized"|"unsupported"|"too-deep"|"limit"|"truncated"|"by-policy"

---@class btfl
---@field version string
---@field path string[] folders in which bare script names are looked up, in order; the program's own come last
---@field thresholds { perhaps: number, suggested: number, sure: number } scores of suggestions: from which one is worth a look, is suggested, is as good as known
---@field loaders btfl.loader[] the loaders whose rules have a policy, libbpf first
---@field reasons btfl.reasons.doc[] what each code of a finding means, in order and by code
btfl = {}

--- Opens the BTF in a file: raw, an ELF file with a `.BTF` section, a kernel image such as vmlinuz, or one of these
--- packed (gzip; through libarchive xz, zstd, lz4, bzip2) or the one kernel in an archive or a package (tar, .deb,
--- .rpm). "FILE!MEMBER" is a file in an archive.
--- Raises when the file cannot be read or its BTF is malformed, and when it was built for another base.
---@param path string|btfl.bytes
---@param base? btfl.btf what a split BTF stands on, such as vmlinux for a module; others stand on none
---@return btfl.btf
function btfl.btf(path, base) end

--- Opens a BPF object. Raises when it cannot be read or is malformed.
---@param path string|btfl.bytes
---@return btfl.object
function btfl.object(path) end

--- Opens a file whose contents are not known, once, so that it may be a pipe: a BPF object as
--- `btfl.object` does, anything else as `btfl.btf`.
---@param path string|btfl.bytes
---@param base? btfl.btf what a split BTF stands on
---@return btfl.object|btfl.btf
---@return "object"|"btf" kind
function btfl.open(path, base) end

--- A file that is no file: its bytes, which are copied, and a name in place of a path, for messages ("(bytes)"
--- without one). They are read as a file is, packed ones too.
---@class btfl.bytes
---@field bytes string
---@field name? string

--- Opens a kernel: the running one without a path, else a BTF as for `btfl.btf`, a folder with a
--- `vmlinux` and modules, or a BTF that is open. The files beside one named `vmlinux` are its modules. Its
--- configuration and symbols are those beside it: of its name (`config-6.1.0`, `6.1.0.config.gz`, `System.map-6.1.0`,
--- `6.1.0.kallsyms`), or without one (`config`) where it is the only kernel in the folder or archive.
---@param path? string|btfl.btf
---@param options? btfl.target.options|string[] a list is its `modules`
---@return btfl.target
function btfl.target(path, options) end

--- Iterates over the kernels that paths name, as -t does: files, folders, patterns such as "k/*.btf", archives and
--- packages, "@LIST". Each is looked for and opened when its turn comes; who closes one before the next holds one at a
--- time. What cannot be used is false and an error, or a text; of a kernel that cannot be opened also what its path tells.
---@param paths string|string[]
---@param options? btfl.target.options of each of them
---@return fun(): (btfl.target|false)?, any, btfl.matrix.kernel?
function btfl.targets(paths, options) end

--- What became worse, and what better, from one report of findings to another, as a report: an error for each finding
--- that is new, or was a warning, on a kernel where its program did load before, and a row for each change. A finding is
--- known by its rule and by what it is about, whatever line it stands at; objects are paired by the last part of their
--- paths, and by as many more as tell those of one report apart. Kernels are compared that both have.
---@param old btfl.report
---@param new btfl.report
---@return btfl.report
function btfl.compare(old, new) end

--- Every object on every kernel, kernel after kernel: each is opened when its turn comes and closed behind its last
--- cell, so that a thousand take no more room than one. Kernels that are given open are left open. What it returns
--- is called for the next cell (`for cell in btfl.matrix(...) do`): nil at the end; false and why for a kernel that
--- cannot be read, which costs no other.
---@param objects (btfl.object|string)[]|fun(): btfl.object? objects, or their paths, or what gives one after another, as cli:objects() does
---@param targets string|string[]|btfl.target[]|btfl.cli|fun(): btfl.target? as for btfl.targets(), or open kernels; of a cli those of -t
---@param options? btfl.matrix.options
---@return btfl.matrix
function btfl.matrix(objects, targets, options) end

--- The matrix whose parts are in these files, which `btfl matrix --shard` wrote, in any order: its cells, and a report
--- that is that of the run without shards, byte for byte. What is missing, cut off or was changed is a failure of the
--- report. Raises a btfl.error where parts are not of one run, or two are the same one.
---@param paths string[]
---@return btfl.matrix
function btfl.parts(paths) end

---@class btfl.matrix
---@operator call: btfl.matrix.cell?
local matrix = {}

--- The cells that are left as a report: a row for each; what is said of each case, once, with its kernels; as text a
--- picture, as wide as the window. `by` is what stands across, "program" where there is one object.
---@param options? { by?: "object"|"program" }
---@return btfl.report
function matrix:report(options) end

--- The cells that are left as the text of a part, for btfl.parts(): cli is that whose --shard says which it is.
---@param cli btfl.cli
---@return string
function matrix:part(cli) end

---@class btfl.matrix.options
---@field check? btfl.check.options|fun(object: btfl.object): btfl.check.options
---@field memo? boolean false: each pair is looked into, also where a kernel before it answered alike all that is asked for the object; what is said is the same
---@field shapes? table<string, btfl.verdict.options>|fun(object: btfl.object): btfl.check.options[] by name: constants that a tool sets at its start and the like, each looked at for itself; one that is called default without. A function stands in for `check`
---@field jobs? integer processes that share the kernels, 1 without; cells come in the same order. Not with kernels that a function gives. What hooks of a policy change stays in their process

--- One object on one kernel in one shape. A plain table.
---@class btfl.matrix.cell
---@field object string its path
---@field target string the kernel's name
---@field kernel btfl.matrix.kernel shared by the cells of a kernel
---@field shape string
---@field state btfl.matrix.state of the gravest of its programs
---@field case integer? cells of one object and shape with the same number are alike in all that is said of them, but for what to do about it, which may name the kernel; from 1, in the order in which they came; nil of a kernel that cannot be opened
---@field programs btfl.matrix.program[] those that a tool loads; shared by the cells of a case, as what follows
---@field findings btfl.finding[] of object:check(), merged, without their kernel
---@field failures string[]? of an object or kernel that cannot be read: what is wrong
---@field unread boolean? the kernel cannot be opened
---@field seen boolean? true: a kernel before it answered alike all that is asked for the object

--- What is known of a kernel. A plain table.
---@class btfl.matrix.kernel
---@field name string
---@field path string
---@field release string?
---@field version string?
---@field arch string?
---@field distro string?
---@field flavour string?

---@class btfl.matrix.program
---@field program string
---@field state btfl.matrix.state
---@field verdict string as btfl.verdict has it
---@field rule string? of what stops it first
---@field name string? of that
---@field attaches boolean? of one that loads
---@field excused boolean? another one loads in its place
---@field ignored boolean? in a report: all that is said of it the project ignores, or says to be optional
---@field known boolean? in a report: all that is said of it is in the baseline

---@alias btfl.matrix.state "not-applicable"|"loads"|"guarded"|"drift"|"no-attach"|"excused"|"ignored"|"known"|"incomplete"|"unknown"|"no-target"|"rejected"|"refused"|"error"|"unreadable" "drift": it loads and takes an argument for what it is not there; "no-attach": it loads and does not attach; "no-target": there is nothing to attach it to, so it is not loaded; "not-applicable": another byte order or architecture; "excused": of a program only; "ignored": of a report, where a project ignores all that fails; "known": of a report, where a baseline has it

--- What is known of a kernel besides its BTF. The running one tells its own version, configuration and
--- symbols; the last two are read when they are first asked for.
---@class btfl.target.options
---@field modules? string[] further modules' BTF: files, or folders of them
---@field release? string as uname -r, such as "6.12.1"; else the first N.N.N of the file's name, or the N.N that it begins with, such as "7.1" of 7.1-ci
---@field version? string "5.10.223", or a text that has it: of uname -v on Debian, of /proc/version_signature
---@field kconfig? string|false a file with its configuration, plain or packed; false: not even that beside it
---@field kallsyms? string|false a file with its symbols, as /proc/kallsyms or System.map, likewise
---@field name? string what it is called; else the path tells
---@field arch? string its architecture, where its BTF does not tell: "x86_64", "arm64"
---@field distro? string the distribution that it is of
---@field flavour? string which of the kernels of that

--- The signatures of what a program attaches to on several kernels: classes of those that are alike.
---@param targets btfl.target[]
---@param attach btfl.attach|string as in target:signature()
---@param name? string
---@return btfl.signatures[]
function btfl.signatures(targets, attach, name) end

--- Whether two types are alike, of one BTF or of two; if not, the path of the first difference ("" for the type
--- itself) and what it is. See btfl.changes.
---@param a btfl.type
---@param b btfl.type
---@param options? btfl.changes.options
---@return boolean
---@return string? path
---@return btfl.change? kind
function btfl.same(a, b, options) end

--- Iterates over what differs between two types, in order of the old one's members, then those that are new, then the
--- size of the whole: path, kind, what was, what is, and whether CO-RE relocates it, or a program takes it as before
--- (of a function: its arguments by number). What was and what is are types where something was added, removed or
--- retyped, integers in bits where it was moved or is a bitfield (0: is none), in bytes where it was resized, numbers of
--- a parameter from 0, values of enumerators; nil for nothing; of what was renamed the new name.
---   Fields are those that C names, as of type:fields(). A struct without a name is looked into ("rss.count[0].low"), of
--- one with a name only the name and the size count, unless `depth` says more. Type tags, which few compilers tell of,
--- and the order of words in `unsigned long` do not count. Of a function and a tracepoint's typedef it is the
--- parameters, and "return".
---@param old btfl.type
---@param new btfl.type
---@param options? btfl.changes.options
---@return fun(): string?, btfl.change?, any, any, boolean?
function btfl.changes(old, new, options) end

--- Iterates over the names of which one BTF has something else than another, as plain values: kind (an enum64 is an
--- "enum"), name, what became of it, and the ids of the old type and the new one. Looked at are structs, unions, enums,
--- typedefs, functions and variables that are stored there, not in the base. Of several of a name each may be that of
--- any other. The second result has the number of names that the old one has, by kind.
---@param old btfl.btf
---@param new btfl.btf
---@return fun(): btfl.kind?, string?, ("added"|"removed"|"changed")?, integer?, integer?
---@return table<btfl.kind, integer> counts
function btfl.diff(old, new) end

--- What names were on kernels, as a report: a row for each name and kernel, by series (flavour and architecture) and
--- release; as text the runs of kernels on which a name is the same, with "since" where it has come, "again since"
--- where it had been there before, and "until" the last that has it. A name is "struct.field[1].field", a type,
--- "enum.VALUE", a function or a tracepoint. One that no kernel has is a failure. Kernels that an iterator gives, such
--- as cli:each_target(), may be closed behind their turn.
---@param names string[]
---@param targets btfl.target[]|fun(): btfl.target?
---@return btfl.report
function btfl.history(names, targets) end

---@alias btfl.change "added"|"removed"|"retyped"|"moved"|"reordered"|"resized"|"bitfield"|"value"|"renamed" "reordered": it moved past others; "value": of an enumerator; "renamed": a parameter that is otherwise the same

---@class btfl.changes.options
---@field names? boolean false: what stands at the same place corresponds, whatever it is called
---@field layout? boolean false: offsets and sizes do not count
---@field depth? integer types with a name that are entered behind those that refer to them, by value ("se.vruntime") or by a pointer ("parent->pid"); 0 without, 100 at most

--- Starts the part of a target's BTF that some objects need: a BTF to ship for kernels without one. By a
--- policy it is what its rules find; what a hook looks at besides is not in it.
---@param target btfl.target
---@param options? btfl.resolve.options
---@return btfl.subset
function btfl.subset(target, options) end

--- Starts a BTF that is made type by type: of types that are described, and of copies of those of others. Types refer
--- to each other by id, also to ones that are yet to come.
---     local b = btfl.builder { endian = "big" }
---     local int = b:add { kind = "int", name = "int", size = 4, encoding = "signed" }
---     b:add { kind = "struct", name = "foo", size = 4, members = { { name = "a", type = int } } }
---     btfl.target(b:btf())
---@param options? btfl.builder.options
---@return btfl.builder
function btfl.builder(options) end

---@class btfl.builder.options
---@field endian? "little"|"big" that of the base, or little
---@field ptr_size? 4|8 the first type is then an int `long` of so many bytes, by which readers tell it; they take 8 without one
---@field base? btfl.btf what it stands on, as a module's BTF does on that of vmlinux; it has strings and types of its own only
---@field header_size? 24|32 with 32 (since 7.1) there is a section that tells the size of each kind; 24 without

--- Files as one archive: the bytes of a packed tar of regular files in that order, which are the same in every run:
--- their owner, time and permissions are. In names one slash stands for several. Raises a btfl.error where libarchive is missing, and for a name that is a
--- folder's: its last part is empty, `.` or `..`.
---@param files { name: string, bytes: string }[]
---@param packing? "xz"|"gzip" xz without
---@return string
function btfl.archive(files, packing) end

--- Makes a policy from a table of hooks, or finds one: a name is one of btfl's own (`lua/btfl/policy/`) or
--- a module `btfl.policy.NAME` or `NAME` in the absolute folders of package.path, what holds a `/` or ends
--- in `.lua` is a file. Raises on an unknown key or a wrong type, with the user's file and line.
---@param definition btfl.policy.definition|string
---@return btfl.policy
function btfl.policy(definition) end

--- Makes a policy that follows renames, in both directions: what an object asks for and the target has
--- not under that name is looked for under the others. A key is "type.member", "enum.ENUMERATOR", a
--- type, or a whole path, which may name elements ("a.b[1].c"; without, it holds for all of them); a value the new
--- name, or a path within the same struct ("b[1].c", forward only). The table of renames tells more in this form
--- than a policy can follow, and it does not: what is in another struct now (`of`) or behind a pointer
--- ("q->disk"), and what became of "func/NAME" and "tracepoint/NAME".
---@param renames table<string, string|btfl.renames.entry> by old name
---@param name? string of the policy, "renames" by default
---@return btfl.policy
function btfl.renames(renames, name) end

--- Parses the command line with the options that every script has; see btfl.cli.
---@param definition btfl.cli.definition
---@return btfl.cli
function btfl.cli(definition) end

--- Called with a name, and maybe a layout, it gives an empty report.
---@class btfl.report.module
---@overload fun(name: string, layout?: btfl.report.layout): btfl.report
btfl.report = {}

--- The report that `--format json` wrote, or `jsonl`, which has no name and no layout, so that one script filters what another found:
--- `btfl.report.read(io.read "a"):filter(f)`. In every format it is what the report was, but for columns
--- that only its text format had. `at` is then a table with the fields of a line. Raises a btfl.error when
--- the text is none.
---@param text string
---@param file? string where the text is from, for errors
---@return btfl.report
function btfl.report.read(text, file) end

--- Project files: what a repository says of itself, in btfl.lua.
---@class btfl.project.module
btfl.project = {}

--- Reads a project file. It is data: it runs in a Lua state of its own, without what reaches out of it, of text and
--- not bytecode, and what it may take of time and memory is bounded. Raises with a line for each thing that is wrong.
---@param path string
---@return btfl.project
function btfl.project.load(path) end

--- Writes one for the objects and kernels in the repository, at its root; in the current folder where there is none.
--- None is written where nothing is found.
---@return string? path nil where one is there, which is not written over, or nothing is found
---@return { objects: string[], targets: string[], folder: string, in_repository: boolean, cut: boolean }|string found what stands in it, the folder that was looked through, and whether not all files were looked at; why none is written where one is there
function btfl.project.init() end

--- Writes what lua-language-server needs to know this API: `.luarc.json` at the root of the repository, else in the
--- current folder, and this text in the folder of the user's that it names ($XDG_DATA_HOME/btfl/library).
---@return string? path of `.luarc.json`; nil where one is there, which is not written over
---@return string found the folder that it names; why it is not written
function btfl.project.editor() end

--- What a project file says. A plain table; the settings of its own are those of all shapes.
---@class btfl.project: btfl.project.settings
---@field path string of the file
---@field folder string its folder, to which its paths are relative: "" or with a slash at its end
---@field has string[] the names of the fields that it has
---@field objects string[]? paths and patterns
---@field targets { word: string, facts: btfl.target.options }[]? words as -t takes them, each with what is known of its kernels
---@field policy string? a name or a path
---@field shapes table<string, btfl.project.settings>?
---@field optional string[]? patterns of programs and objects that may fail
---@field fail_on string[]? the rules that fail; `error` and `warning` are all of that level
---@field ignore btfl.project.ignore[]?

--- What a tool sets before it loads its objects. A plain table.
---@class btfl.project.settings
---@field set table<string, integer|boolean|string>?
---@field unset string[]?
---@field attach table<string, string>?
---@field type table<string, string>?
---@field skip string[]?
---@field one_of string[][]?
---@field maps table<string, btfl.verdict.map>? with what the file has as `sizes`

--- Findings that are known. What is nil matches any; `*` and `?` stand for any text and character.
---@class btfl.project.ignore
---@field rule string?
---@field object string? the last parts of its path
---@field program string?
---@field target string?
---@field because string
---@field until_ string? the last day, in UTC: "2027-03-01"
---@field place string "ignore[1] of btfl.lua"

--- What loaders and verifiers wrote.
---@class btfl.log.module
btfl.log = {}

--- The failures that a log of libbpf, bpftool, cilium/ebpf or aya tells of, in order, the verifier's among them,
--- each once. Prefixes of syslog, journald, dmesg and loggers, escaped and wrapped lines, and what is cut off
--- are taken as they come. No object is needed.
---@param text string
---@return btfl.log.event[]
function btfl.log.events(text) end

--- The same as findings: at the source line, with the relocation or the call, and the kernels on which the
--- program fails, too. A log that is of other objects, or another build of them, is a warning `log-mismatch`, and
--- gives no source lines. A text that is no such log is a failure of the report.
---@param text string
---@param objects btfl.object[] those that were loaded
---@param options? btfl.log.options
---@return btfl.report
function btfl.log.explain(text, objects, options) end

---@class btfl.log.options
---@field targets? btfl.target[] kernels to judge the failed programs on
---@field verdict? fun(program: btfl.program): btfl.verdict.options what the kernel and the tool know there

--- A failure in a log. A plain table.
---@class btfl.log.event
---@field line integer of the log, from 1
---@field text string what it says
---@field rule string as of a finding
---@field program string? that was loaded; nil when the log does not name it
---@field section string? the program's, where the log names that
---@field insn integer? counted in the linked program (program:linked()), from 0
---@field fields table<string, string|integer> what else the phrase names: symbol, map, helper, number, attach, errno, ...

--- Defines a format of reports, for --format and report:render(). A script does so before it calls
--- btfl.cli. A module btfl.format.NAME, in the absolute folders of package.path, that returns such a
--- function is found without, and so is a Lua file that --format names by its path.
---@param name string letters, digits, _ and -
---@param render fun(report: btfl.report, options: btfl.render.options): string
function btfl.format(name, render) end

--- A loader that btfl knows the rules of.
---@class btfl.loader
---@field policy string its policy, for --policy and btfl.policy
---@field name string as a user of it knows it: "cilium/ebpf", "a light skeleton"
---@field of string the same in full, as what decides: "the kernel's own relocator (light skeletons)"

--- New names in the order to try, where one is not enough; one that has options of its own is a table,
--- too: { { "__state", since = "5.14" }, { "state_", since = "9.1" } }.
---@class btfl.renames.entry
---@field [integer] string|btfl.renames.entry
---@field since? string the release, for the note, or two: "5.10..6.1" is between them; of each name that has none of its own, as all that follows
---@field commit? string that made the change
---@field of? string the type, or the path from one, in which the new name is, where that is not the old one's
---@field follow? boolean false: its type or meaning has changed, too, so that the policy leaves it alone
---@field reverse? boolean false: only from the old name to the new

--- An unsigned 64-bit value, which Lua holds in a signed integer, in decimal. As such it belongs into the
--- row of a report: JSON has integers below 2^53 as numbers and larger ones as strings.
---@param value integer
---@return string
function btfl.u64(value) end

--- A name without its flavor: what stands before the last `___` between other characters than `_`, so
--- `a___b___c` is `a___b`. Types are found by these names (type.essential).
---@param name string
---@return string
function btfl.essential(name) end

--- An instruction taken apart; nil when the text is none. Such text is relo.bytes, result.before and after,
--- program:insn(i) and the insn of a patch hook's change.
---@param hex string 8 bytes, or the 16 of an ldimm64
---@param endian "little"|"big" the file's, such as object.endian
---@return btfl.insn?
function btfl.insn(hex, endian) end

--- The candidates nearest to a misspelt name, best first; empty when none is near.
---@param name string
---@param candidates string[]
---@return string[]
function btfl.nearest(name, candidates) end

--- What to say of a misspelt name: " (did you mean `x`?)", or "" when none is near.
---@param name any
---@param known string[]|table<string, any> the names that there are: a list, or a table that has them as keys
---@param quotes? string around the name, "`" by default
---@return string
function btfl.meant(name, known, quotes) end

--- The Lua pattern of a shell's, for whole names: `*` is any text, `?` any character.
---@param glob string
---@return string
function btfl.pattern(glob) end

--- Text of an input as it may be shown: control characters, bytes that are no UTF-8 and marks that reorder text
--- are escaped. Reports do so by themselves.
---@param text string
---@return string
function btfl.printable(text) end

--- The fields of an instruction (kernel, Documentation/bpf/standardization/instruction-set.rst).
---@class btfl.insn
---@field code integer the opcode
---@field class "ld"|"ldx"|"st"|"stx"|"alu"|"jmp"|"jmp32"|"alu64" the lowest three bits of it
---@field dst integer a register
---@field src integer a register, or what sort of call or ldimm64 it is
---@field off integer signed
---@field imm integer signed; all 64 bits of an ldimm64 of 16 bytes
---@field size integer? bytes that a load or store moves
---@field insn integer? its number in its program, from 0; of program:insns()

--- What is wrong with an input, as it is raised. As a string it is one line: file, section, offset and
--- message; it can be joined to strings with `..`.
---@class btfl.error
---@field code "io"|"format"|"unsupported"|"limit"|"memory"|"policy"
---@field file string? nil when no file is concerned
---@field section string? nil for the file itself
---@field offset integer? bytes from the start of the section, or of the file
---@field message string

--- A BTF type graph. `#btf` is the number of its types, those of its base included: ids are 0 (void)
--- to `#btf`. Closing it (or a `<close>` variable) makes every handle of it raise.
---@class btfl.btf
---@field path string
---@field endian "little"|"big"
---@field ptr_size integer bytes
---@field header_size integer bytes: 24, or 32 since Linux 7.1
---@field base btfl.btf? what a split BTF stands on
---@operator len: integer
local btf = {}

--- The type of that id, nil when there is none. An id of the base gives the base's handle.
---@param id integer
---@return btfl.type?
function btf:type(id) end

--- The first type of exactly that name (and kind), in the base first; nil when there is none.
--- Without a kind, functions, variables and sections are found only when no type has the name.
---@param name string
---@param kind? btfl.kind
---@return btfl.type?
function btf:find(name, kind) end

--- Like find, but raises with the nearest names when there is none.
---@param name string
---@param kind? btfl.kind
---@return btfl.type
function btf:get(name, kind) end

--- Iterates over the types stored here (not the base's) in order of id, of one kind if given.
---@param kind? btfl.kind
---@return fun(): btfl.type?
function btf:types(kind) end

--- Iterates over the types stored here whose essential name (without flavor) is that of `name`, of one
--- kind if given. Functions, variables and sections, which have no flavors, are found only by their kind, and by
--- whole names. Where a flavor starts may be told: at the first `___`, or at the last whatever stands beside it
--- but not before a name's first byte; by default it is where libbpf has it. By these two, types alone are found.
---@param name string
---@param kind? btfl.kind
---@param flavor? "first"|"last"
---@return fun(): btfl.type?
function btf:candidates(name, kind, flavor) end

--- Iterates over the types stored here, of one kind if given, as plain values: id, kind, name (nil when
--- anonymous) and number of elements (0 for a func: they are its prototype's). Several times as fast as
--- types(), because no handle is made; type(id) makes one.
---@param kind? btfl.kind
---@param part? string only types whose names have that text somewhere
---@return fun(): integer?, btfl.kind, string?, integer
function btf:scan(kind, part) end

--- Iterates over the members of all structs and unions stored here, of one name if given, as plain values:
--- id of the struct, index, name (nil when anonymous), id of the member's type, offset in bits from the
--- start of the struct, and width in bits of a bitfield (0 for none).
---@param name? string
---@return fun(): integer?, integer, string?, integer, integer, integer
function btf:scan_members(name) end

--- Where each struct and union without a name stands, by its id: the id of what is the first to have it, a struct, a
--- union or a typedef, and the bit there; of one that is an array's element, where the array is. Nothing of those that
--- are only pointed to.
---@return table<integer, integer> owners
---@return table<integer, integer> bits
function btf:places() end

--- Iterates over the functions stored here as plain values: name, id, id of the prototype, linkage ("static",
--- "global", "extern"). This and the next six are of this BTF alone: modules have theirs.
---@return fun(): string?, integer?, integer?, string?
function btf:functions() end

--- Iterates over the functions that BPF programs may call, as functions() does. Encoders since 2024 tag them
--- (`bpf_kfunc`). Of a kernel from 6.0 on without tags, vmlinuz and a module's ELF file tell, by the sets in .BTF_ids;
--- the second result is false where neither is there, and nobody can tell.
---@return fun(): string?, integer?, integer?
---@return boolean known
function btf:kfuncs() end

--- Iterates over tracepoints in order of their names: name, id of the prototype that raw programs see behind its
--- first parameter (of btf_trace_NAME), id of the struct that others see (trace_event_raw_NAME). Events of one class
--- share a struct, which has the name of the class: either id may be nil.
---@return fun(): string?, integer?, integer?
function btf:tracepoints() end

--- Iterates over LSM hooks, iterators and struct_ops: name, which of them, and id of the function or of the struct
--- that wraps the operations.
---@return fun(): string?, ("lsm"|"iter"|"struct_ops")?, integer?
function btf:hooks() end

--- Iterates over the helpers of the kernel's enum bpf_func_id: name without its prefix, number. A number may have
--- several names, here and of the next two.
---@return fun(): string?, integer?
function btf:helpers() end

--- Iterates over the types of maps, as libbpf calls them, likewise: "ringbuf", 27.
---@return fun(): string?, integer?
function btf:map_types() end

--- Iterates over the types of programs likewise: "kprobe", 2.
---@return fun(): string?, integer?
function btf:program_types() end

--- The types in C, in an order in which a compiler takes them, each once: all that are stored here, or those of
--- `types`, with what they need. The second type of a name is NAME___2, as bpftool has it. `header` makes it a
--- vmlinux.h: with preserve_access_index, functions that BPF programs may call as __ksym, and other functions
--- where VMLINUX_FUNCTIONS is defined. Without `header`, functions and variables are those of `types`.
--- As format "json" and "raw" the types are shown as they are stored, as `bpftool btf dump` does.
--- With `write`, the text is handed to it in pieces; without, it is what is returned.
---@param options? { format?: "c"|"json"|"raw", header?: boolean, types?: btfl.type[], write?: fun(text: string) }
---@return string?
function btf:print(options) end

function btf:close() end

--- What types are called instead: a table of names by the names that they have, or a function of the type that
--- gives the name, nil for its own. Asked of structs, unions, enums, typedefs, and other named types.
---@alias btfl.rename table<string, string>|fun(t: btfl.type): string?

--- A type. Its size and its elements (`#`, members(), member(), values(), value(), params(), vars()) are
--- those of what stands behind typedefs and const, volatile, restrict and type_tag, as in C; its other
--- fields are those of its own kind: resolve() gives the type behind.
---@class btfl.type
---@field id integer
---@field kind btfl.kind
---@field name string? nil when anonymous
---@field essential string? the name without its flavor
---@field flavor string? what follows the last `___` of the name
---@field btf btfl.btf the BTF that stores it
---@field size integer? bytes, arrays resolved too; nil when it has none, or stands behind 32 others, as for libbpf
---@field align integer? bytes: as a compiler of the kernel aligns it, derived from sizes and offsets; nil for what has no size of its own
---@field packed boolean? of what is a struct or union: whether it lies other than the alignment of its members demands, as with __attribute__((packed)) or parts of it
---@field type btfl.type? what a ptr, typedef, modifier, func, var or tag refers to, an array's element, a func_proto's return type
---@field kind_flag boolean
---@field encoding string? of an int: "signed", "char", "bool", or "" for a plain unsigned one
---@field bits integer? of an int
---@field signed boolean? of an int or enum
---@field nelems integer? of an array
---@field index_type btfl.type? of an array
---@field linkage "static"|"global"|"extern"|nil of a func or var
---@field component integer? of a decl_tag: the member or parameter (0-based), -1 for the type itself
---@field fwd_kind "struct"|"union"|nil of a fwd
---@operator len: integer
local type = {}

--- Iterates over the members of a struct or union; other kinds have none.
---@return fun(): btfl.member?
function type:members() end

--- The member at a dotted path ("se.sum_exec_runtime"), looked up through anonymous members but no
--- pointer, and its offset in bits from the start of this type; nil when there is none. The member's own
--- offset is that in the struct which has it: of "se.sum_exec_runtime" in sched_entity. A path may lead through
--- elements of arrays, and to one ("comm[3]"): the member is then the array, the offset the element's.
---@param path string
---@return btfl.member?
---@return integer? bit_offset
function type:member(path) end

--- The offset in bytes of what a path names, from the start of this type, as C's offsetof; of a bitfield
--- that of the byte it starts in. nil when there is none.
---@param path string
---@return integer?
function type:offsetof(path) end

--- What lies at a byte of a struct or union: its path, as member() and offsetof() take it, through structs, unions
--- and arrays to what is none of them ("se.load.weight", "comm[3]"); the type of that; and how many bytes behind its
--- start the byte is (of a bitfield, behind the byte that it starts in). Of members that lie there the first.
--- nil in padding, beyond the end, of other kinds, and behind more than 64 names and indexes.
---@param byte integer from 0
---@return string? path
---@return btfl.type? type
---@return integer? rest
function type:at(byte) end

--- Iterates over the enumerators of an enum or enum64.
---@return fun(): btfl.enumerator?
function type:values() end

--- The enumerator of that name, nil when there is none.
---@param name string
---@return btfl.enumerator?
function type:value(name) end

--- Iterates over the parameters of a func_proto, or of a func.
---@return fun(): btfl.param?
function type:params() end

--- Iterates over the variables of a datasec.
---@return fun(): btfl.secvar?
function type:vars() end

--- What stands behind typedefs and const, volatile, restrict and type_tag.
---@return btfl.type
function type:resolve() end

--- Iterates over the fields of a struct or union as C names them, those of anonymous members among them, as
--- plain values: name, offset in bits from the start of this type, size in bits (nil when the type has none),
--- type, and whether it is a bitfield. Bits without a name are left out. Raises where anonymous members nest
--- deeper than 32.
---@return fun(): string?, integer, integer?, btfl.type, boolean
function type:fields() end

--- The type in C: "struct task_struct *", or with a name its declaration: "char comm[16]". What is
--- anonymous is written "struct {...}"; a type tag as the kernel writes it: "char __user *".
--- The second result is the type at the left, behind all pointers, arrays and qualifiers.
---@param name? string
---@param options? { rename?: btfl.rename }
---@return string
---@return btfl.type base
function type:decl(name, options) end

--- The definition of the type in C, with its body, those of anonymous types in it, and `;` at the end. For a
--- compiler, which then lays it out as the BTF says: with padding, and packed where that is needed. Comments
--- make it one for people: "offsets" tells offsets and sizes, "layout" also holes, padding and cachelines.
--- Control characters in names are escaped. What has no body is declared. What nests without end is cut off
--- with "...", but raises where it is a body for a compiler.
---@param options? { comments?: "none"|"offsets"|"layout", rename?: btfl.rename }
---@return string
function type:define(options) end

---@class btfl.member
---@field name string? nil when anonymous
---@field type btfl.type
---@field parent btfl.type the struct or union
---@field index integer from 0
---@field offset integer bytes from the parent's start, rounded down; type:offsetof(path) counts from the root
---@field bit_offset integer bits from the parent's start
---@field bitfield boolean
---@field bit_size integer? bits; nil when the type has no size
local member = {}

---@class btfl.enumerator
---@field name string
---@field value integer signed or unsigned as the enum is, of which Lua shows 2^63 and more as negative
---@field decimal string the value in decimal
---@field parent btfl.type
---@field index integer from 0
local enumerator = {}

---@class btfl.param
---@field name string?
---@field type btfl.type? nil for the `...` of a variadic function
---@field parent btfl.type
---@field index integer from 0
local param = {}

---@class btfl.secvar a variable in a datasec
---@field type btfl.type
---@field offset integer bytes
---@field size integer bytes
---@field parent btfl.type
---@field index integer from 0
local secvar = {}

--- A BPF object file.
---@class btfl.object
---@field path string as given to btfl.object
---@field endian "little"|"big"
---@field btf btfl.btf? nil when it has none
---@field arch string? what it was compiled for, by the registers in its BTF, in the words of target.arch; nil for one that does not look at them
---@field license string? as the section `license` has it, "GPL"; nil without one
---@field digest string 32 hexadecimal digits that tell its contents from others, whatever its path
local object = {}

--- Iterates over its functions: programs and subprograms, by section and offset.
---@return fun(): btfl.program?
function object:programs() end

--- The function of that name, nil when there is none.
---@param name string
---@return btfl.program?
function object:program(name) end

--- Iterates over its maps, in the order in which libbpf creates them. This and the next three raise when
--- what instructions refer to is damaged.
---@return fun(): btfl.map?
function object:maps() end

--- Iterates over what it takes from outside, in the order of its symbol table.
---@return fun(): btfl.extern?
function object:externs() end

--- Iterates over its sets of programs that the kernel takes as one.
---@return fun(): btfl.struct_ops?
function object:struct_ops() end

--- The first thing for which libbpf, of 1.0 and later, does not open it at all; nil when it does.
---@return { kind: "symbols"|"legacy"|"program"|"btf"|"extern"|"map"|"relocation", message: string, name: string?, section: string?, program: btfl.program?, line: btfl.line? }?
function object:opening() end

--- Iterates over its relocations in the order in which libbpf applies them.
---@return fun(): btfl.relo?
function object:relos() end

--- Iterates over the results of all relocations against a target, in the same order.
---@param target btfl.target
---@param options? btfl.resolve.options
---@return fun(): btfl.result?
function object:results(target, options) end

--- Iterates over the relocations that not all of these policies leave to libbpf's rules, in the same order, with
--- the results by each policy: of the others these are the same, what libbpf's rules say. It costs less than to ask
--- for the results by each.
---@param target btfl.target
---@param policies (btfl.policy|string)[]
---@param all? boolean over all relocations
---@return fun(): btfl.relo?, btfl.result[]
function object:contested(target, policies, all) end

--- The finding that it cannot be loaded on the target at all, being of the other byte order; else nil.
--- Resolving its relocations there would raise.
---@param target btfl.target
---@return btfl.finding?
function object:clash(target) end

--- A report with one finding for each relocation that fails on the target, but for those of registers where the
--- object is for another architecture, which are one (`architecture`); report:merge() makes one of those that have
--- the same cause. `details.cause` says what lies behind it where that can be told: "architecture", "module" (the
--- BTF of one was not given), "config" (a kernel of the same release has it) or "retyped". An input that proves to
--- be damaged is no error but a failure of the report, whose status is then 2.
---@param target btfl.target
---@param options? btfl.check.options
---@return btfl.report
function object:check(target, options) end

--- The branches of its programs that are decided by what a relocation asks of a kernel: whether there is a field,
--- a type or an enumerator, a size, an enumerator's value; in order. What BPF_CORE_READ_BITFIELD asks by itself is
--- left out, and kernels of the other byte order are not asked.
---@param targets btfl.target[] kernels, in any order
---@param options? btfl.check.options which programs a tool loads, with what
---@return btfl.object.ladder[]
function object:ladders(targets, options) end

--- What its programs load or copy of the kernel's memory at places that no relocation gives, by their arguments
--- and the current task, where the kernels tell which struct that is of; in order of programs. The list's field
--- `findings` has what is to be said of it, each with its level: a warning where another member lies there on
--- another kernel, or than where the object was compiled, else a note; one for an object without any CO-RE record.
---@param targets btfl.target[] kernels, in any order; those of the other byte order are left out
---@param options? btfl.check.options
---@return btfl.object.fixed_read[]
function object:fixed_reads(targets, options) end

--- The object as a loader makes of it on the target: its file, byte for byte, but for the instructions, which
--- are patched or poisoned, and for the relocations in .BTF.ext, which are gone with what a linker was to relocate
--- in them. A loader needs no BTF of the kernel then. Nothing is given where a loader refuses the object: the report
--- says why, as that of object:check. Its rows are what became of each relocation, by which rule. Raises where the
--- byte orders differ, two relocations are of one instruction, or what is to be written is compressed.
---@param target btfl.target
---@param options? btfl.relocate.options
---@return string? bytes nil where a relocation is an error, and `poison` is not set
---@return btfl.report
function object:relocate(target, options) end

---@class btfl.relocate.options
---@field policy? btfl.policy|string
---@field keep? boolean keeps the relocations: done again, that changes nothing, but a loader refuses the object where a value has changed
---@field poison? boolean poisons what is an error, as the policy poisons; of those the report has warnings

--- A read at a fixed place. A plain table.
---@class btfl.object.fixed_read
---@field program btfl.program
---@field read btfl.program.read
---@field argument integer|"return"|"task"
---@field line btfl.line?
---@field struct btfl.type on the first of the targets
---@field offset integer bytes from its start
---@field bytes integer that are read; 1 of a string, and where it is not known
---@field targets btfl.target[] the kernels on which it is read, by release
---@field classes btfl.object.fixed_read.class[] of kernels on which the same lies there
---@field differs boolean there are several
---@field differs_at integer? the first byte that does
---@field mixed boolean? the structs have different names
---@field setting boolean? only under other constants of the object, on all of them
---@field variable string? the one that decides

---@class btfl.object.fixed_read.class
---@field struct btfl.type
---@field own true? it is what the object was compiled with
---@field targets btfl.target[]

--- A branch, and how it goes over a set of kernels. A plain table.
---@class btfl.object.ladder
---@field program btfl.program
---@field insn integer the branch
---@field head integer the first branch that comes to this one by nothing but moves and arithmetic; itself without
---@field line btfl.line? of the branch
---@field relos btfl.relo[] what it asks for, each once
---@field question string "field_exists task_struct.__state"; several with commas
---@field answers table<btfl.target, string> "1", "0" or a number; "-" where there is none; several with commas
---@field vector string the answers in order of release, by flavour and architecture: "cloud-amd64: 5.10.223=0 6.1.192..6.16.3=1; generic-amd64: 6.1.192=1"
---@field verdict "always"|"never"|"constant"|"monotone"|"covered"|"mixed"|"gap" "always", "never": it exists on all, on none; "constant": another answer is the same on all; "monotone": it changes and does not come back; "covered": it comes back, but what the first branch leads to does not; "mixed": it comes back, but not to the newest, or only over all flavours; "gap": what runs on the newest ran before, and something else between
---@field gaps btfl.object.ladder.gap[] of "gap": one for each flavour that has one
---@field findings btfl.finding[] with their level: ladder-gap, at the first branch of those that ask for the same, a warning where the newest kernels read another argument for it, else a note; and guard-other, a note
---@field cleanup btfl.finding? ladder-always or ladder-never

--- Kernels of one flavour and architecture, each list from the oldest to the newest. A plain table.
---@class btfl.object.ladder.gap
---@field series string "cloud-amd64"
---@field newest btfl.target[] those that are back
---@field like btfl.target[] the oldest on which the same runs
---@field between btfl.target[] all from then on until the newest

--- Checks what only verdicts read as well: which function, map or variable each instruction refers to.
--- Raises the first defect. Gives the object itself.
---@return btfl.object
function object:validate() end

--- Whether it has a constant (a variable of `.rodata`) of that name, which a tool may set before it
--- loads the object.
---@param name string
---@return boolean
function object:constant(name) end

function object:close() end

--- A function of an object. `#program` is its number of instructions (an ldimm64 counts two).
---@class btfl.program
---@field name string
---@field section string
---@field offset integer bytes from the start of its section
---@field global boolean false for a static function
---@field entry boolean a loader loads it as a program of its own, not only as part of others
---@field type string? the type of program that its section means, by libbpf's name: "kprobe", "tracing"; nil for a section that libbpf does not know, as `.text`
---@field attach btfl.attach? what it attaches to; nil likewise
---@field func btfl.type? its func
---@field object btfl.object
---@operator len: integer
local program = {}

--- Iterates over its relocations.
---@return fun(): btfl.relo?
function program:relos() end

--- The source line of an instruction, nil when line_info has none.
---@param insn integer from 0
---@return btfl.line?
function program:line(insn) end

--- The bytes of an instruction in hex, in the file's byte order; nil when it has no such instruction.
---@param insn integer from 0
---@return string?
function program:insn(insn) end

--- Iterates over its instructions, decoded; an ldimm64 is one.
---@return fun(): btfl.insn?
function program:insns() end

--- Iterates over its calls, in order. Raises when the object's references are damaged.
---@return fun(): btfl.call?
function program:calls() end

--- Iterates over the functions that a loader puts together for it, each with the number of its first
--- instruction there, by which a verifier's log counts: itself at 0, then what it calls, each followed by what
--- that calls, as libbpf appends them.
---@return fun(): btfl.program?, integer?
function program:linked() end

--- What it does with the arguments of what it attaches to, in order of instructions: each load of one, and each
--- use of what was loaded, through moves, the stack and its subprograms; and likewise with the current task. On a
--- target only what the target's verifier reaches is there, or would reach under other constants of the object
--- (`setting`). A program whose context has no arguments has the task alone. The list's field `complete` is false
--- where the program was too much for its verifier. Without a target, or on any of the architecture that is named
--- for one, all ways are followed: its field `whole` tells whether every use of an argument itself is there that is
--- one on any kernel where the relocations in `located`, by which arguments are found in the context, have the
--- object's own values.
---@param target? btfl.target|string
---@param options? btfl.verdict.options
---@param fixed? boolean only loads and copies of the kernel's memory at places that no relocation gives
---@return btfl.program.read[]
function program:reads(target, options, fixed) end

--- What each argument that it reads is on a target, and what it takes it for; in order. `sinks`, from program:sinks(),
--- tells more where the program itself does not say.
---@param target btfl.target
---@param options? btfl.verdict.options
---@param sinks? table<string, string>|fun(): table<string, string>
---@return btfl.program.argument[]
function program:arguments(target, options, sinks) end

--- Those of program:arguments() that are not what the program takes them for.
---@param target btfl.target
---@param options? btfl.verdict.options
---@param sinks? table<string, string>|fun(): table<string, string>
---@return btfl.program.argument[]
function program:drift(target, options, sinks) end

--- The structs that most of several kernels have where arguments go: what goes there on another one is taken for
--- the same.
---@param targets (btfl.target|table)[] or what program:at_sinks() gave of them
---@param options? btfl.verdict.options
---@return table<string, string>
function program:sinks(targets, options) end

--- What program:sinks() takes of a kernel that need not be open any more: a plain value.
---@param target btfl.target
---@param options? btfl.verdict.options
---@return table
function program:at_sinks(target, options) end

--- The branches that go one way on the target for the sake of relocations, in the order of their instructions.
--- Numbers are followed through moves, arithmetic and spills, and what such branches choose between; not
--- through calls. The second result tells where relocated instructions and calls stand: numbers by instruction, in
--- an order in which all that is behind one side of a branch stands together.
---@param target btfl.target
---@param options? { policy?: btfl.policy|string }
---@return btfl.program.branch[]
---@return table<integer, integer>
function program:branches(target, options) end

--- A branch that is decided. A plain table.
---@class btfl.program.branch
---@field insn integer
---@field relos btfl.relo[] what decides it, the first six
---@field asked boolean other such branches do not keep the program away from it
---@field taken "falls"|"jumps"|nil which way it goes; nil where it is not asked
---@field head integer the first branch that comes to this one by nothing but moves and arithmetic, on the target; itself without
---@field arm integer? of a branch that is asked, and its own head: equal on two kernels when the same runs from there, with the same in its registers
---@field falls btfl.program.side? what is behind the branch only when it falls; nil for nothing
---@field jumps btfl.program.side? likewise when it jumps

--- The places from and to, both included. A plain table.
---@class btfl.program.side
---@field from integer
---@field to integer

--- Whether it will load on a target, as the verifier of that kernel decides what is dead code. Of a
--- subprogram: as if it were loaded itself.
---@param target btfl.target
---@param options? btfl.verdict.options
---@return btfl.verdict
function program:verdict(target, options) end

--- What program:arguments() gives. A plain table.
---@class btfl.program.argument
---@field program btfl.program
---@field target btfl.target
---@field argument integer|"return" as in btfl.program.read
---@field taken_for string? "struct dentry *", several with `|` between; else as it is declared
---@field by "access"|"call"|"map"|"sink"|"declaration"|nil what tells: a relocation, a helper or kernel function, the type of a map's key or value, most kernels, the source line
---@field has string? what stands there, in C; nil for nothing
---@field is_result boolean? what stands there is the result
---@field verdict "same"|"other-type"|"missing"|"role"|"unreadable"|"moved"|"target-absent"|"unknown" "role": a result is taken for an argument or the other way round; "moved": the declared name stands elsewhere; "unknown": the kernel's BTF does not describe what it attaches to
---@field consequence "rejected"|"silent"|"setting"|"unknown"|nil what comes of it: the verifier refuses the program, the data is wrong, that only under another constant, or one of the first two if it comes there, which is not known; nil for "same"
---@field doubt string? of "unknown": why nobody knows
---@field variable string? what decides: of "setting" a constant, of "unknown" an extern
---@field attach btfl.attach|string what it is an argument of; of struct_ops "struct_ops/STRUCT.MEMBER"
---@field signature btfl.signature?
---@field reads btfl.program.read[] all that is done with it; rows of other kernels may have the same table
---@field first btfl.program.read the load

--- What program:reads() gives. A plain table.
---@class btfl.program.read
---@field argument integer|"return"|"task" the argument, from 1 (of a BTF program the number of its slot of 8 bytes, which the result has, too); what a kretprobe sees; the current task
---@field use "read"|"load"|"probe"|"container"|"helper"|"kfunc"|"memory"|"store"|"put"|"compare"|"arithmetic"|"return" "read": loaded from the context; "load": memory is loaded by it; "probe": a helper copies kernel memory from it; "container": it is the member of a struct; "memory": it stands where a helper reads; "store": on the stack; "put": stored elsewhere
---@field program btfl.program the function of the instruction
---@field insn integer from 0
---@field offset integer bytes that were added to it
---@field relo btfl.relo? the relocation that was
---@field from { offset: integer, relo: btfl.relo?, nested: true? }[]? not the argument, but what was loaded from there; the last is at the argument; "nested": more relocations were added, of what the first led to
---@field size integer? bytes of a load, a store or a copy
---@field number integer? the argument of the callee
---@field callee string? the helper, without its "bpf_", or the kernel function; of a probe the helper that copies
---@field map btfl.map? "memory" is part of a key or a value of that map
---@field struct string? the kernel's struct that the callee takes it for, or that the type of the key or value has there
---@field refused "missing"|"unreadable"|"argument"|"number"|"beyond"|"before"|"hole"|"part"|"over"|nil why the target's verifier refuses the load: of an argument, or by one (see btfl.obstacle.cause)
---@field maybe true? of no target: it is one of several values, of which nobody knows which
---@field setting true? only under other constants of the object
---@field unsure true? nobody knows whether it comes to that: it hangs on externs that are not known of the target
---@field variable string? the constant, or the extern, that decides

---@class btfl.verdict.options
---@field policy? btfl.policy|string by whose rules, as in btfl.resolve.options
---@field release? string the kernel's release such as "6.12.1", for LINUX_KERNEL_VERSION and its verifier; this and the next three are the target's by default
---@field version? string its version, or a text that has it, where that differs from the release
---@field kconfig? string a file with the kernel's configuration, plain or packed
---@field kallsyms? string a file with the kernel's symbols, as /proc/kallsyms
---@field set? table<string, integer|boolean|string> other values for constants of the object
---@field unset? string[] constants that a tool sets at start: unknown
---@field only? btfl.obstacle.rule[] the rules that are asked about; all without
---@field attach? string what a tool attaches the program to, `module:name` for a module's, instead of what its section says
---@field type? string the type of program that a tool makes it, such as "xdp"
---@field maps? table<string, btfl.verdict.map> what a tool sets of maps

--- What a tool sets of a map between open and load; what is not there stays as the object has it.
---@class btfl.verdict.map
---@field key_size? integer bytes
---@field value_size? integer bytes
---@field max_entries? integer
---@field type? string|integer by its name, such as "ringbuf", or its number in enum bpf_map_type
---@field inner? boolean an inner map is given

--- What a program attaches to, as the name of its section says, read as libbpf reads it. `tostring` gives
--- the section without its `?`.
---@class btfl.attach
---@field kind string "fentry", "kretprobe", "raw_tp": as its section begins, and as target:signature() takes it
---@field form "func"|"lsm"|"iter"|"tp_btf"|"freplace"|"kprobe"|"kprobe_multi"|"func_multi"|"ksyscall"|"tracepoint"|"raw_tp"|"uprobe"|"uprobe_multi"|"usdt"|"struct_ops"|"none" in which way; "none": the section names nothing
---@field name string? of the function, tracepoint, event or system call; nil when the section names none, or nothing that can be one
---@field in_btf string? the name that the loader looks up in the kernel's BTF before it loads the program: "btf_trace_sched_switch", "bpf_lsm_file_open", "do_unlinkat"; nil where it looks nothing up
---@field module string? the kernel module of the name
---@field category string? of a tracepoint
---@field path string? of the file of a user probe
---@field provider string? of a USDT event
---@field offset integer bytes from the start of the function
---@field pattern boolean the name stands for many
---@field type string? the expected attach type, by libbpf's name: "trace_fentry"; nil for none, and for that of `cgroup_skb/ingress`, whose number is that of none
---@field sleepable boolean loaded with BPF_F_SLEEPABLE
---@field auto boolean loaded unasked: its section has no `?`
---@field program btfl.program

--- An instruction that calls a function, or takes the address of one for the kernel to call.
---@class btfl.call
---@field insn integer from 0
---@field what "helper"|"kfunc"|"subprogram"|"callback"
---@field id integer? the number of a helper; of a kfunc its id in the object's BTF
---@field name string? "bpf_map_lookup_elem"; nil of a helper that btfl does not list
---@field weak boolean a kfunc that may be missing
---@field extern btfl.extern? of a kfunc
---@field callee btfl.program? a subprogram or callback
---@field line btfl.line?
---@field program btfl.program that calls

--- A map of an object, used by its instructions or not: one that it describes, or that libbpf makes of
--- its data, its configuration values or its struct_ops.
---@class btfl.map
---@field name string of its variable, or of the section that it is made of
---@field section string
---@field offset integer bytes from the start of its section
---@field kind "defined"|"legacy"|"data"|"rodata"|"bss"|"kconfig"|"struct_ops" how libbpf comes to it; "legacy": in a section that libbpf 1.0 and later do not know
---@field type string? by libbpf's name: "hash", "ringbuf"; nil for one that is newer than btfl
---@field number integer of that type, in the kernel's enum bpf_map_type
---@field key_size integer bytes; 0 also when it is not said, as for all that follow
---@field value_size integer bytes
---@field max_entries integer
---@field flags integer BPF_F_*
---@field extra integer map_extra
---@field numa_node integer
---@field pinned boolean by its name
---@field auto boolean created unasked: its section has no `?`
---@field key btfl.type? what describes a key
---@field value btfl.type? what describes a value; of data, its section
---@field inner btfl.map? what a map of maps holds, as far as it is said
---@field problem string? why libbpf opens no object with it
---@field object btfl.object

--- What an object takes from outside, used or not.
---@class btfl.extern
---@field name string
---@field what "kconfig"|"ksym"|"kfunc"|"unknown" a configuration value, a symbol or a function of the kernel; unknown without BTF
---@field weak boolean it may be missing
---@field type btfl.type? as declared: a func_proto for a kfunc; of kind "void" when only kallsyms tell of the symbol
---@field size integer bytes of its value; 0 for a function and void
---@field uses integer how many instructions refer to it
---@field problem string? why libbpf opens no object with it
---@field object btfl.object

--- A set of programs that the kernel takes as one: a variable of `.struct_ops`.
---@class btfl.struct_ops
---@field name string of the variable
---@field type btfl.type? its struct
---@field section string
---@field map btfl.map which it is created as
---@field link boolean attached by a link: it stands in `.struct_ops.link`
---@field auto boolean created unasked: its section has no `?`
---@field object btfl.object
local struct_ops = {}

--- Its programs by the name of the member that each is.
---@return table<string, btfl.program>
function struct_ops:programs() end

--- A record of line_info: a line as the source had it. `tostring` gives "file:line:column".
---@class btfl.line
---@field file string
---@field name string the file's name without its folders
---@field line integer
---@field column integer
---@field text string the source line, without its indentation where the compiler dropped it
---@field nth integer which one it is, from 1, of the object's lines of that text in files of that name
local line = {}

--- A CO-RE relocation.
---@class btfl.relo
---@field index integer from 0, in the order of .BTF.ext
---@field kind btfl.relo_kind
---@field type btfl.type root of the access, a type of the object
---@field access string such as "0:1:2"
---@field path string the access in C: "task_struct.se.sum_exec_runtime"; the type's name for type kinds
---@field accessor btfl.accessor? nil when the access means nothing on the type
---@field program btfl.program? nil when no function is there
---@field section string
---@field insn integer? index of the instruction in its program, from 0
---@field insn_off integer bytes from the start of the section
---@field bytes string the instruction in hex, as it is in the file
---@field value integer? the local value, an unsigned 64-bit number; nil when it has none
---@field reason btfl.reason? why it has no local value
---@field line btfl.line?
---@field object btfl.object
local relo = {}

--- What it becomes on a target. All relocations of the object are resolved at once, in order, and
--- kept: that is what libbpf does.
---@param target btfl.target
---@param options? btfl.resolve.options
---@return btfl.result
function relo:resolve(target, options) end

--- What it becomes when that type of the target is its only candidate, without regard to other
--- relocations. Each call resolves anew.
---@param target btfl.target
---@param candidate btfl.type
---@param options? btfl.resolve.options
---@return btfl.result
function relo:try(target, candidate, options) end

---@class btfl.resolve.options
---@field policy? btfl.policy|string by whose rules (a policy, or the name or file of one); libbpf's by default, or what --policy says

---@class btfl.check.options: btfl.resolve.options
---@field others? btfl.target[] further kernels of the run: one that has what is missing tells more about it
---@field why? boolean say what a missing field, type or enumerator has become
---@field all? boolean also note what is guarded
---@field verdict? btfl.verdict.options what the kernel and the tool will know
---@field from? btfl.target[] kernels that still have it, for why; those of others that do without
---@field attach? table<string, string> what a tool attaches programs to, by their names
---@field type? table<string, string> the types that a tool gives programs, by their names
---@field skip? string[] programs that a tool does not load
---@field one_of? string[][] programs of which a tool loads one: when one loads, what keeps the others from it is a note
---@field maps? table<string, btfl.verdict.map> as in btfl.verdict.options
---@field only? btfl.obstacle.rule[] likewise
---@field shape? string what findings and the summary call all of these options: a shape of a tool
---@field sinks? fun(program: btfl.program, options: btfl.verdict.options): table<string, string> gives what program:sinks() gave for the others, which is found anew for each target without

--- What an access string says. `#accessor` is the number of its steps.
---@class btfl.accessor
---@field root btfl.type
---@field last (btfl.member|btfl.enumerator)? where its last step leads; nil for an element, or the root
---@field bit_offset integer bits from the start of the root
---@field access string every number, those of anonymous members included: "0:1:2"
---@field path string in C: "task_struct.se.sum_exec_runtime"
---@operator len: integer
local accessor = {}

--- Iterates over its steps: the type stepped into, the index there, the member or enumerator.
---@return fun(): btfl.type?, integer?, (btfl.member|btfl.enumerator)?
function accessor:steps() end

--- A kernel to relocate against.
---@class btfl.target
---@field path string
---@field name string such as "6.12.117-generic-amd64": the file's name without `vmlinuz-` and suffixes, in a tree such as BTFHub's "ubuntu/20.04/x86_64/5.4.0-26-generic"; or uname -r of the running kernel
---@field release string? as it was given, else uname -r as the running kernel, a vmlinux or an image says it, else the first N.N.N of the name, or the N.N that it begins with
---@field version btfl.kernel_version? of which LINUX_KERNEL_VERSION is made: as it was given, else of the configuration, else what the running kernel, a vmlinux or an image says, else the release; nil when that hides it, as Debian's 5.10.0-32, or is N.N
---@field arch string? what it runs on, in the words of clang's -D__TARGET_ARCH_: "x86", "arm64", "s390"; by its registers, else by its path
---@field distro string? the distribution that made it, by its path, its release or the compiler in its configuration or its file
---@field flavour string? which of the kernels of that: "generic", "cloud", "aws"
---@field kconfig string? the file that its configuration is read from
---@field kallsyms string? the file that its symbols are read from
---@field btf btfl.btf vmlinux
---@field endian "little"|"big"
---@field digest string 32 hexadecimal digits that tell its contents from others, whatever its path and name: BTF, modules, release, version, configuration, symbols (without their addresses)
local target = {}

--- Iterates over its modules: name and BTF.
---@return fun(): string?, btfl.btf?
function target:modules() end

--- Iterates over the modules that could not be read: one line for each.
---@return fun(): string?
function target:skipped() end

--- Whether the kernel has something, by its own BTF: a helper, a map, program or attach type, by number or by
--- the name in its enum (`BPF_MAP_TYPE_RINGBUF` is "ringbuf"), or a mark. nil when its BTF cannot tell, as one
--- that was cut down. A program type must be built in, too.
---   Marks: "fetch_atomics" (atomic instructions that fetch), "callbacks" (helpers that call a subprogram),
--- "jit", "struct_args" (functions that take structs by value), "sleepable_lsm", "trampolines" (fentry and lsm
--- programs can be attached), "statics" (its BTF has static functions, too).
---@param what "helper"|"map_type"|"prog_type"|"attach_type"|"mark"
---@param name string|integer
---@return boolean?
function target:has(what, name) end

--- The number and the name of a helper; false when the kernel has none of that number or name, nil when its
--- BTF cannot tell.
---@param helper string|integer
---@return integer|false|nil
---@return string?
function target:helper(helper) end

--- The function of that name, as libbpf finds it for a kfunc: in vmlinux, then in its modules; and where.
--- false when there is none, nil when the BTF has no functions.
---@param name string
---@return btfl.type|false|nil func
---@return string? module "vmlinux" or a module's name
function target:kfunc(name) end

--- Whether the kernel has what a program attaches to.
---@param attach btfl.attach|string|{ form: string, name: string, module: string?, category: string? } a string is a section, such as "fentry/vfs_read" or "tracepoint/sched/sched_switch"
---@return btfl.target.attachment
function target:attach(attach) end

--- The parameters that a program at a function, tracepoint, LSM hook or iterator sees, and what it returns;
--- nil when that is not there or has none. Those of tracepoints have the names that the function has which calls
--- their programs.
---@param attach btfl.attach|string|{ form: string, name: string, module: string?, category: string? } a string is a section, or the name of a function; with `name` what stands before the `/` of a section; of struct_ops "struct_ops/STRUCT.MEMBER"
---@param name? string
---@return btfl.signature?
function target:signature(attach, name) end

--- What a name that this kernel lacks has become here, best first; nothing when it is gone without a
--- successor. A path is "struct.field.field" with indices or without ("nr[1].count"; those of a successor
--- go where its arrays are), a type, "enum.VALUE", or an enumerator that one enum only has; "struct",
--- "union" or "enum" may stand before it. A relo stands for its path, with its object's types as the
--- evidence when no witness has it. A name that is no type's is that of a function, else of a tracepoint; what a
--- program attaches to is one of these: "fentry/do_unlinkat", "tracepoint/kmem/kmalloc_node", "kfunc/NAME". What
--- stands in the table of renames needs no witness, and is the only answer: its score is 1, its evidence the release.
--- The second result says what was asked: nobody may have such a thing.
---@param what string|btfl.relo|btfl.attach
---@param options? { from?: btfl.target|btfl.btf|(btfl.target|btfl.btf)[], least?: number, table?: boolean } from: witnesses, kernels that still have it, tried in order; least: the score below which nothing is suggested, btfl.thresholds.suggested without; table: false asks the engine alone
---@return fun(): btfl.suggestion?
---@return btfl.asked
function target:successors(what, options) end

function target:close() end

--- The version of a kernel, "5.10.223" as a string, which joins with `..`. It compares with another one, and by
--- `<`, `<=`, `>` and `>=` with a text: `target.version < "5.16"`, which is so of 5.9 and of 5.10.223, and not of 16.0.
--- Other texts, such as a release, raise; numbers, too: Lua's 5.10 is 5.1. (To Lua no text is `==` to it, as to any
--- value of a class.)
---@class btfl.kernel_version
---@field major integer
---@field minor integer 0 where it has none, as `patch`
---@field patch integer

--- What target:attach() found. A plain table.
---@class btfl.target.attachment
---@field name string? what was looked for: "bpf_lsm_file_open"
---@field found boolean? it is there; nil when nobody can tell
---@field addressed boolean? the kernel's symbols have it, without which it cannot be loaded or attached: compilers leave of some functions only a `name.part.0`; nil without symbols
---@field elsewhere boolean it was not found, but no module's BTF was given, and one may have it
---@field module string? "vmlinux" or the module whose BTF has it
---@field type btfl.type? the func, or the typedef or struct of a tracepoint
---@field proto btfl.type? the func_proto behind it

--- What target:signature() gives: a list of the parameters. tostring() is as C: "(gfp_t gfp) -> struct folio *".
---@class btfl.signature
---@field [integer] btfl.param
---@field params btfl.param[] the same
---@field ret btfl.type what it returns, as `returns`
---@field returns btfl.type
---@field sees_result boolean the program sees the result behind the arguments
---@field registers boolean it finds them in registers
local signature = {}

--- What stands in slot n, from 1: a parameter, and its number; "return"; nil for nothing; false where nobody can
--- tell. A struct of more than 8 bytes takes two slots.
---@param n integer
---@return btfl.param|"return"|false|nil
---@return integer?
function signature:slot(n) end

--- Kernels that follow one another, in order of release, with the same signature. tostring():
--- "6.12.43 .. 6.18.44: (gfp_t gfp) -> struct folio *".
---@class btfl.signatures
---@field signature btfl.signature? nil: absent
---@field targets btfl.target[]
---@field text string the signature in C, "" for none

--- What target:successors() was asked. A plain table.
---@class btfl.asked
---@field path string as it was understood: "pageflags.PG_slab" for "enum pageflags.PG_slab" and for "PG_slab"
---@field known boolean a witness, the object or the target has it
---@field problem string? when it is not known: what is wrong with the question (a name that nobody has, a path through a pointer), in a sentence
---@field gone string? of a function or a tracepoint: what is to be said when nothing is suggested
---@field removed string? by the table of removals: "removed in 6.1: areas are in the maple tree ..."; then nothing is suggested

--- What a name may have become. A plain table.
---@class btfl.suggestion
---@field query string what was asked for
---@field rank integer 1 is the best
---@field successor string "task_struct.__state", "trace_event_raw_kfree", "pagetype.PGTY_slab"
---@field change "same"|"renamed"|"moved"|"split"|"retyped"|"type"|"enumval"|"register"|"func"|"tracepoint" "same": it is not missing; "register": the kernel is for another architecture
---@field score number 0 to 1
---@field evidence string one line
---@field via string? how to get there when it takes a pointer: "request_queue.disk->bdi"
---@field flag string? the enumerator that names the bit of the successor which the field has become
---@field mask integer? of that bit, where its enum tells it
---@field type btfl.type of the field; the type itself; the enum; the function, or the typedef that describes a tracepoint
---@field role string? of a register: "PT_REGS_PARM1"
---@field kind string? of a function or tracepoint that was asked for as what a program attaches to: "fentry"
---@field signature btfl.signature? of a function or a tracepoint
---@field old_signature btfl.signature? what it was
---@field bits integer? of a bitfield
---@field old btfl.type? what a witness, or the object, has under the old name
---@field old_bits integer? likewise, of a bitfield
---@field signals table<string, number> what speaks for it or against it, mostly 0 to 1
---@field told boolean? by the table of renames, where nothing is compared: no signals, a score of 1
---@field doubt string? what is to be thought of before its code is used: a type that differs, a close second, one bit of a word
---@field target btfl.target
---@field witnesses { name: string, btfs: btfl.btf[], target: btfl.target? }[]? of a field, type or enumerator: the kernels that were given as `from`
---@field own btfl.btf[]? likewise, what the target has
---@field ask? fun(other: btfl.target, name: string?): btfl.suggestion? likewise, the first answer of another target, to the same question or about another name
local suggestion = {}

--- C that compiles: a flavor for each name, and a function that asks which of them the kernel has. Of several
--- kernels that were given as `from` those that lack the field are steps: it is read under the name that it has there,
--- too, and each name is tried where it is no other's. Raises when there is no such order. Of a function or a
--- tracepoint a program for either name, and how a loader chooses.
---@return string
function suggestion:code() end

--- What a relocation becomes on a target.
---@class btfl.result
---@field status btfl.status
---@field ok boolean status is "ok"
---@field reason btfl.reason? why the target has no match, or why it is an error; nil only when it was found
---@field value integer? the target's value, an unsigned 64-bit number
---@field old integer? the local value, likewise
---@field candidate btfl.type? the first type of the target that matched
---@field accessor btfl.accessor? the access in the target
---@field before string the instruction in hex, in the file's byte order
---@field after string the instruction as relocated
---@field relocated boolean an error only because the instruction is already what it would become
---@field sign_extended boolean an unsigned 32-bit enumerator of 2^31 or more was sign-extended, as libbpf does
---@field relo btfl.relo
---@field target btfl.target
---@field decider string who settled it: "policy.hook", or "libbpf" when no hook changed anything
---@field note string? what that hook returned with its answer
local result = {}

--- Why it is not ok (or why the target has no match), as a sentence; nil when it was found. Of a reason
--- that a hook of the policy gave it says which hook, and the hook's note.
---@return string
function result:why() end

--- Who gave the reason: the decider ("policy.hook") and its note; nil when the reason is the engine's own.
---@return string? decider
---@return string? note
function result:refusal() end

--- Iterates over the candidates that were tried, in order.
---@return fun(): btfl.attempt?
function result:trail() end

--- Iterates over all that hooks decided, in order: decider and note.
---@return fun(): string?, string?
function result:decisions() end

--- Whether a program loads on a target.
---@class btfl.verdict
---@field verdict "loads"|"guarded"|"rejected"|"error"|"refused"|"incomplete"|"unknown" nothing stands in its way; only in dead code; the verifier refuses it; a loader refuses a relocation; a loader or the kernel refuses it before the verifier walks it; only what a tool sets between open and load is missing; not known
---@field ok boolean verdict is "loads" or "guarded"
---@field rule btfl.obstacle.rule? of the first obstacle
---@field first btfl.obstacle? the obstacle that decides: the first that is reached or, of "unknown", that may be; nil where only `why` tells
---@field attaches boolean? whether the target has what it attaches to once it is loaded; nil when that is not known
---@field detached "missing"|"trampoline"|nil why it does not attach: there is no such function or tracepoint; the kernel makes no trampolines
---@field why string? of "unknown": what stopped the analysis of paths
---@field relocations integer of the program and all that it calls
---@field failed integer those that are not ok
---@field first_poison string? the failed instruction that a verifier meets first: section+bytes
---@field program btfl.program
---@field target btfl.target
local verdict = {}

--- Iterates over what stands in the way of the program, in the order in which a loader and the kernel meet
--- it; of what stands on paths, what is reached comes first, in the order in which a verifier meets it.
---@return fun(): btfl.obstacle?
function verdict:obstacles() end

--- What to say of the program, as `btfl verdicts` does: the obstacle that decides, or that it loads and does not
--- attach. Nothing when it loads, and attaches or may.
---@param options? btfl.verdict.report.options
---@return btfl.report
function verdict:report(options) end

---@class btfl.verdict.report.options
---@field others? btfl.target[] the kernels of the run: what a program attaches to and none of several has is a warning
---@field nowhere? boolean it is known to be on none of several kernels what the program attaches to, where this one lacks it
---@field one_of? string[][] as in btfl.check.options
---@field verdicts? btfl.verdict[] on the programs of the object, for one_of
---@field shape? string as in btfl.check.options

--- Iterates over the relocations that failed among them.
---@return fun(): btfl.obstacle?
function verdict:failures() end

---@alias btfl.obstacle.rule "open"|"ksym"|"kconfig"|"kfunc"|"struct-ops"|"relocation"|"map-type"|"map-attr"|"map-unset"|"section"|"program-type"|"attach-type"|"attach-target"|"no-address"|"attach-proto"|"sleepable"|"insn"|"no-jit"|"helper-unknown"|"helper-not-for-type"|"ctx-arg"|"ctx-access"|"struct-access"|"license"|"map-use"|"function"|"stack"

--- One thing that keeps a program from loading.
---@class btfl.obstacle
---@field stage "open"|"externs"|"struct-ops"|"relocation"|"maps"|"section"|"attach"|"load"|"instructions"|"walk" where it is met
---@field rule btfl.obstacle.rule
---@field name string? the function, helper, map, symbol or section that it is about
---@field helper string? the helper that is passed the map, without its `bpf_`
---@field cause string? which of the ways a rule has
---@field type string? a name that belongs to it, of a program, map or BTF type
---@field number integer likewise: of a helper or an argument, an offset in bytes
---@field callers string[]? of a kernel function that is not for programs of that type: those of which types may surely call it
---@field reached boolean? whether it counts: false when no path comes to it, nor would one if others were gone; nil when that is not known
---@field guarded boolean reached is false
---@field scope "object"|"program" what it keeps from loading
---@field settable "attach"|"map"|"type"|nil what a tool may set between open and load to take it away
---@field relo btfl.relo? the relocation that failed
---@field result btfl.result? what became of it
---@field verdict btfl.verdict
---@field program btfl.program the function in which it stands
---@field insn integer? index of its instruction there, from 0
---@field line btfl.line? the source line of that; without an instruction, where the program starts; nil for one of the whole object
---@field guard btfl.guard? what keeps paths away; nil when it is reached, or nothing single does
local obstacle = {}

--- The source lines of the path that reaches it, from the entry on; empty when none does. With `last`, at
--- most so many of its end, looked for among its last 1,024 instructions.
---@param last? integer
---@return btfl.line[]
function obstacle:path(last) end

--- What it is, as a sentence; of a relocation that of result:why().
---@return string
function obstacle:message() end

--- What to do about it, in a line; nil of a relocation, of which `btfl check` tells more.
---@return string?
function obstacle:help() end

--- A branch that always goes the same way, and so keeps paths from a failed access.
---@class btfl.guard
---@field program btfl.program
---@field insn integer index of the branch in its program, from 0
---@field line btfl.line?
---@field relo btfl.relo? the relocation that decides it
---@field variable string? else the constant or extern that does
local guard = {}

--- The part of a target's BTF that the relocations of some objects need. Against it each of them gets the status, value
--- and instruction that it gets against the whole, but for type ids, which are its own, and fails for the same reason,
--- with the same trail. Wherever kernels have what is needed, their parts are the same bytes.
---@class btfl.subset
---@field target btfl.target
local subset = {}

--- Adds what an object needs; or a type of the target with what it is made of; or what a path names, as an access to
--- it needs it: "task_struct.se.vruntime", "task_struct.comm[3]", or a whole type, "task_struct". Raises where there is
--- none. Where only a part could be added, as where types nest deeper than 256, all that follows raises, too.
---@param what btfl.object|btfl.type|string
function subset:add(what) end

--- The BTF, in the target's byte order, and the number of its types.
---@return string
---@return integer
function subset:bytes() end

--- The same opened, under the path of the target: btfl.target(subset:btf()) is a kernel of that name which
--- has this part alone.
---@return btfl.btf
function subset:btf() end

--- A BTF that is made; see btfl.builder.
---@class btfl.builder
---@field endian "little"|"big"
---@field header_size integer bytes
---@field base btfl.btf?
---@field next_id integer the id that the next type gets
local builder = {}

--- Adds a type and gives its id. The fields are those of btfl.type and of its parts; a reference (`type`, `index_type`)
--- is an id, a type of any BTF, which is copied as copy() does, or void where there is none. Besides: `bits` and
--- `bit_offset` of an int; members have `bit_offset` (0 without) and, as bitfields, `bit_size`, and values a number;
--- `variadic = true` ends the `params`. Raises for what no type can be; what only all types together tell, such as
--- ids that do not exist, bytes() and btf() do.
---@param t { kind: btfl.kind, [string]: any }
---@return integer
function builder:add(t) end

--- Adds a copy of a type of another BTF, be it of the other byte order, and gives its id; of what is there already only
--- that. Of what it needs, `with` says what is copied, too: "value" (without `with`), all that it is made of, and
--- structs and unions that it only points to as forward declarations, which become whole where that is needed later;
--- "all", what it points to as well; "name", the same as of what is pointed to. A type of the base is itself.
---@param t btfl.type
---@param options? { with?: "name"|"value"|"all" }
---@return integer
function builder:copy(t, options) end

--- The bytes. Raises a btfl.error where they are no sound BTF.
---@return string
function builder:bytes() end

--- The same, opened over the base.
---@return btfl.btf
function builder:btf() end

--- Rules of relocation: a set of hooks over those of another policy, and at last over libbpf's.
---@class btfl.policy
---@field name string
local policy = {}

--- The names of it and of what it extends.
---@return string[]
function policy:lineage() end

--- Its tiers, for what extends it: tables of a name and hooks, most derived first.
---@return table[]
function policy:tiers() end

--- A report of what of it can never take effect on any of these kernels: of a table of renames what none
--- of them has, and paths that no relocation follows.
---@param targets btfl.target[]
---@return btfl.report
function policy:lint(targets) end

--- What a hook gets as its last argument. Calling it gives what the policy that is extended, and at
--- last libbpf, would answer; without arguments it is asked what the hook was. What it gives to that
--- question, returned as it is, is no decision of the hook. It raises once its hook has returned.
---@class btfl.default
---@field relo btfl.relo the relocation that is being decided
---@field target btfl.target
---@field what "field"|"type"|"matches"|nil what a compatible hook is asked for
---@field reason btfl.reason? why nothing was found, in a missing hook
---@overload fun(...): any, btfl.reason?, string?
local default = {}

--- The hooks of a policy. Each may be nil for what is extended, and gets `default` last. Each returns an
--- answer and may add a note, kept in result.note. An answer that refuses (nil, false, no candidates,
--- "poison", "error") may be followed by a reason code, which is then the result's, and a note after that.
--- A hook that returns nothing at all is an error: `return nil` says that nothing is meant.
---
--- What a reason does: of candidates, member and compatible it passes the candidate over ("too-deep",
--- "limit", "unsized" and "unsupported" make the relocation an error at once); of value, choose and patch
--- any reason makes it an error; of missing the answer tells.
---@class btfl.policy.definition
---@field name string
---@field extends? btfl.policy|string a policy, or the name or file of one
---@field when? table<string, string|string[]> by hook, the words of which one must hold for it to be asked; else what the rules below it answer stands. A promise: the hook would answer `default()` there. The words of each hook are in the README of policies
---@field lint? fun(targets: btfl.target[], out: btfl.report) adds what can never take effect there; see policy:lint
---@field candidates? fun(relo: btfl.relo, target: btfl.target, default: btfl.default): btfl.type[], string?, string? the types to try, in order
---@field member? fun(m: btfl.member|btfl.enumerator, target: btfl.type, default: btfl.default): btfl.member|btfl.enumerator|string|nil, string?, string? what a member has become: a member of the target struct or of one nested in it, or a path ("signal.pids", "counts[1].value"); for an enumerator, an enumerator of the target enum
---@field compatible? fun(want: btfl.type, have: btfl.type, default: btfl.default): boolean, string?, string? default.what tells for what
---@field value? fun(relo: btfl.relo, accessor: btfl.accessor, default: btfl.default): integer?, string?, string? the value of an access, local or in a candidate; nil with a reason code, or with "poison" in its place, whose reason is "by-policy"
---@field choose? fun(relo: btfl.relo, results: btfl.policy.choice[], default: btfl.default): btfl.policy.choice?, string?, string? which of disagreeing candidates to use; nil leaves it ambiguous
---@field missing? fun(relo: btfl.relo, target: btfl.target, default: btfl.default): "poison"|"error"|integer, string?, string? what becomes of a relocation that nothing matches
---@field patch? fun(relo: btfl.relo, change: btfl.policy.change, default: btfl.default): string?, string?, string? the instruction after it, in hex of either case; nil with a reason code

---@class btfl.policy.choice
---@field candidate btfl.type
---@field value integer
---@field bit_offset integer bits
---@field poison boolean

--- What is about to be done to an instruction. A patch hook may change it and call default(relo, change).
---@class btfl.policy.change
---@field insn string the instruction in hex, in the file's byte order
---@field value integer the new value
---@field old integer the local value
---@field check boolean the instruction must hold the local value
---@field poison boolean
---@field size integer bytes of the field in the target, 0 when nothing is to be resized
---@field old_size integer bytes of the local field
---@field resizable boolean a load or store may be resized; else it is poisoned when sizes differ

--- One candidate that was tried.
---@class btfl.attempt
---@field candidate btfl.type
---@field ok boolean
---@field reason btfl.reason? why it did not match
---@field step integer? the step of the relocation's accessor at which it failed, from 0
---@field want btfl.type? the local type that was held there against ...
---@field have btfl.type? ... this type of the target: structs for no-field, the members' types for incompatible
---@field result btfl.result
local attempt = {}

--- Who gave the reason, as of result:refusal().
---@return string? decider
---@return string? note
function attempt:refusal() end

---@class btfl.cli.definition
---@field about string one line
---@field usage? string the positional arguments, "OBJ..." by default: NAME is one, NAME... one or more, [NAME] and [NAME...] may be missing; "OLD... -- NEW..." are words on both sides of one, or two; args has them under their names in lower case
---@field objects? boolean OBJ... are BPF objects (default true)
---@field targets? boolean -t/--target and -m/--module are taken (default true)
---@field options? fun(parser: table) adds options to the argparse parser
---@field policy? string why --policy is refused; without, it is taken wherever targets are
---@field jobs? string why --jobs is refused; likewise
---@field verdicts? boolean --release, --version, --kconfig and --kallsyms are taken, for every target or as NAME=VALUE for that one, and targets have the configuration and the symbols that lie beside them; --set, --unset, --attach, --type, --skip, --one-of, --map and --only, see check_options; objects are validated; a name that none of them has is a warning
---@field facts? boolean only --release, --version, --kconfig and --kallsyms of these
---@field epilog? string
---@field baseline? boolean --baseline and --write-baseline are taken: what was known is a note in the report that the script returns
---@field memo? boolean --no-memo is taken: cli:kernel_by_kernel() looks into each pair; and --cache: what look gives depends on the object, the kernel, the options and the file of the script alone, and is written for other runs
---@field shards? boolean --shard I/N is taken: cli:kernel_by_kernel() and cli:check_all() look at block I of N of the kernels, take() is not called, and a part of the run is written in place of the report that the script returns; `btfl merge` puts parts of check and verdicts together
---@field writes? string what goes to the file of -o, which must be given, by cli:write; the report then goes to standard output
---@field formats? string[] names for --format that the script looks at and writes itself

---@class btfl.cli
---@field args table what argparse made of the command line, every option by its long name
---@field name string such as "btfl check"
---@field failures string[] what could not be done for an input, one line each
---@field causes any[] the errors and texts that these are of, in the same order
---@field policy btfl.policy? what --policy names, or the project file; it is then the default of all that relocates
---@field project btfl.project? what the project file says: --project, else btfl.lua of the repository. Objects, kernels and options that the command line does not give are its; `args` has them
local cli = {}

--- Iterates over the objects named on the command line, each opened when its turn comes. One that
--- cannot be read is a failure; one without BTF is a note in the report, or a failure when no object has
--- any. The others go on.
---@return fun(): btfl.object?
function cli:objects() end

--- Iterates over the targets: those of -t in order, as btfl.targets() finds them, else the running kernel. Each is
--- opened once, when its turn comes.
---@return fun(): btfl.target?
function cli:targets() end

--- The same, each closed when the next is asked for; with args.shard, a table of i and n, those of block i of n.
---@return fun(): btfl.target?
function cli:each_target() end

--- Whether -t names more than one kernel. They are looked for, but none is opened.
---@return boolean
function cli:several() end

--- Iterates over every object with every target that it can be relocated on. A pair of two byte orders
--- is an error in the report; the others go on.
---@return fun(): btfl.object?, btfl.target?
function cli:pairs() end

--- Calls work(object, target) for each of these pairs, in as many processes as --jobs says: each is a copy of this
--- one with all that is open in it, so that work may be any function and --policy any policy. What work adds to the
--- report `out`, failures of the cli, what is printed and an error come back, and are as they are in one process, in
--- the order of the pairs; whatever else it changes, such as a variable of the script, is lost with its process. In a
--- report a value that is no plain one becomes what it reads as (tostring); a function is an error.
---@param out btfl.report
---@param work fun(object: btfl.object, target: btfl.target)
function cli:each_pair(out, work) end

--- Calls look(object, target) for each of these pairs, too, but kernel after kernel, each of which is closed when all
--- objects had their turn, in as many processes as --jobs says. What look gives is a plain value, and may hold nothing
--- of the kernel, nor name it: where another kernel answers alike all that look asked of this one for the object, look is
--- not called, and the same value stands for both, but with --no-memo, and where look gives true behind it, as of what
--- holds for that kernel alone. When all kernels had their turn, take(object, said, names, kernels) is called in this
--- process for each object in order: `said` is what look gave of it, kernel after kernel, `names` what these are called,
--- or what options.about said of each, `kernels` how many could be opened. Failures of the cli stand in the order of the
--- pairs. SIGINT ends it behind the pair that is looked at. The number that look is given is that of the kernel among
--- those of -t.
---@param look fun(object: btfl.object, target: btfl.target, number: integer): any, boolean?
---@param take fun(object: btfl.object, said: any[], names: any[], kernels: integer)
---@param options? btfl.cli.kernel_by_kernel.options
function cli:kernel_by_kernel(look, take, options) end

---@class btfl.cli.kernel_by_kernel.options
---@field about? fun(target: btfl.target, number: integer): any what take() is given of a kernel, plain (default its name)
---@field by? fun(object: btfl.object): any what look() goes by besides, in its process: what it said by another one is not said again
---@field keep? fun(said: any): any what of a value is held until take() is given it, called when it comes, once for kernels that answer alike
---@field encode? fun(said: any): string a value for another run, where --cache writes it; without, it is of what JSON can hold
---@field decode? fun(text: string): any the value of that, nil where it is none
---@field find? fun(object: btfl.object, said: any[], names: any[]): any what follows from what was said of an object on all kernels, a plain value: where objects are shared between processes, in the one that looked at it. take() is then called behind all of it, as take(object, found, said, names), where that is not nil
---@field clashing? boolean look() is called for pairs of two byte orders, too
---@field rests? boolean take() asks the object for nothing but its path: it is not read again for that

--- Adds to a report what object:check() tells of each of these pairs, with all kernels of the run as `others`, and
--- what object:fixed_reads() and object:ladders() tell of them together; each kernel is open only for its turn, but for
--- few that are opened again. A finding that is the same on several kernels is added once, with `targets`. A script
--- calls it once, or for one list of objects after another.
---@param out btfl.report
---@param options? btfl.cli.check_all.options
function cli:check_all(out, options) end

--- Gives take(), for each object in order, what object:ladders() tells of it on all kernels of the run, as plain values:
--- of each the name of its program, its line as text, and its question, vector and verdict. Each kernel is open only for
--- its turn, but for few that are opened again.
---@param take fun(object: btfl.object, rows: { program: string, line: string?, question: string, vector: string, verdict: string }[])
function cli:each_ladders(take) end

---@class btfl.cli.check_all.options
---@field from? btfl.target[] as in btfl.check.options, and so `why` and `all`
---@field why? boolean
---@field all? boolean also notes of what is read without CO-RE
---@field ladders? boolean also branches that ask for what all kernels have, or none
---@field objects? string[] paths of the objects, in place of those of OBJ; pairs of two byte orders are then errors in `out`

--- The report of a run whose parts, which --shard wrote, are in these files, as if it had been made without; for what
--- is put together the cli is that of the run from then on, with the outputs and the baseline of this one. What is
--- missing, cut off or was changed is a failure. Raises a btfl.error where parts are not of one run, or two are the same
--- one, and where objects are others. `by` is for a matrix, as of matrix:report().
---@param paths string[]
---@param options? { by?: "object"|"program" }
---@return btfl.report
function cli:merge(paths, options) end

--- Records what could not be done for an input: one line on stderr, however often, and the exit status
--- is 2.
---@param message any an error, or text
function cli:failure(message) end

--- What work(...) gives, or nil and a failure when an input cannot be read or proves to be damaged. Any other
--- error is the script's, and goes on as it is; so does one of a policy.
---@generic T
---@param work fun(...): T?
---@return T?
function cli:try(work, ...) end

--- Ends the script: one line on stderr, exit status 2. For what the user can mend.
---@param message any an error, or text
function cli:error(message) end

--- What object:check() is to be given for this object, by the options of the command line and the project file.
---@param object btfl.object
---@return btfl.check.options
function cli:check_options(object) end

--- The same for each shape of the project file, in order of their names: what a tool sets at its start leads other
--- ways, and is looked at each for itself. Shapes that set nothing of the object are one; where all are, or there is
--- none, it is cli:check_options() alone, of no shape.
---@param object btfl.object
---@return btfl.check.options[]
function cli:shapes(object) end

--- What program:verdict() is to be given for programs of this object likewise, but for what concerns one
--- program alone (--attach, --type).
---@param object btfl.object
---@return btfl.verdict.options
function cli:verdict_options(object) end

--- Iterates over the programs of an object that the tool loads, which are those that --skip does not name, each
--- with what program:verdict() is to be given for it.
---@param object btfl.object
---@param shape? btfl.check.options one of cli:shapes(); cli:check_options() without
---@return fun(): btfl.program?, btfl.verdict.options?
function cli:programs(object, shape) end

--- What there is to say of an object that has no program, with its level: why libbpf does not open it, unless
--- --only names other rules; else that there is nothing to load. nil for an object with programs, whether the tool
--- loads them or not.
---@param object btfl.object
---@return btfl.finding?
---@return "error"|"note"|nil
function cli:programless(object) end

--- Writes what is no report, in one step: to the file at path, whose folders are made; without one to that of
--- --output, else to stdout. Raises a btfl.error when that cannot be written, or is a file that was read.
---@param bytes string
---@param path? string
function cli:write(bytes, path) end

--- Makes the path another name of a file (a hard link), in place of what was there; raises likewise.
---@param file string
---@param path string
function cli:link(file, path) end

--- Whether SIGINT has ended an iteration over inputs before all were met.
---@return boolean
function cli:interrupted() end

--- The same piece by piece: work is given a function that takes the next piece of text. What goes to stdout
--- is not held back, so memory does not grow with it; the file of --output is replaced when all is done. With a
--- format, one of its own, it is written to each output that is to be in that format, for which work is called
--- again.
---@param work fun(write: fun(text: string))
---@param format? string
function cli:stream(work, format) end

--- The formats in which something is to be written, each once: that of standard output or -o first.
---@return string[]
function cli:formats() end

---@class btfl.report.layout
---@field columns? string[] the report is a table of rows with these columns
---@field text? string[] the columns that the text format shows, where they differ
---@field group? string[] columns that the text format shows once, over the rows that share them
---@field title? string
---@field frames? boolean false: the text format shows the texts and no findings, which those for machines have

---@class btfl.finding
---@field level? "error"|"warning"|"note" of one in a report; error(), warning() and note() give it
---@field rule string a stable code, such as a result's reason
---@field message string one line
---@field at? btfl.line|string where; of a line its values are kept, so that its object may be closed
---@field mark? string the word of the source line to underline
---@field object? string
---@field program? string
---@field target? string
---@field shape? string of a tool that has several
---@field insn? { index: integer, bytes: string, text: string } shown where there is no source line: hex and disassembly
---@field details? table<string, any> further facts, shown in order of `order`, kept in json
---@field notes? string[] lines that explain
---@field help? string[] what to do, a line each
---@field programs? string[] of a merged finding that is about several
---@field targets? string[] of a merged finding that is about several
---@field shapes? string[] of a merged finding that is about several
---@field fine? string[] of a merged finding: the targets on which nothing is wrong there; empty in one that merging is not to tell it of
---@field history? btfl.finding.spell[] of a merged finding: by release when it holds, of each series of the run in which some are fine
---@field count? integer of a merged finding: how many places it stands for, when they are several
---@field programs_on? table<string, string[]> of a merged finding: which of its programs on each target, where not all on all
---@field subject? string what it is about in words that stay, for its fingerprint; without, details.access, else the message
---@field fingerprint? string of a merged report, and in json, jsonl and sarif: what tells it from others in any run, "0123456789abcdef:1", see btfl.report.merge

--- Kernels one after another, of one flavour and architecture, on which a finding holds, by what they are called there.
--- Nothing is said of what another configuration or architecture has, or a module that was not given.
---@class btfl.finding.spell
---@field series? string "generic-amd64"; nil where all kernels are of one, or their names tell none
---@field since? string the first of them, "6.1.192", where it was fine before
---@field fine_until? string the last before it
---@field until_? string the last of them, where it is fine afterwards
---@field fine_since? string the first after it

--- What a report of a matrix is of. A plain table.
---@class btfl.report.matrix
---@field cells btfl.matrix.cell[] each made when it is asked for: one that is changed is to be put in its place
---@field by? "object"|"program" what stands across; "program" where there is one object
---@field totals table its summary: how many cells are in each state

--- The same as formats show it: kernels by number, columns, the cases of each. A plain table.
---@class btfl.matrix.layout
---@field by "object"|"program" what stands across
---@field targets btfl.matrix.kernel[]
---@field labels string[] what each kernel is called: its name, or its path where two have one name
---@field rank integer[] how new each is, by release; those whose release nobody knows come first
---@field columns btfl.matrix.column[]
---@field count table<btfl.matrix.state, integer> how many cells are in that state

---@class btfl.matrix.column
---@field object string
---@field program string? nil for an object of which no program is known
---@field shape string
---@field label string as short as columns are told apart
---@field cases btfl.matrix.case[]
---@field at table<integer, btfl.matrix.case> by the number of the kernel

---@class btfl.matrix.case
---@field number integer within its column, from 1
---@field state btfl.matrix.state
---@field reason string? what is worst of it
---@field targets integer[] its kernels
---@field programs btfl.matrix.program[]
---@field findings btfl.finding[]
---@field failures string[]?
---@field unread boolean? of a kernel that cannot be opened

--- What a script found. A script returns it, and the host renders it by --format.
---@class btfl.report
---@field name string
---@field status integer the exit status, of what is in it now: 0 clean, 1 it has an error, 2 it has a failure; cannot be set
---@field findings btfl.finding[]
---@field rows table[]
---@field columns string[]?
---@field text_columns string[]? the layout's `text`
---@field group string[]?
---@field title string?
---@field frames boolean the layout's `frames`
---@field summaries table[]
---@field blocks string[][] lines of each block
---@field failures string[]
---@field matrix btfl.report.matrix? of btfl.matrix(): what text, html, yaml, junit and markdown show; others show the rows
local report = {}

---@param finding btfl.finding
function report:error(finding) end
---@param finding btfl.finding
function report:warning(finding) end
---@param finding btfl.finding
function report:note(finding) end

--- Adds a row; its keys are columns of the report.
---@param row table
function report:row(row) end

--- Adds rows, all with that value in a field: what is so of many kernels takes no memory for each. The list and
--- its rows stay as they are from now on. With `first` and `last` the value is a list, which stays as it is, too: the
--- rows are added with each of these of it, and take no memory for each of them either.
---@param rows table[]
---@param field string
---@param value any
---@param first? integer
---@param last? integer
function report:again(rows, field, value, first, last) end

--- A line of the summary, such as counts, in order of insertion; structured in json, its fields in the
--- order of `order`. Its field `text` is how the text format words it.
---@param facts table
function report:summary(facts) end

--- Lines that the text format shows in place of the table of rows. In a list every string is one
--- line, whatever is in it.
---@param block string|string[]
function report:text(block) end

--- Something could not be done: the status is 2.
---@param message string
function report:failure(message) end

--- Adds all that another report holds.
---@param other btfl.report
---@return btfl.report self
function report:append(other) end

--- Keeps the findings for which the function gives true; it may change one, such as its level.
---@param keep fun(finding: btfl.finding): boolean
---@return btfl.report self
function report:filter(keep) end

--- Makes one finding of all that have the same cause: level, rule, object, source line and what is
--- accessed (`details.access`, else the message), and subject. Kernels, programs and kinds become lists; what holds
--- on some kernels only is a note that names them. The kernels that are fine are told from the
--- summaries that have an `object` and a `target`. Each gets a fingerprint: of its rule and subject, of the name of
--- the object's file, and of the source line's file name, text and `nth`, or of the program where there is no line.
--- Numbers of lines, folders, kernels, levels and messages are not in it. Behind the colon is which one it is, by level,
--- object and place, of those of which all that is the same.
---@return btfl.report self
function report:merge() end

---@class btfl.render.options
---@field color? boolean
---@field width? integer columns of the terminal; nil for what goes to none
---@field room? integer bytes that markdown may take; those of a comment on GitHub without
---@field quiet? boolean in text, only what fails: findings that are errors
---@field put? fun(text: string) takes what is done, piece by piece, of a format that can; the rest is returned

--- The report in a format: "text", "json", "jsonl", "tsv", "sarif", "junit", "github", "markdown",
--- "html", "yaml", or one of your own (see btfl.format).
---@param format string
---@param options? btfl.render.options
---@return string
function report:render(format, options) end

---@class btfl.reasons.doc what `btfl explain` says of a code
---@field code string
---@field title string one line: what it means
---@field text string how it comes about
---@field todo string what to do
---@field help string? the same in a line, with places for {args}, {type}, {decider} and {why}, a command
---@field example string? a diagnostic as the text format has it
---@field engine boolean it is a result's reason; others are the reports' own
---@field policies boolean? only policies give it
---@field says string[]? how loaders and verifiers tell of it

return btfl
