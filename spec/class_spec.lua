--- What the fields and methods of types, programs, relocations and results say, over BTF and objects
--- built for it in both byte orders.

local btfl = require "btfl"
local builder = require "spec.support.btf"
local objects = require "spec.support.object"
local tmp = require "spec.support.tmp"

local function list(iterator)
  local out = {}
  for value in iterator do out[#out + 1] = value end
  return out
end

local function fields(value, ...)
  local out = {}
  for i, name in ipairs { ... } do out[i] = value[name] == nil and "nil" or value[name] end
  return out
end

for _, endian in ipairs { "little", "big" } do
  describe("a type of " .. endian .. "-endian BTF", function()
    local b, id, open = builder.new { endian = endian }, {}, nil

    local function t(name) return open:type(id[name]) end

    setup(function()
      id.int = b:int("int", 4, "signed")
      id.uint = b:int("unsigned int", 4)
      id.char = b:int("char", 1, "char")
      id.bool = b:int("_Bool", 1, "bool")
      id.i128 = b:int("__int128", 16, 3)
      id.ptr = b:ptr(0)
      id.array = b:array(id.int, 5, id.uint)
      id.fwd_s, id.fwd_u = b:fwd("fs", "struct"), b:fwd("fu", "union")
      id.tag = b:type_tag("user", id.int)
      id.const = b:const(b:volatile(b:typedef("number", id.tag)))
      id.anon = b:union(nil, 8, { { "x", id.int, 0 }, { "y", id.const, 0 } })
      id.inner = b:struct("inner", 16, { { "first", id.ptr, 0 }, { nil, id.anon, 64 } })
      id.outer = b:struct("outer___v2", 32, {
        { "in", b:const(id.inner), 0 }, { "low", id.uint, 128, 3 }, { "high", id.uint, 131, 29 },
        { nil, id.uint, 160, 4 }, { "raw", id.ptr, 192, 0 },
      })
      id.enum = b:enum("e", { { "MINUS", -1 }, { "ZERO", 0 } }, 4, true)
      id.uenum = b:enum("ue", { { "BIG", 0xffffffff } })
      id.enum64 = b:enum64("e64", { { "HUGE", -2 } })
      id.proto = b:func_proto(id.int, { { "fmt", id.ptr }, { nil, id.char }, { nil, 0 } })
      id.void_arg = b:func_proto(0, { { nil, 0 }, { "x", id.int } })
      id.func = b:func("log", id.proto, "extern")
      id.static = b:func("quiet", id.void_arg, "static")
      id.var = b:var("counter", id.int, "static")
      id.data = b:datasec(".bss", 8, { { id.var, 4, 4 } })
      id.float = b:float("double", 8)
      id.on_all, id.on_second = b:decl_tag("all", id.outer), b:decl_tag("second", id.outer, 1)
      for _, name in ipairs { "outer", "enum", "enum64", "proto" } do
        id[name .. "_t"] = b:typedef(name .. "_t", id[name])
        id[name .. "_ct"] = b:const(b:typedef("alias", b:volatile(id[name .. "_t"])))
        id[name .. "_tag"] = b:restrict(b:type_tag("rcu", id[name]))
      end
      id.outer_ptr = b:ptr(id.outer)
      id.shared = b:struct("shared", 40, { { "refs", id.ptr, 0 }, { "both", id.outer_ct, 64 } })
      id.attribute = b:type_tag("attr", id.int, true)
      open = btfl.btf(tmp.write(endian .. ".btf", b:bytes()))
    end)

    it("has the numbers of its BTF", function()
      assert.same({ endian, 8, id.attribute }, { open.endian, open.ptr_size, #open })
      assert.is_nil(open:type(#open + 1))
      assert.is_nil(open:type(-1))
      assert.is_nil(open:type(1 << 40))
      assert.same(fields(open:type(0), "id", "kind", "name", "size"), { 0, "void", "nil", "nil" })
    end)

    it("knows its kind, name and size", function()
      assert.same({ "int", "int", 4, false }, fields(t "int", "kind", "name", "size", "kind_flag"))
      assert.same({ "array", "nil", 20 }, fields(t "array", "kind", "name", "size"))
      assert.same({ "const", "nil", 4 }, fields(t "const", "kind", "name", "size"))
      assert.same({ "fwd", "fs", "nil" }, fields(t "fwd_s", "kind", "name", "size"))
      assert.same({ "float", "double", 8 }, fields(t "float", "kind", "name", "size"))
      assert.same({ "func", "log", "nil" }, fields(t "func", "kind", "name", "size"))
      assert.same({ "ptr", 8 }, fields(t "ptr", "kind", "size"))
      assert.same({ "struct", true }, fields(t "outer", "kind", "kind_flag"))
      assert.is_true(t "attribute".kind_flag)
    end)

    it("splits a name and its flavor", function()
      assert.same({ "outer___v2", "outer", "v2" }, fields(t "outer", "name", "essential", "flavor"))
      assert.same({ "inner", "nil" }, fields(t "inner", "essential", "flavor"))
      assert.same({ "nil", "nil" }, fields(t "anon", "essential", "flavor"))
      assert.same({ t "outer" }, list(open:candidates("outer___other")))
      assert.same({}, list(open:candidates("")))
    end)

    it("has the facts of its kind only", function()
      assert.same({ "signed", 32, true }, fields(t "int", "encoding", "bits", "signed"))
      assert.same({ "", 32, false }, fields(t "uint", "encoding", "bits", "signed"))
      assert.same({ "char", 8, false }, fields(t "char", "encoding", "bits", "signed"))
      assert.same({ "bool", 8, false }, fields(t "bool", "encoding", "bits", "signed"))
      assert.same({ "signed char", 128, true }, fields(t "i128", "encoding", "bits", "signed"))
      assert.same({ "nil", "nil", "nil" }, fields(t "ptr", "encoding", "bits", "signed"))
      assert.same({ 5, t "uint", t "int" }, fields(t "array", "nelems", "index_type", "type"))
      assert.same({ "nil", "nil", "nil" }, fields(t "int", "nelems", "index_type", "type"))
      assert.same({ true, false }, { t "enum".signed, t "uenum".signed })
      assert.same({ "extern", "static", "static", "nil" }, {
        t "func".linkage, t "static".linkage, t "var".linkage, tostring(t "int".linkage) })
      assert.same({ -1, 1, "nil" }, {
        t "on_all".component, t "on_second".component, tostring(t "int".component) })
      assert.same({ "struct", "union", "nil" }, {
        t "fwd_s".fwd_kind, t "fwd_u".fwd_kind, tostring(t "inner".fwd_kind) })
    end)

    it("refers to other types", function()
      assert.equal(open:type(0), t "ptr".type)
      assert.equal(t "int", t "const":resolve())
      assert.equal(t "int", t "int":resolve())
      assert.equal(t "ptr", t "ptr":resolve())
      assert.equal(t "proto", t "func".type)
      assert.equal(t "int", t "proto".type)
      assert.equal(t "int", t "var".type)
      assert.equal(t "outer", t "on_second".type)
    end)

    it("has members", function()
      local m = list(t "outer":members())
      assert.equal(5, #m)
      assert.equal(5, #t "outer")
      assert.same({ "in", 0, 0, 0, false, 128, t "outer" },
        fields(m[1], "name", "index", "offset", "bit_offset", "bitfield", "bit_size", "parent"))
      assert.same({ "high", 2, 16, 131, true, 29, t "uint" },
        fields(m[3], "name", "index", "offset", "bit_offset", "bitfield", "bit_size", "type"))
      assert.same({ "nil", true, 4 }, fields(m[4], "name", "bitfield", "bit_size"))
      assert.same({}, list(t "int":members()))
      assert.equal(0, #t "int")
    end)

    it("finds members by path", function()
      local m, offset = t "outer":member("in.y")
      assert.same({ "y", 0, t "anon" }, fields(m, "name", "bit_offset", "parent"))
      assert.equal(64, offset)
      m, offset = t "outer":member("high")
      assert.same({ "high", 131 }, { m.name, offset })
      for _, path in ipairs { "", ".", "in.", "in.z", "y", "raw.x", "inn", "i" } do
        assert.same({ n = 1 }, table.pack(t "outer":member(path)), path)
      end
      assert.is_nil(t "int":member("x"))
    end)

    it("has the offset of a path from its own start", function()
      assert.same({ 0, 8, 0, 16, 16 }, { t "outer":offsetof("in"), t "outer":offsetof("in.y"),
        t "anon":offsetof("y"), t "outer":offsetof("high"), t "outer":offsetof("low") })
      assert.equal(16, t "shared":offsetof("both.in.y"))
      assert.equal(0, t "shared":member("both.in.y").offset)
      for _, path in ipairs { "", ".", "in.", "in.z", "raw.x" } do
        assert.same({ n = 1 }, table.pack(t "outer":offsetof(path)), path)
      end
      assert.is_nil(t "int":offsetof("x"))
    end)

    it("has the elements and the size of what stands behind typedefs and modifiers", function()
      for name, behind in pairs { outer = "outer", enum = "enum", enum64 = "enum64", proto = "proto" } do
        local plain = t(behind)
        for _, qualified in ipairs { id[name .. "_t"], id[name .. "_ct"], id[name .. "_tag"] } do
          local q = open:type(qualified)
          assert.not_equal(plain, q)
          assert.same({ #plain, tostring(plain.size) }, { #q, tostring(q.size) })
          for _, method in ipairs { "members", "values", "params", "vars" } do
            assert.same(list(plain[method](plain)), list(q[method](q)))
          end
          assert.equal(plain:member("in.y"), q:member("in.y"))
          assert.equal(plain:offsetof("in.y"), q:offsetof("in.y"))
          assert.equal(plain:value("MINUS"), q:value("MINUS"))
          assert.equal(plain:value("HUGE"), q:value("HUGE"))
        end
      end
      assert.equal(t "outer", open:type(id.outer_ct):members()().parent)
      assert.equal("MINUS", open:type(id.enum_ct):value("MINUS").name)
      assert.same({ 0, 0 }, { #t "const", #t "ptr" })
      assert.same({}, list(open:type(id.outer_ptr):members()))
    end)

    it("has enumerators", function()
      assert.same({ "MINUS", -1, 0, t "enum" },
        fields(t "enum":values()(), "name", "value", "index", "parent"))
      assert.equal(0xffffffff, t "uenum":value("BIG").value)
      assert.equal(-2, t "enum64":value("HUGE").value)
      assert.equal("18446744073709551614", btfl.u64(t "enum64":value("HUGE").value))
      assert.same({ "-1", "4294967295", "18446744073709551614" }, { t "enum":value("MINUS").decimal,
        t "uenum":value("BIG").decimal, t "enum64":value("HUGE").decimal })
      assert.is_nil(t "enum":value("NONE"))
      assert.is_nil(t "int":value("MINUS"))
      assert.equal(2, #t "enum")
    end)

    it("has parameters", function()
      local p = list(t "func":params())
      assert.same({ "fmt", t "ptr", 0, t "proto" }, fields(p[1], "name", "type", "index", "parent"))
      assert.same({ "nil", t "char" }, fields(p[2], "name", "type"))
      assert.same({ "nil", "nil", 2 }, fields(p[3], "name", "type", "index"))
      assert.same({ 3, 3 }, { #t "func", #t "proto" })
      assert.same(p, list(t "proto":params()))
      assert.equal(open:type(0), t "void_arg":params()().type)
    end)

    it("has variables", function()
      assert.same({ t "var", 4, 4, t "data", 0 },
        fields(t "data":vars()(), "type", "offset", "size", "parent", "index"))
    end)

    it("is found by kind and name", function()
      assert.same({ t "fwd_s", t "fwd_u" }, list(open:types("fwd")))
      assert.equal(#open, #list(open:types()))
      assert.equal(t "func", open:find("log"))
      assert.is_nil(open:find("log", "struct"))
      assert.is_nil(open:find("int\0eger"))
      assert.equal(t "data", open:get(".bss", "datasec"))
    end)
  end)

  describe("a " .. endian .. "-endian object", function()
    local object, target

    setup(function()
      local b = builder.new { endian = endian }
      local int, long = b:int("int", 4, "signed"), b:int("long", 8, "signed")
      local foo = b:struct("foo", 24, {
        { "a", int, 0 }, { nil, b:union(nil, 8, { { "b", long, 0 } }), 64 },
        { "list", b:array(int, 2), 128 },
      })
      local alias = b:typedef("foo_t", b:const(foo))
      local e = b:enum("e", { { "A", 1 }, { "B", 7 } })
      local nameless = b:struct(nil, 4, { { "a", int, 0 } })
      local fixed = b:enum("u", { { "TOP", 0xffffffff } })
      local o = objects.new(b)
      local low, high = objects.ldimm64(1, 7)
      o:program {
        name = "main", section = "xdp",
        insns = { objects.ldx(4, 0, 1, 0), objects.mov(2, 1), low, high, objects.exit() },
        relos = {
          { insn = 0, type = foo, access = "0:0", kind = "byte_off" },
          { insn = 1, type = foo, access = "0:1", kind = "field_exists" },
          { insn = 2, type = e, access = "1", kind = "enumval_value" },
        },
        lines = { { insn = 1, file = "a.c", text = "  x = 1;", line = 12, column = 3 } },
      }
      o:program {
        name = "helper", section = "xdp", static = true,
        insns = { objects.mov(2, 20), objects.mov(0, 68), objects.mov(0, 1), objects.exit() },
        relos = {
          { insn = 0, type = alias, access = "0:2:1", kind = "byte_off" },
          { insn = 1, type = foo, access = "2:2:1", kind = "byte_off" },
          { insn = 2, type = alias, access = "0", kind = "type_exists" },
          { insn = 2, type = foo, access = "0:9", kind = "byte_off" },
          { insn = 2, type = nameless, access = "0:0", kind = "byte_off" },
          { insn = 2, type = foo, access = "0:0", kind = 77 },
          { insn = 2, type = fixed, access = "0", kind = "enumval_value" },
          { insn = 2, type = int, access = "0", kind = "local_type_id" },
        },
      }
      object = btfl.object(tmp.write(endian .. ".o", o:bytes()))

      local k = builder.new { endian = endian }
      local kint = k:int("int", 4, "signed")
      k:int("long", 8, "signed")
      k:struct("foo", 32, { { "a", k:ptr(kint), 0 }, { "list", k:array(kint, 4), 64 } })
      k:struct("foo___other", 32, { { "list", k:array(kint, 4), 64 } })
      k:enum("e", { { "B", 9 } })
      target = btfl.target(tmp.write(endian .. "-kernel-6.1.2.btf", k:bytes()))
    end)

    local function relo(n) return list(object:relos())[n + 1] end

    it("has programs", function()
      local p = list(object:programs())
      assert.same({ "main", "xdp", 0, true, object },
        fields(p[1], "name", "section", "offset", "global", "object"))
      assert.same({ "helper", 40, false }, fields(p[2], "name", "offset", "global"))
      assert.same({ 5, 4 }, { #p[1], #p[2] })
      assert.equal("main", p[1].func.name)
      assert.equal(p[2], object:program("helper"))
      assert.is_nil(object:program("help"))
      assert.equal(endian, object.endian)
      assert.equal(endian == "big" and "b720000000000001" or "b702000001000000", p[1]:insn(1))
      assert.is_nil(p[1]:insn(5))
      assert.is_nil(p[1]:insn(-1))
      assert.same({ 3, 8 }, { #list(p[1]:relos()), #list(p[2]:relos()) })
    end)

    it("has source lines", function()
      local main = object:program("main")
      assert.same({ "a.c", 12, 3, "  x = 1;" },
        fields(main:line(1), "file", "line", "column", "text"))
      assert.equal(main:line(1), main:line(4))
      assert.is_nil(main:line(0))
      assert.is_nil(main:line(5))
      assert.is_nil(object:program("helper"):line(0))
      assert.equal(main:line(1), relo(1).line)
      assert.is_nil(relo(0).line)
    end)

    it("has relocations", function()
      assert.same({ 0, "byte_off", "0:0", "xdp", 0, 0, 0, "nil" },
        fields(relo(0), "index", "kind", "access", "section", "insn", "insn_off", "value", "reason"))
      assert.same({ "helper", 0, 40, 20 },
        { relo(3).program.name, relo(3).insn, relo(3).insn_off, relo(3).value })
      assert.equal(32, #relo(2).bytes)
      assert.equal(16, #relo(1).bytes)
      assert.same({ "nil", "bad-access" }, fields(relo(6), "accessor", "reason"))
      assert.same({ "unknown", "nil", "nil", "unsupported" },
        fields(relo(8), "kind", "accessor", "value", "reason"))
      assert.equal("18446744073709551615", btfl.u64(relo(9).value))
      assert.equal(relo(10).type.id, relo(10).value)
    end)

    it("writes accesses in C", function()
      local paths = {}
      for r in object:relos() do paths[#paths + 1] = r.path end
      assert.same({ "foo.a", "foo", "e::B", "foo_t.list[1]", "foo[2].list[1]", "foo_t", "foo",
        "<anon>.a", "foo", "u::TOP", "int" }, paths)
    end)

    it("has accessors", function()
      local spec = relo(4).accessor
      assert.same({ 544, "2:2:1", relo(4).type, "foo[2].list[1]" },
        fields(spec, "bit_offset", "access", "root", "path"))
      assert.equal(3, #spec)
      local steps = {}
      for t, index, element in spec:steps() do
        steps[#steps + 1] = { t.name or t.kind, index, element and element.name }
      end
      assert.same({ { "foo", 2 }, { "foo", 2, "list" }, { "int", 1 } }, steps)
      local t, index, element = relo(2).accessor:steps()()
      assert.same({ "e", 1, "B", 7 }, { t.name, index, element.name, element.value })
      assert.equal(0, #relo(5).accessor)
      assert.is_nil(relo(5).accessor:steps()())
    end)

    it("has results on a target", function()
      local results = list(object:results(target))
      assert.equal(11, #results)
      assert.same({ "poison", false, "nil", 0, "nil", "nil" },
        fields(results[1], "status", "ok", "value", "old", "candidate", "accessor"))
      local found = relo(4):resolve(target)
      assert.equal(found, results[5])
      assert.same({ "ok", true, "nil", 76, 68, relo(4), target },
        fields(found, "status", "ok", "reason", "value", "old", "relo", "target"))
      assert.same({ "foo", "2:1:1", 608 },
        { found.candidate.name, found.accessor.access, found.accessor.bit_offset })
      assert.equal(target.btf, found.candidate.btf)
      assert.equal(relo(4).bytes, found.before)
      assert.equal("ok", results[11].status)
    end)

    it("keeps the trail of candidates", function()
      local trail = list(relo(0):resolve(target):trail())
      assert.equal(2, #trail)
      assert.same({ false, "incompatible", 1, "int", "ptr" }, { trail[1].ok, trail[1].reason,
        trail[1].step, trail[1].want.kind, trail[1].have.kind })
      assert.same({ "no-field", "foo___other", "foo", "foo___other" }, { trail[2].reason,
        trail[2].candidate.name, trail[2].want.name, trail[2].have.name })
      local ok = relo(4):resolve(target):trail()()
      assert.same({ true, "nil", "nil", "nil", "nil" },
        fields(ok, "ok", "reason", "step", "want", "have"))
    end)

    it("meets targets of its own byte order only", function()
      local other = builder.new { endian = endian == "big" and "little" or "big" }
      other:int("int", 4)
      local wrong = btfl.target(tmp.write(endian .. "-wrong.btf", other:bytes()))
      local ok, err = pcall(object.results, object, wrong)
      assert.is_false(ok)
      assert.equal("unsupported", err.code)
      assert.equal(object.path, err.file)
    end)

    it("knows the target", function()
      assert.same({ endian .. "-kernel-6.1.2", "6.1.2", endian },
        fields(target, "name", "release", "endian"))
      assert.same({}, list(target:modules()))
      assert.same({}, list(target:skipped()))
    end)
  end)
end

describe("a target with modules", function()
  it("names them, and those that cannot be read", function()
    local dir = tmp.mkdir("modules")
    local b = builder.new()
    local int = b:int("int", 4, "signed")
    local kernel = tmp.write("kernel.btf", b:bytes())
    local s = builder.new { base = b }
    local id = s:struct("of_module", 4, { { "a", int, 0 } })
    tmp.write("modules/good.btf", s:bytes())
    tmp.write("modules/bad.btf", "not BTF, not at all, but long enough")
    local target = btfl.target(kernel, { dir })
    local name, module = target:modules()()
    assert.equal("good", name)
    assert.equal(target.btf, module.base)
    assert.equal(target.btf:type(int), module:type(id):member("a").type)
    local skipped = list(target:skipped())
    assert.equal(1, #skipped)
    assert.is_truthy(skipped[1]:find("bad.btf: not BTF but text", 1, true), skipped[1])
  end)

  it("takes modules with a path only, as a list of paths", function()
    assert.has_error(function() btfl.target("spec/fixtures/small.btf", "x") end)
    assert.has_error(function() btfl.target("spec/fixtures/small.btf", { 1 }) end)
    local btf = btfl.btf("spec/fixtures/small.btf")
    assert.has_error(function() btfl.target(btf, { "spec" }) end)
  end)
end)

describe("a hostile nest of anonymous members", function()
  it("is searched within bounds", function()
    local b = builder.new()
    local int = b:int("int", 4)
    local id = b:struct(nil, 4, { { "leaf", int, 0 } })
    for _ = 1, 30 do id = b:struct(nil, 4, { { nil, id, 0 }, { nil, id, 0 } }) end
    local t = btfl.btf(tmp.write("nest.btf", b:bytes())):type(id)
    assert.equal("leaf", t:member("leaf").name)
    assert.has_error(function() t:member("none") end)
    for _ = 1, 100 do id = b:struct(nil, 4, { { nil, id, 0 } }) end
    assert.is_nil(btfl.btf(tmp.write("deep.btf", b:bytes())):type(id):member("leaf"))
  end)
end)

describe("u64 and nearest", function()
  it("u64 prints the bits as unsigned", function()
    assert.same({ "0", "9223372036854775808", "18446744073709551615" },
      { btfl.u64(0), btfl.u64(math.mininteger), btfl.u64(-1) })
    assert.has_error(function() btfl.u64(1.5) end)
  end)

  it("nearest sorts by distance and leaves out what is far", function()
    assert.same({ "state", "sate", "__state" }, btfl.nearest("state", { "__state", "sate", "state", "flags" }))
    assert.same({ "name" }, btfl.nearest("nmae", { "name", "size" }))
    assert.same({}, btfl.nearest("x", {}))
    assert.same({}, btfl.nearest(("x"):rep(129), { ("x"):rep(129) }))
    assert.has_error(function() btfl.nearest("x", { 1 }) end)
  end)
end)
