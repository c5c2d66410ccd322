--- Where a program that may sleep must not: under bpf_rcu_read_lock(), without preemption or interrupts; and what has
--- to be under that lock.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local HELPERS = {}
for i = 0, 211 do HELPERS[i + 1] = i == 0 and "unspec" or "helper_" .. i end
HELPERS[165] = "for_each_map_elem"

local COPY_FROM_USER <const>, GET_TASK_STACK <const>, SYS_CLOSE <const> = 148, 141, 168
local LOCK <const>, UNLOCK <const> = "bpf_rcu_read_lock", "bpf_rcu_read_unlock"
local OFF <const>, ON <const> = "bpf_preempt_disable", "bpf_preempt_enable"
local SAVE <const>, RESTORE <const> = "bpf_local_irq_save", "bpf_local_irq_restore"
local COPY <const>, ITER <const> = "bpf_copy_from_user_str", "bpf_iter_task_new"
local KFUNCS = { LOCK, UNLOCK, OFF, ON, SAVE, RESTORE, COPY, ITER, "bpf_rcu_read_lock_held" }

local n = 0

local function kernel(release)
  local t = kernels.new { prog_type = kernels.PROG_TYPES, helper = HELPERS }
  for _, name in ipairs { "register_ftrace_direct", "bpf_jit_binary_alloc", "do_it", table.unpack(KFUNCS) } do
    t:func(name, t.proto)
  end
  n = n + 1
  return tmp.write(("%s-regions%d.btf"):format(release, n), t:bytes())
end

-- An object with a program of these steps: a helper's number, a kernel function's name, { "call" } of a function of
-- these steps, or an instruction.
local function program(section, steps, behind)
  local b = btf.new()
  local o = object.new(b, { no_license = true })
  local externs, has = {}, {}
  local function list(of, of_steps, more)
    local insns = {}
    for _, step in ipairs(of_steps) do
      local at = #insns
      insns[at + 1] = type(step) == "number" and object.call(step) or step.code and step or object.call(-1, 2)
      if type(step) == "string" then
        o:rel(of, 8 * at, step, 10)
        if not has[step] then
          has[step] = true
          externs[#externs + 1] = { b:func(step, b:func_proto(0), "extern"), 0, 0 }
          o:symbol { name = step, section = 0, info = 0x10 }
        end
      elseif type(step) == "table" and not step.code then
        insns[at + 1] = object.call(-1, 1)
        o:rel(of, 8 * at, "behind", 10)
      end
    end
    insns[#insns + 1] = object.mov(0, 0)
    insns[#insns + 1] = object.exit()
    more.section, more.insns = of, insns
    o:program(more)
  end
  o:section("license", "GPL\0")
  list(section, steps, { name = "prog" })
  if behind then
    local func = b:func("behind", b:func_proto(b:int("int", 4, "signed"), {}), behind.static and "static")
    list(".text", behind, { name = "behind", static = behind.static, func = func })
  end
  if #externs > 0 then b:datasec(".ksyms", 0, externs) end
  n = n + 1
  return tmp.write(("regions%d.o"):format(n), o:bytes())
end

local function judge(release, steps, behind, section)
  local o <close> = btfl.object(program(section or "syscall", steps, behind))
  local verdict = o:program("prog"):verdict(btfl.target(kernel(release)))
  local x = verdict.first
  return verdict.verdict, x and x.rule or verdict.why, x and x.cause, x and x:message(), x and x:help()
end

-- The first two answers for the steps.
local function said(...)
  local word, _, cause = judge(...)
  return cause and word .. " " .. cause or word
end

describe("a program that may sleep", function()
  teardown(tmp.clean)

  it("must not in a region", function()
    for _, sleeps in ipairs { COPY_FROM_USER, COPY } do
      for enter, leave in pairs { [LOCK] = UNLOCK, [OFF] = ON, [SAVE] = RESTORE } do
        assert.equal("rejected region", said("6.18.9", { enter, sleeps, leave }))
        assert.equal("loads", said("6.18.9", { enter, leave, sleeps }))
        assert.equal("loads", said("6.18.9", { sleeps, enter, leave }))
      end
    end
    assert.same({ "rejected", "sleepable", "region",
      "`bpf_copy_from_user_str()` may sleep, and is called where nothing may, behind bpf_preempt_disable()",
      "call it before that, or behind the end of it" }, { judge("6.18.9", { OFF, COPY, ON }) })
    assert.equal("loads", said("6.18.9", { "bpf_rcu_read_lock_held", COPY }))
    assert.equal("loads", said("6.18.9", { LOCK, 5, UNLOCK }))
  end)

  it("is in one until it has left it as often as it came", function()
    assert.equal("rejected region", said("6.18.9", { OFF, OFF, ON, COPY_FROM_USER, ON }))
    assert.equal("loads", said("6.18.9", { OFF, OFF, ON, ON, COPY_FROM_USER }))
    assert.equal("rejected region", said("6.18.9", { LOCK, OFF, UNLOCK, COPY_FROM_USER, ON }))
  end)

  it("is in one on the paths that lead there", function()
    local skip = object.insn(0x15, 0, 0, 1, 0) -- over the next where r0 is 0
    assert.equal("rejected region", said("6.18.9", { 5, skip, LOCK, COPY_FROM_USER }))
    assert.equal("loads", said("6.18.9", { LOCK, object.mov(0, 0), skip, COPY_FROM_USER, UNLOCK }))
    -- Both ways meet before the call, and only the one that is walked second is in a region.
    local over = object.insn(0x15, 0, 0, 2, 0)
    assert.equal("rejected region",
      said("6.18.9", { 5, over, object.mov(0, 0), object.insn(0x05, 0, 0, 1), LOCK, object.mov(0, 0), COPY_FROM_USER }))
  end)

  it("is so in functions, too", function()
    assert.equal("rejected region", said("6.18.9", { LOCK, { "call" }, UNLOCK }, { COPY_FROM_USER, static = true }))
    assert.equal("loads", said("6.18.9", { LOCK, UNLOCK, { "call" } }, { COPY_FROM_USER, static = true }))
    assert.equal("rejected region", said("6.18.9", { { "call" }, COPY_FROM_USER }, { OFF, static = true }))
  end)

  it("may not call there what is verified on its own, where that may sleep", function()
    local global = { COPY_FROM_USER }
    local function calls(release, enter, leave, behind)
      local word, _, cause, message = judge(release, { enter, { "call" }, leave }, behind)
      return cause and word .. " " .. cause or word, message
    end
    local word, message = calls("6.18.9", LOCK, UNLOCK, global)
    assert.equal("rejected region-function", word)
    assert.equal("function `behind()`, which is verified on its own, is called where nothing may sleep, "
      .. "behind bpf_rcu_read_lock()", message)
    assert.equal("loads", (calls("6.18.9", LOCK, UNLOCK, { 5 })))
    assert.equal("loads", (calls("6.18.9", OFF, ON, { 5 })))
    -- Before 6.15 what may sleep was no question.
    assert.equal("loads", (calls("6.12.9", LOCK, UNLOCK, global)))
    assert.equal("rejected region-function", (calls("6.12.9", OFF, ON, { COPY_FROM_USER })))
  end)

  it("is not told to sleep in helpers of which some releases say so", function()
    for release, word in pairs {
      ["6.6.9"] = "loads", ["6.12.9"] = "rejected region", ["6.14.9"] = "unknown", ["6.18.9"] = "loads",
    } do
      assert.equal(word, said(release, { LOCK, GET_TASK_STACK, UNLOCK }), release)
    end
    assert.equal("rejected region", said("6.12.9", { LOCK, SYS_CLOSE, UNLOCK }))
    local word, why = judge("6.6.9", { LOCK, SYS_CLOSE, UNLOCK })
    assert.equal("unknown", word)
    assert.equal("whether something may sleep on this kernel that is called where nothing may is not known", why)
    assert.equal("unknown", said("7.1.9", { LOCK, COPY, UNLOCK }))
    assert.equal("loads", said("7.1.9", { LOCK, UNLOCK, COPY }))
  end)

  it("has to be under the lock where it goes through tasks", function()
    assert.same({ "rejected", "sleepable", "unlocked",
      "`bpf_iter_task_new()` has to be called under bpf_rcu_read_lock(), as the program may sleep",
      "put bpf_rcu_read_lock() and bpf_rcu_read_unlock() around all that uses the iterator" },
      { judge("6.12.9", { ITER }) })
    assert.equal("rejected unlocked", said("6.18.9", { LOCK, UNLOCK, ITER }))
    assert.equal("loads", said("6.18.9", { LOCK, ITER, UNLOCK }))
    assert.equal("loads", said("6.18.9", { ITER }, nil, "xdp"))
  end)
end)
