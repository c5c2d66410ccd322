--- Where policies and formats are looked up: never in the current folder, but for what
--- is named as a file.

local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local OBJECT, KERNEL = run.top .. "/spec/fixtures/example.bpf.o", run.top .. "/spec/fixtures/small.btf"

describe("the current folder", function()
  local here

  setup(function()
    here = tmp.mkdir "here"
    local ran = "io.stderr:write 'RAN\\n'\n"
    local policy = ran .. "return btfl.policy { name = 'mine' }"
    local format = ran .. "return function() return 'mine\\n' end"
    for _, folder in ipairs { "", "btfl/policy/", "btfl/format/", "btfl/", "lib/btfl/policy/", "lib/btfl/format/" } do
      tmp.mkdir("here/" .. folder)
      for _, name in ipairs { "mine", "argparse", "dkjson", "named", "report", "cilium", "json" } do
        tmp.write(("here/%s%s.lua"):format(folder, name), folder:find "format" and format or policy)
      end
    end
  end)
  teardown(tmp.clean)

  local function check(options, env)
    local argv = { "check", OBJECT, "-t", KERNEL, table.unpack(options) }
    return run(argv, { cwd = here, env = env or { LUA_PATH = false, LUA_CPATH = false } })
  end

  -- However package.path comes by it.
  local PATHS = { false, ";;", "./?.lua;;", "?.lua;;", ".//?.lua;./?/init.lua;;", "lib/?.lua;;" }

  it("runs nothing that is named without a path", function()
    for _, path in ipairs(PATHS) do
      local env = { LUA_PATH = path }
      local r = check({ "--policy", "mine" }, env)
      assert.same({ "btfl check: there is no policy `mine` (the file of that name is --policy ./mine.lua)\n", 2 },
        { r.err, r.status })
      r = check({ "--format", "mine" }, env)
      assert.matches("^btfl check: option '%-%-format': there is no format 'mine' ", r.err)
      assert.equal(2, r.status)
      for _, options in ipairs { { "--format", "json" }, { "--policy", "cilium" }, { "--why" } } do
        r = check(options, env)
        assert.same({ "", 1 }, { r.err, r.status })
      end
    end
  end)

  it("has no policy that another one extends by name", function()
    local path = tmp.write("extends.lua", "return btfl.policy { name = 'x', extends = 'mine' }")
    local r = check { "--policy", path }
    assert.equal(2, r.status)
    assert.matches("there is no policy `mine`", r.err, 1, true)
  end)

  it("runs what is named as a file", function()
    for _, word in ipairs { "./mine.lua", "mine.lua", "btfl/policy/mine.lua", here .. "/mine.lua" } do
      assert.equal("RAN\n", check({ "--policy", word }).err)
    end
    for _, word in ipairs { "./btfl/format/mine.lua", "btfl/format/mine.lua" } do
      local r = check { "--format", word }
      assert.same({ "RAN\n", "mine\n" }, { r.err, r.out })
    end
  end)

  it("is searched by what a user's own code requires, as in lua(1)", function()
    local r = run({ "-e", "require 'mine' return 1" }, { cwd = here, env = { LUA_PATH = false } })
    assert.same({ "RAN\n", "1\n" }, { r.err, r.out })
  end)

  it("is left out where a folder in package.path has the module", function()
    local env = { LUA_PATH = here .. "/lib/?.lua;;" }
    assert.equal("RAN\n", check({ "--policy", "mine" }, env).err)
    assert.equal("mine\n", check({ "--format", "mine" }, env).out)
  end)
end)
