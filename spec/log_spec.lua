--- btfl log: what a loader's or verifier's log says, at the source line of the object. The logs are our own,
--- in the forms of libbpf, bpftool, cilium/ebpf and aya, and as loggers and terminals hand them on.

local btfl = require "btfl"
local builder = require "spec.support.btf"
local kernels = require "spec.support.kernel"
local loadable = require "spec.support.loadable"
local objects = require "spec.support.object"
local run = require "spec.support.run"
local samples = require "spec.support.log_lines"
local tmp = require "spec.support.tmp"

local EXAMPLE, CALLS = "spec/fixtures/example.bpf.o", "spec/fixtures/subprogs.clang19.o"
local SMALL = "spec/fixtures/small.btf"

-- What the verifier says of handle_exec of the example, which reaches its access of task_struct.state.
local WALK = [[
0: R1=ctx() R10=fp0
; struct event event = {0}; @ example.bpf.c:88
55: (18) r1 = 0x1                     ; R1=1
57: (63) *(u32 *)(r10 -44) = r1       ; R1=1 R10=fp0 fp-48=mmmmmmmm
mark_precise: frame0: regs=r1 stack= before 55: (18) r1 = 0x1
58: (85) call unknown#195896080
invalid func unknown#195896080
verification time 30 usec
stack depth 0+8
processed 58 insns (limit 1000000) max_states_per_insn 0 total_states 3 peak_states 3 mark_read 0
]]

local function libbpf(program, walk)
  return ("libbpf: prog '%s': BPF program load failed: Invalid argument\n"):format(program)
    .. ("libbpf: prog '%s': -- BEGIN PROG LOAD LOG --\n%s-- END PROG LOAD LOG --\n"):format(program, walk)
    .. ("libbpf: prog '%s': failed to load: -22\nlibbpf: failed to load object 'example'\n"):format(program)
end

local LOG = libbpf("handle_exec", WALK)

local function explained(text, paths, options)
  local list = {}
  for i, path in ipairs(paths or { EXAMPLE }) do list[i] = btfl.object(path) end
  return btfl.log.explain(text, list, options)
end

-- "rule program file:line", of each finding.
local function places(report)
  local out = {}
  for i, finding in ipairs(report.findings) do
    local at = finding.at
    out[i] = ("%s %s %s"):format(finding.rule, finding.program, at and at.name .. ":" .. at.line or "-")
  end
  return out
end

local STATE = { "relocation handle_exec example.bpf.c:92" }

teardown(tmp.clean)

describe("btfl log", function()
  it("judges the other kernels as the tool sets the program", function()
    local b, o = kernels.new { prog_type = kernels.PROG_TYPES }, objects.new(builder.new())
    b:func("there", b.proto)
    o:program { name = "handle", section = "fentry/gone", insns = { objects.mov(0, 0), objects.exit() } }
    local path, kernel = tmp.write("set.o", o:bytes()), tmp.write("6.12.0-set.btf", b:bytes())
    local log = { stdin = "libbpf: prog 'handle': failed to find kernel BTF type ID of 'gone': -3\n" }
    assert.matches("target: 6.12.0-set", run({ "log", path, "-t", kernel }, log).out, 1, true)
    local set = run({ "log", path, "-t", kernel, "--attach", "handle=there" }, log)
    assert.matches("loads on 6.12.0-set", set.out, 1, true)
  end)

  it("shows the source line of the access that a verifier stops at", function()
    local r = run({ "log", EXAMPLE, "-t", SMALL }, { stdin = LOG })
    assert.same({ 1, "" }, { r.status, r.err })
    assert.equal([[
error[relocation]: task_struct.state (byte_off) was not found on that kernel, and the program reaches it
  --> example.bpf.c:92:2   spec/fixtures/example.bpf.o, program handle_exec
   |
92 |         READ(state, task->state);
   |                           ^^^^^
   = access: task_struct.state, kind: byte_off, insn: 58, log_line: 8
   = target: small
   = log: 58: (85) call unknown#195896080
   = log: invalid func unknown#195896080
   = on small: struct task_struct has no member `state`
   = help: btfl check tells on which kernels it fails, and btfl why what it has become there
]], r.out)
  end)

  it("reads a file, which is never written over", function()
    local path = tmp.write("customer.log", LOG)
    assert.equal(1, run({ "log", EXAMPLE, "--log", path }).status)
    local r = run { "log", EXAMPLE, "--log", path, "-o", path }
    assert.equal(2, r.status)
    assert.matches("is an input: it is not written over", r.err)
    assert.equal(LOG, run.read(path))
  end)

  it("says what is no log, and what cannot be read, with status 2", function()
    for text, words in pairs { ["Hello\n"] = "nothing of a loader", [""] = "nothing of a loader" } do
      local r = run({ "log", EXAMPLE }, { stdin = text })
      assert.same({ 2, "" }, { r.status, r.out })
      assert.matches(words, r.err)
    end
    for _, path in ipairs { "/nosuch/log", "/" } do
      local r = run { "log", EXAMPLE, "--log", path }
      assert.equal(2, r.status)
      assert.matches("^btfl: /[^\n]*\n$", r.err)
    end
  end)

  it("tells of a log in which nothing fails", function()
    local text = "libbpf: loading example.bpf.o\n0: (bf) r6 = r1\nprocessed 1 insns\n"
    local r = run({ "log", EXAMPLE }, { stdin = text })
    assert.same({ 0, "the log tells of no failure\n", "" }, { r.status, r.out, r.err })
  end)

  it("tells the other kernels on which the program fails, and those on which it loads", function()
    local b = builder.new()
    local long = b:int("long", 8, "signed")
    b:struct("task_struct", 32, { { "state", long, 0 } })
    local has = tmp.write("4.19.0.btf", b:bytes())
    local report = explained(LOG, nil, { targets = { btfl.target(SMALL), btfl.target(has) } })
    local finding = report.findings[1]
    assert.same({ "small" }, { finding.targets[1] })
    local notes = table.concat(finding.notes, "\n")
    assert.is_truthy(notes:find("on small: struct task_struct has no member `state`", 1, true))
    assert.is_nil(notes:find("on 4.19.0: struct task_struct has no", 1, true))
  end)

  it("tells so of what is no relocation, too: of a program, and of the whole object", function()
    local function kernel(name, func)
      local b = builder.new()
      b:func(func, b:func_proto(0))
      return btfl.target(tmp.write(name .. ".btf", b:bytes()))
    end
    local targets = { kernel("6.1.0", "old"), kernel("6.2.0", "new") }
    local b = builder.new()
    local o = objects.new(b)
    o:program { name = "prog", section = "fentry/new", insns = { objects.mov(0, 0), objects.exit() } }
    local path = tmp.write("attached.bpf.o", o:bytes())
    local text = "libbpf: prog 'prog': failed to find kernel BTF type ID of 'new': -3\n"
    local finding = explained(text, { path }, { targets = targets }).findings[1]
    assert.same({ { "6.1.0" }, { "6.2.0" } }, { finding.targets, finding.fine })
    text = "libbpf: map 'm': failed to create: Invalid argument(-22)\n"
    finding = explained(text, { path }, { targets = targets }).findings[1]
    assert.same({ nil, "loads on 6.1.0, 6.2.0" }, { finding.targets, finding.notes[2] })
    text = libbpf("prog", "0: (b7) r0 = 0\nR1 invalid mem access 'scalar'\n")
    finding = explained(text, { path }, { targets = targets }).findings[1]
    assert.same({ { "6.1.0" }, nil }, { finding.targets, finding.fine })
    assert.matches("on 6.1.0 something else stops it first: attach%-target", finding.notes[2])
    assert.matches("on 6.2.0 nothing else stops it; whether this does is not known", finding.notes[3])
  end)

  it("renders in every format", function()
    for _, format in ipairs { "json", "jsonl", "tsv", "sarif", "junit", "github", "markdown" } do
      local r = run({ "log", EXAMPLE, "--format", format }, { stdin = LOG })
      assert.same({ 1, "" }, { r.status, r.err }, format)
      assert.is_truthy(r.out:find("relocation", 1, true), format)
    end
  end)
end)

-- Puts something before each line.
local function prefixed(text, prefix)
  return (text:gsub("[^\n]+", function(line) return prefix .. line end))
end

-- Broken off at a column, as a terminal does it.
local function wrapped(text, width)
  return (text:gsub("[^\n]+", function(line)
    local parts = {}
    for at = 1, #line, width do parts[#parts + 1] = line:sub(at, at + width - 1) end
    return table.concat(parts, "\n")
  end))
end

local function go(text)
  return "field HandleExec: program handle_exec: load program: invalid argument:\n" .. prefixed(text, "\t")
end

describe("a log is read", function()
  local FORMS = {
    ["as libbpf before 0.8 writes it"] = "libbpf: load bpf program failed: Invalid argument\n"
      .. "libbpf: -- BEGIN DUMP LOG ---\nlibbpf: \n" .. WALK .. "libbpf: -- END LOG --\n"
      .. "libbpf: failed to load program 'handle_exec'\n",
    ["as libbpf writes it over"] = (LOG:gsub("58: %(85%) call unknown#195896080\ninvalid func unknown#195896080",
      "58: <invalid CO-RE relocation>\nfailed to resolve CO-RE relocation "
        .. "<byte_off> [21] struct task_struct.state (0:0 @ offset 0)")),
    ["of which only the verifier's part is left"] = WALK,
    ["that is cut behind the instruction"] = LOG:match "^(.-)\ninvalid func",
    ["that is cut before the instruction"] = "libbpf: prog 'handle_exec': -- BEGIN PROG LOAD LOG --\n"
      .. WALK:match "(58: .*)$",
    ["with CRLF"] = LOG:gsub("\n", "\r\n"),
    ["with colours"] = (LOG:gsub("libbpf: ", "\27[1;31mlibbpf: \27[0m")),
    ["from dmesg"] = prefixed(LOG, "[ 1234.567890] "),
    ["from journald"] = prefixed(LOG, "Jun 02 11:52:37 host tool[13871]: "),
    ["from syslog"] = prefixed(LOG, "2025-06-02T11:52:37.123456+02:00 host tool[13871]: "),
    ["from a container"] = prefixed(LOG, "2025-06-02T11:52:37.123456789Z stderr F "),
    ["with times"] = prefixed(LOG, "11:52:37.123 "),
    ["from a logger with fields"] = (LOG:gsub("[^\n]+", function(line)
      return ('level=warning msg="%s" subsys=datapath-loader'):format(line)
    end)),
    ["in one field"] = 'time=2025 level=ERROR msg="loading" err="'
      .. go(WALK):gsub("\t", "\\t"):gsub("\n", "\\n") .. '"\n',
    ["in JSON"] = '{"level":"error","error":"' .. go(WALK):gsub("\t", "\\t"):gsub("\n", "\\n") .. '"}\n',
    ["of cilium/ebpf in full"] = "loading objects: " .. go(WALK),
    ["of cilium/ebpf in one line"] = "field HandleExec: program handle_exec: load program: invalid argument: "
      .. "58: (85) call unknown#195896080: invalid func unknown#195896080 (52 line(s) omitted)\n",
    ["of aya"] = "Error: the BPF_PROG_LOAD syscall returned Invalid argument (os error 22). Verifier output: " .. WALK,
    ["of aya's Debug"] = "Error: LoadError { io_error: Os { code: 22, kind: InvalidInput, "
      .. "message: \"Invalid argument\" }, verifier_log: " .. WALK .. " }\n",
    ["wrapped at 80"] = wrapped(LOG:gsub("58: <", "58: <"), 80),
    ["without a final newline"] = LOG:gsub("\n$", ""),
    ["that a loader has written twice"] = LOG .. LOG,
  }
  for form, text in pairs(FORMS) do
    it(form, function() assert.same(STATE, places(explained(text))) end)
  end

  it("wrapped in the middle of its phrase", function()
    local padding = ("x"):rep(60)
    local text = libbpf("handle_exec", WALK:match "^(.*)58: " .. padding .. " failed to resolve CO-RE reloc\n"
      .. "ation <byte_off> [21] struct task_struct.state (0:0 @ offset 0)\n")
    assert.same(STATE, places(explained(text)))
  end)

  it("of several programs, each with its own", function()
    local exit = "0: (bf) r6 = r1\n1: (85) call bpf_get_current_task#35\nprocessed 2 insns\n"
    local text = "libbpf: prog 'handle_exit': -- BEGIN PROG LOAD LOG --\n" .. exit .. "-- END PROG LOAD LOG --\n" .. LOG
      .. libbpf("handle_exit", "0: (bf) r9 = r1\nR1 !read_ok\nprocessed 1 insns\n")
    local found = places(explained(text))
    assert.equal(STATE[1], found[1])
    assert.matches("^rejected handle_exit ", found[2])
  end)

  it("and finds nothing in what a verifier says of itself", function()
    local text = libbpf("handle_exec", [[
Live regs before insn:
     58: .12345.... (85) call unknown#195896080
     59: .12345.... (85) call unknown#2002000001
0: R1=ctx() R10=fp0
arg#0 reference type('UNKNOWN ') size cannot be determined: -22
55: (18) r1 = 0x1                     ; R1=1
mark_precise: frame0: regs=r1 stack= before 54: (85) call bpf_probe_read_kernel#113
propagating r1
the verifier of tomorrow says this
processed 58 insns (limit 1000000)
]])
    local report = explained(text)
    assert.equal(1, #report.findings)
    local finding = report.findings[1]
    assert.same({ "rejected", "the verifier of tomorrow says this", 55 },
      { finding.rule, finding.message, finding.details.insn })
  end)

  it("of a kernel that explains itself", function()
    local text = libbpf("handle_exec", [[
55: (18) r1 = 0x1                     ; R1=1

Verification failed: Register Type Safety: Invalid dereference

Reason:
  R1 is an integer scalar here, not a pointer to memory.
]])
    assert.equal("Register Type Safety: Invalid dereference", explained(text).findings[1].message)
  end)
end)

describe("an instruction of a log", function()
  local function calls(walk, paths)
    return explained(libbpf("calls", walk), paths or { CALLS })
  end

  it("is counted as the loader puts functions together", function()
    local report = calls("0: (bf) r6 = r1\n13: (85) call unknown#195896080\ninvalid func unknown#195896080\n")
    assert.same({ "relocation calls subprogs.bpf.c:13" }, places(report))
    assert.equal("first_of", report.findings[1].details["function"])
    report = calls("0: (bf) r6 = r1\n15: (b4) w0 = 0\n17: (85) call unknown#195896080\n")
    assert.same({ "relocation calls subprogs.bpf.c:23" }, places(report))
  end)

  it("is found in functions that another loader appends in another order", function()
    -- id_of, of four instructions, at 13; first_of behind it.
    local report = calls("0: (bf) r6 = r1\n13: (b4) w0 = 0\n17: (85) call unknown#195896080\n18: (95) exit\n")
    assert.same({ "relocation calls subprogs.bpf.c:13" }, places(report))
  end)

  it("tells which program it is where the log names none", function()
    local text = "the BPF_PROG_LOAD syscall failed. Verifier output: 0: (bf) r6 = r1\n1: (85) call pc+11\n"
      .. "13: (85) call unknown#195896080\ninvalid func unknown#195896080\n"
    local report = explained(text, { EXAMPLE, CALLS })
    assert.equal("calls", report.findings[1].program)
    assert.equal(CALLS, report.findings[1].object)
  end)

  it("that the object does not have makes the log another's", function()
    for _, walk in ipairs {
      "0: (95) exit\nR0 !read_ok\n", -- another instruction
      "0: (bf) r7 = r1\nR0 !read_ok\n", -- another register
      "0: (bf) r6 = r1\n900: (bf) r6 = r1\nR0 !read_ok\n", -- beyond its end
      "0: (bf) r6 = r1\n1: (85) call unknown#195896080\n2: (b7) r0 = 0\nR0 !read_ok\n",
    } do
      local report = calls(walk)
      assert.equal("log-mismatch", report.findings[2].rule, walk)
      assert.is_nil(report.findings[1].at, walk)
      assert.equal(1, report.status)
    end
    local report = explained(libbpf("nosuch", "0: (95) exit\nR0 !read_ok\n"))
    assert.same({ "rejected nosuch -", "log-mismatch nosuch -" }, places(report))
    assert.matches("no object given here has a program `nosuch`", report.findings[2].message)
  end)

  it("is that of the object that the log names", function()
    local other = tmp.write("other.bpf.o", run.read(CALLS))
    local text = "libbpf: loading /opt/tool/other.bpf.o\n"
      .. libbpf("calls", "0: (bf) r6 = r1\n13: (85) call unknown#195896080\n")
    assert.equal(other, calls(text, { CALLS, other }).findings[1].object)
    assert.equal(other, calls(text, { other, CALLS }).findings[1].object)
  end)
end)

describe("a loader's line", function()
  it("names a relocation by its number in the section", function()
    -- The sixth of raw_tp/calls is the second program's.
    local relos = {}
    for relo in btfl.object(CALLS):relos() do
      if relo.section == "raw_tp/calls" then relos[#relos + 1] = relo end
    end
    for i, relo in ipairs(relos) do
      local text = ("libbpf: prog '%s': relo #%d: relocation decision ambiguity: success 8 != success 16\n"):format(
        relo.program.name, i - 1) .. ("libbpf: prog '%s': relo #%d: failed to relocate: -22\n"):format(
        relo.program.name, i - 1) .. "libbpf: failed to perform CO-RE relocations: -22\n"
      local report = explained(text, { CALLS })
      assert.equal(1, #report.findings)
      assert.same({ relo.path, relo.line.line }, { report.findings[1].details.access, report.findings[1].at.line })
    end
    assert.is_true(#relos >= 2)
  end)

  it("names an instruction of a function", function()
    local report = explained("libbpf: prog 'first_of': relo #0: insn #0 (LDX/ST/STX) value too big: 70000\n", { CALLS })
    assert.same({ "relocation first_of subprogs.bpf.c:13" }, places(report))
  end)

  -- A program whose second line calls a kernel function.
  local function calling()
    local b = builder.new()
    local o = objects.new(b)
    o:program { name = "prog", section = "xdp", insns = { objects.mov(0, 0), objects.mov(1, 0), objects.exit() },
      lines = { { insn = 0, text = "int prog(void *ctx)", line = 4 },
        { insn = 1, text = "\treturn bpf_xdp_flow_lookup(ctx, &bpf_xdp_flow_lookup_opts);", line = 7 } } }
    return tmp.write("calling.bpf.o", o:bytes())
  end

  it("of a name that is missing is found where the source says it, and where the loader does", function()
    local path = calling()
    for _, line in ipairs {
      "libbpf: extern (func ksym) 'bpf_xdp_flow_lookup': not found in kernel or module BTFs\n",
      "libbpf: extern 'bpf_xdp_flow_lookup' (strong): not resolved\n",
      "program prog: fixing up kfuncs: kfunc \"bpf_xdp_flow_lookup\": not supported\n",
    } do
      local finding = explained(line, { path }).findings[1]
      assert.same({ 7, "bpf_xdp_flow_lookup" }, { finding.at.line, finding.mark }, line)
    end
    local finding = explained("libbpf: extern 'bpf_xdp_flow' (strong): not resolved\n", { path }).findings[1]
    assert.is_nil(finding.at)
    local told = "libbpf: prog 'prog': found extern #0 'bpf_xdp_flow' (sym 12) for insn #1\n"
    finding = explained(told .. "libbpf: extern 'bpf_xdp_flow' (strong): not resolved\n", { path }).findings[1]
    assert.equal(7, finding.at.line)
  end)

  it("of a helper is named by its number from a kernel's BTF", function()
    local text = libbpf("handle_exec", "55: (18) r1 = 0x1\ninvalid func unknown#189\n")
    assert.matches("no helper number 189", explained(text).findings[1].message)
    local b = builder.new()
    b:enum("bpf_func_id", { { "BPF_FUNC_unspec", 0 }, { "BPF_FUNC_map_lookup_elem", 1 },
      { "BPF_FUNC_map_update_elem", 2 }, { "BPF_FUNC_map_delete_elem", 3 }, { "BPF_FUNC_probe_read", 4 },
      { "BPF_FUNC_get_func_ret", 189 } })
    local target = btfl.target(tmp.write("6.0.0.btf", b:bytes()))
    local finding = explained(text, nil, { targets = { target } }).findings[1]
    assert.matches("no helper bpf_get_func_ret", finding.message)
    assert.matches("enum bpf_func_id, BPF_FUNC_get_func_ret%)", finding.help[1])
  end)

  it("of a map tells what the object says of it, and what it leaves to its tool", function()
    local o = loadable.maps {
      { "counts", { { "type", 1 }, { "key_size", 4 }, { "value_size", 8 }, { "max_entries", 16 } } },
      { "stacks", { { "type", 7 }, { "key_size", 4 } } },
      { "inners", { { "type", 12 }, { "key_size", 4 }, { "max_entries", 2 } } },
      { "events", { { "type", 27 }, { "max_entries", 4096 } } },
    }
    local path = tmp.write("maps.bpf.o", o:bytes())
    for map, words in pairs {
      counts = { "map%-attr", "hash, key 4 bytes, value 8 bytes, 16 entries, flags 0x0$" },
      stacks = { "map%-unset", "the tool sets its value_size, max_entries" },
      inners = { "map%-unset", "the tool sets its inner map" },
      events = { "map%-attr", "ringbuf, key 0 bytes" },
    } do
      local text = ("libbpf: map '%s': failed to create: Invalid argument(-22)\n"):format(map)
      local finding = explained(text, { path }).findings[1]
      assert.matches("^" .. words[1] .. "$", finding.rule)
      assert.matches(words[2], finding.notes[2])
    end
  end)

  it("that only says that something failed gives way to one that says why", function()
    local lines = { "libbpf: prog 'handle_exec': failed to find kernel BTF type ID of 'nosuch': -3",
      "libbpf: prog 'handle_exec': failed to prepare load attributes: -3",
      "libbpf: prog 'handle_exec': failed to load: -3", "libbpf: failed to load object 'example'" }
    local report = explained(table.concat(lines, "\n"))
    assert.equal(1, #report.findings)
    assert.equal("attach-target", report.findings[1].rule)
    report = explained("libbpf: prog 'handle_exec': BPF program load failed: Operation not permitted\n" .. lines[3])
    assert.equal(1, #report.findings)
    assert.matches("EPERM: no permission", report.findings[1].notes[2])
  end)
end)

describe("a phrase", function()
  for _, sample in ipairs(samples) do
    it(sample[1], function()
      local events = btfl.log.events(sample[1] .. "\n")
      assert.equal(1, #events)
      assert.equal(sample[2], events[1].rule)
      for name, value in pairs(sample) do
        if type(name) == "string" then
          assert.equal(value, name == "at" and events[1].insn or events[1].fields[name], name)
        end
      end
    end)
  end

  it("is in a line here, each of them", function()
    local phrases = require "btfl.log.phrases"
    local lines = { LOG, "failed to resolve CO-RE relocation <byte_off> [21] struct a.b (0:0 @ offset 0)",
      "58: <invalid CO-RE relocation>", "func 'f' arg1 has btf_id 5 type STRUCT 'g'",
      "extern 'x' (strong): not resolved", "kfunc \"x\": not supported",
      "extern (func ksym) 'x': not found in kernel or module BTFs",
      "prog 'p': relo #4: relocation decision ambiguity: success 8 != failure 0",
      "prog 'p': relo #4: insn #9 (LDX/ST/STX) value too big: 70000" }
    for _, sample in ipairs(samples) do lines[#lines + 1] = sample[1] end
    local function is_there(phrase)
      for _, line in ipairs(lines) do
        if line:find(phrase.find) then return not phrase.plain or line:find(phrase.plain, 1, true) ~= nil end
      end
      return false
    end
    for _, phrase in ipairs(phrases) do
      assert.is_true(is_there(phrase), phrase.find)
      for name in (phrase.says .. (phrase.help or "")):gmatch "{([%w_]+)}" do
        local known = ({ path = true, kind = true, helper = true, enumerator = true })[name]
        for _, taken in ipairs(phrase.takes) do known = known or taken == name end
        assert.is_true(known or false, phrase.find .. ": {" .. name .. "}")
      end
    end
  end)
end)

describe("a hostile log", function()
  it("cut anywhere gives findings or a failure, and no error", function()
    for cut = 0, #LOG, 7 do
      local report = explained(LOG:sub(1, cut))
      assert.is_true(report.status <= 2)
      for _, finding in ipairs(report.findings) do
        assert.is_true(finding.at == nil or finding.program == "handle_exec", LOG:sub(1, cut))
      end
      assert.is_true(explained(LOG:sub(cut + 1)).status <= 2)
    end
  end)

  it("with numbers out of any range, and bytes that are no text", function()
    for _, text in ipairs {
      "libbpf: prog 'handle_exec': relo #99999999999999999999: field offset ambiguity: 1 != 2\n",
      "libbpf: prog 'handle_exec': relo #7: unexpected insn #4294967295 (ALU/ALU64) value: got 1, exp 2 -> 3\n",
      libbpf("handle_exec", "4294967295: (85) call unknown#195896080\ninvalid func unknown#195896080\n"),
      libbpf("handle_exec", "unreachable insn 99999999999999999999\n"),
      libbpf("\0\255'", "0: (bf) r6 = r1\n\255\254\n"),
      libbpf("", "0: (bf) r6 = r1\nR0 !read_ok\n"),
      "failed to resolve CO-RE relocation <byte_off> [99999999999999999999] struct a.b (0:0 @ offset 0)\n",
    } do
      local r = run({ "log", EXAMPLE, "--format", "json" }, { stdin = text })
      assert.is_true(r.status == 1, text .. r.err)
      assert.is_truthy(require "dkjson".decode(r.out))
    end
  end)

  it("of long lines and many of them takes no long time", function()
    local start = os.clock()
    for _, piece in ipairs {
      "prog '", "R1", "invalid ", "load program: ", "12: (85", "unknown#", "a", "kernel function x ",
      "failed to resolve CO-RE relocation <x> [1] ", "map 'x': failed to ", "\\n", "msg=\"",
    } do
      btfl.log.events(piece:rep((1 << 18) // #piece))
      btfl.log.events((piece:rep(4000 // #piece) .. "\n"):rep(10))
    end
    assert.is_true(os.clock() - start < 10, os.clock() - start .. " s")
  end)
end)

describe("a load that really fails", function()
  local why
  local _, _, root = tmp.run("[ $(id -u) = 0 ] && command -v bpftool && [ -r /sys/kernel/btf/vmlinux ] "
    .. "&& mount | grep -q 'type bpf '")
  if root ~= 0 then why = "needs root, bpftool, a kernel's BTF and a mounted bpffs" end

  it("is found at its source line in what bpftool writes", function()
    if why then return pending(why) end
    local pin = "/sys/fs/bpf/btfl_log_spec"
    local out, err, status = tmp.run(("bpftool -d prog load %s %s; s=$?; rm -rf %s; exit $s"):format(CALLS, pin, pin))
    assert.not_equal(0, status)
    local text = out .. err
    local log = tmp.write("bpftool.log", text)
    if not text:find("record.first", 1, true) then return pending("bpftool cannot load programs here") end
    local r = run { "log", CALLS, "--log", log }
    assert.same({ 1, "" }, { r.status, r.err })
    assert.is_truthy(r.out:find("error[relocation]: record.first (byte_off)", 1, true), r.out)
    assert.is_truthy(r.out:find("subprogs.bpf.c:13:", 1, true), r.out)
    assert.is_truthy(r.out:find("function: first_of", 1, true), r.out)
  end)
end)

local CORPUS = (os.getenv "BTFL_CORPUS" or "../shared/corpus") .. "/objects"

describe("real objects on this kernel #long", function()
  local _, _, status = tmp.run("[ $(id -u) = 0 ] && command -v bpftool && [ -r /sys/kernel/btf/vmlinux ] "
    .. "&& mount | grep -q 'type bpf ' && [ -d '" .. CORPUS .. "' ]")

  it("have findings where bpftool fails and none where it does not, and their logs match them", function()
    if status ~= 0 then return pending "needs root, bpftool and the corpus" end
    local failed = 0
    for path in tmp.run(("ls '%s'/*/*.o"):format(CORPUS)):gmatch "[^\n]+" do
      local opened, object = pcall(btfl.object, path)
      if opened then
        local log, pin = tmp.path "real.log", "/sys/fs/bpf/btfl_log_spec"
        local _, _, code = tmp.run(("bpftool -d prog loadall '%s' %s >%s 2>&1; s=$?; rm -rf %s; exit $s"):format(
          path, pin, log, pin))
        local report = btfl.log.explain(tmp.read(log), { object })
        assert.equal(code ~= 0, #report.findings > 0, path)
        for _, finding in ipairs(report.findings) do assert.not_equal("log-mismatch", finding.rule, path) end
        failed = failed + (code ~= 0 and 1 or 0)
        object:close()
      end
    end
    assert.is_true(failed > 0)
  end)
end)

describe("program:linked", function()
  it("tells where each function of a program begins", function()
    local list = {}
    for func, start in btfl.object(CALLS):program "calls":linked() do list[#list + 1] = func.name .. " " .. start end
    assert.same({ "calls 0", "first_of 13", "id_of 15" }, list)
    list = {}
    for func, start in btfl.object(CALLS):program "calls_too":linked() do
      list[#list + 1] = func.name .. " " .. start
    end
    assert.equal("calls_too 0", list[1])
    assert.matches("^delta_of %d+$", list[2])
  end)

  it("raises when its object is closed meanwhile", function()
    local object = btfl.object(CALLS)
    local each = object:program "calls":linked()
    object:close()
    assert.has_error(each)
  end)
end)
