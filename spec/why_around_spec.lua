--- target:successors, by what the whole kernel tells: names that only one struct lost and one gained, enumerators
--- that name a bit, types that took the place of others, siblings that were renamed alike, registers of another
--- architecture, and kernels on the way.
local made = require "spec.support.made"
local successors = require "spec.support.successors"
local tmp = require "spec.support.tmp"

local list, first = successors.all, successors.first

describe("why looks around:", function()
  teardown(tmp.clean)

  -- Structs of which one loses a member and another gains it; nothing leads from one to the other.
  local function moved(name, from, to, keepers)
    local function kernel(has)
      return made(function(t)
        for i = 1, keepers do t.struct("keeper" .. i, { { name, t.u64 }, { "end" .. i, t.u8 } }) end
        t.struct(from, has == from and { { "top", t.int }, { name, t.u64 }, { "low", t.u8 } }
          or { { "top", t.int }, { "low", t.u8 } })
        t.struct(to, has == to and { { "high", t.int }, { name, t.u64 } } or { { "high", t.int } })
        t.struct("bystander", { { "alpha", t.int }, { "beta", t.u64 } })
      end)
    end
    return kernel(from), kernel(to)
  end

  it("a rare name that left one struct has come to another that is called alike, but never beyond doubt", function()
    local old, new = moved("dirty_log_size", "guest_ops", "guest_arch", 0)
    local s = assert(first(new, "guest_ops.dirty_log_size", old))
    assert.same({ "guest_arch.dirty_log_size", "moved" }, { s.successor, s.change })
    assert.is_true(s.score < 0.8, s.score)
    assert.matches("it is not sure", s.doubt)
  end)

  it("a name that many structs have has not", function()
    local old, new = moved("dirty_log_size", "guest_ops", "guest_arch", 40)
    assert.is_nil(first(new, "guest_ops.dirty_log_size", old))
  end)

  it("nor has one in a struct that has nothing to do with it", function()
    local old, new = moved("size", "guest_ops", "printer", 0)
    assert.is_nil(first(new, "guest_ops.size", old))
  end)

  -- A flag that goes to a word; values are those of the enum that names its bits.
  local function flagged(values, kept)
    local function kernel(is_new)
      return made(function(t)
        local word = { "flags", t.u64 }
        local members = { { "first", t.u64 } }
        if is_new or kept then members[#members + 1] = word end
        if not is_new then members[#members + 1] = { "running", t.int } end
        members[#members + 1] = { "last", t.u8 }
        t.struct("pump_state", members)
        if is_new then t.b:enum(nil, values) end
      end)
    end
    return kernel(false), kernel(true)
  end

  local NUMBERS = { { "PUMP_STATE_OPEN", 0 }, { "PUMP_STATE_RUNNING", 4 }, { "PUMP_STATE_DRY", 5 } }

  for _, kept in ipairs { false, true } do
    it("an enumerator names the bit of a word that " .. (kept and "was there" or "is new"), function()
      local old, new = flagged(NUMBERS, kept)
      local s = assert(first(new, "pump_state.running", old))
      assert.same({ "pump_state.flags", "split", "PUMP_STATE_RUNNING", 16 }, { s.successor, s.change, s.flag, s.mask })
      assert.matches("its bit is PUMP_STATE_RUNNING %(0x10%); a new bit", s.evidence)
      assert.is_nil(s.doubt)
      assert.matches("return !!(value & 0x10ull);", s:code(), 1, true)
    end)
  end

  it("masks are told from numbers, and nothing is where they may be either", function()
    local old, new = flagged { { "PUMP_STATE_OPEN", 1 }, { "PUMP_STATE_DRY", 8 }, { "PUMP_STATE_RUNNING", 16 } }
    assert.equal(16, first(new, "pump_state.running", old).mask)
    old, new = flagged { { "PUMP_STATE_OPEN", 1 }, { "PUMP_STATE_RUNNING", 2 } }
    local s = first(new, "pump_state.running", old)
    assert.same({ "PUMP_STATE_RUNNING" }, { s.flag, s.mask })
    assert.equal("one bit of it is what the field was", s.doubt)
  end)

  it("a flag may say that it is one, and a bit may shorten the name of its struct", function()
    local function kernel(is_new)
      return made(function(t)
        t.struct("pump_device", { { "first", t.u64 }, { "flags", t.u64 },
          is_new and { "more", t.u64 } or { "dryflag", t.int }, { "last", t.u8 } })
        if is_new then t.b:enum(nil, { { "PUMP_DEV_FLAG_OPEN", 0 }, { "PUMP_DEV_FLAG_DRY", 3 } }) end
      end)
    end
    local s = assert(first(kernel(true), "pump_device.dryflag", kernel(false)))
    assert.same({ "pump_device.flags", "PUMP_DEV_FLAG_DRY", 8 }, { s.successor, s.flag, s.mask })
  end)

  it("an enumerator of others names no bit", function()
    local old, new = flagged({ { "VALVE_RUNNING", 0 }, { "VALVE_DRY", 3 } }, true)
    assert.is_nil(first(new, "pump_state.running", old))
  end)

  it("a member is of the type that took the place of its type", function()
    local function kernel(inner, field)
      return made(function(t)
        local layout = t.struct(inner, { { "base", t.u64 }, { "text_size", t.int }, { "ro_size", t.int } })
        t.struct("unit", { { "name", t.u8 }, { "state", t.int }, { "bugs", t.u64 }, { field, t.b:ptr(layout) },
          { "taints", t.u64 } })
        t.struct("other", { { "layout", t.b:ptr(layout) } })
      end)
    end
    local s = first(kernel("unit_memory", "mem"), "unit.core_layout", kernel("unit_layout", "core_layout"))
    assert.equal("unit.mem", s.successor)
    assert.matches("of the type that took its type's place", s.evidence)
  end)

  it("siblings were renamed alike", function()
    local function kernel(word, type)
      return made(function(t)
        local pointed = t.struct(type, { { "x", t.int } })
        t.struct("port", { { word .. "_ingress", t.b:ptr(pointed) }, { "mtu", t.int }, { "speed", t.u64 },
          { "name", t.u8 }, { word .. "_egress", t.b:ptr(pointed) }, { "last", t.u64 } })
      end)
    end
    local s = first(kernel("tcx", "entry"), "port.miniq_ingress", kernel("miniq", "mini_Qdisc"))
    assert.equal("port.tcx_ingress", s.successor)
    assert.matches("siblings moved along", s.evidence)
  end)

  it("a type is what those who used it use now", function()
    local function kernel(name, more)
      return made(function(t)
        local pointed = t.struct(name, { { more, t.u64 } })
        local pointer = t.b:ptr(pointed)
        for _, call in ipairs { "drain", "fill", "stop" } do
          t.b:func(call, t.b:func_proto(0, { { "it", pointer }, { "n", t.int } }))
        end
      end)
    end
    local s = first(kernel("barrel", "volume"), "cask", kernel("cask", "litres"))
    assert.same({ "barrel", "type" }, { s.successor, s.change })
    assert.matches("used where it was used", s.evidence)
  end)

  describe("registers", function()
    local x86, arm64, s390

    setup(function()
      local names = { "r15", "bp", "r9", "r8", "ax", "cx", "dx", "si", "di", "ip", "sp" }
      x86 = made(function(t)
        local members = {}
        for i, name in ipairs(names) do members[i] = { name, t.u64 } end
        t.struct("pt_regs", members)
      end)
      arm64 = made(function(t)
        t.struct("pt_regs", { { "regs", t.b:array(t.u64, 31, t.int) }, { "sp", t.u64 }, { "pc", t.u64 } })
      end)
      s390 = made(function(t)
        local psw = t.struct("psw", { { "mask", t.u64 }, { "addr", t.u64 } })
        t.struct("pt_regs", { { "psw", psw }, { "gprs", t.b:array(t.u64, 16, t.int) } })
      end)
    end)

    it("are those of another architecture", function()
      local s = first(arm64, "pt_regs.di", x86)
      assert.same({ "pt_regs.regs[0]", "register", 0.95 }, { s.successor, s.change, s.score })
      assert.equal("other architecture: PT_REGS_PARM1, `di` on x86, is `regs[0]` on arm64", s.evidence)
      assert.equal("pt_regs.gprs[2]", first(s390, "pt_regs.ax", x86).successor)
      assert.equal("pt_regs.psw.addr", first(s390, "pt_regs.pc", arm64).successor)
      assert.equal("pt_regs.gprs[3]", first(s390, "pt_regs.regs[1]", arm64).successor)
    end)

    it("of two roles are two, and neither is sure", function()
      local both = list(x86, "pt_regs.regs[0]", arm64)
      assert.same({ "pt_regs.di", "pt_regs.ax" }, { both[1].successor, both[2].successor })
      assert.is_true(both[1].score < 0.8)
      assert.matches("it is not sure", both[1].doubt)
    end)

    it("are no other name of a field", function()
      local s = first(arm64, "pt_regs.di", x86)
      assert.matches("a register of another architecture", s.doubt)
      assert.matches("which is pt_regs.regs[0] on another architecture", s:code(), 1, true)
    end)

    it("of a sixth argument are where there is one", function()
      assert.equal("pt_regs.regs[5]", first(arm64, "pt_regs.r9", x86).successor)
      assert.equal("pt_regs.r9", first(x86, "pt_regs.regs[5]", arm64).successor)
      assert.is_nil(first(s390, "pt_regs.r9", x86))
    end)

    it("that stand for nothing have no other", function()
      assert.is_nil(first(arm64, "pt_regs.r15", x86))
      assert.is_nil(first(x86, "pt_regs.regs", arm64))
    end)
  end)

  it("a name is followed through every kernel on the way", function()
    local function kernel(name, type)
      return made(function(t)
        t.struct("thing", { { "head", t.int }, { "left", t.u64 }, { name, t[type] }, { "right", t.u8 },
          { "tail", t.int } })
      end)
    end
    local kernels = { kernel("count", "u64"), kernel("count_one", "u64"), kernel("one_total", "u64"),
      kernel("total_sum", "int") }
    local s = first(kernels[4], "thing.count", { kernels[1], kernels[2], kernels[3] })
    assert.equal("thing.total_sum", s.successor)
    -- A step is as sure as the least sure one.
    assert.is_true(s.score <= first(kernels[4], "thing.one_total", kernels[3]).score)
  end)
end)
