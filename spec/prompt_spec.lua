--- The prompt: what it says of itself, what Tab completes, what help() tells.

local complete = require "btfl.prompt.complete"
local help = require "btfl.prompt.help"
local run = require "spec.support.run"

local function words(word, before) return table.concat(complete(before or "", word), " ") end

-- What a terminal shows where these keys are typed at the prompt.
local function typed(keys)
  local r = run.program({ "sh", "-c", "(sleep 0.3; cat; sleep 0.3) | script -qec '" .. run.btfl .. "' /dev/null" },
    { stdin = keys, env = { TERM = "dumb", COLUMNS = "80" } })
  return (r.out:gsub("\r", ""))
end

describe("the prompt", function()
  teardown(function() _G.given = nil end)

  it("completes globals and keywords", function()
    assert.equal("btfl", words "btf")
    assert.equal("repeat require return", (words "re"))
    assert.equal("", words "nosuchword")
  end)

  it("completes what a table, the module and a text have", function()
    assert.equal("math.pi", words "math.pi")
    assert.equal("btfl.target btfl.targets", words "btfl.targ")
    assert.equal("btfl.log.events btfl.log.explain", words "btfl.log.e")
    _G.given = { name = "x", ["no name"] = 1 }
    assert.equal("given.name", words "given.")
    assert.equal("given.name:byte", words "given.name:by")
  end)

  it("completes fields and methods of btfl's classes, behind a colon only methods", function()
    local b <close> = btfl.btf "spec/fixtures/small.btf"
    _G.given = b
    assert.equal("given.path", words "given.pat")
    assert.equal("given:print", words "given:pri")
    _G.given = b:get "task_struct"
    assert.equal("given.nelems", words "given.nel")
    _G.given = btfl.report "x"
    assert.equal("given:merge", words "given:mer")
  end)

  it("completes nothing behind what would have to be called or is not there", function()
    assert.equal("", words("", "f()."))
    assert.equal("", words "nosuch.x")
    assert.equal("", words "btfl.nosuch.x")
    local closed = btfl.btf "spec/fixtures/small.btf"
    _G.given = closed
    closed:close()
    assert.equal("given:find", words "given:fin")
    assert.equal("", words "given.base.x")
  end)

  it("tells of a value, of a function, of a method and of a name", function()
    local b <close> = btfl.btf "spec/fixtures/small.btf"
    assert.matches("^btfl%.btf%(path, base%?%) %-> btfl%.btf\n  Opens the BTF in a file", help(btfl.btf))
    assert.matches("\n  btf%.path: string\n", help(b))
    assert.matches("^type:decl%(name%?, options%?%) %-> string, btfl%.type\n", help(b:get("task_struct").decl))
    assert.equal(help "btfl.type.decl", help "type:decl()")
    assert.matches("\n  report:merge%(", help(btfl.report "x"))
    assert.equal("nothing of btfl is called 'nix'", help "nix")
    assert.equal("3 is a number, and none of btfl's", help(3))
  end)

  it("lists what the module has", function()
    local text = help()
    for name in pairs(btfl) do assert.is_truthy(text:find("  btfl." .. name, 1, true), name) end
    assert.equal(text, help(btfl))
  end)

  it("has help() there, and says nothing of itself into a pipe", function()
    local r = run({ "-i" }, { stdin = "help 'type.size'\n" })
    assert.equal(0, r.status)
    assert.matches("^> type%.size: integer", r.out)
    assert.equal("nil\n", run({ "-e", "print(help)" }).out)
  end)

  it("says on a terminal what it is and how it ends, and completes with Tab", function()
    if not run.has_terminal() then return pending "no pseudo-terminal, or no script(1)" end
    local out = typed "help(3)\n\4"
    assert.matches("btfl %d[%w.%-]*, which is Lua 5%.4 with BPF CO%-RE: .*Ctrl%-D ends it%.\n", out)
    assert.matches("\n3 is a number, and none of btfl's\n", out)
    if not package.loadlib("libreadline.so.8", "*") then return pending "no readline" end
    assert.matches("\na\n", typed "print(btfl.essen\t('a___b'))\n\4")
  end)
end)
