--- "Will it load?", held against what real kernels made of real programs, each loaded alone.

local btf = require "spec.support.btf"
local judge = require "spec.support.judge"
local loads = require "spec.support.loads"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local btfl = require "btfl"
local CORPUS = os.getenv("BTFL_CORPUS") or "../shared/corpus"

local function exists(path)
  local file = io.open(path)
  return file and (file:close() or true)
end

-- Until verdicts tell of attaching, they answer a narrower question.
local function tells_all()
  local guards <close> = btfl.object "spec/fixtures/guards.clang19.o"
  local target <close> = btfl.target "spec/fixtures/small.btf"
  return (pcall(function() return guards:program("dead_if"):verdict(target, { release = "6.1.0" }).attaches end))
end

local function is_held(tally)
  local lines = judge.counts(tally) .. "\n" .. table.concat(judge.table(tally), "\n")
  local judged = tally.rows - tally.apart - tally.beyond
  local outcomes = judged - tally["false loads"] - tally["false no"] - tally.unknown
  assert.equal(0, tally["false no"], lines)
  assert.is_true(outcomes >= 0.998 * judged, lines)
  assert.is_true(outcomes - tally.class - tally["first poison"] >= 0.997 * judged, lines)
  assert.equal(0, tally.attaches, lines)
  return judged
end

describe("what real kernels made of the corpus' programs", function()
  if not exists(CORPUS .. "/loads/loads.tsv") then
    pending("is told: needs a corpus, in $BTFL_CORPUS or ../shared/corpus")
    return
  end
  if not tells_all() then
    pending("is told: verdicts tell less")
    return
  end

  local of_kernel, order = {}, {}
  for _, row in ipairs(loads.read(CORPUS .. "/loads/loads.tsv")) do
    if not of_kernel[row.kernel] then
      order[#order + 1] = row.kernel
      of_kernel[row.kernel] = {}
    end
    table.insert(of_kernel[row.kernel], row)
  end
  for _, kernel in ipairs(order) do
    it("is told of " .. kernel, function()
      local tally = judge.rows(of_kernel[kernel])
      assert.same({}, tally.missing)
      assert.is_true(is_held(tally) > 100)
    end)
  end
end)

describe("why a program was refused", function()
  it("is not said by the log of its object's BTF", function()
    local raw = { outcome = "no", errno = 1, section = "fentry/x", supported = "-",
      said = "libbpf: prog 'x': BPF program load failed: -EPERM\n" }
    for _, log in ipairs { "[1] PTR (anon) type_id=2\n[2] FUNC x type_id=9 Invalid btf_info",
      "[29] DATASEC .bss size=1 vlen=1\n\t type_id=28 offset=0 size=1 Invalid size" } do
      raw.log = log
      assert.equal("machine", (loads.classify(raw)), log)
    end
  end)
end)

describe("what the running kernel makes of programs", function()
  local peer, why = loads.peer()
  teardown(tmp.clean)

  if not peer then
    pending("is told: " .. why)
    return
  end

  it("is read from what it and libbpf say", function()
    local of = {}
    local guards = "spec/fixtures/guards.clang16.o\t"
    local lines = { guards .. "dead_if", guards .. "live_plain", "spec/fixtures/small.btf" }
    for _, row in ipairs(loads.run(lines, { jobs = 2, attach = true })) do of[row.program] = row end
    assert.same({ "loads", "-" }, { of.dead_if.outcome, of.dead_if.class })
    assert.same({ "no", "relocation" }, { of.live_plain.outcome, of.live_plain.class })
    assert.matches("^raw_tp/sys_enter%+%d+$", of.live_plain.first_poison)
    assert.same({ "no", "open" }, { of["-"].outcome, of["-"].class })
  end)

  it("is not told of a weak kernel function of another prototype, which newer libbpfs call missing", function()
    local function judged(binding)
      local b = btf.new()
      local o = object.new(b)
      o:program { section = "tc", insns = { object.mov(0, 0), object.exit() } }
      local func = b:func("bpf_prog_pack_alloc", b:func_proto(0, {}), "extern")
      b:datasec(".ksyms", 0, { { func, 0, 0 } })
      o:symbol { name = "bpf_prog_pack_alloc", section = 0, info = binding }
      local rows = loads.run { (tmp.write(("binding%d.o"):format(binding), o:bytes())) }
      local tally = judge.rows(rows)
      return { rows[1].outcome, rows[1].class, rows[1].detail, tally.apart, tally.right }
    end
    local weak = judged(0x20)
    local is_later = weak[1] == "loads"
    assert.same(is_later and { "loads", "-", "-", 0, 1 } or { "no", "unknown", "missing to later libbpfs", 1, 0 }, weak)
    assert.same({ "no", "kfunc", "bpf_prog_pack_alloc", 0, 1 }, judged(0x10))
  end)

  it("is told of an iterator of every name that it has, and of what is none", function()
    local kernel <close> = btfl.btf "/sys/kernel/btf/vmlinux"
    local lines = {}
    for f in kernel:types("func") do
      local name = f.name:match("^bpf_iter_(.+)")
      if name then
        local elf = object.new(btf.new())
        elf:program { section = "iter/" .. name, insns = { object.mov(0, 0), object.exit() } }
        lines[#lines + 1] = tmp.write(name .. ".o", elf:bytes())
      end
    end
    local tally = judge.rows(loads.run(lines, { jobs = 2 }))
    assert.same({}, tally.wrong)
    assert.is_true(tally.right > 20)
  end)

  if not exists(CORPUS .. "/objects") or not tells_all() then
    pending("is told of the corpus' objects: needs a corpus, and verdicts that tell all")
    return
  end

  it("is told of the corpus' objects", function()
    local rows = loads.run(loads.objects(CORPUS .. "/objects"), { jobs = 2, attach = true })
    assert.is_true(is_held(judge.rows(rows)) > 300)
  end)
end)

describe("what the running kernel makes of changed programs #long", function()
  local peer, why = loads.peer()
  if not peer or not tells_all() then
    pending("is told: " .. (why or "verdicts tell less"))
    return
  end

  it("is told: none loads that is said not to, nor the other way round", function()
    local tally = judge.mutants(5000, { jobs = 2 })
    local lines = judge.counts(tally) .. "\n" .. table.concat(judge.table(tally), "\n")
    assert.is_true(tally.rows >= 5000 and tally.right > 4000, lines)
    assert.equal(0, tally["false loads"], lines)
    assert.is_true(tally["false no"] + tally.unknown <= tally.rows / 100, lines)
  end)

  it("is told of failed relocations, and which of them the verifier meets first", function()
    local tally = judge.mutants(10000, { jobs = 2, relocations = true })
    local lines = judge.counts(tally) .. "\n" .. table.concat(judge.table(tally), "\n")
    assert.is_true(tally.rows >= 10000 and tally.right > 9000, lines)
    assert.same({ 0, 0 }, { tally["false loads"], tally["first poison"] }, lines)
    assert.is_true(tally["false no"] + tally.class + tally.unknown <= tally.rows / 100, lines)
  end)
end)

describe("what the running kernel makes of programs put together by chance", function()
  local why = select(2, loads.peer())
  if why then
    pending("is told: " .. why)
    return
  end

  -- Of numbers that differ by a constant, and of more than six copies of one, newer verifiers know more.
  local function is_told(count, seed, most)
    local tally = judge.composed(count, seed)
    local lines = judge.counts(tally) .. "\n" .. table.concat(judge.table(tally, true), "\n")
    assert.equal(count, tally.rows)
    assert.is_true(tally.right >= 0.85 * count, lines)
    assert.same({ 0, 0, 0, 0 }, { tally["false loads"], tally.unknown, tally.class, tally.apart }, lines)
    assert.is_true(tally["false no"] + tally["first poison"] <= most, lines)
  end

  it("is told of some", function() is_told(100, 1, 5) end)

  it("is told of many #long", function()
    for seed = 2, 6 do is_told(1000, seed, 5) end
  end)
end)
