--- What the README shows is what happens: its console blocks are run, its script too.

local run = require "spec.support.run"
local shown = require "spec.support.shown"
local tmp = require "spec.support.tmp"

local README = run.read "README.md"

local function shell(command)
  return run.program { "sh", "-c", command }
end

describe("the README", function()
  teardown(tmp.clean)

  for _, case in ipairs(shown.commands(README)) do
    it("shows what `" .. case.command .. "` prints", function()
      local r = shell(case.command)
      assert.is_not_nil((r.out .. r.err):find(case.shown:gsub("\n$", ""), 1, true), r.out .. r.err)
    end)
  end

  it("has commands to show", function()
    assert.is_true(#shown.commands(README) >= 4)
  end)

  it("has a script that runs and reports", function()
    local script = assert(README:match "```lua\n(.-)```")
    local path = tmp.write("poisoned.lua", script)
    local r = run { path, "spec/fixtures/example.bpf.o", "-t", "spec/fixtures/small.btf", "--format", "tsv" }
    assert.equal(1, r.status)
    assert.equal("", r.err)
    local lines = {}
    for line in r.out:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal(3, #lines)
    assert.matches("^error\tno%-field\t.*example%.bpf%.c:92:2\t.*`state`$", lines[2])
  end)

  it("names every reason code", function()
    local engine = require "btfl.engine"
    for _, reason in ipairs(engine.reasons) do
      assert.is_not_nil(README:find("| `" .. reason .. "` |", 1, true), reason)
    end
    for _, rule in ipairs(engine.rules) do
      local row = ("| `%s` | %s |"):format(rule, require("btfl").reasons[rule].title)
      assert.is_true(rule == "relocation" or README:find(row, 1, true) ~= nil, row)
    end
  end)

  it("names every script", function()
    for name in shell("ls scripts").out:gmatch "([%w_]+)%.lua\n" do
      assert.is_not_nil(README:find("btfl " .. name, 1, true), name)
    end
  end)
end)
