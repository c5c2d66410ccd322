--- relos: its table in every format. What it says of real objects is corpus_spec.lua's.
local btf = require "spec.support.btf"
local dkjson = require "dkjson"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local HEADER = "object\tsection\tinsn_off\ttype_id\ttype\taccess\tkind\tstatus\tlocal\ttarget\ttarget_id"
  .. "\tinsn_before\tinsn_after\n"

describe("relos", function()
  local obj, kernel, big

  setup(function()
    local b = btf.new()
    local int = b:int("int", 4, "signed")
    local foo = b:struct("foo___old", 8, { { "a", int, 0 }, { "b", int, 32 } })
    local gone = b:struct("gone", 4, { { "x", int, 0 } })
    local e = b:enum64("big", { { "HUGE", 0xffffffffffffffff } })
    local anon = b:struct(nil, 4, { { "x", int, 0 } })
    local o = object.new(b)
    local lo, hi = object.ldimm64(2, -1)
    o:program {
      name = "first", section = "kprobe/x",
      insns = { object.ldx(4, 1, 1, 4), object.mov(1, 0), object.mov(3, 1), lo, hi, object.mov(1, 0),
        object.mov(1, 99), object.exit() },
      relos = {
        { insn = 0, type = foo, access = "0:1", kind = "byte_off" },
        { insn = 1, type = gone, access = "0:0", kind = "byte_off" },
        { insn = 2, type = gone, access = "0", kind = "type_exists" },
        { insn = 3, type = e, access = "0", kind = "enumval_value" },
        { insn = 5, type = anon, access = "0:0", kind = "byte_off" },
        { insn = 6, type = foo, access = "0:1", kind = "byte_off" },
      },
      lines = { { insn = 0, file = "/src/a.bpf.c", line = 12, column = 3, text = "return f->b;" } },
    }
    obj = tmp.write("a.bpf.o", o:bytes())
    local t = btf.new()
    local tint = t:int("int", 4, "signed")
    t:struct("foo", 12, { { "c", tint, 0 }, { "a", tint, 32 }, { "b", tint, 64 } })
    t:enum64("big", { { "HUGE", 0x8000000000000000 } })
    kernel = tmp.write("6.1.0-test.btf", t:bytes())
    local be = btf.new { endian = "big" }
    be:struct("foo", 4, { { "b", be:int("int", 4, "signed"), 0 } })
    big = tmp.write("6.1.0-s390x.btf", be:bytes())
  end)
  teardown(tmp.clean)

  local function expected(...)
    local out = { HEADER }
    for _, row in ipairs { ... } do
      out[#out + 1] = ("%s\tkprobe/x\t%s\n"):format(obj, row:gsub(" +", "\t"))
    end
    return table.concat(out)
  end

  it("prints exactly its columns as tsv", function()
    local r = run { "relos", "--format", "tsv", obj, "-t", kernel }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.equal(expected(
      "0  2 foo___old 0:1 byte_off      ok     4 8 2 6111040000000000 6111080000000000",
      "8  3 gone      0:0 byte_off      poison 0 - - b701000000000000 850000001023ad0b",
      "16 3 gone      0   type_exists   ok     1 0 - b703000001000000 b703000000000000",
      "24 4 big       0   enumval_value ok     18446744073709551615 9223372036854775808 3"
        .. " 18020000ffffffff00000000ffffffff 18020000000000000000000000000080",
      "40 5 <anon>    0:0 byte_off      error  0 - - b701000000000000 b701000000000000",
      "48 2 foo___old 0:1 byte_off      error  4 - 2 b701000063000000 b701000063000000"), r.out)
  end)

  it("shows the object's side alone without a kernel", function()
    local r = run { "relos", "--local", "--format", "tsv", obj, "-t", "/nonexistent" }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("\n[^\t]+\tkprobe/x\t0\t2\tfoo___old\t0:1\tbyte_off\tok\t4\t%-\t%-\t6111040000000000\t%-\n", r.out)
    assert.matches("enumval_value\tok\t18446744073709551615\t%-\t%-\t", r.out)
    assert.is_nil(r.out:find("poison"))
    local text = run({ "relos", "--local", obj }).out
    assert.matches("foo___old.b +4 ", text)
    assert.is_nil(text:find("target"))
  end)

  it("says the same in json and jsonl", function()
    local whole = assert(dkjson.decode(run({ "relos", "--format", "json", obj, "-t", kernel }).out))
    assert.equal(6, #whole.rows)
    assert.same({ object = obj, section = "kprobe/x", insn_off = 0, type_id = 2, type = "foo___old",
      access = "0:1", kind = "byte_off", status = "ok", ["local"] = "4", target = "8", target_id = 2,
      insn_before = "6111040000000000", insn_after = "6111080000000000" }, whole.rows[1])
    assert.is_nil(whole.rows[2].target)
    assert.equal("18446744073709551615", whole.rows[4]["local"])
    local n = 0
    for line in run({ "relos", "--format", "jsonl", obj, "-t", kernel }).out:gmatch("[^\n]+") do
      n = n + 1
      assert.same(whole.rows[n], dkjson.decode(line))
    end
    assert.equal(6, n)
  end)

  it("names the kernel when there are several", function()
    local r = run { "relos", "--format", "tsv", obj, "-t", kernel, "-t", kernel }
    assert.equal("kernel\t" .. HEADER, r.out:match("^[^\n]*\n"))
    local _, n = r.out:gsub("\n6.1.0%-test\t", "")
    assert.equal(12, n)
  end)

  it("shows source line, path and reason to people", function()
    local r = run { "relos", obj, "-t", kernel }
    assert.matches("^[^\n]*a.bpf.o, 6.1.0%-test\n", r.out)
    assert.matches("\na.bpf.c:12:3 +first +0 +byte_off +foo___old.b +4 +8 +ok +%-\n", r.out)
    assert.matches(" poison +no%-type\n", r.out)
    assert.matches(" error +anonymous\n", r.out)
    assert.matches(" error +insn%-mismatch\n", r.out)
  end)

  it("finds that byte orders differ, and goes on", function()
    local r = run { "relos", "--format", "tsv", obj, "-t", big, "-t", kernel }
    assert.equal(1, r.status)
    assert.matches("error[byte-order]: the object is little-endian and the target big-endian", r.err, 1, true)
    local _, n = r.out:gsub("\n6.1.0%-test\t", "")
    assert.equal(6, n)
    assert.is_nil(r.out:find("s390x", 1, true))
  end)

  it("gives a bare table for an object without BTF, and says that it could not do it", function()
    local o = object.new(nil)
    o:program { insns = { object.exit() } }
    local plain = tmp.write("plain.o", o:bytes())
    local r = run { "relos", "--format", "tsv", plain, "-t", kernel }
    assert.same({ HEADER, 2 }, { r.out, r.status })
    assert.equal(("btfl relos: %s: has no .BTF section, so there is nothing to relocate\n"):format(plain), r.err)
  end)
end)
