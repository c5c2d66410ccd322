--- A run over many inputs: how far it is, and what SIGINT makes of it.
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local KERNEL, OBJECT = "spec/fixtures/small.btf", "spec/fixtures/example.bpf.o"

-- Runs a script over two objects and two kernels. The shell's parent is the program.
local function over(body, ...)
  local path = tmp.write("over.lua", ([[
local cli = btfl.cli { about = "x" }
local out = btfl.report("over", { columns = { "n" } })
local function interrupt() io.popen("kill -INT $PPID"):close() end
%s
return out
]]):format(body))
  return { path, OBJECT, "spec/fixtures/fixed.bpf.o", "-t", KERNEL, "-t", KERNEL, ... }
end

local LOOP = [[
local n = 0
for _ in cli:pairs() do
  n = n + 1
  out:row { n = n }
  %s
end
]]

local SAID = "btfl: interrupted: this is what was done until then\n"

describe("SIGINT", function()
  teardown(tmp.clean)

  it("ends a run with what is done", function()
    local r = run(over(LOOP:format "if n == 2 then interrupt() end", "--format", "tsv"))
    assert.same({ out = "n\n1\n2\n", err = SAID, status = 130 }, r)
  end)

  it("leaves nothing to do for what comes behind", function()
    local r = run(over(LOOP:format "interrupt()" .. "for _ in cli:targets() do out:row { n = 9 } end\n", "--format",
      "tsv"))
    assert.same({ out = "n\n1\n", err = SAID, status = 130 }, r)
  end)

  it("ends a run at once when it comes twice, or when no input is to be asked for", function()
    local at_once = { out = "", err = "btfl: interrupted!\n", status = 130 }
    assert.same(at_once, run(over(LOOP:format "interrupt() interrupt() while true do end")))
    assert.same(at_once, run(over(LOOP:format "" .. "interrupt() while true do end\n")))
  end)

  it("is that of each command", function()
    local path = tmp.write("policy.lua", [[
local sent = false
return btfl.policy { name = "p", member = function(_, _, default)
  if not sent then io.popen("kill -INT $PPID"):close() end
  sent = true
  return default()
end }]])
    for _, command in ipairs { "check", "matrix", "verdicts", "relos" } do
      local r = run { command, OBJECT, "spec/fixtures/fixed.bpf.o", "-t", KERNEL, "--policy", path }
      assert.same({ command, 130, SAID }, { command, r.status, r.err:sub(-#SAID) })
      -- A matrix goes from kernel to kernel.
      assert.equal(command == "matrix", r.out:find("fixed", 1, true) ~= nil, r.out)
    end
  end)
end)

describe("how far a run is", function()
  teardown(tmp.clean)

  local SLOW = LOOP:format "local now = os.clock() while os.clock() < now + 0.4 do end"

  -- On a terminal, as script(1) makes one.
  local function on_terminal(argv, env)
    local words = { run.btfl }
    for _, word in ipairs(argv) do words[#words + 1] = ("'%s'"):format(word) end
    return run.program({ "script", "-qec", table.concat(words, " "), "/dev/null" }, { env = env }).out
  end

  it("is told on a terminal, and taken away", function()
    if not run.has_terminal() then return pending "no pseudo-terminal, or no script(1)" end
    local out = on_terminal(over(SLOW, "--format", "tsv"), { TERM = "xterm" })
    assert.is_not_nil(out:find("\r\27[Kbtfl over: 3 of 4", 1, true), out)
    assert.is_not_nil(out:find("\r\27[Kn\r\n1", 1, true), out)
  end)

  it("is told where other processes work, too", function()
    if not run.has_terminal() then return pending "no pseudo-terminal, or no script(1)" end
    local body = [[cli:each_pair(out, function() os.execute "sleep 0.5" out:row { n = 1 } end)]]
    local out = on_terminal(over(body, "--format", "tsv", "-j", "2"), { TERM = "xterm" })
    assert.is_not_nil(out:find("\r\27%[Kbtfl over: [23] of 4"), out)
  end)

  it("is not told of a short run, of a file, nor where the terminal is dumb", function()
    if not run.has_terminal() then return pending "no pseudo-terminal, or no script(1)" end
    assert.is_nil(on_terminal(over(LOOP:format "", "--format", "tsv"), { TERM = "xterm" }):find "\27%[K")
    assert.is_nil(on_terminal(over(SLOW, "--format", "tsv"), { TERM = "dumb" }):find "\27%[K")
    assert.equal("", run(over(SLOW, "--format", "tsv")).err)
  end)
end)
