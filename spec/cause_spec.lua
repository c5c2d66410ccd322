--- What lies behind a failure before any similarity: another architecture, a module, the type, the
--- configuration; and what stands where a member was.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local loaders = require("btfl.policy.support.shipped").loaders
local object = require "spec.support.object"
local open = require "spec.support.opened"
local instead = require "btfl.diagnose.instead"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local n = 0

local function int(b) return b:int("int", 4, "signed") end

local function write_target(name, fill, base)
  local b = btf.new { base = base }
  fill(b)
  return tmp.write(name, b:bytes()), b
end

-- An object with one relocation: root type by fill(b), its access.
local function write_object(fill, access, options)
  n = n + 1
  options = options or {}
  local b = btf.new()
  local root = fill(b)
  local o = object.new(b)
  o:program { section = options.section, insns = { object.mov(1, options.value or 0), object.exit() },
    relos = { { insn = 0, type = root, access = access or "0:0", kind = options.kind or "byte_off" } } }
  return tmp.write(("cause%d.o"):format(n), o:bytes())
end

-- The one finding of an object on the first of the targets, told of the others; its notes but the first,
-- which says that the access is reached (or that a loader refuses it).
local function finding(path, ...)
  local targets = {}
  for i, t in ipairs { ... } do targets[i] = type(t) == "string" and btfl.target(t) or t end
  local found = btfl.object(path):check(targets[1], { others = targets }).findings
  assert.equal(1, #found)
  assert.equal("error", found[1].level)
  local reached = table.remove(found[1].notes, 1)
  assert.is_true(reached == "reachable, so the verifier rejects prog"
    or reached == "a loader refuses the whole object for it, reached or not", reached)
  return found[1]
end

local function members(...)
  local names = { ... }
  return function(b, struct)
    local i, list = int(b), {}
    for k, name in ipairs(names) do list[k] = { name, i, (k - 1) * 32 } end
    return b:struct(struct, 4 * #names, list)
  end
end

describe("the architecture", function()
  teardown(tmp.clean)

  local function registers(struct, ...)
    local make = members(...)
    return function(b) return make(b, struct) end
  end

  it("is named for both sides when registers differ", function()
    local kernel = write_target("6.1.0-arm64.btf", registers("user_pt_regs", "regs", "sp", "pc", "pstate"))
    local f = finding(write_object(registers("pt_regs", "di", "si")), kernel)
    assert.same({ "architecture", "architecture" }, { f.rule, f.details.cause })
    assert.equal("the object is built for x86 (its struct pt_regs has `di`), the kernel for arm64", f.message)
    assert.matches("one object for each architecture", f.help[1])
  end)

  it("is told in both directions, and from anonymous structs", function()
    local kernel = write_target("6.1.0-amd64.btf", registers("pt_regs", "r15", "di", "orig_ax", "ip"))
    local f = finding(write_object(registers("user_pt_regs", "regs", "pstate")), kernel)
    assert.equal("the object is built for arm64 (its struct user_pt_regs has `pstate`), the kernel for x86", f.message)
    local arm = write_target("6.1.1-arm64.btf", function(b)
      local inner = members("regs", "sp", "pc", "pstate")(b, nil)
      return b:struct("pt_regs", 16, { { nil, inner, 0 } })
    end)
    local other = finding(write_object(registers("pt_regs", "di")), arm)
    assert.same({ "architecture", "architecture" }, { other.rule, other.details.cause })
  end)

  it("is not guessed: the same one, unknown registers, or another struct", function()
    local kernel = write_target("6.1.0-x.btf", registers("pt_regs", "di", "si"))
    assert.is_nil(finding(write_object(registers("pt_regs", "ip")), kernel).details.cause)
    local none = write_target("6.1.0-y.btf", registers("pt_regs", "foo"))
    assert.is_nil(finding(write_object(registers("pt_regs", "di")), none).details.cause)
    local f = finding(write_object(registers("my_regs", "pstate")), kernel)
    assert.is_nil(f.details.cause)
  end)

  it("is not asked of registers that nobody could search", function()
    local kernel = write_target("6.1.0-h.btf", function(b)
      local t = members("y")(b, nil)
      for i = 1, 12 do
        local list = {}
        for k = 1, 40 do list[k] = { nil, t, 0 } end
        t = b:struct(i == 12 and "pt_regs" or nil, 4, list)
      end
    end)
    local f = finding(write_object(registers("pt_regs", "di")), kernel)
    assert.same({ "limit" }, { f.rule, f.details.cause })
  end)

  it("is said without a name when the object's is not clear", function()
    local kernel = write_target("6.1.0-z.btf", registers("pt_regs", "di", "si"))
    local f = finding(write_object(registers("user_pt_regs", "regs")), kernel)
    assert.equal("the object is built for another architecture than the kernel, which is for x86", f.message)
  end)
end)

describe("a type of a module", function()
  teardown(tmp.clean)

  local function conn(b) return members("mark")(b, "nf_conn") end

  local function write_kernel(dir, name, with_module)
    tmp.mkdir(dir)
    local path, base = write_target(dir .. "/" .. name .. ".btf", int)
    if with_module then
      tmp.mkdir(dir .. "/modules/" .. name)
      write_target(dir .. "/modules/" .. name .. "/nf_conntrack", function(b)
        b:struct("nf_conn", 4, { { "mark", 1, 0 } })
      end, base)
    end
    return path
  end

  it("is found in the modules that stand beside the kernel", function()
    local kernel = write_kernel("a", "6.1.0-amd64", true)
    local f = finding(write_object(conn), kernel)
    assert.same({ "no-type", "module" }, { f.rule, f.details.cause })
    assert.same({ "module nf_conntrack of this kernel has it; its BTF was not given" }, f.notes)
    assert.same({ "add the modules: -m " .. tmp.path("a/modules/6.1.0-amd64") }, f.help)
    local r = run { "check", write_object(conn), "-t", kernel, "-m", tmp.path("a/modules/6.1.0-amd64") }
    assert.same({ "", 0 }, { r.err, r.status })
  end)

  it("is found in the modules of another kernel of the run", function()
    local kernel = write_kernel("b", "5.10.0-amd64")
    local other = write_kernel("c", "6.1.0-amd64", true)
    local f = finding(write_object(conn), kernel, other)
    assert.same({ "on 6.1.0-amd64 it is in module nf_conntrack" }, f.notes)
    assert.equal("module", f.details.cause)
    local given = btfl.target(other, { tmp.path("c/modules/6.1.0-amd64") })
    assert.same(f.notes, finding(write_object(conn), kernel, given).notes)
  end)

  it("is told by the program's section when nothing else does", function()
    local kernel = write_kernel("d", "6.1.0-amd64")
    local f = finding(write_object(conn, nil, { section = "fentry/nf_conntrack:nf_ct_delete" }), kernel)
    assert.same({ "the program attaches to module nf_conntrack, whose BTF was not given" }, f.notes)
    assert.is_nil(finding(write_object(conn, nil, { section = "fentry/do_exit" }), kernel).details.cause)
    assert.is_nil(finding(write_object(conn, nil, { section = "fentry/vmlinux:do_exit" }), kernel).details.cause)
  end)

  it("is no module's when the modules that were given lack it", function()
    local kernel = write_kernel("e", "6.1.0-amd64", true)
    local given = btfl.target(kernel, { tmp.path("e/modules/6.1.0-amd64") })
    local f = finding(write_object(members("x"), "0:0"), given)
    assert.is_nil(f.details.cause)
  end)
end)

describe("the configuration", function()
  teardown(tmp.clean)

  local function write_pair(release_a, release_b)
    local lacks = write_target(release_a .. ".btf", function(b) members("pid")(b, "task") end)
    local has = write_target(release_b .. ".btf", function(b) members("pid", "psi")(b, "task") end)
    return lacks, has
  end
  local function task(b) return members("psi")(b, "task") end

  it("is to blame when another flavour of the release has it", function()
    local lacks, has = write_pair("6.1.192-cloud-amd64", "6.1.192-generic-amd64")
    local f = finding(write_object(task), lacks, has)
    assert.equal("config", f.details.cause)
    assert.same({ "6.1.192-generic-amd64, of the same release, has it: its configuration makes the difference" },
      f.notes)
  end)

  it("is not when the release or the architecture is another", function()
    local lacks, has = write_pair("6.1.192-amd64", "6.1.193-amd64")
    assert.is_nil(finding(write_object(task), lacks, has).details.cause)
    lacks, has = write_pair("6.2.1-amd64", "6.2.1-arm64")
    assert.is_nil(finding(write_object(task), lacks, has).details.cause)
  end)

  it("is not when the other only answers that it lacks it", function()
    local lacks = write_target("6.3.1-a-amd64.btf", function(b) members("pid")(b, "task") end)
    local same = write_target("6.3.1-b-amd64.btf", function(b) members("pid")(b, "task") end)
    assert.is_nil(finding(write_object(task), lacks, same).details.cause)
  end)
end)

describe("a type that changed", function()
  teardown(tmp.clean)

  it("is said with both types", function()
    local kernel = write_target("6.1.0.btf", function(b) b:struct("s", 8, { { "x", b:ptr(int(b)), 0 } }) end)
    local f = finding(write_object(function(b) return members("x")(b, "s") end), kernel)
    assert.same({ "incompatible", "retyped" }, { f.rule, f.details.cause })
    assert.matches("`int` here but `int %*` in the target", f.message)
    assert.same({ "no loader that btfl knows accepts the new type" }, f.notes)
  end)

  it("is told from one that another loader accepts", function()
    tmp.mkdir "more/btfl/policy"
    tmp.write("more/btfl/policy/easy.lua",
      'return btfl.policy { name = "easy", compatible = function() return true end }')
    local path, known = package.path, #loaders
    finally(function() package.path, loaders[known + 1] = path, nil end)
    package.path = tmp.path "more/?.lua;" .. path
    loaders[known + 1] = { policy = "easy", name = "the easy loader" }
    local kernel = write_target("6.2.0.btf", function(b) b:struct("s", 8, { { "x", b:ptr(int(b)), 0 } }) end)
    local f = finding(write_object(function(b) return members("x")(b, "s") end), kernel)
    assert.same({ "libbpf does not accept the new type, the easy loader would" }, f.notes)
  end)
end)

describe("what stands where a member was", function()
  teardown(tmp.clean)

  -- What is said of a member, from a struct to its like in another BTF.
  local function stands(name, make_from, make_to)
    local a, b = btf.new(), btf.new()
    make_from(a)
    make_to(b)
    return instead.words(instead.having(open(a):get "s"), name, instead.lacking(open(b):get "s"))
  end
  local function struct(...)
    local make = members(...)
    return function(b) return make(b, "s") end
  end

  it("is the new member after the one that survived", function()
    assert.equal("struct s there has `int b2` at 8, where `b` was",
      stands("b", struct("a", "b", "c"), struct("new", "a", "b2", "c")))
  end)

  it("is the first member when the first is missing", function()
    assert.equal("struct s there has `int a2` at 0, where `a` was",
      stands("a", struct("a", "b", "c"), struct("a2", "b", "c")))
  end)

  it("is nothing when a known member moved up, or nothing is there", function()
    assert.is_nil(stands("b", struct("a", "b", "c"), struct("a", "c", "d")))
    assert.is_nil(stands("c", struct("a", "b", "c"), struct("a", "b")))
  end)

  it("is not asked of a struct that is declared in part only", function()
    assert.is_nil(stands("b", struct("a", "b"), struct("a", "x", "c", "d", "e", "f")))
  end)

  it("is seen in anonymous structs, and as a bitfield", function()
    assert.equal("struct s there has `int two : 3` at bit 3, where `b` was",
      stands("b", function(b)
        b:struct("s", 4, { { "a", int(b), 0, 3 }, { "b", 1, 3, 3 } })
      end, function(b)
        local inner = b:struct(nil, 4, { { "a", int(b), 0, 3 }, { "two", 1, 3, 3 } })
        b:struct("s", 4, { { nil, inner, 0 } })
      end))
  end)

  it("is not sought for ever in structs that contain the one before many times", function()
    local function nested(b)
      local t = b:struct(nil, 4, { { "y", int(b), 0 } })
      for i = 1, 12 do
        local list = {}
        for k = 1, 40 do list[k] = { nil, t, 0 } end
        t = b:struct(i == 12 and "s" or nil, 4, list)
      end
    end
    local started = os.clock()
    assert.is_nil(stands("x", nested, nested))
    assert.is_true(os.clock() - started < 2)
  end)

  it("is taken from another kernel that has the member when the object has a stub", function()
    local there = write_target("6.1.0-new.btf", struct("a", "b", "c2", "d", "e", "f"))
    local old = write_target("5.1.0-old.btf", struct("a", "b", "c", "d", "e", "f"))
    local path = write_object(struct("c"))
    assert.is_nil(finding(path, there).notes[1])
    assert.same({ "struct s there has `int c2` at 8, where `c` was" }, finding(path, there, old).notes)
  end)
end)
