--- What real kernels made of programs, and whether btfl says the same.
---
--- Rows have the columns of the corpus' loads.tsv: kernel, object, program, section, outcome ("loads" or
--- "no"; "lost" where the loader was), class (why not, see RULES), detail, first_poison, note, and
--- attaches ("yes", the errno, "-" untried) of those that the running kernel gives.

local btfl = require "btfl"
local rewrite = require "spec.support.rewrite"
local run = require "spec.support.run"

local loads = {}

--- The rules with which a verdict may answer a class.
loads.RULES = {
  ["attach-target"] = { "attach-target" },
  ["attach-addr"] = { "no-address" },
  ["attach-proto"] = { "attach-proto" },
  -- The second: a helper that may sleep, in a program that may not.
  sleepable = { "sleepable", "helper-not-for-type" },
  kfunc = { "kfunc" },
  ksym = { "ksym", "kconfig" },
  ["struct-ops"] = { "struct-ops" },
  ["map-type"] = { "map-type" },
  ["map-attr"] = { "map-unset", "map-attr" },
  ["map-new"] = { "map-type", "map-attr", "map-unset" }, -- of a type that this libbpf does not know
  ["helper-unknown"] = { "helper-unknown" },
  ["helper-not-for-type"] = { "helper-not-for-type" },
  insn = { "insn" },
  ["no-jit"] = { "no-jit" },
  ["ctx-arg"] = { "ctx-arg" },
  ["ctx-access"] = { "ctx-access" },
  ["struct-access"] = { "struct-access" },
  section = { "section" },
  ["program-type"] = { "program-type" },
  open = { "open" },
  license = { "license" },
  ["map-use"] = { "map-use" },
  ["function"] = { "function" },
  stack = { "stack" },
  relocation = { "relocation" },
}

-- What the verifier refuses of how a program treats memory and numbers; of what kernels know by name in values of
-- maps, list heads and trees, what only kernel functions take, and what is there and no kernel takes: no verdict
-- tells that.
loads.BEYOND = { memory = true, ["map-field"] = true }

---@class spec.Load
---@field kernel string
---@field object string
---@field program string
---@field section string
---@field outcome "loads"|"no"|"lost"
---@field class string
---@field detail string
---@field first_poison string
---@field note string
---@field attaches string?
---@field said string? the line that decided

loads.COLUMNS = { "kernel", "object", "program", "section", "outcome", "class", "detail", "first_poison", "note",
  "attaches", "said" }

--- The fields of a line.
---@return string[]
function loads.fields(line)
  local fields = {}
  for field in (line .. "\t"):gmatch("([^\t]*)\t") do fields[#fields + 1] = field end
  return fields
end

--- The rows of a file.
---@return spec.Load[]
function loads.read(path)
  local rows, names = {}, nil
  for line in io.lines(path) do
    local fields = loads.fields(line)
    if not names then
      names = fields
    else
      local row = {}
      for i, name in ipairs(names) do row[name] = fields[i] or "-" end
      rows[#rows + 1] = row
    end
  end
  return rows
end

--- A row of fields in the order of COLUMNS.
---@param fields string[]
---@return spec.Load
function loads.of_fields(fields)
  local row = {}
  for i, name in ipairs(loads.COLUMNS) do row[name] = fields[i] end
  return row
end

--- A row as a line of a file; without one, the line of the names.
---@param row spec.Load?
function loads.line(row)
  local fields = {}
  for i, name in ipairs(loads.COLUMNS) do fields[i] = not row and name or row[name] or "-" end
  return table.concat(fields, "\t")
end

-- What the verifier's log says, and what that means: a pattern, the class, and the detail of what it
-- captured ("%1 arg %2"; "%1" without). The first that matches decides; "-" where nothing is named.
local VERIFIER = {
  { "<invalid CO%-RE relocation>", "relocation", "-" },
  { "invalid func unknown#195896080", "relocation", "-" },
  { "kfunc '([^']+)' is referenced but wasn't resolved", "kfunc" },
  { "failed to find the address for kernel symbol '([^']+)'", "ksym" },
  { "BPF map '([^']+)' is referenced but wasn't created", "map-attr" },
  { "The address of function (%S+) cannot be found", "attach-addr" },
  { "The function (%S+) arg(%d+) type (%S+) is unsupported", "attach-proto", "%1 arg %2 %3" },
  { "The function (%S+) return type (%S+) is unsupported", "attach-proto", "%1 return %2" },
  { "The function (%S+) has %d+ arguments", "attach-proto" },
  { "points to disabled hook bpf_lsm_(%S+)", "attach-target" },
  { "points to wrong type name (%S+)", "attach-target" },
  { "(%S+)%(%) is not modifiable", "attach-target" },
  { "can be sleepable", "sleepable", "-" },
  { "(%S+) is not sleepable", "sleepable" },
  { "program must be sleepable to call sleepable kfunc (%S+)", "sleepable" },
  { "sleepable helper (%S+)#%d+ in", "sleepable" },
  { "kernel func (%S+) is sleepable within", "sleepable" },
  { "kernel func (%S+) requires RCU critical section", "sleepable" },
  { "expected an RCU CS when using (%S+)", "sleepable" },
  { "global functions that may sleep are not allowed", "sleepable", "-" },
  { "global function calls are not allowed with", "sleepable", "-" },
  { "func '([^']+)' doesn't have (%d+)%-th argument", "ctx-arg", "%1 arg %2" },
  { "func '([^']+)' arg(%d+) type %S+ is not a struct", "ctx-arg", "%1 arg %2" },
  { "func '([^']+)' arg '?(%d+)'? has type .* Only pointer access", "ctx-arg", "%1 arg %2" },
  { "func '([^']+)' arg(%d+) '.-' has type .* Only pointer access", "ctx-arg", "%1 arg %2" },
  { "func '([^']+)' offset (%-?%d+) is not multiple of", "ctx-access", "%1 off %2" },
  -- A helper or function takes another struct; before that the kernel looks for it in the one given.
  { "is of type %S+ but %S+ is expected", "memory", "-" },
  { "expected pointer to %S+ %S+ but R%d has", "memory", "-" },
  { "access beyond struct (%S+) at off (%d+) size (%d+)", "struct-access", "%1 off %2" },
  { "access beyond the end of member (%S+) ", "struct-access" },
  { "cannot access ptr member (%S+) ", "struct-access" },
  { "struct (%S+) doesn't have field at offset", "struct-access" },
  { "invalid bpf_context access off=(%-?%d+) size=(%d+)", "ctx-access", "off %1 size %2" },
  { "dereference of modified ctx ptr", "ctx-access", "modified ctx" },
  { "variable ctx access", "ctx-access", "modified ctx" },
  { "negative offset ctx ptr", "ctx-access", "modified ctx" },
  { "BPF_ATOMIC %l+ %l+ R%d+ ctx is not allowed", "ctx-access", "atomic" },
  { "BPF_ST stores into R%d+ ctx is not allowed", "ctx-access", "constant" },
  { "cannot call GPL%-restricted function from non%-GPL", "license", "-" },
  { "cannot call kernel function from non%-GPL", "license", "-" },
  { "must have a GPL compatible license", "license", "-" },
  { "attach to unsupported member (%S+)", "struct-ops" },
  { "invalid func [%w_]+#(%-?%d+)", "helper-unknown" },
  { "unknown func [%w_]+#(%d+)", "helper-not-for-type" },
  { "program of this type cannot use helper [%w_]+#(%d+)", "helper-not-for-type" },
  { "calling kernel function (%S+) is not allowed", "kfunc" },
  { "func [%w_]+#(%d+) not supported for program type", "helper-not-for-type" },
  { "func [%w_]+#(%d+) supported only for", "helper-not-for-type" },
  { "helper call is not allowed in probe", "helper-not-for-type", "-" },
  { "helper call might sleep in a non%-sleepable", "sleepable", "-" },
  { "Cannot access kernel '(.-)' from non%-GPL", "license" },
  { "JIT is required", "no-jit", "-" },
  { "JIT does not support", "no-jit", "-" },
  { "BPF_ATOMIC uses", "insn", "atomic" },
  { "BPF_STX uses reserved", "insn", "atomic" },
  { "BPF_XADD uses reserved", "insn", "atomic" },
  { "(BPF_%S+) uses reserved fields", "insn" },
  { "unknown opcode (%x+)", "insn" },
  { "invalid BPF_LD_IMM insn", "insn", "ld_imm64" },
  { "invalid may_goto imm", "insn", "may_goto" },
  { "unrecognized bpf_ld_imm64 insn", "insn", "pseudo_func" },
  { "number of funcs in func_info doesn.t match", "insn", "pseudo_func" },
  { "BPF_LD_%[ABS|IND%] instructions not allowed", "insn", "ld_abs" },
  { "cannot pass map_type (%d+) into func", "map-use" },
  { "expected prog array map for tail call", "map-use", "-" },
  { "callback function not allowed for map", "map-use", "-" },
  { "programs can only use", "map-use", "-" },
  { "only one cgroup storage", "map-use", "-" },
  -- List heads and trees, whose BTF has to fit in more than a name.
  { "progs cannot use bpf_{", "map-field", "-" },
  { "progs cannot use bpf_", "map-use", "-" },
  { "doesn't have 'struct bpf_", "map-use", "-" },
  { "has no valid bpf_spin_lock", "map-use", "-" },
  { "has no valid bpf_timer", "map-use", "-" },
  { "has no valid kptr", "map-use", "-" },
  { "has to have BTF in order to use bpf_spin_lock", "map-use", "-" },
  { "has to have BTF in order to use bpf_timer", "map-use", "-" },
  { "has to have BTF in order to use bpf_kptr_xchg", "map-use", "-" },
  -- What kernel functions take.
  { "has no valid bpf_", "map-field", "-" },
  { "has to have BTF in order to use", "map-field", "-" },
  -- Two of a kind, or one at an odd place.
  { "has more than one 'struct bpf_", "map-field", "-" },
  { "is not a struct type or bpf_%S+ is mangled", "map-field", "-" },
  { "is missing BTF_KIND_FUNC", "unknown", "-" },
}

-- What functions take of the stack together.
for _, pattern in ipairs { "combined stack size", "tail_calls are not allowed when call stack of previous frames" } do
  VERIFIER[#VERIFIER + 1] = { pattern, "stack", "-" }
end

-- Of memory, numbers and the flow of control. These come last.
for _, pattern in ipairs {
  "invalid mem access", "!read_ok", "register spill", "type=%S+ expected=", "outside of the packet", "map forbidden",
  "invalid access to", "misaligned", "invalid %S+ to stack", "invalid %S+ from stack", "indirect",
  "pointer arithmetic", "math between", "min value is negative", "unbounded", "not a known constant", "is not a scalar",
  "has unknown scalar", "should have been in", "back%-edge", "nfinite loop", "unreachable insn", "jump out of range",
  "leak", "Unreleased reference", "invalid sock", "is of type", "must point to", "must be", "too large", "too many",
  "while holding", "outside of the allowed memory range", "value is outside", "zero%-sized",
  "access out of", "cannot write into", "only read from", "outside of mem", "last insn is not", "R%d+ bitwise",
  "frame pointer is read only", "invalid variable", "not aligned", "is ptr_", "not inside",
  "bpf_spin_lock", "reference has not been acquired", "expected pointer to", "div by zero", "invalid shift",
  "invalid offset", "Expected", "expected", "doesn't point", "destination register", "partial copy",
  "pointer %S+ pointer prohibited", "may write into memory",
  "only read is supported", "unacquired reference", "helper access to the packet", "non%-zero flags",
  "without taking a lock", "subtraction from stack pointer", "pointer be out of bounds", "pointer offset %S+ is not",
  "subtract pointer from scalar", "is not a known value", "expects refcounted", "call stack of",
  "is only allowed in functions", "invalid negative access", "must have zero offset", "invalid %S+ access off=",
  "of different lock", "cannot be used with different pointers", "invalid size of register fill",
  "BPF_ATOMIC %l+ %l+ R%d+", "Possibly NULL", "referenced dynptr", "Unsupported reg type", "write to dynptr",
  "Dynptr has to", "does not allow writes to packet", "exception c", "bpf_throw",
  "expects referenced", "Caller passes invalid args", "return value not void or scalar", "is too complex",
  "R1[1-5] is invalid",
} do VERIFIER[#VERIFIER + 1] = { pattern, "memory", "-" } end

-- Of functions that are verified on their own. The kernel says the same of a program whose context is a `void *`,
-- and goes on: whatever else it says comes before.
for _, entry in ipairs {
  { "Global function (%S+)%(%) doesn't return scalar", "function" },
  { "callee expects %d+ args, stack arg%d+ is not initialized", "function", "-" },
  { "(arg#%d+) has unsupported set of tags", "function" },
  { "(arg#%d+) reference type%('.-'%) size cannot be determined", "function" },
  { "Arg#%d+ type %S+ in (%S+)%(%) is not supported yet", "function" },
} do VERIFIER[#VERIFIER + 1] = entry end

-- What libbpf says when it gives up by itself.
local LIBBPF = {
  { "extern %(func ksym%) '([^']+)'", "kfunc" },
  { "extern %(var ksym%) '([^']+)'", "ksym" },
  { "extern %(ksym%) '([^']+)'", "ksym" },
  { "extern '([^']+)' %(strong%): not resolved", "ksym" },
  { "struct_ops init_kern: struct (%S+) is not found", "struct-ops" },
  { "struct_ops init_kern (%S+):", "struct-ops" },
  { "struct_ops init_kern (%S+) func ptr", "struct-ops" },
  { "extern '([^']+)': unrecognized", "ksym" },
  { "extern %(kcfg%) '([^']+)'", "ksym" },
  { "SEC%(\"struct_ops\"%) program isn't referenced", "struct-ops", "-" },
  { "prog '[^']+': failed to find kernel BTF type ID of '([^']+)'", "attach-target" },
  { "no BTF%-based attach target is specified", "attach-target", "-" },
  { "attach program FD is not set", "attach-target", "-" },
  { "missing BPF prog type, check ELF section name '([^']+)'", "section" },
  -- Of programs that are there to be jumped to, the others of which are not loaded here.
  { "map '([^']+)': failed to initialize slot", "unknown" },
  { "map '([^']+)': failed to create", "map-attr" },
  { "map '([^']+)': ", "map-attr" },
  { "failed to perform CO%-RE relocations", "relocation", "-" },
  { "prog '[^']+': relo #%d+: failed", "relocation", "-" },
}

-- The sections that newer libbpfs know and 1.1 does not: it calls them unknown.
local LATER_SECTIONS = { "^uprobe%.multi", "^uretprobe%.multi", "^%l+%.session", "^fsession", "^tcx/", "^netkit/",
  "^netfilter", "^struct_ops%.s", "^tp%.s", "^tracepoint%.s", "^raw_tp%.s", "^raw_tracepoint%.s", "^tp_btf%.s",
  "^usdt%.s", "^f%l+%.multi", "_unix$", "^tc/ingress", "^tc/egress" }

-- What 1.1 does not open of objects that newer libbpfs open: arenas, and struct_ops that may sleep.
local LATER_OBJECTS = { "attr 'map_extra': expected PTR", "'%.addr_space%.1'", "is not struct_ops BPF program" }

-- A weak function of the kernel that has another prototype there: what 1.1 refuses, newer libbpfs call missing.
local function is_missing_later(path, class, name, said)
  if class ~= "kfunc" or not said:find("func_proto", 1, true) then return false end
  local object <close> = btfl.object(path)
  for extern in object:externs() do
    if extern.name == name then return extern.weak end
  end
  return false
end

local EPERM = 1

-- How many lines at the end may say why; before them stand instructions and the state of registers.
local LAST = 6

-- Neither the source nor an instruction; but the call that a failed relocation has become is the reason.
local function may_be_reason(line)
  if line:find("^;") or line:find("^processed %d") then return false end
  return not line:find("^%d+: %(%x+%)") or line:find("unknown#195896080", 1, true) ~= nil
end

local function match_in(text, list)
  local lines = {}
  for line in text:gmatch("[^\n]+") do
    if may_be_reason(line) then table.insert(lines, 1, line) end
  end
  for _, entry in ipairs(list) do
    for i = 1, math.min(#lines, LAST) do
      local line = lines[i]
      local got = { line:match(entry[1]) }
      if got[1] then
        local detail = entry[3] or "%1"
        return entry[2], (detail:gsub("%%(%d)", function(n) return got[tonumber(n)] end)), line
      end
    end
  end
  return nil
end

local function last_line(text)
  local last
  for line in text:gmatch("[^\n]+") do
    if not line:find("^processed %d") and not line:find("^max_states") then last = line end
  end
  return last
end

local function of_open(said)
  for _, pattern in ipairs(LATER_OBJECTS) do
    if said:find(pattern) then return "unknown", "an object of later libbpfs", last_line(said) end
  end
  local section = said:match("bad map relo against '[^']+' in section '([^']+)'")
    or said:match("legacy map definitions in '([^']+)'")
  return "open", section or "-", last_line(said)
end

-- Of a map that could not be created, by whether the kernel has its type.
local OF_MAP = { yes = "map-attr", no = "map-type", ["-"] = "map-new" }

-- A program that stops before the kernel's verifier, by what libbpf or bpf(2) says.
local function of_libbpf(raw)
  local class, detail, line = match_in(raw.said, LIBBPF)
  if class == "section" then
    for _, pattern in ipairs(LATER_SECTIONS) do
      if raw.section:gsub("^%?", ""):find(pattern) then return "unknown", "a section of later libbpfs", line end
    end
  end
  if line and line:find("failed to create", 1, true) then
    -- E2BIG and ENOMEM: more than its memory, or its CPUs.
    class = (raw.errno == 7 or raw.errno == 12) and "machine" or OF_MAP[raw.supported]
  end
  if class then return class, detail, line end
  if raw.errno == EPERM and raw.said:find("BPF program load failed", 1, true) then
    return "machine", "EPERM before the verifier", last_line(raw.said)
  end
  if raw.errno == 524 and raw.section:find("^%??struct_ops") then return "struct-ops", "-", last_line(raw.said) end
  if raw.supported == "no" then return "program-type", "-", last_line(raw.said) end
  return "unknown", "-", last_line(raw.said) or "errno " .. raw.errno
end

-- Without one of its own, the log is that of the object's BTF, which libbpf loads before: it ends at a type, or
-- at a member or variable of one.
local function is_of_btf(log)
  local last = last_line(log) or ""
  return last:find("^%[%d+%] [%u_%d]+ ") ~= nil or last:find("^%s+type_id=%d+ offset=") ~= nil
end

--- Why a program was refused: the class, what it names, and the line that said so.
---@param raw { outcome: string, errno: integer, section: string, supported: string, said: string, log: string }
---@return string class
---@return string detail
---@return string? line
function loads.classify(raw)
  if raw.outcome == "open" then return of_open(raw.said) end
  if raw.log == "" or is_of_btf(raw.log) then return of_libbpf(raw) end
  local class, detail, line = match_in(raw.log, VERIFIER)
  if class then return class, detail, line end
  -- Refused without a word: an iterator that nobody has registered, and what no struct_ops refers to.
  if not last_line(raw.log) then
    local iterator = raw.section:match("^%??iter[.s]*/(.+)")
    -- EINVAL is the kernel's word for it; EPERM is what a machine says that lets nobody write.
    if iterator and raw.errno == EPERM then return "machine", iterator, "-" end
    if iterator then return "attach-target", iterator, "-" end
    if raw.section:find("^%??struct_ops") then return "struct-ops", "-", "-" end
  end
  return "verifier", "-", last_line(raw.log)
end

local function text_of(field)
  return field == "-" and "" or field:gsub("\\n", "\n")
end

-- "section+bytes" of an instruction of the linked program; "?" when it cannot be told.
local function place_of(path, program, index)
  local file = rewrite.open(run.read(path))
  for _, p in ipairs(file and file:programs() or {}) do
    if p.name == program then return file:place(p, index) or "?" end
  end
  return "?"
end

local kprobes

-- Whether it was attached, where that says something of the program: uprobes stand in files of this
-- machine, and a kernel may have been built without kprobes.
local function attached(section, said)
  if section:find("^%??u") then return "-" end
  if section:find("^%??k") and said ~= "yes" then
    if kprobes == nil then kprobes = io.open("/sys/bus/event_source/devices/kprobe/type") ~= nil end
    if not kprobes then return "-" end
  end
  return said
end

--- A line of spec/peer/load.c as a row.
---@param line string
---@return spec.Load
function loads.of_peer(line)
  local f = loads.fields(line)
  local raw = { outcome = f[4], errno = tonumber(f[5]), section = f[3], supported = f[6],
    said = text_of(f[9]), log = text_of(f[10]) }
  local row = { kernel = "running", object = f[1], program = f[2], section = f[3], outcome = f[4], class = "-",
    detail = "-", first_poison = "-", note = "-", attaches = attached(f[3], f[8]) }
  if raw.outcome == "loads" or raw.outcome == "lost" then return row end
  row.outcome = "no"
  local class, detail, said = loads.classify(raw)
  if is_missing_later(f[1], class, detail, said or "") then class, detail = "unknown", "missing to later libbpfs" end
  row.class, row.detail, row.said = class, detail, said and said:gsub("\t", " ") or "-"
  if f[7] ~= "-" then
    row.first_poison = place_of(f[1], f[2], tonumber(f[7]))
    row.detail = row.first_poison
  end
  if class == "machine" then row.note = "machine: refused for its own reasons" end
  return row
end

--- The loader's program, where it was made; nil and why not where it cannot serve.
---@return string? path
---@return string? why
function loads.peer()
  local path = "build/peer/load"
  local file = io.open(path)
  if not file then return nil, "needs build/peer/load" end
  file:close()
  local pipe <close> = assert(io.popen("id -u"))
  if pipe:read("l") ~= "0" then return nil, "needs root" end
  if not io.open("/sys/kernel/btf/vmlinux") then return nil, "needs a kernel with BTF" end
  return path
end

--- The objects in a folder and its folders that were made for a machine of this one's byte order.
---@param folder string
---@return string[]
function loads.objects(folder)
  local paths = {}
  local pipe <close> = assert(io.popen(("find '%s' -name '*.o' | LC_ALL=C sort"):format(folder)))
  local ours = string.pack("=I2", 1) == "\1\0" and 1 or 2
  for path in pipe:lines() do
    local file <close> = assert(io.open(path, "rb"))
    if (file:read(6) or ""):byte(6) == ours then paths[#paths + 1] = path end
  end
  return paths
end

--- What the running kernel makes of what `lines` name, see spec/peer/load.c: rows in their order, those of one
--- job behind those of another.
---@param lines string[]
---@param options? { jobs: integer?, attach: boolean?, peer: string? }
---@return spec.Load[]
function loads.run(lines, options)
  options = options or {}
  local pipes, files = {}, {}
  local jobs = math.min(options.jobs or 1, #lines)
  for job = 1, jobs do
    local path = os.tmpname()
    files[job] = path
    local mine = {}
    for i = job, #lines, jobs do mine[#mine + 1] = lines[i] .. "\n" end
    run.write(path, table.concat(mine))
    pipes[job] = assert(io.popen(("%s %s - <'%s' 2>&1"):format(options.peer or assert(loads.peer()),
      options.attach and "-a" or "", path)))
  end
  local rows = {}
  for job = 1, jobs do
    for line in pipes[job]:lines() do rows[#rows + 1] = loads.of_peer(line) end
    pipes[job]:close()
    os.remove(files[job])
  end
  return rows
end

--- Of the objects whose paths are keys, each with a program `prog`: whether the running kernel loads that.
---@param paths table<string, any>
---@return table<string, boolean>
function loads.which_load(paths)
  local lines, which = {}, {}
  for path in pairs(paths) do lines[#lines + 1] = path .. "\tprog" end
  for _, row in ipairs(loads.run(lines)) do which[row.object] = row.outcome == "loads" end
  return which
end

return loads
