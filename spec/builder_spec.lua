--- btfl.builder: every kind as the format has it, copies of types of real kernels that are the same, and a clear
--- refusal of what no type can be. It is held against the BTF that spec/support/btf.lua makes, which checks nothing.

local plain = require "spec.support.btf"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"

-- One of each kind, of which that of the specs' own has a method that takes these.
local function each_kind(b, p)
  local ours = {}
  local function add(t, theirs)
    ours[#ours + 1] = b:add(t)
    assert.equal(theirs, ours[#ours])
    return theirs
  end
  local int = add({ kind = "int", name = "int", size = 4, encoding = "signed" }, p:int("int", 4, "signed"))
  local char = add({ kind = "int", name = "char", size = 1, encoding = "signed char" }, p:int("char", 1, 3))
  add({ kind = "int", size = 4, bits = 3, bit_offset = 5 }, p:int("", 4, 0, 3, 5))
  add({ kind = "int", name = "_Bool", size = 1, encoding = "bool" }, p:int("_Bool", 1, "bool"))
  add({ kind = "ptr" }, p:ptr(0))
  add({ kind = "const", type = b.next_id + 1 }, p:const(p:next_id() + 1))
  local typedef = add({ kind = "typedef", name = "number", type = int }, p:typedef("number", int))
  add({ kind = "volatile", type = typedef }, p:volatile(typedef))
  add({ kind = "restrict", type = 5 }, p:restrict(5))
  add({ kind = "array", type = char, index_type = int, nelems = 16 }, p:array(char, 16, int))
  local foo = add({ kind = "struct", name = "foo", size = 16, members = { { name = "a", type = int },
    { type = char, bit_offset = 32 }, { name = "number", type = typedef, bit_offset = 64 } } },
    p:struct("foo", 16, { { "a", int, 0 }, { nil, char, 32 }, { "number", typedef, 64 } }))
  add({ kind = "struct", name = "bits", size = 4, members = { { name = "a", type = int, bit_size = 3 },
    { name = "b", type = int, bit_offset = 3, bit_size = 29 } } },
    p:struct("bits", 4, { { "a", int, 0, 3 }, { "b", int, 3, 29 } }))
  add({ kind = "struct", name = "wide", size = 4, kind_flag = true, members = { { name = "a", type = int } } },
    p:struct("wide", 4, { { "a", int, 0 } }, true))
  add({ kind = "union", size = 4, members = { { name = "x", type = int }, { name = "y", type = char } } },
    p:union(nil, 4, { { "x", int, 0 }, { "y", char, 0 } }))
  add({ kind = "enum", name = "e", values = { { name = "A", value = 0 }, { name = "B", value = 0xffffffff } } },
    p:enum("e", { { "A", 0 }, { "B", 0xffffffff } }))
  add({ kind = "enum", size = 1, signed = true, values = { { name = "MINUS", value = -1 } } },
    p:enum(nil, { { "MINUS", -1 } }, 1, true))
  add({ kind = "enum64", name = "e64", values = { { name = "BIG", value = 1 << 40 }, { name = "ALL", value = -1 } } },
    p:enum64("e64", { { "BIG", 1 << 40 }, { "ALL", -1 } }))
  add({ kind = "fwd", name = "fs" }, p:fwd("fs", "struct"))
  add({ kind = "fwd", name = "fu", fwd_kind = "union" }, p:fwd("fu", "union"))
  local proto = add({ kind = "func_proto", type = int, params = { { name = "x", type = foo }, { type = int } },
    variadic = true }, p:func_proto(int, { { "x", foo }, { nil, int }, { nil, 0 } }))
  local func = add({ kind = "func", name = "f", type = proto, linkage = "static" }, p:func("f", proto, "static"))
  local var = add({ kind = "var", name = "v", type = int, linkage = "extern" }, p:var("v", int, "extern"))
  add({ kind = "datasec", name = ".data", size = 8, vars = { { type = var, offset = 4, size = 4 } } },
    p:datasec(".data", 8, { { var, 4, 4 } }))
  add({ kind = "float", name = "double", size = 8 }, p:float("double", 8))
  add({ kind = "decl_tag", name = "bpf_fastcall", type = func }, p:decl_tag("bpf_fastcall", func))
  add({ kind = "decl_tag", name = "tag", type = foo, component = 2, kind_flag = true }, p:decl_tag("tag", foo, 2, true))
  add({ kind = "type_tag", name = "user", type = foo }, p:type_tag("user", foo))
  add({ kind = "type_tag", name = "attribute", type = foo, kind_flag = true }, p:type_tag("attribute", foo, true))
  return ours
end

-- Everything that a type says, with the ids that others have in another BTF.
local function describe_type(t, id_of)
  local function id(other) return other and id_of(other) or 0 end
  local words = { t.kind, t.name or "", tostring(t.kind_flag), t.kind ~= "array" and t.size or "", t.encoding or "",
    t.bits or "", t.nelems or "", t.linkage or "", t.component or "", t.fwd_kind or "", id(t.type),
    id(t.index_type) }
  local function put(...)
    for _, word in ipairs { ... } do words[#words + 1] = word end
  end
  for m in t:members() do put(m.name or "", id(m.type), m.bit_offset, m.bitfield and m.bit_size or "") end
  for v in t:values() do put(v.name, v.decimal) end
  if t.kind == "func_proto" then
    for p in t:params() do put(p.name or "", id(p.type)) end
  end
  for v in t:vars() do put(id(v.type), v.offset, v.size) end
  return table.concat(words, "|")
end

-- Copies all types of a BTF and holds each against its copy; options: as of btfl.builder.
local function copies_all(whole, options)
  local b, copy = btfl.builder(options), {}
  for t in whole:types() do copy[t.id] = b:copy(t, { with = "all" }) end
  local made = b:btf()
  assert.equal(#whole, #made)
  local function id_of(t) return copy[t.id] or t.id end
  for t in whole:types() do
    local mine = made:type(copy[t.id])
    local want, got = describe_type(t, id_of), describe_type(mine, function(other) return other.id end)
    if want ~= got then assert.equal(want, got, ("type [%d]"):format(t.id)) end
    local same, path, change = btfl.same(t, mine)
    if not same then error(("type [%d]: %s %s"):format(t.id, path, change)) end
  end
  return made
end

describe("a builder", function()
  teardown(tmp.clean)

  for _, endian in ipairs { "little", "big" } do
    for _, size in ipairs { 24, 32 } do
      it(("writes every kind, %s-endian, behind %d bytes"):format(endian, size), function()
        local b = btfl.builder { endian = endian, header_size = size }
        local p = plain.new { endian = endian, layout = size == 32 or nil }
        local ids = each_kind(b, p)
        assert.equal(p:bytes(), b:bytes())
        assert.equal(b:bytes(), b:bytes())
        assert.same({ endian, size, #ids + 1 }, { b.endian, b.header_size, b.next_id })
        local made = b:btf()
        assert.same({ #ids, endian, size }, { #made, made.endian, made.header_size })
        local r = run.program { "bpftool", "btf", "dump", "file", tmp.write("all.btf", b:bytes()) }
        if size == 24 and r.err == "" then
          local _, types = r.out:gsub("\n%[", "")
          assert.equal(#ids, types + 1)
        end
      end)
    end
  end

  it("is split over a base, with strings and types of its own only", function()
    local whole = btfl.builder()
    local int = whole:add { kind = "int", name = "int", size = 4 }
    whole:add { kind = "struct", name = "foo", size = 4, members = { { name = "a", type = int } } }
    local base = whole:btf()
    local b = btfl.builder { base = base }
    assert.same({ 3, base }, { b.next_id, b.base })
    b:add { kind = "struct", name = "bar", size = 8, members = { { name = "foo", type = base:get "foo" },
      { name = "a", type = int, bit_offset = 32 } } }
    local made = b:btf()
    assert.same({ base, 3 }, { made.base, #made })
    assert.equal(base:get "foo", made:get("bar"):member("foo").type)
    assert.equal(24 + 12 + 2 * 12 + #"bar\0", #b:bytes())
    assert.equal(b:bytes(), b:btf() and b:bytes())
    assert.is_nil(btfl.builder({ base = base }):btf():types()())
    -- Nothing that was begun for what comes then is left, which a sanitizer would tell of.
    base:close()
    for _, ask in ipairs { "bytes", "btf" } do
      assert.error_matches(function() return b[ask](b) end, "^btf '%(builder%)' is closed$")
    end
  end)

  it("has nothing of a copy that fails on the way", function()
    local layout = plain.known_layout()
    layout[20] = { 0, 0 }
    local p = plain.new { layout = layout }
    local int = p:int("int", 4)
    local good = p:struct("good", 4, { { "a", int, 0 } })
    local strange = p:type(20, "strange", 0, false, 0)
    local bad = p:struct("bad", 16, { { "a", good, 0 }, { "b", p:ptr(p:typedef("t", strange)), 64 } })
    local from = btfl.btf { bytes = p:bytes(), name = "strange" }
    local b = btfl.builder()
    b:copy(from:type(int))
    assert.error_matches(function() b:copy(from:type(bad), { with = "all" }) end,
      "type %[3%] is of the unknown kind 20: it cannot be copied")
    assert.same({ 2, "int" }, { b.next_id, b:btf():type(1).name })
    -- What was undone is copied anew.
    b:copy(from:type(good))
    assert.same({ "int", "good" }, { b:btf():type(1).name, b:btf():type(2).name })
  end)

  it("says how large pointers are", function()
    for _, size in ipairs { 4, 8 } do
      assert.equal(size, btfl.builder({ ptr_size = size }):btf().ptr_size)
    end
    local b = btfl.builder { ptr_size = 4 }
    assert.equal(4, b:btf():type(b:add { kind = "ptr" }) == nil and b:btf():type(2).size)
  end)

  it("copies what a type is made of, and declares what it points to", function()
    local p = plain.new()
    local int = p:int("int", 4)
    local next_id = p:next_id()
    local node, in_it, list, fwd = next_id, next_id + 1, next_id + 2, next_id + 3
    p:struct("node", 16, { { "next", next_id + 4, 0 }, { "in", in_it, 64 }, { "list", fwd, 96 } })
    p:struct("inner", 4, { { "x", int, 0 } })
    p:struct("list", 8, { { "first", next_id + 4, 0 } })
    p:typedef("alias", in_it)
    p:ptr(node)
    p:ptr(list)
    p:struct("head", 16, { { "node", next_id + 4, 0 }, { "list", next_id + 5, 64 } })
    local whole = btfl.btf(tmp.write("graph.btf", p:bytes()))
    local function copied(...)
      local b, names = btfl.builder(), {}
      for _, one in ipairs { ... } do b:copy(whole:get(one[1]), { with = one[2] }) end
      for t in b:btf():types() do names[#names + 1] = t.kind .. (t.name and " " .. t.name or "") end
      table.sort(names)
      return table.concat(names, ", ")
    end
    assert.equal("fwd list, fwd node, ptr, ptr, struct head", copied { "head" })
    assert.equal("fwd list, int int, ptr, ptr, struct head, struct inner, struct node, typedef alias",
      copied({ "head" }, { "node" }))
    assert.equal(copied({ "head" }, { "node" }), copied({ "node" }, { "head" }, { "node", "value" }))
    assert.equal("int int, ptr, ptr, struct head, struct inner, struct list, struct node, typedef alias",
      copied { "head", "all" })
    assert.equal(copied { "head", "all" }, copied({ "head" }, { "inner" }, { "head", "all" }))
    assert.equal("fwd head", copied { "head", "name" })
    assert.equal("int int, struct inner", copied({ "inner", "name" }, { "inner" }))
  end)

  it("copies between byte orders", function()
    local p, b = plain.new { endian = "big" }, btfl.builder { endian = "big" }
    each_kind(b, p)
    copies_all(b:btf(), { endian = "little", header_size = 32 })
    assert.equal(b:bytes(), b:bytes())
    copies_all(copies_all(b:btf(), { endian = "little" }), { endian = "big" })
  end)

  it("outlives what it copied from", function()
    local b = btfl.builder()
    do
      local other = btfl.btf "spec/fixtures/small.btf"
      b:copy(other:get "task_struct")
      other:close()
    end
    collectgarbage()
    assert.equal(9792, b:btf():get("task_struct").size)
  end)

  local function raises(text, f, ...)
    local ok, message = pcall(f, ...)
    assert.is_false(ok)
    assert.matches(text, tostring(message), 1, true)
    assert.matches("^[^\n]+$", tostring(message))
  end

  it("refuses what no type can be", function()
    local b = btfl.builder()
    for text, t in pairs {
      ["(table expected, got 1)"] = 1,
      ["(there is no kind nothing)"] = {},
      ["(there is no kind \"strct\" (did you mean `struct`?))"] = { kind = "strct" },
      ["(a struct has no `membres` (did you mean `members`?))"] = { kind = "struct", size = 4, membres = {} },
      ["(`size` of an int is an integer from 1 to 16, not a number)"] = { kind = "int", size = 4.5 },
      ["(`size` of a struct is an integer from 0 to 4294967295, not nothing)"] = { kind = "struct" },
      ["(`size` of a union is an integer from 0 to 4294967295, not -1)"] = { kind = "union", size = -1 },
      ["(`name` of a typedef is a string without a NUL, not \"a\\0b\")"] = { kind = "typedef", name = "a\0b" },
      ["(members[1] of a struct is a table, not 7)"] = { kind = "struct", size = 1, members = { 7 } },
      ["(members[1] of a struct has no `offset`"] = { kind = "struct", size = 1, members = { { offset = 1 } } },
      ["(`type` of members[2] of a struct is an id or a type, not -1)"] = { kind = "struct", size = 1,
        members = { {}, { type = -1 } } },
      ["(`bit_offset` of members[1] of a struct is an integer from 0 to 16777215, not 16777216)"] = {
        kind = "struct", size = 4, members = { { bit_offset = 1 << 24, bit_size = 1 } } },
      ["(`bit_size` of members[1] of a struct is an integer from 0 to 255, not 256)"] = { kind = "struct", size = 4,
        members = { { bit_size = 256 } } },
      ["(`value` of values[1] of an enum is an integer from -2147483648 to 4294967295, not 4294967296)"] = {
        kind = "enum", values = { { name = "A", value = 1 << 32 } } },
      ["(`params` of a func_proto is a list of tables, not a string)"] = { kind = "func_proto", params = tostring },
      ["(`linkage` of a func is one of extern, global, static, not \"weak\")"] = { kind = "func", linkage = "weak" },
      ["(`encoding` of an int is words of signed, char, bool, not \"unsigned\")"] = { kind = "int", size = 4,
        encoding = "unsigned" },
      ["(`component` of a decl_tag is an integer from -1 to 16777215, not -2)"] = { kind = "decl_tag", name = "x",
        component = -2 },
    } do
      if text:find "func_proto" then t.params, text = "x", text:gsub("a string", "\"x\"") end
      raises("bad argument #1 to 'add' " .. text, b.add, b, t)
    end
    for text, options in pairs {
      ["(table expected, got \"big\")"] = "big",
      ["(`endian` is \"little\" or \"big\", not \"middle\")"] = { endian = "middle" },
      ["(`ptr_size` is 4 or 8, not 16)"] = { ptr_size = 16 },
      ["(`header_size` is 24 or 32, not 28)"] = { header_size = 28 },
      ["(`base` is a btfl.btf, not a table)"] = { base = {} },
      ["(a builder has no `endain` (did you mean `endian`?))"] = { endain = "big" },
      ["(the base is little-endian, and `endian` big)"] = { base = b:btf(), endian = "big" },
      ["(pointers of the base have 8 bytes, and `ptr_size` is 4)"] = { base = b:btf(), ptr_size = 4 },
    } do
      raises("bad argument #1 to 'builder' " .. text, btfl.builder, options)
    end
    local foreign = btfl.btf("spec/fixtures/small.btf"):get "task_struct"
    raises("`with` is \"name\", \"value\" or \"all\"", b.copy, b, foreign, { with = "pointers" })
    raises("no option `wiht` (did you mean 'with'?)", b.copy, b, foreign, { wiht = "all" })
    raises("btfl.type expected", b.copy, b, 1)
    assert.equal(1, b.next_id)
  end)

  it("refuses to write what only all types together tell to be wrong, and tells where", function()
    for text, types in pairs {
      ["refers to type 9, but the last one is 1"] = { { kind = "ptr", type = 9 } },
      ["member 0 at bit 64 lies outside its type"] = { { kind = "int", name = "int", size = 4 }, { kind = "struct",
        name = "s", size = 4, members = { { name = "a", type = 1, bit_offset = 64 } } } },
      ["func: type 1 is a int, not a func_proto"] = { { kind = "int", name = "int", size = 4 }, { kind = "func",
        name = "f", type = 1 } },
      ["size 3 is not 1, 2, 4, 8 or 16 bytes"] = { { kind = "int", name = "int", size = 3 } },
    } do
      local b = btfl.builder()
      for _, t in ipairs(types) do b:add(t) end
      raises(text, b.bytes, b)
      raises(text, b.btf, b)
    end
    local b = btfl.builder()
    b:add { kind = "struct", name = "s", size = 4, members = { { name = "s", type = 1 } } }
    raises("(builder)", b.bytes, b)
  end)

  it("reads back equal what it copied of kernels and a module #long", function()
    if not io.open(CORPUS .. "/README.md") then return pending "needs a corpus" end
    for _, name in ipairs { "6.1.176-armmp-lpae-armhf", "6.12.95-generic-s390x", "7.1-ci-amd64",
      "7.3.4-generic-amd64" } do
      copies_all(btfl.btf(("%s/kernels/%s.btf.gz"):format(CORPUS, name)))
    end
    local kernel = "6.12.117-generic-amd64"
    local base = btfl.btf(("%s/kernels/%s.btf.gz"):format(CORPUS, kernel))
    local list = run.program({ "sh", "-c", ("ls %s/modules/%s/*.btf"):format(CORPUS, kernel) }).out
    local modules = 0
    for path in list:gmatch "[^\n]+" do
      local module = btfl.btf(path, base)
      local made = copies_all(module, { base = base })
      assert.equal(module.base, made.base)
      modules = modules + 1
    end
    assert.is_true(modules > 0)
  end)

  it("reads back equal what it copied of objects", function()
    for _, name in ipairs { "target.clang19.o", "target.clang19.eb.o", "example.bpf.o", "small.btf" } do
      assert.is_true(#copies_all(btfl.btf("spec/fixtures/" .. name)) > 10)
    end
  end)
end)

describe("a subset", function()
  teardown(tmp.clean)

  local function names_of(subset)
    local names = {}
    for t in subset:btf():types() do
      local members = {}
      for m in t:members() do members[#members + 1] = m.name end
      names[#names + 1] = ("%s %s%s"):format(t.kind, t.name, #members > 0 and ": " .. table.concat(members, " ") or "")
    end
    table.sort(names)
    return names
  end

  it("has types and fields that are asked for by name", function()
    local target = btfl.target "spec/fixtures/small.btf"
    local subset = btfl.subset(target)
    subset:add "task_struct.se.vruntime"
    subset:add "task_struct.comm[3]"
    local some = names_of(subset)
    assert.same({ "array nil", "int char", "int long long unsigned int", "int unsigned int",
      "struct sched_entity: vruntime", "struct task_struct: se comm" }, some)
    assert.equal(240, subset:btf():get("task_struct"):offsetof "se.vruntime")
    subset = btfl.subset(target)
    subset:add(target.btf:get "sched_entity")
    local whole = subset:btf():get "sched_entity"
    assert.is_true(btfl.same(target.btf:get "sched_entity", whole))
    local named = btfl.subset(target)
    named:add "sched_entity"
    assert.equal(subset:bytes(), named:bytes())
  end)

  it("has types of every kind with what they are made of", function()
    local b = plain.new()
    local int = b:int("int", 4)
    local pair = b:struct("pair", 8, { { "x", int, 0 }, { "y", int, 32 } })
    local proto = b:func_proto(int, { { "p", b:ptr(pair) } })
    local f = b:func("f", proto)
    local var = b:var("v", pair)
    b:datasec(".data", 8, { { var, 0, 8 } })
    b:decl_tag("of_param", f, 0)
    b:decl_tag("of_member", pair, 1)
    local target = btfl.target(btfl.btf { bytes = b:bytes(), name = "kinds" })
    local function made(name)
      local subset = btfl.subset(target)
      for t in target.btf:types() do
        if t.name == name then subset:add(t) end
      end
      return names_of(subset)
    end
    local whole = { "func f", "func_proto nil", "int int", "ptr nil", "struct pair" }
    assert.same(whole, made "f")
    table.insert(whole, 1, "decl_tag of_param")
    assert.same(whole, made "of_param")
    assert.same({ "decl_tag of_member", "int int", "struct pair: x y" }, made "of_member")
    assert.same({ "int int", "struct pair: x y", "var v" }, made "v")
    assert.same({ "datasec .data", "int int", "struct pair: x y", "var v" }, made ".data")
  end)

  it("refuses what nests deeper than any type does", function()
    local b = plain.new()
    local id = b:int("int", 4)
    for i = 1, 300 do id = b:struct("s" .. i, 4, { { "x", id, 0 } }) end
    local target = btfl.target(btfl.btf { bytes = b:bytes(), name = "deep" })
    local subset = btfl.subset(target)
    local ok, e = pcall(subset.add, subset, target.btf:get "s300")
    assert.same({ false, "deep: type [45] is nested deeper than 256" }, { ok, tostring(e) })
    for _, again in ipairs { function() subset:add "s300" end, function() subset:add "s1" end,
      function() subset:bytes() end, function() subset:btf() end } do
      ok, e = pcall(again)
      assert.same({ false, "deep: the subset is not whole: what was added before failed" }, { ok, tostring(e) })
    end
    subset = btfl.subset(target)
    subset:add "s200"
    assert.equal(201, #subset:btf())
  end)

  it("refuses names that there are not", function()
    local target = btfl.target "spec/fixtures/small.btf"
    local subset = btfl.subset(target)
    for _, name in ipairs { "", "task_strut", "task_struct.", "task_struct.sate", "task_struct.se.x", "task_struct[1]",
      "task_struct.comm[", "task_struct.comm[1", "task_struct.pid[0]", "task_struct..se", "task_struct.comm[1]x" } do
      local ok, e = pcall(subset.add, subset, name)
      assert.is_false(ok, name)
      assert.matches("^spec/fixtures/small.btf: has no `[^\n]*`: there is none from `[^\n]*` on$", tostring(e))
    end
    local other = btfl.builder()
    other:add { kind = "int", name = "int", size = 4 }
    local ok, e = pcall(subset.add, subset, other:btf():type(1))
    assert.is_false(ok)
    assert.matches("type [1] `int` is none of spec/fixtures/small.btf", tostring(e), 1, true)
    assert.has_error(function() subset:add(1) end)
  end)
end)
