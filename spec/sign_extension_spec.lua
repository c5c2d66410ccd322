--- What a verdict knows of a number whose sign was extended, as by C's casts to signed types.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local loads = require "spec.support.loads"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local AND, SX, LESS, GREATER = 0x57, 0xbf, 0xc5, 0x65 -- 64-bit; jumps on signed numbers

-- Of a number that nobody knows, and then has only the bits of a mask, the sign is extended from so many bits; where it
-- is as compared with `value` a field is read that no kernel has.
local function extended(mask, bits, jump, value)
  local b = btf.new()
  local foo = b:struct("foo", 4, { { "gone", b:int("int", 4, "signed"), 0 } })
  local o = object.new(b)
  o:program { section = "raw_tp/x", relos = { { insn = 5, type = foo, access = "0:0", kind = "byte_off" } }, insns = {
    object.call(7), object.insn(AND, 0, 0, 0, mask), object.insn(SX, 1, 0, bits), object.insn(jump, 1, 0, 1, value),
    object.insn(0x05, 0, 0, 1), object.ldx(4, 2, 10, 0), object.mov(0, 0), object.exit() } }
  return tmp.write(("extended%d-%d-%d-%d.o"):format(mask, bits, jump, value), o:bytes())
end

-- Whether the branch is taken on some path: mask, bits, jump, value, verdict.
local CASES = {
  { 0x7f, 8, LESS, 0, "guarded" }, { 0x7f, 8, GREATER, 127, "guarded" }, { 0x7f, 8, GREATER, 126, "rejected" },
  { 0xff, 8, LESS, 0, "rejected" }, { 0xff, 8, LESS, -128, "guarded" }, { 0xff, 8, GREATER, 127, "guarded" },
  { 0x7fff, 16, LESS, 0, "guarded" }, { 0xffff, 16, LESS, 0, "rejected" }, { 0xffff, 16, LESS, -32768, "guarded" },
  { 0x7fffffff, 32, LESS, 0, "guarded" }, { -1, 32, LESS, 0, "rejected" }, { -1, 8, GREATER, 127, "guarded" },
}

describe("a number whose sign is extended", function()
  local target
  setup(function()
    local k = btf.new()
    k:struct("foo", 4, { { "a", k:int("int", 4, "signed"), 0 } })
    target = btfl.target(tmp.write("6.18.0-test.btf", k:bytes()))
  end)
  teardown(tmp.clean)

  for _, row in ipairs(CASES) do
    it(("from %d bits, masked with %#x, jumps to %s where it is %s %d"):format(row[2], row[1] & 0xffffffff,
      row[5] == "rejected" and "what fails" or "nothing", row[3] == LESS and "less than" or "greater than", row[4]),
    function()
      local o <close> = btfl.object(extended(row[1], row[2], row[3], row[4]))
      assert.equal(row[5], o:programs()():verdict(target, { only = { "relocation" } }).verdict)
    end)
  end

  it("is what the running kernel says", function()
    local peer, why = loads.peer()
    if not peer then return pending(why) end
    local paths = {}
    for _, row in ipairs(CASES) do paths[extended(row[1], row[2], row[3], row[4])] = row[5] == "guarded" end
    assert.same(paths, loads.which_load(paths))
  end)
end)
