--- Where `why` looks for what went, and what it takes for the same thing: not every struct near by is a
--- place, and not everything that stands in a place is it.
local made = require "spec.support.made"
local tmp = require "spec.support.tmp"

local function list(target, path, from)
  local out = {}
  for s in target:successors(path, { from = from, least = 0.05 }) do out[#out + 1] = s end
  return out
end

local function first(target, path, from)
  return target:successors(path, { from = from })()
end

local function find(suggestions, pattern)
  for _, s in ipairs(suggestions) do
    if (s.via or s.successor):find(pattern) then return s end
  end
  return nil
end

describe("why", function()
  teardown(tmp.clean)

  describe("reaches a struct that the root embeds", function()
    -- What locks are: a core that is embedded, and a pointer to the core of the one that blocks this one.
    local old, new

    setup(function()
      old = made(function(t)
        t.struct("file_lock", { { "fl_flags", t.int }, { "fl_pid", t.u64 }, { "fl_type", t.u8 },
          { "fl_start", t.u64 } })
      end)
      new = made(function(t)
        local self = t.b:next_id() + 1
        local pointer = t.b:ptr(self)
        local core = t.struct("file_lock_core", { { "flc_blocker", pointer }, { "flc_flags", t.int },
          { "flc_pid", t.u64 }, { "flc_type", t.u8 } })
        assert(core == self)
        local lock = t.struct("file_lock", { { "c", core }, { "fl_start", t.u64 } })
        t.struct("file_event", { { "fl", t.b:ptr(lock) }, { "flags", t.int }, { "pid", t.u64 } })
      end)
    end)

    it("where it is, never through a pointer to another", function()
      for _, name in ipairs { "flags", "pid", "type" } do
        local suggestions = list(new, "file_lock.fl_" .. name, old)
        assert.equal("file_lock.c.flc_" .. name, suggestions[1].successor)
        assert.is_true(suggestions[1].score > 0.8)
        assert.is_nil(suggestions[1].via)
        assert.is_nil(find(suggestions, "%->"))
        assert.is_nil(find(suggestions, "^file_lock_core"))
      end
    end)

    it("so that the code reads the field of the same object", function()
      local code = first(new, "file_lock.fl_flags", old):code()
      assert.is_not_nil(code:find("now->c.flc_flags", 1, true), code)
      assert.is_nil(code:find("*there", 1, true), code)
    end)

    it("and back", function()
      assert.equal("file_lock.fl_flags", first(old, "file_lock.c.flc_flags", new).successor)
    end)
  end)

  it("takes no other list of the struct, which was there before, for one that went", function()
    local function kernel(waits)
      return made(function(t)
        local link = t.b:ptr(t.b:next_id() + 1)
        local head = t.struct("list_head", { { "next", link }, { "prev", link } })
        local lock = t.struct("mutex", { { "owner", t.u64 }, waits and { "wait_list", head } or { "waiters", t.u64 } })
        local ipv4 = t.struct("netns_ipv4", { { "count", t.int }, { "ra_mutex", lock } })
        t.struct("net", { { "list", head }, { "exit_list", head }, { "ipv4", ipv4 } })
      end)
    end
    local old, new = kernel(true), kernel(false)
    for _, name in ipairs { "next", "prev" } do
      local best = first(new, "net.ipv4.ra_mutex.wait_list." .. name, old)
      assert.is_true(not best or best.score < 0.5, best and best.successor)
    end
  end)

  it("takes what a new part behind a pointer counts of its own for no more than that", function()
    local function kernel(counter, more)
      return made(function(t)
        local queue = t.b:next_id() + (more and 2 or 1)
        local pointer = t.b:ptr(queue)
        local part = more and t.struct("ext_queue", { { "tail", t.u64 }, { "nr_running", t.int },
          { "nr_kept", t.int } })
        local members = { { "lock", t.int }, { "clock", t.u64 } }
        if part then members[#members + 1] = { "ext", part } end
        assert(queue == t.struct("queue", members))
        t.struct("fair_queue", { { "load", t.u64 }, { counter, t.int }, { "weight", t.u64 }, { "queue", pointer } })
      end)
    end
    local old, new = kernel("nr_running"), kernel("nr_queued", true)
    local suggestions = list(new, "fair_queue.nr_running", old)
    assert.equal("fair_queue.nr_queued", suggestions[1].successor)
    local other = find(suggestions, "ext")
    assert.is_true(not other or other.score < 0.8, other and other.score)
    assert.is_nil(suggestions[1].doubt)
  end)

  it("does not come back to the root by way of a struct that embeds it", function()
    local function kernel(name)
      return made(function(t)
        local base = t.b:next_id()
        local thing, owner = base + 1, base + 2
        local pointer = t.b:ptr(owner)
        assert(thing == t.struct("thing", { { "owner", pointer }, { name, t.u64 }, { "last", t.u8 } }))
        assert(owner == t.struct("owner", { { "part", thing }, { "id", t.int } }))
      end)
    end
    local suggestions = list(kernel "count_all", "thing.count", kernel "count")
    assert.equal("thing.count_all", suggestions[1].successor)
    assert.is_nil(find(suggestions, "part"))
  end)

  it("takes the thing itself, found elsewhere, for what went, not another that stands in its place", function()
    local function kernel(build)
      return made(function(t)
        local disk = t.struct("gendisk", { { "major", t.int }, { "minors", t.int } })
        local self = t.b:next_id() + 4
        build(t, t.b:ptr(disk), t.b:ptr(self), self)
      end)
    end
    local old = kernel(function(t, disk, request, self)
      local queue = t.b:ptr(t.struct("queue", { { "depth", t.int } }))
      assert(t.struct("request", { { "q", queue }, { "flags", t.int }, { "rq_disk", disk }, { "tag", t.u8 },
        { "other", request } }) == self)
    end)
    local new = kernel(function(t, disk, request, self)
      local queue = t.b:ptr(t.struct("queue", { { "depth", t.int }, { "disk", disk } }))
      assert(t.struct("request", { { "q", queue }, { "flags", t.int }, { "rq_next", request }, { "tag", t.u8 },
        { "other", request } }) == self)
    end)
    local suggestions = list(new, "request.rq_disk", old)
    assert.equal("request.q->disk", suggestions[1].via)
  end)

  it("takes for a struct that went the one that lay over it, not one that it began with or could hold", function()
    local function kernel(folio, own)
      return made(function(t)
        local page = t.struct("page", { { "flags", t.u64 }, { "owner", t.u64 } })
        t.struct("slab", { { "page", page }, { "next", t.int } })
        if folio == "union" then
          local fields = t.b:struct("", 16, { { own[1], t.u64, 0 }, { own[2], t.u64, 64 } })
          t.b:struct("folio", 24, { { "", t.b:union("", 16, { { "", fields, 0 }, { "page", page, 0 } }), 0 },
            { "count", t.int, 128 } })
        elseif folio == "beginning" then
          t.struct("folio", { { "page", page }, { "count", t.int } })
        end
      end)
    end
    local new = kernel()
    assert.equal("page", first(new, "folio.page", kernel("union", { "flags", "owner" })).successor)
    assert.is_nil(first(new, "folio.page", kernel("union", { "next", "prev" })))
    assert.is_nil(first(new, "folio.page", kernel("union", { "owner", "flags" })))
    assert.is_nil(first(new, "folio.page", kernel "beginning"))
  end)

  describe("knows the record of an event", function()
    -- A struct with a field or without it, and the record of an event that copies it.
    local function kernel(field)
      return made(function(t)
        local entry = t.struct("trace_entry", { { "type", t.int } })
        local members = { { "first", t.int }, { "last", t.u8 } }
        if field then table.insert(members, 2, { "lock_pid", t.u64 }) end
        local lock = t.b:ptr(t.struct("lock", members))
        local record = { { "ent", entry }, { "lock", lock } }
        if not field then record[3] = { "lock_pid", t.u64 } end
        t.struct("trace_event_raw_lock", record)
        t.struct("trace_event_data_offsets_lock", not field and { { "lock_pid", t.u64 }, { "lock", lock } } or {})
      end)
    end

    it("and does not take it for a place where something lives", function()
      assert.same({}, list(kernel(false), "lock.lock_pid", kernel(true)))
    end)

    it("and looks for what went from it there alone", function()
      assert.same({}, list(kernel(true), "trace_event_raw_lock.lock_pid", kernel(false)))
    end)
  end)

  describe("asks the siblings of a name that stayed with another type", function()
    local function kernel(members)
      return made(function(t)
        local node = t.struct("node", { { "left", t.u64 }, { "right", t.u64 } })
        for _, member in ipairs(members) do member[2] = member[2] == "node" and node or t[member[2]] end
        t.struct("space", members)
      end)
    end

    it("and finds the one that is what it was", function()
      local old = kernel { { "first", "u8" }, { "mounts", "int" }, { "last", "u64" } }
      local new = kernel { { "first", "u8" }, { "mounts", "node" }, { "nr_mounts", "int" }, { "last", "u64" } }
      local suggestions = list(new, "space.mounts", old)
      assert.equal("space.nr_mounts", suggestions[1].successor)
      assert.equal("retyped", assert(find(suggestions, "^space.mounts$")).change)
    end)

    it("and is not beyond doubt without one", function()
      local old = kernel { { "first", "u8" }, { "mounts", "int" }, { "last", "u64" } }
      local new = kernel { { "first", "u8" }, { "mounts", "node" }, { "last", "u64" } }
      local s = first(new, "space.mounts", old)
      assert.same({ "space.mounts", "retyped" }, { s.successor, s.change })
      assert.is_true(s.score < 0.99, tostring(s.score))
    end)
  end)

  it("is not sure of a place that the name of another that went fits better", function()
    local function kernel(names)
      return made(function(t)
        local members = { { "load", t.u64 } }
        for _, name in ipairs(names) do members[#members + 1] = { name, t.int } end
        members[#members + 1] = { "last", t.u8 }
        t.struct("queue", members)
      end)
    end
    local old = kernel { "idle_nr_running", "idle_hier_nr_running", "hier_nr_delayed" }
    local new = kernel { "hier_nr_idle" }
    assert.equal("queue.hier_nr_idle", first(new, "queue.idle_hier_nr_running", old).successor)
    for _, name in ipairs { "idle_nr_running", "hier_nr_delayed" } do
      local s = first(new, "queue." .. name, old)
      assert.is_true(not s or s.score < 0.8, name)
    end
  end)

  it("does not take a link of a list for a number", function()
    local function kernel(number)
      return made(function(t)
        local self = t.b:next_id() + 1
        local next = t.b:ptr(self)
        assert(t.struct("list_head", { { "next", next }, { "prev", next } }) == self)
        t.struct("set", { { "first", t.u8 }, number and { "attach_count", t.int } or { "attach_node", self },
          { "last", t.u64 } })
      end)
    end
    local s = first(kernel(false), "set.attach_count", kernel(true))
    assert.is_true(not s or s.score < 0.8)
  end)

  it("gives a bit no word of flags that an embedded struct has for its own", function()
    local function kernel(bit)
      return made(function(t)
        local members = { { "id", t.u64 } }
        if not bit then members[2] = { "flags", t.u64 } end
        local device = t.struct("device", members)
        local all = { { "dev", device }, { "last", t.u8 } }
        if bit then table.insert(all, 2, { "no_msi", t.int, 1 }) end
        t.struct("pci_dev", all)
      end)
    end
    local s = first(kernel(false), "pci_dev.no_msi", kernel(true))
    assert.is_true(not s or s.score < 0.8)
  end)

  it("keeps the indices of arrays, at the arrays of what came", function()
    local function kernel(new)
      return made(function(t)
        if new then
          local counter = t.struct("percpu_counter", { { "lock", t.int }, { "count", t.u64 } })
          t.struct("mm", { { "first", t.int }, { "stat", t.b:array(counter, 4) } })
        else
          local atomic = t.struct("atomic", { { "counter", t.u64 } })
          local stat = t.struct("mm_stat", { { "count", t.b:array(atomic, 4) } })
          t.struct("mm", { { "first", t.int }, { "stat", stat } })
        end
      end)
    end
    local old, new = kernel(false), kernel(true)
    local s = first(new, "mm.stat.count[1].counter", old)
    assert.same({ "mm.stat.count[1].counter", "mm.stat[1].count" }, { s.query, s.successor })
    assert.equal("mm.stat.count", first(new, "mm.stat.count.counter", old).successor)
    local code = s:code()
    for _, text in ipairs { "now->stat[1].count", "was->stat.count[1].counter", "} stat[2];", "} count[2];" } do
      assert.is_not_nil(code:find(text, 1, true), code)
    end
  end)

  it("says when an index has nowhere to go", function()
    local function kernel(elements)
      return made(function(t)
        local pointer = t.b:ptr(t.struct("context", { { "id", t.int } }))
        t.struct("task", { { "first", t.int }, { "ctxp", elements and t.b:array(pointer, elements) or pointer } })
      end)
    end
    local s = first(kernel(nil), "task.ctxp[1]", kernel(2))
    assert.same({ "task.ctxp", "there is no array for [1]" }, { s.successor, s.doubt })
    assert.equal("element 3 lies outside, of 2", first(kernel(2), "task.ctxp[3]", kernel(4)).doubt)
    assert.is_nil(first(kernel(2), "task.ctxp[1]", kernel(4)).doubt)
  end)

  it("answers soon where everything went from a long list and as much came", function()
    local function kernel(build)
      return made(function(t)
        local function many(word)
          local members = {}
          for i = 1, 1500 do members[i] = { ("%s_name%d"):format(word, i), t.int } end
          return members
        end
        build(t, many)
      end)
    end
    local old = kernel(function(t, many) t.struct("long", many "old") end)
    local new = kernel(function(t, many)
      local inner, there = t.struct("inner", many "new"), t.b:ptr(t.struct("there", many "other"))
      t.struct("long", { { "inner", inner }, { "there", there } })
    end)
    local start = os.clock()
    new:successors("long.old_name7", { from = old })
    assert.is_true(os.clock() - start < 10)
  end)
end)
