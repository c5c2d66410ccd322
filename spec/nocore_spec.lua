--- Memory of the kernel that programs read at places that no relocation gives: which struct it is of, what lies
--- there on each kernel, and what is said of it.
local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local CORE, BARE = "spec/fixtures/nocore.clang19.o", "spec/fixtures/bare.clang19.o"

local OLD, NEW = {
  device = { 32, { "name", "name", 0 }, { "index", "int", 16 }, { "net", "pvoid", 24 } },
  stats = { 24, { "packets", "u64", 0 }, { "bytes", "u64", 8 }, { "errors", "int", 16 }, { "drops", "int", 20 } },
  owner = { 48, { "device", "pdevice", 0 }, { "stats", "pstats", 8 }, { "marks", "marks", 16 } },
  task_struct = { 16, { "pid", "int", 0 }, { "parent", "pvoid", 8 } },
}, {
  device = { 40, { "flags", "u64", 0 }, { "name", "name", 8 }, { "index", "int", 24 }, { "net", "pvoid", 32 } },
  stats = { 24, { "packets", "u64", 0 }, { "errors", "int", 8 }, { "drops", "int", 12 }, { "bytes", "u64", 16 } },
  owner = { 56, { "seen", "u64", 0 }, { "device", "pdevice", 8 }, { "stats", "pstats", 16 }, { "marks", "marks", 24 } },
  task_struct = { 24, { "pid", "int", 0 }, { "stack", "pvoid", 8 }, { "parent", "pvoid", 16 } },
}

-- Another kernel's layout, with some structs of its own.
local function with(layout, own)
  local out = {}
  for name, struct in pairs(layout) do out[name] = struct end
  for name, struct in pairs(own) do out[name] = struct end
  return out
end

-- A kernel of that release. `extra` adds what else it has, to the builder and the types by name.
local function kernel(name, layout, extra)
  local b = kernels.new { prog_type = kernels.PROG_TYPES }
  local t = { pvoid = b:ptr(0), int = b:int("int", 4, "signed"), u64 = b:int("long unsigned int", 8),
    char = b:int("char", 1, "signed") }
  t.name, t.marks = b:array(t.char, 16), b:array(t.u64, 4)
  t.group = b:struct(nil, 16, { { "name", t.name, 0 } })
  t.group = b:union(nil, 16, { { "words", b:array(t.u64, 2), 0 }, { nil, t.group, 0 } })
  local registers = b:struct("pt_regs", 272, { { layout.register or "di", t.u64, 112 * 8 } })
  local params = {}
  for _, struct in ipairs { "device", "stats", "owner", "task_struct" } do
    local rows, size = layout[struct], layout[struct][1]
    local members = {}
    for i = 2, #rows do members[i - 1] = { rows[i][1], t[rows[i][2]], rows[i][3] * 8 } end
    t[struct] = b:struct(struct, size, members)
    t["p" .. struct] = b:ptr(t[struct])
    if struct ~= "task_struct" then params[#params + 1] = { struct, t["p" .. struct] } end
  end
  if extra then params = extra(b, t, params) or params end
  kernels.tracepoint(b, "seen", params)
  kernels.tracepoint(b, "entered", { { "regs", b:ptr(registers) } })
  b:func("seen", b:func_proto(0, params))
  return tmp.write(name .. ".btf", b:bytes())
end

local THREE

local function targets_of(paths)
  local list = {}
  for i, path in ipairs(paths) do list[i] = btfl.target(path) end
  return list
end

-- "warning message", one for each finding about the program (all without), and the rows.
local function said(file, paths, program, options)
  local list = {}
  local reads = btfl.object(file):fixed_reads(targets_of(paths), options)
  for _, finding in ipairs(reads.findings) do
    if not program or finding.program == program then
      list[#list + 1] = finding.level .. " " .. finding.message
    end
  end
  return table.concat(list, "\n"), reads
end

local function check(file, paths, ...)
  local words = { "check", file }
  for _, path in ipairs(paths) do table.move({ "-t", path }, 1, 2, #words + 1, words) end
  return run(table.move({ ... }, 1, select("#", ...), #words + 1, words))
end

describe("memory read without CO-RE", function()
  setup(function()
    THREE = { kernel("5.10.1", OLD), kernel("6.1.2", OLD), kernel("6.12.3", NEW) }
  end)
  teardown(tmp.clean)

  it("is worse where another build did not read it, as btfl check tells of both", function()
    local old, new = tmp.mkdir "old", tmp.mkdir "new"
    old, new = run.write(old .. "/x.bpf.o", run.read "spec/fixtures/fixed.bpf.o"), run.write(new .. "/x.bpf.o",
      run.read(CORE))
    local function on(...) return { "-t", THREE[1], "-t", THREE[2], "-t", THREE[3], "--format", "json", ... } end
    local function report(path)
      local argv = { "check", path }
      return run.write(path .. ".json", run(table.move(on(), 1, 8, 3, argv)).out)
    end
    local by_objects = run { "compare", old, "--", new, table.unpack(on()) }
    local by_reports = run { "compare", report(old), "--", report(new), "--format", "json" }
    local rows, count = btfl.report.read(by_objects.out).rows, 0
    for _, row in ipairs(rows) do
      if row.rule == "no-core" and row.change == "worse" then count = count + 1 end
    end
    assert.is_true(count > 0)
    assert.same(btfl.report.read(by_reports.out).rows, rows)
  end)

  it("is told where another member lies there on other kernels", function()
    local words = "of struct device without CO-RE: `name` where it was compiled and on 5.10.1 .. 6.1.2, "
      .. "`flags` on 6.12.3"
    assert.equal("warning reads byte 0 " .. words, (said(CORE, THREE, "first_member")))
    assert.equal("warning reads byte 0 " .. words:gsub("where it was compiled and ", ""),
      (said(CORE, THREE, "first_string")))
    assert.equal("warning reads byte 20 of struct stats without CO-RE: `drops` where it was compiled and on 5.10.1 .. "
      .. "6.1.2, `bytes` on 6.12.3", (said(CORE, THREE, "plain_member")))
    assert.equal("warning reads byte 8 of struct task_struct without CO-RE: `parent` on 5.10.1 .. 6.1.2, "
      .. "`stack` on 6.12.3", (said(CORE, THREE, "of_task")))
  end)

  it("is told of where a relocated pointer leads to", function()
    assert.equal("warning reads byte 20 of struct stats without CO-RE: `drops` where it was compiled and on 5.10.1 .. "
      .. "6.1.2, `bytes` on 6.12.3", (said(CORE, THREE, "through")))
  end)

  it("is told of a copied struct by the first byte that differs", function()
    assert.equal("warning copies 24 bytes of struct stats without CO-RE, of which byte 8 is `bytes` where it was "
      .. "compiled and on 5.10.1 .. 6.1.2, `errors` on 6.12.3", (said(CORE, THREE, "whole_copy")))
  end)

  it("is not told of what relocations give, nor of user memory", function()
    for _, program in ipairs { "by_core", "within_array", "user_memory" } do
      assert.equal("", (said(CORE, THREE, program)), program)
    end
  end)

  it("is what each kernel reaches", function()
    assert.equal("", (said(CORE, THREE, "guarded")):gsub("note [^\n]*\n?", ""))
    local apart = said(CORE, THREE, "guarded_apart")
    assert.is_nil(apart:find "warning", apart)
    assert.equal("note reads byte 0 of struct device without CO-RE: `name` on 5.10.1 .. 6.1.2\n"
      .. "note reads byte 8 of struct device without CO-RE: `name` on 6.12.3", apart)
  end)

  it("is a note where only another constant leads there", function()
    local text, reads = said(CORE, THREE, "setting")
    assert.equal("note reads byte 0 of struct device without CO-RE: `name` where it was compiled and on 5.10.1 .. "
      .. "6.1.2, `flags` on 6.12.3", text)
    for _, finding in ipairs(reads.findings) do
      if finding.program == "setting" then assert.same({ "only under another value of wide" }, finding.notes) end
    end
    local set = said(CORE, THREE, "setting", { verdict = { set = { wide = 1 } } })
    assert.matches("^warning ", set)
  end)

  it("is nothing before a struct, and of a larger one that starts with it nobody knows", function()
    assert.equal("", (said(CORE, THREE, "around")))
    assert.equal("note copies 8 bytes of struct device from byte 36 on without CO-RE: `net` on 6.12.3",
      (said(CORE, THREE, "beyond")))
    local larger = kernel("5.4.9", OLD, function(b, t) b:struct("larger", 48, { { "device", t.device, 0 },
      { "more", t.name, 256 } }) end)
    assert.equal("", (said(CORE, { larger, THREE[3] }, "beyond")))
  end)

  it("is the same under another name, and in another union or struct around it", function()
    local renamed = with(OLD, { device = { 32, { "name_", "name", 0 }, { "index", "int", 16 },
      { "net", "pvoid", 24 } } })
    local text = said(CORE, { THREE[1], kernel("6.2.1", renamed) }, "first_member")
    assert.matches("^note ", text)
    local grouped = with(OLD, { device = { 32, { nil, "group", 0 }, { "index", "int", 16 }, { "net", "pvoid", 24 } } })
    text = said(CORE, { THREE[1], kernel("6.3.1", grouped) }, "first_member")
    assert.matches("^note ", text)
  end)

  it("is not told where nobody knows the struct", function()
    local void = kernel("6.4.1", OLD, function(_, t) return { { "a", t.pvoid }, { "b", t.u64 }, { "c", t.pvoid } } end)
    assert.equal("", (said(CORE, { void }, "first_member")))
    assert.equal("warning reads byte 0 of struct device without CO-RE: `name` where it was compiled and on 5.10.1, "
      .. "`flags` on 6.12.3", (said(CORE, { THREE[1], void, THREE[3] }, "first_member")))
  end)

  it("is held against what the object was compiled with, for one kernel alone", function()
    assert.equal("warning reads byte 20 of struct stats without CO-RE: `drops` where it was compiled, "
      .. "`bytes` on 6.12.3", (said(CORE, { THREE[3] }, "plain_member")))
    assert.equal("note reads byte 20 of struct stats without CO-RE: `drops` where it was compiled and on 5.10.1",
      (said(CORE, { THREE[1] }, "plain_member")))
    assert.equal("warning reads byte 0 of struct device without CO-RE: `name` where it was compiled, `flags` on 6.12.3",
      (said(CORE, { THREE[3] }, "first_member")))
    -- A string may be of anything.
    assert.equal("note reads byte 0 of struct device without CO-RE: `flags` on 6.12.3",
      (said(CORE, { THREE[3] }, "first_string")))
  end)

  it("is one finding of an object without any CO-RE record", function()
    local text, reads = said(BARE, THREE)
    assert.equal(5, #reads)
    assert.equal("warning has no CO-RE record, and reads the kernel's memory at 5 places, at 4 of which other kernels "
      .. "have something else", text)
    local notes = reads.findings[1].notes
    assert.equal(4, #notes)
    assert.matches("^bare.bpf.c:%d+ reads byte 0 of struct device: `name` .*on 5.10.1 .. 6.1.2, `flags` on 6.12.3$",
      notes[1])
    assert.equal("and 1 more such", notes[4])
    assert.equal("note has no CO-RE record, and reads the kernel's memory at 5 places", (said(BARE, { THREE[1] })))
  end)

  it("is counted by place where no line tells, too", function()
    local o = object.new()
    local copy = { object.ldx(8, 3, 1, 112), object.insn(0xbf, 1, 10), object.add(1, -8), object.mov(2, 8),
      object.call(113), object.mov(0, 0), object.exit() }
    o:program { name = "one", section = "kprobe/seen", insns = copy }
    o:program { name = "two", section = "kprobe/seen", insns = copy }
    o:section("license", "GPL\0")
    assert.equal("warning has no CO-RE record, and reads the kernel's memory at 2 places, where other kernels have "
      .. "something else", (said(tmp.write("places.o", o:bytes()), THREE)))
  end)

  it("is told of the current task in a program of a section that nobody knows", function()
    local o = object.new()
    o:program { name = "own", section = "own", insns = { object.call(35), object.insn(0xbf, 3, 0),
      object.add(3, 8), object.insn(0xbf, 1, 10), object.add(1, -8), object.mov(2, 8), object.call(113),
      object.mov(0, 0), object.exit() } }
    o:section("license", "GPL\0")
    assert.equal("warning has no CO-RE record, and reads the kernel's memory at one place, where other kernels have "
      .. "something else", (said(tmp.write("own.o", o:bytes()), THREE)))
  end)

  it("of a kprobe is not asked of another architecture", function()
    local other = kernel("6.5.1", with(NEW, { register = "pstate" }))
    assert.equal("note has no CO-RE record, and reads the kernel's memory at 5 places",
      (said(BARE, { THREE[1], THREE[2], other })))
    assert.equal("", (said(BARE, { other })))
  end)

  it("is not told of the registers of another architecture", function()
    local other = kernel("6.6.1", with(NEW, { register = "pstate" }))
    assert.equal("note reads byte 112 of struct pt_regs without CO-RE: `di` on 5.10.1 .. 6.1.2",
      (said(CORE, { THREE[1], THREE[2], other }, "of_registers")))
  end)

  it("is what check prints, notes with --all", function()
    local result = check(CORE, THREE)
    assert.equal(1, result.status)
    assert.matches("warning%[no%-core%]: reads byte 0 of struct device without CO%-RE: `name` on 5.10.1 .. 6.1.2, "
      .. "`flags` on 6.12.3\n  %-%-> nocore.bpf.c:%d+", result.out)
    assert.is_nil(result.out:find("note[no-core]", 1, true))
    assert.is_not_nil(check(CORE, THREE, "--all").out:find("note[no-core]", 1, true))
    assert.is_nil(check(CORE, THREE, "--only", "relocation").out:find("no-core", 1, true))
    local _, count = check(BARE, THREE).out:gsub("%[no%-core%]", "")
    assert.equal(1, count)
    assert.is_nil(check(BARE, { THREE[1] }).out:find("no-core", 1, true))
    assert.is_nil(check(CORE, THREE, "--skip", "first_member").out:find("program first_member", 1, true))
  end)

  it("keeps no kernel that was closed: a check takes the memory of a few", function()
    if os.getenv "ASAN_OPTIONS" then return pending "a sanitizer keeps what is freed" end
    local paths, bytes = {}, 0
    for i = 1, 40 do
      local layout = with(NEW, { device = { 40 + 8 * i, table.unpack(NEW.device, 2) } })
      paths[i] = kernel("6.8." .. i, layout, function(b)
        for k = 1, 5000 do b:struct(("x"):rep(200) .. k, 0, {}) end
      end)
      bytes = #tmp.read(paths[i])
    end
    local init = [[at_end = setmetatable({}, { __gc = function()
      local status <close> = io.open "/proc/self/status"
      io.stderr:write(status:read "a":match "VmHWM:%s+(%d+)", "\n")
    end })]]
    local function peak(count)
      local words = { "check", CORE }
      for i = 1, count do table.move({ "-t", paths[i] }, 1, 2, #words + 1, words) end
      return tonumber(run(words, { env = { LUA_INIT = init } }).err)
    end
    local few, many = peak(4), peak(40)
    assert.is_true(many - few < 4 * bytes >> 10, ("%d KiB, then %d; each %d"):format(few, many, bytes >> 10))
  end)

  it("finds what real objects read, and nothing else", function()
    local folder = os.getenv "BTFL_CORPUS" or "../shared/corpus"
    local paths = {}
    for _, name in ipairs { "5.10.262-generic-amd64", "6.1.192-generic-amd64", "6.12.117-generic-amd64",
      "7.3.4-generic-amd64" } do paths[#paths + 1] = ("%s/kernels/%s.btf.gz"):format(folder, name) end
    local ok, targets = pcall(targets_of, paths)
    if not ok then return pending "no corpus" end
    local pipe <close> = assert(io.popen(("find '%s/objects' -name '*.o' | sort"):format(folder)))
    local found = {}
    for path in pipe:lines() do
      local reads = btfl.object(path):fixed_reads(targets)
      for _, finding in ipairs(reads.findings) do
        if finding.level == "warning" then found[path:match "[^/]+$"] = finding.message end
      end
    end
    local NEIGH = "reads byte 0 of struct net_device without CO-RE: `name` on 5.10.262 .. 6.1.192, "
      .. "`priv_flags` from 6.12.117"
    local function bare(places, differing)
      return ("has no CO-RE record, and reads the kernel's memory at %s"):format(places) .. differing
    end
    assert.equal(NEIGH, found["neigh_table_tuner.so.0.bpf.o"])
    assert.equal(NEIGH, found["neigh_table_tuner.so.1.bpf.o"])
    assert.equal(bare("one place", ", where other kernels have something else"), found["opensnitch-procs.bpf.o"])
    local names = {}
    for name in pairs(found) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "ip_frag_tuner.so.2.bpf.o", "neigh_table_tuner.so.0.bpf.o", "neigh_table_tuner.so.1.bpf.o",
      "neigh_table_tuner.so.2.bpf.o", "opensnitch-procs.bpf.o", "opensnitch.bpf.o", "tcp_buffer_tuner.so.2.bpf.o" },
      names)
  end)
end)
