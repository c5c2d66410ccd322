--- make and make install: in any folder, with what is missing told.

local run = require "spec.support.run"

describe("an installed btfl", function()
  local tmp, dir

  local function make(goal)
    local r = run.program { "make", "-s", goal, "DESTDIR=" .. dir:gsub("%$", "$$"), "PREFIX=/usr" }
    assert.equal(0, r.status, r.err)
  end

  -- In a folder that no word of a shell is.
  setup(function()
    tmp = run.tmpdir()
    dir = tmp .. "/it's a $HOME & for"
    make "install"
  end)
  teardown(function() run.remove(tmp) end)

  local function installed(...)
    return run.program({ dir .. "/usr/bin/btfl", ... }, { cwd = "/" })
  end

  it("has its scripts and modules in it", function()
    local r = installed("relos", run.top .. "/spec/fixtures/example.bpf.o", "-t", run.top .. "/spec/fixtures/small.btf")
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("task_struct.state", r.out, 1, true)
    assert.matches("check", installed("--help").out)
    assert.not_matches(dir, installed("-e", "package.path").out, 1, true)
  end)

  it("brings its scripts as examples, and what a language server reads", function()
    local files = run.program({ "find", "usr/share", "-type", "f" }, { cwd = dir }).out
    assert.matches("usr/share/btfl/meta.lua\n", files, 1, true)
    assert.matches("usr/share/btfl/scripts/check.lua\n", files, 1, true)
    local r = installed(dir .. "/usr/share/btfl/scripts/explain.lua", "no-field")
    assert.same({ "", 0 }, { r.err, r.status })
  end)

  it("brings its manual and completions, and goes again as a whole", function()
    local function files() return run.program({ "find", ".", "-type", "f" }, { cwd = dir }).out end
    local had = files()
    for _, path in ipairs { "man/man1/btfl.1", "man/man1/btfl-check.1", "man/man7/btfl-script.7",
      "man/man7/btfl-policy.7", "bash-completion/completions/btfl", "zsh/site-functions/_btfl",
      "fish/vendor_completions.d/btfl.fish" } do
      assert.matches("./usr/share/" .. path .. "\n", had, 1, true)
    end
    run.write(dir .. "/usr/share/man/man1/another.1", "")
    make "uninstall"
    assert.equal("./usr/share/man/man1/another.1\n", files())
    make "install"
    assert.equal(#had, #files() - #"./usr/share/man/man1/another.1\n")
  end)
end)

describe("make", function()
  local dir

  setup(function() dir = run.tmpdir() end)
  teardown(function() run.remove(dir) end)

  -- What is built is copied with the times, so that only the rest is made again.
  local function copy_tree(tree)
    local r = run.program { "sh", "-c", 'mkdir -p "$1/spec/fixtures" && '
      .. 'cp -a Makefile README.md lua scripts src build btfl "$1" && touch "$1/scripts"', "x", tree }
    assert.same({ "", 0 }, { r.err, r.status })
  end

  it("works in a folder that no word of a shell is", function()
    local tree = dir .. "/a tree, 'quoted' & more"
    copy_tree(tree)
    local r = run.program({ "make", "-s", "COVERAGE=", "all", "layers" }, { cwd = tree })
    assert.same({ "", 0 }, { r.err, r.status })
    r = run.program({ "make", "-s", "COVERAGE=", "install", "DESTDIR=", "PREFIX=" .. dir .. "/to here" },
      { cwd = tree })
    assert.same({ "", 0 }, { r.err, r.status })
    r = run.program({ dir .. "/to here/bin/btfl", "doctor", run.top .. "/spec/fixtures/small.btf" }, { cwd = "/" })
    assert.same({ "", 0 }, { r.err, r.status })
  end)

  it("puts the Lua files that there are into the program, and no other", function()
    local tree = dir .. "/tree"
    local function built()
      local r = run.program({ "make", "-s", "COVERAGE=" }, { cwd = tree })
      if r.status ~= 0 then return r.err end
      local alone = dir .. "/alone" -- in the tree it would run the files of the tree
      run.program { "cp", tree .. "/btfl", alone }
      return run.program({ alone, "help" }, { env = { BTFL_PATH = false, HOME = "/" } }).out
        .. run.program({ alone, "-e", "pcall(require, 'btfl.room.inner.probe')" }).out
    end
    copy_tree(tree)
    run.write(tree .. "/scripts/probe.lua", "--- probe: no more than a test")
    run.program { "mkdir", "-p", tree .. "/lua/btfl/room/inner" }
    run.write(tree .. "/lua/btfl/room/inner/probe.lua", "return 'found??='")
    local text = built()
    assert.matches("\n  probe +no more than a test\n", text)
    assert.matches("\ntrue\tfound??=\t", text, 1, true)
    run.program { "rm", tree .. "/scripts/probe.lua", tree .. "/lua/btfl/room/inner/probe.lua" }
    text = built()
    assert.not_matches("probe +no more", text)
    assert.matches("\nfalse\tmodule 'btfl.room.inner.probe' not found", text, 1, true)
    run.write(tree .. "/scripts/probe.lua", "local = 2")
    assert.matches("^scripts/probe.lua:1: <name> expected near '='\nmake[^\n]*\n$", built())
  end)

  -- The program that `make -s WORDS` links anew, from the objects that there are.
  local function linked(words)
    local tree = dir .. "/linked"
    run.program { "rm", "-rf", tree }
    copy_tree(tree)
    run.program { "rm", tree .. "/build/btfl", tree .. "/btfl" }
    local r = run.program({ "make", "-s", "BUILD=build", table.unpack(words) },
      { cwd = tree, env = { MAKEFLAGS = false, SAN = false, COVERAGE = false } })
    return r, tree .. "/build/btfl"
  end

  local function libraries(path)
    return run.program({ "ldd", path }).out
  end

  it("puts the libraries into the program, all of them with STATIC=1", function()
    if os.getenv "ASAN_OPTIONS" then return pending "the sanitizers have no archives" end
    local r, program = linked {}
    assert.same({ "", 0 }, { r.err, r.status })
    assert.not_matches("NOTE", r.out)
    for _, name in ipairs { "liblua", "libelf", "libz" } do assert.not_matches(name, libraries(program)) end
    assert.matches("libc", libraries(program))
    r, program = linked { "STATIC=1" }
    assert.equal(0, r.status, r.err)
    assert.equal("", libraries(program))
    assert.equal("2\n", run.program({ program, "-e", "1 + 1" }).out)
  end)

  it("says which archives it has not", function()
    if os.getenv "ASAN_OPTIONS" then return pending "the sanitizers have no archives" end
    local r, program = linked { "LIB_DIRS=/none" }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("\n  NOTE  there is no libelf.a liblua[%w.-]*.a libz.a[^\n]*: linked with shared libraries\n", r.out)
    assert.matches("libelf", libraries(program))
    r = linked { "LIB_DIRS=/none", "STATIC=1" }
    assert.equal(2, r.status)
    assert.matches("STATIC=1 needs libelf.a liblua[%w.-]*.a libz.a[^,]*, ", r.err)
  end)

  it("links with the shared libraries when asked to", function()
    if os.getenv "ASAN_OPTIONS" then return pending "the sanitizers have no archives" end
    local r, program = linked { "SHARED=1" }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("libelf", libraries(program))
  end)

  -- Checks what is needed, with a pkg-config that knows some libraries only.
  local function needs(known, words)
    local pc = dir .. "/pc"
    run.program { "sh", "-c", "rm -rf \"$1\"; mkdir \"$1\"", "x", pc }
    local flags = run.program({ "pkg-config", "--cflags", "lua5.4" }).out:gsub("\n", "")
    for _, name in ipairs(known) do
      run.write(("%s/%s.pc"):format(pc, name), ("Name: x\nDescription: x\nVersion: 5.4.4\nCflags: %s\n"):format(flags))
    end
    return run.program({ "make", "-s", "BUILD=" .. dir .. "/b", dir .. "/b/base/err.o", table.unpack(words or {}) },
      { env = { PKG_CONFIG_LIBDIR = pc, PKG_CONFIG_PATH = pc } })
  end

  it("names the packages that are missing, in one line", function()
    local function lacks(packages, ...)
      local r = needs(...)
      assert.equal(2, r.status)
      assert.matches("^not installed, under its name in Debian and Ubuntu: " .. packages:gsub("%p", "%%%0")
        .. " %(README.md has others%)\nmake%S*: [^\n]*\n$", r.err)
    end
    lacks("liblua5.4-dev libelf-dev zlib1g-dev", {})
    lacks("libelf-dev", { "lua5.4", "zlib" })
    lacks("liblua5.4-dev", { "libelf", "zlib" })
    lacks("gcc", { "lua5.4", "libelf", "zlib" }, { "CC=no-such-compiler" })
    lacks("libc6-dev", { "lua5.4", "libelf", "zlib" }, { "CC=gcc -nostdinc" })
    local r = needs { "lua5.4", "libelf", "zlib" }
    assert.same({ "", 0 }, { r.err, r.status })
  end)

  it("takes warnings for errors only when it tests", function()
    local function commands(...)
      return run.program({ "make", "-n", "BUILD=" .. dir .. "/none", ... },
        { env = { WERROR = false, MAKEFLAGS = false } }).out
    end
    for _, goal in ipairs { "all", "install", "demo" } do
      local text = commands(goal)
      assert.matches("-Wextra", text, 1, true)
      assert.not_matches("-Werror", text, 1, true)
    end
    assert.matches("-Wpedantic -Werror", commands "test", 1, true)
    assert.matches("-Werror", commands "lint", 1, true)
    assert.not_matches("-Wpedantic -Werror", commands("test", "WERROR="), 1, true)
  end)
end)
