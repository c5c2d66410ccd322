--- Arguments that become part of a key or a value of a map, whose type tells what they are taken for.
local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local loadable = require "spec.support.loadable"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local ldx, stx, insn, add = object.ldx, object.stx, object.insn, object.add
local LOOKUP, UPDATE, SI, DX = 1, 2, 104, 96
local n = 0

-- A kernel with function f of these parameters: pointers to structs of those names, "int" for a number.
local function kernel(release, ...)
  n = n + 1
  local b = kernels.new { prog_type = kernels.PROG_TYPES }
  local int, params = b:int("int", 4, "signed"), {}
  local structs = { task = b:ptr(b:struct("task", 4, { { "pid", int, 0 } })),
    inode = b:ptr(b:struct("inode", 4, { { "ino", int, 0 } })), int = int }
  for i, name in ipairs { ... } do params[i] = { ("abc"):sub(i, i), structs[name] } end
  b:struct("pt_regs", 168, { { "di", b:int("long", 8), 112 * 8 } })
  b:func("f", b:func_proto(0, params))
  tmp.mkdir(tostring(n))
  return btfl.target(tmp.write(("%d/%s-amd64.btf"):format(n, release), b:bytes()))
end

-- A map's key and value, by a type that has a pointer to a task somewhere.
local TYPES = {
  pointer = function(b) return b:ptr(b:struct("task", 4, { { "pid", b:int("int", 4, "signed"), 0 } })) end,
  declared = function(b) return b:const(b:ptr(b:fwd "task")) end,
  flavor = function(b) return b:ptr(b:struct("task___old", 4, { { "pid", b:int("int", 4, "signed"), 0 } })) end,
  number = function(b) return b:int("long", 8) end,
  nothing = function(b) return b:ptr(0) end,
  registers = function(b) return b:array(b:int("long", 8), 5, b:int("int", 4, "signed")) end,
  event = function(b)
    local long, task = b:int("long", 8), b:ptr(b:fwd "task")
    local at = b:struct(nil, 16, { { "when", long, 0 }, { "task", task, 64 } })
    return b:struct("event", 24, { { "count", long, 0 }, { nil, at, 64 } })
  end,
}

-- A program at kprobe/f, or of that section, that calls a helper with map m, whose keys and values are of those
-- types, after these instructions: the key at one byte of the stack and the value at another.
local function program(key, value, first, helper, key_at, value_at, section)
  section = section or "kprobe/f"
  n = n + 1
  local o = loadable.maps { { "m", function(b)
    return { { "type", 1 }, { "max_entries", 8 }, { "key", TYPES[key](b) }, { "value", TYPES[value](b) } }
  end } }
  local insns = table.move(first, 1, #first, 1, {})
  insns[#insns + 1], insns[#insns + 2] = object.ldimm64(1, 0)
  for _, one in ipairs { insn(0xbf, 2, 10), add(2, key_at), insn(0xbf, 3, 10), add(3, value_at or -64),
    object.mov(4, 0), object.call(helper), object.mov(0, 0), object.exit() } do insns[#insns + 1] = one end
  o:section("license", "GPL\0")
  o:program { name = "p", section = section, insns = insns }
  o:rel(section, 8 * #first, "m")
  return btfl.object(tmp.write(("p%d.o"):format(n), o:bytes())):program "p"
end

-- Puts argument 2 at that byte below the end of the stack.
local function put(at) return { ldx(8, 6, 1, SI), stx(8, 10, 6, at) } end

local function said(p, target, sinks)
  local list = {}
  for _, row in ipairs(p:arguments(target, nil, sinks)) do
    list[#list + 1] = ("%s %s %s %s"):format(row.argument, row.taken_for or "-", row.by or "-", row.verdict)
  end
  return table.concat(list, "; ")
end

-- Where amd64 has the first arguments.
local REGISTERS = { 112, SI, DX, 88, 72 }

-- Keeps that many of the arguments, which are in those places, as the value of a map.
local function keep(count, places)
  local list = {}
  for i = 1, count do
    list[#list + 1], list[#list + 2] = ldx(8, 6, 1, (places or REGISTERS)[i]), stx(8, 10, 6, -64 + 8 * (i - 1))
  end
  return list
end

describe("an argument that becomes part of a map", function()
  teardown(tmp.clean)

  local old, new = kernel("6.1.1", "int", "task"), kernel("6.12.1", "int", "inode")

  it("is what the key points to by its type", function()
    for _, type in ipairs { "pointer", "declared", "flavor" } do
      for _, helper in ipairs { LOOKUP, UPDATE } do
        local p = program(type, "number", put(-8), helper, -8)
        assert.equal("2 struct task * map same", said(p, old), type)
        assert.equal("2 struct task * map other-type", said(p, new), type)
      end
    end
  end)

  it("is what the member of the value points to where it stands", function()
    local p = program("number", "event", put(-8), UPDATE, -32, -24)
    assert.equal("2 struct task * map other-type", said(p, new))
    -- `count` and `when` are numbers.
    for _, at in ipairs { -16, -24 } do
      assert.equal("2 - - same", said(program("number", "event", put(at), UPDATE, -32, -24), new))
    end
  end)

  it("is not told by a type that does not tell", function()
    for _, type in ipairs { "number", "nothing" } do
      assert.equal("2 - - same", said(program(type, "number", put(-8), LOOKUP, -8), new))
    end
    -- The member stands behind the slot, or the slot before the key.
    assert.equal("2 - - same", said(program("pointer", "number", put(-8), LOOKUP, -4), new))
    assert.equal("2 - - same", said(program("number", "event", put(-8), UPDATE, -40, -28), new))
  end)

  it("is a finding on one kernel alone, which says what map tells", function()
    local p = program("pointer", "number", put(-8), LOOKUP, -8)
    local found = p.object:check(new).findings[1]
    assert.same({ "arg-type", "warning" }, { found.rule, found.level })
    assert.equal("argument 2 of kprobe/f is `struct inode *b` here, and not struct task *", found.message)
    assert.equal("taken for `struct task *`: it becomes part of map `m`", found.notes[1])
    local read
    for _, one in ipairs(p:reads(new)) do read = one.use == "memory" and one or read end
    assert.same({ "m", "task", "map_lookup_elem" }, { read.map.name, read.struct, read.callee })
  end)

  it("is no other for what most kernels have, where it is only kept on the stack", function()
    -- r6 = argument 2, r7 = argument 3, both are kept; the key is one of them.
    local both = { ldx(8, 6, 1, SI), ldx(8, 7, 1, DX), stx(8, 10, 6, -8), stx(8, 10, 7, -16) }
    local p = program("number", "number", both, LOOKUP, -8)
    local targets = { kernel("5.10.1", "int", "task", "int"), kernel("6.1.2", "int", "inode", "task"),
      kernel("6.12.2", "int", "inode", "task"), kernel("6.18.2", "int", "inode", "task") }
    local sinks = p:sinks(targets)
    for _, target in ipairs(targets) do
      assert.is_nil(said(p, target, sinks):find "3 struct")
    end
  end)

  it("is nothing that the function lacks where all registers are kept alike", function()
    local function verdicts(first)
      local list = {}
      for i, row in ipairs(program("number", "registers", first, UPDATE, -8):arguments(old)) do
        list[i] = row.verdict
      end
      return table.concat(list, " ")
    end
    assert.equal("same same same same same", verdicts(keep(5)))
    -- A few are chosen; one is also used.
    assert.equal("same same missing missing", verdicts(keep(4)))
    local compared = keep(5)
    table.insert(compared, 7, insn(0x15, 6, 0, 0))
    assert.equal("same same missing same same", verdicts(compared))
    -- Where the verifier knows the parameters, it refuses more.
    local typed = program("number", "registers", keep(5, { 0, 8, 16, 24, 32 }), UPDATE, -8, nil, "fentry/f")
    local rows = typed:arguments(old)
    assert.same({ "missing", "rejected" }, { rows[#rows].verdict, rows[#rows].consequence })
  end)
end)
