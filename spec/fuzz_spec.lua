--- The targets of `make fuzz` find nothing in what they start with: with libFuzzer and sanitizers, and as programs of
--- their own, which the objects of btfl are enough for, in a little more.

local run = require "spec.support.run"
local seeds = require "spec.fuzz.seeds"
local tmp = require "spec.support.tmp"

local PROGRAMS = os.getenv "ASAN_OPTIONS" and "build/san/inputs" or os.getenv "COVERAGE" and "build/cov/inputs"
  or "build/inputs"

-- What takes long for each input is changed less often.
local CHANGES = { api = 0, why = 3 }

describe("a target of make fuzz", function()
  teardown(tmp.clean)

  local count = 0
  for name in tmp.run("ls spec/fuzz"):gmatch "([%w_]+)%.c\n" do
    count = count + 1
    it("finds nothing in what it starts with, nor in changes of it: " .. name, function()
      seeds.write(name, tmp.path(name))
      local r = run.program { "sh", "-c", [["$0" "$1" "$2"/*]], ("%s/%s"):format(PROGRAMS, name), CHANGES[name] or 20,
        tmp.path(name) }
      assert.same({ "", 0 }, { r.err, r.status })
      assert.is_true(tonumber(r.out:match "^(%d+) runs\n$") > 0, r.out)
    end)
  end

  it("is one of many", function() assert.is_true(count >= 15) end)
end)

describe("make fuzz", function()
  local _, missing, status = tmp.run "make -s fuzz-needs"
  if status ~= 0 then
    pending(missing:match "^[^\n]*")
    return
  end

  it("finds nothing in what each target starts with #long", function()
    local out, err, found = tmp.run "make -s fuzz ARGS=--first"
    assert.same({ "", 0 }, { err, found }, out)
    local targets = 0
    for line in out:gmatch "[^\n]* runs [^\n]*" do
      assert.matches("^%w+_?%w* +%d+ runs +%d+ s +%d+ edges +%d+ inputs$", line)
      targets = targets + 1
    end
    assert.is_true(targets >= 15, out)
  end)
end)
