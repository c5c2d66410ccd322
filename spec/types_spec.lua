--- types: C with offsets, and what it says of a name that is not there.
local btf = require "spec.support.btf"
local dkjson = require "dkjson"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

describe("types", function()
  teardown(tmp.clean)

  local path, evil
  setup(function()
    local b = btf.new()
    local int = b:int("int", 4, "signed")
    local u32 = b:int("unsigned int", 4)
    local inner = b:struct(nil, 8, { { "x", int, 0 }, { "y", int, 32 } })
    local either = b:union(nil, 8, { { nil, inner, 0 }, { "both", b:int("long", 8, "signed"), 0 } })
    local point = b:struct("point", 8, { { "px", int, 0 }, { "py", int, 32 } })
    local pair = b:struct(nil, 8, { { "k", u32, 0 }, { "v", u32, 32 } })
    local mode = b:enum(nil, { { "OFF", 0 }, { "ON", 1 } })
    local behind, list = b:ptr(pair), b:array(pair, 2)
    local self = b:ptr(b:next_id() + 1)
    b:struct("outer", 64, {
      { "first", int, 0 }, { nil, either, 64 }, { "flag", u32, 128, 3 }, { nil, u32, 131, 2 },
      { "self", self, 192 }, { "at", point, 256 }, { "behind", behind, 320 }, { "list", list, 384 },
      { "mode", mode, 512 },
    }, true)
    b:typedef("pair_t", pair)
    b:typedef("point_t", point)
    b:typedef("handler_t", b:ptr(b:func_proto(int, { { "arg", b:ptr(0) } })))
    b:enum("sign", { { "NEG", -1 }, { "POS", 1 } }, 4, true)
    b:enum64("huge", { { "TOP", 0xffffffffffffffff } })
    b:fwd("later", "union")
    b:func("run", b:func_proto(0, { { "n", int } }))
    path = tmp.write("types.btf", b:bytes())

    local e = btf.new()
    e:struct("bad", 4, { { "\27[31m\nx", e:int("int", 4), 0 } })
    -- An anonymous struct that holds itself twice, behind pointers.
    local loop = e:next_id() + 2
    e:ptr(loop)
    e:ptr(loop)
    e:struct(nil, 16, { { "l", loop - 2, 0 }, { "r", loop - 1, 64 } })
    e:struct("endless", 16, { { "s", loop, 0 } })
    evil = tmp.write("evil.btf", e:bytes())
  end)

  -- The output with runs of blanks made one.
  local function squeezed(...)
    local r = run { "types", path, ... }
    assert.same({ "", 0 }, { r.err, r.status })
    return (r.out:gsub("(%S) +", "%1 "))
  end

  it("writes a struct with offsets, sizes and anonymous members inline", function()
    assert.equal([[
struct outer {
    int first; /* 0 4 */
    union {
        struct {
            int x; /* 8 4 */
            int y; /* 12 4 */
        }; /* 8 8 */
        long both; /* 8 8 */
    }; /* 8 8 */
    unsigned int flag : 3; /* 16:0 :3 */
    unsigned int : 2; /* 16:3 :2 */
    struct outer *self; /* 24 8 */
    struct point at; /* 32 8 */
    struct {
        unsigned int k; /* 0 4 */
        unsigned int v; /* 4 4 */
    } *behind; /* 40 8 */
    struct {
        unsigned int k; /* 48 4 */
        unsigned int v; /* 52 4 */
    } list[2]; /* 48 16 */
    enum {
        OFF = 0,
        ON = 1,
    } mode; /* 64 4 */
}; /* size 64 */
]], squeezed "struct outer")
  end)

  it("writes every kind", function()
    assert.equal([[
typedef struct {
    unsigned int k; /* 0 4 */
    unsigned int v; /* 4 4 */
} pair_t; /* size 8 */
]], squeezed "pair_t")
    assert.equal("typedef struct point point_t; /* size 8 */\n", squeezed "point_t")
    assert.equal("typedef int (*handler_t)(void *arg); /* size 8 */\n", squeezed "typedef handler_t")
    assert.equal("enum sign {\n    NEG = -1,\n    POS = 1,\n}; /* size 4 */\n", squeezed "enum sign")
    assert.equal("enum huge {\n    TOP = 18446744073709551615,\n}; /* size 8 */\n", squeezed "huge")
    assert.equal("union later;\n", squeezed "later")
    assert.equal("void run(int n);\n", squeezed "run")
    assert.equal("int; /* size 4 */\n", squeezed "int")
  end)

  it("writes the type of a member", function()
    assert.equal([[
struct point at; /* 32 8 */
struct point {
    int px; /* 0 4 */
    int py; /* 4 4 */
}; /* size 8 */
]], squeezed "outer.at")
    assert.equal("int y; /* 12 4 */\n", squeezed "struct outer.y")
    assert.equal("int py; /* 36 4 */\n", squeezed "outer.at.py")
    assert.equal("unsigned int flag; /* 16:0 :3 */\n", squeezed "outer.flag")
  end)

  it("writes several, apart", function()
    assert.equal("int; /* size 4 */\n\nunion later;\n", squeezed("int", "later"))
  end)

  it("gives members as rows", function()
    local by_name = {}
    for line in run({ "types", path, "outer", "--format", "jsonl" }).out:gmatch "[^\n]+" do
      local row = assert(dkjson.decode(line))
      by_name[row.name or row.decl] = row
    end
    assert.same({ type = "struct outer", name = "y", decl = "int", offset = 12, bit_offset = 96, size = 4,
      bit_size = 32 }, by_name.y)
    assert.same({ type = "struct outer", name = "flag", decl = "unsigned int", offset = 16, bit_offset = 128,
      size = 4, bit_size = 3 }, by_name.flag)
    assert.equal(48, by_name["list.k"].offset)
    assert.equal("1", by_name.ON.value)
    assert.equal(64, by_name["struct outer"].size)
  end)

  it("says in one line what is not there, and what is near", function()
    local function fails(message, ...)
      local r = run { "types", path, ... }
      assert.same({ ("btfl: %s\n"):format(message), "", 2 }, { r.err, r.out, r.status })
    end
    fails(("no type 'outre' in %s (did you mean 'outer'?)"):format(path), "outre")
    fails(("no union 'outer' in %s"):format(path), "union outer")
    fails("struct outer has no member 'fist' (did you mean 'first'?)", "outer.fist")
    fails("struct outer has no member 'qqqqqqqq'", "outer.qqqqqqqq")
    fails(("no type 'outre' in %s (did you mean 'outer'?)"):format(path), "int", "outre.first")
    local r = run { "types", "nope.btf", "int" }
    assert.matches("^btfl: nope.btf: [^\n]+\n$", r.err)
    assert.equal(2, r.status)
    assert.equal(2, run({ "types", path }).status)
  end)

  it("reads the BTF of an object", function()
    local b = btf.new()
    b:int("int", 4, "signed")
    local o = object.new(b)
    o:program { insns = { object.exit() } }
    assert.matches("^int; +/%* size 4 %*/\n$", run({ "types", tmp.write("o.o", o:bytes()), "int" }).out)
  end)

  it("reads the running kernel", function()
    local f <close> = io.open "/sys/kernel/btf/vmlinux"
    if not f then
      pending "needs a kernel with BTF"
      return
    end
    for _, name in ipairs { "-", "vmlinux" } do
      assert.matches("^struct list_head {\n +struct list_head %*next;", run({ "types", name, "list_head" }).out)
    end
  end)

  it("survives names and nests of a hostile BTF", function()
    local out = run({ "types", evil, "bad" }).out
    assert.is_nil(out:find("\27", 1, true))
    assert.matches("int \\x1b[31m\\nx;", out, 1, true)
    local r = run { "types", evil, "endless" }
    assert.equal(0, r.status)
    assert.matches("{...} *l;", r.out, 1, true)
  end)
end)
