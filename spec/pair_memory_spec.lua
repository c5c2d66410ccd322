--- Memory of a run hardly grows with pairs of objects and kernels: what is said of each is a part of what is said
--- of many.
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local FIXTURES = run.top .. "/spec/fixtures/"
local OBJECTS <const> = 60

-- So many kernels, all of one BTF but for their releases, in a folder.
local function kernels(count)
  local folder = tmp.path("kernels" .. count)
  tmp.run("mkdir -p " .. run.quote(folder))
  for i = 1, count do
    tmp.run(("cp %ssmall.btf %s/6.1.%d-x-amd64.btf"):format(FIXTURES, run.quote(folder), i))
  end
  return folder
end

-- Bytes that are held by a script at its end.
local function held(body, count)
  local words = { tmp.write("held.lua", ([[
local cli = btfl.cli { about = "held", verdicts = true }
local out = btfl.report("held", { columns = { "object", "program", "target" } })
%s
collectgarbage()
collectgarbage()
io.stderr:write(collectgarbage "count" * 1024 // 1 | 0, "\n")
return out]]):format(body)) }
  for i = 1, OBJECTS do
    words[#words + 1] = tmp.path(("copy%d.bpf.o"):format(i))
    tmp.run(("cp %sexample.bpf.o %s"):format(FIXTURES, run.quote(words[#words])))
  end
  local r = run { words[1], "-t", kernels(count), table.unpack(words, 2) }
  return assert(tonumber(r.err:match "^(%d+)\n$"), r.err)
end

local function of_a_pair(body)
  local few, many = held(body, 20), held(body, 220)
  return (many - few) / (OBJECTS * 200)
end

describe("what a pair of an object and a kernel takes", function()
  teardown(tmp.clean)

  it("is little of a check", function()
    local bytes = of_a_pair "cli:check_all(out) out:merge()"
    assert.is_true(bytes < 50, bytes)
  end)

  it("is a number in a matrix", function()
    local bytes = of_a_pair [[
local objects = {}
for object in cli:objects() do objects[#objects + 1] = object end
out = btfl.matrix(objects, cli):report()]]
    assert.is_true(bytes < 40, bytes)
  end)
end)
