--- Where the system gives no more files or memory, one line says so, and it is true.

local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local OBJECT, KERNEL = run.top .. "/spec/fixtures/example.bpf.o", run.top .. "/spec/fixtures/small.btf"

describe("with few", function()
  teardown(tmp.clean)

  local COMMANDS = {
    { "check", "--why", OBJECT, "-t", KERNEL },
    { "check", OBJECT, "-t", KERNEL, "--format", "json", "--policy", "cilium" },
    { "verdicts", OBJECT, "-t", KERNEL, "-t", KERNEL, "-j", "2" },
    { "minbtf", OBJECT, "-t", KERNEL, "-o", "/dev/null" },
    { "relocate", OBJECT, "-t", KERNEL, "-o", "/dev/null" },
    { "types", KERNEL, "task_struct" }, { "explain" }, { "help" }, { "-e", "require 'dkjson' return 1" },
  }

  -- Runs a command under `ulimit OPTION n`, after the Lua code of init.
  local function limited(option, n, argv, init)
    local env = { LUA_INIT = init or false }
    -- The search for leaks needs files of its own.
    if os.getenv "ASAN_OPTIONS" then env.ASAN_OPTIONS = os.getenv "ASAN_OPTIONS" .. ":detect_leaks=0" end
    return run.program({ "sh", "-c", ("ulimit %s %d; exec \"$@\""):format(option, n), "x", run.btfl,
      table.unpack(argv) }, { env = env })
  end

  describe("files", function()
    -- Leaves no more than n.
    local HOARD = "hoard = {} repeat hoard[#hoard + 1] = io.open '/dev/null' or false until not hoard[#hoard]\n"
      .. "for i = 1, %d do hoard[#hoard - i]:close() end"

    it("open, says that there are too many", function()
      local failed = 0
      for _, argv in ipairs(COMMANDS) do
        local whole = run(argv)
        for n = 0, 2 do
          local r = limited("-n", 20, argv, HOARD:format(n))
          if r.out ~= whole.out or r.status ~= whole.status then
            assert.equal(2, r.status, r.err)
            local lines = 0
            for line in r.err:gmatch "[^\n]+" do
              assert.matches("^btfl[^\n]*: Too many open files$", line)
              lines = lines + 1
            end
            assert.is_true(lines == 1 or argv[1] == "verdicts" and lines == 2) -- one for each kernel
            failed = failed + 1
          end
        end
      end
      assert.is_true(failed > 0)
    end)

    it("left to a script, does not call a module or script missing that is there", function()
      tmp.write("beside.lua", "return {}")
      local path = tmp.write("hoard.lua", [[
local hoard = {}
require "btfl.policy.support.make"
repeat hoard[#hoard + 1] = io.open "/dev/null" or false until not hoard[#hoard]
print(pcall(require, "beside"))
print(pcall(require, "no.such"))
print(pcall(btfl.btf, arg[1]))
print(pcall(btfl.policy, "renames"))
]])
      local r = limited("-n", 20, { path, KERNEL })
      assert.equal(0, r.status, r.err)
      local lines = {}
      for line in r.out:gmatch "[^\n]+" do lines[#lines + 1] = line end
      assert.matches("^false\t/.*/beside.lua: Too many open files$", lines[1])
      assert.matches("^false\tmodule 'no.such' not found", lines[2])
      assert.matches("^false\t.*small.btf: Too many open files$", lines[#lines - 1])
      assert.matches("^false\t/.*/policy/renames.lua: Too many open files$", lines[#lines])
    end)
  end)

  it("memory, says that it is out", function()
    if os.getenv "ASAN_OPTIONS" then
      pending "AddressSanitizer cannot live in little memory"
      return
    end
    for _, argv in ipairs(COMMANDS) do
      local whole, failed = run(argv), 0
      for kib = 8000, 80000, 4000 do
        local r = limited("-v", kib, argv)
        if r.status ~= whole.status or r.out ~= whole.out then
          failed = failed + 1
          assert.is_true(r.status == 2 or r.status == 127, ("%d KiB: %d %s"):format(kib, r.status, r.err))
          assert.matches("^[^\n]+\n$", r.err)
          assert.is_truthy(r.err:find "[Mm]emory" or r.err:find "shared librar" or r.err:find "map segment", r.err)
        end
      end
      assert.is_true(failed > 0)
    end
  end)
end)
