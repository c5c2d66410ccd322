--- make install: what is installed works from its place, and compiled modules never hide their source.

local run = require "spec.support.run"

describe("an installed btfl", function()
  local tmp, dir, share

  -- In a folder that no word of a shell is.
  setup(function()
    tmp = run.tmpdir()
    dir = tmp .. "/it's a $HOME & for"
    local r = run.program { "make", "-s", "install", "DESTDIR=" .. dir:gsub("%$", "$$"), "PREFIX=/usr" }
    assert.equal(0, r.status, r.err)
    share = dir .. "/usr/share/btfl"
  end)
  teardown(function() run.remove(tmp) end)

  local function installed(...)
    return run.program({ dir .. "/usr/bin/btfl", ... }, { cwd = "/" })
  end

  it("finds its scripts and modules", function()
    local r = installed("relos", run.top .. "/spec/fixtures/example.bpf.o", "-t", run.top .. "/spec/fixtures/small.btf")
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("task_struct.state", r.out, 1, true)
    assert.matches("check", installed("--help").out)
  end)

  it("has everything compiled, argparse and dkjson too, for the place where it will be", function()
    local bytes = run.read(share .. "/bytecode")
    local index = string.unpack("s4", bytes)
    assert.equal("/usr/share/btfl/", (string.unpack("s4", index)))
    for _, name in ipairs { "lua/btfl/report.lua", "scripts/check.lua", "argparse.lua", "dkjson.lua" } do
      assert.matches(name, index, 1, true)
    end
    assert.is_nil(index:find("meta.lua", 1, true))
    assert.matches("@/usr/share/btfl/lua/btfl/report.lua", bytes, 1, true)
  end)
end)

describe("a compiled Lua file", function()
  local dir

  -- A tree of its own: what is compiled is found by the path of its source.
  setup(function()
    dir = run.tmpdir()
    local r = run.program { "sh", "-c", ("cp -r lua scripts %s && ln btfl %s/btfl 2>/dev/null || cp btfl %s/btfl")
      :format(dir, dir, dir) }
    assert.equal(0, r.status, r.err)
    r = run.program { "mkdir", "-p", dir .. "/build" }
    assert.equal(0, r.status)
  end)
  teardown(function() run.remove(dir) end)

  -- Compiles `compiled`, of which `source` is the source later.
  local function compile(name, compiled, source)
    local out = dir .. "/build/bytecode"
    run.write(dir .. "/" .. name, compiled)
    require "btfl.bytecode"(out, dir .. "/", dir .. "/", { name }, {})
    run.write(dir .. "/" .. name, source)
    run.program { "touch", "-r", dir .. "/" .. name, out }
    return out
  end

  local function loaded(...)
    local r = run.program { dir .. "/btfl", ... }
    return r.out .. r.err
  end

  local PROBE = { "-e", "print((require 'btfl.probe'))" }
  local MODULE = { "lua/btfl/probe.lua", "return 'compiled'", "return 'source'" }

  it("is used when it is no older than its source", function()
    compile(table.unpack(MODULE))
    assert.equal("compiled\n", loaded(table.unpack(PROBE)))
    compile("scripts/probe.lua", "print 'compiled'", "print 'source'")
    assert.equal("compiled\n", loaded "probe")
  end)

  it("is not used when its source has changed since", function()
    run.program { "touch", "-d", "1 hour ago", compile(table.unpack(MODULE)) }
    assert.equal("source\n", loaded(table.unpack(PROBE)))
  end)

  it("is not used when it was made for another folder", function()
    local out = compile(table.unpack(MODULE))
    local bytes = run.read(out)
    run.write(out, (bytes:gsub(dir:sub(-4) .. "/", dir:sub(-4):reverse() .. "/", 1)))
    assert.equal("source\n", loaded(table.unpack(PROBE)))
  end)

  it("is not used when it is damaged, or is no bytecode", function()
    local out = compile(table.unpack(MODULE))
    local bytes = run.read(out)
    for length = 0, #bytes - 1, 7 do
      run.write(out, bytes:sub(1, length))
      assert.equal("source\n", loaded(table.unpack(PROBE)))
    end
    run.write(out, (bytes:gsub("\27Lua", "\27Xua")))
    assert.equal("source\n", loaded(table.unpack(PROBE)))
    run.write(out, ("\255"):rep(100))
    assert.equal("source\n", loaded(table.unpack(PROBE)))
  end)
end)

describe("make", function()
  local dir

  setup(function() dir = run.tmpdir() end)
  teardown(function() run.remove(dir) end)

  it("works in a folder that no word of a shell is", function()
    local tree = dir .. "/a tree, 'quoted' & more"
    -- What is built is copied with the times, so that only the rest is made again.
    local r = run.program { "sh", "-c", 'mkdir -p "$1/spec/fixtures" && '
      .. 'cp -a Makefile README.md lua scripts src build btfl "$1" && rm "$1/build/bytecode"', "x", tree }
    assert.same({ "", 0 }, { r.err, r.status })
    r = run.program({ "make", "-s", "all", "layers" }, { cwd = tree })
    assert.same({ "", 0 }, { r.err, r.status })
    r = run.program({ "make", "-s", "install", "DESTDIR=", "PREFIX=" .. dir .. "/to here" }, { cwd = tree })
    assert.same({ "", 0 }, { r.err, r.status })
    r = run.program({ dir .. "/to here/bin/btfl", "doctor", run.top .. "/spec/fixtures/small.btf" }, { cwd = "/" })
    assert.same({ "", 0 }, { r.err, r.status })
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
