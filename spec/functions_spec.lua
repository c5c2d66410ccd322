--- Functions that a program calls: what the kernel has to know by BTF of what those take and return that it verifies on
--- their own, and that none takes more than it finds.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local n = 0

local HELPERS = {}
for i = 0, 211 do HELPERS[i + 1] = i == 0 and "unspec" or "helper_" .. i end

-- member: of its struct bpf_subprog_info; nil for none.
local function kernel(release, member)
  local t = kernels.new { prog_type = kernels.PROG_TYPES, helper = HELPERS }
  if member then t:struct("bpf_subprog_info", 4, { { member, t:int("int", 4, "signed"), 0 } }) end
  n = n + 1
  return tmp.write(("%s-functions%d.btf"):format(release, n), t:bytes())
end

-- An object whose program calls a function of the signature that `signature` makes: of a builder and an int, what it
-- returns, { { name, type }, ... }, and { [number of an argument, from 0] = tag }. options: linkage, dead.
local function calls(signature, options)
  options = options or {}
  local b = btf.new()
  local int = b:int("int", 4, "signed")
  local result, params, tags = signature(b, int)
  local func = b:func("count", b:func_proto(result, params), options.linkage or "global")
  for at, tag in pairs(tags or {}) do b:decl_tag(tag, func, at) end
  local o = object.new(b)
  local skip = options.dead and { object.mov(1, 0), object.insn(0x15, 1, 0, 1, 0) } or {}
  local insns = { table.unpack(skip) }
  insns[#insns + 1] = object.call(-1, 1)
  o:rel("xdp", 8 * #skip, "count", 10)
  insns[#insns + 1], insns[#insns + 2] = object.mov(0, 0), object.exit()
  o:program { section = "xdp", name = "prog", insns = insns }
  local zero = { object.mov(0, 0), object.exit() }
  o:program { section = ".text", name = "count", func = func, insns = zero }
  n = n + 1
  return tmp.write(("functions%d.o"):format(n), o:bytes())
end

local function judge(signature, release, options)
  local target = btfl.target(kernel(release or "6.12.9", options and options.member))
  local verdict = btfl.object(calls(signature, options)):program("prog"):verdict(target)
  local x = verdict.first
  return x and ("%s %s %s %d"):format(verdict.verdict, x.rule, x.cause, x.number or -1) or verdict.verdict, x
end

local function taking(make, tags)
  return function(b, int) return int, { { "a", int }, { "b", make(b, int) } }, tags end
end

local function to_task(b, int) return b:ptr(b:struct("task", 4, { { "pid", int, 0 } })) end
local function to_nothing() return function(b) return b:ptr(b:fwd("unseen", "struct")) end end

describe("a function that is verified on its own", function()
  teardown(tmp.clean)

  it("returns a number", function()
    assert.equal("loads", (judge(function(_, int) return int, {} end)))
    assert.equal("loads", (judge(function(b, int) return b:const(b:typedef("s32", int)), {} end)))
    local said, x = judge(function(b, int) return b:ptr(int), {} end)
    assert.equal("rejected function return 0", said)
    assert.equal("global function `count()` returns no number, and the kernel calls none such", x:message())
    assert.equal("make it static, or __hidden, or let it return a number and take numbers and pointers to structs",
      x:help())
    assert.equal("rejected function return 0", (judge(function() return 0, {} end, "6.18.44")))
  end)

  it("returns nothing on kernels that nobody knows, and no pointer", function()
    local said, x = judge(function() return 0, {} end, "7.1.9")
    assert.equal("unknown function unknown 0", said)
    assert.equal("whether the kernel calls `count()`, by what it takes and returns, is not known",
      x:message())
    assert.equal("rejected function return 0", (judge(function(b, int) return b:ptr(int), {} end, "7.1.9")))
  end)

  it("takes numbers, and pointers to what has a size", function()
    local function struct(b, int) return b:struct("one", 4, { { "a", int, 0 } }) end
    assert.equal("loads", (judge(taking(to_task))))
    assert.equal("loads", (judge(taking(function(b, int) return b:ptr(b:ptr(int)) end))))
    assert.equal("loads", (judge(taking(function(b) return b:ptr(b:fwd("bpf_dynptr", "struct")) end))))
    assert.equal("rejected function size 2", (judge(taking(to_nothing()))))
    local said, x = judge(taking(function(b) return b:ptr(0) end))
    assert.equal("rejected function size 2", said)
    assert.equal("argument 2 of global function `count()` points to what has no size", x:message())
    assert.equal("rejected function argument 2", (judge(taking(struct))))
  end)

  it("takes what tags say, since 6.8", function()
    for _, tag in ipairs { "ctx", "trusted", "nonnull", "nullable", "arena" } do
      assert.equal("loads", (judge(taking(to_nothing(), { [1] = "arg:" .. tag }))), tag)
    end
    local wild = taking(to_task, { [1] = "arg:wild" })
    assert.equal("rejected function tag 2", (judge(wild)))
    assert.equal("loads", (judge(wild, "6.1.192")))
    assert.equal("rejected function size 2", (judge(taking(to_nothing(), { [1] = "arg:ctx" }), "6.1.192")))
    assert.equal("unknown function unknown 2", (judge(wild, "7.1.9")))
    local untrusted = taking(to_task, { [1] = "arg:untrusted" })
    assert.equal("rejected function tag 2", (judge(untrusted)))
    assert.equal("loads", (judge(untrusted, "6.18.44")))
    assert.equal("loads", (judge(taking(to_task, { [1] = "other:wild" }))))
  end)

  it("does not count where it is static, or no path comes to it", function()
    local function returns_nothing() return 0, {} end
    assert.equal("loads", (judge(returns_nothing, nil, { linkage = "static" })))
    assert.equal("guarded", (judge(returns_nothing, nil, { dead = true })))
  end)
end)

describe("a function that is not verified on its own", function()
  teardown(tmp.clean)

  local function six(_, int)
    local list = {}
    for i = 1, 6 do list[i] = { "a" .. i, int } end
    return int, list
  end

  local function said(signature, release, options)
    options = options or {}
    options.linkage = "static"
    return judge(signature, release, options)
  end

  it("takes five arguments where the kernel looks for the others on the stack", function()
    assert.equal("loads", (said(six, "7.1.13")))
    assert.equal("loads", (said(six, "6.1.9")))
    local text, x = said(six, "7.2.1")
    assert.equal("rejected function arguments 6", text)
    assert.equal("`count()` takes 6 arguments by its BTF, and those behind the fifth are not where the kernel looks",
      x:message())
    local function five(b, int)
      local _, list = six(b, int)
      list[6] = nil
      return int, list
    end
    assert.equal("loads", (said(five, "7.2.1")))
    assert.equal("guarded", (said(six, "7.2.1", { dead = true })))
  end)

  it("does so by what the kernel has, whatever it is called", function()
    assert.equal("rejected function arguments 6", (said(six, "mine", { member = "stack_arg_cnt" })))
    assert.equal("loads", (said(six, "7.2.1", { member = "stack_depth" })))
    assert.equal("unknown function unknown 6", (said(six, "mine")))
  end)
end)
