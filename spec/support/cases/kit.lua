--- What the hand-made cases share. A case is a table:
---   rule    its number
---   name    what it shows
---   make    fills a case (spec/support/case.lua): c.l is the local BTF, c.t the target's
---   endian  "big": libbpf relocates only the host's order, so only btfl is asked
---   differs why libbpf 1.1 gives something else; then btfl alone is held against the rule

local kit = {}

--- A function that appends cases to a list: add(rule, name, make, more).
function kit.adder(cases)
  return function(rule, name, make, more)
    local c = more or {}
    c.rule, c.name, c.make = rule, name, make
    cases[#cases + 1] = c
  end
end

--- Makes the usual ints; by name.
function kit.ints(b)
  return {
    int = b:int("int", 4, "signed"), u8 = b:int("unsigned char", 1), u16 = b:int("short", 2),
    u32 = b:int("unsigned int", 4), u64 = b:int("long long unsigned int", 8),
    s64 = b:int("long long int", 8, "signed"), bool = b:int("_Bool", 1, "bool"),
    char = b:int("char", 1, "char"), schar = b:int("schar", 1, 3), u128 = b:int("__int128", 16),
  }
end

--- A struct foo of one member `a` at 4 bytes in l, at 12 in t, of those types.
function kit.one_member(c, local_type, target_type, local_size, target_size)
  local foo = c.l:struct("foo", 4 + (local_size or 8), { { "a", local_type, 32 } })
  c.t:struct("foo", 12 + (target_size or 8), { { "a", target_type, 96 } })
  return foo
end

--- A struct foo of one signed int, at 4 bytes in l and at 12 in t.
function kit.plain(c)
  local foo = kit.one_member(c, c.l:int("int", 4, "signed"), c.t:int("int", 4, "signed"))
  return foo
end

--- Functions of (b, ints) that each make a type and return its id.
kit.make = {
  struct = function(b, i) return b:struct("s", 4, { { "x", i.int, 0 } }) end,
  other_struct = function(b, i) return b:struct("q", 4, { { "x", i.int, 0 } }) end,
  union = function(b, i) return b:union("u", 4, { { "x", i.int, 0 } }) end,
  ptr = function(b, i) return b:ptr(i.int) end,
  void_ptr = function(b) return b:ptr(0) end,
  int = function(_, i) return i.int end,
  u64 = function(_, i) return i.u64 end,
  bool = function(_, i) return i.bool end,
  old_int = function(b) return b:int("old", 4, nil, 5, 3) end,
  narrow_int = function(b) return b:int("narrow", 4, nil, 5) end,
  enum = function(b) return b:enum("e", { { "A", 0 } }) end,
  enum_flavor = function(b) return b:enum("e___x", { { "B", 0 } }) end,
  enum_other = function(b) return b:enum("f", { { "A", 0 } }) end,
  enum_anon = function(b) return b:enum(nil, { { "A", 0 } }) end,
  enum64 = function(b) return b:enum64("e", { { "A", 0 } }) end,
  enum64_other = function(b) return b:enum64("g", { { "A", 0 } }) end,
  fwd = function(b) return b:fwd("w", "struct") end,
  fwd_union = function(b) return b:fwd("w___x", "union") end,
  fwd_other = function(b) return b:fwd("v", "struct") end,
  float = function(b) return b:float("float", 4) end,
  double = function(b) return b:float("double", 8) end,
  array = function(b, i) return b:array(i.int, 4) end,
  long_array = function(b, i) return b:array(i.u64, 9) end,
  array2 = function(b, i) return b:array(b:array(i.int, 4), 2) end,
  ptr_array = function(b, i) return b:array(b:ptr(i.int), 4) end,
  proto = function(b, i) return b:func_proto(i.int, { { "x", i.int } }) end,
  modified = function(b, i)
    return b:const(b:volatile(b:typedef("t", b:typedef("u", b:restrict(i.int)))))
  end,
  tagged = function(b, i) return b:type_tag("user", b:type_tag("rcu", i.int, true)) end,
}

return kit
