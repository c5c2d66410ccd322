--- The command that `check` prints for what is missing is whole: as it stands it finds what became of it.
local btf = require "spec.support.btf"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

-- A kernel whose task_struct has a field of that name.
local function kernel(folder, file, name)
  local b = btf.new()
  local word, long = b:int("int", 4, "signed"), b:int("long", 8, "signed")
  b:struct("task_struct", 24, { { "pid", word, 0 }, { name, long, 64 }, { "tgid", word, 128 } })
  return tmp.write(folder .. "/" .. file, b:bytes())
end

-- An object that reads task_struct.state by a flavor.
local function program(file)
  local l = btf.new()
  local word, long = l:int("int", 4, "signed"), l:int("long", 8, "signed")
  local task = l:struct("task_struct___mine", 16, { { "pid", word, 0 }, { "state", long, 64 } })
  local o = object.new(l)
  o:program { insns = { object.mov(1, 8), object.exit() },
    relos = { { insn = 0, type = task, access = "0:1", kind = "byte_off" } } }
  return tmp.write(file, o:bytes())
end

-- The commands in what check printed, run as they are, from the same folder.
local function hints(checked)
  local list = {}
  for command in checked.out:gmatch("follow it: (btfl why [^\n]*)") do list[#list + 1] = command end
  return list
end

local function obey(command)
  return run.program { "sh", "-c", (command:gsub("^btfl", run.btfl) .. " --format tsv") }
end

local function first_row(r)
  local row = {}
  for field in ((r.out:match("\n([^\n]*)\n") or "") .. "\t"):gmatch("(.-)\t") do row[#row + 1] = field end
  return row[3], row[4], r.err, r.status
end

describe("the hint of check", function()
  setup(function() tmp.mkdir "some kernels; $(false) here" end)
  teardown(tmp.clean)

  it("answers when it is run as printed, with nothing but the object", function()
    local obj, new = program "plain.o", kernel(".", "6.1.1.btf", "__state")
    local list = hints(run { "check", obj, "-t", new })
    assert.same({ ("btfl why task_struct.state -t %s --object %s"):format(new, obj) }, list)
    assert.same({ "task_struct.__state", "renamed", "", 0 }, { first_row(obey(list[1])) })
  end)

  it("takes a kernel of the run that still has it, or that was named, for the witness", function()
    local obj, new, old = program "plain.o", kernel(".", "6.1.1.btf", "hidden"), kernel(".", "5.10.1.btf", "state")
    local expected = { ("btfl why task_struct.state -t %s --from %s --object %s"):format(new, old, obj) }
    assert.same(expected, hints(run { "check", obj, "-t", new, "-t", old }))
    assert.same(expected, hints(run { "check", obj, "-t", new, "--from", old }))
    assert.same({ "task_struct.hidden", "renamed", "", 0 }, { first_row(obey(expected[1])) })
  end)

  it("is one for all kernels on which it fails", function()
    local obj, old = program "plain.o", kernel(".", "5.10.1.btf", "state")
    local one, two = kernel(".", "6.1.1.btf", "hidden"), kernel(".", "6.2.1.btf", "hidden")
    local r = run { "check", obj, "-t", one, "-t", two, "-t", old }
    assert.same({ ("btfl why task_struct.state -t %s --from %s --object %s"):format(one, old, obj) }, hints(r))
  end)

  it("is there for a type and for an enumerator, too", function()
    local function built(file, type_name, value_name)
      local b = btf.new()
      local word = b:int("int", 4, "signed")
      b:struct(type_name, 16, { { "first", word, 0 }, { "second", word, 32 }, { "third", b:array(word, 2), 64 } })
      b:enum("pageflags", { { "PG_locked", 0 }, { value_name, 1 }, { "PG_last", 2 } })
      return tmp.write(file, b:bytes())
    end
    local old, new = built("5.10.1.btf", "kmem_alloc", "PG_slab"), built("6.1.1.btf", "kmem_cache_alloc", "PG_slabs")
    local l = btf.new()
    local word = l:int("int", 4, "signed")
    local alloc = l:struct("kmem_alloc___mine", 8, { { "second", word, 32 } })
    local flags = l:enum("pageflags___mine", { { "PG_slab___mine", 1 } })
    local o = object.new(l)
    o:program { insns = { object.mov(1, 4), object.mov(1, 1), object.exit() }, relos = {
      { insn = 0, type = alloc, access = "0:0", kind = "byte_off" },
      { insn = 1, type = flags, access = "0", kind = "enumval_value" },
    } }
    local obj = tmp.write("both.o", o:bytes())
    local list = hints(run { "check", obj, "-t", new, "-t", old })
    assert.same({
      ("btfl why kmem_alloc.second -t %s --from %s --object %s"):format(new, old, obj),
      ("btfl why pageflags::PG_slab___mine -t %s --from %s --object %s"):format(new, old, obj),
    }, list)
    assert.same({ "kmem_cache_alloc.second", "moved", "", 0 }, { first_row(obey(list[1])) })
    assert.same({ "pageflags.PG_slabs", "enumval", "", 0 }, { first_row(obey(list[2])) })
    list = hints(run { "check", obj, "-t", new })
    assert.equal(2, #list)
    for i = 1, 2 do
      local _, _, err, status = first_row(obey(list[i]))
      assert.same({ "", 0 }, { err, status })
    end
  end)

  it("is quoted for a shell", function()
    local folder = "some kernels; $(false) here"
    local obj, new = program(folder .. "/it's.o"), kernel(folder, "6.1.1.btf", "__state")
    local list = hints(run { "check", obj, "-t", new })
    assert.equal(1, #list)
    assert.same({ "task_struct.__state", "renamed", "", 0 }, { first_row(obey(list[1])) })
  end)

  it("names the module that has the struct", function()
    local base = btf.new()
    base:int("int", 4, "signed")
    local kernel_path = tmp.write("6.1.1.btf", base:bytes())
    local split = btf.new { base = base }
    split:struct("mod_thing", 16, { { "first", 1, 0 }, { "__count", 1, 64 } })
    local module = tmp.write("mod.btf", split:bytes())
    local l = btf.new()
    local thing = l:struct("mod_thing", 16, { { "first", l:int("int", 4, "signed"), 0 }, { "count", 1, 64 } })
    local o = object.new(l)
    o:program { insns = { object.mov(1, 8), object.exit() },
      relos = { { insn = 0, type = thing, access = "0:1", kind = "byte_off" } } }
    local obj = tmp.write("mod.o", o:bytes())
    local list = hints(run { "check", obj, "-t", kernel_path, "-m", module })
    assert.same({ ("btfl why mod_thing.count -t %s -m %s --object %s"):format(kernel_path, module, obj) }, list)
    assert.same({ "mod_thing.__count", "renamed", "", 0 }, { first_row(obey(list[1])) })
  end)
end)
