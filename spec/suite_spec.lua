--- How `make test` runs spec files: each in a process of its own, and what they count added up.

local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local PASSES = "it('a', function() assert.is_table(btfl) end) pending 'b'"
local FAILS = "it('a', function() assert.is_nil(btfl) end) it('b', function() error 'x' end) it('c', function() end)"

describe("a run of all spec files", function()
  teardown(tmp.clean)

  local function suite(texts, env)
    local words = { "spec/support/suite.lua", "/usr/bin/busted" }
    for i, text in ipairs(texts) do words[#words + 1] = tmp.write(("s%d_spec.lua"):format(i), text) end
    local r = run(words, { env = env or { TIMES = false } })
    return r, r.out:match "([^\n]*)\n$"
  end

  it("adds up what they count", function()
    local r, last = suite { PASSES, "it('a', function() end)", PASSES }
    assert.same({ 0, "", "3 passed, 0 failed, 2 skipped" }, { r.status, r.err, last })
    assert.matches("/s2_spec.lua: 1 success / 0 failures / 0 errors / 0 pending : [%d.]+ seconds\n", r.out)
    assert.matches("\n3 successes / 0 failures / 0 errors / 2 pending : %d+ seconds\n\n3 passed", r.out)
    assert.matches("/s1_spec.lua: \n[^\n]*\n1 success / 0 failures / 0 errors / 1 pending : ", r.out)
  end)

  it("fails where one fails, and names it", function()
    local r, last = suite { PASSES, FAILS }
    assert.same({ 1, "2 passed, 2 failed, 1 skipped" }, { r.status, last })
    assert.matches("\nfailed: %S+/s2_spec.lua\n", r.out)
    assert.matches("Failure %-> %S+/s2_spec.lua @ 1\na\n", r.out)
  end)

  for how, text in pairs {
    ["ends too early"] = "it('a', function() os.exit(0, true) end)",
    ["is ended by a signal"] = "it('a', function() os.execute 'kill -9 $PPID' end)",
    ["ends badly when all is counted"] = "it('a', function() end)\n"
      .. "x = setmetatable({}, { __gc = function() os.exit(99, false) end })",
    ["is no Lua"] = "syntax error",
  } do
    it("fails where one " .. how, function()
      local r, last = suite { PASSES, text, PASSES }
      assert.equal(1, r.status)
      assert.matches("^%d passed, 1 failed, 2 skipped$", last)
      assert.matches("\nfailed: %S+/s2_spec.lua\n", r.out)
    end)
  end

  it("fails where no test ran, and not for one of them", function()
    local r, last = suite { "pending 'b'", "" }
    assert.same({ 1, "no test ran\n", "0 passed, 0 failed, 1 skipped" }, { r.status, r.err, last })
    r, last = suite { "pending 'b'", "", PASSES }
    assert.same({ 0, "", "1 passed, 0 failed, 2 skipped" }, { r.status, r.err, last })
  end)

  it("takes as many at a time as $JOBS says, and tells with $TIMES what took how much CPU", function()
    -- Each waits for the other.
    local waits = ("it('a', function() assert(os.execute [[touch '%s'; for i in $(seq 600); do "
      .. "[ -e '%s' ] && exit; sleep 0.1; done; exit 1]]) end)")
    local one, other = tmp.path "one", tmp.path "other"
    local r, last = suite({ waits:format(one, other), waits:format(other, one) }, { JOBS = "2", TIMES = "1" })
    assert.same({ 0, "2 passed, 0 failed, 0 skipped" }, { r.status, last })
    assert.matches("\n +[%d.]+ s of CPU\n +[%d.]+   %S+_spec.lua\n", r.out)
  end)
end)
