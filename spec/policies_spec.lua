--- The policies that btfl ships: what each decides on hand-made types, and what it changes against
--- libbpf over the corpus. The dialects are held against the table of loaders' differences row by row.

local btfl = require "btfl"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"
local trial = require "spec.support.trial"

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"
local LOADERS = { "libbpf", "kernel", "cilium", "aya" }

local function int(b) return b:int("int", 4, "signed") end
local function u32(b) return b:int("unsigned int", 4) end

local function one(b, name, member, type_id, offset, width)
  return b:struct(name, 64, { { member or "a", type_id or int(b), offset or 0, width } })
end

local function imm64(value) return { object.ldimm64(1, value) } end

--- What each loader makes of the relocations: one string when there is one of them.
local function dialects(make, options)
  local all = trial.compare(make, LOADERS, options)
  local out = {}
  for i, loader in ipairs(LOADERS) do out[loader] = #all[i] == 1 and all[i][1] or all[i] end
  return out
end

local function row(name, expected, make, options)
  it(name, function()
    assert.same(expected, dialects(make, options))
  end)
end

describe("the dialects: ", function()
  teardown(tmp.clean)

  row("essential name of a___b___c", {
    libbpf = { "poison no-field", "ok 8", "poison no-type" }, kernel = { "poison no-field", "ok 8", "poison no-type" },
    cilium = { "poison no-field", "ok 8", "poison no-type" }, aya = { "ok 4", "ok 8", "ok 4" },
  }, function(l, t)
    one(t, "a", "a", nil, 32)
    one(t, "a___b___x", "b", nil, 64)
    -- libbpf and cilium look for a___b (a___b___x is one), aya for a (both are).
    return { { one(l, "a___b___c", "a"), "0:0", "byte_off" }, { one(l, "a___b___c", "b"), "0:0", "byte_off" },
      { one(l, "a___q___c", "a"), "0:0", "byte_off" } }
  end)

  it("essential name of foo___ and foo____bar", function()
    local function make(l, t)
      one(t, "foo", "a", nil, 32)
      one(t, "foo_", "b", nil, 64)
      return { { one(l, "foo___", "a"), "0:0", "byte_off" }, { one(l, "foo____bar", "b"), "0:0", "byte_off" } }
    end
    local got = dialects(make)
    assert.same({ "poison no-type", "poison no-type" }, got.libbpf)
    assert.same(got.libbpf, got.kernel)
    assert.same({ "ok 4", "ok 8" }, got.cilium)
    -- To aya both are foo, which has no b.
    assert.same({ "ok 4", "poison no-field" }, got.aya)
  end)

  it("essential names of enumerators are the dialect's too", function()
    local got = dialects(function(l, t)
      t:enum("e", { { "A", 7 } })
      return { { l:enum("e", { { "A___b___c", 1 } }), "0", "enumval_value", object.mov(1, 1) },
        { l:enum("e", { { "A___", 1 } }), "0", "enumval_value", object.mov(1, 1) } }
    end)
    assert.same({ "poison no-enumval", "poison no-enumval" }, got.libbpf)
    assert.same({ "poison no-enumval", "ok 7" }, got.cilium)
    assert.same({ "ok 7", "ok 7" }, got.aya)
  end)

  row("candidate kinds", {
    libbpf = { "ok 9", "poison no-type" }, kernel = { "poison no-type", "poison no-type" },
    cilium = { "ok 9", "ok 4" }, aya = { "poison no-type", "poison no-type" },
  }, function(l, t)
    t:enum64("e", { { "A", 9 } })
    t:typedef("foo", one(t, nil, "a", nil, 32))
    return { { l:enum("e", { { "A", 1 } }), "0", "enumval_value", object.mov(1, 1) },
      { one(l, "foo"), "0:0", "byte_off" } }
  end)

  row("modules", {
    libbpf = { "ok 4", "poison no-field" }, kernel = { "ok 4", "poison no-field" },
    cilium = { "ok 4", "ok 8" }, aya = { "poison no-type", "poison no-field" },
  }, function(l, t, module)
    local ti = int(t)
    one(t, "both", "x", ti, 32)
    local m = module()
    one(m, "only", "a", ti, 32)
    one(m, "both", "a", ti, 64)
    return { { one(l, "only"), "0:0", "byte_off" }, { one(l, "both"), "0:0", "byte_off" } }
  end)

  row("duplicates of a name: pruned, rebuilt, scored", {
    libbpf = { "ok 4", "poison no-field", "poison no-field" }, kernel = { "ok 4", "ok 8", "ok 12" },
    cilium = { "poison no-field", "ok 8", "ok 12" }, aya = { "ok 4", "ok 8", "ok 12" },
  }, function(l, t)
    one(t, "foo", "a", nil, 32)
    t:struct("foo", 16, { { "b", 1, 64 }, { "c", 1, 96 } })
    local foo = l:struct("foo", 12, { { "a", int(l), 0 }, { "b", 1, 32 }, { "c", 1, 64 } })
    return { { foo, "0:0", "byte_off" }, { foo, "0:1", "byte_off", object.mov(1, 4) },
      { foo, "0:2", "byte_off", object.mov(1, 8) } }
  end)

  it("duplicates are scored by program", function()
    local got = dialects(function(l, t)
      one(t, "foo", "a", nil, 32)
      t:struct("foo", 16, { { "b", 1, 64 } })
      local foo = l:struct("foo", 12, { { "a", int(l), 0 }, { "b", 1, 32 } })
      return { { foo, "0:0", "byte_off", object.mov(1, 0), "raw_tp/a" },
        { foo, "0:1", "byte_off", object.mov(1, 4), "raw_tp/b" } }
    end)
    assert.same({ "ok 4", "ok 8" }, got.cilium)
    assert.same({ "ok 4", "poison no-field" }, got.libbpf)
  end)

  row("duplicates that tie must agree", {
    libbpf = { "ok 4", "error ambiguous" }, kernel = { "ok 4", "error ambiguous" },
    cilium = { "error ambiguous", "error ambiguous" }, aya = { "ok 4", "error ambiguous" },
  }, function(l, t)
    t:struct("foo", 16, { { "a", int(t), 32 }, { "b", 1, 64 } })
    t:struct("foo", 16, { { "a", 1, 32 }, { "b", 1, 96 } })
    local foo = l:struct("foo", 12, { { "a", int(l), 0 }, { "b", 1, 32 } })
    return { { foo, "0:0", "byte_off" }, { foo, "0:1", "byte_off", object.mov(1, 4) } }
  end)

  row("type_size, target_type_id missing", {
    libbpf = { "ok 0", "ok 0" }, kernel = { "ok 0", "ok 0" },
    cilium = { "poison no-type", "poison no-type" }, aya = { "error no-type", "error no-type" },
  }, function(l, t)
    int(t)
    local foo = one(l, "foo")
    return { { foo, "0", "type_size", object.mov(1, 64) }, { foo, "0", "target_type_id", object.mov(1, foo) } }
  end)

  for _, case in ipairs {
    { "little", "850000001023ad0b850000001023ad0b", "180a00001023ad0b0000000000000000" },
    { "big", "850000000bad2310850000000bad2310", "18a000000bad23100000000000000000" },
  } do
    it("poisoned ldimm64, " .. case[1] .. "-endian", function()
      local obj, target = trial.open(function(l, t)
        t:enum("e", { { "B", 1 } })
        return { { l:enum("e", { { "A", 1 } }), "0", "enumval_value", imm64(1) } }
      end, { endian = case[1] })
      local got = {}
      for _, loader in ipairs(LOADERS) do
        local r = trial.results(obj, target, loader)[1]
        assert.equal("poison", r.status)
        got[loader] = r.after
      end
      assert.same({ libbpf = case[2], kernel = case[2], cilium = case[3], aya = case[2] }, got)
    end)
  end

  it("memory-size adjust", function()
    local function make(l, t)
      one(t, "foo", "a", t:int("u64", 8), 64)
      one(t, "bar", "a", t:int("s64", 8, "signed"), 64)
      return { { one(l, "foo", "a", u32(l)), "0:0", "byte_off", object.ldx(4, 1, 1, 0) },
        { one(l, "bar", "a", int(l)), "0:0", "byte_off", object.ldx(4, 1, 1, 0) } }
    end
    local got = dialects(make)
    assert.same({ "ok 8", "poison size-mismatch" }, got.libbpf)
    assert.same(got.libbpf, got.kernel)
    assert.same({ "ok 8", "ok 8" }, got.cilium)
    assert.same({ "ok 8", "error size-mismatch" }, got.aya)
    local obj, target = trial.open(make)
    local after = {}
    for i, loader in ipairs(LOADERS) do after[i] = trial.results(obj, target, loader)[1].after:sub(1, 2) end
    assert.same({ "79", "79", "61", "79" }, after)
  end)

  row("old value of target_type_id", {
    libbpf = "ok 2", kernel = "ok 2", cilium = "error insn-mismatch", aya = "ok 2",
  }, function(l, t)
    one(t, "foo")
    return { { one(l, "foo"), "0", "target_type_id", object.mov(1, 77) } }
  end)

  row("u32 enumerator >= 2^31", {
    libbpf = { "error insn-mismatch", "ok 18446744073709551615" },
    kernel = { "error insn-mismatch", "ok 18446744073709551615" },
    cilium = { "ok 4294967295", "error insn-mismatch" }, aya = { "ok 4294967295", "ok 4294967295" },
  }, function(l, t)
    t:enum("e", { { "A", 0xffffffff } })
    local e = l:enum("e", { { "A", 0xfffffffe } })
    return { { e, "0", "enumval_value", imm64(0xfffffffe) }, { e, "0", "enumval_value", imm64(-2) } }
  end)

  row("bitfield wider than its unit", {
    libbpf = { "ok 0", "ok 8", "ok 22" }, kernel = { "ok 0", "ok 8", "ok 22" },
    cilium = { "ok 0", "ok 4", "ok 22" }, aya = { "ok 0", "ok 8", "ok 22" },
  }, function(l, t)
    one(t, "foo", "a", u32(t), 30, 12)
    local foo = one(l, "foo", "a", u32(l), 0, 12)
    return { { foo, "0:0", "byte_off" }, { foo, "0:0", "byte_sz", object.mov(1, 4) },
      { foo, "0:0", "lshift_u64", object.mov(1, 52) } }
  end)

  it("a bitfield too wide for 8 bytes is none to cilium, in either byte order", function()
    -- Little-endian: 64 - 60 - 8, in 32 bits without sign.
    for endian, shift in pairs { little = "ok 4294967292", big = "ok 60" } do
      local got = dialects(function(l, t)
        one(t, "foo", "a", t:int("u64", 8), 60, 8)
        return { { one(l, "foo", "a", l:int("u64", 8), 0, 8), "0:0", "lshift_u64", imm64(56) } }
      end, { endian = endian })
      assert.equal("error bitfield-too-wide", got.libbpf)
      assert.equal(shift, got.cilium)
    end
  end)

  row("signed of neither int nor enum", {
    libbpf = "ok 0", kernel = "ok 0", cilium = "error unsupported", aya = "ok 0",
  }, function(l, t)
    one(t, "foo", "a", t:ptr(0))
    return { { one(l, "foo", "a", l:ptr(0)), "0:0", "signed" } }
  end)

  row("type_matches behind pointers", {
    libbpf = "ok 1", kernel = "ok 1", cilium = "ok 0", aya = "error unsupported",
  }, function(l, t)
    one(t, "foo", "p", t:ptr(one(t, "bar", "x")))
    return { { one(l, "foo", "p", l:ptr(one(l, "bar", "y"))), "0", "type_matches", object.mov(1, 1) } }
  end)

  row("type_matches of the same types", {
    libbpf = "ok 1", kernel = "error too-deep", cilium = "ok 1", aya = "error unsupported",
  }, function(l, t)
    local roots = {}
    for i, b in ipairs { t, l } do
      local e = b:enum("e", { { "A", 1 }, { "B", 2 } })
      local proto = b:func_proto(int(b), { { "x", b:ptr(b:const(b:int("char", 1, "char"))) }, { nil, 0 } })
      local self = b:next_id() + 4
      b:ptr(self)
      b:ptr(proto)
      b:array(e, 4)
      b:fwd("bar")
      roots[i] = b:struct("foo", 64, { { "self", self - 4, 0 }, { "f", self - 3, 64 }, { "e", self - 2, 128 },
        { "n", int(b), 256 }, { nil, b:struct(nil, 4, {}), 288 } })
    end
    return { { roots[2], "0", "type_matches", object.mov(1, 1) } }
  end)

  it("type recursion limit: parameters of parameters", function()
    -- f0: int (void), f1: takes f0, ...; a typedef of f3 has parameters three deep.
    local function nest(b, depth)
      local i = int(b)
      local f = b:func_proto(i, {})
      for _ = 1, depth do f = b:func_proto(i, { { "f", b:ptr(f) } }) end
      return b:typedef("fn" .. depth, f)
    end
    local got = dialects(function(l, t)
      local relos = {}
      for _, depth in ipairs { 2, 3, 40 } do
        nest(t, depth)
        relos[#relos + 1] = { nest(l, depth), "0", "type_exists", object.mov(1, 1) }
      end
      return relos
    end)
    assert.same({ "ok 1", "ok 1", "error too-deep" }, got.libbpf)
    assert.same({ "ok 1", "error too-deep", "error too-deep" }, got.kernel)
    assert.same({ "ok 1", "ok 1", "ok 1" }, got.cilium)
    assert.same({ "ok 1", "ok 1", "ok 1" }, got.aya)
  end)

  it("type recursion limit: members of members in type_matches", function()
    local got = dialects(function(l, t)
      local roots = {}
      for i, b in ipairs { t, l } do
        local inner = b:struct("inner", 4, { { "x", int(b), 0 } })
        roots[i] = b:struct("outer", 4, { { "in", inner, 0 } })
      end
      return { { roots[2], "0", "type_matches", object.mov(1, 1) } }
    end)
    assert.same({ libbpf = "ok 1", kernel = "error too-deep", cilium = "ok 1", aya = "error unsupported" }, got)
  end)

  row("types that refer to themselves end", {
    libbpf = "error too-deep", kernel = "error too-deep", cilium = "ok 1", aya = "ok 1",
  }, function(l, t)
    local roots = {}
    for i, b in ipairs { t, l } do
      local at = b:next_id()
      b:ptr(at + 1)
      b:ptr(at)
      roots[i] = b:typedef("loop", at)
    end
    return { { roots[2], "0", "type_exists", object.mov(1, 1) } }
  end)

  row("FWD/ENUM names in fields", {
    libbpf = { "ok 4", "ok 4", "poison incompatible" }, kernel = { "ok 4", "ok 4", "poison incompatible" },
    cilium = { "ok 4", "ok 4", "poison incompatible" },
    aya = { "poison incompatible", "ok 4", "poison incompatible" },
  }, function(l, t)
    one(t, "foo", "a", t:enum(nil, { { "A", 0 } }), 32)
    one(t, "bar", "a", t:enum("e___x", { { "A", 0 } }), 32)
    one(t, "baz", "a", t:enum("other", { { "A", 0 } }), 32)
    return { { one(l, "foo", "a", l:enum("e", { { "A", 0 } })), "0:0", "byte_off" },
      { one(l, "bar", "a", l:enum("e", { { "A", 0 } })), "0:0", "byte_off" },
      { one(l, "baz", "a", l:enum("e", { { "A", 0 } })), "0:0", "byte_off" } }
  end)

  row("FLOAT in type compatibility", {
    libbpf = "ok 0", kernel = "ok 0", cilium = "error unsupported", aya = "ok 1",
  }, function(l, t)
    t:typedef("real", t:float("double", 8))
    return { { l:typedef("real", l:float("double", 8)), "0", "type_exists", object.mov(1, 1) } }
  end)

  it("cilium also refuses what an ALU instruction cannot hold, and gives no id of a module's type", function()
    local got = dialects(function(l, t)
      t:enum64("e", { { "A", 1 << 32 } })
      return { { l:enum64("e", { { "A", 1 } }), "0", "enumval_value", object.mov(1, 1) } }
    end)
    assert.same({ "ok 4294967296", "error truncated" }, { got.libbpf, got.cilium })
    got = dialects(function(l, t, module)
      local ti = int(t)
      one(module(), "foo", "a", ti)
      return { { one(l, "foo"), "0", "target_type_id", object.mov(1, 2) } }
    end)
    assert.same({ "ok 2", "poison by-policy" }, { got.libbpf, got.cilium })
  end)

  it("check tells of the id of a module's type that cilium does not give", function()
    local obj, target = trial.open(function(l, t, module)
      local ti = int(t)
      one(module(), "foo", "a", ti)
      return { { one(l, "foo"), "0", "target_type_id", object.mov(1, 2) } }
    end)
    local report = obj:check(target, { policy = btfl.policy "cilium" })
    local found = report.findings[1]
    assert.same({ 1, "error", "by-policy", "cilium.value" },
      { report.status, found.level, found.rule, found.details.rule })
    assert.matches("cilium.value", found.message, 1, true)
  end)
end)

describe("strict", function()
  teardown(tmp.clean)

  local function strict(make)
    local both = trial.compare(make, { "libbpf", "strict" })
    return both[1], both[2]
  end

  it("refuses integers whose width or sign changed, in arrays and behind typedefs too", function()
    local usual, got = strict(function(l, t)
      one(t, "w", "a", t:int("u64", 8), 32)
      one(t, "s", "a", u32(t), 32)
      one(t, "arr", "a", t:array(t:typedef("x_t", t:int("u16", 2)), 4), 32)
      one(t, "same", "a", t:typedef("y_t", u32(t)), 32)
      one(t, "size", "a", t:enum("e", { { "A", 0 } }, 1), 32)
      one(t, "p", "a", t:ptr(u32(t)), 32)
      return { { one(l, "w", "a", u32(l)), "0:0", "byte_off" }, { one(l, "s", "a", int(l)), "0:0", "byte_off" },
        { one(l, "arr", "a", l:array(u32(l), 4)), "0:0", "byte_off" },
        { one(l, "same", "a", u32(l)), "0:0", "byte_off" },
        { one(l, "size", "a", l:enum("e", { { "A", 0 } })), "0:0", "byte_off" },
        { one(l, "p", "a", l:ptr(int(l))), "0:0", "byte_off" } }
    end)
    for _, said in ipairs(usual) do assert.equal("ok 4", said) end
    assert.same({ "poison incompatible", "poison incompatible", "poison incompatible", "ok 4",
      "poison incompatible", "ok 4" }, got)
  end)

  it("says how they changed", function()
    local obj, target = trial.open(function(l, t)
      one(t, "w", "a", t:int("u64", 8), 32)
      return { { one(l, "w"), "0:0", "byte_off" } }
    end)
    local r = trial.results(obj, target, "strict")[1]
    assert.same({ "strict.compatible", "signed integer of 4 bytes here, unsigned integer of 8 bytes there" },
      { r.decider, r.note })
  end)

  it("refuses values that the instruction truncates", function()
    local usual, got = strict(function(l, t)
      t:enum64("e", { { "BIG", 1 << 40 }, { "TOP", 0x80000000 }, { "LOW", -5 } }, 8, true)
      local e = l:enum64("e", { { "BIG", 1 }, { "TOP", 1 }, { "LOW", 1 } }, 8, true)
      local add32 = object.insn(0xb4, 1, 0, 0, 1)
      return { { e, "0", "enumval_value", object.mov(1, 1) }, { e, "1", "enumval_value", object.mov(1, 1) },
        { e, "1", "enumval_value", add32 }, { e, "2", "enumval_value", object.mov(1, 1) },
        { e, "0", "enumval_value", imm64(1) } }
    end)
    assert.same({ "ok 1099511627776", "ok 2147483648", "ok 2147483648", "ok 18446744073709551611",
      "ok 1099511627776" }, usual)
    assert.same({ "error truncated", "error truncated", "ok 2147483648", "ok 18446744073709551611",
      "ok 1099511627776" }, got)
  end)

  it("refuses flavors that match by luck", function()
    local usual, got = strict(function(l, t)
      one(t, "foo___other", "a", nil, 32)
      one(t, "bar___mine", "a", nil, 32)
      one(t, "baz", "a", nil, 32)
      t:enum("e", { { "A___other", 4 }, { "B___other", 5 }, { "B", 6 } })
      local e = l:enum("e", { { "A", 1 }, { "B___mine", 2 } })
      return { { one(l, "foo___mine"), "0:0", "byte_off" }, { one(l, "bar___mine"), "0:0", "byte_off" },
        { one(l, "baz___mine"), "0:0", "byte_off" }, { e, "0", "enumval_value", object.mov(1, 1) },
        { e, "1", "enumval_value", object.mov(1, 2) } }
    end)
    assert.same({ "ok 4", "ok 4", "ok 4", "ok 4", "ok 5" }, usual)
    assert.same({ "poison no-type", "ok 4", "ok 4", "poison no-enumval", "ok 6" }, got)
  end)
end)

describe("lenient", function()
  teardown(tmp.clean)

  it("settles what makes no difference, and says so", function()
    local obj, target = trial.open(function(l, t)
      t:struct("foo", 16, { { "a", int(t), 32 } })
      t:struct("foo", 16, { { "a", 1, 64 } })
      t:struct("bar", 16, { { "a", 1, 64 } })
      t:struct("bar", 8, { { "a", 1, 0 } })
      local foo = l:struct("foo", 12, { { "a", int(l), 0 } })
      local bar = l:struct("bar", 12, { { "a", 1, 0 } })
      return { { foo, "0:0", "field_exists", object.mov(1, 1) }, { foo, "0:0", "byte_sz", object.mov(1, 4) },
        { foo, "0:0", "byte_off" }, { foo, "0", "target_type_id" }, { bar, "0", "target_type_id" } }
    end)
    for _, r in ipairs(trial.results(obj, target)) do assert.equal("error ambiguous", trial.said(r)) end
    local got, notes = {}, {}
    for i, r in ipairs(trial.results(obj, target, "lenient")) do
      got[i], notes[i] = trial.said(r), r.note or false
    end
    assert.same({ "ok 1", "ok 4", "error ambiguous", "ok 2", "error ambiguous" }, got)
    assert.same({ "2 candidates give the same value", "2 candidates give the same value", false,
      "the first of 2 types of one kind and size", false }, notes)
    local report = obj:check(target, { policy = btfl.policy "lenient" })
    local levels = {}
    for i, f in ipairs(report.findings) do levels[i] = f.level .. " " .. f.rule end
    assert.same({ "note by-policy", "note by-policy", "error ambiguous", "note by-policy", "error ambiguous" },
      levels)
  end)
end)

describe("btfl.renames", function()
  teardown(tmp.clean)

  local function said(source, make)
    local obj, target = trial.open(make)
    local out = {}
    for i, r in ipairs(trial.results(obj, target, btfl.renames(source))) do out[i] = trial.said(r) end
    return out, trial.results(obj, target, btfl.renames(source))
  end

  it("follows members, types and enumerators, in both directions", function()
    local source = {
      ["foo.old"] = { "new", since = "9.9" }, ["foo.gone"] = { "never", "last" }, type_old = "type_new",
      ["e.OLD"] = "NEW", ["deep.in.x"] = "moved.y",
    }
    local got, results = said(source, function(l, t)
      local ti, li = int(t), int(l)
      t:struct("foo", 16, { { "new", ti, 32 }, { "last", ti, 64 } })
      t:struct("bar", 16, { { "old", ti, 32 } })
      one(t, "type_new", "a", ti, 96)
      t:enum("e", { { "NEW", 7 } })
      local tm = t:struct(nil, 8, { { "y", ti, 32 } })
      t:struct("deep", 16, { { "in", t:struct(nil, 16, { { "moved", tm, 64 } }), 32 } })
      local lin = l:struct(nil, 4, { { "x", li, 0 } })
      local foo = l:struct("foo", 8, { { "old", li, 0 }, { "gone", li, 0 } })
      return { { foo, "0:0", "byte_off" }, { foo, "0:1", "byte_off" }, { one(l, "type_old"), "0:0", "byte_off" },
        { l:enum("e", { { "OLD", 1 } }), "0", "enumval_value", object.mov(1, 1) },
        { l:struct("deep", 4, { { "in", lin, 0 } }), "0:0:0", "byte_off" } }
    end)
    assert.same({ "ok 4", "ok 8", "ok 12", "ok 7", "ok 16" }, got)
    assert.same({ "renames.member", "foo.old is new since 9.9" }, { results[1].decider, results[1].note })
    assert.equal("renames.candidates", results[3].decider)
    got = said(source, function(l, t)
      local ti, li = int(t), int(l)
      t:struct("foo", 16, { { "old", ti, 32 } })
      one(t, "type_old", "a", ti, 96)
      t:enum("e", { { "OLD", 7 } })
      return { { l:struct("foo", 4, { { "new", li, 0 } }), "0:0", "byte_off" },
        { one(l, "type_new"), "0:0", "byte_off" },
        { l:enum("e", { { "NEW", 1 } }), "0", "enumval_value", object.mov(1, 1) } }
    end)
    assert.same({ "ok 4", "ok 12", "ok 7" }, got)
  end)

  it("leaves alone what is there, and what was not asked for", function()
    local function make(l, t)
      local ti = int(t)
      t:struct("foo", 16, { { "new", ti, 32 }, { "old", ti, 64 } })
      t:struct("bar", 16, { { "new", ti, 32 } })
      local li = int(l)
      return { { l:struct("foo", 4, { { "old", li, 0 } }), "0:0", "byte_off" },
        { l:struct("bar", 4, { { "old", li, 0 } }), "0:0", "byte_off" } }
    end
    local got, results = said({ ["foo.old"] = "new" }, make)
    assert.same({ "ok 8", "poison no-field" }, got)
    assert.equal("libbpf", results[1].decider)
  end)

  it("goes one way where it is told so", function()
    local function make(l, t)
      t:struct("foo", 16, { { "old", int(t), 32 } })
      return { { l:struct("foo", 4, { { "new", int(l), 0 } }), "0:0", "byte_off" } }
    end
    assert.same({ "ok 4" }, (said({ ["foo.old"] = "new" }, make)))
    assert.same({ "poison no-field" }, (said({ ["foo.old"] = { "new", reverse = false } }, make)))
  end)

  it("refuses a table that is wrong", function()
    for message, source in pairs {
      ["a table is needed"] = 5,
      ["a key is a type, or a type and its member"] = { "x" },
      ["a name or a table of names is needed, not a number value"] = { ["a.b"] = 5 },
      ["a new name is a string"] = { ["a.b"] = { 5 } },
      ["there is no option `sins`"] = { ["a.b"] = { "c", sins = "5.1" } },
      ["there is no option `since`"] = { ["a.b"] = { "c", since = 5.1 } },
    } do
      local ok, e = pcall(btfl.renames, source)
      assert.is_false(ok)
      assert.matches(message, e, 1, true)
    end
  end)
end)

-- The corpus

local function kernel(name) return ("%s/kernels/%s.btf.gz"):format(corpus, name) end

local function has_corpus()
  local f <close> = io.open(kernel "6.12.117-generic-amd64")
  return f ~= nil
end

local function corpus_objects(endian)
  local list = {}
  local p <close> = assert(io.popen("ls " .. run.quote(corpus) .. "/objects/*/*.bpf.o"))
  for path in p:lines() do
    local ok, o = pcall(btfl.object, path)
    if ok and o.btf and o.endian == endian then list[#list + 1] = o end
  end
  return list
end

--- How many relocations a policy changes: a table by "libbpf's status -> the policy's".
local function changes(objects, target, policy)
  local count = {}
  for _, o in ipairs(objects) do
    local usual = {}
    for r in o:results(target, { policy = btfl.policy "libbpf" }) do usual[#usual + 1] = r end
    local n = 0
    for r in o:results(target, { policy = btfl.policy(policy) }) do
      n = n + 1
      local u = usual[n]
      if r.after ~= u.after or r.status ~= u.status then
        local key = u.status .. " -> " .. r.status
        count[key] = (count[key] or 0) + 1
        assert.are_not.equal("libbpf", r.decider)
      end
    end
  end
  return count
end

describe("over the corpus", function()
  teardown(tmp.clean)
  if not has_corpus() then
    pending("the policies change what they say: needs a corpus, in $BTFL_CORPUS or ../shared/corpus")
    return
  end

  local objects
  setup(function() objects = corpus_objects "little" end)
  teardown(function() objects = nil end)

  local EXPECTED = {}
  -- The ids of systemd's objects are those of before they were linked, which cilium checks.
  EXPECTED["5.10.262-generic-amd64"] = {
    libbpf = {}, kernel = {}, aya = {}, lenient = {}, cilium = { ["ok -> error"] = 2 },
    strict = {}, renames = { ["ok -> ok"] = 5, ["poison -> ok"] = 7 },
  }
  EXPECTED["6.12.117-generic-amd64"] = {
    libbpf = {}, kernel = {}, aya = {}, lenient = {}, cilium = { ["ok -> error"] = 2 },
    strict = {}, renames = { ["poison -> ok"] = 7 },
  }
  -- Its pointers have 4 bytes, so loads are resized, which cilium does not do.
  EXPECTED["6.1.176-armmp-lpae-armhf"] = {
    libbpf = {}, kernel = {}, lenient = {}, aya = { ["poison -> error"] = 18 },
    cilium = { ["ok -> error"] = 2, ["ok -> ok"] = 56, ["poison -> ok"] = 18 },
    strict = { ["ok -> poison"] = 52 }, renames = { ["poison -> ok"] = 7 },
  }

  for _, name in ipairs { "5.10.262-generic-amd64", "6.12.117-generic-amd64", "6.1.176-armmp-lpae-armhf" } do
    it("each policy changes what it says, on " .. name, function()
      local target <close> = btfl.target(kernel(name))
      local got = {}
      for _, policy in ipairs { "libbpf", "kernel", "cilium", "aya", "strict", "lenient", "renames" } do
        got[policy] = changes(objects, target, policy)
      end
      assert.same(EXPECTED[name], got)
    end)
  end
end)
