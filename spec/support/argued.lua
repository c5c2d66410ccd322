--- Kernels and programs, put together at random but the same on each run, for who asks what programs read.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local argued = {}

local ldx, stx, mov, call, exit, insn = object.ldx, object.stx, object.mov, object.call, object.exit, object.insn
local PROBE, PID = 113, 14
local n = 0

-- `apart`: a socket has no struct at its start.
-- `moved`: what structs hold stands elsewhere, or is gone.
local function structs(b, apart, moved)
  local t = { void = 0 }
  t.int, t.long = b:int("int", 4, "signed"), b:int("long unsigned int", 8)
  local function at(place) return moved and place + 64 or place end
  t.task = b:struct("task", 32,
    { { "pid", t.int, at(0) }, { "mm", b:ptr(0), at(64) }, { "parent", b:ptr(0), at(128) } })
  local members = { { "ino", t.long, 0 }, { "sb", b:ptr(0), at(64) }, { "mode", t.int, at(128) } }
  if moved then members[3] = nil end
  t.inode = b:struct("inode", 32, members)
  t.common = b:struct("sock_common", 8, { { "family", t.int, 0 }, { "state", t.int, 32 } })
  members = { { "common", t.common, 0 }, { "err", t.int, 64 } }
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
local function kernel(params, returns, release, apart, other, moved)
  n = n + 1
  local b = kernels.new { prog_type = kernels.PROG_TYPES }
  local t, list = structs(b, apart, moved), {}
  if not other then b:struct("pt_regs", 168, { { "di", t.long, 112 * 8 } }) end
  context(b, t, other and 64 or 0)
  for i, kind in ipairs(params) do list[i] = { ("abcdef"):sub(i, i), t[kind] } end
  local proto = b:func_proto(t[returns or "void"], list)
  for _, name in ipairs { "f", "bpf_lsm_f" } do b:func(name, proto) end
  kernels.tracepoint(b, "f", list)
  return btfl.target(tmp.write(("argued%d.btf"):format(n), b:bytes()), { release = release, arch = other and "arm64" })
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

local function program(parts)
  parts = parts or PARTS
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
  for _ = 1, 3 + pick(8) do parts[pick(#parts)](list, at, relo) end
  list[#list + 1], list[#list + 2] = mov(0, 0), exit()
  local o = object.new(b)
  o:section("license", "GPL\0")
  o:program { name = "p", section = section, insns = list, relos = relos }
  return btfl.object(tmp.write(("argued%d.o"):format(n), o:bytes())):program "p"
end

argued.structs, argued.context, argued.kernel, argued.program = structs, context, kernel, program
argued.pick, argued.PARTS, argued.OF_STRUCTS = pick, PARTS, OF_STRUCTS

return argued
