--- The chapter on policies: its Lua blocks are written to the files that they name, and its commands are
--- run beside them; what is shown is all that they print.

local run = require "spec.support.run"
local shown = require "spec.support.shown"

local README = run.read "lua/btfl/policy/README.md"

describe("the chapter on policies", function()
  local dir = run.tmpdir()
  teardown(function() run.remove(dir) end)

  for name, text in pairs(shown.files(README)) do run.write(dir .. "/" .. name, text) end
  for _, name in ipairs { "example.bpf.o", "small.btf" } do
    run.write(dir .. "/" .. name, run.read("spec/fixtures/" .. name))
  end

  local commands = shown.commands(README)
  for i, case in ipairs(commands) do
    it(("shows what `%s` prints (%d)"):format(case.command, i), function()
      local r = run.program({ "sh", "-c", case.command },
        { cwd = dir, env = { PATH = run.top .. ":" .. os.getenv "PATH" } })
      assert.equal(case.shown, (r.out .. r.err:gsub("^btfl[ a-z]*: ", "")))
    end)
  end

  it("has commands to show, and names files that exist", function()
    assert.is_true(#commands >= 10)
    for path in README:gmatch "%]%(([^)#]+)%)" do
      local f <close> = assert(io.open("lua/btfl/policy/" .. path))
      assert(f)
    end
  end)
end)
