--- Real objects on real kernels: every relocation becomes what libbpf makes of it.

local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"

local function absolute(path)
  return (tmp.run("cd " .. run.quote(path) .. " 2>/dev/null && pwd -P"):gsub("\n$", ""))
end

--- The objects of an expected file, in its order, and how many rows it has.
local function objects_of(expected)
  local list, last, rows = {}, nil, -1
  for line in expected:gmatch("[^\n]+") do
    local object = line:match("^[^\t]*")
    if rows >= 0 and object ~= last then
      list[#list + 1], last = object, object
    end
    rows = rows + 1
  end
  return list, rows
end

--- The first line in which two texts differ, of which the first is what is wanted.
local function difference(want, got)
  local lines = {}
  for line in got:gmatch("[^\n]+") do lines[#lines + 1] = line end
  local n = 0
  for line in want:gmatch("[^\n]+") do
    n = n + 1
    if line ~= lines[n] then return ("row %d\nwant %s\ngot  %s"):format(n, line, lines[n]) end
  end
  return ("%d rows more than wanted"):format(#lines - n)
end

describe("the corpus", function()
  teardown(tmp.clean)

  local top = absolute(corpus)
  if top == "" then
    pending("is reproduced: needs a corpus, in $BTFL_CORPUS or ../shared/corpus")
    return
  end

  local kernels = {}
  for name in tmp.run("ls " .. run.quote(top .. "/expected")):gmatch("([^\n]+)%.tsv\n") do
    kernels[#kernels + 1] = name
  end

  local total = 0
  for _, kernel in ipairs(kernels) do
    it("is reproduced on " .. kernel, function()
      local expected = run.read(("%s/expected/%s.tsv"):format(top, kernel))
      local objects, rows = objects_of(expected)
      local argv = { "relos", "--format", "tsv", "-t", ("%s/kernels/%s.btf.gz"):format(top, kernel) }
      table.move(objects, 1, #objects, #argv + 1, argv)
      local r = run(argv, { cwd = top .. "/objects" })
      assert.are.equal("", r.err)
      -- Not assert.are.equal: it would print a megabyte.
      assert(r.out == expected, r.out ~= expected and difference(expected, r.out))
      total = total + rows
    end)
  end

  it("has 18,218 rows on 14 kernels", function()
    assert.are.equal(14, #kernels)
    assert.are.equal(18218, total)
  end)
end)
