--- What maps may be used for: which helper takes which, and which programs may have them; how the table is made
--- from a kernel's sources.

local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local loadable = require "spec.support.loadable"
local loads = require "spec.support.loads"
local map_uses = require "spec.support.map_uses"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local n = 0
local HASH, ARRAY, PROG_ARRAY, PERF_EVENT_ARRAY, LPM_TRIE, ARRAY_OF_MAPS = 1, 2, 3, 4, 11, 12
local SOCKMAP, RINGBUF = 15, 27

-- A kernel that has all types of maps, helpers (or so many), work queues and task work.
local function kernel(release, last)
  local maps, helpers = {}, {}
  for i = 0, 35 do maps[i + 1] = "TYPE_" .. i end
  for i = 0, last or 211 do helpers[i + 1] = i == 0 and "unspec" or "helper_" .. i end
  n = n + 1
  local t = kernels.new { prog_type = kernels.PROG_TYPES, map_type = maps, helper = helpers }
  t:func("bpf_jit_binary_alloc", t.proto)
  t:func("bpf_iter_num_new", t.proto)
  if not last then
    t:func("bpf_wq_init", t.proto)
    t:func("bpf_task_work_schedule_signal", t.proto)
  end
  kernels.tracepoint(t, "sched", { { "a", t:int("int", 4, "signed") } })
  return btfl.target(tmp.write(("%s-map-uses%d.btf"):format(release or "6.12.9", n), t:bytes()))
end

-- Attributes that every kernel takes for a type.
local function map(name, type, more)
  return { name, function(b, int)
    local fields = { { "type", type }, { "max_entries", 4096 } }
    if type == LPM_TRIE then
      table.move({ { "key_size", 8 }, { "value", int }, { "map_flags", 1 } }, 1, 3, 3, fields)
    elseif type ~= RINGBUF then
      table.move({ { "key", int }, { "value", int } }, 1, 2, 3, fields)
    end
    return more and more(b, int, fields) or fields
  end }
end

-- An object whose program is made of these: a number is moved to r1, a name is the map that goes to that
-- register.
local function with(section, maps, insns, more)
  local o, b, int = loadable.maps(maps)
  if more then more(o, b, int) end
  local all, relos = {}, {}
  for _, x in ipairs(insns) do
    if x.map then
      relos[#relos + 1] = { #all * 8, x.map }
      local lo, hi = object.ldimm64(x.reg, 0)
      if hi then all[#all + 1], all[#all + 2] = lo, hi else all[#all + 1] = lo end
    else
      all[#all + 1] = x
    end
  end
  all[#all + 1], all[#all + 2] = object.mov(0, 0), object.exit()
  o:program { section = section, name = "prog", insns = all, lines = { { insn = 0, text = "first", line = 7 } } }
  o:section("license", "GPL\0")
  for _, r in ipairs(relos) do o:rel(section, r[1], r[2]) end
  n = n + 1
  return tmp.write(("map_uses%d.o"):format(n), o:bytes())
end

local function load(name, reg) return { map = name, reg = reg or 1 } end

-- A key on the stack, its address in r2.
local function key()
  return object.mov(3, 0), object.stx(4, 10, 3, -4), object.insn(0xbf, 2, 10, 0), object.insn(0x07, 2, 0, 0, -4)
end

local function key_then(...)
  local list = { key() }
  for _, x in ipairs { ... } do list[#list + 1] = x end
  return list
end

local function verdict(path, options, target)
  return btfl.object(path):program "prog":verdict(target or kernel(), options)
end

-- What stops it first, as "rule cause name type helper".
local function first(path, options, target)
  local v = verdict(path, options, target)
  local x = v.first
  return x and ("%s %s %s %s %s"):format(x.rule, x.cause or "-", x.name or "-", x.type or "-", x.helper or "-")
    or v.verdict, x
end

describe("what a map is used for", function()
  teardown(tmp.clean)

  it("is what its type is for", function()
    local path = with("tc", { map("events", RINGBUF) }, key_then(load "events", object.call(1)))
    local said, x = first(path)
    assert.equal("map-use helper events ringbuf map_lookup_elem", said)
    assert.same({ "walk", true, "program", 1 }, { x.stage, x.reached, x.scope, x.number })
    assert.equal("map `events` is of type ringbuf, which helper bpf_map_lookup_elem does not take", x:message())
    assert.equal("use a map of a type that the helper takes, or a helper for that type", x:help())
    assert.equal("rejected", verdict(path).verdict)
    assert.equal("loads", first(with("tc", { map("events", HASH) }, key_then(load "events", object.call(1)))))
  end)

  it("is what the helper takes, in whichever argument", function()
    local call = { object.insn(0xbf, 6, 1, 0), object.insn(0xbf, 1, 6, 0), load("jumps", 2), object.mov(3, 0),
      object.call(12) }
    assert.equal("map-use helper jumps hash tail_call", first(with("tc", { map("jumps", HASH) }, call)))
    assert.equal("loads", first(with("tc", { map("jumps", PROG_ARRAY) }, call)))
  end)

  it("does not count where no path comes to it", function()
    local function guarded(condition)
      return with("tc", { map("events", RINGBUF) }, key_then(object.mov(3, condition), object.insn(0x15, 3, 0, 3, 0),
        load "events", object.call(1)))
    end
    assert.equal("map-use helper events ringbuf map_lookup_elem", first(guarded(1)))
    assert.equal("loads", first(guarded(0)))
  end)

  it("is not known where more comes before than the verifier follows", function()
    local path = with("tc", { map("events", RINGBUF) }, key_then(object.mov(3, 0), object.add(3, 1),
      object.insn(0xa5, 3, 0, -2, 2000000), -- jlt
      load "events", object.call(1)))
    local v = verdict(path)
    local why = "more than a million instructions on its paths"
    assert.same({ "unknown", false, why }, { v.verdict, v.ok, v.why })
    assert.is_nil(v.first)
    for _, command in ipairs { "check", "verdicts" } do
      local said = run { command, path, "-t", kernel().path }
      assert.matches("warning[unknown]: whether it loads is not known: " .. why, said.out, 1, true)
      assert.matches("program prog", said.out, 1, true)
    end
  end)

  it("is asked of every map that comes to the call", function()
    local function chosen(one, other)
      return with("tc", { map("one", one), map("other", other) }, {
        object.call(7), object.insn(0xbf, 6, 0, 0), object.mov(3, 0), object.stx(4, 10, 3, -4),
        object.insn(0xbf, 2, 10, 0), object.insn(0x07, 2, 0, 0, -4),
        load "one", object.insn(0x15, 6, 0, 2, 0), load "other", object.call(1),
      })
    end
    assert.equal("loads", first(chosen(HASH, ARRAY)))
    assert.equal("map-use helper other ringbuf map_lookup_elem", first(chosen(HASH, RINGBUF)))
    assert.equal("map-use helper one ringbuf map_lookup_elem", first(chosen(RINGBUF, HASH)))
  end)

  it("is asked of the maps in a map", function()
    local function outer(inner)
      return with("tc", { { "outer", function(b, int)
        local fields = { { "type", inner }, { "max_entries", 1 }, { "key", int }, { "value", int } }
        local members = {}
        for i, f in ipairs(fields) do
          members[i] = { f[1], b:ptr(i < 3 and b:array(int, f[2]) or int), (i - 1) * 64 }
        end
        return { { "type", ARRAY_OF_MAPS }, { "max_entries", 5 }, { "key_size", 4 },
          { "values", b:struct(nil, 32, members) } }
      end } }, key_then(load "outer", object.call(1), object.insn(0x15, 0, 0, 5, 0), object.insn(0xbf, 1, 0, 0),
        object.insn(0xbf, 2, 10, 0), object.insn(0x07, 2, 0, 0, -4), object.mov(3, 0), object.call(1)))
    end
    assert.equal("loads", first(outer(HASH)))
    local said, x = first(outer(PERF_EVENT_ARRAY))
    assert.equal("map-use inner outer perf_event_array map_lookup_elem", said)
    assert.equal("the maps in `outer` are of type perf_event_array, which helper bpf_map_lookup_elem does not take",
      x:message())
    assert.equal("loads", first(outer(PERF_EVENT_ARRAY), { maps = { outer = { inner = true } } }))
  end)

  it("is what a tool makes of it", function()
    local path = with("tc", { map("events", HASH) }, key_then(load "events", object.call(1)))
    assert.equal("map-use helper events prog_array map_lookup_elem",
      first(path, { maps = { events = { type = "prog_array" } } }))
  end)

  it("may hang on the program, too", function()
    local deletes = key_then(load "socks", object.call(3))
    assert.equal("map-use helper socks sockmap map_delete_elem",
      first(with("kprobe/x", { map("socks", SOCKMAP) }, deletes)))
    assert.equal("loads", first(with("tc", { map("socks", SOCKMAP) }, deletes)))
    -- Some 6.6 let everybody do so.
    assert.equal("loads", first(with("kprobe/x", { map("socks", SOCKMAP) }, deletes), nil, kernel "6.6.9"))
  end)

  -- Updates a map of sockets with the socket of a program of sock_ops.
  local function updates(section)
    local at = section == "sockops" and 184 or 168
    return with(section, { map("socks", SOCKMAP) }, key_then(object.ldx(8, 6, 1, at), object.insn(0x15, 6, 0, 5, 0),
      object.insn(0xbf, 3, 6, 0), object.mov(4, 0), load "socks", object.call(2)))
  end

  local function deletes(section)
    return with(section, { map("socks", SOCKMAP) }, key_then(load "socks", object.call(3)))
  end

  it("is to delete a socket, and not to add one, in programs of sock_ops", function()
    assert.equal("map-use helper socks sockmap map_update_elem", first(updates "sockops"))
    assert.equal("loads", first(updates "tc"))
    assert.equal("loads", first(deletes "sockops"))
  end)

  it("is what the running kernel says of sockets", function()
    local peer, why = loads.peer()
    if not peer then return pending(why) end
    local paths, target = {}, btfl.target()
    for _, path in ipairs { updates "sockops", updates "tc" } do paths[path] = first(path, nil, target) == "loads" end
    for _, section in ipairs { "sockops", "tc", "xdp", "socket", "sk_skb", "sk_msg", "kprobe/x", "tracepoint/a/b",
      "perf_event", "raw_tp/sched_switch", "sk_reuseport", "flow_dissector", "cgroup/dev", "cgroup_skb/egress" } do
      local path = deletes(section)
      paths[path] = first(path, nil, target) == "loads"
    end
    assert.same(paths, loads.which_load(paths))
  end)

  it("is not known of a kernel that is newer than the table", function()
    local path = with("tc", { map("events", RINGBUF) }, key_then(load "events", object.call(1)))
    assert.equal("loads", first(path, { release = "9.1.2" }))
  end)

  it("is nothing that is looked for when other rules are asked about", function()
    local path = with("tc", { map("events", RINGBUF) }, key_then(load "events", object.call(1)))
    assert.equal("loads", first(path, { only = { "ctx-arg" } }))
  end)
end)

describe("a map of a program", function()
  local function sleeps(type)
    return with("iter.s/task", { map("m", type) }, { load "m" })
  end

  it("is of some types only where it may sleep, more in newer kernels", function()
    local function asked(type, release)
      local v = verdict(sleeps(type), { release = release })
      for x in v:obstacles() do if x.rule == "map-use" then return x.cause .. " " .. x.name end end
    end
    assert.equal("sleepable m", asked(LPM_TRIE, "6.12.9"))
    assert.is_nil(asked(LPM_TRIE, "7.3.1"))
    assert.is_nil(asked(HASH, "5.10.9"))
    assert.equal("sleepable m", asked(RINGBUF, "5.10.9"))
    assert.is_nil(asked(RINGBUF, "6.1.9"))
    assert.equal("sleepable m", asked(SOCKMAP, "7.3.1"))
    assert.is_nil(asked(SOCKMAP, "9.1.1"))
  end)

  it("is looked at before what the program attaches to since 6.12, and behind it before", function()
    local path = with("iter.s/num_new", { map("m", LPM_TRIE) }, { load "m" })
    assert.equal("map-use", verdict(path, { release = "6.12.9" }).rule)
    assert.equal("attach-target", verdict(path, { release = "6.6.63" }).rule)
  end)

  it("is one storage of its cgroup, and one of each CPU", function()
    local function storage(name, type)
      return { name, function(_, int)
        return { { "type", type }, { "max_entries", 0 }, { "key_size", 8 }, { "value", int } }
      end }
    end
    local maps = { storage("one", 19), storage("two", 19), storage("each", 21) }
    local function said(...)
      local insns = {}
      for i, name in ipairs { ... } do insns[i] = load(name) end
      return first(with("cgroup_skb/egress", maps, insns))
    end
    assert.equal("map-use storage two cgroup_storage -", (said("one", "each", "two")))
    assert.equal("loads", (said("one", "each", "one")))
    assert.equal("loads", (said("two")))
  end)

  it("is one of 64 at most, however often", function()
    local function refers(count)
      local maps, insns = {}, {}
      for i = 1, count do
        maps[i] = map("m" .. i, HASH)
        insns[i] = load("m" .. i)
        insns[count + i] = load("m" .. i)
      end
      return with("tc", maps, insns)
    end
    local paths = { [refers(64)] = true, [refers(66)] = false }
    for path, fits in pairs(paths) do assert.equal(fits and "loads" or "map-use many m65 hash -", (first(path))) end
    if loads.peer() then assert.same(paths, loads.which_load(paths)) end
  end)

  it("has to be preallocated where old kernels say so", function()
    local function hash(flags)
      return with("perf_event", { map("m", HASH, function(_, _, fields)
        fields[#fields + 1] = { "map_flags", flags }
        return fields
      end) }, { load "m" })
    end
    local said, x = first(hash(1), { release = "5.10.262" })
    assert.equal("map-use preallocated m hash -", said)
    assert.same({ "instructions", "first" }, { x.stage, x.line.text })
    assert.equal("loads", first(hash(0), { release = "5.10.262" }))
    assert.equal("loads", first(hash(1), { release = "6.1.9" }))
  end)

  it("is asked of the maps in a map, whether they are preallocated", function()
    local function outer(inner, flags, section)
      return with(section or "perf_event", { { "outer", function(b, int)
        local members = {}
        for i, f in ipairs { { "type", inner }, { "max_entries", 1 }, { "key", int }, { "value", int },
          { "map_flags", flags } } do
          members[i] = { f[1], b:ptr((f[1] == "key" or f[1] == "value") and int or b:array(int, f[2])), (i - 1) * 64 }
        end
        return { { "type", ARRAY_OF_MAPS }, { "max_entries", 5 }, { "key_size", 4 },
          { "values", b:struct(nil, 40, members) } }
      end } }, { load "outer" })
    end
    local old = { release = "5.10.262" }
    assert.equal("map-use preallocated outer array_of_maps -", (first(outer(HASH, 1), old)))
    assert.equal("loads", (first(outer(HASH, 0), old)))
    assert.equal("loads", (first(outer(ARRAY, 0), old)))
    assert.equal("loads", (first(outer(HASH, 1, "tc"), old)))
    assert.equal("loads", (first(outer(HASH, 1), { release = "6.1.9" })))
    assert.equal("loads", (first(outer(HASH, 1), { release = "5.10.262", maps = { outer = { inner = true } } })))
  end)

  it("has no spin lock in programs of tracing", function()
    local function locked(section, type, name, key_type)
      return with(section, { { "m", function(b, int)
        local lock = b:struct(name or "bpf_spin_lock", 4, { { "val", int, 0 } })
        local value = b:struct("value", 8, { { "lock", lock, 0 }, { "count", int, 32 } })
        return { { "type", type }, { "max_entries", 1 }, key_type == false and { "key_size", 4 } or { "key", int },
          { "value", value } }
      end } }, { load "m" })
    end
    for _, section in ipairs { "kprobe/x", "raw_tp/sched", "tp/a/b", "perf_event", "socket" } do
      assert.equal("map-use spin-lock m hash -", first(locked(section, HASH)))
    end
    assert.equal("map-use spin-lock m array -", first(locked("kprobe/x", ARRAY)))
    assert.equal("loads", first(locked("tc", HASH)))
    assert.equal("loads", first(locked("kprobe/x", HASH, "other")))
    -- libbpf creates these without BTF, so that no kernel knows of the lock.
    assert.equal("loads", first(locked("kprobe/x", HASH, nil, false)))
    assert.equal("loads", first(locked("kprobe/x", 5)))
    assert.equal("loads", first(locked("kprobe/x", HASH), { maps = { m = { value_size = 12 } } }))
  end)
end)

-- A map whose values are made of members: { name, struct, bytes of it, where in bits }. A struct is a name, or
-- what makes its type of the builder and an int.
local function valued(name, type, size, members, more)
  return { name, function(b, int)
    local list = {}
    for i, m in ipairs(members) do
      local made = _G.type(m[2]) == "function" and m[2](b, int)
        or b:struct(m[2], m[3], { { "opaque", b:array(int, m[3] // 4), 0 } })
      list[i] = { m[1], made, m[4] }
    end
    local fields = { { "type", type }, { "max_entries", 1 }, { more == "no key" and "key_size" or "key",
      more == "no key" and 4 or int }, { "value", b:struct("value", size, list) } }
    if more == "storage" then
      fields[2], fields[5] = { "max_entries", 0 }, { "map_flags", 1 }
    end
    return fields
  end }
end

local function timer(at) return { "t" .. at, "bpf_timer", 16, at * 8 } end
local function lock(at) return { "l" .. at, "bpf_spin_lock", 4, at * 8 } end
local function plain(at) return { "p" .. at, function(_, int) return int end, 4, at * 8 } end

describe("a field of a map's values", function()
  local LRU_HASH, PERCPU_ARRAY = 9, 6
  local PERF = "perf_event"

  local function cause(section, map_of, target)
    local v = verdict(with(section, { map_of }, { load "m" }), nil, target)
    for x in v:obstacles() do if x.rule == "map-use" then return x.cause, x end end
    return v.verdict
  end

  it("is a timer or a work queue that programs of tracing may not have, up to 6.18", function()
    local wq = { "w", "bpf_wq", 16, 64 }
    for _, section in ipairs { "kprobe/x", "raw_tp/sched", "tp/a/b", PERF, "raw_tp.w/sched" } do
      assert.equal("timer", (cause(section, valued("m", HASH, 24, { plain(0), timer(8) }))))
      assert.equal("work-queue", (cause(section, valued("m", ARRAY, 24, { plain(0), wq }))))
    end
    local _, x = cause(PERF, valued("m", HASH, 16, { timer(0) }))
    assert.equal("values of map `m` have a timer, which the kernel does not let programs of this type use", x:message())
    assert.equal("loads", cause("tc", valued("m", HASH, 16, { timer(0) })))
    assert.equal("loads", cause("socket", valued("m", HASH, 16, { timer(0) })))
    assert.equal("timer", (cause(PERF, valued("m", HASH, 16, { timer(0) }), kernel "6.18.44")))
    assert.equal("loads", cause(PERF, valued("m", HASH, 16, { timer(0) }), kernel "7.2.13"))
    assert.equal("loads", cause("raw_tp.w/sched", valued("m", HASH, 16, { timer(0) }), kernel "5.15.9"))
  end)

  it("keeps local storage, which is made by its BTF, from being created", function()
    local function storage(size, members)
      return valued("m", 29, size, members, "storage")
    end
    local wq = { "w", "bpf_wq", 16, 64 }
    for _, member in ipairs { timer(8), wq, { "w", "bpf_task_work", 8, 64 } } do
      local x = verdict(with("tc", { storage(24, { plain(0), member }) }, {})).first
      assert.same({ "map-attr", "field", "m", "task_storage" }, { x.rule, x.cause, x.name, x.type })
      assert.equal("the kernel creates no task_storage map whose values have a timer, work queue or task work, as "
        .. "those of `m`", x:message())
    end
    assert.equal("loads", verdict(with("tc", { storage(8, { plain(0), lock(4) }) }, {})).verdict)
    -- It knows no timers.
    local old = kernel("5.10.262", 160)
    assert.equal("loads", verdict(with("tc", { storage(24, { plain(0), timer(8) }) }, {}), nil, old).verdict)
  end)

  it("is nothing to a kernel that does not know it", function()
    assert.equal("loads", cause(PERF, valued("m", HASH, 16, { timer(0) }), kernel("5.10.262", 160)))
    assert.equal("loads", cause(PERF, valued("m", HASH, 16, { { "w", "bpf_wq", 16, 0 } }), kernel("6.1.9", 209)))
    assert.equal("loads", cause(PERF, valued("m", HASH, 16, { { "r", "bpf_res_spin_lock", 4, 0 } })))
  end)

  it("is a lock that a program which sleeps may not have, from 5.15 to 6.1", function()
    local function asked(release, last)
      return (cause("iter.s/task", valued("m", HASH, 4, { lock(0) }), kernel(release, last)))
    end
    assert.not_equal("spin-lock", asked("5.10.262", 163))
    assert.equal("spin-lock", asked("5.15.100", 176))
    assert.equal("spin-lock", asked("6.1.192", 210))
    assert.not_equal("spin-lock", asked "6.6.63")
  end)

  it("is no reason where kernels may not take it", function()
    local function nested(name, size)
      return { "n", function(b, int)
        local inner = b:struct(name, size, { { "opaque", b:array(int, size // 4), 0 } })
        return b:array(b:struct("nest", size, { { "inner", inner, 0 } }), 1, int)
      end, size, 128 }
    end
    local function tagged(b, int) return b:ptr(b:type_tag("kptr", b:struct("some", 4, { { "x", int, 0 } }))) end
    for what, one in pairs {
      two = valued("m", HASH, 32, { timer(0), timer(16) }),
      odd = valued("m", HASH, 24, { plain(0), timer(4) }),
      small = valued("m", HASH, 16, { { "t", "bpf_timer", 8, 0 } }),
      over = valued("m", HASH, 24, { timer(0), timer(8) }),
      across = valued("m", HASH, 16, { timer(0), lock(8) }),
      beyond = valued("m", HASH, 16, { plain(0), timer(8) }),
      nested_timer = valued("m", HASH, 32, { timer(0), nested("bpf_timer", 16) }),
      nested_lock = valued("m", HASH, 20, { lock(0), nested("bpf_spin_lock", 4) }),
      kptr = valued("m", HASH, 24, { timer(0), { "k", tagged, 8, 128 } }),
      list = valued("m", HASH, 24, { lock(0), { "h", "bpf_list_head", 16, 64 } }),
      locks = valued("m", HASH, 8, { lock(0), { "r", "bpf_res_spin_lock", 4, 32 } }),
      typedef = valued("m", HASH, 16, { { "t", function(b, int)
        return b:typedef("bpf_timer", b:struct("other", 16, { { "x", b:array(int, 4), 0 } }))
      end, 16, 0 } }),
      percpu = valued("m", PERCPU_ARRAY, 16, { timer(0) }),
      no_key = valued("m", HASH, 16, { timer(0) }, "no key"),
    } do
      assert.equal("loads", cause(PERF, one), what)
    end
  end)

  -- Passes what a look-up gives to a helper.
  local function passed(helper, map_of, target)
    local path = with("tc", { map_of }, key_then(load "m", object.call(1), object.insn(0x15, 0, 0, 6, 0),
      object.insn(0xbf, 1, 0, 0), object.insn(0x07, 1, 0, 0, 0), object.mov(2, 0), load("m", helper == 169 and 2 or 4),
      object.mov(3, 0), object.call(helper)))
    local v = verdict(path, nil, target)
    return v.first and ("%s %s"):format(v.first.cause, v.first.type or "-") or v.verdict, v.first
  end

  it("is what some helpers take", function()
    local said, x = passed(93, valued("m", ARRAY, 4, { plain(0) }))
    assert.equal("field bpf_spin_lock", said)
    assert.same({ "walk", "map-use", "m", "spin_lock", true }, { x.stage, x.rule, x.name, x.helper, x.reached })
    assert.equal("values of map `m` have no bpf_spin_lock, which helper bpf_spin_lock takes", x:message())
    for _, helper in ipairs { 169, 170, 171, 172 } do
      assert.equal("field bpf_timer", (passed(helper, valued("m", HASH, 4, { lock(0) }))))
      assert.equal("loads", passed(helper, valued("m", HASH, 16, { timer(0) })))
    end
    assert.equal("field kptr", (passed(194, valued("m", LRU_HASH, 4, { plain(0) }))))
    assert.equal("loads", passed(194, valued("m", LRU_HASH, 8, { { "k", function(b, int)
      return b:ptr(b:type_tag("kptr", b:struct("some", 4, { { "x", int, 0 } })))
    end, 8, 0 } })))
  end)

  -- A value with a number, and a lock that is made something else: the number of its bytes.
  local function made(size, make)
    return valued("m", ARRAY, 4 + size, { plain(0), { "n", function(b, int)
      return make(b, b:struct("bpf_spin_lock", 4, { { "val", int, 0 } }), int)
    end, size, 32 } })
  end

  local function nest(b, of) return b:struct("nest", 4, { { "l", of, 0 } }) end

  it("may stand deep within since 6.11", function()
    for _, deep in ipairs {
      made(4, nest),
      made(4, function(b, of, int) return b:array(nest(b, of), 1, int) end),
      made(4, function(b, of, int) return b:array(of, 1, int) end),
      made(8, function(b, of, int) return b:struct("outer", 8, { { "n", nest(b, of), 0 }, { "x", int, 32 } }) end),
    } do
      assert.equal("loads", passed(93, deep, kernel "6.12.9"))
      assert.equal("loads", passed(93, deep, kernel "6.11.1"))
      assert.equal("field bpf_spin_lock", (passed(93, deep, kernel "6.10.9")))
      assert.equal("field bpf_spin_lock", (passed(93, deep, kernel "6.1.9")))
      -- A distribution's, which may have what is newer.
      assert.equal("loads", passed(93, deep, kernel "6.1.0-40.el10"))
    end
  end)

  it("is the struct itself, once, and not in unions", function()
    for what, other in pairs {
      typedef = made(4, function(b, of) return b:typedef("lock_t", of) end),
      volatile = made(4, function(b, of) return b:volatile(of) end),
      union = made(4, function(b, of, int) return b:union("u", 4, { { "l", of, 0 }, { "x", int, 0 } }) end),
      within = made(4, function(b, of, int)
        return b:union("u", 4, { { "n", nest(b, of), 0 }, { "x", int, 0 } })
      end),
      several = made(8, function(b, of, int) return b:array(of, 2, int) end),
      nests = made(8, function(b, of, int) return b:array(nest(b, of), 2, int) end),
      none = made(0, function(b, of, int) return b:array(nest(b, of), 0, int) end),
      twice = valued("m", ARRAY, 8, { lock(0), lock(4) }),
      large = valued("m", ARRAY, 12, { plain(0), { "l", "bpf_spin_lock", 8, 32 } }),
    } do
      assert.equal("field bpf_spin_lock", (passed(93, other, kernel "6.12.9")), what)
    end
    assert.equal("loads", passed(93, made(4, function(_, of) return of end), kernel "6.12.9"))
  end)

  it("is a kptr of each element, also of a volatile pointer, but of no other type that stands for one", function()
    local function kptr(b, int) return b:ptr(b:type_tag("kptr", b:struct("some", 4, { { "x", int, 0 } }))) end
    local function value(size, make, target)
      return passed(194, valued("m", HASH, 8 + size, { { "n", make, size, 64 } }), kernel(target))
    end
    for _, several in ipairs { function(b, int) return b:array(kptr(b, int), 2, int) end,
      function(b, int) return b:array(b:struct("nest", 8, { { "k", kptr(b, int), 0 } }), 2, int) end } do
      assert.equal("loads", value(16, several, "6.12.9"))
      assert.equal("field kptr", (value(16, several, "6.1.9")))
    end
    for _, release in ipairs { "6.1.9", "6.12.9" } do
      assert.equal("loads", value(8, function(b, int) return b:volatile(kptr(b, int)) end, release))
      assert.equal("field kptr", (value(8, function(b, int) return b:const(kptr(b, int)) end, release)))
      assert.equal("field kptr", (value(8, function(b, int) return b:typedef("t", kptr(b, int)) end, release)))
      assert.equal("field kptr", (value(8, function(b, int)
        return b:union("u", 8, { { "k", kptr(b, int), 0 } })
      end, release)))
    end
  end)

  it("is not there where no kernel takes it with maps of that type", function()
    assert.equal("field bpf_timer", (passed(171, valued("m", PERCPU_ARRAY, 16, { timer(0) }))))
    assert.equal("field bpf_spin_lock", (passed(93, valued("m", LRU_HASH, 4, { lock(0) }))))
    assert.equal("loads", passed(93, valued("m", LRU_HASH, 4, { lock(0) }), kernel "9.1.2"))
  end)

  it("is looked for in data, too", function()
    local function data(name)
      return first(with("tc", {}, { load("lock", 1), object.call(93) }, function(o, b, int)
        local var = b:var("lock", b:struct(name, 4, { { "val", int, 0 } }))
        b:datasec(".bss.x", 4, { { var, 0, 4 } })
        o:section(".bss.x", "\0\0\0\0", { type = 8, flags = 3, align = 4 })
        o:symbol { name = "lock", section = ".bss.x", value = 0, size = 4, info = 0x11 }
      end))
    end
    assert.equal("map-use field .bss.x bpf_spin_lock spin_lock", data "other")
    assert.equal("loads", data "bpf_spin_lock")
  end)

  it("does not count where no path comes to the helper", function()
    local path = with("tc", { valued("m", ARRAY, 4, { plain(0) }) }, key_then(object.mov(3, 0),
      object.insn(0x15, 3, 0, 5, 0), load "m", object.call(1), object.insn(0xbf, 1, 0, 0), object.call(93)))
    assert.equal("loads", first(path))
  end)
end)

local SOURCE = [[
static bool may_update_sockmap(struct bpf_verifier_env *env, int func_id)
{
	switch (type) {
	case BPF_PROG_TYPE_RAW:
		if (func_id == BPF_FUNC_map_delete_elem)
			return true;
		break;
	case BPF_PROG_TYPE_XDP:
		return true;
	}
	return false;
}
static int check_map_func_compatibility(struct bpf_verifier_env *env, struct bpf_map *map, int func_id)
{
	/* We need a two way check */
	switch (map->map_type) {
	case BPF_MAP_TYPE_ONE:
		if (func_id != BPF_FUNC_map_update_elem%s)
			goto error;
		break;
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_THREE:
		if (func_id != BPF_FUNC_third &&
		    !may_update_sockmap(env, func_id))
			goto error;
		break;
	case BPF_MAP_TYPE_NOWHERE:
		goto error;
	default:
		break;
	}
	switch (func_id) {
	case BPF_FUNC_third:
	case BPF_FUNC_fourth:
		if (map->map_type != BPF_MAP_TYPE_SOCKMAP &&
		    map->map_type != BPF_MAP_TYPE_ONE)
			goto error;
		break;
	default:
		break;
	}
	return 0;
}
static bool is_tracing_prog_type(enum bpf_prog_type type);
static bool is_tracing_prog_type(enum bpf_prog_type type)
{
	switch (type) {
	case BPF_PROG_TYPE_KPROBE:%s
		return true;
	default:
		return false;
	}
}
static int check_map_prog_compatibility(struct bpf_verifier_env *env, struct bpf_map *map)
{
%s
	if (prog->sleepable)
		switch (map->map_type) {
		case BPF_MAP_TYPE_ONE:
%s
			break;
		default:
			return -EINVAL;
		}
	return 0;
}
]]

local OLD_FIELDS = [[
static int map_check_btf(struct bpf_map *map, const struct btf *btf)
{
	if (map_value_has_spin_lock(map)) {
		if (map->map_flags & BPF_F_RDONLY_PROG)
			return -EACCES;
		if (map->map_type != BPF_MAP_TYPE_ONE &&
		    map->map_type != BPF_MAP_TYPE_SOCKMAP)
			return -ENOTSUPP;
	}
	if (map_value_has_timer(map)) {
		if (map->map_type != BPF_MAP_TYPE_THREE)
			return -EOPNOTSUPP;
	}
	return 0;
}
]]

local NEW_FIELDS = [[
static int map_check_btf(struct bpf_map *map, struct bpf_token *token, const struct btf *btf)
{
	switch (map->record->field_mask & (1 << i)) {
	case 0:
		continue;
	case BPF_SPIN_LOCK:
	case BPF_RES_SPIN_LOCK:
		if (map->map_type != BPF_MAP_TYPE_THREE) {
			ret = -EOPNOTSUPP;
			goto free_map_tab;
		}
		break;
	case BPF_TIMER:
	case BPF_TASK_WORK:
		if (map->map_type != BPF_MAP_TYPE_THREE) {
			ret = -EOPNOTSUPP;
			goto free_map_tab;
		}
		break;
	case BPF_LIST_HEAD:
		if (map->map_type != BPF_MAP_TYPE_ONE)
			ret = -EOPNOTSUPP;
		break;
	}
	return ret;
}
]]

local OLD_CHECKS = [[
	verbose(env, "preallocated");
	if (map_value_has_spin_lock(map)) {
		if (is_tracing_prog_type(prog_type)) {
			verbose(env, "tracing progs cannot use bpf_spin_lock yet\n");
			return -EINVAL;
		}
		if (prog->aux->sleepable) {
			verbose(env, "sleepable progs cannot use bpf_spin_lock yet\n");
			return -EINVAL;
		}
	}
	if (map_value_has_timer(map)) {
		if (is_tracing_prog_type(prog_type)) {
			verbose(env, "tracing progs cannot use bpf_timer yet\n");
			return -EINVAL;
		}
	}
]]

local NEW_CHECKS = [[
	if (btf_record_has_field(map->record, BPF_SPIN_LOCK | BPF_RES_SPIN_LOCK)) {
		if (is_tracing_prog_type(prog_type)) {
			verbose(env, "tracing progs cannot use bpf_spin_lock yet\n");
			return -EINVAL;
		}
	}
]]

local function tree(name, version, goes, tracing, checks, sleeps, fields)
  local top = tmp.mkdir(name)
  assert(os.execute(("mkdir -p '%s/kernel/bpf' '%s/include/uapi/linux' '%s/include/linux'"):format(top, top, top)))
  run.write(top .. "/Makefile", ("VERSION = %d\nPATCHLEVEL = %d\nSUBLEVEL = 0\n"):format(table.unpack(version)))
  run.write(top .. "/include/linux/bpf_types.h", "")
  run.write(top .. "/kernel/bpf/verifier.c", "\n" .. SOURCE:format(goes, tracing, checks, sleeps))
  run.write(top .. "/kernel/bpf/syscall.c", "\n" .. fields)
  run.write(top .. "/include/uapi/linux/bpf.h", [[
enum bpf_map_type {
	BPF_MAP_TYPE_UNSPEC, BPF_MAP_TYPE_ONE, BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_THREE, BPF_MAP_TYPE_NOWHERE,
};
enum bpf_prog_type { BPF_PROG_TYPE_UNSPEC, BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_RAW, };
#define ___BPF_FUNC_MAPPER(FN, ctx...) FN(unspec, 0, ##ctx) \
	FN(map_update_elem, 2, ##ctx) FN(map_delete_elem, 3, ##ctx) FN(third, 5, ##ctx) FN(fourth, 6, ##ctx)

]])
  return top
end

describe("the table of what maps are for", function()
  teardown(tmp.clean)

  it("is made from sources: what one release allows is allowed", function()
    local old = tree("old", { 5, 10 }, "", "", OLD_CHECKS, "", OLD_FIELDS)
    local new = tree("new", { 7, 0 }, " && func_id != BPF_FUNC_fourth", "\n\tcase BPF_PROG_TYPE_RAW:",
      NEW_CHECKS, "\t\tcase BPF_MAP_TYPE_THREE:", NEW_FIELDS)
    assert.equal([[
MAP_GOES(1, ONE, 2, 6)
MAP_GOES(2, SOCKMAP, 2, 3, 5)
MAP_GOES(3, THREE, 2, 3, 5)
MAP_GOES(4, NOWHERE, 0)
HELPER_TAKES(5, third, 1, 2)
HELPER_TAKES(6, fourth, 1, 2)
UPDATES_SOCKETS(1, XDP)
CLEARS_SOCKETS(3, RAW)
DELETES_SOCKETS(5, 10)
SLEEPS(1, ONE)
SLEEPS(3, THREE)
AWAKE(3, THREE, 5, 10)
PREALLOCATED(5, 10)
HOLDS(SPIN_LOCK, 1, 2, 3)
UNTRACED(SPIN_LOCK)
HOLDS(RES_SPIN_LOCK, 3)
UNTRACED(RES_SPIN_LOCK)
HOLDS(TIMER, 3)
UNTRACED_TO(TIMER, 5, 10)
HOLDS(TASK_WORK, 3)
AWAKE_LOCKS(5, 10, 5, 10)
TRACING(2, KPROBE)
TRACING_SINCE(3, RAW, 7, 0)
]], map_uses.table_of { new, old })
  end)
end)
