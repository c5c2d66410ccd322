--- Who may call a helper: as the table says, as the running kernel says, as real programs were loaded; and
--- how the table is made from a kernel's sources.

local engine = require "btfl.engine"
local callers = require "spec.support.callers"
local helpers = require "spec.support.helpers"
local helper_types = require "spec.support.helper_types"
local loads = require "spec.support.loads"
local tmp = require "spec.support.tmp"

local KPROBE, TRACING, LSM, SOCK_ADDR, CGROUP_SOCK, SYSCTL, LIRC, STRUCT_OPS, XDP = 2, 26, 29, 18, 9, 23, 20, 27, 6
local RAW_TP, FENTRY, ITER, LSM_MAC, CONNECT4, BIND4, SOCK_CREATE = 23, 24, 28, 27, 10, 8, 2

local function read(path)
  local f <close> = assert(io.open(path, "rb"))
  return f:read("a")
end

local HELPER = {}
for number, name in read("src/verify/helper_types.def"):gmatch("\nCALLERS%((%d+), ([%l_%d]+),") do
  HELPER[name] = math.tointeger(number)
end

local function allowed(name, type, options)
  local question = { helper = HELPER[name] or name, type = type }
  for key, value in pairs(options or {}) do question[key] = value end
  return engine.helper_allowed(question)
end

local function exists(path)
  local f <close> = io.open(path)
  return f ~= nil
end

describe("who may call a helper", function()
  it("is told by the program type", function()
    assert.is_true(allowed("xdp_adjust_head", XDP))
    assert.is_false(allowed("xdp_adjust_head", KPROBE))
    assert.is_true(allowed("map_lookup_elem", LIRC))
    assert.is_false(allowed("probe_read_kernel", LIRC))
    assert.is_false(allowed("sk_select_reuseport", XDP))
  end)

  it("is told by the attach type where it matters", function()
    assert.is_true(allowed("seq_write", TRACING, { attach = ITER }))
    assert.is_false(allowed("seq_write", TRACING, { attach = FENTRY }))
    assert.is_true(allowed("bind", SOCK_ADDR, { attach = CONNECT4 }))
    assert.is_false(allowed("bind", SOCK_ADDR, { attach = BIND4 }))
    assert.is_false(allowed("get_func_ip", TRACING, { attach = RAW_TP }))
    assert.is_true(allowed("get_func_ip", TRACING, { attach = FENTRY }))
    assert.is_true(allowed("setsockopt", CGROUP_SOCK, { attach = SOCK_CREATE }))
  end)

  it("is unknown for an attach type that the table lacks, but where none of the type may", function()
    assert.is_nil(allowed("bind", SOCK_ADDR, { attach = 9999 }))
    assert.is_false(allowed("xdp_adjust_head", SOCK_ADDR, { attach = 9999 }))
    assert.is_false(allowed("xdp_adjust_head", XDP + 1, { attach = 9999 }))
  end)

  it("is told by whether the program may sleep", function()
    assert.is_false(allowed("copy_from_user", LSM, { attach = LSM_MAC }))
    assert.is_true(allowed("copy_from_user", LSM, { attach = LSM_MAC, sleepable = true }))
    assert.is_true(allowed("copy_from_user", 31))
  end)

  it("is unknown for a helper, a type or a kernel beyond the table", function()
    assert.is_nil(allowed(100000, XDP))
    assert.is_nil(allowed(0, XDP))
    assert.is_nil(allowed("xdp_adjust_head", STRUCT_OPS))
    assert.is_nil(allowed("xdp_adjust_head", 28))
    assert.is_nil(allowed("xdp_adjust_head", 4000000000))
    assert.is_nil(allowed("xdp_adjust_head", KPROBE, { version = "9.0.1" }))
  end)

  it("was narrower in older kernels", function()
    local iter = { attach = ITER, version = "5.10.223" }
    assert.is_false(allowed("getsockopt", TRACING, iter))
    iter.version = "5.15.1"
    assert.is_true(allowed("getsockopt", TRACING, iter))
    assert.is_false(allowed("current_task_under_cgroup", SYSCTL, { attach = 18, version = "6.1.192" }))
    assert.is_true(allowed("current_task_under_cgroup", SYSCTL, { attach = 18, version = "6.12.1" }))
  end)

  it("is not told by a release between two of the table", function()
    assert.is_true(allowed("getsockopt", TRACING, { attach = ITER, version = "5.11.3" }))
    assert.is_true(allowed("current_task_under_cgroup", SYSCTL, { attach = 18, version = "6.7.3" }))
  end)

  it("is not told by the version of a kernel whose distributor brings newer BPF", function()
    local iter = { attach = ITER, version = "5.10.0" }
    assert.is_true(allowed("getsockopt", TRACING, iter))
    iter.last_helper = 211
    assert.is_true(allowed("getsockopt", TRACING, iter))
    iter.last_helper = 155
    assert.is_false(allowed("getsockopt", TRACING, iter))
    assert.is_true(allowed("getsockopt", TRACING, { attach = ITER, version = "4.18.0", last_helper = 175 }))
    assert.is_false(allowed("getsockopt", TRACING, { attach = ITER, last_helper = 140 }))
  end)

  it("was wider in older kernels", function()
    assert.is_true(allowed("ktime_get_coarse_ns", KPROBE, { version = "5.15.3" }))
    assert.is_true(allowed("ktime_get_coarse_ns", KPROBE))
    assert.is_false(allowed("ktime_get_coarse_ns", KPROBE, { version = "6.1.0" }))
  end)

  it("takes numbers and releases only", function()
    assert.has_error(function() allowed("bind", "kprobe") end)
    assert.has_error(function() allowed("bind", KPROBE, { attach = -1 }) end)
    assert.has_error(function() allowed("bind", KPROBE, { version = "new" }) end)
  end)

  it("has the names and numbers of the other table of helpers", function()
    for _, row in ipairs(helpers.rows()) do assert.are.equal(row.number, HELPER[row.name], row.name) end
    for number, name in read("src/verify/helper_types.def"):gmatch("\n%u+%((%d+), ([%l_%d]+),") do
      assert.are.equal(HELPER[name], math.tointeger(number), name)
    end
  end)
end)

-- What a kernel refuses for other reasons than its release: lockdown, its configuration, another target of
-- an iterator.
local OTHERWISE = { probe_write_user = true, override_return = true, setsockopt = true, getsockopt = true,
  probe_read = true, probe_read_str = true }

local NAME = {}
for name, number in pairs(HELPER) do NAME[number] = name end

describe("who may call a helper, asked of the running kernel,", function()
  local probe = "build/peer/probe"
  local said = exists(probe) and tmp.run(probe .. " helpers 211") or ""
  local why = not exists(probe) and "needs build/peer/probe" or said == "" and "cannot load programs"
  if why then return pending("is as the table says: " .. why) end

  local release = tmp.run("uname -r"):match("^%d+%.%d+%.%d+")

  it("is never refused by the table where the kernel allows it", function()
    local asked = 0
    for line in said:gmatch("[^\n]+") do
      local type, attach, sleepable, helper, answer = table.unpack(loads.fields(line))
      local question = { helper = math.tointeger(helper), type = math.tointeger(type), attach = math.tointeger(attach),
        sleepable = sleepable == "1" }
      if answer == "yes" then
        for _, version in ipairs { false, release } do
          question.version = version or nil
          assert.is_not_false(engine.helper_allowed(question), line)
        end
        asked = asked + 1
      end
    end
    assert.is_true(asked > 1000)
  end)

  it("is refused by the table where the kernel refuses it", function()
    local asked = 0
    for line in said:gmatch("[^\n]+") do
      local type, attach, sleepable, helper, answer = table.unpack(loads.fields(line))
      local number = math.tointeger(helper)
      -- between two release lines the table does not know
      if answer == "no" and not OTHERWISE[NAME[number]] and release:find("^6%.18%.") then
        assert.is_false(engine.helper_allowed { helper = number, type = math.tointeger(type),
          attach = math.tointeger(attach), sleepable = sleepable == "1", version = release }, line)
        asked = asked + 1
      end
    end
    if not release:find("^6%.18%.") then pending("of a release that the table has") return end
    assert.is_true(asked > 1000)
  end)
end)

describe("what only GPL programs may call", function()
  local function gpl_only(name, type, options)
    local question = { helper = HELPER[name] or name, type = type }
    for key, value in pairs(options or {}) do question[key] = value end
    return engine.helper_gpl_only(question)
  end

  it("is told by the helper", function()
    assert.is_true(gpl_only("probe_read_kernel", KPROBE))
    assert.is_true(gpl_only("fib_lookup", XDP))
    assert.is_false(gpl_only("map_lookup_elem", KPROBE))
    assert.is_false(gpl_only("probe_read_kernel", XDP + 1, { attach = 9999, version = "9.0.1" }))
  end)

  it("is told by the program type where that matters", function()
    assert.is_true(gpl_only("get_stackid", KPROBE))
    assert.is_false(gpl_only("get_stackid", 7)) -- perf_event: 5.9 and later have another prototype
    assert.is_true(gpl_only("get_stackid", 7, { version = "5.4.286" }))
    assert.is_true(gpl_only("get_func_ip", TRACING, { attach = FENTRY }))
    assert.is_false(gpl_only("get_func_ip", KPROBE)) -- that of kprobe.multi is for all
    assert.is_true(gpl_only("get_func_ip", KPROBE, { version = "5.15.100" }))
  end)

  it("is no more in releases that may not be so old", function()
    assert.is_true(gpl_only("ktime_get_ns", KPROBE, { version = "5.4.286" }))
    assert.is_true(gpl_only("ktime_get_ns", KPROBE, { last_helper = 110 }))
    assert.is_false(gpl_only("ktime_get_ns", KPROBE, { version = "5.4.0" }))
    assert.is_false(gpl_only("ktime_get_ns", KPROBE, { version = "5.5.3" }))
    assert.is_false(gpl_only("ktime_get_ns", KPROBE, { version = "6.1.192" }))
    assert.is_false(gpl_only("ktime_get_ns", KPROBE))
  end)

  it("is not known of a helper, type or release beyond the table", function()
    assert.is_false(gpl_only(100000, KPROBE))
    assert.is_false(gpl_only(0, KPROBE))
    assert.is_false(gpl_only("probe_read_kernel", STRUCT_OPS))
    assert.is_false(gpl_only("probe_read_kernel", KPROBE, { version = "9.0.1" }))
    assert.has_error(function() gpl_only("probe_read_kernel", "kprobe") end)
  end)
end)

describe("what only GPL programs may call, asked of the running kernel,", function()
  local probe = "build/peer/probe"
  local said = exists(probe) and tmp.run(probe .. " licenses 211") or ""
  local why = not exists(probe) and "needs build/peer/probe" or said == "" and "cannot load programs"
  if why then return pending("is as the table says: " .. why) end

  local release = tmp.run("uname -r"):match("^%d+%.%d+%.%d+")

  -- The kernel looks at the license of what it lets a program call at all; which prototype of get_func_ip
  -- it has for a kprobe is told by more than the attach type.
  it("is what the table says", function()
    local refused, let = 0, 0
    for line in said:gmatch("[^\n]+") do
      local type, attach, sleepable, helper, answer = table.unpack(loads.fields(line))
      local question = { helper = math.tointeger(helper), type = math.tointeger(type), attach = math.tointeger(attach),
        version = release, sleepable = sleepable == "1" }
      local name = NAME[question.helper]
      if not OTHERWISE[name] and engine.helper_allowed(question) then
        local gpl = engine.helper_gpl_only(question)
        if answer == "yes" then
          assert.is_false(gpl, line)
          let = let + 1
        elseif release:find("^6%.18%.") and not (question.type == KPROBE and name == "get_func_ip") then
          assert.is_true(gpl, line)
          refused = refused + 1
        end
      end
    end
    assert.is_true(let > 1000, let)
    if not release:find("^6%.18%.") then pending("of a release that the table has") return end
    assert.is_true(refused > 200, refused)
  end)
end)

-- ---- real programs ----------------------------------------------------------------------------------

-- The helpers that the table refuses a program, of those that it calls, itself or in what it calls.
local function refused(judged, program, set, seen)
  set, seen = set or {}, seen or {}
  seen[program.name] = true
  for call in program:calls() do
    if call.what == "helper" then
      local answer = engine.helper_allowed { helper = call.id, type = judged.type, attach = judged.attach,
        sleepable = judged.sleepable, version = judged.kernel.version, last_helper = judged.kernel.last_helper }
      if answer == false then set[call.id] = true end
    elseif call.callee and not seen[call.callee.name] then
      refused(judged, call.callee, set, seen)
    end
  end
  return set
end

describe("who may call a helper, held against programs that real kernels have loaded,", function()
  local rows = callers.rows()
  if #rows == 0 then return pending("is as they say: needs a corpus, in $BTFL_CORPUS") end

  -- Their calls are dead code on 5.10, behind a field that it lacks.
  local DEAD = { tcp_destroy_sock = true, tcp_destroy_sock_btf = true, tcp_probe = true, tcp_probe_btf = true,
    tcp_rcv_space_adjust = true, tcp_rcv_space_adjust_btf = true }

  it("agrees with each", function()
    local loaded, stopped = 0, 0
    callers.each(rows, function(judged)
      local row = judged.row
      if row.outcome ~= "loads" and row.class ~= "helper-not-for-type" then return end
      local where = table.concat({ row.kernel, row.object, row.program }, " ")
      local set = refused(judged, judged.program)
      if row.outcome == "no" then
        stopped = stopped + 1
        assert.is_true(set[math.tointeger(row.detail)], where)
      elseif not (DEAD[row.program] and row.kernel:find("^5%.10")) then
        loaded = loaded + 1
        assert.is_nil(next(set), where)
      end
    end)
    assert.is_true(loaded > 1000 and stopped > 5)
  end)
end)

-- ---- from sources -----------------------------------------------------------------------------------

local UAPI = [[
enum bpf_prog_type {
	BPF_PROG_TYPE_UNSPEC,
	BPF_PROG_TYPE_KPROBE,
	BPF_PROG_TYPE_TRACING, /* last */
};
enum bpf_attach_type {
	BPF_TRACE_FENTRY,
	BPF_TRACE_ITER,
	__MAX_BPF_ATTACH_TYPE
};
#define __BPF_FUNC_MAPPER(FN)		\
	FN(unspec),			\
	FN(one),			\
	FN(two),			\
	FN(three),			\
	FN(four),			\
]]

local TYPES = [[
BPF_PROG_TYPE(BPF_PROG_TYPE_KPROBE, kprobe,
	      struct a, struct a)
BPF_PROG_TYPE(BPF_PROG_TYPE_TRACING, tracing,
	      void *, void *)
]]

local SOURCE = [[
static const struct bpf_func_proto bpf_two_proto = { .might_sleep = true, };
static const struct bpf_func_proto bpf_three_proto = {
	.gpl_only = true,
};
static const struct bpf_func_proto bpf_four_proto = { .gpl_only = true, };
static const struct bpf_func_proto bpf_four_multi_proto = { .gpl_only = false, };
const struct bpf_func_proto *bpf_get_three_proto(void)
{
	if (attach())
		pr_warn("three");
	return &bpf_three_proto;
}
static const struct bpf_func_proto *base_func_proto(enum bpf_func_id func_id, const struct bpf_prog *prog)
{
	if (!capable(CAP_BPF))
		return NULL;
	switch (func_id) {
	case BPF_FUNC_one: /* case BPF_FUNC_four: */
#ifdef CONFIG_NEVER
	case BPF_FUNC_two:
#endif
		return func_id == BPF_FUNC_two ? &bpf_two_proto : &bpf_one_proto;
	default:
		break;
	}
	return NULL;
}
static const struct bpf_func_proto *kprobe_func_proto(enum bpf_func_id func_id, const struct bpf_prog *prog)
{
	const struct bpf_func_proto *fn = base_func_proto(func_id, prog);

	if (fn)
		return fn;
	if (func_id == BPF_FUNC_three && prog->type != BPF_PROG_TYPE_TRACING)
		return security_locked_down(1) < 0 ? NULL : bpf_get_three_proto();
	return NULL;
}
static const struct bpf_func_proto *tracing_func_proto(enum bpf_func_id func_id, const struct bpf_prog *prog)
{
	switch (func_id) {
	case BPF_FUNC_four:
		switch (prog->expected_attach_type) {
		case BPF_TRACE_ITER:
			return &bpf_four_proto;
		default:
			return NULL;
		}
	default:
		return kprobe_func_proto(func_id, prog);
	}
}
const struct bpf_verifier_ops kprobe_verifier_ops = { .get_func_proto = kprobe_func_proto, };
const struct bpf_verifier_ops tracing_verifier_ops = { .get_func_proto = tracing_func_proto, };
]]

local function tree(name, patchlevel, source)
  local dir = tmp.mkdir(name)
  for _, folder in ipairs { "/kernel", "/include/linux", "/include/uapi/linux" } do tmp.mkdir(name .. folder) end
  tmp.write(name .. "/Makefile", ("VERSION = 6\nPATCHLEVEL = %d\nSUBLEVEL = 3\n"):format(patchlevel))
  tmp.write(name .. "/include/uapi/linux/bpf.h", UAPI .. "\n/* end */\n")
  tmp.write(name .. "/include/linux/bpf_types.h", TYPES)
  tmp.write(name .. "/kernel/helpers.c", source)
  return dir
end

describe("the table of who may call a helper", function()
  teardown(tmp.clean)

  local function rows_of(...)
    local rows = {}
    for row in helper_types.table_of { ... }:gmatch("[^\n]+") do
      if not row:find("^GROUP") then rows[#rows + 1] = row end
    end
    return rows
  end

  it("is made from a kernel's sources", function()
    assert.are.same({
      "CALLER(KPROBE, 1)",
      "CALLER(TRACING_FENTRY, 2)", "ATTACHED(TRACING_FENTRY, 0) /* trace_fentry */",
      "CALLER(TRACING_ITER, 2)", "ATTACHED(TRACING_ITER, 1) /* trace_iter */",
      "CALLERS(1, one, EVERY)", "CALLERS(2, two, EVERY)", "CALLERS(3, three, KPROBE)",
      "CALLERS(4, four, TRACING_ITER)", "SLEEPS(2, two, EVERY)", "GPL(3, three, EVERY)", "GPL(4, four, EVERY)",
      "NEWEST(6, 2)",
    }, rows_of(tree("only", 2, SOURCE)))
  end)

  it("tells what came and what went with which release line", function()
    local old = tree("old", 1, (SOURCE:gsub("prog%->type != BPF_PROG_TYPE_TRACING", "true")
      :gsub("case BPF_TRACE_ITER:", "case 77:")))
    local said = table.concat(rows_of(tree("new", 4, SOURCE), old), "\n")
    assert.matches("LACKS(4, four, 6, 1, EVERY)", said, nil, true)
    assert.matches("DROPS(3, three, 6, 4, TRACED)", said, nil, true)
    assert.matches("CALLERS(3, three, EVERY)", said, nil, true)
  end)

  it("tells up to which release line the GPL was needed, where all prototypes agree", function()
    local function with(name, patchlevel, change)
      return tree(name, patchlevel, (SOURCE:gsub("return &bpf_four_proto;", change or "%0")))
    end
    local either = "return is_multi(prog) ? &bpf_four_multi_proto : &bpf_four_proto;"
    local said = rows_of(with("first", 1), with("second", 2), with("third", 4, either))
    assert.are.same({ "GPL(3, three, EVERY)", "GPL_TO(4, four, 6, 2, EVERY)" }, { said[#said - 2], said[#said - 1] })
    for _, row in ipairs(rows_of(with("other", 1, either), with("newer", 2))) do
      assert.not_matches("GPL[_TO]*%(4", row)
    end
  end)

  it("is printed by a script", function()
    local out, err, status = tmp.run("./btfl spec/helper_types.lua " .. tree("script", 2, SOURCE))
    assert.are.equal("", err)
    assert.are.equal(0, status)
    assert.matches("CALLERS(4, four, TRACING_ITER)\n", out, nil, true)
  end)
end)
