--- Broken inputs. Each has a name, what it is given as ("target" or "object"), its bytes (or a path
--- that exists already), and a pattern of what must be said of it.

local btf = require "spec.support.btf"
local object = require "spec.support.object"

local broken = {}

local function add(as, name, bytes, pattern)
  broken[#broken + 1] = { as = as, name = name, bytes = bytes, pattern = pattern }
end

--- A sound BTF with every kind in it.
local function sound(options)
  local b = btf.new(options)
  local int = b:int("int", 4, "signed")
  local ptr = b:ptr(int)
  local foo = b:struct("foo", 16, { { "a", int, 0 }, { "p", ptr, 64 } })
  b:union("u", 4, { { "x", int, 0 } })
  b:enum("e", { { "A", 0 }, { "B", 1 } })
  b:enum64("e64", { { "C", 1 << 40 } })
  b:array(int, 4)
  b:fwd("f", "struct")
  b:typedef("t", b:const(b:volatile(b:restrict(foo))))
  local func = b:func("fn", b:func_proto(int, { { "x", int } }))
  b:datasec(".data", 4, { { b:var("v", int), 0, 4 } })
  b:float("float", 4)
  b:decl_tag("d", foo, 0)
  b:type_tag("tag", int)
  return b, { int = int, ptr = ptr, foo = foo, func = func }
end

--- The sound one with something more.
local function with(change, over)
  local b, ids = sound()
  local more = change and change(b, ids)
  return b:bytes(more or over)
end

local function header(over) return with(nil, over) end

-- Targets: the file itself

local good = sound():bytes()

add("target", "empty file", "", "empty")
add("target", "text file", "int main(void) { return 0; }\n", "BTF")
add("target", "one byte", "\x9f", "BTF")
add("target", "zeros", ("\0"):rep(4096), "BTF")
for _, n in ipairs { 2, 7, 12, 23 } do
  add("target", ("header cut to %d bytes"):format(n), good:sub(1, n), "header")
end
add("target", "header only", good:sub(1, 24), "0x")
add("target", "cut in the type section", good:sub(1, 100), "0x")
add("target", "cut in the string section", good:sub(1, -5), "0x")
add("target", "cut before the last terminator", good:sub(1, -2), "0x")
add("target", "gzip cut off", function(write)
  local path = write("cut", good)
  os.execute(("gzip -nc '%s' | head -c 60 >'%s.gz'"):format(path, path))
  return path .. ".gz"
end, "gzip")
add("target", "gzip of rubbish", "\x1f\x8b\8\0\0\0\0\0\0\3" .. ("\xa5"):rep(64), "gzip")
add("target", "gzip with a bad checksum", function(write)
  local path = write("crc", good)
  os.execute(("gzip -nc '%s' >'%s.gz'"):format(path, path))
  local f = assert(io.open(path .. ".gz", "r+b"))
  f:seek("end", -8)
  f:write("\1\2\3\4")
  f:close()
  return path .. ".gz"
end, "gzip")
add("target", "gzip of nothing", function(write)
  local path = write("nothing", "")
  os.execute(("gzip -nc '%s' >'%s.gz'"):format(path, path))
  return path .. ".gz"
end, "empty")
add("target", "gzip of text", function(write)
  local path = write("text", "no BTF\n")
  os.execute(("gzip -nc '%s' >'%s.gz'"):format(path, path))
  return path .. ".gz"
end, "BTF")

-- Targets: the header

add("target", "wrong magic", header { magic = 0xeb9e }, "BTF")
add("target", "wrong version", header { version = 2 }, "version 2")
add("target", "header length of 0", header { hdr_len = 0 }, "header")
add("target", "header length of 23", header { hdr_len = 23 }, "header")
add("target", "header longer than the file", header { hdr_len = 0xfffffff0 }, "header")
add("target", "type section out of the file", header { type_off = 1 << 20 }, "type")
add("target", "type section offset that wraps", header { type_off = 0xfffffffc }, "type")
add("target", "type section not aligned", header { type_off = 1 }, "0x")
add("target", "type section too long", header { type_len = 1 << 30 }, "type")
add("target", "string section out of the file", header { str_off = 1 << 20 }, "string")
add("target", "string section offset that wraps", header { str_off = 0xfffffff0 }, "string")
add("target", "string section too long", header { str_len = 1 << 20 }, "string")
add("target", "string section empty", header { str_len = 0 }, "string")
add("target", "string section over the types", header { str_off = 0 }, "string section")
add("target", "strings without a terminator", header { strings = "\0int" }, "does not end with a NUL")
add("target", "strings that start with a name", header { strings = "int\0a\0" }, "string")
add("target", "layout section out of the file", (function()
  return sound({ layout = true }):bytes { layout_off = 1 << 20 }
end)(), "layout")
-- Targets: types

add("target", "unknown kind", with(function(b) b:type(20, "new", 0, false, 0) end), "kind 20")
add("target", "kind 0 in the section", with(function(b) b:type(0, "x", 0, false, 0) end), "kind 0")
add("target", "kind that the layout section does not know", (function()
  local b = sound { layout = true }
  b:type(25, "new", 0, false, 0)
  return b:bytes()
end)(), "kind 25")
add("target", "unknown kind longer than the section", (function()
  local layout = btf.known_layout()
  layout[20] = { 255, 255 }
  local b = sound { layout = layout }
  b:type(20, "new", 9, false, 0)
  return b:bytes()
end)(), "0x")

--- Types cut inside: the last type's bytes without their tail.
local function cut(name, make, keep)
  add("target", name, with(function(b, ids)
    make(b, ids)
    b.types[#b.types] = b.types[#b.types]:sub(1, keep or 12)
  end), "0x")
end
cut("type cut in its head", function(b) b:ptr(1) end, 8)
cut("int without its word", function(b) b:int("x", 4) end)
cut("array without its words", function(b) b:array(1, 2) end)
cut("struct without its members", function(b) b:struct("x", 4, { { "m", 1, 0 } }) end)
cut("struct cut in its second member",
  function(b) b:struct("x", 8, { { "m", 1, 0 }, { "n", 1, 32 } }) end, 28)
cut("enum without its values", function(b) b:enum("x", { { "Q", 0 } }) end)
cut("enum64 without its values", function(b) b:enum64("x", { { "Q", 0 } }) end)
cut("function without its parameters", function(b) b:func_proto(0, { { "p", 1 } }) end)
cut("variable without its linkage", function(b) b:var("x", 1) end)
cut("section without its variables", function(b, ids) b:datasec(".x", 4, { { ids.int, 0, 4 } }) end)
cut("declaration tag without its component", function(b) b:decl_tag("x", 1) end)
for _, kind in ipairs { "struct", "union", "enum", "enum64", "func_proto", "datasec" } do
  add("target", "huge vlen of a " .. kind, with(function(b)
    b:type(kind, kind == "func_proto" and "" or "x", 0xffffff, false, 4, ("\0"):rep(64))
  end), "0x")
end

--- The last type has an id that is out of range.
local function dangling(name, make)
  add("target", name, with(make), "1000000")
end
local OUT = 1000000
dangling("pointer to a type out of range", function(b) b:ptr(OUT) end)
dangling("typedef of a type out of range", function(b) b:typedef("x", OUT) end)
dangling("const of a type out of range", function(b) b:const(OUT) end)
dangling("array of a type out of range", function(b) b:array(OUT, 1, 1) end)
dangling("array indexed by a type out of range", function(b) b:array(1, 1, OUT) end)
dangling("member of a type out of range", function(b) b:struct("x", 4, { { "m", OUT, 0 } }) end)
dangling("parameter of a type out of range", function(b) b:func_proto(0, { { "p", OUT } }) end)
dangling("result of a type out of range", function(b) b:func_proto(OUT) end)
dangling("function of a type out of range", function(b) b:func("x", OUT) end)
dangling("variable of a type out of range", function(b) b:var("x", OUT) end)
dangling("variable out of range", function(b) b:datasec(".x", 4, { { OUT, 0, 4 } }) end)
dangling("tag of a type out of range", function(b) b:decl_tag("x", OUT) end)

--- A string offset that is out of range.
local function unnamed(name, make)
  add("target", name, with(make), "0x")
end
unnamed("type name out of range", function(b) b:type("typedef", 0x7fffff, 0, false, 1) end)
unnamed("member name out of range", function(b) b:struct("x", 4, { { 0x7fffff, 1, 0 } }) end)
unnamed("enumerator name out of range", function(b)
  b:type("enum", "x", 1, false, 4, b:pack("I4I4", 0x7fffff, 0))
end)
unnamed("parameter name out of range", function(b)
  b:type("func_proto", "", 1, false, 0, b:pack("I4I4", 0x7fffff, 1))
end)

add("target", "modifiers in a circle", with(function(b)
  local id = b:next_id()
  b:const(id + 1)
  b:volatile(id)
end), "0x")
add("target", "typedef of itself", with(function(b) b:typedef("x", b:next_id()) end), "0x")
add("target", "struct that contains itself", with(function(b)
  b:struct("x", 4, { { "m", b:next_id(), 0 } })
end), "0x")
add("target", "array of itself", with(function(b) b:array(b:next_id(), 2, 1) end), "0x")
add("target", "structs that contain each other through an array", with(function(b)
  local id = b:next_id()
  b:struct("x", 4, { { "m", id + 1, 0 } })
  b:array(id + 2, 1, 1)
  b:typedef("y", id)
end), "0x")
add("target", "big-endian BTF with a type out of range", (function()
  local b = sound { endian = "big" }
  b:ptr(OUT)
  return b:bytes()
end)(), "1000000")
add("target", "split BTF without its base", (function()
  local base = sound()
  local b = btf.new { base = base }
  b:struct("x", 4, { { "a", 1, 0 } })
  b:typedef("y", 3)
  return b:bytes()
end)(), "0x")

-- Targets: ELF

local function elf(options, change)
  local o = object.new(sound(), options)
  if change then change(o) end
  return o:bytes()
end

add("target", "ELF without .BTF", elf { no_btf = true, machine = 62 }, ".BTF")
add("target", "32-bit ELF without .BTF", elf { no_btf = true, machine = 40, class = 32 }, ".BTF")
add("target", "ELF of a header only", elf({ machine = 62 }):sub(1, 64), "section headers")
add("target", "ELF cut in its header", elf({ machine = 62 }):sub(1, 40), "ELF")
add("target", "ELF whose sections are out of the file", elf { machine = 62, elf = { shoff = 1 << 40 } },
  "section headers")
add("target", "ELF of another class", (function()
  local bytes = elf { machine = 62 }
  return bytes:sub(1, 4) .. "\9" .. bytes:sub(6)
end)(), "ELF")
add("target", "ELF whose .BTF is cut", elf { machine = 62, btf_bytes = good:sub(1, 90) }, "%.BTF%+0x")
add("target", "ELF whose .BTF is empty", elf { machine = 62, btf_bytes = "" }, "%.BTF")
add("target", "ELF whose .BTF is out of the file", elf({ machine = 62, no_btf = true }, function(o)
  o:section(".BTF", good, { offset = 1 << 33 })
end), ".BTF")
add("target", "ELF whose .BTF is longer than the file", elf({ machine = 62, no_btf = true }, function(o)
  o:section(".BTF", good, { bytes_len = 1 << 40 })
end), ".BTF")
add("target", "ELF whose .BTF has no bytes in the file", elf({ machine = 62, no_btf = true }, function(o)
  o:section(".BTF", good, { type = 8 })
end), ".BTF")
add("target", "compressed .BTF of rubbish", elf({ machine = 62, no_btf = true }, function(o)
  o:section(".BTF", string.pack("<I4I4I8I8", 1, 0, #good, 1) .. ("\xa5"):rep(40), { flags = 0x800 })
end), ".BTF")
add("target", "compressed .BTF of another method", elf({ machine = 62, no_btf = true }, function(o)
  o:section(".BTF", string.pack("<I4I4I8I8", 99, 0, #good, 1) .. good, { flags = 0x800 })
end), ".BTF")
add("target", "compressed .BTF that claims terabytes", elf({ machine = 62, no_btf = true }, function(o)
  o:section(".BTF", string.pack("<I4I4I8I8", 1, 0, 1 << 42, 1) .. ("\0"):rep(40), { flags = 0x800 })
end), ".BTF")
add("target", "compressed .BTF without its header", elf({ machine = 62, no_btf = true }, function(o)
  o:section(".BTF", "\1\0\0\0", { flags = 0x800 })
end), ".BTF")
add("target", "broken .BTF.base", elf({ machine = 62 }, function(o)
  o:section(".BTF.base", good:sub(1, 60))
end), "%.BTF%.base")

-- Objects

local function bpf(options, change)
  local b, ids = sound()
  local o = object.new(b, options)
  local p = { insns = { object.ldx(4, 0, 1, 0), object.exit() },
    relos = { { insn = 0, type = ids.foo, access = "0:0", kind = "byte_off" } },
    lines = { { insn = 0, file = "a.c", text = "int x;", line = 3, column = 4 } } }
  if change then
    change(o, p, ids, b)
  end
  o:program(p)
  return o:bytes()
end

local plain = bpf()

add("object", "empty file", "", "ELF")
add("object", "no .BTF", (function()
  local o = object.new(nil)
  o:program { insns = { object.exit() } }
  return o:bytes()
end)(), "has no .BTF")
add("object", "text file", "not an object\n", "ELF")
add("object", "BTF instead of an object", good, "is a kernel, and no object is given")
add("object", "object of another machine", bpf { machine = 62 }, "BPF")
add("object", "32-bit object", bpf { class = 32 }, "64")
add("object", "object cut in its header", plain:sub(1, 50), "ELF")
add("object", "object cut before its section headers", plain:sub(1, -65), "section headers")
add("object", "object cut in its first section", plain:sub(1, 70), "section headers")
add("object", "object with broken .BTF", bpf { btf_bytes = good:sub(1, 60) }, "%.BTF%+0x")
add("object", "object with .BTF of the other byte order", (function()
  return bpf { btf_bytes = sound({ endian = "big" }):bytes() }
end)(), "%.BTF")
add("object", "section names out of the file", bpf { elf = { shstrndx = 99 } }, "name")
add("object", "function beyond its section", bpf(nil, function(_, p) p.size = 4096 end), "prog")
add("object", "function that starts beyond its section",
  bpf(nil, function(_, p) p.value = 1 << 40 end), "prog")
add("object", "function not aligned", bpf(nil, function(_, p)
  p.value, p.size = 3, 8
end), "prog")
add("object", "function of half an instruction", bpf(nil, function(_, p) p.size = 12 end), "prog")
--- .BTF.ext with parts replaced.
local function ext(name, over, pattern)
  add("object", name, bpf { ext_over = over }, pattern or "%.BTF%.ext")
end
ext(".BTF.ext of another magic", { magic = 0x1234 })
ext(".BTF.ext of another version", { version = 9 })
ext(".BTF.ext of the other byte order", { magic = 0x9feb })
ext(".BTF.ext with a header longer than itself", { hdr_len = 4000 })
ext(".BTF.ext with a header of 8 bytes", { hdr_len = 8 })
for _, part in ipairs { "func", "line", "relo" } do
  ext(part .. "_info out of the section", { [part .. "_off"] = 1 << 24 })
  ext(part .. "_info at an offset that wraps", { [part .. "_off"] = 0xfffffff8 })
  ext(part .. "_info too long", { [part .. "_len"] = 1 << 24 })
  ext(part .. "_info of 2 bytes", { [part] = "\0\0" })
  ext(part .. "_info with records of 4 bytes", { [part] = string.pack("<I4I4I4I4", 4, 1, 1, 0) })
  ext(part .. "_info with records of 0 bytes", { [part] = string.pack("<I4I4I4", 0, 1, 1) })
  ext(part .. "_info with records of 18 bytes", { [part] = string.pack("<I4I4I4", 18, 1, 1)
    .. ("\0"):rep(18) })
  ext(part .. "_info with too many records", { [part] = string.pack("<I4I4I4", 16, 1, 0xffffffff)
    .. ("\0"):rep(16) })
  ext(part .. "_info of a section without a name", { [part] = string.pack("<I4I4I4", 16, 0x7fffff, 1)
    .. ("\0"):rep(16) })
  ext(part .. "_info of a section cut in its head", { [part] = string.pack("<I4I4", 16, 1) })
  ext(part .. "_info of a section that the object does not have",
    { [part] = string.pack("<I4I4I4", 16, 1, 1) .. ("\0"):rep(16) })
end

local function relo(name, fields, pattern)
  add("object", name, bpf(nil, function(_, p)
    for key, value in pairs(fields) do p.relos[1][key] = value end
  end), pattern or "%.BTF%.ext")
end
relo("relocation beyond its section", { insn_off = 4096 })
relo("relocation between instructions", { insn_off = 4 })
relo("relocation of a type out of range", { type = OUT }, "1000000")
relo("relocation whose access is no string", { access = 0x7fffff })
add("object", "line of a file that is no string", bpf { ext_over = { line = string.pack("<I4I4I4", 16, 0, 0) } },
  "%.BTF%.ext")
add("object", ".BTF.ext empty", bpf { ext_bytes = "" }, "%.BTF%.ext")
add("object", ".BTF.ext cut in its header", bpf { ext_bytes = "\x9f\xeb\1\0\x20\0\0\0" }, "%.BTF%.ext")

return broken
