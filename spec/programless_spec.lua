--- Objects without a program, of which no verdict tells.
local btf = require "spec.support.btf"
local kernels = require "spec.support.kernel"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local function kernel()
  return tmp.write("6.12.0-programless.btf", kernels.new { prog_type = kernels.PROG_TYPES }:bytes())
end

-- Of the two kinds: one that libbpf does not open, one that it opens to load nothing.
local function legacy()
  local o = object.new(btf.new())
  o:section("maps", ("\0"):rep(20), { flags = 3 })
  return tmp.write("legacy.o", o:bytes())
end

local function empty()
  return tmp.write("empty.o", object.new(btf.new()):bytes())
end

local LEGACY = "libbpf does not open the object: maps stand in section `maps`, which 1.0 and later do not read"
local EMPTY = "the object has no program, so a loader has nothing to load"

describe("an object without a program", function()
  teardown(tmp.clean)

  for _, command in ipairs { "check", "verdicts", "matrix" } do
    it(("is told of by %s"):format(command), function()
      local r = run { command, legacy(), "-t", kernel() }
      assert.equal(1, r.status)
      assert.matches(command == "matrix" and "refused" or "error[open]: " .. LEGACY, r.out, 1, true)
      r = run { command, empty(), "-t", kernel() }
      assert.equal(0, r.status)
      assert.matches(command == "matrix" and "which loads" or "note[no-programs]: " .. EMPTY, r.out, 1, true)
    end)
  end

  it("has a row of its own where libbpf does not open it", function()
    local r = run { "verdicts", legacy(), empty(), "-t", kernel(), "--format", "tsv" }
    local rows = {}
    for line in r.out:gmatch "[^\n]+" do rows[#rows + 1] = line end
    assert.equal(2, #rows)
    assert.matches("legacy%.o\t%-\t%-\t0\t0\trefused\t%-\t6%.12%.0%-programless\topen\t%-\t%-$", rows[2])
  end)

  it("is asked only about the rules that are wanted", function()
    for _, command in ipairs { "check", "verdicts" } do
      local r = run { command, legacy(), "-t", kernel(), "--only", "helper-unknown" }
      assert.equal(0, r.status)
      assert.is_nil(r.out:find("error[", 1, true))
    end
  end)
end)
