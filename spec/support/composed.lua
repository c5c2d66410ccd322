--- Programs put together by chance of what a verifier tracks: numbers, comparisons, the stack, calls and loops. Fields
--- that no kernel has are read on some of their ways, so that a verdict on one says which ways there are.

local btf = require "spec.support.btf"
local object = require "spec.support.object"

local insn = object.insn

local composed = {}

-- The registers that hold numbers all along; the context lies in the last slot, the first four hold numbers.
local FIRST <const>, LAST <const>, SLOTS <const>, CONTEXT <const> = 6, 9, 4, -64

local SPECIAL <const> = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 4096, 65535, -1,
  -2, -3, -8, -128, -256, 0x7fffffff, -0x80000000, 0x7ffffffe, 0x10000 }

local ALU <const> = { add = 0x00, sub = 0x10, mul = 0x20, div = 0x30, ["or"] = 0x40, ["and"] = 0x50, lsh = 0x60,
  rsh = 0x70, neg = 0x80, mod = 0x90, xor = 0xa0, mov = 0xb0, arsh = 0xc0, swap = 0xd0 }
-- What is often there, more often.
local ALU_DRAWN <const> = { "add", "add", "add", "sub", "sub", "mul", "div", "or", "and", "and", "and", "lsh", "rsh",
  "rsh", "neg", "mod", "xor", "mov", "mov", "arsh", "swap" }
local JUMPS <const> = { 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0 }
local SIZES <const> = { 1, 2, 4, 8 }

local random = math.random
local function one_of(list) return list[random(#list)] end
local function register() return random(FIRST, LAST) end

local function constant()
  if random(4) == 1 then return random(-20, 20) end
  return one_of(SPECIAL)
end

---@class spec.Composing
---@field insns table[]
---@field relos integer[] the instructions, from 0, that have one
---@field calls integer[] those that call the subprogram
---@field room integer how many statements may come
---@field inner boolean of a subprogram, or of a loop: no more calls
---@field left boolean? what comes next is never reached

local function put(c, one)
  c.insns[#c.insns + 1] = one
  return #c.insns
end

local function alu(c)
  local name, wide, dst = one_of(ALU_DRAWN), random(2) == 1, register()
  local code = ALU[name] | (wide and 7 or 4)
  if name == "neg" then return put(c, insn(code, dst)) end
  if name == "swap" then return put(c, insn(one_of { 0xd4, 0xdc, 0xd7 }, dst, 0, 0, one_of { 16, 32, 64 })) end
  if random(3) == 1 then
    local off = 0
    if name == "mov" and random(2) == 1 then off = one_of(wide and { 8, 16, 32 } or { 8, 16 }) end
    if name == "div" or name == "mod" then off = random(0, 1) end
    return put(c, insn(code | 8, dst, register(), off))
  end
  local imm = constant()
  if name == "lsh" or name == "rsh" or name == "arsh" then imm = random(0, wide and 63 or 31) end
  if (name == "div" or name == "mod") and imm == 0 then imm = 3 end
  return put(c, insn(code, dst, 0, (name == "div" or name == "mod") and random(0, 1) or 0, imm))
end

local function slot() return -8 * random(SLOTS) end

local function spill(c)
  local size = random(2) == 1 and 8 or one_of(SIZES)
  local off = slot() + (random(3) > 1 and 0 or size * random(0, 8 // size - 1))
  if random(4) == 1 then return put(c, object.st(size, 10, off, constant())) end
  return put(c, object.stx(size, 10, register(), off))
end

local function fill(c)
  local size = random(2) == 1 and 8 or one_of(SIZES)
  local off = slot() + (random(3) > 1 and 0 or size * random(0, 8 // size - 1))
  if size < 8 and random(3) == 1 then return put(c, object.ldsx(size, register(), 10, off)) end
  return put(c, object.ldx(size, register(), 10, off))
end

local function call(c)
  if c.inner then return alu(c) end
  local kind = random(4)
  if kind == 1 then -- bpf_get_prandom_u32()
    put(c, object.call(7))
  elseif kind == 2 then -- bpf_xdp_load_bytes(), into the stack
    local size = one_of { 1, 2, 4, 8, 12, 16 }
    put(c, object.ldx(8, 1, 10, CONTEXT))
    put(c, object.mov(2, 0))
    put(c, insn(0xbf, 3, 10))
    put(c, object.add(3, -8 * SLOTS + random(0, 8 * SLOTS - size)))
    put(c, object.mov(4, size))
    put(c, object.call(189))
  else
    put(c, insn(0xbf, 1, register()))
    put(c, insn(0xbf, 2, register()))
    c.calls[#c.calls + 1] = put(c, object.call(-1, 1)) - 1
  end
  return put(c, insn(0xbf, register(), 0))
end

local block

-- A comparison, what to do unless it holds, and sometimes what else.
local function branch(c)
  local code = one_of(JUMPS) | (random(2) == 1 and 5 or 6)
  local at = random(3) == 1 and put(c, insn(code | 8, register(), register()))
    or put(c, insn(code, register(), 0, 0, constant()))
  block(c, random(1, 4))
  local over = not c.left and random(3) == 1 and put(c, insn(0x05))
  c.insns[at].off = #c.insns - at
  c.left = false
  if over then
    block(c, random(1, 3))
    c.insns[over].off = #c.insns - over
    c.left = false
  end
end

local function loop(c)
  if c.inner then return alu(c) end
  put(c, object.mov(5, 0))
  local from = #c.insns
  c.inner = true
  for _ = 1, random(1, 3) do (random(2) == 1 and alu or branch)(c) end
  c.inner = false
  put(c, object.add(5, 1))
  local at = put(c, insn(0xa5, 5, 0, 0, random(2, 4)))
  c.insns[at].off = from - at
end

local function gone(c)
  c.relos[#c.relos + 1] = put(c, object.ldx(4, 0, 10, -8)) - 1
end

local function leave(c)
  put(c, object.mov(0, random(0, 3)))
  put(c, object.exit())
  c.left = true
end

-- How often each is drawn, of 100 times.
local STATEMENTS <const> = { { alu, 40 }, { branch, 26 }, { spill, 8 }, { fill, 8 }, { call, 7 }, { gone, 8 },
  { loop, 2 }, { leave, 1 } }

local function statement(c)
  local pick = random(100)
  for _, s in ipairs(STATEMENTS) do
    pick = pick - s[2]
    if pick <= 0 then return s[1](c) end
  end
end

function block(c, count)
  for _ = 1, count do
    if c.room <= 0 then break end
    c.room = c.room - 1
    c.left = false
    statement(c)
    if c.left then break end
  end
end

local function composing(room, inner)
  return { insns = {}, relos = {}, calls = {}, room = room, inner = inner }
end

local function subprogram()
  local c = composing(random(3, 12), true)
  put(c, insn(0xbf, 6, 1))
  put(c, insn(0xbf, 7, 2))
  put(c, object.mov(8, constant()))
  put(c, insn(0xbf, 9, 1))
  for i = 1, SLOTS do put(c, object.stx(8, 10, register(), -8 * i)) end
  block(c, 12)
  put(c, insn(0xbf, 0, register()))
  put(c, object.exit())
  return c
end

local function program()
  local c = composing(random(8, 40), false)
  put(c, object.stx(8, 10, 1, CONTEXT))
  put(c, object.ldx(4, 7, 1, 12))
  put(c, object.call(7))
  put(c, insn(0xbf, 6, 0))
  put(c, object.call(5))
  put(c, insn(0xbf, 8, 0))
  put(c, insn(0xbf, 9, 0))
  put(c, insn(one_of { 0x57, 0x77, 0x54 }, 9, 0, 0, one_of { 7, 15, 31 }))
  for i = 1, SLOTS do put(c, object.stx(8, 10, register(), -8 * i)) end
  while c.room > 0 do block(c, c.room) end
  put(c, object.mov(0, 2))
  put(c, object.exit())
  return c
end

--- The bytes of an object with one XDP program, which math.random() decides.
---@return string
function composed.object()
  local b = btf.new()
  local foo = b:struct("foo", 4, { { "gone", b:int("int", 4, "signed"), 0 } })
  local o = object.new(b)
  local function relos(c)
    local list = {}
    for i, at in ipairs(c.relos) do list[i] = { insn = at, type = foo, access = "0:0", kind = "byte_off" } end
    return list
  end
  local main = program()
  if #main.calls > 0 then
    local sub = subprogram()
    o:program { section = ".text", name = "sub", static = true, insns = sub.insns, relos = relos(sub) }
  end
  o:program { section = "xdp", insns = main.insns, relos = relos(main) }
  for _, at in ipairs(main.calls) do o:rel("xdp", at * 8, "sub", 10) end
  return o:bytes()
end

return composed
