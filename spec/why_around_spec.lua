--- target:successors, by what the whole kernel tells: names that only one struct lost and one gained, enumerators
--- that name a bit, types that took the place of others, siblings that were renamed alike.
local made = require "spec.support.made"
local tmp = require "spec.support.tmp"

local function first(target, path, from) return target:successors(path, { from = from })() end

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
end)
