--- What ends a run that would go on: --max-steps, --max-memory, and SIGINT, of whatever the script catches.

local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local FIXTURES = run.top .. "/spec/fixtures/"
local OBJECT, KERNEL = FIXTURES .. "example.bpf.o", FIXTURES .. "small.btf"
local STEPS, MEMORY = "more steps than --max-steps allows", "more memory than --max-memory allows"

-- Each goes on for ever, whatever is raised in it.
local ENDLESS = {
  ["a loop"] = "while true do end",
  ["calls"] = "local function f() return f() end f()",
  ["pcall"] = "while true do pcall(function() while true do end end) end",
  ["pcall in pcall"] = "local function f() while true do pcall(f) end end f()",
  ["the handler of xpcall"] = "local function f() while true do xpcall(error, f) end end xpcall(error, f) f()",
  ["a handler that another error calls"] = [[
local function f() while true do end end
while true do xpcall(f, f) end]],
  ["a coroutine"] = "coroutine.wrap(function() while true do pcall(error) end end)()",
  ["coroutines that never end"] = [[
local made = {}
for i = 1, 5 do
  made[i] = coroutine.create(function() while true do pcall(coroutine.yield) end end)
end
while true do for _, one in ipairs(made) do coroutine.resume(one) end end]],
  ["coroutines of few steps that make others"] = [[
local function tree(n) if n > 0 then for _ = 1, 3 do coroutine.wrap(tree)(n - 1) end end end
while true do pcall(tree, 30) end]],
  ["a coroutine in a coroutine"] = [[
coroutine.wrap(function()
  local inner = coroutine.wrap(function() while true do pcall(function() while true do end end) end end)
  while true do pcall(inner) end
end)()]],
  ["what is closed"] = [[
local x <close> = setmetatable({}, { __close = function() while true do end end })
while true do end]],
  ["what is closed in a coroutine"] = [[
local co = coroutine.create(function()
  local x <close> = setmetatable({}, { __close = function() while true do end end })
  coroutine.yield()
end)
coroutine.resume(co)
coroutine.close(co)]],
  ["the text of an error"] = "error(setmetatable({}, { __tostring = function() while true do end end }))",
  ["a comparison"] = "table.sort({ 3, 2, 1, 4 }, function() while true do pcall(error) end end)",
  ["a chunk"] = "load 'while true do end' ()",
}

local function sorted(t)
  local names = {}
  for name in pairs(t) do names[#names + 1] = name end
  table.sort(names)
  return names
end

describe("--max-steps ends", function()
  teardown(tmp.clean)

  local function limited(argv, steps)
    return run.program { "timeout", "60", run.btfl, "--max-steps", steps or "3000000", table.unpack(argv) }
  end

  local stopped = { out = "", err = "btfl: " .. STEPS .. "\n", status = 2 }

  for _, name in ipairs(sorted(ENDLESS)) do
    it(name, function() assert.same(stopped, limited { "-e", ENDLESS[name] }) end)
  end

  it("a script, a policy and a format, in several processes too", function()
    local body = "while true do pcall(function() while true do end end) end"
    local policy = tmp.write("policy.lua",
      ("return btfl.policy { name = 'p', member = function() %s end }"):format(body))
    local format = tmp.write("format.lua", ("return function() %s end"):format(body))
    assert.same(stopped, limited { tmp.write("script.lua", body) })
    for _, rest in ipairs { { "--policy", policy }, { "--format", format }, { "--policy", policy, "-j", "2" } } do
      for _, command in ipairs { "check", "matrix" } do
        local argv = { command, OBJECT, FIXTURES .. "fixed.bpf.o", "-t", KERNEL, "-t", FIXTURES .. "6.18.44-amd64.btf" }
        assert.same(stopped, limited(table.move(rest, 1, #rest, #argv + 1, argv)))
      end
    end
  end)

  it("with -v, telling where it was", function()
    local r = limited { "-v", tmp.write("where.lua", "\nlocal function here() while true do end end here()") }
    assert.matches("^btfl: " .. STEPS:gsub("%-", "%%-") .. "\nstack traceback:\n\t[^\n]*where.lua:2: ", r.err)
    assert.equal(2, r.status)
  end)

  it("nothing that takes less", function()
    for _, argv in ipairs { { "check", OBJECT, "-t", KERNEL }, { "types", KERNEL, "--all" },
      { "-e", "for i = 1, 100 do coroutine.wrap(function(...) return ... end)(i) end" } } do
      assert.same(run(argv), limited(argv))
    end
  end)

  it("each line that is typed for itself", function()
    local r = run.program({ run.btfl, "-i", "--max-steps=100000" }, { stdin = "while true do end\n1 + 1\n" })
    assert.same({ "> > 2\n> \n", "btfl: " .. STEPS .. "\n", 0 }, { r.out, r.err, r.status })
  end)

  it("and keeps its hook", function()
    local r = limited { "-e", "print(pcall(debug.sethook))" }
    assert.same({ "false\tdebug.sethook: the hook is that of --max-steps\n", 0 }, { r.out, r.status })
  end)
end)

describe("--max-memory ends", function()
  local function limited(code)
    return run.program { "timeout", "60", run.btfl, "--max-memory", "100M", "-e", code }
  end

  for name, code in pairs {
    ["tables"] = "local t = {} while true do t[#t + 1] = {} end",
    ["a text"] = "local s = 'x' while true do s = s .. s end",
    ["pcall"] = "while true do pcall(function() local t = {} while true do t[#t + 1] = {} end end) end",
    ["a coroutine"] = "local t = {} coroutine.wrap(function() while true do pcall(function() while true do "
      .. "t[#t + 1] = {} end end) end end)()",
    ["one call"] = "while true do pcall(string.rep, 'x', 1 << 30) end",
  } do
    it(name, function()
      if os.getenv "ASAN_OPTIONS" then return pending "AddressSanitizer cannot live in little memory" end
      assert.same({ out = "", err = "btfl: " .. MEMORY .. "\n", status = 2 }, limited(code))
    end)
  end

  it("what the engine needs", function()
    if os.getenv "ASAN_OPTIONS" then return pending "AddressSanitizer cannot live in little memory" end
    local r = limited(("local t = {} while true do t[#t + 1] = btfl.btf %q end"):format(KERNEL))
    assert.equal(2, r.status)
    assert.matches("^btfl: [^\n]*memory[^\n]*\n$", r.err)
  end)

  it("nothing that takes less", function()
    if os.getenv "ASAN_OPTIONS" then return pending "AddressSanitizer cannot live in little memory" end
    local argv = { "check", OBJECT, "-t", KERNEL }
    assert.same(run(argv), run { "--max-memory", "60M", table.unpack(argv) })
    assert.same(run(argv), run { "--max-memory=1G", table.unpack(argv) })
  end)
end)

describe("a limit", function()
  it("is a number", function()
    for _, value in ipairs { "", "x", "0", "-1", "1.5", "10K", "99999999999999999999" } do
      assert.same({ out = "", err = "btfl: --max-steps takes a number of steps, such as 100000000\n", status = 2 },
        run { "--max-steps", value, "-e", "1" })
    end
    for _, value in ipairs { "x", "0", "5Q", "5MM", "20000000000G" } do
      assert.same({ out = "", err = "btfl: --max-memory takes a number of bytes, such as 500M\n", status = 2 },
        run { "--max-memory=" .. value, "-e", "1" })
    end
    assert.equal(2, run({ "--max-steps" }).status)
  end)
end)

describe("one SIGINT ends", function()
  local function interrupted(code)
    return run.program { "timeout", "60", run.btfl, "-e",
      "sent = io.popen 'sleep 0.1; kill -INT $PPID'", "-e", code }
  end

  for _, name in ipairs(sorted(ENDLESS)) do
    it(name, function()
      assert.same({ out = "", err = "btfl: interrupted!\n", status = 130 }, interrupted(ENDLESS[name]))
    end)
  end
end)

describe("coroutines", function()
  local function same(expected, code)
    assert.same({ out = expected, err = "", status = 0 }, run { "-e", code })
  end

  it("do what those of Lua do", function()
    same("true\t1\t2\ntrue\t3\nfalse\tcannot resume dead coroutine\n", [[
local co = coroutine.create(function(...) local x = coroutine.yield(...) return x end)
print(coroutine.resume(co, 1, 2)) print(coroutine.resume(co, 3)) print(coroutine.resume(co))]])
    same("false\t(command line):1: (command line):1: no\nfalse\ttable\n",
      "local f = coroutine.wrap(function() error 'no' end) print(pcall(function() f() end)) "
        .. "print((function(ok, e) return ok, type(e) end)(pcall(coroutine.wrap(function() error {} end))))")
    same("closed\nfalse\t(command line):5: last\n", [[
local f = coroutine.wrap(function()
  local x <close> = setmetatable({}, { __close = function() print "closed" error("last", 0) end })
  error("first", 0)
end)
print(pcall(function() local a = f() return a end))]])
    same("true\nfalse\tx\ntrue\n", [[
local co = coroutine.create(function() coroutine.yield() end)
coroutine.resume(co) print(coroutine.close(co))
co = coroutine.create(function()
  local x <close> = setmetatable({}, { __close = function() error("x", 0) end })
  coroutine.yield()
end)
coroutine.resume(co) print(coroutine.close(co))
print(coroutine.close(coroutine.create(print)))]])
    same("false\tcannot close a running coroutine\nfalse\tcannot close a normal coroutine\n", [[
local main = coroutine.running()
print(pcall(coroutine.close, main))
coroutine.wrap(function() print(pcall(coroutine.close, main)) end)()]])
    same("false\tbad argument #1 to 'coroutine.resume' (coroutine expected, got no value)\n",
      "print(pcall(coroutine.resume))")
    same("false\tcannot resume non-suspended coroutine\n", "print(coroutine.resume(coroutine.running()))")
  end)

  it("have the handler of xpcall called as Lua does", function()
    same("false\thandled x\ntrue\t1\t2\nfalse\t3\n", [[
print(xpcall(error, function(e) return "handled " .. e end, "x", 0))
print(xpcall(function(...) return ... end, print, 1, 2))
local f = coroutine.wrap(function()
  return xpcall(function() coroutine.yield() error() end, function() return 3 end)
end)
f()
print(f())]])
  end)
end)
