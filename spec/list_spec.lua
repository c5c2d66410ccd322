--- btfl list: what there is in a kernel.
local builder = require "spec.support.btf"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

describe("list", function()
  teardown(tmp.clean)

  local path
  setup(function()
    local b = builder.new()
    local int = b:int("int", 4, "signed")
    local list = b:struct("list_head", 8, { { "next", int, 0 }, { "prev", int, 32 } })
    local inner = b:struct(nil, 16, { { "x", int, 0, 3 },
      { "link", b:typedef("list_t", b:const(list)), 64 } }, true)
    b:struct("task", 48, { { "x", int, 0 }, { nil, b:union(nil, 16, { { nil, inner, 0 } }), 64 },
      { "links", b:array(list, 2), 192 }, { "p", b:ptr(list), 320 } })
    b:struct("x", 4, {})
    b:struct("wide", 4, { { "u", b:int("unsigned int", 4), 0 } })
    local counter = b:typedef("atomic_t", b:struct(nil, 4, { { "counter", int, 0 } }))
    b:struct("counted", 4, { { "count", counter, 0 } })
    local pair = b:struct(nil, 8, { { "key", int, 0 }, { "value", int, 32 } })
    b:struct("pairs", 20, { { "n", int, 0 }, { "pairs", b:const(b:array(pair, 2)), 32 } })
    b:func("do_x", b:func_proto(int, { { "x", int } }))
    b:enum("bpf_map_type", { { "BPF_MAP_TYPE_HASH", 1 }, { "BPF_MAP_TYPE_RINGBUF", 27 } })
    path = tmp.write("6.1.0.btf", b:bytes())
  end)

  local function list(...)
    local r = run { "list", path, "--format", "tsv", ... }
    assert.same({ 0, "" }, { r.status, r.err })
    local rows = {}
    for line in r.out:gmatch "[^\n]+" do
      local cells = {}
      for cell in line:gsub("^vmlinux\t", ""):gmatch "[^\t]+" do
        if cell ~= "-" then cells[#cells + 1] = cell end
      end
      rows[#rows + 1] = table.concat(cells, " ")
    end
    table.remove(rows, 1)
    return rows
  end

  it("has types and functions by pattern and kind", function()
    assert.same({ "struct task 48" }, list "t?sk")
    assert.same({ "struct x 4" }, list "x")
    assert.same({ "struct list_head 8", "typedef list_t 8 const struct list_head" }, list "list*")
    assert.same({ "func do_x int (int x)" }, list("--kind", "func"))
    assert.same({ "typedef list_t 8 const struct list_head" }, list("l*", "--kind", "typedef"))
    assert.same({}, list "no*")
  end)

  it("has members of a name, of the struct that has a name", function()
    assert.same({ "struct task x 8:0 :3 int", "struct task x 0 4 int" }, list("--member", "x"))
    assert.same({ "typedef atomic_t counter 0 4 int" }, list("--member", "counter"))
    assert.same({ "struct pairs value 8 4 int" }, list("--member", "value"))
    assert.same({}, list("--member", "y"))
    assert.same({}, list("x", "--member", "x"))
  end)

  it("has the structs that hold another by value, however it is called", function()
    assert.same({ "struct task link 16 8 list_t", "struct task links 24 16 struct list_head[2]" },
      list("--of-type", "list_head"))
    assert.same(list("--of-type", "list_head"), list("--of-type", "struct list_head"))
    assert.same(list("--of-type", "list_head"), list("--of-type", "list_t"))
    assert.same({}, list("--of-type", "nothing"))
    assert.same({ "struct wide u 0 4 unsigned int" }, list("--of-type", "unsigned int"))
  end)

  it("has what programs use, by number", function()
    assert.same({ "hash 1", "ringbuf 27" }, list "--maps")
    assert.same({ "ringbuf 27" }, list("r*", "--maps"))
    assert.same({}, list "--helpers")
  end)

  it("refuses what it cannot tell", function()
    local r = run { "list", path, "--kfuncs" }
    assert.same({ 2, "" }, { r.status, r.out })
    assert.matches("neither tags of its BTF nor sets in its file tell", r.err)
    r = run { "list", path, "--maps", "--of-type", "x" }
    assert.same({ 2, "btfl: --of-type and --maps are two questions\n" }, { r.status, r.err })
    r = run { "list", path, "--kind", "strct" }
    assert.same({ 2, "btfl: --kind: no kind is called 'strct' (did you mean 'struct'?)\n" }, { r.status, r.err })
    r = run { "list", "/nonexistent" }
    assert.equal(2, r.status)
  end)
end)
