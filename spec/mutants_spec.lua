--- Damaged files never crash what looks at them; what can be read is read to the end.

local run = require "spec.support.run"

local function survives(seed, count)
  local r = run { "spec/support/mutants.lua", tostring(seed), tostring(count) }
  assert.same({ "", 0 }, { r.err, r.status })
  assert.is_true(tonumber(r.out) > count / 20, r.out)
end

describe("damaged files", function()
  for seed = 1, 3 do
    it("are looked into without harm, seed " .. seed, function() survives(seed, 150) end)
  end
end)

describe("many damaged files #long", function()
  for seed = 1001, 1040 do
    it("are looked into without harm, seed " .. seed, function() survives(seed, 500) end)
  end
end)
