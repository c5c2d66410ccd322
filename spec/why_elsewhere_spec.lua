--- target:successors, by what happened elsewhere and to several at once: words that gave way to others in parameters
--- and in other structs, runs that were renamed as a whole, names told without their struct's prefix, containers of one
--- kind, and enumerators whose bits another enum numbers.
local made = require "spec.support.made"
local successors = require "spec.support.successors"
local tmp = require "spec.support.tmp"

local first = successors.first

describe("why learns from elsewhere:", function()
  teardown(tmp.clean)

  -- A struct whose third member is called so, and functions and structs that use that word, too.
  local function kernel(word, functions, structs)
    return made(function(t)
      t.struct("rule", { { "table", t.int }, { "prefix", t.int }, { word, t.u8 }, { "metric", t.int },
        { "owner", t.u64 }, { "mark", t.u8 } })
      for i = 1, functions do
        t.b:func("route_" .. i, t.b:func_proto(t.int, { { "net", t.u64 }, { word, t.u8 } }))
      end
      for i = 1, structs do
        t.struct("flow" .. i, { { "iif", t.int }, { "flow_" .. word, t.u8 }, { "end" .. i, t.u64 } })
      end
    end)
  end

  it("a parameter of functions that both kernels have", function()
    local s = assert(first(kernel("dscp", 3, 0), "rule.tos", kernel("tos", 3, 0)))
    assert.equal("rule.dscp", s.successor)
    assert.is_true(s.score > 0.8, s.score)
  end)

  it("members of other structs that are called as before but for that word", function()
    local s = assert(first(kernel("dscp", 0, 3), "rule.tos", kernel("tos", 0, 3)))
    assert.equal("rule.dscp", s.successor)
    assert.is_true(s.score > 0.8, s.score)
  end)

  it("but not from the struct itself, and not where the word mostly stayed", function()
    local s = first(kernel("dscp", 0, 0), "rule.tos", kernel("tos", 0, 0))
    assert.is_true(not s or s.score < 0.8, s and s.score)
    local function mixed(own)
      return made(function(t)
        t.struct("rule", { { "table", t.int }, { "prefix", t.int }, { own, t.u8 }, { "metric", t.int },
          { "owner", t.u64 }, { "mark", t.u8 } })
        for i = 1, 40 do
          t.b:func("route_" .. i, t.b:func_proto(t.int, { { "net", t.u64 }, { i > 1 and "tos" or own, t.u8 } }))
        end
      end)
    end
    s = first(mixed "dscp", "rule.tos", mixed "tos")
    assert.is_true(not s or s.score < 0.8, s and s.score)
  end)

  it("a run of members that was renamed one by one", function()
    local function list(names)
      return made(function(t)
        t.struct("fence_list", { { "rcu", t.u64 }, { names[1], t.int }, { names[2], t.int },
          { names[3], t.b:ptr(t.int) } })
      end)
    end
    local old = list { "shared_count", "shared_max", "shared" }
    local new = list { "num_fences", "max_fences", "table" }
    assert.equal("fence_list.num_fences", first(new, "fence_list.shared_count", old).successor)
    assert.equal("fence_list.table", first(new, "fence_list.shared", old).successor)
  end)

  -- A struct of which another, with a prefix of its own, took a member that has a name of several words.
  local function split(name, prefix, keepers)
    local function side(is_new)
      return made(function(t)
        local socket = { { prefix .. "_family", t.int }, { prefix .. "_state", t.u64 }, { prefix .. "_port", t.u8 } }
        local tcp_socket = { { "hop", t.int }, { "label", t.u64 } }
        if is_new then socket[4] = { prefix .. "_" .. name, t.u64 } else tcp_socket[3] = { name, t.u64 } end
        t.struct("tcp_socket", tcp_socket)
        t.struct("socket", socket)
        for i = 1, keepers do t.struct("keeper" .. i, { { name, t.u64 }, { "end" .. i, t.u8 } }) end
      end)
    end
    return side(false), side(true)
  end

  it("a name that another struct has with its own prefix", function()
    local old, new = split("rx_route_cookie", "sk", 0)
    local s = assert(first(new, "tcp_socket.rx_route_cookie", old))
    assert.equal("socket.sk_rx_route_cookie", s.successor)
    assert.is_true(s.score < 0.8, s.score)
    old, new = split("rx_route_cookie", "sk", 40)
    assert.is_nil(first(new, "tcp_socket.rx_route_cookie", old))
  end)

  it("that one list or tree took the place of another, and a node that of a pointer to the next", function()
    local function table_of(is_new)
      return made(function(t)
        local head = t.struct("hlist_head", { { "first", t.u64 } })
        local tree = t.struct("rb_root", { { "rb_node", t.b:ptr(t.int) } })
        local node = t.struct("hlist_node", { { "next", t.u64 }, { "pprev", t.u64 } })
        local self = t.b:next_id() + 1
        local next = t.b:ptr(self)
        t.struct("entry", is_new and { { "hash", node }, { "devs", node }, { "key", t.int }, { "value", t.u64 },
          { "flags", t.u64 }, { "rcu", t.int }, { "tracked", t.u8 } }
          or { { "next", next }, { "key", t.int }, { "mask", t.u8 }, { "value", t.u64 }, { "rcu", t.int } })
        t.struct("owner", is_new and { { "lock", t.u64 }, { "areas", tree }, { "stamp", t.u64 }, { "count", t.int },
          { "more", t.u8 }, { "less", t.u8 } }
          or { { "lock", t.u64 }, { "zones", head }, { "count", t.int }, { "gone", t.u64 } })
      end)
    end
    local old, new = table_of(false), table_of(true)
    assert.equal("entry.hash", first(new, "entry.next", old).successor)
    assert.equal("owner.areas", first(new, "owner.zones", old).successor)
  end)

  it("the number of a bit, where all of an enum were bits that another numbers", function()
    local function enums(is_new, shift)
      return made(function(t)
        local types, flags = {}, {}
        for i, name in ipairs { "TIMER", "RCU", "MISC", "TICK" } do
          types[i] = { "HK_TYPE_" .. name, i - 1 }
          flags[i] = { "HK_FLAG_" .. name, 1 << (i - 1 + shift) }
        end
        t.b:enum("hk_type", types)
        if not is_new then t.b:enum("hk_flags", flags) end
      end)
    end
    local s = assert(first(enums(true, 0), "hk_flags.HK_FLAG_TICK", enums(false, 0)))
    assert.equal("hk_type.HK_TYPE_TICK", s.successor)
    assert.matches("one is the bit of the other", s.evidence)
    assert.is_true(s.score < 0.8, s.score)
    assert.is_nil(first(enums(true, 1), "hk_flags.HK_FLAG_TICK", enums(false, 1)))
  end)
end)

describe("why doubts what it finds elsewhere:", function()
  teardown(tmp.clean)

  it("of two structs that gained the same it names neither", function()
    local function kernel(is_new, takers)
      return made(function(t)
        local area = t.b:next_id() + 1
        local to = t.b:ptr(area)
        local members = { { "start", t.u64 }, { "end", t.u64 }, { "flags", t.int } }
        if not is_new then members[4] = { "unmapped_range", t.u64 } end
        t.struct("area", members)
        for i = 1, takers do
          t.struct("taker" .. i, is_new and { { "area", to }, { "unmapped_range", t.u64 } } or { { "area", to } })
        end
      end)
    end
    assert.equal("taker1.unmapped_range",
      first(kernel(true, 1), "area.unmapped_range", kernel(false, 1)).successor)
    assert.is_nil(first(kernel(true, 2), "area.unmapped_range", kernel(false, 2)))
  end)

  it("what is in a struct that took the place of a number is the number's", function()
    local function kernel(is_new)
      return made(function(t)
        local id = is_new and t.struct("task_cid", { { "cid", t.int }, { "active", t.int } }) or t.int
        local members = { { "state", t.u64 }, { "cid", id } }
        if not is_new then members[3] = { "last_cid", t.int } end
        members[#members + 1] = { "end", t.u8 }
        t.struct("task", members)
      end)
    end
    local s = first(kernel(true), "task.last_cid", kernel(false))
    assert.is_true(not s or s.successor ~= "task.cid.cid", s and s.successor)
  end)

  it("an enumerator names the bit of a number only with a word of its struct", function()
    local function kernel(is_new, bit)
      return made(function(t)
        local members = { { "first", t.u64 }, { "flags", t.u64 } }
        if not is_new then members[3] = { "page", t.int } end
        members[#members + 1] = { "last", t.u8 }
        t.struct("pump_output", members)
        if is_new then t.b:enum(nil, { { "OPEN", 0 }, { bit, 3 } }) end
      end)
    end
    assert.equal("PUMP_PAGE", first(kernel(true, "PUMP_PAGE"), "pump_output.page", kernel(false)).flag)
    assert.is_nil(first(kernel(true, "FLAG_PAGE"), "pump_output.page", kernel(false)))
  end)
end)
