--- Memory of a run hardly grows with pairs of objects and kernels: what is said of each is a part of what is said
--- of many. With objects it grows by little.
local engine = require "btfl.engine"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local FIXTURES = run.top .. "/spec/fixtures/"
local OBJECTS <const> = 60

-- So many kernels, all of one BTF but for their releases, in a folder; or of these in turn.
local function kernels(count, files)
  local folder = tmp.path("kernels" .. count)
  tmp.run("rm -rf " .. run.quote(folder))
  tmp.run("mkdir -p " .. run.quote(folder))
  for i = 1, count do
    local file = files and files[i % #files + 1] or "small.btf"
    tmp.run(("cp %s%s %s/6.1.%d-x-amd64.btf"):format(FIXTURES, file, run.quote(folder), i))
  end
  return folder
end

-- Bytes that are held by a script at its end, or, of its own accord, where it says measure(); of so many copies
-- of an object.
local function held(body, count, files, object, copies)
  local words = { tmp.write("held.lua", ([[
local cli = btfl.cli { about = "held", verdicts = true }
local out = btfl.report("held", { columns = { "object", "program", "target" } })
local most = 0
local function measure()
  collectgarbage()
  collectgarbage()
  most = math.max(most, collectgarbage "count" * 1024 // 1 | 0)
end
%s
measure()
io.stderr:write(most, "\n")
return out]]):format(body)) }
  for i = 1, copies or OBJECTS do
    words[#words + 1] = tmp.path(("copy%d.bpf.o"):format(i))
    tmp.run(("cp %s%s %s"):format(FIXTURES, object or "example.bpf.o", run.quote(words[#words])))
  end
  local r = run { words[1], "-t", kernels(count, files), table.unpack(words, 2) }
  return assert(tonumber(r.err:match "^(%d+)\n$"), r.err)
end

local function of_a_pair(body, files, object)
  local few, many = held(body, 20, files, object), held(body, 220, files, object)
  return (many - few) / (OBJECTS * 200)
end

local function of_an_object(body, object)
  return (held(body, 2, nil, object) - held(body, 2, nil, object, OBJECTS // 3)) / (OBJECTS - OBJECTS // 3)
end

describe("what a pair of an object and a kernel takes", function()
  teardown(tmp.clean)

  it("is little of a check", function()
    local bytes = of_a_pair "cli:check_all(out) out:merge()"
    assert.is_true(bytes < 50, bytes)
  end)

  it("is little of rows, though each kernel is another than the one before", function()
    local bytes = of_a_pair([[
local is_first = true
cli:kernel_by_kernel(function(object, target)
  return { { object = object.path, program = "p" .. #target.btf } }
end, function(_, said, names)
  if is_first then measure() end
  is_first = false
  for i, rows in ipairs(said) do out:again(rows, "target", names, i, i) end
end)]], { "small.btf", "6.18.44-amd64.btf" })
    assert.is_true(bytes < 24, bytes)
  end)

  it("is little where the two cannot be compared", function()
    for _, body in ipairs { "cli:check_all(out) out:merge()",
      "cli:kernel_by_kernel(function() return {} end, function() end)" } do
      local bytes = of_a_pair(body, nil, "target.clang19.eb.o")
      assert.is_true(bytes < 24, body .. bytes)
    end
  end)

  it("is a number in a matrix", function()
    local bytes = of_a_pair [[
local objects = {}
for object in cli:objects() do objects[#objects + 1] = object end
out = btfl.matrix(objects, cli):report()]]
    assert.is_true(bytes < 40, bytes)
  end)
end)

describe("what an object takes of a check", function()
  teardown(tmp.clean)

  -- Of one with arguments that are followed, and with reads that are told of all kernels together.
  local OBJECT <const> = "nocore.clang19.o"

  it("is little while kernels are looked at", function()
    local bytes = of_an_object([[
local engine = require "btfl.engine"
local rest, looked = engine.rest, 0
function engine.rest(object)
  rest(object)
  looked = looked + 1
  if looked % 10 == 0 then measure() end
end
cli:check_all(out)]], OBJECT)
    assert.is_true(bytes < 36000, bytes)
  end)

  it("is little more than its findings when all of them were", function()
    local bytes = of_an_object("cli:check_all(out) out:merge()", OBJECT)
    assert.is_true(bytes < 9000, bytes)
  end)
end)

describe("what is said of a pair", function()
  it("has a text once, and is the same bytes wherever that stands", function()
    local function packed()
      local list = {}
      for i = 1, 20 do list[i] = { text = ("a long text "):rep(5) .. "again", again = ("again"):rep(1) } end
      return engine.pack(list, error, true), list
    end
    local bytes, list = packed()
    assert.equal(bytes, (packed()))
    assert.is_true(#bytes < 300, #bytes)
    assert.same(list, engine.unpack(bytes, error))
  end)
end)

describe("what a program reads", function()
  teardown(tmp.clean)

  it("is told without what it was found by", function()
    if os.getenv "ASAN_OPTIONS" then return pending "a sanitizer keeps what is freed" end
    local r = run { tmp.write("reads.lua", [[
local program = btfl.object(arg[1]):programs()()
local function taken()
  local file <close> = assert(io.open "/proc/self/status")
  return tonumber(file:read "a":match "VmRSS:%s*(%d+)") - collectgarbage "count"
end
collectgarbage "stop"
for _ = 1, 100 do program:reads() end
local before = taken()
for _ = 1, 2000 do program:reads() end
print((taken() - before) / 2000)]]), FIXTURES .. "nocore.clang19.o" }
    assert.equal("", r.err)
    assert.is_true(tonumber(r.out) < 1, r.out)
  end)
end)
