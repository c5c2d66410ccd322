--- How types lie in memory: type.align, type.packed, type:fields(), and what `btfl types --layout` tells,
--- which is what pahole does.
local btf = require "spec.support.btf"
local open = require "spec.support.opened"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"

describe("type.align and type.packed", function()
  teardown(tmp.clean)

  -- Whether each is packed, and its alignment, in bytes.
  local function assert_laid(b, want)
    local opened = open(b)
    for name, pair in pairs(want) do
      local t = opened:get(name)
      assert.same(pair, { t.align, t.packed }, name)
    end
  end

  it("follow from sizes and offsets", function()
    local b = btf.new()
    local char, int, long = b:int("char", 1), b:int("int", 4, "signed"), b:int("long", 8, "signed")
    local odd = b:struct("odd", 5, { { "a", int, 0 }, { "b", char, 32 } })
    b:struct("plain", 16, { { "a", char, 0 }, { "b", long, 64 } })
    b:struct("tight", 12, { { "a", int, 0 }, { "b", long, 32 } })
    b:struct("holds_odd", 10, { { "a", odd, 0 }, { "b", odd, 40 } })
    b:struct("bits", 4, { { "a", int, 0, 30 }, { "b", int, 30, 2 } })
    b:struct("crossing", 8, { { "a", int, 0, 30 }, { "b", int, 30, 4 } })
    b:struct("nothing", 0, {})
    b:union("either", 8, { { "a", char, 0 }, { "b", long, 0 } })
    b:union("short", 5, { { "a", char, 0 }, { "b", int, 0 } })
    b:typedef("alias", b:const(b:array(odd, 3)))
    b:typedef("longs", b:array(long, 3))
    b:fwd("later", "struct")
    assert_laid(b, {
      odd = { 1, true }, plain = { 8, false }, tight = { 1, true }, holds_odd = { 1, false }, bits = { 4, false },
      crossing = { 1, true }, nothing = { 1, false }, either = { 8, false }, short = { 1, true }, alias = { 1, nil },
      longs = { 8, nil }, long = { 8, nil }, char = { 1, nil }, later = { nil, nil },
    })
    assert.is_nil(open(b):type(0).align)
  end)

  -- BTF does not tell i386 from arm, where int64 is aligned to 4 and to 8 bytes; most structs do.
  it("learn of a kernel how integers of 8 bytes are aligned where pointers have 4", function()
    for align, name in pairs { [4] = "i386", [8] = "arm" } do
      local b = btf.new()
      local int, wide = b:int("long int", 4, "signed"), b:int("long long int", 8, "signed")
      for i = 1, 20 do
        b:struct("usual" .. i, 8 + align, { { "a", int, 0 }, { "b", wide, 8 * align } })
      end
      b:struct("tight", 12, { { "a", int, 0 }, { "b", wide, 32 } })
      assert_laid(b, { usual3 = { align, false }, tight = align == 8 and { 1, true } or { 4, false } })
      assert.equal(align, open(b):get("long long int").align, name)
    end
  end)

  it("end where types are a chain as long as the file", function()
    local b = btf.new()
    local t = b:int("int", 4, "signed")
    for i = 1, 50000 do t = b:struct("s" .. i, 4, { { "a", t, 0 } }) end
    for _ = 1, 50000 do t = b:const(t) end
    local opened = open(b)
    assert.equal(4, opened:get("s50000").align)
    assert.equal(4, opened:type(t).align)
  end)
end)

describe("type:fields", function()
  teardown(tmp.clean)

  it("gives the fields of anonymous members among the others", function()
    local b = btf.new()
    local int = b:int("int", 4, "signed")
    local inner = b:struct(nil, 8, { { "x", int, 0, 3 }, { nil, int, 3, 5 }, { "y", int, 32 } })
    local point = b:struct("point", 8, { { "px", int, 0 }, { "py", int, 32 } })
    b:struct("outer", 32, { { "a", int, 0 }, { nil, b:const(inner), 32 }, { nil, point, 96 }, { "p", point, 160 },
      { "f", b:fwd("later", "struct"), 224 } })
    b:typedef("alias", b:next_id() - 1)
    local opened = open(b)
    for _, name in ipairs { "outer", "alias" } do
      local got = {}
      for path, bits, size, t, bitfield in opened:get(name):fields() do
        got[#got + 1] = { path, bits, size or "none", (t:decl()), bitfield }
      end
      assert.same({
        { "a", 0, 32, "int", false }, { "x", 32, 3, "int", true }, { "y", 64, 32, "int", false },
        { "px", 96, 32, "int", false }, { "py", 128, 32, "int", false }, { "p", 160, 64, "struct point", false },
        { "f", 224, "none", "struct later", false },
      }, got)
    end
    assert.is_nil(opened:get("int"):fields()())
  end)

  it("raises for anonymous members that nest without a field, or too deep", function()
    local b = btf.new()
    local t = b:struct(nil, 0, {})
    for _ = 1, 24 do t = b:struct(nil, 0, { { nil, t, 0 }, { nil, t, 0 } }) end
    b:struct("many", 0, { { nil, t, 0 } })
    for _ = 1, 24 do t = b:struct(nil, 0, { { nil, t, 0 } }) end
    b:struct("deep", 0, { { nil, t, 0 } })
    for _, name in ipairs { "many", "deep" } do
      assert.has_error(function()
        for _ in open(b):get(name):fields() do end
      end)
    end
  end)
end)

describe("types --layout", function()
  teardown(tmp.clean)

  it("tells of holes, padding, bits and cachelines", function()
    local b = btf.new()
    local char, int, long = b:int("char", 1), b:int("int", 4, "signed"), b:int("long", 8, "signed")
    local padded = b:struct("padded", 8, { { "a", int, 0 }, { "b", char, 32 } })
    b:struct("s", 136, {
      { "a", char, 0 }, { "b", int, 32 }, { "x", int, 64, 3 }, { "y", int, 70, 2 }, { "c", b:array(char, 48), 128 },
      { "d", long, 512 }, { "e", padded, 960 }, { "f", int, 1024, 4 },
    })
    local r = run { "types", tmp.write("holes.btf", b:bytes()), "s", "--layout" }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.equal([[
struct s {
    char a; /* 0 1 */

    /* XXX 3 bytes hole, try to pack */

    int b; /* 4 4 */
    int x : 3; /* 8:0 :3 */

    /* XXX 3 bits hole, try to pack */

    int y : 2; /* 8:6 :2 */

    /* XXX 24 bits hole, try to pack */
    /* XXX 4 bytes hole, try to pack */

    char c[48]; /* 16 48 */
    /* --- cacheline 1 boundary (64 bytes) --- */
    long d; /* 64 8 */

    /* XXX 48 bytes hole, try to pack */

    struct padded e; /* 120 8 */
    /* --- cacheline 2 boundary (128 bytes) --- */
    int f : 4; /* 128:0 :4 */

    /* size: 136, cachelines: 3, members: 8 */
    /* sum members: 69, holes: 3, sum holes: 55 */
    /* sum bitfield members: 9 bits, bit holes: 2, sum bit holes: 27 bits */
    /* padding: 4 */
    /* paddings: 1, sum paddings: 3 */
    /* bit_padding: 28 bits */
    /* last cacheline: 8 bytes */
};
]], (r.out:gsub("(%S) +", "%1 ")))
  end)

  -- What the last lines of each struct say, by its name: there may be several.
  local function facts_of(text)
    local structs, name, facts = {}, nil, nil
    for line in text:gmatch "[^\n]*" do
      if line:find "^struct %S+ {" then
        name, facts = line:match "^struct (%S+)", {}
      elseif name and line:sub(1, 1) == "}" then
        structs[name] = structs[name] or {}
        table.insert(structs[name], facts)
        name = nil
      elseif name then
        local comment = (line:match "^\t/%* (.*) %*/$" or line:match "^    /%* (.*) %*/$") or ""
        for word, value in comment:gmatch "([%a_][%a_ ]*): (%d+)" do facts[word] = value end
      end
    end
    return structs
  end

  local FACTS = { "size", "cachelines", "members", "sum members", "holes", "sum holes", "sum bitfield members",
    "bit holes", "sum bit holes", "padding", "paddings", "sum paddings", "bit_padding", "last cacheline" }

  for _, kernel in ipairs { "6.12.117-generic-amd64", "6.1.176-armmp-lpae-armhf" } do
    it("says of every struct of " .. kernel .. " what pahole says #long", function()
      local raw = tmp.path(kernel .. ".btf")
      if not os.execute(("gzip -dc %s/kernels/%s.btf.gz >%s 2>/dev/null"):format(corpus, kernel, raw)) then
        return pending "needs the corpus"
      end
      local peer = run.program { "pahole", "-F", "btf", raw }
      if peer.status ~= 0 then return pending "needs pahole" end
      local theirs = facts_of(peer.out)
      local ours = facts_of(run({ "types", raw, "--all", "--layout" }).out)
      local count = 0
      for name, list in pairs(theirs) do
        -- Of structs that are alike it shows one.
        for i, facts in ipairs(list) do
          count = count + 1
          for _, word in ipairs(FACTS) do
            assert.equal(facts[word], ours[name][i][word], ("%s: %s"):format(name, word))
          end
        end
      end
      for name in pairs(ours) do assert.is_table(theirs[name], name) end
      assert.is_true(count > 7000)
    end)
  end
end)
