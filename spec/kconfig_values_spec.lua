--- What a program reads of a kernel's configuration: the value that libbpf puts where its extern is, by its type.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local EQUAL = 0x15

-- A program that reads `size` bytes of CONFIG_X at `at`, and where they are `value` a field that no kernel has.
local function asks(make, size, value, at)
  local b = btf.new()
  local int = b:int("int", 4, "signed")
  local foo = b:struct("foo", 4, { { "gone", int, 0 } })
  b:datasec(".kconfig", 0, { { b:var("CONFIG_X", make(b, int), "extern"), 0, 0 } })
  local o = object.new(b)
  local lo, hi = object.ldimm64(1, 0)
  o:program { section = "raw_tp/x", relos = { { insn = 5, type = foo, access = "0:0", kind = "byte_off" } }, insns = {
    lo, hi, object.ldx(size, 2, 1, at or 0), object.insn(EQUAL, 2, 0, 1, value), object.insn(0x05, 0, 0, 1),
    object.ldx(4, 3, 10, 0), object.mov(0, 0), object.exit() } }
  o:symbol { name = "CONFIG_X", section = 0, info = 0x10 }
  o:rel("raw_tp/x", 0, "CONFIG_X", 1)
  return tmp.write("asks.o", o:bytes())
end

describe("a configuration value is", function()
  local kernel
  local configs = 0 -- a process reads each file once
  setup(function()
    local b = btf.new()
    b:struct("foo", 4, { { "a", b:int("int", 4, "signed"), 0 } })
    kernel = tmp.write("6.1.0-test.btf", b:bytes())
  end)
  teardown(tmp.clean)

  local function verdict(path, text)
    configs = configs + 1
    local config = tmp.write("config" .. configs, "#\n# Automatically generated file; DO NOT EDIT.\n"
      .. "# Linux/x86 6.1.0 Kernel Configuration\n#\nCONFIG_64BIT=y\n" .. text .. "\n")
    local o <close> = btfl.object(path)
    local t <close> = btfl.target(kernel, { kconfig = config })
    local found = o:programs()():verdict(t, { only = { "relocation", "kconfig" } })
    local obstacle = found:obstacles()()
    return found.verdict .. " " .. (obstacle and obstacle.rule or "-")
  end

  local function int(_, i) return i end
  local function u32(b) return b:int("unsigned int", 4) end
  local function u64(b) return b:int("long long unsigned int", 8) end
  local function short(b) return b:int("short", 2, "signed") end
  local function char(b) return b:int("char", 1, "signed") end
  local function bool(b) return b:int("_Bool", 1, "bool") end
  local function tristate(b)
    return b:enum("libbpf_tristate", { { "TRI_NO", 0 }, { "TRI_YES", 1 }, { "TRI_MODULE", 2 } })
  end
  local function text(b, i) return b:array(b:int("char", 1, "signed"), 4, i) end

  -- The type, the bytes that are read, what they are compared with, the line of the configuration.
  local EQUALS = {
    { int, 4, 1000, "CONFIG_X=1000" }, { u32, 4, 16, "CONFIG_X=0x10" }, { u64, 8, 7, "CONFIG_X=7" },
    { short, 2, 0x7fff, "CONFIG_X=32767" }, { char, 1, 121, "CONFIG_X=y" }, { char, 1, 110, "CONFIG_X=n" },
    { bool, 1, 1, "CONFIG_X=y" }, { bool, 1, 0, "CONFIG_X=n" }, { bool, 1, 1, "CONFIG_X=1" },
    { tristate, 4, 1, "CONFIG_X=y" }, { tristate, 4, 2, "CONFIG_X=m" },
    { text, 1, 97, 'CONFIG_X="abcdef"' }, { text, 1, 0, 'CONFIG_X="abcdef"', 3 }, { text, 1, 98, 'CONFIG_X="ab"', 1 },
  }

  for i, row in ipairs(EQUALS) do
    it(("%s, and nothing else (%d)"):format(row[4], i), function()
      assert.equal("rejected relocation", verdict(asks(row[1], row[2], row[3], row[5]), row[4]))
      assert.equal("guarded relocation", verdict(asks(row[1], row[2], row[3] + 1, row[5]), row[4]))
    end)
  end

  -- Of a value that its type cannot hold libbpf loads no object.
  local MISFITS = {
    { bool, "CONFIG_X=2" }, { bool, "CONFIG_X=m" }, { int, "CONFIG_X=y" }, { int, 'CONFIG_X="1"' },
    { int, "CONFIG_X=2147483648" }, { u32, "CONFIG_X=4294967296" }, { short, "CONFIG_X=-32769" },
    { tristate, "CONFIG_X=1" }, { text, "CONFIG_X=1" }, { int, "CONFIG_X=1x" },
    { u64, "CONFIG_X=" .. ("1"):rep(40) },
  }

  for i, row in ipairs(MISFITS) do
    it(("none that its variable can hold: %s (%d)"):format(row[2], i), function()
      assert.equal("refused kconfig", verdict(asks(row[1], 1, 1), row[2]))
    end)
  end
end)
