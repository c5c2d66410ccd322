--- src/core/semantics.md is true of the code: what it names is there, and what is cited is in it.

local tmp = require "spec.support.tmp"

local BOOK = "src/core/semantics.md"

--- The rules: number, title, text.
local function rules()
  local list = {}
  for number, title, text in (tmp.read(BOOK):gsub("\n(###? )", "\n\0%1") .. "\0")
    :gmatch("%z### (%d+)%. ([^\n]+)\n([^%z]*)") do
    list[#list + 1] = { number = math.tointeger(number), title = title, text = text }
  end
  return list
end

-- Whether a file has the function's body (or, in a header, its inline one).
local function defines(path, name)
  for line, rest in tmp.read(path):gmatch("\n([%w_][^\n;]*%f[%w_]" .. name .. "%([^\n]*)(\n[^\n]*)") do
    if not (line .. rest):match("^[^{]*;") then return true end
  end
  return false
end

--- `make layers` in a copy of what it looks at, with one file changed: what it found, what it says of
--- it, and its status.
local function layers(path, change)
  local tree = tmp.path("tree")
  assert(os.execute(("rm -rf '%s' && mkdir '%s' && cp -r Makefile src lua scripts spec '%s'"):format(tree, tree, tree)))
  if path then tmp.write("tree/" .. path, change(tmp.read(path))) end
  return tmp.run(("make -C '%s' --no-print-directory layers"):format(tree))
end

describe("the rules of relocation", function()
  teardown(tmp.clean)

  it("are numbered from 1 on, and each says its code and its source", function()
    local list = rules()
    assert.is_true(#list >= 29)
    for i, rule in ipairs(list) do
      assert.are.equal(i, rule.number)
      assert.matches("%*Code:%* `", rule.text, nil, rule.title)
      assert.matches("%*Source:%* ", rule.text, nil, rule.title)
    end
  end)

  it("are not said to be in code that is not there", function()
    assert.is_true(defines("src/core/value.c", "value_calc"))
    assert.is_false(defines("src/core/value.c", "btf_size"))
    assert.is_false(defines("src/core/value.h", "value_calc"))
  end)

  for _, rule in ipairs(rules()) do
    it(("%d: the code is where it is said to be"):format(rule.number), function()
      local code, path, found = rule.text:match("%*Code:%*(.-)%*Source:%*"), nil, 0
      for word in code:gmatch("`([^`]+)`") do
        local name = word:match("^([%w_]+)%(%)$")
        if word:match("%.[ch]$") then
          path = "src/" .. word
          assert(tmp.read(path))
        elseif name then
          found = found + 1
          assert.is_true(defines(path, name), ("%s has no %s()"):format(path, name))
        end
      end
      assert.is_true(found > 0)
    end)
  end
end)

describe("make layers", function()
  teardown(tmp.clean)

  local function cites(path, text)
    return layers(path, function(old) return old .. text .. "\n" end)
  end

  it("passes over the tree", function()
    assert.are.same({ "", "", 0 }, { layers() })
  end)

  for _, case in ipairs {
    { "src/core/value.c", "/* %s 99 */", "semantics" }, { "src/verify/walk.h", "/* %s 4, 98 and 5 */", "semantics" },
    { "lua/btfl/init.lua", "-- %s 1 to 97", "semantics" }, { "spec/btf_spec.lua", "-- (%s 96)", "rule" },
    { "scripts/why.lua", "-- (%s 9 to 95)", "rules" }, { "src/core/match.h", "/* by %s\n * 4 */", "semantics" },
    { "src/core/match.h", "/* by %s 0 */", "semantics" },
  } do
    local path, text = case[1], case[2]:format(case[3])
    it(("fails on %q"):format(text), function()
      local hits, said, status = cites(path, text)
      assert.are.equal(2, status)
      assert.matches("^" .. path .. ":%d+:" .. case[3] .. "[^\n]*\n$", hits)
      assert.matches("layers: src/core/semantics.md does not have the rule\n", said, nil, true)
    end)
  end

  it("fails when a rule that is cited goes", function()
    local hits, said = layers(BOOK, function(old) return (old:gsub("\n### 25%. [^\n]*", "")) end)
    assert.matches("src/core/target.h:%d+:semantics 25", hits)
    assert.matches("does not have the rule", said, nil, true)
  end)

  it("fails when there are no rules", function()
    local _, said = layers(BOOK, function() return "" end)
    assert.matches("does not have the rule", said, nil, true)
  end)

  it("takes no number for a rule that only looks like one", function()
    assert.are.same({ "", "", 0 }, { cites("lua/btfl/init.lua", "-- rule99, rules of 98, semantics-97") })
  end)
end)
