--- type:at(): what lies at a byte of a struct, and that its path leads back there.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local open = require "spec.support.opened"
local tmp = require "spec.support.tmp"

-- "path type+rest", or nil.
local function said(t, byte)
  local path, type, rest = t:at(byte)
  return path and ("%s %s+%d"):format(path, type.name or type.kind, rest)
end

-- What holds of every byte of a struct.
local function leads_back(t)
  for byte = 0, t.size - 1 do
    local path, _, rest = t:at(byte)
    if path then assert.equal(byte, t:offsetof(path) + rest, ("%s at %d"):format(path, byte)) end
  end
  assert.is_nil(t:at(t.size))
end

describe("type:at()", function()
  teardown(tmp.clean)

  local b = btf.new()
  local int, char, short = b:int("int", 4, "signed"), b:int("char", 1), b:int("short", 2)
  local inner = b:struct("inner", 8, { { "a", int, 0 }, { "b", short, 32 } })
  local pair = b:union(nil, 4, { { "both", int, 0 }, { nil, b:struct(nil, 4, { { "low", short, 0 },
    { "high", short, 16 } }), 0 } })
  local flags = b:struct("flags", 4, { { "one", int, 0, 3 }, { "two", int, 3, 12 }, { nil, int, 15, 4 },
    { "three", int, 19, 5 } })
  local wide = b:union("wide", 8, { { "first", short, 0 }, { "all", b:array(char, 8), 0 } })
  b:struct("outer", 72, {
    { "name", b:array(char, 6), 0 }, { "in", b:typedef("inner_t", b:const(inner)), 64 },
    { "list", b:array(b:array(inner, 2), 2), 128 }, { nil, pair, 384 }, { "p", b:ptr(inner), 416 },
    { "wide", wide, 512 },
  })
  b:struct("flexible", 4, { { "n", int, 0 }, { "tail", b:array(inner, 0), 32 } })
  local own = open(b)
  local outer = own:get "outer"

  it("leads through structs, arrays and members without a name", function()
    assert.equal("name[0] char+0", said(outer, 0))
    assert.equal("name[5] char+0", said(outer, 5))
    assert.equal("in.a int+3", said(outer, 11))
    assert.equal("in.b short+1", said(outer, 13))
    assert.equal("list[0][1].b short+0", said(outer, 28))
    assert.equal("list[1][0].a int+1", said(outer, 33))
    assert.equal("both int+2", said(outer, 50))
    assert.equal("p ptr+7", said(outer, 59))
    leads_back(outer)
  end)

  it("is nil in padding, beyond the end, and of what has no members", function()
    for _, byte in ipairs { 6, 7, 14, 15, 22, 60, 63, 72, 1 << 40, -1 } do assert.is_nil(said(outer, byte), byte) end
    assert.is_nil(said(own:get "int", 0))
    assert.is_nil(said(own:type(0), 0))
    assert.is_nil(said(own:get "flexible", 4))
    assert.equal("a int+0", said(own:get("inner_t"), 0))
  end)

  it("takes the first member of a union that holds the byte", function()
    assert.equal("first short+1", said(own:get "wide", 1))
    assert.equal("all[2] char+0", said(own:get "wide", 2))
    leads_back(own:get "wide")
  end)

  it("tells bitfields by the byte that they start in", function()
    local t = own:type(flags)
    assert.equal("one int+0", said(t, 0))
    assert.equal("two int+1", said(t, 1))
    assert.equal("three int+0", said(t, 2))
    assert.is_nil(said(t, 3))
  end)

  it("gives what member() and offsetof() take", function()
    local member, bits = outer:member "list[1][0].b"
    assert.equal("b", member.name)
    assert.equal((16 + 2 * 8 + 4) * 8, bits)
    member, bits = outer:member "name[3]"
    assert.equal("name", member.name)
    assert.equal(24, bits)
    assert.equal(16 + 8, outer:offsetof "list[0][1]")
    -- What has no length of its own goes on.
    assert.equal(4 + 3 * 8, own:get("flexible"):offsetof "tail[3]")
    for _, path in ipairs { "name[6]", "name[", "name[]", "name[x]", "name[0]x", "name[0].a", "name[-1]", "in[0]",
      "[0]", "list[0][2]", "list[0].a", "name[00000000000]", "name[99999999999999999999]", "list[0]." } do
      assert.is_nil(outer:offsetof(path), path)
      assert.is_nil((outer:member(path)), path)
    end
  end)

  it("refuses what is no number", function()
    assert.error_matches(function() outer:at "x" end, "number expected")
    assert.error_matches(function() outer:at(1.5) end, "no integer representation")
  end)

  it("ends in unions that are made to have no end", function()
    local hostile = btf.new()
    local byte = hostile:int("char", 1)
    local t = hostile:struct(nil, 8, { { "x", byte, 0 } })
    for _ = 1, 30 do t = hostile:union(nil, 8, { { nil, t, 0 }, { nil, t, 0 }, { nil, t, 0 } }) end
    hostile:struct("top", 8, { { "u", t, 0 } })
    local top = open(hostile):get "top"
    assert.equal("u.x char+0", said(top, 0))
    assert.error_matches(function() top:at(7) end, "took more than 1000000 members")
  end)

  it("holds for every byte of a kernel's structs", function()
    local folder = os.getenv "BTFL_CORPUS" or "../shared/corpus"
    local ok, target = pcall(btfl.target, folder .. "/kernels/6.12.117-generic-amd64.btf.gz")
    if not ok then return pending "no corpus" end
    for _, name in ipairs { "task_struct", "sock", "sk_buff", "net_device", "net", "page", "bpf_prog" } do
      leads_back(target.btf:get(name))
    end
  end)
end)
