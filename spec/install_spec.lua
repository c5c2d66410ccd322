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
