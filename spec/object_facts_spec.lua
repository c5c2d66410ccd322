--- What a loader makes of an object before it knows of a kernel: maps, externs, struct_ops, license, what
--- programs call, and what it refuses.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local loadable = require "spec.support.loadable"
local objects = require "spec.support.object"
local tmp = require "spec.support.tmp"

local function list(iterator)
  local out = {}
  for value in iterator do out[#out + 1] = value end
  return out
end

-- Each value as the words of its fields; "-" for nil, and names for what has one.
local function words(iterator, fields)
  local out = {}
  for i, value in ipairs(list(iterator)) do
    local row = {}
    for field in fields:gmatch "%S+" do
      local v = value[field]
      local class = type(v) == "userdata" and require "btfl.class"(v)
      row[#row + 1] = v == nil and "-" or class == "btfl.line" and v.text
        or class and (v.name or v.kind) or tostring(v)
    end
    out[i] = table.concat(row, " ")
  end
  return out
end

local function open(o, name) return btfl.object(tmp.write(name or "facts.o", o:bytes())) end

describe("the facts of an object", function()
  teardown(tmp.clean)

  for _, endian in ipairs { "little", "big" } do
    local obj = open(loadable.new { endian = endian }, endian .. ".o")

    it("has all maps, in libbpf's order, " .. endian .. "-endian", function()
      assert.same({
        "events defined ringbuf 0 0 4096 0 .maps",
        "counts defined hash 4 16 10 1 .maps",
        "outer defined array_of_maps 4 4 5 0 .maps",
        ".data data array 4 4 1 1024 .data",
        ".rodata.str1.1 rodata array 4 5 1 128 .rodata.str1.1",
        ".bss bss array 4 12 1 0 .bss",
        ".kconfig kconfig array 4 8 1 1152 .kconfig",
        "things struct_ops struct_ops 4 24 1 8192 .struct_ops.link",
      }, words(obj:maps(), "name kind type key_size value_size max_entries flags section"))
      local maps = list(obj:maps())
      assert.is_nil(maps[2].inner)
      assert.same({ "array", 4, 4, 3 },
        { maps[3].inner.type, maps[3].inner.key_size, maps[3].inner.value_size, maps[3].inner.max_entries })
      assert.same({ false, true, true }, { maps[2].pinned, maps[3].pinned, maps[3].auto })
      assert.same({ "int", nil, 12 }, { maps[2].key.name, maps[2].value, maps[3].number })
      assert.equal(maps[3].inner, maps[3].inner)
      assert.not_equal(maps[3].inner, maps[3])
    end)

    it("has all externs, " .. endian .. "-endian", function()
      assert.same({
        "CONFIG_HZ kconfig false int 4 0", "jiffies ksym false const 0 1",
        "bpf_strong kfunc false func_proto 0 1", "LINUX_KERNEL_VERSION kconfig true int 4 0",
        "runqueues ksym true int 4 0", "bpf_weak kfunc true func_proto 0 1",
      }, words(obj:externs(), "name what weak type size uses"))
    end)

    it("has struct_ops and the license, " .. endian .. "-endian", function()
      assert.same({ "things sched_things .struct_ops.link things true true" },
        words(obj:struct_ops(), "name type section map link auto"))
      assert.same({ init = obj:program "my_init" }, obj:struct_ops()():programs())
      assert.equal("GPL", obj.license)
    end)

    it("has what programs call, " .. endian .. "-endian", function()
      local strong, weak = obj.btf:find("bpf_strong", "func").id, obj.btf:find("bpf_weak", "func").id
      assert.same({
        "0 helper 5 bpf_ktime_get_ns false - first", ("1 kfunc %d bpf_strong false - first"):format(strong),
        ("2 kfunc %d bpf_weak true - third"):format(weak), "3 subprogram - helper false helper third",
        "4 callback - helper false helper third", "8 helper 9999 - false - third",
      }, words(obj:program("main"):calls(), "insn what id name weak callee line"))
    end)

    it("has instructions, an ldimm64 as one, " .. endian .. "-endian", function()
      local insns = list(obj:program("main"):insns())
      local at = {}
      for i, insn in ipairs(insns) do at[i] = insn.insn end
      assert.same({ 0, 1, 2, 3, 4, 6, 8, 9 }, at)
      assert.same({ insn = 8, code = 0x85, dst = 0, src = 0, off = 0, imm = 9999, class = "jmp" }, insns[7])
    end)
  end

  it("has no license, no maps and nothing else that is not there", function()
    local obj = open(objects.new(nil, { no_license = true }))
    assert.is_nil(obj.license)
    assert.same({ {}, {}, {} }, { list(obj:maps()), list(obj:externs()), list(obj:struct_ops()) })
  end)

  it("has the license as libbpf keeps it", function()
    local o = objects.new(nil, { no_license = true })
    o:section("license", ("x"):rep(100))
    assert.equal(("x"):rep(63), open(o).license)
  end)
end)

-- What it says of an object: kind, name, section and the program that the instruction is in. The system's
-- libbpf, where there is one, must say the same as to whether it opens it.
local function opening(o)
  local object = open(o)
  local x = object:opening()
  local errno = tmp.run(("build/peer/facts '%s' 2>/dev/null"):format(object.path)):match "open\t(%d+)"
  if errno then assert.equal(tonumber(errno) ~= 0, x ~= nil, "libbpf says " .. errno) end
  return x and table.concat({ x.kind, x.name or "-", x.section or "-", x.program and x.program.name or "-" }, " ")
end

local function with_maps(fields, linkage)
  return (loadable.maps { { "m", fields, linkage = linkage } })
end

describe("opening an object", function()
  teardown(tmp.clean)

  it("fails at struct_ops that are of no struct, or of one without a name", function()
    local function of(make)
      local b = btf.new()
      local int = b:int("int", 4, "signed")
      b:datasec(".struct_ops", 4, { { b:var("things", make(b, int)), 0, 4 } })
      local o = objects.new(b)
      o:program { section = "struct_ops/init", insns = { objects.mov(0, 0), objects.exit() } }
      o:section(".struct_ops", "\0\0\0\0", { flags = 3 })
      o:symbol { name = "things", section = ".struct_ops", size = 4, info = 0x11 }
      return opening(o), open(o):opening()
    end
    assert.is_nil((of(function(b, int) return b:struct("things", 4, { { "n", int, 0 } }) end)))
    for says, make in pairs {
      ["BTF does not describe it as a struct"] = function(_, int) return int end,
      ["its struct has no name"] = function(b, int) return b:struct(nil, 4, { { "n", int, 0 } }) end,
    } do
      local told, x = of(make)
      assert.same({ "map things .struct_ops -", says }, { told, x and x.message })
    end
  end)

  it("goes well with everything that libbpf knows", function()
    assert.is_nil(opening(loadable.new()))
  end)

  it("has the numbers of a map of the older way, as far as they are there", function()
    for _, endian in ipairs { "little", "big" } do
      local o = objects.new(btf.new { endian = endian })
      o:section("maps", string.pack((endian == "big" and ">" or "<") .. "I4I4I4I4I4", 2, 4, 8, 16, 1)
        .. ("\0"):rep(4), { flags = 3 })
      o:symbol { name = "whole", section = "maps", size = 20, info = 0x11 }
      o:symbol { name = "short", section = "maps", value = 8, size = 16, info = 0x11 }
      o:symbol { name = "cut", section = "maps", value = 12, size = 12, info = 0x11 }
      local found = {}
      for m in btfl.object(tmp.write("older.o", o:bytes())):maps() do
        found[m.name] = { m.type, m.key_size, m.value_size, m.max_entries, m.flags }
      end
      assert.same({ whole = { "array", 4, 8, 16, 1 }, short = { "cgroup_array", 16, 1, 0, 0 },
        cut = { "unspec", 0, 0, 0, 0 } }, found)
    end
  end)

  it("is refused for what libbpf does not take", function()
    local function program(o, fields)
      o:program { section = fields.section or "xdp", name = "prog", insns = fields, static = fields.static }
      return o
    end
    local lo, hi = objects.ldimm64(1, 0)
    local to = { lo, hi, objects.exit() }

    local o = loadable.new()
    o:section("maps", ("\0"):rep(20), { flags = 3 })
    assert.equal("legacy - maps -", opening(o))

    local function arenas(count)
      local maps = {}
      for i = 1, count do
        maps[i] = { "arena" .. i, { { "type", 33 }, { "max_entries", 10 }, { "map_flags", 1024 } } }
      end
      return (loadable.maps(maps))
    end
    -- Older libbpfs know no arenas.
    assert.is_nil(open(arenas(1)):opening())
    local second = open(arenas(2)):opening()
    assert.same({ "map", "arena2", "libbpf takes one arena only" }, { second.kind, second.name, second.message })

    o = program(objects.new(btf.new()), to)
    o:section("maps/events", ("\0"):rep(20), { flags = 3 })
    o:symbol { name = "events", section = "maps/events", size = 20, info = 0x11 }
    assert.is_nil(opening(o))
    o:rel("xdp", 0, "events")
    assert.equal("relocation events maps/events prog", opening(o))

    o = program(objects.new(btf.new()), to)
    o:section("own/data", ("\0"):rep(20), { flags = 3 })
    o:symbol { name = "x", section = "own/data", size = 20, info = 0x11 }
    o:rel("xdp", 0, "x")
    assert.equal("relocation x own/data prog", opening(o))

    o = program(objects.new(btf.new()), to)
    o:symbol { name = "lost", section = 0, info = 0x10 }
    assert.equal("extern lost - -", opening(o))

    assert.equal("program prog xdp -", opening(program(objects.new(btf.new()), { objects.exit(), static = true })))
    assert.equal("symbols - - -", opening(objects.new(btf.new(), { no_symtab = true })))

    o = loadable.new { struct_ops = ".struct_ops" }
    o:rel(".struct_ops", 16, "main")
    assert.equal("relocation main .struct_ops -", opening(o))

    o = loadable.maps({ { "m", { { "type", 1 } } } }, { no_btf = true })
    assert.equal("btf - .maps -", opening(o))

    o = program(objects.new(btf.new()), { objects.call(-1, 1), objects.exit() })
    o:program { section = "tc", name = "other", insns = { objects.exit() } }
    o:rel("xdp", 0, "other", 10)
    assert.equal("relocation other tc prog", opening(o))

    o = program(objects.new(btf.new()), to)
    program(o, { objects.exit(), section = ".text", static = true })
    o.programs[2].name = "callback"
    o:rel("xdp", 0, "callback")
    assert.equal("relocation callback .text prog", opening(o))
  end)

  it("is refused for maps whose description libbpf does not take", function()
    assert.is_nil(opening(with_maps { { "type", 1 } }))
    for what, fields in pairs {
      type = { { "key_size", 4 } }, unknown = { { "type", 1 }, { "key_sizes", 4 } },
      conflict = { { "type", 1 }, { "key_size", 4 }, { "key_size", 8 } }, pinning = { { "type", 1 }, { "pinning", 2 } },
      values = function(_, i) return { { "type", 1 }, { "values", i } } end,
      last = function(_, i) return { { "type", 12 }, { "values", i }, { "max_entries", 1 } } end,
      inner = function(_, i) return { { "type", 12 }, { "values", i } } end,
      void = function() return { { "type", 1 }, { "key", 0 } } end,
    } do
      assert.equal("map m .maps -", opening(with_maps(fields)), what)
    end
    assert.equal("map m .maps -", opening(with_maps({ { "type", 1 } }, "static")))
  end)

  it("is refused for values of maps that are no programs, or no maps", function()
    local function with(type, to, more)
      local o, b = loadable.maps { { "all", function(b, int)
        local what = type == 3 and b:func_proto(int, {}) or b:struct(nil, 16, {
          { "type", b:ptr(b:array(int, 1)), 0 }, { "max_entries", b:ptr(b:array(int, 1)), 64 } })
        return { { "type", type }, { "max_entries", 1 }, { "key_size", more or 4 }, { "values", what } }
      end }, { "inner", { { "type", 1 }, { "max_entries", 1 }, { "key_size", 4 }, { "value_size", 4 } } } }
      local code = { objects.mov(0, 0), objects.exit() }
      o:program { section = "tc", name = "entry", insns = code }
      o:program { section = ".text", name = "helper", insns = code }
      o:rel(".maps", 24, to)
      return opening(o), b
    end
    assert.is_nil((with(3, "entry")))
    assert.is_nil((with(12, "inner")))
    assert.is_nil((with(13, "inner")))
    for _, case in ipairs { { 3, "helper" }, { 3, "inner" }, { 12, "entry" }, { 13, "entry" }, { 13, "inner", 8 } } do
      assert.equal("map all .maps -", (with(table.unpack(case))), table.concat(case, " "))
    end
  end)

  it("finds a program in .text where that is the only function", function()
    local function entries(...)
      local o, found = objects.new(btf.new()), {}
      for _, name in ipairs { ... } do o:program { section = ".text", name = name, insns = { objects.exit() } } end
      for program in open(o):programs() do found[#found + 1] = tostring(program.entry) end
      return table.concat(found, " ")
    end
    assert.equal("true", entries "only")
    assert.equal("false false", entries("one", "other"))
  end)

  it("is refused for externs that libbpf cannot fill in", function()
    for what, make in pairs {
      long = function(b) return b:int("__int128", 16) end,
      enum = function(b) return b:enum("other", { { "A", 0 } }) end,
      struct = function(b) return b:struct("s", 4, {}) end,
      numbers = function(b) return b:array(b:int("int", 4), 4) end,
    } do
      local b = btf.new()
      local o = objects.new(b)
      b:datasec(".kconfig", 0, { { b:var("CONFIG_X", make(b), "extern"), 0, 4 } })
      o:symbol { name = "CONFIG_X", section = 0, info = 0x10 }
      assert.equal("extern CONFIG_X - -", opening(o), what)
    end
    for what, make in pairs {
      bool = function(b) return b:int("bool", 1, "bool") end,
      tristate = function(b) return b:enum("libbpf_tristate", { { "TRI_NO", 0 } }) end,
      text = function(b) return b:array(b:int("char", 1), 9) end,
    } do
      local b = btf.new()
      local o = objects.new(b)
      b:datasec(".kconfig", 0, { { b:var("CONFIG_X", make(b), "extern"), 0, 4 } })
      o:symbol { name = "CONFIG_X", section = 0, info = 0x10 }
      assert.is_nil(opening(o), what)
    end
  end)

  -- Reads everything there is to read.
  local function read_all(path)
    local object = btfl.object(path)
    object:opening()
    words(object:maps(), "name kind type number key_size value_size key value inner problem flags extra")
    words(object:externs(), "name what weak type size uses problem")
    for ops in object:struct_ops() do ops:programs() end
    for program in object:programs() do
      words(program:calls(), "insn what id name weak extern callee line")
      for _ in program:insns() do end
      local a = program.attach
      tostring(a and (a.form .. (a.name or "") .. (a.in_btf or "") .. (a.path or "") .. a.offset))
    end
  end

  it("gives facts or one error for an object with any byte changed", function()
    local bytes = loadable.new():bytes()
    local read, refused = 0, 0
    for at = 1, #bytes, 4 do
      for _, byte in ipairs { "\0", "\255" } do
        local path = tmp.write("changed.o", bytes:sub(1, at - 1) .. byte .. bytes:sub(at + 1))
        local ok, err = pcall(read_all, path)
        if not ok then
          assert.equal("btfl.error", require "btfl.class"(err), tostring(err))
          assert.is_nil(tostring(err):find "\n")
        end
        read, refused = read + (ok and 1 or 0), refused + (ok and 0 or 1)
      end
    end
    assert.is_true(read > 500 and refused > 50, read .. " " .. refused)
  end)

  it("survives what lies about maps and struct_ops", function()
    local o, b, int = loadable.new()
    o:symbol { name = "far", section = ".maps", value = 1 << 40, info = 0x11 }
    o:symbol { name = "later", section = ".maps", value = 0xfffffff0, size = 1 << 40, info = 0x11 }
    o:symbol { name = "events", section = ".struct_ops.link", value = 0xfffffff8, info = 0x11 }
    o:rel(".struct_ops.link", 1 << 40, "my_init")
    o:rel(".struct_ops.link", 12, "my_init")
    o:rel(".struct_ops.link", 16, "main")
    b:datasec(".struct_ops", 4, { { b:var("n", int), 0, 4 } })
    o:section(".struct_ops", "\0\0\0\0", { flags = 3 })
    o:symbol { name = "n", section = ".struct_ops", size = 4, info = 0x11 }
    local obj = open(o)
    local names = words(obj:struct_ops(), "name type")
    assert.same({ "things sched_things", "events -", "n int" }, names)
    assert.equal(obj:program "main", obj:struct_ops()():programs().exit)
    assert.equal("map later .maps -", opening(o))
    o:rel(".struct_ops.link", 8, 4711)
    assert.has_error(function() return open(o):struct_ops() end)
  end)
end)
