--- Reading BPF objects: functions, instructions, source lines and relocations, in both byte orders.

local btfl = require "btfl"
local btf = require "spec.support.btf"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

teardown(tmp.clean)

--- An object of three functions in two sections, with lines and relocations.
local function sample(endian, rec)
  local b = btf.new { endian = endian }
  local int = b:int("int", 4, "signed")
  local foo = b:struct("foo___v2", 12, { { "a", int, 0 }, { "arr", b:array(int, 2), 32 } })
  local color = b:enum("color", { { "RED", 0 }, { "BLUE", 7 } })
  local o = object.new(b, { rec = rec })
  local lo, hi = object.ldimm64(2, 7)
  o:program { name = "first", section = "tp_btf/one",
    insns = { object.ldx(4, 1, 1, 8), lo, hi, object.exit() },
    relos = { { insn = 0, type = foo, access = "0:1:1", kind = "byte_off" },
      { insn = 1, type = color, access = "1", kind = "enumval_value" } },
    lines = { { insn = 0, file = "dir/a.bpf.c", text = "  return f->arr[1];", line = 12, column = 20 },
      { insn = 3, file = "dir/a.bpf.c", text = "}", line = 13, column = 1 } } }
  o:program { name = "second", section = "tp_btf/one", insns = { object.mov(0, 1), object.exit() },
    relos = { { insn = 0, type = foo, access = "0", kind = "type_exists" } } }
  o:program { name = "helper", section = ".text", static = true,
    insns = { object.mov(0, 0), object.exit() },
    relos = { { insn = 0, type = foo, access = "0:0", kind = "byte_off" } },
    lines = { { insn = 0, file = "a.h", text = "x", line = 1023, column = 1023 } } }
  return o:bytes()
end

for _, endian in ipairs { "little", "big" } do
  describe(("an object, %s-endian:"):format(endian), function()
    local path, obj

    setup(function()
      path = tmp.write("sample." .. endian .. ".o", sample(endian))
      obj = btfl.object(path)
    end)
    teardown(function() obj:close() end)

    it("path, byte order and BTF", function()
      assert.are.equal(path, obj.path)
      assert.are.equal(endian, obj.endian)
      assert.are.equal(endian, obj.btf.endian)
      assert.are.equal("foo___v2", obj.btf:type(2) and obj.btf:get("foo___v2").name)
    end)

    it("functions by section and offset, static ones included", function()
      local list = {}
      for p in obj:programs() do
        list[#list + 1] = ("%s %s %d %d %s %s"):format(p.section, p.name, p.offset, #p, p.global,
          p.func and p.func.name)
      end
      table.sort(list)
      assert.are.same({ ".text helper 0 2 false helper", "tp_btf/one first 0 4 true first",
        "tp_btf/one second 32 2 true second" }, list)
      assert.are.equal("second", obj:program("second").name)
      assert.is_nil(obj:program("third"))
      assert.are.equal(obj, obj:program("first").object)
    end)

    it("instructions in the file's byte order", function()
      local p = obj:program("first")
      assert.are.equal(endian == "big" and "6111000800000000" or "6111080000000000", p:insn(0))
      assert.are.equal(endian == "big" and "1820000000000007" or "1802000007000000", p:insn(1))
      assert.are.equal("0000000000000000", p:insn(2))
      assert.are.equal("9500000000000000", p:insn(3))
      assert.is_nil(p:insn(4))
    end)

    it("the line in force at an instruction", function()
      local p = obj:program("first")
      local line = p:line(2)
      assert.are.equal("dir/a.bpf.c", line.file)
      assert.are.equal("a.bpf.c", line.name)
      assert.are.equal(12, line.line)
      assert.are.equal(20, line.column)
      assert.are.equal("  return f->arr[1];", line.text)
      assert.are.equal("dir/a.bpf.c:12:20", tostring(line))
      assert.are.equal(13, p:line(3).line)
      assert.are.same({ 1023, 1023 },
        { obj:program("helper"):line(0).line, obj:program("helper"):line(0).column })
    end)

    it("a function has no line of another one", function()
      assert.is_nil(obj:program("second"):line(0))
    end)

    it("relocations in their order", function()
      local list = {}
      for r in obj:relos() do
        list[#list + 1] = ("%d %s %s %s %s %s %d %d %s"):format(r.index, r.kind, r.access, r.path,
          r.program.name, r.section, r.insn, r.insn_off, r.value)
      end
      assert.are.same({
        "0 byte_off 0:1:1 foo___v2.arr[1] first tp_btf/one 0 0 8",
        "1 enumval_value 1 color::BLUE first tp_btf/one 1 8 7",
        "2 type_exists 0 foo___v2 second tp_btf/one 0 32 1",
        "3 byte_off 0:0 foo___v2.a helper .text 0 0 0",
      }, list)
    end)

    it("a relocation's instruction, line and steps", function()
      local first = obj:relos()()
      assert.are.equal(endian == "big" and "6111000800000000" or "6111080000000000", first.bytes)
      assert.are.equal(12, first.line.line)
      assert.are.equal("foo___v2", first.type.name)
      assert.are.equal(obj, first.object)
      local spec = first.accessor
      assert.are.equal(64, spec.bit_offset)
      assert.are.equal("0:1:1", spec.access)
      assert.are.equal(first.type, spec.root)
      local steps = {}
      for t, index, what in spec:steps() do
        steps[#steps + 1] = ("%s %d %s"):format(t.name, index, what and what.name)
      end
      assert.are.same({ "foo___v2 0 nil", "foo___v2 1 arr", "int 1 nil" }, steps)
      assert.is_nil(spec.last)
      for r in obj:relos() do
        local last
        for _, _, what in r.accessor:steps() do last = what end
        assert.are.equal(last, r.accessor.last)
      end
    end)

    it("relocations of one function", function()
      local kinds = {}
      for r in obj:program("first"):relos() do kinds[#kinds + 1] = r.kind end
      assert.are.same({ "byte_off", "enumval_value" }, kinds)
    end)
  end)
end

describe("records of .BTF.ext:", function()
  --- What an object says of itself, in lines.
  local function told(bytes)
    local obj <close> = btfl.object(tmp.write("told.o", bytes))
    local list = {}
    for r in obj:relos() do
      list[#list + 1] = ("%s %s %s %s %s"):format(r.kind, r.path, r.program.name, r.value,
        r.line and tostring(r.line))
    end
    for p in obj:programs() do
      list[#list + 1] = ("%s %s"):format(p.name, p.func.name)
    end
    return list
  end

  it("longer than those known are read by their beginning", function()
    local plain = told(sample("little"))
    assert.are.equal(7, #plain)
    for _, size in ipairs { 20, 32, 100 } do
      assert.are.same(plain, told(sample("little", { func = size, line = size, relo = size })))
      assert.are.same(plain, told(sample("big", { func = 12, line = size, relo = size })))
    end
  end)

  it("a header of 24 bytes has no relocations", function()
    local b = btf.new()
    local o = object.new(b)
    o:program { insns = { object.mov(0, 0), object.exit() },
      lines = { { insn = 0, file = "a.c", text = "int x;", line = 3, column = 4 } } }
    local ext = o:ext { hdr_len = 24 }
    o.options.ext_bytes = ext:sub(1, 24) .. ext:sub(33)
    local obj <close> = btfl.object(tmp.write("short.o", o:bytes()))
    assert.is_nil(obj:relos()())
    assert.are.equal("a.c:3:4", tostring(obj:program("prog"):line(0)))
  end)

  it("an unknown kind of relocation is read, and has no value", function()
    local b = btf.new()
    local foo = b:struct("foo", 4, { { "a", b:int("int", 4), 0 } })
    local o = object.new(b)
    o:program { insns = { object.mov(0, 0), object.exit() },
      relos = { { insn = 0, type = foo, access = "0:0", kind = 77 } } }
    local obj <close> = btfl.object(tmp.write("unknown.o", o:bytes()))
    local r = obj:relos()()
    assert.are.equal("unknown", r.kind)
    assert.is_nil(r.value)
    assert.are.equal("unsupported", r.reason)
  end)

  it("a relocation where no function is", function()
    local b = btf.new()
    local foo = b:struct("foo", 4, { { "a", b:int("int", 4), 0 } })
    local o = object.new(b)
    o:program { insns = { object.mov(0, 0), object.exit() }, hidden = true,
      relos = { { insn = 0, type = foo, access = "0:0", kind = "byte_off" } }, func = 0 }
    local obj <close> = btfl.object(tmp.write("hidden.o", o:bytes()))
    local r = obj:relos()()
    assert.is_nil(r.program)
    assert.is_nil(r.insn)
    assert.are.equal(0, r.insn_off)
    assert.are.equal("raw_tp/sys_enter", r.section)
  end)

  it("an object without BTF has functions and nothing else", function()
    local o = object.new(nil)
    o:program { insns = { object.mov(0, 0), object.exit() } }
    local obj <close> = btfl.object(tmp.write("bare.o", o:bytes()))
    assert.is_nil(obj.btf)
    assert.is_nil(obj:relos()())
    assert.are.equal(2, #obj:program("prog"))
    assert.is_nil(obj:program("prog").func)
  end)
end)

describe("functions without instructions:", function()
  it("are there, in sections that have none and that are not one long", function()
    for size = 0, 4, 4 do
      local o = object.new()
      o:section("kprobe/f", ("\0"):rep(size), { flags = 6 })
      o:symbol { name = "p", section = "kprobe/f", info = 0x12 }
      local opened <close> = btfl.object(tmp.write("none.o", o:bytes()))
      local p = opened:programs()()
      assert.same({ "p", "kprobe/f", 0 }, { p.name, p.section, #p })
      assert.is_nil(p:insn(0))
      assert.equal("a function has no instructions", opened:opening().message)
    end
  end)
end)

describe("compilers' objects:", function()
  local KINDS = { "byte_off", "byte_sz", "enumval_exists", "enumval_value", "field_exists",
    "local_type_id", "lshift_u64", "rshift_u64", "signed", "target_type_id", "type_exists",
    "type_matches", "type_size" }

  local function fixtures()
    local list = {}
    local pipe <close> = assert(io.popen("ls spec/fixtures"))
    for name in pipe:lines() do
      if name:match("%.o$") and not name:match("^target") then list[#list + 1] = name end
    end
    return list
  end

  it("between them have all 13 kinds", function()
    local seen, kinds = {}, {}
    for _, name in ipairs(fixtures()) do
      local obj <close> = btfl.object("spec/fixtures/" .. name)
      for r in obj:relos() do
        if not seen[r.kind] then
          seen[r.kind] = true
          kinds[#kinds + 1] = r.kind
        end
      end
    end
    table.sort(kinds)
    assert.are.same(KINDS, kinds)
  end)

  for _, name in ipairs(fixtures()) do
    it(name .. " is understood to the last relocation", function()
      local obj <close> = btfl.object("spec/fixtures/" .. name)
      local count = 0
      for r in obj:relos() do
        count = count + 1
        assert.is_nil(r.reason, r.path)
        assert.is_not_nil(r.program, r.path)
        assert.is_not_nil(r.value, r.path)
        if not name:match("gcc") then
          assert.matches("^%./%w+%.bpf%.c$", r.line.file)
          assert.is_true(r.line.line > 0)
          assert.is_true(#r.line.text > 0 or r.line.line == 0)
        end
      end
      assert.equal(not name:match("^bare"), count > 0)
    end)
  end

  it("name the static functions, and their lines", function()
    local obj <close> = btfl.object("spec/fixtures/subprogs.clang16.o")
    local first = obj:program("first_of")
    assert.are.equal(".text", first.section)
    assert.is_false(first.global)
    assert.matches("return r->first", first:line(0).text, nil, true)
    assert.is_true(obj:program("id_of").global)
    local r = first:relos()()
    assert.are.equal("record.first", r.path)
    assert.are.equal("first_of", r.program.name)
  end)
end)
