--- Answers are the same in whatever form the question is: types in another order, in the other byte order, with others
--- among them, in two parts, only those that are needed; an object relocated once and again.

local run = require "spec.support.run"
local CORPUS = os.getenv("BTFL_CORPUS") or "../shared/corpus"

-- Nothing differs; the number of answers that were compared.
local function holds(seed, count, files)
  local r = run { "spec/support/metamorphic.lua", tostring(seed), tostring(count), table.unpack(files or {}) }
  assert.same({ "", 0 }, { r.err, r.status })
  assert.matches((" %d cases, [%%d]+ comparisons, [%%d]+ answers, 0 differ\n$"):format(count), " " .. r.out)
  return tonumber(r.out:match "(%d+) answers")
end

describe("answers of another form of the same", function()
  for seed = 1, 2 do
    it("are the same, seed " .. seed, function() assert.is_true(holds(seed, 40) > 40 * 200) end)
  end
end)

describe("answers of many other forms #long", function()
  for seed = 101, 110 do
    it("are the same, seed " .. seed, function() assert.is_true(holds(seed, 1000) > 1000 * 200) end)
  end

  it("are the same of real objects and kernels", function()
    if not io.open(CORPUS .. "/README.md") then return pending "needs a corpus" end
    local list = run.program({ "sh", "-c", ("ls %s/objects/libbpf-tools*/*.o"):format(CORPUS) }).out
    local files = {}
    for path in list:gmatch "[^\n]+" do files[#files + 1] = path end
    files[#files + 1] = "--"
    files[#files + 1] = CORPUS .. "/kernels/5.10.262-generic-amd64.btf.gz"
    files[#files + 1] = CORPUS .. "/kernels/7.1-ci-amd64.btf.gz"
    assert.is_true(holds(7, 20, files) > 20 * 30)
  end)
end)
