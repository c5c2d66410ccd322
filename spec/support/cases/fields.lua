--- Cases of rules 16 to 21: fields, bitfields and their compatibility.

local case = require "spec.support.case"
local kit = require "spec.support.cases.kit"

local poison, err, zero = case.poison, case.error, case.zero
local ints, one_member, plain, make = kit.ints, kit.one_member, kit.plain, kit.make
local cases = {}
local add = kit.adder(cases)

-- 16: kinds that elements do not have

for _, kind in ipairs { "signed", "lshift_u64", "rshift_u64" } do
  add(16, kind .. " of an array element is an error", function(c)
    local l, t = ints(c.l), ints(c.t)
    local foo = one_member(c, c.l:array(l.u32, 4), c.t:array(t.u32, 4))
    c:mov(kind, foo, "0:0:1", 0, err "unsupported")
  end)
  add(16, kind .. " of the root is an error", function(c)
    local foo = plain(c)
    c:mov(kind, foo, "0", 0, err "unsupported")
  end)
end
add(16, "the offset and size of elements and of the root", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 8, { { "a", c.l:array(l.u16, 4), 0 } })
  c.t:struct("foo", 24, { { "a", c.t:array(t.u32, 6), 0 } })
  c:mov("byte_off", foo, "0:0:3", 6, 12)
  c:mov("byte_sz", foo, "0:0:3", 2, 4)
  c:mov("byte_sz", foo, "0", 8, 24)
  c:mov("byte_off", foo, "2", 16, 48)
  c:mov("field_exists", foo, "0", 1, 1)
end)
add(16, "the sign of what has none is 0", function(c)
  local int, there = c.l:int("int", 4, "signed"), c.t:int("int", 4, "signed")
  local foo = c.l:struct("foo", 32, {
    { "p", c.l:ptr(int), 0 }, { "s", c.l:struct("in", 4, { { "x", int, 0 } }), 64 },
    { "f", c.l:float("float", 4), 96 }, { "a", c.l:array(int, 1), 128 } })
  c.t:struct("foo", 32, {
    { "p", c.t:ptr(there), 0 }, { "s", c.t:struct("in", 4, { { "x", there, 0 } }), 64 },
    { "f", c.t:float("float", 4), 96 }, { "a", c.t:array(there, 1), 128 } })
  for i = 0, 3 do c:mov("signed", foo, "0:" .. i, 0, 0) end
end)
add(16, "the sign of ints and enums", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 32, { { "i", l.int, 0 }, { "u", l.u32, 32 }, { "c", l.schar, 64 },
    { "e", c.l:enum("e", { { "A", 0 } }), 96 }, { "f", c.l:enum("f", { { "B", -1 } }, 4, true), 128 } })
  c.t:struct("foo", 32, { { "i", t.u32, 0 }, { "u", t.int, 32 }, { "c", t.char, 64 },
    { "e", c.t:enum("e", { { "A", -1 } }, 4, true), 96 }, { "f", c.t:enum64("f", { { "B", 1 } }), 128 } })
  c:mov("signed", foo, "0:0", 1, 0)
  c:mov("signed", foo, "0:1", 0, 1)
  c:mov("signed", foo, "0:2", 1, 0)
  c:mov("signed", foo, "0:3", 0, 1)
  c:mov("signed", foo, "0:4", 1, 0)
end)

-- 17: bitfields

--- Local: u32 b:5 at bit 3; target: a bitfield of that type, place and width.
local function bitfield(type, at, width, expect)
  return function(c)
    local l, t = ints(c.l), ints(c.t)
    local foo = c.l:struct("foo", 8, { { "b", l.u32, 3, 5 } })
    c.t:struct("foo", 64, { { "b", t[type], at, width } })
    for _, kind in ipairs { "byte_off", "byte_sz", "lshift_u64", "rshift_u64", "field_exists" } do
      local old = kind == "rshift_u64" and 64 - 5 or kind == "field_exists" and 1 or 0
      if expect[kind] then c:mov(kind, foo, "0:0", old, expect[kind]) end
    end
  end
end
add(17, "a bitfield within its declared type", bitfield("u32", 70, 9,
  { byte_off = 8, byte_sz = 4, lshift_u64 = 64 - 15, rshift_u64 = 55, field_exists = 1 }))
add(17, "a bitfield across the edge of its type: the load doubles", bitfield("u8", 70, 5,
  { byte_off = 8, byte_sz = 2, lshift_u64 = 64 - 11, rshift_u64 = 59, field_exists = 1 }))
add(17, "a load doubles until it fits", bitfield("u8", 30, 5,
  { byte_off = 0, byte_sz = 8, lshift_u64 = 64 - 35, rshift_u64 = 59, field_exists = 1 }))
add(17, "a bitfield of 64 bits", bitfield("u64", 64, 64,
  { byte_off = 8, byte_sz = 8, lshift_u64 = 0, rshift_u64 = 0, field_exists = 1 }))
for _, kind in ipairs { "byte_off", "byte_sz", "lshift_u64", "rshift_u64" } do
  add(17, kind .. " of a bitfield that no load of 8 bytes covers is an error",
    bitfield("u64", 30, 40, { [kind] = err "bitfield-too-wide" }))
end
add(17, "a bitfield that no load of 8 bytes covers exists",
  bitfield("u64", 30, 40, { field_exists = 1 }))
add(17, "a bitfield of 16 bytes' type is loaded as it is declared", bitfield("u128", 70, 9,
  { byte_off = 0, byte_sz = 16, rshift_u64 = 55, field_exists = 1 }))
add(17, "a bitfield that became a field", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 8, { { "b", l.u32, 3, 5 } })
  c.t:struct("foo", 8, { { "b", t.u16, 16 } })
  c:mov("byte_off", foo, "0:0", 0, 2)
  c:mov("byte_sz", foo, "0:0", 4, 2)
  c:mov("lshift_u64", foo, "0:0", 56, 48)
  c:mov("rshift_u64", foo, "0:0", 59, 48)
end)
add(17, "a bitfield in big-endian order is shifted by what stands before it",
  bitfield("u32", 70, 9, { byte_off = 8, byte_sz = 4, lshift_u64 = 32 + 6, rshift_u64 = 55 }),
  { endian = "big" })
add(17, "a doubled load in big-endian order",
  bitfield("u8", 70, 5, { byte_off = 8, byte_sz = 2, lshift_u64 = 48 + 6, rshift_u64 = 59 }),
  { endian = "big" })

-- 18 to 20: members

add(18, "an access that ends at an anonymous member is 0 there", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 16, { { "z", l.u64, 0 },
    { nil, c.l:struct(nil, 8, { { "a", l.u32, 0 } }), 64 } })
  c.t:struct("foo", 32, { { "z", t.u64, 0 },
    { nil, c.t:struct(nil, 8, { { "a", t.u32, 0 } }), 128 } })
  c:mov("byte_off", foo, "0:1", 8, 0)
  c:mov("byte_off", foo, "0:1:0", 8, 16)
  c:mov("byte_sz", foo, "0:1", 16, 32)
  c:mov("field_exists", foo, "0:1", 1, 1)
end)

add(18, "what precedes the anonymous member counts", function(c)
  local l, t = ints(c.l), ints(c.t)
  local function inner(b, i)
    return b:struct("in", 16, { { "x", i.u64, 0 }, { nil, b:struct(nil, 8, { { "y", i.u32, 0 } }), 64 } })
  end
  local foo = c.l:struct("foo", 24, { { "z", l.u64, 0 }, { "in", inner(c.l, l), 64 } })
  c.t:struct("foo", 40, { { "z", t.u64, 0 }, { "in", inner(c.t, t), 192 } })
  c:mov("byte_off", foo, "0:1:1", 16, 24)
  c:mov("byte_sz", foo, "0:1:1", 16, 16)
  c:mov("byte_off", foo, "2:1:1", 64, 104)
end)

add(19, "unnamed padding in the target is skipped, anonymous members are searched in depth", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 16, { { "a", l.u32, 32 }, { "deep", l.u32, 64 } })
  local innermost = c.t:union(nil, 8, { { "x", t.u64, 0 }, { "deep", t.u32, 0 } })
  local inner = c.t:struct(nil, 16, { { "y", t.u64, 0 }, { nil, innermost, 64 } })
  c.t:struct("foo", 40, { { nil, t.u32, 0, 3 }, { nil, inner, 64 }, { nil, t.u32, 192, 0 },
    { "a", t.u32, 200 } })
  c:mov("byte_off", foo, "0:0", 4, 25)
  c:mov("byte_off", foo, "0:1", 8, 16)
end)
add(19, "an anonymous member behind a typedef is searched", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 8, { { "a", l.u32, 0 } })
  local inner = c.t:typedef("inner_t", c.t:struct("inner", 8, { { "a", t.u32, 32 } }))
  c.t:struct("foo", 16, { { nil, inner, 64 } })
  c:mov("byte_off", foo, "0:0", 0, 12)
end)
add(19, "a named member is not searched", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 8, { { "a", l.u32, 0 } })
  c.t:struct("foo", 8, { { "in", c.t:struct("inner", 8, { { "a", t.u32, 0 } }), 0 } })
  c:mov("byte_off", foo, "0:0", 0, poison "no-field")
end)

add(20, "the first member of a name wins", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 8, { { "a", l.u32, 0 } })
  c.t:struct("foo", 16, { { "a", t.u32, 32 }, { "a", t.u32, 64 } })
  c:mov("byte_off", foo, "0:0", 0, 4)
end)
add(20, "if it is incompatible there is no match", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 8, { { "a", l.u32, 0 } })
  c.t:struct("foo", 16, { { "a", c.t:ptr(0), 0 }, { "a", t.u32, 64 } })
  c:mov("byte_off", foo, "0:0", 0, poison "incompatible")
end)

-- 21: compatibility of fields

--- Whether a field of the one type may be one of the other; each is made by a function of (b, ints).
local function field(name, from, to, compatible, more)
  add(21, ("%s: %s"):format(name, compatible and "yes" or "no"), function(c)
    local l, t = ints(c.l), ints(c.t)
    local foo = one_member(c, from(c.l, l), to(c.t, t))
    c:mov("field_exists", foo, "0:0", 1, compatible and 1 or zero "incompatible")
  end, more)
end
for _, row in ipairs {
  { "struct", "other_struct", true }, { "struct", "union", true }, { "union", "struct", true },
  { "struct", "int", false }, { "int", "struct", false }, { "struct", "fwd", false },
  { "ptr", "void_ptr", true }, { "ptr", "u64", false }, { "u64", "ptr", false },
  { "int", "u64", true }, { "int", "bool", true }, { "int", "old_int", false },
  { "old_int", "int", false }, { "int", "narrow_int", true }, { "int", "enum", false },
  { "enum", "int", false }, { "enum", "enum_flavor", true }, { "enum", "enum_other", false },
  { "enum", "enum_anon", true }, { "enum_anon", "enum", true }, { "enum", "enum64", true },
  { "enum64", "enum", true }, { "enum", "enum64_other", false },
  { "float", "double", true }, { "float", "int", false }, { "int", "float", false },
  { "array", "long_array", true }, { "array", "int", false }, { "int", "array", false },
  { "array", "array2", false }, { "array2", "array", false }, { "array", "ptr_array", false },
  { "int", "modified", true }, { "modified", "u64", true }, { "int", "tagged", true },
  { "tagged", "int", true },
} do
  field(row[1] .. " and " .. row[2], make[row[1]], make[row[2]], row[3])
end
-- A forward declaration or function can stand in no C struct, but in BTF it can.
field("fwd and fwd of the other kind", make.fwd, make.fwd_union, true)
field("fwd and another fwd", make.fwd, make.fwd_other, false)
field("function and function", make.proto, make.proto, false)

-- 21: libbpf skips modifiers without a limit; it is sizes that it resolves through 32 steps only.

local function consts(b, id, n)
  for _ = 1, n do id = b:const(id) end
  return id
end
local function arrays(b, id, n)
  for _ = 1, n do id = b:array(id, 1) end
  return id
end
for _, n in ipairs { 31, 32, 33, 100 } do
  add(21, n .. " times const", function(c)
    local foo = one_member(c, c.l:int("int", 4), consts(c.t, c.t:int("int", 4), n))
    local bar = c.l:struct("bar", 12, { { "a", c.l:array(1, 3), 0 } })
    c.t:struct("bar", 16, { { "a", c.t:array(consts(c.t, 1, n), 3), 32 } })
    c:mov("byte_off", foo, "0:0", 4, 12)
    c:mov("byte_sz", foo, "0:0", 4, 4)
    c:mov("field_exists", foo, "0:0", 1, 1)
    c:mov("byte_off", bar, "0:0:1", 4, 8)
    c:mov("field_exists", bar, "0:0", 1, 1)
  end)
end
for _, row in ipairs { { 30, 12 }, { 31, err "unsized" } } do
  add(21, ("the size of an array of %d consts"):format(row[1]), function(c)
    local foo = c.l:struct("foo", 12, { { "a", c.l:array(c.l:int("int", 4), 3), 0 } })
    c.t:struct("foo", 12, { { "a", c.t:array(consts(c.t, c.t:int("int", 4), row[1]), 3), 0 } })
    c:mov("byte_sz", foo, "0:0", 12, row[2])
  end)
end
for _, row in ipairs { { 31, 4 }, { 32, err "unsized" } } do
  add(21, ("the size of %d nested arrays"):format(row[1]), function(c)
    local foo = c.l:struct("foo", 12, { { "a", arrays(c.l, c.l:int("int", 4), row[1]), 0 } })
    c.t:struct("foo", 12, { { "a", arrays(c.t, c.t:int("int", 4), row[1]), 0 } })
    c:mov("byte_sz", foo, "0:0", 4, row[2])
  end)
end
for _, row in ipairs { { 30, 4 }, { 31, err "unsized" } } do
  add(22, ("the size of a typedef of %d consts"):format(row[1]), function(c)
    local td = c.l:typedef("td", c.l:int("int", 4))
    c.t:typedef("td", consts(c.t, c.t:int("int", 4), row[1]))
    c:mov("type_exists", td, "0", 1, 1)
    c:mov("type_size", td, "0", 4, row[2])
  end)
end

add(20, "an incompatible member in an anonymous struct is the one that was found", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 8, { { "a", l.u32, 0 } })
  local inner = c.t:struct(nil, 16, { { "z", t.u32, 0 }, { "a", c.t:ptr(0), 64 } })
  c.t:struct("foo", 32, { { nil, inner, 0 }, { "a", t.u32, 192 } })
  c:mov("byte_off", foo, "0:0", 0, poison "incompatible")
end, { differs = "searches on, and adds the offset of the one to that of the other" })

return cases
