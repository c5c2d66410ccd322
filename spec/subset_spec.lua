--- btfl.subset: the part of a kernel's BTF that objects need gives the same answers as the
--- whole, and other tools read it.

local btf = require "spec.support.btf"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"

-- What a relocation became, and why, but for ids of the target's types.
local function answer(result)
  local id = result.relo.kind == "target_type_id"
  local words = { result.status, result.reason or "-", not id and result.value or "-", result.old or "-",
    not id and result.after or "-" }
  for attempt in result:trail() do
    words[#words + 1] = ("%s: %s at %s of %s"):format(attempt.candidate:decl(), attempt.reason or "ok",
      attempt.step or "-", attempt.have and attempt.have:decl() or "-")
  end
  return table.concat(words, " ")
end

-- Every relocation of the objects against the subset of the target that they need.
local function same_answers(objects, target)
  local subset = btfl.subset(target)
  for _, object in ipairs(objects) do subset:add(object) end
  local bytes, count = subset:bytes()
  local small = btfl.target(tmp.write("subset.btf", bytes))
  assert.equal(count, #small.btf)
  assert.equal(target.endian, small.endian)
  if small.btf:types "ptr"() then assert.equal(target.btf.ptr_size, small.btf.ptr_size) end
  for _, object in ipairs(objects) do
    local whole = object:results(target)
    for result in object:results(small) do
      local expected = whole()
      assert.equal(answer(expected), answer(result), object.path .. ": " .. tostring(result.relo))
    end
  end
  small:close()
  return bytes
end

local function fixtures(pattern)
  local list = {}
  for path in run.program({ "sh", "-c", "ls spec/fixtures/" .. pattern }).out:gmatch "[^\n]+" do
    list[#list + 1] = btfl.object(path)
  end
  assert.is_true(#list > 0)
  return list
end

describe("a subset", function()
  teardown(tmp.clean)

  it("gives every fixture the answers of the whole, of either byte order", function()
    same_answers(fixtures "*.clang1[469].o", btfl.target "spec/fixtures/target.clang19.o")
    same_answers(fixtures "*.eb.o", btfl.target "spec/fixtures/target.clang19.eb.o")
  end)

  it("keeps of a struct only the members that are stepped into", function()
    local subset = btfl.subset(btfl.target "spec/fixtures/small.btf")
    subset:add(btfl.object "spec/fixtures/example.bpf.o")
    local small = btfl.btf(tmp.write("small.btf", (subset:bytes())))
    local names = {}
    for m in small:get("task_struct"):members() do names[#names + 1] = m.name end
    assert.same({ "__state", "se", "mm", "tgid", "real_parent", "comm" }, names)
    assert.equal(9792, small:get("task_struct").size)
    assert.equal(2048, select(2, small:get("mm_struct"):member "total_vm"))
  end)

  it("is opened as it would be written, and is a kernel of its target's name", function()
    local target = btfl.target "spec/fixtures/small.btf"
    local subset = btfl.subset(target)
    subset:add(btfl.object "spec/fixtures/example.bpf.o")
    local part = subset:btf()
    local bytes, count = subset:bytes()
    assert.same({ count, target.path, "small" }, { #part, part.path, btfl.target(part).name })
    local written = btfl.btf(tmp.write("part.btf", bytes))
    for t in written:types() do assert.equal(t:decl(), part:type(t.id):decl()) end
    target:close()
    assert.equal("task_struct", part:get("task_struct").name)
    assert.has_error(function() subset:btf() end, "target 'spec/fixtures/small.btf' is closed")
  end)

  it("does not make an array flexible that was not", function()
    local whole = btf.new()
    local int = whole:int("int", 4, "signed")
    whole:struct("s", 8, { { "a", whole:array(int, 0, int), 0 }, { "b", int, 32 } })
    local target = btfl.target(tmp.write("whole.btf", whole:bytes()))
    local object = require "spec.support.object"
    local l = btf.new()
    local lint = l:int("int", 4, "signed")
    local s = l:struct("s", 8, { { "a", l:array(lint, 4, lint), 0 } })
    local o = object.new(l)
    o:program { insns = { object.mov(1, 0), object.mov(1, 1), object.exit() }, relos = {
      { insn = 0, type = s, access = "0:0", kind = "byte_off" },
      { insn = 1, type = s, access = "0:0:0", kind = "field_exists" },
    } }
    same_answers({ btfl.object(tmp.write("flex.o", o:bytes())) }, target)
  end)

  it("gives up where the whole does: in structs without a name that are nested too deep", function()
    local object = require "spec.support.object"
    local l, whole = btf.new(), btf.new()
    local foo = l:struct("foo", 4, { { "a", l:int("int", 4), 0 } })
    local inner = whole:struct(nil, 4, { { "a", whole:int("int", 4), 0 } })
    for _ = 1, 80 do inner = whole:struct(nil, 4, { { nil, inner, 0 } }) end
    whole:struct("foo", 4, { { nil, inner, 0 } })
    local o = object.new(l)
    o:program { insns = { object.mov(1, 1), object.exit() },
      relos = { { insn = 0, type = foo, access = "0:0", kind = "field_exists" } } }
    local asked, target = btfl.object(tmp.write("deep.o", o:bytes())), btfl.target(tmp.write("deep.btf", whole:bytes()))
    assert.equal("too-deep", asked:results(target)().reason)
    same_answers({ asked }, target)
  end)

  it("is refused where pointers are what no BTF alone could tell", function()
    local object = require "spec.support.object"
    local l, whole = btf.new(), btf.new()
    local foo = l:struct("foo", 8, { { "a", l:ptr(0), 0 } })
    whole:struct("foo", 8, { { "a", whole:ptr(0), 32 } })
    whole:int("long int", 8)
    local o = object.new(l)
    o:program { insns = { object.mov(1, 8), object.exit() },
      relos = { { insn = 0, type = foo, access = "0:0", kind = "byte_sz" } } }
    local target = btfl.target(tmp.write("arm.o", object.new(whole, { class = 32, machine = 40 }):bytes()))
    local asked = btfl.object(tmp.write("size.o", o:bytes()))
    assert.equal(4, asked:results(target)().value)
    local subset = btfl.subset(target)
    assert.error_matches(function() subset:add(asked) end, "pointers have 4 bytes in its ELF file, but 8 by its types")
  end)

  -- A module whose .BTF.base makes it stand on that, and not on the kernel beside it.
  it("is refused where what is needed stands on a module's own base", function()
    local object = require "spec.support.object"
    local vmlinux, base, l = btf.new(), btf.new(), btf.new()
    vmlinux:int("long int", 8)
    local int = base:int("int", 4, "signed")
    local own = btf.new { base = base }
    own:struct("own", 4, { { "a", int, 0 } })
    local module = object.new(own, { machine = 62 })
    module:section(".BTF.base", base:bytes())
    local o = object.new(l)
    o:program { insns = { object.mov(1, 0), object.exit() }, relos = {
      { insn = 0, type = l:struct("own", 4, { { "a", l:int("int", 4), 0 } }), access = "0:0", kind = "byte_off" },
    } }
    local target = btfl.target(tmp.write("based.btf", vmlinux:bytes()), {
      modules = { tmp.write("own.ko", module:bytes()) } })
    local asked = btfl.object(tmp.write("asks.o", o:bytes()))
    assert.equal(0, asked:results(target)().value)
    local subset = btfl.subset(target)
    assert.error_matches(function() subset:add(asked) end,
      "its types stand on a .BTF.base and not on the target's vmlinux")
    assert.error_matches(function() subset:bytes() end, "the subset is not whole: what was added before failed")
    assert.error_matches(function() subset:add(asked) end, "the subset is not whole: what was added before failed")
    assert.error_matches(function() subset:add "own" end, "the subset is not whole: what was added before failed")
  end)

  it("is refused where a BPF object that is taken for a kernel has members in an order that is not C's", function()
    local object = require "spec.support.object"
    local l = btf.new()
    local int = l:int("int", 4, "signed")
    local s = l:struct("s", 12, { { "b", int, 64 }, { "c", int, 0 }, { "a", int, 32 } })
    local u = l:union("u", 8, { { "a", int, 32 } })
    local o = object.new(l)
    o:program { insns = { object.mov(1, 8), object.mov(1, 0), object.mov(1, 4), object.exit() }, relos = {
      { insn = 0, type = s, access = "0:0", kind = "byte_off" },
      { insn = 1, type = s, access = "0:1", kind = "byte_off" },
      { insn = 2, type = u, access = "0:0", kind = "byte_off" },
    } }
    local asked = btfl.object(tmp.write("order.o", o:bytes()))
    local target = btfl.target(tmp.write("order.o", o:bytes()))
    local subset = btfl.subset(target)
    subset:add "s.c"
    subset:add "s.a"
    assert.equal(32, subset:btf():get("s", "struct"):member("a").bit_offset)
    subset:add(asked)
    assert.error_matches(function() subset:bytes() end,
      "order.o: type %[2%] `s`: member 1 is not in C's order, in which those of a kernel are")
    local other = btfl.subset(target)
    other:add "u.a"
    assert.error_matches(function() other:btf() end, "type %[3%] `u`: member 0 is not in C's order")
  end)

  it("is refused where the name of a section is empty, but not none", function()
    local whole = btf.new()
    local var = whole:var("x", whole:int("int", 4))
    local at = whole.first_string + whole.strings_len
    whole.strings[#whole.strings + 1], whole.strings_len = "\0", whole.strings_len + 1
    local id = whole:type("datasec", at, 1, false, 4, whole:pack("I4I4I4", var, 0, 4))
    local target = btfl.target(tmp.write("nameless.btf", whole:bytes()))
    local subset = btfl.subset(target)
    subset:add(target.btf:type(id))
    assert.error_matches(function() subset:bytes() end, "nameless.btf: type %[3%] datasec: its name is empty")
  end)

  it("is empty when nothing is needed", function()
    local bytes, count = btfl.subset(btfl.target "spec/fixtures/small.btf"):bytes()
    assert.equal(0, count)
    assert.equal(25, #bytes)
  end)

  -- An object that reads foo.a, and asks for B of an enum and for a field of bar that is not there.
  local function asking()
    local l, object = btf.new(), require "spec.support.object"
    local int = l:int("int", 4, "signed")
    local foo = l:struct("foo", 4, { { "a", int, 0 } })
    local bar = l:struct("bar", 4, { { "gone", int, 0 } })
    local flags = l:enum("flags", { { "B", 1 } })
    local o = object.new(l)
    o:program { insns = { object.mov(1, 0), object.mov(1, 1), object.mov(1, 1), object.exit() }, relos = {
      { insn = 0, type = foo, access = "0:0", kind = "byte_off" },
      { insn = 1, type = flags, access = "0", kind = "enumval_value" },
      { insn = 2, type = bar, access = "0:0", kind = "field_exists" },
    } }
    return btfl.object(tmp.write("asking.o", o:bytes()))
  end

  it("has of an enum what is asked for, of types what CO-RE looks at, and of what failed why", function()
    local whole = btf.new()
    local int = whole:int("int", 4, "signed")
    whole:struct("foo", 8, { { "b", int, 0 }, { "a", whole:const(whole:typedef("number", int)), 32 } })
    whole:struct("bar", 4, { { "x", int, 0 } })
    whole:enum("flags", { { "A", 0 }, { "B", 7 }, { "C", 2 } })
    local target = btfl.target(tmp.write("whole.btf", whole:bytes()))
    local object = asking()
    same_answers({ object }, target)
    local subset, lines = btfl.subset(target), {}
    subset:add(object)
    for t in subset:btf():types() do
      local line = { t.kind, t.name }
      for m in t:members() do line[#line + 1] = ("%s:%s@%d"):format(m.type.name, m.name, m.offset) end
      for v in t:values() do line[#line + 1] = v.name .. "=" .. v.decimal end
      lines[#lines + 1] = table.concat(line, " ")
    end
    assert.same({ "struct foo int:a@4", "int int", "enum flags B=7", "struct bar" }, lines)
  end)

  it("tells of a pointer that an access was refused for what it points to", function()
    local whole = btf.new()
    local int = whole:int("int", 4, "signed")
    local other = whole:struct("other", 4, { { "x", int, 0 } })
    local handler = whole:ptr(whole:func_proto(int, { { "o", whole:ptr(other) }, { "n", int } }))
    local plain = whole:ptr(int)
    whole:struct("foo", 16, { { "p", plain, 0 }, { "a", int, 64 } })
    whole:struct("foo", 16, { { "p", plain, 0 }, { "a", handler, 64 } })
    whole:struct("foo", 16, { { "p", plain, 0 }, { "a", whole:array(whole:ptr(other), 1, int), 64 } })
    local l, object = btf.new(), require "spec.support.object"
    local lint = l:int("int", 4, "signed")
    local foo = l:struct("foo", 16, { { "p", l:ptr(lint), 0 }, { "a", lint, 64 } })
    local o = object.new(l)
    o:program { insns = { object.mov(1, 0), object.mov(1, 8), object.exit() }, relos = {
      { insn = 0, type = foo, access = "0:0", kind = "byte_off" },
      { insn = 1, type = foo, access = "0:1", kind = "byte_off" },
    } }
    same_answers({ btfl.object(tmp.write("pointers.o", o:bytes())) }, btfl.target(tmp.write("p.btf", whole:bytes())))
  end)

  it("has the same bytes wherever kernels have what is needed", function()
    local function kernel(first)
      local b = btf.new()
      if first then b:enum("flags", { { "B", 1 } }) end
      b:struct("other", 1, {})
      b:struct("foo", 4, { { "a", b:int("int", 4, "signed"), 0 } })
      if not first then b:enum("flags", { { "A", 0 }, { "B", 1 } }) end
      return btfl.target(tmp.write("one.btf", b:bytes()))
    end
    local object, bytes = asking(), {}
    for i, first in ipairs { true, false } do
      local subset = btfl.subset(kernel(first))
      subset:add(object)
      bytes[i] = subset:bytes()
    end
    assert.equal(bytes[1], bytes[2])
  end)

  it("tries candidates in the order of the whole", function()
    local whole = btf.new()
    local int = whole:int("int", 4, "signed")
    local second = whole:next_id() + 1
    whole:struct("foo___a", 8, { { "in", second, 0 }, { "b", int, 32 } })
    whole:struct("foo", 4, { { "a", int, 0 } })
    whole:struct("foo___c", 4, { { "a", int, 0 } })
    same_answers({ asking() }, btfl.target(tmp.write("whole.btf", whole:bytes())))
  end)

  it("finds a module's type by no name that vmlinux has", function()
    local whole = btf.new()
    local int = whole:int("int", 4, "signed")
    whole:struct("foo", 4, { { "a", int, 0 } })
    local module = btf.new { base = whole }
    local foo = module:struct("foo", 8, { { "a", int, 32 } })
    module:struct("mod", 8, { { "foo", foo, 0 } })
    tmp.mkdir "hiding"
    tmp.write("hiding/vmlinux", whole:bytes())
    tmp.write("hiding/one", module:bytes())
    local l, object = btf.new(), require "spec.support.object"
    local lint = l:int("int", 4, "signed")
    local lfoo = l:struct("foo", 4, { { "a", lint, 0 } })
    local mod = l:struct("mod", 4, { { "foo", lfoo, 0 } })
    local o = object.new(l)
    o:program { insns = { object.mov(1, 0), object.mov(1, 0), object.exit() }, relos = {
      { insn = 0, type = mod, access = "0:0:0", kind = "byte_off" },
      { insn = 1, type = lfoo, access = "0:0", kind = "byte_off" },
    } }
    local opened, target = btfl.object(tmp.write("hiding.o", o:bytes())), btfl.target(tmp.path "hiding")
    local values = {}
    for result in opened:results(target) do values[#values + 1] = result.value end
    assert.same({ 4, 0 }, values)
    same_answers({ opened }, target)
  end)

  it("has what stands in modules, of which there is one BTF then", function()
    local whole = btf.new()
    local int = whole:int("int", 4, "signed")
    local module = btf.new { base = whole }
    module:struct("foo", 8, { { "a", int, 32 } })
    module:enum("flags", { { "B", 5 } })
    tmp.mkdir "modular"
    tmp.write("modular/vmlinux", whole:bytes())
    tmp.write("modular/one", module:bytes())
    local object, target = asking(), btfl.target(tmp.path "modular")
    assert.equal(4, object:results(target)().value)
    same_answers({ object }, target)
  end)

  it("gives the answers of the whole for every object of the corpus", function()
    if not io.open(CORPUS .. "/README.md") then return pending "needs a corpus" end
    local list = run.program({ "sh", "-c", "find " .. run.quote(CORPUS) .. "/objects -name '*.o'" }).out
    for _, kernel in ipairs { "5.10.262-generic-amd64", "6.1.176-armmp-lpae-armhf", "6.12.95-generic-s390x",
      "7.1-ci-amd64", "7.3.4-generic-amd64" } do
      local target, objects = btfl.target(("%s/kernels/%s.btf.gz"):format(CORPUS, kernel)), {}
      for path in list:gmatch "[^\n]+" do
        local object = btfl.object(path)
        if object.btf and object.endian == target.endian then objects[#objects + 1] = object end
      end
      assert.is_true(#objects > 5)
      for _, object in ipairs(objects) do same_answers({ object }, target) end
      same_answers(objects, target)
      target:close()
    end
  end)

  it("is read by bpftool, and is no larger than what bpftool makes", function()
    if run.program({ "bpftool", "version" }).status ~= 0 then return pending "needs bpftool" end
    local whole = "spec/fixtures/small.btf"
    local ours, theirs = tmp.path "ours.btf", tmp.path "theirs.btf"
    local object = "spec/fixtures/example.bpf.o"
    assert.equal(0, run({ "minbtf", object, "-t", whole, "-o", ours }).status)
    local made = run.program { "bpftool", "gen", "min_core_btf", whole, theirs, object }
    assert.equal(0, made.status, made.err)
    local dump = run.program { "bpftool", "btf", "dump", "file", ours }
    assert.equal(0, dump.status, dump.err)
    assert.matches("STRUCT 'task_struct' size=9792 vlen=6", dump.out, 1, true)
    assert.is_true(#tmp.read(ours) <= #tmp.read(theirs))
  end)
end)
