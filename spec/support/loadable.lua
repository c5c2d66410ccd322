--- An object with everything that a loader looks at: maps of all kinds, externs, struct_ops, and a program
--- that calls a helper, kernel functions, a subprogram and with a callback.
local btf = require "spec.support.btf"
local object = require "spec.support.object"

local loadable = {}

local WEAK, GLOBAL, DATA, SECTION = 0x20, 0x10, 0x11, 0x03

-- __uint(), __type() and __array() of bpf_helpers.h.
local function describe(b, int, fields)
  local members = {}
  for i, field in ipairs(fields) do
    local name, value = field[1], field[2]
    local type
    if name == "values" then
      type = b:array(b:ptr(value), 0, int)
    elseif name == "key" or name == "value" then
      type = b:ptr(value)
    else
      type = b:ptr(b:array(int, value))
    end
    members[i] = { name, type, (i - 1) * 64 }
  end
  return b:struct(nil, #fields * 8, members), #fields * 8
end

--- A builder of an object whose maps are described so: { { name, { { field, value }, ... } }, ... }. change,
--- if given, is called with the builders of BTF and object, and the ids of types.
function loadable.maps(maps, options)
  options = options or {}
  local b = btf.new { endian = options.endian }
  local int = b:int("int", 4, "signed")
  local o = object.new(b, options)
  local vars, at = {}, 0
  for _, map in ipairs(maps) do
    local fields = type(map[2]) == "function" and map[2](b, int) or map[2]
    local struct, size = describe(b, int, fields)
    vars[#vars + 1] = { b:var(map[1], struct, map.linkage), at, size }
    o:symbol { name = map[1], section = ".maps", value = at, size = size, info = DATA }
    at = at + size
  end
  if #vars > 0 then
    b:datasec(".maps", at, vars)
    o:section(".maps", ("\0"):rep(at), { flags = 3, align = 8 })
  end
  return o, b, int
end

local function add_externs(o, b, int)
  local void = b:const(0)
  local proto = b:func_proto(int, { { "x", int } })
  b:datasec(".kconfig", 0, { { b:var("CONFIG_HZ", int, "extern"), 0, 4 },
    { b:var("LINUX_KERNEL_VERSION", int, "extern"), 0, 4 } })
  b:datasec(".ksyms", 0, { { b:var("jiffies", void, "extern"), 0, 0 }, { b:var("runqueues", int, "extern"), 0, 4 },
    { b:func("bpf_strong", proto, "extern"), 0, 0 }, { b:func("bpf_weak", proto, "extern"), 0, 0 } })
  for _, name in ipairs { "CONFIG_HZ", "jiffies", "bpf_strong" } do
    o:symbol { name = name, section = 0, info = GLOBAL }
  end
  for _, name in ipairs { "LINUX_KERNEL_VERSION", "runqueues", "bpf_weak" } do
    o:symbol { name = name, section = 0, info = WEAK }
  end
end

local function add_struct_ops(o, b, int, section)
  local proto = b:ptr(b:func_proto(int, {}))
  local ops = b:struct("sched_things", 24, { { "flags", int, 0 }, { "init", proto, 64 }, { "exit", proto, 128 } })
  b:datasec(section, 24, { { b:var("things", ops), 0, 24 } })
  o:section(section, ("\0"):rep(24), { flags = 3, align = 8 })
  o:symbol { name = "things", section = section, size = 24, info = DATA }
  o:program { section = "struct_ops/other", name = "my_init", insns = { object.mov(0, 0), object.exit() } }
  o:rel(section, 8, "my_init")
end

--- A builder of the object. Options: those of the object builder, and the section of its struct_ops.
function loadable.new(options)
  local o, b, int = loadable.maps({
    { "events", { { "type", 27 }, { "max_entries", 4096 } } },
    { "counts", function(_, i)
      return { { "type", 1 }, { "max_entries", 10 }, { "key", i }, { "value_size", 16 }, { "map_flags", 1 } }
    end },
    { "outer", function(bb, i)
      local inner = describe(bb, i, { { "type", 2 }, { "max_entries", 3 }, { "key", i }, { "value", i } })
      return { { "type", 12 }, { "max_entries", 5 }, { "key_size", 4 }, { "pinning", 1 }, { "values", inner } }
    end },
  }, options)
  add_externs(o, b, int)
  add_struct_ops(o, b, int, options and options.struct_ops or ".struct_ops.link")
  b:datasec(".data", 4, { { b:var("counter", int), 0, 4 } })
  o:section(".data", ("\0"):rep(4), { flags = 3 })
  o:symbol { name = "counter", section = ".data", size = 4, info = DATA }
  o:section(".rodata.str1.1", "text\0", { flags = 2 })
  o:section(".bss", "", { type = 8, flags = 3, bytes_len = 12 })
  local helper = { section = ".text", name = "helper", static = true, insns = { object.mov(0, 0), object.exit() } }
  o:program(helper)
  o:symbol { name = ".text", section = ".text", info = SECTION }
  local lo, hi = object.ldimm64(2, 0)
  local at = { object.ldimm64(3, 0) }
  o:program {
    section = "kprobe/do_it", name = "main",
    insns = { object.call(5, 0), object.call(-1, 2), object.call(-1, 2), object.call(-1, 1), lo, hi, at[1], at[2],
      object.call(9999, 0), object.exit() },
    lines = { { insn = 0, text = "first", line = 7 }, { insn = 2, text = "third", line = 9 } },
  }
  o:rel("kprobe/do_it", 8, "bpf_strong", 10)
  o:rel("kprobe/do_it", 16, "bpf_weak", 10)
  o:rel("kprobe/do_it", 24, "helper", 10)
  o:rel("kprobe/do_it", 32, ".text")
  o:rel("kprobe/do_it", 48, "jiffies")
  return o, b, int
end

return loadable
