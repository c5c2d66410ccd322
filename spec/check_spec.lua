--- check: its findings and counts, and the sentence for every reason.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local engine = require "btfl.engine"
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
    "strict.patch says truncated: value 1099511627776 does not fit the instruction's 32 bits", function(l, t)
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
  says("lists large enumerators of unsigned enums", "ambiguous", "error",
    "2 candidates disagree: [1] enum e = 18446744073709551614, [2] enum e = 4294967295", function(l, t)
      t:enum64("e", { { "A", -2 } })
      t:enum("e", { { "A", 0xffffffff } })
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
  says("says that an access is too deep", "too-deep", "error", "the access string has more than 64 numbers",
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

  says("gives up on types that would be compared for ever", "limit", "error",
    "typedef hostile: the search took more steps than any real type needs", function(l, t)
      -- Each of four parameters takes four such parameters, twenty deep.
      local function nest(b)
        local f = b:func_proto(b:int("int", 4, "signed"), {})
        for _ = 1, 20 do
          local p = b:ptr(f)
          f = b:func_proto(0, { { "a", p }, { "b", p }, { "c", p }, { "d", p } })
        end
        return b:typedef("hostile", f)
      end
      nest(t)
      return nest(l), "0", "type_exists"
    end)

  says("names the hook that poisons without a reason", "by-policy", "poison", "quiet.value says by-policy",
    function(l, t)
      one(t, "foo", "x")
      return one(l, "foo", "x"), "0:0", "byte_off"
    end, { name = "quiet", value = function(relo, spec, default)
      if spec.root.btf ~= relo.object.btf then return nil, "poison" end
      return default()
    end })

  it("was asked for every reason", function()
    for _, reason in ipairs(engine.reasons) do
      assert.is_true(seen[reason], reason .. " has no case")
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
warning[no-field]: struct foo has no member `bad`
 --> x.bpf.c:8:2   OBJ, program prog
  |
8 |         int v = READ(f, bad);
  |                         ^^^
  = access: foo.bad, kind: byte_off, insn: 1
  = target: 6.1.0-test
  = whether prog reaches it is not known: a loader refuses another relocation first
  = help: guard it with bpf_core_field_exists(struct foo, bad), or follow it: btfl why foo.bad -t KERNEL --object OBJ

error[insn-mismatch]: the instruction holds 5, not the local value 0
 --> x.bpf.c:8:2   OBJ, program prog
  |
8 |         int v = READ(f, bad);
  |         ^
  = access: foo.good, kind: byte_off, insn: 2
  = target: 6.1.0-test
  = a loader refuses the whole object for it, reached or not
  = help: build the object again; something changed the instruction or its BTF

OBJ on 6.1.0-test: 1 ok, 1 poison, 1 error; 1 program: 1 error
]]):gsub("%u%u%u+", { OBJ = obj, KERNEL = kernel }), r.out)
  end)

  it("is clean when nothing fails", function()
    local l = btf.new()
    int(l)
    local o = object.new(l)
    o:program { insns = { object.exit() } }
    local r = run { "check", tmp.write("fine.o", o:bytes()), "-t", kernel }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("^[^\n]*: 0 ok, 0 poison, 0 error; 1 program: 1 loads\n$", r.out)
  end)

  it("finds once that byte orders differ, and goes on", function()
    local r = run { "check", "--format", "json", obj, "-t", big, "-t", kernel }
    assert.equal(1, r.status)
    local report = assert(dkjson.decode(r.out))
    assert.equal(3, #report.findings)
    assert.same({ level = "error", rule = "byte-order", object = obj, target = "6.1.0-s390x",
      subject = "little", message = "the object is little-endian and the target big-endian",
      fingerprint = report.findings[3].fingerprint }, report.findings[3])
    assert.same({ { object = obj, target = "6.1.0-test", ok = 1, poison = 1, error = 1,
      programs = { error = 1 }, kernel = { release = "6.1.0", version = "6.1.0" },
      text = obj .. " on 6.1.0-test: 1 ok, 1 poison, 1 error; 1 program: 1 error" } },
      report.summary)
  end)

  it("notes an object without BTF, beside others that have it", function()
    local o = object.new(nil)
    o:program { insns = { object.exit() } }
    local plain = tmp.write("plain.o", o:bytes())
    local r = run { "check", "--format", "json", plain, obj, "-t", kernel }
    assert.same({ "", 1 }, { r.err, r.status })
    local findings = assert(dkjson.decode(r.out)).findings
    assert.same({ level = "note", rule = "no-btf", object = plain, subject = "BTF",
      message = "the object has no BTF, so no relocations", fingerprint = findings[1].fingerprint }, findings[1])
    assert.equal(3, #findings)
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

  it("follows with --why a name through the kernels of the run, in order of release", function()
    local function tasks(release, name, size)
      local b = btf.new()
      local word, byte = b:int("int", 4, "signed"), b:int("char", 1, "char")
      local wide = b:int("long", 8, "signed")
      b:struct("task", 40, { { "pid", word, 0 }, { name, size == 8 and wide or word, 64 }, { "tgid", byte, 128 },
        { "last", word, 192 } })
      return tmp.write(release .. ".btf", b:bytes())
    end
    local oldest, between = tasks("5.10.1", "alpha", 8), tasks("6.1.1", "alpha_one", 8)
    local newest = tasks("6.12.1", "one_total", 4)
    local l = btf.new()
    local task = l:struct("task", 8, { { "alpha", l:int("long", 8, "signed"), 0 } })
    local o = object.new(l)
    o:program { insns = { object.mov(1, 0), object.exit() },
      relos = { { insn = 0, type = task, access = "0:0", kind = "byte_off" } } }
    local path = tmp.write("chain.o", o:bytes())
    local function likeness(...)
      local out = run { "check", "--why", path, "-t", newest, ... }.out
      return tonumber(out:match "now `task%.one_total` %(likeness ([%d.]+)")
    end
    local direct, chained = likeness("-t", oldest), likeness("-t", between, "-t", oldest)
    assert.is_true(chained and chained > (direct or 0), ("%s, %s"):format(direct, chained))
    assert.equal(chained, likeness("-t", oldest, "-t", between))
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
    assert.matches("example.bpf.o on small: %d+ ok, 2 poison, 0 error; 2 programs: 1 guarded, 1 rejected\n$", r.out)
    assert.matches("reachable, so the verifier rejects handle_exec; the path: [^\n]*, example.bpf.c:92\n", r.out)
    assert.is_nil(r.out:find("example.bpf.c:65", 1, true))
  end)
end)

describe("check, of what programs reach,", function()
  teardown(tmp.clean)

  local GUARDS = "spec/fixtures/guards.clang19.o"
  local kernel, count = nil, 0

  -- A kernel without the fields that are asked for.
  local function write_kernel(name)
    local t = btf.new()
    local i = int(t)
    t:struct("task_struct", 8, { { "pid", i, 0 }, { "tgid", i, 32 } })
    t:struct("foo", 4, { { "good", i, 0 } })
    return tmp.write(name, t:bytes())
  end

  -- An object whose programs are given: { section, insns }; what is "bad" fails, "exists" asks for it.
  local function write(...)
    count = count + 1
    local l = btf.new()
    local i = int(l)
    local foo = l:struct("foo", 12, { { "good", i, 0 }, { "bad", i, 32 }, { "worse", i, 64 } })
    local o = object.new(l)
    local asked = { bad = { "0:1", "byte_off", 4 }, worse = { "0:2", "byte_off", 8 },
      exists = { "0:1", "field_exists", 1 }, wrong = { "0:1", "byte_off", 5 } }
    for number, p in ipairs { ... } do
      local insns, relos, lines = {}, {}, {}
      for k, insn in ipairs(p.insns) do
        local ask = asked[insn]
        insns[k] = ask and object.mov(1, ask[3]) or insn
        if ask then relos[#relos + 1] = { insn = k - 1, type = foo, access = ask[1], kind = ask[2] } end
        lines[k] = { insn = k - 1, file = "x.bpf.c", line = 10 * number + k, column = 2, text = "\tuse(f);" }
      end
      insns[#insns + 1] = object.mov(0, 0)
      insns[#insns + 1] = object.exit()
      o:program { name = "p" .. number, section = p.section or "raw_tp/p" .. number, static = p.static, insns = insns,
        relos = relos, lines = lines }
    end
    return tmp.write(("reach%d.o"):format(count), o:bytes())
  end

  -- if r1 == imm goto +1, if r2 != 7 goto +1
  local function skip_zero() return object.insn(0x15, 1, 0, 1, 0) end
  local function unknown(dst) return object.ldx(8, dst, 1, 0) end
  local function skip_seven() return object.insn(0x55, 2, 0, 1, 7) end

  local function findings(path, options)
    options = options or {}
    options.verdict = options.verdict or { release = "6.12.0" }
    local report = btfl.object(path):check(btfl.target(kernel), options)
    return report.findings, report
  end

  setup(function() kernel = write_kernel "6.12.0-test.btf" end)

  it("is silent of what is guarded, and exits with 0", function()
    local path = write { insns = { "exists", skip_zero(), "bad" } }
    local r = run { "check", path, "-t", kernel }
    assert.same({ path .. " on 6.12.0-test: 1 ok, 1 poison, 0 error; 1 program: 1 guarded\n", "", 0 },
      { r.out, r.err, r.status })
  end)

  it("notes with --all what is guarded, and by what; to guard it is not advised", function()
    local path = write { insns = { "exists", skip_zero(), "bad" } }
    local r = run { "check", "--all", path, "-t", kernel }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.is_not_nil(r.out:find("note[no-field]: struct foo has no member `bad`\n  --> x.bpf.c:13:2", 1, true))
    assert.is_not_nil(r.out:find("\n   = guarded by x.bpf.c:12 (field_exists foo.bad)\n", 1, true), r.out)
    assert.is_nil(r.out:find("help:", 1, true))
  end)

  it("names the constant that guards", function()
    local by = {}
    for _, f in ipairs(findings(GUARDS, { all = true })) do
      if f.level == "note" then by[f.program] = f.notes[1] end
    end
    assert.matches("^guarded by guards.bpf.c:%d+ %(off%)$", by.dead_constant)
    assert.matches("^guarded by guards.bpf.c:%d+ %(LINUX_KERNEL_VERSION%)$", by.dead_version)
    assert.matches("^guarded by guards.bpf.c:%d+$", by.dead_range)
  end)

  it("shows the last lines of the path to what is reached", function()
    local long = {}
    for i = 1, 8 do long[i] = object.mov(3, i) end
    long[9] = "bad"
    local found = findings(write({ insns = { unknown(2), skip_seven(), "bad" } }, { insns = long },
      { insns = { "bad" } }))
    assert.same({ "error", "error", "error" }, { found[1].level, found[2].level, found[3].level })
    assert.equal("reachable, so the verifier rejects p1; the path: x.bpf.c:11, x.bpf.c:12, x.bpf.c:13",
      found[1].notes[1])
    assert.equal("reachable, so the verifier rejects p2; the path: ... x.bpf.c:25, x.bpf.c:26, x.bpf.c:27, "
      .. "x.bpf.c:28, x.bpf.c:29", found[2].notes[1])
    assert.equal("reachable, so the verifier rejects p3", found[3].notes[1])
  end)

  it("warns of what an analysis that gave up leaves open", function()
    local path = write { insns = { object.mov(2, 0), object.add(2, 1), object.insn(0x55, 2, 0, -2, -5), "bad" } }
    local found, report = findings(path)
    assert.same({ "warning", "no-field" }, { found[1].level, found[1].rule })
    assert.matches("^whether p1 reaches it is not known: %a", found[1].notes[1])
    assert.same({ 0, { unknown = 1, order = report.summaries[1].programs.order } },
      { report.status, report.summaries[1].programs })
  end)

  it("warns when only the release would tell", function()
    local ranges = { unknown(2), object.insn(0x57, 2, 0, 0, 7), object.insn(0x55, 2, 0, 1, 100), "bad" }
    local path = write { insns = ranges }
    assert.same({}, findings(path))
    assert.equal("error", findings(path, { verdict = { release = "5.10.0" } })[1].level)
    local somewhere = btfl.target(write_kernel "somewhere.btf")
    local found = btfl.object(path):check(somewhere).findings
    assert.equal("warning", found[1].level)
    assert.matches("the kernel's release, which is not known", found[1].notes[1])
  end)

  it("does not take for guarded what only another failure stands before", function()
    local found = findings(write { insns = { "bad", "worse", "exists", skip_zero(), "bad" } }, { all = true })
    assert.same({ "error", "warning" }, { found[1].level, found[2].level })
    assert.equal("whether p1 reaches it is not known: another access that failed stands before it",
      found[2].notes[1])
    local both = findings(write { insns = { "exists", skip_zero(), "bad" } }, { all = true })
    assert.same({ "note", 1 }, { both[1].level, #both })
    local inside = findings(write { insns = { "exists", object.insn(0x15, 1, 0, 2, 0), "bad", "worse" } },
      { all = true })
    assert.same({ "note", "note" }, { inside[1].level, inside[2].level })
    for _, f in ipairs(inside) do assert.equal("guarded by x.bpf.c:12 (field_exists foo.bad)", f.notes[1]) end
  end)

  it("goes by the worst of the programs that share a function", function()
    local found = findings "spec/fixtures/guards.clang19.o"
    local programs = {}
    for _, f in ipairs(found) do
      -- Without the kernel's symbols and configuration nobody can tell of those.
      assert.equal(f.program:match "_option$" and "warning" or "error", f.level)
      programs[f.program] = true
    end
    assert.is_true(programs.live_plain and programs.global_plain)
    assert.is_nil(programs.dead_if)
    assert.is_nil(programs.global_guarded)
  end)

  it("notes what stands in no program", function()
    local path = write({ insns = {} }, { section = ".text", static = true, insns = { "bad" } })
    assert.same({}, findings(path))
    local found = findings(path, { all = true })
    assert.same({ "note", "in no program that is loaded" }, { found[1].level, found[1].notes[1] })
  end)

  it("finds an error for what a loader refuses, guarded or in no program", function()
    local refused = "a loader refuses the whole object for it, reached or not"
    for _, path in ipairs { write { insns = { "exists", skip_zero(), "wrong" } },
      write({ insns = {} }, { section = ".text", static = true, insns = { "wrong" } }) } do
      local target = write_kernel "refused.btf"
      local report = btfl.object(path):check(btfl.target(target), { policy = btfl.policy {
        name = "all", member = function(m, t) return m.name == "bad" and t:member "good" or nil end } })
      local errors = {}
      for _, f in ipairs(report.findings) do
        if f.level == "error" then errors[#errors + 1] = f.rule .. ": " .. f.notes[1] end
      end
      assert.same({ 1, { "insn-mismatch: " .. refused } }, { report.status, errors })
    end
  end)

  it("counts programs by their verdicts, whatever the format", function()
    local path = write({ insns = { "bad" } }, { insns = { "exists", skip_zero(), "bad" } }, { insns = {} })
    local facts = assert(dkjson.decode(run({ "check", "--format", "json", path, "-t", kernel }).out)).summary[1]
    assert.same({ loads = 1, guarded = 1, rejected = 1 }, facts.programs)
    local markdown = run({ "check", "--format", "markdown", path, "-t", kernel }).out
    assert.is_not_nil(markdown:find("<code>1 loads&#44; 1 guarded&#44; 1 rejected</code>", 1, true), markdown)
    local none = tmp.write("none.o", object.new(btf.new()):bytes())
    assert.matches(": 0 ok, 0 poison, 0 error; 0 programs\n$", run({ "check", none, "-t", kernel }).out)
  end)
end)

describe("check, told what a kernel and a tool will know,", function()
  teardown(tmp.clean)

  local GUARDS = "spec/fixtures/guards.clang19.o"
  local kernel
  setup(function()
    local t = btf.new()
    local i = int(t)
    t:struct("task_struct", 8, { { "pid", i, 0 }, { "tgid", i, 32 } })
    kernel = tmp.write("6.12.0-test.btf", t:bytes())
  end)

  -- The programs with an error.
  local function rejected(...)
    local r = run { "check", "--format", "json", GUARDS, "-t", kernel, ... }
    local out = {}
    for _, f in ipairs(assert(dkjson.decode(r.out), r.err).findings) do
      for _, p in ipairs(f.level == "error" and (f.programs or { f.program }) or {}) do out[p] = true end
    end
    assert.is_true(out.live_plain)
    return out
  end

  it("takes constants", function()
    assert.same({ nil, true }, { rejected().dead_constant, rejected().live_constant })
    assert.is_true(rejected("--set", "off=1").dead_constant)
    assert.is_true(rejected("--set", "off=true", "--set", "on=false").dead_constant)
    assert.is_nil(rejected("--set", "on=false").live_constant)
    assert.is_true(rejected("--unset", "off").dead_constant)
  end)

  it("takes of constants numbers that fit, and of what changes none", function()
    for words, said in pairs {
      ["off=maybe"] = "off: `maybe` is no number, true or false",
      ["off=4294967296"] = "off: 4294967296 does not fit a variable of %d bytes",
    } do
      local r = run { "check", GUARDS, "-t", kernel, "--set", words }
      assert.equal(2, r.status)
      assert.matches("^btfl check: [^\n]*" .. said .. "\n$", r.err)
    end
    local guards <close> = btfl.object(GUARDS)
    assert.error_matches(function()
      return guards:programs()():verdict(btfl.target(kernel), { set = { changes = 1 } })
    end, "changes stands in %.bss: a verifier knows constants only")
  end)

  it("takes the release", function()
    assert.is_nil(rejected().dead_version)
    assert.is_true(rejected("--release", "3.10.0").dead_version)
  end)

  it("takes the configuration", function()
    local set = tmp.write("set", "CONFIG_BTFL_NOSUCH=y\n")
    local other = tmp.write("other", "CONFIG_A=y\n")
    assert.is_true(rejected("--kconfig", set).config_option)
    assert.is_nil(rejected("--kconfig", other).config_option)
  end)

  it("warns of a constant that no object has", function()
    local r = run { "check", GUARDS, "-t", kernel, "--set", "nosuch=1", "--unset", "changes", "--unset", "off" }
    assert.equal("", r.err)
    assert.is_not_nil(r.out:find("warning[no-constant]: no object has a constant nosuch\n", 1, true))
    assert.is_not_nil(r.out:find("warning[no-constant]: no object has a constant changes\n", 1, true))
    assert.is_nil(r.out:find("constant off", 1, true))
  end)

  it("finds a constant of one object though another lacks it", function()
    local r = run { "check", "spec/fixtures/example.bpf.o", GUARDS, "-t", kernel, "--set", "off=1" }
    assert.is_nil(r.out:find("no-constant", 1, true))
    assert.matches("programs? [^\n]*live_plain", r.out)
  end)

  it("refuses what makes no sense, in a line", function()
    for message, words in pairs {
      ["--set takes NAME=VALUE, not `off`"] = { "--set", "off" },
      ["`maybe` is no number"] = { "--set", "off=maybe" },
      ["does not fit"] = { "--set", "off=300" },
      ["`banana` is no release"] = { "--release", "banana" },
      ["nosuch: No such file"] = { "--kconfig", "nosuch" },
    } do
      local r = run { "check", GUARDS, "-t", kernel, table.unpack(words) }
      assert.same({ "", 2 }, { r.out, r.status })
      assert.is_not_nil(r.err:find(message, 1, true), r.err)
    end
  end)
end)
