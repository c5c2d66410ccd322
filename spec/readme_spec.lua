--- What the README shows is what happens: its console blocks are run, its script too.

local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local README = run.read "README.md"

local function shell(command)
  return run.program { "sh", "-c", command }
end

-- The commands of the console blocks, each with the output that is shown for it.
local function commands()
  local list = {}
  for block in README:gmatch "```console\n(.-)```" do
    for line in block:gmatch "([^\n]*)\n" do
      local command = line:match "^%$ (.*)"
      if command then
        list[#list + 1] = { command = command, shown = {} }
      else
        table.insert(list[#list].shown, line)
      end
    end
  end
  return list
end

describe("the README", function()
  teardown(tmp.clean)

  for _, case in ipairs(commands()) do
    it("shows what `" .. case.command .. "` prints", function()
      local r = shell(case.command)
      local shown = table.concat(case.shown, "\n")
      assert.is_not_nil((r.out .. r.err):find(shown, 1, true), r.out .. r.err)
    end)
  end

  it("has commands to show", function()
    assert.is_true(#commands() >= 4)
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
    for path in shell("ls scripts").out:gmatch "[^\n]+" do
      assert.is_not_nil(README:find("btfl " .. path:gsub("%.lua$", ""), 1, true), path)
    end
  end)
end)
