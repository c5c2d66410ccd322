--- Arguments on pairs of real kernels, held against an independent reading of the two BTFs: programs that are
--- compiled against one and meet the other, each taking an argument in one of many ways.
local tmp = require "spec.support.tmp"
local trial = require "spec.support.drifting_trial"

local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"

local function path_of(kernel)
  for _, folder in ipairs { "kernels", "loads" } do
    local path = ("%s/%s/%s.btf.gz"):format(CORPUS, folder, kernel)
    local file = io.open(path)
    if file then
      file:close()
      return path
    end
  end
  return nil
end

local function missing()
  local _, _, status = tmp.run "bpftool version"
  if status ~= 0 then return "needs bpftool" end
  return not path_of "6.1.192-cloud-amd64" and "needs the corpus" or nil
end

-- Every kind of answer is among them.
local function holds(old, new, count, seed)
  local tally = trial.run(assert(path_of(old)), assert(path_of(new)), count, seed)
  assert.same({}, tally.wrong)
  assert.equal(count, tally.right)
  for _, expected in ipairs { "same -", "drift silent", "drift rejected", "drift setting" } do
    assert.is_true((tally.by[expected] or 0) > 0, expected)
  end
end

describe("programs of an older kernel", function()
  teardown(tmp.clean)

  it("are told as the two BTFs have it", function()
    local why = missing()
    if why then return pending(why) end
    holds("6.1.192-cloud-amd64", "7.0.13-cloud-amd64", 400, 21)
  end)
end)

local PAIRS = {
  { "5.10.223-cloud-amd64", "6.1.192-cloud-amd64" }, { "5.10.262-generic-amd64", "7.3.4-generic-amd64" },
  { "5.10.262-generic-amd64", "6.12.117-generic-amd64" }, { "6.1.192-generic-amd64", "6.12.117-generic-amd64" },
  { "6.1.192-cloud-amd64", "6.16.12-cloud-amd64" }, { "6.12.117-generic-amd64", "6.18.15-cloud-amd64" },
  { "6.16.3-cloud-amd64", "7.1.13-cloud-amd64" }, { "6.18.15-cloud-amd64", "7.3.4-generic-amd64" },
  -- Programs of a newer one on an older.
  { "7.3.4-generic-amd64", "6.1.192-generic-amd64" }, { "6.18.15-cloud-amd64", "5.10.262-generic-amd64" },
}

describe("programs of an older kernel #long", function()
  teardown(tmp.clean)

  for i, pair in ipairs(PAIRS) do
    it(("are told as the two BTFs have it, of %s on %s"):format(pair[1], pair[2]), function()
      local why = missing()
      if why then return pending(why) end
      holds(pair[1], pair[2], 3000, 30 + i)
    end)
  end
end)
