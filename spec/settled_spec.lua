--- Most programs are told not to drift without a look at what they do on the kernel: that must be what such a look
--- tells, whatever the program does.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local ldx, stx, mov, call, exit, insn = object.ldx, object.stx, object.mov, object.call, object.exit, object.insn
local PROBE, PID = 113, 14
local n = 0

-- `apart`: a socket has no struct at its start.
local function structs(b, apart)
  local t = { void = 0 }
  t.int, t.long = b:int("int", 4, "signed"), b:int("long unsigned int", 8)
  t.task = b:struct("task", 24, { { "pid", t.int, 0 }, { "mm", b:ptr(0), 64 }, { "parent", b:ptr(0), 128 } })
  t.inode = b:struct("inode", 24, { { "ino", t.long, 0 }, { "sb", b:ptr(0), 64 }, { "mode", t.int, 128 } })
  t.common = b:struct("sock_common", 8, { { "family", t.int, 0 }, { "state", t.int, 32 } })
  local members = { { "common", t.common, 0 }, { "err", t.int, 64 } }
  if apart then members = { { "err", t.int, 0 }, { "common", t.common, 32 } } end
  t.sock = b:struct("sock", 16, members)
  for _, name in ipairs { "task", "inode", "common", "sock" } do t["p" .. name] = b:ptr(t[name]) end
  t.pvoid, t.pconst = b:ptr(0), b:ptr(b:const(0))
  return t
end

local function context(b, t, start)
  t.context = b:struct("context", start // 8 + 24, { { "args", b:array(t.long, 3), start } })
end

-- `other`: it is of another architecture, and the context starts with what is no argument.
local function kernel(params, returns, release, apart, other)
  n = n + 1
  local b = kernels.new { prog_type = kernels.PROG_TYPES }
  local t, list = structs(b, apart), {}
  if not other then b:struct("pt_regs", 168, { { "di", t.long, 112 * 8 } }) end
  context(b, t, other and 64 or 0)
  for i, kind in ipairs(params) do list[i] = { ("abcdef"):sub(i, i), t[kind] } end
  local proto = b:func_proto(t[returns or "void"], list)
  for _, name in ipairs { "f", "bpf_lsm_f" } do b:func(name, proto) end
  kernels.tracepoint(b, "f", list)
  return btfl.target(tmp.write(("settled%d.btf"):format(n), b:bytes()), { release = release, arch = other and "arm64" })
end

-- A number from 1 to `most`, the same on each run.
local seed = 7
local function pick(most)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return seed // 65536 % most + 1
end

local FIELDS = { { "task", "0:0" }, { "task", "0:2" }, { "inode", "0:2" }, { "sock", "0:1" }, { "common", "0:1" },
  { "context", "0:0:0" }, { "context", "0:0:1" }, { "context", "0:0:2" } }
local OF_STRUCTS = 5

-- What programs are put together from: each adds instructions, with registers r6 to r8; r9 is the context.
local PARTS = {
  -- An argument is loaded.
  function(list, at) list[#list + 1] = ldx(8, 5 + pick(3), 9, at(pick(3))) end,
  function(list, at, relo)
    local number = pick(3)
    relo(5 + number)
    list[#list + 1] = ldx(8, 5 + pick(3), 9, at(number))
  end,
  -- An offset of a field, of one of two, or a number is added.
  function(list, _, relo)
    local reg = 5 + pick(3)
    relo(pick(OF_STRUCTS))
    list[#list + 1] = mov(2, 0)
    if pick(2) == 1 then
      list[#list + 1] = insn(0x15, 0, 0, 1, 0)
      if pick(2) == 1 then relo(pick(OF_STRUCTS)) end
      list[#list + 1] = mov(2, 8 * pick(2))
    end
    list[#list + 1] = insn(pick(4) == 1 and 0x1f or 0x0f, reg, 2)
  end,
  function(list) list[#list + 1] = insn(0x07, 5 + pick(3), 0, 0, 8 * (pick(3) - 1)) end,
  -- What is at one of them is copied, as a helper does, or loaded.
  function(list)
    for _, one in ipairs { insn(0xbf, 3, 5 + pick(3)), insn(0xbf, 1, 10), object.add(1, -8 * pick(3)),
      mov(2, 4 * pick(2)), call(PROBE) } do list[#list + 1] = one end
    list[#list + 1] = ldx(8, 5 + pick(3), 10, -8 * pick(3))
  end,
  function(list, _, relo)
    if pick(2) == 1 then relo(pick(OF_STRUCTS)) end
    list[#list + 1] = ldx(4, 2, 5 + pick(3), 0)
  end,
  -- Over the stack, by one pointer or one of two.
  function(list)
    list[#list + 1] = stx(8, 10, 5 + pick(3), -8 * pick(3))
    list[#list + 1] = ldx(8, 5 + pick(3), 10, -8 * pick(3))
  end,
  function(list)
    local reg, slot, by = 5 + pick(3), -8 * pick(2), pick(2)
    list[#list + 1] = insn(0xbf, 2, 10)
    list[#list + 1] = mov(3, pick(2) - 1)
    list[#list + 1] = insn(0x15, 3, 0, 1, 0)
    list[#list + 1] = insn(0xbf, 2, reg)
    list[#list + 1] = stx(8, by == 1 and 2 or 10, 5 + pick(3), slot)
    list[#list + 1] = ldx(8, 5 + pick(3), by == 1 and 10 or 2, slot)
  end,
  -- From the stack at an offset of a field, or at a number that nobody knows, or that a loop counts.
  function(list, _, relo)
    local by = pick(3)
    if by == 1 then relo(pick(OF_STRUCTS)) end
    list[#list + 1] = by == 2 and ldx(4, 2, 10, -4) or mov(2, 0)
    list[#list + 1] = insn(0xbf, 3, 10)
    list[#list + 1] = insn(0x07, 3, 0, 0, -24)
    list[#list + 1] = insn(0x0f, 3, 2)
    list[#list + 1] = ldx(pick(2) * 4, 5 + pick(3), 3, 0)
    if by == 3 then
      list[#list + 1] = insn(0x07, 2, 0, 0, 8)
      list[#list + 1] = insn(0x55, 2, 0, -6, 24)
    end
  end,
  -- One or the other, or the context.
  function(list) list[#list + 1] = insn(0xbf, 5 + pick(3), 9) end,
  function(list)
    list[#list + 1] = insn(0x15, 0, 0, 1, pick(2) - 1)
    list[#list + 1] = insn(0xbf, 5 + pick(3), 5 + pick(3))
  end,
  -- By what the kernel has.
  function(list, _, relo)
    relo(pick(OF_STRUCTS), "field_exists")
    list[#list + 1] = mov(2, 1)
    list[#list + 1] = insn(0x15, 2, 0, 1, 0)
    list[#list + 1] = insn(0xbf, 5 + pick(3), 5 + pick(3))
  end,
  function(list) list[#list + 1] = call(PID) end,
}

local SECTIONS = { "tp_btf/f", "raw_tp/f", "fentry/f", "fexit/f", "kprobe/f" }

local function program()
  n = n + 1
  local b = btf.new()
  local t, list, relos = structs(b), {}, {}
  local section = SECTIONS[pick(#SECTIONS)]
  local registers = { 112, 104, 96 }
  local function at(number) return section == "kprobe/f" and registers[number] or 8 * (number - 1) end
  local function relo(field, kind)
    relos[#relos + 1] = { insn = #list, type = t[FIELDS[field][1]], access = FIELDS[field][2],
      kind = kind or "byte_off" }
  end
  context(b, t, 0)
  if pick(2) == 1 then b:struct("pt_regs", 168, { { "di", t.long, 112 * 8 } }) end
  list[1] = insn(0xbf, 9, 1)
  for reg = 6, 8 do list[#list + 1] = pick(3) == 1 and mov(reg, 8) or ldx(8, reg, 9, at(pick(3))) end
  list[#list + 1] = ldx(4, 0, 10, -4)
  for _ = 1, 3 + pick(8) do PARTS[pick(#PARTS)](list, at, relo) end
  list[#list + 1], list[#list + 2] = mov(0, 0), exit()
  local o = object.new(b)
  o:section("license", "GPL\0")
  o:program { name = "p", section = section, insns = list, relos = relos }
  return btfl.object(tmp.write(("settled%d.o"):format(n), o:bytes())):program "p"
end

local function targets()
  return {
    kernel({ "ptask", "pinode" }, "int", "6.15.0"), kernel({ "pinode", "ptask", "psock" }, "pinode", "6.15.1"),
    kernel({ "psock", "pcommon", "int" }, "void", "6.15.2"), kernel({ "pvoid", "long" }, "ptask", "6.15.3"),
    kernel({ "ptask" }, "int", "6.15.4"), kernel({ "ptask", "ptask", "pconst" }, "int", "6.15.5"),
    kernel({ "psock", "pcommon", "int" }, "void", "6.15.6", true),
    kernel({ "pinode", "ptask" }, "int", "6.15.7", false, true),
  }
end

-- By argument what comes of it, as check and as program:drift() have it.
local function by_check(p, target, others)
  local list = {}
  for _, finding in ipairs(p.object:check(target, { others = others }).findings) do
    local details = finding.details
    if finding.rule:find "^arg%-" then
      list[#list + 1] = ("%s %s"):format(details.access, details.consequence)
    end
  end
  table.sort(list)
  return list
end

local function by_walk(p, target, others)
  local list = {}
  for _, row in ipairs(p:drift(target, nil, p:sinks(others))) do
    list[#list + 1] = ("%s of %s %s"):format(row.argument == "return" and "the return value"
      or "argument " .. row.argument, p.attach, row.consequence)
  end
  table.sort(list)
  return list
end

-- A program that loads from its context, with relocation `access` if that is given.
local function loading(section, off, access)
  n = n + 1
  local b = btf.new()
  local t = structs(b)
  context(b, t, 0)
  local o = object.new(b)
  o:section("license", "GPL\0")
  o:program { name = "p", section = section, insns = { ldx(8, 6, 1, off), mov(0, 0), exit() },
    relos = access and { { insn = 0, type = t.context, access = access, kind = "byte_off" } } }
  return btfl.object(tmp.write(("settled%d.o"):format(n), o:bytes())):program "p"
end

describe("what check says of arguments", function()
  teardown(tmp.clean)

  it("takes the architecture to tell where registers are", function()
    local p = loading("kprobe/f", 112)
    assert.is_false(p:reads().whole)
    for _, arch in ipairs { "x86_64", "arm64" } do assert.is_true(p:reads(arch).whole, arch) end
    assert.same({ 1, "read" }, { p:reads "amd64"[1].argument, p:reads "amd64"[1].use })
    assert.is_nil(p:reads "arm64"[1])
    assert.error_matches(function() p:reads "vax" end, "not an architecture")
  end)

  it("takes the relocations to hold by which arguments are found", function()
    local reads = loading("raw_tp/f", 8, "0:0:1"):reads()
    assert.same({ true, 1, 2 }, { reads.whole, #reads.located, reads[1].argument })
    assert.equal("context.args[1]", reads.located[1].path)
    assert.same({}, loading("raw_tp/f", 8):reads().located)
  end)

  it("is what a walk on the kernel tells, of programs of all kinds", function()
    local others, drifting, whole = targets(), 0, 0
    for _ = 1, 400 do
      local p = program()
      whole = whole + (p:reads().whole and 1 or 0)
      for _, target in ipairs(others) do
        local want = by_walk(p, target, others)
        assert.same(want, by_check(p, target, others), p.object.path)
        if #want > 0 then drifting = drifting + 1 end
      end
    end
    assert.is_true(drifting > 200 and drifting < 2000, drifting)
    assert.is_true(whole > 50 and whole < 390, whole)
  end)

  it("is so of real programs", function()
    local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"
    if not io.open(CORPUS .. "/drift.tsv") then return pending "no corpus" end
    local others = {}
    for _, name in ipairs { "5.10.262-generic-amd64", "6.12.117-generic-amd64", "6.18.15-cloud-amd64" } do
      others[#others + 1] = btfl.target(("%s/kernels/%s.btf.gz"):format(CORPUS, name))
    end
    for _, name in ipairs { "filelife", "readahead", "tcprtt", "runqlat", "biosnoop", "vfsstat" } do
      local x = btfl.object(("%s/objects/libbpf-tools-0.31.0+ds-7/%s-libbpf.bpf.o"):format(CORPUS, name))
      for _, target in ipairs(others) do
        local want = {}
        for p in x:programs() do
          if p.entry then table.move(by_walk(p, target, others), 1, 100, #want + 1, want) end
        end
        table.sort(want)
        assert.same(want, by_check({ object = x }, target, others), name)
      end
    end
  end)
end)

describe("reads without a target", function()
  teardown(tmp.clean)

  -- r6 is argument 1, and r2 an offset that is one of several.
  local function picks(offsets)
    n = n + 1
    local b = btf.new()
    local t, list, relos = structs(b), { ldx(8, 6, 1, 0), mov(2, 0) }, {}
    relos[1] = { insn = 1, type = t.task, access = "0:0", kind = "byte_off" }
    for _ = 2, offsets do
      list[#list + 1], list[#list + 2] = insn(0x15, 6, 0, 1, 0), mov(2, 8)
      relos[#relos + 1] = { insn = #list - 1, type = t.inode, access = "0:1", kind = "byte_off" }
    end
    for _, one in ipairs { insn(0x0f, 6, 2), ldx(4, 1, 6, 0), mov(0, 0), exit() } do list[#list + 1] = one end
    local o = object.new(b)
    o:program { name = "p", section = "raw_tp/f", insns = list, relos = relos }
    return btfl.object(tmp.write(("picks%d.o"):format(n), o:bytes())):program "p"
  end

  it("are whole unless a kernel tells more", function()
    assert.is_true(picks(1):reads().whole)
    assert.is_true(picks(2):reads().whole)
    assert.is_false(picks(40):reads().whole)
  end)

  it("tell of each way that leads to a place", function()
    local paths = {}
    for _, read in ipairs(picks(2):reads()) do
      if read.use == "load" then paths[#paths + 1] = read.relo.path end
    end
    table.sort(paths)
    assert.same({ "inode.sb", "task.pid" }, paths)
  end)

  it("take any value of the stack for what is loaded from where a kernel tells", function()
    n = n + 1
    local b = btf.new()
    local t, o = structs(b), object.new(b)
    o:program { name = "p", section = "raw_tp/f", insns = {
      ldx(8, 6, 1, 0), stx(8, 10, 6, -8), insn(0xbf, 2, 10), insn(0x07, 2, 0, 0, -16),
      ldx(8, 2, 2, 0), ldx(4, 0, 2, 4), exit() },
      relos = { { insn = 4, type = t.task, access = "0:1", kind = "byte_off" } } }
    local p = btfl.object(tmp.write("any.o", o:bytes())):program "p"
    local found
    for _, read in ipairs(p:reads()) do found = found or read.maybe and read end
    assert.same({ 1, "load", 5, 4 }, { found.argument, found.use, found.insn, found.offset })
    assert.is_true(p:reads().whole)
    assert.equal(0, #p:reads(nil, nil, true))
  end)
end)
