--- The targets of `make fuzz` build, run on what they start with, and find nothing.

local tmp = require "spec.support.tmp"

describe("make fuzz", function()
  local _, missing, status = tmp.run "make -s fuzz-needs"
  if status ~= 0 then
    pending(missing:match "^[^\n]*")
    return
  end

  it("finds nothing in what each target starts with", function()
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
