--- Cases of rules 22 to 29: compatibility of types, type_matches, and what stands around.

local case = require "spec.support.case"
local kit = require "spec.support.cases.kit"

local err, zero, ok = case.error, case.zero, case.ok
local ints, one_member, make = kit.ints, kit.one_member, kit.make
local cases = {}
local add = kit.adder(cases)

-- 22: compatibility of types

--- Whether typedef td of the one is compatible with typedef td of the other.
local function compatible(name, from, to, result, more)
  add(22, name, function(c)
    local l, t = ints(c.l), ints(c.t)
    local td = c.l:typedef("td", from(c.l, l))
    c.t:typedef("td", to(c.t, t))
    if type(result) == "boolean" then result = result and ok(1) or zero "incompatible" end
    c:mov("type_exists", td, "0", 1, result)
  end, more)
end
for _, row in ipairs {
  { "struct", "other_struct", true }, { "struct", "union", false }, { "ptr", "void_ptr", false },
  { "int", "u64", true }, { "int", "bool", true }, { "int", "old_int", false },
  { "old_int", "int", false }, { "enum", "enum_other", true }, { "enum", "enum64_other", true },
  { "int", "enum", false }, { "fwd", "fwd_other", true }, { "fwd", "struct", false },
  { "float", "float", false }, { "float", "double", false }, { "array", "long_array", true },
  { "array", "array2", false }, { "array2", "array2", true }, { "array", "ptr_array", false },
  { "modified", "u64", true }, { "tagged", "int", true }, { "proto", "proto", true },
} do
  compatible(("%s and %s: %s"):format(row[1], row[2], row[3] and "yes" or "no"), make[row[1]],
    make[row[2]], row[3])
end
local function protos(name, from, to, result)
  compatible("functions: " .. name, from, to, result)
  compatible("pointers to functions: " .. name, function(b, i) return b:ptr(from(b, i)) end,
    function(b, i) return b:ptr(to(b, i)) end, result)
end
local function proto(ret, ...)
  local params = { ... }
  return function(b, i)
    local list = {}
    for k, p in ipairs(params) do list[k] = { "p" .. k, p(b, i) } end
    return b:func_proto(ret and ret(b, i) or 0, list)
  end
end
protos("another count", proto(make.int, make.int), proto(make.int, make.int, make.int), false)
protos("an int for an int", proto(make.int, make.int), proto(make.u64, make.u64), true)
protos("another parameter", proto(make.int, make.int), proto(make.int, make.ptr), false)
protos("another result", proto(make.int, make.int), proto(make.ptr, make.int), false)
protos("no result", proto(nil), proto(make.int), false)
protos("pointers to other structs",
  proto(make.int, function(b, i) return b:ptr(make.struct(b, i)) end),
  proto(make.int, function(b, i) return b:ptr(make.other_struct(b, i)) end), true)
compatible("void and void", function() return 0 end, function() return 0 end, true)

add(22, "the root's kinds are compared before typedefs are skipped", function(c)
  local l, t = ints(c.l), ints(c.t)
  local int = c.l:int("number", 4)
  c.t:typedef("number", t.u32)
  local _ = l
  c:mov("type_exists", int, "0", 1, zero "no-type")
end)
add(22, "the other type kinds need compatible types too", function(c)
  local l, t = ints(c.l), ints(c.t)
  local td = c.l:typedef("td", l.int)
  c.t:typedef("td", c.t:ptr(t.int))
  c:mov("type_size", td, "0", 4, zero "incompatible")
  c:mov("target_type_id", td, "0", td, zero "incompatible")
end)

local function pointers_to(b, i, n)
  local id = i.int
  for _ = 1, n do id = b:ptr(id) end
  return id
end
compatible("31 pointers deep", function(b, i) return pointers_to(b, i, 31) end,
  function(b, i) return pointers_to(b, i, 31) end, true)
compatible("32 pointers deep is too deep", function(b, i) return pointers_to(b, i, 32) end,
  function(b, i) return pointers_to(b, i, 32) end, err "too-deep")

-- 23: type_matches

local function matches(name, from, to, result)
  add(23, name, function(c)
    local l, t = ints(c.l), ints(c.t)
    local root = from(c.l, l)
    to(c.t, t)
    if type(result) == "boolean" then result = result and ok(1) or zero "incompatible" end
    c:mov("type_matches", root, "0", 1, result)
  end)
end
--- struct foo with one member m of that type.
local function holds(inner)
  return function(b, i) return b:struct("foo", 8, { { "m", inner(b, i), 0 } }) end
end
local function in_ptr(inner)
  return holds(function(b, i) return b:ptr(inner(b, i)) end)
end
local function struct_of(name, members)
  return function(b, i)
    local list = {}
    for k, m in ipairs(members) do
      list[k] = { m[1], type(m[2]) == "function" and m[2](b, i) or i[m[2]], (k - 1) * 32 }
    end
    return b:struct(name, 16, list)
  end
end
matches("fewer members, in another order", struct_of("foo", { { "b", "int" } }),
  struct_of("foo", { { "a", "int" }, { "b", "int" } }), true)
matches("a member that is missing", struct_of("foo", { { "b", "int" } }),
  struct_of("foo", { { "a", "int" } }), false)
matches("more members", struct_of("foo", { { "a", "int" }, { "b", "int" } }),
  struct_of("foo", { { "a", "int" } }), false)
matches("a member of a flavor", struct_of("foo", { { "a___x", "int" } }),
  struct_of("foo", { { "a", "int" } }), true)
matches("another sign", struct_of("foo", { { "a", "int" } }), struct_of("foo", { { "a", "u32" } }), false)
matches("another size", struct_of("foo", { { "a", "u32" } }), struct_of("foo", { { "a", "u64" } }), false)
matches("another name of an int", struct_of("foo", { { "a", "u32" } }),
  struct_of("foo", { { "a", function(b) return b:int("u32", 4) end } }), false)
matches("a typedef of the int", struct_of("foo", { { "a", "u32" } }),
  struct_of("foo", { { "a", function(b, i) return b:typedef("u32", b:const(i.u32)) end } }), true)
matches("the second member of the name matches", struct_of("foo", { { "a", "int" } }),
  struct_of("foo", { { "a", "u64" }, { "a", "int" } }), true)
matches("an anonymous member matches an anonymous one only",
  struct_of("foo", { { nil, struct_of(nil, { { "a", "int" } }) } }),
  struct_of("foo", { { nil, struct_of(nil, { { "b", "int" } }) },
    { nil, struct_of(nil, { { "a", "int" } }) } }), true)
matches("an anonymous member does not match a named one",
  struct_of("foo", { { nil, struct_of(nil, { { "a", "int" } }) } }),
  struct_of("foo", { { "m", struct_of(nil, { { "a", "int" } }) } }), false)
matches("a struct is no union", holds(make.struct), holds(function(b, i)
  return b:union("s", 4, { { "x", i.int, 0 } })
end), false)
matches("a struct's name is compared", holds(make.struct), holds(make.other_struct), false)
matches("members are compared at every level",
  holds(struct_of("in", { { "x", struct_of("deep", { { "y", "int" } }) } })),
  holds(struct_of("in", { { "x", struct_of("deep", { { "y", "u64" } }) } })), false)
matches("behind a pointer only name and kind count",
  in_ptr(struct_of("in", { { "y", "int" } })), in_ptr(struct_of("in", { { "z", "u64" } })), true)
matches("behind a pointer the name counts",
  in_ptr(struct_of("in", { { "y", "int" } })), in_ptr(struct_of("other", { { "y", "int" } })), false)
matches("behind a pointer a forward declaration will do",
  in_ptr(struct_of("in", { { "y", "int" } })), in_ptr(function(b) return b:fwd("in", "struct") end), true)
matches("behind a pointer a forward declaration of a union will not",
  in_ptr(struct_of("in", { { "y", "int" } })), in_ptr(function(b) return b:fwd("in", "union") end), false)
matches("behind a pointer a forward declaration here is enough",
  in_ptr(function(b) return b:fwd("in", "union") end),
  in_ptr(function(b, i) return b:union("in", 4, { { "y", i.int, 0 } }) end), true)
matches("behind a pointer a struct is no union",
  in_ptr(function(b, i) return b:struct("in", 4, { { "y", i.int, 0 } }) end),
  in_ptr(function(b, i) return b:union("in", 4, { { "y", i.int, 0 } }) end), false)
matches("behind a pointer ints are compared", in_ptr(make.int), in_ptr(make.u64), false)
matches("a root forward declaration matches one of its kind",
  function(b) return b:fwd("foo", "union") end, function(b) return b:fwd("foo", "union") end, true)
matches("a root forward declaration does not match the other kind",
  function(b) return b:fwd("foo", "union") end, function(b) return b:fwd("foo", "struct") end, false)
matches("an array of another length", holds(make.array), holds(function(b, i)
  return b:array(i.int, 5)
end), false)
matches("an array of its length", holds(make.array), holds(make.array), true)
local function enum_of(names, size)
  return function(b)
    local list = {}
    for k, n in ipairs(names) do list[k] = { n, k * 3 } end
    return (size == 8 and b.enum64 or b.enum)(b, "foo", list, size)
  end
end
matches("an enum's names are a subset", enum_of { "B" }, enum_of { "A", "B" }, true)
matches("an enum's name is missing", enum_of { "C" }, enum_of { "A", "B" }, false)
matches("an enum's name has a flavor", enum_of { "B___x" }, enum_of { "A", "B" }, true)
matches("an enum of another size", enum_of { "B" }, enum_of({ "A", "B" }, 8), false)
matches("an enum64 of the size of an enum", enum_of { "B" }, function(b)
  return b:enum64("foo", { { "B", 7 } }, 4)
end, true)
matches("a float never does", holds(make.float), holds(make.float), false)
matches("a function with names of its own", function(b, i)
  return b:typedef("foo", b:func_proto(i.int, { { "x", i.int } }))
end, function(b, i)
  return b:typedef("foo", b:func_proto(i.int, { { "y", i.int } }))
end, true)
matches("a function with other ints", function(b, i)
  return b:typedef("foo", b:func_proto(i.int, { { "x", i.int } }))
end, function(b, i)
  return b:typedef("foo", b:func_proto(i.int, { { "x", i.u32 } }))
end, false)
matches("a typedef root by what it stands for", function(b, i)
  return b:typedef("foo", struct_of("a", { { "x", "int" } })(b, i))
end, function(b, i)
  return b:typedef("foo", struct_of("b", { { "x", "int" } })(b, i))
end, false)
matches("31 pointers deep", holds(function(b, i) return pointers_to(b, i, 31) end),
  holds(function(b, i) return pointers_to(b, i, 31) end), true)
matches("32 pointers deep is too deep", holds(function(b, i) return pointers_to(b, i, 32) end),
  holds(function(b, i) return pointers_to(b, i, 32) end), err "too-deep")
local function chain(n)
  return function(b, i)
    local inner = i.int
    for k = n, 1, -1 do
      inner = b:struct(k == 1 and "foo" or "s" .. k, 4, { { "m", inner, 0 } })
    end
    return inner
  end
end
matches("31 structs deep", chain(31), chain(31), true)
matches("32 structs deep is too deep", chain(32), chain(32), err "too-deep")

-- 26 to 29: what containers do to relocations

add(26, "ids and strings of the target's own go on from its base's", function(c)
  local foo = c.l:struct("foo", 8, { { "a", c.l:int("int", 4), 0 } })
  local int = c.t:int("int", 4)
  for i = 1, 5 do c.t:struct("filler" .. i, 4, { { "x", int, 0 } }) end
  local there = c.t:struct("foo", 8, { { "a", int, 32 } })
  c:mov("target_type_id", foo, "0", foo, there)
  c:mov("byte_off", foo, "0:0", 0, 4)
end)
add(29, "a variable, function and section of the type's name are no candidates", function(c)
  local foo = c.l:struct("foo", 8, { { "a", c.l:int("int", 4), 0 } })
  local int = c.t:int("int", 4)
  c.t:func("foo", c.t:func_proto(int))
  c.t:datasec(".foo", 4, { { c.t:var("foo", int), 0, 4 } })
  c.t:struct("foo", 8, { { "a", int, 32 } })
  c.t:decl_tag("foo", int)
  c.t:type_tag("foo", int, true)
  c:mov("byte_off", foo, "0:0", 0, 4)
  c:mov("target_type_id", foo, "0", 1, 6)
end)
add(29, "attributes are skipped like any tag", function(c)
  local foo = one_member(c, c.l:int("int", 4),
    c.t:const(c.t:type_tag("address_space(1)", c.t:int("int", 4), true)))
  c.t:decl_tag("noinline", 1, nil, true)
  c:mov("byte_off", foo, "0:0", 4, 12)
end)

return cases
