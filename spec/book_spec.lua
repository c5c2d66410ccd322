--- The page that says where things are names files that are there.

local function text_of(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

local function exists(path)
  local file <close> = io.open(path)
  return file ~= nil
end

describe("src/README.md", function()
  it("names files and folders that exist, in src or from the top", function() -- NAME stands for any
    local n = 0
    for path in text_of "src/README.md":gmatch "`([%l%d_./]*/[%l%d_./]*)`" do
      n = n + 1
      -- What is made is not there in a tree that nothing was made in.
      assert.is_true(path:find "^build/" ~= nil or exists("src/" .. path) or exists(path), path)
    end
    assert.is_true(n > 60, tostring(n))
  end)

  it("tells of every layer that make layers knows", function()
    local book = text_of "src/README.md"
    for layer in text_of "Makefile":match "\nLAYERS := ([^\n]+)":gmatch "%S+" do
      assert.is_truthy(book:find(("| `%s/` |"):format(layer), 1, true), layer)
    end
  end)

  it("has a row for every class of changes, with the number of files that it takes", function()
    local rows = 0
    for count in text_of "src/README.md":match "## Where to change what(.-)\n## ":gmatch "| (%d+) |\n" do
      rows = rows + 1
      assert.is_true(tonumber(count) >= 1)
    end
    assert.is_true(rows >= 20, tostring(rows))
  end)
end)
