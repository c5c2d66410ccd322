--- target:successors, by what is alike: words written as one, counters, types of which few fields went or came, the
--- other name of a value; and what is alike and yet no more than a guess.
local made = require "spec.support.made"
local successors = require "spec.support.successors"
local tmp = require "spec.support.tmp"

local first = successors.first

describe("why knows what is alike:", function()
  teardown(tmp.clean)

  -- A struct of six members, of which the third has a name and a type.
  local function sheet(name, kind)
    return made(function(t)
      t.struct("sheet", { { "flags", t.u64 }, { "mapping", t.b:ptr(t.int) }, { name, kind(t) }, { "index", t.u64 },
        { "order", t.u8 }, { "private", t.u64 } })
    end)
  end

  it("two words that are written as one", function()
    local function pointer(t) return t.b:ptr(t.struct("mem_cgroup", { { "id", t.int }, { "limit", t.u64 } })) end
    local old = sheet("mem_cgroup", pointer)
    local s = first(sheet("memcg_data", function(t) return t.u64 end), "sheet.mem_cgroup", old)
    assert.equal("sheet.memcg_data", s.successor)
    assert.is_true(s.score > 0.8, s.score)
    s = first(sheet("mapped_data", function(t) return t.u64 end), "sheet.mem_cgroup", old)
    assert.is_true(s.score < 0.8, s.score)
  end)

  -- A namespace whose counter is its own or that of a struct that all namespaces embed.
  local function space(own, common)
    return made(function(t)
      local atomic = t.struct("atomic", { { "counter", t.int } })
      local refs = t.struct("refs", { { "refs", atomic } })
      local kref = t.struct("kref", { { "refcount", refs } })
      local kinds = { kref = kref, refs = refs }
      local head = { { "stashed", t.u64 }, { "inum", t.int } }
      if common then head[3] = { common, refs } end
      local ns = t.struct("ns_common", head)
      local members = { { "idr", t.u64 }, { "level", t.int }, { "ns", ns }, { "last", t.u8 } }
      if own then table.insert(members, 1, { own, kinds[own] or t.u64 }) end
      t.struct("space", members)
    end)
  end

  it("a counter of another name and kind", function()
    local s = first(space(nil, "count"), "space.kref", space "kref")
    assert.equal("space.ns.count", s.successor)
  end)

  it("but a name of something else is none, and a counter is no other number", function()
    assert.is_nil(first(space(nil, "stamp"), "space.kref", space "kref"))
    assert.is_nil(first(space(nil, "count"), "space.title", space "title"))
  end)

  -- A field of a rare type in one of two structs, one of which the other points to; so many more came.
  local function device(new, more)
    return made(function(t)
      local info = t.b:ptr(t.struct("backing_info", { { "pages", t.u64 }, { "rate", t.int } }))
      local disk = { { "major", t.int }, { "first_minor", t.int }, { "events", t.u64 } }
      if new then disk[4] = { "bdi", info } end
      local queue = { { "disk", t.b:ptr(t.struct("disk", disk)) }, { "depth", t.int }, { "tags", t.u64 },
        { "last", t.u8 } }
      if not new then table.insert(queue, 2, { "backing", info }) end
      t.struct("queue", queue)
      for i = 1, more do
        t.struct("user" .. i, new and { { "own", info }, { "n", t.int } } or { { "n", t.int } })
      end
    end)
  end

  it("a type of which one field went and one came", function()
    local s = first(device(true, 0), "queue.backing", device(false, 0))
    assert.equal("disk.bdi", s.successor)
    assert.matches("no other field of its type went or came", s.evidence)
    assert.is_nil(first(device(true, 6), "queue.backing", device(false, 6)))
  end)

  it("siblings whose names are words of their path now", function()
    local function task(is_new)
      return made(function(t)
        local before = { { "state", t.int }, { "flags", t.u64 } }
        if is_new then
          local event = t.b:union("meter_event", 8, { { "all", t.u64, 0 }, { "bits", t.int, 0 } })
          before[3] = { "meter", t.struct("meter_data", { { "len", t.int }, { "sig", t.int }, { "event", event } }) }
        else
          table.move({ { "meter_len", t.int }, { "meter_sig", t.int }, { "meter_event_mask", t.u64 } }, 1, 3, 3, before)
        end
        t.struct("task", before)
      end)
    end
    assert.equal("task.meter.event", first(task(true), "task.meter_event_mask", task(false)).successor)
  end)

  it("the member of a new struct that is what went, rather than all of the struct", function()
    local function waiter(is_new)
      return made(function(t)
        local node = t.struct("tree_node", { { "left", t.u64 }, { "right", t.u64 } })
        local field = { "pi_tree_entry", node }
        if is_new then
          field = { "pi_tree", t.struct("waiter_node", { { "entry", node }, { "prio", t.int } }) }
        end
        t.struct("waiter", { { "task", t.b:ptr(t.int) }, field, { "lock", t.u64 }, { "wake_state", t.u8 } })
      end)
    end
    assert.equal("waiter.pi_tree.entry", first(waiter(true), "waiter.pi_tree_entry", waiter(false)).successor)
  end)

  it("the other name of an enumerator's value, when it says the same", function()
    local function enum(values) return made(function(t) t.b:enum("cmd", values) end) end
    local new = enum { { "PROG_TEST_RUN", 0 }, { "PROG_RUN", 0 }, { "MAP_CREATE", 1 }, { "OBJ_GET", 2 },
      { "MARKED", 3 }, { "SHADOWED", 3 } }
    local old = enum { { "PROG_TEST_RUN", 0 }, { "MAP_CREATE", 1 }, { "OBJ_GET", 2 }, { "SHADOWED", 3 } }
    assert.equal("cmd.PROG_TEST_RUN", first(old, "cmd.PROG_RUN", new).successor)
    assert.is_nil(first(old, "cmd.MARKED", new))
  end)
end)

describe("why knows what is a guess:", function()
  teardown(tmp.clean)

  it("what stands where something stood and is called otherwise", function()
    local function kernel(name)
      return made(function(t)
        t.struct("bio", { { "opf", t.u64 }, { "status", t.int }, { name, t.u8 }, { "iter", t.b:ptr(t.int) } })
      end)
    end
    local s = first(kernel "gap_bit", "bio.partno", kernel "partno")
    assert.equal("bio.gap_bit", s.successor)
    assert.is_true(s.score < 0.8, s.score)
  end)

  it("a name that came elsewhere, where something like it took its place", function()
    local function kernel(is_new)
      return made(function(t)
        local entity = { { "load", t.u64 }, { "depth", t.int } }
        if is_new then entity[3] = { "min_vruntime", t.u64 } end
        local running = t.b:ptr(t.struct("entity", entity))
        t.struct("runqueue", { { "nr", t.int }, { is_new and "zero_vruntime" or "min_vruntime", t.u64 },
          { "curr", running }, { "clock", t.u8 } })
      end)
    end
    assert.equal("runqueue.zero_vruntime", first(kernel(true), "runqueue.min_vruntime", kernel(false)).successor)
  end)

  it("one of two parts of a kind that both came to have it, unless their names tell", function()
    local function waiter(field, into)
      return made(function(t)
        local node = { { "left", t.u64 }, { "right", t.u64 } }
        if into then node[3] = { into, t.int } end
        local part = t.struct("node", node)
        local members = { { "own", part }, { "task", t.b:ptr(t.int) }, { "boost", part }, { "state", t.u8 } }
        if field then table.insert(members, 3, { field, t.int }) end
        t.struct("waiter", members)
      end)
    end
    local s = first(waiter(nil, "deadline"), "waiter.deadline", waiter "deadline")
    assert.is_true(s.score < 0.8, s.score)
    s = first(waiter(nil, "deadline"), "waiter.boost_deadline", waiter "boost_deadline")
    assert.equal("waiter.boost.deadline", s.successor)
    assert.is_true(s.score > 0.8, s.score)
  end)

  it("a bit that is called as a counter was", function()
    local function kernel(is_new)
      return made(function(t)
        local state = { { "flags", t.u64 }, { "first", t.int }, { "last", t.u8 } }
        if not is_new then table.insert(state, 2, { "running", t.u64 }) end
        t.struct("pump_state", state)
        t.b:enum("pump_flags", is_new and { { "PUMP_STATE_RUNNING", 1 }, { "PUMP_STATE_DRY", 2 } }
          or { { "PUMP_STATE_DRY", 2 } })
      end)
    end
    assert.is_nil(first(kernel(true), "pump_state.running", kernel(false)))
  end)
end)
