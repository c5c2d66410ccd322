--- What a verdict knows of a pointer into a packet that was compared with the end of it.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local loads = require "spec.support.loads"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

-- Jumps on the registers r4, a place in the packet, and r3, the end of it, and the other way around.
local OPS = { gt = 0x2d, ge = 0x3d, lt = 0xad, le = 0xbd }
local function jump(op, turned, off)
  return object.insn(OPS[op], turned and 3 or 4, turned and 4 or 3, off)
end

-- Of the context's third number only its lowest three bits are kept.
local LOOK <const> = { object.ldx(4, 6, 7, 12), object.insn(0x57, 6, 0, 0, 7) }
local function looked(insn) return { LOOK[1], LOOK[2], insn } end
local MOVES <const> = {
  ["not"] = {}, on = { object.add(4, 1) }, back = { object.add(4, -1) },
  ["less a constant"] = { object.insn(0x17, 4, 0, 0, 1) },
  ["on by a register"] = { object.insn(0xb7, 6, 0, 0, 1), object.insn(0x0f, 4, 6) },
  ["from a number"] = { object.insn(0xb7, 6, 0, 0, 1), object.insn(0x0f, 6, 4), object.insn(0xbf, 4, 6) },
  ["on by some"] = looked(object.insn(0x0f, 4, 6)), ["back by some"] = looked(object.insn(0x1f, 4, 6)),
}

-- An XDP program that leaves off unless the first comparison holds, and reads a field that no kernel has where the
-- second does; `moved`: what happens to the pointer between.
local function compared(case)
  local first, second = case[1], case[2]
  local b = btf.new()
  local foo = b:struct("foo", 4, { { "gone", b:int("int", 4, "signed"), 0 } })
  local insns = { object.insn(0xb7, 0, 0, 0, 2), object.insn(0xbf, 7, 1), object.ldx(4, 2, 1, 0),
    object.ldx(4, 3, 1, 4), object.insn(0xbf, 4, 2), object.add(4, 8), jump(first, case.turned, 1), object.exit() }
  table.move(MOVES[case.moved or "not"], 1, #MOVES[case.moved or "not"], #insns + 1, insns)
  insns[#insns + 1] = jump(second, case.turned_then, 1)
  insns[#insns + 1] = object.exit()
  local at = #insns
  insns[#insns + 1], insns[#insns + 2] = object.ldx(4, 5, 10, 0), object.exit()
  local o = object.new(b)
  o:program { section = "xdp", relos = { { insn = at, type = foo, access = "0:0", kind = "byte_off" } },
    insns = insns }
  return tmp.write(("packet-%s-%s-%s-%s-%s.o"):format(first, second, case.turned, case.turned_then, case.moved),
    o:bytes())
end

-- Whether the field is read on some path.
local CASES = {
  { "gt", "gt", "rejected" }, { "gt", "ge", "rejected" }, { "gt", "le", "guarded" }, { "gt", "lt", "guarded" },
  { "ge", "lt", "guarded" }, { "ge", "ge", "rejected" }, { "ge", "gt", "rejected" }, { "ge", "le", "rejected" },
  { "lt", "gt", "rejected" }, { "le", "gt", "rejected" },
  { "gt", "lt", "rejected", turned_then = true }, { "gt", "ge", "guarded", turned_then = true },
  { "lt", "gt", "rejected", turned = true }, { "lt", "le", "guarded", turned = true },
  { "le", "gt", "guarded", turned = true, turned_then = true }, { "gt", "le", "guarded", moved = "on" },
  { "ge", "lt", "guarded", moved = "on" }, { "gt", "le", "guarded", moved = "back" },
  { "gt", "le", "guarded", moved = "less a constant" }, { "gt", "le", "guarded", moved = "on by a register" },
  { "gt", "le", "guarded", moved = "from a number" }, { "gt", "le", "rejected", moved = "on by some" },
  { "gt", "le", "guarded", moved = "back by some" },
}

describe("a pointer into a packet", function()
  local target
  setup(function()
    local k = btf.new()
    k:struct("foo", 4, { { "a", k:int("int", 4, "signed"), 0 } })
    target = btfl.target(tmp.write("6.18.0-test.btf", k:bytes()))
  end)
  teardown(tmp.clean)

  for _, case in ipairs(CASES) do
    it(("compared by %s%s with the end, moved %s, and by %s%s"):format(case.turned and "turned " or "", case[1],
      case.moved or "not", case.turned_then and "turned " or "", case[2]), function()
      local o <close> = btfl.object(compared(case))
      assert.equal(case[3], o:programs()():verdict(target, { only = { "relocation" } }).verdict)
    end)
  end

  -- A load from the context is a pointer or a number of its size, which a comparison that never holds tells.
  local LOADS <const> = {
    { "xdp", 12, 4, "guarded" }, { "xdp", 0, 4, "rejected" }, { "xdp", 4, 4, "rejected" }, { "xdp", 8, 4, "rejected" },
    { "xdp", 16, 4, "guarded" }, { "tc", 8, 4, "guarded" }, { "tc", 8, 2, "guarded" }, { "tc", 76, 4, "rejected" },
    { "tc", 80, 4, "rejected" }, { "tc", 140, 4, "rejected" }, { "tc", 168, 8, "rejected" },
    { "cgroup_skb/egress", 0, 4, "guarded" }, { "lwt_in", 8, 4, "guarded" }, { "lwt_in", 76, 4, "rejected" },
    { "flow_dissector", 76, 4, "rejected" }, { "sk_skb/stream_parser", 0, 4, "guarded" },
    { "sk_skb/stream_parser", 80, 4, "rejected" },
  }

  local function loaded(case)
    local section, off, size = table.unpack(case)
    local b = btf.new()
    local foo = b:struct("foo", 4, { { "gone", b:int("int", 4, "signed"), 0 } })
    local o = object.new(b)
    o:program { section = section, relos = { { insn = 3, type = foo, access = "0:0", kind = "byte_off" } },
      insns = { object.ldx(size, 2, 1, off), object.insn(0xb7, 0, 0, 0, 0), object.insn(0xa5, 2, 0, 1, -1),
        object.ldx(4, 5, 10, 0), object.exit() } }
    return tmp.write(("load-%s-%d-%d.o"):format(section:gsub("/", "-"), off, size), o:bytes())
  end

  for _, case in ipairs(LOADS) do
    it(("or a number is what %s loads, %d bytes at %d"):format(case[1], case[3], case[2]), function()
      local o <close> = btfl.object(loaded(case))
      assert.equal(case[4], o:programs()():verdict(target, { only = { "relocation" } }).verdict)
    end)
  end

  it("is what the running kernel says", function()
    local peer, why = loads.peer()
    if not peer then return pending(why) end
    local paths = {}
    for _, case in ipairs(CASES) do paths[compared(case)] = case[3] == "guarded" end
    for _, case in ipairs(LOADS) do paths[loaded(case)] = case[4] == "guarded" end
    assert.same(paths, loads.which_load(paths))
  end)
end)
