--- What a program reads is found once for all kernels on which it goes the same ways: on each it must be what a
--- walk there finds, whatever verifiers can tell, and wherever relocations lead.
local argued = require "spec.support.argued"
local btf = require "spec.support.btf"
local btfl = require "btfl"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local ldx, stx, mov, call, insn = object.ldx, object.stx, object.mov, object.call, object.insn
local pick, OF_STRUCTS = argued.pick, argued.OF_STRUCTS
local PROBE_STR = 115

local function reg() return 5 + pick(3) end

-- Where numbers decide which way is gone: as far as a verifier can tell, or by what relocations became.
local DECIDING = {
  -- A range, and a copy of it, which the stack may have kept.
  function(list)
    local by_stack, other = pick(2) == 1, pick(3)
    list[#list + 1] = ldx(4, 2, 10, -4)
    list[#list + 1] = insn(pick(2) == 1 and 0xbf or 0xbc, 3, 2)
    list[#list + 1] = insn(0x25, 2, 0, by_stack and 5 or 3, 7)
    if by_stack then
      list[#list + 1] = stx(pick(2) * 4, 10, 2, -40)
      list[#list + 1] = ldx(4, 3, 10, -40)
    end
    list[#list + 1] = insn(other == 1 and 0x25 or other == 2 and 0x65 or 0x26, 3, 0, 1, 5 + pick(5))
    list[#list + 1] = insn(0x05, 0, 0, 1)
    list[#list + 1] = insn(0xbf, reg(), reg())
  end,
  -- Two ranges, bits, and what arithmetic makes of them.
  function(list)
    list[#list + 1] = ldx(4, 2, 10, -4)
    list[#list + 1] = insn(0x57, 2, 0, 0, pick(2) * 6)
    list[#list + 1] = ldx(4, 3, 10, -8)
    list[#list + 1] = insn(0x57, 3, 0, 0, 15)
    list[#list + 1] = insn(pick(2) == 1 and 0x47 or 0xa7, 3, 0, 0, 16)
    if pick(2) == 1 then list[#list + 1] = insn(0x4f, 3, 2) end
    list[#list + 1] = insn(pick(2) == 1 and 0x2d or 0x1d, 2, 3, 1)
    list[#list + 1] = insn(0xbf, reg(), reg())
  end,
  function(list)
    local op = pick(3)
    list[#list + 1] = mov(2, 0x1234)
    list[#list + 1] = insn(op == 1 and 0xdc or op == 2 and 0x37 or 0x87, 2, 0, 0, op == 2 and 10 or 16)
    list[#list + 1] = insn(0x15, 2, 0, 1, 0x3412)
    list[#list + 1] = insn(0xbf, reg(), reg())
  end,
  -- What a relocation became is compared, or what was computed of it.
  function(list, _, relo)
    relo(pick(OF_STRUCTS))
    list[#list + 1] = mov(2, 0)
    if pick(2) == 1 then list[#list + 1] = insn(0x07, 2, 0, 0, 8) end
    if pick(2) == 1 then
      list[#list + 1] = stx(8, 10, 2, -48)
      list[#list + 1] = ldx(8, 2, 10, -48)
    end
    list[#list + 1] = insn(0x25, 2, 0, 1, 8 * pick(2))
    list[#list + 1] = insn(0xbf, reg(), reg())
  end,
  -- It is a size, and tells how much is written, and what is returned.
  function(list, _, relo)
    list[#list + 1] = stx(8, 10, reg(), -24)
    list[#list + 1] = insn(0xbf, 1, 10)
    list[#list + 1] = object.add(1, -32)
    relo(pick(OF_STRUCTS))
    list[#list + 1] = mov(2, 0)
    list[#list + 1] = insn(0xbf, 3, reg())
    list[#list + 1] = call(PROBE_STR)
    list[#list + 1] = insn(0x65, 0, 0, 1, 8)
    list[#list + 1] = ldx(8, reg(), 10, -24)
  end,
  -- The context, moved by it.
  function(list, _, relo)
    relo(pick(4) == 1 and 5 + pick(3) or pick(OF_STRUCTS))
    list[#list + 1] = mov(2, 0)
    list[#list + 1] = insn(0xbf, 3, 9)
    list[#list + 1] = insn(0x0f, 3, 2)
    list[#list + 1] = ldx(8, reg(), 3, 0)
  end,
  -- It is added twice.
  function(list, _, relo)
    local to = reg()
    for _ = 1, 2 do
      relo(pick(OF_STRUCTS))
      list[#list + 1] = mov(2, 0)
      list[#list + 1] = insn(0x0f, to, 2)
    end
  end,
}

local function parts()
  local list = table.move(argued.PARTS, 1, #argued.PARTS, 1, {})
  return table.move(DECIDING, 1, #DECIDING, #list + 1, list)
end

local RELEASES = { "5.10.200", "5.15.0", "6.1.100", "6.5.0", "6.9.0", "6.12.50", "6.16.0", "6.18.44", "7.1.0", "7.3.0" }

local function targets()
  local list = {}
  for i, release in ipairs(RELEASES) do
    list[i] = argued.kernel(i % 3 == 0 and { "pinode", "ptask", "psock" } or { "ptask", "pinode", "long" }, "int",
      release, i % 4 == 0, i % 5 == 0, i % 2 == 0)
    list[#RELEASES + i] = argued.kernel({ "ptask", "psock", i % 3 == 0 and "pconst" or "pinode" }, "ptask", "6.12.50",
      i % 4 == 0, false, i > 5)
  end
  return list
end

local function text_of(read)
  local list = {}
  for name, value in pairs(read) do
    if name ~= "from" then list[#list + 1] = ("%s=%s"):format(name, value) end
  end
  table.sort(list)
  for _, step in ipairs(read.from or {}) do
    list[#list + 1] = ("from %d %s %s"):format(step.offset, step.relo, step.nested)
  end
  return table.concat(list, " ")
end

local function text(reads)
  local list = {}
  for _, read in ipairs(reads) do
    if read.argument ~= "task" then list[#list + 1] = text_of(read) end
  end
  table.sort(list)
  return table.concat(list, "\n")
end

-- What stands in the rows of program:arguments().
local function of_rows(p, target)
  local reads = {}
  for _, row in ipairs(p:arguments(target)) do table.move(row.reads, 1, #row.reads, #reads + 1, reads) end
  return text(reads)
end

describe("what a program reads on one of several kernels", function()
  teardown(tmp.clean)

  -- On kernels of one release, where task.pid is at 0, and at 8.
  local function reads_alike(list, relos, section)
    local b = btf.new()
    local t, o = argued.structs(b), object.new(b)
    for _, relo in ipairs(relos) do relo.type, relo.kind = t.task, "byte_off" end
    o:section("license", "GPL\0")
    o:program { name = "p", section = section or "raw_tp/f", insns = list, relos = relos }
    local p, texts = btfl.object(tmp.write("decides.o", o:bytes())):program "p", {}
    for i, moved in ipairs { false, true } do
      local target = argued.kernel({ "ptask", "pinode" }, "int", "6.12.50", false, false, moved)
      texts[i] = text(p:reads(target))
      assert.equal(texts[i], of_rows(p, target))
    end
    return texts[1] == texts[2]
  end

  it("depends on what a relocation became where that decides, and not where it is added to an argument", function()
    local start, rest = { ldx(8, 6, 1, 0), ldx(8, 7, 1, 8) }, { ldx(8, 3, 6, 0), mov(0, 0), object.exit() }
    local function of(part, relo)
      local list = table.move(start, 1, 2, 1, {})
      table.move(part, 1, #part, 3, list)
      return reads_alike(table.move(rest, 1, 3, #list + 1, list), { { insn = 1 + relo, access = "0:0" } })
    end
    assert.is_true(of({ mov(2, 0), insn(0x0f, 6, 2) }, 1))
    -- Compared; on the way through the stack; the size of what is copied.
    assert.is_false(of({ mov(2, 0), insn(0x25, 2, 0, 1, 4), insn(0xbf, 6, 7) }, 1))
    assert.is_false(of({ mov(2, 0), stx(8, 10, 2, -8), ldx(8, 3, 10, -8), insn(0x55, 3, 0, 1, 8),
      insn(0xbf, 6, 7) }, 1))
    assert.is_false(of({ insn(0xbf, 9, 1), stx(8, 10, 7, -8), insn(0xbf, 1, 10), object.add(1, -8), mov(2, 0),
      insn(0xbf, 3, 6), call(PROBE_STR), ldx(8, 6, 10, -8) }, 5))
    -- How large the size is bounds what is returned.
    assert.is_false(of({ insn(0xbf, 1, 6), mov(2, 0), insn(0x57, 2, 0, 0, 31), insn(0xbf, 3, 6), call(PROBE_STR),
      insn(0x65, 0, 0, 1, 4), insn(0xbf, 6, 7) }, 2))
    -- Where in the context, and on the stack.
    assert.is_false(of({ mov(2, 0), insn(0x0f, 1, 2), ldx(8, 6, 1, 0) }, 1))
    assert.is_false(of({ stx(8, 10, 6, -8), stx(8, 10, 7, -16), mov(2, 0), insn(0xbf, 3, 10), object.add(3, -16),
      insn(0x0f, 3, 2), ldx(8, 6, 3, 0) }, 3))
    assert.is_false(of({ stx(8, 10, 6, -8), stx(8, 10, 7, -16), insn(0xbf, 3, 10), object.add(3, -16),
      ldx(8, 6, 3, 0) }, 5))
  end)

  -- BTFL_ALIKE has it look at more programs.
  it("is what a walk there finds", function()
    local kernels, all, different, count = targets(), parts(), 0, tonumber(os.getenv "BTFL_ALIKE") or 150
    for _ = 1, count do
      local p, known = argued.program(all), {}
      for _ = 1, #kernels do
        local target = kernels[pick(#kernels)]
        local want = text(p:reads(target))
        assert.equal(want, of_rows(p, target), ("%s on %s"):format(p.object.path, target.path))
        known[want] = true
      end
      if next(known, next(known)) then different = different + 1 end
    end
    assert.is_true(different > count // 5, different)
  end)
end)
