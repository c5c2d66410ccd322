--- Obstacles: each rule and cause on an object of its own, what is said of it, and how reports tell it.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local dkjson = require "dkjson"
local engine = require "btfl.engine"
local kernels = require "spec.support.kernel"
local loadable = require "spec.support.loadable"
local loads = require "spec.support.loads"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local n = 0

local MAPS = { "UNSPEC", "HASH", "ARRAY", "PROG_ARRAY", "PERF_EVENT_ARRAY", "PERCPU_HASH", "PERCPU_ARRAY",
  "STACK_TRACE", "CGROUP_ARRAY", "LRU_HASH", "LRU_PERCPU_HASH", "LPM_TRIE", "ARRAY_OF_MAPS", "HASH_OF_MAPS" }

-- Attach types of a kernel that knows few.
local FEW = { "CGROUP_INET_INGRESS", "CGROUP_INET_EGRESS", "CGROUP_INET_SOCK_CREATE", "CGROUP_SOCK_OPS" }

-- Helpers up to that number, the last of each kernel by which its age is told.
local function helpers(last, more)
  local list = {}
  for i = 0, last do list[i + 1] = i == 0 and "unspec" or "helper_" .. i end
  for number, name in pairs(more or {}) do list[number + 1] = name end
  return list
end

-- A kernel with programs of all types and few maps. change(t) adds to its BTF.
local function kernel(change, options)
  n = n + 1
  options = options or {}
  options.prog_type = options.prog_type or kernels.PROG_TYPES
  options.map_type = options.map_type or MAPS
  options.helper = options.helper or helpers(211, { [14] = "get_current_pid_tgid", [35] = "get_current_task",
    [100] = "check_mtu", [164] = "for_each_map_elem" })
  local t = kernels.new(options)
  t:func("register_ftrace_direct", t.proto)
  if not options.no_jit then t:func("bpf_jit_binary_alloc", t.proto) end
  if change then change(t) end
  return tmp.write(("6.12.%d-obstacles.btf"):format(n), t:bytes())
end

local RETURN = { object.mov(0, 0), object.exit() }

-- An object with one program, `prog`, and its builders.
local function one(section, insns, options)
  local b = btf.new()
  local o = object.new(b, options)
  local all = {}
  for i, insn in ipairs(insns or {}) do all[i] = insn end
  table.move(RETURN, 1, 2, #all + 1, all)
  o:program { section = section, insns = all, lines = { { insn = 0, text = "first", line = 7 } } }
  return o, b
end

local function write(o)
  n = n + 1
  return tmp.write(("obstacle%d.o"):format(n), o:bytes())
end

-- The obstacles of a program as "rule cause state: message".
local function obstacles(o, target, options, name)
  local out = {}
  local verdict = btfl.object(write(o)):program(name or "prog"):verdict(btfl.target(target), options)
  for x in verdict:obstacles() do out[#out + 1] = x end
  return out, verdict
end

local STATE = { [true] = "reached", [false] = "guarded" }
local seen = {}

-- Expects one obstacle, of this cause and with these words.
local function expect(rule, cause, message, o, target, options, name)
  local list, verdict = obstacles(o, target, options, name)
  local x = list[1]
  assert.is_not_nil(x, message)
  seen[rule] = true
  assert.same({ rule, cause, message }, { x.rule, x.cause, x:message() })
  assert.equal(verdict.first, x)
  assert.equal(rule, verdict.rule)
  assert.equal(rule == "relocation" or x.number == 99999, x:help() == nil)
  return verdict.verdict, STATE[x.reached] or "unknown", x, verdict
end

local function add_extern(o, b, section, name, type, weak)
  local func = type and b:func(name, type, "extern")
  b:datasec(section, 0, { { func or b:var(name, b:const(0), "extern"), 0, 0 } })
  o:symbol { name = name, section = 0, info = weak and 0x20 or 0x10 }
end

local function map(fields)
  local o = loadable.maps { { "things", function(_, int)
    local out = {}
    for i, f in ipairs(fields) do out[i] = { f[1], f[2] == "int" and int or f[2] } end
    return out
  end } }
  o:program { section = "tc", insns = RETURN }
  return o
end

-- An object with an array of maps, of which it says what they are: numbers alone.
local function holding(fields)
  local o = loadable.maps { { "outer", function(b, int)
    local members = {}
    for i, f in ipairs(fields) do members[i] = { f[1], b:ptr(b:array(int, f[2])), (i - 1) * 64 } end
    return { { "type", 12 }, { "max_entries", 1 }, { "key_size", 4 },
      { "values", b:struct(nil, #fields * 8, members) } }
  end } }
  o:program { section = "tc", insns = RETURN }
  return o
end

describe("an obstacle", function()
  teardown(tmp.clean)

  it("is that libbpf does not open the object", function()
    local o = one "tc"
    o:section("maps", ("\0"):rep(20), { flags = 3 })
    local verdict, _, x = expect("open", "legacy",
      "libbpf does not open the object: maps stand in section `maps`, which 1.0 and later do not read", o, kernel())
    assert.same({ "refused", "object", "open" }, { verdict, x.scope, x.stage })
  end)

  it("is no enum that was only declared, though the kernel takes no BTF with one", function()
    local o, b = one "tc"
    b:enum("e", {}, 0)
    o:section("license", "GPL\0")
    assert.same({}, (obstacles(o, kernel())))
    local peer, why = loads.peer()
    if not peer then return pending(why) end
    assert.is_true(select(2, next(loads.which_load { [write(o)] = true })))
  end)

  it("is a symbol that the kernel lacks, or that nobody knows of", function()
    local o, b = one "tc"
    add_extern(o, b, ".ksyms", "jiffies")
    local symbols = tmp.write("kallsyms", "ffffffff81000000 T _text\nffffffff81000100 D other\n")
    assert.equal("refused", (expect("ksym", "missing", "the kernel has no symbol `jiffies`, which the object demands",
      o, kernel(), { kallsyms = symbols })))
    assert.equal("unknown", (expect("ksym", "unknown",
      "whether the kernel has the symbol `jiffies`, which the object demands, is not known", o, kernel())))
  end)

  -- An object that reads a variable of the kernel which has a type.
  local function reads_variable(weak)
    local lo, hi = object.ldimm64(2, 0)
    local o, b = one("tc", hi and { lo, hi } or { lo })
    b:datasec(".ksyms", 0, { { b:var("counter", b:const(b:int("int", 4, "signed")), "extern"), 0, 4 } })
    o:symbol { name = "counter", section = 0, info = weak and 0x20 or 0x10 }
    o:rel("tc", 0, "counter")
    return o
  end

  local function has_variable(change)
    return kernel(function(t)
      local type = change and change(t) or t:int("int", 4, "signed")
      t:datasec(".data..percpu", 4, { { t:var("counter", type), 0, 4 } })
    end)
  end

  it("is a variable that the kernel's symbols lack", function()
    local without = tmp.write("kallsyms-functions", "ffffffff81000000 T _text\n")
    local with = tmp.write("kallsyms-all", "ffffffff81000000 T _text\n0000000000001000 A counter\n")
    for _, weak in ipairs { false, true } do
      local verdict, _, x = expect("ksym", "address",
        "the kernel's symbols lack `counter`, a variable that its BTF has", reads_variable(weak), has_variable(),
        { kallsyms = without })
      assert.same({ "rejected", "program", 0 }, { verdict, x.scope, x.insn })
      assert.equal("declare it of type void and __weak, and compare its address with 0 before it is used", x:help())
      for _, options in ipairs { { kallsyms = with }, {} } do
        assert.same({}, (obstacles(reads_variable(weak), has_variable(), options)))
      end
    end
  end)

  it("is a variable of another type", function()
    local function pointer(t) return t:ptr(0) end
    for _, weak in ipairs { false, true } do
      local verdict, _, x = expect("ksym", "incompatible",
        "the kernel's variable `counter` has another type than the object declares", reads_variable(weak),
        has_variable(pointer))
      assert.same({ "refused", "object", "externs" }, { verdict, x.scope, x.stage })
    end
    assert.same({}, (obstacles(reads_variable(), has_variable(function(t)
      return t:const(t:typedef("u32", t:int("unsigned int", 4)))
    end))))
  end)

  it("is what the running kernel says of a variable", function()
    local peer, why = loads.peer()
    if not peer then return pending(why) end
    local target, paths = btfl.target(), {}
    for name, kind in pairs { bpf_prog_active = "int", runqueues = "struct", cpu_number = "int" } do
      for _, as in ipairs { "int", "struct" } do
        local lo, hi = object.ldimm64(2, 0)
        local o, b = one("raw_tp/sched_switch", hi and { lo, hi } or { lo })
        local int = b:int("int", 4, "signed")
        local type = as == "int" and int or b:struct("rq", 4, { { "a", int, 0 } })
        b:datasec(".ksyms", 0, { { b:var(name, type, "extern"), 0, 4 } })
        o:symbol { name = name, section = 0, info = 0x10 }
        o:section("license", "GPL\0")
        o:rel("raw_tp/sched_switch", 0, name)
        local path = write(o)
        paths[path] = btfl.object(path):program "prog":verdict(target).verdict == "loads"
        assert.is_false(paths[path] and as ~= kind, name)
      end
    end
    assert.same(paths, loads.which_load(paths))
  end)

  it("is an option that the kernel's configuration lacks", function()
    local o, b = one "tc"
    b:datasec(".kconfig", 0, { { b:var("CONFIG_HZ", b:int("int", 4, "signed"), "extern"), 0, 4 } })
    o:symbol { name = "CONFIG_HZ", section = 0, info = 0x10 }
    assert.equal("refused", (expect("kconfig", "missing",
      "the kernel's configuration has no `CONFIG_HZ`, which the object demands", o, kernel(),
      { kconfig = tmp.write("config", "CONFIG_A=y\n") })))
  end)

  it("is a kernel function that is missing, or another", function()
    local function make(weak)
      local o, b = one("tc", { object.call(-1, 2) })
      local int = b:int("int", 4, "signed")
      add_extern(o, b, ".ksyms", "bpf_do", b:func_proto(int, { { "x", int } }), weak)
      o:rel("tc", 0, "bpf_do", 10)
      return o
    end
    local verdict, _, x = expect("kfunc", "missing", "the kernel has no function `bpf_do`, which the object demands",
      make(), kernel())
    assert.same({ "refused", "object" }, { verdict, x.scope })
    verdict, _, x = expect("kfunc", "missing", "`bpf_do()` is called, and the kernel does not have it", make(true),
      kernel())
    assert.same({ "rejected", "program", 0, "first" }, { verdict, x.scope, x.insn, x.line.text })
    assert.equal("declare it __weak, and ask bpf_ksym_exists(bpf_do) before the call", x:help())
    assert.equal("refused", (expect("kfunc", "incompatible",
      "the kernel's function `bpf_do` has another prototype than the object declares", make(),
      kernel(function(t) t:func("bpf_do", t:func_proto(0, { { "p", t:ptr(0) } })) end))))
  end)

  it("is no flavor of a kernel function that another kernel has", function()
    local lo, hi = object.ldimm64(2, 0)
    local function other(t) t:func("bpf_do", t:func_proto(0, { { "p", t:ptr(0) } })) end
    -- The function is called where its address is not 0, or always.
    local function make(guarded)
      local insns = { lo, hi, object.insn(0x15, 2, 0, 1, 0), object.call(-1, 2) }
      if not hi then table.remove(insns, 2) end
      if not guarded then insns = { object.call(-1, 2) } end
      local o, b = one("tc", insns)
      add_extern(o, b, ".ksyms", "bpf_do___old", b:func_proto(b:int("int", 4, "signed"), {}), true)
      if guarded then o:rel("tc", 0, "bpf_do___old") end
      o:rel("tc", guarded and 24 or 0, "bpf_do___old", 10)
      o:section("license", "GPL\0")
      return o
    end
    local verdict, _, x = expect("kfunc", "incompatible",
      "the kernel's function `bpf_do___old` has another prototype than the object declares", make(false), kernel(other))
    assert.same({ "rejected", "program", 0 }, { verdict, x.scope, x.insn })
    local _, said = obstacles(make(true), kernel(other))
    assert.equal("guarded", said.verdict)
  end)

  it("is a type of struct_ops", function()
    local verdict, _, x = expect("struct-ops", "missing",
      "the kernel has no struct_ops of type `sched_things`, which map `things` is of", (function()
        local o, b, int = loadable.maps {}
        local proto = b:ptr(b:func_proto(int, {}))
        local things = b:struct("sched_things", 8, { { "init", proto, 0 } })
        b:datasec(".struct_ops", 8, { { b:var("things", things), 0, 8 } })
        o:section(".struct_ops", ("\0"):rep(8), { flags = 3, align = 8 })
        o:symbol { name = "things", section = ".struct_ops", size = 8, info = 0x11 }
        o:program { section = "tc", insns = RETURN }
        return o
      end)(), kernel())
    assert.same({ "refused", "struct-ops" }, { verdict, x.stage })
  end)

  it("is a map of struct_ops for a link, on a kernel before those", function()
    local function made(section)
      local o, b, int = loadable.maps {}
      local things = b:struct("sched_things", 4, { { "n", int, 0 } })
      b:datasec(section, 4, { { b:var("things", things), 0, 4 } })
      o:section(section, ("\0"):rep(4), { flags = 3, align = 8 })
      o:symbol { name = "things", section = section, size = 4, info = 0x11 }
      o:program { section = "tc", insns = RETURN }
      return o
    end
    local function has(t)
      local int = t:int("int", 4, "signed")
      local things = t:struct("sched_things", 4, { { "n", int, 0 } })
      t:struct("bpf_struct_ops_sched_things", 8, { { "common", int, 0 }, { "data", things, 32 } })
    end
    local types = table.move(MAPS, 1, #MAPS, 1, {})
    for i = #types, 26 do types[i + 1] = i == 26 and "STRUCT_OPS" or "TYPE_" .. i end
    local function on(attach_type) return kernel(has, { map_type = types, attach_type = attach_type }) end
    expect("map-attr", "map_flags", "the kernel creates no struct_ops map with the flags of `things`",
      made ".struct_ops.link", on(FEW))
    assert.same({}, (obstacles(made ".struct_ops", on(FEW))))
    assert.same({}, (obstacles(made ".struct_ops.link", on())))
  end)

  it("is a relocation, in the words of its result", function()
    local b = btf.new()
    local int = b:int("int", 4, "signed")
    local o = object.new(b)
    local foo = b:struct("foo", 4, { { "bad", int, 0 } })
    o:program { section = "tc", insns = { object.mov(1, 0), RETURN[1], RETURN[2] },
      relos = { { insn = 0, type = foo, access = "0:0", kind = "byte_off" } } }
    local verdict, state, x = expect("relocation", nil, "no struct named `foo`", o, kernel())
    assert.same({ "rejected", "reached", "no-type" }, { verdict, state, x.result.reason })
    assert.is_nil(x:help())
  end)

  it("is a type of maps, whatever programs use it", function()
    local o = map { { "type", 27 }, { "max_entries", 4096 } }
    local verdict, _, x = expect("map-type", "missing", "the kernel has no map type ringbuf, which map `things` is of",
      o, kernel())
    assert.same({ "refused", "object", 27 }, { verdict, x.scope, x.number })
    local events = { type = "perf_event_array", key_size = 4, value_size = 4 }
    local _, fixed = obstacles(o, kernel(), { maps = { things = events } })
    assert.equal("loads", fixed.verdict)
  end)

  it("is an attribute that the type of a map does not take", function()
    for cause, case in pairs {
      key_size = { "the kernel creates no array map with keys of the size that `things` has",
        { { "type", 2 }, { "max_entries", 1 }, { "key_size", 8 }, { "value_size", 8 } } },
      map_flags = { "the kernel creates no lpm_trie map with the flags of `things`",
        { { "type", 11 }, { "max_entries", 1 }, { "key_size", 8 }, { "value_size", 8 } } },
    } do
      assert.equal("refused", (expect("map-attr", cause, case[1], map(case[2]), kernel())))
    end
  end)

  it("is what a tool sets of a map", function()
    local stack = map { { "type", 7 }, { "max_entries", 10 }, { "key_size", 4 } }
    local verdict, _, x = expect("map-unset", "value_size",
      "map `things` has no value_size until a tool sets it", stack, kernel())
    assert.same({ "incomplete", "map", "say what the tool sets: --map things.value_size=N" },
      { verdict, x.settable, x:help() })
    local outer = map { { "type", 12 }, { "max_entries", 5 }, { "key_size", 4 }, { "value_size", 4 } }
    expect("map-unset", "inner", "map `things` has no inner map until a tool sets one", outer, kernel())
    local sizes = { { "type", 1 }, { "key_size", 4 }, { "value_size", 4 } }
    local held = holding(sizes)
    expect("map-unset", "inner_attr", "the inner map of `outer` cannot be created as it is, for its max_entries, "
      .. "until a tool sets another", held, kernel())
    expect("map-unset", "inner_attr", "the inner map of `outer` cannot be created as it is, for its key_size, "
      .. "until a tool sets another", holding { { "type", 2 }, { "max_entries", 9 }, { "key_size", 8 } }, kernel())
    for _, type in ipairs { 3, 12, 13 } do
      local inner = { { "type", type }, { "max_entries", 9 }, { "key_size", 4 }, { "value_size", 4 } }
      expect("map-unset", "inner_attr", "the inner map of `outer` cannot be created as it is, for its type, until a "
        .. "tool sets another", holding(inner), kernel())
    end
    expect("map-type", "inner", "the kernel has no map type ringbuf, of which map `outer` holds maps",
      holding { { "type", 27 } }, kernel())
    local _, whole = obstacles(holding { { "max_entries", 9 }, table.unpack(sizes) }, kernel())
    assert.equal("loads", whole.verdict)
    local _, given = obstacles(held, kernel(), { maps = { outer = { inner = true } } })
    assert.equal("loads", given.verdict)
    for o, setting in pairs { [stack] = { value_size = 1016 }, [outer] = { inner = true } } do
      local _, fixed = obstacles(o, kernel(), { maps = { things = setting } })
      assert.equal("loads", fixed.verdict)
    end
  end)

  it("is a section that libbpf does not know, until a tool sets the type", function()
    local o = one "filter"
    local verdict, _, x = expect("section", "unknown",
      "libbpf knows no section `filter`, so a tool has to set the program's type", o, kernel())
    assert.same({ "refused", "type", "say what the tool sets: --type prog=TYPE" }, { verdict, x.settable, x:help() })
    local _, fixed = obstacles(o, kernel(), { type = "sched_cls" })
    assert.equal("loads", fixed.verdict)
  end)

  it("is a type of programs", function()
    local few = { table.unpack(kernels.PROG_TYPES, 1, 32) }
    assert.equal("refused", (expect("program-type", "missing", "the kernel has no programs of type netfilter",
      one "netfilter", kernel(nil, { prog_type = few }))))
  end)

  it("is a type of programs that knows less", function()
    local older = kernel(nil, { helper = helpers(187, { [100] = "check_mtu", [164] = "for_each_map_elem" }) })
    expect("program-type", "frags", "the kernel has no programs of type xdp for packets of several buffers",
      one "xdp.frags", older)
    local _, whole = obstacles(one "xdp", older)
    assert.equal("loads", whole.verdict)
    for section, type in pairs { ["uprobe.s/x"] = "kprobe", ["raw_tp.s/x"] = "raw_tracepoint" } do
      expect("sleepable", "type", ("programs of type %s may not sleep on this kernel"):format(type), one(section),
        kernel(nil, { helper = helpers(203, { [100] = "check_mtu", [164] = "for_each_map_elem" }),
          attach_type = FEW }))
    end
  end)

  it("is an attach type, where the kernel looks at it", function()
    local few = { attach_type = FEW }
    expect("attach-type", "missing", "the kernel knows no attach type cgroup_unix_connect", one "cgroup/connect_unix",
      kernel(nil, few))
    for _, section in ipairs { "cgroup_skb/egress", "tcx/ingress" } do
      local _, known = obstacles(one(section), kernel(nil, few))
      assert.equal("loads", known.verdict, section)
    end
  end)

  it("is what the program attaches to, which only a tool knows", function()
    local o = one "freplace/handle"
    expect("attach-target", "unset", "what the program attaches to is not said: a tool has to set it", o, kernel())
    local _, set = obstacles(o, kernel(), { attach = "handle" })
    assert.equal("loads", set.verdict)
    expect("struct-ops", "unused", "no map of struct_ops refers to the program, so nothing tells which member it is",
      one "struct_ops/x", kernel())
  end)

  it("is a function that is no iterator", function()
    local function with(params)
      return kernel(function(t)
        t:func("bpf_iter_num_new", t:func_proto(t:int("long", 4, "signed"), params(t)))
      end)
    end
    expect("attach-target", "iter", "`bpf_iter_num_new` of the kernel is no iterator", one "iter/num_new",
      with(function(t) return { { "start", t:int("int", 4, "signed") } } end))
    local _, meta = obstacles(one "iter/num_new", with(function(t)
      return { { "meta", t:ptr(t:struct("bpf_iter_meta", 8, {})) } }
    end))
    assert.equal("loads", meta.verdict)
  end)

  it("is what the program attaches to, by the kind of it", function()
    for section, words in pairs {
      ["fentry/gone"] = "function `gone`", ["lsm/gone"] = "LSM hook `gone`", ["iter/gone"] = "iterator `gone`",
      ["tp_btf/gone"] = "tracepoint `gone`",
    } do
      local _, _, x = expect("attach-target", "missing", ("the kernel has no %s to attach to"):format(words),
        one(section), kernel())
      -- Where the program starts, which is below its section's name.
      assert.same({ "first", nil }, { x.line.text, x.insn })
    end
  end)

  it("is a function of which only parts have an address", function()
    local symbols = tmp.write("split", "ffffffff81000000 T _text\nffffffff81000100 t do_it.part.0\n")
    local verdict, _, x = expect("no-address", "split",
      "the kernel has `do_it` in its BTF, but only parts of it have an address", one "fentry/do_it",
      kernel(function(t) t:func("do_it", t.proto) end), { kallsyms = symbols })
    assert.same({ "refused", "load" }, { verdict, x.stage })
  end)

  it("is a function whose arguments no trampoline hands on", function()
    local function with(make)
      return kernel(function(t) t:func("do_it", make(t, t:int("int", 4, "signed"))) end)
    end
    expect("attach-proto", "many", "`do_it` has 13 arguments, more than a trampoline hands on", one "fentry/do_it",
      with(function(t, int)
        local params = {}
        for i = 1, 13 do params[i] = { "a" .. i, int } end
        return t:func_proto(0, params)
      end))
    expect("attach-proto", "argument", "argument 2 of `do_it` is of a type that the kernel does not hand on",
      one "fentry/do_it", with(function(t, int)
        return t:func_proto(0, { { "a", int }, { "b", t:struct("big", 32, { { "x", int, 0 } }) } })
      end))
    expect("attach-proto", "result", "`do_it` returns what the kernel does not hand on", one "fentry/do_it",
      with(function(t, int) return t:func_proto(t:struct("pair", 8, { { "x", int, 0 } }), {}) end))
  end)

  it("is a hook that may not sleep", function()
    expect("sleepable", "lsm", "the hook `file_open` may not sleep on this kernel", one "lsm.s/file_open",
      kernel(function(t) t:func("bpf_lsm_file_open", t:func_proto(t:int("int", 4, "signed"), {})) end))
  end)

  it("is a hook that takes no program, or of which that depends on the release", function()
    local function with(hook, release)
      local path = kernel(function(t)
        t:func("bpf_lsm_" .. hook, t:func_proto(t:int("int", 4, "signed"), {}))
      end)
      local to = tmp.path(release .. "-hooks.btf")
      assert(os.rename(path, to))
      return to
    end
    local disabled = one "lsm/getprocattr"
    assert.equal("refused", (expect("attach-target", "disabled",
      "the kernel lets no program attach to the hook `getprocattr`", disabled, with("getprocattr", "6.12.3"))))
    local doubted = { getprocattr = "6.1.9", xfrm_decode_session = "6.12.9", file_alloc_security = "6.18.9" }
    for hook, release in pairs(doubted) do
      local word, state, _, verdict = expect("attach-target", "disabled-unknown",
        ("whether the kernel lets a program attach to the hook `%s` is not known"):format(hook), one("lsm/" .. hook),
        with(hook, release))
      assert.same({ "unknown", "unknown" }, { word, state })
      assert.equal("it depends on the kernel's release, of which that is not known", verdict.why)
    end
    for _, hook in ipairs { "file_alloc_security", "xfrm_decode_session", "func_proto", "init" } do
      expect("attach-target", "disabled", ("the kernel lets no program attach to the hook `%s`"):format(hook),
        one("lsm/" .. hook), with(hook, "7.3.1"))
    end
    local _, verdict = obstacles(one "lsm/file_alloc_security", with("file_alloc_security", "6.12.9"))
    assert.equal("loads", verdict.verdict)
    _, verdict = obstacles(one "lsm/file_open", with("file_open", "7.1.2"))
    assert.equal("loads", verdict.verdict)
    local gone = run { "check", write(disabled), "-t", with("getprocattr", "6.18.3") }
    assert.equal(1, gone.status)
    assert.matches("= help: attach to another hook", gone.out, 1, true)
    local two = run { "check", "--why", write(disabled), "-t", with("getprocattr", "6.18.4"), "-t",
      with("getprocattr", "6.1.4") }
    assert.same({ 1, "" }, { two.status, two.err })
    assert.matches("lets a program attach to the hook `getprocattr` is not known", two.out, 1, true)
    assert.is_nil(two.out:find("fine on", 1, true), two.out)
  end)

  it("is an instruction that the kernel does not know", function()
    local old = kernel(nil, { helper = helpers(90), attach_type = FEW })
    local add_fetch = object.insn(0xdb, 10, 1, -8, 1)
    local _, _, x = expect("insn", "atomic", "the kernel knows no atomic operation but adding without a result",
      one("tc", { add_fetch }), old)
    assert.same({ "instructions", 0 }, { x.stage, x.insn })
    for message, case in pairs {
      ["the kernel knows no loads that extend a sign"] = { "ldsx", object.ldsx(4, 1, 10, -8) },
      ["the kernel knows no moves that extend a sign"] = { "movsx", object.insn(0xbf, 1, 2, 8) },
      ["the kernel knows no signed division"] = { "signed-division", object.insn(0x37, 1, 0, 1, 3) },
      ["the kernel knows no unconditional swap of bytes"] = { "bswap", object.insn(0xd7, 1, 0, 0, 16) },
      ["the kernel knows no long jumps"] = { "gotol", object.insn(0x06, 0, 0, 0, 0) },
      ["the kernel knows no may_goto"] = { "may-goto", object.insn(0xe5, 0, 0, 0, 0) },
    } do
      expect("insn", case[1], message, one("tc", { object.mov(1, 1), object.mov(2, 1), case[2] }),
        kernel(nil, { attach_type = FEW }))
    end
  end)

  it("is a long jump, which is not known of stable kernels of older lines", function()
    local function of(release)
      local path = kernel(nil, { attach_type = FEW })
      local to = tmp.path(release .. "-long-jumps.btf")
      assert(os.rename(path, to))
      local list, verdict = obstacles(one("tc", { object.insn(0x06, 0, 0, 0, 0) }), to)
      return verdict.verdict, list[1].cause, list[1]:message()
    end
    assert.same({ "rejected", "gotol" }, { (select(1, of "6.4.9")), (select(2, of "6.4.9")) })
    assert.same({ "unknown", "gotol-unknown", "whether the kernel knows long jumps is not known" },
      { of "6.1.190" })
  end)

  it("is a load of a packet in a program that is given none", function()
    local context = object.insn(0xbf, 6, 1, 0)
    local absolute, indirect = object.insn(0x30, 0, 0, 0, 12), object.insn(0x48, 0, 1, 0, 0)
    local message = "programs of this type load nothing of a packet by load_byte() and the like"
    for _, load in ipairs { absolute, indirect } do
      for _, section in ipairs { "xdp", "kprobe/x", "cgroup_skb/ingress" } do
        local _, _, x = expect("insn", "packet", message, one(section, { context, object.mov(1, 0), load }), kernel())
        assert.same({ "walk", 2 }, { x.stage, x.insn })
      end
      for _, section in ipairs { "tc", "socket", "action" } do
        assert.same({}, (obstacles(one(section, { context, object.mov(1, 0), load }), kernel())))
      end
    end
  end)

  it("is that there is no JIT for kernel functions and callbacks", function()
    local o, b = one("tc", { object.call(-1, 2) })
    add_extern(o, b, ".ksyms", "bpf_do", b:func_proto(0, {}))
    o:rel("tc", 0, "bpf_do", 10)
    local function has(t) t:func("bpf_do", t.proto) end
    expect("no-jit", "kfunc", "the kernel has no JIT, which calls of its functions need, such as `bpf_do`", o,
      kernel(has, { no_jit = true }))
  end)

  it("is a license that does not allow it", function()
    local o, b = one("tc", { object.call(-1, 2) }, { no_license = true })
    o:section("license", "Proprietary\0")
    add_extern(o, b, ".ksyms", "bpf_do", b:func_proto(0, {}))
    o:rel("tc", 0, "bpf_do", 10)
    expect("license", "kfunc", "only GPL programs may call `bpf_do`, and the object's license is another", o,
      kernel(function(t) t:func("bpf_do", t.proto) end))
    local function under(license, insns, section)
      local other = one(section or "kprobe/do_it", insns, { no_license = true })
      if license then other:section("license", license .. "\0") end
      return other
    end
    for _, license in ipairs { "Proprietary", "MIT", "gpl", false } do
      local verdict, state, x = expect("license", "helper",
        "only GPL programs may call helper bpf_get_current_task, and the object's license is another",
        under(license, { object.call(35) }), kernel())
      assert.same({ "rejected", "reached", "walk", "program", 35 }, { verdict, state, x.stage, x.scope, x.number })
    end
    -- r2 = *(u64 *)(r1 + 0); r2 = *(u64 *)(r2 + 8)
    local reads = { object.ldx(8, 2, 1, 0), object.ldx(8, 2, 2, 8) }
    local function traced(t)
      t:func("do_it", t:func_proto(0, { { "f", t:ptr(t:struct("file", 16, { { "f_op", t:ptr(0), 64 } })) } }))
    end
    local verdict, _, x = expect("license", "struct",
      "only GPL programs may read the kernel's structs by an argument, and the object's license is another",
      under("MIT", reads, "fentry/do_it"), kernel(traced))
    assert.same({ "rejected", 1 }, { verdict, x.insn })
    for _, free in ipairs { under("GPL", reads, "fentry/do_it"), under("MIT", { reads[1] }, "fentry/do_it") } do
      local _, fine = obstacles(free, kernel(traced))
      assert.equal("loads", fine.verdict)
    end
    local _, older = obstacles(under("MIT", reads, "fentry/do_it"), kernel(traced), { release = "6.1.0" })
    assert.equal("loads", older.verdict)
    -- What bpf_skc_to_tcp_sock() gives is such a struct, too.
    local socket = { object.call(137), object.ldx(8, 2, 0, 8) }
    local found = obstacles(under("MIT", socket, "sockops"), kernel())
    assert.same({ "license", "struct", 1 }, { found[1].rule, found[1].cause, found[1].insn })
    local _, gpl = obstacles(under("GPL", socket, "sockops"), kernel())
    assert.equal("loads", gpl.verdict)
    local list = obstacles(under("MIT", nil, "struct_ops/x"), kernel())
    assert.same({ "license", "programs of struct_ops must be GPL, and the object's license is another" },
      { list[2].rule, list[2]:message() })
    local hook = one("lsm/file_open", nil, { no_license = true })
    hook:section("license", "MIT\0")
    expect("license", "lsm", "LSM programs must be GPL, and the object's license is another", hook,
      kernel(function(t) t:func("bpf_lsm_file_open", t:func_proto(t:int("int", 4, "signed"), {})) end))
  end)

  it("is no license that allows it, and no helper for all or on a path that is not taken", function()
    local function first(license, insns, options)
      local o = one("kprobe/do_it", insns, { no_license = true })
      o:section("license", license .. "\0")
      return (obstacles(o, kernel(nil, options)))[1]
    end
    for _, license in ipairs { "GPL", "GPL v2", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL" } do
      assert.is_nil(first(license, { object.call(35) }))
    end
    assert.is_nil(first("MIT", { object.call(14) }))
    -- kprobe.multi has another prototype of get_func_ip, which all may call
    assert.is_nil(first("MIT", { object.call(173) }))
    local dead = first("MIT", { object.mov(1, 0), object.insn(0x15, 1, 0, 1, 0), object.call(35) })
    assert.same({ "license", "helper", false }, { dead.rule, dead.cause, dead.reached })
    -- what the kernel does not have at all comes first
    assert.equal("helper-unknown", first("MIT", { object.call(176) }, { helper = helpers(150) }).rule)
  end)

  it("is a helper that the kernel lacks, where a path reaches it", function()
    local target = kernel(nil, { helper = helpers(150) })
    local _, state, x = expect("helper-unknown", "missing", "the kernel has no helper bpf_get_func_ip",
      one("kprobe/do_it", { object.call(173) }), target)
    assert.same({ "reached", 173, "guard it with bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_func_ip)" },
      { state, x.number, x:help() })
    expect("helper-unknown", "missing", "the kernel has no helper number 99999", one("tc", { object.call(99999) }),
      target)
    local dead = one("tc", { object.mov(1, 0), object.insn(0x15, 1, 0, 1, 0), object.call(99999) })
    local list, verdict = obstacles(dead, target)
    assert.same({ "guarded", "guarded", true }, { verdict.verdict, STATE[list[1].reached], verdict.ok })
  end)

  it("is none behind what a helper cannot give", function()
    -- if r0 > 7 return 0; if r0 > 7 call nothing
    local function twice(id)
      return { object.call(id), object.insn(0x25, 0, 0, 3, 7), object.insn(0x25, 0, 0, 1, 7),
        object.insn(0x05, 0, 0, 1), object.call(99999) }
    end
    for id, section in pairs { [208] = "kprobe/do_it", [188] = "xdp", [135] = "tc", [187] = "cgroup/dev" } do
      local x = (obstacles(one(section, twice(id)), kernel()))[1]
      assert.same({ "helper-unknown", false }, { x.rule, x.reached }, section)
    end
    local x = (obstacles(one("tc", twice(96)), kernel()))[1] -- tcp_sock gives a pointer
    assert.is_true(x.reached)
  end)

  it("is none behind what a helper cannot write", function()
    -- slots of 8 bytes from fp - 24 on = 0; helper(..., fp - 24, ...); if the one at fp - at != 0 call nothing
    local function with(section, id, reg, at)
      return (obstacles(one(section, {
        object.mov(1, 0), object.mov(2, 0), object.mov(3, 0), object.mov(4, 0), object.mov(5, 0),
        object.stx(8, 10, 1, -8), object.stx(8, 10, 1, -16), object.stx(8, 10, 1, -24),
        object.insn(0xbf, reg, 10, 0), object.insn(0x07, reg, 0, 0, -24), object.call(id),
        object.ldx(8, 1, 10, -at), object.insn(0x15, 1, 0, 1, 0), object.call(99999),
      }), kernel()))[1].reached
    end
    for _, case in ipairs { { "tc", 163, 3, 24, 16 }, { "kprobe/do_it", 197, 4, 16, 8 } } do
      local section, id, reg, written, kept = table.unpack(case)
      assert.is_true(with(section, id, reg, written), section)
      assert.is_false(with(section, id, reg, kept), section)
    end
  end)

  it("is a helper that is not for programs of that type", function()
    expect("helper-not-for-type", "type", "the kernel does not let programs of type socket_filter call helper "
      .. "bpf_probe_read", one("socket", { object.call(4) }), kernel())
  end)

  it("is a second relocation of an instruction that the first has changed", function()
    local function with(holds, first, second, a)
      local b = btf.new()
      local int = b:int("int", 4, "signed")
      local task = b:struct("task", 8, { { "a", int, 0 }, { "b", int, 32 } })
      local o, relos = object.new(b), {}
      for i, access in ipairs { first, second } do
        relos[i] = { insn = 0, type = task, access = access, kind = "byte_off" }
      end
      o:program { section = "xdp", insns = { object.mov(1, holds), table.unpack(RETURN) }, relos = relos }
      local target = kernel(function(t)
        local i = t:int("int", 4, "signed")
        t:struct("task", 32, { { "a", i, a }, { "b", i, a + 32 } })
      end)
      local list, verdict = obstacles(o, target)
      local theirs = run.program({ "build/peer/relocate", write(o), target }).out:match "end\t(%d+)"
      if theirs then assert.equal(theirs == "0", verdict.verdict == "loads") end
      return verdict.verdict, list[1] and list[1].cause
    end
    assert.same({ "loads" }, { with(0, "0:0", "0:0", 0) })
    assert.same({ "error", "twice" }, { with(0, "0:0", "0:0", 64) })
    assert.same({ "error", "twice" }, { with(4, "0:1", "0:1", 64) })
    assert.same({ "error" }, { with(0, "0:1", "0:0", 0) })
    assert.same({ "error" }, { with(4, "0:1", "0:0", 0) })
  end)

  it("is a relocation that cannot be made in a function that nothing calls", function()
    local function with(second)
      local b = btf.new()
      local task = b:struct("task", 4, { { "pid", b:int("int", 4, "signed"), 0 } })
      local o = object.new(b)
      o:program { section = "tc", insns = RETURN }
      second.insns = { object.insn(0xbf, 1, 2), table.unpack(RETURN) }
      second.relos = { { insn = 0, type = task, access = "0:0", kind = "byte_off" } }
      o:program(second)
      local list, verdict = obstacles(o, kernel(function(t)
        t:struct("task", 4, { { "pid", t:int("int", 4, "signed"), 0 } })
      end))
      return verdict.verdict, list[1]
    end
    local verdict, x = with { section = ".text", name = "idle", static = true }
    assert.equal("error", verdict)
    assert.same({ "relocation", "object", "relocation", "insn-unsupported" },
      { x.rule, x.scope, x.stage, x.result.reason })
    assert.equal("loads", (with { section = "xdp", name = "other" }))
  end)

  it("is a helper that a kernel which is locked down gives to nobody", function()
    local function write_config(text)
      n = n + 1
      return tmp.write(("config%d"):format(n), text)
    end
    local function with(config, release)
      return obstacles(one("tp_btf/sched", { object.call(36) }), kernel(function(t)
        kernels.tracepoint(t, "sched", {})
      end), { kconfig = config and write_config(config), release = release })[1]
    end
    for _, how in ipairs { "INTEGRITY", "CONFIDENTIALITY" } do
      local config = ("CONFIG_A=y\nCONFIG_LOCK_DOWN_KERNEL_FORCE_%s=y\n"):format(how)
      local x = with(config, "5.14.0")
      assert.same({ "helper-not-for-type", "locked" }, { x.rule, x.cause })
      assert.equal("the kernel is locked down by its configuration, and gives helper bpf_probe_write_user to no "
        .. "program", x:message())
      assert.is_nil(with(config, "5.13.0"))
    end
    assert.is_nil(with "CONFIG_LOCK_DOWN_KERNEL_FORCE_NONE=y\n")
    assert.is_nil(with(nil))
  end)

  it("is an argument that what it attaches to does not have", function()
    local target = kernel(function(t) kernels.tracepoint(t, "sched", { { "a", t:int("int", 4, "signed") } }) end)
    local verdict, _, x = expect("ctx-arg", "missing",
      "the program reads argument 2, and what it attaches to has fewer",
      one("tp_btf/sched", { object.ldx(8, 2, 1, 8) }), target)
    assert.same({ "rejected", 2, "first" }, { verdict, x.number, x.line.text })
  end)

  it("is an argument that may not be read, or not in part", function()
    local function traced(t) kernels.tracepoint(t, "sched", { { "a", t:ptr(t:int("int", 4, "signed")) } }) end
    local reads = one("tp_btf/sched", { object.ldx(8, 2, 1, 0) })
    local old = { helper = helpers(163, { [100] = "check_mtu" }) }
    local _, _, x = expect("ctx-arg", "unreadable",
      "the program reads argument 1, which is of a type that this kernel lets none read",
      reads, kernel(traced, old), { release = "5.10.223" })
    assert.equal(1, x.number)
    -- A kernel of that number with the BPF of a newer one, as enterprise distributions have it.
    for release, options in pairs { ["5.14.0"] = { helper = helpers(211) }, ["5.17.0"] = old } do
      local _, fine = obstacles(reads, kernel(traced, options), { release = release })
      assert.equal("loads", fine.verdict, release)
    end
    local part = one("tp_btf/sched", { object.ldx(4, 2, 1, 0) })
    expect("ctx-access", "narrow", "only a part of argument 1 is read, which is a pointer", part, kernel(traced),
      { release = "6.18.0" })
    local _, before = obstacles(part, kernel(traced), { release = "6.6.0" })
    assert.equal("loads", before.verdict)
  end)

  it("is an access of the context that no verifier allows", function()
    local function with(insns)
      return one("tp_btf/sched", insns), kernel(function(t) kernels.tracepoint(t, "sched", { { "a", t:ptr(0) } }) end)
    end
    expect("ctx-access", "write", "the program writes to its context at byte 0", with { object.st(8, 1, 0, 0) })
    expect("ctx-access", "misaligned", "the context is read at byte 4, which is within an argument",
      with { object.ldx(4, 2, 1, 4) })
  end)

  it("is a load by an argument that lands nowhere in what it points to", function()
    local target = kernel(function(t)
      local int = t:int("int", 4, "signed")
      local task = t:struct("task", 16, { { "pid", int, 0 }, { "mm", t:ptr(0), 64 } })
      kernels.tracepoint(t, "sched", { { "a", t:ptr(task) }, { "n", int } })
    end)
    local function by(at, ...) return one("tp_btf/sched", { object.ldx(8, 2, 1, at), ... }) end
    local function load(off, size) return by(0, object.ldx(size, 3, 2, off)) end
    expect("struct-access", "beyond", "byte 16 is read by a pointer to `struct task`, which ends before", load(16, 4),
      target)
    expect("struct-access", "hole", "byte 4 is read by a pointer to `struct task`, where it has no member", load(4, 4),
      target)
    expect("struct-access", "part", "a part of `mm` of `struct task` is read, which is a pointer", load(8, 4), target)
    expect("struct-access", "over", "more is read than `pid` of `struct task` has, from byte 0 on", load(0, 8), target)
    expect("struct-access", "before", "memory before `struct task` is read, at byte -8", load(-8, 8), target)
    expect("struct-access", "argument", "memory is read by an argument that is a number on this kernel",
      by(8, object.ldx(8, 3, 2, 0)), target)
    expect("struct-access", "number", "memory is read by what was loaded from a member that is no pointer to a struct",
      by(0, object.ldx(4, 3, 2, 0), object.ldx(8, 3, 3, 0)), target)
  end)

  it("is a map that the helper does not take", function()
    local o = loadable.maps { { "trie", function(_, int)
      return { { "type", 11 }, { "max_entries", 1 }, { "key_size", 8 }, { "value", int }, { "map_flags", 1 } }
    end } }
    local lo, hi = object.ldimm64(2, 0)
    o:program { section = "tc", name = "prog",
      insns = { lo, hi, object.mov(3, 0), object.call(12), RETURN[1], RETURN[2] } }
    o:rel("tc", 0, "trie")
    local verdict, state, x = expect("map-use", "helper",
      "map `trie` is of type lpm_trie, which helper bpf_tail_call does not take", o,
      kernel(nil, { helper = helpers(211, { [12] = "tail_call" }) }))
    assert.same({ "rejected", "reached", "trie", "tail_call", "walk" }, { verdict, state, x.name, x.helper, x.stage })
  end)

  it("is a global function that returns no number", function()
    local o, b, int = loadable.maps {}
    local count = b:func("count", b:func_proto(b:ptr(int), {}), "global")
    o:program { section = "tc", name = "prog", insns = { object.call(-1, 1), RETURN[1], RETURN[2] } }
    o:rel("tc", 0, "count", 10)
    o:program { section = ".text", name = "count", func = count, insns = RETURN }
    local verdict, state, x = expect("function", "return",
      "global function `count()` returns no number, and the kernel calls none such", o, kernel())
    assert.same({ "rejected", "reached", "count", "walk" }, { verdict, state, x.name, x.stage })
  end)

  it("is a function that takes too much of the stack with what calls it", function()
    local o = loadable.maps {}
    o:program { section = "tc", name = "prog", insns = { object.st(8, 10, -296, 0), object.call(-1, 1), RETURN[1],
      RETURN[2] } }
    o:rel("tc", 8, ".text", 10)
    o:symbol { name = ".text", section = ".text", info = 3 }
    o:program { section = ".text", name = "deep", static = true,
      insns = { object.st(8, 10, -304, 0), RETURN[1], RETURN[2] } }
    local verdict, state, x = expect("stack", "calls",
      "`deep()` and what calls it take 640 bytes of the stack, and together there are 512", o, kernel(),
      { release = "6.1.9" })
    assert.same({ "rejected", "reached", "deep", 640 }, { verdict, state, x.name, x.number })
  end)

  it("is of each rule here", function()
    local without = {}
    for _, rule in ipairs(engine.rules) do
      if not seen[rule] then without[#without + 1] = rule end
    end
    assert.same({}, without)
  end)
end)

describe("obstacles in reports", function()
  teardown(tmp.clean)

  local function findings(command, o, target, ...)
    local r = run { command, write(o), "-t", target, "--format", "json", ... }
    assert.equal("", r.err)
    return dkjson.decode(r.out).findings, r.status, r
  end

  local function two(o)
    o:program { section = "tc", name = "second", insns = RETURN }
    return o
  end

  it("stand once for all of an object", function()
    for _, command in ipairs { "check", "verdicts" } do
      local list, status = findings(command, two(map { { "type", 27 }, { "max_entries", 4096 } }), kernel())
      assert.equal(1, status)
      assert.same({ 1, "error", "map-type" }, { #list, list[1].level, list[1].rule })
      local d = list[1].details
      assert.is_nil(list[1].program)
      assert.same({ "maps", "object", "missing", "UNSUPPORTED_MAP_TYPE" }, { d.stage, d.scope, d.cause, d.compat })
    end
  end)

  it("warn of what a tool sets, and take it", function()
    for _, command in ipairs { "check", "verdicts" } do
      local o = two(map { { "type", 7 }, { "max_entries", 10 }, { "key_size", 4 } })
      local list, status = findings(command, o, kernel())
      assert.same({ 0, 1, "warning", "map-unset", "map" },
        { status, #list, list[1].level, list[1].rule, list[1].details.settable })
      assert.equal("say what the tool sets: --map things.value_size=N", list[1].help[1])
      list, status = findings(command, o, kernel(), "--map", "things.value_size=1016")
      assert.same({ 0, 0 }, { status, #list })
    end
  end)

  it("stand at the source line of the call, once for programs that share it", function()
    local b = btf.new()
    local o = object.new(b)
    o:program { section = ".text", name = "shared", static = true, insns = { object.call(99999), RETURN[2] },
      lines = { { insn = 0, text = "  x = bpf_unheard_of();", line = 3 } } }
    for i = 1, 2 do
      o:program { section = "tc", name = "p" .. i, insns = { object.call(-1, 1), RETURN[1], RETURN[2] } }
      o:rel("tc", (i - 1) * 24, "shared", 10)
    end
    o:symbol { name = ".text", section = ".text", info = 3 }
    local list, status, r = findings("check", o, kernel())
    assert.same({ 1, 1, "helper-unknown", 3 }, { status, #list, list[1].rule, list[1].at.line }, r.out)
    assert.same({ "shared", "VERIFIER_REJECTION", 0 },
      { list[1].details["function"], list[1].details.compat, list[1].details.insn })
    assert.matches("^reachable, so the verifier rejects p1", list[1].notes[1])
  end)

  it("show the instruction where there is no source line", function()
    local o = object.new(btf.new())
    o:program { section = "tc", insns = { object.call(99999), RETURN[1], RETURN[2] } }
    local r = run { "check", write(o), "-t", kernel() }
    assert.is_not_nil(r.out:find("0 | 85 00 00 00 9f 86 01 00", 1, true), r.out)
    assert.is_nil(r.out:find("VERIFIER_REJECTION", 1, true))
  end)

  it("are notes where they are guarded, when all is asked for", function()
    local o = one("tc", { object.mov(1, 0), object.insn(0x15, 1, 0, 1, 0), object.call(99999) })
    local list, status = findings("check", o, kernel())
    assert.same({ 0, 0 }, { status, #list })
    list, status = findings("check", o, kernel(), "--all")
    assert.same({ 0, 1, "note", "helper-unknown" }, { status, #list, list[1].level, list[1].rule })
    assert.matches("^guarded", list[1].notes[1])
  end)

  it("are those of the rules that are asked about", function()
    local o = one("fentry/gone", { object.call(99999) })
    local rules = {}
    for _, f in ipairs((findings("check", o, kernel()))) do rules[#rules + 1] = f.rule end
    assert.same({ "attach-target", "helper-unknown" }, rules)
    local list = findings("check", o, kernel(), "--only", "helper-unknown,relocation")
    assert.same({ 1, "helper-unknown" }, { #list, list[1].rule })
    local r = run { "verdicts", write(o), "-t", kernel(), "--only", "relocation", "--format", "tsv" }
    assert.matches("\tloads\t", r.out)
  end)

  it("have their rule and name in the table", function()
    local r = run { "verdicts", write(one("tc", { object.call(173) })), "-t", kernel(nil, { helper = helpers(150) }),
      "--format", "tsv" }
    assert.matches("\trejected\t%-\t[^\t]+\thelper%-unknown\tget_func_ip\t%-\n", r.out)
  end)

  it("are told of an unknown verdict, too", function()
    local o, b = one "tc"
    add_extern(o, b, ".ksyms", "jiffies")
    local list, status = findings("verdicts", o, kernel())
    assert.same({ 0, 1, "warning", "unknown" }, { status, #list, list[1].level, list[1].rule })
    assert.matches("^whether it loads is not known: whether the kernel has the symbol `jiffies`", list[1].message)
  end)

  it("come from options that make sense, or a line says why not", function()
    local path, target = write(one "tc"), kernel()
    for message, words in pairs {
      ["--map takes NAME.FIELD=VALUE, not `things`"] = { "--map", "things" },
      ["option '--map': no field `value_sise` (did you mean `value_size`?)"] = { "--map", "things.value_sise=4" },
      ["option '--map': value_size is a number, not `many`"] = { "--map", "things.value_size=many" },
      ["option '--map': type is a type of maps, not `ringbuff`"] = { "--map", "things.type=ringbuff" },
      ["option '--map': inner is yes or no, not `maybe`"] = { "--map", "things.inner=maybe" },
      ["option '--type': no type of programs `kprob`"] = { "--type", "prog=kprob" },
      ["--attach takes PROGRAM=NAME, not `prog`"] = { "--attach", "prog" },
      ["--one-of takes PROGRAM,PROGRAM, not `prog`"] = { "--one-of", "prog" },
      ["option '--only': no rule `relocations` (did you mean `relocation`?)"] = { "--only", "relocations" },
    } do
      for _, command in ipairs { "check", "verdicts" } do
        local r = run { command, path, "-t", target, table.unpack(words) }
        assert.same({ "", 2 }, { r.out, r.status })
        assert.is_not_nil(r.err:find(message, 1, true), r.err)
      end
    end
  end)

  it("warn of programs and maps that no object has", function()
    local r = run { "check", write(one "tc"), "-t", kernel(), "--skip", "a", "--attach", "b=x", "--type", "c=kprobe",
      "--one-of", "d,prog", "--map", "m.max_entries=1" }
    for _, name in ipairs { "a", "b", "c", "d" } do
      assert.is_not_nil(r.out:find(("warning[no-program]: no object has a program %s\n"):format(name), 1, true), r.out)
    end
    assert.is_not_nil(r.out:find("warning[no-map]: no object has a map m\n", 1, true))
    assert.is_nil(r.out:find("program prog\n", 1, true))
  end)

  it("take in Lua what the command line takes", function()
    local path, target = write(one "fentry/gone"), btfl.target(kernel(function(t) t:func("there", t.proto) end))
    local obj = btfl.object(path)
    local function rules(options)
      local out = {}
      for _, f in ipairs(obj:check(target, options).findings) do out[#out + 1] = f.rule end
      return out
    end
    assert.same({ "attach-target" }, rules())
    assert.same({}, rules { attach = { prog = "there" } })
    assert.same({}, rules { skip = { "prog" } })
    assert.same({}, rules { only = { "relocation" } })
    assert.same({}, rules { type = { prog = "sched_cls" }, only = { "program-type" } })
    for message, options in pairs {
      ["no program `prgo`"] = { skip = { "prgo" } }, ["no program `x`"] = { attach = { x = "y" } },
      ["no program `z`"] = { one_of = { { "prog", "z" } } },
    } do
      local ok, err = pcall(obj.check, obj, target, options)
      assert.is_false(ok)
      assert.is_not_nil(tostring(err):find(message, 1, true), tostring(err))
    end
  end)
end)
