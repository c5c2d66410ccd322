--- Every broken input gives one line that names the file (and the place, where there is one) and the
--- status 2; nothing crashes.

local broken = require "spec.support.broken"
local btf = require "spec.support.btf"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

describe("bad input:", function()
  local good_btf, good_object

  setup(function()
    local b = btf.new()
    local foo = b:struct("foo", 4, { { "a", b:int("int", 4, "signed"), 0 } })
    local o = object.new(b)
    o:program { insns = { object.ldx(4, 0, 1, 0), object.exit() },
      relos = { { insn = 0, type = foo, access = "0:0", kind = "byte_off" } } }
    good_object = tmp.write("good.o", o:bytes())
    good_btf = tmp.write("good.btf", b:bytes())
  end)
  teardown(tmp.clean)

  local function relos(as, path)
    return run(as == "target" and { "relos", "--format", "tsv", good_object, "-t", path }
      or { "relos", "--format", "tsv", path, "-t", good_btf })
  end

  local function refused(as, path, pattern)
    local r = relos(as, path)
    assert.are.equal(2, r.status, r.err)
    assert.matches("^[^\n]+\n$", r.err)
    assert.matches(path, r.err, nil, true)
    assert.matches(pattern, r.err)
    assert.is_nil(r.err:match("%.lua:%d"), r.err)
  end

  it("the good ones are taken", function()
    local r = relos("target", good_btf)
    assert.are.equal("", r.err)
    assert.are.equal(0, r.status)
    assert.matches("\tok\t", r.out, nil, true)
  end)

  it("there are at least 60 broken ones", function()
    assert.is_true(#broken >= 60)
  end)

  for i, c in ipairs(broken) do
    it(("%s: %s"):format(c.as, c.name), function()
      local name = ("broken%d.bin"):format(i)
      local path
      if type(c.bytes) == "function" then
        path = c.bytes(function(suffix, bytes) return tmp.write(name .. "." .. suffix, bytes) end)
      else
        path = tmp.write(name, c.bytes)
      end
      refused(c.as, path, c.pattern)
    end)
  end

  for _, as in ipairs { "target", "object" } do
    it(as .. ": missing file", function()
      refused(as, tmp.path("missing"), "No such file")
    end)
    it(as .. ": socket, device or other thing that is no file", function()
      refused(as, "/dev/null", "")
    end)
  end
  it("object: directory", function()
    refused("object", tmp.mkdir("folder"), "[Dd]irectory")
  end)
  it("target: directory without a vmlinux", function()
    refused("target", tmp.mkdir("folder"), "no kernel in this folder")
  end)
  it("object: an object of this machine", function()
    refused("object", run.btfl, "BPF")
  end)

  -- Neither end of a file is more special than another: cut anywhere, it is refused or read.
  for _, as in ipairs { "target", "object" } do
    it(as .. ": cut at every 7th byte", function()
      local bytes = tmp.read(as == "target" and good_btf or good_object)
      for n = 0, #bytes - 1, 7 do
        local r = relos(as, tmp.write("cut.bin", bytes:sub(1, n)))
        assert.are.equal(2, r.status, ("%d bytes: %s"):format(n, r.err))
        assert.matches("^[^\n]+\n$", r.err)
      end
    end)

    it(as .. ": any byte changed", function()
      local bytes = tmp.read(as == "target" and good_btf or good_object)
      local seed = 12345
      for _ = 1, 150 do
        seed = (seed * 1103515245 + 12345) & 0x7fffffff
        local at, value = seed % #bytes + 1, seed >> 16 & 0xff
        local changed = bytes:sub(1, at - 1) .. string.char(value) .. bytes:sub(at + 1)
        local r = relos(as, tmp.write("changed.bin", changed))
        assert.is_true(r.status <= 2, ("byte %d to %d: %d %s"):format(at - 1, value, r.status, r.err))
        if r.status == 2 then assert.matches("^[^\n]+\n$", r.err) end
      end
    end)
  end
end)

describe("an object whose references lead nowhere", function()
  teardown(tmp.clean)

  local function one(change, options)
    local b = btf.new()
    local o = object.new(b, options)
    local p = { section = "raw_tp/x", insns = { object.call(0, 1), object.mov(0, 0), object.exit() } }
    change(o, p, b)
    o:program(p)
    return o:bytes()
  end

  local function call(to)
    return function(_, p) p.insns[1] = object.call(to, 1) end
  end

  -- .text with a function of two instructions, which the program calls.
  local function relocated(offset, symbol)
    return function(o, p)
      p.insns[1] = object.call(-1, 1)
      o:program { section = ".text", name = "called", insns = { object.mov(0, 0), object.exit() } }
      o:rel("raw_tp/x", offset, symbol, 10)
    end
  end

  for _, case in ipairs {
    { "raw_tp/x+0: refers to byte 16 of section 1, where no function starts", one(call(1)) },
    { "raw_tp/x+0: refers to byte -32 of section 1, where no function starts", one(call(-5)) },
    { "raw_tp/x+0x4: a relocation lies on no instruction", one(relocated(4, "called")) },
    { "raw_tp/x+0x1000: a relocation lies on no instruction", one(relocated(4096, "called")) },
    { "raw_tp/x+0: a relocation names symbol 77 of 3", one(relocated(0, 77)) },
    { ".relraw_tp/x+0x10: ends within a relocation of 16 bytes", one(function(o, p)
      p.insns[1] = object.mov(0, 0)
      o:section(".relraw_tp/x", ("\0"):rep(20), { type = 9, info = 1 })
    end) },
    { ".BTF.ext+0x30: type 1 is a int, not a func", one(function(_, p, b)
      p.func = b:int("int", 4, "signed")
    end, { no_symtab = true }) },
  } do
    it("is told: " .. case[1], function()
      local path = tmp.write("x.bpf.o", case[2])
      local r = run { "verdicts", path, "-t", "spec/fixtures/small.btf" }
      assert.same({ ("btfl verdicts: %s: %s\n"):format(path, case[1]), 2 }, { r.err, r.status })
    end)
  end
end)
