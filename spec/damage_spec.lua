--- A BTF that says what cannot be is refused when it is opened, wherever in it that stands and however
--- large it is, in one line; the other inputs of the run go on.

local btfl = require "btfl"
local btf = require "spec.support.btf"
local object_builder = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local OUT, NAMELESS = 1000000, 0x7fffff

-- Each adds something damaged.
local damages = {
  { "pointer", function(b) b:ptr(OUT) end },
  { "typedef", function(b) b:typedef("x", OUT) end },
  { "const", function(b) b:const(OUT) end },
  { "array", function(b) b:array(OUT, 2, 1) end },
  { "index of an array", function(b) b:array(1, 2, OUT) end },
  { "member", function(b) b:struct("x", 4, { { "m", OUT, 0 } }) end },
  { "struct in a struct", function(b) b:struct("x", 4, { { nil, OUT, 0 } }) end },
  { "parameter", function(b) b:func_proto(0, { { "p", OUT } }) end },
  { "result", function(b) b:func_proto(OUT) end },
  { "prototype", function(b) b:func("x", OUT) end },
  { "variable", function(b) b:var("x", OUT) end },
  { "variable of a section", function(b) b:datasec(".x", 4, { { OUT, 0, 4 } }) end },
  { "name of a type that is empty, and not the empty string", function(b)
    local at = b.first_string + b.strings_len
    b.strings[#b.strings + 1], b.strings_len = "\0", b.strings_len + 1
    b:type("typedef", at, 0, false, 1)
  end },
  { "name of a type", function(b) b:type("typedef", NAMELESS, 0, false, 1) end },
  { "name of a member", function(b) b:struct("x", 4, { { NAMELESS, 1, 0 } }) end },
  { "name of an enumerator", function(b) b:type("enum", "x", 1, false, 4, b:pack("I4I4", NAMELESS, 0)) end },
  { "name of a parameter", function(b) b:type("func_proto", "", 1, false, 0, b:pack("I4I4", NAMELESS, 1)) end },
  { "name of a function", function(b) b:type("func", NAMELESS, 0, false, b:func_proto(0)) end },
  { "circle of modifiers", function(b)
    local id = b:next_id()
    b:const(id + 1)
    b:volatile(id)
  end },
  { "typedef of itself", function(b) b:typedef("x", b:next_id()) end },
  { "struct that contains itself", function(b) b:struct("x", 4, { { "m", b:next_id(), 0 } }) end },
  { "structs that contain one another, some types apart", function(b)
    local id = b:next_id()
    b:struct("x", 8, { { "p", b:next_id() - 1, 0 }, { "m", id + 200, 32 } })
    for i = 1, 199 do b:struct("between" .. i, 4, { { "m", 1, 0 } }) end
    b:struct("y", 8, { { "m", id + 201, 0 } })
    b:array(id, 1, 1)
  end },
  { "array of itself", function(b) b:array(b:next_id(), 1, 1) end },
  { "int of no bytes", function(b) b:type("int", "x", 0, false, 0, b:pack("I4", 0)) end },
  { "int of twelve bytes", function(b) b:type("int", "x", 0, false, 12, b:pack("I4", 32)) end },
  { "member outside its struct", function(b) b:struct("x", 4, { { "m", 1, 64 } }) end },
  { "member before the one before it", function(b) b:struct("x", 8, { { "m", 1, 32 }, { "n", 1, 0 } }) end },
  { "member inside a union", function(b) b:union("x", 8, { { "m", 1, 0 }, { "n", 1, 32 } }) end },
  { "enum of three bytes", function(b) b:enum("x", { { "A", 0 } }, 3) end },
  { "float of three bytes", function(b) b:float("x", 3) end },
  { "func that is a pointer", function(b) b:func("x", b:ptr(1)) end },
  { "func that is a type behind it", function(b)
    b:func("x", b:next_id() + 1)
    b:ptr(1)
  end },
  { "func of unknown linkage", function(b) b:type("func", "x", 3, false, b:func_proto(0)) end },
  { "tag of a member that is not there", function(b) b:decl_tag("x", 1, 5) end },
  { "pointer with elements", function(b) b:type("ptr", "", 1, false, 1) end },
  { "pointer with a name", function(b) b:type("ptr", "x", 0, false, 1) end },
  { "array with a size", function(b) b:type("array", "", 0, false, 4, b:pack("I4I4I4", 1, 1, 1)) end },
  { "typedef without a name", function(b) b:type("typedef", "", 0, false, 1) end },
  { "const with kind_flag", function(b) b:type("const", "", 0, true, 1) end },
}

--- More types than are read at once.
local function large(options)
  local b = btf.new(options)
  local int = b:int("int", 4, "signed")
  b:struct("foo", 8, { { "a", int, 0 }, { "b", b:ptr(int), 32 } })
  for i = 1, 3000 do b:struct("pad" .. i, 4, { { "m", int, 0 } }) end
  return b
end

describe("a damaged BTF:", function()
  local obj, sound
  local number = 0

  setup(function()
    local b = btf.new()
    local foo = b:struct("foo", 8, { { "a", b:int("int", 4, "signed"), 0 } })
    local o = object_builder.new(b)
    o:program { insns = { object_builder.ldx(4, 0, 1, 0), object_builder.exit() },
      relos = { { insn = 0, type = foo, access = "0:0", kind = "byte_off" } } }
    obj, sound = tmp.write("foo.o", o:bytes()), tmp.write("sound.btf", b:bytes())
  end)
  teardown(tmp.clean)

  local function write(bytes)
    number = number + 1
    return tmp.write(("d%d.btf"):format(number), bytes)
  end

  for says, make in pairs {
    ["array: 0x4, where 0 belongs"] = function(b) b:type("array", "", 0, false, 4, b:pack("I4I4I4", 1, 1, 1)) end,
    ["fwd: 0x9, where 0 belongs"] = function(b) b:type("fwd", "foo", 0, false, 9) end,
    ["fwd without a name"] = function(b) b:type("fwd", "", 0, false, 0) end,
    ["ptr: name offset 0x5, where its kind has no name"] = function(b) b:type("ptr", 5, 0, false, 1) end,
    ["ptr: 1 elements, where its kind has none"] = function(b) b:type("ptr", "", 1, false, 1) end,
    ["const: kind_flag, which its kind has not"] = function(b) b:type("const", "", 0, true, 1) end,
  } do
    it("is told as what it is: " .. says, function()
      local b = btf.new()
      b:int("unsigned int", 4)
      make(b)
      local ok, e = pcall(btfl.btf, { bytes = b:bytes() })
      assert.is_false(ok)
      assert.equal(says, tostring(e):match "type %[2%] (.*)$")
    end)
  end

  local function told(path, words)
    local r = run(words)
    assert.equal(2, r.status, r.err)
    assert.matches("^[^\n]+\n$", r.err)
    assert.matches(path, r.err, 1, true)
    assert.matches("%+0x%x+: type %[%d+%]", r.err)
    return r
  end

  local function raises(path, f)
    local ok, e = pcall(f, path)
    assert.is_false(ok)
    assert.equal("userdata", type(e), tostring(e))
    assert.matches(path, tostring(e), 1, true)
    assert.matches("%+0x%x+: type %[%d+%]", tostring(e))
  end

  for _, case in ipairs(damages) do
    for _, endian in ipairs { "little", "big" } do
      it(("%s, %s-endian, is told when it is opened"):format(case[1], endian), function()
        local before, behind, small = large { endian = endian }, large { endian = endian }, btf.new { endian = endian }
        case[2](before)
        for i = 1, 3000 do before:struct("more" .. i, 4, { { "m", 1, 0 } }) end
        case[2](behind)
        small:int("int", 4, "signed")
        case[2](small)
        for _, b in ipairs { before, behind, small } do raises(write(b:bytes()), btfl.btf) end
      end)
    end

    it(case[1] .. " costs no other input its results", function()
      local b = large()
      case[2](b)
      local path = write(b:bytes())
      told(path, { "doctor", path })
      for _, jobs in ipairs { "1", "2" } do
        local r = told(path, { "relos", obj, "-t", path, "-t", sound, "-j", jobs, "--format", "tsv" })
        assert.matches("\nsound\t[^\n]*\tok\t", r.out)
        assert.not_matches(path, r.out, 1, true)
      end
    end)
  end

  it("every command tells it", function()
    local b = large()
    b:ptr(OUT)
    local path = write(b:bytes())
    for _, command in ipairs { "relos", "check", "verdicts", "dialects" } do
      told(path, { command, obj, "-t", path })
    end
    told(path, { "minbtf", obj, "-t", path, "-o", tmp.path("min.btf") })
    told(path, { "types", path, "foo" })
    told(path, { "why", "foo.a", "-t", path })
  end)

  -- What may befall a file: Lua that does it to that of arg[1].
  local HARM = {
    ["cut short"] = "assert(os.execute('truncate -s 100 ' .. arg[1]))",
    ["written over"] = "local f <close> = assert(io.open(arg[1], 'r+b')) assert(f:write(('\255'):rep(1 << 17)))",
  }

  -- What is said of a file that this befalls when it is open.
  local function said_of(path, harm, open, say)
    return run { tmp.write("harm.lua", ("local x = %s(arg[1])\ndo %s end\n%s"):format(open, harm, say)), path }
  end

  -- A file with so much behind it that it is not read as a whole.
  local function too_large(name, bytes)
    local path = tmp.write(name, bytes)
    assert(os.execute(("truncate -s 65M '%s'"):format(path)))
    return path
  end

  for how, harm in pairs(HARM) do
    it("a file that is " .. how .. " once it is open is what it was", function()
      local say = "for t in x:types() do print(t.name) end"
      local whole = said_of(write(large():bytes()), "", "btfl.btf", say)
      assert.equal(0, whole.status)
      assert.same(whole, said_of(write(large():bytes()), harm, "btfl.btf", say))
      local path = too_large("vmlinux", object_builder.new(large()):bytes())
      assert.same(whole, said_of(path, harm, "btfl.btf", say))
      os.remove(path)
    end)
  end

  it("an object that is too large to be read, and cut short meanwhile, ends the run in one line", function()
    local insns = {}
    for i = 1, 3000 do insns[i] = object_builder.exit() end
    local o = object_builder.new(large())
    o:program { insns = insns }
    o:section("notes", ("\0"):rep(65 << 20))
    local path = tmp.write("large.o", o:bytes())
    local r = said_of(path, HARM["cut short"], "btfl.object",
      "for p in x:programs() do for i in p:insns() do print(i) end end")
    os.remove(path)
    assert.same({ "btfl: an input file became shorter while it was read\n", 2 }, { r.err, r.status })
  end)

  it("an ELF file is told its own defect, whatever was wrong with the one before", function()
    local plain = object_builder.new(large()):bytes()
    local other = tmp.write("class.o", plain:sub(1, 4) .. "\9" .. plain:sub(6))
    local function say() return tostring(select(2, pcall(btfl.btf, other))) end
    local alone = run { "-e", ("print(select(2, pcall(btfl.btf, '%s')))"):format(other) }
    pcall(btfl.object, tmp.write("names.o", object_builder.new(large(), { elf = { shstrndx = 99 } }):bytes()))
    assert.equal(alone.out, say() .. "\n")
  end)

  it("an object is checked whole, however large", function()
    local b = large()
    b:struct("x", 4, { { "m", OUT, 0 } })
    local o = object_builder.new(b)
    o:program { insns = { object_builder.exit() } }
    local path = tmp.write("large.o", o:bytes())
    told(path, { "doctor", path })
    told(path, { "relos", path, "-t", path })
  end)

  it("a module is checked whole and left out when it is damaged, however large", function()
    local base = large()
    local b = btf.new { base = base }
    for i = 1, 3000 do b:struct("more" .. i, 4, { { "m", 1, 0 } }) end
    b:ptr(OUT)
    local vmlinux, path = write(base:bytes()), tmp.write("mod.btf", b:bytes())
    told(path, { "relos", obj, "-t", vmlinux, "-m", path })
    told(path, { "doctor", "--base", vmlinux, path })
  end)

  it("none: doctor lists what files are", function()
    local path = write(large():bytes())
    local r = run { "doctor", path, obj, "--format", "tsv" }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.equal(("file\tkind\tendian\tptr_size\ttypes\tprograms\trelocations\n%s\tbtf\tlittle\t8\t3003\t-\t-\n"
      .. "%s\tobject\tlittle\t8\t4\t1\t1\n"):format(path, obj), r.out)
    assert.equal(2, run({ "doctor", tmp.path("missing") }).status)
    assert.equal(2, run({ "doctor", "README.md" }).status)
  end)
end)
