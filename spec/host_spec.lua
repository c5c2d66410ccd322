local run = require "spec.support.run"

describe("btfl, the interpreter", function()
  local dir, env

  setup(function()
    dir = run.tmpdir()
    env = { BTFL_PATH = dir, XDG_DATA_HOME = dir .. "/data", LUA_INIT = false, LUA_PATH = false }
  end)

  teardown(function() run.remove(dir) end)

  local function script(name, text)
    return run.write(dir .. "/" .. name, text)
  end

  local function btfl(argv, options)
    options = options or {}
    options.env = options.env or {}
    for name, value in pairs(env) do
      if options.env[name] == nil then options.env[name] = value end
    end
    return run(argv, options)
  end

  local function same(out, status, r)
    assert.same({ out = out, err = "", status = status or 0 }, r)
  end

  local function fails(err, r)
    assert.same({ out = "", err = err, status = 2 }, r)
  end

  describe("runs a script", function()
    it("with arg and ... as lua(1) gives them", function()
      local path = script("args.lua", [[
        for i = -2, 3 do io.write(i, "=", tostring(arg[i]), " ") end
        print(select("#", ...), ...)
      ]])
      local r = btfl({ "-E", path, "x", "-i", "" })
      same(("-2=%s -1=-E 0=%s 1=x 2=-i 3= 3\tx\t-i\t\n"):format(run.btfl, path), 0, r)
    end)

    it("that starts with #!", function()
      local path = script("shebang.lua", "#!/usr/bin/env btfl\nprint(debug.getinfo(1, 'l').currentline)\n")
      same("2\n", 0, btfl({ path }))
    end)

    it("from standard input, named or not", function()
      same("a\tb\n", 0, btfl({ "-", "a", "b" }, { stdin = "#!shebang\nprint(...)" }))
      same("here\n", 0, btfl({}, { stdin = "print 'here'" }))
    end)

    it("that is no text but a path with a slash", function()
      fails("btfl: cannot open ./missing.lua: No such file or directory\n",
        btfl({ "./missing.lua" }, { cwd = dir }))
      local r = btfl({ dir .. "/" })
      assert.equal(2, r.status)
      assert.equal(1, select(2, r.err:gsub("\n", "")))
    end)

    it("with the global btfl, its modules first and its own folder last in package.path", function()
      script("beside.lua", "return { name = 'beside' }")
      local path = script("path.lua", [[
        print(btfl == require "btfl", require("beside").name, package.path)
      ]])
      local r = btfl({ path }, { cwd = "/", env = { LUA_PATH = "/elsewhere/?.lua" } })
      same(("true\tbeside\t%s/lua/?.lua;%s/lua/?/init.lua;/elsewhere/?.lua;%s/?.lua;%s/?/init.lua\n")
        :format(run.top, run.top, dir, dir), 0, r)
    end)

    it("after LUA_INIT, unless -E says otherwise", function()
      local path = script("init.lua", "print(started)")
      same("yes\n", 0, btfl({ path }, { env = { LUA_INIT = "started = 'yes'" } }))
      local file = script("start.lua", "started = 'by file'")
      same("by file\n", 0, btfl({ path }, { env = { LUA_INIT = "@" .. file } }))
      same("nil\n", 0, btfl({ "-E", path }, { env = { LUA_INIT = "started = 'yes'" } }))
    end)
  end)

  describe("makes the exit status of what a script returns:", function()
    for returned, status in pairs {
      ["true"] = 0, ["nil"] = 0, [""] = 0, ["false"] = 1, ["0"] = 0, ["7"] = 7, ["255"] = 255,
      ["1, 2"] = 1,
    } do
      it(("return %s"):format(returned), function()
        same("", status, btfl({ "-" }, { stdin = "return " .. returned }))
      end)
    end

    for returned, what in pairs {
      ["256"] = "256", ["-1"] = "-1", ["1.5"] = "1.5", ["'x'"] = "a string", ["{}"] = "a table",
      ["{ render = 1, status = 1 }"] = "a table",
    } do
      it(("return %s is an error"):format(returned), function()
        local path = script("returns.lua", "return " .. returned)
        fails(("btfl: %s returned %s; a script returns a report, a boolean, or an exit status from 0 to 255\n")
          :format(path, what), btfl({ path }))
      end)
    end

    it("a report is rendered and gives its own", function()
      local path = script("report.lua", [[
        local report = btfl.report "sums"
        report:error { rule = "wrong", message = "one and one are three" }
        return report
      ]])
      local r = btfl({ path })
      assert.equal(1, r.status)
      assert.equal("", r.err)
      assert.matches("one and one are three", r.out, 1, true)
      assert.same(r, btfl({ "-e", run.read(path) }))
      same(btfl({ script("empty.lua", "return btfl.report 'empty'") }).out, 0,
        btfl({ "-e", "btfl.report 'empty'" }))
    end)

    it("os.exit goes before", function()
      same("", 5, btfl({ "-" }, { stdin = "os.exit(5) return 1" }))
      same("", 6, btfl({ "-" }, { stdin = "os.exit(6, true)" }))
    end)
  end)

  describe("has the option", function()
    it("-e, which prints the values of an expression", function()
      same("2\tx\tnil\n", 0, btfl({ "-e", "1 + 1, 'x', nil" }))
      same("-3\n", 0, btfl({ "-e", "-3" }))
      assert.matches("^table: ", btfl({ "-e", "btfl" }).out)
      same("", 0, btfl({ "-e", "local x = 1" }))
      same("", 0, btfl({ "-e", "" }))
      same("5\n", 0, btfl({ "-ereturn 5" }))
      same("a\nb\n", 0, btfl({ "-e", "x = 'a' print(x)", "-e", "'b'" }))
    end)

    it("-e, which takes the other arguments", function()
      same("p\tq\t-e\tp\tnil\n", 0, btfl({ "-e", "local a, b = ... return a, b, arg[0], arg[1], arg[3]", "p", "q" }))
      same("-x\n", 0, btfl({ "-e", "...", "--", "-x" }))
    end)

    it("-l, which sets a global", function()
      same("true\n", 0, btfl({ "-l", "beside", "-e", "beside == require 'beside'" },
        { env = { LUA_PATH = script("beside.lua", "return {}") } }))
      same("true\tnil\n", 0, btfl({ "-lb=beside", "-e", "b == require 'beside', beside" },
        { env = { LUA_PATH = script("beside.lua", "return {}") } }))
    end)

    it("--version", function()
      local r = btfl({ "--version" })
      same(("btfl %s (Lua 5.4)\n"):format(btfl({ "-e", "btfl.version" }).out:gsub("\n", "")), 0, r)
      assert.matches("^btfl %d+%.%d+", r.out)
    end)

    it("--help, which lists the scripts by their first line", function()
      script("zebra.lua", "#!/usr/bin/env btfl\n-- a note\n--- zebra: has stripes\n--- more\n")
      script("yak.lua", "--- Carries loads.\nprint 'ran'\n")
      for _, argv in ipairs { { "--help" }, { "help" } } do
        local r = btfl(argv)
        assert.equal(0, r.status)
        assert.matches("\n  zebra +has stripes\n", r.out)
        assert.matches("\n  yak +Carries loads%.\n", r.out)
        assert.matches("-e CODE", r.out, 1, true)
      end
    end)

    it("-v, which shows the whole traceback", function()
      local path = script("deep.lua", "local function f() error 'no' end\nf()\nreturn 1\n")
      local r = btfl({ "-v", path })
      assert.equal(2, r.status)
      assert.matches("stack traceback:\n\t%[C%]: in function 'error'\n", r.err)
    end)

    it("or else says so", function()
      fails("btfl: unknown option '-q'; `btfl --help` lists them\n", btfl({ "-q" }))
      fails("btfl: unknown option '--helpme'; `btfl --help` lists them\n", btfl({ "--helpme" }))
      fails("btfl: option '-e' needs a value\n", btfl({ "-e" }))
      fails("btfl: option '-l' needs a value\n", btfl({ "-l" }))
    end)
  end)

  describe("finds a script by its name", function()
    it("in $BTFL_PATH, then in the data folder", function()
      script("zebra.lua", "print('path', arg[0], ...)")
      assert(os.execute("mkdir -p " .. run.quote(dir .. "/data/btfl/scripts")))
      script("data/btfl/scripts/zebra.lua", "print 'data'")
      script("data/btfl/scripts/gnu.lua", "print 'gnu'")
      same(("path\t%s/zebra.lua\ta\n"):format(dir), 0, btfl({ "zebra", "a" }))
      same(("path\t%s/zebra.lua\n"):format(dir), 0, btfl({ "zebra.lua" }, { cwd = "/" }))
      same("data\n", 0, btfl({ "zebra" }, { env = { BTFL_PATH = "/nowhere:" } }))
      same("gnu\n", 0, btfl({ "gnu" }))
    end)

    it("in ~/.local/share without XDG_DATA_HOME", function()
      assert(os.execute("mkdir -p " .. run.quote(dir .. "/home/.local/share/btfl/scripts")))
      script("home/.local/share/btfl/scripts/okapi.lua", "print 'okapi'")
      same("okapi\n", 0, btfl({ "okapi" }, { env = { XDG_DATA_HOME = false, HOME = dir .. "/home" } }))
    end)

    it("and a file of the working folder only when it ends in .lua", function()
      local here = dir .. "/here"
      assert(os.execute("mkdir -p " .. run.quote(here)))
      script("here/zebra.lua", "print 'here'")
      script("here/bare", "print 'bare'")
      same("here\n", 0, btfl({ "zebra.lua" }, { cwd = here }))
      fails("btfl: no script is called 'bare'; the file of that name runs as ./bare\n",
        btfl({ "bare" }, { cwd = here, env = { BTFL_PATH = "" } }))
      same("bare\n", 0, btfl({ "./bare" }, { cwd = here }))
    end)

    it("or tells the nearest", function()
      script("zebra.lua", "")
      local r = btfl({ "zerba" })
      fails("btfl: no script is called 'zerba'; did you mean zebra?\n", r)
      fails("btfl: no script is called 'qqqqqqqq'; `btfl help` lists them\n", btfl({ "qqqqqqqq" }))
    end)

    it("and asks it for help", function()
      script("helpless.lua", "print(...)")
      same("--help\n", 0, btfl({ "help", "helpless", "ignored" }))
    end)
  end)

  describe("on an error", function()
    it("shows the message, the line and only the user's frames", function()
      local path = script("fails.lua", table.concat({
        "local function inner(t)",
        "\treturn t.x.y",
        "end",
        "local function outer() inner({}) return 1 end",
        "table.sort({ 1, 2 }, outer)",
      }, "\n"))
      fails((([[
btfl: @:2: attempt to index a nil value (field 'x')
  --> @:2 in function 'inner'
   2 |   return t.x.y
  --> @:4 in function at line 4
  --> @:5 in main chunk
]]):gsub("@", path)), btfl({ path }))
    end)

    it("of the API points at the line that made it", function()
      local path = script("calls.lua", "local x = 1\nbtfl.cli(x)\n")
      local r = btfl({ path })
      assert.equal(2, r.status)
      assert.matches("\n  --> " .. path .. ":2 in main chunk\n   2 | btfl.cli(x)\n", r.err, 1, true)
      assert.not_matches("/lua/btfl/", r.err:match("\n.*"), 1, true)
    end)

    it("of syntax shows the line", function()
      local path = script("syntax.lua", "local x = 1\nlocal = 2\n")
      fails((([[
btfl: @:2: <name> expected near '='
  --> @:2
   2 | local = 2
]]):gsub("@", path)), btfl({ path }))
    end)

    it("cuts an endless recursion short", function()
      local r = btfl({ "-" }, { stdin = "local function f() return 1 + f() end f()" })
      assert.equal(2, r.status)
      assert.matches("stack overflow", r.err)
      assert.is_true(select(2, r.err:gsub("\n", "")) < 20)
    end)

    it("prints control characters of the source harmlessly", function()
      local r = btfl({ script("escape.lua", "error 'x' -- \27[31m\n") })
      assert.matches("-- ?[31m", r.err, 1, true)
      assert.not_matches("\27", r.err, 1, true)
    end)

    it("in an input prints one line", function()
      local path = script("text.o", "this is no object\n")
      local r = btfl({ "-e", "btfl.object(...)", path })
      assert.equal(2, r.status)
      assert.matches("^btfl: " .. path:gsub("%p", "%%%0") .. "[^\n]+\n$", r.err)
    end)

    it("of kind usage prints one line", function()
      fails("btfl: so not\n", btfl({ "-e", [[
        error(setmetatable({ kind = "usage" }, { __tostring = function() return "so not" end }))
      ]] }))
    end)

    it("of any other value has words too", function()
      assert.matches("^btfl: nil\n", btfl({ "-e", "error()" }).err)
      assert.matches("^btfl: %(the error is a table without a message%)\n", btfl({ "-e", "error {}" }).err)
      assert.matches("^btfl: 12\n", btfl({ "-e", "error(12, 0)" }).err)
      local r = btfl({ "-e", "error(setmetatable({}, { __tostring = error }))" })
      assert.equal(2, r.status)
      assert.matches("^btfl: ", r.err)
    end)

    it("of memory ends cleanly", function()
      if os.getenv("ASAN_OPTIONS") then
        pending("AddressSanitizer cannot live in little memory")
        return
      end
      local r = run.program({ "sh", "-c", "ulimit -v 300000; exec '" .. run.btfl .. "' -e '(\"x\"):rep(1 << 30)'" })
      fails("btfl: not enough memory\n", r)
      -- Of the small things that Lua's memory is made of, too.
      r = run.program({ "sh", "-c", "ulimit -v 300000; exec '" .. run.btfl
        .. "' -e 't = {} for i = 1, 1 << 30 do t[i] = {} end'" })
      fails("btfl: not enough memory\n", r)
    end)
  end)

  it("warns when a script asks for it, as lua(1) does", function()
    assert.same({ out = "", err = "Lua warning: a, b\nLua warning: @c\nLua warning: f\n", status = 0 }, btfl {
      "-e", 'warn "none" warn "@on" warn("a", ", ", "b") warn("@", "c") warn "@other" warn "@off" warn "d" '
        .. 'warn("@", "on") warn "e" warn "@on" warn "f"' })
  end)

  it("runs finalizers to the end, whatever they need", function()
    same("100000\n", 0, btfl { "-e", "last = setmetatable({}, { __gc = function() local t = {} "
      .. "for i = 1, 100000 do t[i] = { tostring(i) } end local s = table.concat({ #t, '' }, '\\n') "
      .. "io.write(s) end })" })
  end)

  it("stops on SIGINT", function()
    -- In the background timeout(1) would signal the child twice: itself, and by its process group.
    local r = run.program { "timeout", "--foreground", "--preserve-status", "-s", "INT", "1", run.btfl,
      "-e", "while true do end" }
    assert.same({ out = "", err = "btfl: interrupted!\n", status = 130 }, r)
  end)

  it("ends quietly when nobody reads its output", function()
    local r = run.program({ "sh", "-c", "'" .. run.btfl .. "' -e 'while true do print(1) end' | head -n 1" })
    assert.same({ out = "1\n", err = "", status = 0 }, r)
  end)

  it("does not take lost output for success", function()
    local r = run.program({ "sh", "-c", "'" .. run.btfl .. "' -e 1 >/dev/full" })
    assert.same({ out = "", err = "btfl: standard output: No space left on device\n", status = 2 }, r)
  end)

  describe("reads interactively", function()
    it("lines, values, continued chunks and errors", function()
      local r = btfl({ "-i" }, { stdin = "x = 1\nx + 1, nil\n=x\nfor i = 1, 2 do\nprint(i)\nend\nerror('no', 0)\nx\n" })
      assert.equal(0, r.status)
      assert.equal("> > 2\tnil\n> 1\n> >> >> 1\n2\n> > 1\n> \n", r.out)
      assert.matches("^btfl: no\n", r.err)
    end)

    it("after the script of -i, with its globals", function()
      local r = btfl({ "-i", script("globals.lua", "g = ...") , "given" }, { stdin = "g" })
      same("> given\n> \n", 0, r)
    end)

    it("with the user's prompts, and half a chunk at the end", function()
      local r = btfl({ "-i", "-e", "_PROMPT = '$ ' _PROMPT2 = '$$ '" }, { stdin = "f(" })
      assert.equal("$ $$ $ \n", r.out)
      assert.matches("^btfl: stdin:1: unexpected symbol near <eof>\n", r.err)
    end)

    it("on a terminal, with line editing when readline is there", function()
      if not run.has_terminal() then return pending "no pseudo-terminal, or no script(1)" end
      local keys = package.loadlib("libreadline.so.8", "*") and "2+2\0011\n" or "12+2\n"
      local r = run.program({ "sh", "-c", "(sleep 0.3; cat; sleep 0.3) | script -qec '" .. run.btfl .. "' /dev/null" },
        { stdin = keys .. "\4", env = { TERM = "dumb" } })
      assert.matches("\n14\r?\n", r.out)
    end)
  end)

  describe("runs busted", function()
    local function busted(text)
      local folder = dir .. "/busted"
      assert(os.execute("mkdir -p " .. run.quote(folder)))
      run.write(folder .. "/some_spec.lua", text)
      return btfl({ "/usr/bin/busted", "-o", run.top .. "/spec/support/summary.lua", "." }, { cwd = folder })
    end

    it("which passes, fails and counts", function()
      local r = busted "it('a', function() assert.is_table(btfl) end) pending 'b'"
      assert.equal(0, r.status)
      assert.matches("\n1 passed, 0 failed, 1 skipped\n", r.out)
      r = busted "it('a', function() assert.is_nil(btfl) end) it('b', function() error 'x' end)"
      assert.equal(1, r.status)
      assert.matches("\n0 passed, 2 failed, 0 skipped\n", r.out)
    end)

    it("which fails when no test ran", function()
      assert.equal(1, busted("pending 'b'").status)
      assert.equal(1, busted("").status)
      assert.equal(1, busted("syntax error").status)
    end)
  end)
end)
