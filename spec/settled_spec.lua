--- Most programs are told not to drift without a look at what they do on the kernel: that must be what such a look
--- tells, whatever the program does.
local argued = require "spec.support.argued"
local btf = require "spec.support.btf"
local btfl = require "btfl"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local ldx, stx, mov, exit, insn = object.ldx, object.stx, object.mov, object.exit, object.insn
local structs, context, kernel, program = argued.structs, argued.context, argued.kernel, argued.program
local n = 0

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

  it("are those of every branch, however many there are", function()
    n = n + 1
    local o, list = object.new(btf.new()), { ldx(8, 6, 1, 0) }
    for i = 1, 17000 do list[#list + 1] = insn(0x15, 6, 0, 0, i) end
    table.move({ mov(0, 0), exit() }, 1, 2, #list + 1, list)
    o:program { name = "p", section = "raw_tp/f", insns = list }
    local reads = btfl.object(tmp.write(("branches%d.o"):format(n), o:bytes())):program "p":reads()
    assert.same({ "read", "compare", 17001 }, { reads[1].use, reads[2].use, #reads })
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
