--- btfl history: what names were on one kernel after the other.
local btfl = require "btfl"
local builder = require "spec.support.btf"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

describe("history", function()
  teardown(tmp.clean)

  local paths = {}
  setup(function()
    local function kernel(name, make)
      local b = builder.new()
      if make then make(b, b:int("int", 4, "signed")) end
      paths[#paths + 1] = tmp.write(name, b:bytes())
    end
    local function with(offset, type, count)
      return function(b, int)
        local pair = b:struct("pair", 8, { { "low", int, 0 }, { "bits", int, 35, 5 } }, true)
        b:struct("foo", 64, { { "a", type == "ptr" and b:ptr(int) or int, offset },
          { "list", b:array(pair, count), 256 } })
        b:enum("mode", { { "OFF", 0 }, { "ON", count } })
        b:func("wake", b:func_proto(int, { { "t", int } }))
        b:typedef("btf_trace_tick", b:ptr(b:func_proto(0, { { "__data", b:ptr(0) } })))
      end
    end
    kernel("6.1.0-cloud-amd64.btf", with(64, "int", 2))
    kernel("5.9.0-generic-amd64.btf", with(0, "int", 2))
    kernel("5.10.0-generic-amd64.btf", with(0, "int", 2))
    kernel("5.16.0-generic-amd64.btf")
    kernel("6.2.0-generic-amd64.btf", with(64, "ptr", 1))
  end)

  local function history(names, ...)
    local argv = { "history" }
    table.move(names, 1, #names, 2, argv)
    for _, path in ipairs(paths) do table.move({ "-t", path }, 1, 2, #argv + 1, argv) end
    table.move({ ... }, 1, select("#", ...), #argv + 1, argv)
    return run(argv)
  end

  it("has runs of kernels by release within a flavour, and tells what came back", function()
    local r = history { "foo.a" }
    assert.same({ 0, "" }, { r.status, r.err })
    assert.equal([[
foo.a
  cloud-amd64    6.1.0            offset 8, size 4, int
  generic-amd64  5.9.0 .. 5.10.0  offset 0, size 4, int  (until 5.10.0)
                 5.16.0           absent
                 6.2.0            offset 8, size 8, int *  (again since 6.2.0)
]], r.out)
  end)

  it("has a row for each kernel", function()
    local r = history({ "foo.list[1].low", "struct pair", "pair.bits", "mode.ON", "wake", "tick" }, "--format", "tsv")
    assert.equal(0, r.status)
    local rows = {}
    for line in r.out:gmatch "[^\n]+" do
      local name, target, rest = line:match "^(.-)\t(.-)\t.-\t(.*)$"
      if target == "5.10.0-generic-amd64" or target == "6.2.0-generic-amd64" then
        rows[#rows + 1] = name .. " " .. rest:gsub("\t", " "):gsub(" generic%-amd64$", "")
      end
    end
    assert.same({
      "foo.list[1].low present 40 4 int", "foo.list[1].low absent - - -",
      "struct pair present - 8 struct pair", "struct pair present - 8 struct pair",
      "pair.bits present 4:3 :5 int", "pair.bits present 4:3 :5 int",
      "mode.ON present - - = 2", "mode.ON present - - = 1",
      "wake present - - int (int t)", "wake present - - int (int t)",
      "tick present - - void (void *__data)", "tick present - - void (void *__data)",
    }, rows)
    assert.equal("name\ttarget\trelease\tstatus\toffset\tsize\ttype\tseries", r.out:match "^[^\n]*")
  end)

  it("is a page of HTML, with what stands in names escaped", function()
    local r = history({ "foo.a", "wake" }, "--format", "html")
    assert.equal(0, r.status)
    assert.matches("^<!DOCTYPE html>\n.*</html>\n$", r.out)
    for line in history({ "foo.a", "wake" }).out:gmatch "[^\n]+" do
      assert.is_not_nil(r.out:find(line:gsub("[<>&\"]", { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;",
        ['"'] = "&quot;" }), 1, true), line)
    end
    assert.is_nil(r.out:find "https?://")
    assert.matches("&lt;b&gt;", history({ "<b>" }, "--format", "html").out, 1, true)
  end)

  it("takes a kind before a name, and names of several words", function()
    local b = builder.new()
    local int = b:int("unsigned int", 4)
    b:int("int", 4, "signed")
    b:struct("odd name", 8, { { "a", int, 32 } })
    local path = tmp.write("odd.btf", b:bytes())
    local r = run { "history", "unsigned int", "struct odd name.a", "odd name.a", "-t", path }
    assert.equal([[
unsigned int
    odd  size 4, unsigned int

struct odd name.a
    odd  offset 4, size 4, unsigned int

odd name.a
    odd  offset 4, size 4, unsigned int
]], r.out)
  end)

  it("tells what no kernel has", function()
    local r = history { "foo.b" }
    assert.same({ 2, "btfl history: no kernel has `foo.b`\n" }, { r.status, r.err })
  end)

  it("is a report of the library, over kernels that are open or come one by one", function()
    local targets = {}
    for i, path in ipairs(paths) do targets[i] = btfl.target(path) end
    local of_list = btfl.history({ "foo.a" }, targets)
    assert.equal(5, #of_list.rows)
    local last
    local of_each = btfl.history({ "foo.a" }, coroutine.wrap(function()
      for _, path in ipairs(paths) do
        if last then last:close() end
        last = btfl.target(path)
        coroutine.yield(last)
      end
    end))
    assert.equal(of_list:render "text", of_each:render "text")
    assert.error_matches(function() btfl.history("foo.a", targets) end, "table expected, got string")
  end)

  it("says of kernels of the corpus what pahole says", function()
    local folder = (os.getenv "BTFL_CORPUS" or "../shared/corpus") .. "/kernels/"
    if not io.open(folder .. "7.3.4-generic-amd64.btf.gz") or not os.execute "command -v pahole >/dev/null" then
      return pending "needs the corpus and pahole"
    end
    for _, name in ipairs { "6.12.95-generic-s390x", "6.1.176-armmp-lpae-armhf", "7.3.4-generic-amd64" } do
      local plain = tmp.path "plain.btf"
      assert(os.execute(("gzip -dc %s > %s"):format(run.quote(folder .. name .. ".btf.gz"), plain)))
      local pipe <close> = io.popen(("pahole -F btf -C sched_entity %s 2>/dev/null"):format(plain))
      local said = pipe:read "a"
      local target = btfl.target(plain)
      local n = 0
      for field, offset, size in said:gmatch "([%w_]+);%s*/%*%s+(%d+)%s+(%d+) %*/" do
        local row = btfl.history({ "sched_entity." .. field }, { target }).rows[1]
        assert.same({ "present", tonumber(offset), tonumber(size) }, { row.status, row.offset, row.size }, field)
        n = n + 1
      end
      assert.is_true(n > 5, said)
    end
  end)
end)
