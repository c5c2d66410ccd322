--- check: its findings and counts, and the sentence for every reason.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local core = require "btfl.core"
local dkjson = require "dkjson"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local n = 0

-- Opens an object with one relocation and a target. make(l, t) fills both BTFs and returns the
-- relocation's type, access and kind, and its instructions (`mov r1, 0` by default).
local function resolve(make, options, policy)
  n = n + 1
  local l, t = btf.new(options), btf.new(options)
  local type_id, access, kind, insns = make(l, t)
  local o = object.new(l)
  insns = insns or { object.mov(1, 0) }
  insns[#insns + 1] = object.exit()
  o:program { insns = insns, relos = { { insn = 0, type = type_id, access = access, kind = kind } } }
  local obj = btfl.object(tmp.write(("why%d.o"):format(n), o:bytes()))
  local target = btfl.target(tmp.write(("why%d.btf"):format(n), t:bytes()))
  return obj:relos()():resolve(target, { policy = policy })
end

local function int(b) return b:int("int", 4, "signed") end

-- A struct of one int member (or of the type given) in a BTF.
local function one(b, struct, member, type_id, offset, width)
  return b:struct(struct, 16, { { member, type_id or int(b), offset or 0, width } })
end

local seen = {}

local function says(name, reason, status, sentence, make, policy)
  it(name, function()
    local result = resolve(make, nil, policy and btfl.policy(policy))
    seen[reason] = true
    assert.same({ reason, status, sentence }, { result.reason, result.status, result:why() })
  end)
end

describe("result:why", function()
  teardown(tmp.clean)

  says("names the type that is missing", "no-type", "poison", "no struct named `foo`", function(l)
    return one(l, "foo___old", "x"), "0:0", "byte_off"
  end)
  says("says what else has the name", "no-type", "poison", "no struct named `foo`, only a union and a typedef",
    function(l, t)
      t:union("foo", 4, { { "x", int(t), 0 } })
      t:typedef("foo___new", 1)
      return one(l, "foo", "x"), "0:0", "byte_off"
    end)
  says("says why a missing type is no failure", "no-type", "ok", "no enum named `e`", function(l)
    return l:enum64("e", { { "A", 1 } }), "0", "enumval_exists", { object.mov(1, 1) }
  end)
  says("names a value that a policy refuses", "truncated", "error",
    "value 1099511627776 does not fit the instruction's 32 bits", function(l, t)
      t:enum64("e", { { "A", 1 << 40 } })
      return l:enum64("e", { { "A", 1 } }), "0", "enumval_value", { object.mov(1, 1) }
    end, "strict")
  says("names the member that is missing", "no-field", "poison", "struct foo has no member `x`", function(l, t)
    one(t, "foo", "y")
    return one(l, "foo", "x"), "0:0", "byte_off"
  end)
  says("names the inner struct", "no-field", "poison", "union in has no member `x`", function(l, t)
    one(t, "foo", "a", t:union("in", 4, { { "y", int(t), 0 } }))
    return one(l, "foo", "a", l:union("in", 4, { { "x", int(l), 0 } })), "0:0:0", "byte_off"
  end)
  says("names an inner struct without a name", "no-field", "poison", "an anonymous struct has no member `x`",
    function(l, t)
      one(t, "foo", "a", one(t, nil, "y"))
      return one(l, "foo", "a", one(l, nil, "x")), "0:0:0", "byte_off"
    end)
  says("counts candidates that fail alike", "no-field", "poison",
    "struct foo has no member `x` (true of all 2 candidates)", function(l, t)
      one(t, "foo", "y")
      one(t, "foo", "z")
      return one(l, "foo", "x"), "0:0", "byte_off"
    end)
  says("tells candidates that fail differently apart", "incompatible", "poison",
    "no candidate fits: [2] struct foo has no member `x`; [5] member `x` is `int` here but `struct s` in the target",
    function(l, t)
      one(t, "foo", "y")
      t:struct("foo", 16, { { "x", one(t, "s", "s"), 0 } })
      return one(l, "foo", "x"), "0:0", "byte_off"
    end)
  says("names the enumerator that is missing", "no-enumval", "poison", "enum e has no enumerator `B`", function(l, t)
    t:enum("e", { { "A", 0 } })
    return l:enum("e", { { "A", 0 }, { "B", 1 } }), "1", "enumval_value", { object.mov(1, 1) }
  end)
  says("names the array that is too short", "no-element", "poison",
    "element 3 lies outside `int[2]` of the target", function(l, t)
      one(t, "foo", "x", t:array(int(t), 2))
      return one(l, "foo", "x", l:array(int(l), 4)), "0:0:3", "byte_off", { object.mov(1, 12) }
    end)
  says("names the types that are incompatible", "incompatible", "poison",
    "member `x` is `int` here but `struct bar *` in the target", function(l, t)
      one(t, "foo", "x", t:ptr(one(t, "bar", "y")))
      return one(l, "foo", "x"), "0:0", "byte_off"
    end)
  says("looks behind typedefs of the same name", "incompatible", "ok",
    "typedef fn is `int (*)(int)` here but `void (*)(void)` in the target", function(l, t)
      t:typedef("fn", t:ptr(t:func_proto(0)))
      local i = int(l)
      return l:typedef("fn", l:ptr(l:func_proto(i, { { nil, i } }))), "0", "type_exists", { object.mov(1, 1) }
    end)
  says("lists candidates that disagree", "ambiguous", "error",
    "2 candidates disagree: [2] struct a at 4, [4] struct a at 8", function(l, t)
      one(t, "a", "x", nil, 32)
      one(t, "a", "x", nil, 64)
      return one(l, "a", "x"), "0:0", "byte_off"
    end)
  says("says in what candidates disagree", "ambiguous", "error",
    "2 candidates disagree: [2] struct a at 0 as `int`, 4 bytes, [4] struct a at 0 as `long`, 8 bytes",
    function(l, t)
      one(t, "a", "x")
      one(t, "a", "x", t:int("long", 8, "signed"))
      return one(l, "a", "x"), "0:0", "byte_sz", { object.mov(1, 4) }
    end)
  says("lists enumerators that disagree", "ambiguous", "error",
    "2 candidates disagree: [1] enum e = 1, [2] enum e = 2", function(l, t)
      t:enum("e", { { "A", 1 } })
      t:enum("e", { { "A", 2 } })
      return l:enum("e", { { "A", 0 } }), "0", "enumval_value"
    end)
  says("lists no more than four", "ambiguous", "error",
    "6 candidates disagree: [1] enum e = 1, [2] enum e = 2, [3] enum e = 3, [4] enum e = 4, and 2 more",
    function(l, t)
      for i = 1, 6 do t:enum("e", { { "A", i } }) end
      return l:enum("e", { { "A", 0 } }), "0", "enumval_value"
    end)
  says("names the types whose sizes differ", "size-mismatch", "poison",
    "`x` is `int` (4 bytes) here but `long` (8 bytes) in the target, and the access cannot be resized",
    function(l, t)
      one(t, "foo", "x", t:int("long", 8, "signed"))
      return one(l, "foo", "x"), "0:0", "byte_off", { object.ldx(4, 1, 1, 0) }
    end)
  says("names the offset that does not fit", "offset-range", "error",
    "offset 40000 of `x` does not fit the instruction's 16 bits", function(l, t)
      t:struct("foo", 50000, { { "x", int(t), 320000 } })
      return one(l, "foo", "x"), "0:0", "byte_off", { object.ldx(4, 1, 1, 0) }
    end)
  says("says what the instruction holds", "insn-mismatch", "error",
    "the instruction holds 24, not the local value 0", function(l, t)
      one(t, "foo", "x")
      return one(l, "foo", "x"), "0:0", "byte_off", { object.ldx(4, 1, 1, 24) }
    end)
  says("reads both halves of an ldimm64", "insn-mismatch", "error",
    "the instruction holds 4294967298, not the local value 0", function(l, t)
      one(t, "foo", "x")
      return one(l, "foo", "x"), "0:0", "byte_off", { object.ldimm64(1, 0x100000002) }
    end)
  says("says what the instruction moves", "insn-mismatch", "error",
    "the instruction accesses 1 byte, but `x` has 4 bytes here and another size in the target", function(l, t)
      one(t, "foo", "x", t:int("unsigned long", 8))
      return one(l, "foo", "x", l:int("unsigned int", 4)), "0:0", "byte_off", { object.ldx(1, 1, 1, 0) }
    end)
  says("names the instruction that it cannot patch", "insn-unsupported", "error",
    "an instruction of opcode 0x85 in this form cannot be relocated", function(l, t)
      one(t, "foo", "x")
      return one(l, "foo", "x"), "0:0", "byte_off", { object.call(1) }
    end)
  says("names a size that no instruction has", "size-mismatch", "error",
    "`x` has 16 bytes in the target, which no load or store accesses at once", function(l, t)
      one(t, "foo", "x", t:int("u128", 16))
      return one(l, "foo", "x", l:int("u64", 8)), "0:0", "byte_off", { object.ldx(8, 1, 1, 0) }
    end)
  says("quotes an access that means nothing", "bad-access", "error",
    'access "0:7" means nothing on struct foo', function(l, t)
      one(t, "foo", "x")
      return one(l, "foo", "x"), "0:7", "byte_off"
    end)
  says("says that the type has no name", "anonymous", "error",
    "an anonymous struct has no name to search for", function(l)
      return one(l, nil, "x"), "0:0", "byte_off"
    end)
  says("names the type without a size", "unsized", "error", "`struct later` has no size", function(l, t)
    one(t, "foo", "x")
    return one(l, "foo", "x", l:fwd("later")), "0:0", "byte_off"
  end)
  says("names the target's type without a size", "unsized", "error",
    "`int[2147483647]` has no size in the target", function(l, t)
      one(t, "foo", "x", t:array(int(t), 2147483647))
      return one(l, "foo", "x", l:array(int(l), 2)), "0:0", "byte_sz", { object.mov(1, 8) }
    end)
  says("says to what a kind does not apply", "unsupported", "error",
    "`signed` applies to a member, not to an array's element or a whole type", function(l, t)
      one(t, "foo", "x", t:array(int(t), 2))
      return one(l, "foo", "x", l:array(int(l), 2)), "0:0:1", "signed"
    end)
  says("says that it does not know the kind", "unsupported", "error", "the relocation kind is unknown",
    function(l, t)
      one(t, "foo", "x")
      return one(l, "foo", "x"), "0:0", 99
    end)
  says("says that an access is too deep", "too-deep", "error", "the access string has more than 64 levels",
    function(l, t)
      one(t, "foo", "x")
      return one(l, "foo", "x"), "0" .. (":0"):rep(64), "byte_off"
    end)
  says("names the bitfield that no load covers", "bitfield-too-wide", "error",
    "no load of 8 bytes covers bitfield `x`", function(l, t)
      one(t, "foo", "x")
      return one(l, "foo", "x", l:int("long", 8), 4, 63), "0:0", "byte_off"
    end)
  says("names the bitfield of the target", "bitfield-too-wide", "error",
    "no load of 8 bytes covers bitfield `x` in the target", function(l, t)
      one(t, "foo", "x", t:int("long", 8), 4, 63)
      return one(l, "foo", "x", l:int("long", 8)), "0:0", "byte_off"
    end)

  it("is silent when the target has what is accessed", function()
    local result = resolve(function(l, t)
      one(t, "foo", "x")
      return one(l, "foo", "x"), "0:0", "byte_off"
    end)
    assert.is_true(result.ok)
    assert.is_nil(result:why())
  end)

  it("is the same for a big-endian object", function()
    local result = resolve(function(l, t)
      one(t, "foo", "x")
      return one(l, "foo", "x"), "0:0", "byte_off", { object.ldx(4, 1, 1, 24) }
    end, { endian = "big" })
    assert.equal("the instruction holds 24, not the local value 0", result:why())
  end)

  it("was asked for every reason but the limit that no case here reaches", function()
    for _, reason in ipairs(core.reasons) do
      assert.is_true(seen[reason] or reason == "limit", reason .. " has no case")
    end
  end)
end)

describe("check", function()
  teardown(tmp.clean)

  local obj, kernel, big
  setup(function()
    local l = btf.new()
    local i = int(l)
    local foo = l:struct("foo", 8, { { "good", i, 0 }, { "bad", i, 32 } })
    local o = object.new(l)
    o:program {
      name = "prog", section = "kprobe/x",
      insns = { object.mov(1, 0), object.ldx(4, 1, 1, 4), object.mov(1, 5), object.exit() },
      relos = {
        { insn = 0, type = foo, access = "0:0", kind = "byte_off" },
        { insn = 1, type = foo, access = "0:1", kind = "byte_off" },
        { insn = 2, type = foo, access = "0:0", kind = "byte_off" },
      },
      lines = { { insn = 0, file = "x.bpf.c", line = 8, column = 2, text = "\tint v = READ(f, bad);" } },
    }
    obj = tmp.write("x.bpf.o", o:bytes())
    local t = btf.new()
    t:struct("foo", 8, { { "good", int(t), 0 } })
    kernel = tmp.write("6.1.0-test.btf", t:bytes())
    local be = btf.new { endian = "big" }
    int(be)
    big = tmp.write("6.1.0-s390x.btf", be:bytes())
  end)

  it("finds every relocation that fails, with its source line", function()
    local r = run { "check", obj, "-t", kernel }
    assert.same({ "", 1 }, { r.err, r.status })
    assert.equal(([[
error[no-field]: struct foo has no member `bad`
 --> x.bpf.c:8:2   OBJ, program prog
  |
8 |         int v = READ(f, bad);
  |                         ^^^
  = access: foo.bad, kind: byte_off, insn: 1
  = target: 6.1.0-test
  = help: guard it with bpf_core_field_exists(struct foo, bad), or follow it: btfl why foo.bad

error[insn-mismatch]: the instruction holds 5, not the local value 0
 --> x.bpf.c:8:2   OBJ, program prog
  |
8 |         int v = READ(f, bad);
  |         ^
  = access: foo.good, kind: byte_off, insn: 2
  = target: 6.1.0-test
  = help: build the object again; something changed the instruction or its BTF

OBJ on 6.1.0-test: 1 ok, 1 poison, 1 error
]]):gsub("OBJ", (obj:gsub("%%", "%%%%"))), r.out)
  end)

  it("is clean when nothing fails", function()
    local l = btf.new()
    int(l)
    local o = object.new(l)
    o:program { insns = { object.exit() } }
    local r = run { "check", tmp.write("fine.o", o:bytes()), "-t", kernel }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("^[^\n]*: 0 ok, 0 poison, 0 error\n$", r.out)
  end)

  it("finds once that byte orders differ, and goes on", function()
    local r = run { "check", "--format", "json", obj, "-t", big, "-t", kernel }
    assert.equal(1, r.status)
    local report = assert(dkjson.decode(r.out))
    assert.equal(3, #report.findings)
    assert.same({ level = "error", rule = "byte-order", object = obj, target = "6.1.0-s390x",
      message = "the object is little-endian and the target big-endian" }, report.findings[1])
    assert.same({ { object = obj, target = "6.1.0-test", ok = 1, poison = 1, error = 1 } }, report.summary)
  end)

  it("cannot check an object without BTF, and goes on", function()
    local o = object.new(nil)
    o:program { insns = { object.exit() } }
    local plain = tmp.write("plain.o", o:bytes())
    local r = run { "check", "--format", "json", plain, obj, "-t", kernel }
    assert.same({ ("btfl check: %s: has no .BTF section, so there is nothing to relocate\n"):format(plain), 2 },
      { r.err, r.status })
    assert.equal(2, #assert(dkjson.decode(r.out)).findings)
  end)

  it("says with --why what a missing field has become, and from which kernel it knows", function()
    local function fields(name)
      local b = btf.new()
      local word = b:int("int", 4, "signed")
      local long = b:int("long", 8, "signed")
      b:struct("task", 24, { { "pid", word, 0 }, { name, long, 64 }, { "tgid", word, 128 } })
      return b
    end
    local l = btf.new()
    local task = l:struct("task", 8, { { "state", l:int("long", 8, "signed"), 0 } })
    local o = object.new(l)
    o:program { insns = { object.mov(1, 0), object.exit() },
      relos = { { insn = 0, type = task, access = "0:0", kind = "byte_off" } } }
    local obj_path = tmp.write("why.o", o:bytes())
    local old = tmp.write("5.10.1.btf", fields "state":bytes())
    local new = tmp.write("6.1.1.btf", fields "__state":bytes())
    local with_other = run { "check", "--why", obj_path, "-t", new, "-t", old }
    assert.matches("renamed: now `task.__state` (likeness", with_other.out, 1, true)
    assert.matches("stands where it stood", with_other.out, 1, true)
    assert.equal(with_other.out:match "likeness[^\n]*",
      run({ "check", "--why", obj_path, "-t", new, "--from", old }).out:match "likeness[^\n]*")
    assert.is_nil(run({ "check", obj_path, "-t", new }).out:find("likeness", 1, true))
    local r = run { "check", "--why", obj_path, "-t", tmp.write("6.2.1.btf", btf.new():bytes()) }
    assert.matches("`task.state` is gone: nothing there is like it", r.out, 1, true)
  end)

  it("notes an enumerator that is sign-extended", function()
    local l, t = btf.new(), btf.new()
    l:enum("e", { { "A", 1 } })
    t:enum("e", { { "A", 0x80000000 } })
    local o = object.new(l)
    o:program { insns = { object.mov(1, 1), object.exit() },
      relos = { { insn = 0, type = 1, access = "0", kind = "enumval_value" } } }
    local out = btfl.object(tmp.write("e.o", o:bytes())):check(btfl.target(tmp.write("e.btf", t:bytes())))
    assert.equal(0, out.status)
    assert.same({ "note", "sign-extended",
      "the unsigned enumerator becomes 18446744071562067968: sign-extended, as libbpf does" },
      { out.findings[1].level, out.findings[1].rule, out.findings[1].message })
  end)

  it("says it of the committed example", function()
    local r = run { "check", "spec/fixtures/example.bpf.o", "-t", "spec/fixtures/small.btf" }
    assert.equal(1, r.status)
    assert.matches("^error%[no%-field%]: struct task_struct has no member `state`\n", r.out)
    assert.matches("example.bpf.o on small: %d+ ok, 2 poison, 0 error\n$", r.out)
  end)
end)
