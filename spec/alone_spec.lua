--- The program needs no file but itself: where it stands alone it says what it says in its tree, where the
--- tree's own Lua files take the place of those that it was built with.

local reason_cases = require "spec.support.reason_cases"
local run = require "spec.support.run"

local FIXTURES = { "example.bpf.o", "fixed.bpf.o", "small.btf", "guards.clang19.o" }

-- How each command is run where only the fixtures are.
local COMMANDS = {
  check = { { "--why", "--all", "example.bpf.o", "-t", "small.btf" } },
  compare = { { "example.bpf.o", "--", "example.bpf.o", "-t", "small.btf" } },
  dialects = { { "example.bpf.o", "-t", "small.btf", "--all" } },
  diff = { { "small.btf", "small.btf" }, { "small.btf", "small.btf", "--used-by", "example.bpf.o" } },
  doctor = { { "example.bpf.o", "small.btf" } },
  explain = { {}, { "no-field" } },
  history = { { "task_struct.state", "task_struct", "-t", "small.btf" } },
  init = { {} },
  lint = { { "renames", "-t", "small.btf" }, { "renmes", "-t", "small.btf" } },
  list = { { "small.btf" }, { "small.btf", "--member", "pid" } },
  log = { { "example.bpf.o", "-t", "small.btf", "--log", "customer.log" } },
  merge = { { "none.jsonl" } },
  minbtf = { { "example.bpf.o", "-t", "small.btf", "-o", "out.btf" },
    { "example.bpf.o", "-t", "small.btf", "-o", "out/" }, { "fixed.bpf.o", "--verify", "out", "-t", "small.btf" } },
  relocate = { { "example.bpf.o", "-t", "small.btf", "-o", "out.o", "--json", "out.json" } },
  relos = { { "example.bpf.o", "-t", "small.btf" }, { "--local", "example.bpf.o" } },
  targets = { { "-t", "small.btf", "-t", "*.btf" }, { "-t", "none*" } },
  types = { { "small.btf", "task_struct" } },
  arguments = { { "example.bpf.o", "fixed.bpf.o", "-t", "small.btf" } },
  ladders = { { "guards.clang19.o", "-t", "small.btf", "-t", "small.btf" } },
  matrix = { { "example.bpf.o", "fixed.bpf.o", "-t", "small.btf", "-t", "small.btf" } },
  verdicts = { { "example.bpf.o", "fixed.bpf.o", "-t", "small.btf", "-t", "small.btf", "-j", "2" } },
  why = {
    { "task_struct.state", "-t", "small.btf", "--object", "example.bpf.o" },
    { "task_struct.state", "-t", "small.btf", "--object", "example.bpf.o", "--code" },
  },
}

local function cases()
  local list = { { "help" }, { "--version" }, { "chek" }, { "-e", "btfl.btf('small.btf'):get('task_struct').size" } }
  for name, each in pairs(COMMANDS) do
    list[#list + 1] = { "help", name }
    for _, words in ipairs(each) do list[#list + 1] = { name, table.unpack(words) } end
  end
  local check = { "check", "--why", "example.bpf.o", "-t", "small.btf" }
  local function with(...)
    list[#list + 1] = table.move({ ... }, 1, select("#", ...), #check + 1, table.move(check, 1, #check, 1, {}))
  end
  for _, format in ipairs { "json", "jsonl", "tsv", "sarif", "junit", "github", "markdown", "none" } do
    with("--format", format)
  end
  for _, policy in ipairs { "libbpf", "kernel", "cilium", "aya", "strict", "lenient", "renames" } do
    with("--policy", policy)
  end
  with("--policy", "./mine.lua")
  with("--policy", "none")
  for _, case in ipairs(reason_cases) do
    list[#list + 1] = { "check", "--all", "--why", case.code .. ".o", "-t", case.code .. ".btf" }
  end
  list[#list + 1] = { "./mine.lua", "x" }
  return list
end

-- A policy of the user's, and a script.
local MINE = [[
if ... == "x" then return btfl.report "mine" end
return btfl.policy { name = "mine", extends = "lenient" }
]]

-- A log of a failed load.
local LOG = "program handle_exec: load program: invalid argument:\n"
  .. "\t58: (85) call unknown#195896080\n\tinvalid func unknown#195896080\n"

describe("the program alone", function()
  local dir, env

  local function copy(from, to)
    assert(os.execute(("mkdir -p %s && cp %s %s"):format(run.quote((to:gsub("[^/]*$", ""))), run.quote(from),
      run.quote(to))))
  end

  setup(function()
    dir = run.tmpdir()
    copy(run.btfl, dir .. "/btfl")
    for _, name in ipairs(FIXTURES) do copy("spec/fixtures/" .. name, dir .. "/" .. name) end
    for _, case in ipairs(reason_cases) do
      local object, kernel = reason_cases.build(case)
      run.write(("%s/%s.o"):format(dir, case.code), object)
      run.write(("%s/%s.btf"):format(dir, case.code), kernel)
    end
    run.write(dir .. "/mine.lua", MINE)
    run.write(dir .. "/customer.log", LOG)
    env = { LUA_INIT = false, LUA_PATH = false, LUA_CPATH = false, BTFL_LUA = false, BTFL_PATH = false, HOME = "/",
      -- junit has the time of its run.
      SOURCE_DATE_EPOCH = "86400" }
    if os.getenv "ASAN_OPTIONS" then
      -- The search for leaks needs /proc.
      env.ASAN_OPTIONS = os.getenv "ASAN_OPTIONS" .. ":detect_leaks=0"
    end
  end)
  teardown(function() run.remove(dir) end)

  -- What a command says and writes.
  local function result(argv)
    local r = run.program(argv, { cwd = dir, env = env })
    -- Where its own policies are.
    r.out = r.out:gsub(run.top:gsub("%p", "%%%0") .. "/", "[btfl]/")
    local written <close> = io.open(dir .. "/out.btf", "rb")
    r.written = written and written:read "a"
    os.remove(dir .. "/out.btf")
    os.remove(dir .. "/btfl.lua")
    return r
  end

  -- The words before its own arguments run it where it stands alone.
  local function compare(...)
    local size = select("#", ...)
    for _, words in ipairs(cases()) do
      local tree, alone = { run.btfl, table.unpack(words) }, { ... }
      table.move(words, 1, #words, size + 1, alone)
      assert.same({ words, result(tree) }, { words, result(alone) })
    end
  end

  it("has a case here for every command", function()
    local names, told = {}, {}
    for name in pairs(COMMANDS) do names[#names + 1] = name end
    table.sort(names)
    local help = run.program({ dir .. "/btfl", "help" }, { env = env }).out
    for name in help:match("\nScripts:\n(.*)"):gmatch "\n?  (%S+) [^\n]+" do told[#told + 1] = name end
    assert.same(names, told)
  end)

  it("runs every command, format and policy as in the tree", function() compare(dir .. "/btfl") end)

  it("does so in an empty root, with the libraries that ldd names", function()
    if run.program({ "id", "-u" }).out ~= "0\n" then return pending "only root may chroot" end
    if os.getenv "ASAN_OPTIONS" and run.program({ "chroot", dir, "/btfl", "-e", "1" }, { env = env }).status == 127 then
      return pending "the sanitizers need /proc"
    end
    for path in run.program({ "ldd", run.btfl }).out:gmatch "(/%S+) %(0x" do copy(path, dir .. path) end
    assert.equal("5\n", run.program({ "chroot", dir, "/btfl", "-e", "2 + 3" }, { env = env }).out)
    compare("chroot", dir, "/btfl")
  end)

  it("names its Lua files in errors and tracebacks", function()
    local function says(...) return run.program({ dir .. "/btfl", ... }, { cwd = dir, env = env }).err end
    assert.equal("btfl: btfl.cli takes a table\n", says("-e", "btfl.cli(5)"))
    assert.matches("\n\t%[btfl%]/lua/btfl/[%w_/]*cli%.lua:%d+: in ", says("-v", "-e", "btfl.cli(5)"))
    run.write(dir .. "/broken.lua", "local mt = require 'btfl.engine'.class('object').methods\n"
      .. "mt.relos = function() error 'broken' end\n"
      .. "return assert(require('btfl.command.host').embedded 'scripts/relos')()\n")
    local text = says("broken.lua", "--local", "example.bpf.o")
    assert.matches("^btfl: broken.lua:2: broken\n  %-%-> broken.lua:2 in [^\n]*\n   2 | mt.relos[^\n]*\n"
      .. "  %-%-> %[btfl%]/scripts/relos.lua:%d+ in ", text)
  end)

  it("has modules that nothing on package.path hides, but package.preload", function()
    local here = dir .. "/here"
    assert(os.execute("mkdir -p " .. here .. "/btfl/report"))
    for _, name in ipairs { "btfl/report/report", "argparse", "dkjson", "btfl/more" } do
      run.write(("%s/%s.lua"):format(here, name), "return 'theirs'")
    end
    local function value(code)
      local more = { LUA_PATH = here .. "/?.lua" }
      for k, v in pairs(env) do if more[k] == nil then more[k] = v end end
      return run.program({ dir .. "/btfl", "-e", code }, { cwd = here, env = more }).out
    end
    for _, name in ipairs { "btfl.report.report", "argparse", "dkjson" } do
      assert.equal("table\n", value(("type((require '%s'))"):format(name)))
    end
    assert.equal("theirs\n", value "(require 'btfl.more')")
    assert.equal("mine\n", value "package.preload.dkjson = function() return 'mine' end return (require 'dkjson')")
  end)
end)

describe("the Lua files that run", function()
  local dir

  setup(function()
    dir = run.tmpdir()
    run.program { "sh", "-c", 'mkdir -p "$1/tree/src" && cp btfl "$1" && cp -r lua scripts btfl "$1/tree" '
      .. '&& cp -r src/host "$1/tree/src"', "x", dir }
    -- Of no effect on anything but what it says.
    local format, script = dir .. "/tree/lua/btfl/format/tsv.lua", dir .. "/tree/scripts/explain.lua"
    run.write(format, "return function() return 'of the tree\\n' end")
    run.write(script, "--- explain: of the tree\nprint 'of the tree'")
    run.program { "touch", "-d", "1 year ago", format, script }
  end)
  teardown(function() run.remove(dir) end)

  local FORMAT = { "types", run.top .. "/spec/fixtures/small.btf", "task_struct", "--format", "tsv" }
  local SCRIPT = { "explain" }

  local function out(program, words, lua)
    local r = run.program({ dir .. "/" .. program, table.unpack(words) }, { cwd = "/",
      env = { BTFL_LUA = lua or false, BTFL_PATH = false } })
    assert.same({ "", 0 }, { r.err, r.status })
    return r.out
  end

  local function is_of_tree(program, words, lua)
    return out(program, words, lua) == "of the tree\n"
  end

  it("are those of the tree that the program is at the top of, however old", function()
    assert.is_true(is_of_tree("tree/btfl", FORMAT))
    assert.is_true(is_of_tree("tree/btfl", SCRIPT))
    assert.matches("\n  explain +of the tree\n", out("tree/btfl", { "help" }))
    assert.equal(dir .. "/tree/lua/?.lua\t" .. dir .. "/tree/scripts\n",
      out("tree/btfl", { "-e", "package.path:match('[^;]+'), btfl.path[#btfl.path]" }))
  end)

  it("are else those that it was built with", function()
    assert.is_false(is_of_tree("btfl", FORMAT))
    assert.is_false(is_of_tree("btfl", SCRIPT))
    for _, folder in ipairs { "lua", "src" } do
      assert(os.rename(("%s/tree/%s"):format(dir, folder), dir .. "/away"))
      assert.is_false(is_of_tree("tree/btfl", FORMAT))
      assert.is_false(is_of_tree("tree/btfl", SCRIPT))
      assert(os.rename(dir .. "/away", ("%s/tree/%s"):format(dir, folder)))
    end
  end)

  it("are not those that another user has put there", function()
    local tree = dir .. "/tree"
    if run.program({ "id", "-u" }).out ~= "0\n" then return pending "only root may give a file away" end
    for _, path in ipairs { "/lua/btfl/init.lua", "/src/host/main.c" } do
      assert(os.execute("chown 1:1 " .. tree .. path))
      assert.is_false(is_of_tree("tree/btfl", FORMAT))
      assert(os.execute("chown 0:0 " .. tree .. path))
      assert.is_true(is_of_tree("tree/btfl", FORMAT))
    end
  end)

  it("are modules of BTFL_LUA, which -E ignores", function()
    assert.is_true(is_of_tree("btfl", FORMAT, dir .. "/tree/lua"))
    assert.is_true(is_of_tree("btfl", FORMAT, dir:sub(2) .. "/tree/lua"))
    assert.is_false(is_of_tree("btfl", SCRIPT, dir .. "/tree/lua"))
    assert.is_false(is_of_tree("btfl", FORMAT, ""))
    assert.is_false(is_of_tree("tree/btfl", FORMAT, run.top .. "/lua"))
    assert.is_false(is_of_tree("btfl", { "-E", table.unpack(FORMAT) }, dir .. "/tree/lua"))
  end)

  it("are missed in BTFL_LUA with a word", function()
    local r = run({ "explain" }, { env = { BTFL_LUA = dir .. "/tree" } })
    assert.same({ "", ("btfl: BTFL_LUA: %s/tree/btfl/init.lua: Not a directory\n"):format(dir), 2 },
      { r.out, r.err, r.status })
  end)
end)
