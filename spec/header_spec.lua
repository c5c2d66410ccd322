--- What is written for compilers: `btfl types --header` and --deps, btf:print() and type:define(). A compiler
--- says whether the layout is that of the BTF.
local asserts = require "spec.support.asserts"
local btf = require "spec.support.btf"
local btfl = require "btfl"
local open = require "spec.support.opened"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"

-- What the compiler that builds btfl says of the text, "" when it takes it.
local function compiled(text, standard)
  return run.program { "cc", "-std=" .. (standard or "gnu11"), "-Wall", "-Werror", "-Wno-attributes",
    "-Wno-unknown-pragmas", "-fsyntax-only", tmp.write("header.c", text) }.err
end

-- That the header of all types compiles, with all that can be asserted of it.
local function assert_compiles(b)
  local opened = open(b)
  local text = opened:print { header = true }
  assert.equal("", compiled(text .. asserts.of(opened)), text)
  assert.equal("", compiled(opened:print() .. asserts.of(opened)))
  return text
end

local function has(text, what)
  assert.truthy(text:find(what, 1, true), ("%q is not in\n%s"):format(what, text))
end

local function has_not(text, what)
  assert.is_nil(text:find(what, 1, true), text)
end

-- A builder with numbers.
local function numbers(options)
  local b = btf.new(options)
  return b, { char = b:int("char", 1, "signed"), short = b:int("short int", 2, "signed"),
    int = b:int("int", 4, "signed"), u32 = b:int("unsigned int", 4), long = b:int("long int", 8, "signed"),
    u64 = b:int("long long unsigned int", 8), bool = b:int("_Bool", 1, "bool"), wide = b:int("__int128", 16, "signed"),
    double = b:float("double", 8), float = b:float("float", 4) }
end

-- Where each field is, in bits.
local function bits_of(t)
  local list = {}
  for path, bits, size in t:fields() do list[#list + 1] = ("%s at %d, %d"):format(path, bits, size) end
  return list
end

describe("a header", function()
  teardown(tmp.clean)

  it("leaves out what lies over another, or does not fit its type, and has all else where it is", function()
    local b, t = numbers()
    b:struct("over", 12, { { "a", t.int, 0 }, { "b", t.int, 16 }, { "c", t.int, 32 }, { "w", t.char, 64, 12 },
      { "d", b:int("flag", 1, "bool"), 88 } })
    local text = open(b):print { header = true }
    has(text, "typedef _Bool flag;\n")
    has(text, "\t/* int b; lies over another, or across what can hold it */\n")
    has(text, "\t/* char w: 12; lies over another, or across what can hold it */\n")
    assert.equal("", compiled(text .. "#include <stddef.h>\n_Static_assert(sizeof(struct over) == 12 && "
      .. "offsetof(struct over, c) == 4 && offsetof(struct over, d) == 11, \"\");\n"), text)
  end)

  it("has the layout of the BTF: padding, packed structs, bits without a name", function()
    local b, t = numbers()
    local odd = b:struct("odd", 5, { { "a", t.int, 0 }, { "b", t.char, 32 } })
    b:struct("gaps", 264, { { "a", t.char, 0 }, { "b", t.char, 24 }, { "c", t.int, 64 }, { "d", t.long, 1024 } })
    b:struct("tight", 13, { { "a", t.char, 0 }, { "b", t.long, 8 }, { "c", t.int, 72 } })
    b:struct("bits", 16, { { "a", t.u32, 3, 5 }, { "b", t.u32, 8, 1 }, { "c", t.u64, 30, 34 }, { "d", t.char, 70, 2 },
      { "e", t.short, 96 } })
    b:struct("crossing", 5, { { "a", t.u32, 0, 30 }, { "b", t.u32, 30, 4 }, { "c", t.u32, 37, 3 } })
    b:struct("tail", 128, { { "a", t.int, 0 } })
    b:struct("bytes", 3, { { "a", t.char, 0 } })
    b:struct("holds_odd", 24, { { "a", odd, 0 }, { "b", odd, 48 }, { "c", t.long, 128 } })
    b:struct("wide", 32, { { "a", t.long, 0 }, { "b", t.wide, 64 }, { "c", t.int, 192 } })
    b:struct("numbers", 16, { { "a", t.float, 0 }, { "b", t.double, 64 } })
    b:union("large", 64, { { "a", t.char, 0 }, { "b", t.int, 0 } })
    b:union("odd_union", 5, { { "a", odd, 0 }, { "b", t.int, 0 }, { "c", t.u32, 0, 7 } })
    b:struct("empty", 0, {})
    b:struct("opaque", 40, {})
    b:struct("holds_empty", 8, { { "a", b:next_id() - 2, 0 }, { "b", t.long, 0 } })
    b:struct("flexible", 8, { { "n", t.int, 0 }, { "data", b:array(t.long, 0), 64 } })
    b:struct("in_the_middle", 16, { { "a", b:next_id() - 1, 0 }, { "b", t.long, 64 } })
    b:struct("arrays", 56, { { "a", b:array(b:array(odd, 3), 3), 0 }, { "b", b:array(t.int, 0), 384 },
      { "c", t.short, 384 } })
    local text = assert_compiles(b)
    has(text, "struct tight {\n\tchar a;\n\tlong int b;\n\tint c;\n} __attribute__((packed));\n")
    has(text, "struct bytes {\n\tchar a;\n\tchar: 8;\n\tchar: 8;\n};\n")
    has(text, "union large {\n\tchar a;\n\tint b;\n\tunsigned char __gap1[64];\n};\n")
  end)

  it("keeps bitfields where they are, in both byte orders", function()
    if run.program({ "clang", "--version" }).status ~= 0 then return pending "needs clang" end
    for endian, target in pairs { little = "bpfel", big = "bpfeb" } do
      local b, t = numbers { endian = endian }
      b:struct("bits", 24, { { "a", t.u32, 3, 5 }, { "b", t.u32, 8, 1 }, { "c", t.u64, 30, 34 }, { "d", t.char, 70, 2 },
        { "e", t.short, 80, 9 }, { "f", t.bool, 96, 1 }, { "g", t.u32, 103, 25 }, { "h", t.u64, 128, 60 } })
      b:struct("crossing", 5, { { "a", t.u32, 0, 30 }, { "b", t.u32, 30, 4 }, { "c", t.u32, 37, 3 } })
      local opened, o = open(b), tmp.path "bits.o"
      local path = tmp.write("bits.c", opened:print { header = true } .. "struct bits b; struct crossing c;")
      assert.equal("", run.program({ "clang", "-target", target, "-g", "-c", path, "-o", o }).err)
      local again = btfl.btf(o)
      for _, name in ipairs { "bits", "crossing" } do
        assert.same(bits_of(opened:get(name)), bits_of(again:get(name)), endian)
      end
    end
  end)

  it("defines before it is needed, and declares what is pointed to", function()
    local b, t = numbers()
    local list = b:next_id() -- struct list { struct list *next; list_t *again; struct late late; alias_t other; }
    local again, late, alias = list + 2, list + 4, list + 5
    b:struct("list", 32, { { "next", list + 1, 0 }, { "again", list + 3, 64 }, { "late", late, 128 },
      { "other", alias, 192 } })
    assert.equal(list + 1, b:ptr(list))
    assert.equal(again, b:typedef("list_t", list))
    b:ptr(again)
    b:struct("late", 8, { { "far", list + 1, 0 } })
    b:typedef("alias_t", b:next_id() + 1)
    b:struct(nil, 8, { { "v", t.long, 0 } })
    local callback = b:func_proto(0, { { "one", b:ptr(b:next_id() + 3) } })
    b:struct("calls", 8, { { "call", b:ptr(callback), 0 } })
    b:struct("only_in_a_prototype", 4, { { "a", t.int, 0 } })
    b:ptr(b:fwd("nowhere", "union"))
    assert_compiles(b)
  end)

  it("gives the second thing of a name another", function()
    local b, t = numbers()
    b:struct("same", 4, { { "a", t.int, 0 } })
    b:struct("same", 8, { { "a", t.long, 0 } })
    b:union("same", 2, { { "a", t.short, 0 } })
    b:struct("same___2", 1, { { "a", t.char, 0 } })
    b:struct("uses", 16, { { "a", b:next_id() - 4, 0 }, { "b", b:next_id() - 3, 64 } })
    local fwd, other = b:ptr(b:fwd("same", "struct")), b:ptr(b:fwd("same", "union"))
    b:struct("points", 16, { { "a", fwd, 0 }, { "b", other, 64 } })
    b:typedef("word", t.int)
    b:typedef("word", t.long)
    b:enum("one", { { "A", 1 }, { "B", 2 }, { "word", 3 } })
    b:enum("two", { { "A", 7 } })
    local shared = b:enum(nil, { { "IN_TWO", 1 } })
    b:struct("first", 4, { { "a", shared, 0 } })
    b:struct("second", 4, { { "a", shared, 0 } })
    b:struct("word", 4, { { "a", t.int, 0 } })
    local opened = open(b)
    local text = opened:print { header = true }
    assert.equal("", compiled(text))
    for _, what in ipairs { "struct same {\n\tint a;", "struct same___3 {\n\tlong int a;", "union same___4 {",
      "struct same___2 {\n\tchar a;", "typedef long int word___2;", "A___2 = 7", "word___3 = 3", "IN_TWO___2 = 1",
      "struct word {", "struct same *a;", "union same___5 *b;" } do has(text, what) end
  end)

  it("knows what C and compilers have already", function()
    local b, t = numbers()
    b:typedef("bool", t.bool)
    b:enum(nil, { { "false", 0 }, { "true", 1 } })
    local tag = b:struct("__va_list_tag", 24, { { "gp_offset", t.u32, 0 }, { "linux", t.u32, 32 },
      { "unix", t.u32, 64 }, { "area", b:ptr(0), 128 } })
    b:typedef("va_list", b:typedef("__builtin_va_list", b:array(tag, 1)))
    b:struct("print", 24, { { "args", b:next_id() - 1, 0 } })
    b:struct("odd name::<T>", 4, { { "0", t.int, 0 } })
    b:struct("for", 4, { { "while", t.int, 0 } })
    b:typedef("u8", b:int("u8", 1))
    b:struct("own_numbers", 32, { { "a", b:int("usize", 8), 0 }, { "b", b:float("long double", 16), 128 } })
    local opened = open(b)
    local text = opened:print { header = true }
    assert.equal("", compiled(text))
    assert.equal("", compiled(text, "gnu2x"))
    has(text, " && __GNUC__ < 13 && __clang_major__ < 15)\ntypedef _Bool bool;\n#endif\n")
    has(text, "typedef struct __va_list_tag __builtin_va_list___2[1];\n")
    has(text, "struct odd_name___T_ {\n\tint _0;\n};\n")
    has(text, "struct for_ {\n\tint while_;\n};\n")
    has(text, "typedef unsigned long long usize;\n")
  end)

  it("gives enums the size and the values that they have", function()
    local b = btf.new()
    b:enum("one_byte", { { "OB", 1 } }, 1)
    b:enum("two_bytes", { { "TB", 1 } }, 2)
    b:enum("eight_bytes", { { "EB", 1 } }, 8)
    b:enum("negative", { { "NEG", -5 } }, 4, true)
    b:enum("unsigned_one", { { "UN", 0xfffffffe } }, 4)
    b:enum64("huge", { { "HUGE", 0xffffffffffffffff } })
    b:enum64("least", { { "LEAST", math.mininteger }, { "MOST", math.maxinteger } }, 8, true)
    b:enum64("small64", { { "SMALL", 3 } })
    b:enum("unknown", {})
    local opened = open(b)
    local text = opened:print { header = true } .. asserts.of(opened)
    assert.equal("", compiled(text .. [[
      _Static_assert(NEG == -5 && UN == 0xfffffffeu && HUGE == -1ULL && LEAST + 1 < 0 && MOST > 0, "");]]))
  end)

  it("has kernel functions that BPF programs may call, and others for those who ask", function()
    local b, t = numbers()
    local proto = b:func_proto(b:ptr(b:struct("task", 4, { { "a", t.int, 0 } })), { { "pid", t.int }, { nil, 0 } })
    local kfunc = b:func("bpf_task_from_pid", proto, "static")
    b:decl_tag("bpf_kfunc", kfunc)
    b:func("do_exit", b:func_proto(0, { { "code", t.long }, { "far", b:ptr(b:fwd("unknown", "struct")) } }), "static")
    b:func("do_exit", b:func_proto(t.int), "static")
    b:func("taken", b:func_proto(0), "static")
    b:typedef("taken", t.int)
    local text = open(b):print { header = true }
    has(text, "extern struct task *bpf_task_from_pid(int pid, ...) __weak __ksym;\n")
    has(text, "#ifdef VMLINUX_FUNCTIONS\nvoid do_exit(long int code, struct unknown *far);\n")
    has(text, "/* int do_exit(void); the name is taken */\n")
    has(text, "/* void taken(void); the name is taken */\n")
    assert.equal("", compiled(text .. "int do_exit(int a) { return a; }"))
    assert.equal("", compiled("#define VMLINUX_FUNCTIONS\n" .. text .. "void f(void) { do_exit(1, 0); }"))
    has_not(open(b):print(), "do_exit")
  end)

  it("has functions once, whatever they take", function()
    local b, t = numbers()
    b:func("anything", b:func_proto(t.int, { { nil, 0 } }), "extern")
    b:func("named", b:func_proto(0, { { "for", t.int }, { nil, b:ptr(b:func_proto(0, { { nil, 0 } })) } }), "static")
    b:var("counter", b:volatile(t.int))
    local path = tmp.write("functions.btf", b:bytes())
    local r = run { "types", path, "func anything", "func anything", "func named", "var counter", "--deps" }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.equal("\nint anything();\nvoid named(int for_, void (*)());\n\nextern volatile int counter;\n", r.out)
    assert.equal("", compiled(r.out))
  end)

  it("is right for 32-bit kernels, whether integers of 8 bytes are aligned to 4 or to 8", function()
    for align, flags in pairs { [4] = "-m32", [8] = "-m32 -malign-double" } do
      local b = btf.new()
      local int, wide = b:int("long int", 4, "signed"), b:int("long long int", 8, "signed")
      local char = b:int("char", 1, "signed")
      for i = 1, 9 do
        b:struct("usual" .. i, 8 + align, { { "a", b:ptr(int), 0 }, { "b", wide, 8 * align } })
      end
      b:struct("at_4", 12, { { "a", int, 0 }, { "b", wide, 32 } })
      b:struct("at_8", 16, { { "a", int, 0 }, { "b", wide, 64 } })
      b:struct("odd", 13, { { "a", char, 0 }, { "b", wide, 8 }, { "c", int, 72 } })
      b:struct("bits", 16, { { "a", wide, 0, 40 }, { "b", wide, 64, 3 } })
      b:struct("tail", 16, { { "a", wide, 0 } })
      local opened = open(b)
      local path = tmp.write("narrow.c", opened:print { header = true } .. asserts.of(opened))
      local r = run.program { "sh", "-c", ("echo | cc %s -fsyntax-only -xc -"):format(flags) }
      if r.status ~= 0 then return pending "needs a compiler for i386" end
      assert.equal("", run.program({ "sh", "-c", ("cc %s -w -fsyntax-only %s"):format(flags, path) }).err)
    end
  end)

  it("is refused where a name is longer than any", function()
    local b = btf.new()
    b:struct(("x"):rep(5000), 0, {})
    local r = run { "types", tmp.write("long.btf", b:bytes()), "--header" }
    assert.equal(2, r.status)
    assert.matches("^btfl: [^\n]*long.btf: a name has more than 4096 bytes\n$", r.err)
  end)

  it("keeps type tags and attributes", function()
    local b, t = numbers()
    b:struct("tagged", 16, { { "a", b:ptr(b:type_tag("rcu", t.int)), 0 },
      { "b", b:ptr(b:type_tag("noderef", t.int, true)), 64 } })
    local text = open(b):print { header = true }
    has(text, 'int __attribute__((btf_type_tag("rcu"))) *a;')
    has(text, "int __attribute__((noderef)) *b;")
  end)

  it("says nothing but tags and attributes by what those are called", function()
    local b, t = numbers()
    local members = {}
    for i, tag in ipairs { { 'quo"te\\', false }, { "address_space\x951)", false }, { "line\nbreak", false },
      { "address_space(1)", true }, { 'x)) evil; __attribute__((y', true }, { ")(", true },
      { 'section("a")', true } } do
      members[i] = { "m" .. i, b:ptr(b:type_tag(tag[1], t.int, tag[2])), 64 * (i - 1) }
    end
    b:struct("tagged", 8 * #members, members)
    local text = open(b):print { header = true }
    has(text, [[int __attribute__((btf_type_tag("quo\"te\\"))) *m1;]])
    has(text, [[int __attribute__((btf_type_tag("address_space\2251)"))) *m2;]])
    has(text, [[int __attribute__((btf_type_tag("line\012break"))) *m3;]])
    has(text, "int __attribute__((address_space(1))) *m4;")
    has(text, [[int __attribute__((btf_type_tag("x)) evil; __attribute__((y"))) *m5;]])
    has(text, [[int __attribute__((btf_type_tag(")("))) *m6;]])
    has(text, [[int __attribute__((btf_type_tag("section(\"a\")"))) *m7;]])
    assert.equal("", compiled((text:gsub("address_space%(1%)", "aligned(8)"))))
  end)

  it("writes out members without a name whose type has one", function()
    local b, t = numbers()
    local base = b:struct("base", 8, { { "x", t.int, 0 }, { "y", t.char, 32 } })
    b:struct("derived", 12, { { nil, base, 0 }, { "z", t.int, 64 } })
    has(assert_compiles(b), "struct derived {\n\tstruct {\n\t\tint x;\n\t\tchar y;\n\t};\n\tint z;\n};\n")
  end)

  it("of a split BTF has its own types, and what they need of the base", function()
    local base, t = numbers()
    local used = base:struct("used", 4, { { "a", t.int, 0 } })
    base:struct("unused", 4, { { "a", t.int, 0 } })
    local split = btf.new { base = base }
    split:struct("own", 4, { { "a", used, 0 } })
    split:struct("used", 8, { { "a", t.long, 0 } })
    local whole = open(base)
    local text = open(split, whole):print { header = true }
    assert.equal("", compiled(text))
    has(text, "struct used {\n\tint a;")
    has(text, "struct used___2 {\n\tlong int a;")
    has_not(text, "unused")
  end)

  it("of types that are named has what these need", function()
    local b, t = numbers()
    local inner = b:struct("inner", 4, { { "a", t.int, 0 } })
    b:struct("outer", 16, { { "i", inner, 0 }, { "p", b:ptr(b:next_id() + 2), 64 } })
    b:struct("far", 4, { { "a", t.int, 0 } })
    b:func("act", b:func_proto(t.int, { { "far", b:ptr(b:next_id() - 1) } }), "static")
    b:typedef("unused", t.int)
    local path = tmp.write("some.btf", b:bytes())
    local r = run { "types", path, "outer", "func act", "--deps" }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.equal("", compiled(r.out))
    for _, what in ipairs { "struct inner {", "struct outer {", "int act(" } do has(r.out, what) end
    has_not(r.out, "unused")
    has_not(r.out, "struct far {")
    local whole = run { "types", path, "outer", "--header" }
    has(whole.out, "preserve_access_index")
    has_not(whole.out, "act")
  end)

  it("is refused where types without a name nest or loop", function()
    local b, t = numbers()
    -- Two structs that each hold the next twice: 2^60 of them.
    local id = b:struct(nil, 0, { { "leaf", b:array(t.int, 0), 0 } })
    for i = 1, 60 do id = b:struct(nil, 0, { { "a" .. i, id, 0 }, { "b" .. i, id, 0 } }) end
    b:struct("many", 0, { { "top", id, 0 } })
    local loop = b:next_id() + 1
    b:ptr(loop)
    b:struct(nil, 8, { { "self", loop - 1, 0 } })
    b:struct("endless", 8, { { "s", loop, 0 } })
    local proto = b:next_id() + 1
    b:ptr(proto)
    b:func_proto(proto - 1, { { nil, proto - 1 }, { nil, proto - 1 } })
    b:struct("calls", 8, { { "c", proto - 1, 0 } })
    local before = os.time()
    local r = run { "types", tmp.write("evil.btf", b:bytes()), "--header", "-o", "/dev/null" }
    assert.is_true(os.time() - before < 20)
    assert.equal(2, r.status)
    assert.matches("^btfl: [^\n]*evil.btf: types without a name nest to more than %d+ members\n$", r.err)
  end)

  it("is refused where bodies stand deeper in one another than they are written", function()
    local function nested(depth)
      local b, t = numbers()
      local id = b:struct(nil, 4, { { "x", t.int, 0 } })
      for i = 2, depth do id = b:struct(nil, 4, { { "m" .. i, id, 0 } }) end
      b:struct("top", 8, { { "u", id, 0 }, { "z", t.int, 32 } })
      return b
    end
    has_not(assert_compiles(nested(32)), "{}")
    local deeper = nested(33)
    local r = run { "types", tmp.write("deep.btf", deeper:bytes()), "--header", "-o", "/dev/null" }
    assert.equal(2, r.status)
    assert.matches("^btfl: [^\n]*deep.btf: types without a name nest deeper than 32\n$", r.err)
    local top = open(deeper):get "top"
    assert.error_matches(function() top:define() end, "nest deeper than 32")
    has(top:define { comments = "offsets" }, "{...}")
  end)

  it("takes chains as long as the file", function()
    local b, t = numbers()
    local id = t.int
    for i = 1, 30000 do id = b:struct("s" .. i, 4, { { "a", id, 0 } }) end
    for _ = 1, 30000 do id = b:const(id) end
    for i = 1, 30000 do id = b:typedef("t" .. i, id) end
    for _ = 1, 5 do b:struct("user", 4, { { "a", id, 0 } }) end
    local before = os.time()
    local text = open(b):print { header = true }
    assert.is_true(os.time() - before < 20)
    has(text, "struct s30000 {\n\tstruct s29999 a;\n};\n")
  end)
end)

describe("type:define", function()
  teardown(tmp.clean)

  it("writes a type as a compiler takes it, and with other names", function()
    local b, t = numbers()
    local inner = b:struct("inner", 5, { { "a", t.int, 0 }, { "b", t.char, 32 } })
    b:struct("outer", 24, { { "i", b:array(inner, 2), 0 }, { "p", b:ptr(inner), 128 } })
    local opened = open(b)
    local outer = opened:get "outer"
    assert.equal([[
struct outer {
	struct inner i[2];
	struct inner *p;
};
]], outer:define())
    local names = { outer = "outer___old", inner = "inner___old" }
    local renamed = outer:define { rename = names }
    has(renamed, "struct outer___old {\n\tstruct inner___old i[2];\n")
    assert.equal(renamed, outer:define { rename = function(of) return names[of.name] end })
    assert.equal("struct inner___old *p", (opened:type(b:next_id() - 2):decl("p", { rename = names })))
  end)

  it("calls C's own types what C calls them", function()
    local b, t = numbers()
    b:struct("s", 40, { { "a", t.int, 0 }, { "b", t.u64, 64 }, { "c", b:array(t.char, 4), 128 }, { "d", t.double, 192 },
      { "e", b:int("odd name", 8), 256 } })
    local text = open(b):get "s":define()
    assert.equal("struct s {\n\tint a;\n\tlong long unsigned int b;\n\tchar c[4];\n\tdouble d;\n"
      .. "\todd_name e;\n};\n", text)
    assert.equal("", compiled("typedef unsigned long long odd_name;\n" .. text))
  end)

  it("raises what a function raises that it calls, and goes on", function()
    local b, t = numbers()
    b:struct("s", 4, { { "a", t.int, 0 } })
    local opened = open(b)
    local s = opened:get "s"
    assert.has_error(function() s:define { rename = function() error "mine" end } end)
    assert.has_error(function() s:decl("x", { rename = function() return 5 end }) end)
    assert.equal("struct other x", (s:decl("x", { rename = function(of)
      return (of:decl("y", { rename = { s = "z" } }):match "struct z y") and "other"
    end })))
    assert.has_error(function() opened:print { write = function() error "full" end } end)
    assert.has_error(function() opened:print { write = function() coroutine.yield() end } end)
    assert.equal("struct s x", (s:decl "x"))
  end)

  it("outlives a BTF that is closed while it writes", function()
    local b, t = numbers()
    for i = 1, 20000 do b:struct("s" .. i, 4, { { "a", t.int, 0 } }) end
    local opened, pieces = open(b), 0
    opened:print { write = function() pieces = pieces + 1 opened:close() collectgarbage() end }
    assert.is_true(pieces > 1)
  end)
end)

describe("btf:print", function()
  teardown(tmp.clean)

  it("hands on pieces, and the same in one", function()
    local b, t = numbers()
    for i = 1, 5000 do b:struct("struct_" .. i, 4, { { "a", t.int, 0 } }) end
    local opened = open(b)
    for _, format in ipairs { "c", "json", "raw" } do
      local parts = {}
      assert.is_nil(opened:print { format = format, write = function(text) parts[#parts + 1] = text end })
      assert.is_true(#parts > 1)
      assert.equal(opened:print { format = format }, table.concat(parts))
    end
  end)

  it("says which option is wrong", function()
    local opened = open((numbers()))
    local other = open((numbers()))
    for _, options in ipairs { { format = "xml" }, { types = { 5 } }, { types = { other:get "int" } },
      { wirte = print }, { write = 5 } } do
      assert.has_error(function() opened:print(options) end)
    end
  end)
end)

describe("the header of a kernel", function()
  teardown(tmp.clean)

  local KERNELS = { "5.10.262-generic-amd64", "6.1.176-armmp-lpae-armhf", "6.1.192-cloud-amd64",
    "6.1.192-cloud-arm64", "6.1.192-generic-amd64", "6.12.107-generic-riscv64", "6.12.117-generic-amd64",
    "6.12.95-64k-ppc64el", "6.12.95-generic-s390x", "6.16.3-cloud-amd64", "6.18.15-cloud-amd64",
    "7.0.13-cloud-amd64", "7.1-ci-amd64", "7.3.4-generic-amd64" }

  local function clang(target, path, ...)
    return run.program { "clang", "-target", target, "-fsyntax-only", "-ferror-limit=5", path, ... }.err
  end

  for _, kernel in ipairs(KERNELS) do
    it(("%s compiles, and every size and offset is right #long"):format(kernel), function()
      local path = ("%s/kernels/%s.btf.gz"):format(corpus, kernel)
      if not io.open(path) then return pending "needs the corpus" end
      if run.program({ "clang", "--version" }).status ~= 0 then return pending "needs clang" end
      local opened = btfl.btf(path)
      local header = tmp.path "vmlinux.h"
      assert.equal(0, run({ "types", path, "--header", "-o", header }).status)
      local text, count = asserts.of(opened)
      local c = tmp.write("asserts.c", '#include "vmlinux.h"\n' .. text)
      assert.is_true(count > 50000)
      local bpf = opened.endian == "big" and "bpfeb" or "bpfel"
      assert.equal("", clang(bpf, tmp.write("plain.c", '#include "vmlinux.h"\n'), "-Wall", "-Werror"))
      assert.equal("", clang(bpf, tmp.path "plain.c", "-DVMLINUX_FUNCTIONS", "-Wno-incompatible-library-redeclaration"))
      -- A pointer has 8 bytes in every BPF program.
      assert.equal("", clang(opened.ptr_size == 4 and "armv7-linux-gnueabihf" or bpf, c))
    end)
  end
end)
