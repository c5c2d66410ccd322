--- btfl.same(), btfl.changes() and btfl.diff(): what differs between two types, and between two kernels.
local btfl = require "btfl"
local builder = require "spec.support.btf"

local function open(make, options)
  local b = builder.new(options)
  make(b, b:int("int", 4, "signed"))
  return btfl.btf { bytes = b:bytes() }
end

local function text(value)
  if require "btfl.class"(value) == "btfl.type" then return (value:decl()) end
  return tostring(value)
end

-- "path kind: old -> new", with a ! where CO-RE is at its end.
local function said(old, new, options)
  local out = {}
  for path, kind, was, is, core in btfl.changes(old, new, options) do
    out[#out + 1] = ("%s %s: %s -> %s%s"):format(path, kind, text(was), text(is), core and "" or "!")
  end
  local same, path, kind = btfl.same(old, new, options)
  assert.equal(#out == 0, same)
  if not same then assert.equal(0, (out[1]:find(("%s %s: "):format(path, kind), 1, true) or 0) - 1) end
  return out
end

-- What differs between the type of that name in what two functions make.
local function between(name, make_old, make_new, options, endian, kind)
  local old, new = open(make_old, { endian = endian }), open(make_new, { endian = endian })
  return said(old:get(name, kind), new:get(name, kind), options)
end

for _, endian in ipairs { "little", "big" } do
  describe("changes of a struct, " .. endian .. "-endian", function()
    local function changes(old, new, options) return between("foo", old, new, options, endian) end

    it("are told of fields in order of their places, where unions begin anew", function()
      local function make(first)
        return function(b, int)
          local function pair(one, other) return b:struct(nil, 8, { { one, int, 0 }, { other, int, 32 } }) end
          local u = b:union(nil, 8, { { nil, pair("a", "b"), 0 }, { nil, pair("c", "d"), 0 } })
          b:struct("foo", 12, first and { { "e", int, 0 }, { nil, u, 32 } } or { { nil, u, 0 }, { "e", int, 64 } })
        end
      end
      assert.same({ "a moved: 0 -> 32", "b moved: 32 -> 64", "c moved: 0 -> 32", "d moved: 32 -> 64",
        "e reordered: 64 -> 0" }, changes(make(false), make(true)))
    end)

    it("are told of pointers to what has no name, by what that has", function()
      local function of(make)
        return function(b, int) b:struct("foo", 8, { { "p", b:ptr(make(b, int)), 0 } }) end
      end
      local function struct(b, int) return b:struct(nil, 8, { { "x", int, 0 } }) end
      local function enum(b) return b:enum(nil, { { "A", 1 } }) end
      for _, make in ipairs { struct, enum } do assert.same({}, changes(of(make), of(make))) end
      for _, other in ipairs {
        { struct, function(b, int) return b:struct(nil, 8, { { "x", int, 0 }, { "y", int, 32 } }) end },
        { struct, function(b, int) return b:struct(nil, 12, { { "x", int, 0 } }) end },
        { struct, function(b, int) return b:struct("named", 8, { { "x", int, 0 } }) end },
        { struct, function(b, int) return b:union(nil, 8, { { "x", int, 0 } }) end },
        { enum, function(b) return b:enum(nil, { { "A", 1 }, { "B", 2 } }) end },
        { enum, function(b) return b:enum(nil, { { "A", 2 } }) end },
        { enum, function(b) return b:enum(nil, { { "A", 1 } }, 8) end },
        { enum, function(b) return b:enum("named", { { "A", 1 } }) end },
        { function(b) return b:float("double", 8) end, function(b) return b:float("double", 4) end },
        { function(b, int) return b:func_proto(int, { { "a", int } }) end,
          function(b, int) return b:func_proto(int, { { "a", int }, { "b", int } }) end },
      } do
        assert.equal(1, #changes(of(other[1]), of(other[2])))
        assert.equal(1, #changes(of(other[2]), of(other[1])))
      end
    end)

    it("are told by field", function()
      assert.same({
        "a removed: int -> nil!",
        "b moved: 32 -> 0",
        "c retyped: int -> void *!", "c resized: 4 -> 8!",
        "d added: nil -> int",
        " resized: 16 -> 24",
      }, changes(function(b, int)
        b:struct("foo", 16, { { "a", int, 0 }, { "b", int, 32 }, { "c", int, 64 } })
      end, function(b, int)
        b:struct("foo", 24, { { "b", int, 0 }, { "c", b:ptr(0), 64 }, { "d", int, 128 } })
      end))
    end)

    it("are none between a type and itself, and a copy under other ids", function()
      local function make(b, int)
        local inner = b:struct(nil, 8, { { "x", int, 0 }, { "y", b:array(int, 1), 32 } })
        b:struct("foo", 24, { { "p", b:ptr(b:const(inner)), 0 }, { nil, b:union(nil, 8, { { "u", int, 0 },
          { "v", inner, 0 } }), 64 }, { "bits", int, 128, 3 } })
      end
      assert.same({}, changes(make, function(b, int)
        b:int("other", 2)
        make(b, int)
      end))
    end)

    it("look into what has no name, at any depth and in arrays", function()
      local function make(offset, count)
        return function(b, int)
          local inner = b:struct(nil, 12, { { "low", int, offset }, { "high", int, 64 } })
          b:struct("foo", 64, { { "rss", b:struct(nil, 48, { { "count", b:array(b:const(inner), count), 0 } }), 0 } })
        end
      end
      assert.same({ "rss.count[0].low moved: 0 -> 32" }, changes(make(0, 2), make(32, 2)))
      assert.same({ "rss.count retyped: const struct {...}[2] -> const struct {...}[3]",
        "rss.count resized: 24 -> 36" }, changes(make(0, 2), make(0, 3)))
    end)

    it("see fields of anonymous members as the struct's own", function()
      assert.same({}, changes(function(b, int)
        b:struct("foo", 8, { { "a", int, 0 }, { nil, b:struct(nil, 4, { { "b", int, 0 } }), 32 } })
      end, function(b, int)
        b:struct("foo", 8, { { nil, b:union(nil, 4, { { "a", int, 0 } }), 0 }, { "b", int, 32 } })
      end))
    end)

    it("tell as few fields that passed others as can be", function()
      local function make(...)
        local names = { ... }
        return function(b, int)
          local members = {}
          for i, name in ipairs(names) do members[i] = { name, int, (i - 1) * 32 } end
          b:struct("foo", 4 * #names, members)
        end
      end
      assert.same({ "a moved: 0 -> 32", "b moved: 32 -> 64", "c reordered: 64 -> 0" },
        changes(make("a", "b", "c", "d"), make("c", "a", "b", "d")))
      assert.same({}, changes(make("a", "b", "c", "d"), make("c", "a", "b", "d"), { layout = false }))
    end)

    it("tell bitfields by their width", function()
      assert.same({ "a bitfield: 3 -> 5", "b bitfield: 0 -> 1!", "c bitfield: 2 -> 0!", "c moved: 64 -> 96" },
        changes(function(b, int)
          b:struct("foo", 16, { { "a", int, 0, 3 }, { "b", int, 32 }, { "c", int, 64, 2 } }, true)
        end, function(b, int)
          b:struct("foo", 16, { { "a", int, 0, 5 }, { "b", int, 32, 1 }, { "c", int, 96 } }, true)
        end))
    end)

    it("take a type for what C calls it", function()
      local function make(name, of, tag)
        return function(b, int)
          local long = b:int(name, 8)
          b:struct("bar", of, { { "x", int, 0 } })
          b:struct("foo", 16, { { "a", long, 0 }, { "p", b:ptr(tag and b:type_tag("rcu", long) or long), 64 } })
        end
      end
      assert.same({}, changes(make("long unsigned int", 4), make("unsigned long", 8, true)))
      assert.same({ "a retyped: unsigned long -> unsigned long long",
        "p retyped: unsigned long * -> unsigned long long *" },
        changes(make("unsigned long", 4), make("unsigned long long", 4)))
      -- A declaration is of the struct that another file defines.
      assert.same({}, changes(function(b)
        b:struct("foo", 8, { { "p", b:ptr(b:fwd("bar", "struct")), 0 } })
      end, function(b, int)
        b:struct("foo", 8, { { "p", b:ptr(b:struct("bar", 4, { { "x", int, 0 } })), 0 } })
      end))
      assert.same({ "p retyped: struct bar * -> union bar *" }, changes(function(b)
        b:struct("foo", 8, { { "p", b:ptr(b:fwd("bar", "struct")), 0 } })
      end, function(b)
        b:struct("foo", 8, { { "p", b:ptr(b:fwd("bar", "union")), 0 } })
      end))
    end)

    it("go into types with names as deep as they are asked to, and through circles", function()
      local function make(size)
        return function(b, int)
          local foo = b:next_id()
          b:struct("foo", 16, { { "next", foo + 1, 0 }, { "in", foo + 2, 64 } })
          b:ptr(foo)
          b:struct("mid", 8, { { "deep", foo + 3, 0 } })
          b:ptr(foo + 4)
          b:struct("far", size, { { "back", foo + 1, 0 }, { "x", int, size * 8 - 32 } })
        end
      end
      assert.same({}, changes(make(16), make(32)))
      assert.same({}, changes(make(16), make(32), { depth = 1 }))
      local deep = { "in.deep->x moved: 96 -> 224", "in.deep resized: 16 -> 32" }
      for _, depth in ipairs { 2, 3, 100, math.huge } do
        assert.same(deep, changes(make(16), make(32), { depth = depth }))
      end
    end)

    it("may be asked for by place", function()
      local function make(prefix)
        return function(b, int)
          b:struct("foo", 8, { { prefix .. "a", int, 0 }, { prefix .. "b", b:ptr(b:struct(prefix, 0, {})), 64 } })
        end
      end
      assert.equal(4, #changes(make "x", make "y"))
      assert.same({}, changes(make "x", make "y", { names = false }))
    end)

    it("are those of what it was before it became a union", function()
      local old = open(function(b, int) b:struct("foo", 4, { { "a", int, 0 } }) end)
      local new = open(function(b, int) b:union("foo", 4, { { "a", int, 0 } }) end)
      assert.same({ " retyped: struct foo -> union foo" }, said(old:get "foo", new:get "foo"))
    end)
  end)
end

describe("changes of functions and enums", function()
  local function proto(...)
    local params = { ... }
    return function(b, int)
      local types = { i = int, p = b:ptr(int), v = 0 }
      local list = {}
      for k = 2, #params do list[k - 1] = { params[k]:sub(3), types[params[k]:sub(1, 1)] } end
      b:func("f", b:func_proto(types[params[1]], list))
    end
  end

  it("are told by parameter, with what a program notices", function()
    assert.same({ "return retyped: int -> void!", "b removed: int -> nil!" },
      between("f", proto("i", "i a", "i b"), proto("v", "i a"), nil, nil, "func"))
    assert.same({ "c added: nil -> int" }, between("f", proto("i", "i a"), proto("i", "i a", "i c"), nil, nil, "func"))
    assert.same({ "a reordered: 0 -> 1!" },
      between("f", proto("i", "i a", "p b", "i c"), proto("i", "p b", "i a", "i c"), nil, nil, "func"))
    assert.same({ "c added: nil -> int!" },
      between("f", proto("i", "i a"), proto("i", "i c", "i a"), nil, nil, "func"))
    assert.same({ "a renamed: nil -> z" }, between("f", proto("i", "i a"), proto("i", "i z"), nil, nil, "func"))
    assert.same({ "a retyped: int -> int *!" }, between("f", proto("i", "i a"), proto("i", "p a"), nil, nil, "func"))
    assert.same({ "#1 retyped: int -> int *!" }, between("f", proto("i", "i "), proto("i", "p "), nil, nil, "func"))
  end)

  it("are those of a tracepoint behind its typedef", function()
    local function make(...)
      local names = { ... }
      return function(b, int)
        local params = {}
        for i, name in ipairs(names) do params[i] = { name, int } end
        b:typedef("btf_trace_x", b:ptr(b:func_proto(0, params)))
      end
    end
    assert.same({ "b removed: int -> nil!" }, between("btf_trace_x", make("a", "b"), make "a"))
    assert.same({}, between("btf_trace_x", make("a", "b"), make("a", "b")))
  end)

  it("are told by enumerator, of 32 bits or of 64", function()
    assert.same({ "A removed: 0 -> nil!", "B value: -1 -> 4294967296", "C added: nil -> 7", " resized: 4 -> 8" },
      between("e", function(b) b:enum("e", { { "A", 0 }, { "B", -1 } }, 4, true) end,
        function(b) b:enum64("e", { { "B", 1 << 32 }, { "C", 7 } }, 8, true) end))
  end)

  it("are none where a value has only another size or sign, which old encoders do not tell", function()
    local function enum(make, value, signed)
      return function(b, int)
        local id = b[make](b, nil, { { "A", value } }, 4, signed)
        b:struct("foo", 4, { { "e", id, 0 } })
        b:typedef("e_t", b[make](b, "e", { { "A", value } }, 4, signed))
        b:typedef("i_t", int)
      end
    end
    for _, name in ipairs { "foo", "e" } do
      local prefix = name == "foo" and "e.A" or "A"
      assert.same({}, between(name, enum("enum64", 1 << 31), enum("enum", 1 << 31)))
      assert.same({}, between(name, enum("enum", 0xffffffff), enum("enum", -1, true)))
      assert.same({}, between(name, enum("enum64", -1, true), enum("enum", 0xffffffff)))
      assert.same({ prefix .. " value: 2147483648 -> 1" }, between(name, enum("enum", 1 << 31), enum("enum", 1)))
      assert.same({ prefix .. " value: 4294967295 -> -1" },
        between(name, enum("enum64", 0xffffffff), enum("enum", -1, true)))
    end
  end)
end)

describe("hostile types", function()
  it("are compared in bounded time, or told", function()
    local function nest(b, int)
      local t = b:struct(nil, 8, { { "x", int, 0 } })
      for _ = 1, 30 do t = b:union(nil, 8, { { nil, t, 0 }, { nil, t, 0 }, { nil, t, 0 } }) end
      b:struct("foo", 8, { { "u", t, 0 }, { nil, t, 0 } })
    end
    local old, new = open(nest), open(nest)
    assert.error_matches(function() btfl.same(old:get "foo", new:get "foo") end, "more than 262144 fields")
    local function pointers(b)
      local id = b:next_id()
      b:ptr(id)
      b:struct("foo", 8, { { "p", id, 0 } })
    end
    old, new = open(pointers), open(pointers)
    assert.error_matches(function() btfl.same(old:get "foo", new:get "foo") end, "takes more than 4000000 steps")
    assert.error_matches(function() btfl.same(old:type(2), new:type(2)) end, "takes more than 4000000 steps")
  end)

  it("may have many fields of one name", function()
    local function make(n)
      return function(b, int)
        local members = {}
        for i = 1, n do members[i] = { i % 2 == 0 and "same" or "other", int, (i - 1) * 32 } end
        b:struct("foo", n * 4, members)
      end
    end
    local old, new = open(make(60000)), open(make(59999))
    assert.equal(2, #said(old:get "foo", new:get "foo"))
  end)

  it("are refused with what is none", function()
    local b = open(function(x, int) x:struct("foo", 4, { { "a", int, 0 } }) end)
    local foo = b:get "foo"
    assert.error_matches(function() btfl.same(foo, "foo") end, "btfl.type expected")
    assert.error_matches(function() btfl.changes(foo, foo, { deep = 1 }) end, "no option `deep`")
    assert.error_matches(function() btfl.changes(foo, foo, { depth = -1 }) end, "must not be negative")
    assert.error_matches(function() btfl.changes(foo, foo, { depth = 0 / 0 }) end, "must not be negative")
    assert.error_matches(function() btfl.diff(b, foo) end, "btfl.btf expected")
    local other = open(function(x) x:struct("foo", 0, {}) end)
    local next_change, next_row = btfl.changes(foo, other:get "foo"), btfl.diff(b, b)
    b:close()
    assert.error_matches(next_change, "is closed")
    assert.error_matches(next_row, "is closed")
  end)
end)

describe("a diff", function()
  local function rows(old, new)
    local out = {}
    for kind, name, what, was, is in btfl.diff(old, new) do
      out[#out + 1] = ("%s %s %s %s %s"):format(kind, name, what, was and old:type(was).name, is and new:type(is).name)
    end
    return out
  end

  it("has every name of which there is something else", function()
    local old = open(function(b, int)
      b:struct("gone", 4, { { "a", int, 0 } })
      b:struct("stays", 4, { { "a", int, 0 } })
      b:struct("moves", 8, { { "a", int, 0 } })
      b:enum("e", { { "A", 0 } })
      b:func("f", b:func_proto(0, { { "x", int } }))
      b:typedef("t", int)
      b:var("v", int)
      b:struct(nil, 4, { { "a", int, 0 } })
    end)
    local new = open(function(b, int)
      b:typedef("t", b:ptr(int))
      b:enum64("e", { { "A", 0 } })
      b:func("f", b:func_proto(0, { { "x", int } }))
      b:struct("moves", 8, { { "a", int, 32 } })
      b:union("gone", 4, { { "a", int, 0 } })
      b:struct("stays", 4, { { "a", int, 0 } })
      b:func("t", b:func_proto(0, {}))
    end)
    assert.same({ "struct gone removed gone nil", "struct moves changed moves moves", "enum e changed e e",
      "typedef t changed t t", "var v removed v nil", "union gone added nil gone", "func t added nil t" },
      rows(old, new))
    assert.same({}, rows(old, old))
  end)

  it("takes several of a name for one another", function()
    local function make(...)
      local sizes = { ... }
      return function(b, int)
        for _, size in ipairs(sizes) do b:struct("foo", size, { { "a", int, size * 8 - 32 } }) end
      end
    end
    assert.same({}, rows(open(make(4, 8)), open(make(8, 4))))
    assert.same({}, rows(open(make(4, 8)), open(make(8))))
    assert.same({}, rows(open(make(8, 8)), open(make(8, 12))))
    local old, new = open(make(4, 8, 12)), open(make(8, 16, 4))
    for kind, name, what, was, is in btfl.diff(old, new) do
      assert.same({ "struct", "foo", "changed", 12, 16 }, { kind, name, what, old:type(was).size, new:type(is).size })
    end
    assert.equal(1, #rows(old, new))
  end)
end)

describe("two types of a member", function()
  local function int(name, size, encoding) return function(b) return b:int(name, size, encoding) end end
  local function proto(...)
    local params = { ... }
    return function(b, i)
      local list = {}
      for n, make in ipairs(params) do list[n] = { "p", make(b, i) } end
      return b:ptr(b:func_proto(i, list))
    end
  end
  local function one(_, i) return i end
  local function void(b) return b:ptr(0) end

  -- Compilers differ in the order of words, in `int`, and in whether they say `signed`.
  local SAME = {
    { int("short unsigned int", 2), int("unsigned short", 2) },
    { int("short int", 2, "signed"), int("short", 2, "signed") },
    { int("signed char", 1, "signed"), int("char signed", 1, "signed") }, { int("long int", 8), int("long", 8) },
    { int("long long unsigned int", 8), int("unsigned long long", 8) }, { proto(one, void), proto(one, void) },
  }
  local DIFFER = {
    { int("short unsigned int", 2), int("short", 2) }, { int("char", 1), int("unsigned char", 1) },
    { int("char", 1), int("signed char", 1) }, { int("long", 8), int("long long", 8) }, { int("x", 4), int("y", 4) },
    { proto(one, void), proto(one) }, { proto(one, void), proto(one, one) }, { proto(one), void },
  }

  local function said_of(pair, options)
    return between("foo", function(b, i) b:struct("foo", 8, { { "a", pair[1](b, i), 0 } }) end,
      function(b, i) b:struct("foo", 8, { { "a", pair[2](b, i), 0 } }) end, options)
  end

  it("are one where only their spelling differs", function()
    for i, pair in ipairs(SAME) do assert.same({ i }, { i, said_of(pair)[1] }) end
  end)

  it("are two where C has two, and where names do not count may be one", function()
    for i, pair in ipairs(DIFFER) do
      assert.matches("^" .. i .. " a retyped: ", i .. " " .. (said_of(pair)[1] or "nothing"))
    end
    assert.same({}, said_of({ int("x", 4), int("y", 4) }, { names = false }))
    assert.same({}, said_of({ int("long", 8), int("long long", 8) }, { names = false }))
  end)
end)
