--- target:successors, by the company that a candidate keeps: what else came to its enum or its type, what stands
--- beside it under as good a name, and which pointer leads to it.
local made = require "spec.support.made"
local successors = require "spec.support.successors"
local tmp = require "spec.support.tmp"

local first = successors.first

describe("why looks at the company of a candidate:", function()
  teardown(tmp.clean)

  local function is(expected, s)
    assert.equal(expected, s and s.successor)
    return s
  end

  it("members that were numbered are one in the plural", function()
    local function work(is_new)
      return made(function(t)
        t.struct("work", is_new and { { "id", t.int }, { "args", t.b:ptr(t.u64) }, { "caller", t.b:ptr(t.u8) },
          { "done", t.u8 } } or { { "id", t.int }, { "arg1", t.b:ptr(0) }, { "arg2", t.b:ptr(0) },
          { "arg3", t.b:ptr(0) }, { "done", t.u8 } })
      end)
    end
    is("work.args", first(work(true), "work.arg1", work(false)))
  end)

  it("a byte that is called flags holds those that went, one that counts them does not", function()
    local function list(last)
      return made(function(t)
        t.struct("segments", { { "head", t.u64 }, { "length", t.u64 },
          last and { last, t.u8 } or { "enabled", t.u8 }, not last and { "offloaded", t.u8 } or nil })
      end)
    end
    is("segments.flags", first(list "flags", "segments.enabled", list()))
    is(nil, first(list "nr_flags", "segments.enabled", list()))
  end)

  describe("an enumerator's new enum", function()
    local function reasons(name, moved)
      return made(function(t)
        t.b:enum("skb_drop_reason", moved and { { "SKB_DROP_NONE", 0 }, { "SKB_DROP_TCP_CSUM", 1 } }
          or { { "SKB_DROP_NONE", 0 }, { "SKB_DROP_TCP_CSUM", 1 }, { "SKB_DROP_FQ_FLOW_LIMIT", 2 },
            { "SKB_DROP_CAKE_FLOOD", 3 }, { "SKB_DROP_FQ_HORIZON", 4 } })
        if moved then t.b:enum(name, moved) end
      end)
    end
    local old = reasons()

    it("is called alike, or others went there, too", function()
      local moved = { { "QDISC_DROP_FLOW_LIMIT", 1 }, { "QDISC_DROP_FLOOD", 2 }, { "QDISC_DROP_HORIZON", 3 } }
      is("qdisc_drop_reason.QDISC_DROP_FLOW_LIMIT",
        first(reasons("qdisc_drop_reason", moved), "skb_drop_reason.SKB_DROP_FQ_FLOW_LIMIT", old))
      is(nil, first(reasons("cpu_state", { { "CPU_DROP_FLOW_LIMIT", 1 }, { "CPU_ON", 2 }, { "CPU_OFF", 3 } }),
        "skb_drop_reason.SKB_DROP_FQ_FLOW_LIMIT", old))
    end)
  end)

  it("an enumerator without a name, as no kernel takes it, is none", function()
    local function kernel(name, values)
      return made(function(t) t.b:enum(name, values) end)
    end
    is(nil, first(kernel(nil, { { "", 0 }, { "", 0 }, { "", 0 } }), "modes._", kernel("modes", { { "_", 1 << 31 } })))
  end)

  it("a type that was there before and got the members of one that went is what that became", function()
    local function kernel(merged)
      return made(function(t)
        local f = t.b:ptr(t.b:func_proto(t.int, { { "x", t.int } }))
        local own = { { "list", t.u64 }, { "name", t.b:ptr(t.u8) } }
        if merged then
          for _, m in ipairs { "trigger", "init", "release", "print" } do own[#own + 1] = { m, f } end
        else
          t.struct("event_trigger_ops", { { "trigger", f }, { "init", f }, { "release", f }, { "print", f } })
        end
        t.struct("event_command", own)
      end)
    end
    is("event_command", first(kernel(true), "event_trigger_ops", kernel(false)))
  end)

  it("a type's members may all be called a bit otherwise", function()
    local function kernel(name, members)
      return made(function(t)
        t.struct("disk", { { "id", t.int } })
        local list = {}
        for i, m in ipairs(members) do list[i] = { m, t.b:ptr(0) } end
        t.struct(name, list)
      end)
    end
    local old = kernel("disk_report_zones_cb_args", { "owner", "user_cb", "user_data" })
    is("blk_report_zones_args", first(kernel("blk_report_zones_args", { "cb", "data", "report" }),
      "disk_report_zones_cb_args", old))
    is(nil, first(kernel("blk_report_zones_args", { "first", "next", "last" }), "disk_report_zones_cb_args", old))
  end)

  it("the path by a pointer says all that the name said", function()
    local function kernel(moved)
      return made(function(t)
        local message = { { "len", t.int }, { "status", t.int } }
        if moved then message[#message + 1] = { "prepared", t.u8 } end
        local pointer = t.b:ptr(t.struct("spi_message", message))
        local controller = { { "bus", t.int }, { "cur_msg", pointer }, { "busy", t.u8 }, { "slave", t.u8 },
          { "auto", t.u8 }, { "last", t.u64 } }
        if not moved then table.insert(controller, 3, { "cur_msg_prepared", t.u8 }) end
        t.struct("spi_controller", controller)
      end)
    end
    local s = is("spi_message.prepared", first(kernel(true), "spi_controller.cur_msg_prepared", kernel(false)))
    assert.equal("spi_controller.cur_msg->prepared", s.via)
  end)

  it("the same name, elsewhere and of another kind, is another's", function()
    local function kernel(moved)
      return made(function(t)
        local controller = t.struct("msi_controller", { { "owner", t.u64 }, { "list", t.u64 } })
        local info = t.struct("msi_info", { { "domain", t.u64 }, { "data", t.u64 }, { "more", t.u64 } })
        local device = t.struct("device", { { "id", t.int }, moved and { "msi", info } or nil })
        t.struct("bus", { { "number", t.int }, { "dev", device },
          not moved and { "msi", t.b:ptr(controller) } or { "speed", t.int } })
      end)
    end
    local s = first(kernel(true), "bus.msi", kernel(false))
    assert.is_true(not s or s.successor ~= "bus.dev.msi", s and s.successor)
  end)

  it("of two that came and have each a word of it, place alone does not decide", function()
    local function kernel(members)
      return made(function(t)
        local list = { { "owner", t.u64 } }
        for _, m in ipairs(members) do list[#list + 1] = { m, t.int } end
        list[#list + 1] = { "last", t.u64 }
        t.struct("fill", list)
      end)
    end
    local old = kernel { "max_pages" }
    assert.is_true(first(kernel { "nr_pages" }, "fill.max_pages", old).score >= 0.8)
    local s = first(kernel { "max_folios", "nr_pages" }, "fill.max_pages", old)
    assert.is_true(not s or s.score < 0.8, s and s.score)
  end)

  it("a function's prototype tells it from others that came", function()
    local function kernel(is_new)
      return made(function(t)
        local event, expect = t.b:ptr(t.struct("ct_event", { { "x", t.int } })),
          t.b:ptr(t.struct("exp_event", { { "y", t.int } }))
        local on_event = t.b:ptr(t.b:func_proto(t.int, { { "events", t.int }, { "item", event } }))
        local on_expect = t.b:ptr(t.b:func_proto(t.int, { { "events", t.int }, { "item", expect } }))
        t.struct("notifier", is_new and { { "conntrack", on_event }, { "expect", on_expect } } or
          { { "fcn", on_event } })
      end)
    end
    is("notifier.conntrack", first(kernel(true), "notifier.fcn", kernel(false)))
  end)
end)
