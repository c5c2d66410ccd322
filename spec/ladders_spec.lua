--- Ladders: branches that ask a kernel what it has, and how these go over kernels in order of release.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local dkjson = require "dkjson"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local mov, exit, insn = object.mov, object.exit, object.insn

local HELPER_TIME, HELPER_READ, HELPER_PID = 5, 113, 14

local function jne(reg, imm, off) return insn(0x55, reg, 0, off, imm) end
local function jeq(reg, imm, off) return insn(0x15, reg, 0, off, imm) end
local function move(dst, src) return insn(0xbf, dst, src) end

local n = 0

-- A kernel of that name: struct s has what is listed, and struct other and its `always` exist. `register` is one
-- of its architecture.
local function kernel(name, fields, endian, register)
  n = n + 1
  local t = btf.new { endian = endian }
  local int = t:int("int", 4, "signed")
  local members = { { "always", int, 0 } }
  for i, field in ipairs(fields) do members[#members + 1] = { field, int, 32 * i } end
  t:struct("s", 4 + 4 * #fields, members)
  t:struct("other", 4, { { "always", int, 0 } })
  t:struct("bpf_ringbuf", 4, { { "mask", int, 0 } })
  if register then t:struct("pt_regs", 4, { { register, int, 0 } }) end
  tmp.mkdir(tostring(n))
  return tmp.write(("%d/%s.btf"):format(n, name), t:bytes())
end

-- Kernels by name, from a list such as { "5.10.0-amd64", "", "6.1.0-amd64", "a b" }.
local function kernels(list)
  local out = {}
  for i = 1, #list, 2 do
    local fields = {}
    for field in list[i + 1]:gmatch "%S+" do fields[#fields + 1] = field end
    out[#out + 1] = kernel(list[i], fields)
  end
  return out
end

-- Where they are in the object's own struct, and as an access.
local OFFSET = { a = 4, b = 8, c = 12, always = 0, other = 0 }
local ACCESS = { a = "0:1", b = "0:2", c = "0:3", always = "0:0" }

-- An object whose program has these instructions. asks: by instruction from 0, "a" (field_exists s.a), or
-- { kind, name }. Lines: instruction i stands in line 100 + i.
local function make(insns, asks, options)
  n, options = n + 1, options or {}
  local b = btf.new { endian = options.endian }
  local int = b:int("int", 4, "signed")
  local s = b:struct("s", 16, { { "always", int, 0 }, { "a", int, 32 }, { "b", int, 64 }, { "c", int, 96 } })
  local other = b:struct("other", 4, { { "always", int, 0 } })
  local ring = b:struct("bpf_ringbuf", 4, { { "mask", int, 0 } })
  local o, relos, lines = object.new(b), {}, {}
  for at, what in pairs(asks) do
    local kind, name = what[1], what[2]
    if type(what) == "string" then kind, name = "field_exists", what end
    local root = name == "other" and other or name == "bpf_ringbuf" and ring or s
    local access = kind:find "^type" and "0" or ACCESS[name] or "0:0"
    relos[#relos + 1] = { insn = at, type = root, access = access, kind = kind }
  end
  table.sort(relos, function(x, y) return x.insn < y.insn end)
  if not options.no_lines then
    for i = 1, #insns do lines[i] = { insn = i - 1, line = 99 + i, text = "\tif (exists(s->a))", column = 2 } end
  end
  o:program { name = "prog", insns = insns, relos = relos, lines = lines }
  return tmp.write(("ladder%d.o"):format(n), o:bytes())
end

local function ladders(path, targets)
  local opened = {}
  for i, target in ipairs(targets) do opened[i] = btfl.target(target) end
  return btfl.object(path):ladders(opened)
end

local function verdicts(path, targets)
  local out = {}
  for i, ladder in ipairs(ladders(path, targets)) do out[i] = ("%d %s"):format(ladder.insn, ladder.verdict) end
  return table.concat(out, ", ")
end

-- The findings of all ladders by rule and line; with those of --ladders when asked.
local function said(path, targets, cleanup)
  local out = {}
  for _, ladder in ipairs(ladders(path, targets)) do
    for _, finding in ipairs(ladder.findings) do
      assert.equal("note", finding.level)
      out[#out + 1] = finding.rule
    end
    if cleanup and ladder.cleanup then out[#out + 1] = ladder.cleanup.rule end
  end
  return table.concat(out, ", ")
end

-- if (s.a) call 5; else call 14
local ONE = { mov(1, 1), jeq(1, 0, 2), object.call(HELPER_TIME), exit(), object.call(HELPER_PID), exit() }
-- if (s.a || s.b) call 5; else call 14, as clang compiles it
local EITHER = {
  mov(1, 1), jne(1, 0, 2), mov(1, 1), jeq(1, 0, 2), object.call(HELPER_TIME), exit(), object.call(HELPER_PID),
  exit(),
}

local FOUR = { "5.10.1-amd64", "", "6.1.2-amd64", "a", "6.12.3-amd64", "b", "6.18.4-amd64", "" }

local function one(list) return verdicts(make(ONE, { [0] = "a" }), kernels(list)) end

describe("a ladder", function()
  it("has a gap where the newest kernel is back in the branch of the oldest", function()
    local list = ladders(make(EITHER, { [0] = "a", [2] = "b" }), kernels(FOUR))
    assert.equal(2, #list)
    local first, second = list[1], list[2]
    assert.same({ "field_exists s.a", "gap", 1, 1 }, { first.question, first.verdict, first.insn, first.head })
    assert.same({ "field_exists s.b", "gap", 3, 1 }, { second.question, second.verdict, second.insn, second.head })
    assert.equal("amd64: 5.10.1=0 6.1.2=1 6.12.3..6.18.4=0", first.vector)
    assert.equal("amd64: 5.10.1..6.1.2=0 6.12.3=1 6.18.4=0", second.vector)
    local gap = first.gaps[1]
    assert.same({ "amd64", "6.18.4-amd64", "5.10.1-amd64", 2 },
      { gap.series, gap.newest[1].name, gap.like[1].name, #gap.between })
    assert.same({ 1, 0 }, { #first.findings, #second.findings })
  end)

  it("has none where a further rung takes what the first leaves", function()
    local path = make(EITHER, { [0] = "a", [2] = "b" })
    assert.equal("1 covered, 3 monotone", verdicts(path, kernels {
      "5.10.1-amd64", "", "6.1.2-amd64", "a", "6.12.3-amd64", "b", "6.18.4-amd64", "b" }))
    assert.equal("", said(path, kernels {
      "5.10.1-amd64", "", "6.1.2-amd64", "a", "6.12.3-amd64", "b", "6.18.4-amd64", "b" }))
  end)

  it("is in order while nothing comes back", function()
    assert.equal("1 monotone", one { "5.10.1-amd64", "", "6.1.2-amd64", "a", "6.12.3-amd64", "a" })
    assert.equal("1 monotone", one { "5.10.1-amd64", "a", "6.1.2-amd64", "", "6.12.3-amd64", "" })
    assert.equal("1 always", one { "5.10.1-amd64", "a", "6.1.2-amd64", "a" })
    assert.equal("1 never", one { "5.10.1-amd64", "", "6.1.2-amd64", "" })
  end)

  it("takes kernels by version and not as they are given", function()
    assert.equal("1 gap", one { "6.18.4-amd64", "", "6.9.1-amd64", "a", "5.10.1-amd64", "" })
    assert.equal("1 monotone", one { "6.18.4-amd64", "", "5.10.1-amd64", "a", "6.9.1-amd64", "" })
    assert.equal("1 monotone", one { "7.1-amd64", "a", "5.10.1-amd64", "", "7.1-rc2-amd64", "" })
  end)

  it("is one for each flavour and architecture", function()
    assert.equal("1 mixed", one {
      "5.10.1-cloud-amd64", "", "6.1.2-generic-amd64", "a", "6.12.3-cloud-amd64", "" })
    assert.equal("1 mixed", one { "5.10.1-arm64", "", "6.1.2-amd64", "a", "6.12.3-arm64", "" })
    assert.equal("1 mixed", one { "5.15.0-91-generic", "", "5.15.0-1010-aws", "a", "6.8.0-31-generic", "" })
    -- Numbers of builds are no flavours.
    assert.equal("1 gap", one {
      "5.14.0-70.el9.x86_64", "", "vmlinux-6.1.10+deb12-amd64", "a", "6.5.6-300.fc39.x86_64", "" })
    assert.equal("1 gap", one { "5.10", "", "6.1", "a", "6.12", "" })
  end)

  it("is one for each architecture where names tell none", function()
    local list = ladders(make(ONE, { [0] = "a" }), { kernel("5.15.0-generic", {}, nil, "di"),
      kernel("6.1.2-generic", { "a" }, nil, "pstate"), kernel("6.8.0-generic", {}, nil, "di") })
    assert.equal("mixed", list[1].verdict)
    assert.equal("generic-arm64: 6.1.2=1; generic-x86: 5.15.0..6.8.0=0", list[1].vector)
  end)

  it("is uneven and no gap where only older kernels went back", function()
    -- if (s.a) call 5; else if (s.b) call 14; else call 1
    local path = make({ mov(1, 1), jne(1, 0, 4), mov(1, 1), jne(1, 0, 4), object.call(1), exit(),
      object.call(HELPER_TIME), exit(), object.call(HELPER_PID), exit() }, { [0] = "a", [2] = "b" })
    assert.equal("1 mixed, 3 mixed", verdicts(path, kernels {
      "5.10.1-amd64", "a", "6.1.2-amd64", "", "6.12.3-amd64", "a", "6.18.4-amd64", "b" }))
  end)

  it("is of arms that do something else, or with something else", function()
    local function arms(reg)
      return verdicts(make({ mov(6, 1), mov(1, 1), jeq(1, 0, 1), mov(reg, 2), move(1, 6),
        object.call(5), exit() }, { [1] = "a" }), kernels {
        "5.10.1-amd64", "", "6.1.2-amd64", "a", "6.12.3-amd64", "" })
    end
    assert.equal("2 gap", arms(6))
    assert.equal("2 covered", arms(7))
  end)

  it("leaves kernels out of the order whose version nothing tells", function()
    local list = ladders(make(ONE, { [0] = "a" }), kernels { "old", "", "6.1.2-amd64", "a" })
    assert.equal("amd64: 6.1.2=1; old=0", list[1].vector)
    assert.equal("1 monotone", one { "old", "", "6.1.2-amd64", "a", "6.12.3-amd64", "a" })
  end)

  it("asks for types, sizes and values, too", function()
    local path = make({ mov(1, 1), jeq(1, 0, 1), object.call(5), mov(1, 16), jeq(1, 8, 1), object.call(5), exit() },
      { [0] = { "type_exists", "bpf_ringbuf" }, [3] = { "type_size", "s" } })
    local list = ladders(path, kernels { "5.10.1-amd64", "", "6.1.2-amd64", "a" })
    assert.same({ "type_exists bpf_ringbuf", "always", "amd64: 5.10.1..6.1.2=1" },
      { list[1].question, list[1].verdict, list[1].vector })
    assert.same({ "type_size s", "monotone", "amd64: 5.10.1=4 6.1.2=8" },
      { list[2].question, list[2].verdict, list[2].vector })
  end)

  it("is not what a macro asks for a bitfield", function()
    local read = { mov(1, 4), jeq(1, 4, 1), object.call(5), insn(0x67, 1, 0, 0, 32), exit() }
    local targets = kernels { "5.10.1-amd64", "a", "6.1.2-amd64", "a" }
    assert.equal("1 constant", verdicts(make(read, { [0] = { "byte_sz", "a" } }), targets))
    assert.equal("", verdicts(make(read, { [0] = { "byte_sz", "a" }, [3] = { "lshift_u64", "a" } }), targets))
  end)
end)

describe("a question is followed", function()
  local GAP = { "5.10.1-amd64", "", "6.1.2-amd64", "a", "6.12.3-amd64", "" }

  -- How the last branch of a program goes that asks in its first instruction.
  local function followed(insns, endian)
    return verdicts(make(insns, { [0] = "a" }, { endian = endian }), kernels(GAP))
  end

  it("through moves, arithmetic and a spill", function()
    assert.equal("3 gap", followed { mov(1, 1), move(6, 1), insn(0x67, 6, 0, 0, 4), jeq(6, 0, 1), object.call(5),
      exit() })
    assert.equal("3 gap", followed { mov(1, 1), object.stx(8, 10, 1, -8), object.ldx(8, 2, 10, -8), jeq(2, 0, 1),
      object.call(5), exit() })
  end)

  it("to what branches have chosen", function()
    -- r6 = s.a || s.b; call; if (r6)
    local path = make({ mov(6, 1), mov(1, 1), jne(1, 0, 3), mov(1, 1), jne(1, 0, 1), mov(6, 0), object.call(5),
      jeq(6, 0, 1), object.call(HELPER_PID), exit() }, { [1] = "a", [3] = "b" })
    local list = ladders(path, kernels(FOUR))
    assert.same({ 2, 4, 7 }, { list[1].insn, list[2].insn, list[3].insn })
    assert.same({ "field_exists s.a, field_exists s.b", "gap" }, { list[3].question, list[3].verdict })
    assert.equal("amd64: 5.10.1=0,0 6.1.2=1,0 6.12.3=0,1 6.18.4=0,0", list[3].vector)
    assert.equal("ladder-gap", said(path, kernels(FOUR)))
  end)

  it("not to a register that a branch leaves alone", function()
    local path = make({ mov(6, 3), mov(1, 1), jeq(1, 0, 1), object.call(5), jeq(6, 3, 1), object.call(5), exit() },
      { [1] = "a" })
    assert.equal("2 gap", verdicts(path, kernels(GAP)))
  end)

  it("not through a call, nor memory that a call may write", function()
    assert.equal("", followed { mov(1, 1), object.call(5), jeq(1, 0, 1), object.call(5), exit() })
    local function given(size)
      return followed { mov(1, 1), object.stx(8, 10, 1, -8), move(1, 10), object.add(1, -16), mov(2, size),
        object.call(HELPER_READ), object.ldx(8, 2, 10, -8), jeq(2, 0, 1), object.call(5), exit() }
    end
    assert.equal("", given(16))
    assert.equal("7 gap", given(8))
  end)

  it("not over another store to the same place", function()
    assert.equal("", followed { mov(1, 1), object.stx(8, 10, 1, -8), object.stx(4, 10, 0, -4),
      object.ldx(8, 2, 10, -8), jeq(2, 0, 1), object.call(5), exit() })
  end)

  it("not where paths bring other numbers", function()
    assert.equal("", followed { mov(6, 1), object.call(5), jeq(0, 0, 1), mov(6, 7), jeq(6, 0, 1), object.call(5),
      exit() })
  end)

  it("in either byte order", function()
    local list = kernels {}
    for _, name in ipairs { "5.10.1-s390x", "6.12.3-s390x" } do list[#list + 1] = kernel(name, {}, "big") end
    table.insert(list, 2, kernel("6.1.2-s390x", { "a" }, "big"))
    assert.equal("1 gap", verdicts(make(ONE, { [0] = "a" }, { endian = "big" }), list))
    -- Kernels of the other byte order are not asked.
    assert.equal("", verdicts(make(ONE, { [0] = "a" }), list))
  end)
end)

describe("check over a set of kernels", function()
  local GAP = kernels(FOUR)

  local function check(path, targets, ...)
    local words = { "check", path, ... }
    for _, target in ipairs(targets) do table.move({ "-t", target }, 1, 2, #words + 1, words) end
    return run(words)
  end

  it("tells a gap once, as a note", function()
    local r = check(make(EITHER, { [0] = "a", [2] = "b" }), GAP)
    assert.same({ "", 0 }, { r.err, r.status })
    local _, count = r.out:gsub("note%[ladder%-gap%]", "")
    assert.equal(1, count)
    for _, line in ipairs {
      "note[ladder-gap]: 6.18.4 takes the branch of 5.10.1, and not that of 6.1.2 .. 6.12.3",
      "= target: 6.18.4-amd64", "= field_exists s.a: amd64: 5.10.1=0 6.1.2=1 6.12.3..6.18.4=0",
      "= decided by the same: line 103", "test.bpf.c:101:2",
    } do
      assert.is_not_nil(r.out:find(line, 1, true), line .. "\n" .. r.out)
    end
  end)

  it("says nothing of one or two kernels", function()
    local r = check(make(EITHER, { [0] = "a", [2] = "b" }), { GAP[1], GAP[2] })
    assert.is_nil(r.out:find("[ladder", 1, true))
  end)

  it("tells what all kernels answer alike only with --ladders", function()
    local path = make(ONE, { [0] = "a" })
    local always = kernels { "5.10.1-amd64", "a", "6.1.2-amd64", "a" }
    assert.is_nil(check(path, always).out:find("[ladder", 1, true))
    assert.is_not_nil(check(path, always, "--ladders").out:find(
      "note[ladder-always]: field_exists s.a: true on each of the 2 kernels", 1, true))
    local never = kernels { "5.10.1-amd64", "", "6.1.2-amd64", "" }
    assert.is_not_nil(check(path, never, "--ladders").out:find("note[ladder-never]", 1, true))
    assert.equal("", said(path, { always[1] }, true))
  end)

  it("shows the instruction where there is no source line", function()
    local r = check(make(ONE, { [0] = "a" }, { no_lines = true }),
      kernels { "5.10.1-amd64", "", "6.1.2-amd64", "a", "6.12.3-amd64", "" })
    assert.is_not_nil(r.out:find("if r1 == 0 goto +2", 1, true), r.out)
  end)
end)

describe("the command ladders", function()
  it("prints a row for each branch", function()
    local path, words = make(EITHER, { [0] = "a", [2] = "b" }), {}
    for _, target in ipairs(kernels(FOUR)) do table.move({ "-t", target }, 1, 2, #words + 1, words) end
    local r = run { "ladders", path, "--format", "tsv", table.unpack(words) }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.equal("object\tprogram\tline\tquestion\tvector\tverdict\n" ..
      path .. "\tprog\ttest.bpf.c:101\tfield_exists s.a\tamd64: 5.10.1=0 6.1.2=1 6.12.3..6.18.4=0\tgap\n" ..
      path .. "\tprog\ttest.bpf.c:103\tfield_exists s.b\tamd64: 5.10.1..6.1.2=0 6.12.3=1 6.18.4=0\tgap\n", r.out)
    local rows = dkjson.decode(run { "ladders", path, "--format", "json", table.unpack(words) }.out).rows
    assert.equal("gap", rows[1].verdict)
  end)

  it("refuses what is no list of kernels", function()
    assert.has_error(function() btfl.object(make(ONE, { [0] = "a" })):ladders(3) end)
  end)
end)

describe("a guard", function()
  local TWO = kernels { "5.10.1-amd64", "", "6.1.2-amd64", "a b" }

  -- if (question) { access }
  local function guards(question, access, kind)
    return said(make({ mov(1, 1), jeq(1, 0, 2), mov(2, OFFSET[access]), object.call(5), exit() },
      { [0] = question, [2] = { kind or "byte_off", access } }), TWO)
  end

  it("that asks for another thing than it guards is a note", function()
    assert.equal("guard-other", guards("a", "other"))
    assert.equal("guard-other", guards("a", "b"))
    assert.equal("guard-other", guards({ "type_exists", "other" }, "b"))
  end)

  it("is not judged by one kernel", function()
    local path = make({ mov(1, 1), jeq(1, 0, 2), mov(2, 0), object.call(5), exit() },
      { [0] = "a", [2] = { "byte_off", "other" } })
    assert.same({ "guard-other", "" }, { said(path, TWO), said(path, { TWO[2] }) })
  end)

  it("that asks for what it guards is none", function()
    assert.equal("", guards("a", "a"))
    assert.equal("", guards({ "type_exists", "s" }, "b"))
    -- Of the same struct, and on all kernels.
    assert.equal("", guards("a", "always"))
  end)

  it("that probes for a helper or a type of map is none", function()
    assert.equal("", guards({ "type_exists", "bpf_ringbuf" }, "other"))
    assert.equal("", said(make(ONE, { [0] = "a" }), TWO))
  end)

  it("is none where the other side, or another branch, accesses it", function()
    local path = make({ mov(1, 1), jne(1, 0, 2), mov(2, 4), exit(), mov(2, 0), object.call(5), exit() },
      { [0] = "a", [2] = { "byte_off", "a" }, [4] = { "byte_off", "other" } })
    assert.equal("", said(path, TWO))
    path = make({ mov(1, 1), jeq(1, 0, 2), mov(2, 0), object.call(5), mov(1, 1), jeq(1, 0, 1), mov(2, 4),
      object.call(5), exit() },
      { [0] = "a", [2] = { "byte_off", "other" }, [4] = "a", [6] = { "byte_off", "a" } })
    assert.equal("", said(path, TWO))
  end)

  it("does not guard what other paths reach", function()
    -- if (s.a) r7 = 1; access of other, in any case
    assert.equal("", said(make({ mov(1, 1), jeq(1, 0, 1), mov(7, 1), mov(2, 0), object.call(5), exit() },
      { [0] = "a", [3] = { "byte_off", "other" } }), TWO))
  end)
end)

describe("branches", function()
  it("of one kernel tell which way they go, and what is behind", function()
    local list = kernels(FOUR)
    local program = btfl.object(make(EITHER, { [0] = "a", [2] = "b" })):program("prog")
    local function ways(i)
      local out = {}
      for _, branch in ipairs((program:branches(btfl.target(list[i])))) do
        out[#out + 1] = ("%d %s"):format(branch.insn, branch.taken or "-")
      end
      return table.concat(out, ", ")
    end
    assert.same({ "1 falls, 3 jumps", "1 jumps, 3 -", "1 falls, 3 falls", "1 falls, 3 jumps" },
      { ways(1), ways(2), ways(3), ways(4) })
  end)

  it("are found in whatever is no program", function()
    local target = btfl.target(kernels(FOUR)[1])
    local wide, rest = object.ldimm64(3, 1)
    for _, insns in ipairs {
      { mov(1, 1), jeq(1, 0, 30000), exit() }, { mov(1, 1), jeq(1, 0, -30000), exit() },
      { mov(1, 1), jeq(1, 0, -1), exit() }, { mov(1, 1), jeq(1, 0, -2) }, { mov(1, 1), jeq(1, 0, 1), wide, rest },
      { mov(1, 1), insn(0x05, 0, 0, -1) }, { mov(1, 1), wide }, { mov(1, 1), insn(0x15, 15, 15, 0, 0), exit() },
      { mov(1, 1), insn(0x05, 0, 0, 1), wide, insn(0x15, 1, 0, -2, 0), exit() },
      { mov(1, 1), insn(0xbf, 12, 13), insn(0x7b, 15, 15, -8), insn(0x79, 14, 10, -600), exit() },
    } do
      assert.is_true(#btfl.object(make(insns, { [0] = "a" })):program("prog"):branches(target) <= 1)
    end
  end)

  it("are found soon in long programs", function()
    local insns, asks = {}, {}
    for i = 0, 9999 do
      insns[#insns + 1], insns[#insns + 2] = mov(1, 1), jeq(1, 0, i % 3)
      asks[2 * i] = "a"
    end
    insns[#insns + 1], insns[#insns + 2] = exit(), exit()
    local start = os.clock()
    local program = btfl.object(make(insns, asks, { no_lines = true })):program("prog")
    assert.equal(10000, #program:branches(btfl.target(kernels(FOUR)[2])))
    assert.is_true(os.clock() - start < 5)
  end)
end)

describe("ladders of the corpus", function()
  local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"
  local filelife = corpus .. "/objects/libbpf-tools-0.31.0+ds-7/filelife-libbpf.bpf.o"
  local found = io.open(filelife)
  if found then found:close() end

  it("are a gap in filelife, and in nothing else", function()
    if not found then return pending("no corpus") end
    local targets, gaps = {}, {}
    local files = run.program({ "sh", "-c", ("ls '%s'/kernels/*amd64.btf.gz"):format(corpus) }).out
    for path in files:gmatch "[^\n]+" do targets[#targets + 1] = btfl.target(path) end
    files = run.program({ "sh", "-c", ("find '%s'/objects -name '*.o' | sort"):format(corpus) }).out
    for path in files:gmatch "[^\n]+" do
      for _, ladder in ipairs(btfl.object(path):ladders(targets)) do
        for _, finding in ipairs(ladder.findings) do
          gaps[#gaps + 1] = ("%s %s %s"):format(path:match "[^/]*$", ladder.program.name, finding.rule)
        end
      end
    end
    assert.same({ "filelife-libbpf.bpf.o vfs_create ladder-gap", "filelife-libbpf.bpf.o vfs_unlink ladder-gap" }, gaps)
  end)
end)
