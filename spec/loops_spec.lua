--- What the kernel's verifier makes of loops that it cannot count, and of what stands outside a program:
--- what libbpf finds out of a kernel, functions of the kernel, items of arrays.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local loads = require "spec.support.loads"
local tmp = require "spec.support.tmp"

local LOOPS = { "spec/fixtures/loops.clang14.o", "spec/fixtures/loops.clang19.o" }
local OUTSIDE = { "spec/fixtures/outside.clang14.o", "spec/fixtures/outside.clang19.o" }

--- A kernel with the functions that the fixtures call. `helpers`: how many its bpf_func_id has, which it
--- lacks without; `funcs`: more functions.
local function kernel(helpers, funcs)
  local b = btf.new()
  local int = b:int("int", 4, "signed")
  b:struct("task_struct", 8, { { "pid", int, 0 }, { "tgid", int, 32 } })
  local proto = b:func_proto(0, {})
  for _, name in ipairs { "bpf_throw", "bpf_iter_num_new", "bpf_iter_num_next", "bpf_iter_num_destroy" } do
    b:func(name, proto)
  end
  for _, name in ipairs(funcs or {}) do b:func(name, proto) end
  local regs, long = b:ptr(b:struct("pt_regs", 168, {})), b:int("long", 8, "signed")
  b:typedef("btf_trace_sys_enter", b:ptr(b:func_proto(0, { { "", b:ptr(0) }, { "regs", regs }, { "id", long } })))
  if helpers then
    local values = {}
    for i = 0, helpers - 1 do values[i + 1] = { "BPF_FUNC_" .. i, i } end
    b:enum("bpf_func_id", values)
  end
  return btfl.target(tmp.write("kernel.btf", b:bytes()))
end

local function holds(path, releases, least)
  for _, release in ipairs(releases) do
    it(("is what %s says on %s"):format(path, release), function()
      local object <close> = btfl.object(path)
      local target <close> = kernel()
      local count = 0
      for program in object:programs() do
        local what = program.entry and program.name:match("^(%a+)_")
        if what == "dead" or what == "live" then
          local started = os.clock()
          local verdict = program:verdict(target, { release = release, only = { "relocation" } })
          assert.are.equal(program.name .. (what == "dead" and " guarded" or " rejected"),
            program.name .. " " .. verdict.verdict)
          assert.is_true(what == "live" or os.clock() - started < 0.3, program.name .. " takes long")
          count = count + 1
        end
      end
      assert.is_true(count >= (least or 14))
    end)
  end
end

describe("a verdict on loops that are not counted", function()
  teardown(tmp.clean)

  for _, path in ipairs(LOOPS) do holds(path, { "6.9.0", "6.18.44", "7.2.0" }) end

  holds("spec/fixtures/arena.clang19.v4.o", { "6.9.0", "6.18.44", "7.2.0" }, 6)

  it("meets what stands behind a loop first", function()
    local target <close> = kernel()
    for _, path in ipairs(LOOPS) do
      local object <close> = btfl.object(path)
      for _, name in ipairs { "live_first_behind", "live_behind_may_goto" } do
        local verdict = object:program(name):verdict(target, { release = "6.18.44", only = { "relocation" } })
        assert.matches("^raw_tp/sys_enter%+", verdict.first_poison)
        assert.are.equal(2, verdict.failed)
      end
    end
  end)

  it("is open where the kernel finds no end either", function()
    local target <close> = kernel()
    local object <close> = btfl.object(LOOPS[1])
    local verdict = object:program "endless_odd":verdict(target, { release = "6.18.44", only = { "relocation" } })
    assert.are.equal("unknown", verdict.verdict)
  end)
end)

describe("a verdict on what comes from outside", function()
  teardown(tmp.clean)

  for _, path in ipairs(OUTSIDE) do holds(path, { "6.13.0", "6.18.44", "7.2.0" }) end

  local function verdicts(target, names, release)
    local object <close> = btfl.object(OUTSIDE[2])
    local got = {}
    for i, name in ipairs(names) do
      got[i] = object:program(name):verdict(target, { release = release or "6.18.44", only = { "relocation" } }).verdict
    end
    return got
  end

  it("has attach cookies where the kernel has the helper", function()
    local names = { "cookie", "no_cookie" }
    local with <close> = kernel(175)
    assert.same({ "rejected", "guarded" }, verdicts(with, names))
    local without <close> = kernel(174)
    assert.same({ "guarded", "rejected" }, verdicts(without, names))
  end)

  it("is in doubt where no enum tells", function()
    local unknown <close> = kernel()
    assert.same({ "unknown", "unknown" }, verdicts(unknown, { "cookie", "no_cookie" }))
    assert.same({ "unknown", "unknown" }, verdicts(unknown, { "wrapper", "no_wrapper" }))
  end)

  it("has wrappers of system calls where libbpf can set a kprobe at one", function()
    local names = { "wrapper", "no_wrapper" }
    for _, arch in ipairs { "x64", "arm64", "s390x", "riscv" } do
      local with <close> = kernel(nil, { "__" .. arch .. "_sys_bpf", "register_kprobe" })
      assert.same({ "rejected", "guarded" }, verdicts(with, names))
    end
    for _, funcs in ipairs { { "__x64_sys_bpf" }, { "sys_bpf", "register_kprobe" }, { "__se_sys_bpf" } } do
      local without <close> = kernel(nil, funcs)
      assert.same({ "guarded", "rejected" }, verdicts(without, names))
    end
  end)

  it("knows items of arrays from 6.14 on", function()
    local names = { "array_last", "array_percpu", "array_high_zero", "array_through" }
    local target <close> = kernel()
    assert.same({ "guarded", "guarded", "guarded", "guarded" }, verdicts(target, names, "6.14.0"))
    assert.same({ "rejected", "rejected", "rejected", "rejected" }, verdicts(target, names, "6.13.9"))
  end)

  it("shows what is reached when the program throws", function()
    local target <close> = kernel()
    local object <close> = btfl.object(OUTSIDE[2])
    local verdict = object:program "live_exception":verdict(target, { release = "6.18.44", only = { "relocation" } })
    assert.matches("^%.text%+", verdict.first_poison)
    assert.are.equal(1, verdict.failed)
  end)
end)

describe("the running kernel", function()
  local peer, why = loads.peer()
  teardown(tmp.clean)

  if not peer then
    pending("agrees: " .. why)
    return
  end

  for _, path in ipairs { LOOPS[1], LOOPS[2], OUTSIDE[1], OUTSIDE[2] } do
    it("agrees on " .. path, function()
      local object <close> = btfl.object(path)
      local target <close> = btfl.target()
      local count, lines = 0, {}
      for program in object:programs() do
        -- For what has no end the kernel takes seconds.
        local endless = program.name:match "^endless_"
        if program.entry and not endless then lines[#lines + 1] = path .. "\t" .. program.name end
      end
      for _, row in ipairs(loads.run(lines)) do
        if row.outcome == "loads" or row.class == "relocation" then
          local v = object:program(row.program):verdict(target)
          local at = row.first_poison == "?" and row.first_poison or v.first_poison or "-"
          assert.are.equal(("%s %s %s"):format(row.program, row.outcome, row.first_poison),
            ("%s %s %s"):format(row.program, v.ok and "loads" or "no", at))
          count = count + 1
        end
      end
      assert.is_true(count > 15)
    end)
  end
end)
