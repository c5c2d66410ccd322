--- Cases of rules 1 to 8: what stands in instructions, and enumerators.

local case = require "spec.support.case"
local kit = require "spec.support.cases.kit"
local object = require "spec.support.object"

local poison, err, zero, ok = case.poison, case.error, case.zero, case.ok
local ints, one_member, plain = kit.ints, kit.one_member, kit.plain
local cases = {}
local add = kit.adder(cases)

-- 1: poison

add(1, "a missing field poisons an ALU instruction, registers and all", function(c)
  local foo = one_member(c, c.l:int("int", 4), c.t:int("int", 4))
  local bar = c.l:struct("bar", 4, { { "a", 1, 0 } })
  c:insn({ object.insn(0x07, 7, 0, 0, 0) }, "byte_off", bar, "0:0", poison "no-type")
  c:mov("byte_off", foo, "0:0", 4, 12)
end)

add(1, "both halves of an ldimm64 are poisoned", function(c)
  local e = c.l:enum("e", { { "GONE", 5 } })
  c.t:enum("e", { { "A", 5 } })
  c:imm64("enumval_value", e, "0", 5, poison "no-enumval")
end)

for name, code in pairs { jump = 0x05, call = 0x85, jump32 = 0x16, ["ALU by register"] = 0x0f } do
  add(1, "poison comes before the instruction's class is looked at: " .. name, function(c)
    local foo = c.l:struct("foo", 4, { { "a", c.l:int("int", 4), 0 } })
    c.t:struct("foo", 4, { { "b", c.t:int("int", 4), 0 } })
    c:insn({ object.insn(code, 1, 0, 0, 1) }, "byte_off", foo, "0:0", poison "no-field")
  end)
end

-- 2: missing targets

add(2, "what each kind becomes when the type is missing", function(c)
  local foo = c.l:struct("foo", 4, { { "a", c.l:int("int", 4), 0 } })
  local e = c.l:enum("e", { { "A", 3 } })
  c.t:int("int", 4)
  c:mov("byte_off", foo, "0:0", 0, poison "no-type")
  c:mov("byte_sz", foo, "0:0", 4, poison "no-type")
  c:mov("field_exists", foo, "0:0", 1, zero "no-type")
  c:mov("signed", foo, "0:0", 0, poison "no-type")
  c:mov("lshift_u64", foo, "0:0", 32, poison "no-type")
  c:mov("rshift_u64", foo, "0:0", 32, poison "no-type")
  c:mov("local_type_id", foo, "0", foo, foo)
  c:mov("target_type_id", foo, "0", foo, zero "no-type")
  c:mov("type_exists", foo, "0", 1, zero "no-type")
  c:mov("type_size", foo, "0", 4, zero "no-type")
  c:mov("type_matches", foo, "0", 1, zero "no-type")
  c:mov("enumval_exists", e, "0", 1, zero "no-type")
  c:mov("enumval_value", e, "0", 3, poison "no-type")
end)

-- 3: type ids

add(3, "local_type_id takes anonymous types and void, and checks no old value", function(c)
  local anon = c.l:struct(nil, 4, { { "a", c.l:int("int", 4), 0 } })
  c.t:int("int", 4)
  c:mov("local_type_id", anon, "0", 999, anon)
  c:mov("local_type_id", 0, "0", 999, 0)
  c:imm64("local_type_id", anon, "0", 1 << 40, anon)
end)

add(3, "target_type_id checks no old value", function(c)
  local foo = c.l:struct("foo", 4, { { "a", c.l:int("int", 4), 0 } })
  c.t:int("x", 4)
  c.t:int("y", 4)
  local there = c.t:struct("foo", 4, { { "a", 1, 0 } })
  c:mov("target_type_id", foo, "0", 999, there)
end)

-- 4: old values and instructions

for name, make in pairs {
  ["ALU"] = function() return { object.mov(1, 5) } end,
  ["LDX"] = function() return { object.ldx(4, 1, 1, 5) } end,
  ["STX"] = function() return { object.stx(4, 1, 1, 5) } end,
  ["ST"] = function() return { object.st(4, 1, 5, 4) } end,
  ["ldimm64"] = function() return { object.ldimm64(1, 5) } end,
  ["ldimm64 in its high half"] = function() return { object.ldimm64(1, 1 << 32 | 4) } end,
} do
  add(4, "an old value that is not the local one is an error: " .. name, function(c)
    c:insn(make(), "byte_off", plain(c), "0:0", err "insn-mismatch")
  end)
end

for name, insns in pairs {
  ["ALU add"] = { object.add(1, 4) },
  ["LDX"] = { object.ldx(4, 1, 1, 4) },
  ["STX"] = { object.stx(4, 1, 1, 4) },
  ["ST, whose imm stays"] = { object.st(4, 1, 4, 77) },
  ["atomic add"] = { object.insn(0xc3, 1, 1, 4, 0) },
  ["byte swap"] = { object.insn(0xd4, 1, 0, 0, 4) },
  ["bswap"] = { object.insn(0xd7, 1, 0, 0, 4) },
  ["neg"] = { object.insn(0x87, 1, 0, 0, 4) },
  ["ALU 32"] = { object.insn(0xb4, 1, 0, 0, 4) },
  ["ldimm64"] = { object.ldimm64(1, 4) },
} do
  add(4, "patched: " .. name, function(c)
    c:insn(insns, "byte_off", plain(c), "0:0", 12)
  end)
end

local lo, hi = object.ldimm64(1, 4)
local function with(i, field, value)
  local new = { code = i.code, dst = i.dst, src = i.src, off = i.off, imm = i.imm }
  new[field] = value
  return new
end

for name, insns in pairs {
  ["ALU by register"] = { object.insn(0x0f, 1, 2, 0, 4) },
  ["byte swap to big"] = { object.insn(0xdc, 1, 0, 0, 4) },
  ["JMP"] = { object.insn(0x15, 1, 0, 0, 4) },
  ["JMP32"] = { object.insn(0x16, 1, 0, 0, 4) },
  ["CALL"] = { object.call(4) },
  ["LD_ABS"] = { object.insn(0x20, 0, 0, 0, 4) },
  ["LD IMM that is none"] = { object.insn(0x10, 0, 0, 0, 4) },
  ["ldimm64 of a map"] = { with(lo, "src", 1), hi },
  ["ldimm64 with off"] = { with(lo, "off", 1), hi },
  ["ldimm64 with a code in the second half"] = { lo, with(hi, "code", 0xb7) },
  ["ldimm64 with dst in the second half"] = { lo, with(hi, "dst", 1) },
  ["ldimm64 with src in the second half"] = { lo, with(hi, "src", 1) },
  ["ldimm64 with off in the second half"] = { lo, with(hi, "off", 1) },
} do
  add(4, "no instruction to patch: " .. name, function(c)
    c:insn(insns, "byte_off", plain(c), "0:0", err "insn-unsupported")
  end)
end

add(4, "ALU: a 64-bit value is cut to 32 bits unchecked", function(c)
  local e = c.l:enum64("e", { { "A", 5 } })
  c.t:enum64("e", { { "A", 1 << 40 | 6 } })
  c:mov("enumval_value", e, "0", 5, 1 << 40 | 6)
end)

add(4, "ALU and ldimm64: a negative imm is compared sign-extended", function(c)
  local e = c.l:enum("e", { { "A", -2 } }, 4, true)
  c.t:enum("e", { { "A", -3 } }, 4, true)
  c:mov("enumval_value", e, "0", -2, -3)
  c:imm64("enumval_value", e, "0", -2, -3)
end)

local function far(c, local_type, target_type, bytes)
  local foo = c.l:struct("foo", 8, { { "a", local_type, 32 } })
  c.t:struct("foo", bytes + 8, { { "a", target_type, bytes * 8 } })
  return foo
end

add(4, "an offset of 32767 fits a load", function(c)
  c:load(1, far(c, c.l:int("u8", 1), c.t:int("u8", 1), 32767), "0:0", 4, 32767)
end)
add(4, "an offset of 32768 does not fit a load", function(c)
  c:load(1, far(c, c.l:int("u8", 1), c.t:int("u8", 1), 32768), "0:0", 4, err "offset-range")
end)
add(4, "an offset of 32768 fits an addition", function(c)
  c:mov("byte_off", far(c, c.l:int("u8", 1), c.t:int("u8", 1), 32768), "0:0", 4, 32768)
end)
add(4, "the offset's range is tested before the memory size", function(c)
  local foo = far(c, c.l:int("s8", 1, "signed"), c.t:int("s16", 2, "signed"), 40000)
  c:load(1, foo, "0:0", 4, err "offset-range")
end)

local function bits(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 8, { { "a", l.int, 32 }, { "b", l.int, 3, 5 } })
  c.t:struct("foo", 8, { { "a", t.int, 0 }, { "b", t.u32, 41, 6 } })
  return foo
end

add(4, "of a local bitfield neither offset, size nor lshift is checked", function(c)
  local foo = bits(c)
  c:mov("byte_off", foo, "0:1", 77, 4)
  c:mov("byte_sz", foo, "0:1", 77, 4)
  c:mov("lshift_u64", foo, "0:1", 77, 64 - (41 + 6 - 32))
  c:load(1, foo, "0:1", 77, 4)
end)
add(4, "of a local bitfield the sign is checked", function(c)
  c:mov("signed", bits(c), "0:1", 77, err "insn-mismatch")
end)
add(4, "of a local bitfield rshift is checked", function(c)
  c:mov("rshift_u64", bits(c), "0:1", 77, err "insn-mismatch")
end)
add(4, "of a local bitfield existence is checked", function(c)
  c:mov("field_exists", bits(c), "0:1", 77, err "insn-mismatch")
end)
add(4, "of a bitfield only in the target the old value is checked", function(c)
  local foo = c.l:struct("foo", 8, { { "a", c.l:int("int", 4), 32 } })
  c.t:struct("foo", 8, { { "a", c.t:int("int", 4), 3, 5 } })
  c:mov("byte_off", foo, "0:0", 5, err "insn-mismatch")
end)

-- 5: memory sizes

local function sized(from, to, expect, make, more)
  return function(c)
    local l, t = ints(c.l), ints(c.t)
    local foo = one_member(c, l[from] or from(c.l, l), t[to] or to(c.t, t))
    make = make or function(old) return object.ldx(({ u8 = 1, u16 = 2, u32 = 4, u64 = 8, int = 4,
      bool = 1, char = 1, schar = 1 })[from] or 8, 1, 1, old) end
    c:insn({ make(4) }, "byte_off", foo, "0:0", expect)
    if more then more(c, foo) end
  end
end

for _, pair in ipairs { { "u32", "u64", 8 }, { "u64", "u8", 1 }, { "bool", "u32", 4 },
  { "u8", "char", nil }, { "char", "u16", 2 }, { "schar", "u32", 4 }, { "u16", "bool", 1 } } do
  add(5, ("a load follows from %s to %s"):format(pair[1], pair[2]),
    sized(pair[1], pair[2], ok(12, pair[3])))
end
for _, pair in ipairs { { "int", "s64" }, { "int", "u64" }, { "u32", "s64" } } do
  add(5, ("a load does not follow from %s to %s"):format(pair[1], pair[2]),
    sized(pair[1], pair[2], poison "size-mismatch"))
end
add(5, "a load may keep its width between int and unsigned of one size",
  sized("int", "u32", ok(12)))
add(5, "ALU ignores sizes", sized("int", "s64", ok(12), function(old) return object.mov(1, old) end))
add(5, "a store follows", sized("u32", "u64", ok(12, 8),
  function(old) return object.stx(4, 1, 2, old) end))
add(5, "a store of a constant follows", sized("u32", "u16", ok(12, 2),
  function(old) return object.st(4, 1, old, 9) end))
add(5, "mode bits stay: sign-extending load", sized("u32", "u16", ok(12, 2),
  function(old) return object.ldsx(4, 1, 2, old) end))
add(5, "mode bits stay: atomic", sized("u32", "u64", ok(12, 8),
  function(old) return object.insn(0xc3, 1, 2, old, 0) end))
add(5, "an access narrower than the local field is an error when sizes differ",
  sized("u32", "u64", err "insn-mismatch", function(old) return object.ldx(1, 1, 1, old) end))
add(5, "an access narrower than the field passes when sizes agree",
  sized("u32", "u32", ok(12), function(old) return object.ldx(1, 1, 1, old) end))
add(5, "a new size of 16 bytes is an error", sized("u64", "u128", err "size-mismatch"))
add(5, "enums of different sizes are poisoned", function(c)
  local foo = one_member(c, c.l:enum("e", { { "A", 0 } }, 4), c.t:enum("e", { { "A", 0 } }, 8))
  c:load(4, foo, "0:0", 4, poison "size-mismatch")
end)
add(5, "floats of different sizes are poisoned", function(c)
  local foo = one_member(c, c.l:float("float", 4), c.t:float("double", 8))
  c:load(4, foo, "0:0", 4, poison "size-mismatch")
end)
add(5, "structs of different sizes are poisoned", function(c)
  local int, there = c.l:int("int", 4), c.t:int("int", 4)
  local foo = one_member(c, c.l:struct("in", 4, { { "x", int, 0 } }),
    c.t:struct("in", 8, { { "x", there, 0 } }))
  c:load(4, foo, "0:0", 4, poison "size-mismatch")
end)
add(5, "a struct and a union of one size are not", function(c)
  local int, there = c.l:int("int", 4), c.t:int("int", 4)
  local foo = one_member(c, c.l:struct("in", 4, { { "x", int, 0 } }),
    c.t:union("in", 4, { { "x", there, 0 } }))
  c:load(4, foo, "0:0", 4, 12)
end)
add(5, "an element of an array follows like a field", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 16, { { "a", c.l:array(l.u32, 4), 0 } })
  c.t:struct("foo", 32, { { "a", c.t:array(t.u64, 4), 0 } })
  c:load(4, foo, "0:0:1", 4, ok(8, 8))
end)
add(5, "arrays of different elements are poisoned: only their sizes are looked through", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = one_member(c, c.l:array(c.l:array(l.u32, 2), 2), c.t:array(c.t:array(t.u16, 9), 3))
  c:load(4, foo, "0:0", 4, poison "size-mismatch")
end)
add(5, "arrays of different lengths and one element size pass", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = one_member(c, c.l:array(l.int, 4), c.t:array(t.int, 9))
  c:load(4, foo, "0:0", 4, 12)
end, { differs = "compares whole arrays, of 16 and 36 bytes, and poisons" })
add(5, "a bitfield in the target has no size that a load could follow to", function(c)
  local foo = one_member(c, c.l:int("u32", 4), c.t:int("u32", 4))
  local bar = c.l:struct("bar", 8, { { "a", 1, 0 } })
  c.t:struct("bar", 8, { { "a", 1, 35, 4 } })
  c:load(4, foo, "0:0", 4, 12)
  c:load(4, bar, "0:0", 0, poison "size-mismatch")
end)
add(5, "the first matching candidate's size is used, and sizes are not compared", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 8, { { "a", l.u32, 0 } })
  c.t:struct("foo", 8, { { "a", t.u16, 0 } })
  c.t:struct("foo___too", 8, { { "a", t.u64, 0 } })
  c:load(4, foo, "0:0", 0, ok(0, 2))
end)

-- 6: pointer size

local function pointers(long, name)
  return function(c)
    local foo = one_member(c, c.l:ptr(0), c.t:ptr(0))
    if long then c.t:int(name, long) end
    c:mov("byte_sz", foo, "0:0", 8, long or 8)
    c:load(8, foo, "0:0", 4, ok(12, long))
  end
end
add(6, "pointers have 4 bytes when the target's long has", pointers(4, "long int"))
add(6, "pointers have 4 bytes when the target's unsigned long has", pointers(4, "long unsigned int"))
add(6, "pointers have 8 bytes when the target's long has", pointers(8, "unsigned long"))
for _, name in ipairs { "long", "unsigned long int", "unsigned int long", "int unsigned long", "int long",
  "int long unsigned", "long unsigned", "long int unsigned" } do
  add(6, "a long may be written " .. name, pointers(4, name))
end
add(6, "an int named long long says nothing of pointers", function(c)
  local foo = one_member(c, c.l:ptr(0), c.t:ptr(0))
  c.t:int("long long int", 4)
  c:mov("byte_sz", foo, "0:0", 8, 8)
end)
add(6, "the ELF class of the target decides", function(c)
  local foo = one_member(c, c.l:ptr(0), c.t:ptr(0))
  c.t:int("long int", 8)
  c.target_bytes = object.new(c.t, { class = 32, machine = 40 }):bytes()
  c:mov("byte_sz", foo, "0:0", 8, 4)
end)

-- 7 and 8: enums

add(7, "an unsigned enumerator of 2^31 or more is sign-extended", function(c)
  local e = c.l:enum("e", { { "A", 0x80000000 } })
  c.t:enum("e", { { "A", 0x80000001 } })
  c:imm64("enumval_value", e, "0", 0xffffffff80000000, 0xffffffff80000001)
end)
add(7, "so what clang emits for one fails validation", function(c)
  local e = c.l:enum("e", { { "A", 0x80000000 } })
  c.t:enum("e", { { "A", 0x80000001 } })
  c:imm64("enumval_value", e, "0", 0x80000000, err "insn-mismatch")
end)

add(8, "enum and enum64 are candidates of each other", function(c)
  local e = c.l:enum("e", { { "A", 1 } })
  local f = c.l:enum64("f", { { "B", 1 << 33 } })
  c.t:enum64("e", { { "A", 1 << 40 } })
  c.t:enum("f", { { "B", 9 } })
  c:imm64("enumval_value", e, "0", 1, 1 << 40)
  c:imm64("enumval_value", f, "0", 1 << 33, 9)
  c:mov("enumval_exists", f, "0", 1, 1)
  c:mov("type_exists", e, "0", 1, 1)
end)
add(8, "enumerators match by essential name", function(c)
  local e = c.l:enum("e", { { "A___old", 1 }, { "B", 2 }, { "C____c", 3 } })
  c.t:enum("e", { { "B___new", 22 }, { "A", 11 }, { "C", 33 } })
  c:mov("enumval_value", e, "0", 1, 11)
  c:mov("enumval_value", e, "1", 2, 22)
  c:mov("enumval_exists", e, "2", 1, zero "no-enumval")
end)
add(8, "an enum behind a typedef", function(c)
  local e = c.l:typedef("e_t", c.l:enum(nil, { { "A", 1 } }))
  c.t:typedef("e_t", c.t:const(c.t:enum64(nil, { { "Z", 0 }, { "A", 5 } })))
  c:mov("enumval_value", e, "0", 1, 5)
end)

return cases
