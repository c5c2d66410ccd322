--- What is damaged in a large BTF is told where it is read, and by --strict, doctor and check() wherever
--- it is; a small BTF is checked whole when it is opened.

local btfl = require "btfl"
local btf = require "spec.support.btf"
local object_builder = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local OUT, NAMELESS = 1000000, 0x7fffff

-- Each adds something damaged and gives a function that reads it.
local damages = {
  { "pointer", function(b) local id = b:ptr(OUT) return function(o) return o:type(id).type end end },
  { "typedef", function(b) b:typedef("x", OUT) return function(o) return o:get("x"):resolve() end end },
  { "const", function(b) local id = b:const(OUT) return function(o) return o:type(id).size end end },
  { "array", function(b) local id = b:array(OUT, 2, 1) return function(o) return o:type(id).type end end },
  { "index of an array", function(b)
    local id = b:array(1, 2, OUT)
    return function(o) return o:type(id).index_type end
  end },
  { "member", function(b)
    b:struct("x", 4, { { "m", OUT, 0 } })
    return function(o) return o:get("x"):member("m").type end
  end },
  { "size of a member", function(b)
    b:struct("x", 4, { { "m", OUT, 0 } })
    return function(o) return o:get("x"):member("m").bit_size end
  end },
  { "struct in a struct", function(b)
    b:struct("x", 4, { { nil, OUT, 0 } })
    return function(o) return o:get("x"):member("m") end
  end },
  { "parameter", function(b)
    local id = b:func_proto(0, { { "p", OUT } })
    return function(o) return o:type(id):params()().type end
  end },
  { "result", function(b) local id = b:func_proto(OUT) return function(o) return o:type(id).type end end },
  { "prototype", function(b) b:func("x", OUT) return function(o) return o:get("x"):params() end end },
  { "number of parameters", function(b) b:func("x", OUT) return function(o) return #o:get("x") end end },
  { "variable", function(b) b:var("x", OUT) return function(o) return o:get("x", "var").type end end },
  { "variable of a section", function(b)
    b:datasec(".x", 4, { { OUT, 0, 4 } })
    return function(o) return o:get(".x", "datasec"):vars()().type end
  end },
  { "name of a member", function(b)
    b:struct("x", 4, { { NAMELESS, 1, 0 } })
    return function(o) return o:get("x"):members()().name end
  end },
  { "name of a member that is sought", function(b)
    b:struct("x", 4, { { NAMELESS, 1, 0 } })
    return function(o) return o:get("x"):member("m") end
  end },
  { "name of an enumerator", function(b)
    b:type("enum", "x", 1, false, 4, b:pack("I4I4", NAMELESS, 0))
    return function(o) return o:get("x"):value("A") end
  end },
  { "name of a parameter", function(b)
    local id = b:type("func_proto", "", 1, false, 0, b:pack("I4I4", NAMELESS, 1))
    return function(o) return o:type(id):params()().name end
  end },
  { "function of no name among candidates", function(b)
    b:type("func", NAMELESS, 0, false, b:func_proto(0))
    return function(o) for _ in o:candidates("foo", "func") do end end
  end },
  { "function of no name, sought", function(b)
    b:type("func", NAMELESS, 0, false, b:func_proto(0))
    return function(o) return o:find("foo", "func") end
  end },
  { "name of a function that is passed by", function(b)
    b:type("func", NAMELESS, 0, false, b:func_proto(0))
    return function(o) for _ in o:types "func" do end end
  end },
  { "name of a function", function(b)
    local id = b:type("func", NAMELESS, 0, false, b:func_proto(0))
    return function(o) return o:type(id).name end
  end },
  { "circle of modifiers", function(b)
    local id = b:next_id()
    b:const(id + 1)
    b:volatile(id)
    return function(o) return o:type(id):resolve() end
  end },
  { "typedef of itself", function(b)
    b:typedef("x", b:next_id())
    return function(o) return o:get("x"):member("m") end
  end },
}

-- Damaged in a way that reading does not stumble over.
local unseen = {
  { "struct that contains itself", function(b) b:struct("x", 4, { { "m", b:next_id(), 0 } }) end },
  { "array of itself", function(b) b:array(b:next_id(), 1, 1) end },
  { "int of no bytes", function(b) b:type("int", "x", 0, false, 0, b:pack("I4", 0)) end },
  { "member outside its struct", function(b) b:struct("x", 4, { { "m", 1, 64 } }) end },
  { "enum of three bytes", function(b) b:enum("x", { { "A", 0 } }, 3) end },
  { "func that is a pointer", function(b) b:func("x", b:ptr(1)) end },
  { "tag of a member that is not there", function(b) b:decl_tag("x", 1, 5) end },
}

--- More types than are checked when a BTF is opened.
local function large(options)
  local b = btf.new(options)
  local int = b:int("int", 4, "signed")
  b:struct("foo", 8, { { "a", int, 0 }, { "b", b:ptr(int), 32 } })
  for i = 1, 12000 do b:struct("pad" .. i, 4, { { "m", int, 0 } }) end
  return b
end

describe("a damaged BTF:", function()
  local obj, sound, opened, number = nil, nil, {}, 0

  setup(function()
    local b = btf.new()
    local foo = b:struct("foo", 8, { { "a", b:int("int", 4, "signed"), 0 } })
    local o = object_builder.new(b)
    o:program { insns = { object_builder.ldx(4, 0, 1, 0), object_builder.exit() },
      relos = { { insn = 0, type = foo, access = "0:0", kind = "byte_off" } } }
    obj, sound = tmp.write("foo.o", o:bytes()), tmp.write("sound.btf", b:bytes())
  end)
  teardown(function()
    for i = #opened, 1, -1 do opened[i]:close() end
    tmp.clean()
  end)

  local function write(bytes)
    number = number + 1
    return tmp.write(("d%d.btf"):format(number), bytes)
  end

  local function open(path, base)
    opened[#opened + 1] = btfl.btf(path, base)
    return opened[#opened]
  end

  local function told(path, words)
    local r = run(words)
    assert.equal(2, r.status, r.err)
    assert.matches("^[^\n]+\n$", r.err)
    assert.matches(path, r.err, 1, true)
    assert.matches("%+0x%x+: type %[%d+%]", r.err)
  end

  local function raises(path, f, ...)
    local ok, e = pcall(f, ...)
    assert.is_false(ok)
    assert.equal("userdata", type(e), tostring(e))
    assert.matches(path, tostring(e), 1, true)
    assert.matches("%+0x%x+: type %[%d+%]", tostring(e))
  end

  for _, endian in ipairs { "little", "big" } do
    for _, case in ipairs(damages) do
      it(("%s, %s-endian, is told when it is read"):format(case[1], endian), function()
        local b = large { endian = endian }
        local read = case[2](b)
        local path = write(b:bytes())
        local o = open(path)
        assert.equal(8, o:get("foo").size)
        raises(path, read, o)
        raises(path, o.get, o, "foo") -- from then on nothing of it is trusted
        raises(path, o.check, open(path))
      end)
    end
  end

  for _, list in ipairs { damages, unseen } do
    for _, case in ipairs(list) do
      it(case[1] .. " is told by --strict and doctor, and harms nothing else", function()
        local b = large()
        case[2](b)
        local path = write(b:bytes())
        local r = run { "relos", obj, "-t", path, "--format", "tsv" }
        assert.same({ "", 0 }, { r.err, r.status })
        assert.matches("\tok\t", r.out, 1, true)
        told(path, { "relos", "--strict", obj, "-t", path })
        told(path, { "relos", "--strict", "-j", "2", obj, "-t", path, "-t", sound })
        told(path, { "doctor", path })
        raises(path, function()
          local target <close> = btfl.target(path)
          target:check()
        end)
      end)
    end
  end

  it("a type's name is looked at when it is opened, and told at the first question", function()
    local b = large()
    b:type("ptr", NAMELESS, 0, false, 1)
    local path = write(b:bytes())
    local o = open(path)
    raises(path, o.get, o, "foo")
    told(path, { "relos", obj, "-t", path })
  end)

  it("where a relocation reads it, the kernel is refused", function()
    for _, id in ipairs { OUT, "self" } do
      local b = btf.new()
      local int = b:int("int", 4, "signed")
      b:struct("foo", 8, { { "a", id == "self" and b:next_id() + 1 or id, 0 } })
      b:typedef("loop", b:next_id())
      for i = 1, 12000 do b:struct("pad" .. i, 4, { { "m", int, 0 } }) end
      local path = write(b:bytes())
      for _, command in ipairs { "relos", "check", "verdicts" } do told(path, { command, obj, "-t", path }) end
      told(path, { "minbtf", obj, "-t", path, "-o", tmp.path("min.btf") })
    end
  end)

  it("a verdict that looks for a kernel's function tells of a function without a name", function()
    local b = large()
    b:type("func", NAMELESS, 0, false, b:func_proto(0))
    local path = write(b:bytes())
    local target <close> = btfl.target(path)
    local object <close> = btfl.object "spec/fixtures/guards.clang19.o"
    for _ in object:results(target) do end -- which needs no function
    local program = object:program "dead_ksym"
    raises(path, program.verdict, program, target)
  end)

  it("questions about the whole kernel check the whole kernel", function()
    local b = large()
    b:struct("x", 4, { { "m", b:next_id(), 0 } })
    local path = write(b:bytes())
    local target <close> = btfl.target(path)
    raises(path, target.why, target, "foo.gone")
  end)

  it("a file that is cut short while it is read ends the run in one line", function()
    local path = write(large():bytes())
    local script = tmp.write("cut.lua", [[
local b = btfl.btf(arg[1])
assert(os.execute("truncate -s 4096 '" .. arg[1] .. "'"))
print(b:type(#b).name)]])
    local r = run { script, path }
    assert.same({ "", "btfl: an input file became shorter while it was read\n", 2 }, { r.out, r.err, r.status })
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
    for i = 1, 12000 do b:struct("more" .. i, 4, { { "m", 1, 0 } }) end
    b:ptr(OUT)
    local vmlinux, path = write(base:bytes()), tmp.write("mod.btf", b:bytes())
    told(path, { "relos", obj, "-t", vmlinux, "-m", path })
    told(path, { "doctor", "--base", vmlinux, path })
  end)

  it("a small module is checked without what it stands on", function()
    local base = large()
    base:struct("x", 4, { { "m", OUT, 0 } })
    local b = btf.new { base = base }
    b:struct("of_module", 4, { { "m", 1, 0 } })
    local vmlinux, path = write(base:bytes()), tmp.write("small_mod.btf", b:bytes())
    local r = run { "relos", obj, "-t", vmlinux, "-m", path }
    assert.same({ "", 0 }, { r.err, r.status })
    told(vmlinux, { "relos", obj, "-t", vmlinux, "-m", path, "--strict" })
    told(vmlinux, { "doctor", "--base", vmlinux, path })
  end)

  it("a small one is checked when it is opened", function()
    for _, list in ipairs { damages, unseen } do
      for _, case in ipairs(list) do
        local b = btf.new()
        b:int("int", 4, "signed")
        case[2](b)
        local path = write(b:bytes())
        raises(path, btfl.btf, path)
      end
    end
  end)

  it("none: doctor lists what files are", function()
    local path = write(large():bytes())
    local r = run { "doctor", path, obj, "--format", "tsv" }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.equal(("file\tkind\tendian\tptr_size\ttypes\tprograms\trelocations\n%s\tbtf\tlittle\t8\t12003\t-\t-\n"
      .. "%s\tobject\tlittle\t8\t4\t1\t1\n"):format(path, obj), r.out)
    assert.equal(2, run({ "doctor", tmp.path("missing") }).status)
    assert.equal(2, run({ "doctor", "README.md" }).status)
  end)
end)
