--- A misspelt name is answered with the nearest that there is.
local btfl = require "btfl"

describe("btfl.meant", function()
  it("names the nearest of a list, of two that are as near the first", function()
    assert.equal(" (did you mean `state`?)", btfl.meant("stat", { "pid", "state", "stats" }))
    assert.equal(" (did you mean `stats`?)", btfl.meant("stat", { "pid", "stats", "state" }))
  end)

  it("takes a table's keys in the order of the alphabet", function()
    assert.equal(" (did you mean `state`?)", btfl.meant("stat", { stats = 1, state = false, [7] = 1 }))
    assert.equal(" (did you mean `7`?)", btfl.meant(8, { [7] = 1 }))
  end)

  it("says nothing where none is near", function()
    assert.equal("", btfl.meant("wholly_else", { "pid", "state" }))
    assert.equal("", btfl.meant("state", {}))
  end)

  it("quotes as it is told", function()
    assert.equal(" (did you mean 'state'?)", btfl.meant("stat", { "state" }, "'"))
  end)

  it("refuses what is no list of names, where it was called", function()
    local function refuses(text, ...)
      local ok, message = pcall(btfl.meant, ...)
      assert.is_false(ok)
      assert.matches(text, message, 1, true)
    end
    refuses("bad argument #2 to 'meant' (table expected, got no value)", "state")
    refuses("bad argument #2 to 'meant' (table expected, got function)", "state", print)
    refuses("bad argument #3 to 'meant' (string expected, got table)", "state", { "state" }, {})
    refuses("bad argument #2 to 'meant' (a list of strings expected)", "state", { 1 })
  end)
end)
