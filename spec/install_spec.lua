--- make install: what is installed works from its place, and compiled modules never hide their source.

local run = require "spec.support.run"

describe("an installed btfl", function()
  local dir, share

  setup(function()
    dir = run.tmpdir()
    local r = run.program { "make", "-s", "install", "DESTDIR=" .. dir, "PREFIX=/usr" }
    assert.equal(0, r.status, r.err)
    share = dir .. "/usr/share/btfl"
  end)
  teardown(function() run.remove(dir) end)

  local function installed(...)
    return run.program({ dir .. "/usr/bin/btfl", ... }, { cwd = "/" })
  end

  local function compiled(name)
    return share .. "/luac/" .. ("/usr/share/btfl/lua/" .. name):gsub("/", "%%") .. ".luac"
  end

  it("finds its scripts and modules", function()
    local r = installed("relos", run.top .. "/spec/fixtures/example.bpf.o", "-t", run.top .. "/spec/fixtures/small.btf")
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("task_struct.state", r.out, 1, true)
    assert.matches("check", installed("--help").out)
  end)

  it("has every module compiled, and argparse and dkjson", function()
    assert.is_true(#run.read(compiled "btfl/report.lua") > 1000)
    local list = run.program({ "ls", share .. "/luac" }).out
    assert.matches("argparse.lua.luac", list, 1, true)
    assert.matches("dkjson.lua.luac", list, 1, true)
    assert.is_nil(list:find("meta.lua", 1, true))
  end)
end)

describe("a compiled module", function()
  local dir, module

  -- A tree of its own: what is compiled is found by the path of its source.
  setup(function()
    dir = run.tmpdir()
    local r = run.program { "sh", "-c", ("cp -r lua scripts %s && ln btfl %s/btfl 2>/dev/null || cp btfl %s/btfl")
      :format(dir, dir, dir) }
    assert.equal(0, r.status, r.err)
    module = dir .. "/lua/btfl/probe.lua"
    run.write(module, "return 'source'")
    r = run.program { "mkdir", "-p", dir .. "/build/luac" }
    assert.equal(0, r.status)
  end)
  teardown(function() run.remove(dir) end)

  local function compile(text)
    local path = dir .. "/build/luac/" .. module:gsub("/", "%%") .. ".luac"
    return run.write(path, text)
  end

  local function loaded()
    local r = run.program { dir .. "/btfl", "-e", "print((require 'btfl.probe'))" }
    return r.out .. r.err
  end

  it("is used when it is no older than its source", function()
    compile(string.dump(load "return 'compiled'"))
    assert.equal("compiled\n", loaded())
  end)

  it("is not used when its source has changed since", function()
    local path = compile(string.dump(load "return 'compiled'"))
    run.program { "touch", "-d", "1 hour ago", path }
    assert.equal("source\n", loaded())
  end)

  it("is not used when it is damaged, or is no bytecode", function()
    compile "\27Lua damaged"
    assert.equal("source\n", loaded())
    compile "return 'text'"
    assert.equal("source\n", loaded())
  end)
end)
