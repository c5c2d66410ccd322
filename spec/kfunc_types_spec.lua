--- Who may call a kernel function, and which may sleep: as the table says, in verdicts of programs made for it, as the
--- running kernel says, as real programs were loaded; and how the table is made from sources and from answers.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local callers = require "spec.support.callers"
local engine = require "btfl.engine"
local kernels = require "spec.support.kernel"
local kfunc_types = require "spec.support.kfunc_types"
local loads = require "spec.support.loads"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local KPROBE, XDP, SOCK_OPS, TRACING, STRUCT_OPS, EXT, LSM, SK_LOOKUP = 2, 6, 13, 26, 27, 28, 29, 30
local FENTRY, ITER, SESSION = 24, 28, 56
local COPY_FROM_USER <const> = 148

local function allowed(name, type, version, options)
  local question = { name = name, type = type, version = version }
  for key, value in pairs(options or {}) do question[key] = value end
  return engine.kfunc_allowed(question)
end

-- Whether it may sleep.
local function sleeps(name, version)
  return (select(2, allowed(name, XDP, version)))
end

local function read(path)
  local f <close> = assert(io.open(path, "rb"))
  return f:read("a")
end

describe("who may call a kernel function", function()
  it("is told by the program type", function()
    assert.equal("allowed", allowed("bpf_task_acquire", TRACING, "6.12.1"))
    assert.equal("allowed", allowed("bpf_task_acquire", LSM, "6.18.1"))
    assert.equal("refused", allowed("bpf_task_acquire", KPROBE, "6.12.1"))
    assert.equal("refused", allowed("bpf_task_acquire", SK_LOOKUP, "6.18.1"))
    assert.equal("allowed", allowed("bpf_rcu_read_lock", KPROBE, "6.12.1"))
    assert.equal("refused", allowed("tcp_slow_start", TRACING, "6.1.9"))
    assert.equal("allowed", allowed("tcp_slow_start", STRUCT_OPS, "6.1.9"))
    assert.equal("refused", allowed("bpf_get_file_xattr", TRACING, "6.12.1"))
    assert.equal("allowed", allowed("bpf_get_file_xattr", LSM, "6.12.1"))
  end)

  it("is told by the attach type where a filter looks at it", function()
    assert.equal("allowed", allowed("bpf_sock_destroy", TRACING, "6.12.1", { attach = ITER }))
    assert.equal("refused", allowed("bpf_sock_destroy", TRACING, "6.12.1", { attach = FENTRY }))
    assert.equal("allowed", allowed("bpf_session_cookie", KPROBE, "6.12.1", { attach = SESSION }))
    assert.equal("refused", allowed("bpf_session_cookie", KPROBE, "6.12.1"))
  end)

  it("is known between two releases where they agree", function()
    assert.equal("refused", allowed("bpf_task_acquire", KPROBE, "6.16.9"))
    assert.equal("allowed", allowed("bpf_task_acquire", XDP, "6.16.9"))
    assert.equal("refused", allowed("bpf_task_acquire", SOCK_OPS, "6.12.9"))
    assert.equal("doubted", allowed("bpf_task_acquire", SOCK_OPS, "6.16.9"))
    assert.equal("allowed", allowed("bpf_task_acquire", SOCK_OPS, "6.18.9"))
  end)

  it("is not told by the version of a kernel whose distributor brings newer BPF", function()
    assert.equal("doubted", allowed("bpf_task_acquire", SOCK_OPS, "6.12.0"))
    assert.equal("doubted", allowed("bpf_task_acquire", SOCK_OPS, nil))
    assert.equal("doubted", allowed("bpf_task_acquire", SOCK_OPS, "5.14.0"))
    assert.equal("refused", allowed("bpf_task_acquire", KPROBE, "5.14.0"))
    assert.equal("refused", allowed("bpf_task_acquire", KPROBE, nil))
  end)

  it("is not known beyond the newest release but of who may since long", function()
    assert.equal("allowed", allowed("bpf_task_acquire", SOCK_OPS, "9.0.1"))
    assert.equal("doubted", allowed("bpf_task_acquire", KPROBE, "6.19.0"))
  end)

  it("is as in the oldest release before it", function()
    assert.equal("refused", allowed("tcp_slow_start", XDP, "5.15.100"))
    assert.equal("allowed", allowed("tcp_slow_start", STRUCT_OPS, "5.15.100"))
    assert.equal("untold", allowed("bpf_task_acquire", XDP, "5.15.100"))
  end)

  it("is not known of what the newest kernel may lack by its configuration", function()
    assert.equal("refused", allowed("scx_bpf_test_and_clear_cpu_idle", XDP, "6.12.1"))
    assert.equal("doubted", allowed("scx_bpf_test_and_clear_cpu_idle", XDP, "6.16.1"))
    assert.equal("doubted", allowed("scx_bpf_test_and_clear_cpu_idle", XDP, "6.18.1"))
    assert.equal("allowed", allowed("scx_bpf_test_and_clear_cpu_idle", STRUCT_OPS, "6.18.1"))
  end)

  it("is not told of functions and types beyond the table", function()
    for _, name in ipairs { "", "b", "bpf_", "bpf_task_acquir", "bpf_task_acquired", "zzz", "vfs_read" } do
      assert.equal("untold", allowed(name, XDP, "6.12.1"), name)
    end
    for _, type in ipairs { 0, EXT, 33, 63, 64, 4000000000 } do
      assert.equal("untold", allowed("bpf_task_acquire", type, "6.12.1"), type)
    end
    assert.equal("refused", allowed("bpf_rbtree_add_impl", KPROBE, "6.12.1"))
    assert.has_error(function() allowed({}, XDP) end)
    assert.has_error(function() allowed("bpf_task_acquire", XDP, "new") end)
  end)

  it("is one that may sleep, by the release", function()
    assert.is_true(sleeps("bpf_copy_from_user_str", "6.12.1"))
    assert.is_true(sleeps("bpf_lookup_user_key", "6.16.1"))
    assert.is_true(sleeps("bpf_lookup_user_key", "6.1.1"))
    assert.is_false(sleeps("bpf_task_acquire", "6.12.1"))
    assert.is_false(sleeps("bpf_of_another_module", "6.12.1"))
    assert.is_nil(sleeps("bpf_copy_from_user_str", "7.1.1"))
    -- That kernel was built without.
    assert.is_nil(sleeps("scx_bpf_create_dsq", "6.18.1"))
  end)

  it("stands in the table by name, each line of a name once", function()
    local names, last, lines = 0, "", 0
    for name, first, to in read("src/verify/kfunc_types.def"):gmatch "\nKFUNC%(([%w_]+), LINE_6_(%d+), LINE_6_(%d+)," do
      assert.is_true(last <= name, name)
      assert.is_true(math.tointeger(first) <= math.tointeger(to), name)
      assert.is_true(last < name or lines < math.tointeger(first), name)
      names, last, lines = names + 1, name, math.tointeger(to)
    end
    assert.is_true(names > 300)
  end)
end)

-- ---- verdicts ---------------------------------------------------------------------------------------

local n = 0

local HELPERS = {}
for i = 0, 211 do HELPERS[i + 1] = i == 0 and "unspec" or "helper_" .. i end
HELPERS[165] = "for_each_map_elem"

-- A kernel of that release with these functions.
local function kernel(release, names, more)
  local options = { prog_type = kernels.PROG_TYPES, helper = HELPERS }
  for key, value in pairs(more or {}) do options[key] = value end
  local t = kernels.new(options)
  t:func("register_ftrace_direct", t.proto)
  t:func("bpf_jit_binary_alloc", t.proto)
  t:func("do_it", t.proto)
  for _, name in ipairs(names or { "bpf_cgroup_release" }) do t:func(name, t.proto) end
  n = n + 1
  return tmp.write(("%s-kfuncs%d.btf"):format(release, n), t:bytes())
end

local RETURN = { object.mov(0, 0), object.exit() }
local CALL <const> = "call"

-- An object with a program of that section, whose CALLs are of a kernel function.
local function calls(section, insns, options)
  options = options or {}
  local b = btf.new()
  local o = object.new(b, { no_license = true })
  local name = options.name or "bpf_cgroup_release"
  local function program(of, list, more)
    local all = {}
    for i, insn in ipairs(list) do
      all[i] = insn == CALL and object.call(-1, 2) or insn
      if insn == CALL then o:rel(of, 8 * (i - 1), name, 10) end
    end
    table.move(RETURN, 1, 2, #all + 1, all)
    more.section, more.insns, more.lines = of, all, { { insn = 0, text = "first", line = 7 } }
    o:program(more)
  end
  o:section("license", "GPL\0")
  local externs = { { b:func(name, b:func_proto(0), "extern"), 0, 0 } }
  o:symbol { name = name, section = 0, info = options.weak and 0x20 or 0x10 }
  if options.takes then
    externs[2] = { b:func(options.takes, b:func_proto(0), "extern"), 0, 0 }
    o:symbol { name = options.takes, section = 0, info = 0x10 }
    o:rel(section, 8 * (options.takes_at or 0), options.takes, 10)
  end
  b:datasec(".ksyms", 0, externs)
  program(section, insns, { name = "prog" })
  if options.behind then
    local func = b:func("behind", b:func_proto(b:int("int", 4, "signed"), {}))
    program(".text", options.behind, { name = "behind", func = func })
  end
  for at, symbol in pairs(options.rels or {}) do o:rel(section, 8 * at, symbol, options.rel_type) end
  n = n + 1
  return tmp.write(("kfuncs%d.o"):format(n), o:bytes())
end

local function judge(path, target)
  local verdict = btfl.object(path):program("prog"):verdict(btfl.target(target))
  return verdict.verdict, verdict.first, verdict
end

local OF_6_12 = "sched_cls, tracepoint, xdp, perf_event, cgroup_skb, cgroup_sock, cgroup_device, cgroup_sock_addr, "
  .. "cgroup_sysctl, cgroup_sockopt, tracing, struct_ops, lsm, syscall"

describe("a program that calls a kernel function", function()
  teardown(tmp.clean)

  it("is rejected where it is not for its type, and loads where it is", function()
    local word, x = judge(calls("kprobe/do_it", { CALL }), kernel "6.12.9")
    assert.same({ "rejected", "kfunc", "type", "bpf_cgroup_release", "kprobe", "walk", 0, true },
      { word, x.rule, x.cause, x.name, x.type, x.stage, x.insn, x.reached })
    assert.equal("the kernel does not let programs of type kprobe call `bpf_cgroup_release()`, only those of "
      .. OF_6_12, x:message())
    assert.equal("do without it on such kernels: load another program, or choose by a constant that the tool sets",
      x:help())
    for _, section in ipairs { "xdp", "tc", "syscall", "lsm/do_it", "tracepoint/a/b" } do
      local _, first = judge(calls(section, { CALL }), kernel "6.12.9")
      assert.is_true(first == nil or first.rule ~= "kfunc", section)
    end
    assert.equal("loads", (judge(calls("xdp", { CALL }), kernel "6.12.9")))
  end)

  it("is rejected where it attaches otherwise than the function demands", function()
    local name = "bpf_session_is_return"
    local word, x = judge(calls("kprobe/do_it", { CALL }, { name = name }), kernel("6.12.9", { name }))
    assert.same({ "rejected", "kfunc", "attach" }, { word, x.rule, x.cause })
    assert.equal("the kernel does not let programs of type kprobe that attach this way call `bpf_session_is_return()`",
      x:message())
    assert.equal("loads", (judge(calls("kprobe.session/do_it", { CALL }, { name = name }), kernel("6.12.9", { name }))))
  end)

  it("is guarded where no path comes to the call", function()
    local word, _, verdict = judge(calls("kprobe/do_it",
      { object.mov(1, 0), object.insn(0x15, 1, 0, 1, 0), CALL }), kernel "6.12.9")
    assert.equal("guarded", word)
    local x = verdict:obstacles()()
    assert.same({ "kfunc", "type", true, "first" }, { x.rule, x.cause, x.guarded, x.guard.line.text })
  end)

  it("is unknown where releases differ, on a path", function()
    local path = calls("sockops", { CALL })
    assert.equal("rejected", (judge(path, kernel "6.12.9")))
    assert.equal("loads", (judge(path, kernel "6.18.9")))
    for _, release in ipairs { "6.16.9", "6.12.0" } do
      local word, x, verdict = judge(path, kernel(release))
      assert.same({ "unknown", "kfunc", "type-unknown" }, { word, x.rule, x.cause })
      assert.is_nil(x.reached)
      assert.equal("whether the kernel lets programs of type sock_ops call `bpf_cgroup_release()` is not known",
        x:message())
      assert.equal("it depends on the kernel's release, of which that is not known", verdict.why)
    end
    local dead = { object.mov(1, 0), object.insn(0x15, 1, 0, 1, 0), CALL }
    assert.equal("guarded", (judge(calls("sockops", dead), kernel "6.16.9")))
    assert.equal("unknown", (judge(calls("kprobe/do_it", { CALL }), kernel "6.19.1")))
    assert.equal("loads", (judge(calls("xdp", { CALL }), kernel "6.19.1")))
  end)

  it("is rejected where that may sleep and the program may not", function()
    local name = "bpf_copy_from_user_str"
    local function said(section, release, insns)
      local word, x, verdict = judge(calls(section, insns or { CALL }, { name = name }), kernel(release, { name }))
      return word, x and x.rule, x and x.cause, x, verdict
    end
    local word, rule, cause, x = said("xdp", "6.12.9")
    assert.same({ "rejected", "sleepable", "kfunc", "walk", 0 }, { word, rule, cause, x.stage, x.insn })
    assert.equal("`bpf_copy_from_user_str()` may sleep on this kernel, and the program may not", x:message())
    assert.is_truthy(x:help())
    for _, section in ipairs { "syscall", "fentry.s/do_it", "iter.s/do_it" } do
      rule = select(2, said(section, "6.12.9"))
      assert.not_equal("kfunc", rule == "sleepable" and select(3, said(section, "6.12.9")), section)
    end
    assert.equal("loads", (said("syscall", "6.12.9")))
    assert.equal("guarded", (said("xdp", "6.12.9", { object.mov(1, 0), object.insn(0x15, 1, 0, 1, 0), CALL })))
    local verdict
    word, rule, cause, x, verdict = said("xdp", "7.1.9")
    assert.same({ "unknown", "sleepable", "kfunc-unknown" }, { word, rule, cause })
    assert.equal("whether `bpf_copy_from_user_str()` may sleep on this kernel is not known, and the program may not",
      x:message())
    assert.equal("it depends on the kernel's release, of which that is not known", verdict.why)
  end)

  -- A program that hands the function "behind", with the same calls, to another of the kernel, and then goes on.
  local function hands(takes, behind, on, release, section, more)
    local name = "bpf_copy_from_user_str"
    local insns = { object.ldimm64(2, 0) }
    insns[3] = object.call(-1, 2)
    table.move(on, 1, #on, 4, insns)
    local options = { name = name, takes = takes, takes_at = 2, behind = behind, rels = { [0] = "behind" } }
    for at, symbol in pairs(more or {}) do options.rels[at] = symbol end
    local word, x = judge(calls(section or "tc", insns, options), kernel(release or "6.12.9", { name, takes }))
    return word, x and x.cause, x and x.program.name
  end

  it("may call what sleeps in callbacks that may, as of work queues", function()
    for _, takes in ipairs { "bpf_wq_set_callback_impl", "bpf_wq_set_callback", "bpf_task_work_schedule_signal" } do
      assert.equal("loads", (hands(takes, { CALL }, {})))
    end
    assert.same({ "rejected", "kfunc", "behind" }, { hands("bpf_wq_init", { CALL }, {}) })
    -- So it is with helpers.
    local helper = object.call(COPY_FROM_USER)
    assert.equal("loads", (hands("bpf_wq_set_callback", { helper }, {}, nil, "fentry/do_it")))
    assert.same({ "rejected", "type", "behind" }, { hands("bpf_wq_init", { helper }, {}, nil, "fentry/do_it") })
  end)

  it("may not call it itself beside them, nor in a function that both call", function()
    local wakes = "bpf_wq_set_callback"
    assert.same({ "rejected", "kfunc", "prog" }, { hands(wakes, { CALL }, { CALL }) })
    assert.same({ "rejected", "type", "prog" },
      { hands(wakes, {}, { object.call(COPY_FROM_USER) }, nil, "fentry/do_it") })
    assert.equal("loads", (hands(wakes, { CALL }, { object.mov(1, 0), object.insn(0x15, 1, 0, 1, 0), CALL })))
    local both = { object.call(-1, 1) }
    assert.same({ "rejected", "kfunc", "behind" }, { hands(wakes, { CALL }, both, nil, nil, { [3] = "behind" }) })
    -- Of a newer kernel it is not known whether that sleeps.
    assert.same({ "unknown", "kfunc-unknown", "prog" }, { hands(wakes, { CALL }, { CALL }, "7.1.9") })
    assert.equal("loads", (hands(wakes, { CALL }, {}, "7.1.9")))
  end)

  it("is looked at behind a call of which that is unknown", function()
    local path = calls("sockops", { CALL, object.call(9999) })
    local word, x = judge(path, kernel "6.16.9")
    assert.same({ "rejected", "helper-unknown", 1, true }, { word, x.rule, x.insn, x.reached })
    word, x = judge(path, kernel "6.12.9")
    assert.same({ "rejected", "kfunc", 0 }, { word, x.rule, x.insn })
  end)

  it("does so in functions and callbacks, too, by the type of the program", function()
    local lo, hi = object.ldimm64(2, 0)
    local called = { behind = { CALL }, rels = { [0] = "behind" }, rel_type = 10 }
    local back = { behind = { CALL }, rels = { [0] = "behind" } }
    for _, case in ipairs { { { object.call(-1, 1) }, called }, { { lo, hi, object.call(164) }, back } } do
      local word, x = judge(calls("kprobe/do_it", case[1], case[2]), kernel "6.12.9")
      assert.same({ "rejected", "kfunc", "type", "behind", 0 }, { word, x.rule, x.cause, x.program.name, x.insn })
      assert.equal("loads", (judge(calls("xdp", case[1], case[2]), kernel "6.12.9")))
    end
  end)

  it("means it by its name without a flavor", function()
    local word, x = judge(calls("kprobe/do_it", { CALL }, { name = "bpf_cgroup_release___mine" }), kernel "6.12.9")
    assert.same({ "rejected", "kfunc", "type", "bpf_cgroup_release___mine" }, { word, x.rule, x.cause, x.name })
  end)

  it("calls nothing where a weak one is missing", function()
    local path = calls("kprobe/do_it", { CALL }, { weak = true })
    local word, x = judge(path, kernel("6.12.9", {}))
    assert.same({ "rejected", "missing" }, { word, x.cause })
    word, x = judge(path, kernel "6.12.9")
    assert.same({ "rejected", "type" }, { word, x.cause })
  end)

  it("is judged by nothing where the table lacks the function", function()
    local other = { name = "bpf_of_another_module" }
    assert.equal("loads", (judge(calls("kprobe/do_it", { CALL }, other), kernel("6.12.9", { other.name }))))
  end)

  it("may be of any type where it replaces another", function()
    local verdict = btfl.object(calls("freplace/do_it", { CALL })):program("prog"):verdict(btfl.target(kernel "6.12.9"))
    for x in verdict:obstacles() do assert.not_equal("kfunc", x.rule) end
  end)

  it("is a finding that tells who may", function()
    local r = run { "check", calls("kprobe/do_it", { CALL }), "-t", kernel "6.12.9" }
    assert.equal(1, r.status)
    assert.is_truthy(r.out:find("error[kfunc]: the kernel does not let programs of type kprobe call "
      .. "`bpf_cgroup_release()`, only those of " .. OF_6_12, 1, true), r.out)
    assert.is_truthy(r.out:find("stage: walk, scope: program, cause: type, insn: 0", 1, true), r.out)
    r = run { "check", calls("sockops", { CALL }), "-t", kernel "6.16.9" }
    assert.is_truthy(r.out:find("warning[kfunc]: whether the kernel lets", 1, true), r.out)
  end)

  it("is told the same of kernels that are held against others", function()
    local path, args = calls("sockops", { CALL }), {}
    for release in ("6.12.9 6.12.10 6.16.9 6.18.9 6.1.9 6.18.10 6.13.9 6.12.0 7.9.1"):gmatch "%S+" do
      table.move({ "-t", kernel(release) }, 1, 2, #args + 1, args)
    end
    for _, command in ipairs { "verdicts", "check" } do
      local one = run { command, path, table.unpack(args) }
      assert.equal(run({ command, path, "--no-memo", table.unpack(args) }).out, one.out)
    end
    local said = {}
    for word in run({ "verdicts", path, "--format", "tsv", table.unpack(args) }).out:gmatch "%f[%w](%l+)%f[\t]" do
      if word == "rejected" or word == "unknown" or word == "loads" then said[#said + 1] = word end
    end
    assert.same({ "rejected", "rejected", "unknown", "loads", "loads", "loads", "unknown", "unknown", "loads" }, said)
  end)
end)

-- ---- the running kernel -----------------------------------------------------------------------------

local function exists(path)
  local f <close> = io.open(path)
  return f ~= nil
end

-- What the kernel says of every so many functions, held against the table.
local function holds(every)
  local probe = "build/peer/probe"
  if not exists(probe) then pending("needs build/peer/probe") return end
  local said, release = tmp.run(("%s kfuncs %d"):format(probe, every)), tmp.run("uname -r"):match "^%d+%.%d+%.%d+"
  if said == "" then pending("cannot load programs, or has no kernel functions") return end
  local known = release:find "^6%.18%."
  local yes, no, slept = 0, 0, 0
  for line in said:gmatch "[^\n]+" do
    local type, attach, sleepable, name, answer = table.unpack(loads.fields(line))
    local question = { attach = math.tointeger(attach) }
    type = math.tointeger(type)
    for _, version in ipairs { false, release } do
      local word, may_sleep = allowed(name, type, version or nil, question)
      if answer == "yes" or answer == "sleeps" then
        assert.not_equal("refused", word, line)
        yes = yes + 1
        if answer == "sleeps" then
          assert.is_true(not known and may_sleep == nil or may_sleep ~= false, line)
          slept = slept + 1
        elseif sleepable == "0" then
          assert.is_not_true(may_sleep, line)
        end
      elseif answer == "no" and known and version and type ~= LSM then
        assert.is_true(word == "refused" or type == STRUCT_OPS and word == "allowed", line .. " " .. word)
        no = no + 1
      end
    end
  end
  assert.is_true(yes > 100)
  assert.is_true(not known or no > 100 and slept > 20)
end

describe("who may call a kernel function, asked of the running kernel,", function()
  it("is as the table says, of some", function() holds(23) end)
  it("is as the table says, of all #long", function() holds(1) end)
end)

-- ---- real programs ----------------------------------------------------------------------------------

describe("who may call a kernel function, held against programs that real kernels have loaded,", function()
  local rows = callers.rows()
  if #rows == 0 then return pending("is as they say: needs a corpus, in $BTFL_CORPUS") end

  it("is refused none of them", function()
    callers.each(rows, function(judged)
      if judged.row.outcome ~= "loads" then return end
      for call in judged.program:calls() do
        if call.what == "kfunc" and judged.kernel.target:kfunc(call.name) then
          assert.not_equal("refused", allowed(call.name:gsub("___.*", ""), judged.type, judged.kernel.version,
            { attach = judged.attach, last_helper = judged.kernel.last_helper }), judged.row.program)
        end
      end
    end)
  end)
end)

-- ---- from sources -----------------------------------------------------------------------------------

describe("the table of kernel functions", function()
  teardown(tmp.clean)

  local function tree(minor, files)
    local name = "linux-" .. minor
    for _, dir in ipairs { "include/uapi/linux", "include/net", "kernel/bpf", "net/core", "tools/testing" } do
      tmp.mkdir(name .. "/" .. dir)
    end
    tmp.write(name .. "/Makefile", ("VERSION = 6\nPATCHLEVEL = %d\nSUBLEVEL = 1\n"):format(minor))
    tmp.write(name .. "/include/uapi/linux/bpf.h", [[
enum bpf_prog_type {
	BPF_PROG_TYPE_UNSPEC,
	BPF_PROG_TYPE_KPROBE,
	BPF_PROG_TYPE_XDP,
	BPF_PROG_TYPE_TRACING,
	BPF_PROG_TYPE_LSM,
	BPF_PROG_TYPE_EXT,
};
enum bpf_attach_type {
	BPF_TRACE_FENTRY,
	BPF_TRACE_ITER,
};
#define __BPF_FUNC_MAPPER(FN)		\
	FN(unspec),			\

]])
    tmp.write(name .. "/include/net/xdp.h", "#define XDP_METADATA_KFUNC_xxx	\\\n"
      .. "	XDP_METADATA_KFUNC(A, B, \\\n	bpf_xdp_metadata_rx_hash, \\\n	c)\n\nint bpf_xdp_metadata_not;\n")
    tmp.write(name .. "/kernel/bpf/btf.c", [[
static int bpf_prog_type_to_kfunc_hook(enum bpf_prog_type prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_UNSPEC:
		return BTF_KFUNC_HOOK_COMMON;
	case BPF_PROG_TYPE_XDP:
		return BTF_KFUNC_HOOK_XDP;
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM: /* too */
		return BTF_KFUNC_HOOK_TRACING;
	default:
		return BTF_KFUNC_HOOK_MAX;
	}
}
int register_btf_kfunc_id_set(enum bpf_prog_type prog_type, const struct btf_kfunc_id_set *kset) { return 0; }
]])
    for path, text in pairs(files) do tmp.write(name .. "/" .. path, text) end
    return tmp.path(name)
  end

  local function set(kind, name, ids, filter, types)
    local text = { ("BTF_%s_START(%s)\n#ifdef CONFIG_ONE\n"):format(kind, name) }
    for _, id in ipairs(ids) do
      local flag = id == "bpf_a" and "KF_SLEEPABLE" or "KF_B"
      text[#text + 1] = ("BTF_ID_FLAGS(func, %s, KF_A |\n\t%s)\n"):format(id, flag)
    end
    text[#text + 1] = ("#endif\nBTF_%s_END(%s)\nstatic const struct btf_kfunc_id_set k%s = {\n\t.set = &%s,\n%s};\n")
      :format(kind, name, name, name, filter and ("\t.filter = %s,\n"):format(filter) or "")
    for _, type in ipairs(types) do
      text[#text + 1] = ("ret = register_btf_kfunc_id_set(BPF_PROG_TYPE_%s,\n\t&k%s);\n"):format(type, name)
    end
    return table.concat(text)
  end

  local function trees()
    return tree(1, { ["net/core/a.c"] = set("SET8", "s", { "bpf_b", "bpf_a" }, nil, { "XDP" }) }),
      tree(4, { ["net/core/a.c"] = set("KFUNCS", "s", { "bpf_a" }, nil, { "XDP", "TRACING" })
          .. set("KFUNCS", "t", { "bpf_all" }, nil, { "UNSPEC" })
          .. set("KFUNCS", "u", { "bpf_lsm" }, "bpf_fs_kfuncs_filter", { "LSM" })
          .. set("KFUNCS", "v", { "bpf_iter" }, "tracing_iter_filter", { "TRACING" })
          .. "BTF_KFUNCS_START(x)\nXDP_METADATA_KFUNC_xxx\nBTF_KFUNCS_END(x)\n"
          .. "static const struct btf_kfunc_id_set kx = { .set = &x, };\n"
          .. "register_btf_kfunc_id_set(BPF_PROG_TYPE_XDP, &kx);\n",
        ["tools/testing/b.c"] = set("KFUNCS", "s", { "bpf_testing" }, nil, { "XDP" }) })
  end

  local function rows(text)
    local list = {}
    local wanted = { KFUNC = true, ATTACHED = true, LINE = true, SLEEPS = true }
    for line in text:gmatch "[^\n]+" do if wanted[line:match "^%u+"] then list[#list + 1] = line end end
    return list
  end

  it("is made from the sets of sources", function()
    assert.same({
      "LINE(6, 1, 1)", "LINE(6, 4, 1)",
      "KFUNC(bpf_a, LINE_6_1, LINE_6_1, XDP)", "KFUNC(bpf_a, LINE_6_4, LINE_6_4, XDP | TRACING | LSM)",
      "KFUNC(bpf_all, LINE_6_4, LINE_6_4, EVERY)", "KFUNC(bpf_b, LINE_6_1, LINE_6_1, XDP)",
      "KFUNC(bpf_iter, LINE_6_4, LINE_6_4, TRACING)", "KFUNC(bpf_lsm, LINE_6_4, LINE_6_4, LSM)",
      "KFUNC(bpf_xdp_metadata_rx_hash, LINE_6_4, LINE_6_4, XDP)", "ATTACHED(bpf_iter, TRACING, 1)",
      "SLEEPS(bpf_a, LINE_6_1, LINE_6_4)",
    }, rows(kfunc_types.table_of { trees() }))
  end)

  it("is made from what a kernel answers, too", function()
    local answers = { "6.9.1-any" }
    local function says(name, kprobe, xdp, tracing, iter)
      -- Of them, those of tracing may sleep.
      for _, row in ipairs { { 1, 0, kprobe }, { 2, 0, xdp }, { 3, 0, tracing }, { 3, 1, iter or tracing } } do
        answers[#answers + 1] = ("%d\t%d\t%d\t%s\t%s"):format(row[1], row[2], row[1] == 3 and 1 or 0, name, row[3])
      end
    end
    says("bpf_a", "no", "yes", "yes")
    says("bpf_iter", "no", "no", "no", "yes")
    says("bpf_lsm", "no", "no", "no")
    says("bpf_all", "sleeps", "sleeps", "unclear", "unclear")
    local path = tmp.write("answers", table.concat(answers, "\n") .. "\n")
    local got = rows(kfunc_types.table_of({ trees() }, path))
    assert.equal("LINE(6, 9, 0)", got[3])
    assert.same({
      "KFUNC(bpf_a, LINE_6_4, LINE_6_9, XDP | TRACING | LSM)", "KFUNC(bpf_lsm, LINE_6_4, LINE_6_9, LSM)",
      "KFUNC(bpf_iter, LINE_6_4, LINE_6_9, TRACING)",
    }, { got[5], got[10], got[9] })
    local function sleeping()
      local list = {}
      for _, row in ipairs(rows(kfunc_types.table_of({ trees() }, path))) do
        if row:find "^SLEEPS" then list[#list + 1] = row end
      end
      return list
    end
    assert.same({ "SLEEPS(bpf_a, LINE_6_1, LINE_6_4)", "SLEEPS(bpf_all, LINE_6_9, LINE_6_9)" }, sleeping())
    -- Called by none that may not sleep, it is as it was.
    answers = { "6.9.1-any" }
    says("bpf_a", "no", "no", "yes")
    tmp.write("answers", table.concat(answers, "\n") .. "\n")
    assert.same({ "SLEEPS(bpf_a, LINE_6_1, LINE_6_9)" }, sleeping())
  end)

  it("is not made of a filter that nobody knows", function()
    assert.has_error(function()
      local sets = set("KFUNCS", "s", { "bpf_a" }, "new_filter", { "XDP" })
      kfunc_types.table_of { tree(5, { ["net/core/a.c"] = sets }) }
    end)
  end)
end)
