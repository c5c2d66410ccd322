--- btf:scan() and btf:scan_members(): everything in a BTF as plain values, the same as its handles say.

local btfl = require "btfl"
local btf = require "spec.support.btf"
local tmp = require "spec.support.tmp"

local function sample(options)
  local b = btf.new(options)
  local int = b:int("int", 4, "signed")
  local inner = b:union(nil, 4, { { "x", int, 0 }, { "y", int, 0 } })
  b:struct("foo", 16, { { "a", int, 0 }, { "bits", int, 37, 3 }, { nil, inner, 64 }, { "x", int, 96 } }, true)
  b:struct("empty", 0, {})
  b:enum("e", { { "A", 0 }, { "B", 1 } })
  b:func("fn", b:func_proto(int, { { "x", int } }))
  b:ptr(int)
  return b
end

local function rows(...)
  local list = {}
  for a, b, c, d, e, f in ... do list[#list + 1] = table.pack(a, b, c, d, e, f) end
  return list
end

describe("scan", function()
  teardown(tmp.clean)

  for _, endian in ipairs { "little", "big" } do
    it("says what the handles say, " .. endian .. "-endian", function()
      local o <close> = btfl.btf(tmp.write("scan.btf", sample({ endian = endian }):bytes()))
      local n = 0
      for id, kind, name, count in o:scan() do
        n = n + 1
        local t = o:type(id)
        assert.same({ n, t.kind, t.name }, { id, kind, name })
        assert.equal(kind == "func" and 0 or #t, count)
      end
      assert.equal(#o, n)
      local want = {}
      for t in o:types() do
        for m in t:members() do
          want[#want + 1] = table.pack(t.id, m.index, m.name, m.type.id, m.bit_offset, m.bitfield and m.bit_size or 0)
        end
      end
      assert.equal(6, #want)
      assert.same(want, rows(o:scan_members()))
    end)
  end

  it("knows no name for a kind that the layout section adds", function()
    local layout = btf.known_layout()
    layout[20] = { 4, 8 }
    local b = btf.new { layout = layout }
    b:type(20, "new", 2, false, 0, ("\0"):rep(20))
    local last = b:int("int", 4)
    local o <close> = btfl.btf(tmp.write("layout.btf", b:bytes()))
    assert.same({ { 1, "unknown", "new", 2, n = 6 }, { last, "int", "int", 0, n = 6 } }, rows(o:scan()))
  end)

  it("finds by a part what a look at each name does, wherever it stands", function()
    math.randomseed(16)
    local b = btf.new()
    local function add(to, count)
      for _ = 1, count do
        local name = {}
        for i = 1, math.random(1, 40) do name[i] = ("a_"):sub(math.random(2)):sub(1, 1) end
        to:struct("s" .. table.concat(name), 0, {})
      end
    end
    add(b, 400)
    local module = btf.new { base = b }
    add(module, 100)
    local base <close> = btfl.btf(tmp.write("base.btf", b:bytes()))
    local split <close> = btfl.btf(tmp.write("split.btf", module:bytes()), base)
    for _, o in ipairs { base, split } do
      for _, part in ipairs { "_", "__", "___", "_a_", "aaaaaa", "s", "_____a", ("a_"):rep(10), ("_"):rep(300) } do
        local want, got = {}, {}
        for id, _, name in o:scan() do
          if name and name:find(part, 1, true) then want[#want + 1] = id end
        end
        for id in o:scan(nil, part) do got[#got + 1] = id end
        assert.same(want, got, part)
      end
    end
  end)

  it("finds names by a part of them, of one kind or of any", function()
    local b = btf.new()
    local int = b:int("a___int", 4)
    b:struct("a___struct", 4, { { "m", int, 0 } })
    b:struct("b__struct", 4, { { "___m", int, 0 } })
    b:struct(nil, 4, { { "m", int, 0 } })
    local o <close> = btfl.btf(tmp.write("part.btf", b:bytes()))
    local function names(...)
      local list = {}
      for _, _, name in o:scan(...) do list[#list + 1] = name end
      return table.concat(list, " ")
    end
    assert.equal("a___int a___struct", names(nil, "___"))
    assert.equal("a___struct", names("struct", "___"))
    assert.equal("a___struct b__struct", names("struct", "struct"))
    assert.equal("a___int a___struct b__struct", names(nil, ""):gsub(" +$", ""))
    assert.equal("", names(nil, "nothing"))
    assert.has_error(function() o:scan(nil, "a\0b") end)
    assert.has_error(function() o:scan(nil, {}) end)
  end)

  it("finds a kind, and a member by its name", function()
    local o <close> = btfl.btf(tmp.write("scan.btf", sample():bytes()))
    local ids = {}
    for id, kind, name in o:scan "struct" do
      assert.equal("struct", kind)
      ids[name] = id
    end
    assert.same({ foo = 3, empty = 4 }, ids)
    assert.same({ { 2, 0, "x", 1, 0, 0, n = 6 }, { 3, 3, "x", 1, 96, 0, n = 6 } }, rows(o:scan_members "x"))
    assert.same({}, rows(o:scan_members "nothing"))
    assert.error_matches(function() o:scan "strct" end, "did you mean 'struct'")
    assert.error_matches(function() o:scan_members "a\0b" end, "NUL")
  end)

  it("goes over what is stored in a split BTF, not its base", function()
    local base = sample()
    local split = btf.new { base = base }
    local id = split:struct("more", 4, { { "x", 1, 0 } })
    local whole <close> = btfl.btf(tmp.write("base.btf", base:bytes()))
    local o <close> = btfl.btf(tmp.write("split.btf", split:bytes()), whole)
    assert.same({ { id, "struct", "more", 1, n = 6 } }, rows(o:scan()))
    assert.same({ { id, 0, "x", 1, 0, 0, n = 6 } }, rows(o:scan_members "x"))
  end)

  it("tells of a BTF that is closed", function()
    local o = btfl.btf(tmp.write("scan.btf", sample():bytes()))
    local next_type, next_member = o:scan(), o:scan_members()
    o:close()
    assert.error_matches(next_type, "is closed")
    assert.error_matches(next_member, "is closed")
  end)
end)
