--- Where the types of a large BTF start, and by which names they are found: its type section is read
--- window by window.

local btfl = require "btfl"
local btf = require "spec.support.btf"
local tmp = require "spec.support.tmp"

local function random(seed)
  return function(n)
    seed = (seed * 6364136223846793005 + 1442695040888963407)
    return (seed >> 33) % n
  end
end

-- A name of 1 to `most` bytes that ends in a number of its own, some with a flavor.
local function name_of(i, next_random, most)
  local tail = ("_%d"):format(i)
  local name = ("n"):rep(next_random(most) + 1) .. tail
  if next_random(8) == 0 then return name, name .. "___" .. ("f"):rep(next_random(40) + 1) end
  return name, name
end

-- Adds one type, any kind with any number of elements; gives its kind and number of elements.
local function add(b, next_random, name)
  local pick, n = next_random(10), next_random(4) == 0 and next_random(60) or next_random(4)
  local elements = {}
  if pick < 3 then
    for i = 1, n do elements[i] = { "m" .. i, 1, 0 } end
    b:struct(name, 4, elements)
    return "struct", n
  elseif pick == 3 then
    for i = 1, n do elements[i] = { "E" .. i, i } end
    b:enum(name, elements)
    return "enum", n
  elseif pick == 4 then
    for i = 1, n do elements[i] = { "E" .. i, i } end
    b:enum64(name, elements)
    return "enum64", n
  elseif pick == 5 then
    for i = 1, n do elements[i] = { "p" .. i, 1 } end
    b:func(name, b:func_proto(0, elements))
    return "func", n
  elseif pick == 6 then
    b:array(1, n)
    b:var(name, 1)
    return "var", 0
  elseif pick == 7 then
    b:ptr(1)
    b:typedef(name, 1)
    return "typedef", 0
  elseif pick == 8 then
    b:datasec(name, 0, {})
    return "datasec", 0
  end
  b:int(name, 4)
  return "int", 0
end

describe("a large BTF", function()
  teardown(tmp.clean)

  local function open(b)
    return btfl.btf(tmp.write("large.btf", b:bytes()))
  end

  for seed = 1, 8 do
    for _, endian in ipairs { "little", "big" } do
      it(("of random types has them all (%d, %s-endian)"):format(seed, endian), function()
        local next_random, want = random(seed), {}
        local b = btf.new { endian = endian, layout = seed % 2 == 0 or nil }
        b:int("int", 4, "signed")
        for i = 1, 9000 do
          local essential, name = name_of(i, next_random, seed * 8)
          local kind, n = add(b, next_random, name)
          want[#want + 1] = { id = b:next_id() - 1, essential = essential, name = name, kind = kind, n = n }
        end
        local o <close> = open(b)
        assert.equal(b:next_id() - 1, #o)
        for _, w in ipairs(want) do
          local t = o:type(w.id)
          assert.same({ w.kind, w.name, w.essential, w.n }, { t.kind, t.name, t.essential, #t })
          assert.equal(t, o:find(w.name, w.kind))
          -- These have no flavors.
          local whole = w.kind == "func" or w.kind == "var" or w.kind == "datasec"
          local found = o:candidates(whole and w.name or w.essential .. "___other", w.kind)
          assert.equal(t, found())
          assert.is_nil(found())
        end
      end)
    end
  end

  it("is read where bytes inside a type look like types", function()
    local b = btf.new()
    b:int("int", 4, "signed")
    local values = {}
    for i = 1, 40000 do values[i] = { "A", 2 << 24 | 1 << 32 } end -- as bytes, a pointer to type 1
    local e = b:enum64("e", values)
    local last = b:typedef("last", e)
    local o <close> = open(b)
    assert.equal(3, #o)
    assert.equal("enum64", o:type(e).kind)
    assert.equal(40000, #o:type(e))
    assert.equal(o:type(last), o:get("last"))
  end)

  it("is read where nothing looks like types", function()
    local b = btf.new()
    b:int("int", 4, "signed")
    for k = 1, 3 do
      local values = {}
      for i = 1, 30000 do values[i] = { "A", -1 } end
      b:enum64("e" .. k, values)
      b:struct("s" .. k, 4, { { "m", 1, 0 } })
    end
    local o <close> = open(b)
    assert.equal(7, #o)
    for k = 1, 3 do assert.equal(o:type(2 * k + 1), o:get("s" .. k)) end
  end)

  it("names the type that is cut off or unknown, wherever it stands", function()
    for _, at in ipairs { 1, 5000, 20000, 29999 } do
      local b = btf.new()
      for i = 1, 30000 do
        if i == at then b:type(77, "", 0, false, 0) else b:ptr(0) end
      end
      local path = tmp.write("unknown.btf", b:bytes())
      local ok, e = pcall(btfl.btf, path)
      assert.is_false(ok)
      assert.equal(("%s: +0x%x: type [%d] has the unknown kind 77"):format(path, 24 + 12 * (at - 1) + 4, at),
        tostring(e))
    end
    local b = btf.new()
    for _ = 1, 30000 do b:ptr(0) end
    b:type("struct", "", 9, false, 4)
    local path = tmp.write("cut.btf", b:bytes())
    local ok, e = pcall(btfl.btf, path)
    assert.is_false(ok)
    assert.matches("type [30001] struct: its 9 elements reach past the type section", tostring(e), 1, true)
  end)

  it("finds the same name a hundred thousand times in order, and soon", function()
    local b = btf.new()
    local n = 100000
    local bytes = b:pack("I4I4I4", b:string("same"), 7 << 24, 0)
    for _ = 1, n do b:raw(bytes) end
    local o <close> = open(b)
    local start, id = os.clock(), 0
    for t in o:candidates("same", "fwd") do
      id = id + 1
      if t.id ~= id then assert.equal(id, t.id) end
    end
    assert.equal(n, id)
    assert.is_true(os.clock() - start < 5)
  end)
end)
