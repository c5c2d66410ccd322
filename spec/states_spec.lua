--- A walk knows where it was before: numbers that nothing needs do not keep ways apart, so that programs of
--- many branches come to an end, and those that something needs do.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local loads = require "spec.support.loads"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local LOOKUP, RANDOM, PROBE_READ_STR = 1, 7, 115
local BRANCHES = 40

local function alu(op, dst, imm) return object.insn(0x07 | op, dst, 0, 0, imm) end
local function move(dst, src) return object.insn(0xbf, dst, src) end
local function jump(op, dst, off, imm) return object.insn(0x05 | op, dst, 0, off, imm) end
local function jump_by(op, dst, src, off) return object.insn(0x0d | op, dst, src, off) end
local EQ, GT, SET, NE = 0x10, 0x20, 0x40, 0x50
local LEFT, OR = 0x60, 0x40

-- r6 = r6 * 2 + 1 on one way, r6 * 2 on the other, so often; from 0 if not `on`.
local function bits(list, count, on)
  if not on then list[#list + 1] = object.mov(6, 0) end
  for _ = 1, count do
    table.move({ object.call(RANDOM), alu(LEFT, 6, 1), jump(SET, 0, 1, 1), alu(OR, 6, 1) }, 1, 4, #list + 1, list)
  end
end

-- Instructions that do nothing, so that the state behind them is remembered.
local function apart(list)
  for _ = 1, 8 do list[#list + 1] = object.mov(9, 0) end
  list[#list + 1] = object.call(RANDOM)
end

-- Each makes of an empty list what comes before `if r1 != 0`, behind which an access fails.
local programs = {
  -- A number that no branch is decided by: 2^40 ways.
  dead_unneeded = function(list)
    bits(list, BRANCHES)
    table.move({ object.call(RANDOM), jump_by(GT, 6, 0, 0), object.mov(1, 0) }, 1, 3, #list + 1, list)
  end,
  -- The same on the stack, where it is what a helper wrote on some ways.
  dead_unneeded_slots = function(list)
    for i = 1, BRANCHES do
      table.move({ object.call(RANDOM), object.mov(6, i), jump(SET, 0, 2, 1), object.stx(8, 10, 6, -8 * i),
        jump(0x00, 0, 1, 0), object.stx(8, 10, 0, -8 * i) }, 1, 6, #list + 1, list)
    end
    for i = 1, BRANCHES do
      table.move({ object.call(RANDOM), object.ldx(8, 1, 10, -8 * i), jump_by(GT, 1, 0, 0) }, 1, 3, #list + 1, list)
    end
    list[#list + 1] = object.mov(1, 0)
  end,
  -- r8 is read no more behind each branch: that it was needed on one way says nothing of r6, which it is on the other.
  dead_needed_before = function(list)
    list[#list + 1] = object.mov(6, 0)
    for _ = 1, BRANCHES do
      bits(list, 1, true)
      table.move({ object.call(RANDOM), jump(EQ, 0, 20, 0), object.mov(8, 1) }, 1, 3, #list + 1, list)
      apart(list)
      list[#list + 1] = jump(EQ, 8, 0, 0)
      for _ = 1, 8 do list[#list + 1] = object.mov(9, 0) end
      table.move({ jump(0x00, 0, 1, 0), move(8, 6), object.mov(8, 0) }, 1, 3, #list + 1, list)
    end
    table.move({ object.call(RANDOM), jump_by(GT, 6, 0, 0), object.mov(1, 0) }, 1, 3, #list + 1, list)
  end,
  -- A key as far from the frame as a number may be: on a way that is not gone.
  dead_far_key = function(list)
    table.move({ object.mov(6, 0), jump(EQ, 6, 3, 0), move(2, 10), alu(0, 2, math.maxinteger >> 32),
      object.call(LOOKUP), object.mov(1, 0) }, 1, 6, #list + 1, list)
  end,
  -- One of 1,024 ways leads there, the last.
  live_needed = function(list)
    bits(list, 10)
    apart(list)
    table.move({ object.mov(1, 0), jump(NE, 6, 1, 0), object.mov(1, 1) }, 1, 3, #list + 1, list)
  end,
  -- The upper half of a zero is zero.
  live_half = function(list)
    table.move({ object.call(RANDOM), object.mov(6, 0), jump(EQ, 0, 1, 0), jump(0x00, 0, 1, 0),
      object.mov(6, 1), alu(LEFT, 6, 32), object.stx(8, 10, 6, -8) }, 1, 7, #list + 1, list)
    apart(list)
    list[#list + 1] = object.ldx(4, 1, 10, -4)
  end,
  -- A helper returns no more than it was told to read.
  live_size = function(list)
    table.move({ move(8, 1), object.call(RANDOM), object.mov(7, 8), jump(EQ, 0, 1, 0), jump(0x00, 0, 1, 0),
      object.mov(7, 16) }, 1, 6, #list + 1, list)
    apart(list)
    table.move({ move(1, 10), alu(0, 1, -16), move(2, 7), move(3, 8), object.call(PROBE_READ_STR),
      object.mov(1, 0), object.insn(0xc5, 0, 0, 2, 9), object.mov(1, 1) }, 1, 8, #list + 1, list)
  end,
}

local function build()
  local b = btf.new()
  local int = b:int("int", 4, "signed")
  local task = b:struct("task_struct", 8, { { "not_a_member", int, 0 } })
  local o = object.new(b)
  for name, make in pairs(programs) do
    local list = {}
    make(list)
    table.move({ jump(NE, 1, 2, 0), object.mov(0, 0), object.exit() }, 1, 3, #list + 1, list)
    local fails = #list
    table.move({ object.mov(1, 0), object.mov(0, 0), object.exit() }, 1, 3, #list + 1, list)
    o:program { name = name, section = "raw_tp/sys_enter_" .. name, insns = list,
      relos = { { insn = fails, type = task, access = "0:0", kind = "byte_off" } } }
  end
  o:section("license", "GPL\0", { flags = 3 })
  return tmp.write("states.o", o:bytes())
end

local function kernel()
  local b = btf.new()
  b:struct("task_struct", 8, { { "pid", b:int("int", 4, "signed"), 0 } })
  return btfl.target(tmp.write("kernel.btf", b:bytes()))
end

describe("a walk", function()
  teardown(tmp.clean)

  for name in pairs(programs) do
    for _, release in ipairs { "5.10.0", "6.1.0", "6.18.44", "7.2.0" } do
      it(("tells of %s on %s in no time"):format(name, release), function()
        local o <close> = btfl.object(build())
        local target <close> = kernel()
        local started = os.clock()
        local verdict = o:program(name):verdict(target, { release = release, only = { "relocation" } })
        assert.are.equal(name:match "^dead" and "guarded" or "rejected", verdict.verdict)
        assert.is_true(os.clock() - started < 0.3)
      end)
    end
  end

  it("agrees with the running kernel", function()
    local peer, why = loads.peer()
    if not peer then return pending(why) end
    local path, lines = build(), {}
    for name in pairs(programs) do lines[#lines + 1] = path .. "\t" .. name end
    local rows = loads.run(lines)
    assert.are.equal(#lines, #rows)
    for _, row in ipairs(rows) do
      local dead = row.program:match "^dead"
      assert.are.equal(row.program .. (dead and " loads" or " no"), row.program .. " " .. row.outcome)
      assert.are.equal(dead and "-" or "relocation", row.class)
    end
  end)
end)
