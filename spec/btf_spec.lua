--- Reading BTF: every kind and its fields, both byte orders, split and distilled, and the files that
--- it comes in.

local btfl = require "btfl"
local btf = require "spec.support.btf"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local opened = {}
local number = 0

--- Opens bytes as a BTF; it is closed with the spec.
local function open(bytes, base)
  number = number + 1
  local b = btfl.btf(tmp.write(("b%d.btf"):format(number), bytes), base)
  opened[#opened + 1] = b
  return b
end

local function names(iterator)
  local list = {}
  for item in iterator do list[#list + 1] = item.name or false end
  return list
end

teardown(function()
  for i = #opened, 1, -1 do opened[i]:close() end
  tmp.clean()
end)

for _, endian in ipairs { "little", "big" } do
  for _, layout in ipairs { false, true } do
    describe(("BTF, %s-endian%s:"):format(endian, layout and " with a layout section" or ""), function()
      local function new()
        return btf.new { endian = endian, layout = layout or nil }
      end

      it("byte order, size and path", function()
        local b = new()
        b:int("int", 4)
        b:ptr(1)
        local o = open(b:bytes())
        assert.are.equal(endian, o.endian)
        assert.are.equal(8, o.ptr_size)
        assert.are.equal(2, #o)
        assert.is_nil(o.base)
        assert.matches("b%d+%.btf$", o.path)
        assert.is_nil(o:type(3))
        assert.are.equal("void", o:type(0).kind)
      end)

      it("int", function()
        local b = new()
        b:int("int", 4, "signed")
        b:int("char", 1, "char")
        b:int("_Bool", 1, "bool")
        b:int("u128", 16)
        b:int("bits", 4, nil, 5, 3)
        local o = open(b:bytes())
        local list = {}
        for t in o:types("int") do
          list[#list + 1] = ("%d %s %d %d %s %s"):format(t.id, t.name, t.size, t.bits, t.encoding, t.signed)
        end
        assert.are.same({ "1 int 4 32 signed true", "2 char 1 8 char false", "3 _Bool 1 8 bool false",
          "4 u128 16 128  false", "5 bits 4 5  false" }, list)
      end)

      it("ptr, typedef, modifiers and type_tag", function()
        local b = new()
        b:int("int", 4)
        b:const(1)
        b:volatile(2)
        b:restrict(3)
        b:typedef("t", 4)
        b:type_tag("user", 5)
        b:type_tag("attr", 6, true)
        b:ptr(7)
        local o = open(b:bytes())
        local kinds = { "int", "const", "volatile", "restrict", "typedef", "type_tag", "type_tag", "ptr" }
        for id = 1, 8 do
          local t = o:type(id)
          assert.are.equal(kinds[id], t.kind)
          assert.are.equal(id, t.id)
          if id > 1 then assert.are.equal(o:type(id - 1), t.type) end
        end
        assert.are.equal("t", o:type(5).name)
        assert.is_false(o:type(6).kind_flag)
        assert.is_true(o:type(7).kind_flag)
        assert.are.equal(o:type(1), o:type(7):resolve())
        assert.are.equal(4, o:type(7).size)
        assert.are.equal(8, o:type(8).size)
      end)

      it("array", function()
        local b = new()
        b:int("int", 4)
        b:int("index", 8)
        b:array(1, 3, 2)
        b:array(3, 5, 2)
        local o = open(b:bytes())
        local a = o:type(4)
        assert.are.equal("array", a.kind)
        assert.are.equal(5, a.nelems)
        assert.are.equal(o:type(3), a.type)
        assert.are.equal(o:type(2), a.index_type)
        assert.are.equal(60, a.size)
      end)

      it("struct and union, with bitfields and anonymous members", function()
        local b = new()
        local int = b:int("int", 4, "signed")
        local inner = b:union(nil, 4, { { "x", int, 0 }, { "y", int, 0 } })
        b:struct("foo___x", 16, { { "a", int, 0 }, { "bits", int, 37, 3 }, { nil, inner, 64 },
          { "arr", b:array(int, 1), 96 } }, true)
        local o = open(b:bytes())
        local foo = o:get("foo___x")
        assert.are.equal("struct", foo.kind)
        assert.are.equal("foo", foo.essential)
        assert.are.equal("x", foo.flavor)
        assert.are.equal(16, foo.size)
        assert.is_true(foo.kind_flag)
        local list = {}
        for m in foo:members() do
          list[#list + 1] = ("%d %s %d %d %s %s"):format(m.index, m.name, m.offset, m.bit_offset,
            m.bitfield, m.bit_size)
          assert.are.equal(foo, m.parent)
        end
        assert.are.same({ "0 a 0 0 false 32", "1 bits 4 37 true 3", "2 nil 8 64 false 32",
          "3 arr 12 96 false 32" }, list)
        assert.are.same({ "x", "y" }, names(o:type(inner):members()))
        local y, at = foo:member("y")
        assert.are.equal("y", y.name)
        assert.are.equal(64, at)
        assert.is_nil(foo:member("z"))
      end)

      it("enum and enum64", function()
        local b = new()
        b:enum("e", { { "A", 0 }, { "B", 0x80000000 } })
        b:enum("s", { { "C", -1 } }, 4, true)
        b:enum64("big", { { "D", 1 << 40 }, { "E", -1 } })
        b:enum64("sbig", { { "F", -1 << 40 } }, 8, true)
        local o = open(b:bytes())
        local list = {}
        for id = 1, 4 do
          local t = o:type(id)
          for v in t:values() do
            list[#list + 1] = ("%s %s %s %d %s"):format(t.kind, t.signed, v.name, v.index, v.value)
          end
        end
        assert.are.same({ "enum false A 0 0", "enum false B 1 2147483648", "enum true C 0 -1",
          "enum64 false D 0 1099511627776", "enum64 false E 1 -1", "enum64 true F 0 -1099511627776" }, list)
        assert.are.equal("18446744073709551615", btfl.u64(o:type(3):value("E").value))
        assert.is_nil(o:type(3):value("A"))
      end)

      it("enum that was only declared", function()
        local b = new()
        b:enum("e", {}, 0)
        local o = open(b:bytes())
        assert.same({ "enum", 0, 0 }, { o:type(1).kind, o:type(1).size, #o:type(1) })
        local bad = new()
        bad:enum("e", { { "A", 0 } }, 0)
        local ok, why = pcall(open, bad:bytes())
        assert.is_false(ok)
        assert.matches("type %[1%] enum: size 0 is not 1, 2, 4 or 8 bytes", tostring(why))
      end)

      it("fwd", function()
        local b = new()
        b:fwd("s", "struct")
        b:fwd("u", "union")
        local o = open(b:bytes())
        assert.are.equal("struct", o:type(1).fwd_kind)
        assert.are.equal("union", o:type(2).fwd_kind)
        assert.is_nil(o:type(1).size)
      end)

      it("func and func_proto", function()
        local b = new()
        local int = b:int("int", 4)
        local proto = b:func_proto(int, { { "a", int }, { nil, b:next_id() - 1 }, { nil, 0 } })
        b:func("f", proto, "static")
        b:func("g", proto, "global")
        b:func("h", proto, "extern")
        b:func_proto(0)
        local o = open(b:bytes())
        local list = {}
        for p in o:type(2):params() do
          list[#list + 1] = ("%d %s %s"):format(p.index, p.name, p.type and p.type.name)
        end
        assert.are.same({ "0 a int", "1 nil int", "2 nil nil" }, list)
        assert.are.equal(o:type(1), o:type(2).type)
        assert.are.same({ "static", "global", "extern" },
          { o:type(3).linkage, o:type(4).linkage, o:type(5).linkage })
        assert.are.equal(o:type(2), o:type(3).type)
        assert.are.same({ "a", false, false }, names(o:type(3):params()))
        assert.are.same({}, names(o:type(6):params()))
      end)

      it("var and datasec", function()
        local b = new()
        local int = b:int("int", 4)
        local one, two = b:var("one", int, "static"), b:var("two", int)
        b:datasec(".data", 12, { { one, 0, 4 }, { two, 8, 4 } })
        local o = open(b:bytes())
        assert.are.equal("static", o:type(one).linkage)
        assert.are.equal(o:type(1), o:type(one).type)
        local list = {}
        for v in o:get(".data", "datasec"):vars() do
          list[#list + 1] = ("%d %s %d %d"):format(v.index, v.type.name, v.offset, v.size)
        end
        assert.are.same({ "0 one 0 4", "1 two 8 4" }, list)
      end)

      it("float and decl_tag", function()
        local b = new()
        b:float("double", 8)
        local foo = b:struct("foo", 8, { { "d", 1, 0 } })
        b:decl_tag("whole", foo)
        b:decl_tag("part", foo, 0)
        b:decl_tag("attribute", foo, nil, true)
        local o = open(b:bytes())
        assert.are.equal(8, o:type(1).size)
        assert.are.same({ -1, 0, -1 }, { o:type(3).component, o:type(4).component, o:type(5).component })
        assert.are.equal(o:type(2), o:type(4).type)
        assert.is_true(o:type(5).kind_flag)
      end)

      it("names are found by kind, and types before functions, variables and sections", function()
        local b = new()
        local int = b:int("int", 4)
        local func = b:func("name", b:func_proto(0))
        b:var("name", int)
        local s = b:struct("name", 4, { { "a", int, 0 } })
        local t = b:typedef("name", s)
        b:func("only", 2)
        local o = open(b:bytes())
        assert.are.equal(s, o:find("name").id)
        assert.are.equal(t, o:find("name", "typedef").id)
        assert.are.equal(func, o:find("name", "func").id)
        assert.are.equal("func", o:find("only").kind)
        assert.is_nil(o:find("name", "union"))
        assert.is_nil(o:find("nam"))
        assert.has_error(function() o:get("nome") end)
      end)

      it("candidates by essential name, in order", function()
        local b = new()
        b:int("foo", 4)
        b:struct("foo___a", 0, {})
        b:struct("bar", 0, {})
        b:union("foo", 0, {})
        b:struct("foo____b", 0, {})
        local o = open(b:bytes())
        local ids = {}
        for t in o:candidates("foo___other") do ids[#ids + 1] = t.id end
        assert.are.same({ 1, 2, 4 }, ids)
      end)
    end)
  end
end

describe("BTF with a layout section:", function()
  it("an unknown kind is skipped by what the section says of it", function()
    local layout = btf.known_layout()
    layout[20], layout[21] = { 0, 0 }, { 4, 12 }
    local b = btf.new { layout = layout }
    b:type(21, "strange", 2, false, 7, ("\xff"):rep(4 + 2 * 12))
    b:type(20, "stranger", 9, true, 0xffffffff)
    local int = b:int("int", 4)
    local o = open(b:bytes())
    assert.are.equal("int", o:type(int).name)
    assert.are.equal(3, #o)
    assert.are.equal(int, o:find("int").id)
    assert.is_true(#tostring(o:type(1).kind) > 0)
    assert.error_matches(function() btfl.builder():copy(o:type(1)) end,
      "type %[1%] is of the unknown kind 21: it cannot be copied")
  end)

  it("more header than is known is skipped", function()
    local b = btf.new()
    b:int("int", 4)
    local bytes = b:bytes { hdr_len = 40 }
    local o = open(bytes:sub(1, 24) .. ("\0"):rep(16) .. bytes:sub(25))
    assert.are.equal("int", o:type(1).name)
  end)
end)

describe("split BTF:", function()
  local base, split

  setup(function()
    local b = btf.new { endian = "big" }
    local int = b:int("int", 4)
    b:struct("shared", 4, { { "a", int, 0 } })
    base = open(b:bytes())
    local s = btf.new { base = b }
    s:struct("own", 8, { { "a", int, 0 }, { "later", 2, 32 } })
    s:typedef("shared", 3)
    split = open(s:bytes(), base)
  end)

  it("is refused over a base of the other byte order", function()
    local b = btf.new { base = btf.new() }
    b:typedef("x", 0)
    assert.error_matches(function() return open(b:bytes(), base) end,
      "its byte order is not that of its base " .. base.path:gsub("%p", "%%%0"))
  end)

  it("its ids and strings go on from the base's", function()
    assert.are.equal(base, split.base)
    assert.are.equal(4, #split)
    assert.are.equal("big", split.endian)
    local own = split:find("own")
    assert.are.equal(3, own.id)
    assert.are.equal(split, own.btf)
    assert.are.same({ "a", "later" }, names(own:members()))
    assert.are.equal(base:type(2), own:member("later").type)
  end)

  it("an id of the base gives the base's handle", function()
    assert.are.equal(base:type(1), split:type(1))
    assert.are.equal(base, split:type(1).btf)
  end)

  it("a name is looked for in the base first", function()
    assert.are.equal(2, split:find("shared").id)
    assert.are.equal(4, split:find("shared", "typedef").id)
  end)

  it("only its own types are iterated over", function()
    assert.are.same({ "own", "shared" }, names(split:types()))
    assert.are.same({ "shared" }, names(split:candidates("shared")))
  end)

  it("a header alone is a BTF without types of its own", function()
    local b = btf.new()
    b:int("int", 4)
    local o = open(btf.new { base = b }:bytes(), open(b:bytes()))
    assert.are.equal(1, #o)
    assert.are.same({}, names(o:types()))
    assert.are.equal("int", o:type(1).name)
  end)
end)

describe("the pointers' size:", function()
  local function ptr_size(...)
    local b = btf.new()
    for _, int in ipairs { ... } do b:int(int[1], int[2]) end
    return open(b:bytes()).ptr_size
  end

  it("of an int named long", function()
    for _, name in ipairs { "long", "long int", "unsigned long", "long unsigned int" } do
      assert.are.equal(4, ptr_size({ "int", 4 }, { name, 4 }), name)
      assert.are.equal(8, ptr_size({ "int", 4 }, { name, 8 }), name)
    end
  end)

  it("of no int named otherwise", function()
    assert.are.equal(8, ptr_size({ "long long int", 4 }, { "longish", 4 }))
    assert.are.equal(8, ptr_size())
  end)
end)

describe("a BTF file:", function()
  local b, bytes

  setup(function()
    b = btf.new()
    b:int("long int", 8)
    b:struct("foo", 8, { { "a", 1, 0 } })
    bytes = b:bytes()
  end)

  local function holds_foo(o, ptr_size)
    assert.are.equal("foo", o:type(2).name)
    assert.are.equal(ptr_size or 8, o.ptr_size)
  end

  it("gzip", function()
    local path = tmp.write("foo.btf", bytes)
    local _, err, status = tmp.run("gzip -n " .. run.quote(path))
    assert.are.same({ "", 0 }, { err, status })
    local o <close> = btfl.btf(path .. ".gz")
    holds_foo(o)
  end)

  it("gzip of several members", function()
    local first, second = tmp.write("1", bytes:sub(1, 50)), tmp.write("2", bytes:sub(51))
    local path = tmp.path("two.gz")
    tmp.run(("gzip -nc %s >%s; gzip -nc %s >>%s"):format(first, path, second, path))
    local o <close> = btfl.btf(path)
    holds_foo(o)
  end)

  for _, elf in ipairs { { 64, 62 }, { 32, 40 }, { 64, 183 } } do
    for _, endian in ipairs { "little", "big" } do
      it(("ELF of %d bits, %s-endian, machine %d"):format(elf[1], endian, elf[2]), function()
        local inner = btf.new { endian = endian }
        inner:int("long int", 8)
        inner:struct("foo", 8, { { "a", 1, 0 } })
        local o <close> = btfl.btf(tmp.write("vmlinux", object.new(inner,
          { class = elf[1], machine = elf[2], type = 2 }):bytes()))
        holds_foo(o, elf[1] // 8)
      end)
    end
  end

  it("ELF that is gzip", function()
    local path = tmp.write("zipped", object.new(b, { machine = 62 }):bytes())
    tmp.run("gzip -n " .. run.quote(path))
    local o <close> = btfl.btf(path .. ".gz")
    holds_foo(o)
  end)

  it("ELF whose .BTF is compressed", function()
    local elf = object.new(b, { no_btf = true, machine = 62 })
    -- What zlib makes of it is the body of a gzip file, with another head and tail.
    local path = tmp.write("plain", bytes)
    local zipped = tmp.run("gzip -nc " .. run.quote(path))
    local a, c = 1, 0
    for i = 1, #bytes do
      a = (a + bytes:byte(i)) % 65521
      c = (c + a) % 65521
    end
    elf:section(".BTF", string.pack("<I4I4I8I8", 1, 0, #bytes, 1) .. "\x78\x9c"
      .. zipped:sub(11, -9) .. string.pack(">I4", c << 16 | a), { flags = 0x800 })
    local o <close> = btfl.btf(tmp.write("compressed", elf:bytes()))
    holds_foo(o)
  end)

  it("a distilled base stands in .BTF.base", function()
    local base = btf.new()
    base:int("long int", 8)
    local split = btf.new { base = base }
    split:struct("foo", 8, { { "a", 1, 0 } })
    local elf = object.new(split, { machine = 62 })
    elf:section(".BTF.base", base:bytes())
    local o <close> = btfl.btf(tmp.write("module.ko", elf:bytes()))
    holds_foo(o)
    assert.are.equal(1, o:type(1).id)
    assert.are.equal("long int", o:type(2):member("a").type.name)
  end)

  it("a .BTF.base goes before the base that is given, whose ids are others", function()
    local distilled = btf.new()
    distilled:int("long int", 8)
    local split = btf.new { base = distilled }
    split:struct("foo", 8, { { "a", 1, 0 } })
    local elf = object.new(split, { machine = 62 })
    elf:section(".BTF.base", distilled:bytes())
    local other = btf.new()
    local given <close> = btfl.btf(tmp.write("given.btf", other:bytes()))
    local o <close> = btfl.btf(tmp.write("module2.ko", elf:bytes()), given)
    assert.are_not.equal(given, o.base)
    assert.are.equal("long int", o:type(1).name)
    assert.are.equal(o:type(1), o:type(2):member("a").type)
  end)

  it("the committed small one", function()
    local o <close> = btfl.btf("spec/fixtures/small.btf")
    local task = o:get("task_struct", "struct")
    assert.are.equal(24, task:member("__state").offset)
    assert.are.equal(2976, task:member("comm").offset)
    assert.are.equal(128 + 96, select(2, task:member("se.sum_exec_runtime")) // 8)
  end)
end)
