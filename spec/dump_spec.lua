--- `btfl types --format raw` and json: types as they are stored, to the byte as bpftool shows them.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local dkjson = require "dkjson"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"

-- One of every kind.
local function all_kinds(options)
  local b = btf.new(options)
  local int = b:int("int", 4, "signed")
  b:int("_Bool", 1, "bool")
  b:int("char", 1, "char")
  b:int("odd", 4, 3)
  b:struct("s", 8, { { "a", int, 0, 3 }, { nil, int, 32 } })
  b:union("u", 4, { { "x", int, 0 } })
  b:struct(nil, 0, {})
  for _, kind in ipairs { "ptr", "const", "volatile", "restrict" } do b[kind](b, int) end
  b:array(int, 7)
  b:enum("e", { { "MINUS", -1 }, { "ONE", 1 } }, 4, true)
  b:enum("f", { { "ALL", 0xffffffff } })
  b:enum64("g", { { "MOST", 0xffffffffffffffff } })
  b:enum64("h", { { "LEAST", math.mininteger } }, 8, true)
  b:fwd("later", "struct")
  b:fwd("either", "union")
  b:typedef("t", int)
  local func = b:func("run", b:func_proto(int, { { "p", int }, { nil, 0 } }), "global")
  local var = b:var("v", int, "static")
  b:datasec(".data", 8, { { var, 0, 4 }, { func, 4, 4 } })
  b:float("double", 8)
  b:decl_tag("tag", func, 0)
  b:decl_tag("other", var)
  b:type_tag("rcu", int)
  return b
end

local function printed(path, format)
  local r = run { "types", path, "--all", "--format", format }
  assert.same({ "", 0 }, { r.err, r.status })
  return r.out
end

local function bpftool(path, format)
  local words = { "bpftool", "-j", "btf", "dump", "file", path }
  if format == "raw" then table.remove(words, 2) end
  local r = run.program(words)
  return r.status == 0 and r.out
end

describe("types --format", function()
  teardown(tmp.clean)

  for _, endian in ipairs { "little", "big" } do
    it(("shows every kind as bpftool does, %s-endian"):format(endian), function()
      local path = tmp.write("kinds.btf", all_kinds({ endian = endian }):bytes())
      for _, format in ipairs { "raw", "json" } do
        local theirs = bpftool(path, format)
        if not theirs then return pending "needs bpftool" end
        assert.equal(theirs, printed(path, format))
      end
    end)
  end

  it("shows the types that are named", function()
    local path = tmp.write("kinds.btf", all_kinds():bytes())
    assert.equal("[5] STRUCT 's' size=8 vlen=2\n\t'a' type_id=1 bits_offset=0 bitfield_size=3\n"
      .. "\t'(anon)' type_id=1 bits_offset=32\n[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n",
      run({ "types", path, "s", "int", "--format", "raw" }).out)
    local types = assert(dkjson.decode(run({ "types", path, "u", "--format", "json" }).out)).types
    assert.same({ { id = 6, kind = "UNION", name = "u", size = 4, vlen = 1,
      members = { { name = "x", type_id = 1, bits_offset = 0 } } } }, types)
  end)

  it("escapes what a hostile BTF has in names", function()
    local b = btf.new()
    b:struct('\27[31m"\\\n\xff', 0, {})
    local path = tmp.write("evil.btf", b:bytes())
    assert.equal("[1] STRUCT '\\x1b[31m\"\\\\n\\xff' size=0 vlen=0\n", printed(path, "raw"))
    assert.equal('\27[31m"\\\n\u{fffd}', dkjson.decode(printed(path, "json")).types[1].name)
  end)

  it("is what bpftool prints of every kernel and object #long", function()
    local n = 0
    local list = io.popen(("ls %s/kernels/*.btf.gz %s/objects/*/*.o 2>/dev/null"):format(corpus, corpus)):read "a"
    for path in list:gmatch "[^\n]+" do
      local file = path
      if path:find "%.gz$" then
        file = tmp.path "kernel.btf"
        os.execute(("gzip -dc %s >%s"):format(path, file))
      end
      local ok, opened = pcall(btfl.btf, file)
      for _, format in ipairs(ok and { "raw", "json" } or {}) do
        local theirs = bpftool(file, format)
        if theirs then
          n = n + 1
          assert.is_true(theirs == opened:print { format = format }, path)
        end
      end
    end
    if n == 0 then return pending "needs the corpus and bpftool" end
    assert.is_true(n > 200)
  end)
end)
