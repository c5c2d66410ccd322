--- target.version: compares as releases follow one another.
local btfl = require "btfl"

local KERNEL = "spec/fixtures/small.btf"

local function version(text) return btfl.target(KERNEL, { version = text }).version end

describe("the version of a kernel", function()
  it("stands in order of its numbers", function()
    local order = { "4.19.0", "5.2", "5.9", "5.9.16", "5.10", "5.10.9", "5.10.223", "5.10.1000", "16.0" }
    for i, a in ipairs(order) do
      for j, b in ipairs(order) do
        assert.equal(i < j, version(a) < b, a .. " < " .. b)
        assert.equal(i <= j, version(a) <= version(b), a .. " <= " .. b)
        assert.equal(i > j, a > version(b), a .. " > " .. b)
        assert.equal(i == j, version(a) == version(b), a .. " == " .. b)
      end
    end
  end)

  it("has as many numbers as it needs", function()
    assert.is_true(version "5.10" == version "5.10.0")
    assert.is_true(version "5.10.1" > "5" and version "5.10.1" < "6")
    local v = version "5.10.223"
    assert.same({ 5, 10, 223 }, { v.major, v.minor, v.patch })
    assert.equal(0, version("5.10").patch)
  end)

  it("is a text where one is needed", function()
    assert.equal("5.10.223", tostring(version "5.10.223"))
    assert.equal("Linux 5.10.223!", "Linux " .. version "5.10.223" .. "!")
    assert.equal("5.9", ("%s"):format(version "5.9"))
    local report = btfl.report("x", { columns = { "version" } })
    report:row { version = version "5.10.223" }
    assert.equal("version\n5.10.223\n", report:render "tsv")
    assert.is_truthy(report:render "json":find('"version":"5.10.223"', 1, true))
  end)

  it("refuses what is no version", function()
    for _, other in ipairs { 5.10, 5, "5.x", "", "6.1.0-18-amd64", "5.10.", "5.10.1.2", ".5", {}, "5.1\0" } do
      assert.has_error(function() return version "5.10" < other end)
      assert.has_error(function() return other <= version "5.10" end)
    end
    assert.error_matches(function() return version "5.10" < 5.9 end, 'such as "5.16", not with number')
    assert.error_matches(function() return version("5.10").minr end, "did you mean 'minor'")
  end)

  it("outlives its target", function()
    local target = btfl.target(KERNEL, { version = "5.10" })
    local v = target.version
    target:close()
    collectgarbage()
    assert.is_true(v < "5.11")
  end)
end)
