--- Verdicts on assembled programs: what is dead code, item by item, and where releases differ.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local OLD, NEW = "5.10.0", "7.2.0"
local ALU = { add = 0x00, sub = 0x10, mul = 0x20, div = 0x30, ["or"] = 0x40, ["and"] = 0x50, lsh = 0x60,
  rsh = 0x70, neg = 0x80, mod = 0x90, xor = 0xa0, mov = 0xb0, arsh = 0xc0, bswap = 0xd0 }
local JUMP = { eq = 0x10, gt = 0x20, ge = 0x30, set = 0x40, ne = 0x50, sgt = 0x60, sge = 0x70, lt = 0xa0,
  le = 0xb0, slt = 0xc0, sle = 0xd0 }

local ins = object.insn
local function alu(op, dst, imm) return ins(0x07 | ALU[op], dst, 0, 0, imm) end
local function alu32(op, dst, imm) return ins(0x04 | ALU[op], dst, 0, 0, imm) end
local function alur(op, dst, src, off) return ins(0x0f | ALU[op], dst, src, off or 0) end
local function alu32r(op, dst, src, off) return ins(0x0c | ALU[op], dst, src, off or 0) end
local function jump(op, dst, imm, off) return ins(0x05 | JUMP[op], dst, 0, off, imm) end
local function jump32(op, dst, imm, off) return ins(0x06 | JUMP[op], dst, 0, off, imm) end
local function jumpr(op, dst, src, off) return ins(0x0d | JUMP[op], dst, src, off) end
local function ctx(dst) return object.ldx(8, dst, 1, 0) end -- an unknown number
local function unpacked(...) return { ... } end

local target_of = {}

--- The verdict on a program whose instructions named "poison" are accesses that fail.
local function verdict(insns, options)
  options = options or {}
  local b = btf.new { endian = options.endian }
  local int = b:int("int", 4, "signed")
  local task = b:struct("task", 8, { { "pid", int, 0 }, { "nosuch", int, 32 } })
  local list, relos = {}, {}
  for _, one in ipairs(insns) do
    if one == "poison" then
      relos[#relos + 1] = { insn = #list, type = task, access = "0:1", kind = "byte_off" }
      list[#list + 1] = object.mov(0, 4)
    elseif one[1] then
      for _, half in ipairs(one) do list[#list + 1] = half end
    else
      list[#list + 1] = one
    end
  end
  list[#list + 1] = object.mov(0, 0)
  list[#list + 1] = object.exit()
  local o = object.new(b)
  o:program { insns = list, relos = relos, section = options.section }
  for _, p in ipairs(options.programs or {}) do o:program(p) end
  local endian = options.endian or "little"
  if not target_of[endian] then
    local t = btf.new { endian = endian }
    t:struct("task", 4, { { "pid", t:int("int", 4, "signed"), 0 } })
    target_of[endian] = btfl.target(tmp.write("target." .. endian, t:bytes()))
  end

  local opened <close> = btfl.object(tmp.write("case.o", o:bytes()))
  local release = not options.no_release and (options.release or NEW) or nil
  local v = opened:program("prog"):verdict(target_of[endian], { release = release })
  return v.verdict, v.first_poison
end

describe("a verdict on bytecode", function()
  teardown(tmp.clean)

  --- In pairs: what leaves the access dead, and what does not.
  local function both(name, dead, live, release)
    it(name, function()
      assert.are.equal("guarded", (verdict(dead, { release = release })))
      assert.are.equal("rejected", (verdict(live, { release = release })))
    end)
  end

  it("of a program without failures is that it loads", function()
    assert.are.equal("loads", (verdict { object.mov(1, 1) }))
  end)

  it("names the first access that is reached, past a branch before its target", function()
    local what, first = verdict { ctx(2), jump("eq", 2, 7, 1), "poison", "poison" }
    assert.are.equal("rejected", what)
    assert.are.equal("raw_tp/sys_enter+16", first)
  end)

  -- The guard: r2 is 12 in the end, or not.
  local function computes(...)
    local dead = unpacked(...)
    local live = unpacked(...)
    table.insert(dead, jump("eq", 2, 12, 1))
    table.insert(live, jump("ne", 2, 12, 1))
    table.insert(dead, "poison")
    table.insert(live, "poison")
    return dead, live
  end

  for _, release in ipairs { OLD, NEW } do
    for name, list in pairs {
      add = { object.mov(2, 5), alu("add", 2, 7) },
      sub = { object.mov(2, 5), alu("sub", 2, -7) },
      mul = { object.mov(2, 3), alu("mul", 2, 4) },
      ["or"] = { object.mov(2, 8), alu("or", 2, 4) },
      ["and"] = { object.mov(2, 0x1c), alu("and", 2, 0xf) },
      xor = { object.mov(2, 15), alu("xor", 2, 3) },
      lsh = { object.mov(2, 3), alu("lsh", 2, 2) },
      rsh = { object.mov(2, 0x60), alu("rsh", 2, 3) },
      arsh = { object.mov(2, -4), alu("arsh", 2, 1), alu("add", 2, 14) },
      add32 = { object.mov(2, -1), alu32("add", 2, 13) },
      arsh32 = { object.mov(2, -4), alu32("arsh", 2, 1), alu32("add", 2, 14) },
      mov32 = { object.mov(2, -1), alu32r("mov", 3, 2), alur("mov", 2, 3), alu("rsh", 2, 28),
        alu("sub", 2, 3) },
      registers = { object.mov(3, 7), object.mov(2, 5), alur("add", 2, 3) },
      ldimm64 = { { object.ldimm64(2, 0x500000000) }, alu("rsh", 2, 32), alu("add", 2, 7) },
      spill = { object.mov(2, 12), object.stx(8, 10, 2, -8), object.mov(2, 0), object.ldx(8, 2, 10, -8) },
    } do
      both(("follows %s on %s"):format(name, release), computes(table.unpack(list)))
    end
  end

  both("cuts a 32-bit result", { object.mov(2, -1), alu32("add", 2, 1), jump("eq", 2, 0, 1), "poison" },
    { object.mov(2, -1), alu32("add", 2, 1), jump("ne", 2, 0, 1), "poison" }, OLD)

  -- opcode, width, the number, and what it becomes on a little-endian machine
  for name, case in pairs {
    be16 = { 0xdc, 16, 0x0c00 }, be32 = { 0xdc, 32, 0x0c000000 }, le16 = { 0xd4, 16, 0x1000c },
    bswap16 = { 0xd7, 16, 0x0c00 }, bswap32 = { 0xd7, 32, 0x0c000000 },
  } do
    local swapped = { object.mov(2, case[3]), ins(case[1], 2, 0, 0, case[2]) }
    both("swaps bytes: " .. name, computes(table.unpack(swapped)))
    it(("does not know bytes swapped, as old verifiers: %s"):format(name), function()
      assert.are.equal("rejected", (verdict((computes(table.unpack(swapped))), { release = OLD })))
    end)
  end

  -- By the documents of the instruction set: what is divided by 0 becomes 0, a remainder of it stays what it was, and
  -- of a 32-bit division only the lower halves count.
  local function by(op, value, divisor, signed)
    return { object.mov(2, value), object.mov(3, divisor), alur(op, 2, 3, signed and 1 or 0) }
  end
  local function by32(op, value, divisor, signed)
    return { object.mov(2, value), object.mov(3, divisor), alu32r(op, 2, 3, signed and 1 or 0) }
  end
  for name, case in pairs {
    ["a quotient"] = { by("div", 60, 5), 12 }, ["a remainder"] = { by("mod", 112, 100), 12 },
    ["of a large number"] = { by("div", -1, 5), 0x3333333333333333 },
    ["a remainder of a large number"] = { by("mod", -1, 16), 15 },
    ["by a constant"] = { { object.mov(2, 61), alu("div", 2, 5) }, 12 },
    ["a quotient by 0"] = { by("div", 60, 0), 0 }, ["a remainder by 0"] = { by("mod", 12, 0), 12 },
    ["a signed quotient"] = { by("div", -60, 5, true), -12 }, ["by less than 0"] = { by("div", 60, -5, true), -12 },
    ["a signed remainder"] = { by("mod", -17, 5, true), -2 }, ["a remainder by less"] = { by("mod", 17, -5, true), 2 },
    ["by -1"] = { by("div", 12, -1, true), -12 }, ["a remainder by -1"] = { by("mod", 12, -1, true), 0 },
    ["the least by -1"] = { { { object.ldimm64(2, math.mininteger) }, object.mov(3, -1), alur("div", 2, 3, 1) },
      math.mininteger },
    ["32 bits"] = { by32("div", -1, 5), 0x33333333 }, ["a remainder of 32 bits"] = { by32("mod", -1, 16), 15 },
    ["32 bits by 0"] = { by32("div", 60, 0), 0 }, ["32 signed bits"] = { by32("div", -60, 5, true), 0xfffffff4 },
    ["a remainder of 32 signed bits"] = { by32("mod", -17, 5, true), 0xfffffffe },
    ["32 signed bits by -1"] = { by32("div", 12, -1, true), 0xfffffff4 },
  } do
    local insns, result = case[1], case[2]
    local function follow(value)
      local list = table.move(insns, 1, #insns, 1, {})
      table.move({ { object.ldimm64(4, value) }, jumpr("eq", 2, 4, 1), "poison" }, 1, 3, #list + 1, list)
      return list
    end
    both(("follows a division since 7.1: %s"):format(name), follow(result), follow(result ~ 1), "7.1.0")
    it(("knows no result of a division before: %s"):format(name), function()
      assert.are.equal("rejected", (verdict(follow(result), { release = "7.0.0" })))
    end)
  end

  both("extends the sign of a move", { object.mov(3, 0xff), alur("mov", 2, 3, 8), jump("eq", 2, -1, 1),
    "poison" },
    { object.mov(3, 0x7f), alur("mov", 2, 3, 8), jump("eq", 2, -1, 1), "poison" })

  -- One byte of the stack is written at one of eight places, of which the number is in one or in none.
  local function anywhere(from)
    return { object.mov(2, 12), object.stx(8, 10, 2, -8), ctx(3), alu("and", 3, 7), alur("mov", 4, 10),
      alur("add", 4, 3), object.stx(1, 4, 2, from), object.ldx(8, 2, 10, -8), jump("eq", 2, 12, 1), "poison" }
  end
  both("forgets what may have been written over", anywhere(-16), anywhere(-15))

  both("extends the sign of a load",
    { object.mov(2, 0xff), object.stx(8, 10, 2, -8), object.ldsx(1, 2, 10, -8), jump("eq", 2, -1, 1),
      "poison" },
    { object.mov(2, 0x7f), object.stx(8, 10, 2, -8), object.ldsx(1, 2, 10, -8), jump("eq", 2, -1, 1),
      "poison" })

  for _, case in ipairs {
    { "eq", 5, 5 }, { "ne", 5, 6 }, { "gt", 6, 5 }, { "ge", 5, 5 }, { "lt", 4, 5 }, { "le", 5, 5 },
    { "sgt", -1, -2 }, { "sge", -1, -1 }, { "slt", -2, -1 }, { "sle", -1, -1 }, { "set", 6, 4 },
  } do
    local op, value, with = table.unpack(case)
    both("decides j" .. op, { object.mov(2, value), jump(op, 2, with, 1), "poison" },
      { ctx(2), jump(op, 2, with, 1), "poison" }, OLD)
    both(("decides j%s32"):format(op), { object.mov(2, value), jump32(op, 2, with, 1), "poison" },
      { ctx(2), jump32(op, 2, with, 1), "poison" }, OLD)
    both(("decides j%s of registers"):format(op),
      { object.mov(2, value), object.mov(3, with), jumpr(op, 2, 3, 1), "poison" },
      { ctx(2), object.mov(3, with), jumpr(op, 2, 3, 1), "poison" }, OLD)
  end

  both("looks at the lower half in 32-bit jumps",
    { { object.ldimm64(2, 0x100000000) }, jump32("eq", 2, 0, 1), "poison" },
    { { object.ldimm64(2, 0x100000000) }, jump("eq", 2, 0, 1), "poison" }, OLD)

  both("keeps unsigned ranges", { ctx(2), jump("gt", 2, 9, 3), jump("gt", 2, 20, 1), jump("le", 2, 9, 1),
    "poison" },
    { ctx(2), jump("gt", 2, 9, 2), jump("le", 2, 8, 1), "poison" }, OLD)

  both("keeps signed ranges", { ctx(2), jump("sgt", 2, -3, 2), jump("slt", 2, 0, 1), "poison" },
    { ctx(2), jump("sgt", 2, -3, 2), jump("slt", 2, -3, 1), "poison" }, OLD)

  both("keeps known bits", { ctx(2), alu("and", 2, 6), jump("set", 2, 1, 1), ins(0x05, 0, 0, 1), "poison" },
    { ctx(2), alu("and", 2, 6), jump("set", 2, 2, 1), ins(0x05, 0, 0, 1), "poison" }, OLD)

  both("keeps paths apart",
    { ctx(2), object.mov(3, 0), jump("eq", 2, 1, 1), object.mov(3, 1), jump("ne", 2, 1, 1), ins(0x05, 0, 0,
      2),
      jump("eq", 3, 1, 1), "poison" },
    { ctx(2), object.mov(3, 0), jump("eq", 2, 1, 1), object.mov(3, 1), jump("eq", 3, 1, 1), "poison" }, OLD)

  both("tells the copies of a number", { ctx(2), alur("mov", 3, 2), jump("ne", 2, 5, 2), jump("eq", 3, 5,
    1), "poison" },
    { ctx(2), alur("mov", 3, 2), jump("ne", 2, 5, 2), jump("eq", 3, 6, 1), "poison" }, "5.15.0")

  it("goes around a loop until nothing is new", function()
    local function loop(last)
      return verdict { object.mov(2, 0), alu("add", 2, 2), jump("ne", 2, last, 1), "poison", jump("lt", 2,
        20, -4) }
    end
    assert.are.equal("rejected", (loop(14)))
    assert.are.equal("guarded", (loop(15)))
  end)

  it("gives up on a loop without end, and does not guess", function()
    assert.are.equal("unknown",
      (verdict { object.mov(2, 0), alu("add", 2, 1), jump("ne", 2, -5, -2), "poison" }))
  end)

  it("knows nothing of what a move with no width of a sign gives", function()
    for _, off in ipairs { -28160, -1, 1, 24, 33, 64, 32767 } do
      for _, mov in ipairs { alur, alu32r } do
        local insns = { object.mov(2, 1), mov("mov", 3, 2, off), jump("ne", 3, 1, 1), "poison" }
        assert.are.equal("rejected", (verdict(insns)))
      end
    end
  end)

  it("does not follow a path into what is no instruction", function()
    assert.are.equal("unknown", (verdict { ctx(2), jump("eq", 2, 1, 100), ins(0x05, 0, 0, 1), "poison" }))
  end)

  it("does not take a register that is none for another", function()
    for _, insn in ipairs { ins(0xbf, 11, 1), ins(0xbf, 6, 15), ins(0xb7, 15) } do
      assert.are.equal("unknown", (verdict { insn, "poison" }))
    end
  end)

  --- { what, instructions before the poison, the first release that sees it is dead }
  local since = {
    { "equality by ranges", { ctx(2), alu("and", 2, 7), jump("ne", 2, 100, 1) }, "6.3.0", "6.4.0" },
    { "a constant on the left", { ctx(2), alu("and", 2, 7), object.mov(3, 9), jumpr("gt", 3, 2, 1) },
      "6.3.0", "6.4.0" },
    { "two ranges", { ctx(2), alu("and", 2, 7), ctx(3), alu("and", 3, 7), alu("add", 3, 8), jumpr("lt", 2,
      3, 1) },
      "6.7.0", "6.8.0" },
    { "copies", { ctx(2), alur("mov", 3, 2), jump("ne", 2, 5, 2), jump("eq", 3, 5, 1) }, "5.10.0", "5.11.0" },
    { "a spilled range", { ctx(2), alu("and", 2, 7), object.stx(8, 10, 2, -8), object.ldx(8, 3, 10, -8),
      jump("lt", 3, 8, 1) }, "5.11.0", "5.12.0" },
    { "a small spill", { object.mov(2, 5), object.stx(4, 10, 2, -8), object.ldx(4, 3, 10, -8), jump("eq",
      3, 5, 1) },
      "5.15.0", "5.16.0" },
    { "a stored immediate", { object.st(8, 10, -8, 5), object.ldx(8, 3, 10, -8), jump("eq", 3, 5, 1) },
      "6.2.0", "6.3.0" },
    { "a stored zero", { object.st(8, 10, -8, 0), object.ldx(8, 3, 10, -8), jump("eq", 3, 0, 1) }, "6.2.0",
      "6.3.0" },
    { "a narrow read", { object.mov(2, 5), object.stx(8, 10, 2, -8), object.ldx(4, 3, 10, -8), jump("eq",
      3, 5, 1) },
      "6.8.0", "6.9.0" },
    { "the or of what is not known", { ctx(2), alu("and", 2, 1), ctx(3), alu("and", 3, 2), alur("or", 2, 3),
      jump("lt", 2, 4, 1) }, "6.9.0", "6.10.0" },
    { "negation", { object.mov(2, 5), alu("neg", 2, 0), jump("eq", 2, -5, 1) }, "6.17.0", "6.18.0" },
    { "bits that differ", { ctx(2), alu("and", 2, 6), jump("ne", 2, 1, 1) }, "6.17.0", "6.18.0" },
    { "swapped bytes", { object.mov(2, 0x100), ins(0xd7, 2, 0, 0, 16), jump("eq", 2, 1, 1) }, "6.17.0",
      "7.0.0" },
    { "the only number of bits in a range, the largest", { ctx(2), alu("or", 2, 0xe00), alu("and", 2, 0xf00),
      jump("eq", 2, 0xe00, 2), jump("eq", 2, 0xf00, 1) }, "6.17.0", "7.0.0" },
    { "the only number of bits in a range, the least", { ctx(2), alu("and", 2, 0x110), jump("lt", 2, 0x10, 3),
      jump("gt", 2, 0xff, 2), jump("eq", 2, 0x10, 1) }, "6.17.0", "6.18.44" },
    { "the only number of bits in a range, between its ends", { ctx(2), alu("and", 2, 0x110), jump("le", 2, 1, 3),
      jump("gt", 2, 0xff, 2), jump("eq", 2, 0x10, 1) }, "6.17.0", "6.18.44" },
    { "a range and bits that contradict each other", { ctx(2), alu("or", 2, 6), jump("gt", 2, 11, 2),
      jump("le", 2, 10, 1) }, "7.1.0", "7.2.0" },
    { "division", { object.mov(2, 6), alu("div", 2, 3), jump("eq", 2, 2, 1) }, "6.18.0", "7.1.0" },
    { "memory that a helper reads", { object.mov(2, 5), object.stx(8, 10, 2, -8), alur("mov", 1, 10),
      alu("add", 1, -8),
      object.mov(2, 8), object.call(6), object.ldx(8, 3, 10, -8), jump("eq", 3, 5, 1) }, "6.13.0", "6.14.0" },
  }
  for _, case in ipairs(since) do
    local what, list, before, from = table.unpack(case)
    list[#list + 1] = "poison"
    it(("sees through %s since %s"):format(what, from), function()
      assert.are.equal("rejected", (verdict(list, { release = before })))
      assert.are.equal("guarded", (verdict(list, { release = from })))
    end)
  end

  it("goes by the failed one of two relocations of an instruction", function()
    for _, order in ipairs { { "0:0", "0:1" }, { "0:1", "0:0" } } do
      local b = btf.new()
      local task = b:struct("task", 8, { { "pid", b:int("int", 4, "signed"), 0 }, { "nosuch", 1, 32 } })
      local o = object.new(b)
      local relos = {}
      for i, access in ipairs(order) do relos[i] = { insn = 0, type = task, access = access, kind = "byte_off" } end
      o:program { insns = { object.mov(1, 0), object.mov(0, 0), object.exit() }, relos = relos }
      local t = btf.new()
      t:struct("task", 4, { { "pid", t:int("int", 4, "signed"), 0 } })
      local opened <close> = btfl.object(tmp.write("twice.o", o:bytes()))
      local target <close> = btfl.target(tmp.write("twice.btf", t:bytes()))
      local said = opened:program("prog"):verdict(target, { release = NEW })
      assert.are.same({ "rejected", "raw_tp/sys_enter+0" }, { said.verdict, said.first_poison }, order[1])
    end
  end)

  it("does not take for one number what may be two", function()
    for last, said in pairs { [0xff] = "guarded", [0x100] = "rejected", [0x10f] = "rejected" } do
      assert.are.equal(said, (verdict { ctx(2), alu("and", 2, 0x110), jump("le", 2, 1, 3), jump("gt", 2, last, 2),
        jump("eq", 2, 0x10, 1), "poison" }), last)
    end
  end)

  it("knows a zero, but no other number, in bytes that no spill is", function()
    local function slot(value)
      return (verdict({ object.mov(2, value), object.stx(4, 10, 2, -4), object.ldx(4, 3, 10, -4),
        jump("eq", 3, value, 1), "poison" }, { release = "6.12.0" }))
    end
    assert.are.equal("guarded", slot(0))
    assert.are.equal("rejected", slot(1))
  end)

  it("forgets what a helper writes", function()
    local function helper(size)
      return (verdict { object.mov(2, 5), object.stx(8, 10, 2, -8), object.stx(8, 10, 2, -16), alur("mov",
        1, 10),
        alu("add", 1, -16), object.mov(2, size), object.call(16), object.ldx(8, 3, 10, -8), jump("eq", 3,
          5, 1),
        "poison" })
    end
    assert.are.equal("guarded", helper(8))
    assert.are.equal("rejected", helper(9))
  end)

  it("says unknown when only the release would tell", function()
    local v = (verdict({ ctx(2), alu("and", 2, 7), jump("ne", 2, 100, 1), "poison" },
      { no_release = true }))
    assert.are.equal("unknown", v)
    assert.are.equal("rejected", (verdict({ ctx(2), "poison" }, { no_release = true })))
  end)

  it("reads big-endian programs", function()
    local list = { object.mov(2, 5), object.stx(8, 10, 2, -8), object.ldx(4, 3, 10, -4), jump("eq", 3, 5,
      1), "poison" }
    assert.are.equal("guarded", (verdict(list, { endian = "big" })))
    assert.are.equal("rejected", (verdict(list)))
  end)
end)
