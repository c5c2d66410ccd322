--- Cases of rules 9 to 15: names, candidates, and access strings.

local case = require "spec.support.case"
local kit = require "spec.support.cases.kit"

local poison, err, zero = case.poison, case.error, case.zero
local ints = kit.ints
local cases = {}
local add = kit.adder(cases)

-- 9: flavors

local function flavor(name, target, found)
  add(9, ("%s %s %s"):format(name, found and "finds" or "does not find", target), function(c)
    local foo = c.l:struct(name, 4, { { "a", c.l:int("int", 4), 0 } })
    c.t:struct(target, 4, { { "a", c.t:int("int", 4), 0 } })
    c:mov("type_exists", foo, "0", 1, found and 1 or zero "no-type")
  end)
end
flavor("foo___x", "foo", true)
flavor("foo", "foo___x", true)
flavor("foo___x", "foo___y", true)
flavor("foo____c", "foo____c", true)
flavor("foo____c", "foo", false)
flavor("foo___", "foo", false)
flavor("foo___", "foo___", true)
flavor("___foo", "___foo", true)
flavor("foo___a___b", "foo", false)
flavor("foo___a___b", "foo___a", false)
flavor("foo___a___b", "foo___a___c", true)
flavor("foo__a", "foo", false)
flavor("f___g", "f", true)

add(9, "members are compared with their flavor", function(c)
  local int, there = c.l:int("int", 4), c.t:int("int", 4)
  local foo = c.l:struct("foo", 8, { { "a", int, 0 }, { "b___x", int, 32 } })
  c.t:struct("foo", 12, { { "a___x", there, 0 }, { "b", there, 32 }, { "b___x", there, 64 } })
  c:mov("field_exists", foo, "0:0", 1, zero "no-field")
  c:mov("byte_off", foo, "0:1", 4, 8)
end)

-- 10: candidates

add(10, "a candidate's kind is the root's", function(c)
  local int, there = c.l:int("int", 4), c.t:int("int", 4)
  local s = c.l:struct("s", 4, { { "a", int, 0 } })
  local u = c.l:union("u", 4, { { "a", int, 0 } })
  local fwd = c.l:fwd("f", "struct")
  local fwd_union = c.l:fwd("g", "union")
  local td = c.l:typedef("t", s)
  c.t:union("s", 4, { { "a", there, 0 } })
  c.t:typedef("u", c.t:union("v", 4, { { "a", there, 0 } }))
  c.t:struct("f", 4, { { "a", there, 0 } })
  c.t:fwd("g", "struct")
  c.t:struct("t", 4, { { "a", there, 0 } })
  c:mov("type_exists", s, "0", 1, zero "no-type")
  c:mov("type_exists", u, "0", 1, zero "no-type")
  c:mov("type_exists", fwd, "0", 1, zero "no-type")
  c:mov("type_exists", fwd_union, "0", 1, 1)
  c:mov("type_exists", td, "0", 1, zero "no-type")
  c:mov("byte_off", s, "0:0", 0, poison "no-type")
end)
for name, kind in pairs { type_exists = "0", byte_off = "0:0", field_exists = "0:0" } do
  add(10, "an anonymous root is an error: " .. name, function(c)
    local s = c.l:struct(nil, 4, { { "a", c.l:int("int", 4), 0 } })
    c.t:struct(nil, 4, { { "a", c.t:int("int", 4), 0 } })
    c:mov(name, s, kind, 0, err "anonymous")
  end)
end

-- 11: pruning

local function twins(c, l)
  local foo = c.l:struct("foo", 12, { { "same", l.u32, 0 }, { "one", l.u32, 32 }, { "moved", l.u32, 64 },
    { "none", l.u32, 96 } })
  local t = ints(c.t)
  c.t:struct("foo", 16, { { "same", t.u32, 0 }, { "moved", t.u32, 32 } })
  c.t:struct("foo", 16, { { "same", t.u32, 0 }, { "moved", t.u32, 64 }, { "one", t.u32, 96 } })
  return foo
end

add(11, "candidates that failed are not asked again", function(c)
  local foo = twins(c, ints(c.l))
  c:mov("byte_off", foo, "0:0", 0, 0)
  c:mov("byte_off", foo, "0:1", 4, 12)
  c:mov("byte_off", foo, "0:2", 8, 8)
end)
add(11, "so the order of relocations matters", function(c)
  local foo = twins(c, ints(c.l))
  c:mov("byte_off", foo, "0:0", 0, 0)
  c:mov("byte_off", foo, "0:2", 8, err "ambiguous")
end)
add(11, "a relocation that matched none prunes nothing", function(c)
  local foo = twins(c, ints(c.l))
  c:mov("field_exists", foo, "0:3", 1, zero "no-field")
  c:mov("byte_off", foo, "0:0", 0, 0)
  c:mov("byte_off", foo, "0:1", 4, 12)
end)
add(11, "the list is kept for a local type, not for its name", function(c)
  local l = ints(c.l)
  local foo = twins(c, l)
  local other = c.l:struct("foo___2", 8, { { "moved", l.u32, 32 } })
  c:mov("byte_off", foo, "0:1", 4, 12)
  c:mov("byte_off", foo, "0:2", 8, 8)
  c:mov("byte_off", other, "0:0", 4, err "ambiguous")
end)
add(11, "existence prunes too", function(c)
  local foo = twins(c, ints(c.l))
  c:mov("field_exists", foo, "0:1", 1, 1)
  c:mov("byte_off", foo, "0:2", 8, 8)
end)

-- 12: ambiguity

local function pair(local_make, first, second)
  return function(c)
    local l, t = ints(c.l), ints(c.t)
    local root = local_make(c.l, l)
    first(c.t, t)
    second(c.t, t)
    return root
  end
end
local function struct_at(name, member, at, size)
  return function(b, i) return b:struct(name, 32, { { "a", i[member], at, size } }) end
end

local function ambiguity(name, make, kind, access, old, expect)
  add(12, name, function(c) c:mov(kind, make(c), access, old, expect) end)
end
local apart = pair(struct_at("foo", "u32", 0), struct_at("foo", "u32", 32),
  struct_at("foo___2", "u32", 64))
local together = pair(struct_at("foo", "u32", 0), struct_at("foo", "u32", 32),
  struct_at("foo___2", "u32", 32))
local widths = pair(struct_at("foo", "u32", 0), struct_at("foo", "u32", 32),
  struct_at("foo", "u64", 32))
ambiguity("two offsets", apart, "byte_off", "0:0", 0, err "ambiguous")
ambiguity("existence at two offsets", apart, "field_exists", "0:0", 1, err "ambiguous")
ambiguity("size at two offsets", apart, "byte_sz", "0:0", 4, err "ambiguous")
ambiguity("one offset", together, "byte_off", "0:0", 0, 4)
ambiguity("existence at one offset", together, "field_exists", "0:0", 1, 1)
ambiguity("two sizes at one offset", widths, "byte_sz", "0:0", 4, err "ambiguous")
ambiguity("two sizes at one offset, asked for the offset", widths, "byte_off", "0:0", 0, 4)
ambiguity("two types", together, "target_type_id", "0", 1, err "ambiguous")
ambiguity("two types exist", together, "type_exists", "0", 1, 1)
ambiguity("two types of one size", together, "type_size", "0", 32, 32)
ambiguity("two types of two sizes", pair(struct_at("foo", "u32", 0), struct_at("foo", "u32", 0),
  function(b, i) return b:struct("foo", 4, { { "a", i.u32, 0 } }) end), "type_size", "0", 32,
  err "ambiguous")
local enum_pair = function(a, b)
  return pair(function(t) return t:enum("e", { { "A", 1 } }) end,
    function(t) return t:enum("e", { { "A", a } }) end,
    function(t) return t:enum64("e", { { "A", b } }) end)
end
ambiguity("two enumerators of one value", enum_pair(7, 7), "enumval_value", "0", 1, 7)
ambiguity("two enumerators of two values", enum_pair(7, 8), "enumval_value", "0", 1, err "ambiguous")
ambiguity("two enumerators exist", enum_pair(7, 8), "enumval_exists", "0", 1, 1)

-- 13: errors

add(13, "an error on one candidate ends the relocation, whatever the others say", function(c)
  local l, t = ints(c.l), ints(c.t)
  local foo = c.l:struct("foo", 8, { { "a", l.u64, 0 } })
  c.t:struct("foo", 24, { { "a", t.u64, 0 } })
  c.t:struct("foo", 24, { { "a", t.u64, 30, 40 } })
  c:mov("byte_off", foo, "0:0", 0, err "bitfield-too-wide")
end)

-- 14: access strings

local function text(access, expect, kind, old)
  return function(c)
    local l, t = ints(c.l), ints(c.t)
    local foo = c.l:struct("foo", 16, { { "z", l.u32, 0 }, { "a", c.l:array(l.u16, 4), 32 } })
    c.t:struct("foo", 16, { { "z", t.u32, 0 }, { "a", c.t:array(t.u16, 4), 64 } })
    c:mov(kind or "byte_off", foo, access, old or 0, expect)
  end
end
for _, access in ipairs { "", ":0", "0:", "0::1", "x", "0:1x", "0:x", "0:2", "0:1:4", "0:0:0", "0 1" } do
  add(14, ("%q is no access"):format(access), text(access, err "bad-access"))
end
for access, old in pairs { ["-1"] = 0x1ffffff0, ["-1:0"] = 0x1ffffff0, ["0:-1"] = 0 } do
  add(14, ("%q has a negative number"):format(access), text(access, err "bad-access", nil, old),
    { differs = "goes on with it, or crashes" })
end
add(14, "\"0:1:-1\" has a negative number", text("0:1:-1", err "bad-access"))
for _, access in ipairs { "1", "0:0", "00", "" } do
  add(14, ("a type has the access \"0\", not %q"):format(access),
    text(access, err "bad-access", "type_exists"))
end
local function spelling(name, access, expect, more)
  add(14, name, function(c)
    local foo = c.l:struct("foo", 12, { { "z", c.l:int("u32", 4), 0 }, { "y", 1, 0 }, { "x", 1, 0 } })
    c.t:struct("foo", 12, { { "z", c.t:int("u32", 4), 0 }, { "y", 1, 0 }, { "x", 1, 32 } })
    c:mov("byte_off", foo, access, 0, expect)
  end, more)
end
spelling("a number may have leading zeros", "0:02", 4)
spelling("a sign is refused", "0:+2", err "bad-access", { differs = "takes it" })
spelling("a space is refused", "0: 2", err "bad-access", { differs = "takes it" })
add(14, "an enumerator has one number", function(c)
  local e = c.l:enum("e", { { "A", 0 } })
  c.t:enum("e", { { "A", 0 } })
  c:mov("enumval_value", e, "0:0", 0, err "bad-access")
end)
add(14, "an enumerator's number is below their count", function(c)
  local e = c.l:enum("e", { { "A", 0 } })
  c.t:enum("e", { { "A", 0 }, { "B", 0 } })
  c:mov("enumval_value", e, "1", 0, err "bad-access")
end)

--- A struct in a struct in a struct ..., n of them, around an int of 4 bytes at 4.
local function nested(b, n, name, member)
  local id = b:int("int", 4)
  for i = 1, n do
    id = b:struct(i == n and name or nil, 4 + 4 * i, { { member, id, 32 } })
  end
  return id
end

add(14, "64 numbers are read", function(c)
  local foo = nested(c.l, 63, "foo", "a")
  nested(c.t, 63, "foo", "a")
  c:mov("byte_off", foo, ("0:"):rep(63) .. "0", 63 * 4, 63 * 4)
end)
add(14, "65 numbers are too many", function(c)
  local foo = nested(c.l, 64, "foo", "a")
  nested(c.t, 64, "foo", "a")
  c:mov("byte_off", foo, ("0:"):rep(64) .. "0", 64 * 4, err "too-deep")
end)

--- struct foo { struct { struct { ... int a; } } } n anonymous ones deep.
local function anonymous(b, n)
  local id = b:struct(nil, 4, { { "a", b:int("int", 4), 0 } })
  for _ = 2, n do id = b:struct(nil, 4, { { nil, id, 0 } }) end
  return b:struct("foo", 4, { { nil, id, 0 } })
end
add(14, "62 nested anonymous members of the target are searched", function(c)
  local foo = c.l:struct("foo", 4, { { "a", c.l:int("int", 4), 0 } })
  anonymous(c.t, 62)
  c:mov("field_exists", foo, "0:0", 1, 1)
end)
add(14, "63 nested anonymous members of the target are too many", function(c)
  local foo = c.l:struct("foo", 4, { { "a", c.l:int("int", 4), 0 } })
  anonymous(c.t, 63)
  c:mov("field_exists", foo, "0:0", 1, err "too-deep")
end)

-- 15: flexible arrays

local function flexible(make_local, make_target, access, old, expect, kind)
  return function(c)
    local l, t = ints(c.l), ints(c.t)
    local foo = make_local(c.l, l)
    make_target(c.t, t)
    c:mov(kind or "byte_off", foo, access, old, expect)
  end
end
local function tail(n)
  return function(b, i)
    return b:struct("foo", 8, { { "n", i.u64, 0 }, { "a", b:array(i.u32, n), 64 } })
  end
end
local function middle(n)
  return function(b, i)
    return b:struct("foo", 16, { { "a", b:array(i.u32, n), 0 }, { "n", i.u64, 64 } })
  end
end
add(15, "an element beyond a flexible array in the target", flexible(tail(4), tail(0), "0:1:3", 20, 20))
add(15, "an element beyond a flexible array in both", flexible(tail(0), tail(0), "0:1:9", 44, 44))
add(15, "an element beyond a flexible array here, an array there",
  flexible(tail(0), tail(4), "0:1:9", 44, poison "no-element"))
add(15, "an element within", flexible(tail(0), tail(10), "0:1:9", 44, 44))
add(15, "a zero-sized array that is not last has no elements there",
  flexible(middle(2), middle(0), "0:0:1", 1, zero "no-element", "field_exists"))
add(15, "a zero-sized array that is not last is an error here",
  flexible(middle(0), middle(2), "0:0:1", 4, err "bad-access"))
add(15, "a flexible array has no size", flexible(tail(0), tail(0), "0:1", 0, 0, "byte_sz"))
add(15, "a flexible array has a size there", flexible(tail(0), tail(3), "0:1", 0, 12, "byte_sz"))
add(15, "the last member of a union is flexible", flexible(
  function(b, i) return b:union("foo", 8, { { "n", i.u64, 0 }, { "a", b:array(i.u32, 0), 0 } }) end,
  function(b, i) return b:union("foo", 8, { { "n", i.u64, 0 }, { "a", b:array(i.u32, 0), 0 } }) end,
  "0:1:1", 4, 4))
add(15, "another member of a union is not", flexible(
  function(b, i) return b:union("foo", 8, { { "n", i.u64, 0 }, { "a", b:array(i.u32, 2), 0 } }) end,
  function(b, i) return b:union("foo", 8, { { "a", b:array(i.u32, 0), 0 }, { "n", i.u64, 0 } }) end,
  "0:1:1", 4, poison "no-element"))
add(15, "last in its own anonymous struct is enough", flexible(tail(4),
  function(b, i)
    local inner = b:struct(nil, 0, { { "a", b:array(i.u32, 0), 0 } })
    return b:struct("foo", 16, { { nil, inner, 64 }, { "n", i.u64, 64 } })
  end, "0:1:3", 20, 20))
add(15, "a zero-sized inner dimension has no elements", flexible(
  function(b, i)
    return b:struct("foo", 8, { { "n", i.u64, 0 }, { "a", b:array(b:array(i.u32, 2), 2), 64 } })
  end,
  function(b, i)
    return b:struct("foo", 8, { { "n", i.u64, 0 }, { "a", b:array(b:array(i.u32, 0), 2), 64 } })
  end, "0:1:0:1", 12, poison "no-element"))
add(15, "a flexible outer dimension has", flexible(
  function(b, i)
    return b:struct("foo", 8, { { "n", i.u64, 0 }, { "a", b:array(b:array(i.u32, 2), 2), 64 } })
  end,
  function(b, i)
    return b:struct("foo", 8, { { "n", i.u64, 0 }, { "a", b:array(b:array(i.u32, 3), 0), 64 } })
  end, "0:1:1:1", 20, 24))

return cases
